//! What is said of memory where nothing is wrong with it: how full it is, and with what.

use super::super::number_format::{self as text, bytes};
use super::super::{LayerId, MemorySnapshot, Report};
use super::{charged_of_limit, in_sentence, largest_part, layer};
use crate::base::units::Bytes;

/// Figures of a reading that the answer tells at most.
const FIGURES: usize = 4;

/// What a reading has of the Go runtime that does not say what the runtime holds in all.
pub(super) fn reading(report: &Report) -> Option<String> {
    let latest = &report.memory.as_ref()?.latest;
    if !latest.layers.is_empty() {
        return None;
    }
    let rows = latest.ledger.iter().filter(|row| row.layer == LayerId::Go && !row.is_total);
    let told: Vec<String> =
        rows.take(FIGURES).map(|row| format!("{} {}", in_sentence(&row.label), bytes(row.bytes))).collect();
    let Some(told) = Some(told.join(", ")).filter(|told| !told.is_empty()) else {
        return charges(report);
    };
    let obtained = latest.side.iter().find(|figure| figure.id == "go-sys");
    Some(match obtained {
        Some(sys) => format!(
            "The Go runtime has {told}. It obtained {} from the OS; how much of that it returned is not in the files.",
            bytes(Bytes(sys.value))
        ),
        None => format!("The Go runtime has {told}; the files do not show how much it holds in total."),
    })
}

/// What a part of `memory.stat` tells of a cgroup.
fn charges(report: &Report) -> Option<String> {
    let latest = &report.memory.as_ref()?.latest;
    let rows = latest.ledger.iter().filter(|row| row.layer == LayerId::Cgroup && row.bytes.0 > 0);
    let told: Vec<String> = rows
        .take(FIGURES)
        .map(|row| match row.id.as_str() {
            "cgroup-anon" => format!("anonymous memory {}", bytes(row.bytes)),
            _ => format!("{} {}", in_sentence(&row.label), bytes(row.bytes)),
        })
        .collect();
    (!told.is_empty()).then(|| {
        format!("The cgroup is charged for {}; its total usage is not in the files.", told.join(", "))
    })
}

/// How full it is, and with what.
pub(super) fn charged(moment: &MemorySnapshot) -> String {
    let largest = largest_part(moment)
        .map(|row| format!("; the largest part is {} ({})", in_sentence(&row.label), bytes(row.bytes)))
        .unwrap_or_default();
    if let Some((part, limit)) = charged_of_limit(moment) {
        return format!(
            "{} of the limit of {} is charged{largest}.",
            text::percent(part.0, limit.0),
            bytes(limit)
        );
    }
    if let Some(part) = layer(moment, LayerId::Cgroup) {
        return format!(
            "{} is charged to the container{largest}; its limit is not in the files.",
            bytes(part)
        );
    }
    if let Some(part) = layer(moment, LayerId::Process) {
        let is_resident = moment.ledger.iter().any(|row| row.id == "process-resident");
        let of = if is_resident { "resident memory, including file pages" } else { "anonymous memory" };
        return format!("The process holds {} of {of}{largest}.", bytes(part));
    }
    let part = layer(moment, LayerId::Go).unwrap_or_default();
    format!("The Go runtime holds {}{largest}{}.", bytes(part), returned(moment, part))
}

/// What the runtime gave back, where that is as much as it holds: who sees a larger RSS asks for it.
fn returned(moment: &MemorySnapshot, held: Bytes) -> String {
    let figure = moment.side.iter().find(|figure| figure.id == "heap-released");
    figure.filter(|figure| figure.value >= held.0).map_or_else(String::new, |figure| {
        format!(
            "; it returned {} to the OS, which the RSS still includes on Go 1.12 to 1.15 until the kernel needs it (MADV_FREE)",
            bytes(Bytes(figure.value))
        )
    })
}
