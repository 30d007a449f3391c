//! Tokens as the input of nom's parsers, and the small parsers everything is made of.
//!
//! Every failed match is noted with its place, and what was expected at the farthest place is what
//! the user is told. The grammar decides by looking ahead, so no place is parsed twice.

mod told;

use std::cell::{Cell, RefCell};
use std::iter::Enumerate;
use std::slice::Iter;

use nom::error::ErrorKind;
use nom::{Input, Needed};

use super::expression::starts_statement;
use super::lexer::{Token, TokenKind};
use super::literal::shorten;
use super::nesting::Brackets;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// So many mistakes of one query are reported; more would hardly help anyone.
const MAX_REPORTS: usize = 20;

/// What a grammar rule returns.
pub type Parsed<'a, T> = nom::IResult<Tokens<'a>, T, ParseError>;

/// That a rule failed; why is kept in the input's shared state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError;

impl nom::error::ParseError<Tokens<'_>> for ParseError {
    fn from_error_kind(_: Tokens<'_>, _: ErrorKind) -> ParseError {
        ParseError
    }

    fn append(_: Tokens<'_>, _: ErrorKind, other: ParseError) -> ParseError {
        other
    }
}

/// What all parsers of one query share.
pub struct State<'a> {
    text: &'a str,
    brackets: Brackets,
    /// Index of the farthest token that did not fit.
    farthest: Cell<usize>,
    /// What would have fitted there.
    expected: RefCell<Vec<&'static str>>,
    /// An opening bracket whose partner was expected at a token.
    unclosed: Cell<Option<(usize, usize)>>,
    /// The last token that was reported, so that it is reported once.
    reported: Cell<Option<usize>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// What would have fitted where the text ends.
    at_end: RefCell<Vec<&'static str>>,
}

impl<'a> State<'a> {
    /// At the start of a query.
    pub(super) fn new(text: &'a str, brackets: Brackets) -> State<'a> {
        State {
            text,
            brackets,
            farthest: Cell::new(0),
            expected: RefCell::default(),
            unclosed: Cell::new(None),
            reported: Cell::new(None),
            diagnostics: RefCell::default(),
            at_end: RefCell::default(),
        }
    }

    /// What could have followed the text.
    pub(super) fn into_expected(self) -> Vec<&'static str> {
        self.at_end.into_inner()
    }

    /// What was found wrong.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }
}

/// The rest of the tokens.
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    all: &'a [Token],
    start: usize,
    end: usize,
    state: &'a State<'a>,
}

impl<'a> Tokens<'a> {
    /// All tokens of a query; the last is its end.
    pub(super) fn new(all: &'a [Token], state: &'a State<'a>) -> Tokens<'a> {
        Tokens {
            all,
            start: 0,
            end: all.len(),
            state,
        }
    }

    /// The kind of the token `ahead` of the next one.
    pub fn kind(&self, ahead: usize) -> &'a TokenKind {
        self.all
            .get(self.start + ahead)
            .map_or(&TokenKind::End, |t| &t.kind)
    }

    /// The span of the token `ahead` of the next one.
    fn span_at(&self, index: usize) -> Span {
        self.all
            .get(index)
            .or(self.all.last())
            .map(|t| t.span)
            .unwrap_or_default()
    }

    /// The span of the next token.
    pub fn span(&self) -> Span {
        self.span_at(self.start)
    }

    /// From the next token of `self` to the last token before `rest`.
    pub fn span_to(&self, rest: Tokens<'a>) -> Span {
        if rest.start <= self.start {
            return Span {
                start: self.span().start,
                end: self.span().start,
            };
        }
        self.span().to(self.span_at(rest.start - 1))
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &'a str {
        self.state.text.get(span.range()).unwrap_or("")
    }

