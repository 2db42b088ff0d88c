//! What the bundles of a night add up to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::row::{Row, Status};

/// How much was looked at: printed above every answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Bundles.
    pub bundles: u64,
    /// Nothing of them could be read.
    pub failed: u64,
    /// Part of them is missing.
    pub partial: u64,
    /// Read, without a goroutine dump.
    pub no_dump: u64,
    /// With one dump: no growth can be told.
    pub one_dump: u64,
    /// Without a heap profile.
    pub no_heap: u64,
    /// Without figures of a control group.
    pub no_cgroup: u64,
    /// Without a memory limit, or without a word about one.
    pub no_limit: u64,
}

impl Coverage {
    fn add(&mut self, row: &Row) {
        let bundle = &row.bundle;
        self.bundles += 1;
        match bundle.status {
            Status::Failed => {
                self.failed += 1;
                return;
            }
            Status::Partial => self.partial += 1,
            Status::Ok => {}
        }
        self.no_dump += u64::from(bundle.dumps.unwrap_or(0) == 0);
        self.one_dump += u64::from(bundle.dumps == Some(1));
        self.no_heap += u64::from(bundle.heaps.unwrap_or(0) == 0);
        self.no_cgroup += u64::from(bundle.cgroups.unwrap_or(0) == 0);
        self.no_limit += u64::from(bundle.limit.is_none());
    }
}

/// A site within its service.
pub type SiteKey = (String, String);

/// What is the same of a site in all bundles: the first one's words.
#[derive(Clone, Debug, Default)]
pub struct SiteFacts {
    /// Rule of the goroutines, or code of the finding.
    pub rule: String,
    /// `leak` or `suspect` for goroutines; else the finding's severity.
    pub verdict: String,
    /// The function.
    pub function: String,
    /// `file:line`.
    pub place: String,
    /// Its package.
    pub package: String,
    /// What is counted: `goroutines`, `bytes`, ...
    pub unit: String,
}

/// A site in the bundles of a night.
#[derive(Clone, Debug, Default)]
pub struct SiteNight {
    /// What it is.
    pub facts: SiteFacts,
    /// By pod: how many goroutines or bytes.
    pub pods: BTreeMap<String, Seen>,
}

/// A site in a pod.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Goroutines, or the finding's amount.
    pub amount: i64,
    /// Bytes that it holds at least.
    pub bytes: i64,
    /// The build of the program.
    pub build: String,
    /// The cluster.
    pub cluster: String,
    /// Days that the process had run.
    pub age_days: Option<f64>,
    /// The bundle.
    pub object: String,
}

/// A service in the bundles of a night.
#[derive(Clone, Debug, Default)]
pub struct ServiceNight {
    /// Pods that were captured.
    pub pods: BTreeSet<String>,
    /// Pods with a dump, whole.
    pub with_dump: BTreeSet<String>,
    /// Whole bundles by the rules that lacked evidence in them and by build, goroutines' rules as
    /// `goroutine` without two dumps.
    pub looked: BTreeMap<(String, Vec<String>), u64>,
    /// What a pod holds that cannot be taken back, by build and pod, where there is a limit.
    pub memory: BTreeMap<(String, String), (i64, i64)>,
}

/// A pod in the last night.
#[derive(Clone, Debug, Serialize)]
pub struct Pod {
    /// Its service.
    pub service: String,
    /// Its cluster.
    pub cluster: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub pod: String,
    /// The bundle.
    pub object: String,
    /// SHA-256 of it.
    pub bundle_id: Option<String>,
    /// `ok`, `partial` or `failed`.
    pub status: Status,
    /// What the verdict means.
    pub outcome: Option<String>,
    /// Go.
    pub go_version: Option<String>,
    /// Build.
    pub build_id: Option<String>,
    /// Goroutines.
    pub goroutines: Option<i64>,
    /// Limit.
    pub limit: Option<i64>,
    /// Charge.
    pub charged: Option<i64>,
    /// Of it, what can be taken back.
    pub reclaimable: Option<i64>,
    /// Bytes by step of the reconciliation.
    pub memory: BTreeMap<String, i64>,
    /// Why nothing could be read.
    pub error: Option<String>,
}

