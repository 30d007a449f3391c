//! Functions that every workspace of Sentinel has, which its published parsers call (`_ASIM_…`).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use super::stored::{Functions, StoredFunction};
use crate::json::quote;
use crate::source::Source;

/// Names by their numbers, which IANA assigns: those from the first number on, again and again. Where one number
/// has two names, both stand there.
type Numbered = &'static [(u32, &'static str)];

const DNS_TYPES: Numbered = &[
    (
        0,
        "Reserved|A|NS|MD|MF|CNAME|SOA|MB|MG|MR|NULL|WKS|PTR|HINFO|MINFO|MX|TXT|RP|AFSDB|X25|ISDN|RT|NSAP|NSAP-PTR|\
         SIG|KEY|PX|GPOS|AAAA|LOC|NXT|EID|NIMLOC|SRV|ATMA|NAPTR|KX|CERT|A6|DNAME|SINK|OPT|APL|DS|SSHFP|IPSECKEY|RRSIG|\
         NSEC|DNSKEY|DHCID|NSEC3|NSEC3PARAM|TLSA|SMIMEA|Unassigned|HIP|NINFO|RKEY|TALINK|CDS|CDNSKEY|OPENPGPKEY|CSYNC",
    ),
    (99, "SPF|UINFO|UID|GID|UNSPEC|NID|L32|L64|LP|EUI48|EUI64"),
    (249, "TKEY|TSIG|IXFR|AXFR|MAILB|MAILA|All|URI|CAA|AVC|DOA"),
    (32768, "TA|DLV"),
    (65535, "Reserved"),
];

const DNS_RESPONSES: Numbered = &[
    (
        0,
        "NOERROR|FORMERR|SERVFAIL|NXDOMAIN|NOTIMP|REFUSED|YXDOMAIN|YXRRSET|NXRRSET|NOTAUTH|NOTZONE|DSOTYPENI",
    ),
    (16, "BADVERS"),
    (
        16,
        "BADSIG|BADKEY|BADTIME|BADMODE|BADNAME|BADALG|BADTRUNC|BADCOOKIE",
    ),
];

const PROTOCOLS: Numbered = &[
    (
        0,
        "HOPOPT|ICMP|IGMP|GGP|IPv4|ST|TCP|CBT|EGP|IGP|BBN-RCC-MON|NVP-II|PUP|ARGUS (deprecated)|EMCON|XNET|CHAOS|UDP|\
         MUX|DCN-MEAS|HMP|PRM|XNS-IDP|TRUNK-1|TRUNK-2|LEAF-1|LEAF-2|RDP|IRTP|ISO-TP4|NETBLT|MFE-NSP|MERIT-INP|DCCP|3PC|\
         IDPR|XTP|DDP|IDPR-CMTP|TP++|IL|IPv6|SDRP|IPv6-Route|IPv6-Frag|IDRP|RSVP|GRE|DSR|BNA|ESP|AH|I-NLSP|\
         SWIPE (deprecated)|NARP|MOBILE|TLSP|SKIP|IPv6-ICMP|IPv6-NoNxt|IPv6-Opts||CFTP||SAT-EXPAK|KRYPTOLAN|RVD|IPPC||\
         SAT-MON|VISA|IPCV|CPNX|CPHB|WSN|PVP|BR-SAT-MON|SUN-ND|WB-MON|WB-EXPAK|ISO-IP|VMTP|SECURE-VMTP|VINES|TTP",
    ),
    (
        84,
        "IPTM|NSFNET-IGP|DGP|TCF|EIGRP|OSPFIGP|Sprite-RPC|LARP|MTP|AX.25|IPIP|MICP (deprecated)|SCC-SP|ETHERIP|ENCAP||\
         GMTP|IFMP|PNNI|PIM|ARIS|SCPS|QNX|A/N|IPComp|SNP|Compaq-Peer|IPX-in-IP|VRRP|PGM||L2TP|DDX|IATP|STP|SRP|UTI|SMP|\
         SM (deprecated)|PTP|ISIS over IPv4|FIRE|CRTP|CRUDP|SSCOPMCE|IPLT|SPS|PIPE|SCTP|FC|RSVP-E2E-IGNORE|\
         Mobility Header|UDPLite|MPLS-in-IP|manet|HIP|Shim6|WESP|ROHC|Ethernet",
    ),
    (253, "||Reserved"),
];

