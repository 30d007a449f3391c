//! The aggregates, one family per file, and what their accumulators share.
//!
//! A family file has `pub static ALL`, the list of its declarations; a family is added by one word
//! below. Accumulators are flat vectors indexed by group ([`state`]); whatever depends on the order
//! of rows keeps their positions, so that no answer depends on how rows were shared out.

use crate::plan::Aggregate;

mod firsts;
mod keys;
mod order;
mod parts;
mod state;

macro_rules! families {
    ($($family:ident)*) => {
        $(mod $family;)*
        /// All aggregates, family by family.
        pub static FAMILIES: &[&[&Aggregate]] = &[$($family::ALL),*];
    };
}

families! { counts sums extremes rows lists sets bags spread percentiles bits schema sketches }

#[cfg(test)]
mod tests;
