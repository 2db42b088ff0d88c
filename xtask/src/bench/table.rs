//! Figures of runs as the tables print them.

use std::time::Duration;

use super::child::Run;

/// The median of the times, in milliseconds; `None` without runs.
pub fn median_millis(runs: &[Run]) -> Option<f64> {
    let mut times: Vec<Duration> = runs.iter().map(|run| run.wall).collect();
    times.sort();
    times.get(runs.len() / 2).map(|time| time.as_secs_f64() * 1e3)
}

/// The most memory of any run, in bytes.
pub fn peak(runs: &[Run]) -> Option<f64> {
    runs.iter().filter_map(|run| run.peak).max().map(|peak| peak as f64)
}

/// Bytes in megabytes.
pub fn megabytes(bytes: Option<f64>) -> String {
    text(bytes.map(|bytes| bytes / 1e6), 1)
}

/// A number, or a dash.
pub fn text(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.decimals$}"))
}
