//! Whose each socket is, and what it is for.

use std::collections::{BTreeMap, BTreeSet};

use super::descriptors::Open;
use super::files::Files;
use crate::base::convert::{clamp_i64, to_u64};
use crate::base::intern::StrId;
use crate::base::source::{SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::resources::{
    Descriptor, DescriptorKind, Endpoint, Listing, Socket, SocketList, SocketState, Transport,
};
use crate::report::{Citation, Connections, Listener, SOCKET_ROWS, Side, Sockets};

/// First port that Linux dials from, where nothing else tells who dialed.
const EPHEMERAL: u16 = 32_768;

/// The sockets of a snapshot with what the next one compares.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub section: Option<Sockets>,
    /// Inodes of own sockets in CLOSE_WAIT.
    close_wait: BTreeSet<u64>,
    /// Inodes of unix and of UDP sockets.
    unix: BTreeSet<u64>,
    udp: BTreeSet<u64>,
    /// What unix sockets are connected to, by inode: the path at either end.
    unix_peers: BTreeMap<u64, String>,
    /// Own connections that clients hold open.
    served: u64,
    /// What is at the other end of connections that we dialed.
    pub dialed: BTreeMap<(String, u16), Peer>,
    /// True if the tables of TCP are there for both versions of IP.
    has_tcp: bool,
    /// Connections that wait for accept by the port: who dialed.
    waiting: BTreeMap<u16, BTreeSet<(StrId, u16)>>,
}

/// One address that we dial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// Connections that are there.
    pub connections: u64,
    /// Dials without an answer.
    pub dials: u64,
    /// Connections that have ended of late (TIME_WAIT, whosever).
    pub ended: u64,
    /// The first row.
    pub at: SourceSpan,
}

impl Held {
    /// True if the namespace dropped connections since, because an accept queue was full.
    fn has_overflowed_since(&self, now: Option<&Citation>) -> bool {
        let before = self.section.as_ref().and_then(|sockets| sockets.overflows.as_ref()?.value);
        before.zip(now.and_then(|now| now.value)).is_some_and(|(before, now)| now > before)
    }

    /// What a descriptor is of, as far as the tables tell more than its list.
    pub(super) fn kind(&self, row: &Descriptor) -> DescriptorKind {
        let is_unix = row.inode.is_some_and(|inode| self.unix.contains(&inode));
        if row.kind == DescriptorKind::Socket && is_unix { DescriptorKind::Unix } else { row.kind }
    }

    /// The path that most of these unix sockets are connected to, if it is that of more than half.
    pub(super) fn peer(&self, rows: &[&Descriptor]) -> Option<String> {
        let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
        for path in rows.iter().filter_map(|row| self.unix_peers.get(&row.inode?)) {
            *paths.entry(path).or_default() += 1;
        }
        let (path, count) = paths.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
        (count * 2 > rows.len()).then(|| path.to_owned())
    }

    /// TCP descriptors less the connections that clients hold open to us.
    pub(super) fn own_tcp(&self, open: &Open) -> Option<u64> {
        let is_known = self.has_tcp && self.section.as_ref().is_some_and(|sockets| sockets.is_own);
        let is_other =
            |inode: &&u64| self.unix.contains(inode) || self.udp.contains(inode) || open.unix.contains(inode);
        let tcp = to_u64(open.sockets.iter().filter(|inode| !is_other(inode)).count());
        is_known.then(|| tcp.saturating_sub(self.served))
    }
}

