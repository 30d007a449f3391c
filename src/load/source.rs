//! A table made of files: its schema, and the morsels of a scan over all of them.

use std::sync::{Arc, RwLock};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewBuilder};
use arrow::datatypes::Int64Type;

use crate::contract::{Cancel, DataSource, Fault, Flow, Morsel, Predicate, ScanRequest, Sink};
use crate::load::cells::CellBuilder;
use crate::load::infer::unify;
use crate::load::{Known, Report};
use crate::types::{Column, Schema, Type};

/// A column that a file has.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub name: Arc<str>,
    /// Its type; `None` when every cell is empty.
    pub ty: Option<Type>,
    /// Whether the file itself says what type that is: then it is that even where another is published.
    pub declared: bool,
}

/// A column that a scan reads from a file; one that the file lacks is null.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub name: Arc<str>,
    pub ty: Type,
    /// Whether strings of a dynamic column may hold JSON text.
    pub holds_json: bool,
}

impl Wanted {
    pub fn builder(&self, rows: usize) -> CellBuilder {
        CellBuilder::new(self.ty, self.holds_json, rows)
    }
}

/// A range of a file's bytes: the rows that start in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub from: u64,
    pub end: u64,
}

/// A comparison of a column of the file, for leaving out parts that cannot hold rows.
#[derive(Clone, Debug)]
pub(super) struct Test {
    pub name: Arc<str>,
    pub ty: Type,
    pub predicate: Predicate,
}

/// What a scan asks of a file.
pub(super) struct Ask<'a> {
    pub wanted: &'a Arc<[Wanted]>,
    pub tests: &'a [Test],
    pub report: &'a Arc<Report>,
    pub scan: usize,
}

/// A file of any format.
pub(super) trait FileData: Send + Sync {
    /// The columns found so far, in order of appearance.
    fn columns(&self) -> Vec<Found>;
    /// Whether all columns have been found.
    fn is_complete(&self) -> bool {
        true
    }
    /// Finds all columns.
    fn finish(&self) -> Result<(), Fault> {
        Ok(())
    }
    /// Whether texts in dynamic columns may be JSON's.
    fn holds_json(&self) -> bool {
        false
    }
    /// Whether types are guesses from text.
    fn is_text(&self) -> bool {
        false
    }
    /// The morsels of a scan.
    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault>;
    /// The greatest value of a datetime column, if the file knows it without a scan.
    fn greatest(&self, _name: &str) -> Option<i64> {
        None
    }
}

/// The columns by which Defender and Sentinel call a row's time.
const TIMES: [&str; 2] = ["Timestamp", "TimeGenerated"];

/// The type of a custom log's column, to whose name the service adds what it holds: the text of a time is text
/// (`_s`), a whole number is a number like others (`_d`).
fn by_name(name: &str, ty: Type) -> Type {
    match ty {
        _ if name.ends_with("_s") => Type::String,
        Type::Int | Type::Long if name.ends_with("_d") => Type::Real,
        ty => ty,
    }
}

/// A table of one or more files, concatenated in order.
pub(super) struct FileTable {
    /// Whether its columns' names may end in what they hold.
    custom: bool,
    files: Vec<Box<dyn FileData>>,
    known: Option<Known>,
    report: Arc<Report>,
    schema: RwLock<Arc<Schema>>,
}

impl FileTable {
    pub fn new(
        name: &str,
        files: Vec<Box<dyn FileData>>,
        known: Option<Known>,
        report: Arc<Report>,
    ) -> FileTable {
        let table = FileTable {
            custom: name.ends_with("_CL") && known.is_none(),
            files,
            known,
            report,
            schema: RwLock::default(),
        };
        table.settle();
        table
    }

    fn current(&self) -> Arc<Schema> {
        self.schema
            .read()
            .map(|s| Arc::clone(&s))
            .unwrap_or_default()
    }

    /// Computes the schema from what the files have shown. While a file may have more columns, only
    /// the published ones are told: the type of any other could still change.
    fn settle(&self) {
        let provisional = self.provisional();
        let published = |name: &str| {
            let schema = &self.known.as_ref()?.schema;
            Some(schema.columns.get(schema.index(name)?)?.ty)
        };
        let mut columns: Vec<(Found, bool)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for file in &self.files {
            for found in file.columns() {
                let place = *places
                    .entry(Arc::clone(&found.name))
                    .or_insert(columns.len());
                let Some((column, text)) = columns.get_mut(place) else {
                    columns.push((found, file.is_text()));
                    continue;
                };
                *text &= file.is_text();
                column.declared &= found.declared && found.ty == column.ty;
                column.ty = match (column.ty, found.ty) {
                    (Some(a), Some(b)) => Some(unify(a, b, *text)),
                    (a, b) => a.or(b),
                };
            }
        }
        let mut schema: Vec<Column> = columns
            .into_iter()
            .filter_map(
                |(found, _)| match published(&found.name).filter(|_| !found.declared) {
                    Some(ty) => Some(Column::new(found.name, ty)),
                    None if provisional => None,
                    None => {
                        let ty = found.ty.unwrap_or(Type::String);
                        let ty = match self.custom && !found.declared {
                            true => by_name(&found.name, ty),
                            false => ty,
                        };
                        Some(Column::new(found.name, ty))
                    }
                },
            )
            .collect();
        if let Some(known) = &self.known {
            for column in &known.schema.columns {
                if !places.contains_key(&column.name) {
                    schema.push(column.clone());
                }
            }
        }
        if let Ok(mut current) = self.schema.write() {
            *current = Arc::new(Schema::new(schema));
        }
    }

