//! Tests of the JSON text formats.

use super::*;
use crate::types::Type;

fn parsed(text: &str) -> String {
    match parse(text) {
        Parsed::Null => "NULL".into(),
        Parsed::Json(json) => json.into_owned(),
    }
}

#[test]
fn parse_normalises() {
    for (text, json) in [
        ("", "NULL"),
        ("null", "NULL"),
        (" null ", "NULL"),
        ("{\"a\": 1, \"b\" :[ 1 , 2.0 ] }", r#"{"a":1,"b":[1,2.0]}"#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        (r#"{"x":[{"a":1,"\u0061":2}]}"#, r#"{"x":[{"a":2}]}"#),
        ("118.0", "118.0"),
        ("1.50", "1.5"),
        ("1e3", "1000.0"),
        ("-0", "0"),
        ("0.0000001", "1e-7"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854776000.0"),
        ("1e999", "\"Infinity\""),
        (r#""\u0041\/\u00e9\u001f\n""#, r#""A/é\u001f\n""#),
        (r#""\ud83d\ude00\ud83d""#, "\"😀\u{fffd}\""),
        ("[]", "[]"),
        ("[ ]", "[]"),
        ("{ }", "{}"),
    ] {
        assert_eq!(parsed(text), json, "{text}");
    }
}

#[test]
fn what_is_not_json_becomes_a_string() {
    for text in [
        "abc",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "[1] x",
        "NaN",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "'a'",
        "{a:1}",
        "\"a",
        "\"\\x\"",
        "\"\\u00g0\"",
        "\"a\tb\"",
        "tru",
        "[1 2]",
        "]",
        "1e",
        " ",
        "{\"a\":}",
        "[}",
        "{]",
        "\u{1}",
        "\"\u{1}d2020-01-01T00:00:00.0000000Z\"",
        "{\"a\"}",
        ",",
    ] {
        let json = parsed(text);
        assert_eq!(kind(&json), Kind::String, "{text}");
        assert_eq!(unescape(&json), text);
    }
    let deep = "[".repeat(100_000);
    assert_eq!(kind(&parsed(&deep)), Kind::String);
    let fine = format!("{}{}", "[".repeat(512), "]".repeat(512));
    assert_eq!(parsed(&fine), fine);
}

#[test]
fn clean_text_is_not_copied() {
    for text in [r#"{"a":[1,2.5,"x\n",true,null],"b":{}}"#, "  [1,2]\n"] {
        assert!(
            matches!(parse(text), Parsed::Json(Cow::Borrowed(_))),
            "{text}"
        );
    }
}

#[test]
fn access_without_trees() {
    let text = r#" { "a" : [1, {"b": "x]}\"" }, -3.5] , "k\n" : true, "": null } "#;
    assert_eq!(member(text, "a").and_then(|a| element(a, 2)), Some("-3.5"));
    assert_eq!(member(text, "a").and_then(|a| element(a, -3)), Some("1"));
    assert_eq!(member(text, "a").and_then(|a| element(a, -4)), None);
    assert_eq!(member(text, "a").and_then(|a| element(a, 3)), None);
    let b = member(text, "a")
        .and_then(|a| element(a, 1))
        .and_then(|o| member(o, "b"));
    assert_eq!(
        b.map(|b| unescape(b).into_owned()).as_deref(),
        Some("x]}\"")
    );
    assert_eq!(member(text, "k\n"), Some("true"));
    assert_eq!(member(text, ""), Some("null"));
    assert_eq!(member(text, "A"), None);
    assert_eq!(member("[1]", "a"), None);
    assert_eq!(element("{}", 0), None);
    assert_eq!(length("[1, [2, 3], {}]"), Some(3));
    assert_eq!(length("[]"), Some(0));
    assert_eq!(length("{}"), None);
    let keys: Vec<_> = entries(text).map(|(key, _)| key.into_owned()).collect();
    assert_eq!(keys, ["a", "k\n", ""]);
}

#[test]
fn broken_text_ends_every_loop() {
    for text in [
        "[", "[1", "{\"a", "{\"a\"", "{\"a\":", "[}", "[,,]", "{,", "[\"a\\", "]",
    ] {
        assert!(elements(text).count() < 5);
        assert!(entries(text).count() < 5);
        let _ = (kind(text), display(text), value_of(text), identity(text));
    }
}

#[test]
fn a_part_of_unparsed_text() {
    let text = r#"{ "a": { "b": [ 1.50 ] }, "c": null }"#;
    let a = |t: &str| -> Option<String> {
        parse_member(t, |json| member_chain(json, &["a", "b"])).map(Cow::into_owned)
    };
    assert_eq!(a(text).as_deref(), Some("[1.5]"));
    assert_eq!(a(&text[..text.len() - 1]), None);
    assert_eq!(a(r#"{"a":{"b":1},"a":{"b":2}}"#).as_deref(), Some("2"));
    assert_eq!(parse_member(text, |json| member(json, "c")), None);
}

#[test]
fn datetimes_have_a_private_form() {
    let mut text = String::from("[");
    write_datetime(0, &mut text);
    text.push(']');
    assert_eq!(element(&text, 0).map(kind), Some(Kind::Datetime));
    assert_eq!(element(&text, 0).and_then(datetime_of), Some(0));
    assert_eq!(for_output(&text), r#"["0001-01-01T00:00:00.0000000Z"]"#);
    assert_eq!(
        element(&text, 0).map(display).as_deref(),
        Some("0001-01-01T00:00:00.0000000Z")
    );
}

#[test]
fn scalars_both_ways() {
    assert_eq!(
        from_value(&Value::Timespan(20_000_000)).as_deref(),
        Some("\"00:00:02\"")
    );
    assert_eq!(
        from_value(&Value::Real(f64::NAN)).as_deref(),
        Some("\"NaN\"")
    );
    assert_eq!(from_value(&Value::Real(2.0)).as_deref(), Some("2.0"));
    assert_eq!(from_value(&Value::Bool(true)).as_deref(), Some("true"));
    assert_eq!(from_value(&Value::Null(Type::Long)), None);
    assert_eq!(value_of("5"), Value::Long(5));
    assert_eq!(value_of("5.0"), Value::Real(5.0));
    assert_eq!(value_of("\"a\\tb\""), Value::string("a\tb"));
    assert_eq!(display("\"a\""), "a");
    assert_eq!(display("true"), "true");
    assert_eq!(display("[1,\"a\"]"), "[1,\"a\"]");
}

#[test]
fn equality_is_by_value() {
    assert!(equal("1", "1.0"));
    assert!(!equal("9007199254740993", "9007199254740992"));
    assert!(equal(r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#));
    assert!(!equal("[1,2]", "[1]"));
    assert!(!equal("1", "\"1\""));
    assert_eq!(identity("1.0"), "1");
    assert_eq!(identity(r#"{"b":2,"a":1.0}"#), r#"{"a":1,"b":2}"#);
    assert_eq!(sorted(r#"[{"b":2,"a":1.0}]"#), r#"[{"a":1.0,"b":2}]"#);
}

#[test]
fn paths_lead_to_elements() {
    let text = r#"{"a":[{"b c":1}],"x.y":2}"#;
    let find = |path: &str| Path::parse(path).and_then(|p| p.find(text).map(str::to_owned));
    assert_eq!(find("$.a[0]['b c']").as_deref(), Some("1"));
    assert_eq!(find("$.a[-1].['b c']").as_deref(), Some("1"));
    assert_eq!(find("$[\"x.y\"]").as_deref(), Some("2"));
    assert_eq!(find("$").as_deref(), Some(text));
    assert_eq!(find("$.b"), None);
    for bad in ["", "a", "$a", "$.", "$..a", "$[", "$['a", "$['a'", "$[x]"] {
        assert_eq!(Path::parse(bad), None, "{bad}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_json_agrees_with_serde(text in r#"[ \[\]{}:,"\\a1-]{0,12}|[-0-9.eE+]{1,6}|"[\\nutb/a0-9]{0,8}""#) {
        let ours = parse_valid(&text);
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        proptest::prop_assert_eq!(ours.is_some(), theirs.is_ok(), "{}", text);
        if let Some(json) = ours {
            let again = parse_valid(&json);
            proptest::prop_assert!(matches!(again, Some(Cow::Borrowed(_))), "{} is not normal", json);
        }
    }

    #[test]
    fn strings_survive_quoting(text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
        let quoted = quote(&text);
        proptest::prop_assert_eq!(unescape(&quoted), &*text);
        proptest::prop_assert!(serde_json::from_str::<String>(&quoted).is_ok());
        proptest::prop_assert!(matches!(parse_valid(&quoted), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn no_text_breaks_access(text in "[\\[\\]{}:,\"\\\\a1 -]{0,16}") {
        let _ = (elements(&text).count(), entries(&text).count(), element(&text, -1));
        let _ = (member(&text, "a"), display(&text), identity(&text), sorted(&text));
        let _ = (equal(&text, &text), Path::parse(&text), unescape(&text));
    }
}
