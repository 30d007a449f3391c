//! Every shape of file, cut off and with bytes changed: no panic, no hang, and messages with the file's name.

use super::*;
use crate::suite::support::root;

/// Reads all that a file's tables hold; what it says if it fails.
fn read_all(path: &Path) -> Result<(), Fault> {
    let catalog = Catalog::open(&[path.display().to_string()], &[], options())?;
    for name in catalog.names() {
        let Some(source) = catalog.source(name)? else {
            continue;
        };
        source.complete()?;
        let request = ScanRequest {
            columns: (0..source.schema().len()).collect(),
            ..ScanRequest::default()
        };
        for morsel in source.morsels(&request)? {
            morsel.read(&Cancel::default(), &mut |_, _| Ok(Flow::More))?;
        }
    }
    Ok(())
}

/// Numbers below others, the same in every run.
fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 88_172_645_463_325_252u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    }
}

#[test]
fn damaged_files_of_every_shape_never_make_it_panic() {
    let shapes = root().join("testdata/shapes");
    let folder = Folder::new();
    let mut next = numbers();
    let mut read = 0;
    for entry in fs::read_dir(shapes).unwrap() {
        let file = entry.unwrap().path();
        if !file.is_file() || file.extension().is_some_and(|e| e == "py") {
            continue;
        }
        let whole = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for round in 0..14 {
            let mut content = whole.clone();
            if round % 2 == 0 {
                content.truncate(next(content.len()));
            } else {
                for _ in 0..=next(3) {
                    let at = next(content.len());
                    content[at] = next(256).try_into().unwrap();
                }
            }
            let path = folder.write(&name, content);
            match read_all(&path) {
                Ok(()) => read += 1,
                Err(fault) => {
                    assert!(
                        !fault.message.is_empty() && !fault.message.contains("internal"),
                        "{name}: {}",
                        fault.message
                    );
                }
            }
        }
    }
    assert!(read > 50, "{read}");
}

#[test]
fn packed_files_that_are_cut_off_name_the_file_and_the_way_out() {
    let shapes = root().join("testdata/shapes");
    let folder = Folder::new();
    for name in ["logs.ndjson.bz2", "hosts.csv.xz"] {
        let whole = fs::read(shapes.join(name)).unwrap();
        for cut in 20..whole.len() {
            let path = folder.write(name, &whole[..cut]);
            // Of several streams, the first ones may be whole.
            if let Err(fault) = read_all(&path) {
                assert!(fault.message.contains(name), "{}", fault.message);
                assert!(fault.help.is_some(), "{}", fault.message);
            }
        }
    }
    let gz = gzip(b"a,b\n1,2\n");
    for cut in 3..gz.len() {
        let path = folder.write("T.csv.gz", &gz[..cut]);
        let fault = read_all(&path).expect_err("a cut file is told");
        assert!(
            fault.message.contains("T.csv.gz: it cannot be unpacked"),
            "{}",
            fault.message
        );
    }
}

#[test]
fn a_workbook_that_tells_of_more_texts_than_it_has_is_refused() {
    let shapes = root().join("testdata/shapes");
    let mut whole =
        zip::ZipArchive::new(fs::File::open(shapes.join("workbook.xlsx")).unwrap()).unwrap();
    let folder = Folder::new();
    let path = folder.path().join("T.xlsx");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for index in 0..whole.len() {
        let mut part = whole.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        let lie = text.replace("uniqueCount=\"2\"", "uniqueCount=\"99999999999999\"");
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(lie.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let fault = read_all(&path).expect_err("this should not be read");
    assert!(
        fault.message.contains("more texts than it has"),
        "{}",
        fault.message
    );
}

#[test]
fn a_workbook_that_unpacks_to_much_is_refused() {
    let folder = Folder::new();
    let path = folder.path().join("bomb.xlsx");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    let stored = zip::write::SimpleFileOptions::default();
    let mut part = |name: &str, megabytes: usize| {
        archive.start_file(name, stored).unwrap();
        for _ in 0..megabytes {
            archive.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
    };
    part("xl/workbook.xml", 1);
    part("xl/sharedStrings.xml", 513);
    archive.finish().unwrap();
    let fault = read_all(&path).expect_err("this should not be read");
    assert!(
        fault
            .message
            .contains("sharedStrings.xml in it unpacks to more than"),
        "{}",
        fault.message
    );
}

/// A number as Thrift's compact protocol writes it.
fn varint(number: u64) -> Vec<u8> {
    let (mut rest, mut bytes) = (number << 1, Vec::new());
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// Puts another number in place of the one at a place.
fn put(content: &mut Vec<u8>, at: usize, number: u64) {
    let length = content[at..].iter().take_while(|b| **b >= 0x80).count() + 1;
    content.splice(at..at + length, varint(number));
}

#[test]
fn pages_that_claim_to_be_huge_are_refused() {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;
    let folder = Folder::new();
    for packed in [Compression::SNAPPY, Compression::UNCOMPRESSED] {
        for dictionary in [false, true] {
            let properties = WriterProperties::builder()
                .set_compression(packed)
                .set_dictionary_enabled(dictionary)
                .build();
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..500).map(|n| n % 9)));
            let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
            let mut content = Vec::new();
            let mut writer =
                ArrowWriter::try_new(&mut content, batch.schema(), Some(properties)).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            let path = folder.write("T.parquet", &content);
            read_all(&path).unwrap();
            // The first page's head stands behind the file's first four bytes: its kind, and its size unpacked.
            assert_eq!((content[4], content[6]), (0x15, 0x15));
            let mut large = content.clone();
            put(&mut large, 7, i32::MAX as u64);
            let mut changed = vec![large];
            if dictionary {
                let head = content.windows(2).position(|w| w == [0x4c, 0x15]).unwrap();
                let mut many = content.clone();
                put(&mut many, head + 2, i32::MAX as u64);
                changed.push(many);
            }
            for content in changed {
                let path = folder.write("T.parquet", content);
                let fault = read_all(&path).unwrap_err();
                assert!(
                    fault
                        .message
                        .contains("column `n` says that it unpacks to more than it can"),
                    "{}",
                    fault.message
                );
            }
        }
    }
}
