//! Completion: what can stand at the cursor, from the grammar, the declarations, the columns as they are at that
//! stage of the pipe, and the data.

use crate::bind::special::{self, Named};
use crate::functions::{self, plugins};
use crate::plan::signature::Returns;
use crate::plan::{Eval, Role, Signature};
use crate::repl::offers::{
    Found, add_column, aggregates, chart_kinds, escaped, keyword, parameter_values, parameters,
    piped_operators, quoted, scalar_functions, source_operators, takes_aggregate, types,
};
use crate::repl::point::{Point, Within, in_comment, open_string};
use crate::repl::values::Glances;
use crate::session::{LAST, Session};
use crate::syntax::ast::Infix;
use crate::syntax::lexer::{TokenKind, lex};
use crate::syntax::{expected, takes_name};
use crate::types::{Schema, Type};

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Operator,
    Keyword,
    Table,
    Column,
    Variable,
    Function,
    Aggregate,
    Infix,
    Value,
    Command,
}

/// Something that can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is put there.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Its type, for a column.
    pub note: Option<&'static str>,
}

/// What can stand at the cursor in place of the word before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where that word starts.
    pub start: usize,
    /// The candidates, the likeliest kind first.
    pub candidates: Vec<Candidate>,
}

/// What the parser says where an operator's keyword must come.
const OPERATOR: &str = "an operator such as `where`";
/// What it says where an infix operator can.
const INFIX: &str = "an operator such as `==`";

/// What can stand at byte `cursor` of a text. `lets` are declarations that hold for it.
pub fn complete(
    session: &Session,
    glances: &Glances,
    lets: &str,
    text: &str,
    cursor: usize,
) -> Completion {
    let Some(before) = text.get(..cursor) else {
        return Completion::default();
    };
    if in_comment(&lex(before), before) {
        return Completion::default();
    }
    let data = Data {
        session,
        glances,
        lets,
    };
    if let Some(quote) = open_string(before) {
        return data.in_string(before, quote.start, &quote.mark);
    }
    let start = word_start(before);
    let (head, word) = before.split_at(start);
    let mut found = Found {
        word,
        all: Vec::new(),
    };
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        data.at(head, &mut found);
    }
    Completion {
        start,
        candidates: found.matching(),
    }
}

