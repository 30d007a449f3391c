//! Tables: what is known of them before they are read, and which files they are made of.

use super::*;

pub(super) fn known(columns: &[(&str, Type)], twins: bool) -> Known {
    Known {
        schema: Schema::of(columns),
        twins,
        named: None,
    }
}

#[test]
fn published_types_win_and_cells_that_do_not_fit_are_null() {
    let folder = Folder::new();
    let path = folder.write(
        "T.json",
        concat!(
            r#"{"Port":"443","Extra":1,"When":"2024-05-06 07:08:09","D":"{\"a\": 1}","S":{"a": 1},"Id":"74be27de-1e4e-49d9-b579-fe0b331d3642","Span":"1.02:03:04"}"#,
            "\n",
            r#"{"Port":"http","Extra":2.5,"When":"soon","D":"{a","S":5,"Id":"","Flag":"True"}"#,
            "\n",
            r#"{"Port":80.0,"When":"","D":[1],"S":true,"Flag":0}"#,
            "\n",
        ),
    );
    let types = known(
        &[
            ("Id", Type::Guid),
            ("Port", Type::Int),
            ("When", Type::Datetime),
            ("D", Type::Dynamic),
            ("S", Type::String),
            ("Lacking", Type::Real),
            ("Note", Type::String),
            ("Span", Type::Timespan),
            ("Flag", Type::Bool),
        ],
        false,
    );
    for options in [options(), tiny()] {
        let (source, report) = open_with(&path, Some(types.clone()), &options);
        let source = source.unwrap();
        source.complete().unwrap();
        assert_eq!(
            source.schema().to_string(),
            "Port: int, Extra: real, When: datetime, D: dynamic, S: string, Id: guid, Span: timespan, Flag: bool, Lacking: real, Note: string"
        );
        assert_eq!(
            all_rows(&*source),
            [
                "443|1.0|2024-05-06T07:08:09Z|{\"a\":1}|{\"a\":1}|74be27de-1e4e-49d9-b579-fe0b331d3642|1.02:03:04|null|null|",
                "null|2.5|null|\"{a\"|5|null|null|true|null|",
                "80|null|null|[1]|true|null|null|false|null|",
            ]
        );
        let warnings = report.warnings();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0]
                .ends_with("T.json:2: `http` in column `Port` is no int and was read as null")
        );
        all_rows(&*source);
        assert_eq!(
            report.warnings(),
            warnings,
            "a second scan finds nothing new"
        );
    }
}

#[test]
fn a_provisional_schema_tells_published_columns_only() {
    let folder = Folder::new();
    let line = |i: usize| format!("{{\"A\":{i},\"B\":\"x\"}}\n");
    let late = "{\"Extra\":1}\n{\"Late\":true,\"Extra\":\"no\"}\n";
    let content: String = (0..40).map(line).collect::<String>() + late;
    let path = folder.write("T.json", content);
    let types = known(
        &[("B", Type::String), ("C", Type::Long), ("A", Type::Real)],
        false,
    );
    let source = open_with(&path, Some(types), &tiny()).0.unwrap();
    assert!(source.provisional());
    assert_eq!(source.schema().to_string(), "A: real, B: string, C: long");
    assert_eq!(all_rows(&*source).len(), 42);
    source.complete().unwrap();
    assert!(!source.provisional());
    assert_eq!(
        source.schema().to_string(),
        "A: real, B: string, Extra: dynamic, Late: bool, C: long"
    );
    assert_eq!(all_rows(&*source)[41], "null||\"no\"|true|null");

    // a column that is not published shows at once: all rows are looked at, for its type
    let path = folder.write("U.json", format!("{{\"Extra\":1}}\n{}", line(1).repeat(40)));
    let types = known(&[("A", Type::Real), ("B", Type::String)], false);
    let source = open_with(&path, Some(types), &tiny()).0.unwrap();
    assert!(!source.provisional());
    assert_eq!(
        source.schema().to_string(),
        "Extra: long, A: real, B: string"
    );
}

