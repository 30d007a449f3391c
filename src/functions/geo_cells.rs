//! Cells of H3 and S2, the hierarchies of hexagons and of quadrilaterals that cover the globe.

use h3o::{CellIndex, LatLng as H3LatLng, Resolution};
use s2::cell::Cell;
use s2::cellid::CellID;
use s2::point::Point;

use super::geometry::{degrees, point, position, ring_json, s2_cell, shape_json};
use crate::contract::Args;
use crate::json::ArrayWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &POINT_TO_H3CELL,
    &H3CELL_LEVEL,
    &H3CELL_PARENT,
    &H3CELL_CHILDREN,
    &H3CELL_NEIGHBORS,
    &H3CELL_RINGS,
    &H3CELL_TO_CENTRAL_POINT,
    &H3CELL_TO_POLYGON,
    &POINT_TO_S2CELL,
    &S2CELL_NEIGHBORS,
    &S2CELL_TO_CENTRAL_POINT,
    &S2CELL_TO_POLYGON,
];

const NO_H3: &str = "Null for what is no H3 cell.";
const NO_S2: &str = "Null for what is no S2 cell.";

static POINT_TO_H3CELL: Scalar = Scalar {
    signatures: &[
        "geo_point_to_h3cell(longitude: real, latitude: real, [resolution: long]) -> string",
    ],
    doc: Doc {
        summary: "The H3 cell of a point.",
        details: "The resolution is from 0 to 15, and 6 unless given. Empty for an invalid point or resolution.",
        examples: &[
            ("geo_point_to_h3cell(13.4, 52.5, 3)", "831f18fffffffff"),
            ("geo_point_to_h3cell(300, 1)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let (longitudes, latitudes) = (args.column::<f64>(0)?, args.column::<f64>(1)?);
        args.build(|row| {
            let resolution = number_at(args, 2, row, Some(6))?;
            let resolution = Resolution::try_from(u8::try_from(resolution).ok()?).ok()?;
            let (longitude, latitude) = (f64::at(&longitudes, row)?, f64::at(&latitudes, row)?);
            point(longitude, latitude)?;
            let place = H3LatLng::new(latitude, longitude).ok()?;
            Some(place.to_cell(resolution).to_string())
        })
    }),
    ..Scalar::DEFAULT
};

static H3CELL_LEVEL: Scalar = Scalar {
    signatures: &["geo_h3cell_level(cell: string) -> int"],
    doc: Doc {
        summary: "The resolution of an H3 cell.",
        details: NO_H3,
        examples: &[
            ("geo_h3cell_level('831f1dfffffffff')", "3"),
            ("geo_h3cell_level('831')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|text: &str| Some(i32::from(u8::from(h3(text)?.resolution()))))),
    ..Scalar::DEFAULT
};

static H3CELL_PARENT: Scalar = Scalar {
    signatures: &["geo_h3cell_parent(cell: string, [resolution: long]) -> string"],
    doc: Doc {
        summary: "The larger H3 cell that a cell belongs to.",
        details: "The resolution is one less than the cell's unless given. Empty for what is no H3 cell, and for a \
                  resolution that is not less than the cell's.",
        examples: &[
            ("geo_h3cell_parent('831f1dfffffffff')", "821f1ffffffffff"),
            ("geo_h3cell_parent('831f1dfffffffff', 4)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let cells = args.column::<&str>(0)?;
        args.build(|row| {
            let cell = h3(<&str as Arg<'_>>::at(&cells, row)?)?;
            let own = u8::from(cell.resolution());
            let wanted = number_at(args, 1, row, Some(i64::from(own) - 1))?;
            let wanted = u8::try_from(wanted).ok().filter(|wanted| *wanted < own)?;
            Some(cell.parent(Resolution::try_from(wanted).ok()?)?.to_string())
        })
    }),
    ..Scalar::DEFAULT
};

/// The most resolutions that children may be below their cell.
const MOST_GENERATIONS: u8 = 5;

static H3CELL_CHILDREN: Scalar = Scalar {
    signatures: &["geo_h3cell_children(cell: string, [resolution: long]) -> array"],
    doc: Doc {
        summary: "The smaller H3 cells that a cell consists of.",
        details: "The resolution is one more than the cell's unless given, and at most five more. Null for what is no H3 \
                  cell, and for another resolution.",
        examples: &[
            ("array_length(geo_h3cell_children('831f1dfffffffff'))", "7"),
            ("geo_h3cell_children('831f1dfffffffff', 3)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let cells = args.column::<&str>(0)?;
        args.build(|row| {
            let cell = h3(<&str as Arg<'_>>::at(&cells, row)?)?;
            let own = u8::from(cell.resolution());
            let wanted = u8::try_from(number_at(args, 1, row, Some(i64::from(own) + 1))?).ok()?;
            if wanted <= own || wanted > own + MOST_GENERATIONS {
                return None;
            }
            let children = cell.children(Resolution::try_from(wanted).ok()?);
            Some(Json(names(children)))
        })
    }),
    ..Scalar::DEFAULT
};

static H3CELL_NEIGHBORS: Scalar = Scalar {
    signatures: &["geo_h3cell_neighbors(cell: string) -> array"],
    doc: Doc {
        summary: "The H3 cells around a cell.",
        details: NO_H3,
        examples: &[("array_length(geo_h3cell_neighbors('831f1dfffffffff'))", "6")],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let rings = rings(h3(text)?, 1);
            Some(Json(names(rings.into_iter().nth(1)?)))
        })
    }),
    ..Scalar::DEFAULT
};

/// The most rings around a cell.
const MOST_RINGS: i64 = 142;

static H3CELL_RINGS: Scalar = Scalar {
    signatures: &["geo_h3cell_rings(cell: string, distance: long) -> array"],
    doc: Doc {
        summary: "The H3 cells around a cell, ring by ring; the first is the cell itself.",
        details: "The distance is from 0 to 142. Null for what is no H3 cell, and for another distance.",
        examples: &[
            ("geo_h3cell_rings('831f1dfffffffff', 0)", "[[\"831f1dfffffffff\"]]"),
            ("array_length(geo_h3cell_rings('831f1dfffffffff', 2)[2])", "12"),
        ],
    },
    eval: Eval::Columns(|args| {
        let cells = args.column::<&str>(0)?;
        args.build(|row| {
            let cell = h3(<&str as Arg<'_>>::at(&cells, row)?)?;
            let distance = number_at(args, 1, row, None)?;
            if !(0..=MOST_RINGS).contains(&distance) {
                return None;
            }
            let mut out = ArrayWriter::new();
            for ring in rings(cell, u32::try_from(distance).ok()?) {
                out.push_json(&names(ring));
            }
            Some(Json(out.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

static H3CELL_TO_CENTRAL_POINT: Scalar = Scalar {
    signatures: &["geo_h3cell_to_central_point(cell: string) -> bag"],
    doc: Doc {
        summary: "The centre of an H3 cell.",
        details: NO_H3,
        examples: &[
            ("round(toreal(geo_h3cell_to_central_point('831f1dfffffffff').coordinates[0]), 3)", "13.879"),
            ("isnull(geo_h3cell_to_central_point('x'))", "True"),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let centre = H3LatLng::from(h3(text)?);
            Some(Json(shape_json("Point", &position((centre.lng(), centre.lat())))))
        })
    }),
    ..Scalar::DEFAULT
};

static H3CELL_TO_POLYGON: Scalar = Scalar {
    signatures: &["geo_h3cell_to_polygon(cell: string) -> bag"],
    doc: Doc {
        summary: "The outline of an H3 cell.",
        details: NO_H3,
        examples: &[("array_length(geo_h3cell_to_polygon('831f1dfffffffff').coordinates[0])", "7")],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let boundary = h3(text)?.boundary();
            let corners: Vec<(f64, f64)> = boundary.iter().map(|p| (p.lng(), p.lat())).collect();
            Some(Json(ring_json(&corners)))
        })
    }),
    ..Scalar::DEFAULT
};

static POINT_TO_S2CELL: Scalar = Scalar {
    signatures: &[
        "geo_point_to_s2cell(longitude: real, latitude: real, [level: long]) -> string",
    ],
    doc: Doc {
        summary: "The S2 cell of a point.",
        details: "The level is from 0 to 30, and 11 unless given. Empty for an invalid point or level.",
        examples: &[
            ("geo_point_to_s2cell(13.4, 52.5, 8)", "47a85"),
            ("geo_point_to_s2cell(1, 1, 35)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let (longitudes, latitudes) = (args.column::<f64>(0)?, args.column::<f64>(1)?);
        args.build(|row| {
            let level = u64::try_from(number_at(args, 2, row, Some(11))?).ok()?;
            let place = point(f64::at(&longitudes, row)?, f64::at(&latitudes, row)?)?;
            (level <= 30).then(|| CellID::from(place).parent(level).to_token())
        })
    }),
    ..Scalar::DEFAULT
};

static S2CELL_NEIGHBORS: Scalar = Scalar {
    signatures: &["geo_s2cell_neighbors(cell: string) -> array"],
    doc: Doc {
        summary: "The S2 cells around a cell.",
        details: NO_S2,
        examples: &[("array_length(geo_s2cell_neighbors('47a85'))", "8")],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let cell = s2_cell(text)?;
            let neighbors = cell.all_neighbors(cell.level());
            let mut out = ArrayWriter::new();
            for neighbor in as_in_a_set(neighbors.into_iter().map(|cell| cell.to_token())) {
                out.push_str(&neighbor);
            }
            Some(Json(out.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

static S2CELL_TO_CENTRAL_POINT: Scalar = Scalar {
    signatures: &["geo_s2cell_to_central_point(cell: string) -> bag"],
    doc: Doc {
        summary: "The centre of an S2 cell.",
        details: NO_S2,
        examples: &[
            ("round(toreal(geo_s2cell_to_central_point('47a85').coordinates[0]), 3)", "13.376"),
            ("isnull(geo_s2cell_to_central_point('a'))", "True"),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let centre = degrees(&Point::from(s2_cell(text)?));
            Some(Json(shape_json("Point", &position(centre))))
        })
    }),
    ..Scalar::DEFAULT
};

static S2CELL_TO_POLYGON: Scalar = Scalar {
    signatures: &["geo_s2cell_to_polygon(cell: string) -> bag"],
    doc: Doc {
        summary: "The outline of an S2 cell.",
        details: NO_S2,
        examples: &[("array_length(geo_s2cell_to_polygon('47a85').coordinates[0])", "5")],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let corners = Cell::from(s2_cell(text)?).vertices();
            let corners: Vec<(f64, f64)> = corners.iter().map(degrees).collect();
            Some(Json(ring_json(&corners)))
        })
    }),
    ..Scalar::DEFAULT
};

/// The whole number in an argument, or what it is when it is left out.
pub(super) fn number_at(args: &Args<'_>, index: usize, row: usize, default: Option<i64>) -> Option<i64> {
    match args.values.get(index) {
        Some(datum) => i64::at(&i64::open(datum).ok()?, row),
        None => default,
    }
}

fn h3(text: &str) -> Option<CellIndex> {
    text.parse().ok()
}

fn names(cells: impl IntoIterator<Item = CellIndex>) -> String {
    let mut out = ArrayWriter::new();
    for cell in cells {
        out.push_str(&cell.to_string());
    }
    out.finish()
}

/// The cells at each distance, up to the greatest.
fn rings(cell: CellIndex, most: u32) -> Vec<Vec<CellIndex>> {
    (0..=most)
        .map(|distance| {
            // Around a pentagon the fast way fails; the safe one knows no order within a ring.
            let fast: Option<Vec<CellIndex>> = cell.grid_ring_fast(distance).collect();
            // The engine starts one cell further (measured).
            let fast = fast.map(|mut ring| {
                ring.rotate_left(usize::from(distance > 0));
                ring
            });
            fast.unwrap_or_else(|| {
                let all = cell.grid_disk_distances_safe(distance);
                all.filter(|(_, at)| *at == distance).map(|(cell, _)| cell).collect()
            })
        })
        .collect()
}

/// Few texts in the order in which the engine lists a set of them: that of a hash table of 13 places, where a text
/// goes before those of its place, and before all if there are none.
fn as_in_a_set(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<(u64, String)> = Vec::new();
    for text in texts {
        let place = murmur(text.as_bytes()) % 13;
        if all.iter().any(|(_, known)| *known == text) {
            continue;
        }
        let at = all.iter().position(|(other, _)| *other == place).unwrap_or(0);
        all.insert(at, (place, text));
    }
    all.into_iter().map(|(_, text)| text).collect()
}

/// The hash of that table: MurmurHash 64A with its usual seed in C++.
fn murmur(bytes: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
    let mixed = |n: u64| n ^ (n >> 47);
    let mut hash = 0xc70f_6907 ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let mut word = u64::from_le_bytes(word);
        if chunk.len() == 8 {
            word = mixed(word.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
        }
        hash = (hash ^ word).wrapping_mul(MULTIPLIER);
    }
    mixed(mixed(hash).wrapping_mul(MULTIPLIER))
}
