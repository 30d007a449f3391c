//! `top-nested`: the largest groups, and within them the largest groups.

use super::sort::sort_key;
use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{self, JoinKind, Node, Partition, Plan, Role};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, SortKey};
use crate::types::{Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What users read about `top-nested`.
pub const INFO: Info = Info {
    keywords: &["top-nested"],
    place: Place::Piped,
    summary: "Gives the largest groups and, within each, its largest groups, level by level.",
    syntax: "T | top-nested [n] of key [with others=value] by aggregate [asc|desc], top-nested ...",
    examples: &[("datatable (user: string, host: string) ['ann', 'web', 'ann', 'db', 'ann', 'web', 'bob', 'db']\n\
             | top-nested 1 of user by count(), top-nested 1 of host by count()", "user | aggregated_user | host | aggregated_host\nann | 3 | web | 2")],
};

/// `top-nested 3 of a by count(), top-nested 1 of b with others='rest' by s = sum(x) asc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNested {
    /// The levels, outermost first.
    pub levels: Vec<TopNestedLevel>,
}

/// `top-nested 3 of a with others='rest' by count() desc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many; all if not said.
    pub count: Option<Expr>,
    /// The key, named or not.
    pub of: Expr,
    /// The key of the row for all others.
    pub others: Option<Expr>,
    /// The aggregate, named or not, and its order.
    pub by: SortKey,
}

/// `top-nested 3 of a by count(), top-nested 1 of b by sum(x)`
pub fn top_nested(i: Tokens<'_>) -> Parsed<'_, TopNested> {
    let (mut i, first) = top_nested_level(i)?;
    let mut levels = vec![first];
    while i.is_symbol(0, ",") && i.skip(1).is_keyword("top-nested") {
        let (rest, level) = top_nested_level(i.skip(1))?;
        levels.push(level);
        i = rest;
    }
    i.expect("`,`");
    Ok((i, TopNested { levels }))
}

/// `top-nested 3 of a with others='rest' by count() desc`
pub fn top_nested_level(i: Tokens<'_>) -> Parsed<'_, TopNestedLevel> {
    let i = after(i, &INFO);
    let (i, count) = if i.is_keyword("of") {
        (i, None)
    } else {
        i.expect("`of`");
        let (i, count) = unnamed_expression(i)?;
        (i, Some(count))
    };
    let (i, _) = keyword("of")(i)?;
    let (i, of) = named_expression(i)?;
    let (i, with) = optional_keyword(i, "with");
    let (i, others) = if with {
        let (i, _) = keyword("others")(i)?;
        let (i, _) = symbol("=")(i)?;
        let (i, others) = unnamed_expression(i)?;
        (i, Some(others))
    } else {
        (i, None)
    };
    let (i, _) = keyword("by")(i)?;
    let (i, by) = sort_key(i)?;
    let level = TopNestedLevel {
        count,
        of,
        others,
        by,
    };
    Ok((i, level))
}

impl Print for TopNested {
    fn print(&self, p: &mut Printer) {
        for (n, level) in self.levels.iter().enumerate() {
            if n > 0 {
                p.push(", ");
                p.push(INFO.name());
            }
            p.optional(" ", level.count.as_ref());
            p.optional(" of ", Some(&level.of));
            p.optional(" with others=", level.others.as_ref());
            p.push(" by ");
            p.sort_key(&level.by);
        }
    }
}

impl super::Bind for TopNested {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        if input.plan.schema.open && input.plan.schema.is_empty() {
            return binder.broken_table();
        }
        let mut levels: Vec<Level> = Vec::new();
        for level in &self.levels {
            match Level::bind(binder, level, &input, &levels) {
                Some(level) => levels.push(level),
                None => return binder.broken_table(),
            }
        }
        let names: Vec<&Arc<str>> = levels.iter().flat_map(|l| &l.names).collect();
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                let message = format!("two columns would be called `{name}`");
                binder.error(Code::DuplicateColumn, span, message);
                return binder.broken_table();
            }
        }
        Nest { levels, span }.plan(binder, input)
    }
}

/// A name that no level above has: the base itself, or with a number.
fn unused(base: String, above: &[Level]) -> Arc<str> {
    let taken = |name: &str| above.iter().any(|l| l.names.iter().any(|n| **n == *name));
    let numbered = (1..).map(|n| format!("{base}{n}"));
    let mut names = std::iter::once(base.clone()).chain(numbered);
    names.find(|name| !taken(name)).unwrap_or(base).into()
}

/// A level, with the names of its columns and what it is computed from.
struct Level {
    /// Most groups of one parent.
    count: Option<u64>,
    /// `name = key`, over the columns read.
    key: Expr,
    /// `name = aggregate`
    aggregate: Expr,
    /// The key of the row for all others.
    others: Option<Value>,
    descending: bool,
    nulls_first: bool,
    names: [Arc<str>; 2],
    types: [Type; 2],
    /// The input's columns it reads.
    reads: BTreeSet<usize>,
}

