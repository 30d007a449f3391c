//! Grammar rules of statements and pipelines.

use super::ast::{
    Expr, ExprKind, Function, LetValue, Parameter, ParameterType, Pattern, PatternCase,
    PatternDefinition, Piped, Pipeline, Query, Statement, StatementKind,
};
use super::expression::{can_start, literal, signed_literal, starts_statement, unnamed_expression};
use super::lexer::TokenKind;
use super::name::{
    column_declaration, column_name, declared_type, is_name, name, string, table_source,
    variable_name,
};
use super::tokens::{
    Parsed, Tokens, between, bracketed_list, bracketed_some, close, keyword, symbol,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::operators::{self, Place};
use crate::source::Span;
use crate::types::Type;

/// A whole query: it takes all tokens, whatever they are.
pub(super) fn whole(i: Tokens<'_>) -> Query {
    let (mut i, mut statements) = match query(i) {
        Ok((rest, query)) => (rest, query.statements),
        Err(_) => (i, Vec::new()),
    };
    while *i.kind(0) != TokenKind::End && !i.gave_up() {
        // A closing bracket too many: what follows is read as if it were not there.
        i.expect("the end of the query");
        i.report_rest(false);
        let from = i.span();
        i = recover_statement(i, i);
        if i.is_symbol(0, ";") || i.span() == from {
            i = i.skip(1);
        }
        if let Ok((rest, more)) = query(i) {
            statements.extend(more.statements);
            i = rest;
        }
    }
    let unread = Vec::new();
    Query { statements, unread }
}

/// `let a = 1; T | take a;`
pub fn query(mut i: Tokens<'_>) -> Parsed<'_, Query> {
    let mut statements = Vec::new();
    loop {
        if i.is_symbol(0, ";") && !statements.is_empty() {
            i = i.skip(1);
        }
        while i.is_symbol(0, ";") && !i.gave_up() {
            i.expect("a statement");
            i.report_rest(false);
            i = i.skip(1);
        }
        if at_end(&i) || i.gave_up() {
            let unread = Vec::new();
            return Ok((i, Query { statements, unread }));
        }
        if !(starts_statement(&i) || i.is_symbol(0, "*")) {
            i.expect("a statement");
            i.report_rest(false);
            i = recover_statement(i, i);
            continue;
        }
        let (rest, kind) = match statement(i) {
            Ok((rest, kind)) if rest.is_symbol(0, ";") || at_end(&rest) => (rest, kind),
            outcome => {
                let at = match &outcome {
                    Ok((rest, _)) => *rest,
                    Err(_) => i,
                };
                at.expect("`;`");
                at.expect("the end of the query");
                at.report_rest(starts_statement(&at));
                let kind = match outcome {
                    Ok((_, kind)) => kind,
                    Err(_) => unread(i),
                };
                (recover_statement(at, i), kind)
            }
        };
        statements.push(Statement {
            kind,
            span: i.span_to(rest),
        });
        i = rest;
    }
}

/// A statement that could not be read; what it would declare is declared.
fn unread(i: Tokens<'_>) -> StatementKind {
    let value = hole(i.span());
    if i.word(0) == Some("let")
        && is_name(&i, 1)
        && let Ok((rest, name)) = name(i.skip(1))
        && rest.is_symbol(0, "=")
    {
        let value = LetValue::Expr(value);
        return StatementKind::Let { name, value };
    }
    StatementKind::Expression(value)
}

/// Whether the statements end here.
fn at_end(i: &Tokens) -> bool {
    matches!(
        i.kind(0),
        TokenKind::End | TokenKind::Symbol(")" | "}" | "]")
    )
}

/// Goes on at the next `;`, past the pipes of the statement that has a mistake; the operators on
/// the way are read for their own mistakes.
fn recover_statement<'a>(at: Tokens<'a>, from: Tokens<'a>) -> Tokens<'a> {
    let mut i = at.recover(from);
    while i.is_symbol(0, "|") && !i.gave_up() {
        let mut operators = Vec::new();
        i = piped_operators(i, &mut operators);
        if !(i.is_symbol(0, ";") || i.is_symbol(0, "|") || at_end(&i)) {
            i = i.recover(i);
        }
    }
    i
}

/// An expression that is missing, which has been said.
pub(super) fn hole(span: Span) -> Expr {
    Expr {
        kind: ExprKind::Error,
        span,
    }
}

/// `let a = 1`, `set notruncation`, `T | take 1`
pub fn statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let next = i.word(1);
    let is_declaration = match i.word(0) {
        Some("let") => {
            is_name(&i, 1) || i.is_symbol(1, ";") || !matches!(i.kind(1), TokenKind::Symbol(_))
        }
        Some("set") => {
            next.is_some() || matches!(i.kind(1), TokenKind::Symbol(";") | TokenKind::End)
        }
        Some("alias") => next == Some("database"),
        Some("restrict") => next == Some("access"),
        Some("declare") => !matches!(i.kind(1), TokenKind::Symbol("|" | ";") | TokenKind::End),
        _ => false,
    };
    if is_declaration {
        return declaration(i);
    }
    expression_statement(i)
}

/// `let a = 1`, `set notruncation`, `declare query_parameters(a: long)`: no result
pub fn declaration(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    match i.word(0) {
        Some("set") => set_statement(i),
        Some("alias") => alias_statement(i),
        Some("restrict") => restrict_statement(i),
        Some("declare") if i.word(1) == Some("pattern") => pattern_statement(i),
        _ => local_declaration(i),
    }
}

/// `let a = 1`, `declare query_parameters(a: long)`: what can stand in a function
pub fn local_declaration(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    match i.word(0) {
        Some("let") => let_statement(i),
        _ => query_parameters_statement(i),
    }
}

/// `T | take 1`, `print 1`
pub fn expression_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let (i, value) = expression(i)?;
    Ok((i, StatementKind::Expression(value)))
}