    /// The text of the token `ahead` of the next one.
    fn text_at(&self, ahead: usize) -> &'a str {
        self.text(self.span_at(self.start + ahead))
    }

    /// The rest after `count` tokens.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Tokens<'a> {
        self.start = (self.start + count).min(self.end.saturating_sub(1));
        self
    }

    /// Whether the token `ahead` of the next one is this symbol.
    pub fn is_symbol(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.kind(ahead), TokenKind::Symbol(s) if *s == symbol)
    }

    /// The symbol before the next token, if one is there.
    pub(super) fn before(&self) -> Option<&'static str> {
        match self.all.get(self.start.checked_sub(1)?)?.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// The word `ahead` of the next token, if it is one.
    pub fn word(&self, ahead: usize) -> Option<&'a str> {
        (*self.kind(ahead) == TokenKind::Word).then(|| self.text_at(ahead))
    }

    /// Whether the token `ahead` follows the one before it without a space.
    pub fn touches(&self, ahead: usize) -> bool {
        self.all
            .get(self.start + ahead)
            .is_some_and(|t| t.trivia.is_empty())
    }

    /// How many tokens the keyword takes if it comes next: `mv-expand` is three.
    pub fn keyword_length(&self, keyword: &str) -> Option<usize> {
        let mut length = 0;
        for (n, part) in keyword.split('-').enumerate() {
            if n > 0 {
                if !(self.is_symbol(length, "-") && self.touches(length)) {
                    return None;
                }
                length += 1;
                if !self.touches(length) {
                    return None;
                }
            }
            if self.word(length) != Some(part) {
                return None;
            }
            length += 1;
        }
        Some(length)
    }

    /// How many tokens the word that comes next takes, with those joined to it by hyphens.
    pub fn hyphenated_length(&self) -> usize {
        let mut length = 1;
        while self.is_symbol(length, "-")
            && self.touches(length)
            && self.touches(length + 1)
            && self.word(length + 1).is_some()
        {
            length += 2;
        }
        length
    }

    /// Whether this keyword comes next.
    pub fn is_keyword(&self, keyword: &str) -> bool {
        self.keyword_length(keyword).is_some()
    }

    /// What follows the closing bracket, if the next token is an opening one that is closed.
    pub fn after_bracket(&self) -> Option<Tokens<'a>> {
        let close = self.state.brackets.partner(self.start)?;
        (close > self.start).then(|| self.skip(close + 1 - self.start))
    }

    /// Whether the next token, an opening bracket, is closed, and this symbol follows.
    pub fn after_bracket_is(&self, symbol: &str) -> bool {
        self.after_bracket()
            .is_some_and(|after| after.is_symbol(0, symbol))
    }

    /// Notes what was expected at the next token.
    pub fn expect(&self, expected: &'static str) {
        let state = self.state;
        if *self.kind(0) == TokenKind::End {
            let mut at_end = state.at_end.borrow_mut();
            if !at_end.contains(&expected) {
                at_end.push(expected);
            }
        }
        let farthest = state.farthest.get();
        // What comes after something missing is not expected here, but behind it.
        if self.start < farthest || state.reported.get() == Some(self.start) {
            return;
        }
        let mut all = state.expected.borrow_mut();
        if self.start > farthest {
            state.farthest.set(self.start);
            all.clear();
        }
        if !all.contains(&expected) {
            all.push(expected);
        }
    }

    /// Something, as a name or an expression, is missing before the next token: reported unless something
    /// was before. The parser goes on as if it were there.
    pub fn missing(&self, expected: &'static str) -> Span {
        self.expect(expected);
        let span = self.gap();
        self.report_as("KS006", span);
        span
    }

    /// A symbol or keyword is missing before the next token.
    pub fn missing_token(&self, expected: &'static str) -> Span {
        self.expect(expected);
        self.report_as("KS005", self.beside());
        self.gap()
    }

    /// Where the next item of a list starts: after a comma, or here if another item comes next, before
    /// which a comma is missing.
    pub fn after_comma(&self, another: impl Fn(&Tokens<'a>) -> bool) -> Option<Tokens<'a>> {
        if self.is_symbol(0, ",") {
            return Some(self.skip(1));
        }
        // An item that is none has been reported here: it would be read without end.
        if another(self)
            && !self.is_operator(self.start)
            && self.state.reported.get() != Some(self.start)
        {
            self.missing_token("`,`");
            return Some(*self);
        }
        self.expect("`,`");
        None
    }

    /// The empty span after the token before the next one.
    pub fn gap(&self) -> Span {
        match self.start.checked_sub(1) {
            Some(before) => self.span_at(before).after(),
            None => Span::default(),
        }
    }

    /// The next token if it stands beside the one before it, else the place after that one.
    pub fn beside(&self) -> Span {
        let (gap, next) = (self.gap(), self.span());
        let between = self.text(gap.to(Span {
            end: next.start,
            ..next
        }));
        if between.len() < 2 && !between.contains(['\n', '\r']) {
            return next;
        }
        gap
    }

    /// A failure: what was expected is reported as Microsoft's `id`.
    pub fn fail_as<T>(&self, id: &'static str, span: Span) -> Parsed<'a, T> {
        self.report_as(id, span);
        Err(nom::Err::Error(ParseError))
    }

    /// A failure before this token that is told in other words than "expected".
    pub fn fail_with<T>(&self, diagnostic: Diagnostic) -> Parsed<'a, T> {
        let state = self.state;
        if self.start >= state.farthest.get() {
            state.farthest.set(self.start);
            if state.reported.replace(Some(self.start)) != Some(self.start) {
                self.note(diagnostic);
            }
        }
        Err(nom::Err::Error(ParseError))
    }

    /// Notes a mistake that is told in other words than "expected".
    pub fn note(&self, diagnostic: Diagnostic) {
        let mut all = self.state.diagnostics.borrow_mut();
        if all.len() < MAX_REPORTS {
            all.push(diagnostic);
        }
    }

    /// Whether so much is wrong that no more is worth saying.
    pub fn gave_up(&self) -> bool {
        self.state.diagnostics.borrow().len() >= MAX_REPORTS
    }

    /// Reports that what was read ends here, but not the query: `;` or a closing bracket is missing, or
    /// nothing can start with what comes next.
    pub fn report_rest(&self, can_start: bool) {
        if can_start {
            self.report_as("KS005", self.beside());
        } else {
            self.report_as("KS198", self.span());
        }
    }

    /// Reports what was expected at the farthest place, as Microsoft's `id` and at this span.
    fn report_as(&self, id: &'static str, span: Span) {
        let state = self.state;
        let at = state.farthest.get().max(self.start);
        let before = state.reported.replace(Some(at));
        // Between commas in a row, one thing is missing as much as several.
        let comma = |n: usize| {
            self.all
                .get(n)
                .is_some_and(|t| t.kind == TokenKind::Symbol(","))
        };
        let in_a_row = id == "KS006" && at > 0 && before == Some(at - 1) && comma(at - 1);
        let again = before == Some(at) || in_a_row;
        // A malformed token has been reported by the lexer.
        let known = self
            .all
            .get(at)
            .is_some_and(|t| t.kind == TokenKind::Unknown);
        if again || known {
            return;
        }
        let found = match self.all.get(at).map(|t| &t.kind) {
            None | Some(TokenKind::End) => "the end of the query".to_string(),
            _ => format!("`{}`", shorten(self.text(self.span_at(at)))),
        };
        let mut message = String::new();
        if at > 0 {
            let before = shorten(self.text(self.whole_word(at - 1)));
            message = format!("after `{before}`, ");
        }
        let hint = self.hint(at);
        message.push_str(&match self.lacks_pipe(at) {
            true => format!("`|` is missing before the operator {found}"),
            false => format!("expected {}; found {found}", self.alternatives(at)),
        });
        let mut diagnostic = Diagnostic::new(Code::Syntax, span, message).kusto_as(id);
        if let Some((at_token, open)) = state.unclosed.get()
            && at_token == at
            && state.brackets.partner(open).is_none()
        {
            diagnostic = diagnostic.also(self.span_at(open), "this bracket is never closed");
        }
        if let Some(help) = hint {
            diagnostic = diagnostic.help(help);
        }
        self.note(diagnostic);
    }

    /// After a mistake since `from`: the next `|`, `;` or closing bracket of the same depth.
    pub fn recover(&self, from: Tokens<'a>) -> Tokens<'a> {
        let state = self.state;
        let mut at = state.farthest.get().max(self.start);
        // Out of the outermost bracket opened since.
        let mut index = from.start;
        while index < at {
            match state.brackets.partner(index) {
                Some(close) if close > at => at = close + 1,
                Some(close) if close > index => index = close,
                _ => {}
            }
            index += 1;
        }
        loop {
            match self.all.get(at).map(|t| &t.kind) {
                None | Some(TokenKind::End) => break,
                Some(TokenKind::Symbol("|" | ";")) => break,
                Some(TokenKind::Symbol("(" | "[" | "{")) => {
                    at = state.brackets.partner(at).unwrap_or(at) + 1;
                }
                Some(TokenKind::Symbol(")" | "]" | "}")) => {
                    // One that closes nothing is passed over.
                    if state
                        .brackets
                        .partner(at)
                        .is_some_and(|open| open < from.start)
                    {
                        break;
                    }
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        state.farthest.set(at);
        state.expected.borrow_mut().clear();
        let mut rest = *self;
        rest.start = at.min(self.end.saturating_sub(1));
        rest
    }

    /// Notes that the partner of an opening bracket was expected here.
    fn expect_close(&self, open: Tokens<'a>) {
        if self.start >= self.state.farthest.get() {
            self.state.unclosed.set(Some((self.start, open.start)));
        }
    }
}

/// One symbol.
pub fn symbol(symbol: &'static str) -> impl Fn(Tokens<'_>) -> Parsed<'_, Span> {
    move |i| {
        if i.is_symbol(0, symbol) {
            return Ok((i.skip(1), i.span()));
        }
        Ok((i, i.missing_token(quoted(symbol))))
    }
}

/// One keyword, hyphens included.
pub fn keyword(keyword: &'static str) -> impl Fn(Tokens<'_>) -> Parsed<'_, Span> {
    move |i| match i.keyword_length(keyword) {
        Some(length) => {
            let rest = i.skip(length);
            Ok((rest, i.span_to(rest)))
        }
        None => Ok((i, i.missing_token(quoted(keyword)))),
    }
}

/// Whether a keyword comes next; if so it is passed. If not, it is noted as a possibility.
pub fn optional_keyword<'a>(i: Tokens<'a>, keyword: &'static str) -> (Tokens<'a>, bool) {
    match i.keyword_length(keyword) {
        Some(length) => (i.skip(length), true),
        None => {
            i.expect(quoted(keyword));
            (i, false)
        }
    }
}

/// The closing bracket of `open`.
pub fn close<'a>(i: Tokens<'a>, open: Tokens<'a>, bracket: &'static str) -> Parsed<'a, Span> {
    let opening = match bracket {
        ")" => "(",
        "]" => "[",
        _ => "{",
    };
    if !open.is_symbol(0, opening) && !i.is_symbol(0, bracket) {
        // The bracket that is missing was to open.
        return Ok((i, i.gap()));
    }
    i.expect_close(open);
    symbol(bracket)(i)
}

