//! Binds `scan`: steps whose conditions and assignments see the states of the steps so far.

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::{Binder, Relation, parameter_text};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::operators::scan::{ScanOutput, ScanStep};
use crate::plan::whole::{Given, Scan, Step};
use crate::plan::{Expr, ExprKind, Operation, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Schema, Type, Value};

/// The columns that the steps see.
struct Shape {
    /// The input's, then the declared ones, then what stands for columns of the input that steps assign.
    schema: Schema,
    /// How many are the input's.
    inputs: usize,
    /// What those behind the input's hold where nothing was assigned.
    defaults: Vec<Value>,
    /// The input's columns that steps assign.
    replaced: Vec<usize>,
    /// The names of the steps.
    names: Vec<Arc<str>>,
    /// Whether a part of what it declares could not be read.
    unread: bool,
}

impl Binder<'_> {
    /// The rows that the steps of `scan` give.
    pub(crate) fn scanned(
        &mut self,
        input: Relation,
        node: &crate::operators::Scan,
        span: Span,
    ) -> Relation {
        let Some(input) = self.scan_input(input, node, span) else {
            return self.broken_table();
        };
        let open = input.plan.schema.open;
        let (partition, windowed) = self.over_rows(&input, |b| {
            let keys = node.partition_by.iter().map(|e| b.scalar(e));
            keys.collect::<Vec<Expr>>()
        });
        if windowed {
            self.neighbours(span);
        }
        for key in partition.iter().filter(|k| k.ty == Type::Dynamic) {
            let message = "rows cannot be parted by a dynamic value";
            self.error(Code::DynamicKey, key.span, message);
        }
        let Some(mut shape) = self.scan_shape(&input.plan.schema, node) else {
            return self.broken_table();
        };
        let steps = node.steps.first();
        shape.unread = steps.is_some_and(|s| self.is_unread(span.start, s.name.span.start));
        let steps = node.steps.iter().enumerate();
        let steps = steps.map(|(k, step)| self.scan_step(&shape, step, k));
        let steps: Vec<Step> = steps.collect();
        let matched = node.parameters.iter().find(|p| &*p.name.text == MATCH_ID);
        if let Some(matched) = matched
            && !partition.is_empty()
        {
            let message = "how `scan` numbers the matches of several partitions is not published";
            self.say(Diagnostic::unsupported(matched.name.span, message).help(
                "put the scan into a partition: partition hint.strategy=native by … (scan …)",
            ));
        }
        let mut schema = shape.schema.clone();
        if let Some(matched) = matched {
            let name = parameter_text(&matched.value);
            let column = Column::new(name.as_str(), Type::Long);
            self.scan_column(&mut schema, column, matched.value.span);
        }
        if open {
            return self.broken_table();
        }
        let operation = Operation::Scan(Scan {
            defaults: shape.defaults.clone(),
            steps,
            partition,
            numbered: matched.is_some(),
        });
        let plan = Plan::whole(vec![input.plan], operation, schema);
        let mut relation = Relation::new(shape.put_back(plan, span));
        // Rows of several partitions come in no order of their own.
        relation.serialized = node.partition_by.is_empty();
        relation
    }

    /// The rows in the order that `scan` walks over them.
    fn scan_input(
        &mut self,
        mut input: Relation,
        node: &crate::operators::Scan,
        span: Span,
    ) -> Option<Relation> {
        self.hints(&node.parameters, &[MATCH_ID, STEP_NAME]);
        if let Some(named) = node.parameters.iter().find(|p| &*p.name.text == STEP_NAME) {
            let message = "where `scan` puts the name of the step is not published";
            self.say(
                Diagnostic::unsupported(named.name.span, message).help(
                    "declare a column for it, and set it in each step: step a: … => Step = 'a'",
                ),
            );
        }
        if !node.order_by.is_empty() {
            let (keys, _) = self.over_rows(&input, |b| {
                let keys = node.order_by.iter().map(|key| b.sort_key(key));
                keys.collect::<Option<Vec<_>>>()
            });
            let keys = keys?;
            input = input.then(|plan| Plan::sort(plan, keys, None));
            input.serialized = true;
        }
        if !input.serialized && !input.plan.schema.open {
            self.say(
                Diagnostic::new(
                    Code::NotSerialized,
                    span,
                    "`scan` needs rows in a fixed order",
                )
                .help("put `| serialize` or `| sort by …` before it"),
            );
            return None;
        }
        Some(input)
    }

    fn scan_shape(&mut self, input: &Schema, node: &crate::operators::Scan) -> Option<Shape> {
        let mut schema = input.clone();
        let mut defaults = Vec::with_capacity(node.declare.len());
        for parameter in &node.declare {
            let ast::ParameterType::Scalar(ty) = &parameter.ty else {
                let message = "a column that `scan` declares cannot be a table";
                self.error(Code::ScalarExpected, parameter.name.span, message);
                return None;
            };
            let ty = self.type_name(ty);
            let column = Column::new(parameter.name.text.clone(), ty);
            self.scan_column(&mut schema, column, parameter.name.span);
            let default = parameter.default.as_ref();
            defaults.push(match default {
                Some(default) => {
                    let value = self.scalar(default);
                    let value = self.assigned(value, ty);
                    self.constant_of(&value, "the default")?
                }
                None => Value::null(ty),
            });
        }
        let mut names: Vec<Arc<str>> = Vec::with_capacity(node.steps.len());
        for step in &node.steps {
            if names.contains(&step.name.text) {
                let message = format!("two steps are called `{}`", step.name.text);
                self.error(Code::DuplicateVariable, step.name.span, message);
                return None;
            }
            names.push(step.name.text.clone());
        }
        let mut replaced: Vec<usize> = Vec::new();
        for assignment in node.steps.iter().flat_map(|step| &step.assignments) {
            let column = schema.index(&assignment.name.text);
            replaced.extend(column.filter(|c| *c < input.len() && !replaced.contains(c)));
        }
        for column in &replaced {
            let ty = schema.columns[*column].ty;
            schema.columns.push(Column::new("", ty));
            defaults.push(Value::null(ty));
        }
        Some(Shape {
            schema,
            inputs: input.len(),
            defaults,
            replaced,
            names,
            unread: false,
        })
    }

    fn scan_column(&mut self, schema: &mut Schema, column: Column, span: Span) {
        if schema.index(&column.name).is_some() {
            let message = format!("there is a column `{}` already", column.name);
            self.error(Code::DuplicateColumn, span, message);
        }
        schema.columns.push(column);
    }

    /// The step of this number.
    fn scan_step(&mut self, shape: &Shape, step: &ScanStep, number: usize) -> Step {
        if step.optional {
            let message = "when `scan` passes over an optional step is not published";
            self.say(
                Diagnostic::unsupported(step.name.span, message)
                    .help("leave out the word, or write a `scan` without the step"),
            );
        }
        let outer = (self.serialized, self.windowed);
        (self.serialized, self.windowed) = (true, false);
        let states: Rc<[Arc<str>]> = shape.names[..=number].into();
        let (condition, assignments) = self.over(&shape.schema, |b| {
            if let Some(row) = &mut b.row {
                row.states = states;
            }
            let condition = b.predicate(&step.condition, "a step's condition");
            let assignments = step.assignments.iter();
            let assignments = assignments.filter_map(|a| {
                let value = b.scalar(&a.value);
                let column = b.assigned_column(shape, &a.name)?;
                let ty = shape.schema.columns[column].ty;
                Some((column - shape.inputs, b.assigned(value, ty)))
            });
            (condition, assignments.collect::<Vec<_>>())
        });
        let windowed = self.windowed;
        (self.serialized, self.windowed) = outer;
        if windowed {
            self.neighbours(step.condition.span);
        }
        let mut assignments: Vec<(usize, Expr)> = assignments
            .into_iter()
            .map(|(column, value)| (column, shape.resolved(value)))
            .collect();
        shape.keep_others(&mut assignments, step.name.span);
        Step {
            condition: shape.resolved(condition),
            assignments,
            output: match step.output {
                None | Some(ScanOutput::All) => Given::All,
                Some(ScanOutput::Last) => Given::Last,
                Some(ScanOutput::None) => Given::None,
            },
        }
    }

    fn neighbours(&mut self, span: Span) {
        self.say(
            Diagnostic::new(
                Code::RowContext,
                span,
                "functions of neighbouring rows cannot stand in `scan`",
            )
            .help("compute them with `| extend …` before it, or read the state of a step"),
        );
    }

    /// The column that an assignment names, which is a declared one or stands for one of the input.
    fn assigned_column(&mut self, shape: &Shape, name: &ast::Name) -> Option<usize> {
        match shape.schema.index(&name.text) {
            Some(index) if index >= shape.inputs => return Some(index),
            Some(index) => return shape.stand_in(index),
            None if shape.unread => return None,
            None => {}
        }
        let declared = &shape.schema.columns[shape.inputs..];
        let near = nearest(&name.text, declared.iter().map(|c| &*c.name));
        let message = format!("`scan` declares no column `{}`", name.text);
        let mut diagnostic = Diagnostic::new(Code::UnknownName, name.span, message);
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!(
                "write `declare ({}: type)` before `with`",
                name.text
            )),
        };
        self.say(diagnostic);
        None
    }

    /// A value for a declared column: numbers become its kind of number.
    fn assigned(&mut self, value: Expr, ty: Type) -> Expr {
        let fits = match (value.ty, ty) {
            (a, b) if a == b || a == Type::Unknown || b == Type::Unknown => return value,
            (Type::Int | Type::Long, Type::Int | Type::Long | Type::Real | Type::Decimal)
            | (Type::Real, Type::Decimal) => true,
            _ => false,
        };
        if fits {
            return super::converted(value, ty);
        }
        let message = format!("the column is {ty}, and this is {}", value.ty);
        self.error(Code::WrongType, value.span, message);
        self.broken(value.span)
    }

    /// Whether this is the name of a step, whose state is meant.
    pub(super) fn is_state(&self, base: &ast::Expr) -> bool {
        let row = self.row.as_ref().filter(|r| r.visible);
        match (&base.kind, row) {
            (ast::ExprKind::Name(step), Some(row)) => row.states.contains(&step.text),
            _ => false,
        }
    }

    /// `s.c` inside `scan`: the column `c` in the state of step `s`.
    pub(super) fn state(
        &mut self,
        base: &ast::Expr,
        member: &ast::Name,
        span: Span,
    ) -> Option<Expr> {
        let ast::ExprKind::Name(step) = &base.kind else {
            return None;
        };
        let row = self.row.clone().filter(|r| r.visible)?;
        let number = row.states.iter().position(|s| *s == step.text)?;
        let width = row.schema.len();
        if let Some(index) = row.schema.index(&member.text) {
            let ty = row.schema.columns[index].ty;
            return Some(Expr::column(width * (number + 1) + index, ty, span));
        }
        if row.schema.open {
            return Some(self.broken(span));
        }
        let near = nearest(&member.text, row.schema.columns.iter().map(|c| &*c.name));
        let message = format!("the state of a step has no column `{}`", member.text);
        let mut diagnostic = Diagnostic::new(Code::UnknownName, member.span, message);
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.say(diagnostic);
        Some(self.broken(span))
    }
}

