//! What each source fed, and which of its lines are cited for what.

use std::collections::{BTreeMap, HashMap};

use analyzer_core::base::source::SourceId;
use analyzer_core::report::{Citation, Cpu, GoroutineGroup, MemorySnapshot, Report, ResourceSnapshot};

/// What a report draws from one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// True if a moment of the memory view cites it.
    pub memory: bool,
    /// True if a goroutine moment or group cites it.
    pub goroutines: bool,
    /// True if it is a profile.
    pub profile: bool,
    /// True if it is an execution trace.
    pub trace: bool,
    /// True if it is a log of garbage collections, or tells of the CPU quota.
    pub gc: bool,
    /// True if sockets, descriptors or threads are listed in it.
    pub sockets: bool,
    /// True if a table is made of it.
    pub table: bool,
    /// True if it states what containers are given.
    pub recipe: bool,
    /// How many findings cite it.
    pub findings: usize,
    /// Cited lines, with what they are cited for, each said once.
    pub lines: BTreeMap<u64, Vec<String>>,
}

impl Use {
    /// True if nothing was drawn from it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The use of every source that has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses(HashMap<SourceId, Use>);

impl Uses {
    /// Goes through everything that cites.
    pub fn of(report: &Report) -> Self {
        let mut uses = Self::default();
        for finding in &report.findings {
            let mut seen = Vec::new();
            for citation in finding.citations.as_slice() {
                let source = uses.cite(citation, &finding.title);
                if !seen.contains(&citation.source) {
                    source.findings += 1;
                    seen.push(citation.source);
                }
            }
        }
        for moment in report.memory.iter().flat_map(|memory| &memory.snapshots) {
            uses.add_memory(moment);
        }
        for snapshot in report.goroutines.iter().flat_map(|goroutines| &goroutines.snapshots) {
            uses.entry(snapshot.source).goroutines = true;
        }
        for group in report.goroutines.iter().flat_map(|goroutines| &goroutines.groups) {
            uses.add_group(group);
        }
        for profile in &report.profiles {
            uses.entry(profile.source).profile = true;
        }
        for table in &report.tables {
            uses.entry(table.source).table = true;
            for row in &table.rows {
                uses.cite(&row.citation, &row.name).table = true;
            }
        }
        for fact in report.recipe.iter().flat_map(|section| &section.containers) {
            uses.cite(&fact.citation, &fact.name).recipe = true;
        }
        for trace in &report.traces {
            uses.entry(trace.source).trace = true;
        }
        for run in report.gc.iter().flat_map(|gc| &gc.runs) {
            uses.entry(run.source).gc = true;
        }
        for moment in report.resources.iter().flat_map(|section| &section.snapshots) {
            uses.add_resources(moment);
        }
        uses
    }

    /// The use of a source, if it has one.
    pub fn get(&self, source: SourceId) -> Option<&Use> {
        self.0.get(&source)
    }

    fn add_memory(&mut self, moment: &MemorySnapshot) {
        for row in &moment.ledger {
            for citation in &row.citations {
                self.cite(citation, &row.label).memory = true;
            }
        }
        for check in &moment.checks {
            for citation in &check.citations {
                self.cite(citation, &check.identity).memory = true;
            }
        }
        for figure in &moment.side {
            for citation in &figure.citations {
                self.cite(citation, &figure.label).memory = true;
            }
        }
        for disagreement in &moment.disagreements {
            for citation in &disagreement.citations {
                self.cite(citation, &disagreement.reason).memory = true;
            }
        }
        if let Some(largest) = moment.mappings.as_ref().and_then(|mappings| mappings.largest.first()) {
            self.entry(largest.citation.source).memory = true;
        }
    }

