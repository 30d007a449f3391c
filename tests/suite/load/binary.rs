//! Arrow and Parquet files.

use super::*;
use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, TimeUnit};
use arrow::ipc::writer::{FileWriter, StreamWriter};
use kql::contract::{Predicate, PredicateOp};
use kql::types::Value;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
        .unwrap()
}

fn arrow_file(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|b| writer.write(b).unwrap());
    writer.into_inner().unwrap()
}

fn arrow_stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|b| writer.write(b).unwrap());
    writer.into_inner().unwrap()
}

fn parquet(batches: &[RecordBatch], group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|b| writer.write(b).unwrap());
    writer.close().unwrap();
    out
}

fn types() -> RecordBatch {
    let dictionary: DictionaryArray<Int32Type> =
        vec![Some("x"), None, Some("x")].into_iter().collect();
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]);
    let inner: ArrayRef = Arc::new(StringArray::from(vec![Some("a\"b"), None, Some("c")]));
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]));
    let record = StructArray::from(vec![
        (Arc::new(Field::new("s", DataType::Utf8, true)), inner),
        (Arc::new(Field::new("f", DataType::Boolean, true)), flags),
    ]);
    let us = 1_700_000_000_123_456;
    batch(vec![
        (
            "b",
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        ),
        (
            "i8",
            Arc::new(Int8Array::from(vec![Some(-1), None, Some(1)])),
        ),
        ("u16", Arc::new(UInt16Array::from(vec![65535, 0, 1]))),
        (
            "i32",
            Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(7)])),
        ),
        ("u32", Arc::new(UInt32Array::from(vec![u32::MAX, 0, 1]))),
        (
            "i64",
            Arc::new(Int64Array::from(vec![Some(i64::MAX), None, Some(7)])),
        ),
        ("u64", Arc::new(UInt64Array::from(vec![u64::MAX, 0, 1]))),
        (
            "f32",
            Arc::new(Float32Array::from(vec![Some(0.5), None, Some(2.0)])),
        ),
        (
            "f64",
            Arc::new(Float64Array::from(vec![Some(f64::NAN), None, Some(-0.25)])),
        ),
        (
            "s",
            Arc::new(StringArray::from(vec![
                Some("é"),
                None,
                Some("a string that is long enough to be stored apart"),
            ])),
        ),
        (
            "ls",
            Arc::new(LargeStringArray::from(vec![Some("l"), None, Some("")])),
        ),
        ("dict", Arc::new(dictionary)),
        (
            "us",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(us), None, Some(-1)])
                    .with_timezone("UTC"),
            ),
        ),
        (
            "ns",
            Arc::new(TimestampNanosecondArray::from(vec![
                Some(us * 1000 + 789),
                None,
                Some(-1),
            ])),
        ),
        (
            "ms",
            Arc::new(
                TimestampMillisecondArray::from(vec![Some(us / 1000), None, Some(0)])
                    .with_timezone("+02:00"),
            ),
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![Some(19_700), None, Some(-719_162)])),
        ),
        (
            "dec",
            Arc::new(
                Decimal128Array::from(vec![Some(12345), None, Some(-5)])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        ("list", Arc::new(list)),
        ("record", Arc::new(record)),
        (
            "bytes",
            Arc::new(BinaryArray::from(vec![Some(&b"text"[..]), None, Some(b"")])),
        ),
        ("none", Arc::new(NullArray::new(3))),
    ])
}

const TYPES: &str = "b: bool, i8: int, u16: int, i32: int, u32: long, i64: long, u64: decimal, f32: real, f64: real, s: string, ls: string, dict: string, us: datetime, ns: datetime, ms: datetime, day: datetime, dec: decimal, list: dynamic, record: dynamic, bytes: string, none: string";