/// `let a = 1`, `let f = (x: long) { x }`
pub fn let_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let (i, _) = keyword("let")(i)?;
    let (i, name) = variable_name(i)?;
    let (i, _) = symbol("=")(i)?;
    let is_view = i.word(0) == Some("view") && i.is_symbol(1, "(");
    let at = if is_view { i.skip(1) } else { i };
    let (i, value) = if at.is_symbol(0, "(") && is_function(&at) {
        let (i, function) = function(i)?;
        (i, LetValue::Function(Box::new(function)))
    } else {
        let (i, value) = expression(i)?;
        (i, LetValue::Expr(value))
    };
    Ok((i, StatementKind::Let { name, value }))
}

/// Whether parameters come next: what is before a `{`, or a name with its type.
fn is_function(i: &Tokens) -> bool {
    let typed = i.word(1).is_some() && i.is_symbol(2, ":");
    let ty = i.word(3).is_some_and(|ty| Type::from_name(ty).is_some());
    let bracket = is_name(i, 1) || i.is_symbol(1, ":");
    i.is_symbol(1, ")") || typed && ty || bracket && i.after_bracket_is("{")
}

/// `(x: long) { x }`, `view () { T }`
pub fn function(i: Tokens<'_>) -> Parsed<'_, Function> {
    let view = i.word(0) == Some("view");
    let rest = if view { i.skip(1) } else { i };
    let (rest, parameters) = bracketed_list(rest, "(", parameter_declaration, ")", false)?;
    let (rest, (statements, body)) = function_body(rest)?;
    let function = Function {
        view,
        parameters,
        statements,
        body,
        span: i.span_to(rest),
    };
    Ok((rest, function))
}

/// `{ let y = 1; T | take y }`
pub fn function_body(i: Tokens<'_>) -> Parsed<'_, (Vec<Statement>, Option<Expr>)> {
    let (rest, _) = symbol("{")(i)?;
    let (rest, inner) = query(rest)?;
    let declares = inner
        .statements
        .last()
        .map(|last| !matches!(last.kind, StatementKind::Expression(_)));
    if declares == Some(true) && rest.is_symbol(0, "}") && rest.before() != Some(";") {
        rest.missing_token("`;`");
    }
    let (rest, _) = close(rest, i, "}")?;
    let mut statements = inner.statements;
    let body = match statements.pop() {
        Some(Statement {
            kind: StatementKind::Expression(body),
            ..
        }) => Some(body),
        last => {
            statements.extend(last);
            None
        }
    };
    let starts = statements.iter().skip(1).map(|s| s.span);
    let starts = starts.chain(body.as_ref().map(|b| b.span));
    for (statement, next) in statements.iter().zip(starts) {
        if let StatementKind::Expression(_) = statement.kind
            && i.is_symbol(0, "{")
        {
            let message = "a function has one result: the expression at its end";
            let said = Diagnostic::new(Code::Syntax, next, message).kusto_as("KS005");
            rest.note(said.also(statement.span, "this would be another"));
        }
    }
    let elsewhere = statements.iter().filter(|statement| {
        !matches!(
            statement.kind,
            StatementKind::Let { .. }
                | StatementKind::QueryParameters(_)
                | StatementKind::Expression(_)
        )
    });
    for statement in elsewhere {
        let message = "this statement cannot stand in a function";
        rest.note(Diagnostic::new(Code::Syntax, statement.span, message));
    }
    Ok((rest, (statements, body)))
}

/// `x: long = 1`, `T: (a: long)`, `T: (*)`
pub fn parameter_declaration(i: Tokens<'_>) -> Parsed<'_, Parameter> {
    let (i, name) = column_name(i)?;
    let (i, _) = symbol(":")(i)?;
    if i.is_symbol(0, "(") {
        let (i, ty) = table_type(i)?;
        let default = None;
        return Ok((i, Parameter { name, ty, default }));
    }
    let (i, ty) = declared_type(i)?;
    let ty = ParameterType::Scalar(ty);
    if !i.is_symbol(0, "=") {
        i.expect("`=`");
        let default = None;
        return Ok((i, Parameter { name, ty, default }));
    }
    let (i, default) = constant(i.skip(1))?;
    let default = Some(default);
    Ok((i, Parameter { name, ty, default }))
}

/// `(a: long)`, `(*)`
pub fn table_type(i: Tokens<'_>) -> Parsed<'_, ParameterType> {
    if i.is_symbol(1, "*") {
        let (i, _) = between(i, "(", symbol("*"), ")")?;
        let ty = ParameterType::Table {
            columns: Vec::new(),
            open: true,
        };
        return Ok((i, ty));
    }
    let (rest, columns) = bracketed_list(i, "(", column_declaration, ")", false)?;
    if columns.is_empty() {
        let message = "a table has columns, or any with `(*)`";
        let said = Diagnostic::new(Code::Syntax, i.span_to(rest), message);
        rest.note(said.kusto_as("KS220"));
    }
    let i = rest;
    let ty = ParameterType::Table {
        columns,
        open: false,
    };
    Ok((i, ty))
}

/// `1`, `-1`, `'a'`, `dynamic([])`
pub fn constant(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if is_signed_number(&i) {
        return signed_literal(i);
    }
    literal(i)
}

/// Whether a constant comes next.
pub fn starts_constant(i: &Tokens<'_>) -> bool {
    let literal = matches!(
        i.kind(0),
        TokenKind::Literal(_) | TokenKind::String(_) | TokenKind::Now | TokenKind::Today(_)
    );
    literal || is_signed_number(i)
}

/// Whether a sign and a number comes next that can have one: no int, no decimal.
fn is_signed_number(i: &Tokens<'_>) -> bool {
    let signed = matches!(i.kind(0), TokenKind::Symbol("-" | "+"));
    let number = match i.kind(1) {
        TokenKind::Literal(Some(value)) => {
            matches!(value.ty(), Type::Long | Type::Real | Type::Timespan)
        }
        TokenKind::Literal(None) => true,
        _ => false,
    };
    signed && number
}

/// `set notruncation`, `set query_take_max_records = 5`
pub fn set_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let (i, name) = name(i.skip(1))?;
    let (i, value) = if i.is_symbol(0, "=") {
        let (i, value) = super::name::parameter_value(i.skip(1))?;
        (i, Some(value))
    } else {
        i.expect("`=`");
        (i, None)
    };
    Ok((i, StatementKind::Set { name, value }))
}

/// `alias database d = cluster('c').database('x')`
pub fn alias_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let (i, name) = variable_name(i.skip(2))?;
    let (i, _) = symbol("=")(i)?;
    let (i, value) = unnamed_expression(i)?;
    Ok((i, StatementKind::Alias { name, value }))
}

/// `restrict access to (T, database('d').*)`
pub fn restrict_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let (i, _) = keyword("to")(i.skip(2))?;
    let (i, entities) = bracketed_some(i, "(", table_source, ")", "a table")?;
    Ok((i, StatementKind::Restrict(entities)))
}

/// `declare query_parameters(a: long = 1)`
pub fn query_parameters_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let i = i.skip(1);
    i.expect("`pattern`");
    let (i, _) = keyword("query_parameters")(i)?;
    let (i, parameters) = bracketed_some(i, "(", parameter_declaration, ")", "a parameter")?;
    Ok((i, StatementKind::QueryParameters(parameters)))
}

