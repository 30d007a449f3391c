//! What parsing and binding say, where it can be told with one report per cause: what only follows from a mistake that
//! is told elsewhere is told beside it, or not at all.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::Span;
use crate::syntax::Paired;
use crate::syntax::lexer::TokenKind;

/// So many tokens from a mistake, whatever does not fit is a part of it.
const NEAR: usize = 2;

/// So many further places of a mistake are shown.
const MOST_PLACES: usize = 4;

/// What parsing and binding say of a text, in the order of their places.
pub(super) fn together(
    text: &str,
    parsed: Vec<Diagnostic>,
    bound: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let mut said = match parsed.iter().any(is_of_syntax) {
        true => told_once(text, parsed, bound),
        false => parsed.into_iter().chain(bound).collect(),
    };
    said.sort_by_key(|d| d.span().start);
    without_repeats(text, said)
}

/// Whether it refuses the query.
fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity >= Severity::Unsupported
}

/// Whether it is a mistake of syntax: something that could not be read, or a keyword read as a name.
fn is_of_syntax(diagnostic: &Diagnostic) -> bool {
    diagnostic.is_unread() || diagnostic.code == Code::KeywordName
}

/// Whether it says that a name is unknown, which is so whatever the text around it means.
fn is_unknown(code: Code) -> bool {
    use Code::{UnknownAggregate, UnknownFunction, UnknownName, UnknownPlugin, UnknownTable};
    matches!(
        code,
        UnknownName | UnknownTable | UnknownFunction | UnknownAggregate | UnknownPlugin
    )
}

/// Of a text with mistakes of syntax.
fn told_once(text: &str, parsed: Vec<Diagnostic>, bound: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let Some(paired) = Paired::of(text) else {
        return parsed;
    };
    let (errors, mut others): (Vec<_>, Vec<_>) = parsed.into_iter().partition(is_of_syntax);
    let map = Map::new(text, &paired, &errors);
    let mut unread: Vec<Option<Diagnostic>> = errors.into_iter().map(Some).collect();
    for (n, said) in unread.iter_mut().enumerate() {
        // A literal is read by itself: its mistake follows from nothing.
        let syntax = [Code::Syntax, Code::KeywordName];
        said.take_if(|d| syntax.contains(&d.code) && map.follows(n));
    }
    let mut heads: Vec<Diagnostic> = Vec::new();
    for diagnostic in bound {
        if !is_error(&diagnostic) {
            others.push(diagnostic);
            continue;
        }
        if map.holds(&diagnostic)
            || map.is_after_unread(&diagnostic)
            || map.may_declare(text, &diagnostic)
        {
            continue;
        }
        match map.next_unread(&diagnostic) {
            None => heads.push(diagnostic),
            // Not valid is more than not supported.
            Some(_) if diagnostic.severity < Severity::Error => {}
            // One report: the first that is said of the place takes what is said of the syntax.
            Some((n, count)) => match unread[n..n + count].iter_mut().find_map(Option::take) {
                Some(further) => {
                    unread[n..n + count].fill(None);
                    heads.push(with(diagnostic, further));
                }
                None if map.is_apart(&diagnostic, n) => heads.push(diagnostic),
                None => {}
            },
        }
    }
    others.extend(heads);
    others.extend(unread.into_iter().flatten());
    others
}

/// What is said of a place, with the mistake of syntax that goes with it.
fn with(mut said: Diagnostic, syntax: Diagnostic) -> Diagnostic {
    said.help = match is_unknown(said.code) {
        // What was meant is more than how it goes on.
        true => said.help.or(syntax.help.clone()),
        false => syntax.help.clone().or(said.help),
    };
    let place = syntax.span();
    said.also(place, syntax.message)
}

/// A mistake of syntax.
struct Mistake {
    span: Span,
    /// The token at it.
    at: usize,
    /// Whether it is a keyword read as a name, around which all was read.
    keyword: bool,
}

/// The parts of a text that does not parse.
struct Map<'a> {
    paired: &'a Paired,
    /// Of each token: the number of the item of a list, the operator and the statement that it stands in.
    item: Vec<u32>,
    operator: Vec<u32>,
    statement: Vec<u32>,
    /// Of each token: the bracket that it stands in.
    bracket: Vec<Option<usize>>,
    /// The brackets that are never closed.
    unclosed: Vec<usize>,
    /// The mistakes of syntax, in the order of the text.
    mistakes: Vec<Mistake>,
    /// The words of operators that do not parse, and where each first stands.
    words: HashMap<&'a str, usize>,
}