    /// The columns of the schema that come from the files.
    fn found(&self) -> usize {
        let columns = self.files.iter().flat_map(|file| file.columns());
        let names: std::collections::HashSet<Arc<str>> = columns.map(|c| c.name).collect();
        let schema = self.current();
        let own = schema.columns.iter().filter(|c| names.contains(&c.name));
        own.count()
    }

    /// What the column `name` holds in every row of a workspace's table: `Type` has the table's name.
    fn constant(&self, name: &str) -> Option<&Arc<str>> {
        let named = self.known.as_ref()?.named.as_ref()?;
        (name == "Type").then_some(named)
    }

    /// The other name of a row's time, where the table is one that may have either.
    fn twin(&self, name: &str) -> Option<&'static str> {
        let known = self.known.as_ref()?;
        match name {
            _ if !known.twins => None,
            "Timestamp" => Some(TIMES[1]),
            "TimeGenerated" => Some(TIMES[0]),
            _ => None,
        }
    }

    /// How the column called `name` comes from `file`: from the column of that name, or where a row
    /// lacks it, from its twin.
    fn origin(&self, file: &dyn FileData, name: &Arc<str>) -> (Arc<str>, Option<Arc<str>>) {
        let Some(twin) = self.twin(name) else {
            return (Arc::clone(name), None);
        };
        let columns = file.columns();
        let has = |name: &str| columns.iter().any(|c| &*c.name == name);
        match (has(name), has(twin)) {
            (false, true) if file.is_complete() => (twin.into(), None),
            (_, false) if file.is_complete() => (Arc::clone(name), None),
            _ => (Arc::clone(name), Some(twin.into())),
        }
    }

    /// What of the predicates the file can test by itself: those of columns that it holds as the table does.
    fn tests(&self, file: &dyn FileData, schema: &Schema, request: &ScanRequest) -> Vec<Test> {
        let tests = request.predicates.iter().filter_map(|predicate| {
            let column = schema.columns.get(predicate.column)?;
            if self.constant(&column.name).is_some() {
                return None;
            }
            match self.origin(file, &column.name) {
                (name, None) => Some(Test {
                    name,
                    ty: column.ty,
                    predicate: predicate.clone(),
                }),
                _ => None,
            }
        });
        tests.collect()
    }

    fn file_morsels(
        &self,
        file: &dyn FileData,
        schema: &Schema,
        request: &ScanRequest,
        scan: usize,
    ) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut place = |name: Arc<str>, ty: Type| {
            wanted
                .iter()
                .position(|w| w.name == name)
                .unwrap_or_else(|| {
                    wanted.push(Wanted {
                        name,
                        ty,
                        holds_json: ty == Type::Dynamic
                            && (self.known.is_some() || file.holds_json()),
                    });
                    wanted.len() - 1
                })
        };
        let mut outputs = Vec::with_capacity(request.columns.len());
        for index in &request.columns {
            let column = schema
                .columns
                .get(*index)
                .ok_or_else(|| Fault::internal("a scan asks for a column that the table lacks"))?;
            let (own, twin) = self.origin(file, &column.name);
            let own = place(own, column.ty);
            let stand_in = match (twin, self.constant(&column.name)) {
                (Some(twin), _) => StandIn::Column(place(twin, column.ty)),
                (None, Some(text)) => StandIn::Text(Arc::clone(text)),
                (None, None) => StandIn::Nothing,
            };
            outputs.push((own, stand_in));
        }
        let tests = self.tests(file, schema, request);
        let in_place = |(i, output): (usize, &Output)| *output == (i, StandIn::Nothing);
        let plain = outputs.iter().enumerate().all(in_place);
        let wanted: Arc<[Wanted]> = wanted.into();
        let ask = Ask {
            wanted: &wanted,
            tests: &tests,
            report: &self.report,
            scan,
        };
        let morsels = file.morsels(&ask)?;
        if plain && wanted.len() == outputs.len() {
            return Ok(morsels);
        }
        let outputs: Arc<[Output]> = outputs.into();
        Ok(morsels
            .into_iter()
            .map(|inner| -> Box<dyn Morsel> {
                let outputs = Arc::clone(&outputs);
                Box::new(Arranged { inner, outputs })
            })
            .collect())
    }
}

impl DataSource for FileTable {
    fn present(&self) -> Option<usize> {
        Some(self.found())
    }

    fn schema(&self) -> Schema {
        Schema::clone(&self.current())
    }