/// `declare pattern P = (a: string)[p: string] { ('x').['y'] = { T } }`
pub fn pattern_statement(i: Tokens<'_>) -> Parsed<'_, StatementKind> {
    let (i, name) = variable_name(i.skip(2))?;
    if !i.is_symbol(0, "=") {
        i.expect("`=`");
        let pattern = Pattern {
            name,
            definition: None,
        };
        return Ok((i, StatementKind::Pattern(pattern)));
    }
    let (i, definition) = pattern_definition(i)?;
    let pattern = Pattern {
        name,
        definition: Some(definition),
    };
    Ok((i, StatementKind::Pattern(pattern)))
}

/// `= (a: string)[p: string] { ('x').['y'] = { T } }`
pub fn pattern_definition(i: Tokens<'_>) -> Parsed<'_, PatternDefinition> {
    let (i, _) = symbol("=")(i)?;
    let (i, parameters) = bracketed_list(i, "(", parameter_declaration, ")", false)?;
    let (i, path) = if i.is_symbol(0, "[") {
        let (i, path) = between(i, "[", parameter_declaration, "]")?;
        (i, Some(path))
    } else {
        (i, None)
    };
    let (mut rest, _) = symbol("{")(i)?;
    let mut cases = Vec::new();
    while cases.is_empty() || rest.is_symbol(0, "(") {
        let (after, case) = pattern_case(rest)?;
        cases.push(case);
        rest = after;
    }
    let (rest, _) = close(rest, i, "}")?;
    let definition = PatternDefinition {
        parameters,
        path,
        cases,
    };
    Ok((rest, definition))
}

/// `('x').['y'] = { T };`
pub fn pattern_case(i: Tokens<'_>) -> Parsed<'_, PatternCase> {
    let (i, values) = bracketed_some(i, "(", string, ")", "a string")?;
    let (i, path) = if i.is_symbol(0, ".") {
        let (i, path) = between(i.skip(1), "[", string, "]")?;
        (i, Some(path))
    } else {
        (i, None)
    };
    let (i, _) = symbol("=")(i)?;
    let (rest, (statements, body)) = function_body(i)?;
    let body = Function {
        view: false,
        parameters: Vec::new(),
        statements,
        body,
        span: i.span_to(rest),
    };
    let mut rest = rest;
    while rest.is_symbol(0, ";") {
        rest = rest.skip(1);
    }
    Ok((rest, PatternCase { values, path, body }))
}

/// `T | where a`, `print 1`, `a + b`: whatever can be the value of a `let` or stand in brackets.
pub fn expression(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let mut operators = Vec::new();
    let (rest, source) = if is_source(&i) && !is_table_literal(&i) {
        let (rest, piped) = any_operator(i, false)?;
        operators.push(piped);
        if !rest.is_symbol(0, "|") {
            rest.expect("`|`");
        }
        (rest, None)
    } else if let Some(keyword) = without_source(&i) {
        let message = format!("`{keyword}` needs rows from before a `|`");
        let span = i.span_to(i.skip(i.keyword_length(keyword).unwrap_or(1)));
        let said = Diagnostic::new(Code::Syntax, span, message).kusto_as("KS174");
        i.note(said.help(format!("start with a table: T | {keyword} …")));
        let (rest, _) = any_operator(i, true)?;
        (rest, Some(hole(span)))
    } else {
        let (rest, value) = unnamed_expression(i)?;
        if !rest.is_symbol(0, "|") {
            rest.expect("`|`");
            return Ok((rest, value));
        }
        match value.kind {
            // `datatable (…) […] | take 1` is one pipeline.
            ExprKind::Pipeline(inner) => {
                operators = inner.operators;
                (rest, inner.source)
            }
            _ => (rest, Some(value)),
        }
    };
    let rest = piped_operators(rest, &mut operators);
    Ok((rest, pipeline(source, operators, i.span_to(rest))))
}

/// Whether an expression has operators that could take a comma after it.
pub fn is_pipeline(value: &Expr) -> bool {
    let ExprKind::Pipeline(pipeline) = &value.kind else {
        return false;
    };
    match pipeline.operators.as_slice() {
        [only] if pipeline.source.is_none() => !matches!(
            only.operator,
            operators::Operator::Datatable(_) | operators::Operator::Externaldata(_)
        ),
        _ => true,
    }
}

/// Whether `datatable` or `externaldata` comes next, which are operands as well.
pub fn is_table_literal(i: &Tokens) -> bool {
    matches!(
        i.word(0),
        Some("datatable" | "externaldata" | "external_data")
    ) && is_source(i)
}

fn pipeline(source: Option<Expr>, operators: Vec<Piped>, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Pipeline(Box::new(Pipeline {
            source,
            operators,
            span,
        })),
        span,
    }
}

/// Whether a statement ends before the token at `ahead`.
fn ends_statement(i: &Tokens, ahead: usize) -> bool {
    matches!(i.kind(ahead), TokenKind::Symbol(";") | TokenKind::End)
}

/// Whether an operator that can start a pipeline comes next, and not just a name like it.
pub fn is_source(i: &Tokens) -> bool {
    let Some((info, keyword, _)) = operators::find_operator(i) else {
        return false;
    };
    if info.place == Place::Piped {
        return false;
    }
    let next = i.skip(i.keyword_length(keyword).unwrap_or(1));
    match info.name() {
        "range" => match next.after_bracket() {
            Some(after) => is_name(&next, 0) && after.is_keyword("from"),
            // What ends here is told what is missing.
            None => next.word(1) == Some("from") || is_name(&next, 0) && ends_statement(&next, 1),
        },
        "datatable" | "externaldata" | "print" | "find" | "search" | "union" => true,
        _ => match next.kind(0) {
            _ if ends_statement(&next, 0) => info.name() != "find",
            TokenKind::Symbol(symbol) => matches!(*symbol, "(" | "[" | "*" | "-" | "+"),
            TokenKind::Word => next.is_symbol(1, "=") || can_start(&next),
            _ => true,
        },
    }
}

/// The operator that comes next although it needs rows, and cannot be a name.
fn without_source(i: &Tokens) -> Option<&'static str> {
    let (info, keyword, _) = operators::find_operator(i)?;
    let next = i.skip(i.keyword_length(keyword).unwrap_or(1));
    let is_keyword =
        keyword.contains('-') || matches!(keyword, "where" | "project" | "as" | "invoke");
    let apart = !keyword.contains('-') || !next.touches(0);
    (info.place == Place::Piped && is_keyword && apart && !next.is_symbol(0, "("))
        .then_some(keyword)
}

/// An operator that is a source, as an operand: `datatable (…) […]`
pub fn source_operator(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, piped) = any_operator(i, false)?;
    Ok((rest, pipeline(None, vec![piped], i.span_to(rest))))
}

