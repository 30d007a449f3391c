//! `format_datetime` and `format_timespan`: elements such as `yyyy` and `HH` between a few delimiters.

use arrow::array::ArrayRef;

use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::temporal::Civil;
use crate::types::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&FORMAT_DATETIME, &FORMAT_TIMESPAN];

static FORMAT_DATETIME: Scalar = Scalar {
    signatures: &["format_datetime(date: datetime, const format: string) -> string"],
    doc: Doc {
        summary: "Writes a datetime in a format.",
        details: "The format is a constant of these elements: `d dd` day, `M MM` month, `y yy yyyy` year, `h hh` hour of a \
                  12-hour clock, `H HH` hour, `m mm` minute, `s ss` second, `f` to `fffffff` digits of the second's \
                  fraction, `F` to `FFFFFFF` the same but nothing when they are all zero, `tt` AM or PM; and of the \
                  delimiters space `/ - : , . _ [ ]`. Anything else is refused, `T` and names of months among them. \
                  Empty for null.",
        examples: &[
            (
                "format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')",
                "17-01-29 [09:00:05]",
            ),
            (
                "format_datetime(datetime(2017-01-29 15:00:05.1234567), 'M/d/yyyy h:mm tt ss.fff')",
                "1/29/2017 3:00 PM 05.123",
            ),
        ],
    },
    eval: Eval::Prepared(|setup| prepare(setup, DATETIME, datetime_element)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static FORMAT_TIMESPAN: Scalar = Scalar {
    signatures: &["format_timespan(span: timespan, const format: string) -> string"],
    doc: Doc {
        summary: "Writes a timespan in a format.",
        details: "The format is a constant of these elements: `d` to `dddddddd` days with at least so many digits, `h hh` or \
                  `H HH` hour, `m mm` minute, `s ss` second, `f` to `fffffff` digits of the second's fraction, `F` to \
                  `FFFFFFF` the same but nothing when they are all zero; and of the delimiters space `/ - : , . _ [ ]`. \
                  A negative timespan starts with a minus. Empty for null.",
        examples: &[
            (
                "format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF')",
                "29.09:00:05:12",
            ),
            (
                "format_timespan(time(29.09:00:05.12345), 'ddd.h:mm:ss [fffffff]')",
                "029.9:00:05 [1234500]",
            ),
        ],
    },
    eval: Eval::Prepared(|setup| prepare(setup, TIMESPAN, timespan_element)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

/// A piece of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Delimiter(char),
    /// A letter and how often it stands.
    Element(char, usize),
}

/// The elements of a format: a letter and the runs of it there are, longest first.
type Elements = &'static [(char, &'static [usize])];

const DATETIME: Elements = &[
    ('d', &[2, 1]),
    ('M', &[2, 1]),
    ('y', &[4, 2, 1]),
    ('h', &[2, 1]),
    ('H', &[2, 1]),
    ('m', &[2, 1]),
    ('s', &[2, 1]),
    ('f', &[7, 6, 5, 4, 3, 2, 1]),
    ('F', &[7, 6, 5, 4, 3, 2, 1]),
    ('t', &[2]),
];

const TIMESPAN: Elements = &[
    ('d', &[8, 7, 6, 5, 4, 3, 2, 1]),
    ('h', &[2, 1]),
    ('H', &[2, 1]),
    ('m', &[2, 1]),
    ('s', &[2, 1]),
    ('f', &[7, 6, 5, 4, 3, 2, 1]),
    ('F', &[7, 6, 5, 4, 3, 2, 1]),
];

/// Cuts a format into pieces, longest elements first.
fn pieces(format: &str, elements: Elements) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        if matches!(letter, ' ' | '/' | '-' | ':' | ',' | '.' | '_' | '[' | ']') {
            pieces.push(Piece::Delimiter(letter));
            rest = &rest[1..];
            continue;
        }
        let run = rest.len() - rest.trim_start_matches(letter).len();
        let (_, lengths) = elements
            .iter()
            .find(|(l, _)| *l == letter)
            .ok_or_else(|| format!("`{letter}` is no element and no delimiter of a format"))?;
        let length = lengths
            .iter()
            .copied()
            .find(|l| *l <= run)
            .ok_or_else(|| format!("`{letter}` is no element of a format; `{letter}{letter}` is"))?;
        pieces.push(Piece::Element(letter, length));
        rest = &rest[length..];
    }
    match pieces.is_empty() {
        true => Err("the format is empty".to_string()),
        false => Ok(pieces),
    }
}