impl Level {
    fn bind(
        binder: &mut Binder<'_>,
        level: &TopNestedLevel,
        input: &Relation,
        above: &[Level],
    ) -> Option<Level> {
        let count = level.count.as_ref().map(|c| binder.row_count(c, input));
        let (key_name, key) = parts(&level.of);
        let key_name = key_name.unwrap_or_else(|| {
            let base = binder.base_name(key).map(|name| name.to_string());
            let base = base.unwrap_or_else(|| format!("Column{}", above.len() + 1));
            unused(base, above)
        });
        let (name, aggregate) = parts(&level.by.value);
        let name = name.unwrap_or_else(|| unused(format!("aggregated_{key_name}"), above));
        let names = [key_name, name];
        let (key, aggregate) = (named(&names[0], key), named(&names[1], aggregate));
        let (one, by) = (std::slice::from_ref(&aggregate), std::slice::from_ref(&key));
        let grouped = binder.summarized(input.clone(), one, by, level.of.span);
        let [key_column, value_column] = &grouped.plan.schema.columns[..] else {
            return None;
        };
        let types = [key_column.ty, value_column.ty];
        if grouped.plan.schema.open || types.contains(&Type::Unknown) {
            return None;
        }
        if matches!(types[1], Type::Dynamic | Type::Guid) {
            let message = format!("groups cannot be sorted by a {} value", types[1]);
            binder.error(Code::DynamicKey, level.by.value.span, message);
            return None;
        }
        let mut reads = BTreeSet::new();
        if let Some(summarize) = grouped.plan.inputs().first() {
            for expr in summarize.exprs() {
                expr.visit(&mut |e| {
                    if let plan::ExprKind::Column(index) = e.kind {
                        reads.insert(index);
                    }
                });
            }
        }
        let others = match &level.others {
            Some(others) => {
                let value = binder.constant(others, "the key of the others")?;
                if value.ty() != types[0] {
                    let message = format!("the key is {}, not {}", types[0], value.ty());
                    let diagnostic = Diagnostic::new(Code::WrongType, others.span, message);
                    binder.say(diagnostic.help("give the others a key of the same type"));
                    return None;
                }
                Some(value)
            }
            None => None,
        };
        let descending = level.by.descending.unwrap_or(true);
        Some(Level {
            count,
            key,
            aggregate,
            others,
            descending,
            nulls_first: level.by.nulls_first.unwrap_or(!descending),
            names,
            types,
            reads,
        })
    }
}

/// The name and the value of `name = value`.
fn parts(e: &Expr) -> (Option<Arc<str>>, &Expr) {
    match &e.kind {
        ExprKind::Named { names, value, .. } => (names.first().map(|n| n.text.clone()), value),
        _ => (None, e),
    }
}

/// `name = value`
fn named(name: &Arc<str>, value: &Expr) -> Expr {
    let name = Name {
        text: name.clone(),
        quoted: true,
        span: value.span,
    };
    Expr {
        kind: ExprKind::Named {
            names: vec![name],
            bracketed: false,
            value: Box::new(value.clone()),
        },
        span: value.span,
    }
}

/// The column with the number of the group, one level up, that a row is in.
const PARENT: &str = "$parent";

struct Nest {
    levels: Vec<Level>,
    span: Span,
}

impl Nest {
    /// Level by level: groups the rows that are left, keeps the first groups of each parent, and the rows in them.
    fn plan(&self, binder: &mut Binder<'_>, input: Relation) -> Relation {
        let zero = plan::Expr::literal(Value::Long(0), self.span);
        let mut columns = vec![(PARENT.into(), zero)];
        let reads: BTreeSet<usize> = self.levels.iter().flat_map(|l| &l.reads).copied().collect();
        let all = input.plan.columns(self.span);
        columns.extend(reads.iter().filter_map(|i| all.get(*i).cloned()));
        let mut rows = shared(binder, Plan::project(input.plan, columns));
        // The columns of the levels so far, behind the number of the last one's group.
        let mut whole: Option<Plan> = None;
        let mut rest = Vec::new();
        for (i, level) in self.levels.iter().enumerate() {
            let groups = self.groups(binder, level, &rows);
            let groups = shared(binder, groups);
            let key = key_of(binder, level, &rows);
            let keys = || vec![self.column(&rows, 0), key.clone()];
            let group_keys = || vec![self.column(&groups, 1), self.column(&groups, 2)];
            if level.others.is_some() {
                let both = [rows.clone(), groups.clone()];
                let others = Plan::join(both, JoinKind::LeftAnti, [keys(), group_keys()]);
                rest.push(self.others(binder, others, i, whole.as_ref()));
            }
            let next = match &whole {
                Some(above) => {
                    let numbers = [vec![self.column(&groups, 1)], vec![self.column(above, 0)]];
                    let joined = Plan::join([groups.clone(), above.clone()], JoinKind::Inner, numbers);
                    let own = [2, 3];
                    let places = (5..4 + above.schema.len()).chain(own);
                    self.pick(joined, std::iter::once(0).chain(places))
                }
                None => self.pick(groups.clone(), [0, 2, 3]),
            };
            whole = Some(next);
            if i + 1 < self.levels.len() {
                let both = [rows.clone(), groups.clone()];
                let left = Plan::join(both, JoinKind::Inner, [keys(), group_keys()]);
                let width = rows.schema.len();
                let kept = self.pick(left, std::iter::once(width).chain(1..width));
                let kept = renamed(kept);
                rows = shared(binder, kept);
            }
        }
        let Some(whole) = whole else {
            return binder.broken_table();
        };
        let width = whole.schema.len();
        let mut plan = self.pick(whole, 1..width);
        if !rest.is_empty() {
            let schema = plan.schema.clone();
            let mut inputs = vec![plan];
            inputs.extend(rest);
            plan = Plan {
                schema,
                node: Node::Union { inputs },
            };
        }
        Relation::new(plan)
    }