impl Pod {
    /// What cannot be taken back, as a share of the limit.
    pub fn share(&self) -> Option<f64> {
        let limit = self.limit.filter(|&limit| limit > 0)?;
        Some(float(self.charged? - self.reclaimable.unwrap_or(0)) / float(limit))
    }
}

/// Steps of the reconciliation that make up memory, from the inside out.
pub const STEPS: [&str; 14] = [
    "heap-objects",
    "live",
    "garbage",
    "span-waste",
    "idle",
    "stacks",
    "metadata",
    "native",
    "sock",
    "file-cache",
    "shmem",
    "kernel",
    "unmapped",
    "headroom",
];

/// A night.
#[derive(Clone, Debug, Default)]
pub struct Night {
    /// How much was looked at.
    pub coverage: Coverage,
    /// Services by name.
    pub services: BTreeMap<String, ServiceNight>,
    /// Leaks, suspects and other findings.
    pub sites: BTreeMap<SiteKey, SiteNight>,
    /// Pods, in the order of the rows. Kept of the last night only.
    pub pods: Vec<Pod>,
}

impl Night {
    /// Adds a bundle.
    pub fn add(&mut self, row: &Row, keeps_pods: bool) {
        self.coverage.add(row);
        if keeps_pods {
            self.pods.push(pod(row));
        }
        let name = pod_name(row);
        let build = row.bundle.build_id.clone().unwrap_or_default();
        let service = self.services.entry(row.key.service.clone()).or_default();
        if row.bundle.status != Status::Failed {
            service.pods.insert(name.clone());
        }
        if row.looked_at_goroutines() {
            service.with_dump.insert(name.clone());
        }
        if row.bundle.status == Status::Ok {
            let mut lacking = row.bundle.not_run.clone();
            if !row.can_clear() {
                lacking.push("goroutine".to_owned());
            }
            *service.looked.entry((build.clone(), lacking)).or_default() += 1;
        }
        if let (Some(limit), Some(charged)) = (row.bundle.limit, row.bundle.charged) {
            let held = charged - row.bundle.reclaimable.unwrap_or(0);
            service.memory.insert((build.clone(), name.clone()), (held, limit));
        }
        self.add_sites(row, &name, &build);
    }

    fn add_sites(&mut self, row: &Row, pod: &str, build: &str) {
        let age_days = row.bundle.process_started_at.zip(row.bundle.captured_at);
        let age_days =
            age_days.map(|(from, to)| float(to.micros - from.micros) / 86_400e6).filter(|&age| age > 0.0);
        let seen = |amount, bytes| Seen {
            amount,
            bytes,
            build: build.to_owned(),
            cluster: row.key.cluster.clone().unwrap_or_default(),
            age_days,
            object: row.key.object.clone(),
        };
        let mut add = |key: &str, facts: SiteFacts, seen: Seen| {
            let key = (row.key.service.clone(), key.to_owned());
            let site = self.sites.entry(key).or_insert_with(|| SiteNight { facts, pods: BTreeMap::new() });
            let of_pod = site.pods.entry(pod.to_owned()).or_insert_with(|| Seen {
                amount: 0,
                bytes: 0,
                ..seen.clone()
            });
            // Groups that differ only in callers are one site.
            of_pod.amount = of_pod.amount.saturating_add(seen.amount);
            of_pod.bytes = of_pod.bytes.saturating_add(seen.bytes);
        };
        let is_cause = |role: Option<&str>| !matches!(role, Some("victim" | "satellite"));
        for group in row.groups.iter().filter(|group| matches!(group.verdict.as_str(), "leak" | "suspect")) {
            if !is_cause(group.role.as_deref()) {
                continue;
            }
            let facts = SiteFacts {
                rule: group.rule.clone(),
                verdict: group.verdict.clone(),
                function: group.site.clone().unwrap_or_default(),
                place: place(group.file.as_deref(), group.line),
                package: group.package.clone(),
                unit: "goroutines".to_owned(),
            };
            add(&group.site_key, facts, seen(group.last, group.min_bytes));
        }
        let groups: BTreeSet<&str> = row.groups.iter().map(|group| group.site_key.as_str()).collect();
        for finding in row.findings.iter().filter(|finding| finding.severity != "info") {
            if groups.contains(finding.site_key.as_str()) {
                continue;
            }
            let unit = finding.unit.clone().unwrap_or_default();
            let amount = finding.amount.unwrap_or(0);
            let facts = SiteFacts {
                rule: finding.code.clone(),
                verdict: finding.severity.clone(),
                function: finding.site.clone().unwrap_or_default(),
                place: place(finding.file.as_deref(), finding.line),
                package: finding.package.clone().unwrap_or_default(),
                unit: unit.clone(),
            };
            add(&finding.site_key, facts, seen(amount, if unit == "bytes" { amount } else { 0 }));
        }
    }
}

