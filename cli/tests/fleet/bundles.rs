//! Bundles of a made-up fleet with known faults, from a capture of the repository: names, pods, nights,
//! builds and numbers of goroutines vary; what is wrong is planted.
//!
//! | service | planted |
//! |---|---|
//! | `quotes` | a send that nobody receives in every pod, 40 more each night |
//! | `ingest` | 25 workers that wait on a nil channel, the same each night |
//! | `gateway` | another build in the last night, with a leak that the one before had not |
//! | `mailer` | a leak in the first nights that is gone in the last |
//! | `poller` | the same, but nobody took a dump in the last night |
//! | `reports` | 82% of the limit is anonymous memory |
//! | `logs` | 90% of the limit is charged, nearly all of it page cache |
//! | `calm` | nothing |

#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Services of the fleet.
pub const SERVICES: [&str; 8] =
    ["quotes", "ingest", "gateway", "mailer", "poller", "reports", "logs", "calm"];

/// The nights, the last one last.
pub const NIGHTS: [&str; 3] = ["2026-11-27", "2026-11-28", "2026-11-29"];

const BUILD: &[u8] = b"a58dff954b2cd54f3273705ae9091fd6efd65da8";
const NEXT_BUILD: &[u8] = b"b91c07e2d6f34a58c1f09e7b2a6d5c4f3e8a1d20";

/// How large the fleet is.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// Pods of each service.
    pub pods: usize,
    /// Nights, at most three.
    pub nights: usize,
    /// Broken bundles in the last night, of each kind.
    pub broken: usize,
}

/// Writes the bundles of a fleet, and says how many there are.
pub fn write(folder: &Path, fleet: Fleet) -> usize {
    let base = Base::read();
    let first = NIGHTS.len() - fleet.nights;
    let mut count = 0;
    for (night, date) in NIGHTS.iter().enumerate().skip(first) {
        for service in SERVICES {
            for pod in 0..fleet.pods {
                let path =
                    path(folder, date, service, &format!("{service}-{}", pod_name(service, night, pod)));
                put(&path, &base.bundle(service, night, pod));
                count += 1;
            }
        }
    }
    for number in 0..fleet.broken {
        for (kind, bytes) in broken(&base, number) {
            put(&path(folder, NIGHTS[2], "broken", &format!("broken-{kind}-{number}")), &bytes);
            count += 1;
        }
    }
    count
}

/// `date=…/cluster=…/namespace=shop/service=…/POD.tar.gz`.
fn path(folder: &Path, date: &str, service: &str, pod: &str) -> PathBuf {
    let cluster = ["eu1", "us1"][pod.len() % 2];
    folder.join(format!("date={date}/cluster={cluster}/namespace=shop/service={service}/{pod}.tar.gz"))
}

/// A rollout replaces every pod.
fn pod_name(service: &str, night: usize, pod: usize) -> String {
    let replica_set = if service == "gateway" && night == 2 { "6c5f" } else { "7d9b" };
    format!("{replica_set}-{pod:04}")
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// What cannot be read: nothing, noise, a bundle that is cut, one that never ends.
pub fn broken(base: &Base, number: usize) -> Vec<(&'static str, Vec<u8>)> {
    let whole = base.bundle("quotes", 2, number);
    let noise =
        (0..4_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 ^ number as u8).collect();
    vec![
        ("empty", Vec::new()),
        ("noise", noise),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("bomb", bomb()),
    ]
}

/// More zeros than any capture has.
fn bomb() -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..128 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

/// A bundle that needs more memory than a small limit gives: a dump of very many goroutines.
pub fn huge() -> Vec<u8> {
    let mut dump = String::new();
    for id in 0..60_000_u64 {
        let (arg, line) = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15), id % 50_000);
        dump.push_str(&format!(
            "goroutine {id} [chan send, 5 minutes]:\nmain.step{line}({arg:#x})\n\t/app/steps.go:{line} +0x1d\n\
             created by main.main in goroutine 1\n\t/app/main.go:20 +0x2c\n\n"
        ));
    }
    archive(&[("huge/t0/goroutine.txt".to_owned(), dump.into_bytes())])
}

fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// The files of a capture that all bundles have.
pub struct Base {
    files: Vec<(String, Vec<u8>)>,
}

