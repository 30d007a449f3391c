//! What the optimiser makes of plans; that it changes no answer is checked by every other test here.

use super::*;

fn catalog() -> Catalog {
    let rows = |tag: &'static str| (0..30).map(move |i| vec![long(i % 6), text(tag), long(i)]);
    let types = [("k", Type::Long), ("s", Type::String), ("v", Type::Long)];
    let other = [("rk", Type::Long), ("rs", Type::String), ("rv", Type::Long)];
    Catalog::default()
        .with("T", &types, rows("t").collect())
        .with("R", &other, rows("r").collect())
}

fn greater(plan: &Plan, name: &str, than: i64) -> Expr {
    call(
        ">",
        vec![column(plan, name), literal(long(than))],
        Type::Bool,
    )
}

#[track_caller]
fn becomes(plan: Plan, expected: &str) {
    rows_of(&catalog(), &query(plan.clone()));
    assert_eq!(optimised(plan).trim_end(), expected.trim_end());
}

#[test]
fn unused_columns_are_not_read() {
    let catalog = catalog();
    let scan = catalog.scan("T");
    let kept = filter(scan.clone(), greater(&scan, "v", 3));
    let plan = summarize(kept, &["k"], vec![aggregate("count", vec![], Type::Long)]);
    let expected = "\
summarize count() by k
  project k
    filter (v > 3)
      scan T [k, v] where v > 3
";
    becomes(plan, expected);
}

#[test]
fn constants_are_folded() {
    let catalog = catalog();
    let scan = catalog.scan("T");
    let sum = call("+", vec![literal(long(1)), literal(long(2))], Type::Long);
    let less = call("<", vec![sum.clone(), column(&scan, "v")], Type::Bool);
    let always = logic(
        false,
        vec![literal(Value::Bool(true)), literal(null(Type::Bool))],
    );
    let plan = filter(filter(scan.clone(), less), always);
    let plan = project(plan, vec![("x", sum)]);
    let expected = "\
project x = 3
  filter (3 < v)
    scan T [v] where v > 3
";
    becomes(plan, expected);
    let never = filter(scan, literal(null(Type::Bool)));
    becomes(never, "rows 0 [k, s, v]");
}

#[test]
fn filters_move_down() {
    let catalog = catalog();
    let scan = catalog.scan("T");
    let renamed = project(
        scan.clone(),
        vec![
            ("a", column(&scan, "v")),
            (
                "b",
                call("+", vec![column(&scan, "v"), literal(long(1))], Type::Long),
            ),
        ],
    );
    let both = union(vec![renamed.clone(), renamed.clone()]);
    let sorted = sort(both, &[("a", true, false)], None);
    let terms = vec![greater(&sorted, "a", 4), greater(&sorted, "b", 5)];
    let plan = filter(sorted.clone(), logic(true, terms));
    let half = "    filter (b > 5)
      project a = v, b = (v + 1)
        filter (v > 4)
          scan T [v] where v > 4
";
    becomes(
        plan,
        &format!("sort by a desc nulls last\n  union\n{half}{half}"),
    );
}

