//! `mv-apply`: runs a subquery on the elements of each row's arrays.

use super::mv_expand::{
    ExpandColumn, expand_column, expand_limit, expand_parameters, print_expand,
};
use super::prelude::*;
use super::mv_expand::{Expansion, free, open};
use crate::bind::threaded::{Thread, is_row_wise, numbered, origin, reads};
use crate::bind::{Binder, Relation};
use crate::plan::whole::Parts;
use crate::plan::{self, JoinKind, Node, Plan, Role};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter, Pipeline};
use crate::types::{Column, Schema, Type};
use std::collections::HashSet;
use std::sync::Arc;

/// What users read about `mv-apply`.
pub const INFO: Info = Info {
    keywords: &["mv-apply", "mvapply"],
    place: Place::Piped,
    summary: "Runs a subquery on the elements of each row's arrays.",
    syntax: "T | mv-apply [with_itemindex=Name] [name =] array [to typeof(type)], ... [limit n] on (operators)",
    examples: &[("datatable (user: string, scores: dynamic) ['ann', dynamic([3, 9]), 'bob', dynamic([5])]\n\
             | mv-apply score = scores to typeof(long) on (summarize best = max(score))", "user | scores | best\nann | [3,9] | 9\nbob | [5] | 5")],
};

/// `mv-apply a = d to typeof(long) limit 5 on (top 1 by a)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvApply {
    /// `with_itemindex=…`
    pub parameters: Vec<OperatorParameter>,
    /// The arrays.
    pub columns: Vec<ExpandColumn>,
    /// How many elements per row.
    pub limit: Option<Expr>,
    /// The subquery; it has no source: its input is the elements.
    pub subquery: Pipeline,
}

/// `mv-apply a = d to typeof(long) on (top 1 by a)`
pub fn mv_apply(i: Tokens<'_>) -> Parsed<'_, MvApply> {
    let (i, parameters) = expand_parameters(after(i, &INFO))?;
    let (i, columns) = list(i, expand_column)?;
    let (i, limit) = expand_limit(i)?;
    let (i, _) = keyword("on")(i)?;
    let start = i;
    let (i, operators) = subpipeline(i)?;
    let node = MvApply {
        parameters,
        columns,
        limit,
        subquery: Pipeline {
            source: None,
            operators,
            span: start.span_to(i),
        },
    };
    Ok((i, node))
}

impl Print for MvApply {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_expand(p, &self.columns, self.limit.as_ref());
        p.push(" on ");
        p.subpipeline(&self.subquery.operators);
    }
}

impl super::Bind for MvApply {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let limit = self.limit.as_ref().map(|l| binder.row_count(l, &input));
        let expansion = binder.expansion(&input, &self.parameters, &self.columns, limit);
        let Some(expansion) = expansion else {
            return open(input);
        };
        let shape = Shape::new(&input.plan.schema, &expansion, span);
        // What the subquery is bound over; the plan that takes its place is made afterwards.
        let part = binder.part_rows(&shape.leaf);
        let Node::Shared { id: leaf } = part.node else {
            return open(input);
        };
        let body = binder.outside(|b| self.body(b, leaf, &shape.leaf));
        if body.schema.open {
            return open(input);
        }
        let kept = (leaf + 1..binder.shared.len()).any(|id| reads(&binder.shared[id], leaf));
        let columns = shape.columns(&body, leaf);
        let (plan, first_source, first_own) =
            shape.applied(binder, &input, &expansion, body, part, kept);
        let output = columns.into_iter().map(|(name, ty, place)| {
            let index = match place {
                From::Source(i) => first_source + i,
                From::Own(i) => first_own + i,
            };
            (name, plan::Expr::column(index, ty, span))
        });
        let output = output.collect();
        let known = !input.plan.schema.open;
        let output = input.then(|_| Plan::project(plan, output));
        if known { output } else { open(output) }
    }
}

impl MvApply {
    /// The subquery over the shared sub-plan `leaf`.
    fn body(&self, binder: &mut Binder<'_>, leaf: usize, schema: &Schema) -> Plan {
        let mut relation = Relation::new(Plan {
            node: Node::Shared { id: leaf },
            schema: schema.clone(),
        });
        relation.serialized = true;
        binder.through(relation, &self.subquery.operators).plan
    }
}

/// Where an output column comes from.
enum From {
    /// The source column of this rank.
    Source(usize),
    /// The subquery's column.
    Own(usize),
}

/// The columns of the subquery's input: the source columns that are not expanded, then the elements.
struct Shape {
    sources: Vec<usize>,
    leaf: Schema,
    items: usize,
    index: bool,
    width: usize,
    span: Span,
}

impl Shape {
    fn new(input: &Schema, expansion: &Expansion, span: Span) -> Shape {
        let taken = |i: &usize| !expansion.items.iter().any(|(_, _, place)| *place == Some(*i));
        let sources: Vec<usize> = (0..input.len()).filter(taken).collect();
        let mut columns: Vec<Column> = sources.iter().map(|i| input.columns[*i].clone()).collect();
        for (name, item, _) in &expansion.items {
            columns.push(Column::new(name.clone(), item.ty));
        }
        if let Some(name) = &expansion.index {
            let names: HashSet<Arc<str>> = columns.iter().map(|c| c.name.clone()).collect();
            columns.push(Column::new(free(name, &names), Type::Long));
        }
        Shape {
            sources,
            leaf: Schema {
                columns,
                open: input.open,
            },
            items: expansion.items.len(),
            index: expansion.index.is_some(),
            width: input.len(),
            span,
        }
    }

