//! The beta distribution, and Welch's test, which needs it.

use crate::plan::{Doc, Eval, Scalar};
use crate::plan::args::Arg;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&BETA_CDF, &BETA_INV, &BETA_PDF, &WELCH_TEST];

static BETA_CDF: Scalar = Scalar {
    signatures: &["beta_cdf(value: real, alpha: real, beta: real) -> real"],
    doc: Doc {
        summary: "The probability that a number drawn from a beta distribution is at most a value.",
        details: "NaN when the value is outside 0 to 1. With a negative alpha it is 1.",
        examples: &[("round(beta_cdf(0.5, 2, 2), 6)", "0.5"), ("beta_cdf(1.5, 10, 20)", "NaN")],
    },
    eval: Eval::Columns(|args| args.map3(cdf)),
    ..Scalar::DEFAULT
};

static BETA_INV: Scalar = Scalar {
    signatures: &["beta_inv(probability: real, alpha: real, beta: real) -> real"],
    doc: Doc {
        summary: "The value that a number drawn from a beta distribution does not exceed with a probability.",
        details: "The inverse of `beta_cdf`. Null when the probability is outside 0 to 1; NaN when alpha or beta is not \
                  positive.",
        examples: &[
            ("round(beta_inv(0.1, 10, 20), 6)", "0.226415"),
            ("beta_inv(1.5, 10, 20)", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map3(inverse)),
    ..Scalar::DEFAULT
};

static BETA_PDF: Scalar = Scalar {
    signatures: &["beta_pdf(value: real, alpha: real, beta: real) -> real"],
    doc: Doc {
        summary: "The density of a beta distribution at a value.",
        details: "NaN when the value is outside 0 to 1, or alpha or beta is not positive.",
        examples: &[("round(beta_pdf(0.5, 10, 20), 6)", "0.746176")],
    },
    eval: Eval::Columns(|args| args.map3(pdf)),
    ..Scalar::DEFAULT
};

static WELCH_TEST: Scalar = Scalar {
    signatures: &[
        "welch_test(mean1: real, variance1: real, count1: real, mean2: real, variance2: real, count2: real) -> real",
    ],
    doc: Doc {
        summary: "The p-value of Welch's test of whether two samples have the same mean.",
        details: "It is the two-sided one. NaN when a sample has fewer than two values.",
        examples: &[("round(welch_test(20.0, 4.0, 15, 21.0, 9.0, 12), 3)", "0.334")],
    },
    eval: Eval::Columns(|args| {
        let mut columns = Vec::new();
        for index in 0..6 {
            columns.push(args.column::<f64>(index)?);
        }
        args.build(|row| {
            let mut v = [0.0; 6];
            for (value, column) in v.iter_mut().zip(&columns) {
                *value = f64::at(column, row)?;
            }
            Some(welch(v))
        })
    }),
    ..Scalar::DEFAULT
};

fn cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    let positive = beta > 0.0;
    if !(0.0..=1.0).contains(&x) || alpha.is_nan() || !positive {
        return f64::NAN;
    }
    if alpha <= 0.0 {
        return 1.0;
    }
    regularised_beta(x, alpha, beta)
}

fn pdf(x: f64, alpha: f64, beta: f64) -> f64 {
    let positive = alpha > 0.0 && beta > 0.0;
    if !(0.0..=1.0).contains(&x) || !positive {
        return f64::NAN;
    }
    let log = (alpha - 1.0) * x.ln() + (beta - 1.0) * (-x).ln_1p() - ln_beta(alpha, beta);
    // At the ends 0 * -inf is the limit, 0.
    match (x, alpha, beta) {
        (0.0, 1.0, b) => b,
        (1.0, a, 1.0) => a,
        _ => log.exp(),
    }
}

fn inverse(p: f64, alpha: f64, beta: f64) -> Option<f64> {
    let positive = alpha > 0.0 && beta > 0.0;
    if p.is_nan() || !positive {
        return Some(f64::NAN);
    }
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    // Halving a double's range to its last bit takes about 1080 steps near 0; 200 leave less than
    // any test of equality with 15 digits sees.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if regularised_beta(middle, alpha, beta) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// The regularised incomplete beta function, by its continued fraction.
fn regularised_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp();
    // The fraction converges fast only below the mean.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    for step in 1..1000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            change = c * d;
            product *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    product
}

/// The two-sided p-value of Welch's test, of mean, variance and count of either sample.
fn welch([mean1, variance1, count1, mean2, variance2, count2]: [f64; 6]) -> f64 {
    if count1 < 2.0 || count2 < 2.0 {
        return f64::NAN;
    }
    let (a, b) = (variance1 / count1, variance2 / count2);
    let t = (mean1 - mean2) / (a + b).sqrt();
    let freedom = (a + b).powi(2) / (a * a / (count1 - 1.0) + b * b / (count2 - 1.0));
    regularised_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn agrees_with_the_engine() {
        near(cdf(0.9, 10.0, 20.0), 0.999_999_999_999_959_3);
        assert!((cdf(0.1, -1.0, 20.0) - 1.0).abs() < f64::EPSILON);
        near(inverse(0.1, 10.0, 20.0).unwrap(), 0.226_415_022_388_748_97);
        near(pdf(0.5, 10.0, 20.0), 0.746_176_019_310_951);
        assert!(pdf(0.1, -1.0, 20.0).is_nan() && inverse(0.1, -1.0, 20.0).unwrap().is_nan());
        assert_eq!(inverse(1.5, 10.0, 20.0), None);
        // Student's t with one degree of freedom is Cauchy's: the two-sided p of t = 1 is 1/2.
        near(regularised_beta(0.5, 0.5, 0.5), 0.5);
    }
}