fn prepare(
    setup: &Setup<'_>,
    elements: Elements,
    write: fn(i64, char, usize, &mut String),
) -> Result<Box<dyn Kernel>, Problem> {
    let Some(Value::String(format)) = setup.constant(1) else {
        return Err(Problem::new(Code::ConstantExpected, "the format must be a constant").at(1));
    };
    let pieces = pieces(format, elements).map_err(|message| {
        let known: Vec<String> = elements
            .iter()
            .flat_map(|(letter, lengths)| {
                let letter = letter.to_string();
                lengths.iter().rev().map(move |n| letter.repeat(*n))
            })
            .collect();
        Problem::new(Code::ArgumentValue, message)
            .at(1)
            .help(format!(
                "elements are {}; delimiters are space and / - : , . _ [ ]",
                known.join(" ")
            ))
    })?;
    Ok(Box::new(move |args: &Args<'_>| {
        rows(args, &pieces, write)
    }))
}

fn rows(
    args: &Args<'_>,
    pieces: &[Piece],
    write: fn(i64, char, usize, &mut String),
) -> Result<ArrayRef, Fault> {
    let column = args.column::<i64>(0)?;
    args.build(|row| {
        let ticks = i64::at(&column, row)?;
        let mut out = String::new();
        if ticks < 0 {
            out.push('-');
        }
        for piece in pieces {
            match piece {
                Piece::Delimiter(letter) => out.push(*letter),
                Piece::Element(letter, width) => write(ticks, *letter, *width, &mut out),
            }
        }
        Some(out)
    })
}

fn datetime_element(ticks: i64, letter: char, width: usize, out: &mut String) {
    let civil = Civil::from_ticks(ticks);
    let number = match letter {
        'd' => i64::from(civil.day),
        'M' => i64::from(civil.month),
        'y' if width == 4 => i64::from(civil.year),
        'y' => i64::from(civil.year % 100),
        'h' => match civil.hour % 12 {
            0 => 12,
            hour => i64::from(hour),
        },
        't' => return out.push_str(if civil.hour < 12 { "AM" } else { "PM" }),
        _ => return clock_element(ticks, letter, width, out),
    };
    pad(number, width, out);
}

fn timespan_element(ticks: i64, letter: char, width: usize, out: &mut String) {
    match letter {
        'd' => pad((ticks / TICKS_PER_DAY).abs(), width, out),
        'h' => clock_element(ticks, 'H', width, out),
        _ => clock_element(ticks, letter, width, out),
    }
}

/// The elements that datetimes and timespans share.
fn clock_element(ticks: i64, letter: char, width: usize, out: &mut String) {
    let ticks = ticks.unsigned_abs() % TICKS_PER_DAY.unsigned_abs();
    let ticks = ticks as i64;
    match letter {
        'H' => pad(ticks / TICKS_PER_HOUR, width, out),
        'm' => pad(ticks % TICKS_PER_HOUR / TICKS_PER_MINUTE, width, out),
        's' => pad(ticks % TICKS_PER_MINUTE / TICKS_PER_SECOND, width, out),
        _ => {
            let dropped = 10i64.pow(7 - width.min(7) as u32);
            let fraction = ticks % TICKS_PER_SECOND / dropped;
            if letter == 'f' || fraction != 0 {
                pad(fraction, width, out);
            }
        }
    }
}

fn pad(number: i64, width: usize, out: &mut String) {
    out.push_str(&format!("{number:0>width$}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::text_of as text;
    use crate::temporal::{parse_datetime, parse_timespan};

    #[test]
    fn writes_every_element() {
        let datetime = |at: &str, format: &str| {
            let ticks = parse_datetime(at).unwrap();
            text("format_datetime", &[Value::Datetime(ticks), Value::string(format)])
        };
        assert_eq!(datetime("2020-06-15 13:45:09", "M/d/yy h:m:s tt"), "6/15/20 1:45:9 PM");
        assert_eq!(datetime("2020-06-15 00:45:09", "hh yyyyy ddd"), "12 202020 1515");
        assert_eq!(datetime("2020-06-15 00:00:05", "ss.FFF"), "05.");
        assert_eq!(datetime("2020-06-15 00:00:05.007", "ss.FF ffffffff"), "05. 00700000");
        for bad in ["", "yyyy-MM-ddTHH", "t", "zzz", "K"] {
            assert!(datetime("2020-06-15", bad).starts_with('!'), "{bad}");
        }
        let timespan = |span: &str, format: &str| {
            let ticks = parse_timespan(span).unwrap();
            text("format_timespan", &[Value::Timespan(ticks), Value::string(format)])
        };
        assert_eq!(timespan("-1.02:00:00", "d.hh:mm"), "-1.02:00");
        assert_eq!(timespan("2.03:04:05", "d.hh:mm:ss"), "2.03:04:05");
    }
}