/// Where the word before the cursor starts; `project-aw` is one where an operator can stand.
fn word_start(before: &str) -> usize {
    let start_of = |is_part: fn(char) -> bool| before.trim_end_matches(is_part).len();
    let hyphenated = start_of(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if before[hyphenated..].contains('-') && expected(&before[..hyphenated]).contains(&OPERATOR) {
        return hyphenated;
    }
    let start = start_of(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'));
    match before[..start].ends_with('!') {
        true => start - 1,
        false => start,
    }
}

/// What candidates come from.
struct Data<'a> {
    session: &'a Session,
    glances: &'a Glances,
    lets: &'a str,
}

impl Data<'_> {
    fn at(&self, head: &str, found: &mut Found<'_>) {
        let point = Point::at_end(head);
        if let Some(base) = point.path() {
            return self.members(&point, base, found);
        }
        let expected = expected(head);
        if expected.contains(&OPERATOR) {
            return piped_operators(found);
        }
        let within = point.within();
        if let Some(within) = &within
            && let Some(name) = point.parameter()
            && let Some(values) = parameter_values(within.info.syntax, name)
        {
            values.for_each(|v| found.add(Kind::Keyword, v));
            return;
        }
        if let Some(within) = within.filter(|w| point.in_properties(w)) {
            return self.properties(&point, within.info.syntax, found);
        }
        if point.starts_text() {
            for word in ["let", "set", "declare"] {
                found.add(Kind::Keyword, word);
            }
        }
        if point.starts_statement() {
            self.tables(&point, found);
            source_operators(found);
            if !found.word.is_empty() {
                scalar_functions(found);
                self.stored_functions(found);
            }
            return;
        }
        if point.call().is_none() {
            for word in expected.iter().filter_map(|e| keyword(e)) {
                found.add(Kind::Keyword, word);
            }
        }
        if expected.contains(&"a type") {
            return types(found);
        }
        let begins = |what: &&str| matches!(*what, "an expression" | "a table");
        if expected.contains(&INFIX) && !expected.iter().any(begins) && point.ends_operand() {
            self.infix(&point, found);
        }
        if takes_name(head) {
            self.name(&point, within, &expected, found);
        }
    }

    /// Where a name can stand.
    fn name(
        &self,
        point: &Point<'_>,
        within: Option<Within>,
        expected: &[&str],
        found: &mut Found<'_>,
    ) {
        let before = point.token(point.len().saturating_sub(1));
        let is_new = matches!(
            before,
            "let" | "as" | "set" | "step" | "database" | "pattern"
        );
        let of_table = expected.contains(&"a table") || self.wants_table(point, within.as_ref());
        if let Some(within) = &within
            && point.is_direct(within)
            && point.only_parameters(within)
            && chart_kinds(within.info.syntax).is_none()
        {
            for (name, _) in parameters(within.info.syntax) {
                found.add(Kind::Keyword, format!("{name}="));
            }
        }
        if of_table {
            self.tables(point, found);
            return source_operators(found);
        }
        if let Some(within) = within
            && within.info.syntax.contains("plugin(")
            && point.is_direct(&within)
            && point.only_parameters(&within)
        {
            plugins::names().for_each(|n| found.add(Kind::Function, format!("{n}(")));
            return;
        }
        if expected.contains(&"a name") && !expected.contains(&"an expression") {
            match within {
                Some(within) if chart_kinds(within.info.syntax).is_some() => {
                    let kinds = chart_kinds(within.info.syntax).into_iter().flatten();
                    kinds.for_each(|k| found.add(Kind::Keyword, k));
                }
                _ if is_new => {}
                _ => self.columns(point, found),
            }
            return;
        }
        self.expression(point, within, found);
    }

    /// Where an expression can stand.
    fn expression(&self, point: &Point<'_>, within: Option<Within>, found: &mut Found<'_>) {
        if let Some(within) = &within
            && within.info.syntax.contains("$left")
            && point.has_word(within, "on")
        {
            return self.both_sides(point, within, found);
        }
        if found.word.is_empty()
            && let Some((column, _)) = compared(point)
        {
            self.values(point, column, found);
        }
        if let Some(within) = &within
            && point.is_direct(within)
            && takes_aggregate(point, within)
        {
            aggregates(found);
        }
        if let Some(within) = &within {
            for (name, _) in point.elements(within) {
                found.add(Kind::Variable, quoted(name));
            }
        }
        self.columns(point, found);
        self.variables(point, found);
        if point.list().is_some() {
            self.table_names(found);
        }
        if !found.word.is_empty() {
            scalar_functions(found);
            self.stored_functions(found);
        }
    }

    /// In the brackets of `with (name = value, …)`: a property that has none yet, or its value.
    fn properties(&self, point: &Point<'_>, syntax: &'static str, found: &mut Found<'_>) {
        match point.parameter() {
            Some(name) => {
                let mut all = parameters(syntax);
                let takes = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
                if takes.is_some_and(|(_, value)| value.starts_with("column")) {
                    self.columns(point, found);
                }
            }
            None => {
                for (name, _) in parameters(syntax).filter(|(name, _)| !point.has_property(name)) {
                    found.add(Kind::Keyword, format!("{name}="));
                }
            }
        }
    }

    /// Whether a table must stand at the cursor.
    fn wants_table(&self, point: &Point<'_>, within: Option<&Within>) -> bool {
        if let Some(call) = point.call() {
            let specials = special::ALL.iter();
            let mut notations = specials.filter(|s| s.names.contains(&call.name));
            return notations.any(|s| s.notation.contains(": table"));
        }
        let Some(within) = within else {
            return false;
        };
        let other = within.info.syntax.contains("(U)");
        let tables = other || within.info.syntax.contains("table, ...");
        if point.has_word(within, "on") || point.has_word(within, "where") {
            return false;
        }
        point.opens_table(within) && tables
            || point.is_direct(within) && other && point.only_parameters(within)
    }

    // -----------------------------------------------------------------------------------------
    // Names

    fn table_names(&self, found: &mut Found<'_>) {
        for name in self.session.catalog.names() {
            found.add(Kind::Table, quoted(name));
        }
        if self.session.has_last() {
            found.add(Kind::Table, LAST);
        }
    }

    /// Functions that are kept beside the queries.
    fn stored_functions(&self, found: &mut Found<'_>) {
        for name in self.session.catalog.functions().keys() {
            found.add(Kind::Function, format!("{name}("));
        }
    }

    fn tables(&self, point: &Point<'_>, found: &mut Found<'_>) {
        self.table_names(found);
        self.stored_functions(found);
        self.variables(point, found);
        let specials = special::ALL.iter();
        for special in specials.filter(|s| s.notation.ends_with("-> table")) {
            let name = special.names.first().copied().unwrap_or_default();
            found.add(Kind::Function, format!("{name}("));
        }
    }

    fn variables(&self, point: &Point<'_>, found: &mut Found<'_>) {
        let outer = Point::at_end(self.lets);
        let of = |point: &Point<'_>, found: &mut Found<'_>| {
            for name in point.declared().into_iter().rev() {
                match point.signature_of(name) {
                    Some(_) => found.add(Kind::Function, format!("{}(", quoted(name))),
                    None => found.add(Kind::Variable, quoted(name)),
                }
            }
        };
        of(point, found);
        of(&outer, found);
    }

    /// The columns of the rows that arrive at a place.
    fn schema(&self, point: &Point<'_>) -> Schema {
        match point.rows() {
            Some(rows) => {
                self.session
                    .columns(&format!("{}{}{rows}", self.lets, point.declarations()))
            }
            None => Schema::default(),
        }
    }

    fn columns(&self, point: &Point<'_>, found: &mut Found<'_>) {
        for column in self.schema(point).columns {
            add_column(&column, found);
        }
    }

    fn other_columns(&self, point: &Point<'_>, within: &Within) -> Schema {
        match point.other_table(within) {
            Some(other) => {
                self.session
                    .columns(&format!("{}{}{other}", self.lets, point.declarations()))
            }
            None => Schema::default(),
        }
    }

    /// After `on`: columns that both tables have, or one side's.
    fn both_sides(&self, point: &Point<'_>, within: &Within, found: &mut Found<'_>) {
        let right = self.other_columns(point, within);
        for column in self.schema(point).columns {
            if right.index(&column.name).is_some() {
                add_column(&column, found);
            }
        }
        for side in ["$left.", "$right."] {
            found.add(Kind::Keyword, side);
        }
    }

    /// After a dot.
    fn members(&self, point: &Point<'_>, base: &str, found: &mut Found<'_>) {
        let within = point.within();
        match (base, within) {
            ("$left", _) => self.columns(point, found),
            ("$right", Some(within)) => {
                for column in self.other_columns(point, &within).columns {
                    add_column(&column, found);
                }
            }
            _ if self.of_pattern(point, base, within.as_ref(), found) => {}
            _ => {
                let Some(rows) = point.rows() else {
                    return;
                };
                let rows = format!("{}{}{rows}", self.lets, point.declarations());
                for key in self.glances.keys(self.session, &rows, base) {
                    found.add(Kind::Value, quoted(&key));
                }
            }
        }
    }

    /// The properties of a node or an edge of a pattern; whether it is one.
    fn of_pattern(
        &self,
        point: &Point<'_>,
        base: &str,
        within: Option<&Within>,
        found: &mut Found<'_>,
    ) -> bool {
        let elements = within.map(|within| point.elements(within));
        let known = elements.and_then(|all| all.into_iter().find(|(name, _)| *name == base));
        let (Some((_, node)), Some(rows)) = (known, point.rows()) else {
            return false;
        };
        let table = if node { "nodes" } else { "edges" };
        let (lets, before) = (self.lets, point.declarations());
        let rows = format!("{lets}{before}{rows} | graph-to-table {table}");
        for column in self.session.columns(&rows).columns {
            add_column(&column, found);
        }
        true
    }

    // -----------------------------------------------------------------------------------------
    // Operators and values

    /// The infix operators for the operand before the cursor.
    fn infix(&self, point: &Point<'_>, found: &mut Found<'_>) {
        let ty = self.operand(point);
        let mut later = Vec::new();
        for entry in functions::all_scalars() {
            let function = entry.function;
            let range = matches!(function.role, Role::Between | Role::NotBetween);
            let takes = |s: &Signature| {
                let first = s.parameters.first();
                let infix = s.infix && s.parameters.len() > 1 || range;
                infix && first.is_some_and(|p| p.types.contains(ty))
            };
            let runs = !matches!(function.eval, Eval::Unsupported(_));
            if !runs || function.deprecated.is_some() || matches!(function.name(), ":" | "[]") {
                continue;
            }
            if entry.signatures.iter().any(takes) {
                let name = function.name();
                let negated = name.starts_with('!') && name.len() > 2;
                match negated {
                    true => later.push(name),
                    false => found.add(Kind::Infix, name),
                }
            }
        }
        later.into_iter().for_each(|n| found.add(Kind::Infix, n));
        for word in ["and", "or"] {
            found.add(Kind::Keyword, word);
        }
    }

    /// The type of the operand that ends at a place, as far as it is plain.
    fn operand(&self, point: &Point<'_>) -> Type {
        let Some(last) = point.len().checked_sub(1) else {
            return Type::Unknown;
        };
        match point.kind(last) {
            Some(TokenKind::Literal(Some(value))) => value.ty(),
            Some(TokenKind::String(_)) => Type::String,
            Some(TokenKind::Word) if last > 0 && point.token(last - 1) == "." => Type::Dynamic,
            Some(TokenKind::Word) => {
                let schema = self.schema(point);
                let index = schema.index(point.token(last));
                let column = index.and_then(|i| schema.columns.get(i));
                column.map_or(Type::Unknown, |c| c.ty)
            }
            Some(TokenKind::Symbol(")")) => returned(point, last),
            _ => Type::Unknown,
        }
    }

    /// The values of the column that is compared, as literals.
    fn values(&self, point: &Point<'_>, column: &str, found: &mut Found<'_>) {
        let schema = self.schema(point);
        let Some(column) = schema.index(column).and_then(|i| schema.columns.get(i)) else {
            return;
        };
        match column.ty {
            Type::Bool => ["true", "false"]
                .into_iter()
                .for_each(|v| found.add(Kind::Value, v)),
            Type::Datetime => ["ago(", "now()", "datetime("]
                .into_iter()
                .for_each(|v| found.add(Kind::Function, v)),
            Type::String => {
                let quote = |v: &String| format!("\"{}\"", escaped(v, '"'));
                for value in self.sampled(point, &column.name) {
                    found.add(Kind::Value, quote(&value));
                }
            }
            _ => {}
        }
    }

    fn sampled(&self, point: &Point<'_>, column: &str) -> Vec<String> {
        let Some(rows) = point.rows() else {
            return Vec::new();
        };
        let rows = format!("{}{}{rows}", self.lets, point.declarations());
        self.glances.values(self.session, &rows, &quoted(column))
    }

    /// The texts that a string may hold: what the call around it names, or the values of the column it is compared with.
    fn texts(&self, point: &Point<'_>) -> Vec<String> {
        if let Some(call) = point.call().filter(|call| call.argument == 0)
            && let Some(special) = special::find(call.name)
        {
            let catalog = &self.session.catalog;
            return match special.names_in_catalog {
                Named::Table => catalog.names().map(String::from).collect(),
                Named::Watchlist => catalog.watchlists().map(String::from).collect(),
                Named::Nothing | Named::Elsewhere => Vec::new(),
            };
        }
        match compared(point) {
            Some((column, _)) => self.sampled(point, column),
            None => Vec::new(),
        }
    }

    /// In a string: what may stand in it.
    fn in_string(&self, before: &str, start: usize, mark: &str) -> Completion {
        let point = Point::at_end(&before[..start]);
        let content = start + mark.len();
        let typed = &before[content..];
        let mut completion = Completion {
            start: content,
            candidates: Vec::new(),
        };
        let quote = mark.chars().last().unwrap_or('"');
        if point.opens_name() {
            completion.candidates = self.bracketed(&point, typed, quote);
            return completion;
        }
        let verbatim = mark.contains('@') || mark.contains(['`', '~']);
        for value in self.texts(&point) {
            let text = match verbatim {
                true => value.replace(quote, &format!("{quote}{quote}")),
                false => escaped(&value, quote),
            };
            if text.to_lowercase().starts_with(&typed.to_lowercase()) {
                completion.candidates.push(Candidate {
                    text: format!("{text}{quote}"),
                    kind: Kind::Value,
                    note: None,
                });
            }
        }
        completion
    }
}