/// The closing bracket of `open`, without which nothing after it can be read.
pub fn must_close<'a>(i: Tokens<'a>, open: Tokens<'a>, bracket: &'static str) -> Parsed<'a, Span> {
    if i.is_symbol(0, bracket) {
        return close(i, open, bracket);
    }
    i.expect_close(open);
    i.expect(quoted(bracket));
    i.fail_as("KS005", i.beside())
}

/// Something between brackets.
pub fn between<'a, T>(
    i: Tokens<'a>,
    open: &'static str,
    inner: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    end: &'static str,
) -> Parsed<'a, T> {
    let (rest, _) = symbol(open)(i)?;
    let (rest, value) = inner(rest)?;
    let (rest, _) = close(rest, i, end)?;
    Ok((rest, value))
}

/// One or more, with commas between.
pub fn list<'a, T>(
    i: Tokens<'a>,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    list_unless(i, item, |_| false)
}

/// One or more, with commas between; one that is missing before what `another` says is another item
/// is reported.
pub fn list_unless<'a, T>(
    i: Tokens<'a>,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    another: impl Fn(&Tokens<'a>) -> bool,
) -> Parsed<'a, Vec<T>> {
    let (mut i, first) = item(i)?;
    let mut items = vec![first];
    while let Some(next) = i.after_comma(&another) {
        let (rest, next) = item(next)?;
        items.push(next);
        i = rest;
    }
    Ok((i, items))
}

