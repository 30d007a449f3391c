//! What is said to the user about a query: severity, code, message, places, a way out.
//!
//! The only file that knows miette.

mod cut;
pub mod kusto;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::source::{Exactness, Source, Span};
use crate::text::{is_control, visible};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, and no reason to change anything.
    Info,
    /// Valid KQL that may not mean what its author thinks.
    Warning,
    /// Valid KQL that we cannot run yet.
    Unsupported,
    /// Not valid KQL.
    Error,
}

impl Severity {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Unsupported => "unsupported",
            Severity::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $severity:ident, $kusto:expr, $example:literal;)+) => {
        /// Every kind of thing that can be said about a query: a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// Our name, in kebab case.
            pub fn name(self) -> &'static str { match self { $(Code::$variant => $name,)+ } }

            /// The severity of its diagnostics.
            pub fn severity(self) -> Severity { match self { $(Code::$variant => Severity::$severity,)+ } }

            /// Microsoft's id (`KS…` of the language service, else `SEM…`/`SYN…` of the engine).
            pub fn kusto(self) -> Option<&'static str> { match self { $(Code::$variant => $kusto,)+ } }

            /// What it means and what to do about it.
            pub fn explanation(self) -> &'static str { match self { $(Code::$variant => concat!($($doc, "\n"),+),)+ } }

            /// A query that triggers it.
            pub fn example(self) -> &'static str { match self { $(Code::$variant => $example,)+ } }
        }
    };
}

