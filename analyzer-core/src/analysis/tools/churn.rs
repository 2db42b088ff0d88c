//! tcplife's sessions by the remote that we dialed, or by our port.

use std::collections::BTreeMap;

use crate::base::convert::{to_f64, to_u64};
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceId};
use crate::evidence::Evidence;
use crate::evidence::probes::Session;

/// Sessions of one process with one end that stays the same.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// The file.
    pub source: SourceId,
    /// The first of them.
    pub at: Position,
    /// The process's command.
    pub command: String,
    /// Its id.
    pub pid: u64,
    /// `10.0.0.9:5432`, or `:8080` where others dialed us.
    pub peer: String,
    /// True if we dialed.
    pub is_client: bool,
    /// How many.
    pub count: u64,
    /// The middle one's length in microseconds.
    pub median_micros: u64,
    /// The longest, in microseconds.
    pub longest_micros: u64,
    /// Sessions a second, where the rows state times at least a second apart.
    pub per_second: Option<f64>,
}

/// Sessions of every file: most first.
pub fn sessions(evidence: &Evidence) -> Vec<Sessions> {
    // How often a process has one port of ours, and one remote: the end that repeats is the service.
    let mut local: BTreeMap<(SourceId, u64, u16), u64> = BTreeMap::new();
    for row in &evidence.probes.sessions {
        *local.entry((row.source, row.pid, row.local_port)).or_default() += 1;
    }
    let mut groups: BTreeMap<(SourceId, u64, bool, String), Vec<&Session>> = BTreeMap::new();
    for row in &evidence.probes.sessions {
        let is_served = row.local_port < row.remote_port
            && (local.get(&(row.source, row.pid, row.local_port)).is_some_and(|count| *count > 1)
                || row.local_port < 1024);
        let peer = if is_served {
            format!(":{}", row.local_port)
        } else {
            let host = evidence.strings.get(row.remote);
            if host.contains(':') {
                format!("[{host}]:{}", row.remote_port)
            } else {
                format!("{host}:{}", row.remote_port)
            }
        };
        groups.entry((row.source, row.pid, !is_served, peer)).or_default().push(row);
    }
    let mut sessions: Vec<Sessions> = groups
        .into_iter()
        .filter_map(|((source, pid, is_client, peer), rows)| {
            let first = rows.first()?;
            let mut micros: Vec<u64> = rows.iter().map(|row| row.micros).collect();
            micros.sort_unstable();
            Some(Sessions {
                source,
                at: first.at,
                command: evidence.strings.get(first.command).to_owned(),
                pid,
                peer,
                is_client,
                count: to_u64(rows.len()),
                median_micros: micros.get(micros.len() / 2).copied().unwrap_or(0),
                longest_micros: micros.last().copied().unwrap_or(0),
                per_second: rate(&rows),
            })
        })
        .collect();
    sessions.order_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| (a.source, a.pid, &a.peer).cmp(&(b.source, b.pid, &b.peer)))
    });
    sessions
}

fn rate(rows: &[&Session]) -> Option<f64> {
    let times = || rows.iter().filter_map(|row| row.second);
    let (first, last) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    let seconds = last - first;
    (times().count() == rows.len() && seconds >= 1.0).then(|| to_f64(to_u64(rows.len())) / seconds)
}
