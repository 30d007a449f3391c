//! Dynamic values: reading JSON, access to its parts, and the way back to text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringViewBuilder};
use arrow::compute::nullif;

use super::cell::{Cell, Cells};
use super::convert;
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::json::{self, Kind, Path, Step};
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Expr, ExprKind, Naming, Role, Scalar};
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ACCESS,
    &PATH,
    &BOX,
    &PARSE_JSON,
    &TODYNAMIC,
    &PARSEJSON,
    &TOOBJECT,
    &EXTRACT_JSON,
    &EXTRACTJSON,
    &DYNAMIC_TO_JSON,
    &STRCAT_ARRAY,
    &ARRAY_STRCAT,
    &TREEPATH,
];

static ACCESS: Scalar = Scalar {
    signatures: &["value: dynamic [] key: any -> dynamic"],
    doc: Doc {
        summary: "Gives a part of a dynamic value: `d.key`, `d['key']`, `d[0]`.",
        details: "A negative index counts from the end. A key or index that is not there, or a value of another kind, \
                  gives null, never an error. Keys are case-sensitive.",
        examples: &[
            ("dynamic({'a': {'b': 7}}).a.b", "7"),
            ("dynamic({'a b': 1})['a b']", "1"),
            ("dynamic([5, 6, 7])[-1]", "7"),
            ("isnull(dynamic({'a': 1}).A)", "True"),
            ("isnull(dynamic([1]).a)", "True"),
        ],
    },
    eval: Eval::Rewrite(access),
    naming: Naming::Path,
    role: Role::Access,
    ..Scalar::DEFAULT
};

/// What a whole chain of accesses becomes, so that it is one walk over the text.
static PATH: Scalar = Scalar {
    signatures: &[
        "dynamic path(value: dynamic, key: any, ...) -> dynamic",
        "dynamic path(json: string, key: any, ...) -> dynamic",
    ],
    doc: Doc {
        summary: "Follows a chain of keys and indices; of a string, as if parse_json() had read it first.",
        details: "This is how plans show `d.a[0].b`; queries cannot name it.",
        examples: &[],
    },
    eval: Eval::Prepared(|setup| Ok(Box::new(PathKernel::new(setup)))),
    naming: Naming::Path,
    role: Role::Path,
    ..Scalar::DEFAULT
};

static BOX: Scalar = Scalar {
    signatures: &["dynamic value(value: any) -> dynamic"],
    doc: Doc {
        summary: "Makes a dynamic value that holds a scalar.",
        details: "It is what a conversion to dynamic does; queries cannot name it.",
        examples: &[],
    },
    eval: Eval::Columns(boxed),
    naming: Naming::First,
    role: Role::Box,
    ..Scalar::DEFAULT
};

const PARSE: Scalar = Scalar {
    eval: Eval::Columns(parse_json),
    naming: Naming::First,
    role: Role::ParseJson,
    ..Scalar::DEFAULT
};

static PARSE_JSON: Scalar = Scalar {
    signatures: &["parse_json(json: string|dynamic) -> dynamic"],
    doc: Doc {
        summary: "Reads JSON text as a dynamic value.",
        details: "Text that is not JSON becomes a dynamic string that holds it; empty text is null. A dynamic value \
                  stays as it is. Of keys that repeat, the last counts.",
        examples: &[
            ("parse_json('{\"a\": [1, 2.0]}')", "{\"a\":[1,2.0]}"),
            ("parse_json('{\"a\": 5}').a + 1", "6"),
            ("gettype(parse_json('abc'))", "string"),
            ("isnull(parse_json(''))", "True"),
        ],
    },
    ..PARSE
};

static TODYNAMIC: Scalar = Scalar {
    signatures: &["todynamic(json: string|dynamic) -> dynamic"],
    doc: Doc {
        summary: "Reads JSON text as a dynamic value.",
        details: "The same as parse_json().",
        examples: &[("todynamic('[1, 2]')[1]", "2"), ("todynamic('abc')", "abc")],
    },
    ..PARSE
};

static PARSEJSON: Scalar = Scalar {
    signatures: &["parsejson(json: string|dynamic) -> dynamic"],
    doc: Doc {
        summary: "Reads JSON text as a dynamic value.",
        details: "",
        examples: &[("parsejson('{\"a\": 1}').a", "1")],
    },
    deprecated: Some("parse_json"),
    ..PARSE
};

static TOOBJECT: Scalar = Scalar {
    signatures: &["toobject(json: string|dynamic) -> dynamic"],
    doc: Doc {
        summary: "Reads JSON text as a dynamic value.",
        details: "",
        examples: &[("toobject('{\"a\": 1}').a", "1")],
    },
    deprecated: Some("todynamic"),
    ..PARSE
};

