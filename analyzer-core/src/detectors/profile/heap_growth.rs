//! `prof.heap.growth`: a line keeps more and more of what it allocates.

use std::collections::BTreeSet;

use super::stack_goroutines::grown;
use super::support::{
    Doubts, bytes, bytes_text, bytes_within, callee, frame, needs, path, percent, place, processes, sample,
};
use crate::analysis::profile::facts::growth::{Course, Growth, SiteGrowth};
use crate::analysis::profile::facts::stats::whole;
use crate::analysis::profile::facts::{HeapMoment, ProcessProfiles};
use crate::base::convert::to_f64;
use crate::base::go_symbol::Origin;
use crate::base::units::{Nanos, Unit};
use crate::detectors::{Case, Detector, Draft, Rule};
use crate::report::{Citation, Finding, GoroutineGroup, Reclaim, Severity, StackFrame, number_format};

/// Growth that is worth a word, in bytes.
const MIN_GROWTH: f64 = 2.0 * 1_048_576.0;
/// And as a share of what was in use first.
const MIN_SHARE: f64 = 0.1;
/// Standard deviations: hundreds of sites are looked at, so two are not enough.
const Z_MIN: f64 = 3.0;
/// The share of a site's growth that must be in classes that are kept.
const KEPT_MIN: f64 = 0.6;
/// The share of what was allocated in the last step that stayed from which it is likely that nothing
/// frees it. Below, it is where the share does not fall: a map's old tables are freed all along.
const RHO_LIKELY: f64 = 0.8;
/// Allocations in the profile over `TotalAlloc`: below, the profile shows an earlier moment.
const FRESH_MIN: f64 = 0.8;
/// The rate of the last step over the highest: below, it slows down.
const SLOW: f64 = 0.4;
/// Age below which a process may still be warming up, whatever the setting.
const YOUNG: Nanos = Nanos(300_000_000_000);
/// Sites that get a finding of their own.
const SITES: usize = 8;
/// The share of the limit, or of the live heap, that growth reaches within an hour to be serious.
const SERIOUS_SHARE: f64 = 0.05;

/// What speaks against growth that one step alone shows.
const LATE: &str = "All of the growth came after the second-to-last profile: temporary work looks the same. Take another profile.";

const GROWTH: Rule = Rule {
    code: "prof.heap.growth",
    severity: Severity::Warning,
    title: "Heap growth at one line",
    meaning: "From one heap profile to the next, more of what one line allocated is still in use.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[GROWTH],
    missing_inputs: |case| {
        let is_enough = |process: &ProcessProfiles| process.heap.moments.len() >= 2;
        needs(
            case,
            is_enough,
            &["two heap profiles of the same process, preferably three, the last with ?gc=1"],
        )
    },
    detect: |case: &Case<'_>| processes(case).iter().flat_map(|process| find(case, process)).collect(),
};

/// Sites that grow by the rule's conditions, the most first, each with what speaks against it.
pub fn sites<'g>(
    case: &Case<'_>,
    process: &ProcessProfiles,
    growth: &'g Growth,
) -> Vec<(&'g SiteGrowth, Doubts)> {
    let moments = &process.heap.moments;
    let Some(first) = moments.first() else { return Vec::new() };
    let least = MIN_GROWTH.max(MIN_SHARE * first.profile.in_use.bytes);
    let common = common_doubts(case, process, moments);
    let judged = growth.sites.iter().filter_map(|site| {
        let course = site.course(&growth.times);
        let is_growing =
            site.change.bytes >= least && site.change.z() >= Z_MIN && course != Course::Uneven;
        let is_kept = site.big_object.is_some() || (site.kept >= KEPT_MIN && site.lately.is_kept());
        if !is_growing || !is_kept {
            return None;
        }
        if is_young(process) && is_of_the_start(site, moments, least) {
            return None;
        }
        let mut doubts = common.clone();
        doubts.add_if(course == Course::Late, || LATE.to_owned());
        // One big object grows in leaps: its last one says nothing of a rate.
        let slowing = site.slowing(&growth.times).filter(|&rate| rate < SLOW && site.big_object.is_none());
        if let Some(slowing) = slowing {
            if is_young(process) {
                return None;
            }
            doubts.add(format!(
                "Between the last two profiles, it grew at only {}% of its highest rate, as a cache that fills up or startup does.",
                percent(slowing)
            ));
        }
        let lately = site.lately.share();
        let is_freed = lately < RHO_LIKELY && site.lately.has_fallen(&site.before);
        doubts.add_if(site.big_object.is_none() && is_freed, || {
            format!(
                "{}% of what was allocated between the last two profiles was freed again, as in a cache that has reached its maximum size.",
                100 - percent(lately)
            )
        });
        Some((site, doubts))
    });
    judged.collect()
}

