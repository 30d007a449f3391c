//! Series as season, trend and the rest, and how unusual the rest is.
//!
//! The scale of scores is measured: with the 10th and 90th percentile it is such that noise is scored as
//! it would be with quartiles.

use super::series::{numbers_at, write_longs, write_reals};
use super::series_columns::{self, Column, Fields, check_word, model, number_at, text_at, whole_at};
use super::series_fit::Fit;
use super::series_seasons::{DETECT, medians, season};
use crate::contract::{Args, Kernel, Notes, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &DECOMPOSE,
    &DECOMPOSE_COLUMN,
    &ANOMALIES,
    &ANOMALIES_COLUMN,
    &FORECAST,
    &OUTLIERS,
];

const PARTS: Fields = &[
    ("baseline", Type::Dynamic),
    ("seasonal", Type::Dynamic),
    ("trend", Type::Dynamic),
    ("residual", Type::Dynamic),
];

const FOUND: Fields = &[
    ("ad_flag", Type::Dynamic),
    ("ad_score", Type::Dynamic),
    ("baseline", Type::Dynamic),
];

model!(DECOMPOSE DECOMPOSE_COLUMN "series_decompose",
    "(series: array, [seasonality: long], [trend: string], [test_points: long], [threshold: number]) -> array",
    PARTS, decompose_column,
    Doc {
        summary: "Splits a series into season, trend and the rest.",
        details: "It yields `baseline` (the sum of the next two), `seasonal`, `trend` and `residual`. The season is the \
                  median of the elements at the same place in each period: `seasonality` is the period, 0 for none, \
                  -1 (as when left out) to find it as series_periods_detect() does, if its score reaches the threshold \
                  (0.6 unless given). The trend is that of what the season leaves: 'avg' (as when left out), 'linefit' or \
                  'none'. The last `test_points` elements are not learned from. Elements that are no number have no \
                  residual.",
        examples: &[
            ("series_decompose(dynamic([1, 2, 3, 6]), 0)", "[3.0,3.0,3.0,3.0]"),
            ("series_decompose(dynamic([1, 2, 3, 6]), 0)[3]", "[-2.0,-1.0,0.0,3.0]"),
            ("series_decompose(dynamic([1, 5, 1, 5, 1, 9]), 2)[1]", "[1.0,5.0,1.0,5.0,1.0,5.0]"),
        ],
    });

model!(ANOMALIES ANOMALIES_COLUMN "series_decompose_anomalies",
    "(series: array, [threshold: number], [seasonality: long], [trend: string], [test_points: long], \
     [method: string], [seasonality_threshold: number]) -> array",
    FOUND, anomalies_column,
    Doc {
        summary: "Finds the elements of a series that its season and trend do not explain.",
        details: "It yields `ad_flag` (1 where the score is above the threshold, -1 where it is below the negative one, \
                  else 0), `ad_score` and `baseline`. The threshold is 1.5 unless given. Season and trend are those of \
                  series_decompose(), scores those of series_outliers() on the residual, by the method 'ctukey' (as \
                  when left out) or 'tukey'.",
        examples: &[
            (
                "series_decompose_anomalies(dynamic([4, 5, 4, 5, 4, 60, 5, 4, 5, 4]), 1.5, 0)",
                "[0,0,0,0,0,1,0,0,0,0]",
            ),
            (
                "series_decompose_anomalies(dynamic([4, 5, 4, 5, 4, 60, 5, 4, 5, 4]), 1.5, 0)[2][0]",
                "10.0",
            ),
        ],
    });

static FORECAST: Scalar = Scalar {
    signatures: &[
        "series_decompose_forecast(series: array, points: long, [seasonality: long], [trend: string], [threshold: number]) -> array",
    ],
    doc: Doc {
        summary: "Continues a series by its season and trend.",
        details: "The result is the baseline of series_decompose(), learned from all but the last `points` elements, which \
                  the series must already have. The trend is 'linefit' unless given.",
        examples: &[(
            "series_decompose_forecast(dynamic([1, 2, 3, 4, 0, 0]), 2, 0)",
            "[1.0,2.0,3.0,4.0,5.0,6.0]",
        )],
    },
    eval: Eval::Prepared(forecast),
    ..Scalar::DEFAULT
};

