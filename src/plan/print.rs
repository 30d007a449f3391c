//! A plan as an indented tree, each node above its inputs: what `explain` shows and tests compare.

use std::fmt::{self, Display, Formatter};

use super::{Aggregate, AggregateCall, Expr, ExprKind, JoinKind, Node, Plan, QueryPlan, SortKey};
use crate::contract::{Predicate, PredicateOp};
use crate::text::value_text;
use crate::types::{Schema, Type, Value};

impl Display for QueryPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (id, plan) in self.shared.iter().enumerate() {
            writeln!(f, "shared {id}")?;
            tree(plan, 1, f)?;
        }
        for output in &self.results {
            tree(&output.plan, 0, f)?;
        }
        Ok(())
    }
}

impl Plan {
    /// Its node alone.
    pub fn line(&self) -> String {
        struct Line<'a>(&'a Plan);
        impl Display for Line<'_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                node(self.0, f)
            }
        }
        format!("{:#}", Line(self))
    }
}

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        tree(self, 0, f)
    }
}

fn tree(plan: &Plan, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "{:width$}", "", width = 2 * depth)?;
    node(plan, f)?;
    writeln!(f)?;
    for input in plan.inputs() {
        tree(input, depth + 1, f)?;
    }
    Ok(())
}

/// Names of columns, maybe only the first of many.
struct Names<'a>(&'a Schema, bool);

/// Columns that are named where not all are.
const FEW: usize = 12;

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let columns = &self.0.columns;
        let shown = if self.1 && columns.len() > FEW {
            FEW
        } else {
            columns.len()
        };
        write!(f, "{}", List(columns.iter().take(shown).map(|c| &c.name)))?;
        match columns.len() - shown {
            0 => Ok(()),
            n => write!(f, ", and {n} more"),
        }
    }
}

/// Things with commas between them.
struct List<I>(I);

impl<T: Display, I: Iterator<Item = T> + Clone> Display for List<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.clone().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{item}")?;
        }
        Ok(())
    }
}

/// An expression over the columns of a schema.
#[derive(Clone, Copy)]
struct Over<'a>(&'a Expr, &'a Schema);

fn over<'a>(exprs: &'a [Expr], schema: &'a Schema) -> List<impl Iterator<Item = Over<'a>> + Clone> {
    List(exprs.iter().map(move |e| Over(e, schema)))
}

fn node(plan: &Plan, f: &mut Formatter<'_>) -> fmt::Result {
    let inputs = plan.inputs();
    let none = Schema::default();
    let input = inputs.first().map_or(&none, |p| &p.schema);
    let names = Names(&plan.schema, f.alternate());
    match &plan.node {
        Node::Scan {
            table,
            columns,
            predicates,
        } => {
            write!(f, "scan {table} [{names}]")?;
            if predicates.is_empty() {
                return Ok(());
            }
            let shown = predicates.iter().map(|predicate| {
                let at = columns.iter().position(|c| *c == predicate.column);
                let column = at.and_then(|at| plan.schema.columns.get(at));
                Shown(predicate, column.map(|c| &*c.name))
            });
            match f.alternate() {
                true => Ok(()),
                false => write!(f, " where {}", List(shown)),
            }
        }
        Node::Rows { rows, .. } => write!(f, "rows {rows} [{names}]"),
        Node::Range { from, to, step } => write!(
            f,
            "range {names} from {} to {} step {}",
            Over(from, &none),
            Over(to, &none),
            Over(step, &none)
        ),
        Node::Shared { id } => write!(f, "shared {id} [{names}]"),
        Node::Filter { predicate, .. } => write!(f, "filter {}", Over(predicate, input)),
        Node::Project { columns, .. } => {
            let gap = if columns.is_empty() { "" } else { " " };
            write!(f, "project{gap}")?;
            assigned(&plan.schema, columns, input, f)
        }
        Node::Window {
            columns, partition, ..
        } => {
            write!(f, "window ")?;
            assigned(&plan.schema, columns, input, f)?;
            match partition.and_then(|p| input.columns.get(p.column)) {
                Some(column) => write!(f, " within {}", column.name),
                None => Ok(()),
            }
        }
        Node::Expand { items, limit, .. } => {
            let values = List(items.iter().map(|i| Over(&i.value, input)));
            write!(f, "expand {values} [{names}]")?;
            match limit {
                Some(limit) => write!(f, " limit {limit}"),
                None => Ok(()),
            }
        }
        Node::Extract {
            source, pattern, ..
        } => write!(
            f,
            "extract [{names}] from {} {pattern}",
            Over(source, input)
        ),
        Node::Summarize {
            keys, aggregates, ..
        } => {
            f.write_str("summarize")?;
            if !aggregates.is_empty() {
                write!(f, " {}", List(aggregates.iter().map(|a| Called(a, input))))?;
            }
            match keys.is_empty() {
                true => Ok(()),
                false => write!(f, " by {}", over(keys, input)),
            }
        }
        Node::Sort { keys, limit, .. } => {
            match limit {
                Some(limit) => write!(f, "top {limit} by ")?,
                None => write!(f, "sort by ")?,
            }
            write!(f, "{}", List(keys.iter().map(|k| Sorted(k, input))))
        }
        Node::Take { count, .. } => write!(f, "take {count}"),
        Node::Join {
            left,
            right,
            kind,
            left_keys,
            right_keys,
        } => {
            write!(f, "join kind={} on ", kind_name(*kind))?;
            let pairs = left_keys.iter().zip(right_keys);
            let pairs = pairs
                .map(|(l, r)| format!("{} == {}", Over(l, &left.schema), Over(r, &right.schema)));
            write!(f, "{}", pairs.collect::<Vec<_>>().join(", "))
        }
        Node::Whole { operation, .. } => write!(f, "{} [{names}]", operation.name()),
        Node::Union { .. } => write!(f, "union"),
    }
}

