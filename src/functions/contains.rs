//! Operators that look for one text in another, wherever its terms end: `contains`, `startswith`,
//! `endswith`, `=~` and their kin.

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use std::sync::Arc;

use super::search::{Needle, Place, folded};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Role, Scalar};
use crate::text::{fold, value_text, wildcard};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &EQUAL_FOLD,
    &NOT_EQUAL_FOLD,
    &CONTAINS,
    &NOT_CONTAINS,
    &CONTAINS_CS,
    &NOT_CONTAINS_CS,
    &STARTSWITH,
    &NOT_STARTSWITH,
    &STARTSWITH_CS,
    &NOT_STARTSWITH_CS,
    &ENDSWITH,
    &NOT_ENDSWITH,
    &ENDSWITH_CS,
    &NOT_ENDSWITH_CS,
    &LIKE,
    &NOT_LIKE,
    &LIKE_CS,
    &NOT_LIKE_CS,
];

/// Declares an operator that searches its left text for its right one.
macro_rules! search {
    ($name:ident, $signature:literal, $place:ident, ignore_case: $case:literal, negate: $negate:literal,
     $role:ident, $summary:literal, $details:expr, $examples:expr) => {
        static $name: Scalar = Scalar {
            signatures: &[$signature],
            doc: Doc {
                summary: $summary,
                details: $details,
                examples: &$examples,
            },
            eval: Eval::Prepared(|setup| {
                $crate::functions::contains::prepare(
                    setup,
                    $crate::functions::search::Place::$place,
                    $case,
                    $negate,
                )
            }),
            role: Role::$role,
            ..Scalar::DEFAULT
        };
    };
}
pub(super) use search;

const FOLDING: &str = "Case is compared character by character, beyond ASCII too ('É' equals 'é', \
    'ß' does not equal 'SS'). A dynamic operand is compared by its text, null as \"\".";
const CS: &str = "A dynamic operand is compared by its text, null as \"\".";

search!(EQUAL_FOLD, "text: stringy =~ other: stringy -> bool", Whole, ignore_case: true, negate: false, EqualFold,
    "Tells whether two texts are equal, whatever the case of their letters.",
    FOLDING,
    [("'PowerShell' =~ 'powershell'", "True"), ("'CAFÉ' =~ 'café'", "True"), ("dynamic(null) =~ ''", "True")]);
search!(NOT_EQUAL_FOLD, "text: stringy !~ other: stringy -> bool", Whole, ignore_case: true, negate: true, None,
    "Tells whether two texts differ by more than the case of their letters.",
    FOLDING,
    [("'a' !~ 'A'", "False"), ("'a' !~ 'b'", "True")]);
search!(CONTAINS, "text: stringy contains part: stringy -> bool", Anywhere, ignore_case: true, negate: false, Contains,
    "Tells whether a text contains another, whatever the case.",
    FOLDING,
    [("'PowerShell' contains 'SHELL'", "True"), ("'a' contains ''", "True")]);
search!(NOT_CONTAINS, "text: stringy !contains part: stringy -> bool", Anywhere, ignore_case: true, negate: true, None,
    "Tells whether a text does not contain another, whatever the case.",
    FOLDING,
    [("'PowerShell' !contains 'bash'", "True")]);
search!(CONTAINS_CS, "text: stringy contains_cs part: stringy -> bool", Anywhere, ignore_case: false, negate: false, None,
    "Tells whether a text contains another, case included.",
    CS,
    [("'PowerShell' contains_cs 'shell'", "False"), ("'PowerShell' contains_cs 'Shell'", "True")]);
search!(NOT_CONTAINS_CS, "text: stringy !contains_cs part: stringy -> bool", Anywhere, ignore_case: false, negate: true, None,
    "Tells whether a text does not contain another, case included.",
    CS,
    [("'PowerShell' !contains_cs 'shell'", "True")]);
