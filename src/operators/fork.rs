//! `fork`: several results over the same rows.

use super::prelude::*;
use crate::bind::{Binder, Relation, share};
use crate::source::Span;
use crate::syntax::ast::{Name, Piped};

/// What users read about `fork`.
pub const INFO: Info = Info {
    keywords: &["fork"],
    place: Place::Piped,
    summary: "Runs several pipelines over the same rows and gives a table for each.",
    syntax: "T | fork [name =] (operators) ...",
    examples: &[("range n from 1 to 4 step 1\n| fork (where n < 3) (count)", "n\n1\n2\n\nCount\n4")],
};

/// `fork a = (take 1) (where x | count)`
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// The branches.
    pub branches: Vec<ForkBranch>,
}

/// `a = (where x | count)`
#[derive(Clone, Debug, PartialEq)]
pub struct ForkBranch {
    /// The name, if given.
    pub name: Option<Name>,
    /// What is done to the rows.
    pub operators: Vec<Piped>,
}

/// `fork a = (take 1) (where x | count)`
pub fn fork(i: Tokens<'_>) -> Parsed<'_, Fork> {
    let (mut i, first) = fork_branch(after(i, &INFO))?;
    let mut branches = vec![first];
    while i.is_symbol(0, "(") || is_named(&i) {
        let (rest, branch) = fork_branch(i)?;
        branches.push(branch);
        i = rest;
    }
    Ok((i, Fork { branches }))
}

/// `a = (where x | count)`
pub fn fork_branch(i: Tokens<'_>) -> Parsed<'_, ForkBranch> {
    let (i, name) = if is_named(&i) {
        let (i, name) = variable_name(i)?;
        (i.skip(1), Some(name))
    } else {
        (i, None)
    };
    let (i, operators) = subpipeline(i)?;
    Ok((i, ForkBranch { name, operators }))
}

impl Print for Fork {
    fn print(&self, p: &mut Printer) {
        for branch in &self.branches {
            p.push(" ");
            if let Some(name) = &branch.name {
                p.name(name);
                p.push(" = ");
            }
            p.subpipeline(&branch.operators);
        }
    }
}

impl super::Bind for Fork {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        if !binder.gives_several(INFO.name(), span) {
            return binder.broken_table();
        }
        let input = share(binder, input);
        let branches = self.branches.iter();
        let tables = branches.map(|b| binder.piped_through(input.clone(), &b.operators));
        let tables = tables.collect();
        binder.several(tables)
    }
}
