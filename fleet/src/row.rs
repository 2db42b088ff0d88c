//! What is known of one bundle: one nested row.
//!
//! Evolution: columns are only added, at the end and nullable; none is renamed. `None` says
//! that this version did not look, or that the capture has nothing that tells; never zero.

use serde::{Deserialize, Serialize};

use crate::column::{Moment, records, words};

/// Identifies the columns.
pub const SCHEMA: &str = "strata-rows/1";

words! {
    /// What became of a bundle.
    Status {
        /// All of it is in the figures.
        #[default]
        Ok = "ok",
        /// Part of it is not in the figures: what is not there says nothing.
        Partial = "partial",
        /// Nothing of it could be used.
        Failed = "failed",
    }
    /// Why a bundle failed.
    ErrorKind {
        /// It has no content.
        Empty = "empty",
        /// It ends before anything that can be used.
        Cut = "cut",
        /// Nothing in it could be read.
        #[default]
        Unusable = "unusable",
        /// It took longer than it may.
        Timeout = "timeout",
        /// The process that read it was ended: its memory limit was reached, or the system ran out.
        Killed = "killed",
        /// Larger than is read.
        TooBig = "too-big",
        /// A fault of this program.
        Internal = "internal",
    }
}

records! {
    /// What each row of each table begins with.
    Key {
        /// Night: `YYYY-MM-DD`.
        date: String,
        /// The bundle: its path or address, as listed.
        object: String,
        /// The cluster.
        cluster: Option<String>,
        /// The namespace.
        namespace: Option<String>,
        /// The service.
        service: String,
        /// The pod.
        pod: String,
    }
    /// The bundle as a whole.
    Bundle {
        /// The node that the pod ran on.
        node: Option<String>,
        /// The image of its container.
        image: Option<String>,
        /// What the store calls this content of the object.
        etag: Option<String>,
        /// Size of the object.
        bytes: i64,
        /// Last modification of the object.
        modified_at: Option<Moment>,
        /// SHA-256 of its content; not unique, for empty bundles share one.
        bundle_id: Option<String>,
        /// When the last snapshot was taken.
        captured_at: Option<Moment>,
        /// When the process started.
        process_started_at: Option<Moment>,
        /// Version of Go.
        go_version: Option<String>,
        /// Build id of the program.
        build_id: Option<String>,
        /// Moments of the main process.
        snapshots: Option<i32>,
        /// Files in it.
        sources: Option<i32>,
        /// Files of no known format, or of which nothing could be used.
        unread: Option<i32>,
        /// Moments with a goroutine dump.
        dumps: Option<i32>,
        /// Heap profiles.
        heaps: Option<i32>,
        /// Moments with figures of a control group.
        cgroups: Option<i32>,
        /// Moments with mappings (smaps).
        smaps: Option<i32>,
        /// Execution traces.
        traces: Option<i32>,
        /// Rules that lacked evidence.
        not_run: Vec<String>,
        /// What the capture says that it could not get.
        not_captured: Vec<String>,
        /// Files of which a part is not in the figures.
        losses: Vec<String>,
        /// Memory limit of the container.
        limit: Option<i64>,
        /// What the kernel charges to it.
        charged: Option<i64>,
        /// Of that, what the kernel can take back.
        reclaimable: Option<i64>,
        /// What `kubectl top` shows.
        working_set: Option<i64>,
        /// GOMEMLIMIT.
        gomemlimit: Option<i64>,
        /// Goroutines in the last dump.
        goroutines: Option<i64>,
        /// `ok`, `partial` or `failed`.
        status: Status,
        /// What the verdict means: `critical`, `warning`, `unjudged`, `healthy`, `unreadable`.
        outcome: Option<String>,
        /// The verdict in a sentence.
        verdict: Option<String>,
        /// Why it failed.
        error_kind: Option<ErrorKind>,
        /// The same in words.
        error: Option<String>,
        /// The file in the bundle that the error is about.
        error_path: Option<String>,
        /// How often it was tried.
        attempts: i32,
        /// Version of the program.
        engine: String,
        /// Version of these columns.
        schema: String,
        /// Time that it took.
        wall_ms: Option<f64>,
        /// Processor time of the process that read it.
        cpu_ms: Option<f64>,
        /// Most memory that the process had resident (VmHWM).
        peak_rss: Option<i64>,
    }
    /// A process or container of the bundle.
    Subject {
        /// Its number in the bundle.
        subject: i32,
        /// A name for people.
        name: Option<String>,
        /// Process id.
        pid: Option<i64>,
        /// The subject that it lies in.
        parent: Option<i32>,
        /// Version of Go.
        go_version: Option<String>,
        /// When it started.
        started_at: Option<Moment>,
    }
    /// Something that was found.
    Finding {
        /// The subject.
        subject: Option<i32>,
        /// Place in the report, worst first.
        n: i32,
        /// The site, for comparison over nights, pods and versions; within a service.
        site_key: String,
        /// What baselines of `strata check` know it by.
        fingerprint: String,
        /// The rule's code.
        code: String,
        /// `critical`, `warning` or `info`.
        severity: String,
        /// `certain`, `likely` or `possible`.
        confidence: String,
        /// The function that it names first.
        site: Option<String>,
        /// Its file.
        file: Option<String>,
        /// The line.
        line: Option<i32>,
        /// Package of the function.
        package: Option<String>,
        /// How much, in `unit`.
        amount: Option<i64>,
        /// Lower bound.
        low: Option<i64>,
        /// Upper bound.
        high: Option<i64>,
        /// `bytes`, `nanoseconds`, `count`, ...
        unit: Option<String>,
        /// What becomes of such memory: `stays`, `reclaimable`, `not-charged`.
        reclaim: Option<String>,
        /// A few words.
        title: String,
        /// One or two sentences.
        claim: String,
    }
    /// Goroutines with one stack, state and creator.
    Group {
        /// The subject.
        subject: i32,
        /// Its id in the bundle's report.
        group_id: String,
        /// The site.
        site_key: String,
        /// Of the finding about it.
        fingerprint: Option<String>,
        /// `leak`, `suspect`, `unknown` or `benign`.
        verdict: String,
        /// The rule that decided.
        rule: String,
        /// `root`, `victim` or `satellite`.
        role: Option<String>,
        /// State as the dump prints it.
        state: String,
        /// The function.
        site: Option<String>,
        /// Its file.
        file: Option<String>,
        /// The line.
        line: Option<i32>,
        /// The function that started them.
        created_by: Option<String>,
        /// Package of the function.
        package: String,
        /// Members in the first snapshot.
        first: i64,
        /// Members in the last snapshot.
        last: i64,
        /// Members that came, where ids tell.
        births: Option<i64>,
        /// Members that went, where ids tell.
        deaths: Option<i64>,
        /// New members a minute within the bundle: no rate of days.
        per_minute: Option<f64>,
        /// Least memory of their stacks.
        min_bytes: i64,
        /// Minutes to the limit at that rate.
        minutes_to_limit: Option<i64>,
    }
    /// What a line has on the heap.
    HeapSite {
        /// The subject.
        subject: i32,
        /// Place by size.
        n: i32,
        /// The site.
        site_key: String,
        /// The function.
        function: String,
        /// Its file.
        file: Option<String>,
        /// The line.
        line: Option<i32>,
        /// Package of the function.
        package: String,
        /// Bytes in use in the first profile; none with one profile.
        inuse_first: Option<i64>,
        /// Bytes in use in the last profile.
        inuse_last: i64,
        /// Objects in use in the last profile.
        objects: i64,
        /// Bytes of what was allocated in between that stayed.
        growth: Option<i64>,
        /// Lower bound of it (95%).
        growth_low: Option<i64>,
        /// Upper bound of it.
        growth_high: Option<i64>,
    }
    /// A step of the reconciliation.
    Ledger {
        /// The subject.
        subject: i32,
        /// The moment.
        snapshot: String,
        /// Id of the step.
        id: String,
        /// `go`, `process` or `cgroup`.
        layer: String,
        /// Bytes.
        bytes: i64,
        /// Lower bound.
        low: Option<i64>,
        /// Upper bound.
        high: Option<i64>,
        /// `exact`, `bounded` or `residual`.
        class: String,
        /// True for a running total.
        is_total: bool,
        /// `stays`, `reclaimable`, `not-charged`.
        reclaim: Option<String>,
        /// True in the last moment of its subject.
        is_last: bool,
    }
}

