//! Random patterns over small random graphs, against a search that tries every node and every walk.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use kql::session::{Failure, Session};
use kql::source::Source;

use super::dice::Dice;
use crate::suite::support::{rows, session};

/// Patterns in the everyday run.
const EVERYDAY: u64 = 600;

/// Nodes have a name and maybe an age, edges a weight and, in their order, a number.
struct Net {
    nodes: Vec<(char, Option<i64>)>,
    /// How many of the nodes are in the table of nodes; the others are at edges alone.
    listed: usize,
    edges: Vec<(usize, usize, i64)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Right,
    Left,
    Any,
}

struct Hop {
    from: usize,
    to: usize,
    way: Way,
    length: Option<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Cycles {
    Unique,
    All,
    None,
}

/// A node for each of the pattern's, and the edges of each hop with the nodes between them.
#[derive(Clone, Debug, Default)]
struct Found {
    nodes: Vec<usize>,
    hops: Vec<(Vec<usize>, Vec<usize>)>,
}

type Test = Box<dyn Fn(&Net, &Found) -> bool>;

struct Pattern {
    nodes: usize,
    hops: Vec<Hop>,
    text: String,
    cycles: Cycles,
    condition: Option<(String, Test)>,
}

impl Net {
    fn random(dice: &mut Dice) -> Net {
        let count = 1 + dice.roll(5);
        let edges = (0..dice.roll(8)).map(|_| {
            let end = |dice: &mut Dice| dice.roll(count);
            (end(dice), end(dice), i64::try_from(dice.roll(4)).unwrap())
        });
        let edges: Vec<(usize, usize, i64)> = edges.collect();
        let listed = dice.roll(count + 1);
        let met = |node: usize| edges.iter().any(|(a, b, _)| *a == node || *b == node);
        // A node that is neither listed nor at an edge is none: what follows would be numbered otherwise.
        let listed = match (listed..count).all(met) {
            true => listed,
            false => count,
        };
        let nodes = ('a'..).take(count).enumerate().map(|(i, name)| {
            let age = i64::try_from(dice.roll(4)).unwrap();
            (name, (i < listed && age > 0).then_some(age))
        });
        Net {
            nodes: nodes.collect(),
            listed,
            edges,
        }
    }

    fn text(&self) -> String {
        let mut text = String::from("let N = datatable(id: string, age: long)[");
        for (name, age) in &self.nodes[..self.listed] {
            let age = age.map_or("long(null)".into(), |a| a.to_string());
            write!(text, "'{name}', {age}, ").unwrap();
        }
        text.push_str("]; let E = datatable(s: string, t: string, w: long, k: long)[");
        for (k, (from, to, w)) in self.edges.iter().enumerate() {
            let (from, to) = (self.nodes[*from].0, self.nodes[*to].0);
            write!(text, "'{from}', '{to}', {w}, {k}, ").unwrap();
        }
        text.push_str("]; E | make-graph s --> t with N on id | ");
        text
    }

    /// The edges that lead from a node, and where.
    fn from(&self, node: usize, way: Way) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (edge, (from, to, _)) in self.edges.iter().enumerate() {
            if *from == node && way != Way::Left {
                found.push((edge, *to));
            }
            if *to == node && way != Way::Right {
                found.push((edge, *from));
            }
        }
        found
    }

    /// All walks of a length between two nodes.
    fn walks(&self, hop: &Hop, from: usize, to: usize) -> Vec<(Vec<usize>, Vec<usize>)> {
        let (least, most) = hop.length.unwrap_or((1, 1));
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), vec![from])];
        while let Some((edges, nodes)) = open.pop() {
            let last = *nodes.last().unwrap();
            if edges.len() >= least && last == to {
                let inner = nodes[1..]
                    .iter()
                    .copied()
                    .take(edges.len().saturating_sub(1));
                found.push((edges.clone(), inner.collect()));
            }
            if edges.len() < most {
                for (edge, end) in self.from(last, hop.way) {
                    let mut next = (edges.clone(), nodes.clone());
                    next.0.push(edge);
                    next.1.push(end);
                    open.push(next);
                }
            }
        }
        found
    }
}

