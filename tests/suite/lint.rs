//! The rules of `kql check`: each finds something in its example and nothing in the better one; what mends a
//! finding leaves it mended.

use std::collections::BTreeSet;

use kql::catalog::Product;
use kql::diagnostic::{Diagnostic, Severity};
use kql::lint::{self, RULES, Subject};
use kql::sentinel;
use kql::session::examine;
use kql::source::Source;

use super::support::{files, root};

/// All that is said of a query in a file of its own.
pub(super) fn found(source: &Source) -> Vec<Diagnostic> {
    found_for(Product::Both, source)
}

fn found_for(product: Product, source: &Source) -> Vec<Diagnostic> {
    let checked = examine(source, &[]);
    let subject = Subject {
        source,
        query: &checked.query,
        plan: &checked.plan,
        bounded: false,
        library: false,
        product,
    };
    lint::lint(&subject, checked.diagnostics)
}

fn names(query: &str) -> Vec<&'static str> {
    let source = Source::whole("query", query);
    found(&source).iter().map(Diagnostic::name).collect()
}

/// A query after all changes that its findings come with.
fn mended(query: &str) -> String {
    let source = Source::whole("query", query);
    let mut text = query.to_string();
    let findings = found(&source);
    let fixes = findings.iter().filter_map(|d| d.fix.as_ref());
    let mut edits: Vec<_> = fixes.flat_map(|fix| fix.edits.clone()).collect();
    edits.sort_by_key(|edit| edit.span.start);
    for edit in edits.iter().rev() {
        let range = source.place(edit.span).unwrap();
        text.replace_range(range, &edit.text);
    }
    text
}

#[test]
fn examples_are_found_and_better_ones_are_not() {
    for rule in RULES {
        assert!(
            names(rule.example).contains(&rule.name),
            "{}: {:?}",
            rule.name,
            names(rule.example)
        );
        assert_eq!(
            names(rule.better),
            Vec::<&str>::new(),
            "{}: {}",
            rule.name,
            rule.better
        );
    }
}

#[test]
fn rules_have_names_of_their_own() {
    let mut seen = BTreeSet::new();
    let all = RULES.iter().map(|r| (r.name, r.summary, r.why));
    for (name, summary, why) in
        all.chain(sentinel::RULES.iter().map(|r| (r.name, r.summary, r.why)))
    {
        assert!(seen.insert(name), "{name} is there twice");
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            "{name}"
        );
        assert!(summary.ends_with('.') && why.ends_with('.'), "{name}");
    }
    assert!(RULES.windows(2).all(|pair| pair[0].name < pair[1].name));
}

#[test]
fn what_is_mended_stays_mended() {
    for (query, expected) in [
        (
            "print a = 1, b = 2 | where a == 1 and b == 2 or b == 3 // why",
            "print a = 1, b = 2 | where (a == 1 and b == 2) or b == 3 // why",
        ),
        (
            "print s = 'a' | where tolower(s) == 'a'",
            "print s = 'a' | where s =~ 'a'",
        ),
        (
            "print s = 'a' | where 'A' != toupper( s )",
            "print s = 'a' | where 'A' !~ s",
        ),
        (
            "print s = 'a' | where tolower(s) in ('a', 'b')",
            "print s = 'a' | where s in~ ('a', 'b')",
        ),
        (
            "print s = 'a' | where tolower(s) has 'a'",
            "print s = 'a' | where s has 'a'",
        ),
        (
            "print s = 'a', t = 'A' | where tolower(s) == tolower(t)",
            "print s = 'a', t = 'A' | where s =~ t",
        ),
        (
            "print s = 'a' | where s contains '/etc/'",
            "print s = 'a' | where s has '/etc/'",
        ),
        (
            "print s = 'a' | where s !contains_cs '/etc/'",
            "print s = 'a' | where s !has_cs '/etc/'",
        ),
        (
            "print x = 1 | join (print x = 1) on x",
            "print x = 1 | join kind=innerunique (print x = 1) on x",
        ),
        (
            "print x = 1 | summarize a = any(x)",
            "print x = 1 | summarize a = take_any(x)",
        ),
        (
            "print x = 1 | summarize makeset(x)",
            "print x = 1 | summarize make_set(x)",
        ),
        ("let a = 1;\nlet b = 2;\nprint b", "let b = 2;\nprint b"),
    ] {
        assert_eq!(mended(query), expected);
        assert_eq!(mended(expected), expected, "mended again");
    }
}

