//! Random small tables, and the ways in which the executor is given them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema as ArrowSchema};
use kql::contract::DataSource;
use kql::json;
use kql::load::{Known, LoadOptions, Report, open_table};
use kql::text::value_text;
use kql::types::{Column, Schema, Type, Value, arrays};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::dice::Dice;

/// A table of a test.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: &'static str,
    pub schema: Schema,
    pub rows: Vec<Vec<Value>>,
}

/// The names of columns of a type: the last is also that of columns of other types.
fn names(ty: Type) -> [&'static str; 3] {
    match ty {
        Type::Bool => ["b", "flag", "x"],
        Type::Int => ["i", "i2", "y"],
        Type::Long => ["l", "n", "x"],
        Type::Real => ["r", "r2", "x"],
        Type::Decimal => ["m", "m2", "y"],
        Type::String => ["s", "k", "x"],
        Type::Datetime => ["t", "t2", "y"],
        Type::Timespan => ["d", "d2", "y"],
        Type::Guid => ["g", "g2", "y"],
        Type::Dynamic | Type::Unknown => ["j", "j2", "y"],
    }
}

/// Types by how often columns have them.
const TYPES: [Type; 14] = [
    Type::String,
    Type::String,
    Type::Long,
    Type::Long,
    Type::Datetime,
    Type::Dynamic,
    Type::Real,
    Type::Bool,
    Type::Int,
    Type::Decimal,
    Type::Timespan,
    Type::Guid,
    Type::Real,
    Type::Dynamic,
];

/// Texts of cells and of constants.
pub const TEXTS: [&str; 34] = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "a_b",
    "a.b",
    "a-b",
    "b a",
    "power shell",
    "PowerShell",
    "É",
    "é",
    "naïve",
    "ß",
    "SS",
    "10.0.0.1",
    "10.0.0.1/24",
    "1",
    "42",
    "1.5",
    "-1",
    "true",
    "2024-01-01",
    "01:00:00",
    "a=1,b=2",
    "http://a.b/c?d=e",
    "C:\\dir\\a.exe",
    "a longer text of many terms, a.b",
    "a longer text of many terms, a-b",
    "中文",
    "x\"y'z",
    "😀 a",
];

/// JSON of cells; the first stands for null.
pub const JSON: [&str; 20] = [
    "",
    "[]",
    "{}",
    "[1,2]",
    "[2,1,null]",
    "[\"a\",\"b\"]",
    "[\"a\",1,2.5,true]",
    "{\"a\":1}",
    "{\"a\":\"b\",\"k\":\"v\"}",
    "{\"a\":{\"b\":[1,\"x\"]}}",
    "{\"b\":null,\"a\":2.5}",
    "\"a\"",
    "\"b a\"",
    "\"\"",
    "1",
    "2.5",
    "42",
    "true",
    "[[1],[2,3]]",
    "[{\"a\":1},{\"a\":\"b\"}]",
];

const DAY: i64 = 864_000_000_000;
/// 2024-01-01
const NEW_YEAR: i64 = 638_396_640_000_000_000;

/// A value of a type, null now and then.
pub fn value(dice: &mut Dice, ty: Type) -> Value {
    if dice.chance(15) {
        return Value::null(ty);
    }
    plain_value(dice, ty)
}

/// A value of a type that is not null.
pub fn plain_value(dice: &mut Dice, ty: Type) -> Value {
    if dice.chance(15) {
        return many_valued(dice, ty);
    }
    match ty {
        Type::Bool => Value::Bool(dice.chance(50)),
        Type::Int => Value::Int(*dice.pick(&[0, 1, 1, 2, 2, 3, 7, -1, i32::MIN, i32::MAX])),
        Type::Long => Value::Long(*dice.pick(&[
            0,
            1,
            1,
            2,
            2,
            3,
            5,
            -1,
            -7,
            42,
            100,
            i64::MIN,
            i64::MAX,
            (1 << 53) + 1,
        ])),
        Type::Real => Value::Real(*dice.pick(&[
            0.0,
            -0.0,
            1.0,
            1.0,
            2.0,
            0.5,
            1.5,
            -2.25,
            100.0,
            1_000_000.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ])),
        Type::Decimal => {
            let text = dice.pick(&[
                "0",
                "1",
                "1.0",
                "2",
                "1.5",
                "-2.25",
                "0.1",
                "12345678901234567890.123",
            ]);
            Value::Decimal(kql::decimal::Decimal::parse(text).unwrap())
        }
        Type::String => Value::string(*dice.pick(&TEXTS)),
        Type::Datetime => Value::Datetime(*dice.pick(&[
            0,
            kql::types::MAX_DATETIME,
            NEW_YEAR,
            NEW_YEAR,
            NEW_YEAR + 1,
            NEW_YEAR + DAY / 24,
            NEW_YEAR + DAY / 24 * 10 + 1_234_567,
            NEW_YEAR + DAY,
            NEW_YEAR + 59 * DAY,
            kql::types::UNIX_EPOCH_TICKS,
            kql::types::UNIX_EPOCH_TICKS - 1,
        ])),
        Type::Timespan => Value::Timespan(*dice.pick(&[
            0,
            1,
            DAY / 24,
            DAY / 24,
            -DAY / 24,
            DAY,
            DAY * 3 / 2,
            i64::MAX,
            i64::MIN,
        ])),
        Type::Guid => {
            let mut bytes = [0; 16];
            bytes[15] = *dice.pick(&[1, 1, 2, 255]);
            bytes[0] = *dice.pick(&[0, 0, 0xab]);
            Value::Guid(bytes)
        }
        Type::Dynamic | Type::Unknown => match *dice.pick(&JSON) {
            "" => Value::Null(Type::Dynamic),
            text => Value::Dynamic(text.into()),
        },
    }
}

