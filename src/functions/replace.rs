//! Counting and replacing plain strings in a string.

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use arrow::array::{ArrayRef, StringViewBuilder};
use memchr::memmem;

use super::patterns::compile;
use super::string::bounded;
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::json::{self, Kind};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Value;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&COUNTOF, &REPLACE_STRING, &REPLACE_STRINGS];

static COUNTOF: Scalar = Scalar {
    signatures: &["countof(source: string, const search: string, [const kind: string]) -> long"],
    doc: Doc {
        summary: "Counts how often a string or a regular expression is found in a string.",
        details: "Plain strings may overlap, matches of a regular expression (kind `'regex'`) do not. By \
            letter case. An empty string is found nowhere.",
        examples: &[
            ("countof('The cat sat on the mat', 'at')", "3"),
            ("countof('aaaa', 'aa')", "3"),
            ("countof('aaaa', 'aa', 'regex')", "2"),
            ("countof('abc', '')", "0"),
        ],
    },
    eval: Eval::Prepared(countof),
    ..Scalar::DEFAULT
};

/// `countof`
enum Count {
    Plain(Box<memmem::Finder<'static>>),
    Regex(regex::Regex),
}

fn countof(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let text = |i: usize| setup.constant(i).and_then(Value::as_str);
    let must = |i| Problem::new(Code::ConstantExpected, "it must be constant").at(i);
    let search = text(1).ok_or_else(|| must(1))?;
    let plain = || Count::Plain(Box::new(memmem::Finder::new(search.as_bytes()).into_owned()));
    let count = match text(2) {
        None if setup.types.len() > 2 => return Err(must(2)),
        None => plain(),
        Some(kind) if kind.eq_ignore_ascii_case("normal") => plain(),
        Some(kind) if kind.eq_ignore_ascii_case("regex") => {
            Count::Regex(compile(search).map_err(|p| p.at(1))?)
        }
        Some(kind) => {
            let message = format!("'{kind}' is neither 'normal' nor 'regex'");
            return Err(Problem::new(Code::ArgumentValue, message).at(2));
        }
    };
    Ok(Box::new(count))
}

impl Kernel for Count {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        args.map(|text: &str| {
            let count = match self {
                Count::Regex(regex) => regex.find_iter(text).count(),
                Count::Plain(finder) => count(text.as_bytes(), finder),
            };
            i64::try_from(count).unwrap_or(i64::MAX)
        })
    }
}

/// Finds, overlapping ones too.
fn count(text: &[u8], finder: &memmem::Finder<'_>) -> usize {
    if finder.needle().is_empty() {
        return 0;
    }
    let (mut count, mut from) = (0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
        count += 1;
        from += at + 1;
    }
    count
}

static REPLACE_STRING: Scalar = Scalar {
    signatures: &["replace_string(source: string, lookup: string, replacement: string) -> string"],
    doc: Doc {
        summary: "Replaces all occurrences of a string in a string.",
        details: "By letter case, from left to right without overlap. Nothing is replaced when the string \
            looked for is empty.",
        examples: &[
            ("replace_string('a cat, a dog', 'a ', 'one ')", "one cat, one dog"),
            ("replace_string('aaa', '', 'X')", "aaa"),
        ],
    },
    eval: Eval::Columns(replace_string),
    ..Scalar::DEFAULT
};

fn replace_string(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (texts, lookups) = (args.column::<&str>(0)?, args.column::<&str>(1)?);
    let replacements = args.column::<&str>(2)?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let mut finder = memmem::Finder::new("");
    for row in 0..args.rows {
        let text = <&str>::at(&texts, row).unwrap_or("");
        let lookup = <&str>::at(&lookups, row).unwrap_or("");
        let replacement = <&str>::at(&replacements, row).unwrap_or("");
        if finder.needle() != lookup.as_bytes() {
            finder = memmem::Finder::new(lookup.as_bytes());
        }
        out.append_value(replaced(text, &finder, replacement)?);
    }
    Ok(Arc::new(out.finish()))
}

