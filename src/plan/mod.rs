//! The plan: what a query means, resolved and typed. About a dozen relational nodes over typed
//! expressions, and what a builtin is.

pub mod args;
mod build;
pub mod declare;
pub mod extract;
pub mod fold;
pub mod graph;
pub(crate) mod neighbours;
pub mod optimise;
mod parts;
pub mod print;
pub mod signature;
pub mod whole;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::contract::Predicate;
use crate::source::Span;
use crate::types::{Schema, Type, Value};

pub use declare::{
    Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc, Eval, Naming, PrepareAggregate,
    Role, Scalar, Tuple, Volatility, is_query,
};
pub use signature::Signature;
pub use whole::Operation;

/// A typed expression over the columns of its input.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Type,
    /// Where it stands in the query.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// The input's column of this index.
    Column(usize),
    /// A call of a builtin.
    Call(Box<Call>),
    /// `a and b and …`, `a or b or …` with KQL's three-valued logic.
    Logic {
        /// `and` (else `or`).
        and: bool,
        /// The operands, `bool`.
        terms: Vec<Expr>,
    },
    /// The value (first column of the first row) of a shared sub-plan: `toscalar(T)`.
    Shared(usize),
    /// The values of the only column of a shared sub-plan: the right side of `in (T)`. Its type is
    /// the column's.
    SharedList(usize),
}

/// A call of a builtin.
#[derive(Clone)]
pub struct Call {
    /// What is called.
    pub function: &'static Scalar,
    /// Which of its signatures.
    pub overload: usize,
    /// The arguments, coerced to that signature.
    pub args: Vec<Expr>,
}

impl PartialEq for Call {
    fn eq(&self, other: &Call) -> bool {
        std::ptr::eq(self.function, other.function)
            && self.overload == other.overload
            && self.args == other.args
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.function.name(), self.args)
    }
}

impl Expr {
    /// A constant.
    pub fn literal(value: Value, span: Span) -> Expr {
        Expr {
            ty: value.ty(),
            kind: ExprKind::Literal(value),
            span,
        }
    }

    /// A column of the input.
    pub fn column(index: usize, ty: Type, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Column(index),
            ty,
            span,
        }
    }

    /// A call.
    pub fn call(
        function: &'static Scalar,
        overload: usize,
        args: Vec<Expr>,
        ty: Type,
        span: Span,
    ) -> Expr {
        Expr {
            kind: ExprKind::Call(Box::new(Call {
                function,
                overload,
                args,
            })),
            ty,
            span,
        }
    }

    /// The constant it is, if it is one.
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The direct operands.
    pub fn children(&self) -> &[Expr] {
        match &self.kind {
            ExprKind::Call(call) => &call.args,
            ExprKind::Logic { terms, .. } => terms,
            _ => &[],
        }
    }

    /// The direct operands, to change.
    pub fn children_mut(&mut self) -> &mut [Expr] {
        match &mut self.kind {
            ExprKind::Call(call) => &mut call.args,
            ExprKind::Logic { terms, .. } => terms,
            _ => &mut [],
        }
    }

    /// Calls `f` on it and everything in it.
    pub fn visit(&self, f: &mut dyn FnMut(&Expr)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// Calls `f` on it and everything in it, outermost first.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        f(self);
        for child in self.children_mut() {
            child.visit_mut(f);
        }
    }

    /// Whether its value is the same in every row (no column, nothing random).
    pub fn is_constant(&self) -> bool {
        let mut constant = true;
        self.visit(&mut |e| match &e.kind {
            ExprKind::Column(_) => constant = false,
            ExprKind::Call(call) if call.function.volatility == Volatility::PerRow => {
                constant = false;
            }
            _ => {}
        });
        constant
    }
}

/// A relational expression: a node and the columns it yields.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it does.
    pub node: Node,
    /// The columns of its rows.
    pub schema: Schema,
}

