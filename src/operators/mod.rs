//! The tabular operators, one per file: what users read about it, its node, parser and printer.

mod unready;

use crate::bind::{Binder, Relation};
use crate::diagnostic::nearest;
use crate::source::Span;
use crate::syntax::print::Printer;
use crate::syntax::tokens::{Parsed, Tokens};

/// Binding of an operator.
pub(crate) trait Bind {
    /// The rows it yields from those before the pipe (none for an operator that makes rows).
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation;
}

/// Where an operator can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Only after a pipe.
    Piped,
    /// Only at the start of a pipeline.
    Source,
    /// Both.
    Either,
}

/// What users read about an operator.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Its keywords, the current one first.
    pub keywords: &'static [&'static str],
    /// Where it can stand.
    pub place: Place,
    /// One sentence.
    pub summary: &'static str,
    /// Its syntax, for people.
    pub syntax: &'static str,
    /// Queries, each with its rows as [`crate::engine::Table::lines`] writes them; an empty line stands between several results.
    /// What reads files has none.
    pub examples: &'static [(&'static str, &'static str)],
}

impl Info {
    /// Its name: the first keyword.
    pub fn name(&self) -> &'static str {
        self.keywords.first().copied().unwrap_or_default()
    }
}

/// What the files of the operators write their parsers and printers with.
mod prelude {
    pub use super::{Info, Place};
    pub(super) use super::{after, ends};
    pub use crate::syntax::ast::ExprKind;
    pub use crate::syntax::expression::{
        arguments, column_path, list_or_none, list_unless_else, literal, name_or_call,
        named_expression, named_expressions, path, starts_expression, unnamed_expression,
    };
    pub use crate::syntax::lexer::TokenKind;
    pub(crate) use crate::syntax::name::{column_name, variable_name};
    pub use crate::syntax::name::{
        columns, hints, is_name, is_named, is_parameter, known_parameters, name, name_or_wildcard,
        of_name, one_or_bracketed, parameters, properties, property, row_schema, string,
        table_source, type_name,
    };
    pub use crate::syntax::print::{Print, Printer};
    pub use crate::syntax::query::{
        expression, operator, parameter_declaration, query, subpipeline,
    };
    pub use crate::syntax::tokens::{
        Parsed, Tokens, between, bracketed_list, bracketed_some, keyword, list, optional_keyword,
        symbol,
    };
}

/// Reads an operator from its keyword on.
pub(crate) type Parser = fn(Tokens<'_>) -> Parsed<'_, Operator>;

/// What follows an operator's keyword.
fn after<'a>(i: Tokens<'a>, info: &Info) -> Tokens<'a> {
    let length = info.keywords.iter().find_map(|k| i.keyword_length(k));
    i.skip(length.unwrap_or(0))
}

/// Whether an operator ends here.
fn ends(i: &Tokens) -> bool {
    use crate::syntax::lexer::TokenKind;
    matches!(
        i.kind(0),
        TokenKind::End | TokenKind::Symbol("|" | ";" | ")" | "]" | "}")
    )
}

/// One line per operator: its node, and the file that holds it. Makes the closed enum and its
/// dispatch.
macro_rules! operators {
    ($($node:ident in $file:ident;)+) => {
        $(pub mod $file;)+
        $(pub use $file::$node;)+

        /// A tabular operator of a pipeline.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each node is documented at its type")]
        pub enum Operator { $($node(Box<$node>),)+ }

        impl Operator {
            /// What users read about the operator.
            pub fn info(&self) -> &'static Info {
                match self { $(Operator::$node(_) => &$file::INFO,)+ }
            }

            /// The rows it yields from those before the pipe; mistakes are said to the binder.
            pub(crate) fn bind(
                &self,
                binder: &mut Binder<'_>,
                input: Option<Relation>,
                span: Span,
            ) -> Relation {
                match self { $(Operator::$node(node) => node.bind(binder, input, span),)+ }
            }

            /// Prints what follows the keyword.
            pub fn print(&self, printer: &mut Printer) {
                match self { $(Operator::$node(node) => prelude::Print::print(&**node, printer),)+ }
            }
        }

        $(impl From<$node> for Operator {
            fn from(node: $node) -> Operator { Operator::$node(Box::new(node)) }
        })+

        /// The parser of each operator, from its keyword on, in the order of [`ALL`]. Each a
        /// function of its own: one with room for all nodes would need much of the stack.
        static PARSERS: &[Parser] =
            &[$(|i| $file::$file(i).map(|(rest, node)| (rest, node.into())),)+];

        /// What users read about each operator.
        pub static ALL: &[&Info] = &[$(&$file::INFO,)+];
    };
}

