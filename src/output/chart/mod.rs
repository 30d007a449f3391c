//! Charts of results that a query wants drawn (`render`): in the terminal, as SVG, or in a page.

pub(super) mod html;
mod model;
mod scale;
mod svg;
mod terminal;

use crate::engine::Table;
use crate::plan::Render;

pub use model::{Chart, Kind};
pub use terminal::Paper;

/// Draws a result in letters; nothing for a table.
///
/// # Errors
/// With the reason, when it cannot be drawn.
pub fn in_letters(table: &Table, render: &Render, paper: &Paper) -> Result<Option<String>, String> {
    Ok(terminal::draw(&Chart::of(table, render)?, paper))
}

/// Draws a result as SVG.
///
/// # Errors
/// With the reason, when it cannot be drawn.
pub fn as_svg(table: &Table, render: &Render) -> Result<String, String> {
    let chart = Chart::of(table, render)?;
    match chart.kind {
        Kind::Table => Err("a table is no picture".to_string()),
        _ => Ok(svg::draw(&chart)),
    }
}
