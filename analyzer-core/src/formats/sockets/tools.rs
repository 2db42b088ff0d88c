//! ```text
//! State     Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
//! LISTEN    17     16         127.0.0.2:9000       0.0.0.0:*     users:(("intake",pid=6,fd=5))
//!
//! Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
//! tcp       17      0 127.0.0.2:9000          0.0.0.0:*               LISTEN      6/intake
//! ```

use super::address;
use super::kernel::is_full;
use crate::base::error::ParseError;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::evidence::resources::{Endpoint, Listing, Socket, SocketList, SocketState, Transport};
use crate::formats::record::text_lines;
use crate::formats::tables::has_header;
use crate::formats::{Facts, Probe, Sniff};

pub(super) fn is_ss_header(text: &str) -> bool {
    text.contains("Recv-Q") && text.contains("Send-Q") && text.contains("Local Address:Port")
}

pub(super) fn is_netstat_header(text: &str) -> bool {
    text.starts_with("Proto ") && text.contains("Recv-Q") && text.contains("Local Address")
}

pub fn sniff_ss(probe: &Probe<'_>) -> Sniff {
    if has_header(probe, is_ss_header) { Sniff::ByContent } else { Sniff::No }
}

pub fn sniff_netstat(probe: &Probe<'_>) -> Sniff {
    let is_table = has_header(probe, |text| is_netstat_header(text) || is_netstat_row(text));
    if is_table { Sniff::ByContent } else { Sniff::No }
}

/// Parses the rows of `ss`; what `-i`, `-o`, `-e` and `-m` add in lines of their own is skipped.
/// # Errors
/// None for a text that was recognized.
pub fn parse_ss(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    parse(input, evidence, facts, Listing::Ss)
}

/// Parses the rows of `netstat` that are of TCP or UDP.
/// # Errors
/// None for a text that was recognized.
pub fn parse_netstat(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    parse(input, evidence, facts, Listing::Netstat)
}

fn parse(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
    listing: Listing,
) -> Result<(), ParseError> {
    let mut columns = Columns::default();
    let mut count = 0;
    let list = SocketList { source: input.source, listing, transport: None, is_v6: false };
    evidence.resources.listings.push(list);
    for (line, text) in text_lines(input.bytes) {
        if is_ss_header(text) {
            columns = Columns { has_netid: text.starts_with("Netid"), has_state: text.contains("State") };
            continue;
        }
        // What ss adds of a socket stands indented below it.
        if line.bytes.first().is_some_and(|first| matches!(first, b'\t' | b' ')) && listing == Listing::Ss {
            continue;
        }
        let row = match listing {
            Listing::Netstat => netstat(text, evidence),
            _ => ss(text, columns, evidence),
        };
        let Some(row) = row else { continue };
        if is_full(&mut count, facts, line.position()) {
            break;
        }
        evidence.resources.sockets.push(row.at(input, line.position(), listing));
    }
    facts.kind = Some(if listing == Listing::Ss { "ss" } else { "netstat" }.to_owned());
    Ok(())
}

/// What the header of `ss` has beside queues and addresses.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    has_netid: bool,
    has_state: bool,
}

struct Row {
    transport: Transport,
    state: SocketState,
    queues: (u64, u64),
    local: Endpoint,
    remote: Endpoint,
    inode: Option<u64>,
    pid: Option<u64>,
    peer_inode: Option<u64>,
}

impl Row {
    fn at(self, input: &Input<'_>, at: Position, listing: Listing) -> Socket {
        Socket {
            source: input.source,
            at,
            listing,
            transport: self.transport,
            state: self.state,
            local: self.local,
            remote: self.remote,
            receive_queue: Some(self.queues.0),
            send_queue: Some(self.queues.1),
            inode: self.inode,
            pid: self.pid,
            peer_inode: self.peer_inode,
        }
    }
}

fn ss(text: &str, columns: Columns, evidence: &mut Evidence) -> Option<Row> {
    let mut cells = text.split_whitespace();
    let netid = if columns.has_netid { cells.next()? } else { "tcp" };
    let state = if columns.has_state { address::state_of_name(cells.next()?)? } else { SocketState::Unknown };
    let queues = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
    let (local, remote) = (cells.next()?, cells.next()?);
    let transport = match netid {
        "tcp" | "mptcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "u_str" | "u_dgr" | "u_seq" => Transport::Unix,
        _ => return None,
    };
    let number_after = |key: &str| {
        let rest = text.split_once(key)?.1;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    if transport == Transport::Unix {
        // `PATH INODE PEER INODE`; a path may hold blanks, and what has none is `*`.
        let inodes = unix_inodes(text)?;
        let mut path = |text: &str| Endpoint {
            host: evidence.strings.intern(if text == "*" { "" } else { text }),
            port: None,
        };
        return Some(Row {
            transport,
            state,
            queues,
            local: path(inodes.path),
            remote: path(inodes.peer_path),
            inode: Some(inodes.own),
            pid: number_after("pid="),
            peer_inode: inodes.peer,
        });
    }
    Some(Row {
        transport,
        state,
        queues,
        local: address::printed(local, &mut evidence.strings)?,
        remote: address::printed(remote, &mut evidence.strings)?,
        inode: number_after("ino:"),
        pid: number_after("pid="),
        peer_inode: None,
    })
}

/// Both ends of a unix socket.
struct UnixEnds<'t> {
    path: &'t str,
    own: u64,
    peer_path: &'t str,
    peer: Option<u64>,
}

