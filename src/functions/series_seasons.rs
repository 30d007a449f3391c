//! What repeats in a series: its periods, its season, its Fourier transform.
//!
//! A period's score is the series' circular autocorrelation at it, brought to the range from 0 (the least
//! of all shifts) to 1 (no shift): the engine's own answers confirm it to the last digit. Which shifts are
//! candidates is not published: here, those near a peak of the power spectrum above its average, where the
//! autocorrelation has its own peak.

use std::cell::RefCell;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::series::{numbers_at, write_reals};
use super::series_columns::{self, Column, Fields, model, number_at, whole_at};
use crate::contract::{Args, Notes, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &PERIODS_DETECT,
    &PERIODS_DETECT_COLUMN,
    &PERIODS_VALIDATE,
    &PERIODS_VALIDATE_COLUMN,
    &SEASONAL,
    &FFT,
    &FFT_COLUMN,
    &IFFT,
    &IFFT_COLUMN,
];

const PERIODS: Fields = &[("periods", Type::Dynamic), ("scores", Type::Dynamic)];
const COMPLEX: Fields = &[("real", Type::Dynamic), ("imag", Type::Dynamic)];

model!(PERIODS_DETECT PERIODS_DETECT_COLUMN "series_periods_detect",
    "(series: array, least: number, most: number, count: long) -> array", PERIODS, detect_column,
    Doc {
        summary: "Finds the periods with which a series repeats, and their scores from 0 to 1, the best first.",
        details: CHOICE,
        examples: &[
            ("series_periods_detect(dynamic([1, 5, 9, 5, 1, 5, 9, 5, 1, 5, 9, 5]), 0, 6, 2)", "[4.0,0.0]"),
            ("series_periods_detect(dynamic([1, 5, 9, 5, 1, 5, 9, 5, 1, 5, 9, 5]), 0, 6, 2)[1]", "[1.0,0.0]"),
        ],
    });

const CHOICE: &str = "Periods have at least 4 elements and at most half of the series; those not found are 0. A \
    period's score is the circular autocorrelation at it, where 0 is the least of all shifts. Candidates are the shifts \
    near a peak of the power spectrum above its average where the autocorrelation peaks too; Kusto may pass over other \
    weak periods than this.";

model!(PERIODS_VALIDATE PERIODS_VALIDATE_COLUMN "series_periods_validate",
    "(series: array, period: number, ...) -> array", PERIODS, validate_column,
    Doc {
        summary: "How well a series repeats with the periods given: their scores from 0 to 1.",
        details: "The score is that of series_periods_detect(); it is 0 for a period below 4 or above half of the series, \
                  and where another shift nearby repeats better. Up to 16 periods.",
        examples: &[(
            "series_periods_validate(dynamic([1, 5, 9, 5, 1, 5, 9, 5, 1, 5, 9, 5]), 4, 5)[1]",
            "[1.0,0.0]",
        )],
    });

static SEASONAL: Scalar = Scalar {
    signatures: &["series_seasonal(series: array, [period: long], [test_points: long]) -> array"],
    doc: Doc {
        summary: "The seasonal part of a series: the median of the elements at the same place in each period.",
        details: "The period is found as by series_periods_detect() when it is left out or -1, if its score reaches 0.7. Zeros where \
                  there is none, and for a period of 0 or below -1. The last `test_points` elements are not learned from.",
        examples: &[
            (
                "series_seasonal(dynamic([1, 5, 9, 5, 1, 6, 9, 5, 1, 5, 9, 5]))",
                "[1.0,5.0,9.0,5.0,1.0,5.0,9.0,5.0,1.0,5.0,9.0,5.0]",
            ),
            ("series_seasonal(dynamic([1, 2, 3, 4]), 2)", "[2.0,3.0,2.0,3.0]"),
            ("series_seasonal(dynamic([1, 2, 3]))", "[0.0,0.0,0.0]"),
        ],
    },
    eval: Eval::Prepared(|setup| {
        let notes = setup.context.notes.clone();
        Ok(Box::new(move |args: &Args<'_>| {
            args.build(|row| {
                let values = numbers_at(args, 0, row)?;
                let period = whole_at(args, 1, row, DETECT)?;
                let test = usize::try_from(whole_at(args, 2, row, 0)?).ok()?;
                let learn = &values[..values.len().saturating_sub(test)];
                let period = match period {
                    DETECT => season(learn, SEASONAL_THRESHOLD, &notes),
                    period => usize::try_from(period).unwrap_or(0),
                };
                let seasonal = medians(learn, period, values.len());
                Some(Json(write_reals(seasonal.into_iter().map(Some))))
            })
        }))
    }),
    ..Scalar::DEFAULT
};