search!(STARTSWITH, "text: stringy startswith start: stringy -> bool", Start, ignore_case: true, negate: false, StartsWith,
    "Tells whether a text starts with another, whatever the case.",
    FOLDING,
    [("'10.1.2.3' startswith '10.'", "True"), ("'Users' startswith 'us'", "True")]);
search!(NOT_STARTSWITH, "text: stringy !startswith start: stringy -> bool", Start, ignore_case: true, negate: true, NotStartsWith,
    "Tells whether a text does not start with another, whatever the case.",
    FOLDING,
    [("'Users' !startswith 'us'", "False")]);
search!(STARTSWITH_CS, "text: stringy startswith_cs start: stringy -> bool", Start, ignore_case: false, negate: false, StartsWithCs,
    "Tells whether a text starts with another, case included.",
    CS,
    [("'Users' startswith_cs 'us'", "False")]);
search!(NOT_STARTSWITH_CS, "text: stringy !startswith_cs start: stringy -> bool", Start, ignore_case: false, negate: true, NotStartsWithCs,
    "Tells whether a text does not start with another, case included.",
    CS,
    [("'Users' !startswith_cs 'us'", "True")]);
search!(ENDSWITH, "text: stringy endswith end: stringy -> bool", End, ignore_case: true, negate: false, None,
    "Tells whether a text ends with another, whatever the case.",
    FOLDING,
    [("'CMD.EXE' endswith '.exe'", "True")]);
search!(NOT_ENDSWITH, "text: stringy !endswith end: stringy -> bool", End, ignore_case: true, negate: true, None,
    "Tells whether a text does not end with another, whatever the case.",
    FOLDING,
    [("'CMD.EXE' !endswith '.exe'", "False")]);
search!(ENDSWITH_CS, "text: stringy endswith_cs end: stringy -> bool", End, ignore_case: false, negate: false, None,
    "Tells whether a text ends with another, case included.",
    CS,
    [("'CMD.EXE' endswith_cs '.exe'", "False")]);
search!(NOT_ENDSWITH_CS, "text: stringy !endswith_cs end: stringy -> bool", End, ignore_case: false, negate: true, None,
    "Tells whether a text does not end with another, case included.",
    CS,
    [("'CMD.EXE' !endswith_cs '.exe'", "True")]);

const PATTERNS: &str = "An old operator. The whole text must fit the pattern, in which `*` stands for any text, or none. A \
    pattern with `%` or `?` is refused, as is one that is not constant: what Kusto makes of them is not known.";

/// Declares an operator that compares a text with a pattern.
macro_rules! like {
    ($name:ident, $signature:literal, ignore_case: $case:literal, negate: $negate:literal, $summary:literal, $examples:expr) => {
        static $name: Scalar = Scalar {
            signatures: &[$signature],
            doc: Doc {
                summary: $summary,
                details: PATTERNS,
                examples: &$examples,
            },
            eval: Eval::Prepared(|setup| prepare_pattern(setup, $case, $negate)),
            ..Scalar::DEFAULT
        };
    };
}
like!(LIKE, "text: stringy like pattern: string -> bool", ignore_case: true, negate: false,
    "Tells whether a text fits a pattern with wildcards, whatever the case.",
    [("'powershell.exe' like 'Power*.exe'", "True"), ("'powershell.exe' like 'shell'", "False")]);
like!(NOT_LIKE, "text: stringy notlike pattern: string -> bool", ignore_case: true, negate: true,
    "Tells whether a text does not fit a pattern with wildcards, whatever the case.",
    [("'powershell.exe' notlike '*.EXE'", "False")]);
like!(LIKE_CS, "text: stringy likecs pattern: string -> bool", ignore_case: false, negate: false,
    "Tells whether a text fits a pattern with wildcards, case included.",
    [("'powershell.exe' likecs '*.EXE'", "False")]);
