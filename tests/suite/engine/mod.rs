//! The executor on plans made by hand: the same answer on every number of threads and every size of batch and morsel.

mod deep;
mod faults;
mod group;
mod join;
mod logic;
mod order;
mod random;
mod rewrites;
mod sources;
mod spill;

use std::collections::BTreeMap;
use std::sync::Arc;

use kql::contract::{Cancel, Context, DataSource, Fault, Flow, Morsel, ScanRequest, Sink, Tables};
use kql::engine::{Options, Table, run};
use kql::functions;
use kql::plan::optimise::optimise;
use kql::plan::{AggregateCall, Expr, ExprKind, JoinKind, Node, Output, Plan, QueryPlan, SortKey};
use kql::source::Span;
use kql::types::{Schema, Type, Value, arrays};

/// A table in memory, `piece` rows per morsel.
pub struct Rows {
    pub schema: Schema,
    pub rows: Vec<Vec<Value>>,
    pub piece: usize,
}

struct Piece(Vec<Type>, Vec<Vec<Value>>);

impl Morsel for Piece {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        cancel.check()?;
        let columns = self.0.iter().enumerate();
        let columns = columns.map(|(i, ty)| arrays::of(*ty, self.1.iter().map(|r| &r[i])));
        sink(columns.collect(), self.1.len()).map(|_: Flow| ())
    }
}

impl DataSource for Rows {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }
    fn morsels(&self, request: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let columns = &request.columns;
        let types: Vec<Type> = columns.iter().map(|c| self.schema.columns[*c].ty).collect();
        let pick = |row: &Vec<Value>| columns.iter().map(|c| row[*c].clone()).collect();
        let pieces = self.rows.chunks(self.piece.max(1));
        let pieces = pieces.map(|p| Piece(types.clone(), p.iter().map(pick).collect()));
        Ok(pieces.map(|p| Box::new(p) as Box<dyn Morsel>).collect())
    }
    fn latest(&self, _: usize) -> Result<Option<i64>, Fault> {
        Ok(None)
    }
}

#[derive(Default)]
pub struct Catalog(pub BTreeMap<String, Arc<dyn DataSource>>);

impl Tables for Catalog {
    fn source(&self, table: &str) -> Option<Arc<dyn DataSource>> {
        self.0.get(table).cloned()
    }
}

impl Catalog {
    pub fn with(mut self, name: &str, columns: &[(&str, Type)], rows: Vec<Vec<Value>>) -> Catalog {
        let schema = Schema::of(columns);
        let piece = 3;
        let rows = Rows {
            schema,
            rows,
            piece,
        };
        self.0.insert(name.into(), Arc::new(rows));
        self
    }
    pub fn scan(&self, name: &str) -> Plan {
        let schema = self.0[name].schema();
        Plan {
            node: Node::Scan {
                table: name.into(),
                columns: (0..schema.len()).collect(),
                predicates: Vec::new(),
            },
            schema,
        }
    }
}

pub fn long(v: i64) -> Value {
    Value::Long(v)
}
pub fn text(v: &str) -> Value {
    Value::string(v)
}
pub fn null(ty: Type) -> Value {
    Value::null(ty)
}

pub fn column(plan: &Plan, name: &str) -> Expr {
    let index = plan.schema.index(name).unwrap();
    Expr::column(index, plan.schema.columns[index].ty, Span::default())
}
pub fn literal(value: Value) -> Expr {
    Expr::literal(value, Span::default())
}
/// A call of the builtin with its first signature that has these argument types.
pub fn call(name: &str, args: Vec<Expr>, ty: Type) -> Expr {
    let entry = functions::scalar(name).unwrap_or_else(|| panic!("{name} is not declared"));
    Expr::call(entry.function, 0, args, ty, Span::default())
}
pub fn logic(and: bool, terms: Vec<Expr>) -> Expr {
    Expr {
        kind: ExprKind::Logic { and, terms },
        ty: Type::Bool,
        span: Span::default(),
    }
}
pub fn filter(input: Plan, predicate: Expr) -> Plan {
    Plan {
        schema: input.schema.clone(),
        node: Node::Filter {
            input: Box::new(input),
            predicate,
        },
    }
}
pub fn take(input: Plan, count: u64) -> Plan {
    Plan {
        schema: input.schema.clone(),
        node: Node::Take {
            input: Box::new(input),
            count,
        },
    }
}
pub fn union(inputs: Vec<Plan>) -> Plan {
    Plan {
        schema: inputs[0].schema.clone(),
        node: Node::Union { inputs },
    }
}
pub fn project(input: Plan, columns: Vec<(&str, Expr)>) -> Plan {
    let types: Vec<_> = columns.iter().map(|(n, e)| (*n, e.ty)).collect();
    Plan {
        schema: Schema::of(&types),
        node: Node::Project {
            input: Box::new(input),
            columns: columns.into_iter().map(|(_, e)| e).collect(),
        },
    }
}
/// Sorts by columns: name, descending, nulls first.
pub fn sort(input: Plan, keys: &[(&str, bool, bool)], limit: Option<u64>) -> Plan {
    let key = |(name, descending, nulls_first): &(&str, bool, bool)| SortKey {
        value: column(&input, name),
        descending: *descending,
        nulls_first: *nulls_first,
    };
    Plan {
        schema: input.schema.clone(),
        node: Node::Sort {
            keys: keys.iter().map(key).collect(),
            input: Box::new(input),
            limit,
        },
    }
}
pub fn aggregate(name: &str, args: Vec<Expr>, output: Type) -> AggregateCall {
    let entry = functions::aggregate(name).unwrap_or_else(|| panic!("{name} is not declared"));
    AggregateCall {
        function: entry.function,
        overload: 0,
        args,
        filter: None,
        outputs: vec![output],
        span: Span::default(),
    }
}
pub fn summarize(input: Plan, keys: &[&str], aggregates: Vec<AggregateCall>) -> Plan {
    let mut schema = Schema::default();
    for key in keys {
        let index = input.schema.index(key).unwrap();
        schema.columns.push(input.schema.columns[index].clone());
    }
    for (i, aggregate) in aggregates.iter().enumerate() {
        for ty in &aggregate.outputs {
            let name = format!("a{i}");
            schema.columns.push(kql::types::Column::new(name, *ty));
        }
    }
    Plan {
        schema,
        node: Node::Summarize {
            keys: keys.iter().map(|k| column(&input, k)).collect(),
            input: Box::new(input),
            aggregates,
        },
    }
}
pub fn join(left: Plan, right: Plan, kind: JoinKind, on: &[(&str, &str)]) -> Plan {
    let mut schema = Schema::default();
    if !matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti) {
        schema.columns.extend(left.schema.columns.clone());
    }
    if !matches!(kind, JoinKind::LeftSemi | JoinKind::LeftAnti) {
        schema.columns.extend(right.schema.columns.clone());
    }
    Plan {
        schema,
        node: Node::Join {
            left_keys: on.iter().map(|(l, _)| column(&left, l)).collect(),
            right_keys: on.iter().map(|(_, r)| column(&right, r)).collect(),
            left: Box::new(left),
            right: Box::new(right),
            kind,
        },
    }
}
pub fn query(plan: Plan) -> QueryPlan {
    QueryPlan {
        shared: Vec::new(),
        results: vec![Output { plan, render: None }],
    }
}

