//! Strings as runs of characters: their length, parts, letters and order.

use std::borrow::Cow;

use arrow::array::{ArrayRef, StringViewBuilder};
use memchr::memmem;
use std::sync::Arc;

use crate::contract::{Args, Fault};
use crate::json::ArrayWriter;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Role, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &STRLEN,
    &STRING_SIZE,
    &TOLOWER,
    &TOUPPER,
    &SUBSTRING,
    &INDEXOF,
    &SPLIT,
    &STRCAT,
    &STRCAT_DELIM,
    &STRREP,
    &STRCMP,
    &TRANSLATE,
    &REVERSE,
    &ISASCII,
    &ISUTF8,
];

/// `strrep` repeats a text no more often than this.
const MOST_REPEATS: i64 = 1024;

/// No function makes a text longer than this, so that no row can eat all memory.
pub(super) const LONGEST: usize = 64 << 20;

/// Fails when a text of `size` bytes would be too long.
pub(super) fn bounded(size: usize) -> Result<(), Fault> {
    match size {
        0..=LONGEST => Ok(()),
        _ => Err(Fault::limit(format!(
            "a function would make a text of more than {} MB",
            LONGEST >> 20
        ))
        .help("shorten what it is made of, for example with substring(…)")),
    }
}

static STRLEN: Scalar = Scalar {
    signatures: &["strlen(source: stringy) -> long"],
    doc: Doc {
        summary: "Counts the characters of a string.",
        details: "Characters are Unicode code points: a letter and its combining accent are two.",
        examples: &[("strlen('Kusto')", "5"), ("strlen('😀é')", "2"), ("strlen('')", "0")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| length(s))),
    naming: Naming::Prefix("strlen"),
    ..Scalar::DEFAULT
};

static STRING_SIZE: Scalar = Scalar {
    signatures: &["string_size(source: stringy) -> long"],
    doc: Doc {
        summary: "Counts the bytes of a string in UTF-8.",
        details: "",
        examples: &[("string_size('Kusto')", "5"), ("string_size('é')", "2")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| i64::try_from(s.len()).unwrap_or(i64::MAX))),
    naming: Naming::Prefix("string_size"),
    ..Scalar::DEFAULT
};

static TOLOWER: Scalar = Scalar {
    signatures: &["tolower(source: text) -> string"],
    doc: Doc {
        summary: "Makes all letters small.",
        details: "Letters of any script, each by itself; one whose small form is several characters stays.",
        examples: &[("tolower('Über X')", "über x"), ("tolower(true)", "true")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| lower(s))),
    role: Role::ToLower,
    ..Scalar::DEFAULT
};

static TOUPPER: Scalar = Scalar {
    signatures: &["toupper(source: text) -> string"],
    doc: Doc {
        summary: "Makes all letters capital.",
        details: "Letters of any script, each by itself; one whose capital form is several characters (ß) stays.",
        examples: &[("toupper('café')", "CAFÉ")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| upper(s))),
    role: Role::ToUpper,
    ..Scalar::DEFAULT
};

static SUBSTRING: Scalar = Scalar {
    signatures: &["substring(source: text, start: long, [length: long]) -> string"],
    doc: Doc {
        summary: "Takes a part of a string.",
        details: "Positions count characters from 0, a negative one from the end. Empty when the start \
            is before the first character or after the last, or when the length is negative. Empty for a \
            null place, which between constants counts as 0.",
        examples: &[
            ("substring('123456', 1, 2)", "23"),
            ("substring('123456', 4)", "56"),
            ("substring('123456', -2, 1)", "5"),
            ("substring('abc', -5)", ""),
            ("substring('abc', 1, -1)", ""),
            ("substring('abc', int(null), 2)", "ab"),
            ("substring('héllo', 1, 2)", "él"),
        ],
    },
    eval: Eval::Columns(|args| match args.len() {
        _ if args.values.iter().all(|datum| datum.constant) => constant_substring(args),
        2 => args.map2(|s: &str, start: i64| substring(s, start, i64::MAX).to_owned()),
        _ => args.map3(|s: &str, start: i64, length: i64| substring(s, start, length).to_owned()),
    }),
    ..Scalar::DEFAULT
};

