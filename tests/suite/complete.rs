//! What completion offers, and what it does not, at places of queries; `^` is the cursor.

mod tricky;

use kql::catalog::Catalog;
use kql::load::LoadOptions;
use kql::repl::{Candidate, Glances, Kind, complete, hint};
use kql::session::{Now, Session};

use super::support::root;

fn session() -> Session {
    let data = root().join("testdata").display().to_string();
    let catalog = Catalog::open(&[data], &[], LoadOptions::default()).unwrap();
    let mut session = Session::new(catalog);
    session.now = Now::Latest;
    session
}

fn offered(session: &Session, lets: &str, marked: &str) -> (String, Vec<Candidate>) {
    let cursor = marked.find('^').expect("a cursor");
    let text = marked.replacen('^', "", 1);
    let found = complete(session, &Glances::default(), lets, &text, cursor);
    (text[found.start..cursor].to_string(), found.candidates)
}

/// A place, what must be offered there, and what must not.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

fn hold(cases: &[Case]) {
    let session = session();
    let mut wrong = Vec::new();
    for (marked, wanted, unwanted) in cases {
        let (_, found) = offered(&session, "", marked);
        let texts: Vec<&str> = found.iter().map(|c| &*c.text).collect();
        for text in *wanted {
            if !texts.contains(text) {
                wrong.push(format!("{marked}: lacks {text}; has {texts:?}"));
            }
        }
        for text in *unwanted {
            if texts.contains(text) {
                wrong.push(format!("{marked}: has {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn operators_stand_after_a_pipe() {
    hold(&[
        (
            "DeviceInfo | ^",
            &["where", "summarize", "project-away", "mv-expand"],
            &["print", "datatable", "DeviceName", "order"],
        ),
        ("DeviceInfo | su^", &["summarize"], &["where"]),
        (
            "DeviceInfo | project-^",
            &["project-away", "project-rename"],
            &["project"],
        ),
        (
            "DeviceInfo | project-re^",
            &["project-rename", "project-reorder"],
            &["project-away"],
        ),
        ("DeviceInfo | or^", &["order"], &[]),
        (
            "DeviceInfo\n| where IsInternetFacing\n| s^",
            &["summarize", "sort", "search"],
            &["where"],
        ),
        ("let f = () { DeviceInfo | s^", &["summarize"], &["strlen("]),
        (
            "DeviceInfo | join (DeviceNetworkEvents | wh^",
            &["where"],
            &[],
        ),
        (
            "DeviceInfo | mv-apply x = LoggedOnUsers on (^",
            &["where", "summarize"],
            &["DeviceId"],
        ),
    ]);
}

#[test]
fn a_query_starts_with_a_table() {
    hold(&[
        (
            "^",
            &[
                "DeviceInfo",
                "CommonSecurityLog",
                "print",
                "range",
                "datatable",
                "let",
            ],
            &["where", "strlen("],
        ),
        ("dev^", &["DeviceInfo", "DeviceNetworkEvents"], &["print"]),
        ("let x = 1; Dev^", &["DeviceInfo"], &[]),
        ("let t = Dev^", &["DeviceInfo"], &["let"]),
        ("let t = DeviceInfo; ^", &["t", "DeviceInfo", "let"], &[]),
        (
            "DeviceInfo | join kind=inner (^",
            &["DeviceNetworkEvents"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | join Dev^",
            &["DeviceNetworkEvents"],
            &["DeviceId", "DeviceName"],
        ),
        (
            "DeviceInfo | union ^",
            &["DeviceNetworkEvents"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | union DeviceNetworkEvents, Com^",
            &["CommonSecurityLog"],
            &[],
        ),
        ("union Dev^", &["DeviceInfo"], &[]),
        ("print toscalar(^", &["DeviceInfo"], &[]),
        (
            "DeviceInfo | where DeviceId in (Dev^",
            &["DeviceInfo", "DeviceId"],
            &[],
        ),
    ]);
}

#[test]
fn columns_are_those_of_the_stage() {
    hold(&[
        (
            "DeviceInfo | where ^",
            &["DeviceName", "IsInternetFacing"],
            &["RemoteIP", "strlen("],
        ),
        ("DeviceInfo | where devicen^", &["DeviceName"], &[]),
        (
            "DeviceInfo | project a = DeviceName, b = 1 | where ^",
            &["a", "b"],
            &["DeviceName"],
        ),
        (
            "DeviceInfo | summarize n = count() by OSPlatform | where ^",
            &["n", "OSPlatform"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId | project Is^",
            &["IsInternetFacing"],
            &[],
        ),
        (
            "DeviceInfo | extend Short = substring(DeviceName, 0, 3) | project Sho^",
            &["Short"],
            &[],
        ),
        (
            "DeviceInfo | project-away Os^",
            &["OSPlatform", "OSBuild"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | project-rename New = Dev^",
            &["DeviceId", "DeviceName"],
            &[],
        ),
        (
            "DeviceInfo | sort by Time^",
            &["Timestamp", "TimeGenerated"],
            &[],
        ),
        (
            "DeviceInfo | where strlen(^",
            &["DeviceName"],
            &["DeviceInfo"],
        ),
        (
            "DeviceInfo | where OSBuild > 1 and (isempty(Device^",
            &["DeviceName"],
            &[],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents | project RemoteIP, DeviceId | where ^",
            &["RemoteIP", "DeviceId"],
            &["OSPlatform", "RemotePort"],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents) on DeviceId | project Remote^",
            &["RemoteIP", "RemotePort"],
            &[],
        ),
        (
            "let t = DeviceInfo | project Id = DeviceId, n = 1; t | where ^",
            &["Id", "n"],
            &["DeviceId"],
        ),
        (
            "let f = (x: string, T: (a: long)) { T | where ^",
            &["a"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | mv-expand u = LoggedOnUsers | where ^",
            &["u", "DeviceId"],
            &[],
        ),
        (
            "DeviceInfo | mv-apply u = LoggedOnUsers on (where ^",
            &["u", "DeviceId"],
            &[],
        ),
        (
            "DeviceInfo | mv-apply u = LoggedOnUsers on (extend z = 1 | where ^",
            &["u", "z", "DeviceId"],
            &[],
        ),
        (
            "datatable(['a b']: string, c: long)[] | where ^",
            &["['a b']", "c"],
            &[],
        ),
        (
            "union DeviceInfo, DeviceNetworkEvents | where Remote^",
            &["RemoteIP"],
            &[],
        ),
        ("DeviceInfo | as ^", &[], &["DeviceId"]),
        (
            "DeviceInfo | extend x = 1 // where ^",
            &[],
            &["DeviceId", "where"],
        ),
    ]);
}

#[test]
fn joins_know_both_sides() {
    hold(&[
        (
            "DeviceInfo | join kind=^",
            &["inner", "leftouter", "leftanti", "innerunique"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | join ^",
            &["kind=", "DeviceNetworkEvents"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents) on ^",
            &["DeviceId", "DeviceName", "$left.", "$right."],
            &["OSPlatform", "RemoteIP"],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents) on $left.^",
            &["OSPlatform"],
            &["RemoteIP"],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents) on $left.DeviceId == $right.^",
            &["RemoteIP"],
            &["OSPlatform"],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents | project Other = DeviceId) on $left.DeviceId == $right.O^",
            &["Other"],
            &["OSPlatform"],
        ),
        (
            "DeviceInfo | join (DeviceNetworkEvents) ^",
            &["on"],
            &["DeviceId"],
        ),
    ]);
}

#[test]
fn operators_fit_the_type_before_them() {
    hold(&[
        (
            "DeviceInfo | where DeviceName ^",
            &[
                "==",
                "=~",
                "has",
                "contains",
                "startswith",
                "in",
                "matches regex",
                "!has",
            ],
            &["+", "/", "DeviceName"],
        ),
        (
            "DeviceInfo | where DeviceName has^",
            &["has", "has_any", "hasprefix"],
            &["contains"],
        ),
        (
            "DeviceInfo | where DeviceName !^",
            &["!has", "!=", "!contains"],
            &["has"],
        ),
        (
            "DeviceInfo | where OSBuild ^",
            &["==", "<", ">=", "+", "between"],
            &["has", "startswith"],
        ),
        (
            "DeviceInfo | where Timestamp ^",
            &[">", "between", "-"],
            &["has", "contains"],
        ),
        (
            "DeviceInfo | where strlen(DeviceName) ^",
            &["==", ">"],
            &["has"],
        ),
        ("DeviceInfo | where tostring(OSBuild) ^", &["has"], &[]),
        ("DeviceInfo | where OSBuild == 1 a^", &["and"], &["avg("]),
        (
            "DeviceInfo | where AdditionalFields.x ^",
            &["==", "has"],
            &[],
        ),
    ]);
}

#[test]
fn keywords_stand_where_the_parser_takes_them() {
    hold(&[
        ("DeviceInfo | summarize count() ^", &["by"], &["DeviceId"]),
        (
            "DeviceInfo | sort by OSBuild ^",
            &["asc", "desc", "nulls"],
            &["DeviceId"],
        ),
        (
            "DeviceInfo | sort by OSBuild desc nulls ^",
            &["first", "last"],
            &[],
        ),
        ("DeviceInfo | top 5 ^", &["by"], &[]),
        ("range x ^", &["from"], &[]),
        ("range x from 1 ^", &["to"], &[]),
        (
            "DeviceInfo | mv-expand LoggedOnUsers to ^",
            &["typeof"],
            &[],
        ),
        ("DeviceInfo | parse DeviceName ^", &["with"], &[]),
        (
            "DeviceInfo | extend x = tolong(1) | make-series count() ^",
            &["on", "default"],
            &[],
        ),
        (
            "DeviceInfo | render ^",
            &["timechart", "piechart"],
            &["DeviceId"],
        ),
        ("DeviceInfo | union kind=^", &["inner", "outer"], &[]),
        ("DeviceInfo | union isfuzzy=^", &["true", "false"], &[]),
        ("datatable(a: ^", &["long", "string", "datetime"], &["a"]),
        (
            "DeviceInfo | mv-expand LoggedOnUsers to typeof(^",
            &["string", "long"],
            &[],
        ),
        (
            "DeviceInfo | evaluate ^",
            &["bag_unpack(", "pivot("],
            &["DeviceId"],
        ),
    ]);
}

#[test]
fn functions_and_aggregates_stand_in_expressions() {
    hold(&[
        (
            "DeviceInfo | summarize ^",
            &["count(", "dcount(", "arg_max(", "by"],
            &["where"],
        ),
        (
            "DeviceInfo | summarize n = co^",
            &["count(", "countif("],
            &[],
        ),
        (
            "DeviceInfo | summarize count() by b^",
            &["bin("],
            &["buildschema("],
        ),
        ("DeviceInfo | where strl^", &["strlen("], &[]),
        (
            "DeviceInfo | extend x = to^",
            &["tostring(", "tolower("],
            &["top"],
        ),
        ("DeviceInfo | summarize sum(O^", &["OSBuild"], &[]),
        (
            "DeviceInfo | where ipv4_is_^",
            &["ipv4_is_private(", "ipv4_is_in_range("],
            &[],
        ),
        (
            "let threshold = 5; DeviceInfo | where OSBuild > thr^",
            &["threshold"],
            &[],
        ),
        ("print x = pack_^", &["pack_all("], &[]),
    ]);
}

#[test]
fn values_come_from_the_data() {
    hold(&[
        (
            "DeviceNetworkEvents | where ActionType == ^",
            &["\"InboundConnectionAttempt\""],
            &[],
        ),
        (
            "DeviceNetworkEvents | where ActionType == 'Inb^",
            &["InboundConnectionAttempt'"],
            &["ConnectionSuccess'"],
        ),
        (
            "DeviceNetworkEvents | where ActionType =~ @\"inb^",
            &["InboundConnectionAttempt\""],
            &[],
        ),
        (
            "DeviceNetworkEvents | where ActionType in (\"ConnectionFailed\", \"Inb^",
            &["InboundConnectionAttempt\""],
            &[],
        ),
        (
            "DeviceNetworkEvents | where ActionType in (^",
            &["\"InboundConnectionAttempt\""],
            &[],
        ),
        (
            "DeviceNetworkEvents | where ActionType startswith 'Inb' | where Protocol == '^",
            &["Tcp'"],
            &[],
        ),
        (
            "DeviceInfo | where IsInternetFacing == ^",
            &["true", "false"],
            &[],
        ),
        (
            "DeviceNetworkEvents | where Timestamp > ago(1h) | where ActionType == 'Inb^",
            &["InboundConnectionAttempt'"],
            &[],
        ),
    ]);
}

#[test]
fn brackets_and_commas_begin_an_operand() {
    let infix = &["has", "==", "and", "[]", "where", "by"];
    hold(&[
        (
            "DeviceNetworkEvents | where ActionType in (^",
            &["\"InboundConnectionAttempt\""],
            infix,
        ),
        (
            "DeviceNetworkEvents | where ActionType !in~ (\"x\", ^",
            &["\"InboundConnectionAttempt\""],
            infix,
        ),
        (
            "DeviceNetworkEvents | where ActionType has_any (^",
            &["\"InboundConnectionAttempt\""],
            infix,
        ),
        ("DeviceInfo | where (^", &["DeviceName"], infix),
        ("DeviceInfo | where not(^", &["DeviceName"], infix),
        (
            "DeviceInfo | where IsInternetFacing and ^",
            &["DeviceName"],
            infix,
        ),
        (
            "DeviceInfo | extend x = case(OSBuild > 1, ^",
            &["DeviceName"],
            infix,
        ),
        ("DeviceInfo | extend x = -^", &["OSBuild"], infix),
        (
            "DeviceInfo | where DeviceName ^",
            &["has"],
            &["[]", "DeviceName"],
        ),
    ]);
}

#[test]
fn what_stays_for_the_session_is_known() {
    let session = session();
    let lets = "let Mine = DeviceInfo | project A = DeviceId;\nlet limit_ = 5;\n";
    for (marked, wanted) in [
        ("M^", "Mine"),
        ("Mine | where ^", "A"),
        ("DeviceInfo | take li^", "limit_"),
    ] {
        let (_, found) = offered(&session, lets, marked);
        assert!(
            found.iter().any(|c| c.text == wanted),
            "{marked}: {found:?}"
        );
    }
}

#[test]
fn a_candidate_tells_what_it_is_and_what_it_replaces() {
    let session = session();
    let (word, found) = offered(&session, "", "DeviceInfo | where is^");
    assert_eq!(word, "is");
    let column = found.iter().find(|c| c.text == "IsInternetFacing").unwrap();
    assert_eq!((column.kind, column.note), (Kind::Column, Some("bool")));
    let function = found.iter().find(|c| c.text == "isempty(").unwrap();
    assert_eq!(function.kind, Kind::Function);
    // What only has the word in it is offered where nothing begins with it.
    let (_, found) = offered(&session, "", "DeviceInfo | where netfac^");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "IsInternetFacing");
}

#[test]
fn every_join_kind_offered_is_one() {
    let session = session();
    let (_, found) = offered(&session, "", "DeviceInfo | join kind=^");
    assert!(found.len() >= 9);
    for kind in found {
        let query = format!(
            "DeviceInfo | join kind={} (DeviceNetworkEvents) on DeviceId",
            kind.text
        );
        let source = kql::source::Source::whole("q", query);
        let said = session.check(&source).unwrap();
        assert!(said.is_empty(), "{}: {said:?}", kind.text);
    }
}

#[test]
fn what_is_kept_beside_queries_is_offered() {
    let mut session = session();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vip.csv");
    std::fs::write(&file, "User\nann\n").unwrap();
    session.catalog.add_watchlist("VIP users", None, file);
    let text = "let TopUsers = (T: (Account: string), n: long = 5) { T | take n };";
    let stored = kql::sentinel::functions("f.kql", text).unwrap();
    let stored = stored.into_iter().map(|f| (f.name.clone(), f)).collect();
    session.catalog.add_functions(stored);
    let lets = "let Twice = (n: long) { n * 2 };\nlet Limit = 5;\n";
    for (marked, wanted, unwanted) in [
        ("Top^", "TopUsers(", "Top"),
        ("print Twi^", "Twice(", "Twice"),
        ("print Lim^", "Limit", "Limit("),
        ("let Own = () { 1 }; print O^", "Own(", "Own"),
        ("DeviceInfo | join (Top^", "TopUsers(", "TopUsers"),
        ("_GetWatchlist(\"^", "VIP users\"", "DeviceInfo\""),
        (
            "DeviceInfo | where DeviceId in (_GetWatchlist('vip^",
            "VIP users'",
            "DeviceInfo'",
        ),
        ("table('Device^", "DeviceInfo'", "CommonSecurityLog'"),
    ] {
        let (_, found) = offered(&session, lets, marked);
        let texts: Vec<&str> = found.iter().map(|c| &*c.text).collect();
        assert!(texts.contains(&wanted), "{marked}: {texts:?}");
        assert!(!texts.contains(&unwanted), "{marked}: {texts:?}");
    }
    assert_eq!(
        hint(&session, lets, "TopUsers(DeviceInfo, ").as_deref(),
        Some("  n: long = 5)")
    );
}

#[test]
fn completion_takes_any_text_and_place() {
    let session = session();
    let glances = Glances::default();
    let text = "let f = (x: long, T: (a: string)) { T | where a has 'ü' and x in (1, 2) };\n\
                DeviceInfo | join kind=inner (f(1, DeviceInfo) | extend d = dynamic({\"a\": [1]}).a[0]) on $left.a == $right.b\n\
                | mv-apply e = d to typeof(long) on (summarize sum(e) by bin(x, 1h)) // end\n\
                | where * has @\"C:\\\" or a matches regex ```x``` | render timechart with (title='t')";
    for cursor in 0..=text.len() {
        complete(&session, &glances, "", text, cursor);
        if let Some(before) = text.get(..cursor) {
            complete(&session, &glances, "", before, cursor);
            hint(&session, "", before);
        }
    }
}

#[test]
fn nodes_and_edges_have_their_properties() {
    hold(&[
        (
            "DeviceNetworkEvents | make-graph De^",
            &["DeviceId", "DeviceName"],
            &["DeviceInfo"],
        ),
        (
            "DeviceNetworkEvents | make-graph DeviceId --> RemoteIP with DeviceInfo on DeviceId | graph-match (from)-[e]->(other) where from.^",
            &["OSPlatform", "DeviceId"],
            &["RemoteIP", "strlen("],
        ),
        (
            "DeviceNetworkEvents | make-graph DeviceId --> RemoteIP with_node_id=Id | graph-match (from)-[e*1..3]->(other) project from.Id, e.Re^",
            &["RemoteIP", "RemotePort"],
            &["Id"],
        ),
        (
            "let G = DeviceNetworkEvents | make-graph DeviceId --> RemoteIP with_node_id=Id; G | graph-match (from)-[e]->(other) where ^",
            &["from", "e", "other"],
            &["DeviceId"],
        ),
        (
            "let G = DeviceNetworkEvents | make-graph DeviceId --> RemoteIP with_node_id=Id; G | graph-match cycles=^",
            &["all", "none", "unique_edges"],
            &[],
        ),
    ]);
}
