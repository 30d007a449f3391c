//! Functions that read a format out of a string: CSV, command lines, versions, XML; and the one
//! that writes a number of bytes.

use super::xml;
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::decimal::Decimal;
use crate::diagnostic::Code;
use crate::json::ArrayWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::types::Value;

use arrow::array::ArrayRef;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &PARSE_CSV,
    &PARSE_COMMAND_LINE,
    &PARSE_VERSION,
    &PARSE_XML,
    &FORMAT_BYTES,
];

static PARSE_CSV: Scalar = Scalar {
    signatures: &["parse_csv(source: stringy) -> array"],
    doc: Doc {
        summary: "Splits a line of comma-separated values into an array of strings.",
        details: "A value in double quotes may hold commas, line ends and doubled quotes. Only the first \
            record is read.",
        examples: &[
            ("parse_csv('aa,b,cc')", "[\"aa\",\"b\",\"cc\"]"),
            ("parse_csv('a,\"b,\"\"c\"\"\"')", "[\"a\",\"b,\\\"c\\\"\"]"),
            ("parse_csv('')", "[\"\"]"),
        ],
    },
    eval: Eval::Columns(|args| args.map(|source: &str| Json(parse_csv(source)))),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

fn parse_csv(source: &str) -> String {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(source.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut out = ArrayWriter::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().for_each(|value| out.push_str(value)),
        _ => out.push_str(""),
    }
    out.finish()
}

static PARSE_COMMAND_LINE: Scalar = Scalar {
    signatures: &["parse_command_line(command_line: text, const parser: string) -> array"],
    doc: Doc {
        summary: "Splits a command line into its arguments.",
        details: "As Windows does (`CommandLineToArgvW`): the program's name ends at a quote or space, \
            elsewhere quotes keep spaces together and `\\\"` is a quote. The parser must be 'windows'.",
        examples: &[
            ("parse_command_line('echo \"hello world!\"', 'windows')", "[\"echo\",\"hello world!\"]"),
            (r"parse_command_line(@'a b\\c d\ e', 'windows')[1]", r"b\\c"),
        ],
    },
    eval: Eval::Prepared(|setup| {
        match setup.constant(1).and_then(Value::as_str) {
            Some(parser) if parser.eq_ignore_ascii_case("windows") => Ok(Box::new(CommandLine)),
            _ => {
                let message = "the only parser is 'windows'";
                Err(Problem::new(Code::ArgumentValue, message).at(1))
            }
        }
    }),
    ..Scalar::DEFAULT
};

struct CommandLine;

impl Kernel for CommandLine {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        args.map(|line: &str| {
            let mut out = ArrayWriter::new();
            arguments(line).iter().for_each(|argument| out.push_str(argument));
            Json(out.finish())
        })
    }
}

/// The arguments of a command line, as Windows splits it.
fn arguments(line: &str) -> Vec<String> {
    let blank = |c: char| c == ' ' || c == '\t';
    let line = line.trim_start_matches(blank);
    if line.is_empty() {
        return Vec::new();
    }
    // The program's name knows no escapes.
    let (program, mut rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => line.split_at(line.find(blank).unwrap_or(line.len())),
    };
    let mut all = vec![program.to_owned()];
    loop {
        rest = rest.trim_start_matches(blank);
        if rest.is_empty() {
            return all;
        }
        let (argument, used) = argument(rest);
        all.push(argument);
        rest = rest.get(used..).unwrap_or("");
    }
}

/// The argument at the start of `text`, and the bytes it takes.
fn argument(text: &str) -> (String, usize) {
    let mut out = String::new();
    let (mut quotes, mut slashes) = (0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            ' ' | '\t' if quotes == 0 => return (out, at),
            '\\' => {
                out.push('\\');
                slashes += 1;
                continue;
            }
            '"' => {
                // Backslashes before a quote stand for half as many; an odd one escapes the quote.
                out.truncate(out.len() - slashes / 2 - slashes % 2);
                if slashes % 2 == 1 {
                    out.push('"');
                } else {
                    quotes += 1;
                }
                // The third quote in a row is a quote of the text.
                while chars.next_if(|(_, c)| *c == '"').is_some() {
                    quotes += 1;
                    if quotes == 3 {
                        out.push('"');
                        quotes = 0;
                    }
                }
                if quotes == 2 {
                    quotes = 0;
                }
            }
            c => out.push(c),
        }
        slashes = 0;
    }
    (out, text.len())
}

