//! Shapes written as Well-Known Text.

use super::geometry::shape_json;
use crate::json::{self, ArrayWriter, BagWriter};
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&FROM_WKT];

static FROM_WKT: Scalar = Scalar {
    signatures: &["geo_from_wkt(text: string|dynamic) -> bag"],
    doc: Doc {
        summary: "Reads a shape written as Well-Known Text.",
        details: "Points, lines and polygons, several of each, and collections, in two dimensions; coordinates are not \
                  checked. Null for other text.",
        examples: &[
            ("geo_from_wkt('POINT (13.4 52.5)')", "{\"type\":\"Point\",\"coordinates\":[13.4,52.5]}"),
            (
                "geo_from_wkt('linestring(0 0, 1 -1)')",
                "{\"type\":\"LineString\",\"coordinates\":[[0.0,0.0],[1.0,-1.0]]}",
            ),
            ("isnull(geo_from_wkt('POINT'))", "True"),
        ],
    },
    eval: Eval::Columns(|args| {
        let dynamic = args.datum(0)?.ty == Type::Dynamic;
        args.map(move |text: &str| {
            let text = if dynamic { json::display(text) } else { text.into() };
            let mut reader = Reader(text.trim());
            let shape = reader.shape(MOST_DEPTH)?;
            reader.0.trim().is_empty().then_some(Json(shape))
        })
    }),
    ..Scalar::DEFAULT
};

/// How deep collections may be nested.
const MOST_DEPTH: usize = 32;

/// What is left to read.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn shape(&mut self, depth: usize) -> Option<String> {
        let end = self.0.find(|c: char| !c.is_ascii_alphabetic());
        let (word, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        let word = word.to_ascii_uppercase();
        self.0 = rest;
        let (kind, coordinates) = match word.as_str() {
            "POINT" => ("Point", self.bracketed(Reader::point)?),
            "LINESTRING" => ("LineString", self.points()?),
            "POLYGON" => ("Polygon", self.list(Reader::points)?),
            "MULTIPOINT" => ("MultiPoint", self.list(Reader::bracketed_or_bare)?),
            "MULTILINESTRING" => ("MultiLineString", self.list(Reader::points)?),
            "MULTIPOLYGON" => ("MultiPolygon", self.list(|r| r.list(Reader::points))?),
            "GEOMETRYCOLLECTION" => {
                let deeper = depth.checked_sub(1)?;
                let mut out = BagWriter::new();
                out.entry_str("type", "GeometryCollection");
                out.entry_json("geometries", &self.list(|r| r.shape(deeper))?);
                return Some(out.finish());
            }
            _ => return None,
        };
        Some(shape_json(kind, &coordinates))
    }

    /// Skips blanks, then the character if it is next.
    fn takes(&mut self, wanted: char) -> bool {
        self.0 = self.0.trim_start();
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// What is in brackets, as it is.
    fn bracketed(&mut self, item: impl Fn(&mut Self) -> Option<String>) -> Option<String> {
        self.takes('(').then_some(())?;
        let found = item(self)?;
        self.takes(')').then_some(found)
    }

    /// A list in brackets, as an array.
    fn list(&mut self, item: impl Fn(&mut Self) -> Option<String>) -> Option<String> {
        self.bracketed(|reader| {
            let mut out = ArrayWriter::new();
            loop {
                out.push_json(&item(reader)?);
                if !reader.takes(',') {
                    return Some(out.finish());
                }
            }
        })
    }

    fn points(&mut self) -> Option<String> {
        self.list(Reader::point)
    }

    fn bracketed_or_bare(&mut self) -> Option<String> {
        if self.0.starts_with('(') {
            return self.bracketed(Reader::point);
        }
        self.point()
    }

    fn point(&mut self) -> Option<String> {
        let mut out = ArrayWriter::new();
        for _ in 0..2 {
            self.0 = self.0.trim_start();
            let end = self.0.find(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'));
            let (number, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
            let number: f64 = number.parse().ok()?;
            out.push_real(Some(number).filter(|n| n.is_finite())?);
            self.0 = rest;
        }
        Some(out.finish())
    }
}
