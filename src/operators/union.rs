//! `union`: the rows of several tables.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `union`.
pub const INFO: Info = Info {
    keywords: &["union"],
    place: Place::Either,
    summary: "Gives the rows of several tables.",
    syntax: "[T |] union [kind=outer|inner] [withsource=Name] [isfuzzy=bool] table, ...",
};

/// `union isfuzzy=true withsource=S T, (U | take 5), Device*, database('d').V`
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// `kind=…`, `withsource=…`, `isfuzzy=…`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The tables: names, wildcards, paths, calls, pipelines in brackets.
    pub sources: Vec<Expr>,
}