const EXTRACT: Scalar = Scalar {
    eval: Eval::Prepared(|setup| Ok(Box::new(ExtractKernel::new(setup)?))),
    ..Scalar::DEFAULT
};

static EXTRACT_JSON: Scalar = Scalar {
    signatures: &[
        "extract_json(path: string, json: string) -> string",
        "extract_json(path: string, json: string, type: type T) -> T",
    ],
    doc: Doc {
        summary: "Gives the part of a JSON text that a path such as `$.a[0]['b']` leads to.",
        details: "Text, or the type asked for. What is not there, or has no such value, is null (for strings empty).",
        examples: &[
            ("extract_json('$.user.name', '{\"user\": {\"name\": \"amy\"}}')", "amy"),
            ("extract_json('$.n[1]', '{\"n\": [3, 4]}', typeof(long)) + 1", "5"),
            ("extract_json('$.x', '{\"n\": 1}')", ""),
        ],
    },
    ..EXTRACT
};

static EXTRACTJSON: Scalar = Scalar {
    signatures: &[
        "extractjson(path: string, json: string) -> string",
        "extractjson(path: string, json: string, type: type T) -> T",
    ],
    doc: Doc {
        summary: "Gives the part of a JSON text that a path leads to.",
        details: "",
        examples: &[("extractjson('$.a', '{\"a\": \"x\"}')", "x")],
    },
    deprecated: Some("extract_json"),
    ..EXTRACT
};

static DYNAMIC_TO_JSON: Scalar = Scalar {
    signatures: &["dynamic_to_json(value: any) -> string"],
    doc: Doc {
        summary: "Gives the canonical JSON text of a dynamic value: compact, the keys of bags sorted.",
        details: "Unlike tostring() it keeps the quotes of a string.",
        examples: &[
            ("dynamic_to_json(dynamic({'b': 1, 'a': [2]}))", "{\"a\":[2],\"b\":1}"),
            ("dynamic_to_json(dynamic('x'))", "\"x\""),
        ],
    },
    eval: Eval::Columns(dynamic_to_json),
    ..Scalar::DEFAULT
};

static STRCAT_ARRAY: Scalar = Scalar {
    signatures: &["strcat_array(array: dynamic, delimiter: text) -> string"],
    doc: Doc {
        summary: "Joins the texts of an array's elements.",
        details: "Null elements are empty, nested values compact JSON. A value that is no array gives its text.",
        examples: &[
            ("strcat_array(dynamic([1, 'b', true]), '; ')", "1; b; true"),
            ("strcat_array(dynamic(['a', null]), '-')", "a-"),
            ("strcat_array(dynamic([]), ',')", ""),
        ],
    },
    eval: Eval::Columns(strcat_array),
    ..Scalar::DEFAULT
};

static ARRAY_STRCAT: Scalar = Scalar {
    signatures: &["array_strcat(array: dynamic, delimiter: text) -> string"],
    doc: Doc {
        summary: "Joins the texts of an array's elements.",
        details: "An old spelling.",
        examples: &[("array_strcat(dynamic(['a', 'b']), '+')", "a+b")],
    },
    eval: Eval::Columns(strcat_array),
    deprecated: Some("strcat_array"),
    ..Scalar::DEFAULT
};

static TREEPATH: Scalar = Scalar {
    signatures: &["treepath(value: dynamic) -> array"],
    doc: Doc {
        summary: "Lists the paths to all parts of a dynamic value.",
        details: "The elements of an array share the path `[0]`.",
        examples: &[(
            "treepath(dynamic({'a': {'b': 1}, 'c': [2, 3]}))",
            "[\"['a']\",\"['a']['b']\",\"['c']\",\"['c'][0]\"]",
        )],
    },
    eval: Eval::Columns(treepath),
    naming: Naming::Prefix("tree"),
    ..Scalar::DEFAULT
};

// ---------------------------------------------------------------------------------------------
// Access

/// Makes one path of a chain of accesses; the JSON that parse_json() would read is read by the path.
fn access(args: Vec<Expr>) -> Result<Expr, Problem> {
    let mut args = args.into_iter();
    let (Some(base), Some(key)) = (args.next(), args.next()) else {
        return Err(Problem::new(
            crate::diagnostic::Code::ArgumentCount,
            "access takes a value and a key",
        ));
    };
    let span = base.span;
    if let Some(column) = column_of(&base, &key) {
        return Ok(column);
    }
    let (overload, mut values) = match base.kind {
        ExprKind::Call(call) if std::ptr::eq(call.function, &PATH) => (call.overload, call.args),
        ExprKind::Call(call)
            if call.function.role == Role::ParseJson
                && call.args.first().is_some_and(|a| a.ty == Type::String) =>
        {
            (1, call.args)
        }
        kind => (0, vec![Expr { kind, ..base }]),
    };
    values.push(key);
    Ok(Expr::call(&PATH, overload, values, Type::Dynamic, span))
}

