//! A capture from its bytes to the report, in milliseconds, as the page's worker
//! does it: `cargo bench -p analyzer-core --bench report -- FILE...`.

use std::time::Instant;

use analyzer_core::session::Session;

/// Runs of each file; the median counts.
const RUNS: usize = 5;

fn main() {
    // `cargo bench` adds a word of its own.
    for path in std::env::args().skip(1).filter(|word| !word.starts_with("--")) {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut times: Vec<_> = (0..RUNS)
            .map(|_| {
                let bytes = bytes.clone();
                let start = Instant::now();
                let mut session = Session::default();
                session.add(&path, bytes);
                std::hint::black_box(session.report());
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{}", times.get(RUNS / 2).copied().unwrap_or_default());
    }
}
