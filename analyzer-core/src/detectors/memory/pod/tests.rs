use crate::detectors::testing::{check, verdicts};
use crate::report::Confidence::{Certain, Likely, Possible};
use crate::report::Severity::{Critical, Info, Warning};

fn pod(role: &str, states: &str) -> String {
    let (list, statuses) = match role {
        "" => ("containers", "containerStatuses"),
        _ => ("initContainers", "initContainerStatuses"),
    };
    let policy = if role == "sidecar" { ",\"restartPolicy\":\"Always\"" } else { "" };
    format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p\"}},\"spec\":{{\"containers\":[{{\"name\":\"other\"}}],\
         \"{list}\":[{{\"name\":\"api\"{policy},\"resources\":{{\"limits\":{{\"memory\":\"256Mi\"}}}}}}]}},\
         \"status\":{{\"{statuses}\":[{{\"name\":\"api\",\"restartCount\":4,{states}}}]}}}}"
    )
}

fn ended(state: &str, code: i64, reason: &str) -> String {
    format!(
        "\"{state}\":{{\"terminated\":{{\"exitCode\":{code},\"reason\":\"{reason}\",\"finishedAt\":\"2026-11-20T20:03:00Z\"}}}}"
    )
}

#[test]
fn oom_killed_counts_with_any_exit_code_in_any_kind_of_container() {
    for (role, state, code, name) in [
        ("", "lastState", 137, "Container api"),
        ("", "state", 1, "Container api"),
        ("", "lastState", 0, "Container api"),
        ("init", "state", 137, "Init container api"),
        ("sidecar", "lastState", 2, "Sidecar api"),
    ] {
        let text = pod(role, &ended(state, code, "OOMKilled"));
        let found = check("mem", &[("pod.json", &text)], &["mem.oom.cgroup"]);
        assert_eq!(verdicts(&found), [(Critical, Likely, None)]);
        let claim = &found[0].claim;
        let says = [name, "256.0 MiB", "restarted 4 times", "2026-11-20T20:03:00Z"];
        assert!(says.iter().all(|part| claim.contains(part)), "{claim}");
        assert_eq!(claim.contains("outlived"), code != 137, "{claim}");
    }
}

#[test]
fn restarts_whose_cause_is_not_in_the_text_are_told() {
    let described = "Name: api-7\nNamespace: shop\nStatus: Running\nContainers:\n  api:\n    Image: shop/api\n    Limits:\n      memory: 50Mi\n    State: Running\n    Ready: False\n    Restart Count: 5\n";
    let table = "NAME    READY   STATUS    RESTARTS   AGE\napi-7   1/1     Running   5          3d\n";
    let object = pod("", "\"state\":{\"running\":{}}").replace("\"restartCount\":4", "\"restartCount\":5");
    for text in [described, table, &object] {
        let found = check("pod", &[("pod.txt", text)], &["pod.restarted"]);
        assert_eq!(verdicts(&found), [(Info, Certain, None)]);
        assert!(found[0].claim.contains("restarted 5 times"), "{}", found[0].claim);
    }
    check("pod.restarted", &[("pod.txt", described.replace("Count: 5", "Count: 0"))], &[]);
    check("pod.restarted", &[("pod.json", pod("", &ended("lastState", 1, "Error")))], &[]);
    check("pod.exited", &[("pod.json", pod("", &ended("lastState", 1, "Error")))], &["pod.exited"]);
}

#[test]
fn exit_codes_are_told_apart_by_what_they_prove() {
    for (code, family, severity, says) in [
        (137, "mem.sigkill", Warning, "SIGKILL"),
        (139, "pod.exited", Warning, "SIGSEGV"),
        (134, "pod.exited", Warning, "SIGABRT"),
        (2, "pod.exited", Warning, "panic"),
        (143, "pod.exited", Info, "SIGTERM"),
    ] {
        let found = check(family, &[("pod.json", &pod("", &ended("lastState", code, "Error")))], &[family]);
        assert_eq!(verdicts(&found), [(severity, Possible, None)]);
        assert!(found[0].claim.contains(says), "{}", found[0].claim);
    }
    for (code, codes) in [(0, &[][..]), (1, &["pod.exited"][..]), (255, &["pod.exited"][..])] {
        let text = pod("", &ended("lastState", code, "Error"));
        check("mem", &[("pod.json", &text)], &[]);
        let found = check("pod", &[("pod.json", &text)], codes);
        let claims = [format!("exited with code {code} (Error)"), "restarted 4 times".to_owned()];
        assert!(found.iter().all(|found| claims.iter().all(|part| found.claim.contains(part))), "{found:?}");
    }
}

