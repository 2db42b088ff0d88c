//! States of pods and containers as people quote them: a sentence of the kubelet, an
//! object without its braces, a table without its pod.

use super::pasted::finds;
use super::report;

#[test]
fn a_sentence_of_the_kubelet_tells_of_an_eviction() {
    for (text, code, says) in [
        (
            "Our pod goes away at night:\n\n```bash\nThe node was low on resource: memory. Container relay was using 51200Ki, which exceeds its request of 0.\n```\n",
            "mem.evicted",
            "relay was using 51200Ki",
        ),
        (
            "```yaml\n  message: 'The node was low on resource: memory. Container feed was using 9000000Ki,\n    which exceeds its request of 2Gi. '\n  phase: Failed\n  reason: Evicted\n  startTime: \"2026-01-30T18:04:30Z\"\n```\n",
            "mem.evicted",
            "which exceeds its request of 2Gi",
        ),
        (
            "Name:           feed-598947fd8f-vzvkq\nNamespace:      feed\nNode:           n4/\nStatus:         Failed\nReason:         Evicted\nMessage:        The node was low on resource: memory. Container feed was using 1275700Ki, which e\nxceeds its request of 0.\nIP:\nContainers:\n  feed:\n    Image:      feed:4.2.2\n",
            "mem.evicted",
            "feed-598947fd8f-vzvkq",
        ),
        (
            "kubectl get pods\nNAME         READY   STATUS    RESTARTS   AGE\nfeed-zkt23   0/1     Running   0          102d\n\n**Message:        The node was low on resource: ephemeral-storage. Container feed was using 43536Ki, which exceeds its request of 0.**\n",
            "pod.evicted",
            "disk",
        ),
    ] {
        finds(text, code, &[says]);
    }
}

#[test]
fn an_object_without_its_braces_or_quotes_is_read() {
    for (text, code, says) in [
        (
            "The state:\n```\n    \"State\": {\n        \"Status\": \"exited\",\n        \"OOMKilled\": true,\n        \"ExitCode\": 137,\n        \"FinishedAt\": \"2026-07-31T22:28:17.557863Z\"\n    }\n```\nNothing in the logs.\n",
            "mem.oom.cgroup",
            "OOMKilled",
        ),
        (
            "It dies:\n\n`State:{\nDead:false,\nError:\"\",\nExitCode:137,\nFinishedAt:\"2026-05-30T21:45:11.910895562Z\",\nOOMKilled:false,\nRunning:false,\nStatus:\"exited\"\n}`\n",
            "mem.sigkill",
            "137",
        ),
        (
            "The pod shows:\n```\n                \"lastState\": {\n                    \"terminated\": {\n                        \"containerID\": \"containerd://5954f6\",\n                        \"exitCode\": 137,\n                        \"finishedAt\": \"2026-10-10T17:41:58Z\",\n                        \"reason\": \"OOMKilled\",\n                        \"startedAt\": \"2026-10-10T17:20:37Z\"\n                    }\n                },\n```\n",
            "mem.oom.cgroup",
            "OOMKilled",
        ),
        (
            "In `events.json` we see\n```\ninvolvedObject: {\nkind: \"Pod\",\nnamespace: \"ci\",\nname: \"build-7\",\nuid: \"9c81\",\n},\nreason: \"Evicted\",\nmessage: \"The node was low on resource: memory. Threshold quantity: 100Mi, available: 20948Ki. Container build was using 25378008Ki, request is 15234375Ki, has larger consumption of memory. \",\n```\n",
            "mem.evicted",
            "build-7",
        ),
    ] {
        finds(text, code, &[says]);
    }
    let cut = "From the API:\n```\n    \"memory_stats\": {\n        \"usage\": 160657408,\n        \"stats\": {\n            \"total_cache\": 87175168,\n            \"total_rss\": 73482240,\n            \"total_wri\n";
    let (_, report) = report("paste.txt", cut.as_bytes());
    assert_eq!(report["sources"][0]["format"], "container-stats", "{report}");
    assert!(report["memory"].to_string().contains("160657408"), "{report}");
}

