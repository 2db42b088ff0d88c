use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::memory::UNLIMITED;
use crate::formats::{Facts, Probe, recognize};

fn name(path: &str, text: &str) -> Option<&'static str> {
    recognize(&Probe { path, bytes: text.as_bytes() }).map(|format| format.name)
}

fn parse(path: &str, text: &str) -> Result<(Evidence, Facts), String> {
    let mut evidence = Evidence::default();
    let mut facts = Facts::default();
    let format = recognize(&Probe { path, bytes: text.as_bytes() }).ok_or("not recognized")?;
    let input = Input { source: SourceId(0), path, bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut facts).map_err(|error| error.to_string())?;
    Ok((evidence, facts))
}

fn figure(evidence: &Evidence, key: &str) -> Option<i64> {
    let record = evidence.memory.records.iter().next()?;
    evidence.memory.figure(record, evidence.strings.find(key)?).map(|figure| figure.value)
}

#[test]
fn memory_stat_of_both_versions_is_told_by_content() {
    let v1 = "cache 4\nrss 8\nhierarchical_memory_limit 512\ntotal_rss 8\ntotal_pgfault 3\n";
    let v2 = "anon 8\nfile 4\nfile_mapped 4\npgfault 3\n";
    assert_eq!(name("unknown", v1), Some("cgroup-memory-stat"));
    assert_eq!(name("unknown", v2), Some("cgroup-memory-stat"));
    let (evidence, _) = parse("unknown", v1).unwrap();
    assert_eq!(figure(&evidence, "total_rss"), Some(8));
}

#[test]
fn a_single_number_needs_its_name() {
    assert_eq!(name("unknown", "4096\n"), None);
    let (evidence, facts) = parse("x/pod.memory.current.2", "4096\n").unwrap();
    assert_eq!(figure(&evidence, ""), Some(4096));
    assert_eq!(facts.kind.as_deref(), Some("pod.memory.current@2"));
    let (evidence, _) = parse("memory.max", "max\n").unwrap();
    assert_eq!(figure(&evidence, ""), Some(UNLIMITED));
    let (evidence, _) = parse("hugetlb.2MB.current", "67108864\n").unwrap();
    assert_eq!(figure(&evidence, ""), Some(67_108_864));
}

#[test]
fn files_that_only_some_kernels_show_are_of_the_group() {
    for (path, text) in [
        ("t0/cgroup/memory.shown_ram_in_bytes", "0\n"),
        ("memory.shown_ram_in_bytes", "1048576\n"),
        ("sys/fs/cgroup/memory.wmark_ratio", "0\n"),
        ("t0/cgroup/memory.idle_page_stats", "nr 1\ncold 9\n"),
    ] {
        assert_eq!(name(path, text), Some("cgroup-file"), "{path}");
    }
    let (evidence, _) = parse("t0/cgroup/memory.shown_ram_in_bytes", "4096\n").unwrap();
    assert_eq!(figure(&evidence, ""), Some(4096));
    for (path, text) in [
        ("memory.wmark_ratio", "0\n"),
        ("t0/cgroup/memory.log", "1\n2\n"),
        ("t0/cgroup/memory.notes", "it grew to 4096\n"),
        ("t0/cgroup/shop.total_in_bytes", "4096\n"),
    ] {
        assert_ne!(name(path, text), Some("cgroup-file"), "{path}");
    }
}

#[test]
fn what_a_failed_cat_leaves_is_an_error_with_its_place() {
    let error = parse("memory.current", "cat: can't open 'memory.current'\n").unwrap_err();
    assert!(error.contains("line 1") && error.contains("decimal number"), "{error}");
    let error = parse("memory.current", "99999999999999999999\n").unwrap_err();
    assert!(error.contains("below 2^63"), "{error}");
}

#[test]
fn events_and_lists_keep_every_line() {
    let (evidence, _) =
        parse("unknown", "low 0\nhigh 3\nmax 31\noom 1\noom_kill 1\noom_group_kill 0\n").unwrap();
    assert_eq!((figure(&evidence, "max"), figure(&evidence, "oom_kill")), (Some(31), Some(1)));
    let (evidence, _) = parse("cgroup.procs", "12\n134\n").unwrap();
    assert_eq!(evidence.memory.figures.len(), 2);
    let (evidence, _) = parse("cgroup.procs", "").unwrap();
    assert_eq!(evidence.memory.records.len(), 1);
}

#[test]
fn numa_stat_is_bytes_in_both_versions() {
    let (evidence, _) = parse("unknown", "total=3 N0=1 N1=2\nanon=2 N0=1 N1=1\n").unwrap();
    assert_eq!(figure(&evidence, "anon"), Some(2 * 4096));
    let (evidence, _) = parse("unknown", "anon N0=8192 N1=4096\nfile N0=0 N1=0\n").unwrap();
    assert_eq!(figure(&evidence, "anon"), Some(12288));
}
