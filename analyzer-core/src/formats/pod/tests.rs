//! The documents are what the API prints, cut to the fields that matter here.

use crate::report::{Report, Severity};
use crate::session::Session;

const POD: &str = r#"{
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": { "name": "shop-5d9", "namespace": "prod" },
    "spec": {
        "containers": [
            {
                "name": "api",
                "env": [
                    { "name": "GOMEMLIMIT", "valueFrom": { "resourceFieldRef": { "resource": "limits.memory" } } }
                ],
                "resources": { "limits": { "memory": "512Mi" }, "requests": { "memory": "256Mi" } }
            }
        ],
        "volumes": [ { "name": "scratch", "emptyDir": { "medium": "Memory", "sizeLimit": "64Mi" } } ]
    },
    "status": {
        "phase": "Running",
        "containerStatuses": [
            { "name": "api", "restartCount": 3, "state": { "running": {} },
              "lastState": { "terminated": { "exitCode": 137, "reason": "OOMKilled" } } }
        ]
    }
}"#;

fn report(name: &str, text: &str) -> Report {
    let mut session = Session::default();
    session.add(name, text.as_bytes().to_vec());
    session.report()
}

/// What is found of how it ran: that its GOMEMLIMIT is the whole limit is another matter.
fn codes(report: &Report) -> Vec<(&str, Severity)> {
    let ran = report.findings.iter().filter(|finding| !finding.code.starts_with("spec."));
    ran.map(|finding| (finding.code.as_str(), finding.severity)).collect()
}

#[test]
fn an_oom_killed_container_is_named_with_its_limit() {
    let report = report("pod.json", POD);
    assert_eq!(report.sources[0].format.as_deref(), Some("pod"));
    assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)]);
    assert!(report.findings[0].claim.contains("512.0 MiB"), "{}", report.findings[0].claim);
    assert_eq!(report.findings[0].citations.as_slice()[0].at.and_then(|at| at.line), Some(8));
}

#[test]
fn a_plain_sigkill_is_not_called_out_of_memory() {
    let report = report("pod.json", &POD.replace("\"OOMKilled\"", "\"Error\""));
    assert_eq!(codes(&report), [("mem.sigkill", Severity::Warning)]);
    let other = self::report("pod.json", &POD.replace("137", "1").replace("\"OOMKilled\"", "\"Error\""));
    assert_eq!(codes(&other), [("pod.exited", Severity::Warning)]);
}

#[test]
fn an_eviction_is_about_the_node() {
    let evicted = POD
        .replace(
            "\"Running\"",
            "\"Failed\", \"reason\": \"Evicted\", \"message\": \"The node was low on resource: memory.\"",
        )
        .replace("137", "0");
    let report = report("pod.json", &evicted.replace("\"OOMKilled\"", "\"Completed\""));
    assert_eq!(codes(&report), [("mem.evicted", Severity::Critical)]);
    assert!(report.findings[0].claim.contains("low on resource: memory"), "{}", report.findings[0].claim);
}

#[test]
fn lists_of_pods_are_read_and_broken_ones_say_where() {
    let list = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{POD}, {POD}]}}");
    assert_eq!(report("pods.json", &list).sources[0].format.as_deref(), Some("pod"));
    let cut = report("pod.json", &POD[..700]);
    assert_eq!(cut.sources[0].notes[0].at.and_then(|at| at.line), Some(20));
}

/// The same pod as [`POD`], as kubectl prints it.
const YAML: &str = "\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {\"apiVersion\":\"v1\",\"kind\":\"Pod\"}
  name: shop-5d9
  namespace: prod
spec:
  containers:
  - env:
    - name: GOMEMLIMIT
      valueFrom:
        resourceFieldRef:
          divisor: \"0\"
          resource: limits.memory
    name: api
    resources:
      limits:
        memory: 512Mi
      requests:
        memory: 256Mi
  volumes:
  - emptyDir:
      medium: Memory
      sizeLimit: 64Mi
    name: scratch
status:
  containerStatuses:
  - lastState:
      terminated:
        exitCode: 137
        reason: OOMKilled
    name: api
    restartCount: 3
    state:
      running: {}
  phase: Running
";