impl Base {
    /// Reads them.
    pub fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../analyzer-core/tests/fixtures/bundles/pricing-go1.26-cgroup2");
        let names =
            ["cgroup/memory.current", "cgroup/memory.max", "cgroup/memory.stat", "cgroup/memory.events"];
        let names = names.into_iter().chain(["proc/smaps_rollup", "proc/status", "vars.json", "heap.pb.gz"]);
        let pairs = names.flat_map(|name| ["t0", "t1"].map(|moment| format!("{moment}/{name}")));
        let files = pairs.map(|path| {
            let bytes = fs::read(root.join(&path)).unwrap();
            let bytes = if path.ends_with(".gz") { inflate(&bytes) } else { bytes };
            (path, bytes)
        });
        Self { files: files.collect() }
    }

    /// The bundle of a pod in a night.
    pub fn bundle(&self, service: &str, night: usize, pod: usize) -> Vec<u8> {
        let is_rolled_out = service == "gateway" && night == 2;
        let mut files = Vec::new();
        for (path, bytes) in &self.files {
            // Some captures lack a layer.
            if path.contains("/cgroup/") && service == "calm" && pod % 10 == 9 {
                continue;
            }
            let bytes = match path.rsplit('/').next().unwrap() {
                "heap.pb.gz" if is_rolled_out => replaced(bytes, BUILD, NEXT_BUILD),
                "memory.current" => shifted(bytes, more(service).1),
                "memory.max" => limit(service),
                "memory.stat" => memory_stat(bytes, more(service)),
                _ => bytes.clone(),
            };
            files.push((format!("{service}/{path}"), bytes));
        }
        for (moment, share) in [("t0", 2), ("t1", 1)] {
            if service == "poller" && night == 2 || service == "calm" && pod % 10 == 8 {
                continue;
            }
            files.push((
                format!("{service}/{moment}/goroutine.txt"),
                dump(service, night, pod, share).into_bytes(),
            ));
        }
        let started = 1_795_206_938 - 86_400 * (2 + night);
        let manifest = format!(
            "{{\"capture\": \"strata-capture/1\", \"process_started_unix\": {started}, \"missing\": [],\n\
             \"labels\": {{\"node\": \"node-{}\", \"image\": \"registry/{service}:{night}\"}}}}\n",
            pod % 5
        );
        files.push((format!("{service}/manifest.json"), manifest.into_bytes()));
        archive(&files)
    }
}

fn inflate(bytes: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut inflated).unwrap();
    inflated
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at =
        bytes.windows(from.len()).position(|window| window == from).expect("the build id is in the profile");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// Memory that the capture has not, and the lines of `memory.stat` that it stands in.
fn more(service: &str) -> (&'static [&'static str], i64) {
    match service {
        "logs" => (&["file", "inactive_file"], 150 << 20),
        "reports" => (&["anon", "inactive_anon"], 16 << 20),
        _ => (&[], 0),
    }
}

fn limit(service: &str) -> Vec<u8> {
    let bytes = if service == "reports" { 46 << 20 } else { 201_326_592 };
    format!("{bytes}\n").into_bytes()
}

fn shifted(number: &[u8], by: i64) -> Vec<u8> {
    let number: i64 = String::from_utf8_lossy(number).trim().parse().unwrap();
    format!("{}\n", number + by).into_bytes()
}

fn memory_stat(bytes: &[u8], (keys, by): (&[&str], i64)) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(|line| match line.split_once(' ') {
        Some((key, number)) if keys.contains(&key) => {
            format!("{key} {}\n", number.parse::<i64>().unwrap() + by)
        }
        _ => format!("{line}\n"),
    });
    lines.collect::<String>().into_bytes()
}

/// Goroutines that leak: how many, waiting for what, where.
fn leak(service: &str, night: usize, pod: usize) -> Option<(usize, &'static str, &'static str)> {
    match service {
        "quotes" => Some((100 + 40 * night + pod % 7, "chan send", "main.(*PriceService).Quote.func1")),
        "ingest" => Some((25, "chan receive (nil chan)", "main.(*Batch).worker")),
        "gateway" if night == 2 => Some((60 + pod % 3, "chan send", "main.(*Hub).watchTenant")),
        "mailer" | "poller" if night < 2 => Some((30, "chan send", "main.(*Outbox).flush")),
        _ => None,
    }
}

/// A dump with a share of the leaked goroutines.
fn dump(service: &str, night: usize, pod: usize, share: usize) -> String {
    let mut text = "goroutine 1 [select]:\nmain.main()\n\t/app/main.go:18 +0x455\n\n".to_owned();
    let Some((count, state, function)) = leak(service, night, pod) else { return text };
    // Edits shift lines from night to night.
    let line = 54 + night;
    for id in 0..count / share {
        let minutes = if share == 1 { 9 } else { 4 };
        text.push_str(&format!(
            "goroutine {} [{state}, {minutes} minutes]:\n{function}()\n\t/app/{service}.go:{line} +0x1d\n\
             created by main.main in goroutine 1\n\t/app/main.go:{} +0x2c\n\n",
            100 + id,
            20 + night
        ));
    }
    text
}