/// Of what a call with several columns yields, a constant index picks one.
pub fn column_of(base: &Expr, key: &Expr) -> Option<Expr> {
    let (ExprKind::Call(call), Some(Value::Long(index))) = (&base.kind, key.as_literal()) else {
        return None;
    };
    let columns = (call.function.tuple?.columns)(call)?;
    if columns.len() < 2 {
        return None;
    }
    let column = columns.into_iter().nth(usize::try_from(*index).ok()?)?;
    if column.ty != Type::Dynamic {
        return Some(column);
    }
    // A path without steps, so that a further index is one into the column's value.
    let span = column.span;
    Some(Expr::call(&PATH, 0, vec![column], Type::Dynamic, span))
}

/// A path whose constant steps are known.
struct PathKernel {
    /// The steps; `None` where the key differs from row to row.
    steps: Vec<Option<Step>>,
    /// Whether the value is JSON text still to be read.
    parses: bool,
}

impl PathKernel {
    fn new(setup: &Setup<'_>) -> PathKernel {
        let steps = setup.constants.iter().skip(1);
        PathKernel {
            steps: steps
                .map(|c| c.as_ref().and_then(|value| step(cell(value)?)))
                .collect(),
            parses: setup.types.first() == Some(&Type::String),
        }
    }
}

/// A constant key as a cell.
fn cell(value: &Value) -> Option<Cell<'_>> {
    Some(match value {
        Value::Bool(v) => Cell::Bool(*v),
        Value::Int(v) => Cell::Long(i64::from(*v)),
        Value::Long(v) => Cell::Long(*v),
        Value::String(v) => Cell::String(v),
        Value::Dynamic(v) => Cell::Dynamic(v),
        _ => return None,
    })
}

/// The step a key stands for: text is a bag's key, a whole number or a truth value an index.
fn step(key: Cell<'_>) -> Option<Step> {
    match key {
        Cell::String(key) => Some(Step::Key(key.to_owned())),
        Cell::Long(index) => Some(Step::Index(index)),
        Cell::Bool(index) => Some(Step::Index(i64::from(index))),
        Cell::Dynamic(json) => match json::value_of(json) {
            Value::String(key) => Some(Step::Key(key.to_string())),
            Value::Long(index) => Some(Step::Index(index)),
            Value::Bool(index) => Some(Step::Index(i64::from(index))),
            _ => None,
        },
        _ => None,
    }
}

impl Kernel for PathKernel {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let known: Option<Vec<&Step>> = self.steps.iter().map(Option::as_ref).collect();
        let values = Cells::of(args.datum(0)?)?;
        let text = |row| match values.at(row)? {
            Cell::String(text) | Cell::Dynamic(text) => Some(text),
            _ => None,
        };
        if let Some(steps) = known {
            return args.build(|row| find(text(row)?, &steps, self.parses));
        }
        let keys = Cells::all(args.values.get(1..).unwrap_or_default())?;
        args.build(|row| {
            let steps: Vec<Step> = keys.iter().map(|k| step(k.at(row)?)).collect::<Option<_>>()?;
            find(text(row)?, &steps.iter().collect::<Vec<_>>(), self.parses)
        })
    }
}

fn find<'a>(text: &'a str, steps: &[&Step], parses: bool) -> Option<Json<Cow<'a, str>>> {
    fn walk<'t>(text: &'t str, steps: &[&Step]) -> Option<&'t str> {
        steps.iter().try_fold(text, |text, step| step.find(text))
    }
    if parses {
        return json::parse_member(text, |t| walk(t, steps)).map(Json);
    }
    let found = walk(text, steps)?;
    (found != "null").then_some(Json(Cow::Borrowed(found)))
}

// ---------------------------------------------------------------------------------------------
// In and out

fn boxed(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::of(args.datum(0)?)?;
    args.build(|row| Some(Json(cells.at(row)?.json())))
}

