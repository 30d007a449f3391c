//! `take` moves down to where fewer rows are made: through projections, into unions and sorts.

use super::super::{Node, Plan};
use super::take;

/// Lowers the `take`s of a plan.
pub fn lower(plan: &mut Plan) {
    if let Node::Take { input, count } = &mut plan.node {
        let count = *count;
        *plan = limited(take(input), count);
    }
    plan.inputs_mut().into_iter().for_each(lower);
}

/// The first `count` rows of a plan.
fn limited(mut plan: Plan, count: u64) -> Plan {
    match &mut plan.node {
        Node::Take {
            input,
            count: inner,
        } => limited(take(input), count.min(*inner)),
        Node::Sort { limit, .. } => {
            *limit = Some(limit.map_or(count, |limit| limit.min(count)));
            plan
        }
        Node::Project { input, .. }
        | Node::Extract {
            input,
            matched: false,
            ..
        } => {
            **input = limited(take(input), count);
            plan
        }
        Node::Union { inputs } => {
            for input in inputs {
                *input = limited(take(input), count);
            }
            above(plan, count)
        }
        _ => above(plan, count),
    }
}

fn above(plan: Plan, count: u64) -> Plan {
    Plan {
        schema: plan.schema.clone(),
        node: Node::Take {
            input: Box::new(plan),
            count,
        },
    }
}