impl<'a> Map<'a> {
    fn new(text: &'a str, paired: &'a Paired, errors: &[Diagnostic]) -> Map<'a> {
        let count = paired.tokens.len();
        let mut map = Map {
            paired,
            item: Vec::with_capacity(count),
            operator: Vec::with_capacity(count),
            statement: Vec::with_capacity(count),
            bracket: Vec::with_capacity(count),
            unclosed: Vec::new(),
            mistakes: Vec::with_capacity(errors.len()),
            words: HashMap::new(),
        };
        for error in errors {
            let span = error.span();
            let (at, keyword) = (map.token(span.start), !error.is_unread());
            map.mistakes.push(Mistake { span, at, keyword });
        }
        let (mut items, mut operator, mut statement) = (0, 0, 0);
        let mut outer = vec![(0, None)];
        for (index, token) in paired.tokens.iter().enumerate() {
            let partner = paired.partner(index);
            if partner.is_some_and(|p| p < index) && outer.len() > 1 {
                outer.pop();
            }
            let (item, bracket) = outer.last().copied().unwrap_or_default();
            map.item.push(item);
            map.bracket.push(bracket);
            map.operator.push(operator);
            map.statement.push(statement);
            let TokenKind::Symbol(symbol) = token.kind else {
                continue;
            };
            if matches!(symbol, "|" | ";") {
                operator += 1;
                statement += u32::from(symbol == ";");
            }
            if matches!(symbol, "," | "|" | ";") {
                items += 1;
                if let Some(last) = outer.last_mut() {
                    last.0 = items;
                }
            }
            if partner.is_some_and(|p| p > index) {
                items += 1;
                outer.push((items, Some(index)));
            }
            if partner.is_none() && matches!(symbol, "(" | "[" | "{") {
                map.unclosed.push(index);
            }
        }
        let unread = map.mistakes.iter().filter(|m| !m.keyword);
        let broken: HashSet<u32> = unread.map(|m| map.operator[m.at]).collect();
        for (index, token) in paired.tokens.iter().enumerate() {
            if token.kind == TokenKind::Word && broken.contains(&map.operator[index]) {
                let word = text.get(token.span.range()).unwrap_or_default();
                map.words.entry(word).or_insert(index);
            }
        }
        map
    }

    /// Whether the name that is unknown stands before it in an operator that does not parse, which might declare it.
    fn may_declare(&self, text: &str, diagnostic: &Diagnostic) -> bool {
        let span = diagnostic.span();
        let name = text.get(span.range()).unwrap_or_default();
        let token = self.token(span.start);
        let before = self.before(token).map(|m| self.operator[m.at]);
        let declares = |at: &usize| {
            let operator = self.operator[*at];
            *at < token && (operator < self.operator[token] || before == Some(operator))
        };
        is_unknown(diagnostic.code) && self.words.get(name).is_some_and(declares)
    }

    /// How many mistakes of syntax stand at a token or before it.
    fn until(&self, token: usize) -> usize {
        self.mistakes.partition_point(|m| m.at <= token)
    }

    /// The last of them.
    fn before(&self, token: usize) -> Option<&Mistake> {
        self.mistakes[..self.until(token)].last()
    }

    /// The token at a place, or the next one.
    fn token(&self, at: u32) -> usize {
        let tokens = &self.paired.tokens;
        let next = tokens.partition_point(|t| t.span.end <= at);
        next.min(tokens.len() - 1)
    }

    /// The first token behind a span.
    fn behind(&self, span: Span) -> usize {
        let tokens = &self.paired.tokens;
        tokens.partition_point(|t| t.span.start < span.end)
    }

    /// Whether the token closes a bracket that is not open, or is the text's end.
    fn ends_something(&self, token: usize) -> bool {
        match &self.paired.tokens[token].kind {
            TokenKind::Symbol(")" | "]" | "}") => self.paired.partner(token).is_none(),
            kind => *kind == TokenKind::End,
        }
    }

    /// Whether a bracket that is never closed was open, at the latest right behind a token, and holds a later one.
    fn is_in_open_bracket(&self, later: usize, token: usize) -> bool {
        let n = self.unclosed.partition_point(|open| *open < later);
        let open = n.checked_sub(1).map(|n| self.unclosed[n]);
        open.is_some_and(|open| open <= token + 1 && self.statement[open] == self.statement[later])
    }

    /// Whether a mistake of syntax only follows from one before it.
    fn follows(&self, n: usize) -> bool {
        let [.., earlier, this] = &self.mistakes[..=n] else {
            return false;
        };
        let (before, token) = (earlier.at, this.at);
        let typed = self.is_of_a_type(before) && self.is_of_a_type(token);
        match (earlier.keyword, this.keyword) {
            (true, true) => {
                return typed
                    && self.bracket[token].is_some_and(|b| self.bracket[before] == Some(b));
            }
            (true, false) => return token <= before + NEAR,
            _ => {}
        }
        let closes = self.paired.partner(token).is_some_and(|open| open < before);
        token <= before + NEAR
            || closes && token > before
            || self.is_within(token, before)
            || self.ends_something(token) && self.statement[before] == self.statement[token]
            || self.is_in_open_bracket(token, before)
    }

    /// Whether a token stands behind a colon.
    fn is_of_a_type(&self, token: usize) -> bool {
        let before = token.checked_sub(1).map(|n| &self.paired.tokens[n].kind);
        before == Some(&TokenKind::Symbol(":"))
    }

    /// Whether a token stands in the item that another one stands in, perhaps in brackets of it.
    fn is_within(&self, inner: usize, outer: usize) -> bool {
        let mut around = Some(inner);
        while let Some(at) = around {
            if self.item[at] == self.item[outer] {
                return self.operator[inner] == self.operator[outer];
            }
            around = self.bracket[at];
        }
        false
    }

    /// Whether a name is unknown whatever becomes of a mistake of syntax behind it.
    fn is_apart(&self, diagnostic: &Diagnostic, n: usize) -> bool {
        let (place, behind) = (self.mistakes[n].at, self.behind(diagnostic.span()));
        is_unknown(diagnostic.code)
            && place > behind + NEAR
            && !self.is_in_open_bracket(place, behind.saturating_sub(1))
    }

    /// Whether what is said is about something that holds a mistake of syntax: that may be anything else.
    fn holds(&self, diagnostic: &Diagnostic) -> bool {
        let at = diagnostic.span();
        let of_all = matches!(diagnostic.code, Code::TableExpected | Code::ScalarExpected);
        let inside = |m: &Mistake| {
            let p = m.span;
            let ends_it = of_all && p.is_empty() && p.start == at.end;
            p == at || !m.keyword && at.start < p.start && (p.start < at.end || ends_it)
        };
        let from = self.mistakes.partition_point(|m| m.span.start < at.start);
        let mistakes = self.mistakes[from..].iter();
        let mut within = mistakes.take_while(|m| m.span.start <= at.end);
        diagnostic.code == Code::NoQuery || within.any(inside)
    }

    /// Whether a mistake of syntax before it explains what is said.
    fn is_after_unread(&self, diagnostic: &Diagnostic) -> bool {
        let token = self.token(diagnostic.span().start);
        let explained = self.before(token).is_some_and(|before| {
            let unknown = is_unknown(diagnostic.code);
            let near = token <= before.at + NEAR;
            match before.keyword {
                true => !unknown && (near || self.is_within(before.at, token)),
                false => near || !unknown && self.operator[before.at] == self.operator[token],
            }
        });
        explained || self.is_in_unclosed(diagnostic, token)
    }

    /// Whether it is said of what a bracket holds that is never closed.
    fn is_in_unclosed(&self, diagnostic: &Diagnostic, token: usize) -> bool {
        let Some(end) = self.mistakes.get(self.until(token)).map(|next| next.at) else {
            return false;
        };
        if !self.ends_something(end) {
            return false;
        }
        let from = match is_unknown(diagnostic.code) {
            true => token,
            false => self.behind(diagnostic.span()),
        };
        let n = self.unclosed.partition_point(|open| *open <= from.min(end));
        let open = n.checked_sub(1).map(|n| self.unclosed[n]);
        open.is_some_and(|open| self.statement[open] == self.statement[token])
    }

    /// Whether a token stands in brackets right behind those that another one stands in.
    fn is_in_brackets_behind(&self, inner: usize, token: usize) -> bool {
        let open = self.bracket[token].and_then(|open| self.paired.partner(open));
        let Some(next) = open.filter(|close| *close > token).map(|close| close + 1) else {
            return false;
        };
        let end = self.paired.partner(next).filter(|end| *end > next);
        end.is_some_and(|end| next < inner && inner <= end)
    }

    /// The first mistake of syntax behind what is said of a place, if it goes with it, and how many do.
    fn next_unread(&self, diagnostic: &Diagnostic) -> Option<(usize, usize)> {
        let token = self.token(diagnostic.span().start);
        let n = self.until(token);
        let related = |next: &&Mistake| self.is_related(diagnostic, token, next.at);
        let count = self.mistakes[n..].iter().take_while(related).count();
        (count > 0).then_some((n, count))
    }

    /// Whether a mistake of syntax goes with what is said of a token before it.
    fn is_related(&self, diagnostic: &Diagnostic, token: usize, next: usize) -> bool {
        let behind = self.behind(diagnostic.span());
        let in_brackets = || {
            let close = self.paired.partner(behind);
            close.is_some_and(|close| behind < next && next <= close + NEAR)
        };
        // In the next item of a list, names are unknown for themselves.
        let unknown = is_unknown(diagnostic.code);
        let near = if unknown { 1 } else { NEAR };
        next <= behind + near
            || self.is_within(next, token)
            || !unknown && self.is_within(token, next)
            || in_brackets()
            || self.is_in_brackets_behind(next, token)
            || self.operator[token] == self.operator[next]
                && (self.ends_something(next) || !unknown && self.is_in_open_bracket(next, token))
    }
}

