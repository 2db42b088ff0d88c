//! The table of `kubectl get pods`: `NAME READY STATUS RESTARTS AGE`, or rows of it.

use crate::base::error::ParseError;
use crate::base::limits::CONTAINERS;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::names::NameParts;
use crate::formats::record::{RecordBuilder, nothing_found, text_lines};
use crate::formats::tables::{has_header, wide_cells};
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_header(line: &str) -> bool {
    let columns: Vec<&str> = line.split_whitespace().collect();
    ["NAME", "READY", "STATUS", "RESTARTS"].iter().all(|name| columns.contains(name))
}

/// The columns of a table whose header was not copied, by a row of it: `api-7  0/1  OOMKilled  4 (75s ago)  3m`,
/// after the namespace with `-A`.
pub(super) fn columns_of(row: &str) -> Option<&'static [&'static str]> {
    const COLUMNS: [&str; 6] = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"];
    let cells: Vec<&str> = wide_cells(row).take(COLUMNS.len()).collect();
    let is_count = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_ready =
        |cell: &str| cell.split_once('/').is_some_and(|(ready, all)| is_count(ready) && is_count(all));
    let at = cells.iter().take(3).position(|cell| is_ready(cell)).filter(|&at| at > 0)?;
    let status = cells.get(at + 1)?;
    let restarts = cells.get(at + 2)?.split(' ').next()?;
    let is_row = STATUSES.contains(&status.strip_prefix("Init:").unwrap_or(status))
        && is_count(restarts)
        && cells.get(at + 3).is_some_and(|age| age.starts_with(|first: char| first.is_ascii_digit()));
    COLUMNS.get(2 - at..).filter(|_| is_row)
}

/// What stands below STATUS (kubectl, pkg/printers; kubelet).
const STATUSES: [&str; 17] = [
    "Completed",
    "ContainerCannotRun",
    "ContainerCreating",
    "ContainerStatusUnknown",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "Error",
    "ErrImagePull",
    "Evicted",
    "Failed",
    "ImagePullBackOff",
    "NodeLost",
    "OOMKilled",
    "Pending",
    "PodInitializing",
    "Running",
    "Terminating",
];

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, |line| is_header(line) || columns_of(line).is_some()) {
        Sniff::ByContent
    } else {
        Sniff::No
    }
}

/// Parses the table. The status is the pod's reason, else that of the container
/// that is worst off (kubectl, pkg/printers).
/// # Errors
/// `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut columns: Vec<&str> = Vec::new();
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        if is_header(text) {
            columns = wide_cells(text).collect();
            continue;
        }
        if columns.is_empty() {
            columns.extend(columns_of(text).into_iter().flatten());
        }
        let cells: Vec<&str> = wide_cells(text).collect();
        let cell = |name: &str| {
            columns.iter().position(|column| *column == name).and_then(|at| cells.get(at)).copied()
        };
        let Some((name, status)) = cell("NAME").zip(cell("STATUS")) else { continue };
        if count == CONTAINERS {
            facts.is_partial = true;
            let message = format!("There are more than {CONTAINERS} pods; the rest is ignored.");
            facts.notes.data_loss("too-many-containers", Some(line.position()), message);
            break;
        }
        count += 1;
        let at = line.position();
        // An eviction is the pod's own; any other status is a container's.
        let is_pods = status == "Evicted";
        let level = if is_pods { "" } else { name };
        let parts = NameParts { level: level.to_owned(), ..NameParts::of(input.path, "pods") };
        let mut record = RecordBuilder::with_parts(input, evidence, RecordKind::Pod, "pods", &parts);
        record.text("pod", name, at);
        if is_pods {
            for (key, value) in [("name", name), ("phase", "Failed"), ("reason", status)] {
                record.text(key, value, at);
            }
        } else {
            record.text("role", "listed", at);
            record.text("state.reason", status.strip_prefix("Init:").unwrap_or(status), at);
        }
        let restarts = cell("RESTARTS").and_then(|cell| cell.split(' ').next()?.parse().ok());
        if let Some(restarts) = restarts {
            record.figure("restartCount", restarts, Unit::Count, at);
        }
        record.finish();
    }
    facts.kind = Some("pods".to_owned());
    if count == 0 { Err(nothing_found("kubectl get pods", "a row with a name and a status")) } else { Ok(()) }
}