#[test]
fn yaml_says_what_the_json_of_the_same_pod_says() {
    let (yaml, json) = (report("pod.yaml", YAML), report("pod.json", POD));
    assert_eq!(yaml.sources[0].format.as_deref(), Some("pod-yaml"));
    assert_eq!(codes(&yaml), codes(&json));
    assert_eq!(yaml.findings[0].claim, json.findings[0].claim);
    assert_eq!(yaml.findings[0].citations.as_slice()[0].at.and_then(|at| at.line), Some(17));
    let list =
        format!("apiVersion: v1\nitems:\n- {}kind: List\n", YAML.replace('\n', "\n  ").trim_end_matches(' '));
    assert_eq!(codes(&report("pods.yaml", &list)), codes(&json));
}

#[test]
fn the_table_of_kubectl_top_gives_working_sets() {
    let report = report(
        "top.txt",
        "POD        NAME   CPU(cores)   MEMORY(bytes)\nshop-5d9   api    3m           24Mi\n",
    );
    assert_eq!(report.sources[0].format.as_deref(), Some("kubectl-top"));
    assert_eq!(report.memory.unwrap().latest.working_set.map(|set| set.0), Some(24 << 20));
}

#[test]
fn the_states_of_a_container_pasted_alone_tell_of_its_kill() {
    let states = "    State:          Running\n      Started:      Tue, 10 Nov 2026 11:40:30 +0000\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n    Restart Count:  4\n    Limits:\n      memory:  256Mi\n";
    let dedented =
        states.lines().map(|line| line.trim_start_matches("    ").to_owned() + "\n").collect::<String>();
    let named = format!("  api:\n    Container ID:  containerd://aa\n{states}");
    let listed = format!(
        "...\nContainers:\n  api:\n    Container ID:  containerd://aa\n    Command:\n      api\n    Args:\n      --a=b\n{states}"
    );
    let old = states.replace("Last State:     ", "Last Termination State:\t");
    let below = format!("It restarts again and again:\n\n{states}\nAny idea?\n");
    for (text, name) in [
        (states, "(not named)"),
        (&dedented, "(not named)"),
        (&named, "api"),
        (&listed, "api"),
        (&old, "(not named)"),
        (&below, "(not named)"),
    ] {
        let report = report("paste.txt", text);
        assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)], "{text}");
        let claim = &report.findings[0].claim;
        assert!(
            claim.contains(&format!("Container {name} was OOMKilled with a limit of 256.0 MiB")),
            "{claim}"
        );
        assert!(claim.contains("restarted 4 times"), "{claim}");
    }
}

#[test]
fn what_a_container_wrote_last_is_told_with_its_exit_code() {
    let ended = POD.replace(
        "137, \"reason\": \"OOMKilled\"",
        "2, \"reason\": \"Error\", \"message\": \"panic: boom\\n\\ngoroutine 1 [running]:\\n\"",
    );
    let report = report("pod.json", &ended);
    assert_eq!(codes(&report), [("pod.exited", Severity::Warning)]);
    assert!(report.findings[0].claim.contains("panic: boom"), "{}", report.findings[0].claim);
}

#[test]
fn the_states_of_containers_cut_out_of_a_pods_object_tell_of_the_kill() {
    let ended = "terminated:\n  containerID: containerd://aa\n  exitCode: 137\n  reason: OOMKilled\n";
    let indented =
        |text: &str, by: usize| text.lines().map(|line| format!("{:by$}{line}\n", "")).collect::<String>();
    let last = format!("lastState:\n{}", indented(ended, 2));
    let status = format!("containerStatuses:\n- name: api\n{}", indented(&last, 2));
    let json =
        r#"{"name":"api","restartCount":4,"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}"#;
    for (text, name) in [
        (ended.to_owned(), "(not named)"),
        (last.clone(), "(not named)"),
        (indented(&last, 4), "(not named)"),
        (status.clone(), "api"),
        (format!("status:\n{}", indented(&status, 2)), "api"),
        (format!("```yaml\n{status}```\n"), "api"),
        (json.to_owned(), "api"),
        (format!("[{json}]"), "api"),
        (format!("$ kubectl get pod -o jsonpath='{{.status.containerStatuses}}'\n[{json}]\n"), "api"),
    ] {
        let report = report("paste.txt", &text);
        assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)], "{text}");
        assert!(report.findings[0].claim.contains(name), "{}", report.findings[0].claim);
    }
}

#[test]
fn what_describe_prints_is_read_behind_the_prefix_of_a_log() {
    let describe = "Name:         shop\nNamespace:    shop\nContainers:\n  api:\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n    Limits:\n      memory:  256Mi\nConditions:\n  Type    Status\n  Ready   False\n";
    for prefix in ["> ", "2026-11-20T20:03:00.1234567Z ", "Nov 20 20:03:00 host ci[8]: "] {
        let text: String = describe.lines().map(|line| format!("{prefix}{line}\n")).collect();
        let report = report("paste.txt", &text);
        assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)], "{text}");
        assert!(report.findings[0].claim.contains("Container api"), "{}", report.findings[0].claim);
    }
}

