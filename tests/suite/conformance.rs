//! The shared cases with the real engine's answers, by their README's rules. `tests/conformance.txt` lists the
//! ids that pass; one that is lost fails. `UPDATE=1` rewrites the list, `SHOW=id` prints what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use kql::engine::Table;
use kql::json;
use kql::session::Failure;
use kql::source::Source;
use kql::temporal;
use kql::types::{Type, Value};
use rayon::prelude::*;
use serde_json::Value as Json;

use super::support::{root, rows, session, shared, updating};

/// How a case came out.
enum Outcome {
    Pass,
    /// Names or types differ, the values do not.
    Values(String),
    Refused(String),
    Wrong(String),
}

struct Case {
    id: String,
    area: String,
    json: Json,
}

#[test]
fn answers_are_the_real_engines() {
    let Some(folder) = shared() else {
        println!(
            "skipped: ../shared is not there, so the real engine's answers cannot be compared"
        );
        return;
    };
    let text = std::fs::read_to_string(folder.join("conformance/kusto-open.jsonl")).unwrap();
    let cases: Vec<Case> = text
        .lines()
        .map(|line| {
            let json: Json = serde_json::from_str(line).unwrap();
            Case {
                id: json["id"].as_str().unwrap().to_string(),
                area: json["area"].as_str().unwrap_or("other").to_string(),
                json,
            }
        })
        .collect();
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(64 << 20)
        .build()
        .unwrap();
    let outcomes: Vec<(&Case, Outcome)> =
        pool.install(|| cases.par_iter().map(|c| (c, run(&c.json))).collect());
    report(&outcomes);
}