/// What speaks against all sites alike.
fn common_doubts(case: &Case<'_>, process: &ProcessProfiles, moments: &[HeapMoment]) -> Doubts {
    let mut doubts = Doubts::default();
    match moments.last().and_then(|moment| moment.freshness) {
        Some(fresh) if fresh < FRESH_MIN => doubts.add(format!(
            "The last profile is stale: it shows only {}% of what had been allocated by then. Take it with heap?gc=1.",
            percent(fresh)
        )),
        Some(_) => {}
        None => doubts.add(
            "It is unknown how stale the last profile is: capture /debug/vars with it, or take it with heap?gc=1.",
        ),
    }
    doubts.add_if(moments.len() < 3, || {
        "Two profiles always show a trend: a third one, taken later, distinguishes growth from startup."
            .to_owned()
    });
    let warm_up = case.analysis.settings.warm_up;
    let age = process.age.at_least.unwrap_or_default();
    doubts.add_if(age < warm_up, || {
        format!(
            "The process is young ({} according to the captures): data built at startup grows the same way.",
            number_format::duration(age)
        )
    });
    doubts
}

/// True if two profiles do not tell growth from a start: as much had been allocated when the first
/// was taken and does not show in it.
fn is_of_the_start(site: &SiteGrowth, moments: &[HeapMoment], least: f64) -> bool {
    let [first, _] = moments else { return false };
    first.unseen.is_some_and(|unseen| site.change.bytes - unseen < least)
}

fn is_young(process: &ProcessProfiles) -> bool {
    process.age.at_least.is_none_or(|age| age < YOUNG)
}

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Finding> {
    let Some(growth) = &process.growth else { return Vec::new() };
    let sites = sites(case, process, growth);
    sites
        .iter()
        .take(SITES)
        .filter_map(|(site, doubts)| finding(case, process, growth, site, doubts))
        .collect()
}

fn finding(
    case: &Case<'_>,
    process: &ProcessProfiles,
    growth: &Growth,
    site: &SiteGrowth,
    doubts: &Doubts,
) -> Option<Finding> {
    let moments = &process.heap.moments;
    let rate = growth.seconds().map(|seconds| site.change.bytes * 60.0 / seconds);
    let draft = Draft {
        rule: GROWTH,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "A line's memory in use grew from each profile to the next by {} and {}%, by at least {Z_MIN} standard deviations, and about half of what it last allocated stayed; likely from {}%, or if that share does not fall, with three profiles, the last of them fresh.",
            bytes(MIN_GROWTH),
            percent(MIN_SHARE),
            percent(RHO_LIKELY)
        ),
        severity: severity(case, process, rate, doubts),
        confidence: doubts.confidence(),
        title: GROWTH.title.to_owned(),
        claim: claim(case, process, growth, site, rate),
        amount: Some(bytes_within(site.change.bytes, site.change.interval())),
        citations: citations(site, moments),
        against: doubts
            .0
            .iter()
            .cloned()
            .chain([
                "A cache that is still filling up grows the same way: profiles cannot distinguish the two."
                    .to_owned(),
            ])
            .collect(),
        advice: advice(case, process, site),
    };
    let mut finding = draft.about(process.subject)?;
    finding.places = vec![frame(case, process, site.site)];
    if let Some(group) = holders(case, process, site) {
        finding.claim.push_str(&format!(
            " There are {} more goroutines at {}, about one per object: these goroutines retain it.",
            number_format::count_u64(grown(group)),
            group.user_frame.as_ref().or(group.stack.first()).map(StackFrame::call_site).unwrap_or_default()
        ));
        finding
            .advice
            .insert(0, "Let these goroutines exit: the memory that they retain is then freed.".to_owned());
        finding.places.extend(group.user_frame.clone());
        finding.group = Some(group.id.clone());
    }
    Some(finding)
}