    /// The output: the source columns, then those of the subquery that are not just passed on. One that has the name
    /// of a source column takes its place.
    fn columns(&self, body: &Plan, leaf: usize) -> Vec<(Arc<str>, Type, From)> {
        let sources = self.leaf.columns.iter().take(self.sources.len()).enumerate();
        let mut columns: Vec<(Arc<str>, Type, From)> = sources
            .map(|(i, c)| (c.name.clone(), c.ty, From::Source(i)))
            .collect();
        for (i, column) in body.schema.columns.iter().enumerate() {
            let source = columns[..self.sources.len()]
                .iter()
                .position(|(name, ..)| *name == column.name);
            let own = (column.name.clone(), column.ty, From::Own(i));
            match source {
                Some(source) if origin(body, leaf, i) == Some(source) => {}
                Some(source) => columns[source] = own,
                None => columns.push(own),
            }
        }
        columns
    }

    /// The subquery over all rows, the index of its first source column and of its own first column.
    fn applied(
        &self,
        binder: &mut Binder<'_>,
        input: &Relation,
        expansion: &Expansion,
        body: Plan,
        part: Plan,
        kept: bool,
    ) -> (Plan, usize, usize) {
        let leaf = match part.node {
            Node::Shared { id } => id,
            _ => usize::MAX,
        };
        if !kept
            && is_row_wise(&body)
            && let Some((plan, width)) = self.row_by_row(input, expansion, body.clone(), leaf)
        {
            return (plan, 0, width);
        }
        // A subquery that looks at several rows tells them apart by the number of the row they come from.
        let rows = self.numbered_rows(binder, input);
        let mut expanded = expansion.plan(rows.clone());
        for expr in expanded.exprs_mut() {
            expr.visit_mut(&mut |e| {
                if let plan::ExprKind::Column(index) = &mut e.kind {
                    *index += 1;
                }
            });
        }
        let number = || plan::Expr::column(0, Type::Long, self.span);
        let mut columns = vec![("$row".into(), number())];
        columns.extend(self.leaf_columns(&expanded.schema, 1));
        let thread = Thread {
            leaf,
            input: Plan::project(expanded, columns),
            width: 1,
            span: self.span,
        };
        let threaded = match kept {
            true => None,
            false => thread.through(body.clone()),
        };
        let threaded = match threaded {
            Some(threaded) => threaded,
            // What cannot look at all rows at once, told apart by their number, is run for each.
            None => {
                let mut schema = Schema::new(thread.input.schema.columns[..1].to_vec());
                schema.columns.extend(body.schema.columns.iter().cloned());
                let parts = Parts {
                    column: 0,
                    carried: true,
                    numbered: false,
                    most: None,
                };
                binder.per_part(thread.input, body, part, parts, schema)
            }
        };
        let mut wanted = vec![("$row".into(), number())];
        wanted.extend(self.source_columns(&rows.schema, 1));
        let rows = Plan::project(rows, wanted);
        let own = rows.schema.len() + 1;
        let by = [vec![number()], vec![number()]];
        (Plan::join([rows, threaded], JoinKind::Inner, by), 1, own)
    }

    /// A subquery of steps that look at one row each, over the expanded rows as they are; and how many source
    /// columns they carry.
    fn row_by_row(
        &self,
        input: &Relation,
        expansion: &Expansion,
        body: Plan,
        leaf: usize,
    ) -> Option<(Plan, usize)> {
        let expanded = expansion.plan(input.plan.clone());
        let mut columns = self.source_columns(&expanded.schema, 0);
        let width = columns.len();
        columns.extend(self.leaf_columns(&expanded.schema, 0));
        let thread = Thread {
            leaf,
            input: Plan::project(expanded, columns),
            width,
            span: self.span,
        };
        Some((thread.through(body)?, width))
    }

    /// The input's rows behind their numbers, to be used several times.
    fn numbered_rows(&self, binder: &mut Binder<'_>, input: &Relation) -> Plan {
        let flags = (binder.serialized, binder.windowed);
        binder.serialized = true;
        let row_number = binder.by_role(Role::RowNumber, Vec::new(), self.span);
        (binder.serialized, binder.windowed) = flags;
        let rows = numbered(input.plan.clone(), row_number, self.span);
        Plan {
            schema: rows.schema.clone(),
            node: Node::Shared {
                id: binder.share(rows),
            },
        }
    }

    /// The source columns of a table in which they stand `shift` places further.
    fn source_columns(&self, schema: &Schema, shift: usize) -> Vec<(Arc<str>, plan::Expr)> {
        let column = |i: &usize| self.column(schema, i + shift);
        self.sources.iter().map(column).collect()
    }

    /// The columns of the subquery's input, from what the expansion yields.
    fn leaf_columns(&self, schema: &Schema, shift: usize) -> Vec<(Arc<str>, plan::Expr)> {
        let first = self.width + shift;
        let last = first + self.items + usize::from(self.index);
        let mut columns = self.source_columns(schema, shift);
        columns.extend((first..last).map(|i| self.column(schema, i)));
        columns
    }

    fn column(&self, schema: &Schema, index: usize) -> (Arc<str>, plan::Expr) {
        let column = schema.columns.get(index);
        let ty = column.map_or(Type::Unknown, |c| c.ty);
        let name = column.map_or_else(|| "".into(), |c| c.name.clone());
        (name, plan::Expr::column(index, ty, self.span))
    }
}
