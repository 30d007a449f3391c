//! Geohash cells: rectangles of longitude and latitude, halved in turns, five halvings to a letter.

use super::geometry::{position, ring_json, shape_json};
use crate::contract::Args;
use crate::json::ArrayWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &POINT_TO_GEOHASH,
    &GEOHASH_TO_CENTRAL_POINT,
    &GEOHASH_TO_POLYGON,
    &GEOHASH_NEIGHBORS,
];

static POINT_TO_GEOHASH: Scalar = Scalar {
    signatures: &[
        "geo_point_to_geohash(longitude: real, latitude: real, [accuracy: long]) -> string",
    ],
    doc: Doc {
        summary: "The geohash cell of a point.",
        details: "The accuracy is the number of letters, from 1 to 18, and 5 unless given. Empty for an invalid point or \
                  accuracy.",
        examples: &[
            ("geo_point_to_geohash(13.4, 52.5)", "u33d8"),
            ("geo_point_to_geohash(13.4, 52.5, 2)", "u3"),
            ("geo_point_to_geohash(200, 1)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        let (longitudes, latitudes) = (args.column::<f64>(0)?, args.column::<f64>(1)?);
        args.build(|row| {
            let letters = letters_at(args, row)?;
            hash(f64::at(&longitudes, row)?, f64::at(&latitudes, row)?, letters)
        })
    }),
    ..Scalar::DEFAULT
};

static GEOHASH_TO_CENTRAL_POINT: Scalar = Scalar {
    signatures: &["geo_geohash_to_central_point(geohash: string) -> bag"],
    doc: Doc {
        summary: "The centre of a geohash cell.",
        details: "Null for what is no geohash of 1 to 18 letters.",
        examples: &[(
            "geo_geohash_to_central_point('s')",
            "{\"type\":\"Point\",\"coordinates\":[22.5,22.5]}",
        )],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let cell = Cell::read(text)?;
            let centre = (f64::midpoint(cell.west, cell.east), f64::midpoint(cell.south, cell.north));
            Some(Json(shape_json("Point", &position(centre))))
        })
    }),
    ..Scalar::DEFAULT
};

static GEOHASH_TO_POLYGON: Scalar = Scalar {
    signatures: &["geo_geohash_to_polygon(geohash: string) -> bag"],
    doc: Doc {
        summary: "The outline of a geohash cell.",
        details: "Null for what is no geohash of 1 to 18 letters.",
        examples: &[(
            "geo_geohash_to_polygon('s').coordinates[0]",
            "[[0.0,0.0],[45.0,0.0],[45.0,45.0],[0.0,45.0],[0.0,0.0]]",
        )],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let cell = Cell::read(text)?;
            Some(Json(ring_json(&[
                (cell.west, cell.south),
                (cell.east, cell.south),
                (cell.east, cell.north),
                (cell.west, cell.north),
            ])))
        })
    }),
    ..Scalar::DEFAULT
};

static GEOHASH_NEIGHBORS: Scalar = Scalar {
    signatures: &["geo_geohash_neighbors(geohash: string) -> array"],
    doc: Doc {
        summary: "The geohash cells around a cell.",
        details: "West, south-west, south and so on, once around; at a pole there are none beyond. Null for what is no \
                  geohash of 1 to 18 letters.",
        examples: &[(
            "geo_geohash_neighbors('s')",
            "[\"e\",\"7\",\"k\",\"m\",\"v\",\"t\",\"u\",\"g\"]",
        )],
    },
    eval: Eval::Columns(|args| {
        args.map(|text: &str| {
            let cell = Cell::read(text)?;
            let mut out = ArrayWriter::new();
            for (east, north) in AROUND {
                if let Some(neighbor) = cell.beside(east, north, text.len()) {
                    out.push_str(&neighbor);
                }
            }
            Some(Json(out.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
const MOST_LETTERS: usize = 18;
const USUAL_LETTERS: i64 = 5;

/// Steps to the neighbours, in the engine's order (measured).
const AROUND: [(f64, f64); 8] = [
    (-1.0, 0.0),
    (-1.0, -1.0),
    (0.0, -1.0),
    (1.0, -1.0),
    (1.0, 1.0),
    (1.0, 0.0),
    (0.0, 1.0),
    (-1.0, 1.0),
];

fn letters_at(args: &Args<'_>, row: usize) -> Option<usize> {
    let given = match args.values.get(2) {
        Some(datum) => i64::at(&i64::open(datum).ok()?, row)?,
        None => USUAL_LETTERS,
    };
    let given = usize::try_from(given).ok()?;
    (1..=MOST_LETTERS).contains(&given).then_some(given)
}

/// A rectangle in degrees.
struct Cell {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
}

impl Cell {
    const EARTH: Cell = Cell {
        west: -180.0,
        east: 180.0,
        south: -90.0,
        north: 90.0,
    };

    /// Keeps one half: of the longitudes in even turns, of the latitudes in odd ones.
    fn halve(&mut self, turn: usize, upper: bool) {
        let (low, high) = if turn.is_multiple_of(2) {
            (&mut self.west, &mut self.east)
        } else {
            (&mut self.south, &mut self.north)
        };
        let middle = f64::midpoint(*low, *high);
        *(if upper { low } else { high }) = middle;
    }

    fn read(text: &str) -> Option<Cell> {
        if text.is_empty() || text.len() > MOST_LETTERS {
            return None;
        }
        let mut cell = Cell::EARTH;
        let mut turn = 0;
        for letter in text.bytes() {
            let value = LETTERS.iter().position(|l| *l == letter)?;
            for bit in (0..5).rev() {
                cell.halve(turn, value >> bit & 1 == 1);
                turn += 1;
            }
        }
        Some(cell)
    }

    /// The cell so many steps to the east and the north; around the globe, but not over a pole.
    fn beside(&self, east: f64, north: f64, letters: usize) -> Option<String> {
        let longitude = f64::midpoint(self.west, self.east) + east * (self.east - self.west);
        let latitude = f64::midpoint(self.south, self.north) + north * (self.north - self.south);
        let longitude = (longitude + 180.0).rem_euclid(360.0) - 180.0;
        hash(longitude, latitude, letters)
    }
}

fn hash(longitude: f64, latitude: f64, letters: usize) -> Option<String> {
    if !(longitude.abs() <= 180.0 && latitude.abs() <= 90.0) {
        return None;
    }
    let mut cell = Cell::EARTH;
    let mut out = String::with_capacity(letters);
    for letter in 0..letters {
        let mut value = 0;
        for turn in letter * 5..letter * 5 + 5 {
            let upper = if turn % 2 == 0 {
                longitude >= f64::midpoint(cell.west, cell.east)
            } else {
                latitude >= f64::midpoint(cell.south, cell.north)
            };
            cell.halve(turn, upper);
            value = value * 2 + usize::from(upper);
        }
        out.push(char::from(LETTERS[value]));
    }
    Some(out)
}
