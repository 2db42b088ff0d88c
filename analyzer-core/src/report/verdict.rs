//! The answer: one sentence and what it means for the service. It is made here and nowhere
//! else; the page, the texts and the embedding page all show this one.

mod goroutines;
mod memory;
mod partial;
mod unread;

pub use goroutines::goroutine_answer;
pub use unread::Recapture;

use serde::{Deserialize, Serialize};

use self::unread::{is_usable, lost, unreadable};
use super::number_format::{self as text, bytes};
use super::plain_text::visible;
use super::{
    AT_OOM_KILL, Finding, LayerId, LedgerClass, LedgerRow, MemorySnapshot, ProfileSummary, Report, Severity,
    SourceRow, Verdict,
};
use crate::base::convert::to_u64;
use crate::base::units::{Bytes, Nanos};

/// What the verdict means for the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The service failed, or will.
    Critical,
    /// No file could be read.
    Unreadable,
    /// Something is wrong and grows or costs.
    Warning,
    /// Nothing is proven wrong, and what matters could not be judged as a whole.
    #[default]
    Unjudged,
    /// What matters was judged, and nothing is wrong.
    Healthy,
}

/// From so many percent of the limit on a container without a finding is not called healthy.
const NEARLY_FULL_PERCENT: i64 = 90;

/// From so many percent of the charge on an unexplained part keeps a container from being called healthy.
const UNEXPLAINED_PERCENT: i64 = 20;

/// From so many percent of the whole on a part is named.
const NOTABLE_PERCENT: i64 = 20;

/// What is less than that is too little to be said of a container.
const UNEXPLAINED_LEAST: Bytes = Bytes(16 << 20);

/// A container that was started again: whatever ended it is unknown, so nothing else makes it healthy.
const RESTARTED: &str = "pod.restarted";

/// Sets the verdict and the outcome of a report that is otherwise complete.
pub(crate) fn settle(report: &mut Report) {
    let (verdict, outcome) = judge(report);
    (report.verdict, report.outcome) = (verdict, outcome);
}

fn judge(report: &Report) -> (String, Outcome) {
    if !report.sources.iter().any(is_usable) {
        return (unreadable(report), Outcome::Unreadable);
    }
    let serious: Vec<_> =
        report.findings.iter().filter(|finding| finding.severity < Severity::Info).collect();
    let (answer, outcome) = match serious.as_slice() {
        [] => calm(report),
        [first, rest @ ..] => {
            let outcome =
                if first.severity == Severity::Critical { Outcome::Critical } else { Outcome::Warning };
            let told = with_more(&told(report, first), more(first, rest), &causes(first, rest));
            (whose(report, first).map_or(told.clone(), |name| format!("{name}: {told}")), outcome)
        }
    };
    match lost(report) {
        Some(lost) => (format!("{answer} {lost}"), outcome.min(Outcome::Unjudged)),
        None => (answer, outcome),
    }
}

/// The worst finding; of goroutines, with how many leak in all.
fn told(report: &Report, first: &Finding) -> String {
    let lead = lead(report, first);
    let section = report.goroutines.as_ref().filter(|_| is_of_goroutines(first));
    match section.and_then(|section| goroutine_answer(section, first.subject)) {
        Some((Verdict::Leak, answer)) => format!("{answer}. {lead}"),
        _ => lead,
    }
}

/// The name of a finding's service, where there are several.
fn whose(report: &Report, finding: &Finding) -> Option<String> {
    let mut services = report.services();
    services.next()?;
    services.next()?;
    let subject = report.subjects.iter().find(|subject| Some(subject.id) == finding.subject)?;
    Some(subject.label())
}

fn is_of_goroutines(finding: &Finding) -> bool {
    finding.code.starts_with("goroutine.")
}

/// How many findings are not told: the sum of what leaks tells of all that are of goroutines.
fn more(first: &Finding, rest: &[&Finding]) -> usize {
    rest.len() - rest.iter().filter(|other| is_told_with(first, other)).count()
}

