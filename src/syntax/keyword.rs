//! Keywords that are no names unless in brackets.

use super::ast::Name;
use crate::diagnostic::{Code, Diagnostic, Edit};

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It is given to a variable, a table or a part of a graph: `let a =`, `as a`.
    Variable,
    /// It is given to a column or parameter, with its type: `a: long`.
    Column,
    /// It is given to the value of an expression: `a = 1`.
    Value,
    /// It means a column, a variable, a table or a part of a value.
    Reference,
}

/// Words that are never names. Sorted.
const NEVER: &[&str] = &[
    "__contextual_datatable",
    "__crossCluster",
    "__crossDB",
    "__executeAndCache",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__projectAway",
    "__sourceColumnIndex",
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "bagexpansion",
    "barchart",
    "between",
    "boolean",
    "byte",
    "cachingpolicy",
    "callout",
    "cancel",
    "card",
    "char",
    "columnchart",
    "contains_cs",
    "containscs",
    "cycles",
    "dataexport",
    "datascope",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "encodingpolicy",
    "endswith",
    "endswith_cs",
    "expandoutput",
    "extent_tags_retention",
    "external_data",
    "first",
    "flags",
    "float",
    "force_remote",
    "harddelete",
    "hardretention",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "hotcache",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "journal",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "missing",
    "nooptimization",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "pathformat",
    "piechart",
    "pivotchart",
    "project",
    "queries",
    "query_results",
    "real",
    "relaxed",
    "restricted_view_access",
    "row_level_security",
    "rowstore",
    "rowstore_references",
    "rowstore_sealinfo",
    "rowstorepolicy",
    "rowstores",
    "scatterchart",
    "seal",
    "seals",
    "shards",
    "simple",
    "softdelete",
    "softretention",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "statistics",
    "storedqueryresultcontainers",
    "string",
    "tablepurge",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "unrestrictedviewers",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_source",
    "with_step_name",
    "withsource",
    "writeaheadlog",
];

/// Words that columns, values and parameters can have for names, but that mean none of them. Sorted.
const GIVEN: &[&str] = &[
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "earliest",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "mdm",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "sql",
    "title",
    "to",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Whether a word stands for something else where this name is expected.
pub(crate) fn is_kept(word: &str, wanted: Use) -> bool {
    let among = |words: &[&str]| words.binary_search(&word).is_ok();
    match wanted {
        Use::Value => among(NEVER),
        Use::Column => among(NEVER) || word == "kind",
        Use::Reference => among(NEVER) || among(GIVEN),
        Use::Variable => among(NEVER) || among(GIVEN) || word == "kind",
    }
}

/// What is said of a name that is a keyword, if it is one.
pub(super) fn said_of(name: &Name, wanted: Use) -> Option<Diagnostic> {
    let word = &*name.text;
    if name.quoted || !is_kept(word, wanted) {
        return None;
    }
    let help = match wanted {
        Use::Reference => format!("write ['{word}']"),
        _ => format!("write ['{word}'], or take another name"),
    };
    let message = format!("`{word}` is a keyword, and no name");
    let edit = Edit {
        span: name.span,
        text: format!("['{word}']"),
    };
    let said = Diagnostic::new(Code::KeywordName, name.span, message).help(help);
    Some(said.fix("put the name in brackets", vec![edit]))
}

/// Whether a name must stand in brackets somewhere: it is no word, or a keyword.
pub(crate) fn needs_brackets(name: &str) -> bool {
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    !word || is_kept(name, Use::Variable)
}

#[cfg(test)]
mod tests {
    use super::{GIVEN, NEVER};

    #[test]
    fn the_words_are_sorted() {
        assert!(NEVER.is_sorted() && GIVEN.is_sorted());
    }
}
