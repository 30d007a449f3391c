//! Functions and operators on regular expressions.

use std::sync::Arc;

use ::regex::Regex;
use arrow::array::{ArrayRef, BooleanArray, StringViewBuilder};

use super::convert;
use super::patterns::{Patterns, Replacement, constant};
use super::string::{Range, Window, bounded, byte_of, length};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::json::{self, ArrayWriter};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &MATCHES_REGEX,
    &EXTRACT,
    &EXTRACT_ALL,
    &EXTRACTALL,
    &REPLACE_REGEX,
    &REPLACE,
    &INDEXOF_REGEX,
    &REGEX_QUOTE,
];

static MATCHES_REGEX: Scalar = Scalar {
    signatures: &["text: stringy matches regex pattern: stringy -> bool"],
    doc: Doc {
        summary: "Tells whether a regular expression matches somewhere in a text.",
        details: "Unanchored, and by letter case unless `(?i)` says otherwise. `\\d`, `\\w` and `\\s` take \
            characters of any script; `$` is the end of the text. Look-around and back-references do \
            not exist.",
        examples: &[
            ("'cmd.exe' matches regex @'\\.exe$'", "True"),
            ("'CMD' matches regex 'cmd'", "False"),
            ("'CMD' matches regex '(?i)cmd'", "True"),
        ],
    },
    eval: Eval::Prepared(|setup| {
        Ok(Box::new(Matches(constant(setup, 1)?)))
    }),
    ..Scalar::DEFAULT
};

struct Matches(Option<Regex>);

impl Kernel for Matches {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(0)?;
        let mut patterns = Patterns::open(args, 1, self.0.as_ref())?;
        let found = (0..args.rows).map(|row| {
            let text = <&str>::at(&texts, row).unwrap_or("");
            Ok(Some(patterns.at(row)?.is_match(text)))
        });
        let found: BooleanArray = found.collect::<Result<_, Fault>>()?;
        Ok(Arc::new(found))
    }
}

static EXTRACT: Scalar = Scalar {
    signatures: &[
        "extract(const pattern: string, group: long, source: string) -> string",
        "extract(const pattern: string, group: long, source: string, kind: type T) -> T",
    ],
    doc: Doc {
        summary: "Takes the part of a string that a group of a regular expression matches.",
        details: "Of the first match; group 0 is the whole of it. Without a match the result is \"\", or \
            null of the type asked for.",
        examples: &[
            ("extract(@'(\\d+)-(\\d+)', 2, 'on 2020-12')", "12"),
            ("extract('x(.)', 0, 'axb')", "xb"),
            ("extract('(z)', 1, 'a')", ""),
            ("extract(@'n=(\\d+)', 1, 'n=42', typeof(long)) + 1", "43"),
        ],
    },
    eval: Eval::Prepared(|setup| Ok(Box::new(Extract(constant(setup, 0)?)))),
    ..Scalar::DEFAULT
};

struct Extract(Option<Regex>);

impl Kernel for Extract {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let mut patterns = Patterns::open(args, 0, self.0.as_ref())?;
        let (groups, texts) = (args.column::<i64>(1)?, args.column::<&str>(2)?);
        // One room for the groups' places, instead of one per row.
        let mut places = self.0.as_ref().map(Regex::capture_locations);
        let mut found = |row: usize| {
            let text = <&str>::at(&texts, row).unwrap_or("");
            let group = i64::at(&groups, row).and_then(|g| usize::try_from(g).ok());
            let pattern = patterns.at(row)?;
            let range = match (group, &mut places) {
                // Finding a match is cheaper than finding its groups.
                (Some(0), _) => pattern.find(text).map(|m| m.range()),
                (Some(group), Some(places)) => pattern
                    .captures_read(places, text)
                    .and_then(|_| places.get(group))
                    .map(|(start, end)| start..end),
                (Some(group), None) => {
                    let captures = pattern.captures(text);
                    captures.and_then(|c| Some(c.get(group)?.range()))
                }
                (None, _) => None,
            };
            Ok::<_, Fault>(range.and_then(|range| text.get(range)))
        };
        if args.ty == Type::String {
            let mut out = StringViewBuilder::with_capacity(args.rows);
            for row in 0..args.rows {
                out.append_value(found(row)?.unwrap_or(""));
            }
            return Ok(Arc::new(out.finish()));
        }
        let mut values = Vec::with_capacity(args.rows);
        for row in 0..args.rows {
            values.push(match found(row)? {
                Some(text) => convert::from_json(&json::quote(text), args.ty),
                None => Value::Null(args.ty),
            });
        }
        Ok(arrays::of(args.ty, &values))
    }
}