const ICMP_TYPES: Numbered = &[
    (
        0,
        "Echo Reply|Unassigned|Unassigned|Destination Unreachable|Source Quench (Deprecated)|Redirect|\
         Alternate Host Address (Deprecated)|Unassigned|Echo|Router Advertisement|Router Solicitation|Time Exceeded|\
         Parameter Problem|Timestamp|Timestamp Reply|Information Request (Deprecated)|\
         Information Reply (Deprecated)|Address Mask Request (Deprecated)|Address Mask Reply (Deprecated)|\
         Reserved (for Security)",
    ),
    (
        20,
        "Reserved (for Robustness Experiment)|Reserved (for Robustness Experiment)|\
         Reserved (for Robustness Experiment)|Reserved (for Robustness Experiment)|\
         Reserved (for Robustness Experiment)|Reserved (for Robustness Experiment)|\
         Reserved (for Robustness Experiment)|Reserved (for Robustness Experiment)|\
         Reserved (for Robustness Experiment)|Reserved (for Robustness Experiment)",
    ),
    (
        30,
        "Traceroute (Deprecated)|Datagram Conversion Error (Deprecated)|Mobile Host Redirect (Deprecated)|\
         IPv6 Where-Are-You (Deprecated)|IPv6 I-Am-Here (Deprecated)|Mobile Registration Request (Deprecated)|\
         Mobile Registration Reply (Deprecated)|Domain Name Request (Deprecated)|Domain Name Reply (Deprecated)|\
         SKIP (Deprecated)|Photuris|ICMP messages utilized by experimental mobility protocols such as Seamoby|\
         Extended Echo Request|Extended Echo Reply",
    ),
    (
        253,
        "RFC3692-style Experiment 1|RFC3692-style Experiment 2|Reserved",
    ),
];

const HTTP_STATUSES: Numbered = &[
    (100, "Continue|Switching Protocols|Processing|Early Hints"),
    (
        110,
        "Response is Stale|Revalidation Failed|Disconnected Operation|Heuristic Expiration",
    ),
    (199, "Miscellaneous Warning"),
    (
        200,
        "OK|Created|Accepted|Non-Authoritative Information|No Content|Reset Content|Partial Content|Multi-Status|\
         Already Reported",
    ),
    (214, "Transformation Applied"),
    (226, "IM Used"),
    (299, "Miscellaneous Persistent Warning"),
    (
        300,
        "Multiple Choices|Moved Permanently|Found|See Other|Not Modified|Use Proxy|Switch Proxy|Temporary Redirect|\
         Permanent Redirect",
    ),
    (
        400,
        "Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Method Not Allowed|Not Acceptable|\
         Proxy Authentication Required|Request Timeout|Conflict|Gone|Length Required|Precondition Failed|\
         Payload Too Large|URI Too Long|Unsupported Media Type|Range Not Satisfiable|Expectation Failed|\
         I'm a teapot|Page Expired|Method Failure|Misdirect Request|Unprocessable Entity|Locked|Failed Dependency|\
         Too Early|Upgrade Required",
    ),
    (
        428,
        "Precondition Required|Too Many Requests|Request Header Field Too Large|Request Header Fields Too Large",
    ),
    (440, "Login Time-out"),
    (444, "No Response"),
    (
        449,
        "Retry With|Blocked by Windows Parental Controls|Unavailable For Legal Reasons/Redirect",
    ),
    (
        460,
        "AWS ELB Client closed the connection with the load balancer before the idle timeout period elapsed",
    ),
    (
        463,
        "AWS ELB The load balancer received an X-Forwarded-For request header with more than 30 IP addresses",
    ),
    (
        494,
        "Request header too large|SSL Certificate Error|SSL Certificate Required|HTTP Request Sent to HTTPS Port|\
         Invalid Token|Token Required(Esri)/Client Closed Request(nginx)|Internal Server Error|Not Implemented|\
         Bad Gateway|Service Unavailable|Gateway Timeout|HTTP Version Not Supported|Variant Also Negotiates|\
         Insufficient Storage|Loop Detected|Bandwith Limit Exceeded|Not Extended|Network Authentication Required",
    ),
    (
        520,
        "Web Server Returned an Unknown Error|Web Server Is Down",
    ),
    (
        523,
        "Origin Is Unreachable|A Timeout Occurred|SSL Handshake Failed|Invalid SSL Certificate|Railgun Error",
    ),
    (
        529,
        "Site is overloaded|Site is frozen/Cloudflare HTTP error 530 is returned with an accompanying 1XXX error \
         displayed",
    ),
    (561, "Unauthorized"),
    (
        598,
        "Network read timeout error|Network Connect Timeout Error",
    ),
];

