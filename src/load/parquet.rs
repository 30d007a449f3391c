//! Parquet files: a row group is a morsel, and those that cannot hold a row are left out.

use std::collections::HashSet;
use std::fs::File;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use crate::contract::{Cancel, Fault, Flow, METER, Morsel, Sink};
use crate::load::arrow_ipc::{Picked, found};
use crate::load::convert::{convert, natural};
use crate::load::guard::guarded;
use crate::load::input::{DataFile, Unpacked};
use crate::load::prune::{Bounds, excludes};
use crate::load::report::{Report, Tally};
use crate::load::source::{Ask, FileData, Found, Test, Wanted};
use crate::load::{LoadOptions, pages, thrift};
use crate::types::Type;

/// A row group with more rows than this is several morsels, of this many rows: pages before a
/// morsel's rows are passed over without unpacking them.
const ROWS: usize = 128 * 1024;

/// Rows that no row group has.
const MOST_ROWS: i64 = 1 << 36;

/// A Parquet file.
pub(super) struct ParquetFile {
    file: Arc<DataFile>,
    random: Unpacked,
    metadata: ArrowReaderMetadata,
    batch: usize,
    sound: Sound,
}

/// The columns of row groups whose pages were looked at, and are fine.
type Sound = Arc<Mutex<HashSet<(usize, usize)>>>;

impl ParquetFile {
    /// Reads the footer.
    pub fn open(file: Arc<DataFile>, options: &LoadOptions) -> Result<ParquetFile, Fault> {
        guarded(&Arc::clone(&file), || {
            ParquetFile::open_unguarded(file, options)
        })
    }

    fn open_unguarded(file: Arc<DataFile>, options: &LoadOptions) -> Result<ParquetFile, Fault> {
        let random = file.unpacked()?;
        let reader = random.open()?;
        let fault = |e: ParquetError| fault(&file, &e);
        if !thrift::is_sound(&reader).map_err(|e| file.fault(&e))? {
            let message = format!("{}: the file's footer is damaged", file.name());
            return Err(Fault::data(message).help("write it again"));
        }
        let plain = ArrowReaderMetadata::load(&reader, ArrowReaderOptions::new()).map_err(fault)?;
        let groups = plain.metadata().row_groups().iter();
        if let Some(lie) = groups
            .map(|g| g.num_rows())
            .find(|n| !(0..=MOST_ROWS).contains(n))
        {
            let message = format!("{}: a row group says that it has {lie} rows", file.name());
            return Err(Fault::data(message).help("the file is damaged; write it again"));
        }
        let schema = with_views(plain.schema());
        let asked = ArrowReaderOptions::new().with_schema(schema);
        // what a writer noted of its types may not go with views of strings: then as it is
        let viewed = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), asked);
        Ok(ParquetFile {
            metadata: viewed.unwrap_or(plain),
            random,
            batch: options.batch_rows,
            sound: Sound::default(),
            file,
        })
    }

    fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Bounds of a column in each row group, as values of `ty`.
    fn bounds(&self, name: &str, ty: Type) -> Option<Vec<Bounds>> {
        let (_, field) = self.schema().column_with_name(name)?;
        let natural = natural(field)?;
        // bounds of bytes need not be text
        if natural == Type::String && *field.data_type() != DataType::Utf8View {
            return None;
        }
        if natural != ty && !(natural.is_number() && ty.is_number()) {
            return None;
        }
        let groups = self.metadata.metadata().row_groups();
        let parquet_schema = self.metadata.parquet_schema();
        let converter = StatisticsConverter::try_new(name, self.schema(), parquet_schema)
            .ok()?
            .with_missing_null_counts_as_zero(false);
        // bounds of an older kind compare strings in another order
        let column = converter.parquet_column_index()?;
        let old = groups
            .iter()
            .filter_map(|g| g.columns().get(column)?.statistics())
            .any(|s| s.is_min_max_deprecated() && s.min_bytes_opt().is_some());
        if old {
            return None;
        }
        let wanted = Wanted {
            name: name.into(),
            ty,
            holds_json: false,
        };
        let of = |array: ArrayRef| {
            convert(&array, Some(natural), &wanted, &mut |_, _| Ok(()))
                .ok()
                .map(|c| (array, c))
        };
        let (least_raw, least) = of(converter.row_group_mins(groups).ok()?)?;
        let (most_raw, most) = of(converter.row_group_maxes(groups).ok()?)?;
        let nulls = converter.row_group_null_counts(groups).ok()?;
        Some(
            groups
                .iter()
                .enumerate()
                .map(|(i, group)| Bounds {
                    least: Bounds::value(&least_raw, &least, i, ty),
                    most: Bounds::value(&most_raw, &most, i, ty),
                    nulls: (!nulls.is_null(i)).then(|| nulls.value(i)),
                    rows: u64::try_from(group.num_rows()).unwrap_or(u64::MAX),
                })
                .collect(),
        )
    }

    /// The row groups that may hold rows which pass all tests.
    fn groups(&self, tests: &[Test]) -> Vec<usize> {
        let mut groups: Vec<usize> = (0..self.metadata.metadata().num_row_groups()).collect();
        for test in tests {
            let bounds = guarded(&self.file, || Ok(self.bounds(&test.name, test.ty)));
            if let Ok(Some(bounds)) = bounds {
                groups.retain(|g| !bounds.get(*g).is_some_and(|b| excludes(&test.predicate, b)));
            }
        }
        groups
    }
}

