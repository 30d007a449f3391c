//! Lines and polynomials fitted to series by least squares.
//!
//! The first element is at 1, the next at 2; elements that are no number are left out of the fit.

use super::series::{numbers_at, write_reals};
use super::series_columns::{self, Column, Fields, model, whole_at};
use crate::contract::{Args, Problem, Setup};
use crate::diagnostic::Code;
use crate::json::BagWriter;
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &FIT_LINE,
    &FIT_LINE_COLUMN,
    &FIT_LINE_DYNAMIC,
    &FIT_2LINES,
    &FIT_2LINES_COLUMN,
    &FIT_2LINES_DYNAMIC,
    &FIT_POLY,
    &FIT_POLY_COLUMN,
];

const LINE: Fields = &[
    ("rsquare", Type::Real),
    ("slope", Type::Real),
    ("variance", Type::Real),
    ("rvariance", Type::Real),
    ("interception", Type::Real),
    ("line_fit", Type::Dynamic),
];

const LINES: Fields = &[
    ("rsquare", Type::Real),
    ("split_idx", Type::Long),
    ("variance", Type::Real),
    ("rvariance", Type::Real),
    ("line_fit", Type::Dynamic),
    ("right_rsquare", Type::Real),
    ("right_slope", Type::Real),
    ("right_interception", Type::Real),
    ("right_variance", Type::Real),
    ("right_rvariance", Type::Real),
    ("left_rsquare", Type::Real),
    ("left_slope", Type::Real),
    ("left_interception", Type::Real),
    ("left_variance", Type::Real),
    ("left_rvariance", Type::Real),
];

const POLYNOMIAL: Fields = &[
    ("rsquare", Type::Real),
    ("coefficients", Type::Dynamic),
    ("variance", Type::Real),
    ("rvariance", Type::Real),
    ("poly_fit", Type::Dynamic),
];

const LINE_DETAILS: &str = "It yields `rsquare` (1 is a perfect fit), `slope`, `variance` (of the series), `rvariance` (of what \
     the line leaves), `interception` (the line's value before the first element) and `line_fit` (its values). Variances \
     are those of a sample. Null for fewer than two numbers.";

model!(FIT_LINE FIT_LINE_COLUMN "series_fit_line", "(series: array) -> real", LINE,
    |_, which| Ok(line_column(which)),
    Doc {
        summary: "Fits a line to a series.",
        details: LINE_DETAILS,
        examples: &[
            ("series_fit_line(dynamic([1, 3, 5]))", "1.0"),
            ("series_fit_line(dynamic([4, 7, 10]))[1]", "3.0"),
            ("series_fit_line(dynamic([4, 7, 10]))[5]", "[4.0,7.0,10.0]"),
        ],
    });

