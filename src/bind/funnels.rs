//! The plugins that follow values from state to state, as texts in KQL (see [`super::composed`]).

use std::fmt::Write;

use crate::bind::composed::Recipe;
use crate::bind::recipes::Made;
use crate::types::{Column, Type};

/// What an answer leaves open.
const TIES: &str = "how Kusto follows states that share an instant is not known: here those that are asked for later come later";

/// `e == tostring(states[1])`
fn is_state(e: &str, index: usize) -> String {
    format!("{e} == tostring(states[{index}])")
}

/// Columns of the plugins: the values, the time, the start, the end.
fn beginning(r: &mut Recipe<'_, '_, '_>) -> Option<Column> {
    r.column("id", "the column of values")?;
    let time = r.timeline()?;
    r.point("begin", "the start")?;
    r.point("finish", "the end")?;
    Some(time)
}

/// The type of the distance of two times.
fn distance(time: Type) -> Type {
    match time {
        Type::Datetime => Type::Timespan,
        ty => ty,
    }
}

/// How many values went through the first states of a sequence within each of several times.
pub(crate) fn funnel_sequence_completion(mut r: Recipe<'_, '_, '_>) -> Made {
    let time = beginning(&mut r)?;
    r.distance("step", "the size of a bin")?;
    let state = r.column("s", "the column of states")?;
    let steps = r.array("states", "the sequence")?;
    r.array("periods", "the times of the sequence")?;
    r.no_more()?;
    let ty = distance(r.time());
    let any: Vec<String> = (0..steps).map(|i| is_state("e", i)).collect();
    let any = any.join(" or ");
    let mut place = String::new();
    let mut scan = String::new();
    for i in 0..steps {
        let is = is_state("e", i);
        // Writing to a string cannot fail.
        let _ = write!(place, "{is}, {i}, ");
        let from = if i == 0 { "t" } else { "step0.t" };
        let _ = write!(scan, "step step{i}: {is} => k = {i}, length = t - {from}; ");
    }
    // The state of a step keeps the latest beginning, so the least time of each value is among those given.
    let text = format!(
        "T | where t between (begin .. finish) | extend w = bin_at(t, step, begin), e = tostring(s)
         | where {any}
         | extend place = case({place}{steps})
         | sort by t asc, place asc
         | scan partition by id, w declare (k: long, length: {ty}) with ({scan})
         | summarize length = min(length), s = take_any(s) by id, w, k
         | extend p = periods | mv-expand p | extend p = to{ty}(p)
         | where length <= p
         | summarize n = count(), s = take_any(s) by w, p, k
         | sort by w asc, p asc, k asc"
    );
    r.approximate(TIES);
    let outputs = vec![
        ("w", time.name.clone(), time.ty),
        ("s", state.name.clone(), state.ty),
        ("p", "Period".into(), ty),
        ("n", "dcount".into(), Type::Long),
    ];
    r.table(&text, outputs)
}

/// How many values went through a sequence of states, by the states before and after it.
pub(crate) fn funnel_sequence(mut r: Recipe<'_, '_, '_>) -> Made {
    let time = beginning(&mut r)?;
    r.distance("pause", "the time between two states at most")?;
    r.distance("step", "the size of a bin")?;
    r.column("s", "the column of states")?;
    let steps = r.array("states", "the sequence")?;
    r.no_more()?;
    let mut found = is_state("e", steps - 1);
    let (mut e, mut from) = (String::new(), "a".to_string());
    for back in 1..=steps {
        let linked = format!(
            "prev(id, {back}) == id and prev(w, {back}) == w and {from} - prev(z, {back}) <= pause"
        );
        match (steps - 1).checked_sub(back) {
            Some(index) => {
                let is = is_state(&format!("prev(e, {back})"), index);
                let _ = write!(found, " and {is} and {linked}");
            }
            None => e = format!("iff({linked}, prev(e, {back}), '')"),
        }
        from = format!("prev(a, {back})");
    }
    // One state may take several rows: it lasts from the first to the last of them.
    let text = format!(
        "T | where t between (begin .. finish) | extend w = bin_at(t, step, begin), e = tostring(s)
         | sort by id asc, w asc, t asc
         | extend n = row_cumsum(tolong(isnull(prev(t)) or id != prev(id) or w != prev(w) or e != prev(e)))
         | summarize a = min(t), z = max(t) by n, id, w, e
         | sort by n asc
         | extend found = {found}, before = {e},
             after = iff(next(id) == id and next(w) == w and next(a) - z <= pause, next(e), '')
         | where found
         | project w, id, before, after"
    );
    let table = |by: &str| {
        format!(
            "T | summarize n = count_distinct(id), ids = make_set(id, 128) by w, {by}
             | sort by w asc, n desc"
        )
    };
    let (both, before, after) = (table("before, after"), table("before"), table("after"));
    let outputs = |states: &[(&'static str, &str)]| {
        let mut all = vec![("w", time.name.clone(), time.ty)];
        all.extend(
            states
                .iter()
                .map(|(s, name)| (*s, (*name).into(), Type::String)),
        );
        all.push(("n", "dcount".into(), Type::Long));
        all.push(("ids", "samples".into(), Type::Dynamic));
        all
    };
    r.approximate("how Kusto follows states that repeat or share an instant is not known: here equal ones in a row are one");
    r.tables(
        &text,
        vec![
            (&both, outputs(&[("before", "prev"), ("after", "next")])),
            (&before, outputs(&[("before", "prev")])),
            (&after, outputs(&[("after", "next")])),
        ],
    )
}
