//! Every accumulator gives one answer, however its rows were cut into batches, shared out among
//! workers, numbered into groups and merged.

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::FAMILIES;
use crate::contract::{Accumulator, Batch, Context, Datum, Grouped, Positions, Setup};
use crate::plan::{Aggregate, AggregateEval};
use crate::types::{Type, Value, arrays};

/// A small random number generator: a failing seed can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn value(&mut self, ty: Type) -> Value {
        if self.below(6) == 0 {
            return Value::null(ty);
        }
        let n = self.below(12) as i64 - 4;
        let texts = [
            "",
            "a",
            "b",
            "a text of more than fifteen bytes",
            "another such text",
        ];
        let dynamics = [
            "1",
            "1.0",
            "\"x\"",
            "[1,2,\"x\"]",
            "[[1],[2]]",
            "{\"a\":1,\"b\":[2]}",
            "{\"b\":\"c\",\"quite a long property\":1}",
        ];
        match ty {
            Type::Bool => Value::Bool(n > 2),
            Type::Int => Value::Int(n as i32),
            Type::Long => Value::Long(n),
            Type::Real => Value::Real(n as f64 * 0.1 + 1e15 * (n % 3) as f64),
            Type::Decimal => Value::Decimal(crate::decimal::Decimal::from_i64(n)),
            Type::String => Value::string(texts[self.below(texts.len())]),
            Type::Datetime => Value::Datetime(n.abs() * 1_000_000_000),
            Type::Timespan => Value::Timespan(n * 10_000_000),
            Type::Guid => Value::Guid([n as u8; 16]),
            Type::Dynamic | Type::Unknown => {
                Value::Dynamic(dynamics[self.below(dynamics.len())].into())
            }
        }
    }
}

/// A batch of a morsel: its position, the groups of its rows, its arguments.
struct Rows {
    position: u64,
    groups: Vec<u32>,
    args: Vec<ArrayRef>,
}

struct Case {
    types: Vec<Type>,
    constants: Vec<Option<Value>>,
    ty: Type,
    make: fn(&Setup<'_>) -> Result<Box<dyn Accumulator>, crate::contract::Problem>,
}

impl Case {
    fn accumulator(&self) -> Box<dyn Accumulator> {
        (self.make)(&Setup {
            constants: &self.constants,
            lists: &[],
            types: &self.types,
            ty: self.ty,
            overload: 0,
            context: &Context::at(0),
        })
        .unwrap()
    }

    fn update(&self, into: &mut dyn Accumulator, rows: &Rows, groups: &[u32], count: usize) {
        let mut args: Vec<Datum> = rows
            .args
            .iter()
            .zip(&self.types)
            .map(|(array, ty)| Datum {
                array: array.clone(),
                constant: false,
                ty: *ty,
            })
            .collect();
        for (index, constant) in self.constants.iter().enumerate() {
            if let Some(value) = constant {
                args[index] = Datum {
                    array: arrays::repeat(value, value.ty(), 1),
                    constant: true,
                    ty: value.ty(),
                };
            }
        }
        into.update(&Grouped {
            groups,
            group_count: count,
            args: &args,
            positions: Positions::From(rows.position),
        })
        .unwrap();
    }

    fn one_pass(&self, morsels: &[Vec<Rows>], group_count: usize) -> Vec<ArrayRef> {
        let mut all = self.accumulator();
        for rows in morsels.iter().flatten() {
            self.update(&mut *all, rows, &rows.groups, group_count);
        }
        all.finish(group_count).unwrap()
    }

    /// One state per morsel, merged in order: as the engine does.
    fn in_order(&self, morsels: &[Vec<Rows>], group_count: usize) -> Vec<ArrayRef> {
        let mut all = self.accumulator();
        for morsel in morsels {
            let (mut part, mut known) = (self.accumulator(), Vec::new());
            self.take(&mut *part, &mut known, morsel);
            all.merge(part, &known, group_count).unwrap();
        }
        all.finish(group_count).unwrap()
    }

    /// Numbers the groups of a morsel as it meets them.
    fn take(&self, into: &mut dyn Accumulator, known: &mut Vec<u32>, morsel: &[Rows]) {
        for rows in morsel {
            let mut groups = Vec::new();
            for group in &rows.groups {
                let at = known.iter().position(|g| g == group).unwrap_or_else(|| {
                    known.push(*group);
                    known.len() - 1
                });
                groups.push(at as u32);
            }
            self.update(into, rows, &groups, known.len());
        }
    }