#[test]
fn a_container_in_crash_loop_back_off_is_a_warning_whatever_its_exit_code() {
    let described = |end: &str| {
        format!(
            "Name: api-7\nNamespace: shop\nStatus: Running\nContainers:\n  api:\n    Image: shop/api\n    State: Waiting\n      Reason: CrashLoopBackOff\n    Last State: Terminated\n{end}    Ready: False\n    Restart Count: 57\n"
        )
    };
    for (end, code, says) in [
        ("      Reason: Error\n      Exit Code: 1\n", "pod.exited", "exited with code 1 (Error)"),
        ("      Reason: Completed\n      Exit Code: 0\n", "pod.exited", "exited with code 0 (Completed)"),
        ("      Reason: Error\n", "pod.restarted", "is in CrashLoopBackOff and restarted 57 times"),
    ] {
        let found = check("pod", &[("describe.txt", described(end))], &[code]);
        assert_eq!(found[0].severity, Warning);
        let claim = &found[0].claim;
        assert!(claim.contains(says) && claim.contains("57 times"), "{claim}");
        assert!(claim.contains("CrashLoopBackOff"), "{claim}");
    }
}

#[test]
fn of_a_list_of_pods_the_one_that_failed_most_comes_first_and_a_finished_job_is_no_finding() {
    let text = "NAME    READY   STATUS             RESTARTS   AGE\njob-7   0/1     Completed          1          3d\napi-8   0/1     Error              3          3d\napi-9   0/1     CrashLoopBackOff   57         3d\nweb-1   1/1     Running            90         9d\n";
    let found = check("pod", &[("pods.txt", text)], &["pod.restarted", "pod.restarted", "pod.restarted"]);
    for (found, (pod, severity)) in
        found.iter().zip([("api-9", Warning), ("api-8", Warning), ("web-1", Info)])
    {
        assert!(found.claim.contains(pod), "{}", found.claim);
        assert_eq!(found.severity, severity);
    }
}

const LOG: &str = "\
[  100.000001] cron invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[  100.000002] memory: usage 65536kB, limit 65536kB, failcnt 31
[  100.000010] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/other,task_memcg=/other,task=cron,pid=77,uid=0
[  100.000011] Memory cgroup out of memory: Killed process 77 (cron) total-vm:900000kB, anon-rss:60000kB, file-rss:100kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:0
";

#[test]
fn a_log_of_another_container_hides_nothing_and_one_of_its_own_tells_more() {
    let killed = pod("", &ended("lastState", 137, "OOMKilled"));
    let found = check(
        "mem.oom",
        &[("pod.json", &*killed), ("dmesg.txt", LOG)],
        &["mem.oom.cgroup", "mem.oom.cgroup"],
    );
    let says = |part: &str| found.iter().any(|finding| finding.claim.contains(part));
    assert!(says("api") && says("cron"));
    let own = LOG.replace("65536kB", "262144kB");
    let found = check("mem.oom", &[("pod.json", &*killed), ("dmesg.txt", &own)], &["mem.oom.cgroup"]);
    assert_eq!(verdicts(&found)[0].1, Certain);
}

fn evicted(message: &str) -> String {
    format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p\"}},\"spec\":{{\"containers\":[]}},\"status\":{{\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"{message}\"}}}}"
    )
}