fn is_told_with(first: &Finding, other: &Finding) -> bool {
    is_of_goroutines(first) && is_of_goroutines(other) && other.subject == first.subject
}

fn with_more(answer: &str, more: usize, causes: &[&str]) -> String {
    let named = if causes.is_empty() { String::new() } else { format!(": {}", causes.join("; ")) };
    match more {
        0 => answer.to_owned(),
        1 => format!("{answer} 1 more finding{named}."),
        more => format!("{answer} {more} more findings{named}."),
    }
}

/// Findings that show one cause from several sides, as connections, as descriptors, as goroutines: the one that
/// names it best comes first.
const SIDES: [&[&str]; 3] = [
    &["net.accept.", "net.backlog.", "goroutine.semaphore-exhausted"],
    &["goroutine.http-body-not-closed", "net.close_wait.", "net.conns.grow", "net.rowless", "fd.leak.socket"],
    &["fd.leak.pidfd", "fd.leak.pipe"],
];

/// Other causes that the answer names at most.
const CAUSES: usize = 3;

/// Which of the sides of a cause a finding is, if it is of one that has several.
fn side(finding: &Finding) -> Option<(usize, usize)> {
    SIDES.iter().enumerate().find_map(|(cause, codes)| {
        Some((cause, codes.iter().position(|code| finding.code.starts_with(code))?))
    })
}

/// What the findings after the first say that it does not: a title for each cause, the worst first.
fn causes<'r>(first: &Finding, rest: &[&'r Finding]) -> Vec<&'r str> {
    let is_one = |a: &Finding, b: &Finding| {
        let is_side = || side(a).zip(side(b)).is_some_and(|(a, b)| a.0 == b.0);
        a.subject == b.subject && (a.code == b.code || is_side())
    };
    let mut named: Vec<&'r Finding> = Vec::new();
    for &other in rest.iter().filter(|other| !is_told_with(first, other)) {
        match named.iter_mut().find(|known| is_one(known, other)) {
            Some(known) if side(other) < side(known) => *known = other,
            Some(_) => {}
            None if !is_one(first, other) => named.push(other),
            None => {}
        }
    }
    // What a container is called is said once.
    let (_, told) = first.headline();
    let title = |finding: &'r Finding| match finding.headline() {
        (title, of) if of == told => title,
        _ => finding.title.as_str(),
    };
    named.into_iter().map(title).take(CAUSES).collect()
}

/// What happened, in the finding's first sentence, and the line of code that is behind it.
fn lead(report: &Report, finding: &Finding) -> String {
    let mut told = sentences(&finding.claim);
    let Some(first) = told.next() else { return finding.title.clone() };
    if names_code(first) {
        return first.to_owned();
    }
    if let Some(named) = told.find(|sentence| names_code(sentence)) {
        return format!("{first} {named}");
    }
    let allocates =
        |other: &&Finding| other.subject == finding.subject && other.code.starts_with("prof.heap.");
    let of_code = report.findings.iter().filter(allocates).flat_map(|other| sentences(&other.claim));
    match of_code.into_iter().find(|sentence| names_code(sentence)) {
        Some(named) if finding.code.starts_with("mem.") => format!("{first} {named}"),
        _ => first.to_owned(),
    }
}

/// True if a sentence has a place in Go source.
fn names_code(sentence: &str) -> bool {
    sentence.contains(".go:")
}

