//! Random small queries over random small tables: the executor, in many ways of running, against a naive evaluation.
//!
//! `KQL_DIFFER=100000 cargo test --test main differ -- --nocapture` runs that many queries; `KQL_DIFFER_SEED=n` runs
//! one again.

mod broken;
mod calls;
mod dice;
mod expressions;
mod gathering;
mod graphs;
mod naive;
mod queries;
mod run;
mod tables;
mod tree;

use std::sync::atomic::{AtomicUsize, Ordering};

use dice::Dice;
use kql::source::Source;
use queries::{Maker, whole};
use run::{Outcome, bound, check};
use tables::Sample;
use tree::Tree;

/// Queries in the everyday run.
const EVERYDAY: u64 = 200;

/// A query and its tables.
#[derive(Clone)]
struct Case {
    samples: Vec<Sample>,
    query: Tree,
}

impl Case {
    fn random(seed: u64) -> Case {
        let mut dice = Dice::new(seed);
        let first = Sample::random(&mut dice, "T", None);
        let second = Sample::random(&mut dice, "U", Some(&first));
        let samples = vec![first, second];
        let columns = |text: &str| {
            let bound = bound(text, &samples).ok()?;
            let result = bound.results.last()?;
            Some(result.plan.schema.columns.clone())
        };
        let query = Maker {
            dice: &mut dice,
            samples: &samples,
            columns: &columns,
        }
        .query(if seed.is_multiple_of(5) { 8 } else { 4 });
        Case { samples, query }
    }

    /// The same query in other words: as it is formatted, with its last operators in a function, with what its
    /// first ones yield named, or computed beforehand.
    fn others(&self, seed: u64) -> Vec<String> {
        let text = self.query.to_string();
        let parsed = kql::syntax::parse(&Source::whole("q", text.as_str()));
        let mut others = vec![kql::syntax::print::print(&parsed.query)];
        let Tree::Group(parts) = &self.query else {
            return others;
        };
        let [lets, source, Tree::List(_, _, pipes)] = &parts[..] else {
            return others;
        };
        // What a branch without a name is called depends on where it stands.
        if ["withsource", "search", "find in"]
            .iter()
            .any(|w| text.contains(w))
        {
            return others;
        }
        let text = |pipes: &[Tree]| pipes.iter().map(ToString::to_string).collect::<String>();
        let (head, tail) = pipes.split_at(Dice::new(seed).roll(pipes.len() + 1));
        let (head, tail) = (text(head), text(tail));
        others.push(format!(
            "{lets}let F_ = (A_: (*)) {{ A_{tail} }};\n{source}{head}\n| invoke F_()"
        ));
        others.push(format!("{lets}let M_ = {source}{head};\nM_{tail}"));
        others.push(format!(
            "{lets}let M_ = materialize({source}{head});\nM_{tail}"
        ));
        others.push(format!("{lets}{source}{head}\n| as A_{tail}"));
        others
    }

    /// Compares the answers.
    fn check(&self, seed: u64, every: bool) -> Outcome {
        let text = self.query.to_string();
        match check(&text, &[], &self.samples, seed, every) {
            Outcome::Same if every || seed.is_multiple_of(3) => {
                check(&text, &self.others(seed), &self.samples, seed, false)
            }
            outcome => outcome,
        }
    }

    /// What is wrong with the answers, if anything.
    fn fault(&self, seed: u64, every: bool) -> Option<String> {
        match self.check(seed, every) {
            Outcome::Wrong(what) => Some(what),
            _ => None,
        }
    }

    /// All cases that are one step smaller.
    fn smaller(&self) -> Vec<Case> {
        let mut found = Vec::new();
        if let Tree::Group(parts) = &self.query
            && let [lets, source, Tree::List(_, _, pipes)] = &parts[..]
            && !pipes.is_empty()
        {
            // Without the last operators first: that takes the most away.
            for keep in [pipes.len() / 2, pipes.len() - 1] {
                let fewer = Tree::List("", 0, pipes[..keep].to_vec());
                let query = Tree::Group(vec![lets.clone(), source.clone(), fewer]);
                found.push(Case {
                    query,
                    samples: self.samples.clone(),
                });
            }
        }
        for (index, sample) in self.samples.iter().enumerate() {
            for smaller in sample.smaller() {
                let mut case = self.clone();
                case.samples[index] = smaller;
                found.push(case);
            }
        }
        found.extend(self.query.smaller().into_iter().map(|query| Case {
            query,
            samples: self.samples.clone(),
        }));
        found
    }