#[test]
fn what_cannot_be_mended_surely_is_left() {
    for query in [
        // The column would be called `x` instead of `any_x`.
        "print x = 1 | summarize any(x)",
        // Of other types, or letters that have more than one small form.
        "print x = 1 | where tolower(x) == 'a'",
        "print s = 'a' | where tolower(s) == 'ß'",
        "print s = 'a' | where tolower(s) == 'A'",
        "print s = 'a' | where s contains 'shell'",
        // The comment would go with it.
        "let a = 1; // how many\nprint 2",
        "print ip = '10.0.0.1' | where ip startswith '10.'",
    ] {
        assert!(!names(query).is_empty(), "{query}");
        assert_eq!(mended(query), query);
    }
}

#[test]
fn no_alarm_where_there_is_no_reason() {
    for query in [
        "SigninLogs | where TimeGenerated > ago(1d) | where tolower(UserPrincipalName) in ((print 'a'))",
        "SigninLogs | take 10",
        "search in (SecurityEvent) TimeGenerated > ago(1d) and 'mimikatz'",
        "Vpn_CL | where TimeGenerated > ago(1d) | summarize arg_max(TimeGenerated, *) by User_s | where Any_s == 'a'",
        "SigninLogs | where ingestion_time() > ago(1h) | count",
        "AliCloud_CL | where TimeGenerated > ago(1d) | where EventSeverity == 'a' | project TimeGenerated, EventSeverity",
        "AzureDiagnostics | where TimeGenerated > ago(1d) | where action_name_s == 'x' | project statement_s",
        "SigninLogs | where TimeGenerated > ago(1d) | invoke _ASIM_Enrich_IdentityInfo(AadIdField='UserId') | count",
        "let T = SigninLogs | where AppId == 'x'; T | where TimeGenerated between (ago(2d) .. ago(1d)) | count",
        "let T = materialize(SigninLogs | where AppId == 'x'); T | where TimeGenerated > ago(1d) | count",
        "SigninLogs | extend day = bin(TimeGenerated, 1d) | where day > ago(3d) | summarize count() by day",
        "union SigninLogs, AuditLogs | where TimeGenerated > ago(1d) | summarize count() by Type",
        "DeviceTvmSoftwareVulnerabilitiesKB | where CveId == 'CVE-2021-44228' | where PublishedDate > ago(900d)",
        "print v = '10.1' | where v startswith '10.'",
        "print a = true, b = true, c = true | where (a and b) or c",
        "print d = dynamic([1]) | mv-expand d | summarize count() by tostring(d)",
        "let f = (x: long) { x + 1 }; print f(1)",
        "let tolower = (x: string) { x }; print s = 'a' | where tolower(s) == 'a'",
        "datatable(s: string)['a'] | where s contains 'ab'",
        "SigninLogs | where TimeGenerated > ago(7d) | make-series n = count() on TimeGenerated in \
         range(startofday(ago(7d)), now(), 1d) by AppId",
    ] {
        assert_eq!(names(query), Vec::<&str>::new(), "{query}");
    }
}

#[test]
fn the_time_that_is_named_is_one_of_the_product() {
    let advice = |product, query: &str| {
        let found = found_for(product, &Source::whole("query", query));
        let help = found.first().and_then(|d| d.help.clone());
        help.unwrap_or_default()
    };
    let query = "CloudAppEvents | summarize count() by AccountObjectId";
    for (product, query, time) in [
        (Product::Sentinel, query, "TimeGenerated"),
        (Product::Defender, query, "Timestamp"),
        (Product::Both, query, "Timestamp"),
        (
            Product::Both,
            "CloudAppEvents | summarize max(TimeGenerated) by AccountObjectId",
            "TimeGenerated",
        ),
        (
            Product::Defender,
            "SigninLogs | summarize count() by AppId",
            "TimeGenerated",
        ),
    ] {
        let advice = advice(product, query);
        assert_eq!(
            advice,
            format!("`where {time} > ago(1d)` reads a day of it"),
            "{query}"
        );
    }
}