    fn morsels(&self, request: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let schema = self.current();
        let scan = self.report.scan();
        let mut morsels = Vec::new();
        for file in &self.files {
            morsels.extend(self.file_morsels(&**file, &schema, request, scan)?);
        }
        Ok(morsels)
    }

    fn provisional(&self) -> bool {
        self.files.iter().any(|f| !f.is_complete())
    }

    fn complete(&self) -> Result<(), Fault> {
        for file in &self.files {
            file.finish()?;
        }
        self.settle();
        Ok(())
    }

    fn known_latest(&self, column: usize) -> Option<i64> {
        let schema = self.current();
        let name = &schema.columns.get(column)?.name;
        let known = self
            .files
            .iter()
            .map(|file| match self.origin(&**file, name) {
                (own, None) => file.greatest(&own),
                _ => None,
            });
        known.collect::<Option<Vec<i64>>>()?.into_iter().max()
    }

    fn latest(&self, column: usize) -> Result<Option<i64>, Fault> {
        let schema = self.current();
        let Some(column_name) = schema.columns.get(column).map(|c| &c.name) else {
            return Ok(None);
        };
        let request = ScanRequest {
            columns: vec![column],
            ..ScanRequest::default()
        };
        let scan = self.report.scan();
        let mut latest = None;
        for file in &self.files {
            let greatest = match self.origin(&**file, column_name) {
                (name, None) => file.greatest(&name),
                _ => None,
            };
            let greatest = match greatest {
                Some(ticks) => Some(ticks),
                None => greatest_of(self.file_morsels(&**file, &schema, &request, scan)?)?,
            };
            latest = latest.max(greatest);
        }
        Ok(latest)
    }
}

/// The greatest value of the only column of some morsels.
fn greatest_of(morsels: Vec<Box<dyn Morsel>>) -> Result<Option<i64>, Fault> {
    let cancel = Cancel::default();
    let found = super::parallel::each(morsels, |morsel| {
        let mut greatest = None;
        morsel.read(&cancel, &mut |columns, _| {
            let ticks = columns
                .first()
                .and_then(|c| c.as_primitive_opt::<Int64Type>());
            greatest = greatest.max(ticks.and_then(arrow::compute::max));
            Ok(Flow::More)
        })?;
        Ok(greatest)
    });
    found
        .into_iter()
        .try_fold(None, |a: Option<i64>, b: Result<_, Fault>| Ok(a.max(b?)))
}

/// Where a column of a batch comes from: a column that was read, and what stands in where that is null.
type Output = (usize, StandIn);

/// What a row has where a column that was read is null.
#[derive(PartialEq)]
enum StandIn {
    Nothing,
    /// Another column that was read.
    Column(usize),
    /// The same text in every row.
    Text(Arc<str>),
}

/// A morsel whose columns are put in the order asked for.
struct Arranged {
    inner: Box<dyn Morsel>,
    outputs: Arc<[Output]>,
}

impl Morsel for Arranged {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let outputs = self.outputs;
        self.inner
            .read(cancel, &mut |columns: Vec<ArrayRef>, rows| {
                let arranged = outputs
                    .iter()
                    .map(|(own, stand_in)| {
                        let lost = || Fault::internal("a file lost a column");
                        let own = columns.get(*own).ok_or_else(lost)?;
                        match stand_in {
                            StandIn::Nothing => Ok(Arc::clone(own)),
                            StandIn::Column(twin) => {
                                either(own, columns.get(*twin).ok_or_else(lost)?)
                            }
                            StandIn::Text(text) => Ok(filled(own, text)),
                        }
                    })
                    .collect::<Result<Vec<_>, Fault>>()?;
                sink(arranged, rows)
            })
    }
}

/// A column of strings with `text` in the place of empty ones.
fn filled(own: &ArrayRef, text: &str) -> ArrayRef {
    let Some(strings) = own.as_string_view_opt() else {
        return Arc::clone(own);
    };
    let lacks = |i: usize| strings.is_null(i) || strings.value(i).is_empty();
    if !(0..strings.len()).any(lacks) {
        return Arc::clone(own);
    }
    let mut all = StringViewBuilder::with_capacity(strings.len()).with_deduplicate_strings();
    for i in 0..strings.len() {
        all.append_value(if lacks(i) { text } else { strings.value(i) });
    }
    Arc::new(all.finish())
}

/// `own` where it is not null, else `twin`.
fn either(own: &ArrayRef, twin: &ArrayRef) -> Result<ArrayRef, Fault> {
    if own.null_count() == 0 {
        return Ok(Arc::clone(own));
    }
    if own.null_count() == own.len() {
        return Ok(Arc::clone(twin));
    }
    match (
        own.as_primitive_opt::<Int64Type>(),
        twin.as_primitive_opt::<Int64Type>(),
    ) {
        (Some(own), Some(twin)) => {
            let both = own.iter().zip(twin.iter()).map(|(own, twin)| own.or(twin));
            Ok(Arc::new(both.collect::<Int64Array>()))
        }
        _ => Err(Fault::internal("a time column is no datetime")),
    }
}