impl ServiceNight {
    /// Whole bundles in which a rule could look; of one build, or of all.
    pub fn looked(&self, site: &SiteFacts, build: Option<&str>) -> u64 {
        let rule = if site.unit == "goroutines" { "goroutine" } else { site.rule.as_str() };
        let is_in = |lacking: &String| rule == lacking || rule.starts_with(&format!("{lacking}."));
        let counts = self
            .looked
            .iter()
            .filter(|((of, lacking), _)| build.is_none_or(|build| of == build) && !lacking.iter().any(is_in));
        counts.map(|(_, count)| count).sum()
    }

    /// Builds of its pods.
    pub fn builds(&self) -> BTreeSet<&str> {
        self.looked.keys().map(|(build, _)| build.as_str()).collect()
    }
}

/// The pod's name among all clusters.
fn pod_name(row: &Row) -> String {
    let part = |name: &Option<String>| name.clone().unwrap_or_default();
    format!("{}/{}/{}", part(&row.key.cluster), part(&row.key.namespace), row.key.pod)
}

fn place(file: Option<&str>, line: Option<i32>) -> String {
    let file = file.and_then(|file| file.rsplit('/').next()).unwrap_or_default();
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}

fn pod(row: &Row) -> Pod {
    let bundle = &row.bundle;
    let nested: BTreeSet<i32> = row
        .subjects
        .iter()
        .filter(|subject| subject.parent.is_some())
        .map(|subject| subject.subject)
        .collect();
    let mut memory = BTreeMap::new();
    for step in row.ledger.iter().filter(|step| step.is_last && !nested.contains(&step.subject)) {
        if STEPS.contains(&step.id.as_str()) {
            *memory.entry(step.id.clone()).or_insert(0) += step.bytes;
        }
    }
    Pod {
        service: row.key.service.clone(),
        cluster: row.key.cluster.clone(),
        namespace: row.key.namespace.clone(),
        pod: row.key.pod.clone(),
        object: row.key.object.clone(),
        bundle_id: bundle.bundle_id.clone(),
        status: bundle.status,
        outcome: bundle.outcome.clone(),
        go_version: bundle.go_version.clone(),
        build_id: bundle.build_id.clone(),
        goroutines: bundle.goroutines,
        limit: bundle.limit,
        charged: bundle.charged,
        reclaimable: bundle.reclaimable,
        memory,
        error: bundle.error.clone().map(|error| match bundle.error_kind {
            Some(kind) => format!("{}: {error}", kind.word()),
            None => error,
        }),
    }
}

/// As a fraction; sums of bytes are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "amounts below 2^53 are exact, larger ones are shown rounded")]
pub fn float(value: i64) -> f64 {
    value as f64
}