/// What only declares is for others to use.
#[test]
fn functions_for_others_are_not_dead() {
    assert_eq!(names("let f = (x: long) { x + 1 };"), ["no-query"]);
    assert_eq!(names("let f = (x: long) { x + 1 }; print 1"), ["dead-let"]);
}

#[test]
fn comments_switch_rules_off() {
    for (query, expected) in [
        ("SigninLogs // kql: disable=no-time-filter\n| count", vec![]),
        ("// kql: disable=no-time-filter\nSigninLogs | count", vec![]),
        (
            "// about\n// kql: disable=no-time-filter, dead-let\nlet a = 1;\nSigninLogs | count",
            vec![],
        ),
        (
            "print a = 1;\n// kql: disable=no-time-filter\nSigninLogs | count;\nAuditLogs | count",
            vec!["no-time-filter"],
        ),
        (
            "SigninLogs | count // kql: disable=join-kind",
            vec!["no-time-filter"],
        ),
        ("print 1 // kql: disable=no-such-rule", vec!["unknown-rule"]),
        ("print 'kql: disable=no-such-rule'", vec![]),
        (
            "print 1\r// kql: disable=no-such-rule\r\n",
            vec!["unknown-rule"],
        ),
        // Mistakes are not a matter of taste.
        (
            "print nope // kql: disable=unknown-name",
            vec!["unknown-name", "unknown-rule"],
        ),
    ] {
        assert_eq!(names(query), expected, "{query}");
    }
}

#[test]
fn rules_bear_all_queries_of_the_cases() {
    let mut queries = 0;
    for path in files(&root().join("tests/cases"), "kql") {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("// ---").skip(1) {
            let query: String = case.lines().skip(1).collect::<Vec<_>>().join("\n");
            let source = Source::whole("case", query.as_str());
            for diagnostic in found(&source) {
                for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
                    assert!(
                        source.place(edit.span).is_some(),
                        "{}: {query}",
                        diagnostic.name()
                    );
                }
                for label in &diagnostic.labels {
                    assert!(
                        query.get(label.span.range()).is_some(),
                        "{}: {query}",
                        diagnostic.name()
                    );
                }
            }
            queries += 1;
        }
    }
    assert!(queries > 500, "{queries}");
}

#[test]
fn rules_and_layout_bear_any_text() {
    let parts = [
        "\r",
        "\n",
        "\r\n",
        "// kql: disable=a",
        "// kql: disable=no-time-filter,",
        "'",
        "\"",
        "```",
        "\u{2028}",
        "é",
        "|",
        ";",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "let a = ",
        "and",
        "or",
        "dynamic([1,",
        "])",
        "tolower(",
        "\t",
        "😀",
        "//",
        "*",
        "-",
        ".",
    ];
    let query = std::fs::read_to_string(root().join("queries/possible-network-scans.kql")).unwrap();
    let places: Vec<usize> = query.char_indices().map(|(at, _)| at).step_by(7).collect();
    for (n, at) in places.iter().enumerate() {
        let mut changed = query.clone();
        changed.insert_str(
            *at,
            &format!(
                "{}{}",
                parts[n % parts.len()],
                parts[(n * 7 + 3) % parts.len()]
            ),
        );
        let source = Source::whole("changed", changed.as_str());
        found(&source);
        let changed_by_layout = matches!(
            kql::layout::format(&changed),
            Err(kql::layout::Refusal::Changed)
        );
        assert!(!changed_by_layout, "{changed}");
    }
}

/// What is said of a rule file, as `line: name: message`.
fn of_rule(text: &str) -> Vec<String> {
    let contents = sentinel::contents("rule.yaml", text).unwrap();
    let whole = contents.whole.unwrap();
    let mut said = Vec::new();
    for rule in &contents.lacking {
        said.extend(sentinel::check_rule(rule, sentinel::Output::Unknown));
    }
    for query in &contents.queries {
        let checked = examine(&query.source, &query.parameters);
        let light = |d: &Diagnostic| d.severity < Severity::Unsupported;
        let sound = checked.diagnostics.iter().all(light);
        let output = match checked.plan.results.last().filter(|_| sound) {
            Some(output) => sentinel::Output::of(&output.plan.schema),
            None => sentinel::Output::Unknown,
        };
        let rule = query.rule.iter();
        said.extend(rule.flat_map(|rule| sentinel::check_rule(rule, output)));
    }
    let line = |d: &Diagnostic| whole.position(d.span().start).line;
    said.iter()
        .map(|d| format!("{}: {}: {}", line(d), d.name(), d.message))
        .collect()
}