/// What a sign-in's error means to ASIM, and the codes that mean it.
const SIGN_IN_ERRORS: [(&str, &[u32]); 6] = [
    (
        "Logon violates policy",
        &[
            50005, 50011, 50020, 50058, 50072, 50074, 50076, 50079, 50105, 53003, 80012,
        ],
    ),
    (
        "No such user or password",
        &[50034, 50059, 50064, 50126, 51004, 500_011, 700_016],
    ),
    (
        "Password expired",
        &[50055, 50132, 50133, 50144, 50173, 70008],
    ),
    ("Incorrect password", &[50056]),
    ("User locked", &[50053]),
    ("User disabled", &[50057]),
];

/// The columns of `IdentityInfo` that say what a user is, and what ASIM calls them.
const IDENTITY: [(&str, &str); 28] = [
    ("AccountUPN", "Username"),
    ("AccountDisplayName", "UserDisplayName"),
    ("OnPremisesDistinguishedName", "UserDN"),
    ("Tags", "UserTags"),
    ("RiskLevel", "UserRiskLevel"),
    ("RiskLevelDetails", "UserRiskLevelDetails"),
    ("RiskState", "UserRiskState"),
    ("BlastRadius", "UserBlastRadius"),
    ("GroupMembership", "UserGroupMembership"),
    ("AssignedRoles", "UserAssignedRoles"),
    ("Department", "UserDepartment"),
    ("EmployeeId", "UserEmployeeId"),
    ("JobTitle", "UserJobTitle"),
    ("MailAddress", "UserMailAddress"),
    ("AdditionalMailAddresses", "UserAdditionalMailAddresses"),
    ("Manager", "UserManager"),
    ("StreetAddress", "UserStreetAddress"),
    ("City", "UserCity"),
    ("Country", "UserCountry"),
    ("State", "UserRegion"),
    ("Phone", "UserPhone"),
    ("IsAccountEnabled", "UserAccountEnabled"),
    ("AccountCreationTime", "UserAccountCreationTime"),
    ("RelatedAccounts", "RelatedUsers"),
    ("DeletedDateTime", "UserDeleted"),
    ("LastSeenDate", "UserLastSeen"),
    ("UACFlags", "UserUACFlags"),
    ("IsMFARegistered", "UserIsMFARegistered"),
];

/// The columns of `IdentityInfo` that ASIM leaves out.
const NOT_IDENTITY: &str = "AccountName, AccountDomain, GivenName, Surname, Type, TenantId, \
    OnPremisesExtensionAttributes, UserState, UserStateChangedOn, SourceSystem, InvestigationPriority, \
    InvestigationPriorityPercentile, ExtensionProperty, AccountCloudSID, Applications, ServicePrincipals";

/// A number's name in a column of its own.
struct Resolved {
    /// What follows `_ASIM_Resolve` and `_ASIM_Lookup` in the functions' names.
    name: &'static str,
    names: Numbered,
    /// The columns of the number and of its name.
    columns: [&'static str; 2],
    /// Numbers kept for private use.
    private: Option<(u32, u32)>,
}

const RESOLVED: [Resolved; 4] = [
    Resolved {
        name: "DnsQueryType",
        names: DNS_TYPES,
        columns: ["DnsQueryType", "DnsQueryTypeName"],
        private: Some((65280, 65534)),
    },
    Resolved {
        name: "DnsResponseCode",
        names: DNS_RESPONSES,
        columns: ["DnsResponseCode", "DnsResponseCodeName"],
        private: Some((3841, 4095)),
    },
    Resolved {
        name: "NetworkProtocol",
        names: PROTOCOLS,
        columns: ["NetworkProtocolNumber", "NetworkProtocol"],
        private: None,
    },
    Resolved {
        name: "ICMPType",
        names: ICMP_TYPES,
        columns: ["NetworkIcmpCode", "NetworkIcmpType"],
        private: None,
    },
];

/// Each number with a name of it.
fn pairs(names: Numbered) -> impl Iterator<Item = (u32, &'static str)> {
    let runs = names.iter();
    runs.flat_map(|(first, names)| (*first..).zip(names.split('|')))
}

impl Resolved {
    fn pairs(&self) -> impl Iterator<Item = (u32, &'static str)> {
        pairs(self.names)
    }

