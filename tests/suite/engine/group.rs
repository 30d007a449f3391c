//! `summarize`: what equals what among keys, order of groups, groups over no rows.

use super::*;

fn counts(input: Plan, keys: &[&str]) -> Plan {
    summarize(input, keys, vec![aggregate("count", vec![], Type::Long)])
}

fn of(ty: Type, values: Vec<Value>) -> (Catalog, Plan) {
    let rows = values.into_iter().map(|v| vec![v]).collect();
    let catalog = Catalog::default().with("T", &[("k", ty)], rows);
    let scan = catalog.scan("T");
    (catalog, scan)
}

#[test]
fn groups_come_in_the_order_they_appeared() {
    let strings = [
        "b",
        "",
        "a",
        "b",
        "fifteen letters",
        "fifteen letterz",
        "sixteen letters!",
        "",
        "sixteen letters!",
        "zwölf Zeichen",
        "twelve bytes",
        "thirteen byte",
        "b",
    ];
    let (catalog, scan) = of(Type::String, strings.iter().map(|s| text(s)).collect());
    let expected = [
        "'b' 3",
        "'' 2",
        "'a' 1",
        "'fifteen letters' 1",
        "'fifteen letterz' 1",
        "'sixteen letters!' 2",
        "'zwölf Zeichen' 1",
        "'twelve bytes' 1",
        "'thirteen byte' 1",
    ];
    check(&catalog, counts(scan, &["k"]), &expected);
}

#[test]
fn null_is_a_key() {
    for ty in Type::ALL {
        let (value, shown) = match ty {
            Type::Bool => (Value::Bool(false), "false"),
            Type::Int => (Value::Int(0), "0"),
            Type::Long => (long(0), "0"),
            Type::Real => (Value::Real(0.0), "0.0"),
            Type::Decimal => (Value::Decimal(kql::decimal::Decimal::from_i64(0)), "0"),
            Type::String => continue,
            Type::Datetime => (Value::Datetime(0), "0"),
            Type::Timespan => (Value::Timespan(0), "0"),
            Type::Guid => (Value::Guid([0; 16]), "0"),
            Type::Dynamic | Type::Unknown => (Value::Dynamic("".into()), ""),
        };
        let (catalog, scan) = of(ty, vec![value.clone(), null(ty), value, null(ty), null(ty)]);
        check(
            &catalog,
            counts(scan, &["k"]),
            &[&format!("{shown} 2"), "null 3"],
        );
    }
}

#[test]
fn nan_equals_nan_and_zero_has_no_sign() {
    let reals = [
        f64::NAN,
        -0.0,
        0.0,
        -f64::NAN,
        f64::INFINITY,
        1.5,
        f64::NEG_INFINITY,
    ];
    let (catalog, scan) = of(Type::Real, reals.iter().map(|v| Value::Real(*v)).collect());
    check(
        &catalog,
        counts(scan, &["k"]),
        &["NaN 2", "0.0 2", "inf 1", "1.5 1", "-inf 1"],
    );
}

#[test]
fn keys_of_several_types() {
    let row = |a: Option<i64>, b: &str, c: Option<bool>| {
        vec![
            a.map_or(null(Type::Long), long),
            text(b),
            c.map_or(null(Type::Bool), Value::Bool),
        ]
    };
    let long_text = "a text of more than fifteen bytes";
    let rows = vec![
        row(Some(1), long_text, None),
        row(None, long_text, None),
        row(Some(0), long_text, None),
        row(Some(1), long_text, None),
        row(None, long_text, Some(false)),
        row(None, "x", Some(false)),
        row(None, "x", Some(false)),
    ];
    let types = [("a", Type::Long), ("b", Type::String), ("c", Type::Bool)];
    let catalog = Catalog::default().with("T", &types, rows);
    let expected = [
        format!("1 '{long_text}' null 2"),
        format!("null '{long_text}' null 1"),
        format!("0 '{long_text}' null 1"),
        format!("null '{long_text}' false 1"),
        "null 'x' false 2".into(),
    ];
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(
        &catalog,
        counts(catalog.scan("T"), &["a", "b", "c"]),
        &expected,
    );
}

#[test]
fn without_rows() {
    let (catalog, scan) = of(Type::Long, vec![]);
    check(&catalog, counts(scan.clone(), &["k"]), &[]);
    check(&catalog, counts(scan.clone(), &[]), &["0"]);
    let greatest = aggregate("max", vec![column(&scan, "k")], Type::Long);
    check(&catalog, summarize(scan, &[], vec![greatest]), &["null"]);
}

#[test]
fn an_aggregate_sees_the_rows_of_its_filter() {
    let rows = (0..20).map(|i| vec![long(i % 3), long(i)]).collect();
    let catalog = Catalog::default().with("T", &[("k", Type::Long), ("v", Type::Long)], rows);
    let scan = catalog.scan("T");
    let even = call(">", vec![column(&scan, "v"), literal(long(16))], Type::Bool);
    let filtered = AggregateCall {
        filter: Some(even),
        ..aggregate("count", vec![], Type::Long)
    };
    let least = aggregate("min", vec![column(&scan, "v")], Type::Long);
    let plan = summarize(scan, &["k"], vec![filtered, least]);
    check(&catalog, plan, &["0 1 0", "1 1 1", "2 1 2"]);
}

#[test]
fn lists_keep_the_order_of_rows_and_sums_their_bits() {
    let real = |i: i64| Value::Real(1.0 / (1.0 + i as f64) * if i % 2 == 0 { 1e10 } else { -1.0 });
    let rows = (0..500)
        .map(|i| vec![long(i % 7), real(i), long(i)])
        .collect();
    let types = [("k", Type::Long), ("r", Type::Real), ("v", Type::Long)];
    let catalog = Catalog::default().with("T", &types, rows);
    let scan = catalog.scan("T");
    let sum = AggregateCall {
        overload: 1,
        ..aggregate("sum", vec![column(&scan, "r")], Type::Real)
    };
    let list = aggregate("make_set", vec![column(&scan, "v")], Type::Dynamic);
    // Morsels are those of the source, so even the last bit is the same on every number of threads.
    let plan = query(summarize(scan, &["k"], vec![sum, list]));
    let first = texts(&try_run(&catalog, &plan, &options(1, 4, 4)).unwrap());
    for threads in [1, 2, 7, 2, 7] {
        assert_eq!(
            texts(&try_run(&catalog, &plan, &options(threads, 4, 4)).unwrap()),
            first
        );
    }
}
