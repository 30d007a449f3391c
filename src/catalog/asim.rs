//! ASIM, Sentinel's normalised schemas: the names of their tabular functions, and their columns.

use super::published::published;
use crate::types::{Schema, Type};

/// A normalised schema: how it is called in names, and the published tables that have its columns.
struct Asim {
    names: &'static [&'static str],
    /// The first has the order of the columns, the last their types.
    tables: &'static [&'static str],
    /// The parameters of the filtering functions after `starttime` and `endtime`, in order:
    /// `name[:type[=default]] [how column …]`, dynamic unless a type is given, with the type's usual
    /// default unless one is given; `how` is a word of [`condition`]. Spellings of the
    /// documentation that the parsers lack stand last.
    filters: &'static str,
    /// Conditions over several parameters at once.
    together: &'static [&'static str],
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
        filters: "srcipaddr_has_any_prefix; dstipaddr_has_any_prefix; ipaddr_has_any_prefix; \
                  dstportnumber:int == DstPortNumber; hostname_has_any any SrcHostname DstHostname; \
                  dvcaction in DvcAction; eventresult:string == EventResult; disabled:bool; pack:bool",
        together: &[
            "array_length(set_union(srcipaddr_has_any_prefix, dstipaddr_has_any_prefix, ipaddr_has_any_prefix)) == 0 \
             or has_any_ipv4_prefix(SrcIpAddr, set_union(srcipaddr_has_any_prefix, ipaddr_has_any_prefix)) \
             or has_any_ipv4_prefix(DstIpAddr, set_union(dstipaddr_has_any_prefix, ipaddr_has_any_prefix))",
        ],
    },
    Asim {
        names: &["Dns", "DnsActivity"],
        tables: &["imDns", "ASimDnsActivityLogs"],
        filters: "srcipaddr:string == SrcIpAddr; domain_has_any any DnsQuery; \
                  responsecodename:string == DnsResponseCodeName; \
                  response_has_ipv4:string ipv4 DnsResponseName; \
                  response_has_any_prefix prefix DnsResponseName; \
                  eventtype:string='lookup' lookup EventType; pack:bool; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["WebSession"],
        tables: &["imWebSession", "ASimWebSessionLogs"],
        filters: "srcipaddr_has_any_prefix; ipaddr_has_any_prefix; url_has_any any Url; \
                  httpuseragent_has_any any HttpUserAgent; \
                  eventresultdetails_in any EventResultDetails; eventresult:string =~ EventResult; \
                  eventresultdetails_has_any any EventResultDetails; disabled:bool; pack:bool",
        together: &[
            "array_length(set_union(srcipaddr_has_any_prefix, ipaddr_has_any_prefix)) == 0 \
             or has_any_ipv4_prefix(SrcIpAddr, set_union(srcipaddr_has_any_prefix, ipaddr_has_any_prefix)) \
             or has_any_ipv4_prefix(DstIpAddr, ipaddr_has_any_prefix)",
        ],
    },
    Asim {
        names: &["Authentication"],
        tables: &["imAuthentication", "ASimAuthenticationEventLogs"],
        filters: "username_has_any any TargetUsername ActorUsername; \
                  targetappname_has_any any TargetAppName; srcipaddr_has_any_prefix prefix SrcIpAddr; \
                  srchostname_has_any any SrcHostname; eventtype_in in~ EventType; \
                  eventresultdetails_in in~ EventResultDetails; eventresult:string == EventResult; \
                  pack:bool; targetusername_has_any any TargetUsername; \
                  actorusername_has_any any ActorUsername; \
                  targetipaddr_has_any_prefix prefix TargetIpAddr; \
                  dvcipaddr_has_any_prefix prefix DvcIpAddr; dvchostname_has_any any DvcHostname; disabled:bool",
        together: &[],
    },
    Asim {
        names: &[
            "ProcessEvent",
            "Process",
            "ProcessCreate",
            "ProcessTerminate",
        ],
        tables: &["imProcess", "ASimProcessEventLogs"],
        filters: "commandline_has_any any TargetProcessCommandLine; \
                  commandline_has_all all TargetProcessCommandLine; \
                  commandline_has_any_ip_prefix prefix TargetProcessCommandLine; \
                  actingprocess_has_any any ActingProcessName; targetprocess_has_any any TargetProcessName; \
                  parentprocess_has_any any ParentProcessName; targetusername_has:string has TargetUsername; \
                  dvcipaddr_has_any_prefix prefix DvcIpAddr; dvchostname_has_any any DvcHostname; \
                  hashes_has_any in~ TargetProcessMD5 TargetProcessSHA1 TargetProcessSHA256 \
                  TargetProcessSHA512 TargetProcessIMPHASH; eventtype:string == EventType; pack:bool; actorusername_has:string has ActorUsername; \
                  targetusername:string has TargetUsername; dvcname_has_any any Dvc DvcHostname; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["FileEvent"],
        tables: &["imFileEvent", "ASimFileEventLogs"],
        filters: "eventtype_in in~ EventType; srcipaddr_has_any_prefix prefix SrcIpAddr; \
                  actorusername_has_any any ActorUsername; targetfilepath_has_any any TargetFilePath; \
                  srcfilepath_has_any any SrcFilePath; \
                  hashes_has_any in~ TargetFileMD5 TargetFileSHA1 TargetFileSHA256 TargetFileSHA512 \
                  SrcFileMD5 SrcFileSHA1 SrcFileSHA256 SrcFileSHA512; \
                  dvchostname_has_any any DvcHostname; disabled:bool; pack:bool",
        together: &[],
    },
    Asim {
        names: &["AuditEvent"],
        tables: &["ASimAuditEventLogs"],
        filters: "srcipaddr_has_any_prefix prefix SrcIpAddr; actorusername_has_any any ActorUsername; \
                  operation_has_any any Operation; eventtype_in any EventType; \
                  eventresult:string =~ EventResult; object_has_any any Object; \
                  newvalue_has_any any NewValue; pack:bool; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["RegistryEvent", "Registry"],
        tables: &["ASimRegistryEventLogs"],
        filters: "eventtype_in in~ EventType; actorusername_has_any any ActorUsername; \
                  registrykey_has_any any RegistryKey; registryvalue_has_any any RegistryValue; \
                  registrydata_has_any any RegistryValueData; dvchostname_has_any any DvcHostname; \
                  pack:bool; registryvaluedata_has_any any RegistryValueData; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["DhcpEvent"],
        tables: &["ASimDhcpEventLogs"],
        filters: "srcipaddr_has_any_prefix prefix SrcIpAddr; srchostname_has_any any SrcHostname; \
                  srcusername_has_any any SrcUsername; eventresult:string == EventResult; \
                  disabled:bool; pack:bool",
        together: &[],
    },
    Asim {
        names: &["UserManagement"],
        tables: &["ASimUserManagementActivityLogs"],
        filters: "srcipaddr_has_any_prefix prefix SrcIpAddr; targetusername_has_any any TargetUsername; \
                  actorusername_has_any any ActorUsername; eventtype_in in~ EventType; pack:bool; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["AlertEvent"],
        tables: &["ASimAlertEventLogs"],
        filters: "ipaddr_has_any_prefix prefix DvcIpAddr; hostname_has_any any DvcHostname; \
                  username_has_any any Username; attacktactics_has_any any AttackTactics; \
                  attacktechniques_has_any any AttackTechniques; \
                  threatcategory_has_any any ThreatCategory; alertverdict_has_any any AlertVerdict; \
                  eventseverity_has_any any EventSeverity; pack:bool; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["AgentEvent"],
        tables: &["ASimAgentEventLogs"],
        filters: "pack:bool; disabled:bool",
        together: &[],
    },
    Asim {
        names: &["AssetEntity"],
        tables: &["ASimAssetEntityLogs"],
        filters: "pack:bool; disabled:bool",
        together: &[],
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
/// `disabled` and `pack` alone.
pub fn asim_parameters(name: &str) -> Option<Vec<AsimParameter>> {
    let filters = filters(name)?;
    let filters = filters.iter().map(|filter| filter.parameter.clone());
    Some(filters.collect())
}

/// What an ASIM function does with its parameters, as KQL: the declaration of a function of that name
/// whose body reads the table of that name. The conditions are those of the published parsers for the
/// schema's own table: a parameter at its default filters nothing (but `eventtype` of DNS, whose default
/// leaves lookups only).
pub fn asim_function(name: &str) -> Option<String> {
    let (_, asim) = find(name)?;
    let filters = filters(name)?;
    let declared: Vec<String> = filters
        .iter()
        .map(|Filter { parameter: p, .. }| format!("{}: {} = {}", p.name, p.ty, p.default))
        .collect();
    let mut text = format!("let {name} = view ({}) {{ {name}", declared.join(", "));
    let mut add = |condition: &str| text.push_str(&format!(" | where {condition}"));
    for filter in &filters {
        if let Some(condition) = filter.condition() {
            add(&condition);
        }
    }
    if filters.len() > 2 {
        asim.together.iter().for_each(|condition| add(condition));
    }
    text.push_str(" };");
    Some(text)
}

/// A parameter, and what it filters.
struct Filter {
    parameter: AsimParameter,
    how: &'static str,
    columns: Vec<&'static str>,
}

impl Filter {
    /// From `name[:type[=default]] [how column …]`.
    fn read(text: &'static str) -> Filter {
        let mut words = text.split_ascii_whitespace();
        Filter {
            parameter: parameter(words.next().unwrap_or_default()),
            how: words.next().unwrap_or_default(),
            columns: words.collect(),
        }
    }

    /// The condition on the rows, in KQL; none for a parameter that filters nothing by itself.
    fn condition(&self) -> Option<String> {
        let p = self.parameter.name;
        if p == "disabled" {
            return Some("not(disabled)".to_string());
        }
        if self.how.is_empty() {
            return None;
        }
        let unset = match self.parameter.ty {
            Type::Dynamic => format!("array_length({p}) == 0"),
            Type::String => format!("{p} == '*'"),
            _ => format!("isnull({p})"),
        };
        let tests = self.columns.iter().map(|column| match self.how {
            "any" => format!("{column} has_any ({p})"),
            "all" => format!("{column} has_all ({p})"),
            "prefix" => format!("has_any_ipv4_prefix({column}, {p})"),
            "ipv4" => format!("has_ipv4({column}, {p})"),
            "lookup" => format!("{column} == {p} or ({p} == 'lookup' and {column} == 'Query')"),
            how @ ("in" | "in~") => format!("{column} {how} ({p})"),
            how => format!("{column} {how} {p}"),
        });
        let tests: Vec<String> = std::iter::once(unset).chain(tests).collect();
        Some(tests.join(" or "))
    }
}

/// The parameters of an ASIM function, each with what it filters.
fn filters(name: &str) -> Option<Vec<Filter>> {
    let (part, asim) = find(name)?;
    let filtering = name
        .strip_suffix(part)
        .is_some_and(|p| p == "_Im_" || p == "im");
    let texts: Vec<&'static str> = if filtering {
        let times = [
            "starttime:datetime >= TimeGenerated",
            "endtime:datetime <= TimeGenerated",
        ];
        times.into_iter().chain(asim.filters.split(';')).collect()
    } else {
        vec!["disabled:bool", "pack:bool"]
    };
    Some(texts.into_iter().map(Filter::read).collect())
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
        assert_eq!(asim_parameters("_ASim_Dns").unwrap().len(), 2);
        assert!(
            asim_names()
                .iter()
                .all(|name| asim_parameters(name).is_some())
        );
    }

    #[test]
    fn filters_name_columns_of_their_schema() {
        for name in asim_names() {
            let schema = asim_schema(&name).unwrap();
            for filter in filters(&name).unwrap() {
                for column in filter.columns {
                    assert!(schema.index(column).is_some(), "{name}: {column}");
                }
            }
        }
    }

    #[test]
    fn functions_read_the_table_of_their_name() {
        assert_eq!(
            asim_function("_ASim_AgentEvent").unwrap(),
            "let _ASim_AgentEvent = view (disabled: bool = false, pack: bool = false) \
             { _ASim_AgentEvent | where not(disabled) };"
        );
        assert!(asim_function("DeviceInfo").is_none());
    }
}