model!(FFT FFT_COLUMN "series_fft", "(real: array, [imaginary: array]) -> array", COMPLEX,
    |_, which| Ok(transform_column(which, false)),
    Doc {
        summary: "The Fourier transform of a series: its real and its imaginary part.",
        details: "Elements that are no number, and those missing in the shorter array, count as 0. The transform is not \
                  scaled; series_ifft() divides by the length.",
        examples: &[
            ("series_fft(dynamic([1, 1, 1, 1]))", "[4.0,0.0,0.0,0.0]"),
            ("series_fft(dynamic([2, 0]), dynamic([4, 0]))[1]", "[4.0,4.0]"),
        ],
    });

model!(IFFT IFFT_COLUMN "series_ifft", "(real: array, [imaginary: array]) -> array", COMPLEX,
    |_, which| Ok(transform_column(which, true)),
    Doc {
        summary: "The inverse Fourier transform of a series: its real and its imaginary part.",
        details: "Elements that are no number, and those missing in the shorter array, count as 0.",
        examples: &[("series_ifft(dynamic([4, 0, 0, 0]))", "[1.0,1.0,1.0,1.0]")],
    });

/// The seasonality that asks to find the period.
pub const DETECT: i64 = -1;

/// The score from which [`SEASONAL`] believes in a period it found.
const SEASONAL_THRESHOLD: f64 = 0.7;

/// The shortest period that can be found.
const LEAST_PERIOD: usize = 4;

const MOST_PERIODS: i64 = 4096;

fn array(values: impl Iterator<Item = f64>) -> Option<Value> {
    Some(Value::Dynamic(write_reals(values.map(Some)).into()))
}

fn detect_column(setup: &Setup<'_>, which: usize) -> Result<Column, Problem> {
    let count = setup.constant(4).and_then(Value::as_i64);
    if count.is_some_and(|c| !(0..=MOST_PERIODS).contains(&c)) {
        let message = format!("the number of periods is from 0 to {MOST_PERIODS}");
        return Err(Problem::new(Code::ArgumentValue, message).at(4));
    }
    Ok(Box::new(move |args: &Args<'_>, row| {
        let values = numbers_at(args, 1, row)?;
        let least = number_at(args, 2, row, 0.0)?;
        let most = number_at(args, 3, row, f64::MAX)?;
        let count = whole_at(args, 4, row, 1).filter(|c| (0..=MOST_PERIODS).contains(c))?;
        let mut found: Vec<(f64, f64)> = periods(&values)
            .into_iter()
            .filter(|p| p.strong)
            .map(|p| (p.length as f64, p.score))
            .filter(|(length, _)| (least..=most).contains(length))
            .collect();
        found.resize(usize::try_from(count).ok()?, (0.0, 0.0));
        let pick = |(length, score): (f64, f64)| if which == 0 { length } else { score };
        array(found.into_iter().map(pick))
    }))
}

const MOST_VALIDATED: usize = 16;

fn validate_column(setup: &Setup<'_>, which: usize) -> Result<Column, Problem> {
    if setup.types.len() > MOST_VALIDATED + 2 {
        let message = format!("more than {MOST_VALIDATED} periods cannot be validated at once");
        return Err(Problem::new(Code::ArgumentCount, message));
    }
    Ok(Box::new(move |args: &Args<'_>, row| {
        let values = numbers_at(args, 1, row)?;
        let given = (2..args.len()).map(|index| number_at(args, index, row, 0.0));
        let given: Vec<f64> = given.collect::<Option<_>>()?;
        if which == 0 {
            return array(given.into_iter());
        }
        let shifts = autocorrelation(&values).1;
        array(given.into_iter().map(|period| validated(&shifts, period)))
    }))
}

/// A period of a series.
pub struct Period {
    /// In elements.
    pub length: usize,
    /// From 0 to 1.
    pub score: f64,
    /// Whether its peak in the power spectrum is above the average.
    pub strong: bool,
    /// Whether its peak is far above what noise has, too.
    certain: bool,
}