/// Operators, each after a `|`. A mistake in one is reported, and the next is read.
pub fn piped_operators<'a>(mut i: Tokens<'a>, operators: &mut Vec<Piped>) -> Tokens<'a> {
    while i.is_symbol(0, "|") && !i.gave_up() {
        let start = i.skip(1);
        i = match operator(start) {
            Ok((rest, piped)) => {
                operators.push(piped);
                if is_boundary(&rest) {
                    rest
                } else {
                    rest.expect("`|`");
                    rest.report_rest(starts_statement(&rest));
                    let next = rest.recover(start);
                    if let Some(last) = operators.last_mut() {
                        // What was passed over is a part of it.
                        last.span = start.span_to(next);
                    }
                    next
                }
            }
            Err(_) => start.recover(start),
        };
    }
    i
}

/// Whether a pipeline can end here.
pub fn is_boundary(i: &Tokens) -> bool {
    matches!(
        i.kind(0),
        TokenKind::End | TokenKind::Symbol("|" | ";" | ")" | "]" | "}" | ",")
    )
}

/// `where a`, `take 5`: an operator after a pipe.
pub fn operator(i: Tokens<'_>) -> Parsed<'_, Piped> {
    any_operator(i, true)
}

/// An operator from its keyword on.
fn any_operator(i: Tokens<'_>, piped: bool) -> Parsed<'_, Piped> {
    let Some((info, keyword, parser)) = operators::find_operator(&i) else {
        return no_operator(i);
    };
    if piped && info.place == Place::Source {
        return misplaced(i, keyword);
    }
    let (rest, operator) = parser(i)?;
    let piped = Piped {
        operator,
        keyword,
        span: i.span_to(rest),
    };
    Ok((rest, piped))
}

/// No operator's keyword comes next.
fn no_operator(i: Tokens<'_>) -> Parsed<'_, Piped> {
    let Some(word) = i.word(0) else {
        i.expect("an operator such as `where`");
        return i.fail_as("KS176", i.gap());
    };
    let rest = i.skip(i.hyphenated_length());
    let span = i.span_to(rest);
    let written = i.text(span);
    let mut diagnostic = Diagnostic::new(
        Code::Syntax,
        span,
        format!("`{written}` is no tabular operator"),
    )
    .kusto_as("KS176");
    let near = operators::nearest_keyword(written).or_else(|| operators::nearest_keyword(word));
    if let Some(near) = near {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    i.fail_with(diagnostic)
}

fn misplaced<'a>(i: Tokens<'a>, keyword: &str) -> Parsed<'a, Piped> {
    let message = format!("`{keyword}` starts a query; it cannot follow a `|`");
    i.fail_with(Diagnostic::new(Code::Syntax, i.span(), message).kusto_as("KS175"))
}

/// `(where a | take 5)`: operators in brackets, the first without a pipe
pub fn subpipeline(i: Tokens<'_>) -> Parsed<'_, Vec<Piped>> {
    between(i, "(", operators_without_source, ")")
}

/// `where a | take 5`
pub fn operators_without_source(i: Tokens<'_>) -> Parsed<'_, Vec<Piped>> {
    let mut operators = Vec::new();
    let rest = match operator(i) {
        Ok((rest, piped)) => {
            operators.push(piped);
            rest
        }
        Err(_) => i.recover(i),
    };
    let rest = piped_operators(rest, &mut operators);
    Ok((rest, operators))
}