/// The sentences of a claim. One that a capture's own words break in two is two.
pub fn sentences(claim: &str) -> impl Iterator<Item = &str> {
    let mut rest = claim.trim();
    std::iter::from_fn(move || {
        let ends = rest.match_indices(". ").map(|(at, _)| at + 1);
        let is_start = |at: &usize| {
            rest.get(at + 1..).and_then(|next| next.chars().next()).is_some_and(|c| !c.is_lowercase())
        };
        let end = ends.into_iter().find(is_start).unwrap_or(rest.len());
        let (sentence, after) = rest.split_at_checked(end)?;
        rest = after.trim_start();
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// What is said where nothing serious was found: health only if what matters was judged.
fn calm(report: &Report) -> (String, Outcome) {
    // What the captures cannot tell is not health.
    if let Some(suspected) = report.findings.iter().find(|finding| finding.code.ends_with(".suspect")) {
        return (suspected.claim.clone(), Outcome::Unjudged);
    }
    let goroutines = report.goroutines.as_ref().and_then(|section| goroutine_answer(section, None));
    let moment = moment(report);
    let open = moment.map(open_questions).unwrap_or_default();
    // Profiles, traces and collections say where time and memory go, not whether that is well.
    let is_unjudged = goroutines.as_ref().is_some_and(|(verdict, _)| *verdict != Verdict::Benign);
    let answered = goroutines.is_some() || moment.is_some_and(|moment| charged_of_limit(moment).is_some());
    let mut said: Vec<String> = Vec::new();
    let passed = checks(report);
    // Growth that is not proven is no health either.
    let growth = report.findings.iter().find(|finding| finding.code == "prof.heap.growth");
    let growth = growth.and_then(|finding| sentences(&finding.claim).next());
    said.extend(growth.map(|claim| format!("Memory may be leaking. {claim}")));
    let excerpt = partial::excerpt(report).filter(|_| !is_unjudged);
    let working_set = partial::working_set(report).filter(|set| moment.is_none() || set.is_full);
    let restarted = report.findings.iter().find(|finding| finding.code == RESTARTED);
    let is_healthy = open.is_empty()
        && working_set.as_ref().is_none_or(|set| !set.is_full)
        && restarted.is_none()
        && growth.is_none()
        && !is_unjudged
        && excerpt.is_none()
        && answered
        && report.checks_run > 0;
    if is_healthy {
        said.push(format!("No problem found: {passed} passed."));
    }
    said.extend(open);
    said.extend(restarted.filter(|_| answered).map(|finding| finding.claim.clone()));
    said.extend(goroutines.map(|(_, answer)| format!("{answer}.")));
    said.extend(excerpt);
    said.extend(moment.map(memory::charged));
    said.extend(working_set.map(|set| set.told));
    // Where the service was not judged, what the captures show is the answer.
    const TOLD: [&str; 2] = [RESTARTED, "crash.asked-for"];
    let told = || report.findings.iter().find(|finding| TOLD.contains(&finding.code.as_str()));
    let shown = || {
        code(report)
            .or_else(|| told().map(|finding| finding.claim.clone()))
            .or_else(|| report.traces.first().map(trace))
            .or_else(|| partial::collections(report))
            .or_else(|| resources(report))
            .or_else(|| tables(report))
            .or_else(|| memory::reading(report))
    };
    if !answered {
        said.extend(shown());
    }
    if said.is_empty() {
        let files = text::counted(
            to_u64(report.sources.iter().filter(|row| is_usable(row)).count()),
            "file",
            "files",
        );
        let is_recipe = |row: &SourceRow| is_usable(row) && row.is_recipe();
        if report.checks_run > 0 && report.sources.iter().any(is_recipe) {
            let told = format!(
                "No problem in the configuration in {files}: {passed} passed. To check the running service, add captures."
            );
            return (told, Outcome::Unjudged);
        }
        if report.sources.iter().any(is_recipe) {
            let told = format!("Nothing to check in {files}: no container is known to run a Go program.");
            return (told, Outcome::Unjudged);
        }
        return (
            format!("Nothing to check in {files}: no check applies to the contents."),
            Outcome::Unjudged,
        );
    }
    if !is_healthy && report.checks_run > 1 {
        said.push(format!("{passed} passed."));
    }
    (said.join(" "), if is_healthy { Outcome::Healthy } else { Outcome::Unjudged })
}

/// What was counted of sockets, descriptors, threads and processors: the first line of the last moment.
fn resources(report: &Report) -> Option<String> {
    let moment = report.resources.as_ref()?.snapshots.last()?;
    let (title, line) = moment.facts().into_iter().next()?;
    let line = visible(&line).into_owned();
    Some(match title {
        "Connections" => format!("{line}. Three captures are needed to detect leaks."),
        _ => format!("{title}: {line}."),
    })
}

/// What other tools counted: what a rule says of it, else the first row of the first table.
fn tables(report: &Report) -> Option<String> {
    let table = report.tables.first()?;
    let told =
        report.findings.iter().find(|finding| TOOLS.iter().any(|family| finding.code.starts_with(family)));
    let row = || {
        let (row, column) = (table.rows.first()?, table.columns.first()?);
        let figure = column.text(row.values.first().copied().flatten());
        Some(format!("{}: {}, {} {figure}.", table.title, row.name, column.title.to_lowercase()))
    };
    told.map(|finding| finding.claim.clone()).or_else(row)
}

/// Families of rules on what other tools counted.
const TOOLS: [&str; 2] = ["ebpf.", "otel."];

fn checks(report: &Report) -> String {
    text::counted(report.checks_run, "check", "checks")
}

/// What of a moment without findings keeps it from being an all-clear.
fn open_questions(moment: &MemorySnapshot) -> Vec<String> {
    let is_full =
        charged_of_limit(moment).is_some_and(|(part, whole)| is_share(part, whole, NEARLY_FULL_PERCENT));
    let full = is_full.then(|| "The container is nearly full.".to_owned());
    full.into_iter().chain(unexplained(moment)).collect()
}

fn is_share(part: Bytes, whole: Bytes, percent: i64) -> bool {
    whole.0 > 0 && i128::from(part.0) * 100 >= i128::from(whole.0) * i128::from(percent)
}

/// The moment that matters: the kill, if there was one, else the main subject's last.
pub fn moment(report: &Report) -> Option<&MemorySnapshot> {
    let memory = report.memory.as_ref()?;
    let killed = memory.snapshots.iter().rev().find(|moment| moment.snapshot == AT_OOM_KILL);
    Some(killed.unwrap_or(&memory.latest)).filter(|moment| !moment.layers.is_empty())
}

fn layer(moment: &MemorySnapshot, id: LayerId) -> Option<Bytes> {
    moment.layers.iter().find(|layer| layer.id == id).map(|layer| layer.bytes)
}

fn charged_of_limit(moment: &MemorySnapshot) -> Option<(Bytes, Bytes)> {
    Some((layer(moment, LayerId::Cgroup)?, moment.limit?))
}

/// The largest part of the outermost layer, if it is a notable one.
pub fn largest_part(moment: &MemorySnapshot) -> Option<&LedgerRow> {
    let whole = moment.layers.iter().map(|layer| layer.bytes).max()?;
    let rows = moment.ledger.iter().filter(|row| !row.is_total && row.id != "headroom");
    rows.max_by_key(|row| row.bytes).filter(|row| is_share(row.bytes, whole, NOTABLE_PERCENT))
}

/// The label of a ledger row within a sentence: "file cache", but "Go heap" and "GC".
fn in_sentence(label: &str) -> String {
    let mut chars = label.chars();
    let is_word = label.chars().nth(1).is_none_or(|second| second.is_lowercase() || second == ' ');
    match chars.next() {
        Some(first) if is_word && !label.starts_with("Go ") => first.to_lowercase().chain(chars).collect(),
        _ => label.to_owned(),
    }
}

/// A part of the container that no file explains.
fn unexplained(moment: &MemorySnapshot) -> Option<String> {
    let whole = layer(moment, LayerId::Cgroup)?;
    let rows = moment.ledger.iter().filter(|row| row.layer == LayerId::Cgroup && !row.is_total);
    let row = rows.filter(|row| row.class == LedgerClass::Residual).max_by_key(|row| row.bytes)?;
    let is_large = row.bytes >= UNEXPLAINED_LEAST && is_share(row.bytes, whole, UNEXPLAINED_PERCENT);
    is_large.then(|| {
        format!(
            "{} of the {} charged is not explained by the files ({}).",
            bytes(row.bytes),
            bytes(whole),
            in_sentence(&row.label)
        )
    })
}

/// What profiles say of where time and memory go.
fn code(report: &Report) -> Option<String> {
    let told = report.findings.iter().find(|finding| finding.code.starts_with("prof."));
    if let Some(told) = told {
        return Some(sentences(&told.claim).take(2).collect::<Vec<_>>().join(" "));
    }
    // A trace's own profiles are told as the trace.
    let mut own = report.profiles.iter().filter(|profile| profile.kind.as_deref() != Some("trace"));
    own.next().map(profile)
}

fn profile(profile: &ProfileSummary) -> String {
    let kind = visible(profile.kind.as_deref().unwrap_or("pprof")).into_owned();
    let samples = text::counted(profile.samples, "sample", "samples");
    let column = profile.sample_types.iter().find(|column| column.kind == profile.default_sample_type);
    match column {
        // A row of a sampler that counts may stand for several.
        Some(column) if column.kind == "samples" => {
            let count = u64::try_from(column.total).unwrap_or(0);
            format!("A profile ({kind}) of {}.", text::counted(count, "sample", "samples"))
        }
        Some(column) => format!(
            "A profile ({kind}) of {samples}: {} of {}.",
            text::profile_value(column.total, &column.unit),
            visible(&column.kind)
        ),
        None => format!("A profile ({kind}) of {samples}."),
    }
}

fn trace(trace: &super::trace::Trace) -> String {
    let nanos = i64::try_from(trace.to.saturating_sub(trace.from)).unwrap_or(i64::MAX);
    let longest = trace.pauses.iter().filter_map(|pause| Some(pause.end?.saturating_sub(pause.begin))).max();
    let longest = longest.and_then(|nanos| i64::try_from(nanos).ok());
    let pause = longest.map(|nanos| format!(", longest pause {}", text::duration(Nanos(nanos))));
    format!(
        "The trace covers {}: {}{}.",
        text::duration(Nanos(nanos)),
        text::counted(trace.goroutines_existed, "goroutine", "goroutines"),
        pause.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Critical, Healthy, Unjudged, Unreadable, Warning};
    use super::*;
    use crate::detectors::testing::report;

    fn dump(groups: &[(u32, &str)]) -> String {
        let goroutine = |id: u32, state: &str| {
            format!("goroutine {id} [{state}]:\nmain.work()\n\t/app/main.go:7 +0x1d\n\n")
        };
        groups.iter().map(|&(id, state)| goroutine(id, state)).collect()
    }

    #[test]
    fn a_sentence_ends_before_a_capital_or_a_figure_and_not_within_a_name() {
        let claim = "1 waits in main.f (a.go:3). 12 \u{2192} 40 over two dumps. e.g. none";
        let told: Vec<_> = sentences(claim).collect();
        assert_eq!(told, ["1 waits in main.f (a.go:3).", "12 \u{2192} 40 over two dumps. e.g. none"]);
        assert_eq!(sentences("").count(), 0);
    }

    #[test]
    fn other_causes_are_named_once_each_and_sides_of_one_cause_are_not() {
        let finding = |code: &str, title: &str| {
            let json = serde_json::json!({
                "code": code, "severity": "warning", "confidence": "likely", "title": title, "claim": title,
                "citations": [{"source": 0}], "against": [], "advice": []
            });
            serde_json::from_value::<Finding>(json).expect("a finding")
        };
        let first = finding("net.backlog.overflow", "Overflow");
        let rest = [
            finding("net.accept.stopped", "Stopped"),
            finding("fd.leak.pipe", "Pipes"),
            finding("fd.leak.pidfd", "Children"),
            finding("mem.native", "Native"),
        ];
        let rest: Vec<&Finding> = rest.iter().collect();
        assert_eq!(causes(&first, &rest), ["Children", "Native"]);
        let leak = finding("goroutine.mutex-held", "Mutex");
        assert_eq!(causes(&leak, &[&finding("goroutine.ticker", "Ticker")]), Vec::<&str>::new());
    }

    #[test]
    fn a_crash_is_critical_and_names_its_message_and_line() {
        let text =
            "panic: boom\n\ngoroutine 1 [running]:\nmain.work()\n\t/app/main.go:7 +0x1d\nexit status 2\n";
        let report = report(&[("out.txt", text.as_bytes())]);
        assert_eq!(report.outcome, Critical);
        for words in ["boom", "main.work", "main.go:7"] {
            assert!(report.verdict.contains(words), "{}", report.verdict);
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_the_reason_and_the_command_for_another() {
        let report = report(&[("heap.pb.gz", b"404 page not found\n")]);
        assert_eq!(report.outcome, Unreadable);
        assert!(report.verdict.starts_with("heap.pb.gz could not be read: "), "{}", report.verdict);
        assert!(report.verdict.contains("404"), "{}", report.verdict);
        let command =
            report.sources.first().and_then(SourceRow::recapture).map(|recapture| recapture.command);
        assert_eq!(command, Some("curl -fo heap.pb.gz http://localhost:6060/debug/pprof/heap"));
    }

    #[test]
    fn a_dump_that_is_judged_as_a_whole_is_healthy_and_one_that_is_not_is_not() {
        let healthy = report(&[("g.txt", dump(&[(1, "running"), (2, "running")]).as_bytes())]);
        assert_eq!(healthy.outcome, Healthy, "{}", healthy.verdict);
        assert!(healthy.verdict.starts_with("No problem found: "), "{}", healthy.verdict);
        let unjudged = report(&[("g.txt", dump(&[(1, "running"), (2, "select"), (3, "select")]).as_bytes())]);
        assert_ne!(unjudged.outcome, Healthy, "{}", unjudged.verdict);
        assert!(!unjudged.verdict.contains("No problem"), "{}", unjudged.verdict);
        // A stack that a program printed of itself is no dump.
        let lone = report(&[("g.txt", dump(&[(1, "running")]).as_bytes())]);
        assert_eq!(lone.outcome, Unjudged, "{}", lone.verdict);
        assert!(lone.verdict.contains("running goroutine alone"), "{}", lone.verdict);
    }

    #[test]
    fn a_charge_without_a_limit_is_told_and_not_judged() {
        let report = report(&[("memory.current", b"84934656\n")]);
        assert_eq!(report.outcome, Unjudged);
        assert!(report.verdict.contains("81.0 MiB is charged"), "{}", report.verdict);
        assert!(report.verdict.contains("limit is not in the files"), "{}", report.verdict);
    }

    #[test]
    fn a_container_is_healthy_with_room_below_its_limit_and_never_when_nearly_full() {
        let stat = |anon: u64, file: u64| format!("anon {anon}\nfile {file}\nkernel 0\nslab 0\nsock 0\n");
        let of = |charged: u64, anon: u64| {
            let (current, stat) = (format!("{charged}\n"), stat(anon, charged - anon));
            report(&[
                ("memory.current", current.as_bytes()),
                ("memory.stat", stat.as_bytes()),
                ("memory.max", b"104857600\n"),
            ])
        };
        let healthy = of(31_457_280, 20_971_520);
        assert_eq!(healthy.outcome, Healthy, "{}", healthy.verdict);
        assert!(healthy.verdict.contains("30.0% of the limit of 100.0 MiB"), "{}", healthy.verdict);
        let full = of(104_647_885, 20_971_520);
        assert_ne!(full.outcome, Healthy, "{}", full.verdict);
        assert!(full.verdict.contains("99.8% of the limit"), "{}", full.verdict);
    }

    #[test]
    fn a_lost_part_of_the_input_is_never_healthy() {
        let text = dump(&[(1, "running")]);
        let mut whole = report(&[("g.txt", text.as_bytes()), ("heap.pb.gz", b"\x1f\x8b\x08\x00\x00")]);
        assert_ne!(whole.outcome, Healthy, "{}", whole.verdict);
        assert!(whole.verdict.contains("heap.pb.gz"), "{}", whole.verdict);
        whole.findings.clear();
        settle(&mut whole);
        assert!(whole.outcome < Healthy && whole.outcome != Warning);
    }
}