codes! {
    /// The text does not follow KQL's grammar. The message tells what was expected at the farthest
    /// place the parser reached.
    Syntax = "syntax", Error, Some("KS006"), "print 1 +";
    /// A keyword can be a name only in brackets. A column called `title` is written `['title']`, as Microsoft's
    /// editor and the engine have it.
    KeywordName = "keyword-name", Error, Some("KS228"), "print title = 1 | where title == 1";
    /// A literal is not well formed: an unknown escape, a number out of range, a string without its
    /// closing quote.
    BadLiteral = "bad-literal", Error, Some("KS004"), r"print '\q'";
    /// Brackets or operators are nested deeper than the parser follows.
    TooDeep = "too-deep", Error, Some("KS245"), "print (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))";
    /// The name is no column, variable or function in scope here.
    UnknownName = "unknown-name", Error, Some("KS142"), "print x";
    /// No table, tabular variable or function has this name. Data is given with `--data`.
    UnknownTable = "unknown-table", Error, Some("KS204"), "NoSuchTable | take 1";
    /// No scalar function has this name.
    UnknownFunction = "unknown-function", Error, Some("KS211"), "print strlenn('a')";
    /// No aggregate function has this name.
    UnknownAggregate = "unknown-aggregate", Error, Some("KS211"), "print x=1 | summarize summ(x)";
    /// No plugin has this name.
    UnknownPlugin = "unknown-plugin", Error, Some("KS124"), "print x=1 | evaluate no_plugin()";
    /// The operator has no parameter of this name.
    UnknownParameter = "unknown-parameter", Error, Some("KS179"), "print x=1 | union nokind=inner (print x=1)";
    /// The function takes another number of arguments.
    ArgumentCount = "argument-count", Error, Some("KS119"), "print strlen()";
    /// The function cannot take arguments of these types.
    ArgumentTypes = "argument-types", Error, Some("KS107"), "print sqrt('a')";
    /// The operator is not defined for operands of these types.
    OperandTypes = "operand-types", Error, Some("KS106"), "print 1 + 'a'";
    /// A value of another type is needed here.
    WrongType = "wrong-type", Error, Some("KS141"), "print x=1 | where x";
    /// A single value is needed here, not a table.
    ScalarExpected = "scalar-expected", Error, Some("KS108"), "print x=1 | where (print y=1)";
    /// A column's name is needed here.
    ColumnExpected = "column-expected", Error, Some("KS109"), "print x=1 | project bag_pack_columns(x + 1)";
    /// A table is needed here, not a single value.
    TableExpected = "table-expected", Error, Some("KS111"), "let a = 1; a | count";
    /// The table needs a column here: values are looked up in its first one.
    OneColumnExpected = "one-column-expected", Error, Some("KS113"), "print x=1 | where x in ((print a=1 | project-away a))";
    /// A constant is needed here: a value that does not depend on the row.
    ConstantExpected = "constant-expected", Error, Some("KS129"), "range x from 1 to 3 step 1 | take x";
    /// The argument's value is not one that the function takes.
    ArgumentValue = "argument-value", Error, Some("KS140"), "print datetime_diff('fortnight', now(), now())";
    /// The regular expression is not well formed, or uses what Kusto's engine lacks (look-around,
    /// back-references).
    BadRegex = "bad-regex", Error, Some("SEM0420"), "print 'a' matches regex '(?=a)'";
    /// Aggregates are allowed in summarize and its kin only, and not inside one another.
    AggregateHere = "aggregate-here", Error, Some("KS144"), "print count()";
    /// Inside `summarize`, a column outside an aggregate must be computed from grouping keys by name; it is
    /// neither a key nor aggregated here.
    NotAggregated = "not-aggregated", Error, Some("KS236"), "print x=1 | summarize sum(x) + x";
    /// Two output columns would have the same name.
    DuplicateColumn = "duplicate-column", Error, Some("KS171"), "print x=1 | project x, x";
    /// A variable of this name is declared already in this scope.
    DuplicateVariable = "duplicate-variable", Error, Some("KS201"), "let a = 1; let a = 2; print a";
    /// The type has another name or none.
    UnknownType = "unknown-type", Error, Some("KS160"), "datatable(x: strin)['a']";
    /// The number of values of a datatable is no multiple of its number of columns.
    RaggedRows = "ragged-rows", Error, Some("KS173"), "datatable(a: long, b: long)[1, 2, 3]";
    /// A join condition is a column of both sides, or `$left.a == $right.b`.
    JoinCondition = "join-condition", Error, Some("KS182"), "print x=1 | join (print y=1) on $left.x > $right.y";
    /// The columns of a join condition have different types.
    JoinTypes = "join-types", Error, Some("KS227"), "print x=1 | join (print x='a') on x";
    /// Dynamic values cannot be compared, joined or grouped as they are; convert them, for example with
    /// `tostring()`.
    DynamicKey = "dynamic-key", Error, Some("KS116"), "print d=dynamic([1]) | summarize by d";
    /// `mv-expand` and `mv-apply` expand dynamic values only: arrays and bags.
    NotExpandable = "not-expandable", Error, Some("KS141"), "print x=1 | mv-expand x";
    /// Names in brackets are for the values of a call that gives several, one name for each value at most.
    SurplusName = "surplus-name", Error, Some("KS149"), "print x=1 | extend (a, b) = x";
    /// In a pattern of `parse`, each column stands after a text (or first), `*` does not follow a string column,
    /// and no text is empty.
    ParsePattern = "parse-pattern", Error, Some("KS101"), "print s='a=1' | parse s with 'a=' a *";
    /// All arguments (or branches) must have one type.
    CommonType = "common-type", Error, Some("KS232"), "print iff(true, 1, 'a')";
    /// A function cannot call itself.
    Recursion = "recursion", Error, Some("KS211"), "let f = (x: long) { f(x) }; print f(1)";
    /// Named arguments must follow, once, parameters that exist.
    NamedArgument = "named-argument", Error, Some("KS196"), "let f = (x: long = 1) { x }; print f(y = 1)";
    /// The query's functions and variables unfold into too many parts, or its functions call one another
    /// too deep.
    TooComplex = "too-complex", Error, Some("KS244"), "let f = (x: long) { x + x + x + x + x + x + x + x + x + x }; print f(f(f(f(f(f(f(f(rand()))))))))";
    /// The rows of a toscalar or of a stored value cannot depend on the row at hand.
    RowContext = "row-context", Error, Some("CRT0018"), "let f = (a: long) { toscalar(print z = a) }; print x=1 | extend y = f(x)";
    /// The function needs rows in a fixed order: `sort` or `serialize` them first.
    NotSerialized = "not-serialized", Error, Some("SEM0219"), "datatable(x: long)[1] | where x > 0 | summarize by x | extend n = row_number()";
    /// A query needs at least one tabular or scalar expression besides its `let` statements.
    NoQuery = "no-query", Error, Some("KS006"), "let a = 1;";
    /// This is valid KQL that this program cannot run yet (or never, where the message says so).
    Unsupported = "unsupported", Unsupported, None, "print python_plugin = 1 | evaluate python(typeof(*), 'x')";
    /// The query needs a GeoIP City database and none was found. Give one with `--geoip FILE.mmdb`, put
    /// it into a `--data` folder, or say `--geoip none` to get nulls.
    NoGeoIp = "no-geoip", Error, None, "print geo_info_from_ip_address('8.8.8.8')";
    /// The query needs patterns of user agents and none were given. Give uap-core's `regexes.yaml` with
    /// `--user-agents FILE`, put it into a `--data` folder, or say `--user-agents none` to get nulls.
    NoUserAgents = "no-user-agents", Error, None, "print parse_user_agent('Mozilla/5.0', 'browser')";
    /// The result follows a published method, and Kusto's own may differ in detail.
    Approximate = "approximate", Info, None, "print s='a' | reduce by s";
    /// A deprecated spelling; it works, and has a current name.
    Deprecated = "deprecated", Warning, None, "print x=1 | summarize makeset(x)";
    /// What a rule of `kql check` finds. It is shown under the rule's own name, by which the rule can be switched
    /// off and explained.
    Rule = "rule", Warning, None, "print x='a' | where tolower(x) == 'a'";
}