#[test]
fn the_kubelets_old_words_for_a_kill_are_read() {
    let state = "\"state\": {\n        \"termination\": {\n            \"exitCode\": 137,\n            \"reason\": \"OOM Killed\",\n            \"finishedAt\": \"2014-12-18T23:22:26Z\"\n        }\n    }";
    let named = format!("    \"api\": {{\n    {state}\n    }},\n");
    for (text, name) in [
        (format!("The status:\n```\n{named}```\n"), "api"),
        (format!("{{\n{}}}\n", named.trim_end_matches(",\n").to_owned() + "\n"), "api"),
        (format!("{{\n    {state}\n}}\n"), "(not named)"),
    ] {
        let report = report("paste.txt", &text);
        assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)], "{text}");
        assert!(report.findings[0].claim.contains(name), "{}", report.findings[0].claim);
    }
}

#[test]
fn a_kill_among_several_old_states_is_told() {
    let text = r#"{"a":{"state":{"termination":{"exitCode":0,"reason":"Completed"}}},"api":{"state":{"termination":{"exitCode":137,"reason":"OOM Killed"}}}}"#;
    let report = report("paste.txt", text);
    assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)], "{}", report.verdict);
    assert!(report.findings[0].claim.contains("api"), "{}", report.findings[0].claim);
}

#[test]
fn every_eviction_is_told_and_the_same_one_once() {
    let message = |name: &str| {
        format!(
            "The node was low on resource: ephemeral-storage. Container {name} was using 34260Ki, which exceeds its request of 0."
        )
    };
    let pod = |name: &str| {
        format!(
            "Name:           {name}\nNamespace:      shop\nStatus:         Failed\nReason:         Evicted\nMessage:        {}\n",
            message(name)
        )
    };
    let cut =
        format!("Status:         Failed\nReason:         Evicted\nMessage:        {}\n\n", message("front"));
    for (text, count) in [
        (pod("api"), 1),
        (format!("{cut}{}", pod("api")), 2),
        (format!("{}\n{}", pod("api"), pod("front")), 2),
        (format!("{}\nEvents:\n  Warning  Evicted  37m  kubelet  {}\n", pod("api"), message("api")), 1),
    ] {
        let report = report("paste.txt", &text);
        assert_eq!(codes(&report).len(), count, "{text}\n{:?}", codes(&report));
    }
}

#[test]
fn the_title_of_a_state_may_lack_its_blank() {
    let states = "State:          Waiting\nReason:         CrashLoopBackOff\nLastState:      Terminated\nReason:         OOMKilled\nExit Code:      137\n";
    let indented: String = states.lines().map(|line| format!("    {line}\n")).collect();
    for text in [states.to_owned(), indented, format!("It says:\n\n{states}\nWhy?\n")] {
        let report = report("paste.txt", &text);
        assert_eq!(codes(&report), [("mem.oom.cgroup", Severity::Critical)], "{text}");
    }
}

#[test]
fn rows_of_pods_without_their_header_are_read() {
    let alone = "api-6484d98997-9tvmb        0/1     OOMKilled   4 (75s ago)   3m30s\n";
    let of_all = "shop          api-65596cfbcc-84n2c     0/1     Evicted                       0          13m\nshop          api-65596cfbcc-8bkjx     1/1     Running     0          12m\n";
    let beside = format!(
        "```\n{alone}```\n\nWith a limit of 500Mi it stays up.\n\n```\n$ kubectl top pod\nNAME                     CPU(cores)   MEMORY(bytes)\napi-79d77c6976-89bxr     714m         150Mi\n```\n"
    );
    for (text, code) in [(alone, "mem.oom.cgroup"), (of_all, "pod.evicted"), (&beside, "mem.oom.cgroup")] {
        let report = report("paste.txt", text);
        assert!(codes(&report).iter().any(|(found, _)| *found == code), "{text}: {:?}", codes(&report));
    }
    for prose in ["api-7  0/1  Broken  4  3m\n", "1/2  Running  3  5m\n", "api-7  0/1  Running  none  3m\n"] {
        assert!(codes(&report("paste.txt", prose)).is_empty(), "{prose}");
    }
}
