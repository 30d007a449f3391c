//! temp
mod b_where {
    use crate::bind::{Binder, Relation};
    use crate::operators::r#where::*;
    use crate::plan::{Expr, Node, Plan};
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Where {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            let (predicate, windowed) =
                binder.over_rows(&input, |b| b.predicate(&self.predicate, "the condition"));
            if input.plan.schema.open && input.plan.schema.is_empty() {
                return input;
            }
            if !windowed {
                return input.clone().then(Plan::filter(input.plan, predicate));
            }
            // The condition looks at neighbouring rows: it is computed over all rows first, as a column.
            let span = predicate.span;
            let kept = input.plan.columns(span);
            let mut columns = kept.clone();
            columns.push(("$condition".into(), predicate));
            let mut plan = Plan::project(input.plan.clone(), columns);
            if let Node::Project { input, columns } = plan.node {
                plan.node = Node::Window { input, columns };
            }
            let condition = Expr::column(kept.len(), crate::types::Type::Bool, span);
            input.then(Plan::project(Plan::filter(plan, condition), kept))
        }
    }
}
mod b_extend {
    use crate::bind::{Binder, Relation};
    use crate::operators::extend::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Extend {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            binder.extended(input, &self.columns)
        }
    }
}
mod b_serialize {
    use crate::bind::{Binder, Relation};
    use crate::operators::serialize::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Serialize {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let mut input = binder.piped(input);
            input.serialized = true;
            if self.columns.is_empty() {
                return input;
            }
            binder.extended(input, &self.columns)
        }
    }
}
mod b_project {
    use crate::operators::project::*;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use std::collections::HashSet;

    use crate::bind::{Binder, Relation};
    use crate::source::Span;

    impl super::super::Bind for Project {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            let ((entries, names), windowed) = binder.over_rows(&input, |b| {
                let entries = b.entries(&self.columns);
                let names = b.names_of(&entries, &HashSet::new(), |_, n| format!("Column{n}"));
                (entries, names)
            });
            let columns = names
                .into_iter()
                .zip(entries.into_iter().map(|e| e.expr))
                .collect();
            binder.computed(input, columns, windowed)
        }
    }
}
mod b_print {
    use crate::operators::print::*;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use std::collections::HashSet;

    use crate::bind::{Binder, Relation};
    use crate::plan::Plan;
    use crate::source::Span;
    use crate::types::Schema;

