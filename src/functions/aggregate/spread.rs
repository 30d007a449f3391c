//! How far values spread: variance, standard deviation, covariance.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array};

use crate::contract::{Fault, Grouped, Setup};
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, Doc};
use crate::types::{Type, UNIX_EPOCH_TICKS, Value};

use super::parts::{Part, Parts};
use super::state::{State, column, hold, longs, reals, type_of};

/// Variance, standard deviation, covariance.
pub static ALL: &[&Aggregate] = &[
    &VARIANCE,
    &VARIANCEIF,
    &VARIANCEP,
    &VARIANCEPIF,
    &STDEV,
    &STDEVIF,
    &STDEVP,
    &STDEVPIF,
    &COVARIANCE,
    &COVARIANCEIF,
    &COVARIANCEP,
    &COVARIANCEPIF,
];

/// An aggregate and its `…if` form.
macro_rules! spread {
    ($plain:ident $signature:literal $naming:expr, $sample:literal, $root:literal, $summary:literal, $example:expr;
     $if:ident $if_signature:literal $if_naming:expr, $predicate:literal, $if_summary:literal, $if_example:expr) => {
        static $plain: Aggregate = Aggregate {
            signatures: &[$signature],
            doc: Doc {
                summary: $summary,
                details: "Nulls are ignored. 0 over fewer than two values.",
                examples: &[$example],
            },
            eval: AggregateEval::Groups(|setup| hold(Spread::new(setup, $sample, $root))),
            naming: $naming,
            empty: Some(|| Value::Real(0.0)),
            ..Aggregate::DEFAULT
        };
        static $if: Aggregate = Aggregate {
            signatures: &[$if_signature],
            doc: Doc {
                summary: $if_summary,
                details: "",
                examples: &[$if_example],
            },
            eval: AggregateEval::Filtered {
                of: &$plain,
                predicate: $predicate,
            },
            naming: $if_naming,
            empty: Some(|| Value::Real(0.0)),
            ..Aggregate::DEFAULT
        };
    };
}

spread! {
    VARIANCE "variance(value: summable) -> real" AggregateNaming::Prefix("variance"), true, false,
    "The variance of the values, taken as a sample (divided by n-1).",
    ("range x from 1 to 5 step 1 | summarize variance(x)", "2.5");
    VARIANCEIF "varianceif(value: summable, predicate: bool) -> real" AggregateNaming::Prefix("varianceif"), 1,
    "The sample variance of the values of the rows for which the predicate is true.",
    ("range x from 1 to 9 step 1 | summarize varianceif(x, x < 6)", "2.5")
}

spread! {
    VARIANCEP "variancep(value: summable) -> real" AggregateNaming::Prefix("variancep"), false, false,
    "The variance of the values, taken as the whole population (divided by n).",
    ("range x from 1 to 5 step 1 | summarize variancep(x)", "2.0");
    VARIANCEPIF "variancepif(value: summable, predicate: bool) -> real" AggregateNaming::Prefix("variancepif"), 1,
    "The population variance of the values of the rows for which the predicate is true.",
    ("range x from 1 to 9 step 1 | summarize variancepif(x, x < 6)", "2.0")
}

spread! {
    STDEV "stdev(value: summable) -> real" AggregateNaming::Prefix("stdev"), true, true,
    "The standard deviation of the values, taken as a sample (divided by n-1).",
    ("datatable(x: long)[1, 5, 9] | summarize stdev(x)", "4.0");
    STDEVIF "stdevif(value: summable, predicate: bool) -> real" AggregateNaming::Prefix("stdevif"), 1,
    "The sample standard deviation of the values of the rows for which the predicate is true.",
    ("datatable(x: long)[1, 5, 9, 70] | summarize stdevif(x, x < 10)", "4.0")
}

spread! {
    STDEVP "stdevp(value: summable) -> real" AggregateNaming::Prefix("stdevp"), false, true,
    "The standard deviation of the values, taken as the whole population (divided by n).",
    ("datatable(x: long)[1, 5] | summarize stdevp(x)", "2.0");
    STDEVPIF "stdevpif(value: summable, predicate: bool) -> real" AggregateNaming::Prefix("stdevpif"), 1,
    "The population standard deviation of the values of the rows for which the predicate is true.",
    ("datatable(x: long)[1, 5, 70] | summarize stdevpif(x, x < 10)", "2.0")
}

