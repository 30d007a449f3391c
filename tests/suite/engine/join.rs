//! The nine kinds of `join`.

use super::*;

fn sides() -> Catalog {
    let row = |k: Option<&str>, n: Option<i64>, v: &str| {
        let key = k.map_or(text(""), text);
        vec![key, n.map_or(null(Type::Long), long), text(v)]
    };
    let long_key = "a key of more than fifteen bytes";
    let left = vec![
        row(Some("x"), Some(1), "l0"),
        row(Some("y"), None, "l1"),
        row(Some("x"), Some(1), "l2"),
        row(None, Some(2), "l3"),
        row(Some("lonely"), Some(2), "l4"),
        row(Some(long_key), Some(3), "l5"),
        row(Some("also a key of more than fifteen bytes"), Some(3), "l6"),
    ];
    let right = vec![
        row(Some("y"), None, "r0"),
        row(Some("x"), Some(1), "r1"),
        row(Some("x"), Some(1), "r2"),
        row(Some("x"), None, "r3"),
        row(None, Some(2), "r4"),
        row(Some(long_key), Some(3), "r5"),
    ];
    let types = [Type::String, Type::Long, Type::String];
    let columns = |names: [&'static str; 3]| [0, 1, 2].map(|i| (names[i], types[i]));
    Catalog::default()
        .with("L", &columns(["lk", "ln", "lv"]), left)
        .with("R", &columns(["rk", "rn", "rv"]), right)
}

fn pairs(kind: JoinKind) -> Vec<String> {
    let catalog = sides();
    let on = [("lk", "rk"), ("ln", "rn")];
    let plan = join(catalog.scan("L"), catalog.scan("R"), kind, &on);
    let kept = plan.schema.columns.iter().filter(|c| c.name.ends_with('v'));
    let kept: Vec<_> = kept.map(|c| (&*c.name, column(&plan, &c.name))).collect();
    let all = rows_of(&catalog, &query(project(plan.clone(), kept.clone())));
    // A side known to be small is run first and narrows the other.
    let small = join(take(catalog.scan("L"), 100), catalog.scan("R"), kind, &on);
    assert_eq!(rows_of(&catalog, &query(project(small, kept))), all);
    all
}

#[test]
fn inner_kinds_pair_rows_of_equal_keys() {
    let all = [
        "'l0' 'r1'",
        "'l0' 'r2'",
        "'l1' 'r0'",
        "'l2' 'r1'",
        "'l2' 'r2'",
        "'l3' 'r4'",
        "'l5' 'r5'",
    ];
    assert_eq!(pairs(JoinKind::Inner), all);
    let unique = [
        "'l0' 'r1'",
        "'l0' 'r2'",
        "'l1' 'r0'",
        "'l3' 'r4'",
        "'l5' 'r5'",
    ];
    assert_eq!(pairs(JoinKind::InnerUnique), unique);
}

#[test]
fn outer_kinds_keep_rows_without_a_pair() {
    let left = [
        "'l0' 'r1'",
        "'l0' 'r2'",
        "'l1' 'r0'",
        "'l2' 'r1'",
        "'l2' 'r2'",
        "'l3' 'r4'",
        "'l4' ''",
        "'l5' 'r5'",
        "'l6' ''",
    ];
    assert_eq!(pairs(JoinKind::LeftOuter), left);
    let right = [
        "'l0' 'r1'",
        "'l0' 'r2'",
        "'l1' 'r0'",
        "'l2' 'r1'",
        "'l2' 'r2'",
        "'l3' 'r4'",
        "'l5' 'r5'",
        "'' 'r3'",
    ];
    assert_eq!(pairs(JoinKind::RightOuter), right);
    let mut full = left.to_vec();
    full.push("'' 'r3'");
    assert_eq!(pairs(JoinKind::FullOuter), full);
}

#[test]
fn semi_and_anti_kinds() {
    assert_eq!(
        pairs(JoinKind::LeftSemi),
        ["'l0'", "'l1'", "'l2'", "'l3'", "'l5'"]
    );
    assert_eq!(pairs(JoinKind::LeftAnti), ["'l4'", "'l6'"]);
    assert_eq!(
        pairs(JoinKind::RightSemi),
        ["'r0'", "'r1'", "'r2'", "'r4'", "'r5'"]
    );
    assert_eq!(pairs(JoinKind::RightAnti), ["'r3'"]);
}

#[test]
fn unmatched_cells_are_null_or_empty() {
    let catalog = sides();
    let none = literal(Value::Bool(false));
    let right = filter(catalog.scan("R"), none.clone());
    let on = [("lk", "rk")];
    let outer = join(
        take(catalog.scan("L"), 1),
        right.clone(),
        JoinKind::LeftOuter,
        &on,
    );
    check(&catalog, outer, &["'x' 1 'l0' '' null ''"]);
    let left = filter(catalog.scan("L"), none);
    let outer = join(
        left.clone(),
        take(catalog.scan("R"), 1),
        JoinKind::FullOuter,
        &on,
    );
    check(&catalog, outer, &["'' null '' 'y' null 'r0'"]);
    for kind in [
        JoinKind::Inner,
        JoinKind::InnerUnique,
        JoinKind::FullOuter,
        JoinKind::RightSemi,
    ] {
        check(&catalog, join(left.clone(), right.clone(), kind, &on), &[]);
    }
}

#[test]
fn a_row_may_have_many_matches() {
    let rows = (0..50)
        .map(|i| vec![long(i / 40), long(i)])
        .collect::<Vec<_>>();
    let types = [("k", Type::Long), ("i", Type::Long)];
    let catalog = Catalog::default().with("T", &types, rows);
    let plan = join(
        catalog.scan("T"),
        catalog.scan("T"),
        JoinKind::Inner,
        &[("k", "k")],
    );
    let rows = rows_of(&catalog, &query(plan.clone()));
    assert_eq!(rows.len(), 40 * 40 + 10 * 10);
    assert_eq!(rows[41], "0 1 0 1");
    let first = rows_of(&catalog, &query(take(plan, 45)));
    assert_eq!(first, rows[..45]);
}
