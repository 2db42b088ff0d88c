//! The clock of a process: how much it had allocated when, and how old it is.

use std::collections::BTreeSet;

use crate::base::convert::i64_to_f64;
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::{Nanos, Unit};
use crate::evidence::Evidence;
use crate::report::{Citation, Subject};

/// How long a process had run, as far as the captures tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Age {
    /// It had run at least so long; `None` if nothing tells.
    pub at_least: Option<Nanos>,
}

/// One minute, as the runtime counts waits.
const MINUTE: i64 = 60_000_000_000;

/// The age by the last collection of a trace, and by the longest wait of a goroutine.
pub(super) fn age(evidence: &Evidence, subject: &Subject, sources: &BTreeSet<SourceId>) -> Age {
    let cycles = sources.iter().flat_map(|&source| evidence.gc.cycles_of(source));
    let traced = cycles.map(|cycle| cycle.since_start).max();
    let dumps = sources.iter().flat_map(|&source| evidence.goroutines.of_source(source));
    let waits = dumps.flat_map(|(_, dump)| &dump.goroutines).filter_map(|row| row.wait_minutes);
    let waited = waits.max().map(|minutes| Nanos(i64::from(minutes).saturating_mul(MINUTE)));
    let captured = subject.snapshots.iter().filter_map(|snapshot| snapshot.captured_at);
    let (first, last) = (captured.clone().min(), captured.max());
    let spanned = first.zip(last).map(|(first, last)| last - first).filter(|span| span.0 > 0);
    Age { at_least: [traced, waited, spanned].into_iter().flatten().max() }
}

/// Bytes that a process had allocated since its start, at one moment.
#[derive(Clone, Debug)]
pub(super) struct Allocated {
    /// When the heap profile beside it was written.
    pub time: Nanos,
    /// `TotalAlloc`.
    pub bytes: i64,
}

/// `TotalAlloc` of the last reading among these sources.
pub(super) fn total_alloc(evidence: &Evidence, sources: &[SourceId]) -> Option<(i64, Citation)> {
    let keys = ["TotalAlloc", "/gc/heap/allocs:bytes"];
    let keys: Vec<_> = keys.iter().filter_map(|key| evidence.strings.find(key)).collect();
    let records = evidence.memory.records.iter().filter(|record| sources.contains(&record.source));
    let figures = records.filter_map(|record| {
        let figure = keys.iter().find_map(|&key| evidence.memory.figure(record, key))?;
        let name = evidence.strings.get(figure.name);
        let span = SourceSpan { source: record.source, at: figure.at };
        Some((figure.value, Citation::figure(span, name, figure.value, Unit::Bytes)))
    });
    figures.max_by_key(|(value, citation)| (*value, citation.source))
}

/// When the process had allocated `bytes`, on the line through the readings:
/// between two of them, before the first and after the last as fast as beside it.
pub(super) fn when(readings: &[Allocated], bytes: f64) -> Option<f64> {
    let at = readings.partition_point(|reading| i64_to_f64(reading.bytes) < bytes);
    let pair = match readings {
        [] | [_] => return None,
        _ => at.clamp(1, readings.len() - 1),
    };
    let (before, after) = (readings.get(pair - 1)?, readings.get(pair)?);
    let (from, to) = (i64_to_f64(before.time.0), i64_to_f64(after.time.0));
    let span = i64_to_f64(after.bytes - before.bytes);
    (span > 0.0).then(|| from + (to - from) * (bytes - i64_to_f64(before.bytes)) / span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_of_when_as_much_was_allocated() {
        let reading = |time, bytes| Allocated { time: Nanos(time), bytes };
        let readings = [reading(10, 100), reading(20, 200), reading(30, 800)];
        assert_eq!(
            [50.0, 150.0, 500.0, 860.0].map(|bytes| when(&readings, bytes)),
            [Some(5.0), Some(15.0), Some(25.0), Some(31.0)]
        );
        assert_eq!(when(&readings[..1], 50.0), None);
    }
}