static OUTLIERS: Scalar = Scalar {
    signatures: &[
        "series_outliers(series: array, [kind: string], [ignore: number]) -> array",
        "series_outliers(series: array, kind: string, ignore: number, low: number, [high: number], [least: long]) -> array",
    ],
    doc: Doc {
        summary: "How far each element is from what is usual, by Tukey's fences.",
        details: "0 between two percentiles, beyond them the distance in terms of what lies between them: above 1.5 is \
                  unusual, below -1.5 too. The kind 'ctukey' (as when left out) takes the 10th and 90th percentile and \
                  a scale at which noise scores as with 'tukey', which takes quartiles. Other percentiles are not \
                  supported, for that scale is not known for them. Elements that are no number, or `ignore`, score 0. \
                  Where no distance lies between the percentiles, scores beyond them are infinite.",
        examples: &[
            ("series_outliers(dynamic([1, 2, 3, 4, 5, 20]), 'tukey')", "[-0.5,-0.1,0.0,0.0,0.1,6.1]"),
            ("series_outliers(dynamic([7, 7, null]))", "[0.0,0.0,0.0]"),
        ],
    },
    eval: Eval::Prepared(outliers),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

const TRENDS: &[&str] = &["avg", "linefit", "none"];
const METHODS: &[&str] = &["ctukey", "tukey"];

/// The score from which a period that was found is believed in.
const SEASON_THRESHOLD: f64 = 0.6;

/// Where a call has its options.
struct Options {
    seasonality: usize,
    trend: usize,
    /// The index of the number of elements not to learn from.
    test_points: usize,
    threshold: usize,
    /// The trend that is meant when none is given.
    usual: &'static str,
}

impl Options {
    fn check(&self, setup: &Setup<'_>) -> Result<(), Problem> {
        check_word(setup, self.trend, TRENDS)?;
        for (index, least) in [(self.seasonality, DETECT), (self.test_points, 0)] {
            let given = setup.constant(index).and_then(Value::as_i64);
            if given.is_some_and(|given| given < least) {
                let message = format!("this is {least} or more");
                return Err(Problem::new(Code::ArgumentValue, message).at(index));
            }
        }
        Ok(())
    }

    /// The parts of the series in a row.
    fn decompose(&self, args: &Args<'_>, series: usize, row: usize, notes: &Notes) -> Option<Parts> {
        let values = numbers_at(args, series, row)?;
        let seasonality = whole_at(args, self.seasonality, row, DETECT)?;
        let test_points = whole_at(args, self.test_points, row, 0)?;
        let threshold = number_at(args, self.threshold, row, SEASON_THRESHOLD)?;
        let trend = text_at(args, self.trend, row);
        let trend = trend.as_ref().map_or(Some(self.usual), Value::as_str)?;
        let test_points = usize::try_from(test_points).ok()?;
        let learned = &values[..values.len().saturating_sub(test_points)];
        let period = match seasonality {
            DETECT => season(learned, threshold, notes),
            given => usize::try_from(given).ok()?,
        };
        Parts::of(&values, learned.len(), period, trend)
    }
}

/// A series and what it is made of.
struct Parts {
    values: Vec<Option<f64>>,
    seasonal: Vec<f64>,
    trend: Vec<f64>,
}

impl Parts {
    fn of(values: &[Option<f64>], learned: usize, period: usize, trend: &str) -> Option<Parts> {
        let seasonal = medians(&values[..learned], period, values.len());
        let rest: Vec<Option<f64>> = values[..learned]
            .iter()
            .zip(&seasonal)
            .map(|(v, s)| v.map(|v| v - s))
            .collect();
        let known = rest.iter().copied().flatten();
        let average = known.clone().fold(0.0, |sum, v| sum + v) / known.count().max(1) as f64;
        let trend = match trend {
            "avg" => vec![average; values.len()],
            "none" => vec![0.0; values.len()],
            "linefit" => match Fit::of(&rest, 0) {
                Some(fit) => (1..=values.len()).map(|place| fit.at(place)).collect(),
                None => vec![average; values.len()],
            },
            _ => return None,
        };
        Some(Parts {
            values: values.to_vec(),
            seasonal,
            trend,
        })
    }

    fn baseline(&self) -> impl Iterator<Item = f64> + '_ {
        self.seasonal.iter().zip(&self.trend).map(|(s, t)| s + t)
    }

    fn residual(&self) -> Vec<Option<f64>> {
        let pairs = self.values.iter().zip(self.baseline());
        pairs.map(|(v, b)| v.map(|v| v - b)).collect()
    }
}