#[test]
fn defender_times_stand_for_each_other() {
    let folder = Folder::new();
    let path = folder.write(
        "T.json",
        "{\"Timestamp\":\"2024-01-01\",\"A\":1}\n{\"TimeGenerated\":\"2024-01-02\",\"A\":2}\n{\"Timestamp\":\"2024-01-03\",\"TimeGenerated\":\"2024-01-04\"}\n",
    );
    let types = known(
        &[
            ("TimeGenerated", Type::Datetime),
            ("Timestamp", Type::Datetime),
        ],
        true,
    );
    for options in [options(), tiny()] {
        let source = open_with(&path, Some(types.clone()), &options).0.unwrap();
        let schema = source.schema();
        let (stamp, generated) = (
            schema.index("Timestamp").unwrap(),
            schema.index("TimeGenerated").unwrap(),
        );
        assert_eq!(
            rows_of(&*source, &[generated, stamp]),
            [
                "2024-01-01T00:00:00Z|2024-01-01T00:00:00Z",
                "2024-01-02T00:00:00Z|2024-01-02T00:00:00Z",
                "2024-01-04T00:00:00Z|2024-01-03T00:00:00Z",
            ]
        );
        let latest = |column| temporal::datetime_wire(source.latest(column).unwrap().unwrap());
        assert_eq!(latest(generated), "2024-01-04T00:00:00Z");
        assert_eq!(latest(stamp), "2024-01-03T00:00:00Z");
    }
}

#[test]
fn the_type_of_a_row_is_its_table() {
    let folder = Folder::new();
    let lines = "{\"A\":1}\n{\"A\":2,\"Type\":\"\"}\n{\"A\":3,\"Type\":\"other\"}\n{\"A\":4,\"Type\":null}\n";
    let columns = [("Type", Type::String), ("A", Type::Long)];
    let types = Known {
        named: Some("T".into()),
        ..known(&columns, false)
    };
    let files = [
        (folder.write("T.json", lines), ["T", "T", "other", "T"]),
        (folder.write("lacks/T.csv", "A\n1\n2\n3\n4\n"), ["T"; 4]),
    ];
    for (path, expected) in files {
        for options in [options(), tiny()] {
            let source = open_with(&path, Some(types.clone()), &options).0.unwrap();
            let index = source.schema().index("Type").unwrap();
            assert_eq!(rows_of(&*source, &[index]), expected);
        }
        let unnamed = open_with(&path, Some(known(&columns, false)), &options()).0;
        let unnamed = unnamed.unwrap();
        let index = unnamed.schema().index("Type").unwrap();
        assert_eq!(rows_of(&*unnamed, &[index])[0], "");
    }
}

#[test]
fn a_scan_can_stop_early_and_read_no_column() {
    let folder = Folder::new();
    let path = folder.write("T.json", "{\"a\":1}\n".repeat(100));
    let source = open_with(&path, None, &tiny()).0.unwrap();
    assert_eq!(rows_of(&*source, &[]).len(), 100);
    let mut seen = 0;
    for morsel in source
        .morsels(&ScanRequest::default())
        .unwrap()
        .into_iter()
        .take(1)
    {
        morsel
            .read(&Cancel::default(), &mut |_, rows| {
                seen += rows;
                Ok(Flow::Enough)
            })
            .unwrap();
    }
    assert_eq!(seen, 3);
}

