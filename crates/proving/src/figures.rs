//! What to make of many runs.

/// A figure of each run, in order of size.
pub fn sorted<R>(runs: &[R], of: impl Fn(&R) -> f64) -> Vec<f64> {
    let mut figures: Vec<f64> = runs.iter().map(of).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// The one in the middle, or above it.
pub fn median<R>(runs: &[R], of: impl Fn(&R) -> f64) -> f64 {
    sorted(runs, of)[runs.len() / 2]
}
