//! The condition of a pattern, taken apart: what it says of one node, one edge, or all parts of a path is told for the
//! whole graph beforehand; the rest of each match, as soon as what it reads is bound.

use std::collections::BTreeSet;

use arrow::buffer::BooleanBuffer;

use super::super::super::expression::{Preparation, Prepared};
use super::read::{Matches, Reader};
use crate::contract::{Batch, Fault};
use crate::plan::graph::{Fold, Match, Read};
use crate::plan::optimise::is_volatile;
use crate::plan::{Expr, ExprKind};

/// A condition taken apart.
#[derive(Default)]
pub(super) struct Conditions {
    /// For each node of the pattern those of the graph that it can be.
    pub nodes: Vec<Option<BooleanBuffer>>,
    /// For each hop the edges that it can have.
    pub edges: Vec<Option<BooleanBuffer>>,
    /// For each hop that is a path the nodes that it can lead through.
    pub inner: Vec<Option<BooleanBuffer>>,
    /// What is told of each match.
    pub terms: Vec<Term>,
    /// No match has what it says.
    pub never: bool,
}

/// A part of a condition.
pub(super) struct Term {
    pub prepared: Prepared,
    pub needs: Needs,
}

/// The nodes and hops of a pattern that an expression reads.
#[derive(Clone, Default)]
pub(super) struct Needs {
    pub nodes: BTreeSet<usize>,
    pub hops: BTreeSet<usize>,
    /// It has another value each time it is computed, and is so only for whole matches.
    pub whole: bool,
}

/// Whether a number is among those allowed.
pub(super) fn allows(allowed: &Option<BooleanBuffer>, number: u32) -> bool {
    allowed
        .as_ref()
        .is_none_or(|allowed| allowed.value(number as usize))
}

impl Conditions {
    /// Of a pattern.
    pub fn new(
        pattern: &Match,
        reader: &Reader<'_>,
        preparation: Preparation<'_>,
    ) -> Result<Conditions, Fault> {
        let mut conditions = Conditions {
            nodes: vec![None; pattern.nodes],
            edges: vec![None; pattern.hops.len()],
            inner: vec![None; pattern.hops.len()],
            terms: Vec::new(),
            never: false,
        };
        let mut terms = Vec::new();
        if let Some(predicate) = &pattern.predicate {
            conjuncts(predicate, &mut terms);
        }
        for term in terms {
            conditions.add(term, pattern, reader, preparation)?;
        }
        Ok(conditions)
    }

    fn add(
        &mut self,
        term: &Expr,
        pattern: &Match,
        reader: &Reader<'_>,
        preparation: Preparation<'_>,
    ) -> Result<(), Fault> {
        if let Some((hop, inner, allowed)) = of_all_parts(term, pattern, reader)? {
            let place = match inner {
                true => self.inner.get_mut(hop),
                false => self.edges.get_mut(hop),
            };
            narrow(place, allowed);
            return Ok(());
        }
        let prepared = preparation.expr(term)?;
        let needs = Needs::of(term, pattern, reader);
        let count = needs.nodes.len() + needs.hops.len();
        if !needs.whole && count == 0 {
            let nothing = Batch {
                columns: Vec::new(),
                rows: 1,
                position: 0,
            };
            self.never |= !prepared.select(&nothing)?.value(0);
            return Ok(());
        }
        if !needs.whole && count == 1 {
            let mut all = Matches::of(pattern);
            if let Some(node) = needs.nodes.first() {
                all.rows = reader.parts(true).rows;
                all.nodes[*node] = (0u32..).take(all.rows).collect();
                let allowed = truth(&prepared, reader, &all)?;
                narrow(self.nodes.get_mut(*node), allowed);
                return Ok(());
            }
            if let Some(hop) = needs.hops.first()
                && pattern.hops[*hop].length.is_none()
            {
                all.rows = reader.parts(false).rows;
                all.edges[*hop] = (0u32..).take(all.rows).collect();
                let allowed = truth(&prepared, reader, &all)?;
                narrow(self.edges.get_mut(*hop), allowed);
                return Ok(());
            }
        }
        self.terms.push(Term { prepared, needs });
        Ok(())
    }
}

/// The matches for which a condition is true.
pub(super) fn truth(
    condition: &Prepared,
    reader: &Reader<'_>,
    matches: &Matches,
) -> Result<BooleanBuffer, Fault> {
    condition.select(&reader.batch(matches, condition.columns())?)
}

fn narrow(place: Option<&mut Option<BooleanBuffer>>, allowed: BooleanBuffer) {
    if let Some(place) = place {
        *place = Some(match place.take() {
            Some(before) => &before & &allowed,
            None => allowed,
        });
    }
}

fn conjuncts<'e>(predicate: &'e Expr, terms: &mut Vec<&'e Expr>) {
    match &predicate.kind {
        ExprKind::Logic {
            and: true,
            terms: own,
        } => own.iter().for_each(|term| conjuncts(term, terms)),
        _ => terms.push(predicate),
    }
}

/// The parts of a path that pass, if a condition is that all of them do, whatever the match.
fn of_all_parts(
    term: &Expr,
    pattern: &Match,
    reader: &Reader<'_>,
) -> Result<Option<(usize, bool, BooleanBuffer)>, Fault> {
    let ExprKind::Column(read) = term.kind else {
        return Ok(None);
    };
    let Some(Read::Path {
        hop,
        inner,
        fold: Fold::All,
        body,
    }) = pattern.reads.get(read)
    else {
        return Ok(None);
    };
    let parts = reader.parts(*inner);
    let prepared = reader.body(read).filter(|prepared| {
        let own = prepared.columns().last();
        own.is_none_or(|last| *last < parts.columns.len()) && !is_volatile(body)
    });
    match prepared {
        Some(prepared) => Ok(Some((*hop, *inner, prepared.select(parts)?))),
        None => Ok(None),
    }
}

impl Needs {
    fn of(expr: &Expr, pattern: &Match, reader: &Reader<'_>) -> Needs {
        let mut needs = Needs::default();
        needs.add(expr, 0, pattern, reader);
        needs
    }

    /// What an expression reads, whose reads stand behind `width` columns.
    fn add(&mut self, expr: &Expr, width: usize, pattern: &Match, reader: &Reader<'_>) {
        self.whole |= is_volatile(expr);
        expr.visit(&mut |e| {
            let ExprKind::Column(index) = e.kind else {
                return;
            };
            match index.checked_sub(width).and_then(|i| pattern.reads.get(i)) {
                Some(Read::Node { node, .. }) => _ = self.nodes.insert(*node),
                Some(Read::Edge { hop, .. }) => _ = self.hops.insert(*hop),
                Some(Read::Path {
                    hop, inner, body, ..
                }) => {
                    self.hops.insert(*hop);
                    self.add(body, reader.parts(*inner).columns.len(), pattern, reader);
                }
                None => {}
            }
        });
    }
}