    /// The first groups of each parent: their number, their parent's, the key and the aggregate.
    fn groups(&self, binder: &mut Binder<'_>, level: &Level, rows: &Plan) -> Plan {
        let by = [self.parent(), level.key.clone()];
        let aggregate = std::slice::from_ref(&level.aggregate);
        let grouped = binder.summarized(Relation::new(rows.clone()), aggregate, &by, self.span);
        let plan = grouped.plan;
        let parent = plan::SortKey {
            value: self.column(&plan, 0),
            descending: false,
            nulls_first: true,
        };
        let value = plan::SortKey {
            value: self.column(&plan, 2),
            descending: level.descending,
            nulls_first: level.nulls_first,
        };
        let sorted = Plan::sort(plan, vec![parent, value], None);
        let columns = sorted.columns(self.span);
        let mut first = Plan::window(sorted, columns);
        if let Node::Window { partition, .. } = &mut first.node {
            *partition = Some(Partition {
                column: 0,
                limit: level.count,
            });
        }
        let flags = (binder.serialized, binder.windowed);
        binder.serialized = true;
        let number = binder.by_role(Role::RowNumber, Vec::new(), self.span);
        (binder.serialized, binder.windowed) = flags;
        crate::bind::threaded::numbered(first, number, self.span)
    }

    /// The rows in no group that is kept, as one row per parent; deeper levels hold all of them, or nothing.
    fn others(
        &self,
        binder: &mut Binder<'_>,
        rest: Plan,
        index: usize,
        above: Option<&Plan>,
    ) -> Plan {
        let shown: Vec<&Level> = self.levels[index..].iter().filter(|l| l.others.is_some()).collect();
        let aggregates: Vec<Expr> = shown.iter().map(|l| l.aggregate.clone()).collect();
        let by = [self.parent()];
        let rest = binder.summarized(Relation::new(rest), &aggregates, &by, self.span);
        let rest = rest.plan;
        let width = rest.schema.len();
        let (joined, mut columns) = match above {
            Some(above) => {
                let numbers = [vec![self.column(&rest, 0)], vec![self.column(above, 0)]];
                let joined = Plan::join([rest, above.clone()], JoinKind::Inner, numbers);
                let all = joined.columns(self.span);
                let columns = all.into_iter().skip(width + 1).collect();
                (joined, columns)
            }
            None => (rest, Vec::new()),
        };
        let mut place = 1;
        for level in &self.levels[index..] {
            let [key, value] = &level.names;
            match &level.others {
                Some(others) => {
                    columns.push((key.clone(), plan::Expr::literal(others.clone(), self.span)));
                    columns.push((value.clone(), self.column(&joined, place)));
                    place += 1;
                }
                None => {
                    for (name, ty) in level.names.iter().zip(level.types) {
                        let null = plan::Expr::literal(Value::null(ty), self.span);
                        columns.push((name.clone(), null));
                    }
                }
            }
        }
        Plan::project(joined, columns)
    }

    fn parent(&self) -> Expr {
        let name = Name {
            text: PARENT.into(),
            quoted: true,
            span: self.span,
        };
        Expr {
            kind: ExprKind::Name(name),
            span: self.span,
        }
    }

    fn column(&self, plan: &Plan, index: usize) -> plan::Expr {
        let ty = plan.schema.columns.get(index).map_or(Type::Unknown, |c| c.ty);
        plan::Expr::column(index, ty, self.span)
    }

    /// Some of a plan's columns.
    fn pick(&self, plan: Plan, places: impl IntoIterator<Item = usize>) -> Plan {
        let all = plan.columns(self.span);
        let picked = places.into_iter().filter_map(|i| all.get(i).cloned());
        let picked = picked.collect();
        Plan::project(plan, picked)
    }
}

/// The level's key over the rows that are left.
fn key_of(binder: &mut Binder<'_>, level: &Level, rows: &Plan) -> plan::Expr {
    let (_, key) = parts(&level.key);
    binder.over(&rows.schema, |b| b.scalar(key))
}

/// The first column under the name of the parent's number.
fn renamed(mut plan: Plan) -> Plan {
    if let Some(first) = plan.schema.columns.first_mut() {
        first.name = PARENT.into();
    }
    plan
}

/// A plan that is used several times and run once.
fn shared(binder: &mut Binder<'_>, plan: Plan) -> Plan {
    Plan {
        schema: plan.schema.clone(),
        node: Node::Shared {
            id: binder.share(plan),
        },
    }
}
