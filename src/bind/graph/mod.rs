//! Binds graphs: what `make-graph` makes, and the operators that make graphs and tables of it.

pub(crate) mod fold;
mod name;
mod parts;
mod pattern;
mod variable;

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::{Binder, Binding, Relation, parameter_text, share};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::hash::HASH;
use crate::operators::make_graph::GraphPartition;
use crate::operators::{GraphToTable, MakeGraph, graph_to_table};
use crate::plan::graph::{self, Property};
use crate::plan::{Expr, Operation, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Schema, Type};

pub(crate) use fold::Function;
pub use pattern::Pattern;
pub(crate) use pattern::Search;

/// A graph while it is being bound.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Its nodes: their identity, then their properties.
    nodes: Plan,
    /// Its edges: the numbers of the nodes they go from and to, then the columns of the table they were made of.
    edges: Plan,
    /// The columns of the edges with the identities of these nodes.
    ends: [usize; 2],
    /// Properties that two tables of nodes have in different types, so that no node has them.
    clashes: Vec<Arc<str>>,
}

impl Graph {
    /// The columns of nodes that a query can name, and where they stand.
    fn properties(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.nodes.schema.columns.iter().enumerate().skip(1)
    }

    /// The columns of edges that a query can name, and where they stand.
    fn columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.edges.schema.columns.iter().enumerate().skip(2)
    }

    /// The columns of a part of a path: of its edges, or of the nodes between them.
    fn part(&self, node: bool) -> Schema {
        if !node {
            return self.edges.schema.clone();
        }
        let mut schema = self.nodes.schema.clone();
        // The numbers of edges into the node and out of it.
        let degree = Column::new("", Type::Long);
        schema.columns.extend([degree.clone(), degree]);
        schema
    }
}

/// A table that a graph is made of.
struct Source {
    plan: Plan,
    /// The column with the identity of nodes; of edges, that of the nodes they go from.
    key: usize,
    /// Where that is said.
    span: Span,
}

/// What a graph is made of.
struct Made<'a> {
    edges: Plan,
    /// The columns of the edges with the identities of the nodes they go from and to.
    ends: [usize; 2],
    tables: Vec<Source>,
    /// What the identity of a node is called, where there are no tables of nodes.
    node_id: Option<&'a ast::Name>,
}

