//! Functions of property bags.

use std::borrow::Cow;
use std::collections::HashSet;

use arrow::array::ArrayRef;

use super::array::array_at;
use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault};
use crate::json::{self, ArrayWriter, BagWriter, Kind, Path, Step};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &BAG_KEYS,
    &BAG_HAS_KEY,
    &BAG_SET_KEY,
    &BAG_REMOVE_KEYS,
    &BAG_MERGE,
    &BAG_ZIP,
];

static BAG_KEYS: Scalar = Scalar {
    signatures: &["bag_keys(bag: dynamic) -> array"],
    doc: Doc {
        summary: "Lists the keys of a property bag.",
        details: "Only those of the bag itself, not of bags in it. Null when the value is no bag.",
        examples: &[
            ("bag_keys(dynamic({'a': 1, 'b': {'c': 2}}))", "[\"a\",\"b\"]"),
            ("bag_keys(dynamic({}))", "[]"),
            ("bag_keys(dynamic([1]))", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map(|bag: Json<&str>| {
            (json::kind(bag.0) == Kind::Bag).then(|| {
                let mut out = ArrayWriter::new();
                json::entries(bag.0).for_each(|(key, _)| out.push_str(&key));
                Json(out.finish())
            })
        })
    }),
    ..Scalar::DEFAULT
};

static BAG_HAS_KEY: Scalar = Scalar {
    signatures: &["bag_has_key(bag: dynamic, key: string) -> bool"],
    doc: Doc {
        summary: "Tells whether a property bag has a key.",
        details: "A key that starts with `$` is a path such as `$.a.b`. Null when the value is no bag.",
        examples: &[
            ("bag_has_key(dynamic({'a': null}), 'a')", "True"),
            ("bag_has_key(dynamic({'a': {'b': 1}}), '$.a.b')", "True"),
            ("bag_has_key(dynamic({'a': 1}), 'A')", "False"),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map2(|bag: Json<&str>, key: &str| {
            (json::kind(bag.0) == Kind::Bag).then(|| Path::of_key(key).find(bag.0).is_some())
        })
    }),
    ..Scalar::DEFAULT
};

static BAG_SET_KEY: Scalar = Scalar {
    signatures: &["bag_set_key(bag: dynamic, key: string, value: any) -> bag"],
    doc: Doc {
        summary: "Sets a key of a property bag to a value.",
        details: "A key that starts with `$` is a path; bags on the way are made. What is set becomes the last of its \
                  bag. Null when the value, or anything on the way, is no bag.",
        examples: &[
            ("bag_set_key(dynamic({'a': 1}), 'b', 2)", "{\"a\":1,\"b\":2}"),
            ("bag_set_key(dynamic({'a': {'b': 1}}), '$.a.b', 'x')", "{\"a\":{\"b\":\"x\"}}"),
            ("bag_set_key(dynamic({}), '$.a.b', true)", "{\"a\":{\"b\":true}}"),
        ],
    },
    eval: Eval::Columns(bag_set_key),
    ..Scalar::DEFAULT
};

static BAG_REMOVE_KEYS: Scalar = Scalar {
    signatures: &["bag_remove_keys(bag: dynamic, keys: dynamic) -> bag"],
    doc: Doc {
        summary: "Takes keys out of a property bag.",
        details: "A key that starts with `$` is a path such as `$.a.b`. Keys that are not there are passed over. Null \
                  when the value is no bag or the keys are no array.",
        examples: &[
            ("bag_remove_keys(dynamic({'a': 1, 'b': 2}), dynamic(['b', 'c']))", "{\"a\":1}"),
            (
                "bag_remove_keys(dynamic({'a': {'b': 1, 'c': 2}}), dynamic(['$.a.b']))",
                "{\"a\":{\"c\":2}}",
            ),
        ],
    },
    eval: Eval::Columns(bag_remove_keys),
    ..Scalar::DEFAULT
};

static BAG_MERGE: Scalar = Scalar {
    signatures: &["bag_merge(first: dynamic, bag: dynamic, ...) -> bag"],
    doc: Doc {
        summary: "Makes one property bag of several.",
        details: "Of a key that several have, the leftmost value counts. Values that are no bag are passed over; null \
                  when none is a bag.",
        examples: &[
            ("bag_merge(dynamic({'a': 1}), dynamic({'a': 2, 'b': 3}))", "{\"a\":1,\"b\":3}"),
            ("bag_merge(dynamic({'a': 1}), dynamic(null))", "{\"a\":1}"),
        ],
    },
    eval: Eval::Columns(bag_merge),
    ..Scalar::DEFAULT
};

static BAG_ZIP: Scalar = Scalar {
    signatures: &["bag_zip(keys: dynamic, values: dynamic) -> bag"],
    doc: Doc {
        summary: "Makes a property bag of an array of keys and an array of values.",
        details: "A key without a value gets null, a value without a key is dropped, and so is a key that is no \
                  string. Null when the keys are no array.",
        examples: &[
            ("bag_zip(dynamic(['a', 'b']), dynamic([1, 2]))", "{\"a\":1,\"b\":2}"),
            ("bag_zip(dynamic(['a', 'b']), dynamic([1]))", "{\"a\":1,\"b\":null}"),
        ],
    },
    eval: Eval::Columns(bag_zip),
    ..Scalar::DEFAULT
};

// ---------------------------------------------------------------------------------------------

/// The text of a row's bag; `None` for null and for anything that is no bag.
fn bag_at<'a>(cells: &Cells<'a>, row: usize) -> Option<&'a str> {
    match cells.at(row)? {
        Cell::Dynamic(text) if json::kind(text) == Kind::Bag => Some(text),
        _ => None,
    }
}