/// Whether a match repeats nothing that it may not.
fn is_allowed(pattern: &Pattern, found: &Found) -> bool {
    let distinct = |all: &[usize]| all.iter().collect::<BTreeSet<_>>().len() == all.len();
    let edges: Vec<usize> = found
        .hops
        .iter()
        .flat_map(|(edges, _)| edges.clone())
        .collect();
    match pattern.cycles {
        Cycles::All => true,
        Cycles::Unique => distinct(&edges),
        Cycles::None => {
            let mut nodes = found.nodes.clone();
            nodes.extend(found.hops.iter().flat_map(|(_, inner)| inner.clone()));
            let rings = pattern
                .hops
                .iter()
                .any(|h| h.length.is_some() && h.from == h.to);
            distinct(&nodes) && !rings
        }
    }
}

impl Pattern {
    fn random(dice: &mut Dice, net: &Net, shortest: bool) -> Pattern {
        let mut pattern = Pattern {
            nodes: 1,
            hops: Vec::new(),
            text: "(n0)".into(),
            cycles: *dice.pick(&[Cycles::Unique, Cycles::Unique, Cycles::All, Cycles::None]),
            condition: None,
        };
        let longest = 1 + dice.roll(3);
        let mut from = 0;
        for number in 0..dice.roll(longest + 1).max(usize::from(shortest)) {
            if number > 0 && !shortest && dice.chance(20) {
                from = dice.roll(pattern.nodes);
                write!(pattern.text, ", (n{from})").unwrap();
            }
            from = pattern.hop(dice, from, shortest);
        }
        if shortest {
            pattern.cycles = Cycles::None;
        }
        if dice.chance(70) {
            pattern.condition = Some(condition(dice, net, &pattern, shortest, 1));
        }
        pattern
    }

    /// One more hop; where it leads.
    fn hop(&mut self, dice: &mut Dice, from: usize, shortest: bool) -> usize {
        let number = self.hops.len();
        let path = if shortest {
            number == 0
        } else {
            dice.chance(45)
        };
        let length = path.then(|| {
            let most = 1 + dice.roll(3);
            let least = dice.roll(most + 1);
            match self.cycles == Cycles::None || shortest {
                true => (least.max(1), most),
                false => (least, most),
            }
        });
        let to = match dice.chance(25) {
            true => dice.roll(self.nodes),
            false => self.nodes,
        };
        self.nodes = self.nodes.max(to + 1);
        let way = *dice.pick(&[Way::Right, Way::Right, Way::Left, Way::Any]);
        let stars = length.map_or(String::new(), |(a, b)| format!("*{a}..{b}"));
        let (before, after) = match way {
            Way::Right => ("-", "->"),
            Way::Left => ("<-", "-"),
            Way::Any => ("-", "-"),
        };
        write!(self.text, "{before}[e{number}{stars}]{after}(n{to})").unwrap();
        self.hops.push(Hop {
            from,
            to,
            way,
            length,
        });
        to
    }

    fn all(&self, net: &Net) -> Vec<Found> {
        let mut found = vec![Found::default()];
        for _ in 0..self.nodes {
            found = found
                .into_iter()
                .flat_map(|f| {
                    (0..net.nodes.len()).map(move |node| {
                        let mut f = f.clone();
                        f.nodes.push(node);
                        f
                    })
                })
                .collect();
        }
        for hop in &self.hops {
            found = found
                .into_iter()
                .flat_map(|f| {
                    let walks = net.walks(hop, f.nodes[hop.from], f.nodes[hop.to]);
                    walks.into_iter().map(move |walk| {
                        let mut f = f.clone();
                        f.hops.push(walk);
                        f
                    })
                })
                .collect();
        }
        found.retain(|f| is_allowed(self, f));
        if let Some((_, test)) = &self.condition {
            found.retain(|f| test(net, f));
        }
        found
    }

    fn query(&self, net: &Net, shortest: Option<&str>) -> String {
        let mut text = net.text();
        match (shortest, self.cycles) {
            (Some(output), _) => write!(text, "graph-shortest-paths output={output} ").unwrap(),
            (None, Cycles::Unique) => text.push_str("graph-match "),
            (None, Cycles::All) => text.push_str("graph-match cycles=all "),
            (None, Cycles::None) => text.push_str("graph-match cycles=none "),
        }
        text.push_str(&self.text);
        if let Some((condition, _)) = &self.condition {
            write!(text, " where {condition}").unwrap();
        }
        let mut given: Vec<String> = (0..self.nodes).map(|n| format!("n{n}.id")).collect();
        for (number, hop) in self.hops.iter().enumerate() {
            match hop.length {
                None => given.push(format!("tostring(e{number}.k)")),
                Some(_) => {
                    given.push(format!("strcat_array(e{number}.k, ',')"));
                    given.push(format!("strcat_array(map(inner_nodes(e{number}), id), '')"));
                }
            }
        }
        let given: Vec<String> = given
            .iter()
            .enumerate()
            .map(|(i, g)| format!("c{i} = {g}"))
            .collect();
        write!(text, " project {}", given.join(", ")).unwrap();
        text
    }