/// Items between brackets, none perhaps, with commas between, and perhaps one at the end.
///
/// What `another` says is an item is one even without a comma, which is reported.
pub fn bracketed_list<'a, T>(
    i: Tokens<'a>,
    open: &'static str,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    end: &'static str,
    trailing: bool,
) -> Parsed<'a, Vec<T>> {
    let another = |i: &Tokens<'a>| starts_statement(i);
    let (mut rest, _) = symbol(open)(i)?;
    let mut items = Vec::new();
    let none = |rest: &Tokens<'a>| {
        let starts = another(rest) || rest.word(0).is_some();
        !(starts || ["*", ",", ":"].iter().any(|s| rest.is_symbol(0, s)))
    };
    if !rest.is_symbol(0, end) && none(&rest) {
        rest.expect("an item");
    } else {
        while !rest.is_symbol(0, end) || !items.is_empty() && !trailing {
            let (after, value) = item(rest)?;
            items.push(value);
            rest = after;
            match rest.after_comma(another) {
                // Without its brackets, it is not known what belongs to it.
                Some(next) if i.is_symbol(0, open) => rest = next,
                _ => break,
            }
        }
    }
    let (rest, _) = close(rest, i, end)?;
    Ok((rest, items))
}

/// Items between round brackets that start as `starts` says, with commas between, and perhaps one at the
/// end; none perhaps. Nothing else is read for one.
pub fn declared_list<'a, T>(
    i: Tokens<'a>,
    starts: impl Fn(&Tokens<'a>) -> bool,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let (rest, _) = symbol("(")(i)?;
    let ends = |rest: &Tokens| rest.is_symbol(0, ")") || *rest.kind(0) == TokenKind::End;
    if !(ends(&rest) || starts(&rest) || rest.is_symbol(0, ",")) {
        rest.expect("a name");
        must_close(rest, i, ")")?;
    }
    let mut items = Vec::new();
    let mut next = (!ends(&rest)).then_some(rest);
    let mut rest = rest;
    while let Some(at) = next {
        let (after, value) = item(at)?;
        items.push(value);
        rest = after;
        next = after.after_comma(starts_statement);
        if let Some(at) = next
            && after.is_symbol(0, ",")
            && !starts(&at)
        {
            if !ends(&at) {
                at.expect("a name");
                must_close(at, i, ")")?;
            }
            rest = at;
            next = None;
        }
    }
    if items.is_empty() {
        rest.expect("a name");
    }
    let (rest, _) = close(rest, i, ")")?;
    Ok((rest, items))
}