/// One of more values than the usual few.
fn many_valued(dice: &mut Dice, ty: Type) -> Value {
    let number = dice.roll(60) as i64;
    match ty {
        Type::Bool => Value::Bool(number > 30),
        Type::Int => Value::Int(number as i32 - 20),
        Type::Long => Value::Long(number - 20),
        Type::Real => Value::Real(number as f64 / 4.0 - 5.0),
        Type::Decimal => {
            let text = format!("{}.{number}", number % 7);
            Value::Decimal(kql::decimal::Decimal::parse(&text).unwrap())
        }
        Type::String => match number % 3 {
            0 => Value::string(format!("{number}")),
            1 => Value::string(format!("key {number} é")),
            _ => Value::string(format!("a key of more than fifteen bytes, {number}")),
        },
        Type::Datetime => Value::Datetime(NEW_YEAR + number * DAY / 24),
        Type::Timespan => Value::Timespan(number * DAY / 100),
        Type::Guid => Value::Guid([number as u8; 16]),
        Type::Dynamic | Type::Unknown => {
            let text = match number % 4 {
                0 => format!("[{number},\"{number}\",{{\"a\":{number}}}]"),
                1 => format!("{{\"k{number}\":{number}.5,\"a\":[{number}]}}"),
                2 => format!("\"a text of more than twelve bytes, {number}\""),
                _ => number.to_string(),
            };
            Value::Dynamic(text.into())
        }
    }
}

impl Sample {
    /// A random table; half of them have some of the columns of `like`.
    pub fn random(dice: &mut Dice, name: &'static str, like: Option<&Sample>) -> Sample {
        let mut columns: Vec<Column> = Vec::new();
        if let Some(like) = like
            && dice.chance(70)
        {
            let kept = like.schema.columns.iter().filter(|_| dice.chance(60));
            columns.extend(kept.cloned());
        }
        let wanted = 1 + dice.roll(8);
        for _ in 0..20 {
            if columns.len() >= wanted {
                break;
            }
            let ty = *dice.pick(&TYPES);
            let name = *dice.pick(&names(ty));
            if columns.iter().all(|c| &*c.name != name) {
                columns.push(Column::new(name, ty));
            }
        }
        let count = match dice.roll(8) {
            0 => 0,
            1 => 1,
            2 => 2,
            3 if dice.chance(30) => 20 + dice.roll(60),
            _ => 3 + dice.roll(10),
        };
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for _ in 0..count {
            // Rows repeat, or all but one cell of them do.
            let mut row: Vec<Value> = match rows.is_empty() || dice.chance(60) {
                true => columns.iter().map(|c| value(dice, c.ty)).collect(),
                false => dice.pick(&rows).clone(),
            };
            if dice.chance(50) {
                let at = dice.roll(columns.len());
                row[at] = value(dice, columns[at].ty);
            }
            rows.push(row);
        }
        Sample {
            name,
            schema: Schema::new(columns),
            rows,
        }
    }

