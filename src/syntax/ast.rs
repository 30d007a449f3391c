//! The tree of a query as it was written: every node with its span, nothing resolved.
//!
//! Trees compare without spans (`Span` fields are skipped by the hand-written `PartialEq` of
//! [`Spanned`] nodes), so that "print, then parse" can be checked by equality.

use std::sync::Arc;

use crate::operators::Operator;
use crate::source::Span;
use crate::types::{Type, Value};

/// A whole query text: statements separated by `;`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Query {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// Where the text could not be read.
    pub unread: Vec<Span>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Statement {
    fn eq(&self, other: &Statement) -> bool {
        self.kind == other.kind
    }
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `let x = 1`, `let T = A | where b`, `let f = (x: long) { x + 1 }`
    Let {
        /// The name declared.
        name: Name,
        /// Its value.
        value: LetValue,
    },
    /// `set notruncation`, `set query_now = datetime(2020-01-01)`
    Set {
        /// The option.
        name: Name,
        /// Its value.
        value: Option<Expr>,
    },
    /// `declare query_parameters(a: long, b: string = 'x')`
    QueryParameters(Vec<Parameter>),
    /// `declare pattern P = (a: string)[p: string] { ("x").["y"] = { … } }` or `declare pattern P`
    Pattern(Pattern),
    /// `restrict access to (T, database('d').*)`
    Restrict(Vec<Expr>),
    /// `alias database d = cluster('c').database('x')`
    Alias {
        /// The alias.
        name: Name,
        /// What it stands for.
        value: Expr,
    },
    /// `T | where x`, `print 1`, `f(2)`
    Expression(Expr),
}

/// The right side of a `let`.
#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A scalar or tabular expression (which of them only binding can tell).
    Expr(Expr),
    /// A function.
    Function(Box<Function>),
}

/// `(T: (x: long), n: long = 1) { let y = n; T | take y }`, `view () { … }`
#[derive(Clone, Debug)]
pub struct Function {
    /// Whether it is a `view`.
    pub view: bool,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Statements (`let`s and the like) before the body's expression.
    pub statements: Vec<Statement>,
    /// The value; a body may lack one (`{ }`).
    pub body: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.view == other.view
            && self.parameters == other.parameters
            && self.statements == other.statements
            && self.body == other.body
    }
}

/// A parameter of a function or of `declare query_parameters`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: ParameterType,
    /// The default: a literal.
    pub default: Option<Expr>,
}

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterType {
    /// `x: long`
    Scalar(TypeName),
    /// `T: (x: long, s: string)`; `T: (*)` has `open` set and no columns
    Table {
        /// The declared columns.
        columns: Vec<ColumnDeclaration>,
        /// `(*)`: any schema.
        open: bool,
    },
}

/// `declare pattern` with its cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Its name.
    pub name: Name,
    /// Parameters, path parameter and cases; `None` for a bare `declare pattern P`.
    pub definition: Option<PatternDefinition>,
}

/// `(a: string)[p: string] { ("x").["y"] = { … }; }`
#[derive(Clone, Debug, PartialEq)]
pub struct PatternDefinition {
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// The path parameter.
    pub path: Option<Parameter>,
    /// The cases.
    pub cases: Vec<PatternCase>,
}

/// `("x").["y"] = { T | take 1 }`
#[derive(Clone, Debug, PartialEq)]
pub struct PatternCase {
    /// Values of the parameters.
    pub values: Vec<Expr>,
    /// Value of the path.
    pub path: Option<Expr>,
    /// The body (no parameters).
    pub body: Function,
}

/// A name as written: `a`, `['a b']`, `["a b"]`.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name itself, unescaped.
    pub text: Arc<str>,
    /// Whether it was written in brackets and quotes (a quoted name is never a keyword).
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.text == other.text && self.quoted == other.quoted
    }
}

/// A type's name as written (`long`, `double`, `date`).
#[derive(Clone, Debug)]
pub struct TypeName {
    /// The type, or `None` when the name is unknown (said by the binder, with its span).
    pub ty: Option<Type>,
    /// As written.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for TypeName {
    fn eq(&self, other: &TypeName) -> bool {
        self.ty == other.ty && self.text == other.text
    }
}

/// `name: type`
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDeclaration {
    /// The column's name.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
}