#[test]
fn every_type_from_arrow_and_parquet() {
    let rows = [
        "true|-1|65535|-2147483648|4294967295|9223372036854775807|18446744073709551615|0.5|NaN|é|l|x|2023-11-14T22:13:20.123456Z|2023-11-14T22:13:20.1234567Z|2023-11-14T22:13:20.123Z|2023-12-09T00:00:00Z|123.45|[1,null]|{\"s\":\"a\\\"b\",\"f\":true}|text|",
        "null|null|0|null|0|null|0|null|null||||null|null|null|null|null|null|{\"s\":null,\"f\":false}||",
        "false|1|1|7|1|7|1|2.0|-0.25|a string that is long enough to be stored apart||x|1969-12-31T23:59:59.999999Z|1969-12-31T23:59:59.9999999Z|1970-01-01T00:00:00Z|0001-01-01T00:00:00Z|-0.05|[]|{\"s\":\"c\",\"f\":null}||",
    ];
    let batches = [types()];
    for (name, content) in [
        ("T.arrow", arrow_file(&batches)),
        ("T.arrows", arrow_stream(&batches)),
        ("T.parquet", parquet(&batches, 2)),
        ("T.ipc.gz", gzip(&arrow_file(&batches))),
        (
            "T.arrows.zst",
            zstd::encode_all(&*arrow_stream(&batches), 1).unwrap(),
        ),
        ("T.parquet.gz", gzip(&parquet(&batches, 2))),
        ("T", parquet(&batches, 1)),
    ] {
        let (schema, found, warnings) = load(name, content);
        assert_eq!(schema, TYPES, "{name}");
        assert_eq!(found, rows, "{name}");
        assert!(warnings.is_empty(), "{name} {warnings:?}");
    }
}

#[test]
fn kql_types_in_metadata_are_trusted_if_they_fit() {
    let field = |name: &str, ty: DataType, kql: &str| {
        Field::new(name, ty, true).with_metadata([("kql.type".to_string(), kql.to_string())].into())
    };
    let schema = arrow::datatypes::Schema::new(vec![
        field("t", DataType::Int64, "datetime"),
        field("span", DataType::Int64, "timespan"),
        field("d", DataType::Utf8View, "dynamic"),
        field("g", DataType::FixedSizeBinary(16), "guid"),
        field("dec", DataType::FixedSizeBinary(16), "decimal"),
        field("no", DataType::Utf8, "long"),
        field(
            "iso",
            DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            "datetime",
        ),
    ]);
    let bytes = |value: [u8; 16]| -> ArrayRef {
        Arc::new(FixedSizeBinaryArray::try_from_iter([value].into_iter()).unwrap())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![kql::types::MAX_DATETIME])),
        Arc::new(Int64Array::from(vec![i64::MIN])),
        Arc::new(StringViewArray::from(vec!["{\"a\":[1,\"x\"]}"])),
        bytes([0x11; 16]),
        bytes(Decimal::parse("1.50").unwrap().bytes()),
        Arc::new(StringArray::from(vec!["12"])),
        Arc::new(TimestampNanosecondArray::from(vec![100]).with_timezone("UTC")),
    ];
    let batches = [RecordBatch::try_new(Arc::new(schema), columns).unwrap()];
    for (name, content) in [
        ("T.arrow", arrow_file(&batches)),
        ("T.parquet", parquet(&batches, 9)),
    ] {
        let (schema, rows, warnings) = load(name, content);
        assert_eq!(
            schema,
            "t: datetime, span: timespan, d: dynamic, g: guid, dec: decimal, no: string, iso: datetime"
        );
        let decimal = Decimal::parse("1.50").unwrap();
        assert_eq!(
            rows,
            [format!(
                "9999-12-31T23:59:59.9999999Z|-10675199.02:48:05.4775808|{{\"a\":[1,\"x\"]}}|11111111-1111-1111-1111-111111111111|{decimal}|12|1970-01-01T00:00:00.0000001Z"
            )],
            "{name}"
        );
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn published_types_convert_what_a_file_has() {
    let folder = Folder::new();
    let content = parquet(
        &[batch(vec![
            (
                "When",
                Arc::new(StringArray::from(vec!["2024-01-01T00:00:01Z", "never"])),
            ),
            ("Port", Arc::new(Int64Array::from(vec![443, 1 << 40]))),
            ("Id", Arc::new(Int64Array::from(vec![1, 2]))),
            ("D", Arc::new(StringArray::from(vec!["{\"a\": 1}", "x"]))),
        ])],
        10,
    );
    let path = folder.write("T.parquet", content);
    let types = known(
        &[
            ("When", Type::Datetime),
            ("Port", Type::Int),
            ("Id", Type::String),
            ("D", Type::Dynamic),
        ],
        false,
    );
    let (source, report) = open_with(&path, Some(types), &options());
    assert_eq!(
        all_rows(&*source.unwrap()),
        ["2024-01-01T00:00:01Z|443|1|{\"a\":1}", "null|null|2|\"x\""]
    );
    let warnings = report.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].ends_with(
            "T.parquet, row 2: `1099511627776` in column `Port` is no int and was read as null"
        ),
        "{warnings:?}"
    );
}