#[test]
fn published_rules_are_right() {
    for name in ["asim-port-scan", "possible-network-scans"] {
        let text = std::fs::read_to_string(root().join(format!("queries/{name}.yaml"))).unwrap();
        assert_eq!(of_rule(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_changed_rule_is_wrong_where_it_was_changed() {
    let text = std::fs::read_to_string(root().join("queries/asim-port-scan.yaml")).unwrap();
    for (from, to, expected) in [
        ("id: 1da9853f", "id: 1da9", "rule-bad-value"),
        ("severity: Medium", "severity: Hight", "rule-bad-value"),
        ("severity: Medium\n", "", "rule-missing-field"),
        ("kind: Scheduled", "kind: Sheduled", "rule-bad-value"),
        ("queryPeriod: 1h", "queryPeriod: 5m", "rule-schedule"),
        ("queryPeriod: 1h", "queryPeriod: 15d", "rule-schedule"),
        (
            "queryFrequency: 1h",
            "queryFrequency: 1 hour",
            "rule-schedule",
        ),
        (
            "queryFrequency: 1h\nqueryPeriod: 1h",
            "queryFrequency: 5m\nqueryPeriod: 2d",
            "rule-schedule",
        ),
        ("kind: Scheduled", "kind: NRT", "rule-schedule"),
        (
            "triggerOperator: gt",
            "triggerOperator: '>'",
            "rule-bad-value",
        ),
        (
            "triggerThreshold: 0",
            "triggerThreshold: 10001",
            "rule-bad-value",
        ),
        (
            "triggerThreshold: 0",
            "triggerThreshold: 0.5",
            "rule-bad-value",
        ),
        ("- Discovery", "- Discovry", "rule-tactics"),
        ("- Discovery", "- Impact", "rule-tactics"),
        ("- T1046", "- 1046", "rule-tactics"),
        ("entityType: IP", "entityType: Ip", "rule-entities"),
        ("identifier: Address", "identifier: Adress", "rule-entities"),
        ("columnName: SrcIpAddr", "columnName: SrcIp", "rule-columns"),
        (
            "columnName: SrcIpAddr",
            "columnName: 1Src",
            "rule-bad-value",
        ),
        ("entityType: IP", "entityType: FileHash", "rule-entities"),
        (
            "  AttemptedPortsCount: AttemptedPortsCount",
            "  AttemptedPortsCount: Ports",
            "rule-columns",
        ),
        (
            "  AttemptedPortsCount: Att",
            "  AttemptedPortsCountOfAll: Att",
            "rule-details",
        ),
        ("from {{SrcIpAddr}}", "from {{SourceIp}}", "rule-columns"),
        (
            "from {{SrcIpAddr}}",
            "{{SrcIpAddr}} {{SrcIpAddr}} {{SrcIpAddr}} {{SrcIpAddr}}",
            "rule-details",
        ),
        ("version: 1.0.6", "version: 1.0", "rule-bad-value"),
        ("queryPeriod: 1h", "queryPeriode: 1h", "rule-unknown-field"),
        (
            "alertDisplayNameFormat",
            "alertDisplaynameFormat",
            "rule-unknown-field",
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let said = of_rule(&changed);
        assert!(
            said.first().is_some_and(|first| first.contains(expected)) && said.len() <= 2,
            "{from} -> {to}: {said:#?}"
        );
        if !to.is_empty() && expected != "rule-missing-field" && expected != "rule-unknown-field" {
            let lines: Vec<&str> = changed.lines().collect();
            let first: usize = said[0].split(':').next().unwrap().parse().unwrap();
            let line = lines[first - 1];
            let at_change = to.lines().any(|part| line.contains(part.trim()));
            assert!(
                at_change
                    || said[0].contains("NRT")
                    || ["- Impact", "entityType: FileHash"].contains(&to),
                "{from} -> {to}: {said:?} at {line}"
            );
        }
    }
}

/// A rule with all that rules may have, right as it is.
const WHOLE_RULE: &str = "id: 1da9853f-3dea-4ea9-b7e5-26730da3d537
name: Sign-ins
description: Of all.
severity: Low
requiredDataConnectors:
  - connectorId: AzureActiveDirectory
    dataTypes:
      - SigninLogs
queryFrequency: PT1H
queryPeriod: P1D
triggerOperator: gt
triggerThreshold: 0
enabled: true
suppressionEnabled: false
suppressionDuration: PT5H
tactics:
  - InitialAccess
relevantTechniques:
  - T1078.004
query: |
  SigninLogs
  | summarize n = count() by UserPrincipalName, IPAddress
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: UserPrincipalName
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: IPAddress
customDetails:
  Times: n
alertDetailsOverride:
  alertDisplayNameFormat: '{{UserPrincipalName}} signed in'
  alertDynamicProperties:
    - alertProperty: ConfidenceScore
      value: n
eventGroupingSettings:
  aggregationKind: AlertPerResult
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: true
    reopenClosedIncident: false
    lookbackDuration: 5h
    matchingMethod: Selected
    groupByEntities: [Account]
    groupByAlertDetails: [DisplayName]
    groupByCustomDetails: [Times]
version: 1.0.0
kind: Scheduled
";

#[test]
fn all_of_a_rule_is_looked_at() {
    assert_eq!(of_rule(WHOLE_RULE), Vec::<String>::new());
    for (from, to, expected) in [
        (
            "AzureActiveDirectory",
            "AzureActiveDirctory",
            "rule-connector: no connector is known",
        ),
        (
            "connectorId: Azure",
            "connectorID: Azure",
            "rule-unknown-field: no field is called `connectorID`",
        ),
        (
            "  - connectorId: AzureActiveDirectory\n    dataTypes:",
            "  - dataTypes:",
            "rule-missing-field: the connector has no `connectorId`",
        ),
        (
            "      - SigninLogs",
            "      - ''",
            "rule-bad-value: a data type is a table's name",
        ),
        (
            "dataTypes:\n      - SigninLogs",
            "dataTypes: SigninLogs",
            "rule-bad-value: `dataTypes` must be a list",
        ),
        (
            "enabled: true\nsupp",
            "enabled: ja\nsupp",
            "rule-bad-value: `enabled` must be true or false",
        ),
        (
            "suppressionDuration: PT5H",
            "suppressionDuration: 5 hours",
            "rule-incidents: `suppressionDuration` must be",
        ),
        (
            "lookbackDuration: 5h",
            "lookbackDuration: five",
            "rule-incidents: `lookbackDuration` must be",
        ),
        (
            "matchingMethod: Selected",
            "matchingMethod: Select",
            "rule-bad-value: `matchingMethod` cannot be `Select`",
        ),
        (
            "groupByEntities: [Account]",
            "groupByEntities: [Host]",
            "rule-incidents: no mapping makes entities of the type `Host`",
        ),
        (
            "groupByEntities: [Account]",
            "groupByEntities: [Acount]",
            "rule-entities: no entity type is called `Acount`",
        ),
        (
            "groupByCustomDetails: [Times]",
            "groupByCustomDetails: [Time]",
            "rule-incidents: there is no custom detail `Time`",
        ),
        (
            "groupByAlertDetails: [DisplayName]",
            "groupByAlertDetails: [Name]",
            "rule-incidents: incidents cannot be grouped by",
        ),
        (
            "groupByEntities: [Account]\n    groupByAlertDetails: [DisplayName]\n    groupByCustomDetails: [Times]",
            "groupByEntities: []",
            "rule-incidents: `Selected` needs something",
        ),
        (
            "alertProperty: ConfidenceScore",
            "alertProperty: Confidence",
            "rule-bad-value: `alertProperty` cannot be",
        ),
        (
            "'{{UserPrincipalName}} signed in'",
            "''",
            "rule-details: `alertDisplayNameFormat` is empty",
        ),
        (
            "aggregationKind: AlertPerResult",
            "aggregationKind: PerAlert",
            "rule-bad-value: `aggregationKind` cannot be",
        ),
        (
            "query: |",
            "qurey: |",
            "rule-unknown-field: no field is called `qurey`",
        ),
        ("SigninLogs\n  | summ", "Signins_CL\n  | summ", ""),
        (
            "SigninLogs\n  | summarize n = count() by UserPrincipalName,",
            "Signins_CL\n  | summarize n = count() by ",
            "rule-columns: the query's output has no column `UserPrincipalName`",
        ),
        (
            "SigninLogs\n  | summarize n = count() by UserPrincipalName, IPAddress",
            "Signins_CL",
            "rule-columns-unknown: the query's columns depend",
        ),
        (
            "| summarize n = count() by",
            "| where UserPrincipalName != '' | evaluate bag_unpack(DeviceDetail) //",
            "rule-columns-unknown: the query's columns depend",
        ),
    ] {
        let changed = WHOLE_RULE.replacen(from, to, 1);
        assert_ne!(changed, WHOLE_RULE, "{from}");
        let said = of_rule(&changed);
        let as_expected = match expected {
            "" => said.is_empty(),
            expected => said.iter().any(|s| s.contains(expected)) && said.len() <= 2,
        };
        assert!(as_expected, "{from} -> {to}: {said:#?}");
    }
}

#[test]
fn comments_of_a_rule_file_switch_rules_off() {
    let changed = WHOLE_RULE.replace(
        "severity: Low",
        "severity: Lo # kql: disable=rule-bad-value",
    );
    assert_eq!(of_rule(&changed), Vec::<String>::new());
    let changed = WHOLE_RULE.replace(
        "severity: Low",
        "# kql: disable=rule-schedule\nseverity: Lo",
    );
    assert_eq!(of_rule(&changed).len(), 1);
}

#[test]
fn parsers_know_their_parameters() {
    let text = "ParserName: vimX\nParserParams:\n  - Name: disabled\n    Type: bool\n    Default: false\n\
                ParserQuery: |\n  SigninLogs | where not(disabled) | project EventType\n";
    let contents = sentinel::contents("parser.yaml", text).unwrap();
    let query = &contents.queries[0];
    let said: Vec<_> = examine(&query.source, &query.parameters).diagnostics;
    let names: Vec<&str> = said.iter().map(Diagnostic::name).collect();
    // `EventType` is no column of it; `disabled` is a parameter.
    assert_eq!(names, ["unknown-name"]);
    assert!(said[0].message.contains("EventType"));
}

/// A child whose lines can be waited for.
struct Watched {
    child: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Watched {
    /// `kql check --watch` with these arguments, in this folder.
    fn start(folder: &std::path::Path, arguments: &[&str]) -> Watched {
        use std::io::{BufRead, BufReader, Read};
        use std::process::{Command, Stdio};

        let mut child = Command::new(env!("CARGO_BIN_EXE_kql"))
            .args(["check", "--watch", "--format", "short"])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let pipes: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for pipe in pipes {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(pipe)
                    .lines()
                    .map_while(Result::ok)
                    .for_each(|l| _ = sender.send(l))
            });
        }
        let seen = Vec::new();
        Watched { child, lines, seen }
    }

    /// Waits until so many lines hold this. Standard output and error arrive in any order.
    fn shows(&mut self, part: &str, times: usize) {
        let wait = std::time::Duration::from_secs(60);
        while self.seen.iter().filter(|line| line.contains(part)).count() < times {
            self.seen.push(self.lines.recv_timeout(wait).expect(part));
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// `--watch` checks, waits, and checks again when a file was saved.
#[test]
fn watching_checks_again_after_a_save() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q.kql");
    std::fs::write(&file, "print nope").unwrap();
    let mut watched = Watched::start(folder.path(), &["."]);
    watched.shows("`nope`", 1);
    watched.shows("watching", 1);
    std::fs::write(&file, "print another").unwrap();
    watched.shows("`another`", 1);
    watched.shows("watching", 2);
    std::fs::write(folder.path().join("new.kql"), "print third").unwrap();
    watched.shows("`third`", 1);
}

/// So it does when what the query is checked with changes: schemas, data, functions, a baseline.
#[test]
fn watching_reads_anew_what_queries_are_checked_with() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let schema = |column: &str| {
        format!(r#"{{"Name": "Own_CL", "Properties": [{{"Name": "{column}", "Type": "String"}}]}}"#)
    };
    std::fs::create_dir(folder.path().join("functions")).unwrap();
    write("schema.json", &schema("a"));
    write("Data.csv", "b\n1\n");
    write("functions/F.kql", "print c = 1");
    write("baseline.json", r#"{"version": 1, "findings": []}"#);
    let query = "Own_CL | project first_ = a; Data | project second_ = b; F | project third_ = c";
    write("q.kql", query);
    let mut watched = Watched::start(
        folder.path(),
        &[
            "q.kql",
            "--schema",
            "schema.json",
            "-d",
            "Data.csv",
            "--functions",
            "functions",
            "--baseline",
            "baseline.json",
            "--allow",
            "warnings",
        ],
    );
    watched.shows("no mistakes", 1);
    watched.shows("watching", 1);
    write("schema.json", &schema("other"));
    watched.shows("called `a`", 1);
    watched.shows("watching", 2);
    write("Data.csv", "other\n1\n");
    watched.shows("called `b`", 1);
    watched.shows("watching", 3);
    write("functions/F.kql", "print other = 1");
    watched.shows("called `c`", 1);
    watched.shows("watching", 4);
    let known = |name: &str| format!(r#"{{"file": "q.kql", "code": "{name}", "line": "{query}"}}"#);
    let known = [
        known("unknown-name"),
        known("unknown-name"),
        known("unknown-name"),
    ]
    .join(", ");
    write(
        "baseline.json",
        &format!(r#"{{"version": 1, "findings": [{known}]}}"#),
    );
    watched.shows("3 known findings left out", 1);
    watched.shows("watching", 5);
    // What cannot be read is said, and waited for.
    write("schema.json", "{");
    watched.shows("schema.json", 2);
    watched.shows("watching", 6);
    write("schema.json", &schema("a"));
    watched.shows("2 known findings left out", 1);
}

/// Tables of states have no time that should be looked at; short arrays that the query writes are no surprise.
#[test]
fn rules_know_states_and_short_arrays() {
    for query in [
        "DeviceTvmInfoGathering | where DeviceName == 'a'",
        "DeviceTvmSoftwareVulnerabilities | summarize count() by CveId",
        "IdentityInfo | summarize count() by Department",
        "DeviceEvents | where Timestamp > ago(1d) | join kind=inner (DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId) on DeviceId",
        "SigninLogs | where TimeGenerated > ago(1d) | join kind=inner IdentityInfo on $left.UserId == $right.AccountObjectId",
        "SigninLogs | where TimeGenerated > ago(1d) | extend a = dynamic([1, 2]) | mv-expand a",
        "let few = dynamic(['x', 'y']); SigninLogs | where TimeGenerated > ago(1d) | mv-expand part = few",
        "SigninLogs | where TimeGenerated > ago(1d) | mv-expand part = pack_array(UserId, AppId)",
        "SigninLogs | where TimeGenerated > ago(1d) | mvexpand todynamic(AuthenticationDetails)",
    ] {
        assert_eq!(names(query), Vec::<&str>::new(), "{query}");
    }
    for (query, rule) in [
        (
            "DeviceInfo | summarize count() by OSPlatform",
            "no-time-filter",
        ),
        (
            "DeviceEvents | where Timestamp > ago(1d) | join kind=inner DeviceLogonEvents on DeviceId",
            "join-time-window",
        ),
        (
            "SigninLogs | where TimeGenerated > ago(1d) | extend a = todynamic(AuthenticationDetails) | mv-expand a",
            "unbounded-expand",
        ),
        (
            "SigninLogs | where TimeGenerated > ago(1d) | extend a = dynamic([1]) | extend a = todynamic(AuthenticationDetails) | mv-expand a",
            "unbounded-expand",
        ),
    ] {
        assert_eq!(names(query), [rule], "{query}");
    }
}