    /// A match as a row of the query.
    fn row(&self, net: &Net, found: &Found) -> String {
        let mut cells: Vec<String> = found.nodes.iter().map(|n| net.nodes[*n].0.into()).collect();
        for (hop, (edges, inner)) in self.hops.iter().zip(&found.hops) {
            let edges: Vec<String> = edges.iter().map(ToString::to_string).collect();
            cells.push(edges.join(","));
            if hop.length.is_some() {
                cells.push(inner.iter().map(|n| net.nodes[*n].0).collect());
            }
        }
        cells.join("|")
    }
}

/// A condition in words and as a test. `parts` are how many of them may be put together.
fn condition(
    dice: &mut Dice,
    net: &Net,
    pattern: &Pattern,
    shortest: bool,
    parts: usize,
) -> (String, Test) {
    if parts > 0 && dice.chance(40) {
        let (a, first) = condition(dice, net, pattern, shortest, parts - 1);
        let (b, second) = condition(dice, net, pattern, shortest, parts - 1);
        return match dice.chance(60) {
            true => (
                format!("({a}) and ({b})"),
                Box::new(move |n, f| first(n, f) && second(n, f)),
            ),
            false => (
                format!("({a}) or ({b})"),
                Box::new(move |n, f| first(n, f) || second(n, f)),
            ),
        };
    }
    let least = i64::try_from(dice.roll(3)).unwrap();
    let node = dice.roll(pattern.nodes);
    let other = dice.roll(pattern.nodes);
    let hop = dice.roll(pattern.hops.len());
    let path = pattern.hops.get(hop).map(|h| h.length.is_some());
    match (dice.roll(8), path) {
        (0, _) => {
            let name = net.nodes[dice.roll(net.nodes.len())].0;
            (
                format!("n{node}.id == '{name}'"),
                Box::new(move |n, f| n.nodes[f.nodes[node]].0 == name),
            )
        }
        (1, _) => {
            let into =
                move |n: &Net, f: &Found| n.edges.iter().filter(|e| e.1 == f.nodes[node]).count();
            (
                format!("node_degree_in(n{node}) > {least}"),
                Box::new(move |n, f| into(n, f) > usize::try_from(least).unwrap()),
            )
        }
        (2, _) if !shortest => (
            format!("n{node}.age < n{other}.age"),
            Box::new(move |n, f| {
                let age = |node: usize| n.nodes[f.nodes[node]].1;
                age(node).zip(age(other)).is_some_and(|(a, b)| a < b)
            }),
        ),
        (3, Some(true)) => (
            format!("all(e{hop}, w > {least})"),
            Box::new(move |n, f| f.hops[hop].0.iter().all(|e| n.edges[*e].2 > least)),
        ),
        (4, Some(true)) => (
            format!("any(e{hop}, w > {least})"),
            Box::new(move |n, f| f.hops[hop].0.iter().any(|e| n.edges[*e].2 > least)),
        ),
        (5, Some(true)) => (
            format!("all(inner_nodes(e{hop}), age > {least})"),
            Box::new(move |n, f| {
                let old = |node: &usize| n.nodes[*node].1.is_some_and(|age| age > least);
                f.hops[hop].1.iter().all(old)
            }),
        ),
        (6, Some(true)) if !shortest => (
            format!("any(e{hop}, w == n{node}.age)"),
            Box::new(move |n, f| {
                let age = n.nodes[f.nodes[node]].1;
                f.hops[hop].0.iter().any(|e| Some(n.edges[*e].2) == age)
            }),
        ),
        (3..=6, Some(false)) => (
            format!("e{hop}.w > {least}"),
            Box::new(move |n, f| f.hops[hop].0.iter().any(|e| n.edges[*e].2 > least)),
        ),
        _ => (
            format!("n{node}.age > {least}"),
            Box::new(move |n, f| n.nodes[f.nodes[node]].1.is_some_and(|age| age > least)),
        ),
    }
}