/// The sockets of a snapshot.
pub(super) fn of(
    evidence: &Evidence,
    sources: &[SourceId],
    open: &Open,
    files: &Files<'_>,
    before: Option<&Held>,
) -> Held {
    let lists: Vec<&SocketList> =
        evidence.resources.listings.iter().filter(|list| sources.contains(&list.source)).collect();
    if lists.is_empty() {
        return Held::default();
    }
    let rows: Vec<&Socket> =
        evidence.resources.sockets.iter().filter(|row| sources.contains(&row.source)).collect();
    let Some(chosen) = choose(&lists, &rows, open) else { return Held::default() };
    let inodes = |transport: Transport| {
        rows.iter().filter(move |row| row.transport == transport).filter_map(|row| row.inode).collect()
    };
    let has = |transport: Transport, is_v6: bool| {
        lists.iter().any(|list| list.transport == Some(transport) && list.is_v6 == is_v6)
    };
    let is_empty = |file: &str, key: &str| files.value(file, key) == Some(0);
    let has_tcp = chosen.listing != Listing::Kernel
        || (has(Transport::Tcp, false) && (has(Transport::Tcp, true) || is_empty("sockstat6", "TCP6 inuse")));
    let mut held =
        Held { unix: inodes(Transport::Unix), udp: inodes(Transport::Udp), has_tcp, ..Held::default() };
    held.unix_peers = unix_peers(evidence, &rows);
    let ports = Ports::of(&rows, &chosen);
    let tcp: Vec<&Socket> = rows.iter().copied().filter(|row| chosen.has(row)).collect();
    let own = |row: &&&Socket| chosen.is_own(row);
    let state = |state| move |row: &&&Socket| row.state == state;
    held.close_wait =
        tcp.iter().filter(own).filter(state(SocketState::CloseWait)).filter_map(|row| row.inode).collect();
    let is_served = |row: &&&Socket| ports.side(row) == Side::Server;
    held.served =
        to_u64(tcp.iter().filter(own).filter(state(SocketState::Established)).filter(is_served).count());
    let stuck = before
        .filter(|_| !open.sockets.is_empty() && chosen.is_process())
        .map(|before| to_u64(before.close_wait.iter().filter(|inode| open.sockets.contains(inode)).count()));
    let is_without_udp = (has(Transport::Udp, false) || is_empty("sockstat", "UDP inuse"))
        && (has(Transport::Udp, true) || is_empty("sockstat6", "UDP6 inuse"));
    let is_told_apart = has_tcp && has(Transport::Unix, false) && is_without_udp;
    let known: BTreeSet<u64> =
        rows.iter().filter(|row| row.listing == Listing::Kernel).filter_map(|row| row.inode).collect();
    let counted = || {
        let rowless =
            open.sockets.iter().filter(|inode| !known.contains(inode) && !open.unix.contains(inode));
        (is_told_apart && chosen.listing == Listing::Kernel && !open.sockets.is_empty())
            .then(|| to_u64(rowless.count()))
    };
    // What lsof calls TCP had no row when lsof looked; a table read later may have it.
    let of_lsof = open
        .rowless
        .as_ref()
        .map(|rowless| to_u64(rowless.iter().filter(|inode| !known.contains(inode)).count()));
    held.dialed = dialed(evidence, &tcp, &chosen, &ports);
    held.waiting = waiting(&tcp, &ports);
    let overflows = files.figure("net/netstat", "TcpExt ListenOverflows");
    let mut listeners = listeners(evidence, &rows, &tcp, &chosen, files);
    if let Some(before) = before.filter(|before| before.has_overflowed_since(overflows.as_ref())) {
        take_for_full(&mut listeners, &before.waiting, &held.waiting);
    }
    let range = files.value("ip_local_port_range", "").zip(files.value("ip_local_port_range", "second"));
    held.section = Some(Sockets {
        is_own: chosen.is_process(),
        connections: connections(evidence, &tcp, &chosen, &ports),
        listeners: listeners.into_iter().map(|(row, _)| row).collect(),
        rowless: of_lsof.or_else(counted),
        stuck,
        overflows,
        local_ports: range.and_then(|(low, high)| u64::try_from(high.checked_sub(low)?.checked_add(1)?).ok()),
        time_wait_reuse: files.value("tcp_tw_reuse", ""),
    });
    held
}