/// An expression, scalar or tabular.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        match (&self.kind, &other.kind) {
            // The two kinds that hold a span beside those of their parts.
            (
                ExprKind::Binary {
                    op, left, right, ..
                },
                ExprKind::Binary {
                    op: other_op,
                    left: other_left,
                    right: other_right,
                    ..
                },
            ) => op == other_op && left == other_left && right == other_right,
            (
                ExprKind::List {
                    op, left, items, ..
                },
                ExprKind::List {
                    op: other_op,
                    left: other_left,
                    items: other_items,
                    ..
                },
            ) => op == other_op && left == other_left && items == other_items,
            (kind, other) => kind == other,
        }
    }
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1`, `'a'`, `datetime(2020-01-01)`, `dynamic([1])`, `long(null)`
    Literal(Literal),
    /// `a`, `['a b']`, `$left`
    Name(Name),
    /// `Device*`, `*_CL`: a name pattern with at least one `*` in it
    Wildcard(Name),
    /// `*` alone
    Star,
    /// `f(a, b = 2)`
    Call {
        /// The function's name.
        name: Name,
        /// The arguments.
        arguments: Vec<Argument>,
    },
    /// `d.a`, `d.['a b']`, `database('d').T`, `cluster('c').database('d').f(x)`
    Path {
        /// The left side.
        base: Box<Expr>,
        /// The right side: a name, wildcard or call.
        member: Box<Expr>,
    },
    /// `d[0]`, `d['a']`
    Index {
        /// The value indexed.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `-x`, `+x`
    Unary {
        /// Which sign.
        negative: bool,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `a + b`, `s has 'x'`, `a == b`, `* has 'x'`, `c : 'x'`
    Binary {
        /// The infix operator.
        op: Infix,
        /// Where the operator's word stands.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a and b and c`: one flat chain, as are `or`s
    Chain {
        /// `and` or `or`.
        op: Logic,
        /// At least two operands.
        terms: Vec<Expr>,
    },
    /// `x in (1, 2)`, `s has_any ('a', T)`, `x !in~ ('a')`
    List {
        /// The operator.
        op: ListOp,
        /// Where the operator's word stands.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// The items between the brackets; one of them may be tabular.
        items: Vec<Expr>,
    },
    /// `x between (1 .. 2)`, `x !between (a .. b)`
    Between {
        /// `!between`
        negated: bool,
        /// The value tested.
        value: Box<Expr>,
        /// Lower bound.
        low: Box<Expr>,
        /// Upper bound.
        high: Box<Expr>,
    },
    /// `(x)`
    Paren(Box<Expr>),
    /// `typeof(long)`, `typeof(*)`, `typeof(a: long, b: string)`
    TypeOf(TypeOf),
    /// A pipeline, or a tabular source that is an operator of its own (`print`, `range`, …)
    Pipeline(Box<Pipeline>),
    /// `(a, b) = f(x)`, `x = f(y)`: only in lists where columns are named
    Named {
        /// The names; one unless written in brackets.
        names: Vec<Name>,
        /// Whether the names were written in brackets.
        bracketed: bool,
        /// The value.
        value: Box<Expr>,
    },
    /// `[1, 2]` in places that take such a list (`entity_group [A, B]`)
    Bracketed(Vec<Expr>),
    /// `datetime()`, `datetime(8:00)`: the query's instant, or so many ticks after its midnight
    Instant(Option<i64>),
    /// A piece that could not be parsed; an error has been reported.
    Error,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// `name = …`
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `(a: long, b: string)`, `(*, a: long)`: the columns that a plugin will give.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSchema {
    /// With the input's columns.
    pub star: bool,
    /// The columns added.
    pub columns: Vec<ColumnDeclaration>,
}

/// What `typeof(…)` holds.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeOf {
    /// `typeof(long)`
    Scalar(TypeName),
    /// `typeof(*, a: long)`, `typeof(a: long)`: a schema
    Schema {
        /// With the input's columns.
        star: bool,
        /// The columns added.
        columns: Vec<ColumnDeclaration>,
    },
}

/// A source and what is done to its rows, one operator after the other.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// A table name, a bracketed expression, a call, or — when the pipeline starts with an
    /// operator such as `print` or a leading `union` — nothing.
    pub source: Option<Expr>,
    /// The operators. Without a source the first of them makes the rows.
    pub operators: Vec<Piped>,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Pipeline {
    fn eq(&self, other: &Pipeline) -> bool {
        self.source == other.source && self.operators == other.operators
    }
}

/// An operator in a pipeline.
#[derive(Clone, Debug)]
pub struct Piped {
    /// The operator.
    pub operator: Operator,
    /// The keyword it was written with (`order` for `sort`); of no meaning, kept for printing.
    pub keyword: &'static str,
    /// Where it stands, from its keyword to its end.
    pub span: Span,
}

impl PartialEq for Piped {
    fn eq(&self, other: &Piped) -> bool {
        self.operator == other.operator
    }
}