static INDEXOF: Scalar = Scalar {
    signatures: &[
        "indexof(source: text, lookup: text, [start: long], [length: long], [const occurrence: long]) -> long",
    ],
    doc: Doc {
        summary: "Finds where a string stands in another.",
        details: "The position in characters from 0, or -1. Only finds that start within the `length` \
            characters from `start` count (-1: all); a negative start counts from the end. Finds may \
            overlap. Null when the length is below -1 or the occurrence below 0.",
        examples: &[
            ("indexof('abcdefg', 'cde')", "2"),
            ("indexof('abcdefg', 'cde', 3)", "-1"),
            ("indexof('abcdefg', 'cde', -5)", "2"),
            ("indexof('abcabc', 'bc', 0, -1, 2)", "4"),
            ("indexof('aaaa', 'aa', 0, -1, 3)", "2"),
            ("indexof(12345, 5)", "4"),
        ],
    },
    eval: Eval::Columns(|args| {
        let (text, lookup) = (args.column::<&str>(0)?, args.column::<&str>(1)?);
        let range = Range::open(args)?;
        args.build(|row| {
            let range = range.at(row)?;
            indexof(<&str>::at(&text, row)?, <&str>::at(&lookup, row)?, range)
        })
    }),
    ..Scalar::DEFAULT
};

static SPLIT: Scalar = Scalar {
    signatures: &["split(source: text, delimiter: string, [index: long]) -> dynamic"],
    doc: Doc {
        summary: "Splits a string at a delimiter into an array.",
        details: "Empty parts are kept. With an index the array has that part only; null if there is no \
            such part. Null if the delimiter is empty.",
        examples: &[
            ("split('a__b', '_')", "[\"a\",\"\",\"b\"]"),
            ("split('aa_bb', '_', 1)", "[\"bb\"]"),
            ("split('aa_bb', '_', 2)", ""),
            ("split('', '_')", "[\"\"]"),
        ],
    },
    eval: Eval::Columns(split),
    naming: Naming::First,
    role: Role::Split,
    ..Scalar::DEFAULT
};

static STRCAT: Scalar = Scalar {
    signatures: &["strcat(value: text, ...) -> string"],
    doc: Doc {
        summary: "Joins the texts of its arguments.",
        details: "Each is turned to text as by `tostring`; a null has none.",
        examples: &[("strcat('a', 1, true)", "a1True"), ("strcat('a', long(null), 'b')", "ab")],
    },
    eval: Eval::Columns(|args| join(args, 0, false)),
    most_arguments: Some(64),
    ..Scalar::DEFAULT
};

static STRCAT_DELIM: Scalar = Scalar {
    signatures: &["strcat_delim(delimiter: text, first: text, value: text, ...) -> string"],
    doc: Doc {
        summary: "Joins the texts of its arguments with a delimiter between them.",
        details: "A null has no text, but its delimiters stay.",
        examples: &[
            ("strcat_delim('-', 1, 'a', 1s)", "1-a-00:00:01"),
            ("strcat_delim('-', 'a', long(null), 'b')", "a--b"),
        ],
    },
    eval: Eval::Columns(|args| join(args, 1, true)),
    most_arguments: Some(64),
    ..Scalar::DEFAULT
};

static STRREP: Scalar = Scalar {
    signatures: &["strrep(value: text, count: long, [delimiter: text]) -> string"],
    doc: Doc {
        summary: "Repeats a text.",
        details: "At most 1024 times.",
        examples: &[("strrep('ab', 3)", "ababab"), ("strrep(1, 3, '-')", "1-1-1"), ("strrep('a', 0)", "")],
    },
    eval: Eval::Columns(strrep),
    ..Scalar::DEFAULT
};

static STRCMP: Scalar = Scalar {
    signatures: &["strcmp(left: text, right: text) -> long"],
    doc: Doc {
        summary: "Compares two strings: -1, 0 or 1.",
        details: "By code points: capital letters come before small ones.",
        examples: &[("strcmp('abc', 'ABC')", "1"), ("strcmp('abc', 'abd')", "-1"), ("strcmp('a', 'a')", "0")],
    },
    eval: Eval::Columns(|args| args.map2(|a: &str, b: &str| a.cmp(b) as i64)),
    ..Scalar::DEFAULT
};

static TRANSLATE: Scalar = Scalar {
    signatures: &["translate(search: string, replacement: string, source: string) -> string"],
    doc: Doc {
        summary: "Replaces characters by characters.",
        details: "The first of `search` by the first of `replacement`, and so on; when it runs out, its last \
            character stands for the rest. An empty replacement removes them.",
        examples: &[
            ("translate('abc', 'x', 'abcd')", "xxxd"),
            ("translate('abc', '', 'abd')", "d"),
            ("translate('ab', 'xy', 'aabb')", "xxyy"),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map3(|search: &str, replacement: &str, source: &str| {
            translate(search, replacement, source)
        })
    }),
    ..Scalar::DEFAULT
};

static REVERSE: Scalar = Scalar {
    signatures: &["reverse(source: text) -> string"],
    doc: Doc {
        summary: "Reverses the characters of a text.",
        details: "Of any value, its text as by `tostring`.",
        examples: &[("reverse('Kusto')", "otsuK"), ("reverse(3h)", "00:00:30")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| s.chars().rev().collect::<String>())),
    ..Scalar::DEFAULT
};

