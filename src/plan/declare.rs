//! What a builtin is: a value declared once, with its signature, prose, examples and code.

use crate::contract::{Accumulator, Args, Fault, Kernel, Problem, Setup};
use crate::plan::{Call, Expr};
use crate::types::Value;

use arrow::array::ArrayRef;

/// A declaration's prose and examples.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// One sentence: what it does.
    pub summary: &'static str,
    /// What is surprising: nulls, limits, differences to its neighbours. May be empty.
    pub details: &'static str,
    /// `(expression, its text)`: the text is `tostring` of the value, as `print` would show it. What needs rows, such as
    /// an aggregate, is shown by a query that ends in one cell.
    pub examples: &'static [(&'static str, &'static str)],
}

/// Whether an example is a query of its own, and no expression.
pub fn is_query(example: &str) -> bool {
    let starts = ["datatable", "let ", "print ", "range ", "set "];
    starts.iter().any(|start| example.starts_with(start))
}

/// A scalar function or operator.
pub struct Scalar {
    /// Its signatures in the notation of [`crate::plan::signature`]; all have the same name. The first that
    /// fits best is chosen.
    pub signatures: &'static [&'static str],
    /// Prose and examples.
    pub doc: Doc,
    /// Its code.
    pub eval: Eval,
    /// How a column computed by it is called when the query does not say.
    pub naming: Naming,
    /// Whether its result depends on more than its arguments.
    pub volatility: Volatility,
    /// The current spelling, when this one is deprecated.
    pub deprecated: Option<&'static str>,
    /// How many arguments Kusto takes at most, where a signature alone does not say.
    pub most_arguments: Option<usize>,
    /// What optimiser and lints may know of it.
    pub role: Role,
    /// How a call yields several columns, if it can.
    pub tuple: Option<Tuple>,
}

/// How a call yields several columns. Where one value is wanted it is the first; `f(…)[1]` is the
/// second.
#[derive(Clone, Copy)]
pub struct Tuple {
    /// One expression per column; `None` when this call has a single value.
    pub columns: fn(&Call) -> Option<Vec<Expr>>,
    /// What the column of this index is called, given the names of the arguments that are names.
    pub name: fn(&[Option<&str>], usize) -> String,
}

impl Scalar {
    /// The defaults of a declaration: `Scalar { …, ..Scalar::DEFAULT }`.
    pub const DEFAULT: Scalar = Scalar {
        signatures: &[],
        doc: Doc {
            summary: "",
            details: "",
            examples: &[],
        },
        eval: Eval::Unsupported(""),
        naming: Naming::Positional,
        volatility: Volatility::None,
        deprecated: None,
        most_arguments: None,
        role: Role::None,
        tuple: None,
    };

    /// Its name, or the infix operator's words.
    pub fn name(&self) -> &'static str {
        name_of(self.signatures)
    }
}

