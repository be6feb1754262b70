//! Whether a difference is more than chance.
//!
//! Two rates are compared by the conditional test of Przyborowski and Wilenski (Biometrika 31, 1940): of all events of
//! both sides, those of one side are binomial with the share of its exposure. Two shares are compared by the likelihood
//! ratio of the table of two by two (G-test; Dunning, Computational Linguistics 19, 1993). Many tests at once are
//! corrected by Benjamini and Hochberg (Journal of the Royal Statistical Society B 57, 1995).

use statrs::function::{beta::checked_beta_reg, erf::erfc};

/// What is held to be more than chance, after the correction.
pub(crate) const LEVEL: f64 = 0.05;

/// The probability, on both sides together, of events spread over two sides as unevenly as `a` and `b` if both had the
/// same rate. Exposures are times, sessions or whatever events can come of; both are more than nothing.
pub(crate) fn rates(a: f64, b: f64, exposure_a: f64, exposure_b: f64) -> f64 {
    let (all, share) = (a + b, exposure_b / (exposure_a + exposure_b));
    if all <= 0.0 || !(share > 0.0 && share < 1.0) {
        return 1.0;
    }
    // P(X >= b) = I_p(b, n-b+1) and P(X <= b) = I_(1-p)(n-b, b+1), <https://dlmf.nist.gov/8.17.E5>.
    let more = if b > 0.0 { checked_beta_reg(b, a + 1.0, share).unwrap_or(1.0) } else { 1.0 };
    let fewer = if a > 0.0 { checked_beta_reg(a, b + 1.0, 1.0 - share).unwrap_or(1.0) } else { 1.0 };
    (2.0 * more.min(fewer)).min(1.0)
}

/// The statistic G of `part` of `whole` against `other_part` of `other_whole`, and its probability by chance.
pub(crate) fn shares(part: f64, whole: f64, other_part: f64, other_whole: f64) -> (f64, f64) {
    let all = whole + other_whole;
    if all <= 0.0 {
        return (0.0, 1.0);
    }
    let (with, without) = (part + other_part, all - part - other_part);
    let cell = |found: f64, row: f64, column: f64| if found > 0.0 { found * (found * all / (row * column)).ln() } else { 0.0 };
    let sum = cell(part, whole, with) + cell(whole - part, whole, without);
    let g = 2.0 * (sum + cell(other_part, other_whole, with) + cell(other_whole - other_part, other_whole, without));
    let g = g.max(0.0);
    (g, erfc((g / 2.0).sqrt()))
}

/// The probabilities after the correction for so many tests, in the same order.
pub(crate) fn corrected(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*b].total_cmp(&chances[*a]));
    let mut corrected = vec![1.0; chances.len()];
    let mut least = 1.0_f64;
    for (place, test) in order.into_iter().enumerate() {
        let rank = (chances.len() - place) as f64;
        least = least.min(chances[test] * chances.len() as f64 / rank);
        corrected[test] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn rates_differ_as_the_binomial_says() {
        // Ten of ten on one side of two equal ones: twice a half to the tenth.
        near(rates(0.0, 10.0, 1.0, 1.0), 2.0 / 1024.0);
        near(rates(10.0, 0.0, 5.0, 5.0), 2.0 / 1024.0);
        // One of four: (1 + 4) / 16 on the one side, twice that on both.
        near(rates(3.0, 1.0, 1.0, 1.0), 10.0 / 16.0);
        // Two of two on the side with a quarter of the exposure.
        near(rates(0.0, 2.0, 3.0, 1.0), 2.0 / 16.0);
        near(rates(5.0, 5.0, 1.0, 1.0), 1.0);
        near(rates(0.0, 0.0, 1.0, 1.0), 1.0);
        assert!(rates(1_000_000.0, 1_010_000.0, 1.0, 1.0) < 1e-10);
    }

    #[test]
    fn shares_differ_by_their_likelihood() {
        let (g, chance) = shares(5.0, 10.0, 50.0, 100.0);
        near(g, 0.0);
        near(chance, 1.0);
        // All of 10 and none of 10: 2 * (10 ln 2 + 10 ln 2).
        let (g, chance) = shares(10.0, 10.0, 0.0, 10.0);
        near(g, 40.0 * std::f64::consts::LN_2);
        assert!(chance > 0.0 && chance < 1e-6);
        assert_eq!(shares(0.0, 0.0, 0.0, 0.0), (0.0, 1.0));
    }

    #[test]
    fn the_correction_keeps_the_order_and_never_lowers() {
        // Of four: 0.01 * 4, 0.02 * 4 / 2, 0.04 * 4 / 3 and 0.5.
        let found = corrected(&[0.5, 0.01, 0.04, 0.02]);
        for (found, expected) in found.into_iter().zip([0.5, 0.04, 0.16 / 3.0, 0.04]) {
            near(found, expected);
        }
        assert_eq!(corrected(&[]), Vec::<f64>::new());
    }
}
