//! Which captures are of which container: by names that both state. Nothing is joined because it is the
//! only one; of several containers that fit alike, none is.

use super::joins::is_foreign;
use super::{Unit, image_name};
use crate::analysis::memory::term::View;
use crate::base::intern::StringTable;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::evidence::recipe::{Container, Dialect};
use crate::report::{Subject, SubjectId};

/// The kernel cuts names of processes to so many bytes (TASK_COMM_LEN less its end).
const COMM: usize = 15;

/// Names that tools give where they know none.
const GENERIC: [&str; 6] = ["service", "capture", "pod", "container", "process", "files"];

/// The captures of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Replicas are several.
    pub subjects: Vec<SubjectId>,
    /// Which names agree: `the captured process is called api`.
    pub because: String,
}

/// How well two names tie a capture to a container, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    /// The names of what is around it: the workload, the image.
    Around,
    /// The container's own name, or its program's.
    Own,
}

/// A name that a capture states, and who states it.
struct Name<'s> {
    text: &'s str,
    /// `the captured process is called`
    said: &'static str,
    is_pod: bool,
}

/// Joins each container with the captures of it, and takes it for Go if they are of a Go program.
pub(super) fn join(units: &mut [Unit<'_>], evidence: &Evidence, subjects: &[Subject]) {
    for subject in subjects {
        let names = names(evidence, subject);
        let ties: Vec<(usize, Tie, String)> = units
            .iter()
            .enumerate()
            .filter_map(|(index, unit)| {
                let (tie, because) = tie(unit, &names)?;
                Some((index, tie, because))
            })
            .collect();
        let Some(best) = ties.iter().map(|(_, tie, _)| *tie).max() else { continue };
        let best: Vec<&(usize, Tie, String)> = ties.iter().filter(|(_, tie, _)| *tie == best).collect();
        let container = |index: usize| units.get(index).and_then(|unit| unit.container);
        let first = best.first().and_then(|(index, ..)| container(*index));
        let are_one = best.iter().all(|(index, ..)| {
            first.zip(container(*index)).is_some_and(|(first, other)| is_same(first, other))
        });
        if !are_one {
            continue;
        }
        let go = go_of(evidence, subject);
        for (index, _, because) in best {
            let Some(unit) = units.get_mut(*index) else { continue };
            unit.go = unit.go.or(go);
            let capture = unit
                .capture
                .get_or_insert_with(|| Capture { subjects: Vec::new(), because: because.clone() });
            capture.subjects.push(subject.id);
        }
    }
}

/// True for two statements of one container: a pod's name begins with its workload's.
fn is_same(a: &Container, b: &Container) -> bool {
    let name = |container: &'_ Container| {
        container.workload.split_once('/').map_or(String::new(), |(_, name)| name.to_owned())
    };
    let (first, second) = (name(a), name(b));
    let begins = |long: &str, short: &str| is_pod_of(long, short);
    let is_one = first.is_empty()
        || second.is_empty()
        || first == second
        || begins(&first, &second)
        || begins(&second, &first);
    a.name == b.name && is_one
}

/// `shop-7d9f8c6b5-x2x5l` of `shop`, `shop-0` of `shop`.
fn is_pod_of(pod: &str, workload: &str) -> bool {
    let Some(rest) = pod.strip_prefix(workload).and_then(|rest| rest.strip_prefix('-')) else { return false };
    let parts: Vec<&str> = rest.split('-').collect();
    // Kubernetes names with letters that spell no words (apimachinery, util/rand).
    let is_safe = |part: &&str| part.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte));
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = |part: &&str| {
        !part.is_empty() && (is_number(part) || (is_safe(part) && (5..=10).contains(&part.len())))
    };
    !workload.is_empty() && parts.len() <= 2 && parts.iter().all(is_id)
}