fn array(values: impl IntoIterator<Item = Option<f64>>) -> Option<Value> {
    Some(Value::Dynamic(write_reals(values).into()))
}

fn decompose_column(setup: &Setup<'_>, which: usize) -> Result<Column, Problem> {
    let options = Options {
        seasonality: 2,
        trend: 3,
        test_points: 4,
        threshold: 5,
        usual: "avg",
    };
    options.check(setup)?;
    let notes = setup.context.notes.clone();
    Ok(Box::new(move |args: &Args<'_>, row| {
        let parts = options.decompose(args, 1, row, &notes)?;
        match which {
            0 => array(parts.baseline().map(Some)),
            1 => array(parts.seasonal.iter().copied().map(Some)),
            2 => array(parts.trend.iter().copied().map(Some)),
            _ => array(parts.residual()),
        }
    }))
}

/// The threshold of scores above which an element is an anomaly.
const USUAL_THRESHOLD: f64 = 1.5;

fn anomalies_column(setup: &Setup<'_>, which: usize) -> Result<Column, Problem> {
    let options = Options {
        seasonality: 3,
        trend: 4,
        test_points: 5,
        threshold: 7,
        usual: "avg",
    };
    options.check(setup)?;
    check_word(setup, 6, METHODS)?;
    let notes = setup.context.notes.clone();
    Ok(Box::new(move |args: &Args<'_>, row| {
        let parts = options.decompose(args, 1, row, &notes)?;
        if which == 2 {
            return array(parts.baseline().map(Some));
        }
        let method = text_at(args, 6, row);
        let fences = Fences::named(method.as_ref().map_or(Some(METHODS[0]), Value::as_str)?)?;
        let scores = fences.scores(&parts.residual(), &notes);
        if which == 1 {
            return array(scores.into_iter().map(Some));
        }
        let threshold = number_at(args, 2, row, USUAL_THRESHOLD)?;
        let flags = scores.iter().map(|score| i64::from(*score > threshold) - i64::from(*score < -threshold));
        Some(Value::Dynamic(write_longs(flags.map(Some)).into()))
    }))
}

fn forecast(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let options = Options {
        seasonality: 2,
        trend: 3,
        test_points: 1,
        threshold: 4,
        usual: "linefit",
    };
    options.check(setup)?;
    let notes = setup.context.notes.clone();
    Ok(Box::new(move |args: &Args<'_>| {
        args.build(|row| {
            let parts = options.decompose(args, 0, row, &notes)?;
            Some(Json(write_reals(parts.baseline().map(Some))))
        })
    }))
}

/// Percentiles, from 0 to 1, between which an element is usual, and the scale of what is beyond.
#[derive(Clone, Copy)]
struct Fences {
    low: f64,
    high: f64,
    scale: f64,
}

impl Fences {
    const TUKEY: Fences = Fences {
        low: 0.25,
        high: 0.75,
        scale: 1.0,
    };

    /// The scale is measured: it comes from a coarse formula for the normal distribution.
    const CUSTOM: Fences = Fences {
        low: 0.1,
        high: 0.9,
        scale: 2.772_605_605_507_915,
    };