/// `/run/app.sock 123456   * 123457   users:((...))`, behind the queues.
fn unix_inodes(text: &str) -> Option<UnixEnds<'_>> {
    let text = text.split(" users:((").next().unwrap_or(text);
    let cells: Vec<&str> = text.split_whitespace().skip(4).collect();
    let is_inode = |cell: &&&str| cell.bytes().all(|byte| byte.is_ascii_digit());
    // A path of digits alone is none that programs use.
    let own_at = cells.iter().skip(1).position(|cell| is_inode(&cell))? + 1;
    let peer_at = cells.iter().skip(own_at + 2).position(|cell| is_inode(&cell)).map(|at| at + own_at + 2);
    let peer: Option<u64> = peer_at.and_then(|at| cells.get(at)?.parse().ok());
    Some(UnixEnds {
        path: cells.first().copied().unwrap_or_default(),
        own: cells.get(own_at)?.parse().ok()?,
        peer_path: cells.get(own_at + 1).copied().unwrap_or_default(),
        peer: peer.filter(|inode| *inode != 0),
    })
}

/// A row of TCP by itself, as `grep` leaves it.
fn is_netstat_row(text: &str) -> bool {
    let cells: Vec<&str> = text.split_whitespace().take(6).collect();
    let [protocol, received, sent, local, remote, state] = cells.as_slice() else { return false };
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    matches!(*protocol, "tcp" | "tcp6")
        && is_number(received)
        && is_number(sent)
        && address::split(local).is_some()
        && address::split(remote).is_some()
        && address::state_of_name(state).is_some()
}

fn netstat(text: &str, evidence: &mut Evidence) -> Option<Row> {
    let cells: Vec<&str> = text.split_whitespace().collect();
    let [protocol, received, sent, local, remote, rest @ ..] = cells.as_slice() else { return None };
    let transport = match protocol.trim_end_matches('6') {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    let state = rest.first().and_then(|cell| address::state_of_name(cell)).unwrap_or(SocketState::Unknown);
    let pid = rest.iter().find_map(|cell| cell.split_once('/')?.0.parse().ok());
    Some(Row {
        transport,
        state,
        queues: (received.parse().ok()?, sent.parse().ok()?),
        local: address::printed(local, &mut evidence.strings)?,
        remote: address::printed(remote, &mut evidence.strings)?,
        inode: None,
        pid,
        peer_inode: None,
    })
}

#[cfg(test)]
mod tests {
    use super::{is_netstat_row, unix_inodes};

    fn ends(text: &str) -> Option<(String, u64, String, Option<u64>)> {
        unix_inodes(text).map(|ends| (ends.path.to_owned(), ends.own, ends.peer_path.to_owned(), ends.peer))
    }

    #[test]
    fn rows_of_netstat_are_known_without_their_header() {
        for row in [
            "tcp      696      0 localhost:42144         localhost:62077         CLOSE_WAIT  4868/router",
            "tcp        0      0 10.1.2.3:8080 10.1.2.4:51234 ESTABLISHED",
            "tcp6       0      0 :::8080                 :::*                    LISTEN      1/api",
        ] {
            assert!(is_netstat_row(row), "{row}");
        }
        for row in [
            "tcp connections to 10.1.2.3:80 are in state CLOSE_WAIT",
            "tcp 0 0 10.1.2.3:80 10.1.2.4:1 OPEN",
            "udp 0 0 10.1.2.3:80 10.1.2.4:1 ESTABLISHED",
        ] {
            assert!(!is_netstat_row(row), "{row}");
        }
    }

    #[test]
    fn a_row_of_ss_x_has_both_inodes_and_the_paths_that_there_are() {
        let of =
            |path: &str, own, peer_path: &str, peer| Some((path.to_owned(), own, peer_path.to_owned(), peer));
        let client = "u_str ESTAB  0      0                         * 299475            * 299476 users:((\"shop\",pid=6,fd=7))";
        assert_eq!(ends(client), of("*", 299_475, "*", Some(299_476)));
        let listener = "u_str LISTEN 0      4096      /run/my app.sock 3333              * 0";
        assert_eq!(ends(listener), of("/run/my", 3333, "*", None));
        let abstract_name = "u_dgr UNCONN 0      0         @/org/bus 41                 /run/log.sock 42";
        assert_eq!(ends(abstract_name), of("@/org/bus", 41, "/run/log.sock", Some(42)));
        assert_eq!(ends("u_str ESTAB 0 0 *"), None);
    }
}
