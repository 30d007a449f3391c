//! Models of series: seasons, trends, fits, transforms. Typed and documented; not computed yet.

use super::planned::planned;
use crate::plan::Scalar;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &series(
        &["series_decompose(series: array, [seasonality: long], [trend: string], [test_points: long], [threshold: number]) -> dynamic"],
        "Splits a series into season, trend and the rest.",
    ),
    &series(
        &["series_decompose_anomalies(series: array, [threshold: number], [seasonality: long], [trend: string], [test_points: long], [method: string], [seasonality_threshold: number]) -> dynamic"],
        "Finds the elements of a series that its season and trend do not explain.",
    ),
    &series(
        &["series_decompose_forecast(series: array, points: long, [seasonality: long], [trend: string], [threshold: number]) -> array"],
        "Continues a series by its season and trend.",
    ),
    &series(
        &["series_fft(real: array, [imaginary: array]) -> dynamic"],
        "The Fourier transform of a series.",
    ),
    &series(
        &["series_ifft(real: array, [imaginary: array]) -> dynamic"],
        "The inverse Fourier transform of a series.",
    ),
    &series(
        &["series_fit_line(series: array) -> dynamic"],
        "Fits a line to a series.",
    ),
    &series(
        &["series_fit_line_dynamic(series: array) -> bag"],
        "Fits a line to a series; the results are a bag.",
    ),
    &series(
        &["series_fit_2lines(series: array) -> dynamic"],
        "Fits two lines to a series, one after the other.",
    ),
    &series(
        &["series_fit_2lines_dynamic(series: array) -> bag"],
        "Fits two lines to a series, one after the other; the results are a bag.",
    ),
    &series(
        &["series_fit_poly(series: array, [x: array], [degree: long]) -> dynamic"],
        "Fits a polynomial to a series.",
    ),
    &series(
        &["series_outliers(series: array, [kind: string], [ignore: number]) -> array", "series_outliers(series: array, kind: string, ignore: number, low: number, [high: number], [least: long]) -> array"],
        "How far each element is from what is usual.",
    ),
    &series(
        &["series_periods_detect(series: array, least: number, most: number, count: long) -> dynamic"],
        "Finds the periods with which a series repeats.",
    ),
    &series(
        &["series_periods_validate(series: array, period: number, ...) -> dynamic"],
        "How well a series repeats with the periods given.",
    ),
    &series(
        &["series_seasonal(series: array, [period: long], [test_points: long]) -> array"],
        "The seasonal part of a series.",
    ),
    &series(
        &["series_stats(series: array, [ignore_nonfinite: bool]) -> dynamic"],
        "Least, greatest, mean and spread of a series.",
    ),
];

const fn series(signatures: &'static [&'static str], summary: &'static str) -> Scalar {
    planned(signatures, summary, "models of series cannot be computed yet")
}
