//! Limits, cancellation and sources that fail.

use super::*;
use kql::contract::FaultKind;

pub fn wide(rows: i64) -> Catalog {
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