#[test]
fn filters_stop_where_they_would_change_the_answer() {
    let catalog = catalog();
    let scan = catalog.scan("T");
    let top = sort(scan.clone(), &[("v", true, false)], Some(3));
    becomes(
        filter(top, greater(&scan, "v", 4)),
        "filter (v > 4)\n  top 3 by v desc nulls last\n    scan T [k, s, v]\n",
    );
    let on = [("k", "rk")];
    let joined = |kind| {
        let plan = join(catalog.scan("T"), catalog.scan("R"), kind, &on);
        let terms = vec![
            greater(&plan, "v", 4),
            greater(&plan, "rv", 5),
            greater(&plan, "k", 2),
        ];
        optimised(filter(plan.clone(), logic(true, terms)))
    };
    assert_eq!(
        joined(JoinKind::Inner),
        "join kind=inner on k == rk
  filter ((v > 4) and (k > 2))
    scan T [k, s, v] where v > 4, k > 2
  filter (rv > 5)
    scan R [rk, rs, rv] where rv > 5
"
    );
    // Which left row is the first of its key must not depend on a filter above.
    assert_eq!(
        joined(JoinKind::InnerUnique),
        "filter (v > 4)
  join kind=innerunique on k == rk
    filter (k > 2)
      scan T [k, s, v] where k > 2
    filter (rv > 5)
      scan R [rk, rs, rv] where rv > 5
"
    );
    assert_eq!(
        joined(JoinKind::LeftOuter),
        "filter (rv > 5)
  join kind=leftouter on k == rk
    filter ((v > 4) and (k > 2))
      scan T [k, s, v] where v > 4, k > 2
    scan R [rk, rs, rv]
"
    );
    assert!(joined(JoinKind::FullOuter).starts_with("filter ((v > 4) and (rv > 5) and (k > 2))"));
    for kind in [
        JoinKind::Inner,
        JoinKind::InnerUnique,
        JoinKind::LeftOuter,
        JoinKind::RightOuter,
        JoinKind::FullOuter,
    ] {
        let plan = join(catalog.scan("T"), catalog.scan("R"), kind, &on);
        let terms = vec![
            greater(&plan, "v", 20),
            greater(&plan, "rv", 22),
            greater(&plan, "k", 2),
        ];
        for terms in [terms.clone(), terms[..1].to_vec(), terms[1..].to_vec()] {
            rows_of(&catalog, &query(filter(plan.clone(), logic(true, terms))));
        }
    }
}

#[test]
fn what_a_source_is_shown() {
    let types = [("port", Type::Int), ("name", Type::String)];
    let row = |i| vec![Value::Int(i), text(["a", "b"][i as usize % 2])];
    let catalog = Catalog::default().with("T", &types, (0..9).map(row).collect());
    let scan = catalog.scan("T");
    let [port, name] = ["port", "name"].map(|n| column(&scan, n));
    let wide = call("tolong", vec![port], Type::Long);
    let listed = ["a", "c"].map(|s| literal(text(s)));
    let listed = call(
        "in",
        std::iter::once(name.clone()).chain(listed).collect(),
        Type::Bool,
    );
    let terms = [
        call("<", vec![literal(long(3)), wide.clone()], Type::Bool),
        call("<=", vec![wide.clone(), literal(long(1 << 40))], Type::Bool),
        call(">=", vec![wide, literal(null(Type::Long))], Type::Bool),
        listed,
        call("==", vec![name.clone(), name], Type::Bool),
    ];
    for (terms, shown) in [
        (terms[..1].to_vec(), " where port > 3"),
        (terms[1..2].to_vec(), ""),
        (terms[2..3].to_vec(), ""),
        (terms[3..4].to_vec(), " where name in a, c"),
        (terms[4..].to_vec(), ""),
    ] {
        let plan = filter(scan.clone(), logic(true, terms));
        rows_of(&catalog, &query(plan.clone()));
        let optimised = optimised(plan);
        let source = optimised.lines().last().unwrap();
        // A comparison with null keeps nothing, and needs no source.
        if !source.starts_with("rows") {
            assert_eq!(source.trim(), format!("scan T [port, name]{shown}"));
        }
    }
}

#[test]
fn limits_move_down() {
    let catalog = catalog();
    let scan = catalog.scan("T");
    let sorted = sort(scan.clone(), &[("v", true, false)], None);
    let plan = take(take(project(sorted, vec![("s", column(&scan, "s"))]), 5), 9);
    let expected = "\
project s
  top 5 by v desc nulls last
    scan T [s, v]
";
    becomes(plan, expected);
    let both = take(union(vec![scan.clone(), scan]), 4);
    becomes(
        both,
        "take 4\n  union\n    take 4\n      scan T [k, s, v]\n    take 4\n      scan T [k, s, v]\n",
    );
}

#[test]
fn unused_aggregates_are_not_computed() {
    let catalog = catalog();
    let scan = catalog.scan("T");
    let sums = ["k", "v"].map(|c| aggregate("max", vec![column(&scan, c)], Type::Long));
    let grouped = summarize(scan, &["s"], sums.to_vec());
    let last = column(&grouped, "a1");
    let plan = project(grouped, vec![("m", last)]);
    becomes(
        plan,
        "project m = a1\n  summarize max(v) by s\n    scan T [s, v]\n",
    );
}
