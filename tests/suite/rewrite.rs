//! Queries laid out where they stand: in every style of YAML's texts, in JSON, in pages.

use kql::json::quote;
use kql::layout;
use kql::sentinel::{self, Change, Left, Rewritten};
use kql::syntax::parse_text;

use super::grammar::published;

/// A file with a query, and how what is around the query starts and ends.
struct Made {
    style: &'static str,
    name: &'static str,
    text: String,
    around: (String, String),
}

fn lay(name: &str, text: &str) -> Rewritten {
    let queries = sentinel::contents(name, text).unwrap().queries;
    let laid = queries.iter().enumerate().filter_map(|(index, query)| {
        let text = layout::format(query.source.text()).ok()?;
        Some(Change { index, text })
    });
    sentinel::rewritten(name, text, &queries, laid.collect())
}

fn text_of(name: &str, text: &str) -> Option<String> {
    let found = sentinel::contents(name, text).ok()?.queries;
    Some(found.first()?.source.text().to_string())
}

/// A text with every character that is neither a letter nor a digit escaped.
fn escaped(text: &str) -> String {
    let mut units = [0; 2];
    let each = text.chars().map(|c| match c.is_ascii_alphanumeric() {
        true => c.to_string(),
        false => {
            let units = c.encode_utf16(&mut units).iter();
            units.map(|unit| format!("\\u{unit:04X}")).collect()
        }
    });
    format!("\"{}\"", each.collect::<String>())
}

/// The lines of a text, indented; `fold` puts an empty line between two.
fn block(text: &str, indent: &str, fold: bool) -> String {
    let line = |line: &str| match line {
        "" => "\n".to_string(),
        _ => format!("{indent}{line}\n"),
    };
    let lines: Vec<String> = text.trim_end().lines().map(line).collect();
    lines.join(if fold { "\n" } else { "" })
}

/// A query in every style.
fn made(query: &str) -> Vec<Made> {
    let lines = query.replace("\r\n", "\n");
    let lines = lines.trim_end();
    let single = format!("'{}'", lines.replace('\'', "''").replace('\n', "\n\n    "));
    let folds = escaped(query).replace("\\u000A", "\\n\\\n    ");
    let head = "id: é # c\nlist: [1.50, yes, 'x: y']\ndescription: |-\n    four\n";
    let tail = "# next\nother:\n  - {b: true, c: \"\\u0041\"}\n---\nname: z\n";
    let values: Vec<(&str, String)> = vec![
        ("plain", format!("{}\n", lines.replace('\n', "\n\n    "))),
        (
            "plain, one line",
            format!("{}   # c\n", lines.replace('\n', " ")),
        ),
        ("single", format!("{single}\n")),
        (
            "double",
            format!("{} # kql: disable=no-time-filter\n", quote(query)),
        ),
        (
            "double, one line end",
            format!("{}\n", quote(&format!("{}\n", query.trim_end()))),
        ),
        (
            "double, line ends",
            format!("{}\n\n", quote(&format!("{}\n\n", query.trim_end()))),
        ),
        (
            "double, kept ends",
            format!("{}\n", quote(&format!("{}\n\n\n", query.trim_end()))),
        ),
        ("double, escaped", format!("{}\n", escaped(query))),
        ("double, folded", format!("{folds}\n")),
        ("named", format!("&q !!str {}\n", quote(query))),
        ("below", format!("\n    {}\n", quote(query))),
        (
            "below a comment",
            format!("# c\n    &q\n    {}\n", quote(query)),
        ),
        ("literal", format!("|\n{}\n", block(lines, "  ", false))),
        (
            "literal, indented",
            format!("|2-\n{}", block(lines, "      ", false)),
        ),
        ("folded", format!("> # c\n{}", block(lines, "  ", true))),
        (
            "folded, no end",
            format!(">-\n\n{}\n", block(lines, "   ", true)),
        ),
        (
            "folded, ends",
            format!(">+\n{}\n\n", block(lines, "   ", true)),
        ),
    ];
    let mut all = Vec::new();
    for (style, value) in values {
        for end in ["\n", "\r\n"] {
            let around = (format!("{head}query:"), tail.to_string());
            let text = format!("{}{}{value}{}", around.0, " ", around.1);
            all.push(Made {
                style,
                name: "r.yaml",
                text: text.replace('\n', end),
                around: (around.0.replace('\n', end), around.1.replace('\n', end)),
            });
        }
    }
    let mut brackets = |style, name, before: &str, value: String, behind: &str| {
        all.push(Made {
            style,
            name,
            text: format!("{before}{value}{behind}"),
            around: (before.to_string(), behind.to_string()),
        });
    };
    let (before, behind) = (
        "a: 1\nqueryCondition: {x: [0x10, ~], queryText: ",
        ", y: no}\n# end",
    );
    brackets("braces", "r.yaml", before, quote(query), behind);
    brackets("braces, single", "r.yml", before, single, behind);
    let (before, behind) = ("queryCondition: {\n  queryText: ", "\n  , y: no\n}\n");
    brackets("braces, lines", "r.yaml", before, quote(query), behind);
    brackets(
        "braces, last",
        "r.yaml",
        "{\"query\":",
        escaped(query),
        "\n}\n",
    );
    brackets(
        "item",
        "r.yaml",
        "a: 1\nqueries:\n  - ",
        quote(query),
        "\n  - b c\n",
    );
    brackets(
        "items",
        "r.yaml",
        "- name: x\n- name: |\n    a\n  query: ",
        quote(query),
        "\n# end",
    );
    brackets("no end of line", "r.yaml", "query: ", quote(query), "");
    let before = "{\"a\": [1.50, \"\\u0041\\/\"],\r\n \"r\": {\"severity\": \"Low\", \"displayName\": \"é\", \"query\": ";
    let behind = " ,\"n\": -0, \"b\":true}\t}";
    brackets("JSON", "r.json", before, quote(query), behind);
    brackets("JSON, escaped", "R.JSON", before, escaped(query), behind);
    all
}

