//! Which descriptors are the service's, and of what kinds they are.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use super::sockets::Held;
use crate::base::convert::{clamp_i64, to_u64};
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::resources::{Descriptor, DescriptorKind, Listing};
use crate::report::{Citation, DescriptorCount, Descriptors};

/// The descriptors of one process.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// The rows of one list.
    pub rows: Vec<Descriptor>,
    /// The process, if the list names it.
    pub pid: Option<u64>,
    /// Inodes of its sockets.
    pub sockets: BTreeSet<u64>,
    /// TCP sockets in no table, where `lsof` lists them.
    pub rowless: Option<BTreeSet<u64>>,
    /// Unix sockets, where `lsof` lists them.
    pub unix: BTreeSet<u64>,
}

/// The list of `/proc/PID/fd`, else that of `lsof`; of several processes the subject's, else the one
/// with most descriptors. What only `lsof` tells of the same process is added.
pub(super) fn of(evidence: &Evidence, sources: &[SourceId], pid: Option<u64>) -> Open {
    let tables = &evidence.resources;
    let is_lsof = |source: SourceId| {
        tables.listings.iter().any(|list| list.source == source && list.listing == Listing::Lsof)
    };
    let mut lists: BTreeMap<(bool, SourceId, Option<u64>), Vec<Descriptor>> = BTreeMap::new();
    for row in tables.descriptors.iter().filter(|row| sources.contains(&row.source)) {
        lists.entry((is_lsof(row.source), row.source, row.pid)).or_default().push(*row);
    }
    let best = |of_lsof: bool| {
        let own = lists.iter().filter(|((is_lsof, _, _), _)| *is_lsof == of_lsof);
        own.max_by_key(|((_, _, owner), rows)| (owner.is_some() && *owner == pid, rows.len()))
    };
    let (listed, lsof) = (best(false), best(true));
    let Some(((_, _, owner), rows)) = listed.or(lsof) else { return Open::default() };
    let mut open = Open { rows: rows.clone(), pid: owner.or(pid), ..Open::default() };
    open.sockets = rows.iter().filter_map(|row| row.inode).collect();
    let Some((_, lsof)) = lsof else { return open };
    let inodes = |kind| lsof.iter().filter(move |row| row.kind == kind).filter_map(|row| row.inode);
    // The two lists are of one process if they share sockets.
    let is_same = listed.is_none()
        || lsof.iter().filter_map(|row| row.inode).filter(|inode| open.sockets.contains(inode)).count() * 2
            >= open.sockets.len();
    if is_same {
        open.rowless = Some(inodes(DescriptorKind::RowlessTcp).collect());
        open.unix = inodes(DescriptorKind::Unix).collect();
    }
    open
}

/// What the report says of them.
pub(super) fn section(
    evidence: &Evidence,
    open: &Open,
    held: &Held,
    files: &Files<'_>,
) -> Option<Descriptors> {
    let first = open.rows.first()?;
    let total = to_u64(open.rows.len());
    let mut kinds: BTreeMap<DescriptorKind, Vec<&Descriptor>> = BTreeMap::new();
    for row in &open.rows {
        kinds.entry(held.kind(row)).or_default().push(row);
    }
    let mut kinds: Vec<DescriptorCount> = kinds
        .into_iter()
        .filter_map(|(kind, rows)| {
            let last = rows.last()?;
            let span = SourceSpan { source: last.source, at: last.at };
            let count = to_u64(rows.len());
            let quantity = format!("descriptors of kind {kind:?}").to_lowercase();
            Some(DescriptorCount {
                kind,
                count,
                folder: folder(evidence, &rows),
                peer: held.peer(&rows).filter(|_| kind == DescriptorKind::Unix),
                citation: Citation::figure(span, quantity, clamp_i64(i128::from(count)), Unit::Count),
            })
        })
        .collect();
    kinds.sort_by(|a, b| b.count.cmp(&a.count).then(a.kind.cmp(&b.kind)));
    let span = SourceSpan { source: first.source, at: first.at };
    Some(Descriptors {
        total,
        kinds,
        own_tcp: held.own_tcp(open),
        soft_limit: files.figure("limits", "Max open files"),
        hard_limit: files.figure("limits", "Max open files (hard)"),
        citation: Citation::figure(span, "open descriptors", clamp_i64(i128::from(total)), Unit::Count),
    })
}

/// The folder that more than half of the files are in.
fn folder(evidence: &Evidence, rows: &[&Descriptor]) -> Option<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let target = evidence.strings.get(row.target);
        if let Some((folder, _)) = target.rsplit_once('/').filter(|_| target.starts_with('/')) {
            *folders.entry(folder).or_default() += 1;
        }
    }
    let (folder, count) = folders.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
    (count * 2 > rows.len()).then(|| if folder.is_empty() { "/".to_owned() } else { folder.to_owned() })
}