fn replaced<'a>(
    text: &'a str,
    finder: &memmem::Finder<'_>,
    replacement: &str,
) -> Result<Cow<'a, str>, Fault> {
    let size = finder.needle().len();
    if size == 0 || finder.find(text.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for at in finder.find_iter(text.as_bytes()) {
        out.push_str(text.get(done..at).unwrap_or(""));
        out.push_str(replacement);
        bounded(out.len())?;
        done = at + size;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    Ok(Cow::Owned(out))
}

static REPLACE_STRINGS: Scalar = Scalar {
    signatures: &[
        "replace_strings(source: string, lookups: array, replacements: array) -> string",
    ],
    doc: Doc {
        summary: "Replaces several strings in a string, each by its own replacement.",
        details: "In one pass from left to right; where several are found at one place, the first listed \
            counts. What has been replaced is not searched again. Both arrays must be equally long; what is \
            no string is not looked for, and as a replacement leaves what was found.",
        examples: &[
            ("replace_strings('a cat', dynamic(['cat', 'a']), dynamic(['dog', 'the']))", "the dog"),
            ("replace_strings('ab', dynamic(['a', 'b']), dynamic(['b', 'a']))", "ba"),
            ("replace_strings('this is', dynamic(['this', 'is']), dynamic([5, 'was']))", "this was"),
        ],
    },
    eval: Eval::Prepared(replace_strings),
    ..Scalar::DEFAULT
};

/// Strings to look for and what stands for each.
struct Table {
    automaton: AhoCorasick,
    replacements: Vec<String>,
}

impl Table {
    fn new(lookups: &str, replacements: &str) -> Result<Table, String> {
        let (a, b) = (json::elements(lookups).count(), json::elements(replacements).count());
        if a != b {
            return Err(format!("{a} strings to look for but {b} replacements"));
        }
        let text = |element| match json::kind(element) {
            Kind::String => Some(json::display(element).into_owned()),
            _ => None,
        };
        let pairs = json::elements(lookups).zip(json::elements(replacements));
        let (lookups, replacements): (Vec<_>, Vec<_>) = pairs
            .filter_map(|(lookup, replacement)| {
                // An empty string is found nowhere; what is no string is not looked for, and replaces nothing.
                let lookup = text(lookup).filter(|lookup| !lookup.is_empty())?;
                let replacement = text(replacement).unwrap_or_else(|| lookup.clone());
                Some((lookup, replacement))
            })
            .unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(&lookups)
            .map_err(|error| error.to_string())?;
        Ok(Table {
            automaton,
            replacements,
        })
    }

    fn replace(&self, text: &str) -> Result<String, Fault> {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for hit in self.automaton.find_iter(text) {
            out.push_str(text.get(done..hit.start()).unwrap_or(""));
            out.push_str(&self.replacements[hit.pattern().as_usize()]);
            bounded(out.len())?;
            done = hit.end();
        }
        out.push_str(text.get(done..).unwrap_or(""));
        Ok(out)
    }
}

/// `replace_strings`, its table made once if it is constant.
struct ReplaceStrings(Option<Table>);

fn replace_strings(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let table = match (setup.constant(1), setup.constant(2)) {
        (Some(Value::Dynamic(lookups)), Some(Value::Dynamic(replacements))) => Some(
            Table::new(lookups, replacements)
                .map_err(|message| Problem::new(Code::ArgumentValue, message))?,
        ),
        _ => None,
    };
    Ok(Box::new(ReplaceStrings(table)))
}

impl Kernel for ReplaceStrings {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(0)?;
        let lookups = args.column::<Json<&str>>(1)?;
        let replacements = args.column::<Json<&str>>(2)?;
        let mut out = StringViewBuilder::with_capacity(args.rows);
        for row in 0..args.rows {
            let text = <&str>::at(&texts, row).unwrap_or("");
            let own;
            let arrays = (
                Json::<&str>::at(&lookups, row),
                Json::<&str>::at(&replacements, row),
            );
            let table = match (&self.0, arrays) {
                (Some(table), _) => table,
                (None, (Some(Json(lookups)), Some(Json(replacements)))) => {
                    own = Table::new(lookups, replacements).map_err(Fault::query)?;
                    &own
                }
                // Null, as of every null argument.
                (None, _) => {
                    out.append_value("");
                    continue;
                }
            };
            out.append_value(table.replace(text)?);
        }
        Ok(Arc::new(out.finish()))
    }
}
