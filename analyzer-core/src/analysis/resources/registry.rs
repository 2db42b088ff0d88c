//! What registries list, held against the addresses that a process dials.
//!
//! A registry lists a service, not everything that a process may connect to. So an address counts as beside the
//! list only at a port of the service and in the network of its instances, and only where something makes the
//! process a client of instances: it reaches others of them, it dials in vain, or an earlier list has the address.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::sockets::{Held, Peer};
use crate::analysis::subjects::snapshot_of;
use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::base::units::{Nanos, Unit};
use crate::evidence::Evidence;
use crate::evidence::registry::{Health, Instance, Listed, RegistryKind};
use crate::report::{
    Citation, ListAge, RegistryInstance, RegistryService, SOCKET_ROWS, SnapshotInfo, Stray, Subject,
};

const NANOS_A_MINUTE: i64 = 60_000_000_000;

/// The services that the process connects to, by name.
pub(super) fn of(
    evidence: &Evidence,
    subject: &Subject,
    info: &SnapshotInfo,
    held: &Held,
) -> Vec<RegistryService> {
    // Pseudonyms of the kernel's hex are none of printed addresses.
    let is_printed = |host: &str| host.contains(['.', ':']);
    if held.dialed.keys().any(|(host, _)| !is_printed(host)) {
        return Vec::new();
    }
    let services = choose(evidence, subject, &info.label);
    let listed: BTreeSet<&str> = services
        .iter()
        .flat_map(|service| &service.lists)
        .flat_map(|list| list.instances.iter().map(|row| row.host.as_str()))
        .chain(evidence.registry.virtual_addresses.iter().map(|row| row.host.as_str()))
        .collect();
    let mut strays = strays(&services, held, &listed);
    let taken = moment(evidence, info);
    let mut found: Vec<RegistryService> = services
        .iter()
        .enumerate()
        .map(|(index, service)| RegistryService {
            service: service.name.to_owned(),
            kind: service.kind,
            age: age(evidence, service, taken),
            instances: instances(service, held),
            strays: strays.remove(&index).unwrap_or_default(),
        })
        .filter(|service| {
            let is_reached = |row: &RegistryInstance| row.connections + row.dials > 0;
            !service.strays.is_empty() || service.instances.iter().any(is_reached)
        })
        .collect();
    found.sort_by(|a, b| (&a.service, a.kind).cmp(&(&b.service, b.kind)));
    found
}

/// The lists of a service that are of a moment, and what was listed before.
struct Service<'e> {
    kind: RegistryKind,
    name: &'e str,
    lists: Vec<&'e Listed>,
    before: BTreeSet<(&'e str, Option<u16>)>,
}

impl Service<'_> {
    fn has_port(&self, port: u16) -> bool {
        self.lists.iter().flat_map(|list| &list.instances).any(|row| row.port == Some(port))
            || self.before.iter().any(|(_, known)| *known == Some(port))
    }

    fn is_near(&self, host: &str) -> bool {
        let known = self.lists.iter().flat_map(|list| list.instances.iter().map(|row| row.host.as_str()));
        known.chain(self.before.iter().map(|(host, _)| *host)).any(|other| are_of_one_network(host, other))
    }

    fn connections(&self, held: &Held) -> u64 {
        let all = self.lists.iter().flat_map(|list| &list.instances);
        all.flat_map(|row| peers(held, row)).map(|peer| peer.connections).sum()
    }
}

/// One reading of an object of a registry.
struct Reading<'e> {
    /// The moment that it belongs to, if any.
    at: Option<usize>,
    /// Its place among all lists.
    index: usize,
    list: &'e Listed,
}

/// Of each service the lists of this moment; without any, those of no moment; without these, any. Of two readings
/// of one object the later holds.
fn choose<'e>(evidence: &'e Evidence, subject: &Subject, label: &str) -> Vec<Service<'e>> {
    let position = |label: &str| subject.snapshots.iter().position(|info| info.label == label);
    let now = position(label);
    let mut by_service: BTreeMap<(RegistryKind, &str), Vec<Reading<'e>>> = BTreeMap::new();
    for (index, list) in evidence.registry.lists.iter().enumerate() {
        let path = evidence.sources.get(list.source).map(|source| source.path.as_str()).unwrap_or_default();
        let at = snapshot_of(path).and_then(|label| position(&label));
        by_service.entry((list.kind, &list.service)).or_default().push(Reading { at, index, list });
    }
    let of = |((kind, name), all): ((RegistryKind, &'e str), Vec<Reading<'e>>)| {
        let is_now = |at: Option<usize>| at.is_some() && at == now;
        let wanted: fn(Option<usize>, bool) -> bool = if all.iter().any(|row| is_now(row.at)) {
            |_, is_now| is_now
        } else if all.iter().any(|row| row.at.is_none()) {
            |at, _| at.is_none()
        } else {
            |_, _| true
        };
        let order = |row: &Reading<'_>| {
            let modified = evidence.sources.get(row.list.source).and_then(|source| source.modified_at);
            (row.at, row.list.changed_at, modified, row.index)
        };
        let mut latest: BTreeMap<&str, &Reading<'e>> = BTreeMap::new();
        for row in all.iter().filter(|row| wanted(row.at, is_now(row.at))) {
            let known = latest.entry(&row.list.object).or_insert(row);
            if order(row) > order(known) {
                *known = row;
            }
        }
        let lists: Vec<&Listed> = latest.values().map(|row| row.list).collect();
        let is_earlier = |row: &&Reading<'_>| {
            let is_chosen = latest.values().any(|chosen| chosen.index == row.index);
            !is_chosen && (row.at.is_none() || row.at < now)
        };
        let before = all.iter().filter(is_earlier).flat_map(|row| &row.list.instances);
        Service { kind, name, lists, before: before.map(|row| (row.host.as_str(), row.port)).collect() }
    };
    by_service.into_iter().map(of).collect()
}