static ISASCII: Scalar = Scalar {
    signatures: &["isascii(source: text) -> bool"],
    doc: Doc {
        summary: "Tells whether all characters are ASCII.",
        details: "",
        examples: &[("isascii('abc')", "True"), ("isascii('é')", "False")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| s.is_ascii())),
    ..Scalar::DEFAULT
};

static ISUTF8: Scalar = Scalar {
    signatures: &["isutf8(source: text) -> bool"],
    doc: Doc {
        summary: "Tells whether a string is valid UTF-8.",
        details: "Always true: every string is.",
        examples: &[("isutf8('é')", "True")],
    },
    eval: Eval::Columns(|args| args.map(|_: &str| true)),
    ..Scalar::DEFAULT
};

/// Number of characters.
pub(super) fn length(text: &str) -> i64 {
    let length = match text.is_ascii() {
        true => text.len(),
        false => text.chars().count(),
    };
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|b| b.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let one = |c: char| single(c, c.to_lowercase());
    Cow::Owned(text.chars().map(one).collect())
}

fn upper(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_uppercase());
    }
    let one = |c: char| single(c, c.to_uppercase());
    Cow::Owned(text.chars().map(one).collect())
}

/// The one character that `c` becomes, or itself if it would become several.
fn single(c: char, mut becomes: impl Iterator<Item = char>) -> char {
    match (becomes.next(), becomes.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The byte at which character `index` starts; the end if there are fewer.
pub(super) fn byte_of(text: &str, index: i64) -> usize {
    let index = usize::try_from(index).unwrap_or(0);
    if text.is_ascii() {
        return index.min(text.len());
    }
    let mut at = text.char_indices().map(|(at, _)| at);
    at.nth(index).unwrap_or(text.len())
}

/// What is computed beforehand takes a null place for 0 (measured).
fn constant_substring(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (text, start) = (args.column::<&str>(0)?, args.column::<i64>(1)?);
    let length = (args.len() > 2)
        .then(|| args.column::<i64>(2))
        .transpose()?;
    args.build(|row| {
        let start = i64::at(&start, row).unwrap_or(0);
        let length = length
            .as_ref()
            .map_or(i64::MAX, |length| i64::at(length, row).unwrap_or(0));
        Some(substring(<&str>::at(&text, row)?, start, length).to_owned())
    })
}

fn substring(text: &str, start: i64, count: i64) -> &str {
    let start = match start {
        0.. => start,
        _ => length(text).saturating_add(start),
    };
    if start < 0 || count < 0 {
        return "";
    }
    let rest = text.get(byte_of(text, start)..).unwrap_or("");
    rest.get(..byte_of(rest, count)).unwrap_or("")
}

/// Which finds of `indexof` and its kin count.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) start: i64,
    pub(super) length: i64,
    pub(super) occurrence: i64,
}

type Long<'a> = <i64 as Arg<'a>>::Column;

/// The optional arguments `start`, `length` and `occurrence`.
pub(super) struct Range<'a>([Option<Long<'a>>; 3]);

impl<'a> Range<'a> {
    pub(super) fn open(args: &'a Args<'_>) -> Result<Range<'a>, Fault> {
        let open = |i: usize| (i < args.len()).then(|| args.column::<i64>(i)).transpose();
        Ok(Range([open(2)?, open(3)?, open(4)?]))
    }

    /// The window of a row; `None` when it has none.
    pub(super) fn at(&self, row: usize) -> Option<Window> {
        let at = |i: usize, default: i64| match &self.0[i] {
            Some(column) => i64::at(column, row),
            None => Some(default),
        };
        let window = Window {
            start: at(0, 0)?,
            length: at(1, -1)?,
            occurrence: at(2, 1)?,
        };
        (window.length >= -1 && window.occurrence >= 0).then_some(window)
    }
}

fn indexof(text: &str, lookup: &str, window: Window) -> Option<i64> {
    let start = match window.start {
        start @ 0.. => start,
        start => length(text).saturating_add(start).max(0),
    };
    if start > length(text) {
        return Some(-1);
    }
    let mut at = byte_of(text, start);
    let mut index = start;
    let mut left = window.occurrence;
    while let Some(found) = text
        .as_bytes()
        .get(at..)
        .and_then(|rest| memmem::find(rest, lookup.as_bytes()))
    {
        index += length(text.get(at..at + found).unwrap_or(""));
        if window.length >= 0 && index >= start.saturating_add(window.length) {
            break;
        }
        left -= 1;
        if left == 0 {
            return Some(index);
        }
        let next = text.get(at + found..).and_then(|s| s.chars().next());
        at += found + next.map_or(1, char::len_utf8);
        index += 1;
    }
    Some(-1)
}

