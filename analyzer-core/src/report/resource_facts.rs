//! What a moment says of sockets, descriptors, threads and processors, as lines for people: the texts
//! and the verdict show the same.

use super::number_format::{basis_points, count_u64, counted, cpus};
use super::resources::{Connections, Cpu, Descriptors, ResourceSnapshot, Side, Sockets, Threads};
use crate::base::convert::to_u64;
use crate::report::Citation;

/// Rows of a kind that a line names.
const SHOWN: usize = 4;

impl ResourceSnapshot {
    /// Titles and lines, in a fixed order.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if let Some(sockets) = &self.sockets {
            facts.push(("Connections", connections(sockets)));
            facts.extend(queue(sockets).map(|line| ("Accept queue", line)));
        }
        facts.extend(self.registries.iter().map(|service| ("Registry", service.told())));
        facts.extend(self.descriptors.as_ref().map(|open| ("Descriptors", descriptors(open))));
        facts.extend(self.threads.as_ref().and_then(threads).map(|line| ("Threads", line)));
        facts.extend(self.cpu.as_ref().and_then(cpu).map(|line| ("CPU", line)));
        facts
    }
}

fn connections(sockets: &Sockets) -> String {
    let scope = if sockets.is_own { "of the process" } else { "of the network namespace" };
    let rows: Vec<String> = sockets.connections.iter().take(SHOWN).map(connection).collect();
    let rest = sockets.connections.len().saturating_sub(SHOWN);
    let total: u64 = sockets.connections.iter().map(|row| row.count).sum();
    let listed = if rows.is_empty() { String::new() } else { format!(": {}", rows.join(", ")) };
    let more = if rest > 0 {
        format!(", and {}", counted(to_u64(rest), "more row", "more rows"))
    } else {
        String::new()
    };
    format!("{} {scope}{listed}{more}", counted(total, "connection", "connections"))
}

fn connection(row: &Connections) -> String {
    let side = match row.side {
        Side::Client => "to",
        Side::Server => "incoming",
        Side::Unknown => "with",
    };
    format!("{} {} {side} {}", count_u64(row.count), row.state.name(), row.peer)
}

/// The fullest queue, if anything waits.
fn queue(sockets: &Sockets) -> Option<String> {
    let fullest = sockets.listeners.iter().max_by_key(|row| row.queue)?;
    let waiting = fullest.queue.filter(|waiting| *waiting > 0)?;
    let most = fullest.backlog.map_or_else(String::new, |most| format!(" of {}", count_u64(most)));
    Some(format!("{}{most} wait on {}", count_u64(waiting), fullest.address))
}

fn descriptors(open: &Descriptors) -> String {
    let most =
        open.soft_limit.as_ref().and_then(limit).map_or_else(String::new, |most| format!(" of {most}"));
    let kinds = open.kinds.iter().take(SHOWN);
    let kinds: Vec<String> =
        kinds.map(|row| format!("{} {}", count_u64(row.count), row.kind.plural())).collect();
    format!("{}{most} open: {}", count_u64(open.total), kinds.join(", "))
}

fn threads(threads: &Threads) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(threads.total.as_ref().and_then(limit));
    if let Some(pids) = threads.pids.as_ref().and_then(limit) {
        let most =
            threads.pids_max.as_ref().and_then(limit).map_or_else(String::new, |most| format!(" of {most}"));
        parts.push(format!("{pids}{most} in the cgroup"));
    }
    // Threads alone stand with the process's other figures.
    if parts.len() < 2 && threads.waits.is_empty() {
        return None;
    }
    let waits = threads.waits.iter().take(2);
    parts.extend(waits.map(|wait| format!("{} wait in {}", count_u64(wait.count), wait.function)));
    Some(parts.join(", "))
}

fn cpu(cpu: &Cpu) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(cpu.quota_milli.map(|quota| format!("quota {} CPU", cpus(quota))));
    parts.extend(cpu.outer_quota_milli.map(|quota| format!("quota of a parent cgroup {} CPU", cpus(quota))));
    parts.extend(cpu.no_quota.as_ref().map(|_| "no quota".to_owned()));
    parts.extend(cpu.gomaxprocs.map(|procs| format!("GOMAXPROCS {procs}")));
    let periods = cpu.periods.as_ref().and_then(limit).zip(cpu.throttled.as_ref().and_then(limit));
    parts.extend(
        periods.map(|(all, throttled)| format!("throttled in {throttled} of {all} periods since start")),
    );
    let pressure = cpu.pressure.as_ref().and_then(|pressure| pressure.value);
    parts.extend(pressure.map(|share| format!("CPU pressure {} of the last minute", basis_points(share))));
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A figure as text; `None` without an end.
fn limit(citation: &Citation) -> Option<String> {
    citation.finite().map(count_u64)
}