    impl super::super::Bind for Print {
        fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, _: Span) -> Relation {
            let mut entries = binder.over(&Schema::default(), |b| b.entries(&self.columns));
            for entry in &mut entries {
                entry.base = None;
            }
            let names = binder.names_of(&entries, &HashSet::new(), |i, _| format!("print_{i}"));
            let columns = names
                .into_iter()
                .zip(entries.into_iter().map(|e| e.expr))
                .collect();
            Relation::new(Plan::project(Plan::one_row(), columns))
        }
    }
}
mod b_project_away {
    use crate::bind::{Binder, Relation};
    use crate::operators::project_away::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for ProjectAway {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let away = binder.matching(&input.plan.schema, &self.columns);
            let columns = input.plan.columns(span);
            let kept = columns
                .into_iter()
                .enumerate()
                .filter(|(i, _)| !away.contains(i))
                .map(|(_, c)| c)
                .collect();
            input.clone().then(Plan::project(input.plan, kept))
        }
    }
}
mod b_project_keep {
    use crate::bind::{Binder, Relation};
    use crate::operators::project_keep::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for ProjectKeep {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let kept = binder.matching(&input.plan.schema, &self.columns);
            let columns = input.plan.columns(span);
            let kept = kept.into_iter().map(|i| columns[i].clone()).collect();
            input.clone().then(Plan::project(input.plan, kept))
        }
    }
}
mod b_project_rename {
    use crate::bind::{Binder, Relation};
    use crate::diagnostic::Code;
    use crate::operators::project_rename::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for ProjectRename {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let mut columns = input.plan.columns(span);
            for e in &self.columns {
                let ExprKind::Named { names, value, .. } = &e.kind else {
                    if e.kind != ExprKind::Error {
                        binder.error(Code::Syntax, e.span, "expected new = old");
                    }
                    continue;
                };
                let (Some(new), ExprKind::Name(old)) = (names.first(), &value.kind) else {
                    binder.error(
                        Code::ColumnExpected,
                        value.span,
                        "a column's name is needed here",
                    );
                    continue;
                };
                if let Some(index) = binder.column_index(&input.plan.schema, old) {
                    columns[index].0 = new.text.clone();
                }
            }
            for (i, (name, _)) in columns.iter().enumerate() {
                if columns[..i].iter().any(|(n, _)| n == name) {
                    binder.error(
                        Code::DuplicateColumn,
                        span,
                        format!("two columns would be called `{name}`"),
                    );
                    return input;
                }
            }
            input.clone().then(Plan::project(input.plan, columns))
        }
    }
}
mod b_project_reorder {
    use crate::bind::{Binder, Relation};
    use crate::operators::project_reorder::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for ProjectReorder {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let schema = input.plan.schema.clone();
            let mut order: Vec<usize> = Vec::new();
            for entry in &self.columns {
                let mut found = binder.matching_one(&schema, &entry.column);
                found.retain(|i| !order.contains(i));
                let name = |i: &usize| &*schema.columns[*i].name;
                match entry.order {
                    None => {}
                    Some(ReorderOrder::Ascending) => found.sort_by(|a, b| name(a).cmp(name(b))),
                    Some(ReorderOrder::Descending) => found.sort_by(|a, b| name(b).cmp(name(a))),
                    Some(ReorderOrder::GrannyAscending) => {
                        found.sort_by_key(|i| natural(name(i)));
                    }
                    Some(ReorderOrder::GrannyDescending) => {
                        found.sort_by_key(|i| std::cmp::Reverse(natural(name(i))));
                    }
                }
                order.extend(found);
            }
            let rest: Vec<usize> = (0..schema.len()).filter(|i| !order.contains(i)).collect();
            order.extend(rest);
            let columns = input.plan.columns(span);
            let columns = order.into_iter().map(|i| columns[i].clone()).collect();
            input.clone().then(Plan::project(input.plan, columns))
        }
    }

    /// A name as text and numbers in turn, so that `a2` comes before `a10`.
    fn natural(name: &str) -> Vec<(String, u128)> {
        let mut parts = Vec::new();
        let mut rest = name;
        while !rest.is_empty() {
            let text = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let digits = rest[text..]
                .find(|c: char| !c.is_ascii_digit())
                .map_or(rest.len(), |n| text + n);
            let number = rest[text..digits].parse().unwrap_or(0);
            parts.push((rest[..text].to_string(), number));
            rest = &rest[digits..];
        }
        parts
    }
}
mod b_distinct {
    use crate::bind::{Binder, Relation};
    use crate::operators::distinct::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Distinct {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let mut keys = Vec::new();
            for e in &self.columns {
                if e.kind != ExprKind::Star {
                    keys.push(e.clone());
                    continue;
                }
                keys.extend(input.plan.schema.columns.iter().map(|c| {
                    let name = Name {
                        text: c.name.clone(),
                        quoted: true,
                        span: e.span,
                    };
                    Expr {
                        kind: ExprKind::Name(name),
                        span: e.span,
                    }
                }));
            }
            binder.summarized(input, &[], &keys, span)
        }
    }
}
mod b_summarize {
    use crate::bind::{Binder, Relation};
    use crate::operators::summarize::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Summarize {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            binder.hints(&self.parameters, &[]);
            binder.summarized(input, &self.aggregates, &self.by, span)
        }
    }
}
mod b_count {
    use crate::bind::{Binder, Relation};
    use crate::functions;
    use crate::operators::count::*;
    use crate::plan::{AggregateCall, AggregateRole, Plan};
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use crate::types::{Schema, Type};

