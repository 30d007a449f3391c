//! Long pipelines.

use super::*;

#[test]
fn hundreds_of_operators() {
    let rows = (0..10).map(|i| vec![long(i)]).collect();
    let catalog = Catalog::default().with("T", &[("n", Type::Long)], rows);
    let mut plan = catalog.scan("T");
    for i in 0..200 {
        let keep = call(
            ">",
            vec![column(&plan, "n"), literal(long(i % 5))],
            Type::Bool,
        );
        plan = filter(plan, keep);
        let same = column(&plan, "n");
        plan = project(plan, vec![("n", same)]);
    }
    let plan = query(plan);
    let started = std::time::Instant::now();
    assert_eq!(rows_of(&catalog, &plan).len(), 5);
    eprintln!("{:?}", started.elapsed());
}