/// As [`bracketed_list`], with one item at least.
pub fn bracketed_some<'a, T>(
    i: Tokens<'a>,
    open: &'static str,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
    end: &'static str,
    what: &'static str,
) -> Parsed<'a, Vec<T>> {
    if i.is_symbol(0, open) && i.is_symbol(1, end) {
        i.skip(1).missing(what);
    }
    bracketed_list(i, open, item, end, false)
}

/// A keyword or symbol as it is shown in a message.
fn quoted(text: &'static str) -> &'static str {
    /// What can be expected, beside how it is shown.
    macro_rules! shown {
        ($($text:literal)+) => {
            match text { $($text => concat!("`", $text, "`"),)+ other => other }
        };
    }
    shown!(
        "(" ")" "[" "]" "{" "}" "," ";" "|" "." ".." ":" "=" "==" "=>" "<" ">" "-" "*" "by" "on"
        "with" "as" "of" "in" "to" "from" "step" "default" "limit" "where" "project" "others"
        "nulls" "first" "last" "asc" "desc" "granny-asc" "granny-desc" "nodes" "edges" "range"
        "access" "database" "pattern" "query_parameters" "project-smart" "__projectAway" "order"
        "declare" "optional" "output" "partition" "partitioned-by" "all" "none" "typeof" "let"
        "bin" "cluster"
    )
}

impl<'a> Input for Tokens<'a> {
    type Item = &'a Token;
    type Iter = Iter<'a, Token>;
    type IterIndices = Enumerate<Iter<'a, Token>>;

    fn input_len(&self) -> usize {
        self.end - self.start
    }

    fn take(&self, index: usize) -> Self {
        Tokens {
            end: self.start + index,
            ..*self
        }
    }

    fn take_from(&self, index: usize) -> Self {
        Tokens {
            start: self.start + index,
            ..*self
        }
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Self::Item) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.all.get(self.start..self.end).unwrap_or(&[]).iter()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        match count.checked_sub(self.input_len()) {
            None | Some(0) => Ok(count),
            Some(missing) => Err(Needed::new(missing)),
        }
    }
}
