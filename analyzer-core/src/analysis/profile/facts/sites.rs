//! What each line has on the heap, as the report lists it.

use std::collections::{BTreeMap, BTreeSet};

use super::ProcessProfiles;
use super::growth::{SiteGrowth, SiteLevel, levels};
use super::stacks::FrameId;
use super::stats::whole;
use crate::base::limits::HEAP_SITES;
use crate::base::units::{Bytes, Unit};
use crate::evidence::Evidence;
use crate::report::{Amount, HeapSite, StackFrame};

/// The largest sites of each process and those that grew the most.
pub fn of_all(evidence: &Evidence, profiles: &[ProcessProfiles]) -> Vec<HeapSite> {
    profiles.iter().flat_map(|process| of_process(evidence, process)).collect()
}

fn of_process(evidence: &Evidence, process: &ProcessProfiles) -> Vec<HeapSite> {
    let moments = &process.heap.moments;
    let Some(last) = moments.last() else { return Vec::new() };
    let first = (moments.len() > 1).then(|| moments.first()).flatten();
    let sites = levels(&process.stacks, &last.profile);
    let before: Option<BTreeMap<FrameId, f64>> = first.map(|moment| {
        let sites = levels(&process.stacks, &moment.profile);
        sites.iter().map(|site| (site.site, site.level.bytes)).collect()
    });
    let grown = process.growth.iter().flat_map(|growth| &growth.sites);
    let grown: BTreeMap<FrameId, &SiteGrowth> = grown.map(|site| (site.site, site)).collect();
    let listed = listed(process, &sites);
    let rows = sites.iter().filter(|site| listed.contains(&site.site)).map(|site| HeapSite {
        subject: process.subject,
        source: last.profile.source,
        frame: frame(evidence, process, site.site),
        first: before
            .as_ref()
            .map(|before| Bytes(whole(before.get(&site.site).copied().unwrap_or_default()))),
        last: Bytes(whole(site.level.bytes)),
        objects: whole(site.level.objects),
        growth: grown.get(&site.site).and_then(|grown| amount(grown)),
    });
    rows.collect()
}

/// The first by size and the first by growth.
fn listed(process: &ProcessProfiles, sites: &[SiteLevel]) -> BTreeSet<FrameId> {
    let grown = process.growth.iter().flat_map(|growth| &growth.sites);
    let by_size = sites.iter().take(HEAP_SITES).map(|site| site.site);
    by_size.chain(grown.take(HEAP_SITES).map(|site| site.site)).collect()
}

fn amount(grown: &SiteGrowth) -> Option<Amount> {
    let bounds = grown.change.interval();
    let amount = Amount {
        value: whole(grown.change.bytes),
        low: Some(whole(bounds.low)),
        high: Some(whole(bounds.high)),
        unit: Unit::Bytes,
        of: None,
    };
    (amount.value > 0).then_some(amount)
}

/// A frame as the report has it.
pub fn frame(evidence: &Evidence, process: &ProcessProfiles, id: FrameId) -> StackFrame {
    let frame = process.stacks.get(id);
    let text = |id| evidence.strings.get(id);
    StackFrame {
        function: text(frame.function).to_owned(),
        file: Some(text(frame.file).to_owned()).filter(|file| !file.is_empty()),
        line: u32::try_from(frame.line).ok().filter(|&line| line > 0),
        origin: frame.origin,
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::report;
    use crate::report::Report;

    use crate::detectors::profile::drawn::heap;

    /// `function: first -> last (growth)`, by row.
    fn drawn(report: &Report) -> Vec<String> {
        let rows = report.heap_sites.iter().map(|site| {
            let first = site.first.map_or_else(|| "?".to_owned(), |bytes| bytes.0.to_string());
            let growth = site.growth.map_or_else(|| "-".to_owned(), |amount| amount.value.to_string());
            format!("{}: {first} -> {} ({growth})", site.frame.function, site.last.0)
        });
        rows.collect()
    }

    #[test]
    fn each_line_has_its_bytes_in_the_first_and_in_the_last_profile() {
        let before = heap(
            10,
            &[("main.main main.keep", &[4, 400, 4, 400]), ("main.main main.use", &[9, 900, 9, 900])],
        );
        let after = heap(
            70,
            &[("main.main main.keep", &[9, 900, 9, 900]), ("main.main main.use", &[90, 9000, 3, 300])],
        );
        let two = report(&[("api/t0/heap.pb", &before), ("api/t1/heap.pb", &after)]);
        assert_eq!(drawn(&two), ["main.keep: 400 -> 900 (500)", "main.use: 900 -> 300 (-)"]);
        let one = report(&[("api/t0/heap.pb", &before)]);
        assert_eq!(drawn(&one), ["main.use: ? -> 900 (-)", "main.keep: ? -> 400 (-)"]);
    }

    #[test]
    fn a_service_of_several_has_its_own_lines_only() {
        let one = heap(10, &[("main.main main.keep", &[4, 400, 4, 400])]);
        let other = heap(10, &[("main.main main.use", &[4, 400, 4, 400])]);
        let both = report(&[("api/t0/heap.pb", &one), ("job/t0/heap.pb", &other)]);
        assert_eq!(both.heap_sites.len(), 2);
        let api = both.scoped(both.heap_sites[0].subject);
        assert_eq!(drawn(&api), ["main.keep: ? -> 400 (-)"]);
    }
}