/// Number of rows that come with a predicate on the first column.
fn scanned(source: &dyn DataSource, column: &str, op: PredicateOp, values: Vec<Value>) -> usize {
    let request = ScanRequest {
        columns: vec![],
        predicates: vec![Predicate {
            column: source.schema().index(column).unwrap(),
            op,
            values,
        }],
        limit: None,
    };
    let mut count = 0;
    for morsel in source.morsels(&request).unwrap() {
        morsel
            .read(&Cancel::default(), &mut |_, rows| {
                count += rows;
                Ok(Flow::More)
            })
            .unwrap();
    }
    count
}

#[test]
fn row_groups_that_cannot_match_are_left_out() {
    let folder = Folder::new();
    let content = parquet(
        &[batch(vec![
            (
                "t",
                Arc::new(TimestampMicrosecondArray::from(
                    (0..40).map(|i| i * 1_000_000).collect::<Vec<_>>(),
                )),
            ),
            (
                "n",
                Arc::new(Int64Array::from(
                    (0..40).map(|i| (i < 30).then_some(i)).collect::<Vec<_>>(),
                )),
            ),
            (
                "s",
                Arc::new(StringArray::from(
                    (0..40)
                        .map(|i| (i != 35).then(|| format!("k{i:02}")))
                        .collect::<Vec<_>>(),
                )),
            ),
            (
                "r",
                Arc::new(Float64Array::from(
                    (0..40).map(f64::from).collect::<Vec<_>>(),
                )),
            ),
        ])],
        10,
    );
    let path = folder.write("T.parquet", content);
    let source = open_with(&path, None, &options()).0.unwrap();
    let second = |s: i64| Value::Datetime(kql::types::UNIX_EPOCH_TICKS + s * 10_000_000);
    use PredicateOp::{Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual};
    for (column, op, values, expected) in [
        ("t", Equal, vec![second(15)], 10),
        ("t", Greater, vec![second(19)], 20),
        ("t", GreaterOrEqual, vec![second(19)], 30),
        ("t", Less, vec![second(10)], 10),
        ("t", LessOrEqual, vec![second(10)], 20),
        ("t", Greater, vec![second(100)], 0),
        ("n", In, vec![Value::Long(5), Value::Long(25)], 20),
        ("n", GreaterOrEqual, vec![Value::Int(0)], 30),
        ("n", Equal, vec![Value::Real(15.5)], 10),
        ("n", Equal, vec![Value::Null(Type::Long)], 40),
        ("s", Equal, vec![Value::string("k15")], 10),
        ("s", Equal, vec![Value::string("")], 10),
        ("r", Less, vec![Value::Real(f64::NAN)], 40),
        ("r", LessOrEqual, vec![Value::Long(9)], 10),
    ] {
        let what = format!("{column} {op:?} {values:?}");
        assert_eq!(scanned(&*source, column, op, values), expected, "{what}");
    }
    assert_eq!(
        source.latest(0).unwrap(),
        Some(kql::types::UNIX_EPOCH_TICKS + 390_000_000)
    );
}

#[test]
fn large_row_groups_are_read_in_pieces() {
    let folder = Folder::new();
    let rows = 300_000;
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..rows).map(|i| format!("some text {}", i % 1000)),
    ));
    let content = parquet(&[batch(vec![("n", numbers), ("s", texts)])], 1_000_000);
    let path = folder.write("T.parquet", content);
    let source = open_with(&path, None, &options()).0.unwrap();
    let request = ScanRequest {
        columns: vec![1, 0],
        ..ScanRequest::default()
    };
    let morsels = source.morsels(&request).unwrap();
    assert_eq!(morsels.len(), 3);
    let mut next = 0;
    for morsel in morsels {
        morsel
            .read(&Cancel::default(), &mut |arrays, _| {
                for (text, number) in arrays[0]
                    .as_string_view()
                    .iter()
                    .zip(arrays[1].as_primitive::<Int64Type>().values())
                {
                    assert_eq!(*number, next);
                    assert_eq!(text.unwrap(), format!("some text {}", next % 1000));
                    next += 1;
                }
                Ok(Flow::More)
            })
            .unwrap();
    }
    assert_eq!(next, rows);
    assert_eq!(rows_of(&*source, &[]).len(), usize::try_from(rows).unwrap());
}