    impl super::super::Bind for Count {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let count = functions::all_aggregates()
                .into_iter()
                .find(|e| e.function.role == AggregateRole::Count);
            let Some(count) = count else {
                binder.unsupported(span, "`count` cannot run yet");
                return binder.broken_table();
            };
            let call = AggregateCall {
                function: count.function,
                overload: 0,
                args: Vec::new(),
                filter: None,
                outputs: vec![Type::Long],
                span,
            };
            let name = self.name.as_ref().map_or("Count", |n| &n.text);
            let schema = Schema::of(&[(name, Type::Long)]);
            if input.plan.schema.open && input.plan.schema.is_empty() {
                let mut broken = binder.broken_table();
                broken.plan.schema = schema;
                return broken;
            }
            Relation::new(Plan::summarize(input.plan, Vec::new(), vec![call], schema))
        }
    }
}
mod b_sort {
    use crate::bind::{Binder, Relation};
    use crate::operators::sort::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Sort {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let mut input = binder.piped(input);
            binder.hints(&self.parameters, &[]);
            let keys = binder.over(&input.plan.schema.clone(), |b| {
                self.keys.iter().filter_map(|k| b.sort_key(k)).collect()
            });
            input.serialized = true;
            input.clone().then(Plan::sort(input.plan, keys, None))
        }
    }
}
mod b_top {
    use crate::bind::{Binder, Relation};
    use crate::operators::top::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Top {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let mut input = binder.piped(input);
            binder.hints(&self.parameters, &[]);
            let count = binder.row_count(&self.count);
            let key = binder.over(&input.plan.schema.clone(), |b| b.sort_key(&self.by));
            input.serialized = true;
            let keys = key.into_iter().collect();
            input
                .clone()
                .then(Plan::sort(input.plan, keys, Some(count)))
        }
    }
}
mod b_take {
    use crate::bind::{Binder, Relation};
    use crate::operators::take::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Take {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            binder.hints(&self.parameters, &[]);
            let count = binder.row_count(&self.count);
            input.clone().then(Plan::take(input.plan, count))
        }
    }
}
mod b_as {
    use crate::operators::r#as::*;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use std::rc::Rc;

    use crate::bind::{Binder, Binding, Relation, share};
    use crate::source::Span;

    impl super::super::Bind for As {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            binder.hints(&self.parameters, &[]);
            let mut shared = share(binder, input);
            shared.label = Some(self.name.text.clone());
            let binding = Binding::Table(Rc::new(shared.clone()));
            binder.bind_name(&self.name, binding);
            shared
        }
    }
}
mod b_render {
    use crate::bind::{Binder, Relation};
    use crate::operators::render::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use crate::types::Value;

    impl super::super::Bind for Render {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let mut input = binder.piped(input);
            let properties = self
                .properties
                .iter()
                .map(|p| (p.name.text.to_string(), property(&p.value)))
                .collect();
            input.render = Some(crate::plan::Render {
                kind: self.chart.text.to_string(),
                properties,
            });
            input
        }
    }

    /// A property's value as text; a list's entries are parted by commas.
    fn property(e: &Expr) -> String {
        match &e.kind {
            ExprKind::Name(name) => name.text.to_string(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::String(text) => text.to_string(),
                _ => literal.text.to_string(),
            },
            ExprKind::Bracketed(list) => list.iter().map(property).collect::<Vec<_>>().join(","),
            ExprKind::Paren(inner) => property(inner),
            ExprKind::Unary { operand, .. } => format!("-{}", property(operand)),
            _ => String::new(),
        }
    }
}
mod b_getschema {
    use crate::bind::{Binder, Relation};
    use crate::operators::getschema::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use crate::types::{Schema, Type, Value};

