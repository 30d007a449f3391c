//! Where an address is on Earth: the GeoIP lookup; and the distance of two points.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fs, io};

use arrow::array::ArrayRef;
use geographiclib_rs::{Geodesic, InverseGeodesic};
use maxminddb::{Reader, geoip2};

use super::geometry::EARTH_RADIUS;
use crate::contract::{Args, Fault, GeoIp, GeoLookup, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::json::BagWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar, Volatility};
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&INFO_FROM_IP, &DISTANCE];

static INFO_FROM_IP: Scalar = Scalar {
    signatures: &["geo_info_from_ip_address(ip: string) -> dynamic"],
    doc: Doc {
        summary: "Where an IPv4 or IPv6 address is: a bag of `country`, `state`, `city`, `latitude`, `longitude`.",
        details: "Names are English. A key that the database does not know is left out; the result is null for an address \
                  without a place (private ones among them) and for text that is no address. It needs a MaxMind City \
                  database: `--geoip FILE.mmdb`, or a `*.mmdb` file in a `--data` folder; `--geoip none` makes every \
                  result null.",
        examples: &[("isnull(geo_info_from_ip_address('no address'))", "True")],
    },
    eval: Eval::Prepared(info_from_ip),
    volatility: Volatility::PerQuery,
    ..Scalar::DEFAULT
};

fn info_from_ip(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let notes = setup.context.notes.clone();
    match &setup.context.geoip {
        GeoIp::Unavailable => Err(Problem::new(
            Code::NoGeoIp,
            "needs a GeoIP City database, and none was found",
        )
        .help(
            "get GeoLite2-City.mmdb from MaxMind and give it with `--geoip FILE`, or put it into a `--data` folder; \
             `--geoip none` makes every result null",
        )),
        GeoIp::Nulls => Ok(Box::new(move |args: &Args<'_>| {
            notes.add("geo_info_from_ip_address() is null in every row, as `--geoip none` asks");
            Ok(arrays::nulls(Type::Dynamic, args.rows))
        })),
        GeoIp::Database(database) => {
            let database = Arc::clone(database);
            Ok(Box::new(move |args: &Args<'_>| {
                database.open()?;
                look_up(args, database.as_ref())
            }))
        }
    }
}

fn look_up(args: &Args<'_>, database: &dyn GeoLookup) -> Result<ArrayRef, Fault> {
    let ip = args.column::<&str>(0)?;
    // Addresses repeat, and a lookup decodes a record.
    let mut known: HashMap<&str, Option<String>> = HashMap::new();
    args.build(|row| {
        let text = <&str as Arg<'_>>::at(&ip, row)?;
        let bag = known.entry(text).or_insert_with(|| {
            let address = text.trim().parse::<IpAddr>().ok()?;
            database.lookup(address)
        });
        bag.clone().map(Json)
    })
}

/// A MaxMind City database, read into memory when a query first asks for it.
///
/// # Errors
/// When there is no such file. That it cannot be read, or is no database of cities, is said by
/// [`GeoLookup::open`].
pub fn database(path: &Path) -> Result<impl GeoLookup + use<>, Fault> {
    fs::metadata(path).map_err(|error| unread(path, &error))?;
    Ok(City {
        path: path.to_path_buf(),
        reader: OnceLock::new(),
    })
}

/// What helps where a database cannot be read.
const OTHERWISE: &str = "--geoip FILE names a database, --geoip none makes places null";

fn unread(path: &Path, error: &io::Error) -> Fault {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        kind => kind.to_string(),
    };
    let name = path.display();
    Fault::data(format!("cannot read the GeoIP database {name}: {why}")).help(OTHERWISE)
}

fn read(path: &Path) -> Result<Reader<Vec<u8>>, Fault> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| unread(path, &error))?;
    let reader = Reader::from_source(bytes)
        .map_err(|error| Fault::data(format!("{name} is no MaxMind database: {error}")).help(OTHERWISE))?;
    let kind = &reader.metadata().database_type;
    if !kind.contains("City") && !kind.contains("Enterprise") {
        let message = format!("{name} is a MaxMind database of type {kind}, not of cities");
        return Err(Fault::data(message).help("geo_info_from_ip_address needs GeoLite2-City"));
    }
    Ok(reader)
}

struct City {
    path: PathBuf,
    reader: OnceLock<Result<Reader<Vec<u8>>, Fault>>,
}

impl City {
    fn reader(&self) -> &Result<Reader<Vec<u8>>, Fault> {
        self.reader.get_or_init(|| read(&self.path))
    }
}

impl GeoLookup for City {
    fn open(&self) -> Result<(), Fault> {
        self.reader().as_ref().map(drop).map_err(Fault::clone)
    }