    /// The name that a number has by `known`, in KQL.
    fn named(&self, known: &str, number: &str) -> String {
        let private = self.private.map_or_else(String::new, |(first, last)| {
            format!("{number} between ({first} .. {last}), 'Reserved for Private Use', ")
        });
        format!("case({known} != '', {known}, {private}'Unassigned')")
    }

    /// `T | invoke _ASIM_Resolve…('column')`
    fn resolve(&self) -> String {
        let [number, name] = self.columns;
        let mut rows = String::new();
        for (n, text) in self.pairs() {
            let _ = write!(rows, "{n}, {}, ", quote(text));
        }
        format!(
            "(T: (*), field: string) {{ let Names = datatable({number}: int, {name}: string) [{rows}]; \
             T | extend {number} = toint(column_ifexists(field, 0)) | lookup Names on {number} \
             | extend {name} = {} }}",
            self.named(name, number)
        )
    }

    /// `_ASIM_Lookup…(number)`; of two names the first.
    fn lookup(&self) -> String {
        let mut names: BTreeMap<u32, &str> = BTreeMap::new();
        for (n, text) in self.pairs() {
            names.entry(n).or_insert(text);
        }
        format!(
            "(number: int) {{ let known = {}[tostring(number)]; {} }}",
            bag(names.into_iter()),
            self.named("known", "number")
        )
    }
}

/// The names of numbers as a bag, in KQL.
fn bag<'t>(names: impl Iterator<Item = (u32, &'t str)>) -> String {
    let entries: Vec<String> = names
        .map(|(n, text)| format!("\"{n}\": {}", quote(text)))
        .collect();
    format!("dynamic({{{}}})", entries.join(", "))
}

/// `_ASIM_Lookup…(code)` where the code is a text.
fn code_lookup<'t>(names: impl Iterator<Item = (u32, &'t str)>) -> String {
    format!(
        "(code: string) {{ let known = {}[code]; case(known != '', known, 'Unassigned') }}",
        bag(names)
    )
}

/// What `IdentityInfo` last said of each user, in ASIM's words; the user's number is called `sid`, and `users` are
/// what a row stands for.
fn identities(sid: &str, users: &str) -> String {
    let renamed: Vec<String> = IDENTITY
        .iter()
        .map(|(column, name)| format!("{name} = {column}"))
        .collect();
    format!(
        "IdentityInfo | where TimeGenerated > ago(14d) and AccountObjectId != '' | project-away {NOT_IDENTITY} \
         | summarize arg_max(TimeGenerated, *) by {users} | project-away TimeGenerated \
         | project-rename {}, {sid} = AccountSID, UserRiskScore = EntityRiskScore",
        renamed.join(", ")
    )
}