#[test]
fn folders_give_tables() {
    let folder = Folder::new();
    folder.write("A.json", "{\"a\":1}");
    folder.write("B.NDJSON.GZ", gzip(b"{\"b\":1}"));
    folder.write("README.md", "hello");
    folder.write("city.mmdb", "db");
    folder.write("regexes.yaml", "os_parsers: []");
    folder.write(".hidden.json", "{}");
    folder.write("C/2.json", "{\"c\":2}");
    folder.write("C/1.json.gz", gzip(b"{\"c\":1}"));
    folder.write("two-words/1.json", "{}");
    folder.write("Mixed/1.json", "{}");
    folder.write("Mixed/2.csv", "a");
    folder.write("deep/er/1.json", "{}");
    let catalog = folder.open().unwrap();
    assert_eq!(catalog.names().collect::<Vec<_>>(), ["A", "B", "C"]);
    assert_eq!(catalog.geoip(), Some(&*folder.path().join("city.mmdb")));
    let agents = folder.path().join("regexes.yaml");
    assert_eq!(catalog.user_agents(), Some(&*agents));
    let [note] = catalog.notes() else {
        panic!("one note");
    };
    assert!(
        note.ends_with(": README.md, Mixed/, deep/, two-words/"),
        "{note}"
    );
    let rows = all_rows(&*catalog.source("C").unwrap().unwrap());
    assert_eq!(rows, ["1", "2"]);
    assert!(catalog.source("c").unwrap().is_none());
    assert_eq!(catalog.matching("*").count(), 3);
}

#[test]
fn ambiguous_and_missing_data_are_errors() {
    let folder = Folder::new();
    folder.write("A.json", "{}");
    folder.write("A.json.gz", gzip(b"{}"));
    let fault = folder.open().err().unwrap();
    assert!(
        fault.message.contains("A.json or ") && fault.message.ends_with("A.json.gz"),
        "{fault}"
    );

    let empty = Folder::new();
    empty.write("notes.txt", "x");
    assert!(
        empty
            .open()
            .err()
            .unwrap()
            .message
            .contains("no data in folder")
    );

    let missing = Catalog::open(&["/nowhere/x.json".into()], &[], options())
        .err()
        .unwrap();
    assert_eq!(
        missing.message,
        "there is no file or folder /nowhere/x.json"
    );
    assert!(missing.help.is_some());
}

#[test]
fn tables_named_by_globs() {
    let folder = Folder::new();
    folder.write("x/2024-01.json", "{\"a\":1}");
    folder.write("x/2024-02.json", "{\"a\":2}");
    folder.write("x/y/2024-03.json", "{\"a\":3}");
    let at = |pattern: &str| folder.path().join(pattern).display().to_string();
    let named = [
        ("T".to_string(), at("x/*.json")),
        ("All".to_string(), at("**/*.json")),
    ];
    let catalog = Catalog::open(&[at("x/2024-0[12].json")], &named, options()).unwrap();
    assert_eq!(
        catalog.names().collect::<Vec<_>>(),
        ["2024-01", "2024-02", "All", "T"]
    );
    assert_eq!(
        all_rows(&*catalog.source("T").unwrap().unwrap()),
        ["1", "2"]
    );
    assert_eq!(
        all_rows(&*catalog.source("All").unwrap().unwrap()),
        ["1", "2", "3"]
    );
}

#[test]
fn the_test_tables_open() {
    let catalog = Catalog::open(&["testdata".into()], &[], options()).unwrap();
    let count = |name: &str| rows_of(&*catalog.source(name).unwrap().unwrap(), &[]).len();
    assert_eq!(count("DeviceNetworkEvents"), 5380);
    assert_eq!(count("DeviceInfo"), 22);
    assert_eq!(count("DeviceProcessEvents"), 103);
    assert_eq!(count("CommonSecurityLog"), 1196);
    assert_eq!(count("_Im_NetworkSession"), 1445);
    assert!(catalog.geoip().is_some());
    for name in [
        "DeviceNetworkEvents",
        "DeviceInfo",
        "CommonSecurityLog",
        "_Im_NetworkSession",
    ] {
        let source = catalog.source(name).unwrap().unwrap();
        let column = source.schema().index("TimeGenerated").unwrap();
        let latest = source.latest(column).unwrap().unwrap();
        assert_eq!(
            temporal::datetime_wire(latest),
            "2026-03-14T12:00:00Z",
            "{name}"
        );
    }
    assert_eq!(catalog.report().warnings(), Vec::<String>::new());
}
