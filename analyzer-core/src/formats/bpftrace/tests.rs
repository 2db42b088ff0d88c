use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::formats::recognize;
use crate::formats::{Facts, Probe};

fn read(text: &str) -> Evidence {
    let format = recognize(&Probe { path: "x", bytes: text.as_bytes() }).expect("recognized");
    assert!(format.name.starts_with("bpftrace"), "{}", format.name);
    let mut evidence = Evidence::default();
    let input = Input { source: SourceId(0), path: "x", bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut Facts::default()).expect("parsed");
    evidence
}

fn entries(evidence: &Evidence) -> Vec<(&str, &str, i64, u32)> {
    let text = |id| evidence.strings.get(id);
    let rows = evidence.probes.entries.iter();
    rows.map(|row| (text(row.map), text(row.key), row.value, row.entries)).collect()
}

#[test]
fn entries_with_equal_keys_are_summed() {
    let evidence = read(concat!(
        r#"{"type": "attached_probes", "data": {"probes": 2}}"#,
        "\n\n\n",
        r#"{"type": "map", "data": {"@bytes": {"\n    malloc+0\n    main.f+26\n": 40, "\n    malloc+0\n    main.f+30\n": 2}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@": {"\n    main.f+1\n,video": 1, "\n    main.f+1\n,other": 1}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@n": 235}}"#,
        "\n",
        r#"{"type": "stats", "data": {"@st": {"count": 3, "average": 4, "total": 12}}}"#,
        "\n",
    ));
    assert_eq!(
        entries(&evidence),
        [
            ("@bytes", "", 42, 2),
            ("@", "video", 1, 1),
            ("@", "other", 1, 1),
            ("@n", "", 235, 1),
            ("@st count", "", 3, 1),
            ("@st average", "", 4, 1),
            ("@st total", "", 12, 1),
        ]
    );
}

#[test]
fn text_says_the_same_as_json() {
    let json = read(concat!(
        r#"{"type": "map", "data": {"@bytes": {"\n    malloc+0\n    main.f+26\n,video": 40}}}"#,
        "\n",
        r#"{"type": "hist", "data": {"@us": [{"min": 16384, "max": 32767, "count": 2}]}}"#,
        "\n",
        r#"{"type": "hist", "data": {"@l": {"video": [{"min": 50, "count": 7}]}}}"#,
        "\n",
    ));
    let text = read(
        "Attaching 2 probes...\n\n@bytes[\n    malloc+0\n    main.f+26\n, video]: 40\n@us: \n[16K, 32K)   2 |@@@   |\n\n@l[video]: \n[50, ...)   7 |@@@  |\n",
    );
    assert_eq!(entries(&json), [("@bytes", "video", 40, 1)]);
    assert_eq!(entries(&text), entries(&json));
    let buckets = |evidence: &Evidence| {
        let text = |id| evidence.strings.get(id).to_owned();
        let rows = evidence.probes.buckets.iter();
        rows.map(|row| (text(row.map), text(row.key), row.low, row.high, row.count)).collect::<Vec<_>>()
    };
    assert_eq!(buckets(&text), buckets(&json));
    assert_eq!(buckets(&json).len(), 2);
}

#[test]
fn lines_of_the_program_between_are_skipped() {
    let evidence = read(
        "Attaching 1 probe...\nlistening on :8080\n{\"type\": \"map\", \"data\": {\"@n\": 4}}\n{\"level\": \"info\"}\n",
    );
    assert_eq!(entries(&evidence), [("@n", "", 4, 1)]);
}

#[test]
fn goroutines_are_counted_by_who_started_them() {
    let evidence = read(concat!(
        r#"{"type": "printf", "data": "strata goroutine-life 1\n"}"#,
        "\n",
        r#"{"type": "printf", "data": "window 1000 61000\n"}"#,
        "\n",
        r#"{"type": "map", "data": {"@births": {"main.serve,main.serve.func1": 120, "main.main,main.tick": 1}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@ends": {"main.serve,main.serve.func1": 118}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@ends_older": 5}}"#,
        "\n",
        r#"{"type": "map", "data": {"@creator": {"824": "main.serve", "825": "main.serve"}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@function": {"824": "main.serve.func1", "825": "main.serve.func1"}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@parked": {"824": 2000, "825": 60000, "9": 7}}}"#,
        "\n",
        r#"{"type": "map", "data": {"@parked_in": {"824": "\n    runtime.gopark+200\n    main.f+24\n"}}}"#,
        "\n",
    ));
    let rows = evidence.probes.lives.iter();
    let text = |id| evidence.strings.get(id);
    let rows: Vec<_> = rows
        .map(|row| {
            (text(row.function), row.births, row.ends, row.waiting, row.longest_wait, row.stack.is_some())
        })
        .collect();
    assert_eq!(
        rows,
        [("main.tick", 1, 0, 0, None, false), ("main.serve.func1", 120, 118, 2, Some(59_000), false)]
    );
    let windows: Vec<_> = evidence.probes.windows.iter().map(|row| (row.nanos, row.ends_of_older)).collect();
    assert_eq!(windows, [(60_000, 5)]);
}
