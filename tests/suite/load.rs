//! Reading data: every format and packing, what is broken in it, and how tables are found.

mod binary;
mod damaged;
mod fuzz;
mod tables;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use kql::catalog::Catalog;
use kql::contract::{Cancel, DataSource, Fault, Flow, ScanRequest};
use kql::decimal::Decimal;
use kql::load::{Known, LoadOptions, Report, open_table};
use kql::temporal;
use kql::text;
use kql::types::{Schema, Type};

use tables::known;

/// A folder that goes away.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
    fn open(&self) -> Result<Catalog, Fault> {
        Catalog::open(
            &[self.path().display().to_string()],
            &[],
            LoadOptions::default(),
        )
    }
}

fn cell(array: &ArrayRef, row: usize, ty: Type) -> String {
    if array.is_null(row) {
        return "null".to_string();
    }
    match ty {
        Type::Bool => array.as_boolean().value(row).to_string(),
        Type::Int => array.as_primitive::<Int32Type>().value(row).to_string(),
        Type::Long => array.as_primitive::<Int64Type>().value(row).to_string(),
        Type::Real => text::real_text(array.as_primitive::<Float64Type>().value(row)),
        Type::Datetime => temporal::datetime_wire(array.as_primitive::<Int64Type>().value(row)),
        Type::Timespan => temporal::timespan_text(array.as_primitive::<Int64Type>().value(row)),
        Type::String | Type::Dynamic | Type::Unknown => {
            array.as_string_view().value(row).to_string()
        }
        Type::Guid => text::guid_text(array.as_fixed_size_binary().value(row).try_into().unwrap()),
        Type::Decimal => {
            let bytes = array.as_fixed_size_binary().value(row).try_into().unwrap();
            Decimal::from_bytes(bytes).to_string()
        }
    }
}

/// The rows of some columns, a line each.
fn rows_of(source: &dyn DataSource, columns: &[usize]) -> Vec<String> {
    let schema = source.schema();
    let request = ScanRequest {
        columns: columns.to_vec(),
        ..ScanRequest::default()
    };
    let mut lines = Vec::new();
    for morsel in source.morsels(&request).unwrap() {
        morsel
            .read(&Cancel::default(), &mut |arrays, rows| {
                assert_eq!(arrays.len(), columns.len());
                for (array, column) in arrays.iter().zip(columns) {
                    assert_eq!(array.len(), rows);
                    assert_eq!(*array.data_type(), schema.columns[*column].ty.arrow());
                }
                for row in 0..rows {
                    let cells: Vec<String> = arrays
                        .iter()
                        .zip(columns)
                        .map(|(a, c)| cell(a, row, schema.columns[*c].ty))
                        .collect();
                    lines.push(cells.join("|"));
                }
                Ok(Flow::More)
            })
            .unwrap();
    }
    lines
}

fn all_rows(source: &dyn DataSource) -> Vec<String> {
    rows_of(source, &(0..source.schema().len()).collect::<Vec<_>>())
}

fn options() -> LoadOptions {
    LoadOptions::default()
}

/// Pieces so small that every border is met.
fn tiny() -> LoadOptions {
    LoadOptions {
        morsel_bytes: 40,
        chunk_bytes: 16,
        batch_rows: 3,
        survey_bytes: 30,
        ..LoadOptions::default()
    }
}

fn open_with(
    path: &Path,
    known: Option<Known>,
    options: &LoadOptions,
) -> (Result<Arc<dyn DataSource>, Fault>, Arc<Report>) {
    let report = Arc::new(Report::new(options.strict_data));
    let source = open_table("T", &[path.to_path_buf().into()], known, options, &report);
    (source, report)
}

/// Schema, rows and warnings of a file.
fn load(name: &str, content: impl AsRef<[u8]>) -> (String, Vec<String>, Vec<String>) {
    let folder = Folder::new();
    let path = folder.write(name, content);
    let mut results = [options(), tiny()].map(|options| {
        let (source, report) = open_with(&path, None, &options);
        let source = source.unwrap();
        let rows = all_rows(&*source);
        let warnings = report
            .warnings()
            .iter()
            .map(|w| w.replace(&folder.path().display().to_string(), "."))
            .collect();
        (source.schema().to_string(), rows, warnings)
    });
    assert_eq!(results[0], results[1], "tiny pieces change the answer");
    std::mem::take(&mut results[0])
}

