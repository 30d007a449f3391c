//! IPv4 addresses and ranges: parsing, formatting, comparing.

use arrow::array::ArrayRef;

use crate::contract::{Args, Fault};
use crate::json::ArrayWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &PARSE_IPV4,
    &PARSE_IPV4_MASK,
    &FORMAT_IPV4,
    &FORMAT_IPV4_MASK,
    &NETMASK_SUFFIX,
    &COMPARE,
    &IS_MATCH,
    &IS_IN_RANGE,
    &IS_PRIVATE,
    &RANGE_TO_CIDR_LIST,
];

/// An IPv4 address, masked by its own prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V4 {
    /// The address as a number, most significant octet first.
    pub address: u32,
    /// Bits of its prefix, 32 when the text has none.
    pub prefix: u8,
}

impl V4 {
    /// Reads `a.b.c.d` or `a.b.c.d/p` between spaces: four decimal octets without leading zeros.
    pub fn parse(text: &str) -> Option<V4> {
        let bytes = text.as_bytes();
        let (address, rest) = match octets(bytes) {
            Some(found) => found,
            None => octets(text.trim_start().as_bytes())?,
        };
        if rest.is_empty() {
            return Some(V4 {
                address,
                prefix: 32,
            });
        }
        let prefix = match rest.trim_ascii_end() {
            [] => 32,
            [b'/', digits @ ..] => prefix(digits, 32)?,
            _ => return None,
        };
        Some(V4 {
            address: mask(address, prefix),
            prefix,
        })
    }

    /// Whether another address is in this range.
    pub fn holds(self, other: V4) -> bool {
        mask(other.address, self.prefix) == self.address
    }
}

/// A prefix length: up to three digits, no more than `most`.
pub(super) fn prefix(digits: &[u8], most: u8) -> Option<u8> {
    if digits.is_empty() || digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0u16, |value, d| value * 10 + u16::from(d - b'0'));
    u8::try_from(value).ok().filter(|p| *p <= most)
}

/// The four octets at the start of a text, and what is after them.
pub(super) fn octets(mut bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut address = 0u32;
    for place in 0..4 {
        if place > 0 {
            bytes = bytes.strip_prefix(b".")?;
        }
        let (octet, rest) = octet(bytes)?;
        address = address << 8 | u32::from(octet);
        bytes = rest;
    }
    Some((address, bytes))
}

fn octet(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |i: usize| bytes.get(i).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10);
    let first = digit(0)?;
    let Some(second) = digit(1) else {
        return Some((first, &bytes[1..]));
    };
    if first == 0 {
        return None;
    }
    let two = first * 10 + second;
    match digit(2) {
        None => Some((two, &bytes[2..])),
        Some(third) => Some((two.checked_mul(10)?.checked_add(third)?, &bytes[3..])),
    }
}

/// The first `prefix` bits of an address.
pub fn mask(address: u32, prefix: u8) -> u32 {
    match prefix {
        0 => 0,
        bits => address & (u32::MAX << (32 - u32::from(bits.min(32)))),
    }
}

/// Dotted text of an address.
pub fn dotted(address: u32) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}

/// The parsed values of a string argument; a constant is parsed once.
pub(super) fn parsed<'a, T: Copy + 'a>(
    args: &'a Args<'_>,
    index: usize,
    parse: fn(&str) -> Option<T>,
) -> Result<impl Fn(usize) -> Option<T> + 'a, Fault> {
    let column = args.column::<&str>(index)?;
    let read = move |row: usize| <&str as Arg<'_>>::at(&column, row).and_then(parse);
    let constant = args.datum(index)?.constant.then(|| read(0));
    Ok(move |row: usize| match constant {
        Some(value) => value,
        None => read(row),
    })
}

/// An optional prefix argument, at most `most`; outside of 0 to `most` is `None`.
pub(super) fn prefix_argument<'a>(
    args: &'a Args<'_>,
    index: usize,
    most: u8,
) -> Result<impl Fn(usize) -> Option<u8> + 'a, Fault> {
    let column = match args.values.get(index) {
        Some(_) => Some(args.column::<i64>(index)?),
        None => None,
    };
    Ok(move |row: usize| match &column {
        None => Some(most),
        Some(column) => u8::try_from(i64::at(column, row)?)
            .ok()
            .filter(|p| *p <= most),
    })
}

