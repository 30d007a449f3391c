//! The grid for people: aligned columns, cut to the terminal's width when there is one.

use std::io::Write;

use super::cells::{Cells, Rows, batches};
use super::shown::{cut, visible, width};
use super::{Buffer, WriteError};
use crate::engine::Table;
use crate::types::Type;

/// How a grid is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grid {
    /// Columns of the terminal; without one, nothing is cut.
    pub width: Option<usize>,
    /// Rows shown at most.
    pub max_rows: Option<usize>,
    /// Whether the types stand under the names.
    pub types: bool,
    /// Whether to use colours.
    pub color: bool,
}

/// What a grid left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Rows beyond the most that are shown.
    pub rows: usize,
    /// Columns that are empty in every row.
    pub empty: Vec<String>,
    /// Columns for which the terminal is too narrow.
    pub narrow: Vec<String>,
    /// Whether a cell was cut.
    pub cut: bool,
    /// Whether a chart stands in the rows' stead.
    pub drawn: bool,
    /// Why no chart was drawn that the query asked for.
    pub undrawn: Option<String>,
}

/// Columns of a result up to which empty ones are drawn like any other.
const FEW_COLUMNS: usize = 20;
/// Rows up to which a result too wide for the terminal is written one cell below the other.
const FEW_ROWS: usize = 3;
/// Rows that widths are taken from.
const SAMPLE: usize = 10_000;
/// Width up to which cells are padded when nothing is cut: a longer one sticks out of its column.
const WIDEST: usize = 60;
/// Width below which no cell is cut: an IPv4 address fits.
const NARROWEST: usize = 16;
/// Width from which the beginning of a text is worth a column.
const BEGINNING: usize = 8;
/// Between two columns.
const GAP: &str = "  ";
const NULL: &str = "null";

/// A column that is drawn.
pub(super) struct Drawn {
    pub index: usize,
    pub name: String,
    pub ty: Type,
    width: usize,
    /// What its cells take: they are whole, even if its name is cut.
    least: usize,
}

impl Drawn {
    fn right(&self) -> bool {
        self.ty.is_number() || self.ty == Type::Timespan
    }

    /// Whether its cells may be cut.
    fn flexible(&self) -> bool {
        matches!(self.ty, Type::String | Type::Dynamic | Type::Unknown)
    }
}