/// The list that counts, and how it says whose a socket is.
struct Chosen {
    listing: Listing,
    sources: BTreeSet<SourceId>,
    owner: Owner,
}

enum Owner {
    Inodes(BTreeSet<u64>),
    Pid(u64),
    Nobody,
}

impl Chosen {
    fn has(&self, row: &Socket) -> bool {
        row.transport == Transport::Tcp && self.sources.contains(&row.source)
    }

    fn is_own(&self, row: &Socket) -> bool {
        match &self.owner {
            Owner::Inodes(inodes) => row.inode.is_some_and(|inode| inodes.contains(&inode)),
            Owner::Pid(pid) => row.pid == Some(*pid),
            Owner::Nobody => true,
        }
    }

    const fn is_process(&self) -> bool {
        !matches!(self.owner, Owner::Nobody)
    }
}

/// The kernel's tables if the descriptors tell whose they are, else the list that names processes, else
/// any: of several of one tool the one with most rows.
fn choose(lists: &[&SocketList], rows: &[&Socket], open: &Open) -> Option<Chosen> {
    let of = |listing: Listing| -> BTreeSet<SourceId> {
        let sources =
            lists.iter().filter(|list| list.listing == listing && list.transport != Some(Transport::Unix));
        let sources: BTreeSet<SourceId> = sources.map(|list| list.source).collect();
        if listing == Listing::Kernel {
            return sources;
        }
        let count = |source: &SourceId| rows.iter().filter(|row| row.source == *source).count();
        sources.into_iter().rev().max_by_key(count).into_iter().collect()
    };
    let kernel = of(Listing::Kernel);
    if !kernel.is_empty() && !open.rows.is_empty() {
        let owner = Owner::Inodes(open.sockets.clone());
        return Some(Chosen { listing: Listing::Kernel, sources: kernel, owner });
    }
    for listing in [Listing::Ss, Listing::Netstat, Listing::Lsof] {
        let sources = of(listing);
        let inside = || rows.iter().filter(|row| sources.contains(&row.source));
        let mut pids: BTreeMap<u64, usize> = BTreeMap::new();
        inside().filter_map(|row| row.pid).for_each(|pid| *pids.entry(pid).or_default() += 1);
        let wanted = open.pid.filter(|pid| pids.contains_key(pid));
        let most = || pids.iter().max_by_key(|(pid, count)| (**count, u64::MAX - **pid)).map(|(pid, _)| *pid);
        if let Some(pid) = wanted.or_else(most) {
            return Some(Chosen { listing, sources, owner: Owner::Pid(pid) });
        }
        let has_inodes = inside().any(|row| row.inode.is_some_and(|inode| open.sockets.contains(&inode)));
        if has_inodes {
            return Some(Chosen { listing, sources, owner: Owner::Inodes(open.sockets.clone()) });
        }
    }
    let any = [Listing::Kernel, Listing::Ss, Listing::Netstat].into_iter();
    any.map(|listing| (listing, of(listing)))
        .find(|(_, sources)| !sources.is_empty())
        .map(|(listing, sources)| Chosen { listing, sources, owner: Owner::Nobody })
}

/// The ports that are listened on.
struct Ports {
    own: BTreeSet<u16>,
    all: BTreeSet<u16>,
}

impl Ports {
    fn of(rows: &[&Socket], chosen: &Chosen) -> Self {
        let listening =
            || rows.iter().filter(|row| row.transport == Transport::Tcp && row.state == SocketState::Listen);
        let own =
            listening().filter(|row| chosen.has(row) && chosen.is_own(row)).filter_map(|row| row.local.port);
        Self { own: own.collect(), all: listening().filter_map(|row| row.local.port).collect() }
    }

