//! `net.stale_target`, `net.instance.unreached`, `net.instance.pinned`: where connections go, held against
//! what registries list.

use crate::base::convert::{to_f64, to_u64};
use crate::detectors::course::{Course, Told, courses, doubts, whose};
use crate::detectors::{Case, Detector, Rule, list};
use crate::report::{
    Citation, Confidence, Finding, Health, ListAge, RegistryInstance, RegistryService, ResourceSnapshot,
    Severity, Sockets, number_format,
};

/// Chance, in percent, below which an even choice does not leave connections as they are.
const CHANCE_PERCENT: f64 = 5.0;
/// Connections for each instance from which one without any is worth knowing.
const CONNECTIONS_EACH: u64 = 2;
/// Addresses that a claim names.
const NAMED: usize = 3;

const STALE: Rule = Rule {
    code: "net.stale_target",
    severity: Severity::Warning,
    title: "Connections to an unlisted address",
    meaning: "The program connects to an address on a service's port that the registry does not list, or lists as failing: the instance is gone, but the client still uses it.",
};
const UNREACHED: Rule = Rule {
    code: "net.instance.unreached",
    severity: Severity::Warning,
    title: "A passing instance has no connections",
    meaning: "The registry lists the instance as passing, but no captured client is connected to it: it does not answer, or the clients do not know it.",
};
const PINNED: Rule = Rule {
    code: "net.instance.pinned",
    severity: Severity::Info,
    title: "All connections go to one instance",
    meaning: "All of the client's connections go to one instance although others are listed as passing: requests are not balanced.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[STALE, UNREACHED, PINNED],
    missing_inputs: |case| {
        let has_list = !case.evidence.registry.lists.is_empty();
        let has_joined = case
            .analysis
            .resources
            .iter()
            .flat_map(|section| &section.snapshots)
            .any(|moment| !moment.registries.is_empty());
        let lists = "the expected endpoints: kubectl get endpointslices -o json, Consul's /v1/health/service/NAME, or Envoy's /clusters";
        let sockets =
            "/proc/PID/net/tcp and tcp6 with ls -l /proc/PID/fd, or ss -tanp, of a client of these services";
        match (has_list, has_joined) {
            (_, true) => Vec::new(),
            (true, false) => list(&[sockets]),
            (false, false) => list(&[lists, sockets]),
        }
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        courses.iter().flat_map(|course| of_course(course, &courses)).collect()
    },
};

fn of_course(course: &Course<'_>, all: &[Course<'_>]) -> Vec<Finding> {
    let joined = course.values(|moment| {
        let sockets = moment.sockets.as_ref()?;
        (!moment.registries.is_empty()).then_some((moment, sockets))
    });
    let Some((moment, sockets)) = joined.last() else { return Vec::new() };
    moment
        .registries
        .iter()
        .flat_map(|service| {
            let pinned = pinned(course, sockets, service);
            // Who is pinned to one reaches none of the others: one cause, told once.
            let unreached = if pinned.is_some() { None } else { unreached(course, all, sockets, service) };
            [stale(course, sockets, service), unreached, pinned].into_iter().flatten()
        })
        .collect()
}

/// The name with who lists it.
fn named(service: &RegistryService) -> String {
    format!("{} ({})", service.service, service.kind.name())
}

fn against(sockets: &Sockets, service: &RegistryService) -> Vec<String> {
    doubts(sockets).into_iter().chain([service.age.told()]).collect()
}

fn confidence(service: &RegistryService, known: Confidence) -> Confidence {
    if service.age.is_far() { Confidence::Possible } else { known }
}

