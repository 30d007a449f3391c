//! `mv-expand`: one row per element of an array or bag.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter, TypeName};

/// What users read about `mv-expand`.
pub const INFO: Info = Info {
    keywords: &["mv-expand", "mvexpand"],
    place: Place::Piped,
    summary: "Makes one row per element of an array or bag.",
    syntax: "T | mv-expand [kind=bag|array] [with_itemindex=Name] [name =] array [to typeof(type)], ... [limit n]",
};

/// `mv-expand kind=array with_itemindex=i a = d to typeof(long), e limit 5`
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `kind=…`, `bagexpansion=…`, `with_itemindex=…`
    pub parameters: Vec<OperatorParameter>,
    /// The arrays.
    pub columns: Vec<ExpandColumn>,
    /// How many elements per row.
    pub limit: Option<Expr>,
    /// Written `mvexpand`, which has a limit of 128 unless told otherwise.
    pub legacy: bool,
}

/// `a = d to typeof(long)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandColumn {
    /// The array, named or not.
    pub value: Expr,
    /// The elements' type.
    pub ty: Option<TypeName>,
}

/// `kind=array`, `with_itemindex=i`
pub fn expand_parameters(i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    known_parameters(i, &["kind", "bagexpansion", "with_itemindex"])
}

/// `mv-expand kind=array a = d to typeof(long) limit 5`
pub fn mv_expand(i: Tokens<'_>) -> Parsed<'_, MvExpand> {
    let legacy = i.is_keyword("mvexpand");
    let (i, parameters) = expand_parameters(after(i, &INFO))?;
    let (i, columns) = list(i, expand_column)?;
    let (i, limit) = expand_limit(i)?;
    let node = MvExpand {
        parameters,
        columns,
        limit,
        legacy,
    };
    Ok((i, node))
}

/// `a = d to typeof(long)`
pub fn expand_column(i: Tokens<'_>) -> Parsed<'_, ExpandColumn> {
    let (i, value) = named_expression(i)?;
    let (i, typed) = optional_keyword(i, "to");
    let (i, ty) = if typed {
        let (i, _) = keyword("typeof")(i)?;
        let (i, ty) = between(i, "(", type_name, ")")?;
        (i, Some(ty))
    } else {
        (i, None)
    };
    Ok((i, ExpandColumn { value, ty }))
}

/// `limit 5`, or nothing
pub fn expand_limit(i: Tokens<'_>) -> Parsed<'_, Option<Expr>> {
    let (i, found) = optional_keyword(i, "limit");
    if !found {
        return Ok((i, None));
    }
    let (i, limit) = unnamed_expression(i)?;
    Ok((i, Some(limit)))
}

impl Print for MvExpand {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_expand(p, &self.columns, self.limit.as_ref());
    }
}

/// The part that `mv-expand` and `mv-apply` share.
pub(super) fn print_expand(p: &mut Printer, columns: &[ExpandColumn], limit: Option<&Expr>) {
    p.push(" ");
    p.list(columns, |p, column| {
        p.expr(&column.value);
        if let Some(ty) = &column.ty {
            p.push(" to typeof(");
            p.push(&ty.text);
            p.push(")");
        }
    });
    p.optional(" limit ", limit);
}
