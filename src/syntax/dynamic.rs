//! `dynamic(…)` inside the lexer: JSON with Kusto's own scalars, made into compact JSON text.

use std::collections::HashMap;
use std::sync::Arc;

use super::lexer::TokenKind;
use super::literal::{Scanner, is_name_char, shorten};
use super::nesting;
use crate::diagnostic::{Code, Diagnostic};
use crate::json;
use crate::source::Span;
use crate::text;
use crate::types::{Type, Value};

/// Why a dynamic literal was not read: our code and Microsoft's id, where, and the message.
type Failure = (Code, Option<&'static str>, Span, String);

/// What stands before a `:`.
const KEY: &str = "a key in quotation marks";

impl Scanner<'_> {
    /// A dynamic literal whose word was read.
    pub fn dynamic(&mut self, start: usize) -> TokenKind {
        let after = self.at;
        let mut json = String::new();
        match self.bracketed(&mut json, 0) {
            Ok(()) if json == "null" => TokenKind::Literal(Some(Value::Null(Type::Dynamic))),
            Ok(()) => TokenKind::Literal(Some(Value::Dynamic(json.into()))),
            Err((code, kusto, span, message)) => {
                let mut said = Diagnostic::new(code, span, message);
                said.finer = kusto;
                self.diagnostics.push(said);
                self.at = after;
                self.skip_brackets(start);
                // What it holds is not known, but what it is.
                TokenKind::Literal(Some(Value::Null(Type::Dynamic)))
            }
        }
    }

    fn space(&mut self) {
        loop {
            self.skip_while(|c| c.is_whitespace() || c == '\u{feff}');
            if !self.starts_with("//") {
                return;
            }
            self.skip_while(|c| c != '\n');
        }
    }

    fn eat(&mut self, symbol: char) -> bool {
        self.space();
        let found = self.starts_with(symbol.encode_utf8(&mut [0; 4]));
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    fn bracketed(&mut self, out: &mut String, depth: usize) -> Result<(), Failure> {
        self.eat('(');
        self.value(out, depth + 1)?;
        if self.eat(')') {
            return Ok(());
        }
        Err(self.unexpected("`)`"))
    }

    fn unexpected(&self, expected: &str) -> Failure {
        let kusto = match expected {
            "a value" | KEY => "KS006",
            _ => "KS005",
        };
        let rest = self.rest();
        let length = match rest.find(|c| !is_name_char(c)) {
            Some(0) => rest.chars().next().map_or(0, char::len_utf8),
            Some(length) => length,
            None => rest.len(),
        };
        let found = if length == 0 {
            "the end of the query".to_string()
        } else {
            format!("`{}`", &rest[..length])
        };
        (
            Code::BadLiteral,
            Some(kusto),
            Span::new(self.at, self.at + length),
            format!("inside `dynamic(…)`, expected {expected}; found {found}"),
        )
    }

    fn value(&mut self, out: &mut String, depth: usize) -> Result<(), Failure> {
        self.space();
        if depth > nesting::MAX_BRACKETS {
            let span = Span::new(self.at, self.at + 1);
            return Err((Code::TooDeep, None, span, nesting::TOO_DEEP.into()));
        }
        if let Some(string) = self.strings() {
            json::write_quoted(&string, out);
            return Ok(());
        }
        match self.peek() {
            Some('[') => self.array(out, depth),
            Some('{') => self.bag(out, depth),
            Some('-' | '0'..='9') => self.dynamic_number(out),
            Some(c) if c.is_ascii_alphabetic() => self.dynamic_word(out, depth),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// What is expected where no key stands.
    fn instead_of_key(&self, first: bool) -> &'static str {
        match first && !self.starts_value() && !matches!(self.peek(), Some(',' | ':')) {
            true => "`}` or a key",
            false => KEY,
        }
    }

    /// Whether a value comes next.
    fn starts_value(&self) -> bool {
        self.peek().is_some_and(|c| {
            c.is_ascii_alphanumeric() || matches!(c, '[' | '{' | '-' | '\'' | '"' | '@' | '`' | '~')
        })
    }

    /// Adjacent strings.
    fn strings(&mut self) -> Option<String> {
        let mut all = self.string()?.to_string();
        loop {
            let before = self.at;
            self.space();
            match self.string() {
                Some(more) => all.push_str(&more),
                None => {
                    self.at = before;
                    return Some(all);
                }
            }
        }
    }

    fn array(&mut self, out: &mut String, depth: usize) -> Result<(), Failure> {
        self.eat('[');
        out.push('[');
        if !self.eat(']') {
            loop {
                let first = out.ends_with('[');
                self.space();
                if first && !self.starts_value() && self.peek() != Some(',') {
                    return Err(self.unexpected("`]` or a value"));
                }
                self.value(out, depth + 1)?;
                if self.eat(']') {
                    break;
                }
                if !self.eat(',') {
                    return Err(self.unexpected("`,` or `]`"));
                }
                out.push(',');
            }
        }
        out.push(']');
        Ok(())
    }

    /// A bag; of a repeated key the last value stands at the place of the first.
    fn bag(&mut self, out: &mut String, depth: usize) -> Result<(), Failure> {
        self.eat('{');
        let mut entries: Vec<(Arc<str>, String)> = Vec::new();
        let mut places: HashMap<Arc<str>, usize> = HashMap::new();
        if !self.eat('}') {
            loop {
                self.space();
                let Some(key) = self.string() else {
                    return Err(self.unexpected(self.instead_of_key(entries.is_empty())));
                };
                if !self.eat(':') {
                    return Err(self.unexpected("`:`"));
                }
                let mut value = String::new();
                self.value(&mut value, depth + 1)?;
                match places.get(&key) {
                    Some(place) => entries[*place].1 = value,
                    None => {
                        places.insert(key.clone(), entries.len());
                        entries.push((key, value));
                    }
                }
                if self.eat('}') {
                    break;
                }
                if !self.eat(',') {
                    return Err(self.unexpected("`,` or `}`"));
                }
            }
        }
        let mut bag = json::BagWriter::new();
        for (key, value) in &entries {
            bag.entry_json(key, value);
        }
        out.push_str(&bag.finish());
        Ok(())
    }

    fn dynamic_number(&mut self, out: &mut String) -> Result<(), Failure> {
        let start = self.at;
        let negative = self.eat('-');
        if !self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            self.at = start;
            return Err(self.unexpected("a number"));
        }
        let digits = self.at;
        let found = self.diagnostics.len();
        let kind = self.number();
        self.diagnostics.truncate(found);
        let value = match kind {
            TokenKind::Literal(Some(Value::Long(v))) if negative => {
                Some(Value::Long(v.wrapping_neg()))
            }
            TokenKind::Literal(Some(Value::Real(v))) if negative => Some(Value::Real(-v)),
            TokenKind::Literal(Some(Value::Timespan(_))) if negative => None,
            TokenKind::Literal(Some(Value::Long(i64::MIN))) => {
                Some(Value::Real(-(i64::MIN as f64)))
            }
            TokenKind::Literal(Some(value)) => Some(value),
            // A whole number beyond `long` is a double, as in any JSON.
            _ => text::parse_real(&self.text[digits..self.at])
                .filter(|v| v.is_finite())
                .map(|v| Value::Real(if negative { -v } else { v })),
        };
        match value {
            Some(value) => {
                write_scalar(&value, out);
                Ok(())
            }
            None => {
                let span = Span::new(start, self.at);
                let literal = shorten(&self.text[start..self.at]);
                Err((
                    Code::BadLiteral,
                    None,
                    span,
                    format!("`{literal}` is no value that `dynamic(…)` can hold"),
                ))
            }
        }
    }

    fn dynamic_word(&mut self, out: &mut String, depth: usize) -> Result<(), Failure> {
        let start = self.at;
        self.skip_while(is_name_char);
        let word = &self.text[start..self.at];
        match word {
            "null" => out.push_str("null"),
            "true" | "True" | "TRUE" => out.push_str("true"),
            "false" | "False" | "FALSE" => out.push_str("false"),
            "dynamic" if self.opens_after_comments() => return self.bracketed(out, depth),
            _ => {
                let found = self.diagnostics.len();
                let value = match self.typed_literal(start, word) {
                    Some(TokenKind::Literal(value)) => value,
                    _ => None,
                };
                self.diagnostics.truncate(found);
                let allowed = |value: &Value| {
                    !matches!(
                        value,
                        Value::Bool(_)
                            | Value::Decimal(_)
                            | Value::Int(_)
                            | Value::Null(Type::Datetime | Type::Bool | Type::Decimal | Type::Int)
                    )
                };
                let Some(value) = value.filter(allowed) else {
                    let literal = shorten(&self.text[start..self.at]);
                    let kusto = match word {
                        "decimal" => Some("KS215"),
                        "int" => Some("KS006"),
                        _ if literal == word => Some("KS005"),
                        _ => None,
                    };
                    return Err((
                        Code::BadLiteral,
                        kusto,
                        Span::new(start, self.at),
                        format!("`{literal}` is no value that `dynamic(…)` can hold"),
                    ));
                };
                write_scalar(&value, out);
            }
        }
        Ok(())
    }

    /// After a mistake: goes past the literal's closing bracket, or to the end of the statement.
    fn skip_brackets(&mut self, start: usize) {
        let found = self.diagnostics.len();
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            if self.string().is_some() {
                continue;
            }
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                ';' | '|' => return self.diagnostics.truncate(found),
                _ => {}
            }
            self.at += c.len_utf8();
            if depth == 0 && self.at > start + "dynamic".len() && matches!(c, ')' | ']' | '}') {
                break;
            }
        }
        self.diagnostics.truncate(found);
    }
}

/// A scalar as a dynamic literal stores it.
fn write_scalar(value: &Value, out: &mut String) {
    match value {
        Value::Timespan(ticks) => text::write_long(*ticks, out),
        Value::Datetime(ticks) => json::write_datetime(*ticks, out),
        value => json::write_element(value, out),
    }
}