/// A place in the query and what is to be said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty.
    pub text: String,
}

/// A change of the query's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// Changes of the query's text that mend what was said, and leave the query's answer as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order.
    pub title: String,
    /// The changes, none over another.
    pub edits: Vec<Edit>,
}

/// One thing said about a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing.
    pub code: Code,
    /// One sentence, without a full stop.
    pub message: String,
    /// Where; the first label is the place to jump to.
    pub labels: Vec<Label>,
    /// A way out, if one is known.
    pub help: Option<String>,
    /// The rule that found it, of a [`Code::Rule`].
    pub rule: Option<&'static str>,
    /// A way out that a program can take.
    pub fix: Option<Box<Fix>>,
    /// Microsoft's id where it is a finer one than the code's.
    pub finer: Option<&'static str>,
}

impl Diagnostic {
    /// A diagnostic at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: code.severity(),
            code,
            message: message.into(),
            labels: vec![Label {
                span,
                text: String::new(),
            }],
            help: None,
            rule: None,
            fix: None,
            finer: None,
        }
    }

    /// What a rule finds at a place.
    pub fn of_rule(rule: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(Code::Rule, span, message);
        diagnostic.rule = Some(rule);
        diagnostic
    }

    /// The name it is shown under: its rule's, else its code's.
    pub fn name(&self) -> &'static str {
        self.rule.unwrap_or(self.code.name())
    }

    /// With changes that mend it.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Diagnostic {
        let title = title.into();
        self.fix = Some(Box::new(Fix { title, edits }));
        self
    }

    /// Microsoft's id of what is said.
    pub fn kusto(&self) -> Option<&'static str> {
        self.finer.or(self.code.kusto())
    }

    /// With Microsoft's id, where one code of ours stands for several of theirs.
    #[must_use]
    pub fn kusto_as(mut self, id: &'static str) -> Diagnostic {
        self.finer = Some(id);
        self
    }

    /// Valid KQL that cannot run yet.
    pub fn unsupported(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Code::Unsupported, span, message)
    }

    /// With text at its first place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// With a further place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// With a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Whether the parser says that it could not read a part of the text.
    pub fn is_unread(&self) -> bool {
        self.severity == Severity::Error && self.code != Code::KeywordName
    }

    /// Its first place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|l| l.span).unwrap_or_default()
    }

    /// `file:line:col: error[code]: message`, one line.
    pub fn short(&self, source: &Source) -> String {
        let at = source.position(self.span().start);
        format!(
            "{}:{}:{}: {}[{}]: {}",
            source.name(),
            at.line,
            at.column,
            self.severity.name(),
            self.name(),
            self.message
        )
    }

    /// The graphical form with the lines of the container file, for people.
    pub fn render(&self, source: &Source, color: bool, width: usize) -> String {
        use miette::{GraphicalReportHandler, GraphicalTheme};
        let theme = if color {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false)
            .without_primary_span_start()
            .with_context_lines(1);
        let ranges = self.labels.iter().map(|l| source.in_container(l.span));
        let mut ranges: Vec<Range<usize>> = ranges.collect();
        let (name, text) = match source.exactness() {
            Exactness::Byte => (source.name().to_string(), source.container()),
            Exactness::Line => {
                let line = source.position(0).line;
                let name = format!("{} (query at line {line})", source.name());
                (name, source.text())
            }
        };
        // Columns are counted here: not in bytes, nor in a line that was shortened.
        let at = source.position(self.span().start);
        let name = format!("{}:{}:{}", visible(&name), at.line, at.column);
        // Cut first: a text of one long line with many mistakes is shown for each of them.
        let cut = cut::cut(text, &mut ranges);
        let text = shown(cut.as_deref().unwrap_or(text));
        let labels = self.labels.iter().zip(ranges).map(|(label, range)| {
            let text = (!label.text.is_empty()).then(|| visible(&label.text).into_owned());
            miette::LabeledSpan::new(text, range.start, range.len())
        });
        let report = Report {
            diagnostic: self,
            code: match self.kusto() {
                Some(kusto) => format!("{} ({kusto})", self.name()),
                None => self.name().to_string(),
            },
            labels: labels.collect(),
            source: miette::NamedSource::new(name, text.into_owned()),
        };
        let mut out = String::new();
        if handler.render_report(&mut out, &report).is_err() {
            out = self.short(source);
            out.push('\n');
        }
        out
    }
}

