//! String literals inside the lexer, in all their quotations.

use std::sync::Arc;

use super::literal::Scanner;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Scanner<'_> {
    /// `"…"`, `'…'`, `@"…"`, `` ```…``` ``, `~~~…~~~`, any of them after `h`; nothing if none
    /// comes next.
    pub fn string(&mut self) -> Option<Arc<str>> {
        let start = self.at;
        let rest = self.rest();
        let rest = rest.strip_prefix(['h', 'H']).unwrap_or(rest);
        let prefix = self.rest().len() - rest.len();
        for fence in ["```", "~~~"] {
            if rest.starts_with(fence) {
                self.at += prefix + fence.len();
                return Some(self.fenced(start, fence));
            }
        }
        let (verbatim, rest) = match rest.strip_prefix('@') {
            Some(rest) => (1, rest),
            None => (0, rest),
        };
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        self.at += prefix + verbatim + 1;
        Some(if verbatim == 1 {
            self.verbatim(start, quote)
        } else {
            self.escaped(start, quote)
        })
    }

    fn fenced(&mut self, start: usize, fence: &str) -> Arc<str> {
        let rest = self.rest();
        let length = rest.find(fence).unwrap_or_else(|| {
            self.bad(
                Span::new(start, start + fence.len()),
                format!("the string that starts with `{fence}` is never closed"),
            );
            rest.len()
        });
        self.at = (self.at + length + fence.len()).min(self.text.len());
        rest[..length].into()
    }

    /// A raw string: only the quote itself is doubled.
    fn verbatim(&mut self, start: usize, quote: char) -> Arc<str> {
        let mut value = String::new();
        while let Some(c) = self.peek().filter(|c| !matches!(c, '\r' | '\n')) {
            self.at += c.len_utf8();
            if c == quote {
                if self.peek() != Some(quote) {
                    return value.into();
                }
                self.at += 1;
            }
            value.push(c);
        }
        self.unclosed(start);
        value.into()
    }

    fn escaped(&mut self, start: usize, quote: char) -> Arc<str> {
        let mut value = String::new();
        while let Some(c) = self.peek().filter(|c| !matches!(c, '\r' | '\n')) {
            let at = self.at;
            self.at += c.len_utf8();
            if c == quote {
                return value.into();
            }
            if c != '\\' {
                value.push(c);
                continue;
            }
            match self.escape() {
                Some(c) => value.push(c),
                None => {
                    if self.peek().is_some_and(|c| !matches!(c, '\r' | '\n')) && self.at == at + 1 {
                        self.at += self.peek().map_or(0, char::len_utf8);
                    }
                    let sequence = self.text[at..self.at].to_string();
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::BadLiteral,
                            Span::new(at, self.at),
                            format!("`{sequence}` is no escape sequence"),
                        )
                        .kusto_as("KS001")
                        .help("write `\\\\` for a backslash, or put `@` before the string"),
                    );
                }
            }
        }
        self.unclosed(start);
        value.into()
    }

    fn unclosed(&mut self, start: usize) {
        let message = "the string has no closing quotation mark in this line";
        let said = Diagnostic::new(Code::BadLiteral, Span::new(start, self.at), message);
        self.diagnostics.push(said.kusto_as("KS001"));
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Option<char> {
        let c = self.peek()?;
        let plain = match c {
            '\\' | '\'' | '"' => c,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'u' => return self.unicode(),
            'U' => return char::from_u32(self.hex(8)?),
            'x' => return char::from_u32(self.hex(2)?),
            '0'..='7' => return self.octal(),
            _ => return None,
        };
        self.at += c.len_utf8();
        Some(plain)
    }

    /// `uXXXX`, or two of them for a character beyond the first plane.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex(4)?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        if !self.starts_with("\\u") {
            return None;
        }
        self.at += 1;
        let low = self.hex(4).filter(|low| (0xdc00..0xe000).contains(low))?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    /// Reads the letter and `count` hexadecimal digits after it.
    fn hex(&mut self, count: usize) -> Option<u32> {
        let digits = self.rest().get(1..=count)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 1 + count;
        u32::from_str_radix(digits, 16).ok()
    }

    /// One to three octal digits, at most `377`.
    fn octal(&mut self) -> Option<char> {
        let rest = self.rest();
        let most = if rest.starts_with(['0', '1', '2', '3']) {
            3
        } else {
            2
        };
        let length = rest
            .bytes()
            .take(most)
            .take_while(|b| matches!(b, b'0'..=b'7'))
            .count();
        self.at += length;
        char::from_u32(u32::from_str_radix(&rest[..length], 8).ok()?)
    }
}