pub fn options(threads: usize, batch_rows: usize, morsel_rows: usize) -> Options {
    Options {
        threads,
        batch_rows,
        morsel_rows,
        // Small for small batches, so that tests see both ways of grouping.
        spread_groups: batch_rows.min(8),
        ..Options::default()
    }
}

/// The rows, one text per row.
pub fn texts(table: &Table) -> Vec<String> {
    let mut rows = Vec::new();
    let mut last = None;
    for batch in &table.batches {
        assert!(
            last.is_none_or(|l| batch.position > l),
            "positions increase"
        );
        last = Some(batch.position + batch.rows as u64 - 1);
        assert_eq!(batch.columns.len(), table.schema.len());
        for row in 0..batch.rows {
            let cells = batch.columns.iter().zip(&table.schema.columns);
            let cells = cells.map(|(array, column)| {
                assert_eq!(array.data_type(), &column.ty.arrow(), "{}", column.name);
                assert_eq!(array.len(), batch.rows);
                match arrays::value(&**array, column.ty, row) {
                    Value::Null(_) => "null".into(),
                    Value::Bool(v) => v.to_string(),
                    Value::Int(v) => v.to_string(),
                    Value::Long(v) | Value::Datetime(v) | Value::Timespan(v) => v.to_string(),
                    Value::Real(v) => format!("{v:?}"),
                    Value::Decimal(v) => v.to_string(),
                    Value::String(v) => format!("'{v}'"),
                    Value::Guid(v) => format!("{:x}", u128::from_be_bytes(v)),
                    Value::Dynamic(v) => v.to_string(),
                }
            });
            rows.push(cells.collect::<Vec<String>>().join(" "));
        }
    }
    rows
}

pub fn try_run(catalog: &Catalog, plan: &QueryPlan, options: &Options) -> Result<Table, Fault> {
    let mut tables = run(plan, catalog, &Context::at(0), options)?;
    assert_eq!(options.budget.used(), 0, "memory is given back");
    Ok(tables.remove(0))
}

/// The rows of a query, which must not depend on threads or sizes.
pub fn rows_of(catalog: &Catalog, plan: &QueryPlan) -> Vec<String> {
    let reference = texts(&try_run(catalog, plan, &options(1, 8192, 8192)).unwrap());
    for threads in [1, 2, 7] {
        for (batch_rows, morsel_rows) in [(1, 1), (2, 5), (3, 3), (8192, 1), (8192, 100_000)] {
            let options = options(threads, batch_rows, morsel_rows);
            let got = texts(&try_run(catalog, plan, &options).unwrap());
            assert_eq!(
                got, reference,
                "threads {threads} batch {batch_rows} morsel {morsel_rows}"
            );
        }
    }
    let mut better = plan.clone();
    optimise(&mut better, &Context::at(0));
    let got = texts(&try_run(catalog, &better, &options(2, 3, 5)).unwrap());
    assert_eq!(got, reference, "optimised:\n{better}");
    reference
}

/// The optimised plan as text.
pub fn optimised(plan: Plan) -> String {
    let mut query = query(plan);
    optimise(&mut query, &Context::at(0));
    query.to_string()
}

pub fn check(catalog: &Catalog, plan: Plan, expected: &[&str]) {
    assert_eq!(rows_of(catalog, &query(plan)), expected);
}