static PARSE_IPV4: Scalar = Scalar {
    signatures: &["parse_ipv4(ip: string) -> long"],
    doc: Doc {
        summary: "Turns an IPv4 address into a number.",
        details: "An address is four decimal octets without leading zeros, optionally with a prefix (`10.1.2.3/8`), \
                  which masks it; spaces around it are ignored. Anything else is null.",
        examples: &[
            ("parse_ipv4('0.0.1.2')", "258"),
            ("parse_ipv4('203.0.113.10/24')", "3405803776"),
            ("parse_ipv4('01.2.3.4')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|ip: &str| Some(i64::from(V4::parse(ip)?.address)))),
    ..Scalar::DEFAULT
};

static PARSE_IPV4_MASK: Scalar = Scalar {
    signatures: &["parse_ipv4_mask(ip: string, prefix: long) -> long"],
    doc: Doc {
        summary: "Turns an IPv4 address, masked by a prefix, into a number.",
        details: "The shorter of the two prefixes counts: the argument, or the address' own. Null when either is not valid.",
        examples: &[
            ("parse_ipv4_mask('127.0.0.1', 24)", "2130706432"),
            ("parse_ipv4_mask('127.0.0.1', 33)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let (ip, prefix) = (parsed(args, 0, V4::parse)?, prefix_argument(args, 1, 32)?);
        args.build(|row| Some(i64::from(mask(ip(row)?.address, prefix(row)?))))
    }),
    ..Scalar::DEFAULT
};

static FORMAT_IPV4: Scalar = Scalar {
    signatures: &[
        "format_ipv4(ip: string, [prefix: long]) -> string",
        "format_ipv4(ip: long, [prefix: long]) -> string",
    ],
    doc: Doc {
        summary: "Writes an IPv4 address, given as text or number, masked by a prefix.",
        details: "The shorter of the two prefixes counts: the argument, or the address' own. Empty when either is not valid.",
        examples: &[
            ("format_ipv4('192.168.1.77', 24)", "192.168.1.0"),
            ("format_ipv4(3232235777)", "192.168.1.1"),
            ("format_ipv4('192.168.1.1', -1)", ""),
        ],
    },
    eval: Eval::Columns(|args| format(args, false)),
    ..Scalar::DEFAULT
};

static FORMAT_IPV4_MASK: Scalar = Scalar {
    signatures: &[
        "format_ipv4_mask(ip: string, [prefix: long]) -> string",
        "format_ipv4_mask(ip: long, [prefix: long]) -> string",
    ],
    doc: Doc {
        summary: "Writes an IPv4 range, given by an address as text or number and a prefix.",
        details: "The shorter of the two prefixes counts: the argument, or the address' own. Empty when either is not valid.",
        examples: &[
            ("format_ipv4_mask('192.168.1.77', 24)", "192.168.1.0/24"),
            ("format_ipv4_mask('192.168.1.77/16', 24)", "192.168.0.0/16"),
        ],
    },
    eval: Eval::Columns(|args| format(args, true)),
    ..Scalar::DEFAULT
};

fn format(args: &Args<'_>, with_prefix: bool) -> Result<ArrayRef, Fault> {
    let argument = prefix_argument(args, 1, 32)?;
    let write = |ip: V4, row: usize| {
        let prefix = argument(row)?.min(ip.prefix);
        let text = dotted(mask(ip.address, prefix));
        Some(if with_prefix { format!("{text}/{prefix}") } else { text })
    };
    if args.datum(0)?.ty == Type::Long {
        let number = args.column::<i64>(0)?;
        return args.build(|row| {
            let address = u32::try_from(i64::at(&number, row)?).ok()?;
            let prefix = 32;
            write(V4 { address, prefix }, row)
        });
    }
    let ip = parsed(args, 0, V4::parse)?;
    args.build(|row| write(ip(row)?, row))
}

static NETMASK_SUFFIX: Scalar = Scalar {
    signatures: &["ipv4_netmask_suffix(ip: string) -> long"],
    doc: Doc {
        summary: "The prefix length of an IPv4 range.",
        details: "32 for an address without one, null for anything else.",
        examples: &[
            ("ipv4_netmask_suffix('10.1.2.3/8')", "8"),
            ("ipv4_netmask_suffix('10.1.2.3')", "32"),
        ],
    },
    eval: Eval::Columns(|args| args.map(|ip: &str| Some(i64::from(V4::parse(ip)?.prefix)))),
    ..Scalar::DEFAULT
};

static COMPARE: Scalar = Scalar {
    signatures: &["ipv4_compare(left: string, right: string, [prefix: long]) -> long"],
    doc: Doc {
        summary: "Compares two IPv4 addresses: -1, 0 or 1.",
        details: "Both are masked by the shortest of the prefixes: the argument, and each address' own. Null when one is \
                  not valid.",
        examples: &[
            ("ipv4_compare('10.0.0.1', '10.0.0.2')", "-1"),
            ("ipv4_compare('192.168.1.1/30', '192.168.1.255/24')", "0"),
            ("ipv4_compare('10.0.0.1', 'host')", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let pair = masked_pair(args)?;
        args.build(|row| pair(row).map(|(a, b)| a.cmp(&b) as i64))
    }),
    ..Scalar::DEFAULT
};

static IS_MATCH: Scalar = Scalar {
    signatures: &["ipv4_is_match(left: string, right: string, [prefix: long]) -> bool"],
    doc: Doc {
        summary: "Whether two IPv4 addresses are equal as far as their prefixes go.",
        details: "Both are masked by the shortest of the prefixes: the argument, and each address' own. Null when one is \
                  not valid.",
        examples: &[
            ("ipv4_is_match('192.168.1.1', '192.168.1.255/24')", "True"),
            ("ipv4_is_match('192.168.1.1', '192.168.1.255', 24)", "True"),
            ("ipv4_is_match('192.168.1.1', '192.168.2.1')", "False"),
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
) -> Result<impl Fn(usize) -> Option<(u32, u32)> + 'a, Fault> {
    let (left, right) = (parsed(args, 0, V4::parse)?, parsed(args, 1, V4::parse)?);
    let argument = prefix_argument(args, 2, 32)?;
    Ok(move |row: usize| {
        let (a, b) = (left(row)?, right(row)?);
        let prefix = argument(row)?.min(a.prefix).min(b.prefix);
        Some((mask(a.address, prefix), mask(b.address, prefix)))
    })
}

static IS_IN_RANGE: Scalar = Scalar {
    signatures: &["ipv4_is_in_range(ip: string, range: string) -> bool"],
    doc: Doc {
        summary: "Whether an IPv4 address is in a range.",
        details: "A range without a prefix is one address. Null when either is not valid.",
        examples: &[
            ("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", "True"),
            ("ipv4_is_in_range('192.168.2.6', '192.168.1.1/24')", "False"),
            ("ipv4_is_in_range('host', '192.168.1.1/24')", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let (ip, range) = (parsed(args, 0, V4::parse)?, parsed(args, 1, V4::parse)?);
        args.build(|row| {
            let ip = ip(row)?;
            Some(range(row)?.holds(ip))
        })
    }),
    ..Scalar::DEFAULT
};

static IS_PRIVATE: Scalar = Scalar {
    signatures: &["ipv4_is_private(ip: string) -> bool"],
    doc: Doc {
        summary: "Whether an IPv4 address is in one of the private ranges.",
        details: "These are 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 only: neither the loopback addresses, nor \
                  169.254.0.0/16, nor 100.64.0.0/10. Null for anything but an IPv4 address, IPv6 included.",
        examples: &[
            ("ipv4_is_private('10.1.2.3')", "True"),
            ("ipv4_is_private('192.168.1.1/24')", "True"),
            ("ipv4_is_private('127.0.0.1')", "False"),
            ("ipv4_is_private('fe80::1')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|ip: &str| Some(is_private(V4::parse(ip)?.address)))),
    ..Scalar::DEFAULT
};

fn is_private(address: u32) -> bool {
    address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8
}

static RANGE_TO_CIDR_LIST: Scalar = Scalar {
    signatures: &["ipv4_range_to_cidr_list(start: string, end: string) -> dynamic"],
    doc: Doc {
        summary: "The fewest IPv4 ranges that together hold all addresses from one to another.",
        details: "Both ends are included. Null when an end is not valid; empty when the end is before the start.",
        examples: &[(
            "ipv4_range_to_cidr_list('10.0.0.0', '10.0.0.4')",
            r#"["10.0.0.0/30","10.0.0.4/32"]"#,
        )],
    },
    eval: Eval::Columns(|args| {
        args.map2(|start: &str, end: &str| {
            let (start, end) = (V4::parse(start)?.address, V4::parse(end)?.address);
            let mut list = ArrayWriter::new();
            if start <= end {
                for net in ipnet::Ipv4Subnets::new(start.into(), end.into(), 0) {
                    list.push_str(&net.to_string());
                }
            }
            Some(Json(list.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_as_kusto_does() {
        let parse = |text| V4::parse(text).map(|ip| (dotted(ip.address), ip.prefix));
        let ip = |text: &str, prefix| Some((text.to_string(), prefix));
        assert_eq!(parse("192.168.1.1"), ip("192.168.1.1", 32));
        assert_eq!(parse(" 192.168.1.77/24 "), ip("192.168.1.0", 24));
        assert_eq!(parse("255.255.255.255/0"), ip("0.0.0.0", 0));
        for bad in [
            "", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "01.2.3.4", "1.2.3.256",
            "1.2.3.1000", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/+1", "1.2.3.4/0001", "a.2.3.4",
            "1.2.3.4x", "١.2.3.4", "-1.2.3.4",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
