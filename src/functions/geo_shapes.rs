//! Shapes made of shapes on the globe: buffers, unions, simpler outlines, covers of cells. Typed and documented;
//! not computed yet.

use super::planned::planned;
use crate::plan::Scalar;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &shape(
        &["geo_intersection_2polygons(polygon1: bag, polygon2: bag) -> bag"],
        "What two polygons share.",
    ),
    &shape(
        &["geo_intersection_line_with_polygon(line: bag, polygon: bag) -> bag"],
        "The part of a line that is inside a polygon.",
    ),
    &shape(
        &["geo_line_buffer(line: bag, radius: real, [tolerance: real]) -> bag"],
        "All points within a distance of a line.",
    ),
    &shape(
        &["geo_line_densify(line: bag, [tolerance: real], [preserve_crossing: bool|number]) -> bag"],
        "The line with more points, so that no piece of it is long.",
    ),
    &shape(
        &["geo_line_simplify(line: bag, [tolerance: real]) -> bag"],
        "The line with fewer points.",
    ),
    &shape(
        &["geo_line_to_s2cells(line: bag, [level: long], [radius: real]) -> array"],
        "The S2 cells that cover a line.",
    ),
    &shape(
        &["geo_point_buffer(longitude: real, latitude: real, radius: real, [tolerance: real]) -> bag"],
        "All points within a distance of a point.",
    ),
    &shape(
        &["geo_polygon_buffer(polygon: bag, radius: real, [tolerance: real]) -> bag"],
        "All points within a distance of a polygon.",
    ),
    &shape(
        &["geo_polygon_densify(polygon: bag, [tolerance: real], [preserve_crossing: bool|number]) -> bag"],
        "The polygon with more points, so that no edge of it is long.",
    ),
    &shape(
        &["geo_polygon_simplify(polygon: bag, [tolerance: real]) -> bag"],
        "The polygon with fewer points.",
    ),
    &shape(
        &["geo_polygon_to_h3cells(polygon: bag, [resolution: long], [radius: real]) -> array"],
        "The H3 cells that cover a polygon.",
    ),
    &shape(
        &["geo_polygon_to_s2cells(polygon: bag, [level: long], [radius: real]) -> array"],
        "The S2 cells that cover a polygon.",
    ),
    &shape(
        &["geo_simplify_polygons_array(polygons: array, [tolerance: real]) -> bag"],
        "The polygons of an array with fewer points, joined.",
    ),
    &shape(
        &["geo_union_lines_array(lines: array) -> bag"],
        "The lines of an array, joined.",
    ),
    &shape(
        &["geo_union_polygons_array(polygons: array) -> bag"],
        "The polygons of an array, joined.",
    ),
];

const fn shape(signatures: &'static [&'static str], summary: &'static str) -> Scalar {
    planned(
        signatures,
        summary,
        "how the engine places the points or cells of a new shape is not known exactly",
    )
}
