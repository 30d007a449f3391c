//! Larger random tables: every answer against a naive one.

use std::collections::BTreeMap as Map;

use super::*;

/// A small generator, so that failures repeat.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

fn table(seed: u64, rows: usize) -> (Catalog, Vec<(String, Option<i64>)>) {
    let mut dice = Dice(seed);
    let mut data = Vec::new();
    for _ in 0..rows {
        let length = dice.roll(24) as usize;
        let key: String =
            "abcdefghijklmnopqrstuvwxyz"[..length].to_string() + ["", "x"][dice.roll(2) as usize];
        let value = (dice.roll(5) > 0).then(|| dice.roll(6) as i64 - 3);
        data.push((key, value));
    }
    let rows = data
        .iter()
        .map(|(k, v)| vec![text(k), v.map_or(null(Type::Long), long)]);
    let catalog = Catalog::default().with(
        "T",
        &[("k", Type::String), ("v", Type::Long)],
        rows.collect(),
    );
    (catalog, data)
}

#[test]
fn groups_of_random_rows_are_those_counted_by_hand() {
    let (catalog, data) = table(1, 700);
    let plan = summarize(
        catalog.scan("T"),
        &["k", "v"],
        vec![aggregate("count", vec![], Type::Long)],
    );
    let mut counts: Map<(String, Option<i64>), usize> = Map::new();
    let mut order = Vec::new();
    for row in &data {
        let count = counts.entry(row.clone()).or_default();
        if *count == 0 {
            order.push(row.clone());
        }
        *count += 1;
    }
    let shown = |r: &(String, Option<i64>)| {
        let value = r.1.map_or("null".into(), |v| v.to_string());
        format!("'{}' {value} {}", r.0, counts[r])
    };
    assert_eq!(
        rows_of(&catalog, &query(plan)),
        order.iter().map(shown).collect::<Vec<_>>()
    );
}

#[test]
fn joins_of_random_rows_are_those_paired_by_hand() {
    let (catalog, data) = table(2, 120);
    let on = [("k", "k"), ("v", "v")];
    let plan = join(catalog.scan("T"), catalog.scan("T"), JoinKind::Inner, &on);
    let mut expected = 0;
    for left in &data {
        expected += data.iter().filter(|right| *right == left).count();
    }
    assert_eq!(rows_of(&catalog, &query(plan)).len(), expected);
}