operators! {
    As in r#as;
    AssertSchema in assert_schema;
    Consume in consume;
    Count in count;
    Datatable in datatable;
    Distinct in distinct;
    Evaluate in evaluate;
    Extend in extend;
    Externaldata in externaldata;
    Facet in facet;
    Find in find;
    Fork in fork;
    Getschema in getschema;
    GraphMarkComponents in graph_mark_components;
    GraphMatch in graph_match;
    GraphShortestPaths in graph_shortest_paths;
    GraphToTable in graph_to_table;
    GraphWhereEdges in graph_where_edges;
    GraphWhereNodes in graph_where_nodes;
    Invoke in invoke;
    Join in join;
    Lookup in lookup;
    MacroExpand in macro_expand;
    MakeGraph in make_graph;
    MakeSeries in make_series;
    MvApply in mv_apply;
    MvExpand in mv_expand;
    Parse in parse;
    ParseKv in parse_kv;
    ParseWhere in parse_where;
    Partition in partition;
    Print in print;
    Project in project;
    ProjectAway in project_away;
    ProjectByNames in project_by_names;
    ProjectKeep in project_keep;
    ProjectRename in project_rename;
    ProjectReorder in project_reorder;
    Range in range;
    Reduce in reduce;
    Render in render;
    Sample in sample;
    SampleDistinct in sample_distinct;
    Scan in scan;
    Search in search;
    Serialize in serialize;
    Sort in sort;
    Summarize in summarize;
    Take in take;
    Top in top;
    TopHitters in top_hitters;
    TopNested in top_nested;
    Union in union;
    Where in r#where;
}

impl Operator {
    /// Its name: the current keyword.
    pub fn name(&self) -> &'static str {
        self.info().name()
    }

    /// Whether a graph stands before its pipe, and not a table.
    pub(crate) fn takes_graph(&self) -> bool {
        matches!(
            self,
            Operator::GraphMarkComponents(_)
                | Operator::GraphMatch(_)
                | Operator::GraphShortestPaths(_)
                | Operator::GraphToTable(_)
                | Operator::GraphWhereEdges(_)
                | Operator::GraphWhereNodes(_)
        )
    }
}

/// The operator that comes next: what users read about it, its keyword as written, and its parser.
pub(crate) fn find_operator(i: &Tokens) -> Option<(&'static Info, &'static str, Parser)> {
    let word = i.word(0)?;
    let starts = |keyword: &str| {
        let rest = keyword.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    // The longest: `project-away` rather than `project`.
    ALL.iter()
        .zip(PARSERS)
        .flat_map(|(info, parser)| info.keywords.iter().map(move |k| (*info, *k, *parser)))
        .filter(|(_, keyword, _)| starts(keyword))
        .filter_map(|found| Some((i.keyword_length(found.1)?, found)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, found)| found)
}

/// What users read about the operator that a keyword stands for.
pub fn find_keyword(keyword: &str) -> Option<&'static Info> {
    ALL.iter()
        .find(|info| info.keywords.contains(&keyword))
        .copied()
}

/// Why an operator cannot run yet (may be empty); `None` when it can.
pub fn unready(info: &Info) -> Option<&'static str> {
    let found = unready::REASONS
        .iter()
        .find(|(of, _)| of.name() == info.name());
    found.map(|(_, reason)| *reason)
}

/// Whether a plugin of `evaluate` can run.
pub fn plugin_runs(name: &str) -> bool {
    evaluate::runs(name)
}

/// The keyword nearest to a misspelt one.
pub fn nearest_keyword(word: &str) -> Option<&'static str> {
    nearest(word, ALL.iter().flat_map(|info| info.keywords).copied())
}
