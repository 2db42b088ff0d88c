//! ```text
//! COMMAND PID USER   FD      TYPE DEVICE SIZE/OFF     NODE NAME
//! intake    6 root    5u     IPv4 297575      0t0      TCP 127.0.0.2:9000 (LISTEN)
//! intake    6 root    9u     sock    0,8      0t0   334697 protocol: TCP
//! ```

use super::kernel::is_full;
use super::{address, descriptors};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::evidence::resources::{
    Descriptor, DescriptorKind, Endpoint, Listing, Socket, SocketList, SocketState, Transport,
};
use crate::formats::record::text_lines;
use crate::formats::tables::has_header;
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_header(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.starts_with(&["COMMAND", "PID"]) && ["FD", "TYPE", "NAME"].iter().all(|title| words.contains(title))
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, is_header) { Sniff::ByContent } else { Sniff::No }
}

/// A row of a numbered descriptor: the process, the type and what follows it.
pub(super) struct Row<'t> {
    pub pid: u64,
    pub kind: &'t str,
    pub rest: Vec<&'t str>,
    /// The words of the name.
    pub name: &'t str,
}

/// Reads a row; `None` for the program, its folder, its mappings, and other text.
pub(super) fn row(text: &str) -> Option<Row<'_>> {
    let cells: Vec<&str> = text.split_whitespace().collect();
    let pid = cells.get(1)?.parse().ok()?;
    // Thread id and task's name may stand before the user.
    let at = cells.iter().enumerate().skip(3).take(3).find(|(_, cell)| is_descriptor(cell))?.0;
    let kind = cells.get(at + 1)?;
    let rest = cells.get(at + 2..)?.to_vec();
    // Device, size and node stand before the name.
    let name = rest.get(3).and_then(|first| {
        let start = first.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        text.get(start..)
    });
    Some(Row { pid, kind, rest, name: name.unwrap_or_default().trim_end() })
}

/// `12u`, `3rW`: a number, how it is open, a lock.
fn is_descriptor(cell: &str) -> bool {
    let rest = cell.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < cell.len() && rest.starts_with(['r', 'w', 'u', '-']) && rest.len() <= 2
}

/// Parses the numbered descriptors, and the sockets among them.
/// # Errors
/// None for a text that was recognized.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let list = SocketList { source: input.source, listing: Listing::Lsof, transport: None, is_v6: false };
    evidence.resources.listings.push(list);
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        let Some(row) = row(text) else { continue };
        if is_full(&mut count, facts, line.position()) {
            break;
        }
        let (kind, inode) = kind(&row);
        let is_named = matches!(kind, DescriptorKind::File | DescriptorKind::Deleted | DescriptorKind::Pipe);
        let target = evidence.strings.intern(if is_named { row.name } else { "" });
        let at = line.position();
        evidence.resources.descriptors.push(Descriptor {
            source: input.source,
            at,
            pid: Some(row.pid),
            kind,
            inode,
            target,
        });
        if let Some(socket) = socket(&row, inode, at, input, evidence) {
            evidence.resources.sockets.push(socket);
        }
    }
    facts.kind = Some("lsof".to_owned());
    Ok(())
}

fn kind(row: &Row<'_>) -> (DescriptorKind, Option<u64>) {
    let number = |index: usize| row.rest.get(index).and_then(|cell| cell.parse().ok());
    match row.kind {
        "IPv4" | "IPv6" => (DescriptorKind::Socket, number(0)),
        "sock" if row.name.starts_with("protocol: TCP") || row.name.starts_with("protocol: MPTCP") => {
            (DescriptorKind::RowlessTcp, number(2))
        }
        "sock" => (DescriptorKind::Socket, number(2)),
        "unix" => (DescriptorKind::Unix, number(2)),
        "FIFO" if row.name.starts_with("pipe") => (DescriptorKind::Pipe, None),
        "CHR" | "BLK" => (DescriptorKind::Device, None),
        "a_inode" => (descriptors::anonymous(row.name.trim_matches(['[', ']'])), None),
        "REG" | "DIR" | "FIFO" | "LINK" => (descriptors::kind(row.name), None),
        _ => (DescriptorKind::Other, None),
    }
}

/// `TCP 10.0.0.7:41814->10.0.0.9:5432 (ESTABLISHED)`.
fn socket(
    row: &Row<'_>,
    inode: Option<u64>,
    at: Position,
    input: &Input<'_>,
    evidence: &mut Evidence,
) -> Option<Socket> {
    if !matches!(row.kind, "IPv4" | "IPv6") {
        return None;
    }
    let transport = match *row.rest.get(2)? {
        "TCP" => Transport::Tcp,
        "UDP" => Transport::Udp,
        _ => return None,
    };
    let (ends, state) = row.name.split_once(" (").unwrap_or((row.name, ""));
    let (local, remote) = ends.split_once("->").unwrap_or((ends, ""));
    let nowhere = Endpoint { host: evidence.strings.intern("*"), port: None };
    Some(Socket {
        source: input.source,
        at,
        listing: Listing::Lsof,
        transport,
        state: address::state_of_name(state.trim_end_matches(')')).unwrap_or(SocketState::Unknown),
        local: address::printed(local, &mut evidence.strings)?,
        remote: address::printed(remote, &mut evidence.strings).unwrap_or(nowhere),
        receive_queue: None,
        send_queue: None,
        inode,
        pid: Some(row.pid),
        peer_inode: None,
    })
}