impl Grid {
    /// Draws a table; tells what it left out.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn write(&self, table: &Table, out: &mut dyn Write) -> Result<Left, WriteError> {
        let limit = self.max_rows.unwrap_or(usize::MAX);
        let mut left = Left {
            rows: table.rows().saturating_sub(limit),
            ..Left::default()
        };
        let mut columns = self.columns(table, &mut left)?;
        self.measure(table, &mut columns, limit)?;
        self.fit(&mut columns, &mut left);
        if !left.narrow.is_empty() && table.rows().min(limit) <= FEW_ROWS {
            return super::upright::write(table, self, out);
        }
        let mut buffer = Buffer::new(out);
        self.head(&columns, &mut buffer.text);
        let mut shown = 0;
        let mut line = String::new();
        for rows in batches(table) {
            let rows = rows?;
            for row in 0..rows.rows.min(limit - shown) {
                line.clear();
                left.cut |= self.line(&columns, &rows, row, &mut line);
                buffer.text.push_str(line.trim_end_matches(' '));
                buffer.text.push('\n');
                buffer.settle()?;
                shown += 1;
            }
        }
        buffer.finish()?;
        Ok(left)
    }

    /// The columns to draw: of a wide result, those with something in them.
    pub(super) fn columns(&self, table: &Table, left: &mut Left) -> Result<Vec<Drawn>, WriteError> {
        let count = table.schema.len();
        let mut empty = vec![count > FEW_COLUMNS && table.rows() > 0; count];
        if count > FEW_COLUMNS {
            for rows in batches(table) {
                for (empty, cells) in empty.iter_mut().zip(&rows?.columns) {
                    *empty = *empty && cells.all_empty();
                }
            }
        }
        if empty.iter().all(|empty| *empty) {
            empty.fill(false);
        }
        let mut drawn = Vec::new();
        for (index, column) in table.schema.columns.iter().enumerate() {
            let name = visible(&column.name).into_owned();
            if empty.get(index).is_some_and(|empty| *empty) {
                left.empty.push(name);
                continue;
            }
            let types = if self.types {
                column.ty.name().len()
            } else {
                0
            };
            drawn.push(Drawn {
                index,
                width: width(&name).max(types),
                least: types.min(NARROWEST),
                name,
                ty: column.ty,
            });
        }
        Ok(drawn)
    }

    /// Widens the columns to their cells.
    fn measure(
        &self,
        table: &Table,
        columns: &mut [Drawn],
        limit: usize,
    ) -> Result<(), WriteError> {
        let mut rest = limit.min(SAMPLE);
        let mut cell = String::new();
        for rows in batches(table) {
            let rows = rows?;
            let count = rows.rows.min(rest);
            rest -= count;
            for column in columns.iter_mut() {
                let Some(cells) = rows.columns.get(column.index) else {
                    continue;
                };
                for row in 0..count {
                    show(cells, row, &mut cell);
                    let taken = width(&visible(&cell));
                    column.width = column.width.max(taken);
                    column.least = column.least.max(taken);
                }
            }
            if rest == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Narrows the columns to the terminal: first the widest texts, then by leaving out columns at
    /// the right.
    fn fit(&self, columns: &mut Vec<Drawn>, left: &mut Left) {
        let Some(available) = self.width else {
            for column in columns.iter_mut() {
                column.width = column.width.min(WIDEST.max(width(&column.name)));
            }
            return;
        };
        let taken = |columns: &[Drawn], cap: usize| -> usize {
            let widths = columns.iter().map(|c| narrowed(c, cap) + GAP.len());
            widths.sum::<usize>().saturating_sub(GAP.len())
        };
        let mut narrow = Vec::new();
        while columns.len() > 1 && taken(columns, NARROWEST) > available {
            narrow.extend(columns.pop());
        }
        // What is left of the room may do for the beginning of a text.
        let room = available.saturating_sub(taken(columns, NARROWEST) + GAP.len());
        if room >= BEGINNING
            && let Some(next) = narrow.pop_if(|next| next.flexible())
        {
            let width = next.width.min(room);
            columns.push(Drawn { width, ..next });
        }
        left.narrow.extend(narrow.into_iter().rev().map(|c| c.name));
        let widest = columns.iter().map(|c| c.width).max().unwrap_or(0);
        let (mut fits, mut large) = (NARROWEST, widest.max(NARROWEST) + 1);
        while fits + 1 < large {
            let cap = usize::midpoint(fits, large);
            match taken(columns, cap) <= available {
                true => fits = cap,
                false => large = cap,
            }
        }
        for column in columns {
            column.width = narrowed(column, fits).min(available.max(1));
        }
    }

    fn head(&self, columns: &[Drawn], out: &mut String) {
        let mut line = |text: &dyn Fn(&Drawn) -> String, style: &str| {
            let mut all = String::new();
            for (i, column) in columns.iter().enumerate() {
                let text = text(column);
                pad(&text, width(&text), column, i, &mut all);
            }
            let all = all.trim_end_matches(' ');
            match self.color {
                true => out.push_str(&format!("\x1b[{style}m{all}\x1b[0m\n")),
                false => out.push_str(&format!("{all}\n")),
            }
        };
        if columns.is_empty() {
            return;
        }
        line(&|c| cut(&c.name, c.width).into_owned(), "1");
        if self.types {
            line(&|c| cut(c.ty.name(), c.width).into_owned(), "2");
        }
        line(&|c| "─".repeat(c.width), "2");
    }

    /// Appends a row; whether a cell was cut.
    fn line(&self, columns: &[Drawn], rows: &Rows<'_>, row: usize, out: &mut String) -> bool {
        let mut any = false;
        let mut cell = String::new();
        for (i, column) in columns.iter().enumerate() {
            let Some(cells) = rows.columns.get(column.index) else {
                continue;
            };
            show(cells, row, &mut cell);
            let text = visible(&cell);
            let text = match self.width {
                Some(_) => {
                    let text_cut = cut(&text, column.width);
                    any |= text_cut.len() != text.len();
                    text_cut.into_owned()
                }
                None => text.into_owned(),
            };
            if self.color && cells.is_null(row) {
                let dim = format!("\x1b[2m{text}\x1b[0m");
                pad(&dim, width(&text), column, i, out);
            } else {
                pad(&text, width(&text), column, i, out);
            }
        }
        any
    }
}

/// The width of a column whose texts may take `cap`.
fn narrowed(column: &Drawn, cap: usize) -> usize {
    match column.flexible() {
        true => column.width.min(cap),
        // A number that is cut is another number.
        false => column.width.min(cap.max(column.least)),
    }
}

/// Writes a cell as it is shown.
pub(super) fn show(cells: &Cells<'_>, row: usize, out: &mut String) {
    out.clear();
    match cells.is_null(row) {
        true => out.push_str(NULL),
        false => cells.write_shown(row, out),
    }
}

/// Appends a text that takes `taken` columns, in its place.
fn pad(text: &str, taken: usize, column: &Drawn, index: usize, out: &mut String) {
    if index > 0 {
        out.push_str(GAP);
    }
    let blank = column.width.saturating_sub(taken);
    let blanks = std::iter::repeat_n(' ', blank);
    if column.right() {
        out.extend(blanks);
        out.push_str(text);
    } else {
        out.push_str(text);
        out.extend(blanks);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;
    use crate::contract::Batch;
    use crate::types::Schema;

    fn drawn(grid: Grid, schema: &[(&str, Type)], columns: Vec<ArrayRef>) -> (String, Left) {
        let table = Table {
            schema: Schema::of(schema),
            batches: vec![Batch {
                rows: columns.first().map_or(0, |c| c.len()),
                columns,
                position: 0,
            }],
        };
        let mut out = Vec::new();
        let left = grid.write(&table, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), left)
    }

    #[test]
    fn texts_are_cut_to_the_terminal_and_numbers_are_not() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["東京".repeat(20), "x".into()]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1_234_567_890_123), None]));
        let schema = [("s", Type::String), ("n", Type::Long), ("t", Type::String)];
        let columns = vec![texts.clone(), numbers, texts];
        let grid = Grid {
            width: Some(50),
            ..Grid::default()
        };
        let (text, left) = drawn(grid, &schema, columns.clone());
        assert_eq!(
            text,
            "\
s                             n  t
────────────────  ─────────────  ────────────────
東京東京東京東…   1234567890123  東京東京東京東…
x                          null  x
"
        );
        assert!(left.cut && left.narrow.is_empty());
    }

    #[test]
    fn columns_beyond_the_terminal_are_told() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["東京".repeat(20); 9]));
        let schema = [
            ("s", Type::String),
            ("n", Type::String),
            ("t", Type::String),
        ];
        let columns = vec![texts.clone(), texts.clone(), texts];
        let grid = Grid {
            width: Some(40),
            max_rows: Some(5),
            ..Grid::default()
        };
        let (text, left) = drawn(grid, &schema, columns);
        assert!(text.lines().all(|line| width(line) <= 40), "{text}");
        assert_eq!((left.rows, left.narrow), (4, vec!["t".to_string()]));
    }

    #[test]
    fn a_few_rows_too_wide_are_written_upright() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["東京".repeat(20), "".into()]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None]));
        let schema = [
            ("place", Type::String),
            ("n", Type::Long),
            ("t", Type::String),
        ];
        let grid = Grid {
            width: Some(20),
            types: true,
            ..Grid::default()
        };
        let (text, left) = drawn(grid, &schema, vec![texts.clone(), numbers, texts]);
        let long = "東京".repeat(20);
        assert_eq!(
            text,
            format!(
                "\
── 1 ────────────
place  string  {long}
n      long    7
t      string  {long}
── 2 ────────────
place  string
n      long    null
t      string
"
            )
        );
        assert!(left.narrow.is_empty() && !left.cut);
    }

    #[test]
    fn empty_columns_of_a_wide_result_are_told() {
        let names: Vec<String> = (0..30).map(|i| format!("c{i}")).collect();
        let schema: Vec<(&str, Type)> = names.iter().map(|n| (&**n, Type::Long)).collect();
        let column =
            |i: usize| -> ArrayRef { Arc::new(Int64Array::from(vec![(i < 2).then_some(7)])) };
        let (text, left) = drawn(Grid::default(), &schema, (0..30).map(column).collect());
        assert_eq!(text, "c0  c1\n──  ──\n 7   7\n");
        assert_eq!(left.empty.len(), 28);
    }
}
