//! Broken data files: whatever is in them, nothing panics, and what is read does not depend on how it is cut up.
//!
//! `KQL_BROKEN=100000 cargo test --test main broken -- --nocapture` reads that many; `KQL_BROKEN_SEED=n` one again.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use arrow::ipc::writer::{FileWriter, StreamWriter};
use kql::catalog::Catalog;
use kql::contract::{Fault, FaultKind};
use kql::load::LoadOptions;
use kql::session::{Failure, Session};
use kql::source::Source;

use super::dice::Dice;
use super::tables::{Sample, literal};
use super::{number, run, with_stack};
use crate::suite::support;

/// Files in the everyday run.
const EVERYDAY: u64 = 100;

/// Pieces of text that readers may trip over.
const TOKENS: [&[u8]; 24] = [
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b"\xff\xfe",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"1e999",
    b"-99999999999999999999999999",
    b"0.00000000000000000000000000000000000000000000000001",
    b"NaN",
    b"null",
    b"\"\\ud800\"",
    b"\"\\u0001d\"",
];

/// A file of a random table, then damaged.
fn file(dice: &mut Dice) -> (String, Vec<u8>) {
    let sample = Sample::random(dice, "T", None);
    let (ending, mut content) = match dice.roll(8) {
        0..=2 => ("json", sample.json_text().into_bytes()),
        3 => {
            let lines = sample.json_text();
            let lines: Vec<&str> = lines.lines().collect();
            ("json", format!("[{}]", lines.join(",\n")).into_bytes())
        }
        4 => ("csv", sample.csv_text().into_bytes()),
        5 => (
            "tsv",
            sample.csv_text().replace("\",\"", "\"\t\"").into_bytes(),
        ),
        6 => ("parquet", sample.parquet_bytes(3)),
        _ => {
            let batch = sample.record_batch();
            let stream = dice.chance(50);
            let bytes = match stream {
                true => {
                    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
                    writer.write(&batch).unwrap();
                    writer.into_inner().unwrap()
                }
                false => {
                    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
                    writer.write(&batch).unwrap();
                    writer.into_inner().unwrap()
                }
            };
            ("arrow", bytes)
        }
    };
    for _ in 0..dice.roll(4) {
        damage(dice, &mut content);
    }
    let mut name = format!("T.{ending}");
    if dice.chance(10) {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&content).unwrap();
        content = packed.finish().unwrap();
        name.push_str(".gz");
        if dice.chance(50) {
            damage(dice, &mut content);
        }
    }
    (name, content)
}

fn damage(dice: &mut Dice, content: &mut Vec<u8>) {
    let at = dice.roll(content.len() + 1);
    let end = (at + dice.roll(20)).min(content.len());
    match dice.roll(9) {
        0 => content.truncate(at),
        1 => drop(content.drain(at..end)),
        2 if at < content.len() => content[at] ^= 1 << dice.roll(8),
        3 if at < content.len() => content[at] = dice.roll(256) as u8,
        4 => {
            let again = content[at..end].to_vec();
            drop(content.splice(at..at, again));
        }
        5 => {
            let token = dice
                .pick(&["[", "{\"a\":", "9", "x", "\"", "\n"])
                .as_bytes();
            let many = token.repeat(*dice.pick(&[3, 200, 20_000]));
            drop(content.splice(at..at, many));
        }
        _ => {
            let token = dice.pick(&TOKENS).to_vec();
            drop(content.splice(at..at, token));
        }
    }
}

/// What a file holds: its columns, then its rows, then what is to be said of it.
type Found = Result<(String, Vec<String>, Vec<String>), String>;

