//! The report of one service out of a drop of several.

use std::collections::BTreeSet;

use super::{Report, Subject, SubjectId, verdict};
use crate::base::source::SourceId;

impl Subject {
    /// A name for people.
    pub fn label(&self) -> String {
        match (&self.name, self.pid) {
            (Some(name), _) => super::plain_text::visible(name).into_owned(),
            (None, Some(pid)) => format!("process {pid}"),
            (None, None) => format!("unnamed {}", self.id.0 + 1),
        }
    }
}

impl Report {
    /// Processes and containers that lie in no other one and that something was read of.
    pub fn services(&self) -> impl Iterator<Item = &Subject> {
        let is_known = |id| self.subjects.iter().any(|subject| subject.id == id);
        self.subjects.iter().filter(move |subject| {
            subject.parent.is_none_or(|parent| parent == subject.id || !is_known(parent))
                && subject.sources().next().is_some()
        })
    }

    /// What is said of one service and of what lies in it, with a verdict of its own. The
    /// inventory stays whole, for ids are places in it.
    #[must_use]
    pub fn scoped(&self, service: SubjectId) -> Self {
        let mut inside = BTreeSet::from([service]);
        // A subject may lie in one that comes after it.
        for _ in 0..self.subjects.len() {
            let before = inside.len();
            inside.extend(
                self.subjects
                    .iter()
                    .filter(|subject| subject.parent.is_some_and(|parent| inside.contains(&parent)))
                    .map(|subject| subject.id)
                    .collect::<Vec<_>>(),
            );
            if inside.len() == before {
                break;
            }
        }
        let is_of = |subject: &Option<SubjectId>| subject.is_none_or(|id| inside.contains(&id));
        let is_source_of =
            |id: SourceId| self.sources.iter().find(|row| row.id == id).is_none_or(|row| is_of(&row.subject));
        let mut report = self.clone();
        report.subjects.retain(|subject| inside.contains(&subject.id));
        report.findings.retain(|finding| is_of(&finding.subject));
        report.profiles.retain(|profile| is_source_of(profile.source));
        report.tables.retain(|table| is_source_of(table.source));
        report.heap_sites.retain(|site| inside.contains(&site.subject));
        report.traces.retain(|trace| is_of(&trace.subject));
        report.memory = report.memory.and_then(|mut memory| {
            memory.snapshots.retain(|moment| inside.contains(&moment.subject));
            if !inside.contains(&memory.latest.subject) {
                memory.latest = memory.snapshots.iter().rfind(|moment| moment.subject == service)?.clone();
            }
            Some(memory)
        });
        report.goroutines = report.goroutines.and_then(|mut section| {
            section.snapshots.retain(|snapshot| inside.contains(&snapshot.subject));
            section.groups.retain(|group| inside.contains(&group.subject));
            section.crashes.retain(|crash| inside.contains(&crash.subject));
            let is_empty = section.snapshots.is_empty() && section.crashes.is_empty();
            (!is_empty).then_some(section)
        });
        report.gc = report.gc.and_then(|mut gc| {
            gc.runs.retain(|run| is_of(&run.subject));
            (!gc.runs.is_empty()).then_some(gc)
        });
        report.resources = report.resources.and_then(|mut resources| {
            resources.snapshots.retain(|snapshot| inside.contains(&snapshot.subject));
            (!resources.snapshots.is_empty()).then_some(resources)
        });
        verdict::settle(&mut report);
        report
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::report;
    use crate::report::Outcome;

    const STUCK: &str =
        "goroutine 9 [chan receive (nil chan), 12 minutes]:\nmain.wait()\n\t/app/wait.go:5 +0x1d\n";
    const FINE: &str = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\n\ngoroutine 2 [running]:\nmain.work()\n\t/app/main.go:9 +0x1d\n";

    #[test]
    fn each_service_of_a_drop_has_its_own_verdict() {
        let whole = report(&[
            ("api/t0/goroutine.txt", STUCK.as_bytes()),
            ("worker/t0/goroutine.txt", FINE.as_bytes()),
        ]);
        let ids: Vec<_> = whole.services().map(|subject| (subject.label(), subject.id)).collect();
        assert_eq!(ids.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["api", "worker"]);
        let [api, worker] = [0, 1].map(|at| whole.scoped(ids[at].1));
        assert!(api.verdict.contains("wait.go:5"), "{}", api.verdict);
        assert_eq!(api.findings, whole.findings);
        assert_eq!(worker.outcome, Outcome::Healthy, "{}", worker.verdict);
        assert!(worker.findings.is_empty() && !worker.verdict.contains("wait.go"), "{}", worker.verdict);
        assert_eq!(worker.sources, whole.sources);
    }
}