    /// The table as `let T = datatable(…)[…];`
    pub fn literal(&self) -> String {
        let columns: Vec<String> = self
            .schema
            .columns
            .iter()
            .map(|c| format!("{}: {}", c.name, c.ty))
            .collect();
        let mut out = format!("let {} = datatable({})[", self.name, columns.join(", "));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(literal).collect();
            let _ = write!(out, "\n    {},", cells.join(", "));
        }
        out.push_str(if self.rows.is_empty() { "];" } else { "\n];" });
        out
    }

    fn known(&self) -> Known {
        Known {
            schema: self.schema.clone(),
            twins: false,
            named: None,
        }
    }

    fn open(&self, path: &Path, options: &LoadOptions) -> Arc<dyn DataSource> {
        let report = Arc::new(Report::new(true));
        open_table(
            "T",
            &[std::path::PathBuf::from(path).into()],
            Some(self.known()),
            options,
            &report,
        )
        .unwrap()
    }

    /// The table as JSON, a line each row.
    pub fn json_text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&self.schema.columns).map(|(value, column)| {
                let cell = match value {
                    Value::Null(_) => "null".to_string(),
                    Value::Dynamic(text) => text.to_string(),
                    Value::Bool(v) => v.to_string(),
                    Value::Int(_) | Value::Long(_) | Value::Decimal(_) => value_text(value),
                    Value::Real(v) if v.is_finite() => value_text(value),
                    Value::Real(v) if v.is_nan() => "\"NaN\"".to_string(),
                    Value::Real(v) if *v > 0.0 => "\"Infinity\"".to_string(),
                    Value::Real(_) => "\"-Infinity\"".to_string(),
                    value => json::quote(&value_text(value)),
                };
                format!("{}:{cell}", json::quote(&column.name))
            });
            let cells: Vec<String> = cells.collect();
            let _ = writeln!(out, "{{{}}}", cells.join(","));
        }
        out
    }

    /// The table as a JSON file.
    pub fn json(&self, folder: &Path, options: &LoadOptions) -> Arc<dyn DataSource> {
        let path = folder.join(format!("{}.json", self.name));
        std::fs::write(&path, self.json_text()).unwrap();
        self.open(&path, options)
    }

    /// The table as CSV.
    pub fn csv_text(&self) -> String {
        let names: Vec<&str> = self.schema.columns.iter().map(|c| &*c.name).collect();
        let mut out = format!("{}\n", names.join(","));
        for row in &self.rows {
            let cells = row.iter().map(|value| {
                let text = match value {
                    Value::Real(v) if v.is_infinite() && *v > 0.0 => "Infinity".to_string(),
                    Value::Real(v) if v.is_infinite() => "-Infinity".to_string(),
                    Value::Dynamic(text) => text.to_string(),
                    value => value_text(value),
                };
                format!("\"{}\"", text.replace('"', "\"\""))
            });
            let cells: Vec<String> = cells.collect();
            let _ = writeln!(out, "{}", cells.join(","));
        }
        out
    }

    /// The table as a CSV file.
    pub fn csv(&self, folder: &Path, options: &LoadOptions) -> Arc<dyn DataSource> {
        let path = folder.join(format!("{}.csv", self.name));
        std::fs::write(&path, self.csv_text()).unwrap();
        self.open(&path, options)
    }

    /// The table as arrow has it, columns' types in their metadata.
    pub fn record_batch(&self) -> RecordBatch {
        let fields = self.schema.columns.iter().map(|c| {
            let metadata = HashMap::from([("kql.type".to_string(), c.ty.name().to_string())]);
            Field::new(&*c.name, c.ty.arrow(), true).with_metadata(metadata)
        });
        let schema = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        let columns = self.schema.columns.iter().enumerate();
        let columns = columns.map(|(i, c)| arrays::of(c.ty, self.rows.iter().map(|row| &row[i])));
        RecordBatch::try_new(schema, columns.collect()).unwrap()
    }

    /// The table as Parquet with so many rows in a row group.
    pub fn parquet_bytes(&self, group: usize) -> Vec<u8> {
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(group))
            .build();
        let batch = self.record_batch();
        let mut out = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        out
    }

    /// The table as a Parquet file.
    pub fn parquet(&self, folder: &Path, group: usize) -> Arc<dyn DataSource> {
        let path = folder.join(format!("{}.parquet", self.name));
        std::fs::write(&path, self.parquet_bytes(group)).unwrap();
        self.open(&path, &LoadOptions::default())
    }

    /// All tables with fewer rows or columns.
    pub fn smaller(&self) -> Vec<Sample> {
        let mut found = Vec::new();
        let half = self.rows.len() / 2;
        if half > 0 {
            for rows in [&self.rows[..half], &self.rows[half..]] {
                found.push(Sample {
                    rows: rows.to_vec(),
                    ..self.clone()
                });
            }
        }
        for index in 0..self.rows.len() {
            let mut rows = self.rows.clone();
            rows.remove(index);
            found.push(Sample {
                rows,
                ..self.clone()
            });
        }
        for index in 0..self.schema.len() {
            if self.schema.len() < 2 {
                break;
            }
            let mut fewer = self.clone();
            fewer.schema.columns.remove(index);
            fewer.rows.iter_mut().for_each(|row| {
                row.remove(index);
            });
            found.push(fewer);
        }
        found
    }
}

/// A value as KQL writes it.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null(ty) => format!("{ty}(null)"),
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => format!("int({v})"),
        Value::Long(v) => format!("long({v})"),
        Value::Real(v) if v.is_nan() => "real(nan)".into(),
        Value::Real(v) if v.is_infinite() && *v > 0.0 => "real(+inf)".into(),
        Value::Real(v) if v.is_infinite() => "real(-inf)".into(),
        Value::Real(v) => format!("real({v:?})"),
        Value::Decimal(v) => format!("decimal({v})"),
        Value::String(text) => json::quote(text),
        Value::Datetime(_) => format!("datetime({})", value_text(value)),
        Value::Timespan(_) => format!("time({})", value_text(value)),
        Value::Guid(_) => format!("guid({})", value_text(value)),
        Value::Dynamic(text) => format!("dynamic({text})"),
    }
}