    impl super::super::Bind for Getschema {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            let schema = Schema::of(&[
                ("ColumnName", Type::String),
                ("ColumnOrdinal", Type::Int),
                ("DataType", Type::String),
                ("ColumnType", Type::String),
            ]);
            let columns = &input.plan.schema.columns;
            let ordinals = 0..i32::try_from(columns.len()).unwrap_or(i32::MAX);
            let cells = vec![
                columns
                    .iter()
                    .map(|c| Value::String(c.name.clone()))
                    .collect(),
                ordinals.map(Value::Int).collect(),
                columns
                    .iter()
                    .map(|c| Value::string(c.ty.dotnet_name()))
                    .collect(),
                columns.iter().map(|c| Value::string(c.ty.name())).collect(),
            ];
            let mut relation = Relation::new(Plan::rows(schema, cells));
            relation.serialized = true;
            relation
        }
    }
}
mod b_consume {
    use crate::bind::{Binder, Relation};
    use crate::operators::consume::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Consume {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
            let input = binder.piped(input);
            binder.hints(&self.parameters, &["decodeblocks"]);
            Relation::new(Plan::take(input.plan, 0))
        }
    }
}
mod b_datatable {
    use crate::bind::{Binder, Relation};
    use crate::diagnostic::Code;
    use crate::operators::datatable::*;
    use crate::plan::Plan;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use crate::types::{Type, Value};

    impl super::super::Bind for Datatable {
        fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, span: Span) -> Relation {
            let schema = binder.declared(&self.columns);
            let width = schema.len();
            if width == 0 || !self.values.len().is_multiple_of(width) {
                if width > 0 {
                    binder.error(
                        Code::RaggedRows,
                        span,
                        format!(
                            "{} values do not fill rows of {width} columns",
                            self.values.len()
                        ),
                    );
                }
                return Relation::new(Plan::rows(schema, vec![Vec::new(); width]));
            }
            let mut columns: Vec<Vec<Value>> = vec![Vec::new(); width];
            for (i, e) in self.values.iter().enumerate() {
                let ty = schema.columns[i % width].ty;
                columns[i % width].push(binder.cell(e, ty));
            }
            let mut relation = Relation::new(Plan::rows(schema, columns));
            relation.serialized = true;
            relation
        }
    }

    impl Binder<'_> {
        /// A constant cell of a column of type `ty`.
        fn cell(&mut self, e: &Expr, ty: Type) -> Value {
            let bound = self.outside(|b| b.scalar(e));
            if bound.ty == Type::Unknown || ty == Type::Unknown {
                return Value::null(ty);
            }
            let given = bound.ty;
            let Some(value) = self.constant_of(&bound, "a value of a datatable") else {
                return Value::null(ty);
            };
            // A null of any type is a null of the column's.
            if value.is_null() {
                return Value::null(ty);
            }
            let fits = given == ty
                || (given.is_number() && (ty.is_number() || ty == Type::Bool))
                || ty == Type::Dynamic
                || given == Type::String
                || given == Type::Dynamic;
            if !fits {
                self.error(
                    Code::WrongType,
                    e.span,
                    format!("the column is {ty}, the value {given}"),
                );
                return Value::null(ty);
            }
            let literal = crate::plan::Expr::literal(value, e.span);
            crate::bind::converted(literal, ty)
                .as_literal()
                .cloned()
                .unwrap_or_else(|| Value::null(ty))
        }
    }
}
mod b_range {
    use crate::bind::{Binder, Relation};
    use crate::diagnostic::Code;
    use crate::operators::range::*;
    use crate::plan::{Node, Plan};
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;
    use crate::types::{Column, Schema, Type};