const EXTRACT_ALL_DETAILS: &str = "An array of the texts if the expression has one group, of an array \
    per match if it has more; null without a match. `groups` selects and orders groups by number or \
    name. A group that took no part is \"\". The expression must be constant and have 1 to 16 groups.";

static EXTRACT_ALL: Scalar = Scalar {
    signatures: &[
        "extract_all(const pattern: string, source: string) -> dynamic",
        "extract_all(const pattern: string, const groups: array, source: string) -> dynamic",
    ],
    doc: Doc {
        summary: "Takes what the groups of a regular expression match, for all its matches.",
        details: EXTRACT_ALL_DETAILS,
        examples: &[
            ("extract_all(@'(\\d+)', 'a1b22')", "[\"1\",\"22\"]"),
            ("extract_all('(.)(.)', 'abcd')", "[[\"a\",\"b\"],[\"c\",\"d\"]]"),
            ("extract_all('(.)(.)', dynamic([2]), 'abcd')", "[\"b\",\"d\"]"),
            ("extract_all('(z)', 'abcd')", ""),
        ],
    },
    eval: Eval::Prepared(extract_all),
    ..Scalar::DEFAULT
};

static EXTRACTALL: Scalar = Scalar {
    signatures: &[
        "extractall(const pattern: string, source: string) -> dynamic",
        "extractall(const pattern: string, const groups: array, source: string) -> dynamic",
    ],
    doc: Doc {
        summary: "Takes what the groups of a regular expression match, for all its matches.",
        details: EXTRACT_ALL_DETAILS,
        examples: &[("extractall(@'(\\d+)', 'a1b22')", "[\"1\",\"22\"]")],
    },
    eval: Eval::Prepared(extract_all),
    deprecated: Some("extract_all"),
    ..Scalar::DEFAULT
};

/// `extract_all`: the expression, and the groups wanted.
struct ExtractAll {
    pattern: Regex,
    groups: Vec<usize>,
}

fn extract_all(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let must = || Problem::new(Code::ConstantExpected, "the expression must be constant").at(0);
    let pattern = constant(setup, 0)?.ok_or_else(must)?;
    let count = pattern.captures_len() - 1;
    if !(1..=16).contains(&count) {
        let message = format!("the expression has {count} groups; it must have 1 to 16");
        return Err(Problem::new(Code::ArgumentValue, message).at(0));
    }
    let mut groups = Vec::new();
    if let (1, Some(Value::Dynamic(wanted))) = (setup.overload, setup.constant(1)) {
        groups.extend(json::elements(wanted).filter_map(|element| {
            match json::value_of(element) {
                Value::Long(index) => usize::try_from(index).ok().filter(|i| *i <= count),
                Value::String(name) => pattern
                    .capture_names()
                    .position(|n| n == Some(&*name)),
                _ => None,
            }
        }));
    }
    if groups.is_empty() {
        groups.extend(1..=count);
    }
    Ok(Box::new(ExtractAll { pattern, groups }))
}

