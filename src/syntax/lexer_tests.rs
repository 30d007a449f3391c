//! Tests of the lexer.

use super::*;
use crate::types::Type;

/// The only token of a text.
fn one(text: &str) -> TokenKind {
    let lexed = lex(text);
    assert_eq!(lexed.diagnostics, [], "{text}");
    assert_eq!(lexed.tokens.len(), 2, "{text}: {:?}", lexed.tokens);
    lexed.tokens[0].kind.clone()
}

fn value(text: &str) -> Value {
    match one(text) {
        TokenKind::Literal(Some(value)) => value,
        other => panic!("{text}: {other:?}"),
    }
}

fn string(text: &str) -> String {
    match one(text) {
        TokenKind::String(value) => value.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

/// The texts of the tokens.
fn split(text: &str) -> Vec<&str> {
    let tokens = lex(text).tokens;
    tokens[..tokens.len() - 1]
        .iter()
        .map(|t| &text[t.span.range()])
        .collect()
}

/// The place and text of each mistake.
fn mistakes(text: &str) -> Vec<&str> {
    lex(text)
        .diagnostics
        .iter()
        .map(|d| &text[d.span().range()])
        .collect()
}

#[test]
fn strings_say_what_their_escapes_mean() {
    assert_eq!(string(r#""a'\t\"\\""#), "a'\t\"\\");
    assert_eq!(string(r"'\u0041\x42\103\U0001F600\uD83D\uDE00'"), "ABC😀😀");
    assert_eq!(string(r#"@"a\b""c""#), "a\\b\"c");
    assert_eq!(string(r"h@'a''b'"), "a'b");
    assert_eq!(string("```a\n'b'```"), "a\n'b'");
    assert_eq!(string("H~~~a~~~"), "a");
    assert_eq!(split("'a''b'"), ["'a'", "'b'"]);
    assert_eq!(mistakes(r"'a\qb' 1"), [r"\q"]);
    assert_eq!(mistakes("'a\n1"), ["'a"]);
    assert_eq!(mistakes(r"'\uD83D'"), [r"\uD83D"]);
}

#[test]
fn numbers_have_the_type_they_are_written_in() {
    assert_eq!(value("12"), Value::Long(12));
    assert_eq!(value("0xFFFFFFFF"), Value::Long(4_294_967_295));
    assert_eq!(value("0X8000000000000000"), Value::Long(i64::MIN));
    assert_eq!(value("1.5"), Value::Real(1.5));
    assert_eq!(value("1."), Value::Real(1.0));
    assert_eq!(value("1e-3"), Value::Real(0.001));
    assert_eq!(value("2.5E3"), Value::Real(2500.0));
    assert_eq!(split("1..3"), ["1", "..", "3"]);
    assert_eq!(mistakes("99999999999999999999"), ["99999999999999999999"]);
}

#[test]
fn timespans_and_names_that_start_with_digits() {
    assert_eq!(value("1tick"), Value::Timespan(1));
    assert_eq!(value("1.5h"), Value::Timespan(54_000_000_000));
    for unit in [
        "d", "day", "days", "h", "hr", "hrs", "m", "min", "s", "sec", "ms", "micros", "ticks",
    ] {
        assert!(
            matches!(value(&format!("2{unit}")), Value::Timespan(_)),
            "{unit}"
        );
    }
    for name in ["5h_x", "1w", "1us", "0L", "1dx", "0xZ", "1e5x"] {
        assert_eq!(one(name), TokenKind::Word, "{name}");
    }
}

#[test]
fn typed_literals() {
    assert_eq!(value("long(null)"), Value::Null(Type::Long));
    assert_eq!(value("int(0xFFFFFFFF)"), Value::Int(-1));
    assert_eq!(value("int(010)"), Value::Int(10));
    assert_eq!(
        value("time(2)"),
        Value::Timespan(2 * crate::types::TICKS_PER_DAY)
    );
    assert_eq!(value("timespan(15 seconds)"), Value::Timespan(150_000_000));
    assert_eq!(value("bool(1)"), Value::Bool(true));
    assert_eq!(value("real(-inf)"), Value::Real(f64::NEG_INFINITY));
    let day = value("datetime(2025-06-01)");
    for same in [
        "datetime(2025, 6)",
        "datetime(20250601)",
        "date(2025 - 06 - 01)",
    ] {
        assert_eq!(value(same), day, "{same}");
    }
    assert_eq!(one("datetime()"), TokenKind::Now);
    assert_eq!(split("long + real"), ["long", "+", "real"]);
    for bad in [
        "int(2147483648)",
        "int(-0x10)",
        "int(1.0)",
        "long(a)",
        "guid(1)",
        "datetime(x)",
    ] {
        assert_eq!(mistakes(bad), [bad]);
    }
}

#[test]
fn dynamic_literals_become_compact_json() {
    let json = |text: &str| match value(text) {
        Value::Dynamic(json) => json.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        json("dynamic( [1, 2.50, 'a' \"b\", null] )"),
        r#"[1,2.5,"ab",null]"#
    );
    assert_eq!(
        json("dynamic({'a': -3, 'b': {}, 'a': 4})"),
        r#"{"a":4,"b":{}}"#
    );
    assert_eq!(
        json("dynamic([1d, 0x10, long(5), dynamic(7)])"),
        "[864000000000,16,5,7]"
    );
    assert_eq!(
        json("dynamic([datetime(2020-01-01)])"),
        "[\"\u{1}d2020-01-01T00:00:00.0000000Z\"]"
    );
    assert_eq!(value("dynamic(null)"), Value::Null(Type::Dynamic));
    assert_eq!(mistakes("dynamic([1,]) | x"), ["]"]);
    assert_eq!(mistakes("dynamic({a: 1})"), ["a"]);
    assert_eq!(mistakes("dynamic([bool(true)])"), ["bool(true)"]);
}

#[test]
fn symbols_and_words() {
    assert_eq!(
        split("a !has b !in~ c in~ d=~e!~f"),
        [
            "a", "!has", "b", "!in~", "c", "in~", "d", "=~", "e", "!~", "f"
        ]
    );
    assert_eq!(
        split("mv-expand a=>b"),
        ["mv", "-", "expand", "a", "=>", "b"]
    );
    assert_eq!(split("$left.['a b']"), ["$left", ".", "[", "'a b'", "]"]);
    assert_eq!(mistakes("a é | “x”"), ["é", "“", "”"]);
    assert_eq!(mistakes("#connect x\nT"), ["#connect x"]);
}

#[test]
fn trivia_is_kept() {
    let text = "\u{feff}// c\r\na /* b";
    let tokens = lex(text).tokens;
    assert_eq!(&text[tokens[0].trivia.range()], "\u{feff}// c\r\n");
    assert_eq!(&text[tokens[0].span.range()], "a");
}