static FIT_LINE_DYNAMIC: Scalar = Scalar {
    signatures: &["series_fit_line_dynamic(series: array) -> bag"],
    doc: Doc {
        summary: "Fits a line to a series; the results are a bag.",
        details: LINE_DETAILS,
        examples: &[(
            "series_fit_line_dynamic(dynamic([4, 7, 10]))",
            "{\"rsquare\":1.0,\"slope\":3.0,\"variance\":9.0,\"rvariance\":0.0,\"interception\":1.0,\"line_fit\":[4.0,7.0,10.0]}",
        )],
    },
    eval: Eval::Columns(|args| {
        args.build(|row| {
            let values = numbers_at(args, 0, row)?;
            let fit = Fit::of(&values, 0)?;
            let mut out = BagWriter::new();
            for (which, (name, _)) in LINE.iter().enumerate() {
                put(&mut out, name, fit.field(which, values.len()));
            }
            Some(Json(out.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

const LINES_DETAILS: &str = "The series is split where the two lines together fit best; each side has at least two \
    elements. `split_idx` is the index of the first element on the right. Both lines are over the places in the whole \
    series, so `right_interception` too is the value before its first element. Null for fewer than four numbers.";

model!(FIT_2LINES FIT_2LINES_COLUMN "series_fit_2lines", "(series: array) -> real", LINES,
    |_, which| Ok(lines_column(which)),
    Doc {
        summary: "Fits two lines to a series, one after the other.",
        details: LINES_DETAILS,
        examples: &[
            ("series_fit_2lines(dynamic([1, 2, 3, 9, 8, 7]))", "1.0"),
            ("series_fit_2lines(dynamic([1, 2, 3, 9, 8, 7]))[1]", "3"),
            ("series_fit_2lines(dynamic([1, 2, 3, 9, 8, 7]))[6]", "-1.0"),
        ],
    });

static FIT_2LINES_DYNAMIC: Scalar = Scalar {
    signatures: &["series_fit_2lines_dynamic(series: array) -> bag"],
    doc: Doc {
        summary: "Fits two lines to a series, one after the other; the results are a bag.",
        details: LINES_DETAILS,
        examples: &[(
            "series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 8, 7])).right.slope",
            "-1.0",
        )],
    },
    eval: Eval::Columns(|args| {
        args.build(|row| {
            let values = numbers_at(args, 0, row)?;
            Some(Json(TwoFits::of(&values)?.bag(values.len())))
        })
    }),
    ..Scalar::DEFAULT
};

model!(FIT_POLY FIT_POLY_COLUMN "series_fit_poly",
    "(series: array, [x: array], [degree: long]) -> real", POLYNOMIAL, polynomial_column,
    Doc {
        summary: "Fits a polynomial to a series.",
        details: "It yields `rsquare`, `coefficients` (that of the highest power first), `variance`, `rvariance` and \
                  `poly_fit` (its values). `x` has the places of the elements (1, 2 and so on unless given), `degree` is 1 \
                  unless given, and at most 32. Null when there are not more different places than the degree.",
        examples: &[
            ("array_length(series_fit_poly(dynamic([1, 4, 9, 16]), dynamic([1, 2, 3, 4]), 2)[1])", "3"),
            ("round(series_fit_poly(dynamic([1, 4, 9, 17]), dynamic([1, 2, 3, 4]), 1)[2], 6)", "48.916667"),
        ],
    });

fn real(value: f64) -> Option<Value> {
    Some(Value::Real(value))
}

fn array(values: impl Iterator<Item = f64>) -> Value {
    Value::Dynamic(write_reals(values.map(Some)).into())
}

fn put(out: &mut BagWriter, name: &str, value: Option<Value>) {
    match value {
        Some(Value::Dynamic(json)) => out.entry_json(name, &json),
        Some(value) => out.entry_value(name, &value),
        None => out.entry_json(name, "null"),
    }
}

fn line_column(which: usize) -> Column {
    Box::new(move |args: &Args<'_>, row| {
        let values = numbers_at(args, 1, row)?;
        Fit::of(&values, 0)?.field(which, values.len())
    })
}

/// A line, and how well it fits.
pub struct Fit {
    slope: f64,
    interception: f64,
    variance: f64,
    rvariance: f64,
}

impl Fit {
    /// The line through the numbers among `values`; the first of them is at `before + 1`.
    pub fn of(values: &[Option<f64>], before: usize) -> Option<Fit> {
        let places = (before + 1..).map(|place| place as f64);
        let points: Vec<(f64, f64)> = places
            .zip(values)
            .filter_map(|(x, y)| Some((x, (*y)?)))
            .collect();
        let count = points.len() as f64;
        if points.len() < 2 {
            return None;
        }
        let x_mean = points.iter().map(|(x, _)| x).sum::<f64>() / count;
        let y_mean = points.iter().map(|(_, y)| y).sum::<f64>() / count;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in &points {
            xx += (x - x_mean) * (x - x_mean);
            xy += (x - x_mean) * (y - y_mean);
            yy += (y - y_mean) * (y - y_mean);
        }
        let slope = xy / xx;
        let interception = y_mean - slope * x_mean;
        let rest = points.iter().map(|(x, y)| y - (interception + slope * x));
        Some(Fit {
            slope,
            interception,
            variance: yy / (count - 1.0),
            rvariance: rest.map(|r| r * r).sum::<f64>() / (count - 1.0),
        })
    }

    /// The line's value at a place.
    pub fn at(&self, place: usize) -> f64 {
        self.interception + self.slope * place as f64
    }

    fn rsquare(&self) -> f64 {
        1.0 - self.rvariance / self.variance
    }

    /// A column of [`LINE`].
    fn field(&self, which: usize, length: usize) -> Option<Value> {
        match which {
            0 => real(self.rsquare()),
            1 => real(self.slope),
            2 => real(self.variance),
            3 => real(self.rvariance),
            4 => real(self.interception),
            _ => Some(array((1..=length).map(|place| self.at(place)))),
        }
    }
}

fn lines_column(which: usize) -> Column {
    Box::new(move |args: &Args<'_>, row| {
        let values = numbers_at(args, 1, row)?;
        TwoFits::of(&values)?.field(which, values.len())
    })
}

/// Two lines, one before the split and one after it.
struct TwoFits {
    split: usize,
    left: Fit,
    right: Fit,
    variance: f64,
    rvariance: f64,
}

/// Sums over points, from which the squares that a line leaves follow.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64) {
        self.count += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// The sum of the squares of what the best line leaves; `None` for fewer than two points.
    fn rest(&self) -> Option<f64> {
        if self.count < 2.0 {
            return None;
        }
        let xx = self.xx - self.x * self.x / self.count;
        let xy = self.xy - self.x * self.y / self.count;
        let yy = self.yy - self.y * self.y / self.count;
        Some((yy - xy * xy / xx).max(0.0))
    }
}

impl TwoFits {
    fn of(values: &[Option<f64>]) -> Option<TwoFits> {
        let split = TwoFits::split(values)?;
        let (before, after) = values.split_at_checked(split)?;
        let (left, right) = (Fit::of(before, 0)?, Fit::of(after, split)?);
        let numbers: Vec<f64> = values.iter().copied().flatten().collect();
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|v| (v - mean) * (v - mean)).sum();
        let known = |side: &[Option<f64>]| side.iter().flatten().count() as f64 - 1.0;
        let rest = left.rvariance * known(before) + right.rvariance * known(after);
        Some(TwoFits {
            split,
            left,
            right,
            variance: squares / (count - 1.0),
            rvariance: rest / (count - 1.0),
        })
    }

    /// Where two lines fit best, in one pass from each end. Numbers are taken from their mean, so that
    /// the sums do not lose digits to its size.
    fn split(values: &[Option<f64>]) -> Option<usize> {
        let numbers = values.iter().copied().flatten();
        let mean = numbers.clone().sum::<f64>() / numbers.count().max(1) as f64;
        let middle = values.len() as f64 / 2.0;
        let points = values.iter().enumerate();
        let points = points.map(|(i, y)| y.map(|y| (i as f64 - middle, y - mean)));
        let mut sums = Sums::default();
        let mut after = Vec::with_capacity(values.len());
        for point in points.clone().rev() {
            if let Some((x, y)) = point {
                sums.add(x, y);
            }
            after.push(sums.rest());
        }
        after.reverse();
        let mut sums = Sums::default();
        let mut best: Option<(f64, usize)> = None;
        for (index, point) in points.enumerate() {
            if let (Some(left), Some(right)) = (sums.rest(), after.get(index).copied().flatten())
                && best.is_none_or(|(rest, _)| left + right < rest)
            {
                best = Some((left + right, index));
            }
            if let Some((x, y)) = point {
                sums.add(x, y);
            }
        }
        best.map(|(_, split)| split)
    }

    fn line(&self, length: usize) -> impl Iterator<Item = f64> + '_ {
        (1..=length).map(|place| {
            let side = if place <= self.split { &self.left } else { &self.right };
            side.at(place)
        })
    }

    /// A column of [`LINES`].
    fn field(&self, which: usize, length: usize) -> Option<Value> {
        match which {
            0 => real(1.0 - self.rvariance / self.variance),
            1 => Some(Value::Long(self.split as i64)),
            2 => real(self.variance),
            3 => real(self.rvariance),
            4 => Some(array(self.line(length))),
            5..10 => TwoFits::side(&self.right, which - 5),
            _ => TwoFits::side(&self.left, which - 10),
        }
    }

    fn side(fit: &Fit, which: usize) -> Option<Value> {
        real(match which {
            0 => fit.rsquare(),
            1 => fit.slope,
            2 => fit.interception,
            3 => fit.variance,
            _ => fit.rvariance,
        })
    }

    fn bag(&self, length: usize) -> String {
        let mut out = BagWriter::new();
        for (which, (name, _)) in LINES.iter().enumerate().take(5) {
            put(&mut out, name, self.field(which, length));
        }
        for (name, fit) in [("right", &self.right), ("left", &self.left)] {
            let mut side = BagWriter::new();
            let fields = ["rsquare", "slope", "interception", "variance", "rvariance"];
            for (which, field) in fields.iter().enumerate() {
                put(&mut side, field, TwoFits::side(fit, which));
            }
            out.entry_json(name, &side.finish());
        }
        out.finish()
    }
}

const MOST_DEGREE: i64 = 32;

fn polynomial_column(setup: &Setup<'_>, which: usize) -> Result<Column, Problem> {
    let degree = setup.constant(3).and_then(Value::as_i64);
    if degree.is_some_and(|d| !(0..=MOST_DEGREE).contains(&d)) {
        let message = format!("the degree is from 0 to {MOST_DEGREE}");
        return Err(Problem::new(Code::ArgumentValue, message).at(3));
    }
    Ok(Box::new(move |args: &Args<'_>, row| {
        let y = numbers_at(args, 1, row)?;
        let x = match args.values.get(2) {
            Some(_) => numbers_at(args, 2, row).filter(|x| x.len() == y.len())?,
            None => (1..=y.len()).map(|place| Some(place as f64)).collect(),
        };
        let degree = whole_at(args, 3, row, 1).filter(|d| (0..=MOST_DEGREE).contains(d))?;
        polynomial(&x, &y, usize::try_from(degree).ok()?, which)
    }))
}

/// A column of [`POLYNOMIAL`].
fn polynomial(x: &[Option<f64>], y: &[Option<f64>], degree: usize, which: usize) -> Option<Value> {
    let points: Vec<(f64, f64)> = x.iter().zip(y).filter_map(|(x, y)| Some(((*x)?, (*y)?))).collect();
    let scale = Scale::of(points.iter().map(|(x, _)| *x))?;
    let scaled: Vec<(f64, f64)> = points.iter().map(|(x, y)| (scale.to(*x), *y)).collect();
    let coefficients = least_squares(&scaled, degree)?;
    let value = |x: f64| coefficients.iter().rev().fold(0.0, |sum, c| sum * scale.to(x) + c);
    let freedom = points.len() as f64 - 1.0;
    let mean = points.iter().map(|(_, y)| y).sum::<f64>() / points.len() as f64;
    let variance = points.iter().map(|(_, y)| (y - mean) * (y - mean)).sum::<f64>() / freedom;
    let rest = points.iter().map(|(x, y)| y - value(*x));
    let rvariance = rest.map(|r| r * r).sum::<f64>() / freedom;
    match which {
        0 => real(1.0 - rvariance / variance),
        1 => Some(array(scale.unscaled(&coefficients).into_iter().rev())),
        2 => real(variance),
        3 => real(rvariance),
        _ => Some(Value::Dynamic(write_reals(x.iter().map(|x| x.map(value))).into())),
    }
}

/// Places brought to -1 to 1, where powers of them stay apart.
struct Scale {
    middle: f64,
    half: f64,
}

impl Scale {
    fn of(places: impl Iterator<Item = f64> + Clone) -> Option<Scale> {
        let least = places.clone().reduce(f64::min)?;
        let most = places.reduce(f64::max)?;
        let half = (most - least) / 2.0;
        Some(Scale {
            middle: least + half,
            half: if half > 0.0 { half } else { 1.0 },
        })
    }

    fn to(&self, place: f64) -> f64 {
        (place - self.middle) / self.half
    }

    /// Coefficients over the places themselves, by Horner's scheme on polynomials.
    fn unscaled(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; coefficients.len()];
        for c in coefficients.iter().rev() {
            // out = out * (x - middle) / half + c
            let mut carry = 0.0;
            for term in &mut out {
                let own = *term;
                *term = (carry - own * self.middle) / self.half;
                carry = own;
            }
            if let Some(first) = out.first_mut() {
                *first += c;
            }
        }
        out
    }
}