static PARSE_VERSION: Scalar = Scalar {
    signatures: &["parse_version(version: string) -> decimal"],
    doc: Doc {
        summary: "Makes a version comparable: a number of eight digits per part.",
        details: "One to four parts of one to eight digits; missing parts are 0. Null for anything else.",
        examples: &[
            ("parse_version('1.2.3.4')", "1000000020000000300000004"),
            ("parse_version('0.2') > parse_version('0.1.9')", "True"),
            ("parse_version('1.x')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(parse_version)),
    ..Scalar::DEFAULT
};

fn parse_version(version: &str) -> Option<Decimal> {
    let parts: Vec<&str> = version.split('.').collect();
    let digits = |part: &&str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if parts.len() > 4 || !parts.iter().all(digits) {
        return None;
    }
    let part = |i: usize| parts.get(i).copied().unwrap_or("0");
    let text: String = (0..4).map(|i| format!("{:0>8}", part(i))).collect();
    Decimal::parse(&text)
}

static PARSE_XML: Scalar = Scalar {
    signatures: &["parse_xml(xml: stringy) -> bag"],
    doc: Doc {
        summary: "Turns XML into a bag.",
        details: "An element is a key; its attributes have keys with `@`, its text beside them `#text`. An \
            element with text alone is that text, a repeated element an array, an empty one null. Text \
            that is a number becomes one where that loses nothing. Text is trimmed; comments and \
            processing instructions are skipped. Null if it is not well formed or longer than 1 MB.",
        examples: &[
            ("parse_xml('<e n=\"v\">text</e>')", "{\"e\":{\"@n\":\"v\",\"#text\":\"text\"}}"),
            ("parse_xml('<e><a>x</a><a>y</a><b/></e>')", "{\"e\":{\"a\":[\"x\",\"y\"],\"b\":null}}"),
            ("parse_xml('<e>')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|source: &str| xml::to_json(source).map(Json))),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static FORMAT_BYTES: Scalar = Scalar {
    signatures: &["format_bytes(size: real, [const precision: long], [units: string]) -> string"],
    doc: Doc {
        summary: "Writes a number of bytes with a unit.",
        details: "Units are Bytes, KB, MB, GB, TB, PB and EB, each 1024 of the one before; without one, the \
            largest that is not above the size. Rounded to `precision` digits, by default none; zeros \
            at the end are left out.",
        examples: &[
            ("format_bytes(564)", "564 Bytes"),
            ("format_bytes(10332, 1)", "10.1 KB"),
            ("format_bytes(20010332, 2)", "19.08 MB"),
            ("format_bytes(20010332, 0, 'KB')", "19541 KB"),
        ],
    },
    eval: Eval::Prepared(format_bytes),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

fn format_bytes(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    match setup.constant(2).and_then(Value::as_str) {
        Some(unit) if !unit.is_empty() && !UNITS.contains(&unit) => {
            let message = format!("'{unit}' is not one of {}", UNITS.join(", "));
            Err(Problem::new(Code::ArgumentValue, message).at(2))
        }
        _ => Ok(Box::new(FormatBytes)),
    }
}

struct FormatBytes;

impl Kernel for FormatBytes {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let sizes = args.column::<f64>(0)?;
        let precisions = (args.len() > 1).then(|| args.column::<i64>(1)).transpose()?;
        let units = (args.len() > 2).then(|| args.column::<&str>(2)).transpose()?;
        args.build(|row| {
            let size = f64::at(&sizes, row)?;
            let precision = match &precisions {
                Some(column) => i64::at(column, row)?,
                None => 0,
            };
            let unit = units.as_ref().and_then(|column| <&str>::at(column, row));
            bytes_text(size, precision, unit.unwrap_or(""))
        })
    }
}

fn bytes_text(size: f64, precision: i64, unit: &str) -> Option<String> {
    if !size.is_finite() {
        return None;
    }
    let power = match unit {
        "" => {
            let fits = |power: &usize| size.abs() >= scale(*power);
            (0..UNITS.len()).rev().find(fits).unwrap_or(0)
        }
        unit => UNITS.iter().position(|u| *u == unit)?,
    };
    let precision = usize::try_from(precision.clamp(0, 15)).unwrap_or(0);
    let mut number = format!("{:.precision$}", size / scale(power));
    if number.contains('.') {
        number.truncate(number.trim_end_matches('0').trim_end_matches('.').len());
    }
    Some(format!("{number} {}", UNITS[power]))
}

/// Bytes in a unit.
fn scale(power: usize) -> f64 {
    1024f64.powi(i32::try_from(power).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        for (line, expected) in [
            ("", vec![]),
            (r#""C:\Program Files\a.exe" -x"#, vec![r"C:\Program Files\a.exe", "-x"]),
            (r#"a "b c" d\"e"#, vec!["a", "b c", "d\"e"]),
            (r#"a b\\"c d" e"#, vec!["a", r"b\c d", "e"]),
            (r#"a b\\\"c d"#, vec!["a", r#"b\"c"#, "d"]),
            (r#"a """b""" c"#, vec!["a", "\"b\"", "c"]),
            ("a  \t b", vec!["a", "b"]),
            (r"a \\x\y", vec!["a", r"\\x\y"]),
            (r#"a "unclosed é"#, vec!["a", "unclosed é"]),
        ] {
            assert_eq!(arguments(line), expected, "{line}");
        }
    }

    #[test]
    fn versions_of_up_to_four_parts_are_numbers() {
        let text = |v| parse_version(v).map(|d| d.to_string());
        assert_eq!(text("1.2.3.4").unwrap(), "1000000020000000300000004");
        assert_eq!(text("0.1.2.0").unwrap(), "10000000200000000");
        for bad in ["", "1.", "1.2.3.4.5", "123456789", "a", "-1"] {
            assert_eq!(text(bad), None, "{bad}");
        }
    }
}