#[test]
fn evictions_are_of_memory_only_if_the_message_says_so() {
    let found =
        check("mem", &[("pod.json", &evicted("The node was low on resource: memory. "))], &["mem.evicted"]);
    assert_eq!(verdicts(&found), [(Critical, Certain, None)]);
    for (message, says) in [
        ("The node was low on resource: ephemeral-storage. Container b was using 10Gi.", "disk"),
        ("The node was low on resource: inodes.", "inodes"),
        ("The node was low on resource: pids.", "process IDs"),
    ] {
        let text = evicted(message);
        check("mem", &[("pod.json", &text)], &[]);
        let found = check("pod.evicted", &[("pod.json", &text)], &["pod.evicted"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, None)]);
        assert!(found[0].claim.contains(says), "{}", found[0].claim);
    }
    let listed = "NAME   READY   STATUS    RESTARTS   AGE\np      0/1     Evicted   0          2d\n";
    check("mem", &[("pods.txt", listed)], &[]);
    let found = check("pod", &[("pods.txt", listed)], &["pod.evicted"]);
    assert_eq!(verdicts(&found), [(Warning, Likely, None)]);
}

#[test]
fn describe_says_what_the_object_says() {
    let text = "Name:         p\nNamespace:    shop\nStatus:       Running\nContainers:\n  api:\n    Container ID:   containerd://9f\n    State:          Running\n      Started:      Fri, 20 Nov 2026 20:03:05 +0000\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n      Finished:     Fri, 20 Nov 2026 20:03:00 +0000\n    Ready:          True\n    Restart Count:  4\n    Limits:\n      memory:  256Mi\n    Environment:  <none>\n";
    for text in [text.to_owned(), text.replace('\n', "\n  ").replacen("Name", "  Name", 1)] {
        let found = check("mem", &[("describe.txt", &text)], &["mem.oom.cgroup"]);
        let claim = &found[0].claim;
        let says = ["Container api", "256.0 MiB", "restarted 4 times", "20 Nov 2026"];
        assert!(says.iter().all(|part| claim.contains(part)), "{claim}");
    }
    let disk = "Name:      p\nStatus:    Failed\nReason:    Evicted\nMessage:   The node was low on resource: ephemeral-storage.\nContainers:\n  api:\n    Restart Count:  0\n";
    check("mem", &[("describe.txt", disk)], &[]);
    check("pod", &[("describe.txt", disk)], &["pod.evicted"]);
}

#[test]
fn lists_of_pods_tell_of_kills() {
    let text = "NAME      READY   STATUS           RESTARTS      AGE\napi-7d    0/1     OOMKilled        4 (5m ago)    2d\njob-1     0/1     Init:OOMKilled   1             2d\nweb-2     1/1     Running          0             9d\n";
    let found = check("mem", &[("pods.txt", text)], &["mem.oom.cgroup", "mem.oom.cgroup"]);
    assert!(found[0].claim.contains("api-7d") || found[1].claim.contains("api-7d"));
}

#[test]
fn events_tell_whose_memory_ran_out() {
    for (row, code, says) in [
        (
            "  Warning  SystemOOM  5m  kubelet  System OOM encountered, victim process: svc, pid: 42",
            "mem.oom.global",
            "svc (pid 42)",
        ),
        (
            "5m   Warning   OOMKilling   node/n3   Memory cgroup out of memory: Killed process 42 ((sd-pam)) total-vm:9kB, anon-rss:5kB",
            "mem.oom.cgroup",
            "(sd-pam) (pid 42)",
        ),
        (
            "5m   Warning   OOMKilling   node/n3   Out of memory: Kill process 42 (svc) score 900 or sacrifice child",
            "mem.oom.global",
            "svc (pid 42)",
        ),
        (
            "2m   Warning   PodOOMKilling   node/n3   Memory cgroup out of memory: Kill process 42 (svc) score 9 or sacrifice child",
            "mem.oom.cgroup",
            "svc (pid 42)",
        ),
        (
            "5m   Warning   Evicted   pod/p   The node was low on resource: memory. Threshold quantity: 100Mi.",
            "mem.evicted",
            "pod p",
        ),
    ] {
        let found = check("mem", &[("events.txt", &format!("{row}\n"))], &[code]);
        assert!(found[0].claim.contains(says), "{}", found[0].claim);
    }
    let calm = "LAST SEEN   TYPE     REASON    OBJECT   MESSAGE\n5m          Normal   Started   pod/p    Started container api\n";
    check("mem", &[("events.txt", calm)], &[]);
}