/// A help may have lines.
fn help_shown(help: &str) -> String {
    let lines: Vec<_> = help.lines().map(visible).collect();
    lines.join("\n")
}

/// A query's text as a terminal may show it, every byte in its place: a character that controls the terminal is a
/// question mark.
fn shown(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| is_control(c) && !matches!(c, '\n' | '\t');
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c.len_utf8() {
            _ if c == '\r' && chars.peek() == Some(&'\n') => out.push(c),
            _ if !hidden(c) => out.push(c),
            1 => out.push('?'),
            2 => out.push('¿'),
            _ => out.push('\u{fffd}'),
        }
    }
    Cow::Owned(out)
}

struct Report<'a> {
    diagnostic: &'a Diagnostic,
    code: String,
    labels: Vec<miette::LabeledSpan>,
    source: miette::NamedSource<String>,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.diagnostic.message))
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.code))
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Unsupported | Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|h| Box::new(help_shown(h)) as Box<dyn fmt::Display + '_>)
    }
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// The nearest of `candidates` to `name`, within a third of the word's length, letter case aside.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    // Of a single letter nothing is left to be near by.
    let allowed = match name.chars().count() {
        1 => 0,
        n => (n / 3).max(1),
    };
    candidates
        .into_iter()
        .filter(|c| *c != name)
        .filter_map(|c| {
            let distance = edits(&lower, &c.to_lowercase(), allowed)?;
            Some((distance, c))
        })
        .min()
        .map(|(_, c)| c)
}

/// Number of single-character edits (swaps of neighbours included) from `a` to `b`, if at most
/// `limit`.
fn edits(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit || a.len() > 200 || b.len() > 200 {
        return None;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(ca != cb))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last()
        .and_then(|r| r.last())
        .copied()
        .filter(|d| *d <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_within_a_third() {
        let names = ["RemoteIP", "RemotePort", "LocalIP"];
        assert_eq!(nearest("RemotIP", names), Some("RemoteIP"));
        assert_eq!(nearest("remoteip", names), Some("RemoteIP"));
        assert_eq!(nearest("Reomte", names), None);
        assert_eq!(nearest("zzz", names), None);
    }
}