/// The goroutines that hold what a site makes: a group that became more by about
/// as many as there are more objects, and whose function made them.
fn holders<'c>(case: &Case<'c>, process: &ProcessProfiles, site: &SiteGrowth) -> Option<&'c GoroutineGroup> {
    /// Members for an object, at least and at most: dumps and profiles are not of one moment.
    const FOR_EACH: std::ops::RangeInclusive<f64> = 0.6..=1.7;
    let functions: BTreeSet<&str> = process
        .stacks
        .frames(site.main_stack)
        .map(|frame| case.evidence.strings.get(frame.function))
        .collect();
    let section = case.analysis.goroutines.as_ref()?;
    let groups = section.groups.iter().filter(|group| group.subject == process.subject);
    let is_holder = |group: &&GoroutineGroup| {
        let own = group.stack.iter().filter(|frame| frame.origin == Origin::Own);
        let has_made = own.map(|frame| &*frame.function).any(|function| functions.contains(function));
        grown(group) >= 10
            && has_made
            && FOR_EACH.contains(&(to_f64(grown(group)) / site.change.objects.max(1.0)))
    };
    groups.filter(is_holder).max_by(|a, b| grown(a).cmp(&grown(b)).then(b.id.cmp(&a.id)))
}

/// Serious where within an hour it would take a notable part of the limit.
fn severity(case: &Case<'_>, process: &ProcessProfiles, rate: Option<f64>, doubts: &Doubts) -> Severity {
    let mut of_subject =
        case.memory.iter().rev().filter(|reviewed| reviewed.moment.subject == process.subject);
    let limit = of_subject.find_map(|reviewed| reviewed.moment.limit()).map(|limit| limit.value);
    let live = process.heap.moments.last().map_or(0.0, |moment| moment.profile.in_use.bytes);
    let room = limit.map_or(live, crate::base::convert::i64_to_f64);
    let is_serious = rate.is_none_or(|rate| rate * 60.0 >= SERIOUS_SHARE * room);
    let is_stale = process
        .heap
        .moments
        .last()
        .and_then(|moment| moment.freshness)
        .is_some_and(|fresh| fresh < FRESH_MIN);
    let is_late = doubts.0.iter().any(|doubt| doubt == LATE);
    match doubts.0.len() {
        0 => Severity::Warning,
        1 if is_serious && !is_stale && !is_late && process.heap.moments.len() >= 3 => Severity::Warning,
        _ => Severity::Info,
    }
}