/// The periods that a series has, the best first.
pub fn periods(values: &[Option<f64>]) -> Vec<Period> {
    let (power, shifts) = autocorrelation(values);
    let half = values.len() / 2;
    let inner = power.get(1..=half).unwrap_or_default();
    let average = inner.iter().sum::<f64>() / (half.max(1) as f64);
    // What the strongest of as many frequencies of noise exceeds once in a hundred series.
    let noise = average * ((half.max(1) as f64).ln() + 4.6);
    let mut found: Vec<Period> = Vec::new();
    for frequency in 2..power.len().min(half + 1) {
        let own = power[frequency];
        let after = power.get(frequency + 1).copied().unwrap_or(0.0);
        if own <= power[frequency - 1] || own < after {
            continue;
        }
        let Some(length) = peak_near(&shifts, frequency) else {
            continue;
        };
        let period = Period {
            length,
            score: shifts[length],
            strong: own > average,
            certain: own > noise && length < half,
        };
        match found.iter_mut().find(|p| p.length == length) {
            Some(known) => {
                known.strong |= period.strong;
                known.certain |= period.certain;
            }
            None => found.push(period),
        }
    }
    found.retain(|p| p.score > 0.0);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.length.cmp(&b.length)));
    found
}

/// The best period of at least this score, 0 when there is none. Says so when Kusto may choose otherwise.
pub fn season(values: &[Option<f64>], threshold: f64, notes: &Notes) -> usize {
    let all = periods(values);
    let good = |p: &&Period| p.score >= threshold;
    let chosen = all.iter().filter(good).find(|p| p.strong);
    if all.iter().filter(good).any(|p| !p.certain) {
        notes.add(
            "whether some series repeat with a period is a close decision, and Kusto may decide otherwise; give the \
             seasonality to be certain",
        );
    }
    chosen.map_or(0, |p| p.length)
}

/// The shift near a frequency's period where the autocorrelation has its peak.
fn peak_near(shifts: &[f64], frequency: usize) -> Option<usize> {
    let count = shifts.len() as f64;
    let period = |frequency: usize| count / frequency as f64;
    let own = period(frequency);
    let from = f64::midpoint(period(frequency + 1), own) - 1.0;
    let to = f64::midpoint(own, period(frequency - 1)) + 1.0;
    let from = (from.ceil() as usize).max(LEAST_PERIOD);
    let to = (to.floor() as usize).min(shifts.len() / 2);
    let best = (from..=to).max_by(|a, b| shifts[*a].total_cmp(&shifts[*b]).then(b.cmp(a)))?;
    let after = shifts.get(best + 1).copied().unwrap_or(f64::MIN);
    (shifts[best] > shifts[best - 1] && shifts[best] >= after).then_some(best)
}

/// The score of a period that is given.
fn validated(shifts: &[f64], period: f64) -> f64 {
    let count = shifts.len();
    if !(LEAST_PERIOD as f64..=count as f64 / 2.0).contains(&period) {
        return 0.0;
    }
    let length = period.round() as usize;
    let frequency = (count as f64 / period).round() as usize;
    match peak_near(shifts, frequency.max(2)) {
        Some(peak) if peak == length => shifts[peak],
        _ => 0.0,
    }
}

thread_local! {
    static PLANNER: RefCell<FftPlanner<f64>> = RefCell::new(FftPlanner::new());
}

fn transform(numbers: &mut [Complex<f64>], inverse: bool) {
    if numbers.is_empty() {
        return;
    }
    let plan = PLANNER.with_borrow_mut(|planner| {
        if inverse {
            planner.plan_fft_inverse(numbers.len())
        } else {
            planner.plan_fft_forward(numbers.len())
        }
    });
    plan.process(numbers);
}

