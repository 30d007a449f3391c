//! Limits, cancellation and sources that fail.

use super::*;
use kql::contract::FaultKind;

fn wide(rows: i64) -> Catalog {
    let rows = (0..rows).map(|i| vec![long(i), text(&format!("a text that is not short {i}"))]);
    Catalog::default().with(
        "T",
        &[("n", Type::Long), ("s", Type::String)],
        rows.collect(),
    )
}

#[test]
fn a_cancelled_run_stops() {
    let catalog = wide(10);
    for threads in [1, 4] {
        let options = options(threads, 8, 8);
        options.cancel.cancel();
        let fault = try_run(&catalog, &query(catalog.scan("T")), &options).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Cancelled);
    }
}

struct Failing;

struct Bad(bool);

impl Morsel for Bad {
    fn read(self: Box<Self>, _: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        match self.0 {
            true => panic!("a bug in a reader"),
            false => sink(vec![arrays::of(Type::Long, &[long(7)])], 1).map(|_| ()),
        }
    }
}

impl DataSource for Failing {
    fn schema(&self) -> Schema {
        Schema::of(&[("n", Type::Long)])
    }
    fn morsels(&self, _: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let bad = [false, false, true, false, false];
        Ok(bad
            .into_iter()
            .map(|b| Box::new(Bad(b)) as Box<dyn Morsel>)
            .collect())
    }
    fn latest(&self, _: usize) -> Result<Option<i64>, Fault> {
        Ok(None)
    }
}

#[test]
fn a_panic_is_a_fault_and_counts_only_when_it_is_reached() {
    let mut catalog = Catalog::default();
    catalog.0.insert("T".into(), Arc::new(Failing));
    for threads in [1, 2, 7] {
        let options = options(threads, 8, 8);
        let fault = try_run(&catalog, &query(catalog.scan("T")), &options).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Internal);
        assert!(fault.message.contains("a bug in a reader"));
        let enough = query(take(catalog.scan("T"), 2));
        assert_eq!(
            texts(&try_run(&catalog, &enough, &options).unwrap()),
            ["7", "7"]
        );
    }
}

#[test]
fn a_source_that_breaks_its_promise_is_caught() {
    let catalog = wide(4);
    let mut scan = catalog.scan("T");
    scan.schema = Schema::of(&[("n", Type::String), ("s", Type::String)]);
    let fault = try_run(&catalog, &query(scan), &options(1, 8, 8)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
}

fn within(bytes: usize, threads: usize, batch_rows: usize) -> Options {
    Options {
        budget: kql::contract::Budget::new(bytes),
        ..options(threads, batch_rows, 64)
    }
}

/// Every query gives the same answer from memory and, with little of it, from files.
#[track_caller]
fn same_within(catalog: &Catalog, plan: Plan, bytes: usize) {
    let plan = query(plan);
    let reference = texts(&try_run(catalog, &plan, &options(1, 8192, 8192)).unwrap());
    for threads in [1, 2, 7] {
        for batch_rows in [1, 7, 30] {
            let options = within(bytes, threads, batch_rows);
            let mut got = Vec::new();
            let mut sink = |batch: kql::contract::Batch| {
                got.push(batch);
                Ok(Flow::More)
            };
            let (context, output) = (Context::at(0), &plan.results[0].plan);
            kql::engine::stream_plan(output, &[], catalog, &context, &options, &mut sink).unwrap();
            let got = Table {
                schema: output.schema.clone(),
                batches: got,
            };
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
    same_within(&catalog, sort(catalog.scan("T"), &keys, Some(10)), 20_000);
}

#[test]
fn what_cannot_fit_is_refused() {
    let catalog = wide(500);
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
    same_within(
        &catalog,
        summarize(scan.clone(), &["s", "k"], aggregates.clone()),
        400_000,
    );
    same_within(
        &catalog,
        summarize(scan, &["s", "k"], aggregates),
        10_000_000,
    );
}

#[test]
fn joining_more_than_fits() {
    let side = |rows: i64, step: i64, values: &'static str| {
        let row = move |i: i64| {
            let key = i * step % 400;
            let name = match key % 20 {
                0 => text(""),
                n if n % 4 == 1 => text(&format!("{key} of more than fifteen bytes")),
                _ => text(&format!("{}", key / 2)),
            };
            let number = match key % 13 {
                0 => null(Type::Long),
                _ => long(key % 3),
            };
            vec![name, number, text(&format!("{values} {i}"))]
        };
        (0..rows).map(row).collect::<Vec<_>>()
    };
    let types = [Type::String, Type::Long, Type::String];
    let columns = |names: [&'static str; 3]| [0, 1, 2].map(|i| (names[i], types[i]));
    let catalog = Catalog::default()
        .with("L", &columns(["lk", "ln", "lv"]), side(200, 7919, "left"))
        .with(
            "R",
            &columns(["rk", "rn", "rv"]),
            side(900, 104_729, "right"),
        )
        .with("none", &columns(["rk", "rn", "rv"]), Vec::new());
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