/// How a scalar function computes.
#[derive(Clone, Copy)]
pub enum Eval {
    /// Arrays in, an array out; [`Args::map`] and its kin make one of a row closure.
    Columns(fn(&Args<'_>) -> Result<ArrayRef, Fault>),
    /// Given its constant arguments and the context, once per query, it makes a kernel.
    Prepared(fn(&Setup<'_>) -> Result<Box<dyn Kernel>, Problem>),
    /// It stands for another expression.
    Rewrite(fn(Vec<Expr>) -> Result<Expr, Problem>),
    /// Needs the rows before and after, in order: `row_number`, `prev`. Given the setup, once per
    /// query, it makes a function over the whole ordered table.
    Window(fn(&Setup<'_>) -> Result<Box<dyn Kernel>, Problem>),
    /// Typed and documented only; the text is the reason shown (may be empty).
    Unsupported(&'static str),
}

/// How a column computed by a call is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By its position: `Column1`, `print_0`.
    Positional,
    /// Like its first argument.
    First,
    /// Like its argument, if it has no other.
    Only,
    /// The prefix, an underscore, then the name of its first argument: `strlen_s`.
    Prefix(&'static str),
    /// Always this.
    Fixed(&'static str),
    /// `d.a[0]` is `d_a_0`.
    Path,
}

/// Whether a call may be computed once, or folded into a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatility {
    /// It depends on its arguments alone.
    None,
    /// Like `now()`: on the query's context.
    PerQuery,
    /// Like `rand()`: another value in each row.
    PerRow,
}

/// What optimiser and lints may know of a builtin, so that they never ask for its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "most are called like the builtins that play them"
)]
pub enum Role {
    None,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    EqualFold,
    In,
    NotIn,
    InFold,
    NotInFold,
    Between,
    NotBetween,
    Not,
    StartsWith,
    NotStartsWith,
    StartsWithCs,
    NotStartsWithCs,
    Contains,
    HasTerm,
    HasAny,
    HasAll,
    ParseJson,
    /// `d.a`, `d[0]`: the path access of dynamic values.
    Access,
    /// What a whole chain of accesses becomes.
    Path,
    Split,
    Bin,
    ToString,
    ToLower,
    ToUpper,
    /// When the row came in.
    Ingested,
    /// A conversion the binder may insert: to the type of its result.
    Convert,
    /// Makes any scalar a dynamic value that holds it.
    Box,
    If,
    Case,
    Coalesce,
    Now,
    /// Numbers the rows.
    RowNumber,
    /// Another number in each row.
    Random,
    /// `column_ifexists`, `toscalar`, `pack_all` and the like, which the binder itself handles.
    Binder,
}

/// An aggregate function.
pub struct Aggregate {
    /// Its signatures (see [`Scalar::signatures`]). `*` stands for all other columns.
    pub signatures: &'static [&'static str],
    /// Prose and examples.
    pub doc: Doc,
    /// Its code.
    pub eval: AggregateEval,
    /// How its column is called.
    pub naming: AggregateNaming,
    /// The current spelling, when this one is deprecated.
    pub deprecated: Option<&'static str>,
    /// Its value over no rows at all; `None` is the null of its type.
    pub empty: Option<fn() -> Value>,
    /// What the binder and the engine may know of it.
    pub role: AggregateRole,
}

impl Aggregate {
    /// The defaults of a declaration.
    pub const DEFAULT: Aggregate = Aggregate {
        signatures: &[],
        doc: Doc {
            summary: "",
            details: "",
            examples: &[],
        },
        eval: AggregateEval::Unsupported(""),
        naming: AggregateNaming::Prefix(""),
        deprecated: None,
        empty: None,
        role: AggregateRole::None,
    };

    /// Its name.
    pub fn name(&self) -> &'static str {
        name_of(self.signatures)
    }
}

/// Makes an empty accumulator of an aggregate's constant arguments.
pub type PrepareAggregate = fn(&Setup<'_>) -> Result<Box<dyn Accumulator>, Problem>;

/// How an aggregate computes.
#[derive(Clone, Copy)]
pub enum AggregateEval {
    /// Given its constant arguments, it makes an empty accumulator.
    Groups(PrepareAggregate),
    /// As another aggregate, over the rows for which argument `predicate` (an index) is true; the
    /// other aggregate gets the remaining arguments: `sumif(x, p)` is `sum(x)` where `p`.
    Filtered {
        /// The aggregate over the rows left.
        of: &'static Aggregate,
        /// Index of the predicate among the arguments.
        predicate: usize,
    },
    /// Typed and documented only; the text is the reason shown (may be empty).
    Unsupported(&'static str),
}

/// How an aggregate's column is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateNaming {
    /// The prefix, an underscore, the name of the first argument: `sum_x`; `count_` without one.
    Prefix(&'static str),
    /// Like its first argument: `take_any(x)` is `x`.
    First,
    /// `percentile_x_95`: the prefix, the first argument's name, then the constants.
    WithConstants(&'static str),
    /// `covariance_x_y`: the prefix, then the names of the first two arguments.
    Pair(&'static str),
}

/// What the binder and the engine may know of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "most are called like the builtins that play them"
)]
pub enum AggregateRole {
    None,
    Count,
    /// Its first column is the extreme, then one per further argument (or `*`).
    ArgMax,
    ArgMin,
    /// One column per argument (or `*`).
    TakeAny,
    /// One column per percentile.
    Percentiles,
    /// The same, where the weight is the second argument.
    WeightedPercentiles,
    Sum,
    Min,
    Max,
    CountDistinct,
    MakeSet,
    MakeList,
}

/// The name in a declaration's first signature.
fn name_of(signatures: &'static [&'static str]) -> &'static str {
    let Some(first) = signatures.first() else {
        return "";
    };
    match (first.find('('), first.find(':')) {
        (Some(bracket), colon) if colon.is_none_or(|c| bracket < c) => first[..bracket].trim(),
        _ => crate::plan::signature::Signature::parse(first).map_or("", |s| s.name),
    }
}
