//! Graphs: the two tables that one is, its connected parts, and the places that a pattern fits.

mod components;
mod condition;
mod make;
mod matches;
mod network;
mod order;
mod read;
mod shortest;
mod walk;

pub(super) use components::mark;
pub(super) use make::table;
pub(super) use matches::matches;
