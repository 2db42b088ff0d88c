//! `prof.heap.retained`: who allocated what is in use, from one heap profile.

use super::support::{
    bytes, bytes_text, bytes_within, callee, frame, needs, path, percent, place, processes, sample,
};
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::growth::{SiteLevel, levels};
use crate::analysis::profile::facts::stats::whole;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Confidence, Finding, Severity};

/// Share of what is in use.
pub const SHARE: f64 = 0.2;
/// Sampled objects: from so many on the interval is narrow enough to say a share.
const SAMPLED: f64 = 20.0;

const RETAINED: Rule = Rule {
    code: "prof.heap.retained",
    severity: Severity::Info,
    title: "Largest allocation site of the heap",
    meaning: "One line allocated a large part of the heap in use. A single profile does not show whether it grows.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[RETAINED],
    missing_inputs: |case| {
        needs(case, |process| !process.heap.moments.is_empty(), &["a heap profile (/debug/pprof/heap)"])
    },
    detect: |case: &Case<'_>| processes(case).iter().flat_map(|process| find(case, process)).collect(),
};

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Finding> {
    let Some(moment) = process.heap.moments.last() else { return Vec::new() };
    let all = moment.profile.in_use;
    let sites = levels(&process.stacks, &moment.profile);
    let large = sites.iter().filter(|site| {
        site.level.bytes >= SHARE * all.bytes && (site.level.sampled >= SAMPLED || site.level.variance == 0.0)
    });
    large.filter_map(|site| finding(case, process, site, all.bytes)).collect()
}

fn finding(case: &Case<'_>, process: &ProcessProfiles, site: &SiteLevel, all: f64) -> Option<Finding> {
    let moment = process.heap.moments.last()?;
    let mut claim = format!(
        "{}% of the {} in use was allocated at {}: {}",
        percent(site.level.bytes / all),
        bytes(all),
        place(case, process, site.site),
        bytes_text(site.level.bytes, site.level.interval())
    );
    if let Some(callee) = callee(case, process, site.stack, site.site) {
        claim.push_str(&format!(" in {callee}"));
    }
    claim.push('.');
    let path = path(case, process, site.stack, site.site);
    if !path.is_empty() {
        claim.push_str(&format!(" Most of it was called from {path}."));
    }
    let draft = Draft {
        rule: RETAINED,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "A line has at least {}% of the heap in use, in at least {SAMPLED} sampled objects.",
            percent(SHARE)
        ),
        title: RETAINED.title.to_owned(),
        claim,
        amount: Some(bytes_within(site.level.bytes, site.level.interval())),
        citations: vec![sample(
            moment.profile.source,
            site.at,
            "inuse_space",
            whole(site.level.bytes),
            Unit::Bytes,
        )],
        against: list(&["Memory in use is not necessarily a leak: a profile does not show what is needed."]),
        advice: list(&[if process.heap.moments.len() > 1 {
            "Compare it with the first heap profile of this process, and look at what grew in between."
        } else {
            "Take a second heap profile later (heap?gc=1), and look at what grew in between."
        }]),
    };
    let mut finding = draft.about(process.subject)?;
    finding.places = vec![frame(case, process, site.site)];
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::heap;
    use crate::detectors::testing::{check_bytes, report};

    #[test]
    fn one_profile_says_who_allocated_what_is_in_use() {
        let profile = heap(
            1_000,
            &[
                ("main.main main.load", &[800, 800_000, 800, 800_000]),
                ("main.main main.serve", &[900, 900_000, 100, 100_000]),
            ],
        );
        let found = check_bytes("prof.heap", &[("heap.pb", &profile)], &["prof.heap.retained"]);
        assert!(found[0].claim.contains("89%") && found[0].claim.contains("main.load (code.go:7)"));
        let verdict = report(&[("heap.pb", &profile)]).verdict;
        assert!(!verdict.contains("No problem"), "{verdict}");
    }

    #[test]
    fn a_second_profile_is_not_asked_for_where_there_is_one() {
        let profile = |at, all| heap(at, &[("main.main main.load", &[all, all * 1_000, 800, 800_000])]);
        let (first, second) = (profile(1_000, 900), profile(1_060, 1_000));
        let found = check_bytes(
            "prof.heap",
            &[("t0/heap.pb", &first), ("t1/heap.pb", &second)],
            &["prof.heap.retained"],
        );
        assert!(found[0].advice[0].starts_with("Compare it with the first"), "{:?}", found[0].advice);
    }

    #[test]
    fn small_parts_are_not_named() {
        let names: Vec<String> = (0..10).map(|n| format!("main.main main.part{n}")).collect();
        let stacks: Vec<(&str, &[i64])> =
            names.iter().map(|name| (&**name, &[100, 100_000, 100, 100_000][..])).collect();
        check_bytes("prof.heap", &[("heap.pb", &heap(1_000, &stacks))], &[]);
    }
}
