//! The documents are what the engines print, cut to the fields that matter here.

use crate::report::{LayerId, Report, Severity};
use crate::session::Session;

fn report(name: &str, text: &str) -> Report {
    let mut session = Session::default();
    session.add(name, text.as_bytes().to_vec());
    session.report()
}

fn findings(report: &Report) -> Vec<(&str, Severity, &str)> {
    report
        .findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.severity, finding.claim.as_str()))
        .collect()
}

fn format(report: &Report) -> Option<&str> {
    report.sources[0].format.as_deref()
}

const DOCKER: &str = r#"[{"Id": "0a1b", "Name": "/svc", "RestartCount": 3, "State": {"Status": "exited", "Running": false,
 "OOMKilled": true, "ExitCode": 137, "StartedAt": "2026-11-20T19:00:00Z", "FinishedAt": "2026-11-20T20:03:00Z"},
 "Config": {"Env": ["GOMEMLIMIT=200MiB", "TOKEN=abc"]}, "HostConfig": {"Memory": 268435456, "MemorySwap": 268435456}}]"#;

#[test]
fn docker_and_podman_inspect_tell_of_a_kill_with_the_limit() {
    let podman =
        DOCKER.replace("\"/svc\"", "\"svc\"").replace("{\"Status\"", "{\"OciVersion\": \"1.2\", \"Status\"");
    for (name, text) in
        [("inspect.json", DOCKER), ("unknown", &podman), ("x", DOCKER.trim_matches(['[', ']']))]
    {
        let report = report(name, text);
        assert_eq!(format(&report), Some("container-inspect"));
        let found = findings(&report);
        let [(code, severity, claim)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*code, *severity), ("mem.oom.cgroup", Severity::Critical));
        assert!(claim.contains("svc") && claim.contains("256.0 MiB"), "{claim}");
    }
}

#[test]
fn a_container_that_ran_to_its_end_is_no_finding() {
    let ended = DOCKER.replace("true", "false").replace("137", "0");
    assert_eq!(findings(&report("inspect.json", &ended)), []);
    let running = DOCKER
        .replace("\"Running\": false", "\"Running\": true")
        .replace("\"OOMKilled\": true", "\"OOMKilled\": false")
        .replace("\"exited\"", "\"running\"");
    assert_eq!(
        findings(&report("inspect.json", &running)),
        [],
        "the exit code of a running container is of no run"
    );
}

#[test]
fn crictl_inspect_tells_of_a_kill_with_the_limit() {
    let text = r#"{"status": {"id": "9f", "metadata": {"attempt": 4, "name": "api"}, "state": "CONTAINER_EXITED",
        "exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-20T20:03:00Z",
        "resources": {"linux": {"memoryLimitInBytes": "268435456"}}},
        "info": {"runtimeSpec": {"process": {"env": ["GOGC=50"]}}}}"#;
    for text in [text, &text.replace("\"268435456\"", "268435456"), &format!("[{text}]")] {
        let report = report("x", text);
        assert_eq!(format(&report), Some("container-inspect"));
        let found = findings(&report);
        let [("mem.oom.cgroup", Severity::Critical, claim)] = found.as_slice() else { panic!("{found:?}") };
        assert!(claim.contains("api") && claim.contains("256.0 MiB") && claim.contains("4 times"), "{claim}");
    }
}

/// Working set, charge, limit of the newest moment.
fn figures(report: &Report) -> (Option<i64>, Option<i64>, Option<i64>) {
    let latest = report.memory.as_ref().map(|memory| &memory.latest);
    let charge = latest.and_then(|moment| moment.layers.iter().find(|layer| layer.id == LayerId::Cgroup));
    (
        latest.and_then(|moment| moment.working_set).map(|set| set.0),
        charge.map(|layer| layer.bytes.0),
        latest.and_then(|moment| moment.limit).map(|limit| limit.0),
    )
}

#[test]
fn the_table_of_docker_stats_gives_the_working_set() {
    let text = "CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT   MEM %     NET I/O       BLOCK I/O   PIDS\n0a1b2c3d4e5f   shop-api   0.15%     12.5MiB / 256MiB    4.88%     1kB / 2kB     0B / 0B     7\n";
    for text in [text.to_owned(), format!("$ docker stats --no-stream\n{text}"), text.replace("   ", "\t")] {
        let report = report("x.txt", &text);
        assert_eq!(format(&report), Some("container-stats-table"));
        assert_eq!(figures(&report), (Some(13_107_200), None, Some(256 << 20)), "{text}");
    }
}

#[test]
fn the_machines_memory_is_not_taken_for_a_limit() {
    let text = "CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT     MEM %\n0a1b2c3d4e5f   shop-api   0.15%     12.5MiB / 7.752GiB    0.16%\n";
    for text in [text, &text.replace("7.752", "15.61"), &text.replace("7.752", "31.3")] {
        let report = report("x.txt", text);
        assert_eq!(figures(&report), (Some(13_107_200), None, None));
        assert_eq!(report.sources[0].notes[0].code, "limit-of-machine");
    }
    let set = report("x.txt", &text.replace("7.752", "1.5"));
    assert_eq!(figures(&set).2, Some(3 << 29));
}