    /// A case as small as it gets that still has something wrong with it.
    fn smallest(mut self, seed: u64) -> Case {
        let mut left = 3000;
        'smaller: while left > 0 {
            for case in self.smaller() {
                left -= 1;
                if left == 0 {
                    break;
                }
                if case.fault(seed, true).is_some() {
                    self = case;
                    continue 'smaller;
                }
            }
            break;
        }
        self
    }

    fn report(&self, seed: u64) -> String {
        let tables: Vec<String> = self.samples.iter().map(Sample::literal).collect();
        let what = self
            .fault(seed, true)
            .unwrap_or_else(|| "it went away".into());
        format!(
            "seed {seed}\n{}\n{}\n{what}\n",
            tables.join("\n"),
            self.query
        )
    }
}

/// Runs on a thread with as much stack as the program's.
fn with_stack<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    thread.spawn(f).unwrap().join().unwrap()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn answers_are_those_of_a_naive_evaluation() {
    let count = number("KQL_DIFFER").unwrap_or(EVERYDAY);
    let seeds = match number("KQL_DIFFER_SEED") {
        Some(seed) => seed..seed + number("KQL_DIFFER").unwrap_or(1),
        None => 0..count,
    };
    let every = count > EVERYDAY;
    let most = number("KQL_DIFFER_FAILURES").unwrap_or(3) as usize;
    static COUNTS: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
    let reports = with_stack(move || {
        let mut reports = Vec::new();
        for seed in seeds {
            let case = Case::random(seed);
            if std::env::var("KQL_DIFFER_SHOW").is_ok() {
                println!("--- {seed}\n{}", case.query);
            }
            let outcome = case.check(seed, every);
            let kind = match &outcome {
                Outcome::Same => 0,
                Outcome::Refused(why) => {
                    if std::env::var("KQL_DIFFER_SHOW").is_ok() {
                        println!("refused: {why}");
                    }
                    1
                }
                Outcome::Wrong(_) => 2,
            };
            COUNTS[kind].fetch_add(1, Ordering::Relaxed);
            if kind == 2 {
                let report = case.smallest(seed).report(seed);
                println!("{report}");
                reports.push(report);
                if reports.len() >= most {
                    break;
                }
            }
        }
        reports
    });
    let [same, refused, wrong] = [0, 1, 2].map(|i| COUNTS[i].load(Ordering::Relaxed));
    println!("{same} answers are the same, {refused} queries are refused, {wrong} answers differ");
    let [given, stopped] = [0, 1].map(|i| run::LIMITED[i].load(Ordering::Relaxed));
    println!("with little memory or stopped: {given} answers, {stopped} refusals");
    let own = naive::OWN.lock().unwrap();
    println!("not said again: {own:?}");
    assert!(reports.is_empty(), "{}", reports.join("\n"));
    // A generator whose queries are refused tests nothing.
    assert!(same * 10 >= (same + refused) * 8 || number("KQL_DIFFER_SEED").is_some());
}

#[test]
fn what_differs_is_found_and_made_small() {
    let tree = Tree::Group(vec![
        Tree::text("T"),
        Tree::List("", 0, vec![Tree::text(" | count"), Tree::text(" | take 1")]),
    ]);
    let smaller: Vec<String> = tree.smaller().iter().map(ToString::to_string).collect();
    assert_eq!(smaller, ["T | take 1", "T | count"]);
    let query = whole(vec![], Tree::text("T"), vec![Tree::text(" | take 1")]);
    assert_eq!(query.to_string(), "T | take 1");
    let same = run::compare_for_test();
    assert!(same.is_err(), "a row that is missing must be seen");
}