/// The parameter that names the column for the number of the match.
const MATCH_ID: &str = "with_match_id";

/// The parameter that names the column for the name of the step.
const STEP_NAME: &str = "with_step_name";

impl Shape {
    /// The column that stands for a column of the input that steps assign.
    fn stand_in(&self, column: usize) -> Option<usize> {
        let place = self.replaced.iter().position(|r| *r == column)?;
        Some(self.schema.len() - self.replaced.len() + place)
    }

    /// A declared column's bare name stands for its default, whatever a step assigns (measured). The state of a step
    /// holds what was assigned to a column of the input.
    fn resolved(&self, mut expr: Expr) -> Expr {
        let width = self.schema.len();
        expr.visit_mut(&mut |e| {
            let ExprKind::Column(index) = e.kind else {
                return;
            };
            if index >= width {
                if let Some(stand_in) = self.stand_in(index % width) {
                    e.kind = ExprKind::Column(index - index % width + stand_in);
                }
            } else if let Some(default) = index.checked_sub(self.inputs)
                && let Some(default) = self.defaults.get(default)
            {
                e.kind = ExprKind::Literal(default.clone());
            }
        });
        expr
    }

    /// Columns of the input that other steps assign stay as they are in this one.
    fn keep_others(&self, assignments: &mut Vec<(usize, Expr)>, span: Span) {
        for column in &self.replaced {
            let place = self.stand_in(*column).map(|c| c - self.inputs);
            if let Some(place) = place
                && assignments.iter().all(|(assigned, _)| *assigned != place)
            {
                let ty = self.schema.columns[*column].ty;
                assignments.push((place, Expr::column(*column, ty, span)));
            }
        }
    }

    /// The output: what was assigned to columns of the input in their places.
    fn put_back(&self, plan: Plan, span: Span) -> Plan {
        if self.replaced.is_empty() {
            return plan;
        }
        let width = self.schema.len();
        let hidden = width - self.replaced.len()..width;
        let mut columns = plan.columns(span);
        for column in &self.replaced {
            if let Some(stand_in) = self.stand_in(*column) {
                columns[*column].1 = columns[stand_in].1.clone();
            }
        }
        columns.drain(hidden);
        Plan::project(plan, columns)
    }
}