/// Coefficients from the lowest power up, by Householder reflections.
fn least_squares(points: &[(f64, f64)], degree: usize) -> Option<Vec<f64>> {
    let (rows, columns) = (points.len(), degree + 1);
    if rows < columns || rows < 2 {
        return None;
    }
    let mut matrix: Vec<Vec<f64>> = Vec::with_capacity(columns);
    let mut powers = vec![1.0; rows];
    for _ in 0..columns {
        matrix.push(powers.clone());
        powers.iter_mut().zip(points).for_each(|(p, (x, _))| *p *= x);
    }
    let mut right: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    let mut diagonal = vec![0.0; columns];
    for k in 0..columns {
        let mut mirror = matrix[k][k..].to_vec();
        let length = norm(&mirror);
        let signed = if mirror[0] > 0.0 { -length } else { length };
        if length < 1e-10 {
            return None;
        }
        mirror[0] -= signed;
        let square = mirror.iter().map(|v| v * v).sum::<f64>();
        diagonal[k] = signed;
        for column in matrix.iter_mut().skip(k + 1) {
            reflect(&mirror, square, &mut column[k..]);
        }
        reflect(&mirror, square, &mut right[k..]);
    }
    let mut out = vec![0.0; columns];
    for k in (0..columns).rev() {
        let known: f64 = (k + 1..columns).map(|j| matrix[j][k] * out[j]).sum();
        out[k] = (right[k] - known) / diagonal[k];
    }
    Some(out)
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn reflect(mirror: &[f64], square: f64, vector: &mut [f64]) {
    if square > 0.0 {
        let dot: f64 = mirror.iter().zip(vector.iter()).map(|(a, b)| a * b).sum();
        let scale = 2.0 * dot / square;
        vector.iter_mut().zip(mirror).for_each(|(v, m)| *v -= scale * m);
    }
}