/// Whether a `let` declares nothing, for it has no name.
fn is_let_alone(text: &str, diagnostic: &Diagnostic) -> bool {
    let at = diagnostic.span();
    let before = text.get(..at.start as usize).unwrap_or_default();
    let last = before.split_whitespace().next_back();
    match is_unknown(diagnostic.code) {
        true => text.get(at.range()) == Some("let"),
        false => diagnostic.is_unread() && last == Some("let"),
    }
}

/// With a word told once, a name that is unknown in several places as well, and one that a `let` without a name may
/// have been for.
fn without_repeats(text: &str, said: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(said.len());
    let mut of_let = None;
    let mut last = Span::default();
    for diagnostic in said {
        let at = diagnostic.span();
        let name = text.get(at.range()).unwrap_or_default();
        if !is_error(&diagnostic) {
            kept.push(diagnostic);
            continue;
        }
        let word = !name.is_empty() && !name.contains(char::is_whitespace);
        if word && at == std::mem::replace(&mut last, at) {
            // Not valid is more than not supported.
            let less = |d: &&mut Diagnostic| d.span() == at && d.severity < diagnostic.severity;
            if let Some(earlier) = kept.last_mut().filter(less) {
                *earlier = diagnostic;
            }
            continue;
        }
        if is_let_alone(text, &diagnostic) {
            of_let = Some(kept.len());
            kept.push(diagnostic);
            continue;
        }
        if !is_unknown(diagnostic.code) || name.is_empty() {
            kept.push(diagnostic);
            continue;
        }
        let known = *first
            .entry(name)
            .or_insert_with(|| of_let.take().unwrap_or(kept.len()));
        match kept.get_mut(known) {
            Some(earlier) if earlier.labels.len() < MOST_PLACES => {
                let same = text.get(earlier.span().range()) == Some(name);
                let text = if same { "and here" } else { "perhaps its name" };
                earlier
                    .labels
                    .extend(diagnostic.also(at, text).labels.pop());
            }
            Some(_) => {}
            None => kept.push(diagnostic),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use crate::session::check;
    use crate::source::Source;

    /// What is said of a query: `code at place`, with the further places in brackets.
    fn told(query: &str) -> Vec<String> {
        let source = Source::whole("query", query);
        let said = check(&source).into_iter().map(|d| {
            let mut places = d.labels.iter().map(|l| source.slice(l.span).to_string());
            let first = places.next().unwrap_or_default();
            let further: Vec<String> = places.collect();
            let id = d.kusto().unwrap_or(d.name());
            match further.is_empty() {
                true => format!("{id} {first}"),
                false => format!("{id} {first} [{}]", further.join(", ")),
            }
        });
        said.collect()
    }

    #[test]
    fn one_mistake_is_told_once() {
        let mut wrong = Vec::new();
        for (query, expected) in [
            ("print strlen('a' 5, 1)", "KS119 strlen [5]"),
            ("print x = 1 | extend x x = 2", "KS005 x"),
            ("print x = 1 | extend y z = 2", "KS142 y [z]"),
            ("print n = 1 | where n 5", "KS141 n [5]"),
            (
                "print s = 'a' | where s == 'a' and s 'b'",
                "KS106 and [s, 'b']",
            ),
            ("print x = 1, y = 2 | order x by desc", "KS005 x"),
            ("datatable(a: long, b: long)[1,, 2]", "KS173 1 [1, ,]"),
            ("datatable(: b bool)[true] | project n = not(b)", "KS006 "),
            ("print a = abs((-5), c = abs(2)", "KS005  [(]"),
            (
                "print x = 1 | where x in (1, 2 | extend y = nosuch",
                "KS005 | [(]",
            ),
            ("print x = 1 | where not(isnullx))", "KS142 isnullx [)]"),
            (
                "print a = 1 | extend = 5 | where b > 1 | project b, a",
                "KS006 ",
            ),
            ("print a = 1 | b = 2 | where b > 1", "KS176 b"),
            ("let let n = 5; print n", "KS005 n"),
            ("datatable(s: : string)['a']", "KS006 "),
            ("datatable(s: string string)['a']", "KS005 string"),
            ("(s: string) ['a', 'b']", "KS142 s [string]"),
            ("datatabler (: real) [1.0]", "KS211 datatabler [:]"),
            (
                "let = datatable(a: long)[1]; T | project a",
                "KS142 let [=, T]",
            ),
            ("let T = datatable(a: : long)[1]; T | count", "KS006 "),
            ("let T = (a: long) [1] | where a > 1; T | count", "KS005 ["),
            ("datatable(a: long) [ [1, 2] | take 1", "KS005 [1, 2]"),
            (
                "datatable(a: string)['x'] | parse a with 'x' b b",
                "KS171 b [b]",
            ),
            (
                "range x from 1 to 'a' step 1 | serialize n = row_number()",
                "KS138 'a'",
            ),
            (
                "print y = dynamic([1,, 2]) | extend (a, b) = series_stats(y)",
                "KS006 ,",
            ),
            (
                "print a = 1 | summarize min( (a), n = count(), m = max(a)",
                "KS005  [(]",
            ),
            ("print a = 1 | project-rename b = c | project b", "KS142 c"),
            (
                "print s = 'k=v' | parse-kv s as (k: string) with (pair_delimiter=';', kw_delimiter='=')",
                "KS179 kw_delimiter",
            ),
        ] {
            let said = told(query);
            if said != [expected] {
                wrong.push(format!("{query}: {said:?}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_name_is_told_once() {
        let query = "print a = 1 | summarize on = count() by a | where n > 1 | extend m = n + 1 | sort by n";
        assert_eq!(told(query), ["KS142 n [n, n]"]);
        let query = "print a = 1, b = 2 | summarize count(), a, b";
        assert_eq!(told(query), ["KS236 a [b]"]);
    }

    #[test]
    fn two_mistakes_are_told_both() {
        assert_eq!(
            told("print a = 1 | extend x = nosuch, a a, z = 1"),
            ["KS142 nosuch", "KS005 a"]
        );
        assert_eq!(
            told("print a = 1 | where a 1 | where b == 1 | extend x = a a | where a == 1 2"),
            ["KS141 a [1]", "KS142 b", "KS005 a", "KS005 2"]
        );
        assert_eq!(
            told("print a = 1 | extend x = a a | extend y = strlenn('a')"),
            ["KS005 a", "KS211 strlenn"]
        );
        assert_eq!(told("print b | project c"), ["KS142 b", "KS142 c"]);
        assert_eq!(
            told("print title = 1 | where title == nope | extend a = b"),
            ["KS228 title", "KS142 nope", "KS142 b"]
        );
        assert_eq!(
            told("let = 5; print a = x, b = y, c = x"),
            ["KS142 let [=, x, x]", "KS142 y"]
        );
        assert_eq!(told("print b = bogus(nope)"), ["KS211 bogus", "KS142 nope"]);
        assert_eq!(told("print x = 1 x; print y = 2 y"), ["KS005 x", "KS005 y"]);
    }

    #[test]
    fn many_mistakes_are_told_in_good_time() {
        let query = "print a = 1 ".to_string() + &"| extend b c = nosuch, d ".repeat(3000);
        assert!(!told(&query).is_empty());
        let query = "f(".repeat(90) + &"a b, ".repeat(5000);
        assert!(!told(&query).is_empty());
    }
}