/// The schema with strings as views, which are cheap to filter.
fn with_views(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => view(field),
        DataType::Dictionary(_, values)
            if matches!(**values, DataType::Utf8 | DataType::LargeUtf8) =>
        {
            view(field)
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new_with_metadata(
        fields.collect::<Vec<_>>(),
        schema.metadata().clone(),
    ))
}

fn view(field: &Arc<Field>) -> Arc<Field> {
    Arc::new(Field::clone(field).with_data_type(DataType::Utf8View))
}

fn fault(file: &DataFile, error: &ParquetError) -> Fault {
    Fault::data(format!("{}: {error}", file.name()))
        .help("the file is damaged, cut off or compressed in a way that is not supported")
}

impl FileData for ParquetFile {
    fn columns(&self) -> Vec<Found> {
        found(self.schema())
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let picked = Arc::new(Picked::new(self.schema(), ask.wanted));
        let mut first = Vec::new();
        let mut rows = 0;
        for group in self.metadata.metadata().row_groups() {
            first.push(rows);
            rows += u64::try_from(group.num_rows()).unwrap_or(0);
        }
        let groups = self.groups(ask.tests);
        for group in &groups {
            METER.expect(weight(&self.metadata, *group, &picked));
        }
        Ok(groups
            .into_iter()
            .flat_map(|group| {
                let rows = self.metadata.metadata().row_group(group).num_rows();
                let rows = usize::try_from(rows).unwrap_or(0);
                (0..rows).step_by(ROWS).map(move |offset| (group, offset))
            })
            .map(|(group, offset)| -> Box<dyn Morsel> {
                Box::new(ParquetMorsel {
                    file: Arc::clone(&self.file),
                    random: self.random.clone(),
                    metadata: self.metadata.clone(),
                    group,
                    offset,
                    row: first.get(group).copied().unwrap_or(0) + offset as u64,
                    picked: Arc::clone(&picked),
                    report: Arc::clone(ask.report),
                    scan: ask.scan,
                    batch: self.batch,
                    sound: Arc::clone(&self.sound),
                })
            })
            .collect())
    }

    fn greatest(&self, name: &str) -> Option<i64> {
        guarded(&self.file, || Ok(self.greatest_unguarded(name))).ok()?
    }
}