#[test]
fn damaged_files_are_errors() {
    for (name, content) in [
        ("T.arrow", arrow_file(&[types()])),
        ("T.parquet", parquet(&[types()], 2)),
    ] {
        let cut = &content[..content.len() / 2];
        assert!(
            failure(name, cut).starts_with(&format!("./{name}")),
            "{name}"
        );
    }
    assert!(failure("T.parquet", "a,b").contains("no Parquet file"));
}

#[test]
fn files_of_one_table_are_united() {
    let folder = Folder::new();
    folder.write(
        "T/1.parquet",
        parquet(
            &[batch(vec![
                ("a", Arc::new(Int32Array::from(vec![1]))),
                ("b", Arc::new(StringArray::from(vec!["x"]))),
                ("m", Arc::new(BooleanArray::from(vec![true]))),
            ])],
            10,
        ),
    );
    folder.write(
        "T/2.parquet",
        parquet(
            &[batch(vec![
                ("c", Arc::new(Int64Array::from(vec![9]))),
                ("a", Arc::new(Float64Array::from(vec![2.5]))),
                ("m", Arc::new(StringArray::from(vec!["yes"]))),
            ])],
            10,
        ),
    );
    let catalog = folder.open().unwrap();
    let source = catalog.source("T").unwrap().unwrap();
    assert_eq!(
        source.schema().to_string(),
        "a: real, b: string, m: dynamic, c: long"
    );
    assert_eq!(all_rows(&*source), ["1.0|x|true|null", "2.5||\"yes\"|9"]);
}

#[test]
fn sizes_that_nothing_stands_behind_are_no_memory() {
    use arrow::ipc::writer::IpcWriteOptions;
    let batch = batch(vec![(
        "a",
        Arc::new(StringArray::from(vec!["the same".to_string(); 4000])) as ArrayRef,
    )]);
    let packed = || {
        IpcWriteOptions::default()
            .try_with_compression(Some(arrow::ipc::CompressionType::ZSTD))
            .unwrap()
    };
    let mut file = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), packed()).unwrap();
    file.write(&batch).unwrap();
    let file = file.into_inner().unwrap();
    let mut stream =
        StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), packed()).unwrap();
    stream.write(&batch).unwrap();
    let stream = stream.into_inner().unwrap();
    // The bytes of all texts, as their packed buffer says it.
    let said = 32_000i64.to_le_bytes();
    for (name, content) in [("T.arrow", file), ("T.arrows", stream)] {
        let whole = Folder::new();
        let (source, _) = open_with(&whole.write(name, &content), None, &options());
        assert_eq!(all_rows(&*source.unwrap()).len(), 4000);
        let at = content.windows(8).position(|w| w == said).expect(name);
        for lie in [1i64 << 45, i64::MAX, -2] {
            let mut content = content.clone();
            content[at..at + 8].copy_from_slice(&lie.to_le_bytes());
            let folder = Folder::new();
            let (source, _) = open_with(&folder.write(name, content), None, &options());
            let read = source.and_then(|source| {
                let request = ScanRequest {
                    columns: vec![0],
                    ..ScanRequest::default()
                };
                let morsels = source.morsels(&request)?;
                morsels
                    .into_iter()
                    .try_for_each(|m| m.read(&Cancel::default(), &mut |_, _| Ok(Flow::More)))
            });
            let fault = read.expect_err("the file is damaged");
            assert!(fault.message.contains("damaged"), "{}", fault.message);
        }
    }
}

#[test]
fn damaged_bytes_never_make_it_panic() {
    let folder = Folder::new();
    let batches = [types(), types()];
    let mut random = 88_172_645_463_325_252u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    for (name, content) in [
        ("T.arrow", arrow_file(&batches)),
        ("T.arrows", arrow_stream(&batches)),
        ("T.parquet", parquet(&batches, 4)),
    ] {
        for _ in 0..80 {
            let mut content = content.clone();
            for _ in 0..=next(3) {
                let at = next(content.len());
                content[at] = next(256).try_into().unwrap();
            }
            let path = folder.write(name, content);
            let (source, _) = open_with(&path, None, &options());
            let Ok(source) = source else { continue };
            let request = ScanRequest {
                columns: (0..source.schema().len()).collect(),
                ..ScanRequest::default()
            };
            for morsel in source.morsels(&request).into_iter().flatten() {
                let _ = morsel.read(&Cancel::default(), &mut |_, _| Ok(Flow::More));
            }
        }
    }
}
