//! Finding IPv4 addresses, whole or by their start, in text.

use std::borrow::Cow;

use arrow::array::ArrayRef;
use memchr::memmem::Finder;

use super::ip::octets;
use crate::contract::{Args, Fault};
use crate::json;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&HAS_IPV4, &HAS_IPV4_PREFIX, &HAS_ANY_IPV4, &HAS_ANY_IPV4_PREFIX];

static HAS_IPV4: Scalar = Scalar {
    signatures: &["has_ipv4(source: stringy, ip: string) -> bool"],
    doc: Doc {
        summary: "Whether a text contains an IPv4 address.",
        details: "The address must be whole: no letter or digit beside it, nor a further octet. False, never null, when what is \
                  searched for is no IPv4 address.",
        examples: &[
            ("has_ipv4('src=10.0.0.1; ok', '10.0.0.1')", "True"),
            ("has_ipv4('10.0.0.12', '10.0.0.1')", "False"),
            ("has_ipv4('at10.0.0.1', '10.0.0.1')", "False"),
        ],
    },
    eval: Eval::Columns(|args| search(args, Needle::address)),
    ..Scalar::DEFAULT
};

static HAS_IPV4_PREFIX: Scalar = Scalar {
    signatures: &["has_ipv4_prefix(source: stringy, prefix: string) -> bool"],
    doc: Doc {
        summary: "Whether a text contains an IPv4 address that starts with a prefix.",
        details: "The prefix is one to three octets that end with a dot, or a whole address. The address found must be \
                  valid and whole. False, never null, for another prefix.",
        examples: &[
            ("has_ipv4_prefix('src=10.0.0.1', '10.0.')", "True"),
            ("has_ipv4_prefix('src=10.0.0.1', '10.0')", "False"),
            ("has_ipv4_prefix('127.0.0.256', '127.0.')", "False"),
        ],
    },
    eval: Eval::Columns(|args| search(args, Needle::prefix)),
    ..Scalar::DEFAULT
};

static HAS_ANY_IPV4: Scalar = Scalar {
    signatures: &[
        "has_any_ipv4(source: stringy, ip: string, ...) -> bool",
        "has_any_ipv4(source: stringy, ips: dynamic) -> bool",
    ],
    doc: Doc {
        summary: "Whether a text contains any of several IPv4 addresses.",
        details: "They are single arguments or a dynamic array. An address must be whole: no letter or digit beside it, nor a \
                  further octet. What is no address is not found.",
        examples: &[
            ("has_any_ipv4('src=10.0.0.1', '10.0.0.2', '10.0.0.1')", "True"),
            ("has_any_ipv4('src=10.0.0.1', dynamic(['10.0.0.2']))", "False"),
        ],
    },
    eval: Eval::Columns(|args| search(args, Needle::address)),
    ..Scalar::DEFAULT
};

static HAS_ANY_IPV4_PREFIX: Scalar = Scalar {
    signatures: &[
        "has_any_ipv4_prefix(source: stringy, prefix: string, ...) -> bool",
        "has_any_ipv4_prefix(source: stringy, prefixes: dynamic) -> bool",
    ],
    doc: Doc {
        summary: "Whether a text contains an IPv4 address that starts with any of several prefixes.",
        details: "They are single arguments or a dynamic array, each one to three octets that end with a dot, or a whole \
                  address. Another prefix is not found.",
        examples: &[
            ("has_any_ipv4_prefix('src=10.0.0.1', '192.168.', '10.')", "True"),
            ("has_any_ipv4_prefix('src=10.0.0.1', dynamic(['192.168.', '10']))", "False"),
        ],
    },
    eval: Eval::Columns(|args| search(args, Needle::prefix)),
    ..Scalar::DEFAULT
};

/// What is searched for: an address, or its first octets with the dot after them.
struct Needle {
    finder: Finder<'static>,
    prefix: bool,
}

impl Needle {
    fn address(text: &str) -> Option<Needle> {
        let (_, rest) = octets(text.as_bytes())?;
        rest.is_empty().then(|| Needle::of(text, false))
    }

    fn prefix(text: &str) -> Option<Needle> {
        let Some(head) = text.strip_suffix('.') else {
            return Needle::address(text);
        };
        // Zeros in place of the octets that are left out make an address of a prefix.
        let missing = 3usize.checked_sub(head.split('.').count())?;
        let whole = format!("{head}{}", ".0".repeat(missing + 1));
        Needle::address(&whole).map(|_| Needle::of(text, true))
    }