fn claim(
    case: &Case<'_>,
    process: &ProcessProfiles,
    growth: &Growth,
    site: &SiteGrowth,
    rate: Option<f64>,
) -> String {
    let levels: Vec<String> = site.levels.iter().map(|&level| bytes(level)).collect();
    let mut text = format!(
        "What {} allocates is retained: {} more in use",
        place(case, process, site.site),
        bytes_text(site.change.bytes, site.change.interval())
    );
    if growth.change.bytes > 0.0 {
        let share = (site.change.bytes / growth.change.bytes).clamp(0.0, 1.0);
        text.push_str(&format!(", {}% of all growth in the profiles", percent(share)));
    }
    if let Some(rate) = rate {
        text.push_str(&format!(", {} a minute", bytes(rate)));
    }
    text.push_str(&format!(
        " ({}). In use at the last profile: {}.",
        levels.join(" → "),
        bytes_text(site.in_use.bytes, site.in_use.interval())
    ));
    match site.big_object {
        Some((before, after)) => text.push_str(&format!(
            " It is one large object that is reallocated as it grows, from {} to {}.",
            number_format::bytes(crate::base::units::Bytes(i64::try_from(before).unwrap_or(i64::MAX))),
            number_format::bytes(crate::base::units::Bytes(i64::try_from(after).unwrap_or(i64::MAX)))
        )),
        None => text.push_str(&format!(
            " That is {} objects of {} each; {}% of what was allocated between the last two profiles stayed.",
            number_format::count(whole(site.change.objects)),
            bytes(site.bytes_per_object()),
            percent(site.lately.share())
        )),
    }
    if let Some(callee) = callee(case, process, site.main_stack, site.site) {
        text.push_str(&format!(" Allocated in {callee}."));
    }
    let path = path(case, process, site.main_stack, site.site);
    if !path.is_empty() {
        text.push_str(&format!(" {}% came through {path}.", percent(site.main_share)));
    }
    if let Some(fresh) = process.heap.moments.last().and_then(|moment| moment.freshness) {
        text.push_str(&format!(
            " The last profile shows {}% of all allocations up to then.",
            percent(fresh.min(1.0))
        ));
    }
    text
}

/// The site's bytes in each profile.
fn citations(site: &SiteGrowth, moments: &[HeapMoment]) -> Vec<Citation> {
    let last = moments.len().saturating_sub(1);
    let levels = moments.iter().zip(&site.levels).enumerate();
    let mut citations: Vec<Citation> = levels
        .map(|(index, (moment, &level))| {
            let at = if index == last { site.at } else { 0 };
            let mut citation = sample(moment.profile.source, at, "inuse_space", whole(level), Unit::Bytes);
            if index != last {
                citation.at = None;
            }
            citation
        })
        .collect();
    citations.extend(moments.last().and_then(|moment| moment.total_alloc.clone()));
    citations
}

fn advice(case: &Case<'_>, process: &ProcessProfiles, site: &SiteGrowth) -> Vec<String> {
    let place = place(case, process, site.site);
    let called = callee(case, process, site.main_stack, site.site).unwrap_or_default();
    let is_map = process
        .stacks
        .frames(site.main_stack)
        .any(|frame| frame.role.is_some_and(|role| role.contains("map")));
    let shape = if site.big_object.is_some() {
        format!(
            "Limit what {place} appends to: use a ring buffer, flush it and set it to nil, or recreate a map (maps never shrink)."
        )
    } else if ["bufio.New", "bytes.growSlice", "compress/flate.New", "io.ReadAll"]
        .iter()
        .any(|name| called.starts_with(name))
    {
        format!(
            "Buffers allocated at {place} live as long as their owners: let those goroutines exit, or return the buffers to a pool."
        )
    } else if called.contains("strings.") && site.bytes_per_object() >= 4096.0 {
        "If only a part of each string or slice is needed, keep a copy (strings.Clone, bytes.Clone): a small substring keeps the whole alive.".to_owned()
    } else if is_map {
        format!(
            "Evict entries from the map that {place} fills, or recreate it periodically: a map does not shrink."
        )
    } else {
        format!(
            "Find what retains the objects allocated at {place}: evict them, limit them, or delete them with their owner."
        )
    };
    let mut advice = vec![shape];
    if site.bytes_per_object() >= 4096.0 && site.big_object.is_none() {
        advice.push("Each object is large: if only a part of it is used, keep a copy of that part (strings.Clone, bytes.Clone). The profile does not show slices into it.".to_owned());
    }
    advice
}

#[cfg(test)]
mod tests;