/// What a capture calls itself: its processes, its folder, what whoever captured says of it.
fn names<'s>(evidence: &'s Evidence, subject: &'s Subject) -> Vec<Name<'s>> {
    let sources: Vec<SourceId> = subject.sources().collect();
    let own = evidence.memory.records.iter().filter(|record| {
        record.kind == RecordKind::Process
            && record.level == StringTable::EMPTY
            && sources.contains(&record.source)
    });
    let mut names: Vec<Name<'_>> = Vec::new();
    for record in own {
        let view = View { evidence, record };
        let text = match view.file() {
            "status" => view.text("Name"),
            "stat" => view.text("comm"),
            _ => None,
        };
        if let Some(text) = text.filter(|text| names.iter().all(|name| name.text != *text)) {
            names.push(Name { text, said: "the captured process is called", is_pod: false });
        }
    }
    // Of the files of many processes none tells which one is meant.
    if names.len() > 3 {
        names.clear();
    }
    let folder = subject.name.as_deref().filter(|name| !GENERIC.contains(name));
    names.extend(folder.map(|text| Name { text, said: "the capture is called", is_pod: true }));
    for (key, text) in &subject.labels {
        let said = "the capture is labelled";
        match key.as_str() {
            "container" | "app" | "deployment" | "service" => names.push(Name { text, said, is_pod: false }),
            "pod" => names.push(Name { text, said, is_pod: true }),
            _ => {}
        }
    }
    names
}

fn tie(unit: &Unit<'_>, names: &[Name<'_>]) -> Option<(Tie, String)> {
    let container = unit.container.filter(|container| {
        !container.is_init && container.dialect != Dialect::Image && !is_foreign(container)
    })?;
    let command = container.command.as_ref().and_then(|command| command.value.first());
    let command = command.map(|word| word.rsplit('/').next().unwrap_or(word));
    let mut own: Vec<&str> = vec![container.name.as_str()];
    own.extend(command.filter(|word| !word.ends_with("sh")));
    own.extend(unit.program.map(|program| program.name.as_str()));
    own.extend(unit.build.iter().flat_map(|build| &build.programs).map(String::as_str));
    let workload = container.workload.split_once('/').map_or("", |(_, name)| name);
    let mut around: Vec<&str> = vec![workload];
    around.extend(container.image.as_deref().map(image_name));
    let is = |name: &Name<'_>, other: &str| {
        let is_cut = name.text.len() == COMM && other.starts_with(name.text);
        !other.is_empty() && (other == name.text || is_cut)
    };
    let find = |list: &[&str]| names.iter().find(|name| list.iter().any(|other| is(name, other)));
    let is_in_pod = |name: &&Name<'_>| name.is_pod && is_pod_of(name.text, workload);
    let (tie, name) = match find(&own) {
        Some(name) => (Tie::Own, name),
        None => (Tie::Around, find(&around).or_else(|| names.iter().find(is_in_pod))?),
    };
    Some((tie, format!("{} {}", name.said, name.text)))
}

/// What shows that a capture is of a Go program.
fn go_of(evidence: &Evidence, subject: &Subject) -> Option<SourceSpan> {
    let sources: Vec<SourceId> = subject.sources().collect();
    let is_own = |source: &SourceId| sources.contains(source);
    let mut records = evidence.memory.records.iter().filter(|record| is_own(&record.source));
    let runtime = records.find(|record| record.kind == RecordKind::Runtime).map(|record| record.source);
    let dump = sources.iter().copied().find(|source| evidence.goroutines.of_source(*source).next().is_some());
    let versioned = sources
        .iter()
        .copied()
        .find(|source| evidence.sources.get(*source).is_some_and(|source| source.go_version.is_some()));
    let source = runtime.or(dump).or(versioned)?;
    Some(SourceSpan { source, at: Position::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_told_by_the_name_of_its_workload() {
        for (pod, workload) in
            [("shop-7d9f8c6b5-x2x5l", "shop"), ("shop-0", "shop"), ("shop-api-5c6f7d-bcdfg", "shop-api")]
        {
            assert!(is_pod_of(pod, workload), "{pod}");
        }
        for (pod, workload) in [
            ("shop-api-0", "shop"),
            ("shop", "shop"),
            ("shopper-0", "shop"),
            ("shop-cache", "shop"),
            ("x", ""),
        ] {
            assert!(!is_pod_of(pod, workload), "{pod}");
        }
    }
}