    fn named(kind: &str) -> Option<Fences> {
        match kind {
            "ctukey" => Some(Fences::CUSTOM),
            "tukey" => Some(Fences::TUKEY),
            _ => None,
        }
    }

    /// The score of each element; 0 where there is none.
    fn scores(self, values: &[Option<f64>], notes: &Notes) -> Vec<f64> {
        let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (low, high) = (percentile(&sorted, self.low), percentile(&sorted, self.high));
        let between = high - low;
        if between == 0.0 && sorted.first() != sorted.last() {
            notes.add(
                "some series are one value but for a few elements: these have infinite anomaly scores",
            );
        }
        let beyond = |value: f64| match value {
            v if v > high => v - high,
            v if v < low => v - low,
            _ => 0.0,
        };
        let score = |distance: f64| match distance {
            0.0 => 0.0,
            distance => distance / between * self.scale,
        };
        values.iter().map(|v| v.map_or(0.0, |v| score(beyond(v)))).collect()
    }
}

/// A percentile of sorted numbers, on the line between the two nearest.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len().saturating_sub(1)) as f64 * share;
    let below = place.floor() as usize;
    let Some(low) = sorted.get(below) else {
        return 0.0;
    };
    let high = sorted.get(below + 1).unwrap_or(low);
    low + (high - low) * (place - place.floor())
}

fn outliers(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    check_word(setup, 1, METHODS)?;
    let kind = setup.constant(1).and_then(Value::as_str);
    if setup.types.len() > 5 {
        let message = "the sixth argument is not documented, and not supported";
        return Err(Problem::new(Code::Unsupported, message).at(5));
    }
    if kind != Some("tukey") {
        check_percentile(setup, 3, 10.0)?;
        check_percentile(setup, 4, 90.0)?;
    }
    let notes = setup.context.notes.clone();
    Ok(Box::new(move |args: &Args<'_>| {
        args.build(|row| {
            let mut values = numbers_at(args, 0, row)?;
            let kind = text_at(args, 1, row);
            let fences = Fences::named(kind.as_ref().map_or(Some(METHODS[0]), Value::as_str)?)?;
            let ignored = number_at(args, 2, row, f64::NAN);
            for value in &mut values {
                *value = value.filter(|v| Some(*v) != ignored);
            }
            let scores = fences.scores(&values, &notes);
            Some(Json(write_reals(scores.into_iter().map(Some))))
        })
    }))
}

/// The scale of scores is known for one pair of percentiles alone.
fn check_percentile(setup: &Setup<'_>, index: usize, usual: f64) -> Result<(), Problem> {
    if index >= setup.types.len() {
        return Ok(());
    }
    match setup.constant(index).and_then(Value::as_f64) {
        Some(given) if given == usual => Ok(()),
        Some(given) if !(2.0..=98.0).contains(&given) => {
            Err(Problem::new(Code::ArgumentValue, "a percentile is from 2 to 98 here").at(index))
        }
        _ => {
            let message = format!("only the percentile {usual} is supported here: the scale of scores is not known for others");
            Err(Problem::new(Code::Unsupported, message).at(index))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_the_measured_ones() {
        // The engine's own answer for another list of the same shape: the distance beyond the percentile, over
        // the distance of the percentiles, times the scale.
        let values: Vec<Option<f64>> = (0..=20).map(|v| Some(f64::from(v))).collect();
        let scores = Fences::CUSTOM.scores(&values, &Notes::default());
        assert!((scores[20] - 2.0 / 16.0 * 2.772_605_605_507_915).abs() < 1e-12);
        assert_eq!(scores[0].to_bits(), (-scores[20]).to_bits());
        assert!(scores[2..=18].iter().all(|s| *s == 0.0));
    }

    #[test]
    fn percentiles_lie_between_elements() {
        assert!((percentile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-12);
        assert!(percentile(&[], 0.5) == 0.0);
        assert!((percentile(&[7.0], 0.9) - 7.0).abs() < 1e-12);
    }
}