#[test]
fn podman_crictl_and_json_say_the_same_in_their_own_columns() {
    for (text, expected) in [
        (
            "ID            NAME        CPU %       MEM USAGE / LIMIT  MEM %       NET IO       BLOCK IO    PIDS\n0a1b2c3d4e5f  shop        0.15%       12.5MB / 268.4MB   4.66%       1kB / 2kB    0B / 0B     7\n",
            (None, Some(12_500_000), Some(268_400_000)),
        ),
        (
            "CONTAINER           NAME                CPU %               MEM                 DISK                INODES\n0a1b2c3d4e5f6       api                 0.15                12.5MB              8.192kB             7\n",
            (Some(12_500_000), None, None),
        ),
        (
            r#"{"BlockIO":"0B / 0B","CPUPerc":"0.15%","Container":"0a1b","ID":"0a1b","MemPerc":"4.88%","MemUsage":"12.5MiB / 256MiB","Name":"shop"}"#,
            (Some(13_107_200), None, Some(256 << 20)),
        ),
        (
            r#"[{"id": "0a1b", "name": "shop", "cpu_percent": "0.15%", "mem_usage": "12.5MB / 268.4MB", "mem_percent": "4.66%"}]"#,
            (None, Some(12_500_000), Some(268_400_000)),
        ),
        (
            r#"{"stats": [{"attributes": {"id": "9f", "metadata": {"name": "api"}}, "memory": {"timestamp": "17", "workingSetBytes": {"value": "13107200"}, "usageBytes": {"value": "20971520"}, "availableBytes": {"value": "255328256"}}}]}"#,
            (Some(13_107_200), Some(20_971_520), Some(256 << 20)),
        ),
        (
            r#"{"name": "/shop", "id": "0a", "memory_stats": {"usage": 20971520, "limit": 268435456, "stats": {"anon": 10485760, "file": 8388608, "inactive_file": 7864320}}}"#,
            (Some(13_107_200), Some(20_971_520), Some(256 << 20)),
        ),
    ] {
        assert_eq!(figures(&report("x", text)), expected, "{text}");
    }
}

const SUMMARY: &str = r#"{"node": {"nodeName": "n3", "memory": {"availableBytes": 1, "usageBytes": 8000000000, "workingSetBytes": 7000000000, "rssBytes": 6000000000}},
 "pods": [{"podRef": {"name": "p", "namespace": "shop", "uid": "u"}, "containers": [
   {"name": "api", "memory": {"time": "2026-11-20T20:03:00Z", "availableBytes": 6291456, "usageBytes": 266338304, "workingSetBytes": 262144000, "rssBytes": 220200960}}]}]}"#;

#[test]
fn the_kubelets_summary_gives_the_container_and_not_the_node() {
    let report = report("x", SUMMARY);
    assert_eq!(format(&report), Some("kubelet-summary"));
    assert_eq!(figures(&report), (Some(262_144_000), Some(266_338_304), Some(256 << 20)));
    let alone = r#"{"node": {"nodeName": "n3", "memory": {"usageBytes": 8000000000, "workingSetBytes": 7000000000}}, "pods": []}"#;
    assert_eq!(figures(&self::report("x", alone)), (None, None, None));
}

#[test]
fn what_breaks_says_where() {
    let cut = report("inspect.json", &DOCKER[..300]);
    assert_eq!(cut.sources[0].notes[0].at.and_then(|at| at.line), Some(3));
    let none = report("x", r#"[{"State": {}, "HostConfig": null}]"#);
    assert_eq!(format(&none), Some("container-inspect"), "a container of which nothing is said");
}

#[test]
fn the_state_alone_tells_of_a_kill_or_of_none() {
    let killed = r#"{"Status":"exited","Running":false,"OOMKilled":true,"Dead":false,"ExitCode":137}"#;
    for text in [
        killed.to_owned(),
        format!("$ docker inspect -f '{{{{json .State}}}}' svc\n{killed}\n"),
        format!("[{killed}]"),
    ] {
        let report = report("paste.txt", &text);
        assert_eq!(format(&report), Some("container-inspect"), "{text}");
        let found = findings(&report);
        let [(code, Severity::Critical, claim)] = found.as_slice() else { panic!("one finding: {found:?}") };
        assert!(
            *code == "mem.oom.cgroup" && claim.contains("limit is not in the captures"),
            "{code} {claim}"
        );
    }
    let healthy = killed.replace("true", "false").replace("exited", "running").replace("137", "0");
    assert_eq!(findings(&report("paste.txt", &healthy)), []);
}

#[test]
fn old_tables_of_docker_stats_are_read_and_0_b_is_unknown() {
    let old = "CONTAINER           CPU %               MEM USAGE/LIMIT     MEM %               NET I/O\nshop                0.00%               41.16 MiB/100 MiB   41.16%              2.945 MiB/781.2 KiB\n";
    let ids = old.replace("USAGE/LIMIT    ", "USAGE / LIMIT  ").replace("MiB/100", "MiB / 100");
    for text in [old.to_owned(), ids, format!("On my server:\n```\n{old}```\n")] {
        let report = report("paste.txt", &text);
        assert_eq!(format(&report), Some("container-stats-table"), "{text}");
        let figure = report.memory.as_ref().and_then(|memory| memory.latest.limit);
        assert_eq!(figure.map(|limit| limit.0), Some(100 << 20), "{text}");
    }
    let off = report(
        "paste.txt",
        &old.replace("41.16 MiB/100 MiB", "0 B / 1.02 GB    ").replace("41.16%", "0.00%"),
    );
    assert_eq!(off.sources[0].notes[0].code, "memory-not-counted");
    assert!(off.memory.is_none() && !off.verdict.contains("No problem"), "{}", off.verdict);
}
