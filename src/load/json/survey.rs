//! Learns a JSON file's layout, and its columns by looking at every cell.

use std::io::Read as _;
use std::ops::Range;
use std::sync::Arc;

use super::record::{Keys, MANY_KEYS};
use super::stream::{self, Consumer};
use super::value::{Cell, Kind, blank};
use super::{JsonFile, Layout, unescape};
use crate::contract::{Fault, Flow};
use crate::load::LoadOptions;
use crate::load::infer::Seen;
use crate::load::input::DataFile;
use crate::load::parallel;
use crate::load::report::Place;
use crate::load::shape::record_line;
use crate::load::source::{Found, Part};

/// Bytes of the beginning that tell how objects stand in a file: more than one object, if there is any sense in it.
const LAYOUT_BYTES: u64 = 1 << 20;

/// How objects stand in the file, by its beginning.
pub(super) fn layout(file: &Arc<DataFile>) -> Result<Layout, Fault> {
    let mut head = Vec::new();
    file.reader()?
        .take(LAYOUT_BYTES)
        .read_to_end(&mut head)
        .map_err(|e| file.fault(&e))?;
    let start = blank(&head, 0);
    let starts_object = |line: &[u8]| line.get(blank(line, 0)) == Some(&b'{');
    match head.get(start) {
        Some(b'[') if array_has_lines(&head[start + 1..]) => return Ok(Layout::ArrayLines),
        None | Some(b'[') => return Ok(Layout::Stream),
        Some(b'R') if record_line(&head[start..]).is_some() => return Ok(Layout::Stream),
        Some(b'{') => {}
        Some(_) if head.split(|c| *c == b'\n').any(starts_object) => return Ok(Layout::Lines),
        Some(_) => {
            let at = file.at(Place::Byte(start as u64));
            return Err(Fault::data(format!("{at}: this is no JSON: an object or an array should be here"))
                .help("a data file holds JSON objects (one per line, or in an array), CSV, Parquet or Arrow"));
        }
    }
    let line = head[start..].split(|c| *c == b'\n').next().unwrap_or(&[]);
    let next = head.get(start + line.len() + 1..).unwrap_or(&[]);
    Ok(match Keys::new().record(&head, start, |_, _| {}) {
        // one object, and it is the line
        Ok(end) if end <= start + line.len() && blank(line, end - start) == line.len() => {
            Layout::Lines
        }
        Ok(_) => Layout::Stream,
        // a broken first line, or one that is longer than the beginning
        Err(_) if next.is_empty() || starts_object(next) => Layout::Lines,
        Err(_) => Layout::Stream,
    })
}

/// Whether an array seems to have its objects on lines of their own, by what follows its bracket: the
/// first two lines that hold something each hold one object.
fn array_has_lines(text: &[u8]) -> bool {
    let mut keys = Keys::new();
    let lines = text.split(|c| *c == b'\n').map(<[u8]>::trim_ascii);
    let mut objects = lines.filter(|line| !line.is_empty()).take(2).map(|line| {
        let at = blank(line, usize::from(line.first() == Some(&b',')));
        line.get(at) == Some(&b'{')
            && keys.record(line, at, |_, _| {}).is_ok_and(|end| {
                line.get(end..)
                    .is_none_or(|rest| matches!(rest.trim_ascii(), b"" | b","))
            })
    });
    objects.next() == Some(true) && objects.next() == Some(true)
}

/// The columns of an array with one object per line; `None` if it is not that from end to end.
pub(super) fn array_lines(json: &JsonFile) -> Result<Option<Vec<Found>>, Fault> {
    let parts = json.parts(json.options.morsel_bytes);
    let surveys = parallel::each(parts, |p| part(json, p, u64::MAX));
    let mut surveys = surveys.into_iter().collect::<Result<Vec<_>, Fault>>()?;
    let brackets: Vec<(bool, u64)> = surveys.iter().flat_map(|s| s.brackets.clone()).collect();
    let [(true, opens), (false, closes)] = brackets[..] else {
        return Ok(None);
    };
    let fine = surveys.iter().all(|s| {
        s.broken.is_none()
            && s.first.is_none_or(|p| p >= opens)
            && s.last.is_none_or(|p| p <= closes)
    });
    if !fine {
        return Ok(None);
    }
    check_keys(json, &surveys)?;
    Ok(Some(merge(&mut surveys)))
}

/// The columns that the first rows show.
pub(super) fn head(json: &JsonFile) -> Result<Vec<Found>, Fault> {
    let limit = json.options.survey_bytes;
    let end = if json.layout == Layout::Lines {
        limit
    } else {
        u64::MAX
    };
    let mut survey = part(json, Part { from: 0, end }, limit)?;
    survey.check_readable(json)?;
    Ok(merge(std::slice::from_mut(&mut survey)))
}

/// The columns that all rows show.
pub(super) fn all(json: &JsonFile) -> Result<Vec<Found>, Fault> {
    let parts = json.parts(json.options.morsel_bytes);
    let surveys = parallel::each(parts, |p| part(json, p, u64::MAX));
    let mut surveys = surveys.into_iter().collect::<Result<Vec<_>, Fault>>()?;
    if surveys.iter().all(|s| s.rows == 0)
        && let Some(first) = surveys.iter().find(|s| s.broken.is_some())
    {
        first.check_readable(json)?;
    }
    check_keys(json, &surveys)?;
    Ok(merge(&mut surveys))
}

fn check_keys(json: &JsonFile, surveys: &[Survey]) -> Result<(), Fault> {
    if surveys.iter().any(|s| s.keys.overflow()) {
        let path = json.file.name();
        return Err(
            Fault::data(format!("{path} has more than {MANY_KEYS} different keys")).help(
                "its objects seem to use data as keys; reshape it to records with fixed keys",
            ),
        );
    }
    Ok(())
}

