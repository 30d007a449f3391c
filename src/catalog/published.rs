//! The published columns of Sentinel's and Defender's tables, embedded.
//!
//! `schemas.txt` holds each distinct column once and each table as a line of column numbers, so that
//! a table is found without reading the rest.

use std::sync::OnceLock;

use crate::load::Known;
use crate::types::{Column, Schema, Type};

static TEXT: &str = include_str!("schemas.txt");

/// When the list was made, year and month.
pub const AS_OF: &str = "2026-11";

/// Tables of Defender XDR's advanced hunting that have a time: `Timestamp` in Defender, and
/// `TimeGenerated` where Sentinel holds a copy.
const DEFENDER: [&str; 52] = [
    "AADSignInEventsBeta",
    "AADSpnSignInEventsBeta",
    "AIAgentsInfo",
    "AgentsInfo",
    "AlertEvidence",
    "AlertInfo",
    "BehaviorEntities",
    "BehaviorInfo",
    "CampaignInfo",
    "CloudAppEvents",
    "CloudAuditEvents",
    "CloudDnsEvents",
    "CloudPolicyEnforcementEvents",
    "CloudProcessEvents",
    "CloudStorageAggregatedEvents",
    "DataSecurityBehaviors",
    "DataSecurityEvents",
    "DeviceCustomScriptEvents",
    "DeviceEvents",
    "DeviceFileCertificateInfo",
    "DeviceFileEvents",
    "DeviceImageLoadEvents",
    "DeviceInfo",
    "DeviceLogonEvents",
    "DeviceNetworkEvents",
    "DeviceNetworkInfo",
    "DeviceProcessEvents",
    "DeviceRegistryEvents",
    "DeviceTvmInfoGathering",
    "DeviceTvmSecureConfigurationAssessment",
    "DeviceTvmSecureConfigurationAssessmentKB",
    "DeviceTvmSoftwareVulnerabilitiesKB",
    "DisruptionAndResponseEvents",
    "EmailAttachmentInfo",
    "EmailEvents",
    "EmailPostDeliveryEvents",
    "EmailUrlInfo",
    "EntraIdSignInEvents",
    "EntraIdSpnSignInEvents",
    "FileMaliciousContentInfo",
    "GraphAPIAuditEvents",
    "IdentityAccountInfo",
    "IdentityDirectoryEvents",
    "IdentityEvents",
    "IdentityInfo",
    "IdentityLogonEvents",
    "IdentityQueryEvents",
    "MessageEvents",
    "MessagePostDeliveryEvents",
    "MessageUrlInfo",
    "OAuthAppInfo",
    "UrlClickEvents",
];

/// Tables of Defender's that tell how things stand and have no time there, though Sentinel's copies have one.
const UNDATED: [&str; 2] = [
    "DeviceTvmSoftwareInventory",
    "DeviceTvmSoftwareVulnerabilities",
];

/// Tables that Microsoft's pages spell otherwise than the portal: the pages' name, and the one in the list.
const RESPELT: [(&str, &str); 1] = [("GraphApiAuditEvents", "GraphAPIAuditEvents")];

/// Columns that published queries name and the references lack, be it that they were renamed or left out, or that
/// they came later: table, column and type.
const OTHERS: [(&str, &str, Type); 5] = [
    ("AADSignInEventsBeta", "AadDeviceId", Type::String),
    ("AADSignInEventsBeta", "RiskLevelDuringSignIn", Type::Int),
    (
        "DeviceTvmSoftwareVulnerabilitiesKB",
        "CvssVector",
        Type::String,
    ),
    (
        "DeviceTvmSoftwareVulnerabilitiesKB",
        "EpssScore",
        Type::Real,
    ),
    ("Event", "MG", Type::String),
];

/// A table as the text has it.
struct Table {
    name: &'static str,
    /// The numbers of its columns.
    columns: &'static str,
    /// The columns themselves, once they are asked for: who checks many queries asks often.
    schema: OnceLock<Option<Schema>>,
}

/// The parts of the text: columns by number, and the tables by name.
fn parts() -> &'static (Vec<&'static str>, Vec<Table>) {
    static PARTS: OnceLock<(Vec<&'static str>, Vec<Table>)> = OnceLock::new();
    PARTS.get_or_init(|| {
        let (columns, tables) = TEXT.split_once("\n\n").unwrap_or((TEXT, ""));
        let columns = columns
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        let table = |line: &'static str| {
            let (name, columns) = line.split_once(' ')?;
            let schema = OnceLock::new();
            Some(Table {
                name,
                columns,
                schema,
            })
        };
        (columns, tables.lines().filter_map(table).collect())
    })
}

