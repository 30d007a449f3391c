//! IPv6 addresses and ranges; IPv4 ones count as mapped into them.

use std::net::Ipv6Addr;

use super::ip::{octets, parsed, prefix, prefix_argument};
use crate::contract::{Args, Fault};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&PARSE_IPV6, &PARSE_IPV6_MASK, &COMPARE, &IS_MATCH, &IS_IN_RANGE];

/// What makes an IPv6 address of an IPv4 one.
const MAPPED: u128 = 0xffff_0000_0000;

/// An IPv6 address, or an IPv4 one mapped into them, masked by its own prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V6 {
    /// The address as a number, most significant group first.
    pub address: u128,
    /// Bits of its prefix, 128 when the text has none.
    pub prefix: u8,
    /// Whether it was written as IPv4.
    v4: bool,
    /// Whether its tail was dotted.
    dotted: bool,
}

impl V6 {
    /// Reads an IPv6 or IPv4 address, with an optional zone and prefix, between spaces. An address whose tail is dotted has a
    /// prefix of IPv4.
    pub fn parse(text: &str) -> Option<V6> {
        let text = text.trim();
        let (address, digits) = match text.split_once('/') {
            Some((address, digits)) => (address, Some(digits.as_bytes())),
            None => (text, None),
        };
        let address = address.split_once('%').map_or(address, |(a, _)| a);
        let dotted = address.contains('.');
        let bits = match (digits, dotted) {
            (None, _) => 128,
            (Some(digits), true) => 96 + prefix(digits, 32)?,
            (Some(digits), false) => prefix(digits, 128)?,
        };
        let (number, v4) = match octets(address.as_bytes()) {
            Some((number, [])) => (MAPPED | u128::from(number), true),
            _ => (u128::from(address.parse::<Ipv6Addr>().ok()?), false),
        };
        Some(V6 {
            address: mask(number, bits),
            prefix: bits,
            v4,
            dotted,
        })
    }

    /// The address as comparisons see it: `::1.2.3.4` is the IPv4 address 1.2.3.4 (measured).
    pub fn compared(self) -> u128 {
        if self.dotted && self.address >> 32 == 0 {
            return self.address | MAPPED;
        }
        self.address
    }

    /// Whether another address is in this range.
    pub fn holds(self, other: V6) -> bool {
        mask(other.compared(), self.prefix) == self.compared()
    }
}

/// The first `prefix` bits of an address.
pub fn mask(address: u128, prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        bits => address & (u128::MAX << (128 - u32::from(bits.min(128)))),
    }
}

/// Eight groups of four hexadecimal digits.
fn groups(address: u128) -> String {
    let groups = (0..8).rev().map(|i| format!("{:04x}", (address >> (16 * i)) as u16));
    groups.collect::<Vec<_>>().join(":")
}

