use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::memory::Record;
use crate::formats::{Facts, Probe, recognize};

fn parse(path: &str, text: &str) -> (&'static str, Evidence, Facts) {
    let mut evidence = Evidence::default();
    let mut facts = Facts::default();
    let format = recognize(&Probe { path, bytes: text.as_bytes() }).expect("recognized");
    let input = Input { source: SourceId(0), path, bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut facts).expect("parsed");
    (format.name, evidence, facts)
}

fn record(evidence: &Evidence) -> &Record {
    evidence.memory.records.iter().next().expect("one record")
}

fn figure(evidence: &Evidence, key: &str) -> Option<i64> {
    let key = evidence.strings.find(key)?;
    evidence.memory.figure(record(evidence), key).map(|figure| figure.value)
}

#[test]
fn status_gives_sizes_in_bytes_and_the_innermost_pid() {
    let text =
        "Name:\tvictim\nState:\tT (stopped)\nPid:\t134\nNSpid:\t134\t1\nVmRSS:\t  240240 kB\nThreads:\t6\n";
    let (name, evidence, facts) = parse("unknown", text);
    assert_eq!(name, "status");
    assert_eq!(figure(&evidence, "VmRSS"), Some(240_240 * 1024));
    assert_eq!(figure(&evidence, "Threads"), Some(6));
    assert_eq!((record(&evidence).pid, facts.pid), (Some(134), Some(1)));
}

#[test]
fn statm_is_seven_counts_of_pages() {
    let (name, evidence, _) = parse("unknown", "400684 60060 1515 757 0 102910 0\n");
    assert_eq!(name, "statm");
    assert_eq!(figure(&evidence, "resident"), Some(60060 * 4096));
}

#[test]
fn stat_survives_parentheses_in_the_command() {
    let tail = "T 1897 1292 4510 0 -1 4194304 42798 0 1 0 5 24 0 0 20 0 6 0 129951 1641201664 60041 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28";
    let (name, evidence, facts) = parse("unknown", &format!("1947 (a) b (c) {tail}\n"));
    assert_eq!((name, facts.pid), ("proc-stat", Some(1947)));
    assert_eq!(figure(&evidence, "num_threads"), Some(6));
    assert_eq!(figure(&evidence, "starttime"), Some(129_951));
}

#[test]
fn pressure_is_told_by_content_and_its_owner_by_name() {
    let text = "some avg10=25.70 avg60=7.06 avg300=1.60 total=5115674\nfull avg10=20.30 avg60=5.00 avg300=1.00 total=4000000\n";
    let (name, evidence, _) = parse("t0/memory.pressure", text);
    assert_eq!(name, "psi");
    assert_eq!(figure(&evidence, "some avg10"), Some(2570));
    assert_eq!(figure(&evidence, "full total"), Some(4_000_000_000));
    assert_eq!(record(&evidence).kind, crate::evidence::memory::RecordKind::Cgroup);
    let (_, evidence, _) = parse("t0/proc_pressure_memory", text);
    assert_eq!(record(&evidence).kind, crate::evidence::memory::RecordKind::Host);
}

#[test]
fn limits_know_unlimited() {
    let text = "Limit                     Soft Limit           Hard Limit           Units     \nMax stack size            8388608              unlimited            bytes     \nMax address space         unlimited            unlimited            bytes     \n";
    let (_, evidence, _) = parse("unknown", text);
    assert_eq!(figure(&evidence, "Max stack size"), Some(8_388_608));
    assert_eq!(figure(&evidence, "Max address space"), Some(crate::evidence::memory::UNLIMITED));
}

#[test]
fn environ_keeps_only_what_the_runtime_reads() {
    let (_, evidence, _) = parse("proc/7/environ", "SECRET=hunter2\0GOGC=50\0");
    assert!(evidence.strings.find("hunter2").is_none());
    assert!(evidence.strings.find("50").is_some());
}
