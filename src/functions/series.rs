//! Functions of series: arrays of numbers at equal distances, such as `make-series` makes.

use super::planned::planned;
use crate::plan::Scalar;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &series(
        &["series_add(left: dynamic|number, right: dynamic|number) -> array"],
        "Adds two series, element by element.",
    ),
    &series(
        &["series_subtract(left: dynamic|number, right: dynamic|number) -> array"],
        "Subtracts two series, element by element.",
    ),
    &series(
        &["series_multiply(left: dynamic|number, right: dynamic|number) -> array"],
        "Multiplies two series, element by element.",
    ),
    &series(
        &["series_divide(left: dynamic|number, right: dynamic|number) -> array"],
        "Divides two series, element by element.",
    ),
    &series(
        &["series_pow(left: dynamic|number, right: dynamic|number) -> array"],
        "Raises a series to the power of another, element by element.",
    ),
    &series(
        &["series_greater(left: dynamic|number, right: dynamic|number) -> array"],
        "Whether the elements of a series are greater than another's.",
    ),
    &series(
        &["series_greater_equals(left: dynamic|number, right: dynamic|number) -> array"],
        "Whether the elements of a series are greater than another's, or equal.",
    ),
    &series(
        &["series_less(left: dynamic|number, right: dynamic|number) -> array"],
        "Whether the elements of a series are less than another's.",
    ),
    &series(
        &["series_less_equals(left: dynamic|number, right: dynamic|number) -> array"],
        "Whether the elements of a series are less than another's, or equal.",
    ),
    &series(
        &["series_equals(left: dynamic|number, right: dynamic|number) -> array"],
        "Whether the elements of two series are equal.",
    ),
    &series(
        &["series_not_equals(left: dynamic|number, right: dynamic|number) -> array"],
        "Whether the elements of two series differ.",
    ),
    &series(
        &["series_abs(series: array) -> array"],
        "The absolute value of each element.",
    ),
    &series(
        &["series_ceiling(series: array) -> array"],
        "Each element rounded up.",
    ),
    &series(
        &["series_exp(series: array) -> array"],
        "The exponential of each element.",
    ),
    &series(
        &["series_sign(series: array) -> array"],
        "The sign of each element.",
    ),
    &series(
        &["series_sin(series: array) -> array"],
        "The sine of each element.",
    ),
    &series(
        &["series_asin(series: array) -> array"],
        "The arcsine of each element.",
    ),
    &series(
        &["series_cos(series: array) -> array"],
        "The cosine of each element.",
    ),
    &series(
        &["series_acos(series: array) -> array"],
        "The arccosine of each element.",
    ),
    &series(
        &["series_tan(series: array) -> array"],
        "The tangent of each element.",
    ),
    &series(
        &["series_atan(series: array) -> array"],
        "The arctangent of each element.",
    ),
    &series(
        &["series_log(series: array) -> array"],
        "The natural logarithm of each element.",
    ),
    &series(
        &["series_floor(series: array) -> array"],
        "Each element rounded down.",
    ),
    &series(
        &["series_cosine_similarity(left: array, right: array, [left_magnitude: real], [right_magnitude: real]) -> real"],
        "How alike the directions of two vectors are.",
    ),
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
        &["series_dot_product(left: array, right: array) -> real", "series_dot_product(left: array, right: number) -> real", "series_dot_product(left: number, right: array) -> real"],
        "The sum of the products of two series' elements.",
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
        &["series_fill_backward(series: array, [missing: any]) -> array"],
        "Fills missing elements with the next one.",
    ),
    &series(
        &["series_fill_const(series: array, [constant: any], [missing: any]) -> array"],
        "Fills missing elements with a constant.",
    ),
    &series(
        &["series_fill_forward(series: array, [missing: any]) -> array"],
        "Fills missing elements with the one before.",
    ),
    &series(
        &["series_fill_linear(series: array, [missing: any], [fill_edges: bool], [constant: any]) -> array"],
        "Fills missing elements with values between their neighbours.",
    ),
    &series(
        &["series_fir(series: array, filter: array, [normalize: bool], [center: bool]) -> array"],
        "Applies a finite impulse response filter, such as a moving average.",
    ),
    &series(
        &["series_iir(series: array, numerators: array, denominators: array) -> array"],
        "Applies an infinite impulse response filter, such as a running sum.",
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
        &["series_magnitude(series: array) -> real"],
        "The length of a vector.",
    ),
    &series(
        &["series_outliers(series: array, [kind: string], [ignore: number]) -> array", "series_outliers(series: array, kind: string, ignore: number, low: number, [high: number], [least: long]) -> array"],
        "How far each element is from what is usual.",
    ),
    &series(
        &["series_pearson_correlation(left: array, right: array) -> real"],
        "How two series correlate.",
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
        &["series_product(series: array) -> real"],
        "The product of the elements.",
    ),
    &series(
        &["series_seasonal(series: array, [period: long], [test_points: long]) -> array"],
        "The seasonal part of a series.",
    ),
    &series(
        &["series_stats(series: array, [ignore_nonfinite: bool]) -> dynamic"],
        "Least, greatest, mean and spread of a series.",
    ),
    &series(
        &["series_stats_dynamic(series: array, [ignore_nonfinite: bool]) -> bag"],
        "Least, greatest, mean and spread of a series, as a bag.",
    ),
    &series(
        &["series_sum(series: array) -> real"],
        "The sum of the elements.",
    ),
];

const fn series(signatures: &'static [&'static str], summary: &'static str) -> Scalar {
    planned(signatures, summary, "series cannot be computed yet")
}