    impl super::super::Bind for Range {
        fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, span: Span) -> Relation {
            let bounds = [&self.from, &self.to, &self.step];
            let [from, to, step] = bounds.map(|e| binder.outside(|b| b.scalar(e)));
            let types = [from.ty, to.ty, step.ty];
            let ty = match types {
                t if t.contains(&Type::Unknown) => Type::Unknown,
                [Type::Datetime, Type::Datetime, Type::Timespan] => Type::Datetime,
                [Type::Timespan, Type::Timespan, Type::Timespan] => Type::Timespan,
                t if t.iter().all(|t| t.is_number()) => {
                    let widest = t.into_iter().max().unwrap_or(Type::Long);
                    if widest == Type::Int {
                        Type::Long
                    } else {
                        widest
                    }
                }
                _ => {
                    binder.say(
                        crate::diagnostic::Diagnostic::new(
                            Code::WrongType,
                            span,
                            format!(
                                "range cannot go from {} to {} by {}",
                                types[0], types[1], types[2]
                            ),
                        )
                        .help("use numbers, timespans, or datetimes with a timespan step"),
                    );
                    Type::Unknown
                }
            };
            let schema = Schema::new(vec![Column::new(self.name.text.clone(), ty)]);
            if ty == Type::Unknown {
                return Relation::new(Plan::rows(schema, vec![Vec::new()]));
            }
            let step = if ty == Type::Datetime {
                step
            } else {
                crate::bind::converted(step, ty)
            };
            let node = Node::Range {
                from: crate::bind::converted(from, ty),
                to: crate::bind::converted(to, ty),
                step,
            };
            let mut relation = Relation::new(Plan { node, schema });
            relation.serialized = true;
            relation
        }
    }
}
mod b_invoke {
    use crate::bind::{Binder, Relation};
    use crate::diagnostic::Code;
    use crate::operators::invoke::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Invoke {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            match &self.call.kind {
                ExprKind::Call { name, arguments } => {
                    binder.table_call(name, arguments, Some(input), self.call.span)
                }
                ExprKind::Error => input,
                _ => {
                    binder.error(Code::Syntax, span, "invoke wants a call, such as f(1)");
                    binder.broken_table()
                }
            }
        }
    }
}
mod b_join {
    use crate::bind::{Binder, Relation};
    use crate::operators::join::*;
    use crate::plan::JoinKind;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Join {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let kinds: &[(&str, JoinKind)] = &[
                ("innerunique", JoinKind::InnerUnique),
                ("inner", JoinKind::Inner),
                ("leftouter", JoinKind::LeftOuter),
                ("rightouter", JoinKind::RightOuter),
                ("fullouter", JoinKind::FullOuter),
                ("leftsemi", JoinKind::LeftSemi),
                ("semi", JoinKind::LeftSemi),
                ("rightsemi", JoinKind::RightSemi),
                ("leftanti", JoinKind::LeftAnti),
                ("anti", JoinKind::LeftAnti),
                ("leftantisemi", JoinKind::LeftAnti),
                ("rightanti", JoinKind::RightAnti),
                ("rightantisemi", JoinKind::RightAnti),
            ];
            let kind = binder.kind(&self.parameters, kinds, JoinKind::InnerUnique);
            binder.joined(input, &self.right, &self.on, kind, false, span)
        }
    }
}
mod b_lookup {
    use crate::bind::{Binder, Relation};
    use crate::operators::lookup::*;
    use crate::plan::JoinKind;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Lookup {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            let input = binder.piped(input);
            let kinds: &[(&str, JoinKind)] = &[
                ("leftouter", JoinKind::LeftOuter),
                ("inner", JoinKind::Inner),
            ];
            let kind = binder.kind(&self.parameters, kinds, JoinKind::LeftOuter);
            binder.joined(input, &self.right, &self.on, kind, true, span)
        }
    }
}
mod b_union {
    use crate::bind::{Binder, Relation};
    use crate::operators::union::*;
    use crate::source::Span;
    #[allow(unused_imports)]
    use crate::syntax::ast::*;

    impl super::super::Bind for Union {
        fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
            binder.united(input, &self.parameters, &self.sources, span)
        }
    }
}
