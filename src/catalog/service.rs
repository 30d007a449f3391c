//! The tabular functions that Defender's advanced hunting has of its own: what they hold is with the service alone.

use crate::types::Type;

/// A function that adds to rows, or gives, what only the service knows.
pub struct ServiceFunction {
    /// Its name.
    pub name: &'static str,
    /// What the service knows, in words that follow "tells".
    pub tells: &'static str,
    /// Most arguments it takes.
    pub most: usize,
    /// The columns it gives, or adds to the rows it is invoked on.
    pub columns: &'static [(&'static str, Type)],
}

/// As Microsoft documents them.
static ALL: [ServiceFunction; 4] = [
    ServiceFunction {
        name: "FileProfile",
        tells: "how well Microsoft knows a file",
        most: 2,
        columns: &[
            ("SHA1", Type::String),
            ("SHA256", Type::String),
            ("MD5", Type::String),
            ("FileSize", Type::Int),
            ("GlobalPrevalence", Type::Int),
            ("GlobalFirstSeen", Type::Datetime),
            ("GlobalLastSeen", Type::Datetime),
            ("Signer", Type::String),
            ("Issuer", Type::String),
            ("SignerHash", Type::String),
            ("IsCertificateValid", Type::Bool),
            ("IsRootSignerMicrosoft", Type::Bool),
            ("SignatureState", Type::String),
            ("IsExecutable", Type::Bool),
            ("ThreatName", Type::String),
            ("Publisher", Type::String),
            ("SoftwareName", Type::String),
            ("ProfileAvailability", Type::String),
        ],
    },
    ServiceFunction {
        name: "DeviceFromIP",
        tells: "which devices had an address",
        most: 2,
        columns: &[("IP", Type::String), ("DeviceId", Type::String)],
    },
    ServiceFunction {
        name: "SeenBy",
        tells: "which devices have seen a device",
        most: 1,
        columns: &[("DeviceId", Type::String)],
    },
    ServiceFunction {
        name: "AssignedIPAddresses",
        tells: "which addresses a device had",
        most: 2,
        columns: &[
            ("Timestamp", Type::Datetime),
            ("IPAddress", Type::String),
            ("IPType", Type::String),
            ("NetworkAdapterType", Type::Int),
            ("ConnectedNetworks", Type::Int),
        ],
    },
];

/// The service's function of this name.
pub fn service_function(name: &str) -> Option<&'static ServiceFunction> {
    ALL.iter().find(|function| function.name == name)
}