impl ParquetFile {
    fn greatest_unguarded(&self, name: &str) -> Option<i64> {
        let (_, field) = self.schema().column_with_name(name)?;
        let natural = natural(field).filter(|ty| *ty == Type::Datetime)?;
        let groups = self.metadata.metadata().row_groups();
        let parquet_schema = self.metadata.parquet_schema();
        let converter = StatisticsConverter::try_new(name, self.schema(), parquet_schema)
            .ok()?
            .with_missing_null_counts_as_zero(false);
        let most = converter.row_group_maxes(groups).ok()?;
        let nulls = converter.row_group_null_counts(groups).ok()?;
        let known = groups.iter().enumerate().all(|(i, group)| {
            let all_null =
                !nulls.is_null(i) && u64::try_from(group.num_rows()) == Ok(nulls.value(i));
            !most.is_null(i) || all_null
        });
        let wanted = Wanted {
            name: name.into(),
            ty: Type::Datetime,
            holds_json: false,
        };
        let ticks = convert(&most, Some(natural), &wanted, &mut |_, _| Ok(())).ok()?;
        if !known || ticks.null_count() != most.null_count() {
            return None;
        }
        arrow::compute::max(ticks.as_primitive_opt::<Int64Type>()?)
    }
}

/// Bytes of the columns picked from a row group.
fn weight(metadata: &ArrowReaderMetadata, group: usize, picked: &Picked) -> u64 {
    let schema = metadata.parquet_schema();
    let columns = metadata.metadata().row_group(group).columns();
    let picked = columns.iter().enumerate().filter(|(i, _)| {
        let root = schema.get_column_root_idx(*i);
        picked.projection.contains(&root)
    });
    let bytes = picked.map(|(_, column)| u64::try_from(column.compressed_size()).unwrap_or(0));
    bytes.sum()
}

struct ParquetMorsel {
    file: Arc<DataFile>,
    random: Unpacked,
    metadata: ArrowReaderMetadata,
    group: usize,
    /// Rows of the group before ours.
    offset: usize,
    /// Number of our first row in the file.
    row: u64,
    picked: Arc<Picked>,
    report: Arc<Report>,
    scan: usize,
    batch: usize,
    sound: Sound,
}

impl ParquetMorsel {
    /// Looks at the pages of our columns, unless that was done before.
    fn check_pages(&self, file: &File) -> Result<(), Fault> {
        let schema = self.metadata.parquet_schema();
        let columns = self.metadata.metadata().row_group(self.group).columns();
        for (index, column) in columns.iter().enumerate() {
            let root = schema.get_column_root_idx(index);
            let key = (self.group, index);
            let known = || self.sound.lock().is_ok_and(|sound| sound.contains(&key));
            if !self.picked.projection.contains(&root) || known() {
                continue;
            }
            let (start, length) = column.byte_range();
            let chunk = start..start.saturating_add(length);
            if !pages::are_sound(file, chunk).map_err(|e| self.file.fault(&e))? {
                let name = column.column_path().string();
                let message = format!(
                    "{}: a page of column `{name}` says that it unpacks to more than it can",
                    self.file.name()
                );
                return Err(Fault::data(message).help("the file is damaged; write it again"));
            }
            if let Ok(mut sound) = self.sound.lock() {
                sound.insert(key);
            }
        }
        Ok(())
    }
}

impl Morsel for ParquetMorsel {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let roots = self.picked.projection.iter().copied();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots);
        let file = self.random.open()?;
        // The decoder's own look at where a column lies panics where that is nowhere.
        guarded(&self.file, || self.check_pages(&file))?;
        let mut reader = guarded(&self.file, || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![self.group])
                .with_projection(mask)
                .with_batch_size(self.batch)
                .with_offset(self.offset)
                .with_limit(ROWS)
                .build()
                .map_err(|e| fault(&self.file, &e))
        })?;
        let rows = self.metadata.metadata().row_group(self.group).num_rows();
        let ours = (rows - self.offset as i64).clamp(0, ROWS as i64) as f64 / rows.max(1) as f64;
        METER.read((weight(&self.metadata, self.group, &self.picked) as f64 * ours) as u64);
        let mut tally = Tally::new(&self.report, &self.file, self.scan);
        let mut row = self.row;
        let mut next = || guarded(&self.file, || Ok(reader.next()));
        while let Some(batch) = next()? {
            cancel.check()?;
            let batch = batch.map_err(|e| fault(&self.file, &ParquetError::from(e)))?;
            if self.picked.hand_over(&batch, row, &mut tally, sink)? == Flow::Enough {
                break;
            }
            row += batch.num_rows() as u64;
        }
        Ok(())
    }
}