static PARSE_IPV6: Scalar = Scalar {
    signatures: &["parse_ipv6(ip: string) -> string"],
    doc: Doc {
        summary: "Writes an IPv6 or IPv4 address as eight groups of four hexadecimal digits.",
        details: "An IPv4 address is mapped into IPv6; a prefix masks the address, a zone is dropped. Empty when it is no \
                  address.",
        examples: &[
            (
                "parse_ipv6('fe80::85d:e82c:9446:7994')",
                "fe80:0000:0000:0000:085d:e82c:9446:7994",
            ),
            (
                "parse_ipv6('192.168.255.255/24')",
                "0000:0000:0000:0000:0000:ffff:c0a8:ff00",
            ),
            ("parse_ipv6('host')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|ip: &str| Some(groups(V6::parse(ip)?.address)))),
    ..Scalar::DEFAULT
};

static PARSE_IPV6_MASK: Scalar = Scalar {
    signatures: &["parse_ipv6_mask(ip: string, prefix: long) -> string"],
    doc: Doc {
        summary: "Writes an IPv6 or IPv4 address, masked by a prefix, as eight groups of four hexadecimal digits.",
        details: "The prefix counts 128 bits, for an IPv4 address too; the shorter of it and the address' own counts. Empty \
                  when either is not valid.",
        examples: &[
            (
                "parse_ipv6_mask('192.168.255.255', 120)",
                "0000:0000:0000:0000:0000:ffff:c0a8:ff00",
            ),
            (
                "parse_ipv6_mask('fe80::85d:e82c:9446:7994/120', 124)",
                "fe80:0000:0000:0000:085d:e82c:9446:7900",
            ),
        ],
    },
    eval: Eval::Columns(|args| {
        let (ip, prefix) = (parsed(args, 0, V6::parse)?, prefix_argument(args, 1, 128)?);
        args.build(|row| Some(groups(mask(ip(row)?.address, prefix(row)?))))
    }),
    ..Scalar::DEFAULT
};

const PAIR_DETAILS: &str = "IPv4 addresses count as mapped into IPv6. Both are masked by the shortest of the prefixes: the \
                            argument, and each address' own. The argument counts 128 bits, or up to 32 of two IPv4 addresses. \
                            Null when one is not valid.";

static COMPARE: Scalar = Scalar {
    signatures: &["ipv6_compare(left: string, right: string, [prefix: long]) -> long"],
    doc: Doc {
        summary: "Compares two IPv6 or IPv4 addresses: -1, 0 or 1.",
        details: PAIR_DETAILS,
        examples: &[
            ("ipv6_compare('192.168.1.1', '::ffff:c0a8:0101')", "0"),
            ("ipv6_compare('fe80::1', 'fe80::2')", "-1"),
            ("ipv6_compare('fe80::1', 'fe80::2', 120)", "0"),
        ],
    },
    eval: Eval::Columns(|args| {
        let pair = masked_pair(args)?;
        args.build(|row| pair(row).map(|(a, b)| a.cmp(&b) as i64))
    }),
    ..Scalar::DEFAULT
};

static IS_MATCH: Scalar = Scalar {
    signatures: &["ipv6_is_match(left: string, right: string, [prefix: long]) -> bool"],
    doc: Doc {
        summary: "Whether two IPv6 or IPv4 addresses are equal as far as their prefixes go.",
        details: PAIR_DETAILS,
        examples: &[
            ("ipv6_is_match('fe80::1/120', 'fe80::2')", "True"),
            ("ipv6_is_match('192.168.1.1', '192.168.1.0', 31)", "True"),
            ("ipv6_is_match('fe80::1', 'host')", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let pair = masked_pair(args)?;
        args.build(|row| pair(row).map(|(a, b)| a == b))
    }),
    ..Scalar::DEFAULT
};

/// Two addresses masked by the shortest of their prefixes and the argument.
fn masked_pair<'a>(
    args: &'a Args<'_>,
) -> Result<impl Fn(usize) -> Option<(u128, u128)> + 'a, Fault> {
    let (left, right) = (parsed(args, 0, V6::parse)?, parsed(args, 1, V6::parse)?);
    let argument = prefix_argument(args, 2, 128)?;
    Ok(move |row: usize| {
        let (a, b) = (left(row)?, right(row)?);
        let argument = match argument(row)? {
            bits @ 0..=32 if a.v4 && b.v4 => 96 + bits,
            bits => bits,
        };
        let prefix = argument.min(a.prefix).min(b.prefix);
        Some((mask(a.compared(), prefix), mask(b.compared(), prefix)))
    })
}

static IS_IN_RANGE: Scalar = Scalar {
    signatures: &["ipv6_is_in_range(ip: string, range: string) -> bool"],
    doc: Doc {
        summary: "Whether an IPv6 or IPv4 address is in a range.",
        details: "A range without a prefix is one address; IPv4 counts as mapped into IPv6. Null when either is not valid.",
        examples: &[
            (
                "ipv6_is_in_range('a5e:f127:8a9d:146d:e102:b5d3:c755:abcd', 'a5e:f127:8a9d:146d:e102:b5d3:c755:0/112')",
                "True",
            ),
            ("ipv6_is_in_range('fe80::1', '10.0.0.0/8')", "False"),
        ],
    },
    eval: Eval::Columns(|args| {
        let (ip, range) = (parsed(args, 0, V6::parse)?, parsed(args, 1, V6::parse)?);
        args.build(|row| {
            let ip = ip(row)?;
            Some(range(row)?.holds(ip))
        })
    }),
    ..Scalar::DEFAULT
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_as_kusto_does() {
        let parse = |text| V6::parse(text).map(|ip| groups(ip.address));
        let zeros = "0000:0000:0000:0000:0000:";
        assert_eq!(parse("192.168.1.1/0").unwrap(), format!("{zeros}ffff:0000:0000"));
        assert_eq!(parse("::192.168.255.255/24").unwrap(), format!("{zeros}0000:c0a8:ff00"));
        assert_eq!(parse("fe80::1%eth0").unwrap(), "fe80:0000:0000:0000:0000:0000:0000:0001");
        for bad in ["", "1.2.3.4/120", "::1/129", "::g", "01.2.3.4", "1:2:3", "::1/"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