    fn add_resources(&mut self, moment: &ResourceSnapshot) {
        let mut listed: Vec<&Citation> = Vec::new();
        if let Some(sockets) = &moment.sockets {
            listed.extend(sockets.connections.iter().map(|row| &row.citation));
            listed.extend(sockets.listeners.iter().map(|row| &row.citation));
            listed.extend(&sockets.overflows);
        }
        if let Some(open) = &moment.descriptors {
            listed.extend(open.kinds.iter().map(|row| &row.citation).chain([&open.citation]));
            listed.extend([&open.soft_limit, &open.hard_limit].into_iter().flatten());
        }
        if let Some(threads) = &moment.threads {
            listed.extend(threads.waits.iter().map(|row| &row.citation));
            listed.extend([&threads.total, &threads.pids, &threads.pids_max].into_iter().flatten());
        }
        for service in &moment.registries {
            for row in &service.instances {
                self.cite(&row.citation, &row.address).sockets = true;
            }
            for row in &service.strays {
                self.cite(&row.citation, &row.address).sockets = true;
            }
        }
        for citation in listed {
            let what = citation.quantity.as_deref().unwrap_or("descriptors");
            self.cite(citation, what).sockets = true;
        }
        if let Some(cpu) = &moment.cpu {
            let Cpu { no_quota, quota_citation, periods, throttled, pressure, .. } = cpu;
            for citation in [no_quota, quota_citation, periods, throttled, pressure].into_iter().flatten() {
                self.cite(citation, citation.quantity.as_deref().unwrap_or("CPU")).gc = true;
            }
        }
    }

    fn add_group(&mut self, group: &GoroutineGroup) {
        let name = group.user_frame.as_ref().or(group.stack.first());
        let what = name.map_or(group.state.as_str(), |frame| frame.function.as_str());
        for citation in &group.citations {
            self.cite(citation, what).goroutines = true;
        }
    }

    fn cite(&mut self, citation: &Citation, what: &str) -> &mut Use {
        let source = self.entry(citation.source);
        if let Some(line) = citation.at.and_then(|at| at.line) {
            let reasons = source.lines.entry(line).or_default();
            if !reasons.iter().any(|reason| reason == what) {
                reasons.push(what.to_owned());
            }
        }
        source
    }

    fn entry(&mut self, source: SourceId) -> &mut Use {
        self.0.entry(source).or_default()
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::session::Session;

    use super::*;

    #[test]
    fn files_of_the_cpu_quota_are_used_by_the_collector_and_limits_of_threads_by_the_sockets() {
        let mut session = Session::default();
        let stat = session.add("cgroup/cpu.stat", b"usage_usec 7\nnr_periods 9\nnr_throttled 4\n".to_vec());
        let pids = session.add("cgroup/pids.current", b"9\n".to_vec());
        let uses = Uses::of(&session.report());
        let used = |source: SourceId| uses.get(source).map(|used| (used.gc, used.sockets));
        assert_eq!(used(stat[0]), Some((true, false)));
        assert_eq!(used(pids[0]), Some((false, true)));
    }

    #[test]
    fn rows_of_registries_are_cited_for_their_address() {
        let slices = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a-1, namespace: shop, \
                      labels: {kubernetes.io/service-name: a}}\naddressType: IPv4\nports: [{port: 8080}]\nendpoints:\n\
                      - {addresses: [10.4.1.7], conditions: {ready: true}}\n";
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                   0: 0201040A:9C40 0701040A:1F90 01 00000000:00000000 00:00000000 00000000     0        0 1000 1\n";
        let descriptors = "total 0\nlrwx------ 1 root root 64 Nov 29 17:28 4 -> socket:[1000]\n";
        let mut session = Session::default();
        session.add("shop/t0/proc/net/tcp", tcp.as_bytes().to_vec());
        session.add("shop/t0/proc/fd.txt", descriptors.as_bytes().to_vec());
        let listed = session.add("shop/t0/slices.yaml", slices.as_bytes().to_vec());
        let uses = Uses::of(&session.report());
        let used = uses.get(listed[0]).expect("the list is used");
        assert!(used.sockets);
        assert_eq!(used.lines.values().flatten().collect::<Vec<_>>(), ["10.4.1.7:8080"]);
    }

    #[test]
    fn a_dump_is_used_by_goroutines_and_its_cited_lines_are_known() {
        let mut session = Session::default();
        let dump = "goroutine 1 [chan send, 9 minutes]:\nmain.main()\n\t/app/main.go:12 +0x1d\n\n\
                    goroutine 7 [running]:\nmain.work()\n\t/app/main.go:20 +0x1d\ncreated by main.main\n\t/app/main.go:3 +0x1\n";
        let dumped = session.add("dump.txt", dump.as_bytes().to_vec());
        let other = session.add("notes.csv", b"a,b\n1,2\n3,4\n".to_vec());
        let uses = Uses::of(&session.report());
        let used = uses.get(dumped[0]).expect("the dump is used");
        assert!(used.goroutines && !used.memory);
        assert!(
            used.lines.get(&1).is_some_and(|reasons| reasons.iter().any(|what| what.contains("main.main")))
        );
        assert!(uses.get(other[0]).is_none());
    }
}
