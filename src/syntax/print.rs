//! Trees back to text: what is printed reads as an equal tree.

use super::ast::{
    Argument, ColumnDeclaration, Expr, ExprKind, Function, LetValue, Literal, Logic, Name,
    OperatorParameter, Parameter, ParameterType, Pattern, Piped, Pipeline, Query, SortKey,
    Statement, StatementKind, TypeName, TypeOf,
};
use crate::temporal::timespan_text;
use crate::types::Value;

/// The text of a query: a statement ends with `;`, a pipe starts a line.
pub fn print(query: &Query) -> String {
    let mut printer = Printer::default();
    printer.statements(&query.statements);
    if !printer.out.is_empty() {
        printer.push("\n");
    }
    printer.out
}

/// A piece of a tree that prints itself after its keyword.
pub trait Print {
    /// Prints what follows the keyword.
    fn print(&self, printer: &mut Printer);
}

/// A part of a tree, as [`walk`] comes by.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A statement; not the result of a function, which is an expression.
    Statement(&'a Statement),
    /// `(x: long) { x }`
    Function(&'a Function),
    /// An expression, tabular ones included.
    Expr(&'a Expr),
    /// The operators after a source (none for those in brackets after `mv-apply` and its like).
    Operators(Option<&'a Expr>, &'a [Piped]),
    /// An operator; before and after its parts, like all nodes.
    Operator(&'a Piped),
    /// `kind=inner`
    Parameter(&'a OperatorParameter),
}

/// Whether a node's parts are still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// They are.
    Enter,
    /// All have been seen.
    Leave,
}

/// Comes by every node of a tree, in the order of the text.
///
/// Printing sees every part of every operator; who walks a tree goes the same way, so that there is one list of
/// what an operator is made of.
pub fn walk(query: &Query, see: &mut dyn FnMut(Node<'_>, Step)) {
    let mut printer = Printer {
        see: Some(see),
        ..Printer::default()
    };
    printer.statements(&query.statements);
}

/// What is called for every node.
type See<'s> = &'s mut dyn FnMut(Node<'_>, Step);

/// The text so far.
#[derive(Default)]
pub struct Printer<'s> {
    out: String,
    depth: usize,
    see: Option<See<'s>>,
}

impl<'s> Printer<'s> {
    fn see(&mut self, node: Node<'_>, step: Step) {
        if let Some(see) = &mut self.see {
            see(node, step);
            // Nobody reads the text.
            self.out.clear();
        }
    }

    /// Appends text as it is.
    pub fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Starts a line.
    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.depth {
            self.out.push_str("    ");
        }
    }

    /// Prints something whose lines stand further right.
    pub fn indented(&mut self, inner: impl FnOnce(&mut Printer<'s>)) {
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// Items with commas between.
    pub fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Printer<'s>, &T)) {
        for (n, value) in items.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            item(self, value);
        }
    }

    /// Expressions with commas between.
    pub fn exprs(&mut self, items: &[Expr]) {
        self.list(items, Printer::expr);
    }

    /// Values of a table, `width` per line.
    pub fn rows(&mut self, values: &[Expr], width: usize) {
        if values.len() <= width || width == 0 {
            return self.exprs(values);
        }
        self.indented(|p| {
            for row in values.chunks(width) {
                p.line();
                p.exprs(row);
                p.push(",");
            }
        });
        self.line();
    }

    /// A word and an expression, if there is one.
    pub fn optional(&mut self, before: &str, value: Option<&Expr>) {
        if let Some(value) = value {
            self.push(before);
            self.expr(value);
        }
    }

    /// `a`, `['a b']`
    pub fn name(&mut self, name: &Name) {
        if !name.quoted {
            return self.push(&name.text);
        }
        self.push("[");
        self.string(&name.text);
        self.push("]");
    }

    /// A string literal.
    fn string(&mut self, text: &str) {
        self.out.push('\'');
        for c in text.chars() {
            match c {
                '\'' => self.push("\\'"),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                c if c.is_control() => self.push(&format!("\\u{:04x}", c as u32)),
                c => self.out.push(c),
            }
        }
        self.out.push('\'');
    }

    /// ` kind=inner hint.strategy=shuffle`
    pub fn parameters(&mut self, parameters: &[OperatorParameter]) {
        for parameter in parameters {
            self.push(" ");
            self.parameter(parameter);
        }
    }

    fn parameter(&mut self, parameter: &OperatorParameter) {
        self.see(Node::Parameter(parameter), Step::Enter);
        self.name(&parameter.name);
        self.push("=");
        match &parameter.value.kind {
            ExprKind::Bracketed(names) => self.exprs(names),
            _ => self.expr(&parameter.value),
        }
        self.see(Node::Parameter(parameter), Step::Leave);
    }

    /// ` with (a=1, b='x')`, or nothing
    pub fn with_properties(&mut self, properties: &[OperatorParameter]) {
        if !properties.is_empty() {
            self.push(" with (");
            self.list(properties, Printer::parameter);
            self.push(")");
        }
    }

    /// ` in (T, U*)`, or nothing
    pub fn sources(&mut self, sources: &[Expr]) {
        if !sources.is_empty() {
            self.push(" in (");
            self.exprs(sources);
            self.push(")");
        }
    }

    /// `: long`, or nothing
    pub fn typed(&mut self, ty: Option<&TypeName>) {
        if let Some(ty) = ty {
            self.push(": ");
            self.push(&ty.text);
        }
    }

    /// `(a: long, b: string)`
    pub fn columns(&mut self, columns: &[ColumnDeclaration]) {
        self.schema(false, columns);
    }

    /// `(*, a: long)`
    pub fn schema(&mut self, star: bool, columns: &[ColumnDeclaration]) {
        self.push("(");
        if star {
            self.push(if columns.is_empty() { "*" } else { "*, " });
        }
        self.list(columns, |p, column| {
            p.name(&column.name);
            p.typed(Some(&column.ty));
        });
        self.push(")");
    }

    /// `a desc nulls last`
    pub fn sort_key(&mut self, key: &SortKey) {
        self.expr(&key.value);
        match key.descending {
            Some(true) => self.push(" desc"),
            Some(false) => self.push(" asc"),
            None => {}
        }
        match key.nulls_first {
            Some(true) => self.push(" nulls first"),
            Some(false) => self.push(" nulls last"),
            None => {}
        }
    }

    /// `(a, b = 2)`
    pub fn arguments(&mut self, arguments: &[Argument]) {
        self.push("(");
        self.list(arguments, |p, argument| {
            if let Some(name) = &argument.name {
                p.name(name);
                p.push(" = ");
            }
            p.nested(&argument.value);
        });
        self.push(")");
    }

    /// An expression inside brackets: a pipeline goes further right.
    fn nested(&mut self, expr: &Expr) {
        self.indented(|p| p.expr(expr));
    }

    /// `(where a | take 5)`
    pub fn subpipeline(&mut self, operators: &[Piped]) {
        self.push("(");
        self.see(Node::Operators(None, operators), Step::Enter);
        self.indented(|p| p.operators(operators));
        self.see(Node::Operators(None, operators), Step::Leave);
        self.push(")");
    }

    fn operators(&mut self, operators: &[Piped]) {
        for (n, piped) in operators.iter().enumerate() {
            if n > 0 {
                self.line();
                self.push("| ");
            }
            self.push(piped.keyword);
            self.see(Node::Operator(piped), Step::Enter);
            piped.operator.print(self);
            self.see(Node::Operator(piped), Step::Leave);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        let source = pipeline.source.as_ref();
        self.see(Node::Operators(source, &pipeline.operators), Step::Enter);
        if let Some(source) = &pipeline.source {
            self.expr(source);
            for piped in &pipeline.operators {
                self.line();
                self.push("| ");
                self.operators(std::slice::from_ref(piped));
            }
        } else {
            self.operators(&pipeline.operators);
        }
        self.see(Node::Operators(source, &pipeline.operators), Step::Leave);
    }

    /// An expression.
    pub fn expr(&mut self, expr: &Expr) {
        self.see(Node::Expr(expr), Step::Enter);
        self.expr_kind(expr);
        self.see(Node::Expr(expr), Step::Leave);
    }

    fn expr_kind(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Name(name) | ExprKind::Wildcard(name) => self.name(name),
            ExprKind::Star => self.push("*"),
            ExprKind::Call { name, arguments } => {
                self.name(name);
                self.arguments(arguments);
            }
            ExprKind::Path { base, member } => {
                self.base(base);
                self.push(".");
                self.expr(member);
            }
            ExprKind::Index { base, index } => {
                self.base(base);
                self.push("[");
                self.expr(index);
                self.push("]");
            }
            ExprKind::Unary { negative, operand } => {
                self.push(if *negative { "-" } else { "+" });
                self.expr(operand);
            }
            ExprKind::Binary {
                op, left, right, ..
            } => self.infix(left, op.text(), right),
            ExprKind::Chain { op, terms } => self.chain(*op, terms),
            ExprKind::Paren(inner) => {
                self.push("(");
                self.nested(inner);
                self.push(")");
            }
            ExprKind::TypeOf(ty) => self.type_of(ty),
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ExprKind::Instant(None) => self.push("datetime()"),
            ExprKind::Instant(Some(ticks)) => {
                self.push(&format!("datetime({})", timespan_text(*ticks)));
            }
            ExprKind::Error => self.push("<error>"),
            _ => self.bracketed(expr),
        }
    }

    /// The expressions that hold several others.
    fn bracketed(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::List {
                op, left, items, ..
            } => {
                self.expr(left);
                self.push(" ");
                self.push(op.text());
                self.push(" (");
                self.list(items, Printer::nested);
                self.push(")");
            }
            ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => {
                self.expr(value);
                self.push(if *negated {
                    " !between ("
                } else {
                    " between ("
                });
                self.expr(low);
                self.push(" .. ");
                self.expr(high);
                self.push(")");
            }
            ExprKind::Named {
                names,
                bracketed,
                value,
            } => {
                self.push(if *bracketed { "(" } else { "" });
                self.list(names, Printer::name);
                self.push(if *bracketed { ") = " } else { " = " });
                self.expr(value);
            }
            ExprKind::Bracketed(items) => {
                self.push("entity_group [");
                self.exprs(items);
                self.push("]");
            }
            _ => {}
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match &literal.value {
            Value::String(text) if literal.text.is_empty() => self.string(text),
            _ => self.push(&literal.text),
        }
    }

    /// What a dot or an index follows; after a number the dot would be its own.
    fn base(&mut self, base: &Expr) {
        self.expr(base);
        if let ExprKind::Literal(_) = base.kind {
            self.push(" ");
        }
    }

    fn infix(&mut self, left: &Expr, op: &str, right: &Expr) {
        self.expr(left);
        self.push(" ");
        self.push(op);
        self.push(" ");
        self.expr(right);
    }

    fn chain(&mut self, op: Logic, terms: &[Expr]) {
        for (n, term) in terms.iter().enumerate() {
            if n > 0 {
                self.push(match op {
                    Logic::And => " and ",
                    Logic::Or => " or ",
                });
            }
            self.expr(term);
        }
    }

    fn type_of(&mut self, ty: &TypeOf) {
        self.push("typeof");
        match ty {
            TypeOf::Scalar(ty) => {
                self.push("(");
                self.push(&ty.text);
                self.push(")");
            }
            TypeOf::Schema { star, columns } => self.schema(*star, columns),
        }
    }

    /// Statements, each but the last with `;`.
    pub fn statements(&mut self, statements: &[Statement]) {
        for (n, statement) in statements.iter().enumerate() {
            if n > 0 {
                self.push(";");
                self.line();
            }
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.see(Node::Statement(statement), Step::Enter);
        self.statement_kind(&statement.kind);
        self.see(Node::Statement(statement), Step::Leave);
    }

    fn statement_kind(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::Let { name, value } => {
                self.push("let ");
                self.name(name);
                self.push(" = ");
                match value {
                    LetValue::Expr(value) => self.expr(value),
                    LetValue::Function(function) => self.function(function),
                }
            }
            StatementKind::Set { name, value } => {
                self.push("set ");
                self.name(name);
                self.optional(" = ", value.as_ref());
            }
            StatementKind::QueryParameters(parameters) => {
                self.push("declare query_parameters(");
                self.list(parameters, Printer::parameter_declaration);
                self.push(")");
            }
            StatementKind::Pattern(pattern) => self.pattern(pattern),
            StatementKind::Restrict(entities) => {
                self.push("restrict access to (");
                self.exprs(entities);
                self.push(")");
            }
            StatementKind::Alias { name, value } => {
                self.push("alias database ");
                self.name(name);
                self.optional(" = ", Some(value));
            }
            StatementKind::Expression(value) => self.expr(value),
        }
    }

    /// `x: long = 1`, `T: (*)`
    pub fn parameter_declaration(&mut self, parameter: &Parameter) {
        self.name(&parameter.name);
        match &parameter.ty {
            ParameterType::Scalar(ty) => self.typed(Some(ty)),
            ParameterType::Table { columns, open } => {
                self.push(": ");
                self.schema(*open, columns);
            }
        }
        self.optional(" = ", parameter.default.as_ref());
    }

    fn function(&mut self, function: &Function) {
        self.push(if function.view { "view (" } else { "(" });
        self.list(&function.parameters, Printer::parameter_declaration);
        self.push(") ");
        self.body(function);
    }

    fn body(&mut self, function: &Function) {
        self.see(Node::Function(function), Step::Enter);
        self.push("{");
        self.indented(|p| {
            for statement in &function.statements {
                p.line();
                p.statement(statement);
                p.push(";");
            }
            if let Some(body) = &function.body {
                p.line();
                p.expr(body);
            }
        });
        self.line();
        self.push("}");
        self.see(Node::Function(function), Step::Leave);
    }

    fn pattern(&mut self, pattern: &Pattern) {
        self.push("declare pattern ");
        self.name(&pattern.name);
        let Some(definition) = &pattern.definition else {
            return;
        };
        self.push(" = (");
        self.list(&definition.parameters, Printer::parameter_declaration);
        self.push(")");
        if let Some(path) = &definition.path {
            self.push("[");
            self.parameter_declaration(path);
            self.push("]");
        }
        self.push(" {");
        self.indented(|p| {
            for case in &definition.cases {
                p.line();
                p.push("(");
                p.exprs(&case.values);
                p.push(")");
                if let Some(path) = &case.path {
                    p.push(".[");
                    p.expr(path);
                    p.push("]");
                }
                p.push(" = ");
                p.body(&case.body);
                p.push(";");
            }
        });
        self.line();
        self.push("}");
    }
}