fn read(folder: &Path, options: LoadOptions, threads: usize) -> Found {
    let fault = |fault: Fault| match fault.kind {
        FaultKind::Internal => panic!("internal: {fault}"),
        _ => format!("{:?}", fault.kind),
    };
    let catalog = Catalog::open(&[folder.display().to_string()], &[], options).map_err(fault)?;
    let mut session = Session::new(catalog);
    session.options.threads = threads;
    session.options.batch_rows = 5;
    session.options.morsel_rows = 7;
    let run = |text: &str| match session.run(&Source::whole("q", text)) {
        Ok(mut answer) => Ok(answer.results.remove(0).0),
        Err(Failure::Fault(f)) => Err(fault(f)),
        Err(Failure::Query(diagnostics)) => Err(format!("{text}: {}", diagnostics[0].message)),
    };
    let all = run("T")?;
    let rows = support::rows(&all);
    let warnings = session.catalog.report().warnings();
    let count = run("T | count")?.first_value();
    assert_eq!(
        count,
        Some(kql::types::Value::Long(rows.len() as i64)),
        "`count` counts what there is"
    );
    if let Some(column) = all.schema.columns.last()
        && !column.name.is_empty()
    {
        let name = kql::json::quote(&column.name);
        let alone = support::rows(&run(&format!("T | project x = [{name}]"))?);
        let here: Vec<_> = rows
            .iter()
            .map(|row| row[all.schema.len() - 1..].to_vec())
            .collect();
        assert_eq!(show(&alone), show(&here), "a column read alone");
    }
    Ok((all.schema.to_string(), show(&rows), warnings))
}

fn show(rows: &[Vec<kql::types::Value>]) -> Vec<String> {
    let row = |row: &Vec<_>| row.iter().map(literal).collect::<Vec<_>>().join(", ");
    rows.iter().map(row).collect()
}

/// What is wrong with how a file is read, if anything.
fn fault(name: &str, content: &[u8]) -> Option<String> {
    let checked = catch_unwind(AssertUnwindSafe(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        let started = Instant::now();
        let first = read(folder.path(), LoadOptions::default(), 1);
        let time = started.elapsed();
        assert!(time < Duration::from_secs(10), "it takes {time:?}");
        // Small pieces, but not thousands of them.
        let small = LoadOptions {
            morsel_bytes: (content.len() as u64 / 50).max(40),
            chunk_bytes: (content.len() / 200).max(16),
            ..run::tiny()
        };
        for (options, threads) in [(small.clone(), 1), (small, 3), (LoadOptions::default(), 2)] {
            let again = read(folder.path(), options, threads);
            assert_eq!(again, first, "cut up in another way, {threads} threads");
        }
        first.is_ok()
    }));
    match checked {
        Ok(read) => {
            run::count(if read { 0 } else { 1 });
            None
        }
        Err(panic) => Some(run::said(&*panic)),
    }
}

/// A file as small as it gets that is still read wrongly.
fn smallest(name: &str, mut content: Vec<u8>) -> Vec<u8> {
    let mut size = content.len() / 2;
    let mut left = 1500;
    while size > 0 && left > 0 {
        let mut at = 0;
        while at < content.len() && left > 0 {
            let mut fewer = content.clone();
            drop(fewer.drain(at..(at + size).min(content.len())));
            left -= 1;
            match fault(name, &fewer) {
                Some(_) => content = fewer,
                None => at += size,
            }
        }
        size /= 2;
    }
    content
}

#[test]
fn what_is_read_of_a_broken_file_does_not_depend_on_how() {
    let count = number("KQL_BROKEN").unwrap_or(EVERYDAY);
    let seeds = match number("KQL_BROKEN_SEED") {
        Some(seed) => seed..seed + number("KQL_BROKEN").unwrap_or(1),
        None => 0..count,
    };
    let most = number("KQL_DIFFER_FAILURES").unwrap_or(3) as usize;
    let reports = with_stack(move || {
        let mut reports = Vec::new();
        for seed in seeds {
            let (name, content) = file(&mut Dice::new(seed));
            if fault(&name, &content).is_none() {
                continue;
            }
            let content = smallest(&name, content);
            let what = fault(&name, &content).unwrap_or_default();
            let shown = content[..content.len().min(600)].escape_ascii();
            let report = format!("seed {seed}\n{name}: {shown}\n{what}\n");
            println!("{report}");
            reports.push(report);
            if reports.len() >= most {
                break;
            }
        }
        reports
    });
    assert!(reports.is_empty(), "{}", reports.join("\n"));
}
