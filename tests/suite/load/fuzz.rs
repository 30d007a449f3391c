//! The JSON reader against serde_json, on generated and then damaged text.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

const KEYS: [&str; 6] = ["a", "bb", "Time", "a b", "ä", "q\"uote"];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9 :,.]{0,12}".prop_map(|s| s),
        1 => Just("\"".to_string()),
        1 => Just("\\".to_string()),
        1 => Just("{\"a\":1}".to_string()),
        1 => Just("\n\t".to_string()),
        1 => Just("é😀\u{7f}".to_string()),
        1 => Just("},{".to_string()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        3 => text().prop_map(Json::from),
        2 => (-1000i64..1000).prop_map(Json::from),
        1 => (-8i32..8).prop_map(|n| Json::from(f64::from(n) + 0.5)),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

/// How a value is written: blanks, and escapes that need not be.
#[derive(Clone, Copy, Debug)]
struct Style {
    blank: &'static str,
    escape: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (
        prop::sample::select(&["", " ", "  ", "\t"][..]),
        any::<bool>(),
    )
        .prop_map(|(blank, escape)| Style { blank, escape })
}

fn write_text(content: &str, style: Style, out: &mut String) {
    let quoted = Json::from(content).to_string();
    if !style.escape {
        return out.push_str(&quoted);
    }
    out.push('"');
    for unit in content.encode_utf16() {
        out.push_str(&format!("\\u{unit:04X}"));
    }
    out.push('"');
}

fn write(value: &Json, style: Style, out: &mut String) {
    let blank = style.blank;
    match value {
        Json::String(content) => write_text(content, style, out),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(blank);
                write(item, style, out);
                out.push_str(blank);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            write_object(entries.iter().map(|(k, v)| (k.as_str(), v)), style, out);
        }
        other => out.push_str(&other.to_string()),
    }
}

fn write_object<'a>(
    entries: impl Iterator<Item = (&'a str, &'a Json)>,
    style: Style,
    out: &mut String,
) {
    let blank = style.blank;
    out.push('{');
    out.push_str(blank);
    for (i, (key, item)) in entries.enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        out.push_str(blank);
        write_text(key, style, out);
        out.push_str(blank);
        out.push(':');
        out.push_str(blank);
        write(item, style, out);
        out.push_str(blank);
    }
    out.push('}');
}

/// An object over a few keys, which may repeat and come in any order.
fn object() -> impl Strategy<Value = String> {
    let entries = prop::collection::vec((prop::sample::select(&KEYS[..]), value()), 0..7);
    (entries, style()).prop_map(|(entries, style)| {
        let mut out = String::new();
        write_object(entries.iter().map(|(k, v)| (*k, v)), style, &mut out);
        out
    })
}