/// The name that the list has for a table.
fn listed(name: &str) -> &str {
    let respelt = RESPELT.iter().find(|(other, _)| *other == name);
    respelt.map_or(name, |(_, listed)| listed)
}

/// The columns of a table as they are published.
pub(super) fn published_columns(name: &str) -> Option<Schema> {
    let (columns, tables) = parts();
    let name = listed(name);
    let at = tables.binary_search_by(|table| table.name.cmp(name)).ok()?;
    let table = tables.get(at)?;
    let schema = table.schema.get_or_init(|| read(table.columns, columns));
    schema.clone()
}

/// The columns with these numbers.
fn read(numbers: &str, columns: &[&'static str]) -> Option<Schema> {
    let mut schema = Schema::default();
    for number in numbers.split_ascii_whitespace() {
        let column = columns.get(usize::from_str_radix(number, 36).ok()?)?;
        let ty = type_of(*column.as_bytes().first()?)?;
        schema.columns.push(Column::new(column.get(1..)?, ty));
    }
    Some(schema)
}

/// The published columns of a table, its time under both names if it is one of Defender's.
pub fn published(name: &str) -> Option<Schema> {
    let mut schema = published_columns(name)?;
    for (_, column, ty) in OTHERS.iter().filter(|(table, ..)| *table == name) {
        if schema.index(column).is_none() {
            schema.columns.push(Column::new(*column, *ty));
        }
    }
    if is_defender(name) {
        for time in ["Timestamp", "TimeGenerated"] {
            if schema.index(time).is_none() {
                schema.columns.push(Column::new(time, Type::Datetime));
            }
        }
    }
    Some(schema)
}

fn type_of(letter: u8) -> Option<Type> {
    Some(match letter {
        b's' => Type::String,
        b'd' => Type::Datetime,
        b'y' => Type::Dynamic,
        b'r' => Type::Real,
        b'i' => Type::Int,
        b'l' => Type::Long,
        b'b' => Type::Bool,
        b'g' => Type::Guid,
        b't' => Type::Timespan,
        b'm' => Type::Decimal,
        _ => return None,
    })
}

/// The names of all published tables, sorted.
pub fn published_names() -> impl Iterator<Item = &'static str> {
    let (_, tables) = parts();
    tables.iter().map(|table| table.name)
}

/// A published name as it is spelled, of one in any case.
pub(super) fn published_spelling(name: &str) -> Option<String> {
    published_names()
        .find(|known| known.eq_ignore_ascii_case(name))
        .map(str::to_string)
}

/// Whether the table is one of Defender's, whose rows have one time under two names.
pub fn is_defender(name: &str) -> bool {
    DEFENDER.contains(&listed(name))
}

/// Whether advanced hunting has the table, be it with a time or without.
pub(super) fn in_defender(name: &str) -> bool {
    is_defender(name) || UNDATED.contains(&name)
}

/// All that is known of a table before data is read: a published one, or an ASIM one.
pub fn known(name: &str) -> Option<Known> {
    let published = published(name);
    let named = published
        .as_ref()
        .is_some_and(|schema| schema.index("Type").is_some());
    Some(Known {
        schema: published.or_else(|| super::asim::asim_schema(name))?,
        twins: is_defender(name),
        named: named.then(|| name.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_their_columns() {
        let schema = published("DeviceNetworkEvents").unwrap();
        assert_eq!(
            schema.columns[schema.index("RemotePort").unwrap()].ty,
            Type::Int
        );
        assert!(schema.index("Timestamp").is_some() && schema.index("TimeGenerated").is_some());
        assert!(
            published("CommonSecurityLog")
                .unwrap()
                .index("SourceIP")
                .is_some()
        );
        assert!(published("DeviceNetworkEvent").is_none());
        assert!(published("").is_none());
        assert!(published("tworkEvents").is_none());
        assert!(published_names().count() > 1000);
        assert!(published_names().is_sorted());
        assert!(published_names().all(|name| published(name).is_some()));
    }

    #[test]
    fn other_columns_are_of_published_tables() {
        for (table, column, ty) in OTHERS {
            let schema = published(table).expect(table);
            let at = schema.index(column).expect(column);
            assert_eq!(schema.columns[at].ty, ty);
        }
    }

    #[test]
    fn defender_tables_are_published() {
        for name in DEFENDER.into_iter().chain(UNDATED) {
            assert!(published(name).is_some(), "{name}");
        }
        for (other, listed) in RESPELT {
            assert_eq!(published(other), published(listed));
            assert!(published(other).is_some_and(|schema| schema.index("Timestamp").is_some()));
        }
    }
}