    /// A port that we listen on is a server's end. A peer in the same namespace may listen on the port
    /// that we dial, so that our own ports count first.
    fn side(&self, row: &Socket) -> Side {
        let Some(local) = row.local.port else { return Side::Unknown };
        if self.own.contains(&local) {
            return Side::Server;
        }
        if row.inode.is_none() && self.all.contains(&local) {
            return Side::Server;
        }
        let dials = |port: Option<u16>| port.is_some_and(|port| port >= EPHEMERAL);
        match (!self.all.is_empty(), dials(Some(local)), dials(row.remote.port)) {
            (true, _, _) | (false, true, false) => Side::Client,
            (false, false, true) => Side::Server,
            _ => Side::Unknown,
        }
    }
}

/// A client has no path of its own: the other end has it, whose inode `ss -x` prints.
fn unix_peers(evidence: &Evidence, rows: &[&Socket]) -> BTreeMap<u64, String> {
    let unix = || rows.iter().filter(|row| row.transport == Transport::Unix);
    let path = |row: &Socket| Some(evidence.strings.get(row.local.host)).filter(|path| !path.is_empty());
    let paths: BTreeMap<u64, &str> = unix().filter_map(|row| Some((row.inode?, path(row)?))).collect();
    let of = |row: &&Socket| {
        let inode = row.inode?;
        let peer = row.peer_inode.and_then(|peer| paths.get(&peer));
        Some((inode, (*peer.or_else(|| paths.get(&inode))?).to_owned()))
    };
    unix().filter_map(of).collect()
}

fn dialed(
    evidence: &Evidence,
    tcp: &[&Socket],
    chosen: &Chosen,
    ports: &Ports,
) -> BTreeMap<(String, u16), Peer> {
    let mut peers: BTreeMap<(String, u16), Peer> = BTreeMap::new();
    for row in tcp.iter().filter(|row| row.state != SocketState::Listen && ports.side(row) != Side::Server) {
        let has_ended = row.state == SocketState::TimeWait;
        let Some(port) = row.remote.port.filter(|_| has_ended || chosen.is_own(row)) else { continue };
        let key = (evidence.strings.get(row.remote.host).to_owned(), port);
        let at = SourceSpan { source: row.source, at: row.at };
        let peer = peers.entry(key).or_insert(Peer { connections: 0, dials: 0, ended: 0, at });
        match row.state {
            SocketState::TimeWait => peer.ended += 1,
            SocketState::SynSent => peer.dials += 1,
            _ => peer.connections += 1,
        }
    }
    peers
}

fn connections(evidence: &Evidence, tcp: &[&Socket], chosen: &Chosen, ports: &Ports) -> Vec<Connections> {
    let mut by_key: BTreeMap<(Side, SocketState, String), Vec<&Socket>> = BTreeMap::new();
    for &row in tcp {
        // A listener's row is no connection; who had a connection in TIME_WAIT is forgotten.
        let is_counted = chosen.is_own(row) || row.state == SocketState::TimeWait;
        if row.state == SocketState::Listen || !is_counted {
            continue;
        }
        let side = ports.side(row);
        let peer = if side == Side::Server { port_text(row.local.port) } else { text(evidence, row.remote) };
        by_key.entry((side, row.state, peer)).or_default().push(row);
    }
    let mut rows: Vec<Connections> = by_key
        .into_iter()
        .filter_map(|((side, state, peer), rows)| {
            let first = rows.first()?;
            let count = to_u64(rows.len());
            let unread = to_u64(rows.iter().filter(|row| row.receive_queue.unwrap_or(0) > 0).count());
            let quantity = format!("{} {peer}", state.name());
            Some(Connections { side, state, peer, count, unread, citation: cite(first, quantity, count) })
        })
        .collect();
    rows.sort_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| (a.side, a.state, &a.peer).cmp(&(b.side, b.state, &b.peer)))
    });
    rows.truncate(SOCKET_ROWS);
    rows
}