fn split(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (text, delimiter) = (args.column::<&str>(0)?, args.column::<&str>(1)?);
    let wanted = (args.len() > 2)
        .then(|| args.column::<i64>(2))
        .transpose()?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let mut finder = memmem::Finder::new("");
    let mut json = String::new();
    for row in 0..args.rows {
        let (Some(text), Some(delimiter)) =
            (<&str>::at(&text, row), <&str>::at(&delimiter, row))
        else {
            out.append_null();
            continue;
        };
        if finder.needle() != delimiter.as_bytes() {
            finder = memmem::Finder::new(delimiter);
        }
        let mut array = ArrayWriter::over(std::mem::take(&mut json));
        let found = match &wanted {
            _ if delimiter.is_empty() => false,
            None => {
                parts(text, &finder).for_each(|part| array.push_str(part));
                true
            }
            Some(wanted) => {
                let index = i64::at(wanted, row).and_then(|i| usize::try_from(i).ok());
                let part = index.and_then(|index| parts(text, &finder).nth(index));
                part.map(|part| array.push_str(part)).is_some()
            }
        };
        json = array.finish();
        out.append_option(found.then_some(&json));
    }
    Ok(Arc::new(out.finish()))
}

/// What is left and right of what is looked for.
fn parts<'t>(text: &'t str, delimiter: &memmem::Finder<'_>) -> impl Iterator<Item = &'t str> {
    let length = delimiter.needle().len();
    let mut starts = delimiter.find_iter(text.as_bytes());
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let end = starts.next();
        next = end.map(|end| end + length);
        text.get(start..end.unwrap_or(text.len()))
    })
}

/// Joins the arguments from `first` on; with argument 0 between them if `delimited`.
fn join(args: &Args<'_>, first: usize, delimited: bool) -> Result<ArrayRef, Fault> {
    let columns = (0..args.len())
        .map(|i| args.column::<&str>(i))
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let mut text = String::new();
    for row in 0..args.rows {
        text.clear();
        for (i, column) in columns.iter().enumerate().skip(first) {
            if delimited && i > first {
                text.push_str(<&str>::at(&columns[0], row).unwrap_or(""));
            }
            text.push_str(<&str>::at(column, row).unwrap_or(""));
        }
        bounded(text.len())?;
        out.append_value(&text);
    }
    Ok(Arc::new(out.finish()))
}

fn strrep(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (text, count) = (args.column::<&str>(0)?, args.column::<i64>(1)?);
    let delimiter = (args.len() > 2)
        .then(|| args.column::<&str>(2))
        .transpose()?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    for row in 0..args.rows {
        let text = <&str>::at(&text, row).unwrap_or("");
        let count = i64::at(&count, row).unwrap_or(0).clamp(0, MOST_REPEATS);
        let count = usize::try_from(count).unwrap_or(0);
        let delimiter = delimiter.as_ref().and_then(|d| <&str>::at(d, row));
        let delimiter = delimiter.unwrap_or("");
        bounded((text.len() + delimiter.len()).saturating_mul(count))?;
        out.append_value(vec![text; count].join(delimiter));
    }
    Ok(Arc::new(out.finish()))
}

fn translate(search: &str, replacement: &str, source: &str) -> String {
    let mut to = replacement.chars();
    let mut last = None;
    let map: Vec<(char, Option<char>)> = search
        .chars()
        .map(|from| {
            last = to.next().or(last);
            (from, last)
        })
        .collect();
    let one = |c: char| match map.iter().find(|(from, _)| *from == c) {
        Some((_, to)) => *to,
        None => Some(c),
    };
    source.chars().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{n, s, text_of};

    #[test]
    fn positions_count_characters_within_the_window() {
        let long = |text: &str, look: &str, rest: &[i64]| {
            let mut args = vec![s(text), s(look)];
            args.extend(rest.iter().map(|v| n(*v)));
            text_of("indexof", &args)
        };
        assert_eq!(long("abcdefg", "cde", &[1, 2]), "2");
        assert_eq!(long("abcdefg", "cde", &[1, 1]), "-1");
        assert_eq!(long("abcdefgabcdefg", "cde", &[1, 10, 2]), "9");
        assert_eq!(long("abcdefgabcdefg", "cde", &[1, -1, 3]), "-1");
        assert_eq!(long("éaéa", "a", &[2]), "3");
        assert_eq!(long("a", "a", &[0, -2]), "");
        assert_eq!(long("a", "", &[5]), "-1");
        let args = [s("héllo"), n(i64::MIN), n(i64::MAX)];
        assert_eq!(text_of("substring", &args), "");
        assert_eq!(text_of("substring", &[s("héllo"), n(-4), n(2)]), "él");
        assert_eq!(text_of("translate", &[s("krasp"), s("otsku"), s("spark")]), "kusto");
    }
}
