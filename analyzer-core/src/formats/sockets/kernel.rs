//! ```text
//!   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
//!    1: 0200007F:2328 00000000:0000 0A 00000000:00000011 00:00000000 00000000     0        0 297575 19
//! ```

use super::address;
use crate::base::error::ParseError;
use crate::base::limits::SOCKETS;
use crate::base::source::{Input, Position, file_name};
use crate::evidence::Evidence;
use crate::evidence::resources::{Endpoint, Listing, Socket, SocketList, SocketState, Transport};
use crate::formats::record::{decimal, note_cut, nothing_found, text_lines};
use crate::formats::tables::has_header;
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_inet_header(text: &str) -> bool {
    text.starts_with("sl ") && text.contains("local_address") && text.contains("inode")
}

pub(super) fn is_unix_header(text: &str) -> bool {
    text.starts_with("Num ") && text.contains("RefCount") && text.contains("Inode")
}

pub fn sniff_inet(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, is_inet_header) { Sniff::ByContent } else { Sniff::No }
}

pub fn sniff_unix(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, is_unix_header) { Sniff::ByContent } else { Sniff::No }
}

/// Parses rows of TCP or UDP; the header of the latter names drops.
/// # Errors
/// `Malformed` without the header.
pub fn parse_inet(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    note_cut(input.bytes, facts, "the last sockets");
    let mut transport = None;
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        if is_inet_header(text) {
            // `cat tcp tcp6` prints two.
            let found = if text.contains("drops") { Transport::Udp } else { Transport::Tcp };
            transport = Some(found);
            let is_v6 = text.contains("remote_address");
            let entry = list(input, Some(found), is_v6);
            if evidence.resources.listings.last() != Some(&entry) {
                evidence.resources.listings.push(entry);
            }
            continue;
        }
        let Some(transport) = transport else { continue };
        let Some(socket) = inet(text, transport, line.position(), input, evidence) else { continue };
        if is_full(&mut count, facts, line.position()) {
            break;
        }
        evidence.resources.sockets.push(socket);
    }
    facts.kind = Some(kind(input.path, &["tcp6", "tcp", "udp6", "udp"], "sockets"));
    transport.map(|_| ()).ok_or_else(|| nothing_found("sockets", "the header \"sl local_address ...\""))
}

fn list(input: &Input<'_>, transport: Option<Transport>, is_v6: bool) -> SocketList {
    SocketList { source: input.source, listing: Listing::Kernel, transport, is_v6 }
}

/// The proper name that the file's name holds, which tells `tcp` from `tcp6` of one moment.
fn kind(path: &str, names: &[&str], other: &str) -> String {
    let name = file_name(path);
    let found = names.iter().find(|proper| name.contains(*proper));
    found.map_or_else(|| other.to_owned(), |proper| format!("net/{proper}"))
}

/// Counts a row, and says so once there are too many.
pub(super) fn is_full(count: &mut usize, facts: &mut Facts, at: Position) -> bool {
    *count += 1;
    if *count <= SOCKETS {
        return false;
    }
    facts.is_partial = true;
    let message = format!("There are more than {SOCKETS} rows; the rest is ignored.");
    facts.notes.data_loss("too-many-rows", Some(at), message);
    true
}

fn inet(
    text: &str,
    transport: Transport,
    at: Position,
    input: &Input<'_>,
    evidence: &mut Evidence,
) -> Option<Socket> {
    let cells: Vec<&str> = text.split_whitespace().collect();
    let [number, local, remote, state, queues, _, _, _, _, inode, ..] = cells.as_slice() else { return None };
    number.strip_suffix(':').and_then(decimal)?;
    let (sent, received) = queues.split_once(':')?;
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let inode: u64 = inode.parse().ok()?;
    Some(Socket {
        source: input.source,
        at,
        listing: Listing::Kernel,
        transport,
        state: if transport == Transport::Tcp {
            address::state_of_number(state)
        } else {
            SocketState::Unknown
        },
        local: address::kernel(local, &mut evidence.strings)?,
        remote: address::kernel(remote, &mut evidence.strings)?,
        receive_queue: hex(received),
        // Of a listening socket this is 0: only ss shows the backlog.
        send_queue: hex(sent).filter(|_| *state != "0A"),
        inode: (inode != 0).then_some(inode),
        pid: None,
        peer_inode: None,
    })
}

/// Parses unix sockets: `Num RefCount Protocol Flags Type St Inode Path`.
/// # Errors
/// None for a file that was recognized.
pub fn parse_unix(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    note_cut(input.bytes, facts, "the last sockets");
    evidence.resources.listings.push(list(input, Some(Transport::Unix), false));
    let nowhere = Endpoint { host: evidence.strings.intern(""), port: None };
    let mut count = 0;
    for (line, text) in text_lines(input.bytes) {
        let cells: Vec<&str> = text.split_whitespace().take(8).collect();
        let [number, _, _, _, _, _, inode, path @ ..] = cells.as_slice() else { continue };
        let Some(inode) = inode.parse().ok().filter(|_| number.ends_with(':')) else { continue };
        if is_full(&mut count, facts, line.position()) {
            break;
        }
        evidence.resources.sockets.push(Socket {
            source: input.source,
            at: line.position(),
            listing: Listing::Kernel,
            transport: Transport::Unix,
            state: SocketState::Unknown,
            local: Endpoint {
                host: evidence.strings.intern(path.first().copied().unwrap_or_default()),
                port: None,
            },
            remote: nowhere,
            receive_queue: None,
            send_queue: None,
            inode: Some(inode),
            pid: None,
            peer_inode: None,
        });
    }
    facts.kind = Some("net/unix".to_owned());
    Ok(())
}