    fn lookup(&self, address: IpAddr) -> Option<String> {
        let reader = self.reader().as_ref().ok()?;
        let record: geoip2::City<'_> = reader.lookup(address).ok()?.decode().ok()??;
        let mut bag = BagWriter::new();
        let state = record.subdivisions.first().and_then(|s| s.names.english);
        let names = [
            ("country", record.country.names.english),
            ("state", state),
            ("city", record.city.names.english),
        ];
        for (key, name) in names {
            if let Some(name) = name {
                bag.entry_str(key, name);
            }
        }
        let place = [
            ("latitude", record.location.latitude),
            ("longitude", record.location.longitude),
        ];
        for (key, degrees) in place {
            if let Some(degrees) = degrees {
                bag.entry_value(key, &Value::Real(degrees));
            }
        }
        (!bag.is_empty()).then(|| bag.finish())
    }
}

static DISTANCE: Scalar = Scalar {
    signatures: &[
        "geo_distance_2points(p1_longitude: real, p1_latitude: real, p2_longitude: real, p2_latitude: real, \
         [const use_spheroid: bool|number]) -> real",
    ],
    doc: Doc {
        summary: "The shortest distance of two points on Earth, in metres.",
        details: "Longitude comes before latitude, in degrees; null when one is outside -180 to 180 or -90 to 90. \
                  Earth is a sphere unless it shall be a spheroid, which is that of WGS 84.",
        examples: &[
            ("round(geo_distance_2points(0, 0, 0, 1))", "111195.0"),
            ("round(geo_distance_2points(0, 0, 0, 1, true))", "110574.0"),
            ("geo_distance_2points(300, 1, 1, 1)", ""),
        ],
    },
    eval: Eval::Prepared(|setup| {
        let spheroid = match setup.constant(4) {
            Some(Value::Bool(flag)) => *flag,
            flag => flag.and_then(Value::as_f64).is_some_and(|flag| flag != 0.0),
        };
        if !spheroid {
            return Ok(Box::new(|args: &Args<'_>| distances(args, distance_in_metres)));
        }
        let earth = Geodesic::wgs84();
        Ok(Box::new(move |args: &Args<'_>| {
            distances(args, |a, b| {
                let valid = point(a.0, a.1).and(point(b.0, b.1)).is_some();
                valid.then(|| earth.inverse(a.1, a.0, b.1, b.0))
            })
        }))
    }),
    ..Scalar::DEFAULT
};

/// Longitude and latitude in degrees.
type Degrees = (f64, f64);

fn distances(
    args: &Args<'_>,
    distance: impl Fn(Degrees, Degrees) -> Option<f64>,
) -> Result<ArrayRef, Fault> {
    let degrees = [
        args.column::<f64>(0)?,
        args.column::<f64>(1)?,
        args.column::<f64>(2)?,
        args.column::<f64>(3)?,
    ];
    args.build(|row| {
        let at = |index: usize| f64::at(&degrees[index], row);
        distance((at(0)?, at(1)?), (at(2)?, at(3)?))
    })
}

/// A point's coordinates in radians, if there is such a point.
fn point(longitude: f64, latitude: f64) -> Option<(f64, f64)> {
    let valid = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
    valid.then(|| (longitude.to_radians(), latitude.to_radians()))
}

/// The distance of two points in degrees, longitude first; `None` when one is not valid.
pub fn distance_in_metres(a: Degrees, b: Degrees) -> Option<f64> {
    Some(distance(point(a.0, a.1)?, point(b.0, b.1)?))
}

/// Great-circle distance by the haversine formula.
fn distance((lon1, lat1): (f64, f64), (lon2, lat2): (f64, f64)) -> f64 {
    let half = |a: f64, b: f64| ((b - a) / 2.0).sin().powi(2);
    let h = half(lat1, lat2) + lat1.cos() * lat2.cos() * half(lon1, lon2);
    2.0 * EARTH_RADIUS * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_city_database() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/GeoLite2-City-Test.mmdb");
        let database = database(&path).unwrap();
        let lookup = |text: &str| database.lookup(text.parse().unwrap());
        assert_eq!(
            lookup("198.51.100.7").as_deref(),
            Some(
                r#"{"country":"Netherlands","state":"North Holland","city":"Amsterdam","latitude":52.374,"longitude":4.8897}"#
            )
        );
        let bag = lookup("2001:db8:8000::1").unwrap();
        assert!(bag.starts_with(r#"{"country":"Singapore","city":"Singapore""#), "{bag}");
        assert_eq!(lookup("10.0.0.1"), None);
        assert!(super::database(Path::new("no-such.mmdb")).is_err());
    }
}
