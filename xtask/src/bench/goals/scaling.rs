//! What a format costs at one, ten and a hundred times the size.

use std::fmt::Write;
use std::fs;

use anyhow::Result;
use serde::Serialize;

use super::native::{self, Tools};
use crate::bench::{generate, texts};

/// The growth that is the goal: what tables cost that no longer fit into a cache.
const MOST_GROWTH: f64 = 1.1;

/// The sizes over the first.
const STEPS: [usize; 3] = [1, 10, 100];

/// Makes a capture of a size.
type Make = fn(usize) -> Result<Vec<u8>>;

/// The costs of one format.
#[derive(Debug, Clone, Serialize)]
pub struct Growth {
    /// The format.
    pub format: &'static str,
    /// What each step cost.
    pub steps: Vec<Cost>,
}

/// What one file cost.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// The file, decoded, in bytes.
    pub bytes: f64,
    /// The median time.
    pub millis: f64,
    /// The most memory that was resident, in bytes; NaN where there is no /proc.
    pub peak: f64,
}

/// Measures every format that can be made in any size.
///
/// # Errors
/// A run that fails.
pub fn growths(tools: &Tools) -> Result<Vec<Growth>> {
    let formats: [(&str, usize, Make); 4] = [
        ("pprof profile", 10_000, |samples| generate::heap_profile(u32::try_from(samples)?)),
        ("goroutine dump", 5_000, |goroutines| Ok(texts::goroutine_dump(goroutines).into_bytes())),
        ("smaps", 5_000, |mappings| Ok(texts::smaps(mappings).into_bytes())),
        ("GC trace", 10_000, |cycles| Ok(texts::gc_trace(cycles).into_bytes())),
    ];
    formats.into_iter().map(|(format, size, make)| growth(tools, format, size, make)).collect()
}

fn growth(tools: &Tools, format: &'static str, size: usize, make: Make) -> Result<Growth> {
    let cost = |step: usize| {
        super::progress(&format!("{format}, {step} times the size"));
        let size = size * step;
        let file = native::made(&format!("scale-{}-{size}", format.replace(' ', "-")), || make(size))?;
        let runs = tools.runs(&["report", "--format", "json"], &file)?;
        let bytes = crate::bench::profiles::decoded_bytes(&fs::read(&file)?);
        Ok(Cost { bytes, millis: native::millis(&runs).value, peak: native::peak(&runs).unwrap_or(f64::NAN) })
    };
    Ok(Growth { format, steps: STEPS.into_iter().map(cost).collect::<Result<_>>()? })
}

impl Growth {
    /// Cost of a byte in the largest over that in the one before: the start of
    /// the program is most of what the smallest costs.
    fn of_a_byte(&self) -> f64 {
        match self.steps.as_slice() {
            [.., before, last] => (last.millis / last.bytes) / (before.millis / before.bytes),
            _ => f64::NAN,
        }
    }
}

/// The costs as a table.
pub fn markdown(growths: &[Growth]) -> String {
    let mut table = "| format | 1x | 10x | 100x | growth | met | memory at 100x, of the decoded size |\n|---|---:|---:|---:|---:|---|---:|\n".to_owned();
    for growth in growths {
        let steps: Vec<_> = growth
            .steps
            .iter()
            .map(|cost| format!("{:.1} MB: {:.0} ms", cost.bytes / 1e6, cost.millis))
            .collect();
        let last = growth
            .steps
            .last()
            .map(|cost| format!("{:.0} MB, {:.1} x", cost.peak / 1e6, cost.peak / cost.bytes));
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| {} | {} | {:.2} | {} | {} |",
            growth.format,
            steps.join(" | "),
            growth.of_a_byte(),
            if growth.of_a_byte() <= MOST_GROWTH { "yes" } else { "no" },
            last.unwrap_or_default()
        );
    }
    table
}