impl Kernel for ExtractAll {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(args.len() - 1)?;
        args.build(|row| {
            let text = <&str>::at(&texts, row)?;
            let mut matches = self.pattern.captures_iter(text).peekable();
            matches.peek()?;
            let mut out = ArrayWriter::new();
            for captures in matches {
                let group = |i: &usize| captures.get(*i).map_or("", |m| m.as_str());
                match self.groups.as_slice() {
                    [one] => out.push_str(group(one)),
                    groups => {
                        let mut inner = ArrayWriter::new();
                        groups.iter().for_each(|i| inner.push_str(group(i)));
                        out.push_json(&inner.finish());
                    }
                }
            }
            Some(Json(out.finish()))
        })
    }
}

static REPLACE_REGEX: Scalar = Scalar {
    signatures: &["replace_regex(source: string, const pattern: string, replacement: string) -> string"],
    doc: Doc {
        summary: "Replaces all matches of a regular expression.",
        details: "In the replacement `\\1` stands for group 1, `\\0` for the whole match and `\\\\` for a \
            backslash; `$` is nothing special.",
        examples: &[
            ("replace_regex('one  two', @'\\s+', '-')", "one-two"),
            ("replace_regex('ab', '(.)(.)', @'\\2\\1')", "ba"),
            ("replace_regex('abc', 'b', '$0')", "a$0c"),
        ],
    },
    eval: Eval::Prepared(|setup| replace(setup, [0, 1, 2])),
    ..Scalar::DEFAULT
};

static REPLACE: Scalar = Scalar {
    signatures: &["replace(pattern: string, replacement: string, source: string) -> string"],
    doc: Doc {
        summary: "Replaces all matches of a regular expression.",
        details: "`replace_regex` with its arguments in another order.",
        examples: &[("replace('b+', 'x', 'abbc')", "axc")],
    },
    eval: Eval::Prepared(|setup| replace(setup, [2, 0, 1])),
    deprecated: Some("replace_regex"),
    ..Scalar::DEFAULT
};

/// A replacement of matches; `order` tells which argument is the text, the expression, the
/// replacement.
struct Replace {
    pattern: Option<Regex>,
    replacement: Option<Replacement>,
    order: [usize; 3],
}

fn replace(setup: &Setup<'_>, order: [usize; 3]) -> Result<Box<dyn Kernel>, Problem> {
    let replacement = setup.constant(order[2]).and_then(|v| v.as_str());
    Ok(Box::new(Replace {
        pattern: constant(setup, order[1])?,
        replacement: replacement.map(Replacement::parse),
        order,
    }))
}

impl Kernel for Replace {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(self.order[0])?;
        let mut patterns = Patterns::open(args, self.order[1], self.pattern.as_ref())?;
        let replacements = args.column::<&str>(self.order[2])?;
        let mut out = StringViewBuilder::with_capacity(args.rows);
        let mut replaced = String::new();
        for row in 0..args.rows {
            let text = <&str>::at(&texts, row).unwrap_or("");
            let own;
            let replacement = match &self.replacement {
                Some(replacement) => replacement,
                None => {
                    own = Replacement::parse(<&str>::at(&replacements, row).unwrap_or(""));
                    &own
                }
            };
            replaced.clear();
            let mut done = 0;
            for captures in patterns.at(row)?.captures_iter(text) {
                let Some(whole) = captures.get(0) else { continue };
                replaced.push_str(text.get(done..whole.start()).unwrap_or(""));
                replacement.write(&captures, &mut replaced);
                done = whole.end();
                bounded(replaced.len())?;
            }
            replaced.push_str(text.get(done..).unwrap_or(""));
            out.append_value(&replaced);
        }
        Ok(Arc::new(out.finish()))
    }
}

static INDEXOF_REGEX: Scalar = Scalar {
    signatures: &[
        "indexof_regex(source: text, const pattern: text, [start: long], [length: long], [const occurrence: long]) -> long",
    ],
    doc: Doc {
        summary: "Finds where a regular expression matches.",
        details: "As `indexof`, but matches do not overlap, and a negative start gives null.",
        examples: &[
            ("indexof_regex('ab12', @'\\d+')", "2"),
            ("indexof_regex('a1b2', @'\\d', 0, -1, 2)", "3"),
            ("indexof_regex('ab', 'z')", "-1"),
            ("isnull(indexof_regex('ab', 'a', -1))", "True"),
        ],
    },
    eval: Eval::Prepared(|setup| Ok(Box::new(IndexOf(constant(setup, 1)?)))),
    ..Scalar::DEFAULT
};