impl Data<'_> {
    /// Names as they stand in brackets: those that need them.
    fn bracketed(&self, point: &Point<'_>, typed: &str, quote: char) -> Vec<Candidate> {
        let mut found = Found {
            word: "",
            all: Vec::new(),
        };
        match point.opens_statement() {
            true => self.tables(point, &mut found),
            false => {
                self.columns(point, &mut found);
                self.variables(point, &mut found);
            }
        }
        let typed = typed.to_lowercase();
        let inner = |c: Candidate| {
            let name = c.text.strip_prefix("['")?.strip_suffix("']")?;
            let begins = name.to_lowercase().starts_with(&typed);
            begins.then(|| Candidate {
                text: format!("{name}{quote}]"),
                ..c
            })
        };
        found.matching().into_iter().filter_map(inner).collect()
    }
}

/// The column whose value comes next, and the operator it is compared with.
fn compared<'a>(point: &Point<'a>) -> Option<(&'a str, &'a str)> {
    if let Some(column) = point.list() {
        return Some((column, "in"));
    }
    let last = point.len().checked_sub(1)?;
    let (left, op) = (last.checked_sub(1)?, point.token(last));
    let is_column = point.kind(left) == Some(&TokenKind::Word);
    (is_column && Infix::from_text(op).is_some()).then(|| (point.token(left), op))
}

/// The type of a call that ends with the bracket at `close`.
fn returned(point: &Point<'_>, close: usize) -> Type {
    let mut depth = 0;
    let open = (0..=close).rev().find(|at| {
        match point.kind(*at) {
            Some(TokenKind::Symbol(")")) => depth += 1,
            Some(TokenKind::Symbol("(")) => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let Some(name) = open.and_then(|open| open.checked_sub(1)) else {
        return Type::Unknown;
    };
    let name = point.token(name);
    let signatures = match (functions::scalar(name), functions::aggregate(name)) {
        (Some(entry), _) => &entry.signatures,
        (None, Some(entry)) => &entry.signatures,
        (None, None) => return Type::Unknown,
    };
    match signatures.first().map(|s| s.returns) {
        Some(Returns::Type(ty)) => ty,
        _ => Type::Unknown,
    }
}
