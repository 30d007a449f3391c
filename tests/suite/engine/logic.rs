//! Predicates and three-valued logic.

use super::*;

fn truth_table() -> Catalog {
    let values = [Value::Bool(true), Value::Bool(false), null(Type::Bool)];
    let rows = values
        .iter()
        .flat_map(|a| values.iter().map(|b| vec![a.clone(), b.clone()]));
    Catalog::default().with("T", &[("a", Type::Bool), ("b", Type::Bool)], rows.collect())
}

#[test]
fn nulls_in_logic() {
    let catalog = truth_table();
    let scan = catalog.scan("T");
    let ab = || vec![column(&scan, "a"), column(&scan, "b")];
    let columns = vec![("and", logic(true, ab())), ("or", logic(false, ab()))];
    let expected = [
        "true true",
        "false true",
        "null true",
        "false true",
        "false false",
        "false null",
        "null true",
        "false null",
        "null null",
    ];
    check(&catalog, project(scan.clone(), columns), &expected);
    check(
        &catalog,
        filter(scan.clone(), logic(true, ab())),
        &["true true"],
    );
    let some = [
        "true true",
        "true false",
        "true null",
        "false true",
        "null true",
    ];
    check(&catalog, filter(scan.clone(), logic(false, ab())), &some);
}

#[test]
fn constant_terms_are_folded() {
    let catalog = truth_table();
    let scan = catalog.scan("T");
    let with = |and, value: Value| logic(and, vec![column(&scan, "a"), literal(value)]);
    let columns = vec![
        ("w", with(true, Value::Bool(true))),
        ("x", with(true, null(Type::Bool))),
        ("y", with(false, null(Type::Bool))),
        ("z", logic(true, vec![])),
    ];
    let rows = rows_of(&catalog, &query(project(scan.clone(), columns)));
    assert_eq!(rows[0], "true null true true");
    assert_eq!(rows[3], "false false null true");
    assert_eq!(rows[6], "null null null true");
    check(
        &catalog,
        filter(scan.clone(), with(true, Value::Bool(false))),
        &[],
    );
}

/// Later terms see only the rows that earlier ones left open; the answer must be that of all terms on all rows.
#[test]
fn terms_one_after_the_other() {
    let rows = (0..200i64).map(|i| {
        let maybe = |m| match i % m {
            0 => null(Type::Bool),
            1 => Value::Bool(true),
            _ => Value::Bool(false),
        };
        vec![long(i), maybe(3), maybe(5), maybe(7)]
    });
    let types = [
        ("n", Type::Long),
        ("a", Type::Bool),
        ("b", Type::Bool),
        ("c", Type::Bool),
    ];
    let rows: Vec<_> = rows.collect();
    let catalog = Catalog::default().with("T", &types, rows.clone());
    let scan = catalog.scan("T");
    let [a, b, c] = ["a", "b", "c"].map(|n| column(&scan, n));
    let inner = logic(true, vec![b.clone(), c.clone()]);
    let outer = logic(false, vec![a.clone(), inner, logic(true, vec![c, b, a])]);
    let truth = |v: &Value| match v {
        Value::Bool(b) => Some(*b),
        _ => None,
    };
    let and = |x: Option<bool>, y: Option<bool>| match (x, y) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    };
    let or = |x: Option<bool>, y: Option<bool>| and(x.map(|b| !b), y.map(|b| !b)).map(|b| !b);
    let expected: Vec<String> = rows
        .iter()
        .map(|r| {
            let [a, b, c] = [truth(&r[1]), truth(&r[2]), truth(&r[3])];
            match or(or(a, and(b, c)), and(and(c, b), a)) {
                Some(b) => b.to_string(),
                None => "null".into(),
            }
        })
        .collect();
    let got = rows_of(
        &catalog,
        &query(project(scan.clone(), vec![("x", outer.clone())])),
    );
    assert_eq!(got, expected);
    let kept = rows_of(&catalog, &query(filter(scan, outer)));
    assert_eq!(kept.len(), expected.iter().filter(|e| *e == "true").count());
}