fn report(outcomes: &[(&Case, Outcome)]) {
    let mut areas: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut passing = BTreeSet::new();
    let mut misses = String::new();
    let show = std::env::var("SHOW").ok();
    for (case, outcome) in outcomes {
        let counts = areas.entry(&case.area).or_default();
        let (index, word, why) = match outcome {
            Outcome::Pass => (0, "pass", ""),
            Outcome::Values(why) => (1, "names", why.as_str()),
            Outcome::Refused(why) => (2, "refused", why.as_str()),
            Outcome::Wrong(why) => (3, "wrong", why.as_str()),
        };
        counts[index] += 1;
        if index == 0 {
            passing.insert(case.id.clone());
        } else {
            let _ = writeln!(misses, "{word} {}: {why}", case.id);
        }
        if show.as_deref().is_some_and(|s| case.id.contains(s)) {
            println!(
                "{}\n{}\nexpected {}\n{word} {why}\n",
                case.id,
                case.json["kql"].as_str().unwrap_or(""),
                case.json["expected"]
            );
        }
    }
    println!("{misses}");
    let mut total = [0; 4];
    for (area, counts) in &areas {
        println!(
            "{area}: {} pass, {} names or types differ, {} refused, {} wrong",
            counts[0], counts[1], counts[2], counts[3]
        );
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    println!(
        "all {}: {} pass, {} names or types differ, {} refused, {} wrong",
        outcomes.len(),
        total[0],
        total[1],
        total[2],
        total[3]
    );
    let path = root().join("tests/conformance.txt");
    if updating() {
        let list: String = passing.iter().map(|id| format!("{id}\n")).collect();
        std::fs::write(&path, list).unwrap();
        return;
    }
    let listed = std::fs::read_to_string(&path).unwrap_or_default();
    let lost: Vec<&str> = listed
        .lines()
        .filter(|id| !id.is_empty() && !passing.contains(*id))
        .collect();
    assert!(lost.is_empty(), "no longer pass: {}", lost.join(", "));
}

fn run(case: &Json) -> Outcome {
    let query = case["kql"].as_str().unwrap();
    let source = Source::whole("case", query);
    let expected = &case["expected"];
    let refusal = expected["error"].as_bool().unwrap_or(false);
    match session().run(&source) {
        Ok(answer) => {
            if refusal {
                return Outcome::Wrong("answered, the engine refuses".into());
            }
            match answer.results.first() {
                Some((table, _)) => compare(table, case),
                None => Outcome::Wrong("no result".into()),
            }
        }
        Err(Failure::Query(_)) if refusal => Outcome::Pass,
        Err(Failure::Query(diagnostics)) => {
            let first = diagnostics
                .iter()
                .max_by_key(|d| d.severity)
                .map(|d| d.short(&source));
            Outcome::Refused(first.unwrap_or_default())
        }
        Err(Failure::Fault(fault)) if fault.kind == kql::contract::FaultKind::Internal => {
            Outcome::Wrong(format!("internal: {fault}"))
        }
        Err(Failure::Fault(_)) if refusal => Outcome::Pass,
        Err(Failure::Fault(fault)) => Outcome::Refused(fault.to_string()),
    }
}

fn strings(json: &Json) -> Vec<&str> {
    json.as_array()
        .map(|a| a.iter().filter_map(Json::as_str).collect())
        .unwrap_or_default()
}

fn compare(table: &Table, case: &Json) -> Outcome {
    let expected = &case["expected"];
    let names = strings(&expected["columns"]);
    let types = strings(&expected["types"]);
    let columns = &table.schema.columns;
    let mut difference = None;
    let found_names: Vec<&str> = columns.iter().map(|c| &*c.name).collect();
    if found_names != names {
        difference = Some(format!("columns {found_names:?}, not {names:?}"));
    }
    let type_fits = |(ty, wanted): (&str, &&str)| wanted.split('|').any(|w| w == ty);
    let found_types: Vec<&str> = columns.iter().map(|c| c.ty.name()).collect();
    let fits =
        found_types.len() == types.len() && found_types.iter().copied().zip(&types).all(type_fits);
    if difference.is_none() && !fits {
        difference = Some(format!("types {found_types:?}, not {types:?}"));
    }
    let values = if found_names.len() == names.len() {
        compare_rows(table, case, &types)
    } else {
        Err("another number of columns".to_string())
    };
    match (difference, values) {
        (None, Ok(())) => Outcome::Pass,
        (Some(why), Ok(())) => Outcome::Values(why),
        (why, Err(rows)) => Outcome::Wrong(format!("{} {rows}", why.unwrap_or_default())),
    }
}

struct Rules {
    tolerance: f64,
    loose_arrays: bool,
}

fn compare_rows(table: &Table, case: &Json, types: &[&str]) -> Result<(), String> {
    let flag = |name: &str| case[name].as_bool().unwrap_or(false);
    let wanted = case["expected"]["rows"].as_array().unwrap();
    let found = rows(table);
    if found.len() != wanted.len() {
        return Err(format!("{} rows, not {}", found.len(), wanted.len()));
    }
    if flag("nondeterministic") {
        return Ok(());
    }
    let rules = Rules {
        tolerance: if flag("approx") { 0.05 } else { 1e-6 },
        loose_arrays: flag("loose_arrays"),
    };
    let row_equal = |found: &[Value], wanted: &Json| {
        let wanted = wanted.as_array().unwrap();
        found.len() == wanted.len()
            && found
                .iter()
                .zip(wanted)
                .zip(types)
                .all(|((f, w), ty)| cell_equal(f, w, ty, &rules))
    };
    let mut left: Vec<&Json> = wanted.iter().collect();
    for row in &found {
        match left.iter().position(|w| row_equal(row, w)) {
            Some(index) => {
                left.remove(index);
            }
            None => {
                return Err(format!(
                    "row {row:?} is not expected; {:?} is",
                    left.first()
                ));
            }
        }
    }
    if flag("ordered") {
        in_order(table, &found, case, wanted, types, &rules)?;
    }
    Ok(())
}

/// Rows that tie on the sort keys may come in any order: the keys themselves must be in the order expected.
fn in_order(
    table: &Table,
    found: &[Vec<Value>],
    case: &Json,
    wanted: &[Json],
    types: &[&str],
    rules: &Rules,
) -> Result<(), String> {
    let keys = strings(&case["order_by"]);
    let indices: Vec<usize> = if keys.is_empty() {
        (0..types.len()).collect()
    } else {
        keys.iter().filter_map(|k| table.schema.index(k)).collect()
    };
    for (row, wanted) in found.iter().zip(wanted) {
        for &i in &indices {
            if !cell_equal(&row[i], &wanted[i], types[i], rules) {
                return Err(format!(
                    "order: {:?} where {} is expected",
                    row[i], wanted[i]
                ));
            }
        }
    }
    Ok(())
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan())
        || a == b
        || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-9)
}