impl Binder<'_> {
    /// A graph as what an operator yields.
    fn of_graph(&self, graph: Graph) -> Relation {
        Relation {
            graph: Some(Rc::new(graph)),
            ..self.broken_table()
        }
    }

    /// The column that an expression names.
    fn graph_column(&mut self, schema: &Schema, e: &ast::Expr) -> Option<usize> {
        self.matching_one(schema, e).first().copied()
    }

    /// The graph that `make-graph` makes of edges, or what its subquery makes of the parts of that graph.
    pub(crate) fn graph_made(&mut self, edges: Relation, node: &MakeGraph) -> Relation {
        self.hints(&node.parameters, &[]);
        let sources: Vec<Relation> = node.nodes.iter().map(|n| self.table(&n.table)).collect();
        if sources.iter().chain([&edges]).any(|r| r.plan.schema.open) {
            return self.broken_table();
        }
        let edges = share(self, edges).plan;
        let ends = [&node.source, &node.target].map(|e| self.graph_column(&edges.schema, e));
        let [Some(source), Some(target)] = ends else {
            return self.broken_table();
        };
        let mut tables = Vec::with_capacity(sources.len());
        for (relation, nodes) in sources.into_iter().zip(&node.nodes) {
            let plan = share(self, relation).plan;
            let Some(key) = self.graph_column(&plan.schema, &nodes.id) else {
                return self.broken_table();
            };
            let span = nodes.id.span;
            tables.push(Source { plan, key, span });
        }
        let ends = [(source, node.source.span), (target, node.target.span)];
        if !self.identities(&edges.schema, ends, &tables) {
            return self.broken_table();
        }
        if !node.directed {
            let message =
                "graphs without directions cannot be made: Kusto refuses `--` here too (SEM0456)";
            self.unsupported(node.target.span, message);
            return self.broken_table();
        }
        let Some(parts) = self.graph_parts(&edges.schema, &tables, node.partition.as_ref()) else {
            return self.broken_table();
        };
        let made = Made {
            edges,
            ends: [source, target],
            tables,
            node_id: node.node_id.as_ref(),
        };
        match &node.partition {
            None => {
                let graph = self.graph_of(made, parts);
                self.of_graph(graph)
            }
            Some(partition) => self.each_graph(made, parts, partition),
        }
    }

    /// Whether the columns with identities have one type, which can be one; says why not.
    fn identities(&mut self, edges: &Schema, ends: [(usize, Span); 2], tables: &[Source]) -> bool {
        let ends = ends.map(|(column, span)| (edges.columns[column].ty, span));
        let keys = tables
            .iter()
            .map(|t| (t.plan.schema.columns[t.key].ty, t.span));
        let [(wanted, _), _] = ends;
        let mut right = true;
        for (ty, span) in ends.into_iter().chain(keys) {
            let said = if ty == Type::Dynamic {
                Diagnostic::new(
                    Code::DynamicKey,
                    span,
                    "nodes cannot be identified by dynamic values",
                )
                .kusto_as("KS240")
                .help("convert them, for example with tostring(…)")
            } else if ty == wanted {
                continue;
            } else {
                let message = format!(
                    "nodes are identified by values of one type: {wanted} before, {ty} here"
                );
                Diagnostic::new(Code::WrongType, span, message)
            };
            self.say(said);
            right = false;
        }
        right
    }

    /// The columns, of the edges and of each table of nodes, that part a graph.
    fn graph_parts(
        &mut self,
        edges: &Schema,
        tables: &[Source],
        partition: Option<&GraphPartition>,
    ) -> Option<Vec<usize>> {
        let Some(GraphPartition { column, .. }) = partition else {
            return Some(Vec::new());
        };
        if tables.is_empty() {
            let message = "a graph is parted by a column of its edges and of its tables of nodes; it has none of these";
            self.say(
                Diagnostic::new(Code::UnknownName, column.span, message)
                    .help("give a table of nodes: `with Nodes on Id`"),
            );
            return None;
        }
        let mut parts = vec![self.graph_column(edges, column)?];
        let ty = edges.columns[parts[0]].ty;
        for table in tables {
            let found = self.graph_column(&table.plan.schema, column)?;
            let own = table.plan.schema.columns[found].ty;
            if own != ty {
                let message = format!("the column is {ty} in the edges, and {own} in nodes");
                self.error(Code::WrongType, column.span, message);
                return None;
            }
            parts.push(found);
        }
        if ty == Type::Dynamic {
            let message = "a graph cannot be parted by a dynamic column";
            self.error(Code::DynamicKey, column.span, message);
            return None;
        }
        Some(parts)
    }

    /// The two tables of a graph.
    fn graph_of(&mut self, made: Made<'_>, parts: Vec<usize>) -> Graph {
        let Made {
            edges,
            ends,
            tables,
            node_id,
        } = made;
        let identity = edges.schema.columns[ends[0]].ty;
        let mut columns = vec![Column::new("", identity)];
        let mut properties = Vec::new();
        if let Some(name) = node_id {
            columns.push(Column::new(name.text.clone(), identity));
            properties.push(Property {
                columns: Vec::new(),
                identity: true,
            });
        }
        let mut clashes: Vec<Arc<str>> = Vec::new();
        for (number, table) in tables.iter().enumerate() {
            for (index, column) in table.plan.schema.columns.iter().enumerate() {
                // The identity itself stands first, without a name.
                let known = columns.iter().skip(1).position(|c| c.name == column.name);
                let at = known.unwrap_or_else(|| {
                    columns.push(column.clone());
                    properties.push(Property {
                        columns: vec![None; tables.len()],
                        identity: false,
                    });
                    properties.len() - 1
                });
                if columns[at + 1].ty != column.ty && !clashes.contains(&column.name) {
                    clashes.push(column.name.clone());
                }
                properties[at].columns[number] = Some(index);
                properties[at].identity |= index == table.key;
            }
        }
        let mut place = 0;
        properties.retain(|_| {
            place += 1;
            !clashes.contains(&columns[place].name)
        });
        columns.retain(|c| !clashes.contains(&c.name));
        let made = graph::MakeGraph {
            edges: false,
            ends,
            keys: tables.iter().map(|t| t.key).collect(),
            parts,
            properties,
        };
        let numbers = [Column::new("", Type::Long), Column::new("", Type::Long)];
        let of_edges = numbers
            .into_iter()
            .chain(edges.schema.columns.iter().cloned());
        let of_edges = Schema::new(of_edges.collect());
        let inputs: Vec<Plan> = std::iter::once(edges)
            .chain(tables.into_iter().map(|t| t.plan))
            .collect();
        let edges = Operation::MakeGraph(graph::MakeGraph {
            edges: true,
            ..made.clone()
        });
        let edges = Plan::whole(inputs.clone(), edges, of_edges);
        let nodes = Operation::MakeGraph(made);
        let nodes = Plan::whole(inputs, nodes, Schema::new(columns));
        Graph {
            nodes: self.graph_table(nodes),
            edges: self.graph_table(edges),
            ends: ends.map(|column| column + 2),
            clashes,
        }
    }

    /// A table of a graph, computed once.
    fn graph_table(&mut self, plan: Plan) -> Plan {
        share(self, Relation::new(plan)).plan
    }

    /// The tables that `graph-to-table` gives.
    pub(crate) fn graph_tables(
        &mut self,
        input: Relation,
        node: &GraphToTable,
        span: Span,
    ) -> Relation {
        let Some(graph) = input.graph else {
            return self.broken_table();
        };
        if node.outputs.len() > 1 {
            if let Some(output) = node.outputs.iter().find(|o| o.name.is_none()) {
                let at = output.parameters.first().map_or(span, |p| p.name.span);
                let message = "each of several tables of a graph needs a name";
                self.say(
                    Diagnostic::new(Code::Syntax, at, message)
                        .kusto_as("KS273")
                        .help("write `nodes as N, edges as E`"),
                );
                return self.broken_table();
            }
            if !self.gives_several(graph_to_table::INFO.name(), span) {
                return self.broken_table();
            }
        }
        let mut tables = Vec::with_capacity(node.outputs.len());
        for output in &node.outputs {
            let mut table = match output.edges {
                true => self.edges_table(&graph, &output.parameters, span),
                false => self.nodes_table(&graph, &output.parameters, span),
            };
            if let Some(name) = &output.name {
                table = share(self, table);
                table.label = Some(name.text.clone());
                self.bind_name(name, Binding::Table(Rc::new(table.clone())));
            }
            tables.push(table);
        }
        self.several(tables)
    }

    fn nodes_table(
        &mut self,
        graph: &Graph,
        parameters: &[ast::OperatorParameter],
        span: Span,
    ) -> Relation {
        self.hints(parameters, &[NODE_ID]);
        if let Some(clash) = graph.clashes.first() {
            let message = format!(
                "two tables of nodes have `{clash}` in different types; what Kusto makes of it here is not known"
            );
            self.unsupported(span, message);
        }
        let identity = Expr::column(0, graph.nodes.schema.columns[0].ty, span);
        let mut columns = Vec::new();
        if let Some((name, _)) = named(parameters, NODE_ID) {
            columns.push((name, Expr::call(&HASH, 0, vec![identity], Type::Long, span)));
        }
        let properties = graph.properties();
        columns.extend(properties.map(|(i, c)| (c.name.clone(), Expr::column(i, c.ty, span))));
        self.graph_projected(graph.nodes.clone(), columns, span)
    }

    fn edges_table(
        &mut self,
        graph: &Graph,
        parameters: &[ast::OperatorParameter],
        span: Span,
    ) -> Relation {
        self.hints(parameters, &[SOURCE_ID, TARGET_ID]);
        let mut columns = Vec::new();
        for (end, parameter) in [SOURCE_ID, TARGET_ID].into_iter().enumerate() {
            let Some((name, _)) = named(parameters, parameter) else {
                continue;
            };
            let at = graph.ends[end];
            let identity = Expr::column(at, graph.edges.schema.columns[at].ty, span);
            columns.push((name, Expr::call(&HASH, 0, vec![identity], Type::Long, span)));
        }
        let own = graph.columns();
        columns.extend(own.map(|(i, c)| (c.name.clone(), Expr::column(i, c.ty, span))));
        self.graph_projected(graph.edges.clone(), columns, span)
    }

    /// The columns of a table made of a graph; says when two have one name.
    fn graph_projected(
        &mut self,
        plan: Plan,
        columns: Vec<(Arc<str>, Expr)>,
        span: Span,
    ) -> Relation {
        let mut names: Vec<&Arc<str>> = columns.iter().map(|(name, _)| name).collect();
        names.sort();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some(name) = twice.map(|pair| pair[0].clone()) {
            let message = format!(
                "a table with two columns called `{name}`, which Kusto gives here, cannot be given"
            );
            self.unsupported(span, message);
        }
        Relation::new(Plan::project(plan, columns))
    }

    /// The graph with the number of the connected part that each node is in.
    pub(crate) fn components(
        &mut self,
        input: Relation,
        parameters: &[ast::OperatorParameter],
        span: Span,
    ) -> Relation {
        let strong = self.word(
            parameters,
            ("kind", &[COMPONENT_ID]),
            &[("weak", false), ("strong", true)],
            false,
        );
        let Some(graph) = input.graph else {
            return self.broken_table();
        };
        let name = named(parameters, COMPONENT_ID);
        let (name, span) = name.unwrap_or_else(|| ("ComponentId".into(), span));
        let mut schema = graph.nodes.schema.clone();
        if schema.index(&name).is_some() || graph.clashes.contains(&name) {
            let message = format!(
                "nodes have a property `{name}` already; what Kusto makes of a second one is not told apart here"
            );
            self.say(
                Diagnostic::unsupported(span, message).help("name it: `with_component_id=Name`"),
            );
            return self.broken_table();
        }
        schema.columns.push(Column::new(name, Type::Long));
        let inputs = vec![graph.nodes.clone(), graph.edges.clone()];
        let nodes = Plan::whole(inputs, Operation::Components { strong }, schema);
        let graph = Graph {
            nodes: self.graph_table(nodes),
            ..(*graph).clone()
        };
        self.of_graph(graph)
    }
}

/// Parameters that name columns.
const NODE_ID: &str = "with_node_id";
const SOURCE_ID: &str = "with_source_id";
const TARGET_ID: &str = "with_target_id";
const COMPONENT_ID: &str = "with_component_id";

/// The name that a parameter gives.
fn named(parameters: &[ast::OperatorParameter], name: &str) -> Option<(Arc<str>, Span)> {
    let parameter = parameters.iter().find(|p| &*p.name.text == name)?;
    let text = parameter_text(&parameter.value);
    Some((text.into(), parameter.value.span))
}