    /// Shares the morsels out among workers, in any order.
    fn shared_out(
        &self,
        morsels: &[Vec<Rows>],
        group_count: usize,
        r: &mut Random,
    ) -> Vec<ArrayRef> {
        let mut workers: Vec<(Box<dyn Accumulator>, Vec<u32>)> =
            (0..3).map(|_| (self.accumulator(), Vec::new())).collect();
        let mut order: Vec<&Vec<Rows>> = morsels.iter().collect();
        for index in (1..order.len()).rev() {
            order.swap(index, r.below(index + 1));
        }
        for morsel in order {
            let (accumulator, known) = &mut workers[r.below(3)];
            self.take(&mut **accumulator, known, morsel);
        }
        let mut all = self.accumulator();
        while !workers.is_empty() {
            let (worker, known) = workers.swap_remove(r.below(workers.len()));
            assert!(worker.size() < 1 << 20);
            all.merge(worker, &known, group_count).unwrap();
        }
        all.finish(group_count).unwrap()
    }
}

fn rows_of(types: &[Type], group_count: usize, r: &mut Random) -> Vec<Vec<Rows>> {
    let morsel = |number: usize, r: &mut Random| {
        let batches = 1 + r.below(3);
        let mut row = 0;
        let mut rows = Vec::new();
        for _ in 0..batches {
            let count = 1 + r.below(40);
            let columns = types.iter().map(|ty| {
                let values: Vec<Value> = (0..count).map(|_| r.value(*ty)).collect();
                arrays::of(*ty, &values)
            });
            rows.push(Rows {
                position: Batch::place(number, row),
                args: columns.collect(),
                groups: (0..count).map(|_| r.below(group_count) as u32).collect(),
            });
            row += count;
        }
        rows
    };
    (0..6).map(|number| morsel(number, r)).collect()
}

/// The ways to call an aggregate that its name suffices to guess: types, constants, result.
fn calls(aggregate: &Aggregate) -> Vec<(Vec<Type>, Vec<Option<Value>>, Type)> {
    use Type::{Bool, Datetime, Decimal, Dynamic, Guid, Int, Long, Real, String, Timespan};
    let name = aggregate.name();
    let of = |types: &[Type], ty: Option<Type>| {
        let calls = types
            .iter()
            .map(|t| (vec![*t], vec![None], ty.unwrap_or(*t)));
        calls.collect::<Vec<_>>()
    };
    let any = Type::ALL;
    let orderable = [Bool, Int, Long, Real, Decimal, String, Datetime, Timespan];
    let summable = [Long, Real, Decimal, Datetime, Timespan];
    let limited = |limit: i64| {
        let calls = any.iter().map(|t| {
            let constants = vec![None, Some(Value::Long(limit))];
            (vec![*t, Long], constants, Dynamic)
        });
        calls.collect::<Vec<_>>()
    };
    match name {
        "count" | "dcount" => of(&any, Some(Long)),
        "count_distinct" => of(&[Guid, Real, String], Some(Long)),
        "sum" => of(&summable, None),
        "avg" => {
            let mut all = of(&[Long], Some(Real));
            all.extend(of(&[Real, Decimal, Datetime, Timespan], None));
            all
        }
        "min" | "max" => of(&orderable, None),
        "make_list" | "make_set" | "makelist" | "makeset" => {
            let mut all = of(&any, Some(Dynamic));
            all.extend(limited(2));
            all
        }
        "make_list_with_nulls" => of(&any, Some(Dynamic)),
        "make_bag" | "make_dictionary" | "buildschema" => of(&[Dynamic], Some(Dynamic)),
        "arg_max" | "arg_min" | "argmax" | "argmin" => orderable
            .iter()
            .map(|t| (vec![*t, String, Dynamic, Guid], vec![None; 4], *t))
            .collect(),
        "take_any" | "any" => {
            let mut all = of(&any, None);
            all.push((vec![Long, String], vec![None; 2], Long));
            all
        }
        "percentile" | "percentiles" | "percentiles_array" => summable
            .iter()
            .map(|t| (vec![*t, Long], vec![None, Some(Value::Long(60))], *t))
            .collect(),
        "percentilew" | "percentilesw" | "percentilesw_array" => summable
            .iter()
            .map(|t| {
                let constants = vec![None, None, Some(Value::Long(60))];
                (vec![*t, Long, Long], constants, *t)
            })
            .collect(),
        "variance" | "variancep" | "stdev" | "stdevp" => of(&[Int, Real, Decimal], Some(Real)),
        "covariance" | "covariancep" => vec![(vec![Real, Long], vec![None; 2], Real)],
        "binary_all_and" | "binary_all_or" | "binary_all_xor" => of(&[Long], None),
        "tdigest" => of(&[Real, Long, Timespan], Some(Dynamic)),
        "hll" => of(&[String, Long], Some(Dynamic)),
        _ => Vec::new(),
    }
}

#[test]
fn threads_and_batches_do_not_change_answers() {
    let mut untested = Vec::new();
    for aggregate in FAMILIES.iter().flat_map(|family| family.iter()) {
        let AggregateEval::Groups(make) = aggregate.eval else {
            continue;
        };
        let calls = calls(aggregate);
        if calls.is_empty() {
            untested.push(aggregate.name());
        }
        for (number, (types, constants, ty)) in calls.into_iter().enumerate() {
            let case = Case {
                types,
                constants,
                ty,
                make,
            };
            for seed in 1..6 {
                let r = &mut Random((seed << 20) + number as u64);
                let group_count = 1 + r.below(9);
                let morsels = rows_of(&case.types, group_count, r);
                let expected = case.one_pass(&morsels, group_count);
                let name = aggregate.name();
                for column in &expected {
                    use arrow::array::Array;
                    assert_eq!(column.len(), group_count, "{name}");
                }
                let found = case.in_order(&morsels, group_count);
                assert_eq!(expected, found, "{name} of {:?}, seed {seed}", case.types);
                let rounded = ["sum", "avg", "varian", "stdev", "covarian"];
                if rounded.iter().any(|start| name.starts_with(start)) && case.ty == Type::Real {
                    continue;
                }
                let found = case.shared_out(&morsels, group_count, r);
                assert_eq!(expected, found, "{name} of {:?}, seed {seed}", case.types);
            }
        }
    }
    let merges_only = ["hll_merge", "tdigest_merge", "merge_tdigest"];
    untested.retain(|name| !merges_only.contains(name));
    assert!(untested.is_empty(), "no calls for {untested:?}");
}

#[test]
fn winners_of_many_batches_are_kept_apart() {
    let case = Case {
        types: vec![Type::Long, Type::String],
        constants: vec![None; 2],
        ty: Type::Long,
        make: match super::rows::ALL[0].eval {
            AggregateEval::Groups(make) => make,
            _ => unreachable!(),
        },
    };
    // Each batch beats the one before in every group, so that nearly all rows become garbage.
    let mut all = case.accumulator();
    let groups: Vec<u32> = (0..50).collect();
    for batch in 0..600i64 {
        let keys: Vec<Value> = (0..50).map(|_| Value::Long(batch)).collect();
        let texts: Vec<Value> = (0..50)
            .map(|g| Value::string(format!("a text of batch {batch} and group {g}")))
            .collect();
        let rows = Rows {
            position: batch as u64 * 50,
            groups: groups.clone(),
            args: vec![
                arrays::of(Type::Long, &keys),
                arrays::of(Type::String, &texts),
            ],
        };
        case.update(&mut *all, &rows, &groups, 50);
    }
    assert!(all.size() < 2 << 20, "{}", all.size());
    let found = all.finish(50).unwrap();
    for group in 0..50 {
        assert_eq!(
            arrays::value(&found[0], Type::Long, group),
            Value::Long(599)
        );
        let text = format!("a text of batch 599 and group {group}");
        assert_eq!(
            arrays::value(&found[1], Type::String, group),
            Value::string(text)
        );
    }
}

#[test]
fn lists_and_sets_are_in_the_order_of_rows() {
    let r = &mut Random(77);
    let morsels = rows_of(&[Type::String], 1, r);
    let run = |name: &str| {
        let mut all = FAMILIES.iter().flat_map(|family| family.iter());
        let aggregate = all.find(|a| a.name() == name).unwrap();
        let AggregateEval::Groups(make) = aggregate.eval else {
            panic!()
        };
        let case = Case {
            types: vec![Type::String],
            constants: vec![None],
            ty: Type::Dynamic,
            make,
        };
        case.shared_out(&morsels, 1, &mut Random(5))
    };
    let mut texts = Vec::new();
    for rows in morsels.iter().flatten() {
        for row in 0..rows.groups.len() {
            let only = UInt32Array::from(vec![row as u32]);
            let value = take(&rows.args[0], &only, None).unwrap();
            let value = arrays::value(&value, Type::String, 0);
            texts.push(serde_json::to_string(value.as_str().unwrap()).unwrap());
        }
    }
    let list = format!("[{}]", texts.join(","));
    let mut distinct: Vec<String> = Vec::new();
    for text in &texts {
        if !distinct.contains(text) {
            distinct.push(text.clone());
        }
    }
    let set = format!("[{}]", distinct.join(","));
    let dynamic = |text: &str| Value::Dynamic(text.into());
    assert_eq!(
        arrays::value(&run("make_list")[0], Type::Dynamic, 0),
        dynamic(&list)
    );
    assert_eq!(
        arrays::value(&run("make_set")[0], Type::Dynamic, 0),
        dynamic(&set)
    );
}