/// Connections in accept queues: the kernel lists them without an inode.
fn waiting(tcp: &[&Socket], ports: &Ports) -> BTreeMap<u16, BTreeSet<(StrId, u16)>> {
    let mut waiting: BTreeMap<u16, BTreeSet<(StrId, u16)>> = BTreeMap::new();
    let queued = |row: &&&Socket| {
        row.listing == Listing::Kernel
            && row.inode.is_none()
            && matches!(row.state, SocketState::Established | SocketState::CloseWait)
    };
    for row in tcp.iter().filter(queued) {
        let Some((local, remote)) = row.local.port.zip(row.remote.port) else { continue };
        if ports.all.contains(&local) {
            waiting.entry(local).or_default().insert((row.remote.host, remote));
        }
    }
    waiting
}

/// A program may ask for a smaller backlog than the kernel allows, which no file shows. Where the kernel
/// dropped connections while the same ones waited at one port and none at another, that queue is full:
/// it has one more than its backlog.
fn take_for_full(
    listeners: &mut [(Listener, Option<u16>)],
    before: &BTreeMap<u16, BTreeSet<(StrId, u16)>>,
    after: &BTreeMap<u16, BTreeSet<(StrId, u16)>>,
) {
    /// Fewer may be the same by chance.
    const LEAST: usize = 5;
    let mut queues = after.iter();
    let (Some((port, peers)), None) = (queues.next(), queues.next()) else { return };
    if peers.len() < LEAST || before.get(port) != Some(peers) {
        return;
    }
    let full = listeners.iter_mut().filter(|(_, assumed)| assumed == &Some(*port));
    for (row, _) in full.filter(|(row, _)| row.queue == Some(to_u64(peers.len()))) {
        row.backlog = row.queue.map(|queue| queue - 1);
    }
}

/// Listening sockets; the port stands beside one whose backlog is only assumed.
fn listeners(
    evidence: &Evidence,
    rows: &[&Socket],
    tcp: &[&Socket],
    chosen: &Chosen,
    files: &Files<'_>,
) -> Vec<(Listener, Option<u16>)> {
    let is_listening = |row: &&&Socket| row.state == SocketState::Listen && row.transport == Transport::Tcp;
    // Only ss shows the backlog.
    let backlogs: BTreeMap<(&str, Option<u16>), u64> = rows
        .iter()
        .filter(is_listening)
        .filter(|row| row.listing == Listing::Ss)
        .filter_map(|row| Some(((evidence.strings.get(row.local.host), row.local.port), row.send_queue?)))
        .collect();
    let most = files.value("somaxconn", "").and_then(|most| u64::try_from(most).ok());
    let mut listeners: Vec<(Listener, Option<u16>)> = tcp
        .iter()
        .filter(is_listening)
        .map(|row| {
            let host = evidence.strings.get(row.local.host);
            // ss writes `*` for the unspecified address of both versions.
            let names = [host, if host == "::" { "*" } else { host }];
            let backlog = names.iter().find_map(|name| backlogs.get(&(*name, row.local.port)).copied());
            let address = text(evidence, row.local);
            let queue = row.receive_queue;
            let citation = cite(row, format!("queue of {address}"), queue.unwrap_or(0));
            let is_own = chosen.is_process() && chosen.is_own(row);
            let assumed = row.local.port.filter(|_| backlog.is_none());
            (Listener { address, is_own, queue, backlog: backlog.or(most), citation }, assumed)
        })
        .collect();
    listeners.sort_by(|(a, _), (b, _)| b.queue.cmp(&a.queue).then_with(|| a.address.cmp(&b.address)));
    listeners.truncate(SOCKET_ROWS);
    listeners
}

fn cite(row: &Socket, quantity: String, value: u64) -> Citation {
    let span = SourceSpan { source: row.source, at: row.at };
    Citation::figure(span, quantity, clamp_i64(i128::from(value)), Unit::Count)
}

fn text(evidence: &Evidence, end: Endpoint) -> String {
    let host = evidence.strings.get(end.host);
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("{host}{}", port_text(end.port))
}

fn port_text(port: Option<u16>) -> String {
    port.map_or_else(|| ":*".to_owned(), |port| format!(":{port}"))
}