/// An object that may be damaged.
fn line() -> impl Strategy<Value = String> {
    let damage = (
        0..4u8,
        any::<prop::sample::Index>(),
        prop::sample::select(&b"\"{}[],:\\a1.-e "[..]),
    );
    (
        object(),
        prop_oneof![3 => Just(None), 1 => damage.prop_map(Some)],
    )
        .prop_map(|(line, damage)| {
            let Some((kind, at, byte)) = damage else {
                return line;
            };
            let mut bytes = line.into_bytes();
            let at = at.index(bytes.len() + 1);
            match (kind, bytes.get_mut(at)) {
                (0, _) => bytes.truncate(at),
                (1, Some(there)) => *there = byte,
                (2, Some(_)) => {
                    bytes.remove(at);
                }
                _ => bytes.insert(at, byte),
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
}

/// What a dynamic column holds for a value: the JSON text in strings is read.
fn held(value: &Json) -> Json {
    match value {
        Json::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        other => other.clone(),
    }
}

/// A value with its numbers by what they are, not as they are written: damage makes `1e0` of `10`.
fn canonical(value: Json) -> Json {
    match value {
        Json::Number(n) if n.as_i64().is_none() => n.as_f64().map_or(Json::Null, Json::from),
        Json::Array(items) => items.into_iter().map(canonical).collect(),
        Json::Object(entries) => {
            let entries = entries.into_iter().map(|(k, v)| (k, canonical(v)));
            Json::Object(entries.collect())
        }
        other => other,
    }
}

fn expected(record: &str) -> Option<Vec<Json>> {
    let Ok(Json::Object(entries)) = serde_json::from_str::<Json>(record) else {
        return None;
    };
    Some(
        KEYS.iter()
            .map(|key| entries.get(*key).map_or(Json::Null, |v| canonical(held(v))))
            .collect(),
    )
}

fn read(content: &str, options: &LoadOptions, columns: &[usize]) -> (Vec<Vec<Json>>, Vec<String>) {
    let folder = Folder::new();
    let path = folder.write("T.json", content);
    let types: Vec<_> = KEYS.iter().map(|key| (*key, Type::Dynamic)).collect();
    let (source, report) = open_with(&path, Some(known(&types, false)), options);
    let Ok(source) = source else {
        return (Vec::new(), Vec::new());
    };
    let schema = source.schema();
    let places: Vec<usize> = columns
        .iter()
        .map(|c| schema.index(KEYS[*c]).unwrap())
        .collect();
    let request = ScanRequest {
        columns: places,
        ..ScanRequest::default()
    };
    let mut rows = Vec::new();
    for morsel in source.morsels(&request).unwrap() {
        morsel
            .read(&Cancel::default(), &mut |arrays, count| {
                for row in 0..count {
                    let cell = |a: &ArrayRef| match a.is_null(row) {
                        true => Json::Null,
                        false => {
                            canonical(serde_json::from_str(a.as_string_view().value(row)).unwrap())
                        }
                    };
                    rows.push(arrays.iter().map(cell).collect());
                }
                Ok(Flow::More)
            })
            .unwrap();
    }
    (rows, report.warnings())
}

/// Damage can make text that we read and serde_json does not: half a surrogate pair.
fn is_odd(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.contains("\\ud") || line.contains("NaN") || line.contains("Infinity")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lines_are_read_as_serde_json_reads_them(
        lines in prop::collection::vec(line(), 1..12),
        columns in prop::sample::subsequence((0..KEYS.len()).collect::<Vec<_>>(), 0..=KEYS.len()),
    ) {
        prop_assume!(!lines.iter().any(|l| is_odd(l)));
        // the first line shows that these are lines, whatever becomes of the others
        let content = format!("{{}}\n{}\n", lines.join("\n"));
        let records: Vec<_> = content.lines().filter_map(expected).collect();
        let wanted: Vec<Vec<Json>> = records
            .iter()
            .map(|record| columns.iter().map(|c| record[*c].clone()).collect())
            .collect();
        let blank = |l: &&str| l.trim_matches([' ', '\t', '\r']).is_empty();
        let broken = content.lines().filter(|l| !blank(l)).count() - records.len();
        for options in [options(), tiny()] {
            let (rows, warnings) = read(&content, &options, &columns);
            prop_assert_eq!(&rows, &wanted);
            prop_assert_eq!(warnings.len(), usize::from(broken > 0), "{:?}", warnings);
            if broken > 1 {
                prop_assert!(warnings[0].contains(&format!(": {broken} broken rows")), "{:?}", warnings);
            }
        }
    }

    #[test]
    fn arrays_are_read_as_serde_json_reads_them(
        objects in prop::collection::vec(object(), 0..12),
        separator in prop::sample::select(&[",", ",\n", "\n,\n  ", " ,\t"][..]),
    ) {
        let content = format!("[{}\n]", objects.join(separator));
        let columns: Vec<usize> = (0..KEYS.len()).collect();
        let wanted: Vec<_> = objects.iter().filter_map(|o| expected(o)).collect();
        for options in [options(), tiny()] {
            let (rows, warnings) = read(&content, &options, &columns);
            prop_assert_eq!(&rows, &wanted);
            prop_assert!(warnings.is_empty(), "{:?}", warnings);
        }
    }
}
