//! Accept queues that stay full: who should accept does not come to it.

use std::collections::BTreeSet;

use crate::analysis::memory::term::View;
use crate::evidence::Evidence;
use crate::evidence::resources::{Listing, Socket, SocketState, Transport};
use crate::report::{SnapshotInfo, Subject};

/// Connections that wait in a queue of the process in its last moment, if one is at nine tenths of its backlog in
/// two moments or more.
pub fn full(evidence: &Evidence, subject: &Subject) -> Option<u64> {
    let moments: Vec<u64> = subject.snapshots.iter().filter_map(|info| fullest(evidence, info)).collect();
    if moments.len() > 1 { moments.last().copied() } else { None }
}

fn fullest(evidence: &Evidence, info: &SnapshotInfo) -> Option<u64> {
    let tables = &evidence.resources;
    let is_here = |source| info.sources.contains(&source);
    let held: BTreeSet<u64> =
        tables.descriptors.iter().filter(|row| is_here(row.source)).filter_map(|row| row.inode).collect();
    let records = evidence.memory.records.iter().filter(|record| is_here(record.source));
    let mut views = records.map(|record| View { evidence, record }).filter(|view| view.file() == "somaxconn");
    let most = views.find_map(|view| view.value("")).and_then(|most| u64::try_from(most).ok());
    // Another process of the namespace may listen, too.
    let is_own = |row: &Socket| row.pid.is_some() || row.inode.is_some_and(|inode| held.contains(&inode));
    let listening = tables.sockets.iter().filter(|row| {
        row.transport == Transport::Tcp
            && row.state == SocketState::Listen
            && is_here(row.source)
            && is_own(row)
    });
    let full = listening.filter_map(|row| {
        let queue = row.receive_queue?;
        let backlog = row.send_queue.filter(|_| row.listing == Listing::Ss).or(most)?;
        (backlog > 0 && u128::from(queue) * 10 >= u128::from(backlog) * 9).then_some(queue)
    });
    full.max()
}
