//! Shapes on the globe: points, lines, polygons, and the cells of geohash, H3 and S2. Longitude comes
//! before latitude; shapes are bags of GeoJSON.

use super::planned::planned;
use crate::plan::Scalar;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &shape(
        &["geo_angle(longitude1: real, latitude1: real, longitude2: real, latitude2: real, longitude3: real, latitude3: real) -> real"],
        "The angle between two lines from the first point, in radians.",
    ),
    &shape(
        &["geo_azimuth(longitude1: real, latitude1: real, longitude2: real, latitude2: real) -> real"],
        "The angle between the north and the way from one point to another, in radians.",
    ),
    &shape(
        &["geo_closest_point_on_line(longitude: real, latitude: real, line: bag) -> bag"],
        "The point of a line that is nearest to a point.",
    ),
    &shape(
        &["geo_closest_point_on_polygon(longitude: real, latitude: real, polygon: bag) -> bag"],
        "The point of a polygon that is nearest to a point.",
    ),
    &shape(
        &["geo_distance_point_to_line(longitude: real, latitude: real, line: bag) -> real"],
        "The distance of a point from a line, in metres.",
    ),
    &shape(
        &["geo_distance_point_to_polygon(longitude: real, latitude: real, polygon: bag) -> real"],
        "The distance of a point from a polygon, in metres.",
    ),
    &shape(
        &["geo_from_wkt(text: string|dynamic) -> bag"],
        "Reads a shape written as Well-Known Text.",
    ),
    &shape(
        &["geo_geohash_neighbors(geohash: string) -> array"],
        "The geohash cells around a cell.",
    ),
    &shape(
        &["geo_geohash_to_central_point(geohash: string) -> bag"],
        "The centre of a geohash cell.",
    ),
    &shape(
        &["geo_geohash_to_polygon(geohash: string) -> bag"],
        "The outline of a geohash cell.",
    ),
    &shape(
        &["geo_h3cell_children(cell: string, [resolution: long]) -> array"],
        "The smaller H3 cells that a cell consists of.",
    ),
    &shape(
        &["geo_h3cell_level(cell: string) -> int"],
        "The resolution of an H3 cell.",
    ),
    &shape(
        &["geo_h3cell_neighbors(cell: string) -> array"],
        "The H3 cells around a cell.",
    ),
    &shape(
        &["geo_h3cell_parent(cell: string, [resolution: long]) -> string"],
        "The larger H3 cell that a cell belongs to.",
    ),
    &shape(
        &["geo_h3cell_rings(cell: string, distance: long) -> array"],
        "The H3 cells around a cell, ring by ring.",
    ),
    &shape(
        &["geo_h3cell_to_central_point(cell: string) -> bag"],
        "The centre of an H3 cell.",
    ),
    &shape(
        &["geo_h3cell_to_polygon(cell: string) -> bag"],
        "The outline of an H3 cell.",
    ),
    &shape(
        &["geo_intersection_2lines(line1: bag, line2: bag) -> bag"],
        "Where two lines meet.",
    ),
    &shape(
        &["geo_intersection_2polygons(polygon1: bag, polygon2: bag) -> bag"],
        "What two polygons share.",
    ),
    &shape(
        &["geo_intersection_line_with_polygon(line: bag, polygon: bag) -> bag"],
        "The part of a line that is inside a polygon.",
    ),
    &shape(
        &["geo_intersects_2lines(line1: bag, line2: bag) -> bool"],
        "Whether two lines meet.",
    ),
    &shape(
        &["geo_intersects_2polygons(polygon1: bag, polygon2: bag) -> bool"],
        "Whether two polygons share a point.",
    ),
    &shape(
        &["geo_intersects_line_with_polygon(line: bag, polygon: bag) -> bool"],
        "Whether a line and a polygon share a point.",
    ),
    &shape(
        &["geo_line_buffer(line: bag, radius: real, [tolerance: real]) -> bag"],
        "All points within a distance of a line.",
    ),
    &shape(
        &["geo_line_centroid(line: bag) -> bag"],
        "The centre of a line.",
    ),
    &shape(
        &["geo_line_densify(line: bag, [tolerance: real], [preserve_crossing: bool|number]) -> bag"],
        "The line with more points, so that no piece of it is long.",
    ),
    &shape(
        &["geo_line_interpolate_point(line: bag, fraction: real) -> bag"],
        "The point at a fraction of a line.",
    ),
    &shape(
        &["geo_line_length(line: bag) -> real"],
        "The length of a line, in metres.",
    ),
    &shape(
        &["geo_line_locate_point(line: bag, longitude: real, latitude: real, [use_spheroid: bool|number]) -> real"],
        "The fraction of a line at which it is nearest to a point.",
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
        &["geo_point_in_circle(longitude: real, latitude: real, centre_longitude: real, centre_latitude: real, radius: real) -> bool"],
        "Whether a point is within a distance of another.",
    ),
    &shape(
        &["geo_point_in_polygon(longitude: real, latitude: real, polygon: bag) -> bool"],
        "Whether a point is inside a polygon.",
    ),
    &shape(
        &["geo_point_to_geohash(longitude: real, latitude: real, [accuracy: long]) -> string"],
        "The geohash cell of a point.",
    ),
    &shape(
        &["geo_point_to_h3cell(longitude: real, latitude: real, [resolution: long]) -> string"],
        "The H3 cell of a point.",
    ),
    &shape(
        &["geo_point_to_s2cell(longitude: real, latitude: real, [level: long]) -> string"],
        "The S2 cell of a point.",
    ),
    &shape(
        &["geo_polygon_area(polygon: bag) -> real"],
        "The area of a polygon, in square metres.",
    ),
    &shape(
        &["geo_polygon_buffer(polygon: bag, radius: real, [tolerance: real]) -> bag"],
        "All points within a distance of a polygon.",
    ),
    &shape(
        &["geo_polygon_centroid(polygon: bag) -> bag"],
        "The centre of a polygon.",
    ),
    &shape(
        &["geo_polygon_densify(polygon: bag, [tolerance: real], [preserve_crossing: bool|number]) -> bag"],
        "The polygon with more points, so that no edge of it is long.",
    ),
    &shape(
        &["geo_polygon_perimeter(polygon: bag) -> real"],
        "The length of a polygon's outline, in metres.",
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
        &["geo_s2cell_neighbors(cell: string) -> array"],
        "The S2 cells around a cell.",
    ),
    &shape(
        &["geo_s2cell_to_central_point(cell: string) -> bag"],
        "The centre of an S2 cell.",
    ),
    &shape(
        &["geo_s2cell_to_polygon(cell: string) -> bag"],
        "The outline of an S2 cell.",
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
    planned(signatures, summary, "shapes on the globe cannot be computed yet")
}