/// The functions that tell of users what `IdentityInfo` knows.
fn identity_functions() -> [(&'static str, String); 2] {
    let normalised = format!(
        "() {{ {} | extend UsernameType = 'UPN', UserIdType = 'SID', UserType = iff(UserType == 'Guest', UserType, '') }}",
        identities("UserId", "AccountTenantId, AccountObjectId")
    );
    let enriched = format!(
        "(T: (*), AadIdField: string = '', TenantIdField: string = '', SidField: string = '', UpnField: string = '', \
         EmailField: string = '') {{ \
         let Known = {} | extend UsernameType = 'UPN', UserIdType = 'AadId', \
         UserType = iff(UserType == 'Guest', UserType, ''), UserUpn = Username \
         | extend join_key = case(isnotempty(TenantIdField), strcat(UserScopeId, '/', UserId), \
         isnotempty(AadIdField), UserId, isnotempty(SidField), UserSid, isnotempty(UpnField), UserUpn, \
         isnotempty(EmailField), UserMailAddress, ''); \
         T | extend jkUser = column_ifexists(AadIdField, ''), jkScope = column_ifexists(TenantIdField, '') \
         | extend join_key = coalesce(iff(isnotempty(jkScope), strcat(jkScope, '/', jkUser), jkUser), \
         column_ifexists(SidField, ''), column_ifexists(UpnField, ''), column_ifexists(EmailField, '')) \
         | lookup Known on join_key | project-away jkUser, jkScope, join_key }}",
        identities(
            "UserSid",
            "UserScopeId = AccountTenantId, UserId = AccountObjectId"
        )
    );
    [
        ("_ASIM_IdentityInfo", normalised),
        ("_ASIM_Enrich_IdentityInfo", enriched),
    ]
}

/// Functions whose text is short.
const SHORT: [(&str, &str); 8] = [
    (
        "_ASIM_ResolveFQDN",
        "(T: (*), field: string) { T | extend ExtractedHostname = column_ifexists(field, '') \
         | extend SplitHostname = split(ExtractedHostname, '.') \
         | extend Domain = strcat_array(array_slice(SplitHostname, 1, -1), '.'), \
         FQDN = iff(array_length(SplitHostname) > 1, ExtractedHostname, ''), \
         DomainType = iff(array_length(SplitHostname) > 1, 'FQDN', ''), \
         ExtractedHostname = tostring(SplitHostname[0]) | project-away SplitHostname }",
    ),
    (
        "_ASIM_GetUsernameType",
        "(username: string) { case(username contains '@', 'UPN', username contains @'\\', 'Windows', \
         username has 'CN=' or username has 'OU=' or username has 'DC=', 'DN', 'Simple') }",
    ),
    (
        "_ASIM_GetUserType",
        "(username: string, sid: string) { case(username endswith '$' or sid in ('S-1-5-18', 'S-1-5-19', 'S-1-5-20'), \
         'Machine', isempty(username) or sid == 'S-1-0-0', '', 'Regular') }",
    ),
    (
        "_ASIM_GetWindowsUserType",
        "(username: string, sid: string) { let own = sid startswith 'S-1-5-21'; \
         case(sid startswith 'S-1-5-80', 'Service', own and sid endswith '-500', 'Admin', \
         own and sid endswith '-501', 'Guest', own and sid endswith '-502', 'Service', \
         own and username contains 'admin', 'Admin', username endswith '$', 'Machine', own, 'Regular', \
         sid == 'S-1-5-113', 'Other', sid == 'S-1-5-7', 'Anonymous', sid == 'S-1-5-18', 'System', \
         sid in ('S-1-5-17', 'S-1-5-19', 'S-1-5-20'), 'Service', isempty(username), '', 'Other') }",
    ),
    (
        "_ASIM_GetDisabledParsers",
        "(CallerContext: string) { _GetWatchlist('ASimDisabledParsers') | where SearchKey in ('Any', CallerContext) \
         | extend SourceSpecificParser = tostring(WatchlistItem.SourceSpecificParser) \
         | where isnotempty(SourceSpecificParser) | distinct SourceSpecificParser }",
    ),
    (
        "_ASIM_GetSourceBySourceType",
        "(SourceType: string) { toscalar(union _GetWatchlist('ASimSourceType'), _GetWatchlist('Sources_by_SourceType') \
         | where SearchKey == SourceType | extend Source = tostring(WatchlistItem.Source) \
         | where isnotempty(Source) | summarize make_set(Source)) }",
    ),
    (
        "_ASIM_GetWatchlistRaw",
        "(watchlist: string, keys: dynamic = dynamic([])) { _GetWatchlist(watchlist) \
         | where array_length(keys) == 0 or SearchKey in (keys) \
         | project _DTItemId, LastUpdatedTimeUTC, SearchKey, WatchlistItem }",
    ),
    (
        "_ASIM_FillNull",
        "(T: (*), custom_value: string) { T \
         | project filled = parse_json(replace_string(tostring(pack_all()), '\"\"', strcat('\"', custom_value, '\"'))) \
         | evaluate bag_unpack(filled) }",
    ),
];

static ALL: LazyLock<Functions> = LazyLock::new(|| {
    let mut declared: Vec<(String, String)> = Vec::new();
    for (name, text) in SHORT {
        declared.push((name.to_string(), text.to_string()));
    }
    for side in ["Dvc", "Src", "Dst"] {
        let columns = ["Hostname", "Domain", "FQDN", "DomainType"].map(|column| {
            let found = if column == "Hostname" {
                "ExtractedHostname"
            } else {
                column
            };
            format!("{side}{column} = {found}")
        });
        declared.push((
            format!("_ASIM_Resolve{side}FQDN"),
            format!(
                "(T: (*), field: string) {{ T | invoke _ASIM_ResolveFQDN(field) | project-rename {} }}",
                columns.join(", ")
            ),
        ));
    }
    for resolved in &RESOLVED {
        declared.push((
            format!("_ASIM_Resolve{}", resolved.name),
            resolved.resolve(),
        ));
        declared.push((format!("_ASIM_Lookup{}", resolved.name), resolved.lookup()));
    }
    let statuses = code_lookup(pairs(HTTP_STATUSES));
    declared.push(("_ASIM_LookupHTTPStatusCode".to_string(), statuses));
    let errors = SIGN_IN_ERRORS
        .iter()
        .flat_map(|(text, codes)| codes.iter().map(|code| (*code, *text)));
    declared.push(("_ASIM_LookupAADcodes".to_string(), code_lookup(errors)));
    for (name, text) in identity_functions() {
        declared.push((name.to_string(), text));
    }
    let functions = declared.into_iter().map(|(name, text)| {
        let name: Arc<str> = name.into();
        let text: Arc<str> = format!("let {name} = {text};").into();
        let function = StoredFunction {
            name: name.clone(),
            source: Source::whole("built in", Arc::clone(&text)),
            text,
            alike: (0, 0),
            rival: None,
        };
        (name, function)
    });
    functions.collect()
});

/// The function of this name that every workspace has.
pub fn workspace_function(name: &str) -> Option<&'static StoredFunction> {
    ALL.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn every_text_declares_its_function() {
        assert_eq!(ALL.len(), 23);
        for (name, function) in ALL.iter() {
            let parsed = syntax::parse_text(&function.text);
            assert!(
                parsed.diagnostics.is_empty(),
                "{name}: {:?}",
                parsed.diagnostics
            );
        }
    }

    #[test]
    fn numbers_have_the_names_that_are_assigned() {
        let name = |resolved: &Resolved, n: u32| -> Vec<&str> {
            resolved
                .pairs()
                .filter(|(m, _)| *m == n)
                .map(|(_, t)| t)
                .collect()
        };
        let [types, responses, protocols, icmp] = &RESOLVED;
        assert_eq!(name(types, 28), ["AAAA"]);
        assert_eq!(name(types, 62), ["CSYNC"]);
        assert_eq!(name(types, 109), ["EUI64"]);
        assert_eq!(name(types, 259), ["DOA"]);
        assert_eq!(name(responses, 11), ["DSOTYPENI"]);
        assert_eq!(name(responses, 16), ["BADVERS", "BADSIG"]);
        assert_eq!(name(responses, 23), ["BADCOOKIE"]);
        assert_eq!(name(protocols, 17), ["UDP"]);
        assert_eq!(name(protocols, 58), ["IPv6-ICMP"]);
        assert_eq!(name(protocols, 84), ["TTP", "IPTM"]);
        assert_eq!(name(protocols, 143), ["Ethernet"]);
        assert_eq!(name(icmp, 11), ["Time Exceeded"]);
        assert_eq!(name(icmp, 29), ["Reserved (for Robustness Experiment)"]);
        assert_eq!(name(icmp, 43), ["Extended Echo Reply"]);
        let status = |n: u32| -> Vec<&str> {
            let named = pairs(HTTP_STATUSES).filter(|(m, _)| *m == n);
            named.map(|(_, t)| t).collect()
        };
        assert_eq!(status(226), ["IM Used"]);
        assert_eq!(status(308), ["Permanent Redirect"]);
        assert_eq!(status(418), ["I'm a teapot"]);
        assert_eq!(status(426), ["Upgrade Required"]);
        assert_eq!(status(431), ["Request Header Fields Too Large"]);
        assert_eq!(status(451), ["Unavailable For Legal Reasons/Redirect"]);
        assert_eq!(status(500), ["Internal Server Error"]);
        assert_eq!(status(511), ["Network Authentication Required"]);
        assert_eq!(status(527), ["Railgun Error"]);
        assert_eq!(status(599), ["Network Connect Timeout Error"]);
    }
}