/// One bundle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// Which.
    #[serde(flatten)]
    pub key: Key,
    /// As a whole.
    #[serde(flatten)]
    pub bundle: Bundle,
    /// Its processes.
    pub subjects: Vec<Subject>,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// Its goroutines.
    pub groups: Vec<Group>,
    /// Its heap, the largest lines and those that grew the most.
    pub heap_sites: Vec<HeapSite>,
    /// Its memory.
    pub ledger: Vec<Ledger>,
}

impl Row {
    /// A row of a bundle that gave nothing.
    pub fn failed(key: Key, kind: ErrorKind, message: String) -> Self {
        let bundle = Bundle {
            status: Status::Failed,
            error_kind: Some(kind),
            error: Some(message),
            attempts: 1,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA.to_owned(),
            ..Bundle::default()
        };
        Self { key, bundle, ..Self::default() }
    }

    /// True if it tells of a dump that goroutines can be looked for in, whole.
    pub fn looked_at_goroutines(&self) -> bool {
        self.bundle.status == Status::Ok && self.bundle.dumps.unwrap_or(0) > 0
    }

    /// True if what is not found in it is not there: all of it was read, with two dumps.
    pub fn can_clear(&self) -> bool {
        self.bundle.status == Status::Ok && self.bundle.dumps.unwrap_or(0) >= 2
    }
}
