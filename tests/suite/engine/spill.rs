//! What does not fit in memory goes on in files, with the same answer.

use kql::contract::{Context, FaultKind, Flow};
use kql::engine::Table;
use kql::plan::{AggregateCall, Node, Partition};

use super::*;

fn within(bytes: usize, threads: usize, batch_rows: usize) -> Options {
    Options {
        budget: kql::contract::Budget::new(bytes),
        spread_groups: 20,
        ..options(threads, batch_rows, 8)
    }
}

/// The rows of a plan, kept outside its memory.
fn streamed(catalog: &Catalog, plan: &Plan, options: &Options) -> Result<Table, Fault> {
    let mut batches = Vec::new();
    let mut sink = |batch: kql::contract::Batch| {
        batches.push(batch);
        Ok(Flow::More)
    };
    kql::engine::stream_plan(plan, &[], catalog, &Context::at(0), options, &mut sink)?;
    Ok(Table {
        schema: plan.schema.clone(),
        batches,
    })
}

/// The query gives the same answer from memory and from files, which it needs.
#[track_caller]
fn same_within(catalog: &Catalog, plan: Plan, bytes: usize) {
    let nowhere = Options {
        spill_folder: Some("there is no such folder".into()),
        ..within(bytes, 2, 12)
    };
    let fault = streamed(catalog, &plan, &nowhere).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit);
    assert!(fault.message.contains("temporary file"), "{fault:?}");
    same(catalog, plan, bytes);
}

/// The query gives the same answer with little memory.
#[track_caller]
fn same(catalog: &Catalog, plan: Plan, bytes: usize) {
    for batch_rows in [3, 12] {
        // Sums of reals depend on the pieces that are summed; otherwise any options would do.
        let plenty = within(usize::MAX / 2, 1, batch_rows);
        let reference = texts(&streamed(catalog, &plan, &plenty).unwrap());
        for threads in [1, 2, 7] {
            let options = within(bytes, threads, batch_rows);
            let got = streamed(catalog, &plan, &options).unwrap();
            assert_eq!(
                texts(&got),
                reference,
                "threads {threads} batch {batch_rows}"
            );
            assert_eq!(options.budget.used(), 0);
        }
    }
}

#[test]
fn sorting_more_than_fits() {
    let rows = (0..900i64).map(|i| {
        let key = i * 7919 % 300;
        let name = match key % 5 {
            0 => String::new(),
            n => format!("{} of some length {n}", key % 50),
        };
        vec![
            text(&name),
            if key % 11 == 0 {
                null(Type::Real)
            } else {
                Value::Real(key as f64)
            },
            long(i),
        ]
    });
    let types = [("s", Type::String), ("r", Type::Real), ("i", Type::Long)];
    let catalog = Catalog::default().with("T", &types, rows.collect());
    let keys = [("s", true, false), ("r", false, true)];
    same_within(&catalog, sort(catalog.scan("T"), &keys, None), 20_000);
    let huge = Some(5_000_000);
    same_within(&catalog, sort(catalog.scan("T"), &keys, huge), 20_000);
    same(&catalog, sort(catalog.scan("T"), &keys, Some(10)), 20_000);
}

#[test]
fn what_cannot_fit_is_refused() {
    let catalog = super::faults::wide(500);
    let plan = join(
        catalog.scan("T"),
        catalog.scan("T"),
        JoinKind::Inner,
        &[("n", "n")],
    );
    let fault = try_run(&catalog, &query(plan), &within(1000, 2, 7)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Limit);
    assert!(fault.help.unwrap().contains("--max-memory"));
}

#[test]
fn grouping_more_than_fits() {
    let rows = (0..3000i64).map(|i| {
        let key = i * 7919 % 700;
        let name = if key % 3 == 0 {
            format!("{key} of more than fifteen bytes")
        } else {
            format!("{}", key / 2)
        };
        vec![
            text(&name),
            if key % 13 == 0 {
                null(Type::Long)
            } else {
                long(key % 4)
            },
            long(i),
            Value::Real(1.0 / i as f64),
        ]
    });
    let types = [
        ("s", Type::String),
        ("k", Type::Long),
        ("i", Type::Long),
        ("r", Type::Real),
    ];
    let catalog = Catalog::default().with("T", &types, rows.collect());
    let scan = catalog.scan("T");
    let sum = AggregateCall {
        overload: 1,
        ..aggregate("sum", vec![column(&scan, "r")], Type::Real)
    };
    let filtered = AggregateCall {
        filter: Some(call(
            ">",
            vec![column(&scan, "i"), literal(long(1500))],
            Type::Bool,
        )),
        ..aggregate("count", vec![], Type::Long)
    };
    let aggregates = vec![
        aggregate("count", vec![], Type::Long),
        filtered,
        aggregate("min", vec![column(&scan, "i")], Type::Long),
        aggregate("max", vec![column(&scan, "s")], Type::String),
        aggregate("make_list", vec![column(&scan, "i")], Type::Dynamic),
        sum,
    ];
    for fits in [120_000, 300_000] {
        let all = summarize(scan.clone(), &["s", "k"], aggregates.clone());
        same_within(&catalog, all.clone(), fits);
        // What comes out of files is summed in the same pieces.
        let total = AggregateCall {
            overload: 1,
            ..aggregate("sum", vec![column(&all, "a5")], Type::Real)
        };
        same_within(&catalog, summarize(all, &[], vec![total]), fits);
        let in_any_order = summarize(scan.clone(), &["s", "k"], aggregates[..5].to_vec());
        same_within(&catalog, in_any_order, fits);
    }
}