    fn of(text: &str, prefix: bool) -> Needle {
        Needle {
            finder: Finder::new(text).into_owned(),
            prefix,
        }
    }

    fn is_in(&self, source: &str) -> bool {
        self.finder.find_iter(source.as_bytes()).any(|start| {
            let end = if self.prefix {
                let after = octets(&source.as_bytes()[start..]);
                after.map(|(_, rest)| source.len() - rest.len())
            } else {
                Some(start + self.finder.needle().len())
            };
            end.is_some_and(|end| starts_at(source, start) && ends_at(source, end))
        })
    }
}

/// Whether an address may start here: after no letter, digit or octet.
fn starts_at(source: &str, start: usize) -> bool {
    let mut before = source[..start].chars().rev();
    match before.next() {
        Some('.') => !before.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// Whether an address may end here.
fn ends_at(source: &str, end: usize) -> bool {
    let mut after = source[end..].chars();
    match after.next() {
        Some('.') => !after.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

fn search(args: &Args<'_>, needle: fn(&str) -> Option<Needle>) -> Result<ArrayRef, Fault> {
    let source = args.column::<&str>(0)?;
    let texts = list(args)?;
    let compile = |row: usize| -> Vec<Needle> {
        texts(row).iter().filter_map(|text| needle(text)).collect()
    };
    let constant = args.values[1..].iter().all(|datum| datum.constant);
    let compiled = constant.then(|| compile(0));
    args.build(|row| {
        let source = <&str as Arg<'_>>::at(&source, row).unwrap_or("");
        Some(match &compiled {
            Some(needles) => needles.iter().any(|n| n.is_in(source)),
            None => compile(row).iter().any(|n| n.is_in(source)),
        })
    })
}

/// The texts of a row.
type Texts<'a> = Box<dyn Fn(usize) -> Vec<Cow<'a, str>> + 'a>;

/// The texts of a row after the first argument: those of single arguments, or of one dynamic array.
pub(super) fn list<'a>(args: &'a Args<'_>) -> Result<Texts<'a>, Fault> {
    if args.values.get(1).is_some_and(|d| d.ty == Type::Dynamic) {
        let array = args.column::<Json<&str>>(1)?;
        return Ok(Box::new(move |row| {
            let Some(Json(text)) = <Json<&str> as Arg<'_>>::at(&array, row) else {
                return Vec::new();
            };
            json::elements(text).map(json::display).collect()
        }));
    }
    let mut columns = Vec::new();
    for index in 1..args.len() {
        columns.push(args.column::<&str>(index)?);
    }
    Ok(Box::new(move |row| {
        let texts = columns.iter().filter_map(|c| <&str as Arg<'_>>::at(c, row));
        texts.map(Cow::Borrowed).collect()
    }))
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{d, s, text_of};

    #[test]
    fn finds_whole_addresses_only() {
        let has = |source: &str, ip: &str| text_of("has_ipv4", &[s(source), s(ip)]) == "True";
        assert!(has("05:04:54 127.0.0.1 GET /", "127.0.0.1"));
        assert!(has("(127.0.0.1).", "127.0.0.1"));
        assert!(has("1127.0.0.1 127.0.0.1", "127.0.0.1"));
        for source in ["05:04:54127.0.0.1", "127.0.0.11", "1.127.0.0.1", "127.0.0.1.2", "é127.0.0.1"] {
            assert!(!has(source, "127.0.0.1"), "{source}");
        }
        assert!(!has("127.0.0.256", "127.0.0.256"));
        let prefix = |source: &str, p: &str| {
            text_of("has_ipv4_prefix", &[s(source), s(p)]) == "True"
        };
        assert!(prefix("a 127.0.0.1 b", "127.0.") && prefix("127.0.0.1", "127.0.0.1"));
        for p in ["127.0", "127.0.0.1.", "", ".", "1.2.3.4.5."] {
            assert!(!prefix("127.0.0.1", p), "{p}");
        }
        let list = d(r#"["127.","192.168.1."]"#);
        assert_eq!(text_of("has_any_ipv4_prefix", &[s("127.0.0.256"), list]), "False");
    }
}
