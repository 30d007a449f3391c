//! Binds tabular expressions: names of tables, calls that yield tables, pipelines.

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::scope::Function;
use crate::bind::{Binder, Binding, Env, Relation, special};
use crate::catalog::{self, StoredFunction};
use crate::diagnostic::{Code, Diagnostic, Label, nearest};
use crate::operators::Operator;
use crate::plan::{Node, Plan};
use crate::source::{Source, Span};
use crate::syntax::ast;
use crate::types::Schema;

/// So many further places of a mistake are shown.
const MOST_PLACES: usize = 3;

/// What to do with a graph where a table is needed.
const OF_GRAPHS: &str = "`| graph-match …` and `| graph-to-table …` make tables of graphs";

impl Binder<'_> {
    /// Binds an expression that must be a table.
    pub(crate) fn table(&mut self, e: &ast::Expr) -> Relation {
        let relation = self.table_or_graph(e);
        self.no_graph(relation, e.span)
    }

    /// A relation that must be a table.
    pub(crate) fn no_graph(&mut self, relation: Relation, span: Span) -> Relation {
        if relation.graph.is_none() {
            return relation;
        }
        let message = "this is a graph; a table is needed here";
        self.say(Diagnostic::new(Code::TableExpected, span, message).help(OF_GRAPHS));
        self.broken_table()
    }

    /// Binds an expression that must be a table, or a graph.
    pub(crate) fn table_or_graph(&mut self, e: &ast::Expr) -> Relation {
        if !self.part(e.span) {
            return self.broken_table();
        }
        let mut relation = self.table_of(e);
        let pipeline = matches!(e.kind, ast::ExprKind::Pipeline(_));
        if !pipeline && self.is_unread(e.span.start, e.span.end) {
            relation.plan.schema.open = true;
        }
        relation
    }

    fn table_of(&mut self, e: &ast::Expr) -> Relation {
        match &e.kind {
            ast::ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ast::ExprKind::Paren(inner) => {
                let mut relation = self.table_or_graph(inner);
                // In brackets, a plain name, a call and what `as` names keep their label.
                let labelled = match &inner.kind {
                    ast::ExprKind::Name(_) | ast::ExprKind::Call { .. } => true,
                    ast::ExprKind::Pipeline(pipeline) => pipeline
                        .operators
                        .last()
                        .is_some_and(|last| matches!(last.operator, Operator::As(_))),
                    _ => false,
                };
                if !labelled {
                    relation.label = None;
                }
                relation
            }
            ast::ExprKind::Name(name) => self.table_name(name),
            ast::ExprKind::Call { name, arguments } => {
                self.table_call(name, arguments, None, e.span)
            }
            ast::ExprKind::Path { base, member } => self.entity(base, member, e.span),
            ast::ExprKind::Error => self.broken_table(),
            _ => {
                let value = self.scalar(e);
                if value.ty != crate::types::Type::Unknown {
                    self.error(Code::TableExpected, e.span, "a table is needed here");
                }
                self.broken_table()
            }
        }
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) -> Relation {
        let source = pipeline.source.as_ref();
        let mut relation = source.map(|source| self.table_or_graph(source));
        let mut end = source.map(|s| s.span.end);
        for piped in &pipeline.operators {
            // Of operators that were not read the columns are not known.
            let start = piped.span.start;
            if let (Some(before), Some(end)) = (&mut relation, end)
                && self.is_unread(end + 1, start)
            {
                before.plan.schema.open = true;
                before.graph = None;
            }
            let mut after = self.pipe(relation, piped);
            // Nor of those that were read in part, but where they are what they were.
            let kept = matches!(
                piped.operator,
                Operator::Where(_) | Operator::Sort(_) | Operator::Take(_) | Operator::Top(_)
            );
            if !kept && self.is_unread(start, piped.span.end) {
                after.plan.schema.open = true;
            }
            relation = Some(after);
            end = Some(piped.span.end);
        }
        relation.unwrap_or_else(|| self.broken_table())
    }

    /// What an operator makes of the rows, or the graph, before its pipe.
    pub(crate) fn pipe(&mut self, input: Option<Relation>, piped: &ast::Piped) -> Relation {
        let said = self.diagnostics.len();
        let mut relation = self.operate(input, piped);
        // What a parameter was meant to change is not known.
        let unknown = |d: &Diagnostic| d.code == Code::UnknownParameter;
        if self.diagnostics[said..].iter().any(unknown) {
            relation.plan.schema.open = true;
            relation.graph = None;
        }
        if self.widen(relation.plan.schema.len(), piped.span) {
            return relation;
        }
        self.broken_table()
    }

    fn operate(&mut self, input: Option<Relation>, piped: &ast::Piped) -> Relation {
        let operator = &piped.operator;
        let Some(before) = &input else {
            return operator.bind(self, input, piped.span);
        };
        let schema = &before.plan.schema;
        let unread = self.is_unread(0, piped.span.start);
        let unknown = schema.open && (schema.is_empty() || unread);
        match (before.graph.is_some(), operator.takes_graph()) {
            (true, false) => {
                let message = format!("`{}` needs a table, and this is a graph", operator.name());
                self.say(Diagnostic::new(Code::TableExpected, piped.span, message).help(OF_GRAPHS));
                self.broken_table()
            }
            (false, true) if unknown => self.broken_table(),
            (false, true) => {
                let message = format!("`{}` needs a graph, and this is a table", operator.name());
                self.say(
                    Diagnostic::new(Code::TableExpected, piped.span, message)
                        .help("`| make-graph Source --> Target …` makes a graph of edges"),
                );
                self.broken_table()
            }
            _ => {
                let columns = before.plan.schema.columns.clone();
                let said = self.diagnostics.len();
                let after = operator.bind(self, input, piped.span);
                let unknown = |d: &Diagnostic| d.code == Code::UnknownName;
                if self.diagnostics[said..].iter().any(unknown) {
                    // One of them may be what was misspelt.
                    let gone = columns.into_iter().map(|c| c.name);
                    let gone = gone.filter(|name| after.plan.schema.index(name).is_none());
                    self.gone.extend(gone);
                }
                self.said_of_one(said);
                after
            }
        }
    }

    /// Tells once of the columns that stand outside an operator's aggregates: its grouping is what is wrong.
    fn said_of_one(&mut self, from: usize) {
        let outside = |d: &Diagnostic| d.code == Code::NotAggregated;
        let Some(first) = self.diagnostics[from..].iter().position(outside) else {
            return;
        };
        let further = self.diagnostics.split_off(from + first + 1);
        let (same, others): (Vec<_>, Vec<_>) = further.into_iter().partition(outside);
        self.diagnostics.extend(others);
        let first = &mut self.diagnostics[from + first];
        for further in same.iter().take(MOST_PLACES) {
            first.labels.push(Label {
                span: further.span(),
                text: "and this".to_string(),
            });
        }
    }

    /// A table by its bare name: a variable, a function without arguments, or a table of the catalog.
    pub(crate) fn table_name(&mut self, name: &ast::Name) -> Relation {
        match self.env.get(&name.text).cloned() {
            Some(Binding::Table(relation)) => self.used(&relation, name.span),
            Some(Binding::Function(function)) if function.tabular => {
                self.call_table_function(&function, &[], None, name.span)
            }
            Some(Binding::Pattern(pattern)) => self.pattern_call(&pattern, &[], None, name.span),
            Some(Binding::Broken) => self.broken_table(),
            Some(Binding::Function(f))
                if f.stored.is_none() && self.is_unread(f.ast.span.start, f.ast.span.end) =>
            {
                self.broken_table()
            }
            Some(Binding::Entity(_) | Binding::Group(_) | Binding::Restricted(_)) => {
                let message = format!("`{}` holds tables; a table is needed here", name.text);
                self.error(Code::TableExpected, name.span, message);
                self.broken_table()
            }
            Some(Binding::Scalar { .. } | Binding::Function(_)) => {
                self.say(
                    Diagnostic::new(
                        Code::TableExpected,
                        name.span,
                        format!("`{}` is a single value; a table is needed here", name.text),
                    )
                    .help(format!("print x = {} makes a table of it", name.text)),
                );
                self.broken_table()
            }
            None => match self.stored(name, name.span) {
                Some(function) => self.stored_table(function, name, &[], None, name.span),
                None => match self.known_table(&name.text) {
                    Some(schema) => self.catalog_table(schema, name, &[], name.span),
                    None if self.is_under_way(name) => {
                        self.calls_itself(name);
                        self.broken_table()
                    }
                    None => self.unknown_table(&name.text, name.span),
                },
            },
        }
    }

    /// A variable's table, once more.
    fn used(&mut self, relation: &Relation, span: Span) -> Relation {
        if self.unfold_table(&relation.plan, span) {
            relation.clone()
        } else {
            self.broken_table()
        }
    }

    /// Says that no table has this name.
    pub(crate) fn unknown_table(&mut self, name: &str, span: Span) -> Relation {
        self.unknown_source(name, span, "table", "KS204")
    }

    /// The names of all tables that are stored or declared, also of those out of sight.
    fn table_names(&self) -> Vec<String> {
        let declared = self.env.iter().filter(|(_, binding)| match binding {
            Binding::Table(_) => true,
            Binding::Function(function) => function.tabular,
            _ => false,
        });
        let mut names = self.names.candidates();
        names.extend(declared.map(|(name, _)| name.to_string()));
        names
    }

    /// Says that nothing that could stand here (`what`) has this name.
    pub(crate) fn unknown_source(
        &mut self,
        name: &str,
        span: Span,
        what: &str,
        kusto: &'static str,
    ) -> Relation {
        if crate::functions::scalar(name).is_some() {
            let message = format!("the function `{name}` needs its arguments");
            self.say(
                Diagnostic::new(Code::UnknownTable, span, message)
                    .kusto_as("KS117")
                    .help(format!("write {name}(…)")),
            );
            return self.broken_table();
        }
        let mut candidates = self.table_names();
        let hidden = |name: &str| self.env.get(name).is_none() && !self.env.allows_table(name);
        let out_of_sight = hidden(name) && candidates.iter().any(|other| other == name);
        candidates.retain(|name| !hidden(name));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownTable,
            span,
            format!("no {what} is called `{name}`"),
        )
        .kusto_as(kusto);
        if out_of_sight {
            diagnostic = diagnostic.help("`restrict access to` leaves it out of sight");
        } else if self.names.is_published(name) {
            diagnostic.message = format!("no data is given for table `{name}`");
            let data = || {
                format!(
                    "give it with --data FOLDER (holding {name}.json, .csv, .parquet or .arrow) or --table {name}=FILE"
                )
            };
            diagnostic = diagnostic.help(match catalog::asim_schema(name) {
                Some(_) => parser_help(name),
                None => data(),
            });
        } else if let Some(near) = nearest(name, candidates.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if candidates.is_empty() {
            diagnostic = diagnostic.help("give tables with --data FILE-OR-FOLDER");
        } else if !self.names.has_rows() {
            diagnostic = diagnostic.help(
                "`kql schema --builtin` lists the tables that are known; --schema FILE and -d DATA tell of others",
            );
        } else {
            candidates.sort();
            let few: Vec<&str> = candidates.iter().take(12).map(String::as_str).collect();
            let more = if candidates.len() > 12 { ", …" } else { "" };
            diagnostic = diagnostic.help(format!(
                "tables here: {}{more}; --data FILE-OR-FOLDER gives more",
                few.join(", ")
            ));
        }
        self.say(diagnostic);
        self.broken_table()
    }

    /// A call that yields a table.
    pub(crate) fn table_call(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        piped: Option<Relation>,
        span: Span,
    ) -> Relation {
        match self.env.get(&name.text).cloned() {
            Some(Binding::Function(function)) if function.tabular => {
                return self.call_table_function(&function, arguments, piped, span);
            }
            Some(Binding::Pattern(pattern)) => {
                return self.pattern_call(&pattern, arguments, None, span);
            }
            Some(Binding::Broken) => return self.broken_table(),
            Some(Binding::Table(relation)) if arguments.is_empty() => {
                return self.used(&relation, span);
            }
            Some(_) => {
                self.error(
                    Code::TableExpected,
                    span,
                    format!("`{}` is no function that yields a table", name.text),
                );
                return self.broken_table();
            }
            None => {}
        }
        if let Some(relation) = special::table(self, name, arguments, span) {
            return relation;
        }
        if let Some(function) = self.stored(name, span) {
            let arguments = super::service::by_name(&name.text, arguments);
            return self.stored_table(function, name, &arguments, piped, span);
        }
        if let Some(function) = catalog::service_function(&name.text) {
            return self.ask_service(function, arguments, piped, span);
        }
        if let Some(schema) = self.known_table(&name.text) {
            return self.catalog_table(schema, name, arguments, span);
        }
        if crate::functions::scalar(&name.text).is_some() {
            self.error(
                Code::TableExpected,
                span,
                format!(
                    "`{}` yields a single value; a table is needed here",
                    name.text
                ),
            );
            return self.broken_table();
        }
        if self.is_under_way(name) {
            self.calls_itself(name);
            return self.broken_table();
        }
        self.unknown_table_function(name);
        self.broken_table()
    }

    /// Says that no function of this name yields a table.
    fn unknown_table_function(&mut self, name: &ast::Name) {
        let mut diagnostic = Diagnostic::new(
            Code::UnknownFunction,
            name.span,
            format!("no function that yields a table is called `{}`", name.text),
        );
        let functions = self.env.iter().filter_map(|(n, b)| match b {
            Binding::Function(f) if f.tabular => Some(n),
            _ => None,
        });
        diagnostic = match nearest(&name.text, functions) {
            _ if catalog::asim_schema(&name.text).is_some() => {
                diagnostic.help(parser_help(&name.text))
            }
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => {
                diagnostic.help("functions kept beside queries are given with --functions FOLDER")
            }
        };
        self.say(diagnostic);
    }

    /// The table that a stored function yields.
    fn stored_table(
        &mut self,
        function: Option<Rc<Function>>,
        name: &ast::Name,
        arguments: &[ast::Argument],
        piped: Option<Relation>,
        span: Span,
    ) -> Relation {
        match function {
            Some(function) if function.tabular => {
                self.call_table_function(&function, arguments, piped, span)
            }
            Some(_) => {
                let message = format!(
                    "`{}` yields a single value; a table is needed here",
                    name.text
                );
                self.error(Code::TableExpected, span, message);
                self.broken_table()
            }
            None => self.broken_table(),
        }
    }

    /// A table of the catalog by its bare name or with arguments: a table that stands for a parser
    /// function (`_Im_NetworkSession(starttime=ago(1d))`) is filtered as that function would.
    fn catalog_table(
        &mut self,
        schema: Schema,
        name: &ast::Name,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Relation {
        // In the function's own body, its name is the table.
        let function = catalog::asim_function(&name.text)
            .filter(|_| !self.is_under_way(name))
            .and_then(|text| declared_function(&name.text, &text));
        match function {
            Some(function) => self.call_table_function(&function, arguments, None, span),
            None => {
                for argument in arguments {
                    self.error(
                        Code::ArgumentCount,
                        argument.value.span,
                        format!("`{}` is a table and takes no arguments", name.text),
                    );
                }
                scan(&name.text, schema)
            }
        }
    }
}