/// A literal: its value, and its text as written (kept for printing).
#[derive(Clone, Debug)]
pub struct Literal {
    /// The value. Dynamic literals are normalised to compact JSON text.
    pub value: Value,
    /// As written, comments between adjacent strings left out.
    pub text: Arc<str>,
}

impl PartialEq for Literal {
    fn eq(&self, other: &Literal) -> bool {
        self.value == other.value
    }
}

/// `and`, `or`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// `and`
    And,
    /// `or`
    Or,
}

/// A keyword parameter of an operator: `kind=inner`, `hint.strategy=shuffle`, `withsource=T`.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorParameter {
    /// The parameter's name, dots included.
    pub name: Name,
    /// Its value: a name, a literal, or a bracketed list.
    pub value: Expr,
}

impl OperatorParameter {
    /// The parameter called `name`, if it is among `parameters`.
    pub fn find<'a>(
        parameters: &'a [OperatorParameter],
        name: &str,
    ) -> Option<&'a OperatorParameter> {
        parameters.iter().find(|p| &*p.name.text == name)
    }

    /// The value as a word, if it is a name (`kind=inner`) or a string.
    pub fn word(&self) -> Option<&str> {
        match &self.value.kind {
            ExprKind::Name(name) => Some(&name.text),
            ExprKind::Literal(literal) => literal.value.as_str(),
            _ => None,
        }
    }

    /// The value as a truth value, if it is one.
    pub fn truth(&self) -> Option<bool> {
        match &self.value.kind {
            ExprKind::Literal(literal) => match literal.value {
                Value::Bool(truth) => Some(truth),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A sort key: `x desc nulls last`.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value sorted by.
    pub value: Expr,
    /// `asc` or `desc`, if written.
    pub descending: Option<bool>,
    /// `nulls first` or `nulls last`, if written.
    pub nulls_first: Option<bool>,
}

macro_rules! spellings {
    ($(#[doc = $doc:literal] $name:ident { $($variant:ident = $first:literal $(| $more:literal)*;)+ })+) => {
        $(
            #[doc = $doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            #[allow(missing_docs, reason = "the table below gives the spelling of each")]
            pub enum $name { $($variant,)+ }

            impl $name {
                /// All of them.
                pub const ALL: &'static [$name] = &[$($name::$variant,)+];

                /// The spelling we print; it is also the name its function is declared under.
                pub fn text(self) -> &'static str {
                    match self { $($name::$variant => $first,)+ }
                }

                /// The operator a spelling stands for.
                pub fn from_text(text: &str) -> Option<$name> {
                    Some(match text { $($first $(| $more)* => $name::$variant,)+ _ => return None })
                }
            }
        )+
    };
}

spellings! {
    /// Infix operators with one right operand: the one table of their spellings.
    Infix {
        Add = "+"; Subtract = "-"; Multiply = "*"; Divide = "/"; Modulo = "%";
        Equal = "=="; NotEqual = "!=" | "<>";
        Less = "<"; LessOrEqual = "<="; Greater = ">"; GreaterOrEqual = ">=";
        EqualFold = "=~"; NotEqualFold = "!~";
        Has = "has"; NotHas = "!has" | "nothas"; HasCs = "has_cs" | "hascs"; NotHasCs = "!has_cs" | "!hascs";
        HasPrefix = "hasprefix"; NotHasPrefix = "!hasprefix"; HasPrefixCs = "hasprefix_cs"; NotHasPrefixCs = "!hasprefix_cs";
        HasSuffix = "hassuffix"; NotHasSuffix = "!hassuffix"; HasSuffixCs = "hassuffix_cs"; NotHasSuffixCs = "!hassuffix_cs";
        Contains = "contains"; NotContains = "!contains" | "notcontains"; ContainsCs = "contains_cs" | "containscs"; NotContainsCs = "!contains_cs" | "notcontainscs" | "notcontains_cs" | "!containscs";
        StartsWith = "startswith"; NotStartsWith = "!startswith"; StartsWithCs = "startswith_cs"; NotStartsWithCs = "!startswith_cs";
        EndsWith = "endswith"; NotEndsWith = "!endswith"; EndsWithCs = "endswith_cs"; NotEndsWithCs = "!endswith_cs";
        MatchesRegex = "matches regex";
        Like = "like"; NotLike = "notlike" | "!like"; LikeCs = "likecs" | "like_cs"; NotLikeCs = "notlikecs" | "notlike_cs" | "!likecs" | "!like_cs";
        Search = ":";
    }
    /// Infix operators with a bracketed list on the right.
    ListOp {
        In = "in"; NotIn = "!in"; InFold = "in~"; NotInFold = "!in~";
        HasAny = "has_any"; HasAll = "has_all";
    }
}