/// The rows that the program gives, in a fixed order.
fn given(session: &Session, query: &str) -> Result<Vec<String>, String> {
    let source = Source::whole("graph", query);
    let answer = session.run(&source).map_err(|failure| match failure {
        Failure::Query(said) => said
            .iter()
            .map(|d| d.short(&source))
            .collect::<Vec<_>>()
            .join("\n"),
        Failure::Fault(fault) => fault.to_string(),
    })?;
    let table = &answer.results.first().ok_or("no result")?.0;
    let cells = |row: Vec<kql::types::Value>| {
        let cells: Vec<String> = row.iter().map(kql::text::value_text).collect();
        cells.join("|")
    };
    let mut all: Vec<String> = rows(table).into_iter().map(cells).collect();
    all.sort();
    Ok(all)
}

fn seeds() -> Vec<u64> {
    match std::env::var("KQL_DIFFER_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
    {
        Some(first) => (first..first + EVERYDAY).collect(),
        None => (0..EVERYDAY).collect(),
    }
}

#[test]
fn patterns_are_found_as_by_trying_all() {
    let session = session();
    let mut matches = 0;
    for seed in seeds() {
        let mut dice = Dice::new(seed ^ 0x0067_7261_7068);
        let net = Net::random(&mut dice);
        let pattern = Pattern::random(&mut dice, &net, false);
        let query = pattern.query(&net, None);
        let mut expected: Vec<String> = pattern
            .all(&net)
            .iter()
            .map(|f| pattern.row(&net, f))
            .collect();
        expected.sort();
        matches += expected.len();
        assert_eq!(
            given(&session, &query),
            Ok(expected),
            "seed {seed}: {query}"
        );
    }
    println!("{matches} matches");
    assert!(matches > 1000);
}

#[test]
fn shortest_paths_are_found_as_by_trying_all() {
    let session = session();
    for seed in seeds() {
        let mut dice = Dice::new(seed ^ 0x7061_7468);
        let net = Net::random(&mut dice);
        let pattern = Pattern::random(&mut dice, &net, true);
        let mut shortest: BTreeMap<Vec<usize>, Vec<Found>> = BTreeMap::new();
        let length = |f: &Found| f.hops.iter().map(|(edges, _)| edges.len()).sum::<usize>();
        for found in pattern.all(&net) {
            shortest.entry(found.nodes.clone()).or_default().push(found);
        }
        for group in shortest.values_mut() {
            let least = group.iter().map(length).min().unwrap();
            group.retain(|f| length(f) == least);
        }
        let mut all: Vec<String> = shortest
            .values()
            .flatten()
            .map(|f| pattern.row(&net, f))
            .collect();
        all.sort();
        let query = pattern.query(&net, Some("all"));
        assert_eq!(
            given(&session, &query),
            Ok(all.clone()),
            "seed {seed}: {query}"
        );
        let query = pattern.query(&net, Some("any"));
        let any = given(&session, &query).unwrap();
        assert_eq!(any.len(), shortest.len(), "seed {seed}: {query}");
        assert!(
            any.iter().all(|row| all.contains(row)),
            "seed {seed}: {query}"
        );
    }
}

#[test]
fn searches_that_find_too_much_stop() {
    // Every node leads to every other, so that walks have no end in sight.
    let dense =
        "range i from 0 to 11 step 1 | extend j = range(0, 11) | mv-expand j to typeof(long)
        | where i != j | make-graph i --> j with_node_id=id ";
    let mut small = session();
    small.options.budget = kql::contract::Budget::new(1 << 20);
    let query = format!("{dense} | graph-match (a)-[p*1..6]->(b) project p");
    let stopped = given(&small, &query).unwrap_err();
    assert!(stopped.contains("memory"), "{stopped}");
    for search in [
        "graph-match cycles=all (a)-[p*1..12]->(b) where a.id > b.id + 100",
        "graph-shortest-paths (a)-[p*2..12]->(b) where any(p, i > 100)",
    ] {
        let mut late = session();
        let soon = std::time::Duration::from_millis(50);
        late.options.cancel = kql::contract::Cancel::at(Some(std::time::Instant::now() + soon));
        let query = format!("{dense} | {search} project a.id");
        assert!(given(&late, &query).is_err(), "{query}");
    }
}
