//! Operators that look for whole terms of a text: `has`, `hasprefix`, `hassuffix`, `has_any`,
//! `has_all` and their kin.

use super::contains::search;
use super::needles::{has_all, has_any, has_any_index};
use crate::plan::{Doc, Eval, Role, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &HAS,
    &HAS_CS,
    &NOT_HAS,
    &NOT_HAS_CS,
    &HASPREFIX,
    &HASPREFIX_CS,
    &NOT_HASPREFIX,
    &NOT_HASPREFIX_CS,
    &HASSUFFIX,
    &HASSUFFIX_CS,
    &NOT_HASSUFFIX,
    &NOT_HASSUFFIX_CS,
    &SEARCH,
    &HAS_ANY,
    &HAS_ALL,
    &HAS_ANY_INDEX,
];

const TERMS: &str = "A term is a run of letters and digits of any script; everything else, the \
    underscore too, stands between terms. The text looked for may span several terms: it is found \
    where its ends are ends of terms too. An end of it that is no letter or digit needs no \
    boundary, and \"\" is in every text. There is no minimum length.";
const PREFIX: &str = "Like `has`, but only the start of the text looked for must be the start of a term.";
const SUFFIX: &str = "Like `has`, but only the end of the text looked for must be the end of a term.";

search!(HAS, "text: stringy has term: string -> bool", Term, ignore_case: true, negate: false, HasTerm,
    "Tells whether a text has another as whole terms, whatever the case.",
    TERMS,
    [("'power-SHELL' has 'Shell'", "True"), ("'powershell' has 'shell'", "False"), ("'a_b' has 'a'", "True"), ("'x a-b y' has 'a-b'", "True"), ("'any' has ''", "True")]);
search!(HAS_CS, "text: stringy has_cs term: string -> bool", Term, ignore_case: false, negate: false, None,
    "Tells whether a text has another as whole terms, case included.",
    TERMS,
    [("'power-shell' has_cs 'Shell'", "False")]);
search!(NOT_HAS, "text: stringy !has term: string -> bool", Term, ignore_case: true, negate: true, None,
    "Tells whether a text does not have another as whole terms, whatever the case.",
    TERMS,
    [("'power-SHELL' !has 'Shell'", "False")]);
search!(NOT_HAS_CS, "text: stringy !has_cs term: string -> bool", Term, ignore_case: false, negate: true, None,
    "Tells whether a text does not have another as whole terms, case included.",
    TERMS,
    [("'power-shell' !has_cs 'Shell'", "True")]);
search!(HASPREFIX, "text: stringy hasprefix term: string -> bool", TermStart, ignore_case: true, negate: false, None,
    "Tells whether a term of a text starts with another text, whatever the case.",
    PREFIX,
    [("'power-SHELL' hasprefix 'Sh'", "True"), ("'x-error' hasprefix 'err'", "True"), ("'x-error' hasprefix 'ror'", "False")]);
search!(HASPREFIX_CS, "text: stringy hasprefix_cs term: string -> bool", TermStart, ignore_case: false, negate: false, None,
    "Tells whether a term of a text starts with another text, case included.",
    PREFIX,
    [("'power-shell' hasprefix_cs 'Sh'", "False")]);
search!(NOT_HASPREFIX, "text: stringy !hasprefix term: string -> bool", TermStart, ignore_case: true, negate: true, None,
    "Tells whether no term of a text starts with another text, whatever the case.",
    PREFIX,
    [("'power-SHELL' !hasprefix 'Sh'", "False")]);
search!(NOT_HASPREFIX_CS, "text: stringy !hasprefix_cs term: string -> bool", TermStart, ignore_case: false, negate: true, None,
    "Tells whether no term of a text starts with another text, case included.",
    PREFIX,
    [("'power-shell' !hasprefix_cs 'Sh'", "True")]);
search!(HASSUFFIX, "text: stringy hassuffix term: string -> bool", TermEnd, ignore_case: true, negate: false, None,
    "Tells whether a term of a text ends with another text, whatever the case.",
    SUFFIX,
    [("'power-SHELL' hassuffix 'ell'", "True"), ("'x-error' hassuffix 'ror'", "True")]);
search!(HASSUFFIX_CS, "text: stringy hassuffix_cs term: string -> bool", TermEnd, ignore_case: false, negate: false, None,
    "Tells whether a term of a text ends with another text, case included.",
    SUFFIX,
    [("'power-shell' hassuffix_cs 'ell'", "True")]);
search!(NOT_HASSUFFIX, "text: stringy !hassuffix term: string -> bool", TermEnd, ignore_case: true, negate: true, None,
    "Tells whether no term of a text ends with another text, whatever the case.",
    SUFFIX,
    [("'power-SHELL' !hassuffix 'ell'", "False")]);
search!(NOT_HASSUFFIX_CS, "text: stringy !hassuffix_cs term: string -> bool", TermEnd, ignore_case: false, negate: true, None,
    "Tells whether no term of a text ends with another text, case included.",
    SUFFIX,
    [("'power-shell' !hassuffix_cs 'ell'", "False")]);
search!(SEARCH, "text: stringy : term: string -> bool", Term, ignore_case: true, negate: false, None,
    "Tells whether a text has another as whole terms, as `has` does.",
    TERMS,
    [("'a-b' : 'b'", "True"), ("'ab' : 'b'", "False")]);

static HAS_ANY: Scalar = Scalar {
    signatures: &["text: stringy has_any (term: any, ...) -> bool"],
    doc: Doc {
        summary: "Tells whether a text has any of the given texts as whole terms, whatever the case.",
        details: "Terms are those of `has`. Items of the list may be texts, numbers (their text), \
            dynamic arrays (each of their elements) or one table (its first column). A null \
            element is \"\", which every text has; an empty list is in none.",
        examples: &[
            ("'error 42 at boot' has_any ('fatal', 42)", "True"),
            ("'rundll32.exe' has_any (dynamic(['rundll', 'exe']))", "True"),
            ("'rundll32' has_any ('rundll')", "False"),
            ("'a' has_any (dynamic([]))", "False"),
        ],
    },
    eval: Eval::Prepared(has_any),
    role: Role::HasAny,
    ..Scalar::DEFAULT
};

static HAS_ALL: Scalar = Scalar {
    signatures: &["text: stringy has_all (term: any, ...) -> bool"],
    doc: Doc {
        summary: "Tells whether a text has all of the given texts as whole terms, whatever the case.",
        details: "As `has_any`; an empty list is in every text.",
        examples: &[
            ("'net user add' has_all ('USER', 'net')", "True"),
            ("'net user' has_all (dynamic(['user', 'add']))", "False"),
            ("'a' has_all (dynamic([]))", "True"),
        ],
    },
    eval: Eval::Prepared(has_all),
    role: Role::HasAll,
    ..Scalar::DEFAULT
};

static HAS_ANY_INDEX: Scalar = Scalar {
    signatures: &["has_any_index(text: stringy, terms: array) -> long"],
    doc: Doc {
        summary: "Finds the first element of an array that a text has as a whole term.",
        details: "The index in the array, from 0; -1 if there is none. Terms are those of `has`.",
        examples: &[
            ("has_any_index('net user add', dynamic(['add', 'user']))", "0"),
            ("has_any_index('port 42', dynamic([41, 42]))", "1"),
            ("has_any_index('a', dynamic([]))", "-1"),
        ],
    },
    eval: Eval::Prepared(has_any_index),
    ..Scalar::DEFAULT
};
