//! `convert_length` and its kin: numbers from one unit of measurement to another.
//!
//! A unit is a factor to the quantity's base unit. Where published tables of factors differ by more than a
//! millionth, so that Kusto's own is not certain, the unit is known and refused.

use std::f64::consts::PI;

use crate::contract::{Args, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::{Type, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ANGLE,
    &ENERGY,
    &FORCE,
    &LENGTH,
    &MASS,
    &SPEED,
    &TEMPERATURE,
    &VOLUME,
];

/// Units and their factors; 0 where the factor is not certain.
type Units = &'static [(&'static str, f64)];

/// Declares the conversion of a quantity.
macro_rules! conversion {
    ($constant:ident, $name:literal, $quantity:literal, $example:expr, $units:expr) => {
        static $constant: Scalar = Scalar {
            signatures: &[concat!(
                $name,
                "(value: real, const from: string, const to: string) -> real"
            )],
            doc: Doc {
                summary: concat!("Converts ", $quantity, " from one unit to another."),
                details: "Units are Kusto's own names, such as those of the example, in their letter case. An unknown unit \
                          makes null.",
                examples: $example,
            },
            eval: Eval::Prepared(|setup| prepare(setup, $units)),
            ..Scalar::DEFAULT
        };
    };
}

conversion!(ANGLE, "convert_angle", "an angle",
    &[("round(convert_angle(1.5, 'Degree', 'Arcminute'), 6)", "90.0")], ANGLES);
conversion!(ENERGY, "convert_energy", "an energy",
    &[("round(convert_energy(1, 'KilowattHour', 'Megajoule'), 6)", "3.6")], ENERGIES);
conversion!(FORCE, "convert_force", "a force",
    &[("round(convert_force(1.5, 'Newton', 'Dyn'), 3)", "150000.0")], FORCES);
conversion!(LENGTH, "convert_length", "a length",
    &[("round(convert_length(2, 'Inch', 'Centimeter'), 6)", "5.08"), ("convert_length(2, 'Inch', 'inch')", "")], LENGTHS);
conversion!(MASS, "convert_mass", "a mass",
    &[("round(convert_mass(1, 'Pound', 'Gram'), 5)", "453.59237")], MASSES);
conversion!(SPEED, "convert_speed", "a speed",
    &[("round(convert_speed(36, 'KilometerPerHour', 'MeterPerSecond'), 6)", "10.0")], SPEEDS);
conversion!(VOLUME, "convert_volume", "a volume",
    &[("round(convert_volume(1, 'CubicMeter', 'Liter'), 6)", "1000.0")], VOLUMES);

static TEMPERATURE: Scalar = Scalar {
    signatures: &[
        "convert_temperature(value: real, const from: string, const to: string) -> real",
    ],
    doc: Doc {
        summary: "Converts a temperature from one unit to another.",
        details: "Units are `Kelvin`, `DegreeCelsius`, `DegreeFahrenheit`, `DegreeRankine`, `DegreeReaumur`, `DegreeRoemer`, \
                  `DegreeNewton`, `DegreeDelisle`, `MillidegreeCelsius` and `SolarTemperature`, in this letter case. An \
                  unknown unit makes null.",
        examples: &[
            ("round(convert_temperature(1.2, 'Kelvin', 'DegreeCelsius'), 6)", "-271.95"),
            ("round(convert_temperature(212, 'DegreeFahrenheit', 'DegreeCelsius'), 6)", "100.0"),
            ("convert_temperature(1, 'Kelvin', 'kelvin')", ""),
        ],
    },
    eval: Eval::Prepared(temperature),
    ..Scalar::DEFAULT
};

/// Where Celsius has its zero, in kelvins.
const ICE: f64 = 273.15;

