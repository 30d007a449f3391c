//! Literals inside the lexer: strings, numbers, and the typed forms such as `datetime(…)`.

use std::sync::Arc;

use super::lexer::TokenKind;
use crate::decimal::Decimal;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::temporal;
use crate::text;
use crate::types::{TICKS_PER_DAY, TICKS_PER_SECOND, Type, UNIX_EPOCH_TICKS, Value};

/// The digits of the least `long`.
pub(super) const LEAST_LONG: &str = "9223372036854775808";

/// Whether a name can start with this character.
pub(super) fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '$')
}

/// Whether a name can go on with this character.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A place in the text, and what was found wrong so far.
pub(super) struct Scanner<'a> {
    /// The text.
    pub text: &'a str,
    /// The next byte.
    pub at: usize,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Scanner<'a> {
    /// At the start of a text.
    pub fn new(text: &'a str) -> Scanner<'a> {
        Scanner {
            text,
            at: 0,
            diagnostics: Vec::new(),
        }
    }

    /// What is left.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether this comes next.
    pub fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// Goes on while the characters are such.
    pub fn skip_while(&mut self, such: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !such(c)).unwrap_or(rest.len());
    }

    /// Whether only white space stands before the place in its line.
    pub fn at_line_start(&self) -> bool {
        let before = &self.text[..self.at];
        let line = before.rfind('\n').map_or(0, |i| i + 1);
        before[line..]
            .chars()
            .all(|c| c.is_whitespace() || c == '\u{feff}')
    }

    /// Notes a mistake.
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    /// Notes characters that stand for nothing.
    pub fn stray(&mut self, span: Span, message: impl Into<String>) {
        let said = Diagnostic::new(Code::Syntax, span, message);
        self.diagnostics.push(said.kusto_as("KS002"));
    }

    /// Notes a malformed literal.
    pub fn bad(&mut self, span: Span, message: impl Into<String>) {
        self.error(Code::BadLiteral, span, message);
    }

    /// Whether an opening bracket comes next, after spaces perhaps.
    pub fn opens(&self) -> bool {
        self.rest().trim_start().starts_with('(')
    }

    /// As [`Scanner::opens`], after comments too.
    pub fn opens_after_comments(&self) -> bool {
        let mut rest = self.rest().trim_start();
        while let Some(comment) = rest.strip_prefix("//") {
            rest = comment
                .split_once('\n')
                .map_or("", |(_, next)| next.trim_start());
        }
        rest.starts_with('(')
    }

    /// `1`, `0xFF`, `1.5e3`, `2.5h`, or a name that starts with a digit.
    pub fn number(&mut self) -> TokenKind {
        let start = self.at;
        if is_raw_guid(self.rest()) {
            self.at += 36;
            let span = Span::new(start, self.at);
            let guid = &self.text[start..self.at];
            let message = format!("a guid is written `guid({guid})`");
            let said = Diagnostic::new(Code::BadLiteral, span, message);
            self.diagnostics.push(said.kusto_as("KS214"));
            return TokenKind::Literal(None);
        }
        self.skip_while(|c| c.is_ascii_digit());
        let digits = self.at;
        self.skip_while(is_name_char);
        let run = &self.text[digits..self.at];
        if run.is_empty() {
            return self.after_digits(start);
        }
        let is_hex = &self.text[start..digits] == "0" && run.len() > 1 && {
            let (x, hex) = run.split_at(1);
            x.eq_ignore_ascii_case("x") && hex.bytes().all(|b| b.is_ascii_hexdigit())
        };
        if is_hex {
            return self.long(start);
        }
        if let Some(exponent) = run.strip_prefix(['e', 'E']) {
            if !exponent.is_empty() && exponent.bytes().all(|b| b.is_ascii_digit()) {
                return self.real(start);
            }
            if exponent.is_empty() && self.exponent_sign() {
                return self.real(start);
            }
        }
        if temporal::parse_duration(&format!("1{run}")).is_some() {
            return self.duration(start);
        }
        TokenKind::Word
    }

    /// After `1` with no letter behind it: a fraction may follow.
    fn after_digits(&mut self, start: usize) -> TokenKind {
        if !self.starts_with(".") || self.starts_with("..") {
            return self.long(start);
        }
        self.at += 1;
        let point = self.at;
        self.skip_while(|c| c.is_ascii_digit());
        let end = self.at;
        self.skip_while(is_name_char);
        let run = &self.text[end..self.at];
        if let Some(exponent) = run.strip_prefix(['e', 'E'])
            && (!exponent.is_empty() && exponent.bytes().all(|b| b.is_ascii_digit())
                || exponent.is_empty() && self.exponent_sign())
        {
            return self.real(start);
        }
        if end > point && temporal::parse_duration(&format!("1{run}")).is_some() {
            return self.duration(start);
        }
        self.at = end;
        self.real(start)
    }

    /// Goes past `+5` or `-5` after the `e` of an exponent.
    fn exponent_sign(&mut self) -> bool {
        let rest = self.rest();
        let Some(digits) = rest.strip_prefix(['+', '-']) else {
            return false;
        };
        let length = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        if length > 0 {
            self.at += 1 + length;
        }
        length > 0
    }

    fn long(&mut self, start: usize) -> TokenKind {
        let digits = &self.text[start..self.at];
        if digits == LEAST_LONG {
            // Whether a sign stands before it is the parser's to see.
            return TokenKind::Literal(Some(Value::Long(i64::MIN)));
        }
        let value = text::parse_long(digits).map(Value::Long);
        self.checked(start, value, "does not fit a `long`")
    }

    fn real(&mut self, start: usize) -> TokenKind {
        let value = text::parse_real(&self.text[start..self.at])
            .filter(|v| v.is_finite())
            .map(Value::Real);
        self.checked(start, value, "does not fit a `real`")
    }

    fn duration(&mut self, start: usize) -> TokenKind {
        let value = temporal::parse_duration(&self.text[start..self.at]).map(Value::Timespan);
        self.checked(start, value, "does not fit a `timespan`")
    }

    fn checked(&mut self, start: usize, value: Option<Value>, problem: &str) -> TokenKind {
        if value.is_none() {
            let literal = shorten(&self.text[start..self.at]);
            self.bad(Span::new(start, self.at), format!("`{literal}` {problem}"));
        }
        TokenKind::Literal(value)
    }

    /// `datetime(…)` and its kin, after their word was read; nothing if no bracket follows.
    pub fn typed_literal(&mut self, start: usize, word: &str) -> Option<TokenKind> {
        let ty = literal_type(word).filter(|_| self.opens())?;
        self.skip_while(char::is_whitespace);
        self.at += 1;
        let open = self.at;
        let Some(length) = self.rest().find(')') else {
            self.skip_while(|c| c != '\n');
            let span = Span::new(start, self.at);
            let message = format!("the literal `{word}(` has no closing bracket");
            let said = Diagnostic::new(Code::BadLiteral, span, message);
            self.diagnostics.push(said.kusto_as("KS001"));
            return Some(TokenKind::Literal(None));
        };
        let content = &self.text[open..open + length];
        self.at = open + length + 1;
        if ty == Type::Datetime && content.trim().is_empty() {
            return Some(TokenKind::Now);
        }
        if ty == Type::Datetime
            && let Some(ticks) = time_of_day(unquote(content.trim()))
        {
            return Some(TokenKind::Today(ticks));
        }
        let value = typed_value(ty, content);
        if value.is_none() {
            let span = Span::new(start, self.at);
            let literal = shorten(&self.text[start..self.at]);
            let mut diagnostic = Diagnostic::new(
                Code::BadLiteral,
                span,
                format!("`{literal}` is not a valid {ty} literal"),
            );
            if content.contains('(') || content.trim().starts_with(char::is_alphabetic) {
                diagnostic = diagnostic.help(format!(
                    "`{word}(…)` holds a constant; `to{ty}(…)` converts an expression"
                ));
            }
            self.diagnostics.push(diagnostic);
        }
        Some(TokenKind::Literal(value))
    }
}

