//! What is known of tables without their data: published, or declared in a schema file.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::asim::{asim_names, asim_schema};
use super::published::{in_defender, known, published_names};
use super::stored::Functions;
use crate::contract::Fault;
use crate::types::{Column, Schema, Type};

/// Whose published tables there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Product {
    /// Those of both.
    #[default]
    Both,
    /// Microsoft Sentinel's, with the ASIM functions.
    Sentinel,
    /// Defender XDR's advanced hunting.
    Defender,
}

/// The tables that queries may name where there is no data.
#[derive(Debug, Default)]
pub struct Declared {
    /// Whose published tables there are.
    pub product: Product,
    /// Stored functions.
    pub functions: Functions,
    tables: BTreeMap<String, Schema>,
}

impl Declared {
    /// The tables of a product.
    pub fn new(product: Product) -> Declared {
        Declared {
            product,
            functions: Functions::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Declares a table; it hides a published one of its name.
    pub fn insert(&mut self, name: impl Into<String>, schema: Schema) {
        self.tables.insert(name.into(), schema);
    }

    /// The columns that were declared for a table.
    pub fn own(&self, name: &str) -> Option<&Schema> {
        self.tables.get(name)
    }

    /// Declares the tables of a schema file: `{"T": {"c": "datetime"}}`, `{"T": [{"name": "c", "type":
    /// "datetime"}]}` or `{"Name": "T", "Properties": [{"Name": "c", "Type": "DateTime"}]}`, alone or in a
    /// list. Types are KQL's or .NET's, in any case.
    ///
    /// # Errors
    /// When the text is none of these; `file` names it.
    pub fn read(&mut self, file: &str, text: &str) -> Result<(), Fault> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Fault::data(format!("{file} is no JSON: {error}")).help(SHAPES))?;
        self.shape(&json).map_err(|problem| {
            Fault::data(format!("{file} is no schema file: {problem}")).help(SHAPES)
        })
    }

    fn shape(&mut self, json: &Json) -> Result<(), String> {
        if let Json::Array(tables) = json {
            return tables.iter().try_for_each(|table| self.shape(table));
        }
        let Json::Object(object) = json else {
            return Err("it holds neither an object nor a list of them".to_string());
        };
        if let (Some(Json::String(name)), Some(columns)) =
            (field(json, "name"), field(json, "properties"))
        {
            self.insert(name.clone(), columns_of(name, columns)?);
            return Ok(());
        }
        for (name, columns) in object {
            self.insert(name.clone(), columns_of(name, columns)?);
        }
        Ok(())
    }

    /// The columns of a table. One of a custom log (`…_CL`) that is not declared may have any, and [`SHARED`] others
    /// than are published.
    pub fn schema(&self, name: &str) -> Option<Schema> {
        if let Some(schema) = self.tables.get(name) {
            return Some(schema.clone());
        }
        if name.len() > CUSTOM.len() && name.ends_with(CUSTOM) {
            return Some(Schema {
                columns: Vec::new(),
                open: true,
            });
        }
        let mut schema = self.publishes(name).then(|| known(name))??.schema;
        schema.open = name == SHARED;
        Some(schema)
    }

    /// Whether the product has a published table of this name.
    fn publishes(&self, name: &str) -> bool {
        match self.product {
            Product::Both => true,
            Product::Sentinel => asim_schema(name).is_some() || in_sentinel(name),
            Product::Defender => {
                in_defender(name) || !in_sentinel(name) && asim_schema(name).is_none()
            }
        }
    }

    /// The names of all declared and published tables, but not of the ASIM functions.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tables.keys().cloned().collect();
        names.extend(
            published_names()
                .filter(|name| !self.tables.contains_key(*name))
                .filter(|name| self.product == Product::Both || self.publishes(name))
                .map(ToString::to_string),
        );
        names
    }

    /// All names, for one that was misspelt.
    pub fn candidates(&self) -> Vec<String> {
        let mut names = self.names();
        if self.product != Product::Defender {
            names.extend(asim_names());
        }
        names
    }
}

