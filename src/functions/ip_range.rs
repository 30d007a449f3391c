//! Whether an address is in any of many ranges.

use arrow::array::{Array, ArrayRef};

use super::ip::V4;
use super::ip_search::list;
use super::ipv6::V6;
use crate::contract::{Args, Fault};
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&IPV4_IS_IN_ANY_RANGE, &IPV6_IS_IN_ANY_RANGE];

static IPV4_IS_IN_ANY_RANGE: Scalar = Scalar {
    signatures: &[
        "ipv4_is_in_any_range(ip: stringy, range: string, ...) -> bool",
        "ipv4_is_in_any_range(ip: stringy, ranges: dynamic) -> bool",
    ],
    doc: Doc {
        summary: "Whether an IPv4 address is in any of several ranges.",
        details: "They are single arguments or a dynamic array. Null when the address is not valid or the array is null, or \
                  when the address is in no valid range and there are others.",
        examples: &[
            (
                "ipv4_is_in_any_range('192.168.1.6', '10.0.0.0/8', '192.168.1.0/24')",
                "True",
            ),
            ("ipv4_is_in_any_range('9.9.9.9', dynamic(['10.0.0.0/8']))", "False"),
            ("ipv4_is_in_any_range('host', '10.0.0.0/8')", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        in_any(args, |text| {
            let ip = V4::parse(text)?;
            let rest = u128::from(u32::MAX) >> ip.prefix;
            let first = u128::from(ip.address);
            Some((first, first | rest))
        })
    }),
    ..Scalar::DEFAULT
};

static IPV6_IS_IN_ANY_RANGE: Scalar = Scalar {
    signatures: &[
        "ipv6_is_in_any_range(ip: stringy, range: string, ...) -> bool",
        "ipv6_is_in_any_range(ip: stringy, ranges: dynamic) -> bool",
    ],
    doc: Doc {
        summary: "Whether an IPv6 or IPv4 address is in any of several ranges.",
        details: "They are single arguments or a dynamic array; IPv4 counts as mapped into IPv6. Null when the address is not \
                  valid, or when it is in no valid range and there are others.",
        examples: &[
            ("ipv6_is_in_any_range('fe80::1', '10.0.0.0/8', 'fe80::/16')", "True"),
            ("ipv6_is_in_any_range('fe81::1', dynamic(['fe80::/16']))", "False"),
        ],
    },
    eval: Eval::Columns(|args| {
        in_any(args, |text| {
            let ip = V6::parse(text)?;
            let rest = match ip.prefix {
                128 => 0,
                bits => u128::MAX >> bits,
            };
            Some((ip.compared(), ip.compared() | rest))
        })
    }),
    ..Scalar::DEFAULT
};

/// The first and the last address of a range (of an address: itself, masked).
type Read = fn(&str) -> Option<(u128, u128)>;

/// Ranges, ready for searching.
struct Ranges {
    /// First and last addresses, ascending, not overlapping.
    spans: Vec<(u128, u128)>,
    /// Whether there was a text that is no range.
    invalid: bool,
}

impl Ranges {
    fn of<T: AsRef<str>>(texts: &[T], read: Read) -> Ranges {
        let mut spans: Vec<_> = texts.iter().filter_map(|t| read(t.as_ref())).collect();
        let invalid = spans.len() < texts.len();
        spans.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
                _ => merged.push(span),
            }
        }
        Ranges {
            spans: merged,
            invalid,
        }
    }

    fn hold(&self, address: u128) -> Option<bool> {
        let after = self.spans.partition_point(|(first, _)| *first <= address);
        let inside = after > 0 && address <= self.spans[after - 1].1;
        match (inside, self.invalid) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }
}

fn in_any(args: &Args<'_>, read: Read) -> Result<ArrayRef, Fault> {
    let ip = args.column::<&str>(0)?;
    let texts = list(args)?;
    let list_is_null = |row: usize| {
        let list = &args.values[1];
        list.ty == Type::Dynamic && list.array.is_null(if list.constant { 0 } else { row })
    };
    let constant = args.values[1..].iter().all(|datum| datum.constant);
    let ranges = constant.then(|| Ranges::of(&texts(0), read));
    args.build(|row| {
        let (address, _) = read(<&str as Arg<'_>>::at(&ip, row)?)?;
        if list_is_null(row) {
            return None;
        }
        match &ranges {
            Some(ranges) => ranges.hold(address),
            None => Ranges::of(&texts(row), read).hold(address),
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{d, s, text_of};

    #[test]
    fn searches_all_ranges() {
        let any = |ip: &str, list: &str| text_of("ipv4_is_in_any_range", &[s(ip), d(list)]);
        let list = r#"["10.0.0.0/8","10.1.0.0/16","192.168.1.7","0.0.0.0/30"]"#;
        for (ip, inside) in [
            ("10.255.255.255", "True"),
            ("11.0.0.0", "False"),
            ("192.168.1.7", "True"),
            ("192.168.1.8", "False"),
            ("0.0.0.3", "True"),
            ("0.0.0.4", "False"),
            ("x", ""),
        ] {
            assert_eq!(any(ip, list), inside, "{ip}");
        }
        assert_eq!(any("10.0.0.1", r#"["x","10.0.0.0/8"]"#), "True");
        assert_eq!(any("11.0.0.1", r#"["x","10.0.0.0/8"]"#), "");
        assert_eq!(any("11.0.0.1", r#"["0.0.0.0/0"]"#), "True");
        let any = |ip: &str, list: &str| text_of("ipv6_is_in_any_range", &[s(ip), d(list)]);
        assert_eq!(any("10.1.2.3", r#"["::ffff:10.0.0.0/8"]"#), "True");
        assert_eq!(any("::", r#"["::/0"]"#), "True");
    }
}
