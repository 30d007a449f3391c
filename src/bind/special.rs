//! The calls whose arguments are no plain values, so that the binder itself gives them their
//! meaning: `toscalar`, `materialize`, `column_ifexists`, `pack_all`, `table`. Each is declared here, once.

use std::sync::Arc;

use crate::bind::graph::{Function, fold};
use crate::bind::{Binder, Binding, Relation, overload};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::pack::bag_of;
use crate::json::ArrayWriter;
use crate::plan::{Doc, Expr, ExprKind, Node, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Type, Value};

/// What of the catalog an argument names: where that is something, no example can stand by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Nothing.
    Nothing,
    /// A table.
    Table,
    /// A watchlist.
    Watchlist,
    /// What other databases hold.
    Elsewhere,
}

/// A call with a meaning of its own.
pub struct Special {
    /// Its names, the current one first.
    pub names: &'static [&'static str],
    /// How it is called.
    pub notation: &'static str,
    /// Prose and examples.
    pub doc: Doc,
    /// What of the catalog its first argument names.
    pub names_in_catalog: Named,
    /// What it binds to.
    meaning: Meaning,
}

enum Meaning {
    /// A scalar; the flag says whether its column is named like its first argument.
    Scalar(fn(&mut Binder<'_>, &[ast::Argument], Span) -> Expr, bool),
    /// A table.
    Table(fn(&mut Binder<'_>, &[ast::Argument], Span) -> Relation),
    /// The start of a path to a table elsewhere.
    Entity,
    /// Something of the nodes and edges of a pattern.
    Pattern(Function),
}

impl Special {
    /// A function of patterns.
    pub(crate) const fn of_patterns(
        names: &'static [&'static str],
        notation: &'static str,
        doc: Doc,
        function: Function,
    ) -> Special {
        Special {
            names,
            notation,
            doc,
            names_in_catalog: Named::Nothing,
            meaning: Meaning::Pattern(function),
        }
    }
}

/// All of them.
pub static ALL: &[Special] = &[
    Special {
        names: &["toscalar"],
        notation: "toscalar(expression: table) -> the type of its first column",
        doc: Doc {
            summary: "Gives the first value of a table: first column, first row.",
            details: "It is computed once per query and cannot see the columns of the row at hand. Over no rows it is \
                      null, or \"\" for a string.",
            examples: &[("toscalar(range x from 3 to 9 step 1)", "3")],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Scalar(toscalar, false),
    },
    Special {
        names: &["column_ifexists", "columnifexists"],
        notation: "column_ifexists(const name: string, default: T) -> T",
        doc: Doc {
            summary: "Gives the column of this name, or the default when the table has none.",
            details: "The name must be a constant. The column is named like the column asked for.",
            examples: &[
                ("print a = 5 | project column_ifexists('a', -1)", "5"),
                ("print a = 5 | project column_ifexists('b', -1)", "-1"),
            ],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Scalar(column_ifexists, false),
    },
    Special {
        names: &["pack_all"],
        notation: "pack_all([const ignore_null_empty: bool]) -> bag",
        doc: Doc {
            summary: "Makes a property bag of all columns, with their names as keys.",
            details: "With true, columns that are null or empty in a row are left out of its bag.",
            examples: &[
                (
                    "print a = 5, b = 'x' | project pack_all()",
                    "{\"a\":5,\"b\":\"x\"}",
                ),
                ("print a = 5, b = '' | project pack_all(true)", "{\"a\":5}"),
            ],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Scalar(pack_all, false),
    },
    Special {
        names: &["bag_pack_columns"],
        notation: "bag_pack_columns(column: any, ...) -> bag",
        doc: Doc {
            summary: "Makes a property bag of columns, with their names as keys.",
            details: "",
            examples: &[(
                "print a = 5, b = 'x' | project bag_pack_columns(b)",
                "{\"b\":\"x\"}",
            )],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Scalar(bag_pack_columns, false),
    },
    Special {
        names: &["column_names_of"],
        notation: "column_names_of(expression: table) -> array",
        doc: Doc {
            summary: "Lists the names of a table's columns.",
            details: "The table is not read.",
            examples: &[("column_names_of((range n from 1 to 2 step 1))", "[\"n\"]")],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Scalar(column_names_of, false),
    },
    Special {
        names: &["materialize"],
        notation: "materialize(expression: table) -> table",
        doc: Doc {
            summary: "Computes a table once, however often the query uses it.",
            details: "",
            examples: &[(
                "let T = materialize(range x from 1 to 3 step 1); T | union T | count",
                "6",
            )],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Table(materialize),
    },
    Special {
        names: &["_GetWatchlist"],
        notation: "_GetWatchlist(const alias: string) -> table",
        doc: Doc {
            summary: "Gives the rows of a watchlist.",
            details: "The file of a watchlist is given with --watchlist ALIAS=FILE, or lies in the folder `watchlists` of \
                      a data folder under its alias. Its columns are strings; before them stand _DTItemId, \
                      LastUpdatedTimeUTC (when the file was changed), SearchKey (the first column, or the one that \
                      --watchlist ALIAS:COLUMN=FILE names) and WatchlistItem, a bag of them all.",
            examples: &[],
        },
        names_in_catalog: Named::Watchlist,
        meaning: Meaning::Table(super::stored::watchlist),
    },
    Special {
        names: &["table"],
        notation: "table(const name: string) -> table",
        doc: Doc {
            summary: "Gives the table of this name: one that the query declares, else one with data, else what a function \
                      of this name yields.",
            details: "",
            examples: &[],
        },
        names_in_catalog: Named::Table,
        meaning: Meaning::Table(table_function),
    },
    Special {
        names: &["external_table", "materialized_view", "stored_query_result"],
        notation: "external_table(const name: string, [const mapping: string]) -> table",
        doc: Doc {
            summary: "Gives the rows that a cluster keeps under this name: an external table, a materialized view, or \
                      the result of a query.",
            details: "Here a file stands for it, given as the table of this name. The other argument, a mapping or the \
                      age of the view, changes nothing. Without a file the query is refused.",
            examples: &[],
        },
        names_in_catalog: Named::Table,
        meaning: Meaning::Table(kept_table),
    },
    Special {
        names: &["totable"],
        notation: "totable(expression: table) -> table",
        doc: Doc {
            summary: "Gives the table itself.",
            details: "",
            examples: &[(
                "let T = totable(range x from 1 to 3 step 1); T | count",
                "3",
            )],
        },
        names_in_catalog: Named::Nothing,
        meaning: Meaning::Table(totable),
    },
    Special {
        names: &[
            "database",
            "cluster",
            "workspace",
            "app",
            "resource",
            "adx",
            "arg",
        ],
        notation: "database(const name: string).Table",
        doc: Doc {
            summary: "Names a table of another database, cluster or workspace.",
            details: "A local table called by the whole path stands for it: `d.T` for database('d').T, `c.d.T` for \
                      cluster('c').database('d').T. Without one the query is refused.",
            examples: &[],
        },
        names_in_catalog: Named::Elsewhere,
        meaning: Meaning::Entity,
    },
    Special {
        names: &["graph"],
        notation: "graph(const name: string, [const snapshot: string]) -> graph",
        doc: Doc {
            summary: "Names a graph that a cluster keeps.",
            details: "Here there is no cluster: make the graph of its tables with make-graph.",
            examples: &[],
        },
        names_in_catalog: Named::Elsewhere,
        meaning: Meaning::Table(kept_graph),
    },
    fold::ALL,
    fold::ANY,
    fold::MAP,
    fold::INNER_NODES,
    fold::LABELS,
    fold::NODE_ID,
    fold::DEGREE_IN,
    fold::DEGREE_OUT,
];

/// The function of patterns of this name.
pub(crate) fn of_patterns(name: &str) -> Option<Function> {
    match find(name)?.meaning {
        Meaning::Pattern(function) => Some(function),
        _ => None,
    }
}

fn kept_graph(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Relation {
    let before = binder.diagnostics.len();
    for argument in arguments {
        let given = binder.outside(|b| b.scalar(&argument.value));
        if !matches!(given.ty, Type::String | Type::Unknown) {
            let message = format!("the name of a graph is a string, not {}", given.ty);
            let said = Diagnostic::new(Code::WrongType, argument.value.span, message);
            binder.say(said.kusto_as("KS107"));
        }
    }
    if !(1..=2).contains(&arguments.len()) {
        let message = format!("`graph` takes 1 to 2 arguments, not {}", arguments.len());
        let at = Span::new(span.start as usize, span.start as usize + "graph".len());
        let said = Diagnostic::new(Code::ArgumentCount, at, message);
        binder.say(said.kusto_as(if arguments.is_empty() {
            "KS120"
        } else {
            "KS119"
        }));
    }
    if binder.diagnostics.len() > before {
        return binder.broken_table();
    }
    let message = "`graph` cannot run: a cluster keeps the graph, and here there is none";
    binder
        .say(Diagnostic::unsupported(span, message).help(
            "make it of its tables: `Edges | make-graph Source --> Target with Nodes on Id`",
        ));
    binder.broken_table()
}

/// Whether a function of this name is bound in its own way.
pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

pub(crate) fn find(name: &str) -> Option<&'static Special> {
    ALL.iter().find(|s| s.names.contains(&name))
}

/// Their names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|s| s.names).copied()
}

/// Whether a column computed by it is named like its first argument; `None` when it is none of these.
pub(crate) fn naming(name: &str) -> Option<bool> {
    match find(name)?.meaning {
        Meaning::Scalar(_, first) => Some(first),
        Meaning::Table(_) | Meaning::Entity | Meaning::Pattern(_) => Some(false),
    }
}

/// Whether a call of this name yields a table.
pub(crate) fn is_table_function(name: &str) -> bool {
    find(name).is_some_and(|s| matches!(s.meaning, Meaning::Table(_)))
}

/// Whether a call of this name starts a path to a table elsewhere.
pub(crate) fn is_entity(name: &str) -> bool {
    find(name).is_some_and(|s| matches!(s.meaning, Meaning::Entity))
}

/// The scalar a special call means.
pub(crate) fn scalar(
    binder: &mut Binder<'_>,
    name: &ast::Name,
    arguments: &[ast::Argument],
    span: Span,
) -> Option<Expr> {
    match find(&name.text)?.meaning {
        Meaning::Scalar(meaning, _) => Some(meaning(binder, arguments, span)),
        Meaning::Pattern(_) if binder.is_aggregate(name, arguments) && !binder.in_pattern() => None,
        Meaning::Pattern(function) => {
            Some(binder.pattern_function(name, function, arguments, span))
        }
        Meaning::Table(_) | Meaning::Entity => {
            binder.say(
                Diagnostic::new(
                    Code::ScalarExpected,
                    span,
                    format!(
                        "`{}` yields a table; a single value is needed here",
                        name.text
                    ),
                )
                .help("toscalar(…) takes the first value of a table"),
            );
            Some(binder.broken(span))
        }
    }
}

/// The table a special call means.
pub(crate) fn table(
    binder: &mut Binder<'_>,
    name: &ast::Name,
    arguments: &[ast::Argument],
    span: Span,
) -> Option<Relation> {
    match find(&name.text)?.meaning {
        Meaning::Table(meaning) => Some(meaning(binder, arguments, span)),
        Meaning::Entity => {
            binder.say(Diagnostic::unsupported(
                span,
                "other databases, clusters and workspaces cannot be reached from here",
            ));
            Some(binder.broken_table())
        }
        Meaning::Scalar(..) | Meaning::Pattern(_) => None,
    }
}

/// Says that a call takes another number of arguments; `None` then.
fn exactly<'a, const N: usize>(
    binder: &mut Binder<'_>,
    name: &str,
    arguments: &'a [ast::Argument],
    span: Span,
) -> Option<[&'a ast::Expr; N]> {
    let values: Vec<&ast::Expr> = arguments.iter().map(|a| &a.value).collect();
    let given = values.len();
    let found = values.try_into().ok();
    if found.is_none() {
        binder.error(
            Code::ArgumentCount,
            span,
            format!("`{name}` takes {N} arguments, not {given}"),
        );
    }
    found
}

fn toscalar(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Expr {
    let Some([e]) = exactly(binder, "toscalar", arguments, span) else {
        return binder.broken(span);
    };
    if !binder.is_tabular(e) {
        if let ast::ExprKind::Name(name) = &e.kind
            && binder.env.get(&name.text).is_none()
            && binder.row.is_none()
        {
            binder.unknown_table(&name.text, name.span);
            return binder.broken(span);
        }
        // toscalar of a scalar is that scalar (measured), computed once, however random.
        let value = binder.scalar(e);
        let mut of_row = false;
        value.visit(&mut |e| of_row |= matches!(e.kind, ExprKind::Column(_)));
        let once_already = matches!(value.kind, ExprKind::Literal(_) | ExprKind::Shared(_));
        if of_row || value.ty == Type::Unknown || once_already {
            return value;
        }
        return once(binder, Plan::one_row(), "print_0".into(), value);
    }
    let relation = binder.outside(|b| b.table(e));
    let Some(first) = relation.plan.schema.columns.first().cloned() else {
        return binder.broken(span);
    };
    let column = Expr::column(0, first.ty, span);
    once(binder, relation.plan, first.name, column)
}

/// The value of an expression over the first row of `plan`, computed once per query: a function that is called again with
/// the same arguments has the same value, however random.
pub(super) fn once(binder: &mut Binder<'_>, plan: Plan, name: Arc<str>, value: Expr) -> Expr {
    let (ty, span) = (value.ty, value.span);
    let plan = Plan::take(Plan::project(plan, vec![(name, value)]), 1);
    let known = binder.shared.iter().position(|shared| *shared == plan);
    Expr {
        kind: ExprKind::Shared(known.unwrap_or_else(|| binder.share(plan))),
        ty,
        span,
    }
}

fn column_ifexists(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Expr {
    let Some([name, default]) = exactly(binder, "column_ifexists", arguments, span) else {
        return binder.broken(span);
    };
    let wanted = match binder.constant(name, "the column's name") {
        Some(Value::String(text)) => text,
        Some(_) => {
            binder.error(
                Code::WrongType,
                name.span,
                "the column's name must be a string",
            );
            return binder.broken(span);
        }
        None => return binder.broken(span),
    };
    let row = binder.row.clone().filter(|r| r.visible);
    binder.asks_schema = true;
    let default = binder.scalar(default);
    match row {
        Some(row) => match row.schema.index(&wanted) {
            Some(index) => Expr::column(index, row.schema.columns[index].ty, span),
            None if row.schema.open => binder.broken(span),
            None => default,
        },
        None => default,
    }
}

fn pack_all(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Expr {
    let filled = match arguments {
        [] => false,
        [argument] => match binder.constant(&argument.value, "`pack_all`'s argument") {
            Some(Value::Bool(filled)) => filled,
            None => return binder.broken(span),
            Some(_) => {
                let message = "`pack_all` takes true or false";
                binder.error(Code::WrongType, argument.value.span, message);
                return binder.broken(span);
            }
        },
        _ => {
            let message = format!(
                "`pack_all` takes at most 1 argument, not {}",
                arguments.len()
            );
            binder.error(Code::ArgumentCount, span, message);
            return binder.broken(span);
        }
    };
    let Some(row) = binder.row.clone().filter(|r| r.visible) else {
        let message = "there are no columns here to pack";
        binder.error(Code::ColumnExpected, span, message);
        return binder.broken(span);
    };
    let columns = binder.all_columns(span);
    if row.schema.open {
        return Expr::literal(Value::Null(Type::Dynamic), span);
    }
    let names = row.schema.columns.iter().map(|c| c.name.clone());
    let names = names.filter(|name| !name.is_empty());
    bag_of(names.zip(columns).collect(), filled, span)
}

fn bag_pack_columns(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Expr {
    let mut columns = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let value = binder.scalar(&argument.value);
        match binder.base_name(&argument.value) {
            Some(name) => columns.push((name.into(), value)),
            None => {
                let message = "a column is needed here: its name becomes the key";
                binder.error(Code::ColumnExpected, argument.value.span, message);
                return binder.broken(span);
            }
        }
    }
    if columns.iter().any(|(_, value)| value.ty == Type::Unknown) {
        return Expr::literal(Value::Null(Type::Dynamic), span);
    }
    bag_of(columns, false, span)
}

fn column_names_of(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Expr {
    let Some([e]) = exactly(binder, "column_names_of", arguments, span) else {
        return binder.broken(span);
    };
    let relation = binder.outside(|b| b.table(e));
    let schema = relation.plan.schema;
    if schema.open {
        return Expr::literal(Value::Null(Type::Dynamic), span);
    }
    let mut names = ArrayWriter::new();
    for column in &schema.columns {
        names.push_str(&column.name);
    }
    Expr::literal(Value::Dynamic(names.finish().into()), span)
}

fn materialize(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Relation {
    let Some([e]) = exactly(binder, "materialize", arguments, span) else {
        return binder.broken_table();
    };
    let relation = binder.table(e);
    share(binder, relation)
}

/// The same rows, computed once.
pub(crate) fn share(binder: &mut Binder<'_>, relation: Relation) -> Relation {
    if relation.plan.schema.open || matches!(relation.plan.node, Node::Shared { .. }) {
        return relation;
    }
    let schema = relation.plan.schema.clone();
    let id = binder.share(relation.plan);
    Relation {
        plan: Plan {
            node: Node::Shared { id },
            schema,
        },
        serialized: relation.serialized,
        label: None,
        render: None,
        graph: None,
    }
}

fn table_function(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Relation {
    let Some((name, at)) = table_named(binder, arguments, span) else {
        return binder.broken_table();
    };
    // What the query declares as a table comes before the data, other functions come after it.
    let declared = match binder.env.get(&name) {
        Some(Binding::Table(_)) => true,
        Some(Binding::Function(function)) => {
            function.ast.view && function.ast.parameters.iter().all(|p| p.default.is_some())
        }
        _ => false,
    };
    match binder.known_table(&name) {
        Some(schema) if !declared => crate::bind::relation::scan(&name, schema),
        _ => binder.table_name(&ast::Name {
            text: name,
            quoted: true,
            span: at,
        }),
    }
}

fn kept_table(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Relation {
    let Some((name, at)) = table_named(binder, arguments, span) else {
        return binder.broken_table();
    };
    if let Some(schema) = binder.known_table(&name) {
        return crate::bind::relation::scan(&name, schema);
    }
    let message = format!("a cluster keeps `{name}`, and no data stands for it here");
    let help = format!("export it, and give the file with --table '{name}=FILE'");
    binder.say(Diagnostic::unsupported(at, message).help(help));
    binder.broken_table()
}

/// The name of a table that is the first argument, and where it stands.
fn table_named(
    binder: &mut Binder<'_>,
    arguments: &[ast::Argument],
    span: Span,
) -> Option<(Arc<str>, Span)> {
    let Some(first) = arguments.first() else {
        binder.error(Code::ArgumentCount, span, "a table's name is needed here");
        return None;
    };
    let at = first.value.span;
    match binder.constant(&first.value, "the table's name")? {
        Value::String(text) => Some((text, at)),
        value => {
            let message = format!("the table's name must be a string, not {}", value.ty());
            binder.error(Code::WrongType, at, message);
            None
        }
    }
}

fn totable(binder: &mut Binder<'_>, arguments: &[ast::Argument], span: Span) -> Relation {
    match exactly(binder, "totable", arguments, span) {
        Some([e]) => binder.table(e),
        None => binder.broken_table(),
    }
}

/// `expr` as `to`, for operators that convert (`datatable`'s values).
pub(crate) fn converted(expr: Expr, to: Type) -> Expr {
    overload::convert(expr, to)
}
