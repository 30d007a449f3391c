//! `scan`: finds sequences of rows by steps with a state.

use super::prelude::*;
use super::sort::sort_key;
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, OperatorParameter, Parameter, SortKey};

/// What users read about `scan`.
pub const INFO: Info = Info {
    keywords: &["scan"],
    place: Place::Piped,
    summary: "Walks over the rows in order and finds sequences of them, step by step.",
    syntax: "T | scan [with_match_id=Name] [declare (column: type = default, ...)] with (step name [output=all|last|none]: condition [=> column = expression, ...]; ...)",
    examples: &[("range n from 1 to 4 step 1\n\
             | scan declare (total: long = 0) with (step s: true => total = n + s.total;)", "n | total\n1 | 1\n2 | 3\n3 | 6\n4 | 10")],
};

/// `scan declare (n: long = 0) with (step s: true => n = s.n + x;)`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `with_match_id=…`, `with_step_name=…`
    pub parameters: Vec<OperatorParameter>,
    /// `order by …`
    pub order_by: Vec<SortKey>,
    /// `partition by …`
    pub partition_by: Vec<Expr>,
    /// The columns added.
    pub declare: Vec<Parameter>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// `step s output=last: x > 1 => n = 2, m = 3;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// The step's name.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// Which rows it gives, if said.
    pub output: Option<ScanOutput>,
    /// When a row fits.
    pub condition: Expr,
    /// What is set then.
    pub assignments: Vec<ScanAssignment>,
}

/// Which rows a step of `scan` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOutput {
    /// `output=all`
    All,
    /// `output=last`
    Last,
    /// `output=none`
    None,
}

/// `n = s.n + 1`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanAssignment {
    /// The column.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `scan declare (n: long = 0) with (step s: true => n = s.n + x;)`
pub fn scan(i: Tokens<'_>) -> Parsed<'_, Scan> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, ordered) = optional_keyword(i, "order");
    let (i, order_by) = if ordered {
        let (i, _) = keyword("by")(i)?;
        list(i, sort_key)?
    } else {
        (i, Vec::new())
    };
    let (i, partitioned) = optional_keyword(i, "partition");
    let (i, partition_by) = if partitioned {
        let (i, _) = keyword("by")(i)?;
        list(i, unnamed_expression)?
    } else {
        (i, Vec::new())
    };
    let (i, declares) = optional_keyword(i, "declare");
    let (i, declare) = if declares {
        bracketed_list(i, "(", parameter_declaration, ")", false)?
    } else {
        (i, Vec::new())
    };
    let (i, _) = keyword("with")(i)?;
    let (i, steps) = between(i, "(", scan_steps, ")")?;
    let node = Scan {
        parameters,
        order_by,
        partition_by,
        declare,
        steps,
    };
    Ok((i, node))
}

/// `step a: x > 1; step b: x > 2;`
pub fn scan_steps(i: Tokens<'_>) -> Parsed<'_, Vec<ScanStep>> {
    let (mut i, first) = scan_step(i)?;
    let mut steps = vec![first];
    loop {
        (i, _) = symbol(";")(i)?;
        if !i.is_keyword("step") {
            i.expect("`step`");
            return Ok((i, steps));
        }
        let (rest, step) = scan_step(i)?;
        steps.push(step);
        i = rest;
    }
}

/// `step s output=last: x > 1 => n = 2, m = 3`
pub fn scan_step(i: Tokens<'_>) -> Parsed<'_, ScanStep> {
    let (i, _) = keyword("step")(i)?;
    let (i, name) = column_name(i)?;
    let (i, optional) = optional_keyword(i, "optional");
    let (i, output) = scan_output(i)?;
    let (i, _) = symbol(":")(i)?;
    let (i, condition) = unnamed_expression(i)?;
    let (i, assignments) = if i.is_symbol(0, "=>") {
        list(i.skip(1), scan_assignment)?
    } else {
        i.expect("`=>`");
        (i, Vec::new())
    };
    let step = ScanStep {
        name,
        optional,
        output,
        condition,
        assignments,
    };
    Ok((i, step))
}

/// `output=last`, or nothing
pub fn scan_output(i: Tokens<'_>) -> Parsed<'_, Option<ScanOutput>> {
    let (i, found) = optional_keyword(i, "output");
    if !found {
        return Ok((i, None));
    }
    let (i, _) = symbol("=")(i)?;
    for (word, output) in [
        ("all", ScanOutput::All),
        ("last", ScanOutput::Last),
        ("none", ScanOutput::None),
    ] {
        let (i, found) = optional_keyword(i, word);
        if found {
            return Ok((i, Some(output)));
        }
    }
    i.missing_token("`all`");
    Ok((i, None))
}

/// `n = s.n + 1`
pub fn scan_assignment(i: Tokens<'_>) -> Parsed<'_, ScanAssignment> {
    let (i, name) = name(i)?;
    let (i, _) = symbol("=")(i)?;
    let (i, value) = unnamed_expression(i)?;
    Ok((i, ScanAssignment { name, value }))
}

impl Print for Scan {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        if !self.order_by.is_empty() {
            p.push(" order by ");
            p.list(&self.order_by, Printer::sort_key);
        }
        if !self.partition_by.is_empty() {
            p.push(" partition by ");
            p.exprs(&self.partition_by);
        }
        if !self.declare.is_empty() {
            p.push(" declare (");
            p.list(&self.declare, Printer::parameter_declaration);
            p.push(")");
        }
        p.push(" with (");
        for (n, step) in self.steps.iter().enumerate() {
            if n > 0 {
                p.push(" ");
            }
            print_step(p, step);
        }
        p.push(")");
    }
}

fn print_step(p: &mut Printer, step: &ScanStep) {
    p.push("step ");
    p.name(&step.name);
    if step.optional {
        p.push(" optional");
    }
    if let Some(output) = step.output {
        p.push(match output {
            ScanOutput::All => " output=all",
            ScanOutput::Last => " output=last",
            ScanOutput::None => " output=none",
        });
    }
    p.optional(": ", Some(&step.condition));
    if !step.assignments.is_empty() {
        p.push(" => ");
        p.list(&step.assignments, |p, assignment| {
            p.name(&assignment.name);
            p.optional(" = ", Some(&assignment.value));
        });
    }
    p.push(";");
}

impl super::Bind for Scan {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.scanned(input, self, span)
    }
}