spread! {
    COVARIANCE "covariance(x: summable, y: summable) -> real" AggregateNaming::Pair("covariance"), true, false,
    "How two values vary together, taken as a sample (divided by n-1).",
    ("range x from 1 to 5 step 1 | summarize covariance(x, 2 * x)", "5.0");
    COVARIANCEIF "covarianceif(x: summable, y: summable, predicate: bool) -> real" AggregateNaming::Pair("covarianceif"), 2,
    "The sample covariance of the rows for which the predicate is true.",
    ("range x from 1 to 9 step 1 | summarize covarianceif(x, 2 * x, x < 6)", "5.0")
}

spread! {
    COVARIANCEP "covariancep(x: summable, y: summable) -> real" AggregateNaming::Pair("covariancep"), false, false,
    "How two values vary together, taken as the whole population (divided by n).",
    ("range x from 1 to 5 step 1 | summarize covariancep(x, 2 * x)", "4.0");
    COVARIANCEPIF "covariancepif(x: summable, y: summable, predicate: bool) -> real" AggregateNaming::Pair("covariancepif"), 2,
    "The population covariance of the rows for which the predicate is true.",
    ("range x from 1 to 9 step 1 | summarize covariancepif(x, 2 * x, x < 6)", "4.0")
}

/// Number of pairs, their means, and the sum of products of deviations from them.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    x: f64,
    y: f64,
    products: f64,
}

impl Moments {
    fn add(&mut self, x: f64, y: f64) {
        self.count += 1.0;
        let from_old = x - self.x;
        self.x += from_old / self.count;
        self.y += (y - self.y) / self.count;
        self.products += from_old * (y - self.y);
    }
}

impl Part for Moments {
    fn join(&mut self, later: &Moments) {
        if self.count == 0.0 {
            *self = *later;
        } else if later.count > 0.0 {
            let count = self.count + later.count;
            let (dx, dy) = (later.x - self.x, later.y - self.y);
            self.products += later.products + dx * dy * (self.count * later.count / count);
            self.x += dx * later.count / count;
            self.y += dy * later.count / count;
            self.count = count;
        }
    }
}

struct Spread {
    types: Vec<Type>,
    /// Whether the values are a sample of the population.
    sample: bool,
    /// Whether the square root is wanted.
    root: bool,
    parts: Parts<Moments>,
}

impl Spread {
    fn new(setup: &Setup<'_>, sample: bool, root: bool) -> Spread {
        let types = (0..setup.types.len()).map(|index| type_of(setup, index));
        Spread {
            types: types.collect(),
            sample,
            root,
            parts: Parts::new(),
        }
    }

    fn result(&self, moments: &Moments) -> f64 {
        if moments.count < 2.0 {
            return 0.0;
        }
        let divisor = moments.count - if self.sample { 1.0 } else { 0.0 };
        let result = moments.products / divisor;
        if self.root { result.sqrt() } else { result }
    }
}

/// The values as reals; instants count from one that is near, for only how far they are apart counts, and so more of
/// their digits are kept.
fn deviating(array: &dyn Array, ty: Type) -> Result<Float64Array, Fault> {
    match ty {
        Type::Datetime => Ok(longs(array)?.unary(|ticks| (ticks - UNIX_EPOCH_TICKS) as f64)),
        _ => reals(array, ty),
    }
}

impl State for Spread {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.parts.grow(rows.group_count);
        let start = rows.positions.at(0);
        let columns = self
            .types
            .iter()
            .enumerate()
            .map(|(index, ty)| deviating(&column(rows, index)?, *ty))
            .collect::<Result<Vec<_>, Fault>>()?;
        let Some(x) = columns.first() else {
            return Err(Fault::internal("variance of nothing"));
        };
        let y = columns.get(1).unwrap_or(x);
        for (row, group) in rows.groups.iter().enumerate() {
            if x.is_valid(row) && y.is_valid(row) {
                self.parts
                    .part(*group, start)
                    .add(x.value(row), y.value(row));
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Spread, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.parts.merge(other.parts, groups, group_count);
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let parts = std::mem::replace(&mut self.parts, Parts::new());
        let moments = parts.finish(group_count);
        let results = moments.iter().map(|m| self.result(m));
        Ok(vec![Arc::new(Float64Array::from_iter_values(results))])
    }

    fn needs_order(&self) -> bool {
        true
    }

    fn size(&self) -> usize {
        self.parts.size()
    }
}
