//! The builtins: scalar functions and operators, and aggregates, one family per file.
//!
//! A family file starts with `pub static ALL`, the list of its declarations; a family is added by one word below.

mod items;
mod members;
mod needles;
mod patterns;
mod search;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::plan::{Aggregate, Role, Scalar, Signature};

use aggregate::FAMILIES as AGGREGATES;

pub mod aggregate;
pub mod cell;
pub mod extract;
pub mod plugins;
pub mod sketch;

macro_rules! families {
    (scalars { $($scalar:ident)* }) => {
        $(pub mod $scalar;)*
        static SCALARS: &[&[&Scalar]] = &[$($scalar::ALL),*];
    };
}

mod compare;
mod geo_overlay;
mod geo_simplify;
pub mod geometry;
mod series_columns;
mod vector;
mod xml;

families! {
    scalars {
        arithmetic
        array
        bag
        bits
        calendar
        codepoints
        comparison
        compress
        conditional
        contains
        convert
        datetime
        distribution
        dynamic
        encode
        format
        geo
        geo_buffer
        geo_cells
        geo_cover
        geo_densify
        geo_measures
        geo_shapes
        geo_wkt
        geohash
        hash
        ip
        ip_range
        ip_search
        ipv6
        list
        math
        moment
        pack
        parse_text
        planned
        random
        regex
        replace
        rounding
        series
        series_filters
        series_fit
        series_models
        series_seasons
        series_stats
        set
        sketches
        size
        sort
        string
        terms
        trim
        unit
        url
        user_agent
        window
    }
}

/// A declaration and its signatures, read.
pub struct Entry<T: 'static> {
    /// The declaration.
    pub function: &'static T,
    /// Its signatures; a call's `overload` is an index into them.
    pub signatures: Vec<Signature>,
}

impl Entry<Scalar> {
    /// Whether it stands in plans alone: no query can call it.
    pub fn is_internal(&self) -> bool {
        let name = self.function.name();
        let infix = self.signatures.iter().any(|s| s.infix);
        !infix && (name.starts_with("__") || name.contains(' '))
    }
}

type Index<T> = HashMap<&'static str, Entry<T>>;

fn index<T>(
    families: &'static [&'static [&'static T]],
    signatures: fn(&T) -> &'static [&'static str],
) -> Index<T> {
    let mut index = HashMap::new();
    for function in families.iter().flat_map(|family| family.iter()) {
        // A notation that cannot be read is left out here and named by the test below.
        let read: Vec<Signature> = signatures(function)
            .iter()
            .filter_map(|s| Signature::parse(s).ok())
            .collect();
        if let Some(first) = read.first() {
            let entry = Entry {
                function: *function,
                signatures: read.clone(),
            };
            index.insert(first.name, entry);
        }
    }
    index
}

fn scalars() -> &'static Index<Scalar> {
    static INDEX: OnceLock<Index<Scalar>> = OnceLock::new();
    INDEX.get_or_init(|| index(SCALARS, |f| f.signatures))
}

fn aggregates() -> &'static Index<Aggregate> {
    static INDEX: OnceLock<Index<Aggregate>> = OnceLock::new();
    INDEX.get_or_init(|| index(AGGREGATES, |f| f.signatures))
}

/// The scalar function or operator of this name (for an infix operator, its words).
pub fn scalar(name: &str) -> Option<&'static Entry<Scalar>> {
    scalars().get(name)
}

/// The aggregate of this name.
pub fn aggregate(name: &str) -> Option<&'static Entry<Aggregate>> {
    aggregates().get(name)
}

/// The scalar functions and operators of this role, in order of their names.
pub fn with_role(role: Role) -> &'static [&'static Entry<Scalar>] {
    static ROLES: OnceLock<HashMap<Role, Vec<&'static Entry<Scalar>>>> = OnceLock::new();
    let roles = ROLES.get_or_init(|| {
        let mut roles: HashMap<Role, Vec<_>> = HashMap::new();
        for entry in all_scalars() {
            roles.entry(entry.function.role).or_default().push(entry);
        }
        roles
    });
    roles.get(&role).map_or(&[], Vec::as_slice)
}

/// All scalar functions and operators, by name.
pub fn all_scalars() -> Vec<&'static Entry<Scalar>> {
    let mut all: Vec<_> = scalars().values().collect();
    all.sort_by_key(|e| e.function.name());
    all
}

/// All aggregates, by name.
pub fn all_aggregates() -> Vec<&'static Entry<Aggregate>> {
    let mut all: Vec<_> = aggregates().values().collect();
    all.sort_by_key(|e| e.function.name());
    all
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_can_be_read_and_every_name_is_declared_once() {
        let mut names = std::collections::HashSet::new();
        let all = SCALARS.iter().flat_map(|f| f.iter()).map(|f| f.signatures);
        let all = all.chain(
            AGGREGATES
                .iter()
                .flat_map(|f| f.iter())
                .map(|f| f.signatures),
        );
        for signatures in all {
            let read: Vec<Signature> = signatures
                .iter()
                .map(|s| Signature::parse(s).unwrap())
                .collect();
            let first = read.first().expect("a declaration has a signature");
            assert!(read.iter().all(|s| s.name == first.name), "{signatures:?}");
            let kind = SCALARS
                .iter()
                .flat_map(|f| f.iter())
                .any(|f| std::ptr::eq(f.signatures, signatures));
            assert!(
                names.insert((first.name, kind)),
                "{} is declared twice",
                first.name
            );
        }
    }
}
