use super::*;

/// Sources as (path, format, kind, seconds of capture).
fn evidence(rows: &[(&str, &'static str, &str, Option<i64>)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (path, format, kind, seconds) in rows {
        let mut source = Source::new((*path).to_owned(), 1, 1);
        source.format = Some(format);
        source.kind = Some((*kind).to_owned());
        source.captured_at = seconds.map(|s| Nanos(s * 1_000_000_000));
        source.status = SourceStatus::Parsed;
        evidence.sources.push(source);
    }
    evidence
}

/// Subjects as "name: label[ids] ... +spanning".
fn drawn(evidence: &Evidence) -> Vec<String> {
    let ids = |ids: &[SourceId]| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",");
    group(evidence)
        .iter()
        .map(|subject| {
            let snapshots = subject.snapshots.iter().map(|s| format!(" {}[{}]", s.label, ids(&s.sources)));
            let name = subject.name.as_deref().unwrap_or("-");
            format!("{name}:{} +{}", snapshots.collect::<String>(), ids(&subject.spanning))
        })
        .collect()
}

#[test]
fn folders_make_subjects_and_snapshots() {
    let evidence = evidence(&[
        ("a/t1/smaps", "smaps", "smaps", None),
        ("a/t0/smaps", "smaps", "smaps", None),
        ("a/gctrace.log", "gctrace", "", None),
        ("b/t0/smaps", "smaps", "smaps", None),
    ]);
    assert_eq!(drawn(&evidence), ["a: t0[1] t1[0] +2", "b: t0[3] +"]);
}

#[test]
fn two_loose_dumps_are_two_moments_in_order_of_their_times() {
    let evidence = evidence(&[
        ("late.txt", "goroutine-dump", "debug2", Some(90)),
        ("early.txt", "goroutine-dump", "debug2", Some(30)),
        ("heap.pb.gz", "pprof", "heap", None),
    ]);
    assert_eq!(drawn(&evidence), ["-: t0[1] t1[0,2] +"]);
}

#[test]
fn before_and_after_in_loose_names_are_ordered() {
    let evidence = evidence(&[
        ("after.txt", "goroutine-dump", "debug2", None),
        ("before.txt", "goroutine-dump", "debug2", None),
    ]);
    assert_eq!(drawn(&evidence), ["-: t0[1] t1[0] +"]);
}

#[test]
fn one_repeated_reading_among_many_files_is_one_moment() {
    let evidence = evidence(&[
        ("heap.before.txt", "heap-text", "heap", None),
        ("heap.after.txt", "heap-text", "heap", None),
        ("smaps", "smaps", "smaps", None),
        ("status", "status", "status", None),
        ("memory.stat", "cgroup", "memory.stat", None),
    ]);
    assert_eq!(drawn(&evidence), ["-: t0[0,1,2,3,4] +"]);
}

#[test]
fn a_log_beside_the_only_capture_folder_belongs_to_it() {
    let evidence = evidence(&[("dmesg.txt", "oom-log", "", None), ("shop/t0/smaps", "smaps", "smaps", None)]);
    assert_eq!(drawn(&evidence), ["shop: t0[1] +0"]);
}

#[test]
fn a_sidecar_is_a_subject_inside_its_container() {
    let evidence = evidence(&[
        ("shop/t0/smaps", "smaps", "smaps", None),
        ("shop/t0/sidecar/smaps", "smaps", "smaps", None),
    ]);
    let subjects = group(&evidence);
    assert_eq!(subjects[1].name.as_deref(), Some("sidecar"));
    assert_eq!(subjects[1].parent, Some(SubjectId(0)));
}
