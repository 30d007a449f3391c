//! Charts of results that a query wants drawn (`render`): in the terminal, as SVG, or in a page.

pub(super) mod html;
mod make;
mod model;
mod roles;
mod scale;
mod svg;
mod terminal;

use crate::engine::Table;
use crate::plan::Render;

use make::charts;
use model::Kind;
pub use terminal::Paper;

/// Draws a result in letters; nothing for a table.
///
/// # Errors
/// With the reason, when it cannot be drawn.
pub fn in_letters(table: &Table, render: &Render, paper: &Paper) -> Result<Option<String>, String> {
    Ok(terminal::draw(&charts(table, render)?, paper))
}

/// Draws a result as SVG.
///
/// # Errors
/// With the reason, when it cannot be drawn.
pub fn as_svg(table: &Table, render: &Render) -> Result<String, String> {
    let charts = charts(table, render)?;
    match charts.iter().any(|chart| chart.kind == Kind::Table) {
        true => Err("a table is no picture".to_string()),
        false => Ok(svg::draw(&charts)),
    }
}
