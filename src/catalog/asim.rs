//! ASIM, Sentinel's normalised schemas: the names of their tabular functions, and their columns.

use super::published::published;
use crate::types::{Schema, Type};

/// A normalised schema: how it is called in names, and the published tables that have its columns.
struct Asim {
    names: &'static [&'static str],
    /// The first has the order of the columns, the last their types.
    tables: &'static [&'static str],
    /// The parameters of the filtering functions after `starttime` and `endtime`, in order;
    /// dynamic unless a type follows, with the type's usual default unless one follows. Spellings
    /// of the documentation that the parsers lack stand last.
    filters: &'static str,
}

/// A parameter of an ASIM function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsimParameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Its default value, in KQL.
    pub default: &'static str,
}

const SCHEMAS: [Asim; 13] = [
    Asim {
        names: &["NetworkSession"],
        tables: &["imNetworkSession", "ASimNetworkSessionLogs"],
        filters: "srcipaddr_has_any_prefix dstipaddr_has_any_prefix ipaddr_has_any_prefix \
                     dstportnumber:int hostname_has_any dvcaction eventresult:string disabled:bool pack:bool",
    },
    Asim {
        names: &["Dns", "DnsActivity"],
        tables: &["imDns", "ASimDnsActivityLogs"],
        filters: "srcipaddr:string domain_has_any responsecodename:string response_has_ipv4:string \
                     response_has_any_prefix eventtype:string='lookup' pack:bool",
    },
    Asim {
        names: &["WebSession"],
        tables: &["imWebSession", "ASimWebSessionLogs"],
        filters: "srcipaddr_has_any_prefix ipaddr_has_any_prefix url_has_any httpuseragent_has_any \
                     eventresultdetails_in eventresult:string eventresultdetails_has_any disabled:bool \
                     pack:bool",
    },
    Asim {
        names: &["Authentication"],
        tables: &["imAuthentication", "ASimAuthenticationEventLogs"],
        filters: "username_has_any targetappname_has_any srcipaddr_has_any_prefix srchostname_has_any \
                     eventtype_in eventresultdetails_in eventresult:string pack:bool targetusername_has_any \
                     actorusername_has_any targetipaddr_has_any_prefix dvcipaddr_has_any_prefix \
                     dvchostname_has_any",
    },
    Asim {
        names: &[
            "ProcessEvent",
            "Process",
            "ProcessCreate",
            "ProcessTerminate",
        ],
        tables: &["imProcess", "ASimProcessEventLogs"],
        filters: "commandline_has_any commandline_has_all commandline_has_any_ip_prefix \
                     actingprocess_has_any targetprocess_has_any parentprocess_has_any \
                     targetusername_has:string dvcipaddr_has_any_prefix dvchostname_has_any \
                     hashes_has_any eventtype:string pack:bool actorusername_has:string \
                     targetusername:string dvcname_has_any",
    },
    Asim {
        names: &["FileEvent"],
        tables: &["imFileEvent", "ASimFileEventLogs"],
        filters: "eventtype_in srcipaddr_has_any_prefix actorusername_has_any targetfilepath_has_any \
                     srcfilepath_has_any hashes_has_any dvchostname_has_any disabled:bool pack:bool",
    },
    Asim {
        names: &["AuditEvent"],
        tables: &["ASimAuditEventLogs"],
        filters: "srcipaddr_has_any_prefix actorusername_has_any operation_has_any eventtype_in \
                     eventresult:string object_has_any newvalue_has_any pack:bool",
    },
    Asim {
        names: &["RegistryEvent", "Registry"],
        tables: &["ASimRegistryEventLogs"],
        filters: "eventtype_in actorusername_has_any registrykey_has_any registryvalue_has_any \
                     registrydata_has_any dvchostname_has_any pack:bool registryvaluedata_has_any",
    },
    Asim {
        names: &["DhcpEvent"],
        tables: &["ASimDhcpEventLogs"],
        filters: "srcipaddr_has_any_prefix srchostname_has_any srcusername_has_any eventresult:string \
                     disabled:bool pack:bool",
    },
    Asim {
        names: &["UserManagement"],
        tables: &["ASimUserManagementActivityLogs"],
        filters: "srcipaddr_has_any_prefix targetusername_has_any actorusername_has_any eventtype_in \
                     pack:bool",
    },
    Asim {
        names: &["AlertEvent"],
        tables: &["ASimAlertEventLogs"],
        filters: "ipaddr_has_any_prefix hostname_has_any username_has_any attacktactics_has_any \
                     attacktechniques_has_any threatcategory_has_any alertverdict_has_any \
                     eventseverity_has_any pack:bool",
    },
    Asim {
        names: &["AgentEvent"],
        tables: &["ASimAgentEventLogs"],
        filters: "pack:bool",
    },
    Asim {
        names: &["AssetEntity"],
        tables: &["ASimAssetEntityLogs"],
        filters: "pack:bool",
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

/// The parameters of an ASIM function: of a filtering one (`_Im_…`, `im…`) its filters, of the others
/// `pack` alone.
pub fn asim_parameters(name: &str) -> Option<Vec<AsimParameter>> {
    let (part, asim) = find(name)?;
    let filtering = name
        .strip_suffix(part)
        .is_some_and(|p| p == "_Im_" || p == "im");
    if !filtering {
        return Some(vec![parameter("pack:bool")]);
    }
    let times = ["starttime:datetime", "endtime:datetime"];
    let filters = asim.filters.split_ascii_whitespace();
    Some(times.into_iter().chain(filters).map(parameter).collect())
}

/// A parameter from `name[:type[=default]]`.
fn parameter(text: &'static str) -> AsimParameter {
    let (name, rest) = text.split_once(':').unwrap_or((text, "dynamic"));
    let (ty, default) = rest.split_once('=').unwrap_or((rest, ""));
    let ty = Type::from_name(ty).unwrap_or(Type::Dynamic);
    let usual = match ty {
        Type::Datetime => "datetime(null)",
        Type::String => "'*'",
        Type::Int => "int(null)",
        Type::Bool => "false",
        _ => "dynamic([])",
    };
    AsimParameter {
        name,
        ty,
        default: if default.is_empty() { usual } else { default },
    }
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

    #[test]
    fn parameters_of_filtering_functions() {
        let parameters = asim_parameters("_Im_Dns").unwrap();
        let text: Vec<String> = parameters
            .iter()
            .map(|p| format!("{}:{}={}", p.name, p.ty, p.default))
            .collect();
        assert_eq!(text[0], "starttime:datetime=datetime(null)");
        assert_eq!(text[2], "srcipaddr:string='*'");
        assert_eq!(text[3], "domain_has_any:dynamic=dynamic([])");
        assert_eq!(text[7], "eventtype:string='lookup'");
        assert_eq!(asim_parameters("_ASim_Dns").unwrap().len(), 1);
        assert!(
            asim_names()
                .iter()
                .all(|name| asim_parameters(name).is_some())
        );
    }
}