fn assigned(
    schema: &Schema,
    columns: &[Expr],
    input: &Schema,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let few = f.alternate() && columns.len() > FEW;
    let mut kept = 0;
    let mut first = true;
    for (column, expr) in schema.columns.iter().zip(columns) {
        let value = Over(expr, input).to_string();
        if few && value == *column.name {
            kept += 1;
            continue;
        }
        let comma = if std::mem::replace(&mut first, false) {
            ""
        } else {
            ", "
        };
        match value == *column.name {
            true => write!(f, "{comma}{value}")?,
            false => write!(f, "{comma}{} = {value}", column.name)?,
        }
    }
    match (kept, first) {
        (0, _) => Ok(()),
        (n, true) => write!(f, "{n} columns"),
        (n, false) => write!(f, ", and {n} columns as they are"),
    }
}

impl Display for Over<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Over(expr, schema) = *self;
        match &expr.kind {
            ExprKind::Literal(value) => literal(value, f),
            ExprKind::Column(index) => match schema.columns.get(*index) {
                Some(column) => write!(f, "{}", column.name),
                None => write!(f, "column {index}"),
            },
            ExprKind::Call(call) => {
                let name = call.function.name();
                let infix = call
                    .function
                    .signatures
                    .get(call.overload)
                    .is_some_and(|s| {
                        super::Signature::parse(s).is_ok_and(|signature| signature.infix)
                    });
                match &*call.args {
                    [left, right] if infix => {
                        let (left, right) = (Over(left, schema), Over(right, schema));
                        write!(f, "({left} {name} {right})")
                    }
                    [left, rest @ ..] if infix => {
                        write!(
                            f,
                            "({} {name} ({}))",
                            Over(left, schema),
                            over(rest, schema)
                        )
                    }
                    args => write!(f, "{name}({})", over(args, schema)),
                }
            }
            ExprKind::Logic { and, terms } => {
                f.write_str("(")?;
                for (i, term) in terms.iter().enumerate() {
                    match (i, and) {
                        (0, _) => {}
                        (_, true) => f.write_str(" and ")?,
                        (_, false) => f.write_str(" or ")?,
                    }
                    write!(f, "{}", Over(term, schema))?;
                }
                f.write_str(")")
            }
            ExprKind::Shared(id) => write!(f, "value of shared {id}"),
            ExprKind::SharedList(id) => write!(f, "values of shared {id}"),
        }
    }
}

fn literal(value: &Value, f: &mut Formatter<'_>) -> fmt::Result {
    let text = value_text(value);
    match value.ty() {
        ty if value.is_null() => write!(f, "{ty}(null)"),
        Type::String => write!(f, "'{text}'"),
        Type::Bool => f.write_str(&text.to_ascii_lowercase()),
        Type::Long | Type::Real => f.write_str(&text),
        ty => write!(f, "{ty}({text})"),
    }
}

/// A predicate of a scan, and the name of its column where the scan yields it.
struct Shown<'a>(&'a Predicate, Option<&'a str>);

impl Predicate {
    /// The comparison of a column of this name.
    pub fn of_column(&self, column: &str) -> String {
        let op = match self.op {
            PredicateOp::Equal => "==",
            PredicateOp::Less => "<",
            PredicateOp::LessOrEqual => "<=",
            PredicateOp::Greater => ">",
            PredicateOp::GreaterOrEqual => ">=",
            PredicateOp::In => "in",
        };
        let values: Vec<String> = self.values.iter().map(value_text).collect();
        format!("{column} {op} {}", values.join(", "))
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(name) => f.write_str(&self.0.of_column(name)),
            None => f.write_str(&self.0.of_column(&format!("#{}", self.0.column))),
        }
    }
}

struct Called<'a>(&'a AggregateCall, &'a Schema);

impl Display for Called<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Called(call, schema) = self;
        let function: &Aggregate = call.function;
        write!(f, "{}({})", function.name(), over(&call.args, schema))?;
        match &call.filter {
            Some(filter) => write!(f, " where {}", Over(filter, schema)),
            None => Ok(()),
        }
    }
}

impl AggregateCall {
    /// What its `output`-th column is called in plans: the call over the columns of `input`, or of several outputs
    /// the argument that it is.
    pub fn column_name(&self, output: usize, input: &Schema) -> String {
        match self.args.get(output) {
            Some(arg) if self.outputs.len() > 1 => Over(arg, input).to_string(),
            _ => Called(self, input).to_string(),
        }
    }
}

struct Sorted<'a>(&'a SortKey, &'a Schema);

impl Display for Sorted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Sorted(key, schema) = self;
        let direction = if key.descending { "desc" } else { "asc" };
        let nulls = if key.nulls_first { "first" } else { "last" };
        write!(f, "{} {direction} nulls {nulls}", Over(&key.value, schema))
    }
}

fn kind_name(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::InnerUnique => "innerunique",
        JoinKind::Inner => "inner",
        JoinKind::LeftOuter => "leftouter",
        JoinKind::RightOuter => "rightouter",
        JoinKind::FullOuter => "fullouter",
        JoinKind::LeftSemi => "leftsemi",
        JoinKind::RightSemi => "rightsemi",
        JoinKind::LeftAnti => "leftanti",
        JoinKind::RightAnti => "rightanti",
    }
}
