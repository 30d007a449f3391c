//! `sort` and `top`.

use super::*;

fn of(ty: Type, values: &[Value]) -> (Catalog, Plan) {
    let rows = values.iter().enumerate();
    let rows = rows
        .map(|(i, v)| vec![v.clone(), Value::Int(i as i32)])
        .collect();
    let catalog = Catalog::default().with("T", &[("k", ty), ("i", Type::Int)], rows);
    let scan = catalog.scan("T");
    (catalog, scan)
}

#[test]
fn nulls_and_nan_stand_at_one_end() {
    let real = Value::Real;
    let values = [
        real(1.0),
        null(Type::Real),
        real(f64::NAN),
        real(-1.0),
        real(f64::INFINITY),
        null(Type::Real),
    ];
    let (catalog, scan) = of(Type::Real, &values);
    let ascending = sort(scan.clone(), &[("k", false, true)], None);
    check(
        &catalog,
        ascending,
        &["null 1", "null 5", "NaN 2", "-1.0 3", "1.0 0", "inf 4"],
    );
    let descending = sort(scan.clone(), &[("k", true, false)], None);
    check(
        &catalog,
        descending,
        &["inf 4", "1.0 0", "-1.0 3", "NaN 2", "null 1", "null 5"],
    );
    let odd = sort(scan.clone(), &[("k", true, true)], Some(4));
    check(&catalog, odd, &["null 1", "null 5", "NaN 2", "inf 4"]);
    let odd = sort(scan, &[("k", false, false)], Some(1));
    check(&catalog, odd, &["-1.0 3"]);
}

#[test]
fn strings_by_their_bytes() {
    let words = [
        "b",
        "B",
        "a long word and more",
        "a long word and less",
        "",
        "ä",
        "a",
        "a long w",
        "a\0",
    ];
    let (catalog, scan) = of(Type::String, &words.map(text));
    let expected = [
        "'' 4",
        "'B' 1",
        "'a' 6",
        "'a\0' 8",
        "'a long w' 7",
        "'a long word and less' 3",
        "'a long word and more' 2",
        "'b' 0",
        "'ä' 5",
    ];
    check(
        &catalog,
        sort(scan.clone(), &[("k", false, true)], None),
        &expected,
    );
    let mut reversed = expected;
    reversed.reverse();
    check(&catalog, sort(scan, &[("k", true, false)], None), &reversed);
}

#[test]
fn every_orderable_type() {
    let decimal = |v| Value::Decimal(kql::decimal::Decimal::parse(v).unwrap());
    let cases: Vec<(Type, Vec<Value>, &str)> = vec![
        (
            Type::Bool,
            vec![Value::Bool(true), null(Type::Bool), Value::Bool(false)],
            "1 2 0",
        ),
        (
            Type::Int,
            vec![Value::Int(5), Value::Int(-5), Value::Int(i32::MIN)],
            "2 1 0",
        ),
        (
            Type::Long,
            vec![long(i64::MAX), long(0), long(i64::MIN)],
            "2 1 0",
        ),
        (
            Type::Decimal,
            vec![decimal("10"), decimal("9.5"), decimal("-1e3")],
            "2 1 0",
        ),
        (
            Type::Datetime,
            vec![Value::Datetime(3), null(Type::Datetime), Value::Datetime(1)],
            "1 2 0",
        ),
        (
            Type::Timespan,
            vec![Value::Timespan(3), Value::Timespan(-3), Value::Timespan(0)],
            "1 2 0",
        ),
    ];
    for (ty, values, expected) in cases {
        let (catalog, scan) = of(ty, &values);
        let sorted = sort(scan.clone(), &[("k", false, true)], None);
        let index = project(sorted, vec![("i", column(&scan, "i"))]);
        assert_eq!(rows_of(&catalog, &query(index)).join(" "), expected, "{ty}");
    }
}

#[test]
fn ties_stay_in_order() {
    let rows: Vec<_> = (0..300)
        .map(|i| vec![long(i % 4), text(["x", "y"][i as usize % 2]), long(i)])
        .collect();
    let types = [("a", Type::Long), ("b", Type::String), ("i", Type::Long)];
    let catalog = Catalog::default().with("T", &types, rows.clone());
    let keys = [("b", true, false), ("a", false, true)];
    let mut expected = rows.clone();
    let key = |r: &Vec<Value>| {
        (
            std::cmp::Reverse(r[1].as_str().map(String::from)),
            r[0].as_i64(),
        )
    };
    expected.sort_by_key(key);
    let expected: Vec<String> = expected
        .iter()
        .map(|r| r[2].as_i64().unwrap().to_string())
        .collect();
    for limit in [
        None,
        Some(0),
        Some(1),
        Some(77),
        Some(299),
        Some(300),
        Some(1000),
    ] {
        let sorted = sort(catalog.scan("T"), &keys, limit);
        let index = project(sorted, vec![("i", column(&catalog.scan("T"), "i"))]);
        let count = limit.map_or(300, |l| l.min(300) as usize);
        assert_eq!(rows_of(&catalog, &query(index)), expected[..count]);
    }
}

#[test]
fn nothing_to_sort() {
    let (catalog, scan) = of(Type::Long, &[]);
    check(&catalog, sort(scan, &[("k", false, true)], None), &[]);
}