/// The type of the literals written `word(…)`.
fn literal_type(word: &str) -> Option<Type> {
    match word {
        "string" | "dynamic" | "float" | "uint" | "uint32" | "uint64" | "ulong" | "uint8"
        | "uint16" | "int8" | "int16" => None,
        _ => Type::from_name(word),
    }
}

/// The value of `type(content)`.
pub(super) fn typed_value(ty: Type, content: &str) -> Option<Value> {
    let content = content.trim();
    if content == "null" {
        return Some(Value::Null(ty));
    }
    match ty {
        Type::Bool => text::parse_bool(content).map(Value::Bool),
        Type::Int => text::parse_int(content).map(Value::Int),
        Type::Long => text::parse_long(content).map(Value::Long),
        Type::Real => real(content).map(Value::Real),
        Type::Decimal => Decimal::parse(content).map(Value::Decimal),
        Type::Datetime => datetime(unquote(content)).map(Value::Datetime),
        Type::Timespan => timespan(unquote(content)).map(Value::Timespan),
        Type::Guid => guid(unquote(content)).map(Value::Guid),
        Type::String | Type::Dynamic | Type::Unknown => None,
    }
}

fn unquote(content: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = content
            .strip_prefix(quote)
            .and_then(|c| c.strip_suffix(quote))
        {
            return inner.trim();
        }
    }
    content
}

