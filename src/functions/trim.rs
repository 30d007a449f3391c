//! Functions that remove what stands at the ends of a string.

use arrow::array::ArrayRef;
use regex::Regex;

use super::patterns::compile;
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&TRIM, &TRIM_START, &TRIM_END];

const TRIM_DETAILS: &str = "The expression is removed once, not again and again: `@'\\s'` removes one \
    space, `@'\\s+'` all. It must be constant and not empty.";

static TRIM: Scalar = Scalar {
    signatures: &["trim(const pattern: string, source: string) -> string"],
    doc: Doc {
        summary: "Removes what a regular expression matches at the start and at the end.",
        details: TRIM_DETAILS,
        examples: &[("trim('--', '--a--')", "a"), ("trim('a', 'aaaa')", "aa"), ("trim(@'\\s+', '  a ')", "a")],
    },
    eval: Eval::Prepared(|setup| trim(setup, |p| format!("^({p})|({p})$"))),
    ..Scalar::DEFAULT
};

static TRIM_START: Scalar = Scalar {
    signatures: &["trim_start(const pattern: string, source: string) -> string"],
    doc: Doc {
        summary: "Removes what a regular expression matches at the start.",
        details: TRIM_DETAILS,
        examples: &[("trim_start('x', 'xxa')", "xa"), ("trim_start(@'\\W+', '-- a')", "a")],
    },
    eval: Eval::Prepared(|setup| trim(setup, |p| format!("^({p})"))),
    ..Scalar::DEFAULT
};

static TRIM_END: Scalar = Scalar {
    signatures: &["trim_end(const pattern: string, source: string) -> string"],
    doc: Doc {
        summary: "Removes what a regular expression matches at the end.",
        details: TRIM_DETAILS,
        examples: &[("trim_end('.com', 'bing.com')", "bing"), ("trim_end('x', 'axx')", "ax")],
    },
    eval: Eval::Prepared(|setup| trim(setup, |p| format!("({p})$"))),
    ..Scalar::DEFAULT
};

struct Trim(Regex);

fn trim(
    setup: &Setup<'_>,
    anchored: fn(&str) -> String,
) -> Result<Box<dyn Kernel>, Problem> {
    match setup.constant(0).and_then(|v| v.as_str()) {
        Some("") => Err(Problem::new(Code::ArgumentValue, "the expression is empty").at(0)),
        // Placed between brackets as it stands, as Kusto does.
        Some(pattern) => Ok(Box::new(Trim(
            compile(&anchored(pattern)).map_err(|p| p.at(0))?,
        ))),
        None => {
            Err(Problem::new(Code::ConstantExpected, "the expression must be constant").at(0))
        }
    }
}

impl Kernel for Trim {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(1)?;
        args.build(|row| {
            let text = <&str>::at(&texts, row).unwrap_or("");
            Some(self.0.replace_all(text, ""))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{s, text_of};

    #[test]
    fn takes_one_match_from_each_end() {
        for (name, args, expected) in [
            ("trim", vec!["x", "xxabcxx"], "xabcx"),
            ("trim", vec!["x", "xxx"], "x"),
            ("trim", vec!["1", "11"], ""),
            ("trim", vec![r"[^\w]+", "-  Te st1// $"], "Te st1"),
            ("trim_end", vec!["y", "yyy"], "yy"),
        ] {
            let args: Vec<_> = args.into_iter().map(s).collect();
            assert_eq!(text_of(name, &args), expected, "{name} {args:?}");
        }
    }
}
