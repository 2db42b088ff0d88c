//! The sums inside: rows, groups and what lanes are drawn from.

use std::collections::BTreeMap;
use std::io::Read;

use super::{Builder, GoStay, Known, Stays};
use crate::analysis::trace::summary::Summary;
use crate::evidence::trace::event::GoState;
use crate::evidence::trace::names::Names;
use crate::formats::go_trace::TraceReader;

/// What lanes are told, by state; GC workers by themselves.
#[derive(Debug, Default)]
struct Told {
    times: BTreeMap<(GoState, bool), u64>,
}

impl Stays for Told {
    fn go(&mut self, stay: &GoStay) {
        *self.times.entry((stay.state, stay.is_gc)).or_default() += stay.to.saturating_sub(stay.from);
    }
}

fn read(packed: &[u8]) -> (Summary, Told) {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    let mut builder = Builder::window(0, u64::MAX, Known::default(), &Names::default(), Told::default());
    TraceReader::read(&bytes, &mut builder).unwrap();
    let (summary, _, told) = builder.finish();
    (summary, told)
}

#[test]
fn goroutines_groups_and_lanes_have_the_same_time_in_each_state() {
    let traces: [&[u8]; 5] = [
        include_bytes!("../../../../tests/fixtures/go_trace/small-go1.22.trace.gz"),
        include_bytes!("../../../../tests/fixtures/go_trace/small-go1.27.trace.gz"),
        include_bytes!("../../../../tests/fixtures/go_trace/cgo-callback-go1.24.trace.gz"),
        include_bytes!("../../../../tests/fixtures/go_trace/cgo-callback-running-zero.trace.gz"),
        include_bytes!("../../../../tests/fixtures/go_trace/assist-share-small.trace.gz"),
    ];
    for packed in traces {
        let (summary, told) = read(packed);
        let told = |state, is_gc| told.times.get(&(state, is_gc)).copied().unwrap_or(0);
        for (row, state) in crate::analysis::trace::summary::TIMED_STATES.into_iter().enumerate() {
            let goroutines: u64 = summary.goroutines.iter().map(|go| go.times[row]).sum();
            let groups: u64 = summary.groups.iter().map(|group| group.times.states[row].total).sum();
            assert_eq!(goroutines, groups, "{state:?}");
            assert_eq!(goroutines, told(state, false) + told(state, true), "{state:?}");
        }
        assert_eq!(told(GoState::Running, true), summary.gc_workers.iter().sum::<u64>());
        let assists: u64 = summary.goroutines.iter().map(|go| go.assist).sum();
        assert_eq!(assists, summary.assists.total);
        let samples: u64 = summary.samples.iter().map(|row| row.2).sum();
        let of_groups: u64 = summary.groups.iter().map(|group| group.samples).sum();
        assert!(of_groups <= samples, "{of_groups} of {samples}");
    }
}