fn bag_set_key(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let bags = Cells::of(args.datum(0)?)?;
    let keys = args.column::<&str>(1)?;
    let values = Cells::of(args.datum(2)?)?;
    args.build(|row| {
        let path = Path::of_key(<&str>::at(&keys, row)?);
        let value = values.at(row).map_or_else(|| "null".to_owned(), Cell::json);
        set(bag_at(&bags, row)?, &path.0, &value).map(Json)
    })
}

/// The bag with the value at the end of the path.
fn set(bag: &str, path: &[Step], value: &str) -> Option<String> {
    let (Step::Key(key), rest) = path.split_first()? else {
        return None;
    };
    if json::kind(bag) != Kind::Bag {
        return None;
    }
    let mut out = BagWriter::new();
    let mut old = None;
    for (name, content) in json::entries(bag) {
        if name == *key {
            old = Some(content);
        } else {
            out.entry_json(&name, content);
        }
    }
    if rest.is_empty() {
        out.entry_json(key, value);
    } else {
        out.entry_json(key, &set(old.unwrap_or("{}"), rest, value)?);
    }
    Some(out.finish())
}

fn bag_remove_keys(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let bags = Cells::of(args.datum(0)?)?;
    let keys = Cells::of(args.datum(1)?)?;
    args.build(|row| {
        let mut bag = Cow::Borrowed(bag_at(&bags, row)?);
        for key in json::elements(array_at(&keys, row)?) {
            if json::kind(key) == Kind::String {
                let path = Path::of_key(&json::unescape(key));
                if path.find(&bag).is_some() {
                    bag = Cow::Owned(remove(&bag, &path.0));
                }
            }
        }
        Some(Json(bag))
    })
}

/// The value without what the path leads to.
fn remove(text: &str, path: &[Step]) -> String {
    let (Some((Step::Key(key), rest)), Kind::Bag) = (path.split_first(), json::kind(text)) else {
        return text.to_owned();
    };
    let mut out = BagWriter::new();
    for (name, content) in json::entries(text) {
        if name != *key {
            out.entry_json(&name, content);
        } else if !rest.is_empty() {
            out.entry_json(&name, &remove(content, rest));
        }
    }
    out.finish()
}

fn bag_merge(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    args.build(|row| {
        let mut seen = HashSet::new();
        let mut out = BagWriter::new();
        let mut found = false;
        for bag in columns.iter().filter_map(|cells| bag_at(cells, row)) {
            found = true;
            for (key, value) in json::entries(bag) {
                if !seen.contains(&key) {
                    out.entry_json(&key, value);
                    seen.insert(key);
                }
            }
        }
        found.then(|| Json(out.finish()))
    })
}

fn bag_zip(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (keys, values) = (Cells::of(args.datum(0)?)?, Cells::of(args.datum(1)?)?);
    args.build(|row| {
        let keys = array_at(&keys, row)?;
        let values: Vec<&str> =
            array_at(&values, row).map_or_else(Vec::new, |text| json::elements(text).collect());
        let mut seen = HashSet::new();
        let mut out = BagWriter::new();
        for (i, key) in json::elements(keys).enumerate() {
            if json::kind(key) == Kind::String {
                let key = json::unescape(key);
                if seen.insert(key.clone()) {
                    out.entry_json(&key, values.get(i).copied().unwrap_or("null"));
                }
            }
        }
        Some(Json(out.finish()))
    })
}
