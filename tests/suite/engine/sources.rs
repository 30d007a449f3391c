//! Scans, constant rows, ranges, unions, shared sub-plans and `take`.

use super::*;

fn numbers(n: i64) -> Catalog {
    let rows = (0..n).map(|i| vec![long(i), text(&format!("row {i}"))]);
    Catalog::default().with(
        "T",
        &[("n", Type::Long), ("s", Type::String)],
        rows.collect(),
    )
}

#[test]
fn take_is_the_first_rows_of_the_source() {
    let catalog = numbers(50);
    check(&catalog, take(catalog.scan("T"), 0), &[]);
    check(
        &catalog,
        take(catalog.scan("T"), 2),
        &["0 'row 0'", "1 'row 1'"],
    );
    let both = union(vec![take(catalog.scan("T"), 1), catalog.scan("T")]);
    check(
        &catalog,
        take(both, 3),
        &["0 'row 0'", "0 'row 0'", "1 'row 1'"],
    );
    let late = call(
        ">",
        vec![column(&catalog.scan("T"), "n"), literal(long(40))],
        Type::Bool,
    );
    check(
        &catalog,
        take(filter(catalog.scan("T"), late), 1),
        &["41 'row 41'"],
    );
    assert_eq!(
        rows_of(&catalog, &query(take(catalog.scan("T"), 1000))).len(),
        50
    );
}

#[test]
fn a_scan_may_need_no_column() {
    let catalog = numbers(10);
    let scan = Plan {
        node: Node::Scan {
            table: "T".into(),
            columns: Vec::new(),
            predicates: Vec::new(),
        },
        schema: Schema::default(),
    };
    let count = summarize(scan, &[], vec![aggregate("count", vec![], Type::Long)]);
    check(&catalog, count, &["10"]);
}

fn range(ty: Type, from: Value, to: Value, step: Value) -> Plan {
    Plan {
        node: Node::Range {
            from: literal(from),
            to: literal(to),
            step: literal(step),
        },
        schema: Schema::of(&[("x", ty)]),
    }
}

#[test]
fn ranges_include_their_end() {
    let none = Catalog::default();
    check(
        &none,
        range(Type::Long, long(1), long(7), long(3)),
        &["1", "4", "7"],
    );
    check(
        &none,
        range(Type::Long, long(3), long(1), long(-1)),
        &["3", "2", "1"],
    );
    check(&none, range(Type::Long, long(3), long(1), long(1)), &[]);
    check(
        &none,
        range(Type::Long, null(Type::Long), long(1), long(1)),
        &[],
    );
    let ends = range(Type::Long, long(i64::MIN), long(i64::MAX), long(i64::MAX));
    let expected = ["-9223372036854775808", "-1", "9223372036854775806"];
    check(&none, ends, &expected);
    let int = |v| Value::Int(v);
    check(&none, range(Type::Int, int(1), int(2), int(1)), &["1", "2"]);
    let real = |v| Value::Real(v);
    check(
        &none,
        range(Type::Real, real(0.0), real(1.0), real(0.5)),
        &["0.0", "0.5", "1.0"],
    );
    check(
        &none,
        range(Type::Real, real(f64::NAN), real(1.0), real(0.5)),
        &[],
    );
    let decimal = |v| Value::Decimal(kql::decimal::Decimal::parse(v).unwrap());
    let decimals = range(
        Type::Decimal,
        decimal("0.1"),
        decimal("0.3"),
        decimal("0.1"),
    );
    check(&none, decimals, &["0.1", "0.2", "0.3"]);
    let days = range(
        Type::Datetime,
        Value::Datetime(5),
        Value::Datetime(9),
        Value::Timespan(2),
    );
    check(&none, days, &["5", "7", "9"]);
    let endless = range(Type::Long, long(0), long(i64::MAX), long(1));
    check(&none, take(endless, 2), &["0", "1"]);
}

#[test]
fn a_step_of_nothing_is_refused() {
    let plan = query(range(Type::Long, long(1), long(7), long(0)));
    let fault = try_run(&Catalog::default(), &plan, &options(1, 8, 8)).unwrap_err();
    assert_eq!(fault.kind, kql::contract::FaultKind::Query);
}

#[test]
fn shared_sub_plans_run_before_what_uses_them() {
    let catalog = numbers(9);
    let id = |kind, ty| Expr {
        kind,
        ty,
        span: Span::default(),
    };
    let scan = catalog.scan("T");
    let greatest = aggregate("max", vec![column(&scan, "n")], Type::Long);
    let one = column(&scan, "n");
    let shared = vec![
        summarize(scan.clone(), &[], vec![greatest]),
        project(take(scan.clone(), 2), vec![("n", one)]),
    ];
    let equal = call(
        "==",
        vec![column(&scan, "n"), id(ExprKind::Shared(0), Type::Long)],
        Type::Bool,
    );
    let listed = Plan {
        node: Node::Shared { id: 1 },
        schema: Schema::of(&[("n", Type::Long)]),
    };
    let found = filter(scan.clone(), equal);
    let found = project(found, vec![("n", column(&scan, "n"))]);
    let plan = QueryPlan {
        shared,
        ..query(union(vec![found, listed]))
    };
    assert_eq!(rows_of(&catalog, &plan), ["8", "0", "1"]);
}
