//! Binds the ingestion mapping of `externaldata`: where in a record the value of each column is.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::bind::{Binder, converted};
use crate::load::{External, Layout};
use crate::plan::{Expr, Plan};
use crate::source::Span;
use crate::types::{Column, Schema, Type, Value};

/// The greatest number of a value in a record of separated values.
const MOST_VALUES: usize = 10_000;

/// Where the value of a column is in a record.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// Below these keys, one inside the other; or the record itself.
    Keys(Vec<Arc<str>>),
    /// The value of this number, from 0 on.
    Nth(usize),
}

/// The places of the declared columns; one without a place is null.
pub(crate) struct Mapping(Vec<Option<Place>>);

impl Mapping {
    /// Reads a mapping's text; what cannot be used of it is told.
    pub(crate) fn read(text: &str, declared: &Schema, layout: Layout) -> Result<Mapping, String> {
        let entries: Vec<Map<String, Json>> = serde_json::from_str(text)
            .map_err(|e| format!("it is no JSON array of columns: {e}"))?;
        let mut places: Vec<Option<Place>> = vec![None; declared.len()];
        for entry in &entries {
            let Some(Json::String(name)) = get(entry, "column") else {
                return Err("an entry names no column".into());
            };
            let Some(place) = declared.index(name).and_then(|i| places.get_mut(i)) else {
                return Err(format!("`{name}` is no column of the table"));
            };
            *place = Some(place_of(entry, layout)?);
        }
        let mapping = Mapping(places);
        match mapping.source(declared) {
            Some(_) => Ok(mapping),
            None => Err("two columns of different types take the same value".into()),
        }
    }

    /// The columns that are read for it; nothing where one would have two types.
    fn source(&self, declared: &Schema) -> Option<Schema> {
        let mut source = Schema::default();
        let placed = declared.columns.iter().zip(&self.0);
        let mut values: Vec<Option<Type>> = Vec::new();
        for (column, place) in placed {
            match place {
                None => {}
                Some(Place::Keys(keys)) => {
                    let ty = match keys.len() {
                        1 => column.ty,
                        _ => Type::Dynamic,
                    };
                    let first = keys.first()?;
                    match source.index(first) {
                        // A part of it is taken as well as the whole, or the whole as two types.
                        Some(index) if source.columns[index].ty != ty => {
                            source.columns[index].ty = Type::Dynamic;
                        }
                        Some(_) => {}
                        None => source.columns.push(Column::new(first.clone(), ty)),
                    }
                }
                Some(Place::Nth(number)) => {
                    if values.len() <= *number {
                        values.resize(number + 1, None);
                    }
                    let value = values.get_mut(*number)?;
                    if value.is_some_and(|ty| ty != column.ty) {
                        return None;
                    }
                    *value = Some(column.ty);
                }
            }
        }
        for (number, ty) in values.into_iter().enumerate() {
            let ty = ty.unwrap_or(Type::String);
            source.columns.push(Column::new(nth(number), ty));
        }
        Some(source)
    }

    /// The columns that are read for it.
    pub(crate) fn columns(&self, declared: &Schema) -> Schema {
        self.source(declared).unwrap_or_default()
    }

    /// The declared columns, from a table with the columns that are read.
    pub(crate) fn apply(
        &self,
        binder: &mut Binder<'_>,
        table: Plan,
        declared: &Schema,
        span: Span,
    ) -> Plan {
        let mut columns = Vec::with_capacity(declared.len());
        for (column, place) in declared.columns.iter().zip(&self.0) {
            let column_of = |name: &str| {
                let index = table.schema.index(name)?;
                Some(Expr::column(index, table.schema.columns[index].ty, span))
            };
            let value = match place {
                None => None,
                Some(Place::Nth(number)) => column_of(&nth(*number)),
                Some(Place::Keys(keys)) => keys.split_first().and_then(|(first, inner)| {
                    let value = column_of(first)?;
                    Some(inner.iter().fold(value, |value, key| {
                        let key = Expr::literal(Value::String(key.clone()), span);
                        binder.access(value, key, span, span, "KS142")
                    }))
                }),
            };
            let value = value.unwrap_or_else(|| Expr::literal(Value::null(column.ty), span));
            columns.push((column.name.clone(), converted(value, column.ty)));
        }
        Plan::project(table, columns)
    }
}

/// The name that a value of a record is read by.
fn nth(number: usize) -> String {
    format!("${number}")
}

/// A member of an object, in whatever case its key is written.
fn get<'j>(object: &'j Map<String, Json>, key: &str) -> Option<&'j Json> {
    let mut members = object.iter();
    members
        .find(|(k, _)| k.eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

fn place_of(entry: &Map<String, Json>, layout: Layout) -> Result<Place, String> {
    let properties = match get(entry, "properties") {
        Some(Json::Object(properties)) => properties,
        _ => entry,
    };
    let known = ["column", "datatype", "properties", "path", "ordinal"];
    let members = entry.keys().chain(properties.keys());
    for key in members {
        if !known.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            return Err(format!("its property `{key}` has no effect here"));
        }
    }
    let text = |name: &str| match get(properties, name) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    match layout {
        Layout::Json => {
            let path = text("path").ok_or("an entry has no path")?;
            let keys = keys_of(&path);
            keys.map(Place::Keys)
                .ok_or_else(|| format!("the path `{path}` is not made of keys alone"))
        }
        Layout::Values(Some(_)) => {
            let number = text("ordinal").and_then(|text| text.parse().ok());
            let number = number.filter(|number| *number < MOST_VALUES);
            number
                .map(Place::Nth)
                .ok_or_else(|| "an entry has no ordinal".into())
        }
        Layout::Values(None) | Layout::Parquet => Err("files of this format have none".into()),
    }
}

/// The keys of a path: `$.a.b`, `$['a b'].c`; `$` alone is the record. Nothing for parts of arrays.
fn keys_of(path: &str) -> Option<Vec<Arc<str>>> {
    let path = path.trim();
    if path == External::RECORD {
        return Some(vec![path.into()]);
    }
    let mut rest = path.strip_prefix('$')?;
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let quoted = [("['", "']"), ("[\"", "\"]")];
        let quoted = quoted
            .iter()
            .find_map(|(open, close)| rest.strip_prefix(open)?.split_once(close));
        let (key, behind) = match quoted {
            Some(found) => found,
            None => {
                let inner = rest.strip_prefix('.')?;
                inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
            }
        };
        if key.is_empty() {
            return None;
        }
        keys.push(key.into());
        rest = behind;
    }
    (!keys.is_empty()).then_some(keys)
}