fn part(json: &JsonFile, part: Part, limit: u64) -> Result<Survey, Fault> {
    let mut keys = Keys::new();
    let mut survey = Survey {
        limit,
        texts: json.rows.are_texts(),
        ..Survey::default()
    };
    let rows = (&json.file, json.layout, &json.rows);
    stream::read_rows(rows, part, &json.options, &mut keys, &mut survey)?;
    survey.keys = keys;
    Ok(survey)
}

/// The columns of several parts, in order of first appearance.
fn merge(surveys: &mut [Survey]) -> Vec<Found> {
    let mut all = Keys::new();
    let mut seen: Vec<Option<Seen>> = Vec::new();
    for survey in surveys {
        for (number, mark) in survey.seen.iter().enumerate() {
            let (Some(mark), Ok(number)) = (mark, u32::try_from(number)) else {
                continue;
            };
            if Keys::is_key(number) {
                let column = all.intern(survey.keys.name(number)) as usize;
                if seen.len() <= column {
                    seen.resize(column + 1, None);
                }
                seen[column].get_or_insert_default().add(*mark);
            }
        }
    }
    seen.iter()
        .enumerate()
        .filter_map(|(number, seen)| {
            Some(Found {
                name: all.name(u32::try_from(number).ok()?).into(),
                ty: (*seen)?.json_type(),
                declared: false,
            })
        })
        .collect()
}

/// What the rows of a part show.
struct Survey {
    keys: Keys,
    /// By key number: the marks, once the key was in a row.
    seen: Vec<Option<Seen>>,
    /// The cells of the row at hand.
    cells: Vec<(u32, Cell)>,
    rows: u64,
    broken: Option<(u64, String)>,
    /// Where the first and the last row are.
    first: Option<u64>,
    last: Option<u64>,
    /// The brackets of arrays around rows: whether it opens, and where.
    brackets: Vec<(bool, u64)>,
    limit: u64,
    /// Whether strings may stand for values of any type.
    texts: bool,
}

impl Default for Survey {
    fn default() -> Survey {
        Survey {
            keys: Keys::new(),
            seen: Vec::new(),
            cells: Vec::new(),
            rows: 0,
            broken: None,
            first: None,
            last: None,
            brackets: Vec::new(),
            limit: 0,
            texts: false,
        }
    }
}

impl Survey {
    /// A file of which no row can be read is no data.
    fn check_readable(&self, json: &JsonFile) -> Result<(), Fault> {
        match &self.broken {
            Some((place, why)) if self.rows == 0 => {
                let at = json.file.at(Place::Byte(*place));
                Err(Fault::data(format!("{at}: no row of this file can be read: {why}"))
                    .help("a data file holds JSON objects (one per line, or in an array), CSV, Parquet or Arrow"))
            }
            _ => Ok(()),
        }
    }
}

impl Consumer for Survey {
    fn cell(&mut self, key: u32, cell: Cell) {
        self.cells.push((key, cell));
    }

    fn row(&mut self, b: &[u8], _: Range<usize>, place: u64) -> Result<Flow, Fault> {
        for (key, cell) in self.cells.drain(..) {
            let key = key as usize;
            if self.seen.len() <= key {
                self.seen.resize(key + 1, None);
            }
            let seen = self.seen[key].get_or_insert_default();
            match cell.kind {
                Kind::Text | Kind::Escaped if self.texts => {
                    seen.see_text(&b[cell.start..cell.end]);
                }
                _ => seen.see_json(b, cell),
            }
        }
        self.rows += 1;
        self.first.get_or_insert(place);
        self.last = Some(place);
        Ok(if place >= self.limit {
            Flow::Enough
        } else {
            Flow::More
        })
    }

    fn discard(&mut self) {
        self.cells.clear();
    }

    fn broken(&mut self, place: u64, why: &str) -> Result<(), Fault> {
        self.broken.get_or_insert_with(|| (place, why.to_string()));
        Ok(())
    }

    fn bracket(&mut self, opens: bool, place: u64) {
        // two are all there should be
        if self.brackets.len() < 3 {
            self.brackets.push((opens, place));
        }
    }

    fn check(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// The categories of a file's records, in order of first appearance.
pub(in crate::load) fn categories(file: &Arc<DataFile>) -> Result<Vec<String>, Fault> {
    let mut keys = Keys::new();
    let mut found = Categories {
        key: keys.intern("category"),
        cell: None,
        found: Vec::new(),
    };
    let all = Part {
        from: 0,
        end: u64::MAX,
    };
    let options = LoadOptions::default();
    stream::read(file, layout(file)?, all, &options, &mut keys, &mut found)?;
    Ok(found.found)
}

struct Categories {
    key: u32,
    cell: Option<Cell>,
    found: Vec<String>,
}

impl Consumer for Categories {
    fn cell(&mut self, key: u32, cell: Cell) {
        if key == self.key {
            self.cell = Some(cell);
        }
    }

    fn row(&mut self, b: &[u8], _: Range<usize>, _: u64) -> Result<Flow, Fault> {
        let Some(cell) = self.cell.take() else {
            return Ok(Flow::More);
        };
        let raw = &b[cell.start..cell.end];
        if !self.found.iter().any(|f| f.as_bytes() == raw) {
            let mut name = String::new();
            unescape(raw, &mut name);
            if !self.found.contains(&name) {
                self.found.push(name);
            }
        }
        Ok(Flow::More)
    }

    fn discard(&mut self) {
        self.cell = None;
    }

    fn broken(&mut self, _: u64, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn check(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