struct IndexOf(Option<Regex>);

impl Kernel for IndexOf {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(0)?;
        let mut patterns = Patterns::open(args, 1, self.0.as_ref())?;
        let range = Range::open(args)?;
        let mut found = Vec::with_capacity(args.rows);
        for row in 0..args.rows {
            let pattern = patterns.at(row)?;
            let text = <&str>::at(&texts, row).unwrap_or("");
            let window = range.at(row).filter(|window| window.start >= 0);
            let index = window.map(|window| indexof(text, &pattern, window));
            found.push(index.map_or(Value::Null(Type::Long), Value::Long));
        }
        Ok(arrays::of(Type::Long, &found))
    }
}

fn indexof(text: &str, pattern: &Regex, window: Window) -> i64 {
    if window.start > length(text) {
        return -1;
    }
    let start = byte_of(text, window.start);
    let rest = text.get(start..).unwrap_or("");
    let skip = window.occurrence.saturating_sub(1);
    let skip = usize::try_from(skip).unwrap_or(0);
    let found = match window.occurrence {
        0 => None,
        _ => pattern.find_iter(rest).nth(skip),
    };
    let Some(found) = found else { return -1 };
    let offset = length(rest.get(..found.start()).unwrap_or(""));
    match window.length {
        0.. if offset >= window.length => -1,
        _ => window.start + offset,
    }
}

static REGEX_QUOTE: Scalar = Scalar {
    signatures: &["regex_quote(source: text) -> string"],
    doc: Doc {
        summary: "Escapes what has a meaning in regular expressions.",
        details: "",
        examples: &[("regex_quote('a.b(c)')", "a\\.b\\(c\\)")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| ::regex::escape(s))),
    ..Scalar::DEFAULT
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{d, n, s, text_of};

    #[test]
    fn matches_and_refuses_as_the_engine_did() {
        for (name, args, expected) in [
            ("extract_all", vec![r"([a-z])(\d)?", "a1b"], r#"[["a","1"],["b",""]]"#),
            ("extract_all", vec!["a", "a"], "!the expression has 0 groups; it must have 1 to 16"),
            ("replace_regex", vec!["wordword", r"(\w)(\w)", r"\2\1"], "owdrowdr"),
            ("matches regex", vec!["٣", r"\d"], "True"),
            ("matches regex", vec!["a\n", "a$"], "False"),
            (
                "matches regex",
                vec!["a", "(?=a)"],
                "!bad regular expression: look-around, including look-ahead and look-behind, is not supported",
            ),
            ("matches regex", vec!["a", "(((a{99}){99}){99}){99}"], "!the regular expression is too large"),
        ] {
            let args: Vec<_> = args.into_iter().map(s).collect();
            assert_eq!(text_of(name, &args), expected, "{name} {args:?}");
        }
        let named = r"(?P<first>\w)(?P<middle>\w+)(?P<last>\w)";
        let wanted = d(r#"["first",2,9,"last","none"]"#);
        assert_eq!(
            text_of("extract_all", &[s(named), wanted, s("82b8 dfa7")]),
            r#"[["8","2b","8"],["d","fa","7"]]"#
        );
        assert_eq!(text_of("extract", &[s("(a)"), n(7), s("a")]), "");
        assert_eq!(text_of("indexof_regex", &[s("aXbX"), s("X"), n(0), n(-1), n(2)]), "3");
        assert_eq!(text_of("indexof_regex", &[s("aXbX"), s("X"), n(2), n(1)]), "-1");
        assert_eq!(text_of("indexof_regex", &[s("aXbX"), s("X"), n(-1)]), "");
    }
}
