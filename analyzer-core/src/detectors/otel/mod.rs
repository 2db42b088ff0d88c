//! `otel.*`: what spans of distributed tracing show of their own loss.

detectors! {
    cut_edge,
    spans_lost,
    skew,
    spans_dropped,
}

use super::Case;
use crate::analysis::spans::SpanFacts;

/// What a rule on spans lacks.
fn needs(case: &Case<'_>) -> Vec<String> {
    if case.analysis.spans.is_some() {
        Vec::new()
    } else {
        vec!["spans of many traces (OTLP, Jaeger or Zipkin)".to_owned()]
    }
}

/// The facts.
fn facts<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c SpanFacts> {
    case.analysis.spans.iter()
}

/// Files of spans for tests.
#[cfg(test)]
pub mod fixtures {
    use std::fmt::Write as _;

    /// Calls from `cart` to `pricing` in traces of their own, each 100 ms after the one before, made by a root.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Calls {
        pub count: u64,
        /// Of every so many, one callee's span is a root of another trace; 0 for none.
        pub cut: u64,
        /// Of every so many, the caller's span is missing.
        pub lost: u64,
        /// Of every so many, the root is missing.
        pub rootless: u64,
        /// Milliseconds that the callee's clock is ahead.
        pub ahead: i64,
        /// Milliseconds that the callee takes; its caller waits 8.
        pub takes: i64,
    }

    /// The spans as Zipkin has them.
    pub fn zipkin(calls: Calls) -> String {
        let mut rows: Vec<String> = Vec::new();
        let mut row = |trace: u64,
                       id: u64,
                       parent: u64,
                       kind: &str,
                       service: &str,
                       (start, length): (i64, i64)| {
            let mut text = format!(
                "{{\"traceId\":\"{trace:032x}\",\"id\":\"{id:016x}\",\"name\":\"op\",\"kind\":\"{kind}\",\"timestamp\":{start},\"duration\":{length},\"localEndpoint\":{{\"serviceName\":\"{service}\"}}"
            );
            if parent != 0 {
                let _ = write!(text, ",\"parentId\":\"{parent:016x}\"");
            }
            rows.push(text + "}");
        };
        let is = |index: u64, every: u64| every != 0 && index.is_multiple_of(every);
        for index in 0..calls.count {
            let (trace, id) = (index + 1, index * 10 + 1);
            let at = 1_795_973_778_000_000 + i64::try_from(index).unwrap_or(0) * 100_000;
            if !is(index, calls.rootless) {
                row(trace, id, 0, "SERVER", "cart", (at, 10_000));
            }
            if !is(index, calls.lost) {
                row(trace, id + 1, id, "CLIENT", "cart", (at + 1_000, 8_000));
            }
            let takes = if calls.takes == 0 { 4 } else { calls.takes };
            let time = (at + 2_000 + calls.ahead * 1000, takes * 1000);
            if is(index, calls.cut) {
                row(trace + 1_000_000, id + 2, 0, "SERVER", "pricing", time);
            } else {
                row(trace, id + 2, id + 1, "SERVER", "pricing", time);
            }
        }
        format!("[{}]", rows.join(","))
    }
}