/// The table that logs of any resource go to, each with columns of its own.
const SHARED: &str = "AzureDiagnostics";

/// How the names of custom logs end.
const CUSTOM: &str = "_CL";

const SHAPES: &str = "it maps tables to their columns, as in {\"T\": {\"c\": \"datetime\"}}";

/// Whether Sentinel has the table: each of its tables is published with `TimeGenerated`.
fn in_sentinel(name: &str) -> bool {
    super::published::published_columns(name)
        .is_some_and(|schema| schema.index("TimeGenerated").is_some())
}

/// A field by its name in any case.
fn field<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    let object = json.as_object()?;
    let found = object
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

fn columns_of(table: &str, json: &Json) -> Result<Schema, String> {
    let column = |name: &str, ty: &Json| {
        let text = ty.as_str().unwrap_or_default();
        match type_named(text) {
            Some(ty) => Ok(Column::new(name, ty)),
            None => Err(format!(
                "column `{name}` of `{table}` has the type {ty}, which is none"
            )),
        }
    };
    let columns: Result<Vec<Column>, String> = match json {
        Json::Object(columns) => columns.iter().map(|(name, ty)| column(name, ty)).collect(),
        Json::Array(columns) => columns
            .iter()
            .map(|c| match (field(c, "name"), field(c, "type")) {
                (Some(Json::String(name)), Some(ty)) => column(name, ty),
                _ => Err(format!("a column of `{table}` has no name or no type")),
            })
            .collect(),
        _ => return Err(format!("`{table}` has no columns")),
    };
    Ok(Schema::new(columns?))
}

/// A type by KQL's name or .NET's, in any case.
fn type_named(name: &str) -> Option<Type> {
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_prefix("system.").unwrap_or(&lower);
    match plain {
        "sbyte" => Some(Type::Bool),
        "object" => Some(Type::Dynamic),
        "data.sqltypes.sqldecimal" | "sqldecimal" => Some(Type::Decimal),
        "single" => Some(Type::Real),
        other => Type::from_name(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_files_of_three_shapes_say_the_same() {
        for text in [
            r#"{"Name": "T_CL", "Properties": [{"Name": "c", "Type": "DateTime"}, {"Name": "n", "Type": "Int"}]}"#,
            r#"{"T_CL": [{"name": "c", "type": "datetime"}, {"name": "n", "type": "System.Int32"}]}"#,
            r#"{"T_CL": {"c": "datetime", "n": "int"}}"#,
        ] {
            let mut declared = Declared::default();
            declared.read("file", text).unwrap();
            let schema = declared.schema("T_CL").unwrap();
            assert_eq!(schema.to_string(), "c: datetime, n: int", "{text}");
            assert!(!schema.open);
        }
        for text in [
            "1",
            "[1]",
            r#"{"T": 1}"#,
            r#"{"T": {"c": "nope"}}"#,
            r#"{"T": [{"name": "c"}]}"#,
            "{",
        ] {
            assert!(Declared::default().read("file", text).is_err(), "{text}");
        }
    }

    #[test]
    fn custom_logs_are_open() {
        let declared = Declared::default();
        assert!(declared.schema("Anything_CL").unwrap().open);
        assert!(declared.schema("_CL").is_none());
        let shared = declared.schema(SHARED).unwrap();
        assert!(shared.open && shared.index("Category").is_some());
        assert!(!declared.schema("AzureActivity").unwrap().open);
    }

    #[test]
    fn products_have_their_tables() {
        let has = |product, name| Declared::new(product).schema(name).is_some();
        for (name, sentinel, defender) in [
            ("SigninLogs", true, false),
            ("DeviceNetworkEvents", true, true),
            ("DeviceTvmSoftwareVulnerabilities", true, true),
            ("DeviceTvmBrowserExtensions", false, true),
            ("_Im_Dns", true, false),
            ("NoSuchTable", false, false),
        ] {
            assert_eq!(has(Product::Sentinel, name), sentinel, "{name}");
            assert_eq!(has(Product::Defender, name), defender, "{name}");
            assert_eq!(has(Product::Both, name), sentinel || defender, "{name}");
        }
    }
}