/// What is wrong with a file after its query is laid out; nothing if it has no such query.
fn problem(made: &Made, found: &mut usize) -> Option<String> {
    let query = text_of(made.name, &made.text)?;
    let Ok(layout) = layout::format(&query) else {
        return None;
    };
    *found += 1;
    let laid = lay(made.name, &made.text);
    let said = |what: &str| {
        let Made { style, text, .. } = made;
        Some(format!(
            "--- {style}: {what}\n{text}\n--- laid out\n{}\n",
            laid.text
        ))
    };
    if !laid.left.is_empty() {
        return said("left alone");
    }
    let (before, behind) = &made.around;
    if !laid.text.starts_with(before.as_str()) || !laid.text.ends_with(behind.as_str()) {
        return said("what is around it has changed");
    }
    let read = text_of(made.name, &laid.text).unwrap_or_default();
    if parse_text(&read).query != parse_text(&query).query {
        return said("another tree");
    }
    if read.trim().replace('\r', "") != layout.trim().replace('\r', "") {
        return said("not as it is laid out");
    }
    let ends = |text: &str| text[text.trim_end().len()..].matches('\n').count();
    if ends(&read) != ends(&query) {
        return said("the line ends behind it have changed");
    }
    let again = lay(made.name, &laid.text);
    match again.text == laid.text && again.left.is_empty() {
        true => None,
        false => said("again it changes"),
    }
}

#[test]
fn every_query_in_every_style() {
    let ugly = [
        "T|take 1",
        "T",
        "T\n| take 1",
        "\n  T|where a=='it''s: # \\'x' // - end\n//last\n\n",
        "print a=\"\\\\ \\\"q\\\" \\t\", b = @'c:\\', c=h\"x\", d='<>&/'",
        "print\ta = ```\n  two\n\n\tlines   \n```, b=1|where\ta==b",
        "print a='\u{7f}\u{9f}\u{feff}\u{a0}'|take 1",
        "print a='\u{1f600}é\u{e000}' //é\n|take 1 // \u{1f600}",
        "let a=1;\r\n\r\n\r\n//x\r\nT|take a\r\n",
        "// - a: b\n{T|take 1}",
        "T | where a between(1..2) // {x}, [y]: &z *w !v %u @t `s\n|take 1",
        "['T']|where ['a: b']==dynamic({\"x\":[1,2]})|take 1   \n   \n",
        "-- a",
    ];
    let mut queries: Vec<String> = published().into_iter().map(|(_, text)| text).collect();
    queries.extend(ugly.map(str::to_string));
    let mut problems = Vec::new();
    let (mut found, mut all) = (0, 0);
    for query in &queries {
        for made in made(query) {
            all += 1;
            problems.extend(problem(&made, &mut found));
        }
    }
    assert!(
        problems.is_empty(),
        "{} of {found}\n{}",
        problems.len(),
        problems.join("\n")
    );
    // Some have no query in a style that cannot hold it.
    assert!(found * 4 > all * 3, "{found} of {all}");
}

#[test]
fn a_text_for_several_is_written_once() {
    let text = "a: &q 'T|take 1'\nquery: *q\nParserQuery: *q\nname: *q\n";
    let laid = lay("r.yaml", text);
    assert_eq!(laid.left, []);
    let expected = "a: &q |-\n  T\n  | take 1\nquery: *q\nParserQuery: *q\nname: *q\n";
    assert_eq!(laid.text, expected);
}

#[test]
fn what_cannot_change_is_left_and_the_rest_is_not() {
    // The line below the query would be part of the block, so that it stays in quotes.
    let laid = lay("r.yaml", "a: 1\nquery: 'T|take 1'\n      # c\nb: 2\n");
    assert_eq!(laid.left, []);
    assert_eq!(
        laid.text,
        "a: 1\nquery: \"T\\n| take 1\"\n      # c\nb: 2\n"
    );
    // The end of the query's text would end the page's block if it stood alone on its line.
    let head = "~~~kql\nprint b= ~~~\n1\n~~~|take 1\n~~~\n\n";
    let laid = lay("p.md", &format!("{head}```kql\nT|take 1\n```\n"));
    assert_eq!(laid.text, format!("{head}```kql\nT\n| take 1\n```\n"));
    assert_eq!(laid.left, [(0, Left::Otherwise)]);
}

#[test]
fn characters_stay_escaped_that_were() {
    let text = r#"{"severity": "Low", "displayName": "a", "query": "T|where a==\u0027x\/\u0027|where b\u003e1"}"#;
    let laid = lay("r.json", text);
    let expected = r#""query": "T\n| where a == \u0027x\/\u0027\n| where b \u003e 1"}"#;
    assert!(laid.text.ends_with(expected), "{}", laid.text);
    // Of halves of characters it is not known which is which.
    let half = |second: &str| {
        let query = format!("\"query\": \"T|where a=='\\ud83d{second}'\"");
        format!("{{\"severity\": \"Low\", \"displayName\": \"a\", {query}}}")
    };
    let laid = lay("r.json", &half("\\ud83d"));
    assert!(laid.text.contains("a == '\\ud83d\\ud83d'"), "{}", laid.text);
    let laid = lay("r.json", &half("\\ud83e"));
    assert_eq!(laid.left, [(0, Left::Otherwise)]);
}