/// The relational nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Rows of a table: the columns of these indices of the table's own schema.
    Scan {
        /// The table's name in the catalog.
        table: Arc<str>,
        /// Which of its columns, in output order.
        columns: Vec<usize>,
        /// Comparisons the source may use; the rows are filtered again by a `Filter` above.
        predicates: Vec<Predicate>,
    },
    /// Constant rows, column by column: `datatable`, `print` (one row).
    Rows {
        /// The values of each column.
        columns: Vec<Vec<Value>>,
        /// Number of rows.
        rows: usize,
    },
    /// `range x from a to b step s`
    Range {
        /// First value.
        from: Expr,
        /// Last value at most.
        to: Expr,
        /// Distance.
        step: Expr,
    },
    /// The rows of a shared sub-plan.
    Shared {
        /// Index into [`QueryPlan::shared`].
        id: usize,
    },
    /// Rows for which the predicate is true.
    Filter {
        /// Where rows come from.
        input: Box<Plan>,
        /// A `bool`.
        predicate: Expr,
    },
    /// Each output column computed from the input's.
    Project {
        /// Where rows come from.
        input: Box<Plan>,
        /// One expression per output column.
        columns: Vec<Expr>,
    },
    /// Like `Project`, with functions that see the whole ordered input (`row_number`, `prev`).
    Window {
        /// Where rows come from.
        input: Box<Plan>,
        /// One expression per output column.
        columns: Vec<Expr>,
        /// What parts the rows into inputs of their own.
        partition: Option<Partition>,
    },
    /// One row per element of arrays or bags, several in step: yields the columns kept, then the elements, then
    /// their index.
    Expand {
        /// Where rows come from.
        input: Box<Plan>,
        /// Columns of the input that are repeated.
        keep: Vec<usize>,
        /// What is expanded.
        items: Vec<ExpandItem>,
        /// Whether the last column is the element's index.
        index: bool,
        /// Most rows made of one.
        limit: Option<u64>,
    },
    /// Columns cut out of a text: yields the columns kept, then those cut out.
    Extract {
        /// Where rows come from.
        input: Box<Plan>,
        /// Columns of the input that are passed on.
        keep: Vec<usize>,
        /// The text, a `string`.
        source: Expr,
        /// How.
        pattern: Arc<extract::Pattern>,
        /// Which of the pattern's columns are yielded.
        outputs: Vec<usize>,
        /// Whether rows that do not match are dropped.
        matched: bool,
    },
    /// Groups rows by keys; yields the keys, then the aggregates' outputs.
    Summarize {
        /// Where rows come from.
        input: Box<Plan>,
        /// The grouping keys; none makes one group, present even without rows.
        keys: Vec<Expr>,
        /// The aggregates.
        aggregates: Vec<AggregateCall>,
    },
    /// Rows in order.
    Sort {
        /// Where rows come from.
        input: Box<Plan>,
        /// First key first.
        keys: Vec<SortKey>,
        /// Only the first so many rows (`top`).
        limit: Option<u64>,
    },
    /// The first so many rows.
    Take {
        /// Where rows come from.
        input: Box<Plan>,
        /// How many.
        count: u64,
    },
    /// Rows of both sides whose keys are equal, null to null. Yields the left columns, then the right ones;
    /// semi and anti kinds yield one side.
    Join {
        /// Left side.
        left: Box<Plan>,
        /// Right side.
        right: Box<Plan>,
        /// Which rows.
        kind: JoinKind,
        /// Keys of the left side, over its columns.
        left_keys: Vec<Expr>,
        /// Keys of the right side, of the same types.
        right_keys: Vec<Expr>,
    },
    /// An operation on all rows of its inputs at once.
    Whole {
        /// The inputs.
        inputs: Vec<Plan>,
        /// What is done to them.
        operation: Box<Operation>,
    },
    /// All rows of all inputs, one after the other; each input has exactly this node's columns.
    Union {
        /// The inputs.
        inputs: Vec<Plan>,
    },
}

/// Rows next to each other with the same value are an input of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The column, a `long`.
    pub column: usize,
    /// Only the first so many rows of each.
    pub limit: Option<u64>,
}

/// What `mv-expand` expands.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandItem {
    /// The array or bag, `dynamic`.
    pub value: Expr,
    /// The type of the elements' column.
    pub ty: Type,
    /// Whether a bag's entry becomes `[key, value]` (else a bag of one entry).
    pub pairs: bool,
}

/// Which rows a join yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// The first left row of each key, with every right row that matches.
    InnerUnique,
    /// All pairs.
    Inner,
    /// All pairs, and left rows without a match.
    LeftOuter,
    /// All pairs, and right rows without a match.
    RightOuter,
    /// All pairs, and the rows of both sides without a match.
    FullOuter,
    /// Left rows with a match.
    LeftSemi,
    /// Right rows with a match.
    RightSemi,
    /// Left rows without a match.
    LeftAnti,
    /// Right rows without a match.
    RightAnti,
}

/// A call of an aggregate.
#[derive(Clone)]
pub struct AggregateCall {
    /// What is called.
    pub function: &'static Aggregate,
    /// Which of its signatures.
    pub overload: usize,
    /// The arguments over the input's columns, coerced; for `arg_max` and the like stars are expanded.
    pub args: Vec<Expr>,
    /// Only rows for which this is true (`…if`).
    pub filter: Option<Expr>,
    /// Types of its output columns (most have one).
    pub outputs: Vec<Type>,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for AggregateCall {
    fn eq(&self, other: &AggregateCall) -> bool {
        std::ptr::eq(self.function, other.function)
            && self.overload == other.overload
            && self.args == other.args
            && self.filter == other.filter
            && self.outputs == other.outputs
    }
}

impl fmt::Debug for AggregateCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.function.name(), self.args)?;
        match &self.filter {
            Some(filter) => write!(f, " where {filter:?}"),
            None => Ok(()),
        }
    }
}

/// A sort key.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value sorted by.
    pub value: Expr,
    /// Greatest first.
    pub descending: bool,
    /// Nulls (and NaN) before everything else.
    pub nulls_first: bool,
}

/// A whole query: sub-plans that run once, and the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryPlan {
    /// Sub-plans, each using only those before it.
    pub shared: Vec<Plan>,
    /// One per tabular statement.
    pub results: Vec<Output>,
}

impl QueryPlan {
    /// The tables it reads that may have more columns than are known, and those.
    pub fn open_tables(&self) -> BTreeMap<Arc<str>, Schema> {
        let mut open = BTreeMap::new();
        let results = self.results.iter().map(|output| &output.plan);
        for part in self.shared.iter().chain(results) {
            part.visit(&mut |plan| {
                if let Node::Scan { table, .. } = &plan.node
                    && plan.schema.open
                {
                    open.insert(table.clone(), plan.schema.clone());
                }
            });
        }
        open
    }
}

/// One result of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its rows.
    pub plan: Plan,
    /// How it wants to be drawn: what `render` said.
    pub render: Option<Render>,
}

/// What `render` said.
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    /// The chart's kind.
    pub kind: String,
    /// Its properties.
    pub properties: Vec<(String, String)>,
}