fn addresses<'r>(rows: impl Iterator<Item = &'r str>) -> String {
    let all: Vec<&str> = rows.collect();
    let named = all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = all.len().saturating_sub(NAMED);
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn stale(course: &Course<'_>, sockets: &Sockets, service: &RegistryService) -> Option<Finding> {
    let is_failing = |row: &&RegistryInstance| row.health == Health::Failing && row.dials > 0;
    let failing: Vec<&RegistryInstance> = service.instances.iter().filter(is_failing).collect();
    if service.strays.is_empty() && failing.is_empty() {
        return None;
    }
    let was_listed = service.strays.iter().any(|row| row.was_listed);
    let dials: u64 =
        service.strays.iter().map(|row| row.dials).chain(failing.iter().map(|row| row.dials)).sum();
    let connections: u64 = service.strays.iter().map(|row| row.connections).sum();
    let is_sure = (was_listed || dials > 0) && !service.age.is_far();
    let mut claim = String::new();
    let mut worst: Vec<_> = service.strays.iter().collect();
    worst.sort_by(|a, b| {
        (b.dials, b.connections).cmp(&(a.dials, a.connections)).then(a.address.cmp(&b.address))
    });
    if let [first, rest @ ..] = worst.as_slice() {
        claim = format!(
            "{} has {} to {}, which is not in the list of {}{}.",
            whose(sockets),
            first.told(),
            first.address,
            named(service),
            if first.was_listed { " any more" } else { "" },
        );
        if !rest.is_empty() {
            let others = addresses(rest.iter().map(|row| row.address.as_str()));
            claim.push_str(&format!(" Also not listed: {others}."));
        }
    }
    if let [first, ..] = failing.as_slice() {
        let told = format!(
            "{} of {} are waiting for {}, which {} lists as failing.",
            number_format::counted(first.dials, "dial", "dials"),
            service.service,
            addresses(failing.iter().map(|row| row.address.as_str())),
            service.kind.name()
        );
        claim = if claim.is_empty() { told } else { format!("{claim} {told}") };
    }
    let passing = service.passing().count();
    claim.push_str(&format!(
        " The list has {} passing.",
        number_format::counted(to_u64(passing), "instance", "instances")
    ));
    let mut doubts = against(sockets, service);
    if !was_listed && !service.strays.is_empty() {
        doubts.push(
            "It may belong to another service on the same port, or be a virtual address, whose list is not in the input."
                .to_owned(),
        );
    }
    let cited = worst.iter().take(NAMED).map(|row| row.citation.clone());
    let told = Told {
        rule: STALE,
        severity: if is_sure { Severity::Warning } else { Severity::Info },
        confidence: confidence(
            service,
            if was_listed || dials > 0 { Confidence::Likely } else { Confidence::Possible },
        ),
        condition: format!(
            "Connections or dials on a service's port and in the network of its instances, to an address in no list, while the process reaches other instances, its dials fail, or an earlier list contains the address; a warning in the last two cases, if list and capture are at most {} minutes apart.",
            ListAge::FAR
        ),
        claim,
        amount: connections + dials,
        citations: cited.chain(failing.iter().map(|row| row.citation.clone())).collect(),
        against: doubts,
        advice: list(&[
            "Resolve the name again when a dial fails, and do not cache addresses for the life of the process: a headless service's addresses change with each rollout.",
            "Close idle connections (IdleConnTimeout, gRPC keepalive), and set a dial timeout.",
        ]),
    };
    told.about(course)
}

/// True if some captured client has a connection to the instance, at any moment.
fn is_reached(all: &[Course<'_>], service: &RegistryService, row: &RegistryInstance) -> bool {
    let moments = all.iter().flat_map(|course| &course.moments);
    let services = moments.flat_map(|moment: &&ResourceSnapshot| &moment.registries);
    let same = services.filter(|other| other.service == service.service && other.kind == service.kind);
    same.flat_map(|other| &other.instances)
        .any(|other| other.address == row.address && (other.connections > 0 || other.was_reached))
}

fn unreached(
    course: &Course<'_>,
    all: &[Course<'_>],
    sockets: &Sockets,
    service: &RegistryService,
) -> Option<Finding> {
    let idle: Vec<&RegistryInstance> =
        service.passing().filter(|row| !is_reached(all, service, row)).collect();
    let silent: Vec<&RegistryInstance> = idle.iter().copied().filter(|row| row.dials > 0).collect();
    let passing = to_u64(service.passing().count());
    let is_client_of_all = service.connections() >= passing * CONNECTIONS_EACH;
    let rows = if silent.is_empty() { idle } else { silent.clone() };
    let first = rows.first()?;
    if silent.is_empty() && !is_client_of_all {
        return None;
    }
    let count = number_format::counted(to_u64(rows.len()), "instance", "instances");
    let listed = addresses(rows.iter().map(|row| row.address.as_str()));
    let mut claim = format!(
        "{count} of {} that {} passing {} no connections: {listed}.",
        named(service),
        if rows.len() == 1 { "is listed as" } else { "are listed as" },
        if rows.len() == 1 { "has" } else { "have" },
    );
    if first.dials > 0 {
        let dials: u64 = silent.iter().map(|row| row.dials).sum();
        claim.push_str(&format!(
            " {} without an answer.",
            number_format::counted(dials, "dial waits there", "dials wait there")
        ));
    }
    claim.push_str(&format!(
        " The others have {}.",
        number_format::counted(service.connections(), "connection", "connections")
    ));
    let is_sure = !silent.is_empty() && !service.age.is_far();
    let told = Told {
        rule: UNREACHED,
        severity: if is_sure { Severity::Warning } else { Severity::Info },
        confidence: confidence(service, Confidence::Likely),
        condition: format!(
            "An instance listed as passing has no connection from any captured client, and dials are waiting for it (a warning), or the client has {CONNECTIONS_EACH} connections per instance."
        ),
        claim,
        amount: to_u64(rows.len()),
        citations: rows.iter().take(NAMED).map(|row| row.citation.clone()).collect(),
        against: against(sockets, service)
            .into_iter()
            .chain(list(&["Clients that were not captured may be connected to it."]))
            .collect(),
        advice: list(&[
            "Connect to the address from the client's pod: a network policy or firewall may block it, or the health check may use a different port.",
            "A client that resolved the name before the instance started learns about it only when it resolves again.",
        ]),
    };
    told.about(course)
}

/// The chance that as many connections all go to one of as many instances.
fn chance(connections: u64, instances: u64) -> f64 {
    let odds = 1.0 / to_f64(instances.max(1));
    let others = i32::try_from(connections.saturating_sub(1)).unwrap_or(i32::MAX);
    odds.powi(others) * 100.0
}

fn pinned(course: &Course<'_>, sockets: &Sockets, service: &RegistryService) -> Option<Finding> {
    let passing: Vec<&RegistryInstance> = service.passing().collect();
    let with: Vec<&RegistryInstance> = service.instances.iter().filter(|row| row.connections > 0).collect();
    let [one] = with.as_slice() else { return None };
    let others =
        service.instances.iter().any(|row| row.dials > 0 || (row.was_reached && row.address != one.address));
    let count = to_u64(passing.len());
    let is_chance = count < 2 || chance(one.connections, count) > CHANCE_PERCENT;
    if others || is_chance || one.health != Health::Passing {
        return None;
    }
    let told = Told {
        rule: PINNED,
        severity: Severity::Info,
        confidence: confidence(service, Confidence::Likely),
        condition: format!(
            "All connections to a service go to one instance, others are listed as passing, and with random balancing the probability of this is at most {CHANCE_PERCENT}%."
        ),
        claim: format!(
            "All {} of the client to {} go to {}; {} listed as passing.",
            number_format::counted(one.connections, "connection", "connections"),
            named(service),
            one.address,
            number_format::counted(count, "instance is", "instances are"),
        ),
        amount: one.connections,
        citations: std::iter::once(one)
            .chain(passing.iter().filter(|row| row.address != one.address))
            .take(NAMED)
            .map(|row| -> Citation { row.citation.clone() })
            .collect(),
        against: against(sockets, service)
            .into_iter()
            .chain(list(&[
                "This is intended with a primary instance (such as a database primary) or sticky sessions.",
            ]))
            .collect(),
        advice: list(&[
            "With HTTP/2 and gRPC, one connection carries all requests: use a headless service with round_robin, or a proxy that balances requests.",
            "With HTTP/1, limit the lifetime of connections so that new ones are balanced.",
        ]),
    };
    told.about(course)
}

#[cfg(test)]
mod tests;
