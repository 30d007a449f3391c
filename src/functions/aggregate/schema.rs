//! The schema of dynamic values: `buildschema`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};

use crate::contract::{Fault, Grouped};
use crate::json::{self, Kind};
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, Doc};

use super::state::{State, column, each_valid, hold, texts};

/// `buildschema`.
pub static ALL: &[&Aggregate] = &[&BUILDSCHEMA];

static BUILDSCHEMA: Aggregate = Aggregate {
    signatures: &["buildschema(value: dynamic) -> bag"],
    doc: Doc {
        summary: "The least schema that all values have.",
        details: "Scalars are type names, an array is a bag whose only property, called indexer in \
                  backticks, has the schema of its elements, and where values differ the schemas are listed \
                  in an array. Null over no values.",
        examples: &[(
            "datatable(d: dynamic)[dynamic({'a': 1}), dynamic({'a': 'x', 'b': true})] | summarize buildschema(d)",
            "{\"a\":[\"long\",\"string\"],\"b\":\"bool\"}",
        )],
    },
    eval: AggregateEval::Groups(|_| hold(Schemas(Vec::new()))),
    naming: AggregateNaming::Prefix("schema"),
    ..Aggregate::DEFAULT
};

/// How deep values may nest.
const DEPTH: usize = 128;

/// What values seen at one place are.
#[derive(Default)]
struct Shape {
    bag: Option<BTreeMap<String, Shape>>,
    array: Option<Box<Shape>>,
    scalars: BTreeSet<&'static str>,
}

impl Shape {
    fn see(&mut self, text: &str, depth: usize) -> Result<(), Fault> {
        if depth == 0 {
            return Err(Fault::limit("buildschema: values are nested too deeply"));
        }
        match json::kind(text) {
            Kind::Bag => {
                let bag = self.bag.get_or_insert_default();
                for (key, value) in json::entries(text) {
                    match bag.get_mut(&*key) {
                        Some(shape) => shape.see(value, depth - 1)?,
                        None => bag
                            .entry(key.into_owned())
                            .or_default()
                            .see(value, depth - 1)?,
                    }
                }
            }
            Kind::Array => {
                let elements = self.array.get_or_insert_default();
                for element in json::elements(text) {
                    elements.see(element, depth - 1)?;
                }
            }
            Kind::Null => {}
            scalar => {
                self.scalars.insert(scalar.name());
            }
        }
        Ok(())
    }

    fn join(&mut self, other: Shape) {
        if let Some(bag) = other.bag {
            let ours = self.bag.get_or_insert_default();
            for (key, shape) in bag {
                ours.entry(key).or_default().join(shape);
            }
        }
        if let Some(array) = other.array {
            self.array.get_or_insert_default().join(*array);
        }
        self.scalars.extend(other.scalars);
    }

    fn write(&self, out: &mut String) {
        let mut all = Vec::new();
        if let Some(bag) = &self.bag {
            let mut text = json::BagWriter::new();
            for (key, shape) in bag {
                shape.write(text.key(key));
            }
            all.push(text.finish());
        }
        if let Some(array) = &self.array {
            let mut text = json::BagWriter::new();
            array.write(text.key("`indexer`"));
            all.push(text.finish());
        }
        all.extend(self.scalars.iter().map(|name| json::quote(name)));
        match all.as_slice() {
            [] => out.push_str("\"null\""),
            [one] => out.push_str(one),
            many => {
                let mut array = json::ArrayWriter::new();
                many.iter().for_each(|shape| array.push_json(shape));
                out.push_str(&array.finish());
            }
        }
    }

    fn size(&self) -> usize {
        let bag = self.bag.iter().flatten();
        size_of::<Shape>()
            + bag.map(|(key, s)| key.len() + s.size()).sum::<usize>()
            + self.array.as_ref().map_or(0, |a| a.size())
            + 24 * self.scalars.len()
    }
}

struct Schemas(Vec<Option<Shape>>);

impl Schemas {
    fn grow(&mut self, group_count: usize) {
        let count = group_count.max(self.0.len());
        self.0.resize_with(count, || None);
    }
}

impl State for Schemas {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let values = texts(&array)?;
        let mut result = Ok(());
        each_valid(values.nulls(), rows.groups.len(), |row| {
            if result.is_ok() {
                let shape = &mut self.0[rows.groups[row] as usize];
                result = shape.get_or_insert_default().see(values.value(row), DEPTH);
            }
        });
        result
    }

    fn merge(&mut self, other: Schemas, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (shape, group) in other.0.into_iter().zip(groups) {
            if let Some(shape) = shape {
                let ours = &mut self.0[*group as usize];
                ours.get_or_insert_default().join(shape);
            }
        }
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        let mut out = StringViewBuilder::with_capacity(group_count);
        for shape in &self.0 {
            out.append_option(shape.as_ref().map(|shape| {
                let mut text = String::new();
                shape.write(&mut text);
                text
            }));
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        self.0.iter().flatten().map(Shape::size).sum()
    }
}