fn real(content: &str) -> Option<f64> {
    let unsigned = content.strip_prefix(['+', '-']).unwrap_or(content);
    if unsigned.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if unsigned.eq_ignore_ascii_case("inf") {
        return Some(if content.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        });
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return text::parse_long(content).map(|v| v as f64);
    }
    content.parse().ok().filter(|v: &f64| v.is_finite())
}

/// `8:00`, `23:59:59.9`: a time without a date, which is one of today.
fn time_of_day(content: &str) -> Option<i64> {
    let hour = content.split_once(':')?.0;
    let digits = |b: u8| b.is_ascii_digit() || b == b':' || b == b'.';
    let right = (1..=2).contains(&hour.len()) && content.bytes().all(digits);
    let ticks = temporal::parse_timespan(content).filter(|_| right)?;
    (0..TICKS_PER_DAY).contains(&ticks).then_some(ticks)
}

/// The forms of `datetime(…)` that `todatetime()` lacks, then those they share.
fn datetime(content: &str) -> Option<i64> {
    if content.contains(',')
        && content
            .bytes()
            .all(|b| b.is_ascii_digit() || b", ".contains(&b))
    {
        return date_parts(content);
    }
    if !content.is_empty() && content.bytes().all(|b| b.is_ascii_digit()) {
        // Of the forms that depend on magnitude only these are known for certain.
        return match content.len() {
            1 => Some(UNIX_EPOCH_TICKS + content.parse::<i64>().ok()? * TICKS_PER_SECOND),
            4 => temporal::parse_datetime(&format!("{content}-01-01")),
            8 => temporal::parse_datetime(&format!(
                "{}-{}-{}",
                &content[..4],
                &content[4..6],
                &content[6..]
            )),
            _ => None,
        };
    }
    temporal::parse_datetime(content).or_else(|| {
        // `2017 - 08 - 01`
        let tight = content.replace(" - ", "-");
        (tight != content).then(|| temporal::parse_datetime(&tight))?
    })
}

/// `2025, 6, 14`, with hours, minutes and seconds perhaps; the rest is the earliest.
fn date_parts(content: &str) -> Option<i64> {
    let mut parts = [0u32, 1, 1, 0, 0, 0];
    for (n, piece) in content.split(',').enumerate() {
        *parts.get_mut(n)? = piece.trim().parse().ok()?;
    }
    let [year, month, day, hour, minute, second] = parts;
    temporal::parse_datetime(&format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    ))
}

/// The forms of `timespan(…)`: days without a unit, then those `totimespan()` shares.
fn timespan(content: &str) -> Option<i64> {
    if let Ok(days) = content.parse::<i64>() {
        return days.checked_mul(TICKS_PER_DAY);
    }
    temporal::parse_timespan(content).or_else(|| temporal::parse_duration(content))
}

/// 32 hexadecimal digits, with dashes at their places or none, in braces perhaps.
fn guid(content: &str) -> Option<[u8; 16]> {
    let inner = content
        .strip_prefix('{')
        .and_then(|c| c.strip_suffix('}'))
        .unwrap_or(content);
    let plain = inner.len() == 32 && inner.bytes().all(|b| b.is_ascii_hexdigit());
    if plain || inner.len() == 36 && is_raw_guid(inner) {
        return text::parse_guid(inner);
    }
    None
}

/// Whether a text starts with a bare guid.
fn is_raw_guid(text: &str) -> bool {
    let Some(bytes) = text.as_bytes().get(..36) else {
        return false;
    };
    bytes.iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    })
}

/// At most 40 characters of a literal, for a message.
pub(super) fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.len() == text.len() && line.chars().count() <= 40 {
        return text.to_string();
    }
    let mut short: String = line.chars().take(37).collect();
    short.push('…');
    short
}

/// A string of the query that was made of adjacent parts.
pub(super) fn concatenate(parts: &[Arc<str>]) -> Arc<str> {
    match parts {
        [one] => one.clone(),
        parts => parts.concat().into(),
    }
}