like!(NOT_LIKE_CS, "text: stringy notlikecs pattern: string -> bool", ignore_case: false, negate: true,
    "Tells whether a text does not fit a pattern with wildcards, case included.",
    [("'powershell.exe' notlikecs '*.EXE'", "True")]);

/// The kernel of a comparison with a pattern.
fn prepare_pattern(
    setup: &Setup<'_>,
    ignore_case: bool,
    negate: bool,
) -> Result<Box<dyn Kernel>, Problem> {
    let unknown = |message: String| {
        let help = "`*` stands for any text; contains and matches regex find other things";
        Problem::new(Code::Unsupported, message).at(1).help(help)
    };
    let Some(pattern) = setup.constant(1).map(value_text) else {
        let message = "what Kusto makes of a pattern that is not constant is not known";
        return Err(unknown(message.to_string()));
    };
    if let Some(sign) = pattern.chars().find(|c| matches!(c, '%' | '?')) {
        let message = format!("what `{sign}` stands for in a pattern is not known");
        return Err(unknown(message));
    }
    let pattern = match ignore_case {
        true => fold(&pattern).into(),
        false => pattern.into(),
    };
    Ok(Box::new(Pattern {
        pattern,
        ignore_case,
        negate,
    }))
}

/// A comparison with one pattern in every row.
struct Pattern {
    /// Folded if case does not count.
    pattern: Box<str>,
    ignore_case: bool,
    negate: bool,
}

impl Kernel for Pattern {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let mut room = String::new();
        per_row(args, |text, _| {
            let text = match self.ignore_case {
                true => folded(text, &mut room),
                false => text,
            };
            wildcard(&self.pattern, text) != self.negate
        })
    }
}

/// The kernel of a search for the right operand in the left one.
pub(super) fn prepare(
    setup: &Setup<'_>,
    place: Place,
    ignore_case: bool,
    negate: bool,
) -> Result<Box<dyn Kernel>, Problem> {
    let needle = setup.constant(1).map(value_text);
    Ok(match needle {
        Some(text) => Box::new(Fixed {
            needle: Needle::new(&text, place, ignore_case),
            negate,
        }),
        None => Box::new(PerRow {
            place,
            ignore_case,
            negate,
        }),
    })
}

/// A search for one text in every row.
struct Fixed {
    needle: Needle,
    negate: bool,
}

impl Kernel for Fixed {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let datum = args.datum(0)?;
        match datum.array.as_string_view_opt() {
            Some(texts) if !datum.constant => Ok(Arc::new(self.needle.column(texts, self.negate))),
            _ => {
                let mut scratch = String::new();
                per_row(args, |text, _| {
                    self.needle.matches(text, &mut scratch) != self.negate
                })
            }
        }
    }
}

/// A search for another text in each row.
struct PerRow {
    place: Place,
    ignore_case: bool,
    negate: bool,
}

impl Kernel for PerRow {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let mut scratch = String::new();
        // Neighbouring rows often look for the same text.
        let mut last: Option<(String, Needle)> = None;
        per_row(args, |text, wanted| {
            let needle = match last.take() {
                Some((of, needle)) if of == wanted => (of, needle),
                _ => {
                    let needle = Needle::new(wanted, self.place, self.ignore_case);
                    (wanted.to_owned(), needle)
                }
            };
            last.insert(needle).1.matches(text, &mut scratch) != self.negate
        })
    }
}

fn per_row(args: &Args<'_>, mut test: impl FnMut(&str, &str) -> bool) -> Result<ArrayRef, Fault> {
    let (texts, needles) = (args.column::<&str>(0)?, args.column::<&str>(1)?);
    let found: BooleanArray = (0..args.rows)
        .map(|row| {
            let text = <&str>::at(&texts, row).unwrap_or("");
            let needle = <&str>::at(&needles, row).unwrap_or("");
            Some(test(text, needle))
        })
        .collect();
    Ok(Arc::new(found))
}
