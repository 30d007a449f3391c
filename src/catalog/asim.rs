//! ASIM, Sentinel's normalised schemas: the names of their tabular functions, and their columns.

use super::published::published;
use crate::types::Schema;

/// A normalised schema: how it is called in names, and the published tables that have its columns.
struct Asim {
    names: &'static [&'static str],
    /// The first has the order of the columns, the last their types.
    tables: &'static [&'static str],
}

const SCHEMAS: [Asim; 14] = [
    Asim {
        names: &["NetworkSession"],
        tables: &["imNetworkSession", "ASimNetworkSessionLogs"],
    },
    Asim {
        names: &["Dns"],
        tables: &["imDns", "ASimDnsActivityLogs"],
    },
    Asim {
        names: &["WebSession"],
        tables: &["imWebSession", "ASimWebSessionLogs"],
    },
    Asim {
        names: &["Authentication"],
        tables: &["imAuthentication", "ASimAuthenticationEventLogs"],
    },
    Asim {
        names: &[
            "ProcessEvent",
            "Process",
            "ProcessCreate",
            "ProcessTerminate",
        ],
        tables: &["imProcess", "ASimProcessEventLogs"],
    },
    Asim {
        names: &["FileEvent"],
        tables: &["imFileEvent", "ASimFileEventLogs"],
    },
    Asim {
        names: &["AuditEvent"],
        tables: &["ASimAuditEventLogs"],
    },
    Asim {
        names: &["RegistryEvent", "Registry"],
        tables: &["ASimRegistryEventLogs"],
    },
    Asim {
        names: &["DhcpEvent"],
        tables: &["ASimDhcpEventLogs"],
    },
    Asim {
        names: &["UserManagement"],
        tables: &["ASimUserManagementActivityLogs"],
    },
    Asim {
        names: &["AlertEvent"],
        tables: &["ASimAlertEventLogs"],
    },
    Asim {
        names: &["AgentEvent"],
        tables: &["ASimAgentEventLogs"],
    },
    Asim {
        names: &["AssetEntity"],
        tables: &["ASimAssetEntityLogs"],
    },
    Asim {
        names: &["DnsActivity"],
        tables: &["imDns", "ASimDnsActivityLogs"],
    },
];

/// How the functions' names start.
const PREFIXES: [&str; 4] = ["_Im_", "_ASim_", "im", "ASim"];

/// The part of an ASIM function's name that names the schema, and the schema.
fn find(name: &str) -> Option<(&str, &'static Asim)> {
    let part = PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))?;
    let schema = SCHEMAS.iter().find(|schema| schema.names.contains(&part))?;
    Some((part, schema))
}

/// The columns of an ASIM function such as `_Im_NetworkSession`, `imDns`, `ASimFileEvent`.
pub fn asim_schema(name: &str) -> Option<Schema> {
    let (_, asim) = find(name)?;
    let mut tables = asim.tables.iter().filter_map(|table| published(table));
    let mut schema = tables.next()?;
    for table in tables {
        for column in table.columns {
            match schema.index(&column.name) {
                Some(index) => schema.columns[index].ty = column.ty,
                None => schema.columns.push(column),
            }
        }
    }
    Some(schema)
}

/// All names of ASIM functions.
pub fn asim_names() -> Vec<String> {
    SCHEMAS
        .iter()
        .flat_map(|schema| schema.names)
        .flat_map(|name| PREFIXES.iter().map(move |prefix| format!("{prefix}{name}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    #[test]
    fn every_name_has_columns() {
        for name in asim_names() {
            let schema = asim_schema(&name).expect(&name);
            assert!(schema.index("TimeGenerated").is_some(), "{name}");
        }
        let schema = asim_schema("_Im_NetworkSession").unwrap();
        assert_eq!(
            schema.columns[schema.index("DstBytes").unwrap()].ty,
            Type::Long
        );
        assert!(asim_schema("imNothing").is_none());
    }
}
