//! `scan`, row by row and step by step.

use std::collections::HashMap;

use kql::plan::Expr;
use kql::plan::whole::{Given, Scan};
use kql::types::{Schema, Value};

use super::{Naive, Row, Stop};

/// What a step remembers: the number of its match, what each step up to it has matched, and the row that it gives
/// when it ends.
#[derive(Clone)]
struct State {
    number: i64,
    matched: Vec<Row>,
    last: Option<(usize, Row)>,
}

impl Naive<'_> {
    /// The rows that match.
    pub(super) fn scan(
        &self,
        scan: &Scan,
        input: &Schema,
        rows: Vec<Row>,
    ) -> Result<Vec<Row>, Stop> {
        let nothing = input.columns.iter().map(|c| Value::null(c.ty));
        let nothing: Row = nothing.chain(scan.defaults.iter().cloned()).collect();
        let fresh = State {
            number: 0,
            matched: vec![nothing; scan.steps.len()],
            last: None,
        };
        let parts = self.keys(&scan.partition, &rows)?;
        let mut states: HashMap<&String, Vec<Option<State>>> = HashMap::new();
        let mut matches: HashMap<&String, i64> = HashMap::new();
        let mut out: Vec<Row> = Vec::new();
        for (place, (row, part)) in rows.iter().zip(&parts).enumerate() {
            let all = states
                .entry(part)
                .or_insert_with(|| vec![None; scan.steps.len()]);
            for number in (0..scan.steps.len()).rev() {
                let step = &scan.steps[number];
                let sees = |e: &Expr, state: &State| self.one(e, row, scan, state);
                let meets = |state: &State| -> Result<bool, Stop> {
                    Ok(sees(&step.condition, state)? == Value::Bool(true))
                };
                let before = number.checked_sub(1).and_then(|k| all[k].clone());
                let goes_on = match &before {
                    Some(state) => meets(state)?,
                    None => false,
                };
                let mut state = if goes_on {
                    let mut state = before.unwrap();
                    let ended = all[number].take().and_then(|s| s.last);
                    out.extend(ended.into_iter().chain(state.last.take()).map(|l| l.1));
                    all[number - 1] = None;
                    state
                } else {
                    let own = all[number].clone();
                    let begins = own.is_none();
                    if begins && number > 0 {
                        continue;
                    }
                    let mut state = own.unwrap_or_else(|| fresh.clone());
                    if !meets(&state)? {
                        continue;
                    }
                    if begins {
                        let begun = matches.entry(part).or_default();
                        state.number = *begun;
                        *begun += 1;
                    }
                    state
                };
                let mut made = row.clone();
                made.extend(scan.defaults.iter().cloned());
                for (column, value) in &step.assignments {
                    made[input.len() + column] = sees(value, &state)?;
                }
                state.matched[number] = made.clone();
                if scan.numbered {
                    made.push(Value::Long(state.number));
                }
                match step.output {
                    Given::All => out.push(made),
                    Given::Last => state.last = Some((place, made)),
                    Given::None => {}
                }
                all[number] = Some(state);
            }
        }
        let ended = states.into_values().flatten().flatten();
        let mut last: Vec<(usize, Row)> = ended.filter_map(|s| s.last).collect();
        last.sort_by_key(|(place, _)| *place);
        out.extend(last.into_iter().map(|(_, row)| row));
        Ok(out)
    }

    /// A value over a row and a state.
    fn one(&self, e: &Expr, row: &Row, scan: &Scan, state: &State) -> Result<Value, Stop> {
        let mut all = row.clone();
        all.extend(scan.defaults.iter().cloned());
        all.extend(state.matched.iter().flatten().cloned());
        Ok(self.values(e, &[all])?.remove(0))
    }
}