fn peers<'h>(held: &'h Held, instance: &Instance) -> Vec<&'h Peer> {
    match instance.port {
        Some(port) => held.dialed.get(&(instance.host.clone(), port)).into_iter().collect(),
        None => {
            held.dialed.iter().filter(|((host, _), _)| *host == instance.host).map(|(_, peer)| peer).collect()
        }
    }
}

fn instances(service: &Service<'_>, held: &Held) -> Vec<RegistryInstance> {
    let mut rows: BTreeMap<String, RegistryInstance> = BTreeMap::new();
    for list in &service.lists {
        for instance in &list.instances {
            let found = peers(held, instance);
            let sum = |of: fn(&Peer) -> u64| found.iter().map(|peer| of(peer)).sum::<u64>();
            let span = SourceSpan { source: list.source, at: instance.at };
            let row = RegistryInstance {
                address: address(&instance.host, instance.port),
                health: instance.health,
                connections: sum(|peer| peer.connections),
                dials: sum(|peer| peer.dials),
                was_reached: instance.was_reached || sum(|peer| peer.ended) > 0,
                citation: Citation::place(span),
            };
            // Slices may overlap while one takes over from another: the better word holds.
            let known = rows.entry(row.address.clone()).or_insert_with(|| row.clone());
            known.health = known.health.min(row.health);
        }
    }
    let mut rows: Vec<RegistryInstance> = rows.into_values().collect();
    // A list that is cut keeps what is reached or in trouble, whatever its address.
    rows.sort_by_key(|row| (row.connections + row.dials == 0, row.health == Health::Passing));
    rows.truncate(SOCKET_ROWS);
    rows.sort_by(|a, b| a.address.cmp(&b.address));
    rows
}

/// Addresses beside the lists, by the service that they are told with.
fn strays(services: &[Service<'_>], held: &Held, listed: &BTreeSet<&str>) -> BTreeMap<usize, Vec<Stray>> {
    let mut found: BTreeMap<usize, Vec<Stray>> = BTreeMap::new();
    let reached: Vec<u64> = services.iter().map(|service| service.connections(held)).collect();
    for ((host, port), peer) in &held.dialed {
        let is_this_host = matches!(host.as_str(), "127.0.0.1" | "::1");
        if is_this_host || listed.contains(host.as_str()) || peer.connections + peer.dials == 0 {
            continue;
        }
        let was_listed = |service: &Service<'_>| service.before.contains(&(host.as_str(), Some(*port)));
        let candidates = services.iter().enumerate().filter(|(index, service)| {
            let is_client = reached.get(*index).is_some_and(|count| *count > 0) || peer.dials > 0;
            was_listed(service) || (is_client && service.has_port(*port) && service.is_near(host))
        });
        let best = candidates.max_by_key(|(index, service)| {
            (was_listed(service), reached.get(*index).copied(), services.len() - index)
        });
        let Some((index, service)) = best else { continue };
        let quantity = format!("sockets to {}", address(host, Some(*port)));
        let count = clamp_i64(i128::from(peer.connections + peer.dials));
        found.entry(index).or_default().push(Stray {
            address: address(host, Some(*port)),
            connections: peer.connections,
            dials: peer.dials,
            was_listed: was_listed(service),
            citation: Citation::figure(peer.at, quantity, count, Unit::Count),
        });
    }
    for rows in found.values_mut() {
        rows.sort_by_key(|row| Reverse((row.dials, row.connections)));
        rows.truncate(SOCKET_ROWS);
        rows.sort_by(|a, b| a.address.cmp(&b.address));
    }
    found
}

/// Private addresses are of one network if they are of one of its blocks; of others the first half must be equal.
/// Pseudonyms do not tell.
fn are_of_one_network(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (a.parse::<IpAddr>(), b.parse::<IpAddr>()) else { return true };
    let block = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => match ip.octets() {
            [10, ..] => (4, 10, 0),
            [127, ..] => (4, 127, 0),
            [100, second, ..] if (64..128).contains(&second) => (4, 100, 64),
            [172, second, ..] if (16..32).contains(&second) => (4, 172, 16),
            [first, second, ..] => (4, u16::from(first), u16::from(second)),
        },
        IpAddr::V6(ip) => match ip.segments() {
            [first, ..] if first & 0xfe00 == 0xfc00 => (6, 0xfc00, 0),
            [first, second, ..] => (6, first, second),
        },
    };
    block(a) == block(b)
}

fn address(host: &str, port: Option<u16>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    port.map_or(host.clone(), |port| format!("{host}:{port}"))
}

/// When the sockets were read, as the captures or the files say.
fn moment(evidence: &Evidence, info: &SnapshotInfo) -> Option<Nanos> {
    let tables = &evidence.resources.listings;
    let own = tables.iter().filter(|list| info.sources.contains(&list.source));
    let modified = own.filter_map(|list| evidence.sources.get(list.source)?.modified_at).min();
    info.captured_at.or(modified)
}

fn age(evidence: &Evidence, service: &Service<'_>, taken: Option<Nanos>) -> ListAge {
    let files = service.lists.iter().filter_map(|list| evidence.sources.get(list.source)?.modified_at);
    let (Some(written), Some(taken)) = (files.min(), taken) else { return ListAge::default() };
    let changed: Option<Vec<Nanos>> = service.lists.iter().map(|list| list.changed_at).collect();
    let has_held = changed.is_some_and(|times| times.iter().all(|time| *time <= taken)) && written >= taken;
    ListAge { minutes: Some((written.0.saturating_sub(taken.0)) / NANOS_A_MINUTE), held: has_held }
}