#[test]
fn an_event_of_a_control_groups_end_is_a_kill() {
    for text in [
        "$ kubectl describe pod -n default demo-2\n...\nEvents:\n  Type     Reason     Age   From     Message\n  ----     ------     ----  ----     -------\n  Normal   Pulled     28s   kubelet  Successfully pulled image \"stress\"\n  Warning  CgroupOOM  28s   kubelet  Cgroup OOM encountered, victim process: stress, pid: 4705\n",
        "LAST SEEN   TYPE      REASON      OBJECT       MESSAGE\n28s         Warning   CgroupOOM   pod/demo-2   Cgroup OOM encountered, victim process: stress, pid: 4705\n",
        "Cgroup OOM encountered, victim process: stress, pid: 4705\n",
    ] {
        finds(text, "mem.oom.cgroup", &["stress (pid 4705)"]);
    }
}

#[test]
fn a_machines_own_killer_is_told_apart_from_the_kernels() {
    for (text, says) in [
        (
            "user: warning: [2026-01-12T20:27:31.913975631Z]: [talos] Sending SIGKILL to cgroup {\"component\": \"controller-runtime\", \"controller\": \"runtime.OOMController\", \"cgroup\": \"/sys/fs/cgroup/kubepods/burstable/pod77f0\"}\n",
            "pod77f0",
        ),
        (
            "Mar  4 10:00:01 edge1 systemd-oomd[512]: Killed /system.slice/feed.service due to memory pressure for /system.slice being 62.10% > 60.00% for > 20s with reclaim activity\n",
            "/system.slice/feed.service",
        ),
        (
            "Mar  4 10:00:01 edge1 earlyoom[412]: sending SIGTERM to process 21442 uid 1000 \"feed\": badness 900, VmRSS 1443 MiB\n",
            "feed (pid 21442)",
        ),
    ] {
        finds(text, "mem.oom.userspace", &[says]);
    }
}

#[test]
fn what_describe_prints_is_read_without_its_indent() {
    let pod = |state: &str| {
        format!(
            "kubectl describe pods api-5bb:\n\nName: api-5bb\nNamespace: default\nLabels: app=api\npod-template-hash=5bb\nStatus: Running\nContainers:\napi:\nContainer ID: docker://e555\nImage: api:4.8\nPort: 80/TCP\nState: Running\nStarted: Sun, 09 Aug 2026 12:17:29 +0530\nLast State: Terminated\n{state}Ready: True\nRestart Count: 19\nLimits:\nmemory: 256Mi\nEnvironment:\nAPI_HOST: db\nConditions:\nType Status\n"
        )
    };
    for (state, code, says) in [
        ("Reason: OOMKilled\nExit Code: 137\n", "mem.oom.cgroup", "256.0 MiB"),
        ("Reason: Error\nExit Code: 137\n", "mem.sigkill", "19 times"),
        ("Reason: Error\nExit Code: 2\n", "pod.exited", "api"),
    ] {
        finds(&pod(state), code, &[says]);
    }
}

#[test]
fn a_last_state_alone_is_read_however_it_is_indented() {
    for text in [
        "error:\n  Last State:     Terminated\n  Reason:       OOMKilled\n  Exit Code:    137\n\nso it restarts\n",
        "Last State: Terminated\nReason: OOMKilled\nExit Code: 137\nStarted: Fri, 15 Sep 2026 09:56:14 +0200\nFinished: Fri, 15 Sep 2026 09:56:17 +0200\n",
        "It says\n\n      Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n",
        "```\nLast State:     Terminated\n  Reason:       OOMKilled\n  Exit Code:    137\n```\n",
    ] {
        finds(text, "mem.oom.cgroup", &["OOMKilled"]);
    }
}