#[test]
fn joining_more_than_fits() {
    let catalog = two_sides();
    let kinds = [
        JoinKind::InnerUnique,
        JoinKind::Inner,
        JoinKind::LeftOuter,
        JoinKind::RightOuter,
        JoinKind::FullOuter,
    ];
    for kind in kinds {
        let on = [("lk", "rk"), ("ln", "rn")];
        // The right side alone weighs more than twice as much.
        let plan = join(catalog.scan("L"), catalog.scan("R"), kind, &on);
        same_within(&catalog, plan, 40_000);
        let plan = join(
            catalog.scan("none"),
            catalog.scan("R"),
            kind,
            &[("rk", "rk")],
        );
        same_within(&catalog, plan, 40_000);
    }
}

/// Two tables of 300 and 900 rows with keys that repeat, nulls, empty strings and keys only one side has.
fn two_sides() -> Catalog {
    let side = |rows: i64, step: i64, from: i64| {
        let row = move |i: i64| {
            let key = from + i * step % 700;
            let name = match key % 20 {
                0 => text(""),
                n if n % 4 == 1 => text(&format!("{key} of more than fifteen bytes")),
                _ => text(&format!("{}", key / 2)),
            };
            let number = match key % 13 {
                0 => null(Type::Long),
                _ => long(key % 3),
            };
            vec![name, number, text(&format!("the row with number {i}"))]
        };
        (0..rows).map(row).collect::<Vec<_>>()
    };
    let types = [Type::String, Type::Long, Type::String];
    let columns = |names: [&'static str; 3]| [0, 1, 2].map(|i| (names[i], types[i]));
    Catalog::default()
        .with("L", &columns(["lk", "ln", "lv"]), side(300, 7919, 0))
        .with("R", &columns(["rk", "rn", "rv"]), side(900, 104_729, 200))
        .with("none", &columns(["rk", "rn", "rv"]), Vec::new())
}

#[test]
fn keys_of_more_than_fits() {
    let catalog = two_sides();
    let kinds = [
        JoinKind::LeftSemi,
        JoinKind::LeftAnti,
        JoinKind::RightSemi,
        JoinKind::RightAnti,
    ];
    for kind in kinds {
        let on = [("lk", "rk"), ("ln", "rn")];
        let plan = join(catalog.scan("L"), catalog.scan("R"), kind, &on);
        same_within(&catalog, plan, 30_000);
        let plan = join(catalog.scan("L"), catalog.scan("none"), kind, &on);
        same(&catalog, plan, 30_000);
    }
}

#[test]
fn first_rows_of_more_than_fits() {
    let catalog = two_sides();
    // The right side fits, the first rows of the left side do not.
    let few = take(catalog.scan("L"), 280);
    let narrow = project(few.clone(), vec![("k", column(&few, "lk"))]);
    let plan = join(
        catalog.scan("R"),
        narrow,
        JoinKind::InnerUnique,
        &[("rk", "k")],
    );
    same_within(&catalog, plan, 75_000);
}

#[test]
fn taking_more_than_fits() {
    let catalog = super::faults::wide(900);
    let taken = take(catalog.scan("T"), 700);
    let odd = call("%", vec![column(&taken, "n"), literal(long(2))], Type::Long);
    let is_odd = call("==", vec![odd, literal(long(1))], Type::Bool);
    same_within(&catalog, filter(taken, is_odd), 20_000);
    // Few rows are wanted, but they are large.
    let keys = [("s", true, false)];
    let top = sort(catalog.scan("T"), &keys, Some(700));
    same_within(&catalog, top, 30_000);
}

fn window(input: Plan, partition: Option<Partition>) -> Plan {
    let previous = call("prev", vec![column(&input, "n")], Type::Long);
    let columns = vec![
        column(&input, "s"),
        previous,
        column(&input, "n"),
        call("row_number", vec![], Type::Long),
    ];
    let types = [
        ("s", Type::String),
        ("before", Type::Long),
        ("n", Type::Long),
        ("number", Type::Long),
    ];
    Plan {
        schema: Schema::of(&types),
        node: Node::Window {
            input: Box::new(input),
            columns,
            partition,
        },
    }
}

#[test]
fn neighbours_of_more_than_fits() {
    let catalog = super::faults::wide(900);
    let scan = catalog.scan("T");
    let windowed = window(scan.clone(), None);
    same_within(&catalog, windowed.clone(), 60_000);
    let part = call(
        "/",
        vec![literal(Value::Real(1.0)), column(&windowed, "number")],
        Type::Real,
    );
    let parts = project(windowed, vec![("part", part)]);
    let total = AggregateCall {
        overload: 1,
        ..aggregate("sum", vec![column(&parts, "part")], Type::Real)
    };
    same_within(&catalog, summarize(parts, &[], vec![total]), 60_000);
    let tenth = call("/", vec![column(&scan, "n"), literal(long(10))], Type::Long);
    let tens = vec![("s", column(&scan, "s")), ("n", tenth)];
    let tens = project(scan, tens);
    for limit in [None, Some(3)] {
        let partition = Partition { column: 1, limit };
        same_within(&catalog, window(tens.clone(), Some(partition)), 60_000);
    }
    let none = take(catalog.scan("T"), 0);
    same(&catalog, window(none, None), 60_000);
}