fn number(json: &Json) -> Option<f64> {
    match json {
        Json::Number(n) => n.to_string().parse().ok(),
        Json::String(s) => match s.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        _ => None,
    }
}

fn cell_equal(found: &Value, wanted: &Json, _ty: &str, rules: &Rules) -> bool {
    match found {
        Value::Null(_) => wanted.is_null() || wanted.as_str() == Some(""),
        Value::String(s) => match wanted {
            Json::Null => s.is_empty(),
            Json::String(w) => **s == **w,
            other => other.to_string().as_str() == &**s,
        },
        Value::Bool(b) => {
            wanted.as_bool() == Some(*b) || number(wanted) == Some(f64::from(u8::from(*b)))
        }
        Value::Int(_) | Value::Long(_) => {
            let text = found.as_i64().unwrap_or_default().to_string();
            match wanted {
                Json::Number(n) => n.to_string() == text,
                Json::String(s) => *s == text,
                _ => false,
            }
        }
        Value::Real(_) | Value::Decimal(_) => match (found.as_f64(), number(wanted)) {
            (Some(a), Some(b)) => close(a, b, rules.tolerance),
            _ => false,
        },
        Value::Datetime(ticks) => {
            wanted.as_str().and_then(temporal::parse_datetime) == Some(*ticks)
        }
        Value::Timespan(ticks) => {
            wanted.as_str().and_then(temporal::parse_timespan) == Some(*ticks)
        }
        Value::Guid(_) => {
            let mut text = String::new();
            kql::text::write_value(found, &mut text);
            wanted
                .as_str()
                .is_some_and(|w| w.eq_ignore_ascii_case(&text))
        }
        Value::Dynamic(text) => {
            let text = json::for_output(text);
            let found: Json = serde_json::from_str(&text).unwrap_or(Json::String(text.into()));
            json_equal(&found, wanted, rules)
        }
    }
}

fn json_equal(found: &Json, wanted: &Json, rules: &Rules) -> bool {
    match (found, wanted) {
        (Json::Array(a), Json::Array(b)) => {
            if a.len() != b.len() {
                return false;
            }
            if !rules.loose_arrays {
                return a.iter().zip(b).all(|(x, y)| json_equal(x, y, rules));
            }
            let mut left: Vec<&Json> = b.iter().collect();
            a.iter().all(|x| {
                let at = left.iter().position(|y| json_equal(x, y, rules));
                at.map(|i| left.remove(i)).is_some()
            })
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(k, v)| b.get(k).is_some_and(|w| json_equal(v, w, rules)))
        }
        (Json::Number(_), _) | (_, Json::Number(_)) => match (number(found), number(wanted)) {
            (Some(a), Some(b)) => close(a, b, rules.tolerance),
            _ => false,
        },
        (Json::String(a), Json::String(b)) => {
            a == b
                || match (temporal::parse_datetime(a), temporal::parse_datetime(b)) {
                    (Some(x), Some(y)) => x == y,
                    _ => false,
                }
        }
        (a, b) => a == b,
    }
}

/// Types of the open cases are KQL's own names.
#[test]
fn type_names_are_known() {
    for ty in Type::ALL {
        assert_eq!(Type::from_name(ty.name()), Some(ty));
    }
}