fn parse_json(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let datum = args.datum(0)?;
    if datum.ty == Type::Dynamic && datum.array.len() == args.rows {
        return Ok(datum.array.clone());
    }
    let cells = Cells::of(datum)?;
    let parsed = |row| match cells.at(row)? {
        Cell::String(text) => json::parse(text).text(),
        Cell::Dynamic(text) => Some(Cow::Borrowed(text)),
        _ => None,
    };
    let Some(texts) = datum.array.as_string_view_opt().filter(|a| a.len() == args.rows) else {
        return args.build(|row| parsed(row).map(Json));
    };
    // Text that is compact JSON is its own value: while all is, nothing is copied.
    let mut null = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        match parsed(row) {
            None => null.push(true),
            Some(Cow::Borrowed(text)) if text.len() == texts.value(row).len() => null.push(false),
            Some(found) => {
                let mut found = Some(found);
                return args.build(|i| match i.cmp(&row) {
                    Ordering::Less => (!null[i]).then(|| Json(Cow::Borrowed(texts.value(i)))),
                    Ordering::Equal => found.take().map(Json),
                    Ordering::Greater => parsed(i).map(Json),
                });
            }
        }
    }
    Ok(nullif(texts, &BooleanArray::from(null))?)
}

/// `extract_json` with its path read once if it is constant.
struct ExtractKernel {
    path: Option<Path>,
}

impl ExtractKernel {
    fn new(setup: &Setup<'_>) -> Result<ExtractKernel, Problem> {
        let Some(text) = setup.constant(0).and_then(Value::as_str) else {
            return Ok(ExtractKernel { path: None });
        };
        match Path::parse(text) {
            Some(path) => Ok(ExtractKernel { path: Some(path) }),
            None => Err(Problem::new(
                Code::Unsupported,
                format!("what Kusto makes of the path `{text}` is not known"),
            )
            .at(0)
            .help("a path is written as in `$.a[0]['b c']`")),
        }
    }
}

impl Kernel for ExtractKernel {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let paths = args.column::<&str>(0)?;
        let texts = args.column::<&str>(1)?;
        let values: Vec<Value> = (0..args.rows)
            .map(|row| {
                let at = |column| <&str as crate::plan::args::Arg>::at(column, row);
                let found = match &self.path {
                    Some(path) => part(Some(path), at(&texts)),
                    None => part(at(&paths).and_then(Path::parse).as_ref(), at(&texts)),
                };
                match found {
                    Some(json) => convert::from_json(&json, args.ty),
                    None => Value::null(args.ty),
                }
            })
            .collect();
        Ok(arrays::of(args.ty, &values))
    }
}

fn part<'a>(path: Option<&Path>, text: Option<&'a str>) -> Option<Cow<'a, str>> {
    let path = path?;
    json::parse_member(text?, |json| path.find(json))
}

fn dynamic_to_json(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::of(args.datum(0)?)?;
    args.build(|row| {
        Some(match cells.at(row) {
            Some(Cell::Dynamic(json)) => json::sorted(json),
            Some(cell) => Cow::Owned(cell.json()),
            None => Cow::Borrowed("null"),
        })
    })
}

fn strcat_array(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let arrays = Cells::of(args.datum(0)?)?;
    let delimiters = Cells::of(args.datum(1)?)?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let mut text = String::new();
    for row in 0..args.rows {
        text.clear();
        if let Some(Cell::Dynamic(array)) = arrays.at(row) {
            if json::kind(array) == Kind::Array {
                for (i, element) in json::elements(array).enumerate() {
                    if i > 0 {
                        delimiters.write_text(row, &mut text);
                    }
                    text.push_str(&json::display(element));
                }
            } else {
                text.push_str(&json::display(array));
            }
        }
        out.append_value(&text);
    }
    Ok(Arc::new(out.finish()))
}

fn treepath(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    args.map(|value: Json<&str>| {
        matches!(json::kind(value.0), Kind::Array | Kind::Bag).then(|| {
            let mut paths = Paths::default();
            paths.below(value.0, "");
            let mut out = json::ArrayWriter::new();
            for path in paths.all {
                out.push_str(&path);
            }
            Json(out.finish())
        })
    })
}

/// The paths below a value, each once, in the order they are met.
#[derive(Default)]
struct Paths {
    all: Vec<String>,
    seen: HashSet<String>,
}

impl Paths {
    fn below(&mut self, text: &str, prefix: &str) {
        match json::kind(text) {
            Kind::Bag => {
                for (key, value) in json::entries(text) {
                    self.add(format!("{prefix}['{key}']"), value);
                }
            }
            Kind::Array => {
                for value in json::elements(text) {
                    self.add(format!("{prefix}[0]"), value);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, path: String, value: &str) {
        if self.seen.insert(path.clone()) {
            self.all.push(path.clone());
        }
        self.below(value, &path);
    }
}