/// Scales of temperature: the size of a degree in kelvins, and how many kelvins its zero is.
const TEMPERATURES: &[(&str, f64, f64)] = &[
    ("DegreeCelsius", 1.0, ICE),
    ("DegreeDelisle", -2.0 / 3.0, ICE + 100.0),
    ("DegreeFahrenheit", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("DegreeNewton", 100.0 / 33.0, ICE),
    ("DegreeRankine", 5.0 / 9.0, 0.0),
    ("DegreeReaumur", 1.25, ICE),
    ("DegreeRoemer", 40.0 / 21.0, ICE - 7.5 * 40.0 / 21.0),
    ("Kelvin", 1.0, 0.0),
    ("MillidegreeCelsius", 1e-3, ICE),
    ("SolarTemperature", 5778.0, 0.0),
];

fn temperature(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let scale = |index| -> Result<_, Problem> {
        let name = unit_name(setup, index)?;
        Ok(TEMPERATURES.iter().find(|(unit, ..)| *unit == name))
    };
    Ok(match (scale(1)?, scale(2)?) {
        (Some((_, degree, zero)), Some((_, to_degree, to_zero))) => Box::new(move |args: &Args<'_>| {
            args.map(move |value: f64| (value * degree + (zero - to_zero)) / to_degree)
        }),
        _ => Box::new(|args: &Args<'_>| Ok(arrays::nulls(Type::Real, args.rows))),
    })
}

/// The name of a unit in a constant argument.
fn unit_name<'a>(setup: &'a Setup<'_>, index: usize) -> Result<&'a str, Problem> {
    let name = setup.constant(index).and_then(|v| v.as_str());
    name.ok_or_else(|| Problem::new(Code::ConstantExpected, "the unit must be a constant").at(index))
}

fn prepare(setup: &Setup<'_>, units: Units) -> Result<Box<dyn Kernel>, Problem> {
    let (from, to) = (factor(setup, units, 1)?, factor(setup, units, 2)?);
    Ok(match (from, to) {
        (Some(from), Some(to)) => {
            Box::new(move |args: &Args<'_>| args.map(move |value: f64| value * from / to))
        }
        _ => Box::new(|args: &Args<'_>| Ok(arrays::nulls(Type::Real, args.rows))),
    })
}

/// The factor of the unit that a constant argument names; `None` when it names none.
fn factor(setup: &Setup<'_>, units: Units, index: usize) -> Result<Option<f64>, Problem> {
    let name = unit_name(setup, index)?;
    match units.iter().find(|(unit, _)| *unit == name) {
        None => Ok(None),
        Some((_, factor)) if *factor > 0.0 => Ok(Some(*factor)),
        Some(_) => Err(Problem::new(
            Code::Unsupported,
            format!("the unit `{name}` is not supported: tables of units do not agree on its size"),
        )
        .at(index)),
    }
}

const ANGLES: Units = &[
    ("Arcminute", 1.0 / 60.0),
    ("Arcsecond", 1.0 / 3600.0),
    ("Centiradian", 1.8 / PI),
    ("Deciradian", 18.0 / PI),
    ("Degree", 1.0),
    ("Gradian", 0.9),
    ("Microdegree", 1e-6),
    ("Microradian", 180e-6 / PI),
    ("Millidegree", 1e-3),
    ("Milliradian", 180e-3 / PI),
    ("Nanodegree", 1e-9),
    ("Nanoradian", 180e-9 / PI),
    ("NatoMil", 360.0 / 6400.0),
    ("Radian", 180.0 / PI),
    ("Revolution", 360.0),
    ("Tilt", 0.0),
];

const ELECTRON_VOLT: f64 = 1.602_176_6e-19;
const BTU: f64 = 1_055.055_852_62;
const WATT_HOUR: f64 = 3600.0;

const ENERGIES: Units = &[
    ("BritishThermalUnit", BTU),
    ("Calorie", 4.184),
    ("DecathermEc", 1e6 * BTU),
    ("DecathermImperial", 1.055_055_852_573_48e9),
    ("DecathermUs", 1.054_804e9),
    ("ElectronVolt", ELECTRON_VOLT),
    ("Erg", 1e-7),
    ("FootPound", 1.355_817_948),
    ("GigabritishThermalUnit", 1e9 * BTU),
    ("GigaelectronVolt", 1e9 * ELECTRON_VOLT),
    ("Gigajoule", 1e9),
    ("GigawattDay", 24e9 * WATT_HOUR),
    ("GigawattHour", 1e9 * WATT_HOUR),
    ("HorsepowerHour", 2.684_519_537_7e6),
    ("Joule", 1.0),
    ("KilobritishThermalUnit", 1e3 * BTU),
    ("Kilocalorie", 4184.0),
    ("KiloelectronVolt", 1e3 * ELECTRON_VOLT),
    ("Kilojoule", 1e3),
    ("KilowattDay", 24e3 * WATT_HOUR),
    ("KilowattHour", 1e3 * WATT_HOUR),
    ("MegabritishThermalUnit", 1e6 * BTU),
    ("Megacalorie", 4.184e6),
    ("MegaelectronVolt", 1e6 * ELECTRON_VOLT),
    ("Megajoule", 1e6),
    ("MegawattDay", 24e6 * WATT_HOUR),
    ("MegawattHour", 1e6 * WATT_HOUR),
    ("Millijoule", 1e-3),
    ("TeraelectronVolt", 1e12 * ELECTRON_VOLT),
    ("TerawattDay", 24e12 * WATT_HOUR),
    ("TerawattHour", 1e12 * WATT_HOUR),
    ("ThermEc", 1e5 * BTU),
    ("ThermImperial", 1.055_055_852_573_48e8),
    ("ThermUs", 1.054_804e8),
    ("WattDay", 24.0 * WATT_HOUR),
    ("WattHour", WATT_HOUR),
];

const POUND_FORCE: f64 = 4.448_221_615_260_5;

const FORCES: Units = &[
    ("Decanewton", 10.0),
    ("Dyn", 1e-5),
    ("KiloPond", 9.806_65),
    ("KilogramForce", 9.806_65),
    ("Kilonewton", 1e3),
    ("KilopoundForce", 1e3 * POUND_FORCE),
    ("Meganewton", 1e6),
    ("Micronewton", 1e-6),
    ("Millinewton", 1e-3),
    ("Newton", 1.0),
    ("OunceForce", POUND_FORCE / 16.0),
    ("PoundForce", POUND_FORCE),
    ("Poundal", 0.0),
    ("ShortTonForce", 2000.0 * POUND_FORCE),
    ("TonneForce", 9806.65),
];

const FOOT: f64 = 0.3048;
const SURVEY_FOOT: f64 = 1200.0 / 3937.0;
const LIGHT_YEAR: f64 = 9.460_730_472_58e15;
const PARSEC: f64 = 3.085_677_581_28e16;

const LENGTHS: Units = &[
    ("Angstrom", 1e-10),
    ("AstronomicalUnit", 1.495_978_707e11),
    ("Centimeter", 1e-2),
    ("Chain", 66.0 * FOOT),
    ("DataMile", 6000.0 * FOOT),
    ("Decameter", 10.0),
    ("Decimeter", 0.1),
    ("DtpPica", FOOT / 72.0),
    ("DtpPoint", FOOT / 864.0),
    ("Fathom", 6.0 * FOOT),
    ("Foot", FOOT),
    ("Hand", FOOT / 3.0),
    ("Hectometer", 100.0),
    ("Inch", FOOT / 12.0),
    ("KilolightYear", 1e3 * LIGHT_YEAR),
    ("Kilometer", 1e3),
    ("Kiloparsec", 1e3 * PARSEC),
    ("LightYear", LIGHT_YEAR),
    ("MegalightYear", 1e6 * LIGHT_YEAR),
    ("Megaparsec", 1e6 * PARSEC),
    ("Meter", 1.0),
    ("Microinch", 2.54e-8),
    ("Micrometer", 1e-6),
    ("Mil", 2.54e-5),
    ("Mile", 0.0),
    ("Millimeter", 1e-3),
    ("Nanometer", 1e-9),
    ("NauticalMile", 1852.0),
    ("Parsec", PARSEC),
    ("PrinterPica", 0.0),
    ("PrinterPoint", 0.0),
    ("Shackle", 90.0 * FOOT),
    ("SolarRadius", 0.0),
    ("Twip", FOOT / 17_280.0),
    ("UsSurveyFoot", SURVEY_FOOT),
    ("Yard", 3.0 * FOOT),
];

const POUND: f64 = 453.592_37;

const MASSES: Units = &[
    ("Centigram", 1e-2),
    ("Decagram", 10.0),
    ("Decigram", 0.1),
    ("EarthMass", 0.0),
    ("Grain", POUND / 7000.0),
    ("Gram", 1.0),
    ("Hectogram", 100.0),
    ("Kilogram", 1e3),
    ("Kilopound", 1e3 * POUND),
    ("Kilotonne", 1e9),
    ("LongHundredweight", 112.0 * POUND),
    ("LongTon", 2240.0 * POUND),
    ("Megapound", 1e6 * POUND),
    ("Megatonne", 1e12),
    ("Microgram", 1e-6),
    ("Milligram", 1e-3),
    ("Nanogram", 1e-9),
    ("Ounce", POUND / 16.0),
    ("Pound", POUND),
    ("ShortHundredweight", 100.0 * POUND),
    ("ShortTon", 2000.0 * POUND),
    ("Slug", 14_593.902_937),
    ("SolarMass", 0.0),
    ("Stone", 14.0 * POUND),
    ("Tonne", 1e6),
];

const SPEEDS: Units = &[
    ("CentimeterPerHour", 1e-2 / 3600.0),
    ("CentimeterPerMinute", 1e-2 / 60.0),
    ("CentimeterPerSecond", 1e-2),
    ("DecimeterPerMinute", 0.1 / 60.0),
    ("DecimeterPerSecond", 0.1),
    ("FootPerHour", FOOT / 3600.0),
    ("FootPerMinute", FOOT / 60.0),
    ("FootPerSecond", FOOT),
    ("InchPerHour", FOOT / 43_200.0),
    ("InchPerMinute", FOOT / 720.0),
    ("InchPerSecond", FOOT / 12.0),
    ("KilometerPerHour", 1.0 / 3.6),
    ("KilometerPerMinute", 1e3 / 60.0),
    ("KilometerPerSecond", 1e3),
    ("Knot", 1852.0 / 3600.0),
    ("MeterPerHour", 1.0 / 3600.0),
    ("MeterPerMinute", 1.0 / 60.0),
    ("MeterPerSecond", 1.0),
    ("MicrometerPerMinute", 1e-6 / 60.0),
    ("MicrometerPerSecond", 1e-6),
    ("MilePerHour", 0.447_04),
    ("MillimeterPerHour", 1e-3 / 3600.0),
    ("MillimeterPerMinute", 1e-3 / 60.0),
    ("MillimeterPerSecond", 1e-3),
    ("NanometerPerMinute", 1e-9 / 60.0),
    ("NanometerPerSecond", 1e-9),
    ("UsSurveyFootPerHour", SURVEY_FOOT / 3600.0),
    ("UsSurveyFootPerMinute", SURVEY_FOOT / 60.0),
    ("UsSurveyFootPerSecond", SURVEY_FOOT),
    ("YardPerHour", 3.0 * FOOT / 3600.0),
    ("YardPerMinute", 3.0 * FOOT / 60.0),
    ("YardPerSecond", 3.0 * FOOT),
];

const IMPERIAL_GALLON: f64 = 4.546_09e-3;
const US_OUNCE: f64 = 2.957_352_956_25e-5;

const VOLUMES: Units = &[
    ("AcreFoot", 1.0 / 0.000_810_714),
    ("AuTablespoon", 2e-5),
    ("BoardFoot", FOOT * FOOT * FOOT / 12.0),
    ("Centiliter", 1e-5),
    ("CubicCentimeter", 1e-6),
    ("CubicDecimeter", 1e-3),
    ("CubicFoot", 0.0),
    ("CubicHectometer", 1e6),
    ("CubicInch", 0.0),
    ("CubicKilometer", 1e9),
    ("CubicMeter", 1.0),
    ("CubicMicrometer", 1e-18),
    ("CubicMile", 4.168_181_825_440_58e9),
    ("CubicMillimeter", 1e-9),
    ("CubicYard", 27.0 * FOOT * FOOT * FOOT),
    ("Decaliter", 1e-2),
    ("DecausGallon", 0.0),
    ("Deciliter", 1e-4),
    ("DeciusGallon", 0.0),
    ("HectocubicFoot", 0.0),
    ("HectocubicMeter", 100.0),
    ("Hectoliter", 0.1),
    ("HectousGallon", 0.0),
    ("ImperialBeerBarrel", 36.0 * IMPERIAL_GALLON),
    ("ImperialGallon", IMPERIAL_GALLON),
    ("ImperialOunce", IMPERIAL_GALLON / 160.0),
    ("ImperialPint", IMPERIAL_GALLON / 8.0),
    ("KilocubicFoot", 0.0),
    ("KilocubicMeter", 1e3),
    ("KiloimperialGallon", 1e3 * IMPERIAL_GALLON),
    ("Kiloliter", 1.0),
    ("KilousGallon", 0.0),
    ("Liter", 1e-3),
    ("MegacubicFoot", 0.0),
    ("MegaimperialGallon", 1e6 * IMPERIAL_GALLON),
    ("Megaliter", 1e3),
    ("MegausGallon", 0.0),
    ("MetricCup", 2.5e-4),
    ("MetricTeaspoon", 5e-6),
    ("Microliter", 1e-9),
    ("Milliliter", 1e-6),
    ("OilBarrel", 0.158_987_294_928),
    ("UkTablespoon", 1.5e-5),
    ("UsBeerBarrel", 0.117_347_765_304),
    ("UsCustomaryCup", 8.0 * US_OUNCE),
    ("UsGallon", 0.0),
    ("UsLegalCup", 2.4e-4),
    ("UsOunce", US_OUNCE),
    ("UsPint", 16.0 * US_OUNCE),
    ("UsQuart", 32.0 * US_OUNCE),
    ("UsTablespoon", US_OUNCE / 2.0),
    ("UsTeaspoon", US_OUNCE / 6.0),
];