fn failure(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    let path = folder.write(name, content);
    let (source, _) = open_with(&path, None, &options());
    let fault = source.err().expect("this should not open");
    fault
        .message
        .replace(&folder.path().display().to_string(), ".")
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn layouts_of_json_give_the_same_table() {
    let expected = (
        "a: long, b: string".to_string(),
        vec!["1|x".to_string(), "2|".to_string()],
    );
    for content in [
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":2}\n",
        "\u{feff}{\"a\":1,\"b\":\"x\"}\r\n\r\n{\"a\":2}",
        "[{\"a\":1,\"b\":\"x\"},{\"a\":2}]",
        "[\n  {\n    \"a\": 1,\n    \"b\": \"x\"\n  },\n  {\n    \"a\": 2,\n    \"b\": null\n  }\n]\n",
        "{\"a\":1,\"b\":\"x\"}{\"a\":2}",
        "{\n\"a\":1,\n\"b\":\"x\"}\n{\n\"a\":2}",
        "\n\n [ {\"a\":1,\"b\":\"x\"}\n,{\"b\":\"\",\"a\":2}\n]",
        "[{\"a\":1,\"b\":\"x\"}]\n[{\"a\":2}]\n",
    ] {
        let (schema, rows, warnings) = load("T.json", content);
        assert_eq!((schema, rows), expected, "{content}");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn packings_give_the_same_table() {
    let content = "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n";
    let (first, second) = content.split_at(16);
    let two_members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    let frames = [first, second]
        .map(|p| zstd::encode_all(p.as_bytes(), 1).unwrap())
        .concat();
    let plain = load("T.json", content);
    assert_eq!(plain, load("T.json.gz", gzip(content.as_bytes())));
    assert_eq!(plain, load("T.json.gz", two_members));
    assert_eq!(plain, load("T.ndjson.zst", frames));
    assert_eq!(plain, load("T", gzip(content.as_bytes())));
}

#[test]
fn wide_files_are_read_or_refused_at_once() {
    let header: Vec<String> = (0..15_000).map(|i| format!("c{i}")).collect();
    let wide = format!("{}\n{}\n", header.join(","), "1,".repeat(14_999) + "1");
    let (schema, rows, _) = load("T.csv", &wide);
    assert_eq!((schema.matches(": long").count(), rows.len()), (15_000, 1));
    // Names that come again and again get numbers.
    let (schema, ..) = load("T.csv", "x,".repeat(9_999) + "x\n1\n");
    assert!(
        schema.ends_with("x9999: string"),
        "{}",
        &schema[schema.len() - 40..]
    );
    let million = ",".repeat(1_000_000) + "\n";
    assert!(failure("T.csv", million).contains("more than 20000 columns"));
    let keys: Vec<String> = (0..100_000).map(|i| format!("\"k{i}\":1")).collect();
    let keys = format!("{{{}}}\n", keys.join(","));
    assert!(failure("T.json", keys).contains("more than 20000 different keys"));
}

#[test]
fn odd_rows_are_told_and_passed_over() {
    let deep = format!(
        "{{\"a\":{}1{}}}\n",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let (_, rows, warnings) = load("T.json", format!("{{\"a\":1}}\n{deep}{{\"a\":2}}\n"));
    assert_eq!(rows, ["1", "2"]);
    assert!(warnings[0].contains("T.json:2: a broken row was skipped: values nest too deep"));
    // Bytes that are no UTF-8 are replaced, and said.
    let (_, rows, warnings) = load("T.json", b"{\"a\":\"x\xff\"}\n{\"a\":\"y\"}\n");
    assert_eq!(rows, ["x\u{fffd}", "y"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let (_, rows, _) = load("T.json", "{\"a\":1,\"a\":2}\n");
    assert_eq!(rows, ["2"]);
}

#[test]
fn types_of_unknown_columns() {
    let (schema, rows, warnings) = load(
        "T.json",
        concat!(
            r#"{"i":1,"r":1,"mixed":1,"t":"2024-01-01","s":"2024-01-01","n":null,"b":true,"o":{"k":[1, 2]},"e":"","big":12345678901234567890,"x":1}"#,
            "\n",
            r#"{"i":-9223372036854775808,"r":1.5,"mixed":"a","t":"2024-01-01T10:00:00.1234567+02:00","s":"later","b":false,"o":[],"e":7,"big":1,"x":{"a":"\u00e9\n"}}"#,
        ),
    );
    assert_eq!(
        schema,
        "i: long, r: real, mixed: dynamic, t: datetime, s: string, n: string, b: bool, o: dynamic, e: long, big: decimal, x: dynamic"
    );
    assert_eq!(
        rows,
        [
            "1|1.0|1|2024-01-01T00:00:00Z|2024-01-01||true|{\"k\":[1,2]}|null|12345678901234567890|1",
            "-9223372036854775808|1.5|\"a\"|2024-01-01T08:00:00.1234567Z|later||false|[]|7|1|{\"a\":\"é\\n\"}",
        ]
    );
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn broken_rows_are_skipped_counted_and_placed() {
    let (schema, rows, warnings) = load(
        "T.json",
        "{\"a\":1}\n{\"a\":2\n{\"a\":\"x\n7\n{\"a\":3} {\"a\":4}\n{\"a\":5,}\n{\"a\":01}\n{\"a\":6}\n{\"a\":nul}\n{\"b\":\"\\q\"}",
    );
    assert_eq!(schema, "a: long");
    assert_eq!(rows, ["1", "6"]);
    assert_eq!(
        warnings,
        ["./T.json:2: 8 broken rows were skipped; the first: it ends inside an object"]
    );
}

#[test]
fn an_array_goes_on_after_a_broken_object() {
    let (_, rows, warnings) = load(
        "T.json",
        "[\n{\"a\":1,\"b\":{\"a\":9}},\n{\"a\":2,\"b\":{\"a\":9\n},\n{\"a\":3,\"b\":null},\n5,\n{\"a\":4}\n]",
    );
    assert_eq!(rows, ["1|{\"a\":9}", "3|null", "4|null"]);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("./T.json:3: 2 broken rows"),
        "{warnings:?}"
    );
}

#[test]
fn arrays_with_an_object_per_line_are_read_in_parts() {
    let folder = Folder::new();
    let object = |i: usize| format!("{{\"a\":{i},\"b\":[{{\"a\":9}}]}}");
    let objects: Vec<String> = (0..50).map(object).collect();
    let count = |content: String| {
        let path = folder.write("T.json", content);
        let source = open_with(&path, None, &tiny()).0.unwrap();
        let morsels = source.morsels(&ScanRequest::default()).unwrap().len();
        let rows = all_rows(&*source);
        assert_eq!(rows.len(), 50);
        assert!(
            rows.iter()
                .enumerate()
                .all(|(i, r)| *r == format!("{i}|[{{\"a\":9}}]"))
        );
        morsels
    };
    assert!(count(format!("[\n{}\n]\n", objects.join(",\n"))) > 10);
    assert!(count(format!("[{}]", objects.join(",\n"))) > 10);
    assert!(count(format!("[\n  {}\n]", objects.join("\n, "))) > 10);
    // two on a line somewhere, or one that goes over lines: from beginning to end then
    let two = format!("[\n{}\n]\n", objects.join(",\n")).replace(",\n{\"a\":30", ",{\"a\":30");
    assert_eq!(count(two), 1);
    let over = format!("[\n{}\n]\n", objects.join(",\n")).replace(
        "{\"a\":30,\"b\":[{\"a\":9}",
        "{\"a\":30,\"b\":[\n{\"a\":9}\n",
    );
    assert_eq!(count(over), 1);
}

#[test]
fn rows_that_are_too_long_are_broken() {
    let folder = Folder::new();
    let long = "x".repeat(300);
    let lines = format!("{{\"a\":1}}\n{{\"a\":\"{long}\"}}\n{{\"a\":2}}\n{{\"a\":\"{long}");
    let array =
        format!("[{{\"a\":1}},\n{{\"a\":2}},\n{{\"a\":\"{long}\"}},{{\"a\":3}},\n{{\"a\":4}}]");
    let limited = |options: LoadOptions| LoadOptions {
        row_bytes: 100,
        ..options
    };
    for options in [limited(options()), limited(tiny())] {
        let path = folder.write("T.json", &lines);
        let (source, report) = open_with(&path, None, &options);
        assert_eq!(all_rows(&*source.unwrap()), ["1", "2"]);
        let warnings = report.warnings();
        assert!(
            warnings[0]
                .ends_with("T.json:2: 2 broken rows were skipped; the first: it is too long"),
            "{warnings:?}"
        );

        let path = folder.write("T.json", &array);
        let (source, report) = open_with(&path, None, &options);
        let rows = all_rows(&*source.unwrap());
        assert!(
            rows.starts_with(&["1".into(), "2".into()]) && rows.ends_with(&["4".into()]),
            "{rows:?}"
        );
        let warnings = report.warnings();
        assert!(
            warnings[0].ends_with("T.json:3: a broken row was skipped: it is too long"),
            "{warnings:?}"
        );

        for (end, row_end) in [("\n", "\n"), ("\r\n", "\r\n"), ("\n", "\"\n")] {
            // A cell that is long, or is not closed; and what follows: rows, then one more that ends with the file.
            let text = format!("a,b{end}1,2{end}3,\"{long}{row_end}4,5{end}6,7{end}8,\"{long}");
            let path = folder.write("T.csv", text);
            let (source, report) = open_with(&path, None, &options);
            assert_eq!(all_rows(&*source.unwrap()), ["1|2", "4|5", "6|7"]);
            let warnings = report.warnings();
            assert!(
                warnings[0].ends_with(
                    "T.csv:3: 2 broken rows were skipped; the first: it is too long; \
                     maybe a quote is not closed; reading goes on in line 4"
                ),
                "{warnings:?}"
            );
        }
        let path = folder.write("T.csv", format!("a,{long}\n1,2\n"));
        let fault = open_with(&path, None, &options).0.err().unwrap();
        assert!(
            fault.message.contains("T.csv:1: the header is too long"),
            "{fault}"
        );
    }
}

#[test]
fn an_array_that_is_cut_off_says_so() {
    let (_, rows, warnings) = load("T.json", "[{\"a\":1},{\"a\":2},{\"a\":");
    assert_eq!(rows, ["1", "2"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let (_, rows, warnings) = load("T.json", "[{\"a\":1},{\"a\":2}");
    assert_eq!(rows, ["1", "2"]);
    assert!(
        warnings[0].contains("the file ends inside its array"),
        "{warnings:?}"
    );
}

#[test]
fn keys_in_any_order_missing_repeated_escaped() {
    let (schema, rows, warnings) = load(
        "T.json",
        concat!(
            "{\"a\":1,\"b\":\"x\",\"c\":[\"}\",{\"a\":5}]}\n",
            "{\"c\":\"\\\"a\\\":2,\",\"b\":\"\\\\\",\"a\":2}\n",
            "{\"b\":\"{\",\"\\u0061\":3}\n",
            "{\"a\":1,\"a\":4}\n",
            "{ \"a\" : 5 , \"b\" : \"\\ud83d\\ude00\\ud800\" }\n",
            "{}\n",
        ),
    );
    assert_eq!(schema, "a: long, b: string, c: dynamic");
    assert_eq!(
        rows,
        [
            "1|x|[\"}\",{\"a\":5}]",
            "2|\\|\"\\\"a\\\":2,\"",
            "3|{|null",
            "4||null",
            "5|😀\u{fffd}|null",
            "null||null",
        ]
    );
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn empty_files_are_empty_tables() {
    for content in ["", "\n \n", "[]", "[ ]\n", "\u{feff}"] {
        let (schema, rows, warnings) = load("T.json", content);
        assert_eq!(
            (schema.as_str(), rows.len(), warnings.len()),
            ("", 0, 0),
            "{content:?}"
        );
    }
}

#[test]
fn what_is_no_data_says_why() {
    assert!(failure("T.json", "hello\nworld").starts_with("./T.json:1: this is no JSON"));
    assert!(failure("T.json", "[1,2]").contains("no row of this file can be read"));
    assert!(failure("T.json", "{\"a\":}").contains("a value should be here"));
    assert!(failure("T.json.gz", b"PK\x03\x04").contains("zip"));
    assert!(failure("T.json", b"\xff\xfe{\0").contains("no row of this file can be read"));
    let mut cut = gzip(b"{\"a\":1}\n{\"a\":2}\n");
    cut.truncate(cut.len() - 9);
    assert!(failure("T.json.gz", cut).contains("cannot be unpacked"));
}

#[test]
fn strict_data_makes_them_failures() {
    let folder = Folder::new();
    let path = folder.write("T.json", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n");
    let strict = LoadOptions {
        strict_data: true,
        ..options()
    };
    let source = open_with(&path, None, &strict).0.unwrap();
    let request = ScanRequest {
        columns: vec![0],
        ..ScanRequest::default()
    };
    let fault = source
        .morsels(&request)
        .unwrap()
        .into_iter()
        .find_map(|m| m.read(&Cancel::default(), &mut |_, _| Ok(Flow::More)).err())
        .unwrap();
    assert!(
        fault
            .message
            .ends_with("T.json:2: a row is broken: it ends where a value should be"),
        "{fault}"
    );
}

#[test]
fn csv_in_all_its_forms() {
    let expected = (
        "a: long, b: string, c: real, t: datetime, f: bool".to_string(),
        vec![
            "1|x|1.5|2024-01-01T00:00:00Z|true".to_string(),
            "null|y, \"z\"\nw|2.0|null|false".to_string(),
            "-3||null|2024-01-02T03:04:05.6Z|null".to_string(),
        ],
    );
    let comma = "a,b,c,t,f\n1,x,1.5,2024-01-01,true\n,\"y, \"\"z\"\"\nw\",2,,FALSE\n-3,,,2024-01-02T03:04:05.6Z,\n";
    for (name, content) in [
        ("T.csv", comma.to_string()),
        ("T.CSV", format!("\u{feff}{comma}")),
        ("T.csv", comma.replace('\n', "\r\n").replace("\r\nw", "\nw")),
        ("T.csv", comma.trim_end().to_string()),
        (
            "T.tsv",
            comma
                .replace("y, ", "y; ")
                .replace(',', "\t")
                .replace("y; ", "y, "),
        ),
        ("T", comma.to_string()),
    ] {
        let (schema, rows, warnings) = load(name, &content);
        assert_eq!((schema, rows), expected, "{content}");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
    let zipped = load("T.csv.gz", gzip(comma.as_bytes()));
    assert_eq!((zipped.0, zipped.1), expected);
    let zipped = load("T.csv.zst", zstd::encode_all(comma.as_bytes(), 1).unwrap());
    assert_eq!((zipped.0, zipped.1), expected);
}

#[test]
fn csv_with_odd_headers_and_ragged_rows() {
    let (schema, rows, warnings) = load(
        "T.csv",
        "a, a ,,TimeGenerated [UTC],a\n1,2\n1,2,3,2024-01-01 00:00:01,5,6\n007,,x,,\n",
    );
    assert_eq!(
        schema,
        "a: string, a1: long, Column3: string, TimeGenerated: datetime, a2: long"
    );
    assert_eq!(
        rows,
        [
            "1|2||null|null",
            "1|2|3|2024-01-01T00:00:01Z|5",
            "007|null|x|null|null"
        ]
    );
    assert_eq!(
        warnings,
        [
            "./T.csv:2: 2 rows do not have as many cells as the header; the first: a row has 2 cells, the header 5"
        ]
    );
    assert_eq!(
        load("T.csv", "a,b\n"),
        ("a: string, b: string".into(), vec![], vec![])
    );
    assert_eq!(load("T.csv", "").0, "");
}

#[test]
fn csv_of_a_known_table_needs_no_survey() {
    let folder = Folder::new();
    let path = folder.write(
        "T.csv",
        "Port,D,S\n443,\"{\"\"a\"\": [1, 2]}\",007\nhttp,plain,\"{}\"\n",
    );
    let types = known(
        &[
            ("Port", Type::Int),
            ("D", Type::Dynamic),
            ("S", Type::String),
        ],
        false,
    );
    let (source, report) = open_with(&path, Some(types), &tiny());
    let source = source.unwrap();
    assert!(!source.provisional());
    assert_eq!(
        all_rows(&*source),
        ["443|{\"a\":[1,2]}|007", "null|\"plain\"|{}"]
    );
    let warnings = report.warnings();
    assert!(
        warnings[0].ends_with("T.csv:3: `http` in column `Port` is no int and was read as null"),
        "{warnings:?}"
    );
}

#[test]
fn the_test_tables_are_the_same_in_every_format() {
    let open = |path: &str| Catalog::open(&[path.into()], &[], options()).unwrap();
    let json = open("testdata");
    for format in ["csv", "parquet", "arrow"] {
        let other = open(&format!("testdata/formats/{format}"));
        for name in json.names() {
            let (a, b) = (
                json.source(name).unwrap().unwrap(),
                other.source(name).unwrap().unwrap(),
            );
            let (left, right) = (a.schema(), b.schema());
            let columns: Vec<usize> = (0..left.len()).collect();
            let places: Vec<usize> = left
                .columns
                .iter()
                .map(|c| {
                    right
                        .index(&c.name)
                        .unwrap_or_else(|| panic!("{format}: {name}.{}", c.name))
                })
                .collect();
            for (column, place) in columns.iter().zip(&places) {
                let (l, r) = (&left.columns[*column], &right.columns[*place]);
                assert_eq!(l, r, "{format}: {name}");
            }
            let (a, b) = (rows_of(&*a, &columns), rows_of(&*b, &places));
            assert_eq!(a.len(), b.len(), "{format}: {name}");
            for (row, (a, b)) in a.iter().zip(&b).enumerate() {
                assert_eq!(a, b, "{format}: {name}, row {row}");
            }
        }
        assert_eq!(other.report().warnings(), Vec::<String>::new(), "{format}");
    }
}
