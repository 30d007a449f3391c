//! `evaluate`: calls a plugin.

use super::prelude::*;
use crate::bind::{Binder, Called, Relation, funnels, recipes, retention};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::functions::plugins;
use crate::plan::Plan;
use crate::source::Span;
use crate::syntax::ast::{Argument, Name, OperatorParameter, RowSchema};

/// What users read about `evaluate`.
pub const INFO: Info = Info {
    keywords: &["evaluate"],
    place: Place::Either,
    summary: "Calls a plugin with the rows.",
    syntax: "[T |] evaluate [hint.distribution=...] plugin(argument, ...) [: (column: type, ...)]",
    examples: &[("datatable (bag: dynamic) [dynamic({'user': 'ann', 'n': 1}), dynamic({'user': 'bob', 'n': 2})]\n\
             | evaluate bag_unpack(bag) : (user: string, n: long)", "user | n\nann | 1\nbob | 2")],
};

/// `evaluate bag_unpack(d) : (*, a: long)`
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluate {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The plugin's name.
    pub plugin: Name,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// The columns it will give, if they are declared.
    pub schema: Option<RowSchema>,
}

/// `evaluate bag_unpack(d) : (a: long)`
pub fn evaluate(i: Tokens<'_>) -> Parsed<'_, Evaluate> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, plugin) = name(i)?;
    let (i, arguments) = arguments(i)?;
    let (i, schema) = if i.is_symbol(0, ":") {
        let (i, schema) = row_schema(i.skip(1))?;
        (i, Some(schema))
    } else {
        i.expect("`:`");
        (i, None)
    };
    let node = Evaluate {
        parameters,
        plugin,
        arguments,
        schema,
    };
    Ok((i, node))
}

impl Print for Evaluate {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.name(&self.plugin);
        p.arguments(&self.arguments);
        if let Some(schema) = &self.schema {
            p.push(" : ");
            p.schema(schema.star, &schema.columns);
        }
    }
}

impl super::Bind for Evaluate {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        binder.parameters_known_as(&self.parameters, &[], "KS124");
        let distributions = &["single", "per_node", "per_shard", "default"];
        binder.hint_word(&self.parameters, "hint.distribution", distributions);
        let input = input.unwrap_or_else(|| Relation::new(Plan::one_row()));
        let Some(plugin) = plugins::plugin(&self.plugin.text) else {
            self.unknown(binder);
            return binder.broken_table();
        };
        let call = CALLS.iter().find(|(name, _)| *name == plugin.name);
        let Some((_, call)) = call else {
            let mut message = format!("the plugin `{}` cannot run yet", plugin.name);
            if !plugin.reason.is_empty() {
                message = format!("{message}: {}", plugin.reason);
            }
            binder.unsupported(self.plugin.span, message);
            return binder.broken_table();
        };
        if input.plan.schema.open {
            // Behind an error, or where data would have to tell.
            return binder.broken_table();
        }
        let called = Called {
            arguments: &self.arguments,
            schema: self.schema.as_ref(),
            span,
        };
        call(binder, input, &called)
    }
}

/// What makes a plan of a plugin's call.
type MakePlan = fn(&mut Binder<'_>, Relation, &Called<'_>) -> Relation;

/// The plugins that can run, by name.
static CALLS: &[(&str, MakePlan)] = &[
    ("active_users_count", |b, input, call| {
        b.composed(input, call, "active_users_count", recipes::active_users_count)
    }),
    ("activity_counts_metrics", |b, input, call| {
        b.composed(input, call, "activity_counts_metrics", recipes::activity_counts_metrics)
    }),
    ("activity_engagement", |b, input, call| {
        b.composed(input, call, "activity_engagement", retention::activity_engagement)
    }),
    ("activity_metrics", |b, input, call| {
        b.composed(input, call, "activity_metrics", retention::activity_metrics)
    }),
    ("autocluster", |b, input, call| b.clustered(input, call)),
    ("bag_unpack", |b, input, call| b.bag_unpacked(input, call)),
    ("basket", |b, input, call| b.basketed(input, call)),
    ("dcount_intersect", |b, input, call| {
        b.composed(input, call, "dcount_intersect", recipes::dcount_intersect)
    }),
    ("diffpatterns", |b, input, call| b.diffpatterns(input, call)),
    ("diffpatterns_text", |b, input, call| b.diffpatterns_text(input, call)),
    ("funnel_sequence", |b, input, call| {
        b.composed(input, call, "funnel_sequence", funnels::funnel_sequence)
    }),
    ("funnel_sequence_completion", |b, input, call| {
        b.composed(input, call, "funnel_sequence_completion", funnels::funnel_sequence_completion)
    }),
    ("geo_line_lookup", |b, input, call| b.geo_lookup(input, call, true)),
    ("geo_polygon_lookup", |b, input, call| b.geo_lookup(input, call, false)),
    ("identity", |_, input, _| input),
    ("ipv4_lookup", |b, input, call| b.ip_lookup(input, call, false)),
    ("ipv6_lookup", |b, input, call| b.ip_lookup(input, call, true)),
    ("narrow", |b, input, call| b.narrowed(input, call)),
    ("new_activity_metrics", |b, input, call| {
        b.composed(input, call, "new_activity_metrics", retention::new_activity_metrics)
    }),
    ("pivot", |b, input, call| b.pivoted(input, call)),
    ("preview", |b, input, call| b.composed(input, call, "preview", recipes::preview)),
    ("rolling_percentile", |b, input, call| {
        b.composed(input, call, "rolling_percentile", recipes::rolling_percentile)
    }),
    ("rows_near", |b, input, call| {
        b.composed(input, call, "rows_near", recipes::rows_near)
    }),
    ("schema_merge", |b, input, call| b.schemas_merged(input, call)),
    ("sequence_detect", |b, input, call| {
        b.composed(input, call, "sequence_detect", recipes::sequence_detect)
    }),
    ("session_count", |b, input, call| {
        b.composed(input, call, "session_count", recipes::session_count)
    }),
    ("sliding_window_counts", |b, input, call| {
        b.composed(input, call, "sliding_window_counts", recipes::sliding_window_counts)
    }),
];

/// Whether a plugin can run.
pub(super) fn runs(plugin: &str) -> bool {
    CALLS.iter().any(|(name, _)| *name == plugin)
}

impl Evaluate {
    fn unknown(&self, binder: &mut Binder<'_>) {
        let name = &self.plugin;
        let message = format!("no plugin is called `{}`", name.text);
        let mut diagnostic = Diagnostic::new(Code::UnknownPlugin, name.span, message);
        if let Some(near) = nearest(&name.text, plugins::names()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        binder.say(diagnostic);
    }
}