#[test]
fn events_as_objects_say_the_same() {
    let json = "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"kind\":\"Event\",\"type\":\"Warning\",\"reason\":\"SystemOOM\",\"count\":3,\"lastTimestamp\":\"2026-11-20T20:03:00Z\",\"message\":\"System OOM encountered, victim process: svc, pid: 42\",\"involvedObject\":{\"kind\":\"Node\",\"name\":\"n3\"}}]}";
    let yaml = "apiVersion: v1\nitems:\n- apiVersion: v1\n  count: 3\n  involvedObject:\n    kind: Node\n    name: n3\n  kind: Event\n  lastTimestamp: \"2026-11-20T20:03:00Z\"\n  message: 'System OOM encountered, victim process: svc, pid: 42'\n  reason: SystemOOM\n  type: Warning\nkind: List\n";
    let claims: Vec<String> = [("e.json", json), ("e.yaml", yaml)]
        .into_iter()
        .map(|file| check("mem", &[file], &["mem.oom.global"])[0].claim.clone())
        .collect();
    assert_eq!(claims[0], claims[1]);
    assert!(claims[0].contains("3 times") && claims[0].contains("2026-11-20T20:03:00Z"), "{}", claims[0]);
}

#[test]
fn sigkill_without_oomkilled_is_told_apart_from_a_crash() {
    let killed = pod("", &ended("lastState", 137, "Error"));
    check("mem.sigkill", &[("pod.json", &killed)], &["mem.sigkill"]);
    check("pod.exited", &[("pod.json", &killed)], &[]);
    let crashed = pod("", &ended("lastState", 139, "Error"));
    check("pod.exited", &[("pod.json", &crashed)], &["pod.exited"]);
    check("mem.sigkill", &[("pod.json", &crashed)], &[]);
}

#[test]
fn a_killer_of_the_machines_own_is_not_the_kernel() {
    let oomd = "Mar  4 10:00:01 edge1 systemd-oomd[512]: Killed /system.slice/feed.service due to memory pressure for /system.slice being 62.10% > 60.00% for > 20s\n";
    let found = check("mem.oom", &[("messages.txt", oomd)], &["mem.oom.userspace"]);
    assert!(found[0].claim.starts_with("systemd-oomd killed cgroup /system.slice/feed.service"));
    let kernel = "5m   Warning   OOMKilling   node/n3   Out of memory: Kill process 42 (svc) score 900\n";
    check("mem.oom.userspace", &[("events.txt", kernel)], &[]);
}

#[test]
fn a_kill_that_the_state_and_an_event_tell_is_told_once() {
    let state = pod("", &ended("lastState", 137, "OOMKilled"));
    let event = |victim: &str| {
        format!(
            "LAST SEEN   TYPE      REASON       OBJECT        MESSAGE\n9m          Warning   OOMKilling   node/n7       Memory cgroup out of memory: Killed process 22114 ({victim}) total-vm:1kB, anon-rss:9kB\n"
        )
    };
    let found =
        check("mem.oom", &[("pod.json", state.clone()), ("events.txt", event("api"))], &["mem.oom.cgroup"]);
    assert_eq!(found[0].citations.as_slice().len(), 2);
    check(
        "mem.oom",
        &[("pod.json", state), ("events.txt", event("other"))],
        &["mem.oom.cgroup", "mem.oom.cgroup"],
    );
}

#[test]
fn of_an_engine_the_doubt_is_in_its_own_words() {
    let inspect = r#"[{"Name":"/api","State":{"Status":"exited","Running":false,"ExitCode":137,"OOMKilled":true},"HostConfig":{"Memory":134217728},"Config":{"Image":"api:1","Env":[]}}]"#;
    let found = check("mem.oom", &[("inspect.json", inspect)], &["mem.oom.cgroup"]);
    assert!(found[0].against[0].starts_with("The container engine reports"), "{:?}", found[0].against);
}

#[test]
fn memory_pressure_of_a_node_is_told_from_its_events() {
    let row = "  Warning  EvictionThresholdMet  2m50s (x3 over 5m19s)  kubelet, node-7  Attempting to reclaim memory\n";
    let found = check("mem.node-pressure", &[("events.txt", row)], &["mem.node-pressure"]);
    assert_eq!(verdicts(&found), [(Warning, Certain, None)]);
    let disk = row.replace("reclaim memory", "reclaim ephemeral-storage");
    check("mem.node-pressure", &[("events.txt", &disk)], &[]);
}