/// The power of each frequency, and for each shift the circular autocorrelation, of which the least is 0
/// and that of no shift is 1. Missing elements are taken for the average.
fn autocorrelation(values: &[Option<f64>]) -> (Vec<f64>, Vec<f64>) {
    let known = values.iter().copied().flatten();
    let mean = known.clone().sum::<f64>() / known.count().max(1) as f64;
    let centred = values.iter().map(|v| v.map_or(0.0, |v| v - mean));
    let mut numbers: Vec<Complex<f64>> = centred.map(|v| Complex::new(v, 0.0)).collect();
    let varies = values.iter().flatten().any(|v| v.to_bits() != mean.to_bits());
    transform(&mut numbers, false);
    let power: Vec<f64> = numbers.iter().map(Complex::norm_sqr).collect();
    for (number, power) in numbers.iter_mut().zip(&power) {
        *number = Complex::new(*power, 0.0);
    }
    transform(&mut numbers, true);
    let shifts: Vec<f64> = numbers.iter().map(|n| n.re).collect();
    let least = shifts.iter().copied().fold(f64::INFINITY, f64::min);
    let most = shifts.first().copied().unwrap_or(0.0);
    // Where all elements are the same, what is left is the noise of rounding.
    if !varies || most <= least {
        return (vec![0.0; values.len()], vec![0.0; values.len()]);
    }
    let shifts = shifts.into_iter().map(|s| (s - least) / (most - least));
    (power, shifts.collect())
}

fn transform_column(which: usize, inverse: bool) -> Column {
    Box::new(move |args: &Args<'_>, row| {
        let mut real = numbers_at(args, 1, row)?;
        let mut imaginary = match args.values.get(2) {
            Some(_) => numbers_at(args, 2, row)?,
            None => Vec::new(),
        };
        let length = real.len().max(imaginary.len());
        real.resize(length, None);
        imaginary.resize(length, None);
        let parts = real.iter().zip(&imaginary);
        let mut numbers: Vec<Complex<f64>> = parts
            .map(|(re, im)| Complex::new(re.unwrap_or(0.0), im.unwrap_or(0.0)))
            .collect();
        transform(&mut numbers, inverse);
        let scale = if inverse { length as f64 } else { 1.0 };
        array(numbers.iter().map(|n| if which == 0 { n.re } else { n.im } / scale))
    })
}

/// For each of `length` places the median of the learned elements at the same place in their period; zeros
/// when the period is 0.
pub fn medians(learned: &[Option<f64>], period: usize, length: usize) -> Vec<f64> {
    if period == 0 {
        return vec![0.0; length];
    }
    let phases: Vec<f64> = (0..period.min(length))
        .map(|phase| {
            let own = learned.iter().skip(phase).step_by(period);
            let mut own: Vec<f64> = own.copied().flatten().collect();
            own.sort_unstable_by(f64::total_cmp);
            let middle = own.len() / 2;
            match own.get(middle) {
                None => 0.0,
                Some(upper) if own.len() % 2 == 1 => *upper,
                Some(upper) => f64::midpoint(own[middle - 1], *upper),
            }
        })
        .collect();
    (0..length).map(|place| phases[place % period]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: impl IntoIterator<Item = i32>) -> Vec<Option<f64>> {
        values.into_iter().map(|v| Some(f64::from(v))).collect()
    }

    #[test]
    fn finds_the_period_of_a_pattern_with_noise() {
        let pattern = [3, 8, 15, 20, 14, 9, 2];
        let noise = [1, -1, 0, 2, 0, -2, 1, 0, 1, -1, 2];
        let values = series((0..70).map(|i| pattern[i % 7] + noise[i % 11]));
        let found = periods(&values);
        assert_eq!(found[0].length, 7);
        assert!(found[0].score > 0.9 && found[0].strong && found[0].certain);
    }

    #[test]
    fn nothing_repeats_in_what_is_constant_short_or_empty() {
        for values in [series([]), series([1]), series([1, 2, 3]), series([5; 40])] {
            assert!(periods(&values).is_empty());
        }
        assert!(periods(&[None, None, None, None, None, None, None, None]).is_empty());
        let tenths = vec![Some(0.1); 30];
        assert!(periods(&tenths).is_empty());
    }

    #[test]
    fn medians_continue_beyond_what_was_learned() {
        let learned = series([1, 10, 3, 20]);
        assert_eq!(medians(&learned, 2, 6), [2.0, 15.0, 2.0, 15.0, 2.0, 15.0]);
        assert_eq!(medians(&[], 2, 2), [0.0, 0.0]);
        assert_eq!(medians(&learned, 100, 3), [1.0, 10.0, 3.0]);
    }
}