/// How a normalising function of Sentinel gets rows.
fn parser_help(name: &str) -> String {
    format!(
        "`{name}` normalises other tables: give the parsers that do so with --functions FOLDER, or normalised rows with \
         --table {name}=FILE"
    )
}

/// The function that a text of one `let` declares.
pub(super) fn declared_function(name: &Arc<str>, text: &str) -> Option<Rc<Function>> {
    let parse = crate::syntax::parse_text(text);
    let source = Source::whole("built in", text);
    let statement = parse.query.statements.into_iter().next()?;
    let ast::StatementKind::Let {
        value: ast::LetValue::Function(function),
        ..
    } = statement.kind
    else {
        return None;
    };
    Some(Rc::new(Function {
        name: name.clone(),
        ast: Arc::from(function),
        env: Env::default(),
        tabular: true,
        stored: Some(Rc::new(StoredFunction {
            name: name.clone(),
            text: text.into(),
            source,
            alike: (0, 0),
            rival: None,
        })),
    }))
}

/// All rows of a catalog table.
pub(crate) fn scan(name: &str, schema: Schema) -> Relation {
    let columns = (0..schema.columns.len()).collect();
    Relation {
        plan: Plan {
            node: Node::Scan {
                table: name.into(),
                columns,
                predicates: Vec::new(),
            },
            schema,
        },
        serialized: false,
        label: Some(name.into()),
        render: None,
        graph: None,
    }
}
