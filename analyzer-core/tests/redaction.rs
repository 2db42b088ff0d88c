//! Redacted captures: nothing particular is left, and the report is the same
//! under other names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use analyzer_core::session::{FileInfo, Redacted, Session};
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Every file at or below a path, named relative to `root`.
fn files(root: &Path, path: &Path) -> Vec<(String, Vec<u8>)> {
    if !path.is_dir() {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        return vec![(name, fs::read(path).expect("file"))];
    }
    let mut paths: Vec<PathBuf> =
        fs::read_dir(path).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| files(root, path)).collect()
}

fn redact(files: &[(String, Vec<u8>)]) -> Redacted {
    let mut session = Session::default();
    for (path, bytes) in files {
        let id = session.open(FileInfo { path: path.clone(), bytes: 0, modified_at: None });
        session.chunk(id, bytes.clone());
        session.close_to_redact(id);
    }
    session.redact()
}

fn report<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Value {
    let mut session = Session::default();
    for (path, bytes) in files {
        session.add(path, bytes.to_vec());
    }
    serde_json::to_value(session.report()).expect("a report is always JSON")
}

fn report_of(redacted: &Redacted) -> Value {
    serde_json::to_value(redacted.report()).expect("a report is always JSON")
}

/// A report in which every name, and every pseudonym, is the same sign.
fn without_names(report: &Value, redacted: &Redacted) -> Value {
    let replacements = &redacted.summary.replacements;
    let names: BTreeSet<&str> =
        replacements.iter().flat_map(|row| [row.name.as_str(), row.pseudonym.as_str()]).collect();
    let mut report = report.clone();
    for source in report["sources"].as_array_mut().expect("sources") {
        // The compressed size is gone with the compression.
        source["bytes"] = Value::Null;
    }
    replace(&mut report, &names);
    report
}

fn replace(value: &mut Value, names: &BTreeSet<&str>) {
    match value {
        Value::String(text) => *text = replaced(text, names),
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, names)),
        Value::Object(members) => {
            let old = std::mem::take(members);
            for (key, mut value) in old {
                replace(&mut value, names);
                members.insert(replaced(&key, names), value);
            }
        }
        _ => {}
    }
}

fn replaced(text: &str, names: &BTreeSet<&str>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(match word.strip_prefix("pod") {
            _ if names.contains(word) => "\u{a7}",
            // A pod's id in the path of a control group.
            Some(id) if names.contains(id) => "pod\u{a7}",
            _ => word,
        });
        let mark = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..mark]);
        rest = &after[mark..];
    }
    out
}

/// Differences of two values, each with where it is.
fn differences(path: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}/{index}"), a, b, found);
            }
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, value) in a {
                differences(&format!("{path}/{key}"), value, &b[key], found);
            }
        }
        _ if left == right => {}
        _ => {
            let mut text = format!("{path}: {left} became {right}");
            text.truncate(text.char_indices().nth(400).map_or(text.len(), |(at, _)| at));
            found.push(text);
        }
    }
}

fn assert_same_report(files: &[(String, Vec<u8>)], what: &str) {
    let redacted = redact(files);
    let before = report(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let after = report_of(&redacted);
    let mut found = Vec::new();
    differences("", &without_names(&before, &redacted), &without_names(&after, &redacted), &mut found);
    found.truncate(10);
    assert!(found.is_empty(), "{what}: {found:#?}");
}

#[test]
fn the_report_of_a_redacted_bundle_is_the_same_under_other_names() {
    let bundles = fixtures().join("bundles");
    for bundle in ["pricing-go1.26-cgroup2", "codec-go1.21-cgroup1"] {
        assert_same_report(&files(&bundles, &bundles.join(bundle)), bundle);
    }
}

/// Addresses stand in hex in the kernel's tables, and as text in those of tools.
#[test]
fn addresses_of_sockets_are_replaced_in_every_form_and_the_findings_stay() {
    let tcp = |count: u64| {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
        let row = |index: u64| {
            format!(
                " {index}: 0703000A:{:04X} 0904030A:1538 08 00000000:00000357 00:00000000 00000000     0        0 {} 1 00000000e93116cd 20\n",
                40_000 + index,
                100 + index
            )
        };
        let listen =
            " 99: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1\n";
        head.to_owned() + &(0..count).map(row).collect::<String>() + listen
    };
    let fds = |count: u64| {
        let row = |index: u64| {
            format!(
                "lrwx------ 1 shopper shopper 64 Nov 29 17:28 {} -> socket:[{}]\n",
                5 + index,
                100 + index
            )
        };
        "total 0\n".to_owned() + &(0..count).map(row).collect::<String>()
    };
    let ss = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nESTAB 0 0 10.0.3.7:40001 10.3.4.9:5432 users:((\"shopper\",pid=6,fd=5))\n";
    let netstat = "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\ntcp6 0 0 fd00:77::7:40001 fd00:77::9:5432 ESTABLISHED 6/shopper\n";
    let lsof = "COMMAND PID USER   FD      TYPE DEVICE SIZE/OFF     NODE NAME\nshopper 6 shopper 5u IPv4 100 0t0 TCP 10.0.3.7:40000->10.3.4.9:5432 (CLOSE_WAIT)\nshopper 6 shopper 6r REG 254,0 4 9 /srv/secretdir/file\n";
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (label, count) in [("t0", 20), ("t1", 60)] {
        files.push((format!("shop/{label}/proc/net/tcp"), tcp(count).into_bytes()));
        files.push((format!("shop/{label}/proc/fd.txt"), fds(count).into_bytes()));
        files.push((format!("shop/{label}/ss.txt"), ss.into()));
        files.push((format!("shop/{label}/netstat.txt"), netstat.into()));
        files.push((format!("shop/{label}/lsof.txt"), lsof.into()));
    }
    let redacted = redact(&files);
    let before = report(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let codes = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().map(|finding| finding["code"].to_string()).collect()
    };
    assert_eq!(codes(&before), ["\"net.close_wait.client\""]);
    assert_eq!(codes(&report_of(&redacted)), codes(&before));
    let left: String =
        redacted.each_file().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    for secret in ["0703000A", "0904030A", "10.0.3.7", "10.3.4.9", "fd00", "shopper", "secretdir", "e93116cd"]
    {
        assert!(!left.contains(secret), "{secret} is left");
    }
}

/// Commands, hosts and services in what eBPF tools and tracing write.
#[test]
fn tables_of_tracing_tools_lose_their_names_and_keep_their_findings() {
    let session = |index: u32| format!("7 shopper 10.0.3.7 {} 10.3.4.9 5432 1 2 0.5\n", 40_000 + index);
    let life = "PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n".to_owned()
        + &(0..60).map(session).collect::<String>();
    let retransmit = "01:55:05 0      4  10.0.3.7:46644      R> 10.3.4.9:5432   SYN_SENT\n".repeat(12);
    let span = |index: u32| {
        format!(
            "{{\"traceId\":\"{index:032x}\",\"spanId\":\"{index:016x}\",\"name\":\"GetShopper\",\"kind\":3,\"startTimeUnixNano\":\"{index}000000\",\"endTimeUnixNano\":\"{index}900000\",\"attributes\":[{{\"key\":\"user\",\"value\":{{\"stringValue\":\"secretuser\"}}}}]}}"
        )
    };
    let root = |index: u32| {
        format!(
            "{{\"traceId\":\"{:032x}\",\"spanId\":\"{index:016x}\",\"name\":\"GetShopper\",\"kind\":2,\"startTimeUnixNano\":\"{index}100000\",\"endTimeUnixNano\":\"{index}200000\"}}",
            index + 1000
        )
    };
    let resource = |service: &str, spans: Vec<String>| {
        format!(
            "{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"{service}\"}}}}]}},\"scopeSpans\":[{{\"spans\":[{}]}}]}}",
            spans.join(",")
        )
    };
    let spans = format!(
        "{{\"resourceSpans\":[{},{}]}}",
        resource("shopper", (100..130).map(span).collect()),
        resource("secretprice", (100..130).map(root).collect())
    );
    let files: Vec<(String, Vec<u8>)> = [
        ("tcplife.txt", life),
        (
            "tcpretrans.txt",
            "TIME     PID    IP LADDR:LPORT          T> RADDR:RPORT          STATE\n".to_owned() + &retransmit,
        ),
        (
            "oomkill.txt",
            "21:03:39 Triggered by PID 3297 (\"shopper\"), OOM kill of PID 22516 (\"secretperl\"), 3850642 pages, loadavg: 0.99 0.39 0.30 3/282 22724\n".to_owned(),
        ),
        (
            "memleak.txt",
            "[11:16:33] Top 1 stacks with outstanding allocations:\n\t1048576 bytes in 49 allocations from stack\n\t\tdecode_frame+0x1a [shopper]\n[11:16:43] Top 1 stacks with outstanding allocations:\n\t41943040 bytes in 98 allocations from stack\n\t\tdecode_frame+0x1a [shopper]\n".to_owned(),
        ),
        ("map.json", "{\"type\": \"map\", \"data\": {\"@bytes\": {\"\\n    malloc+0\\n    main.decode+26\\n,shopper\": 5242880}}}\n".to_owned()),
        ("map.txt", "Attaching 2 probes...\n\n@opens[shopper, /srv/secretdir/file]: 12\n@n: 3\n".to_owned()),
        ("spans.json", spans),
    ]
    .map(|(name, text)| (format!("shop/{name}"), text.into_bytes()))
    .into();
    let redacted = redact(&files);
    let codes = |report: &Value| -> BTreeSet<String> {
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().map(|finding| finding["code"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let before = codes(&report(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))));
    let wanted = [
        "ebpf.conn.churn",
        "ebpf.native.alloc",
        "ebpf.native.leak",
        "mem.oom.unknown",
        "net.syn_sent",
        "otel.cut_edge",
    ];
    assert_eq!(before.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    assert_eq!(codes(&report_of(&redacted)), before);
    let left: String =
        redacted.each_file().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    for secret in [
        "10.0.3.7",
        "10.3.4.9",
        "shopper",
        "secretperl",
        "secretdir",
        "secretprice",
        "secretuser",
        "GetShopper",
    ] {
        assert!(!left.contains(secret), "{secret} is left");
    }
}

#[test]
fn profiles_and_traces_give_the_same_report_under_other_names() {
    for folder in ["pprof/go1.26.6", "pprof/go1.21.13", "go_trace"] {
        let root = fixtures().join(folder);
        for file in files(&root, &root) {
            if !file.0.ends_with(".md") {
                let name = file.0.clone();
                assert_same_report(&[file], &name);
            }
        }
    }
}

#[test]
fn what_other_tools_print_gives_the_same_report_under_other_names() {
    let root = fixtures().join("tools");
    for file in files(&root, &root).into_iter().filter(|(name, _)| name != "README.md") {
        let name = file.0.clone();
        assert_same_report(&[file], &name);
    }
}

/// Captures whose every particular is known, and those particulars.
const SECRETS: [&str; 30] = [
    "checkout-7d4f9",
    "k9q2v",
    "shop-prod",
    "node-17",
    "acme",
    "alice",
    "10.1.2.3",
    "203",
    "tenantx",
    "s3cr3t",
    "hunter2",
    "orderno",
    "gke-europe",
    "customers",
    "AKIA",
    "1f2e3d4c",
    "9a8b7c6d",
    "checkoutd",
    "europe",
    "registry",
    "teamred",
    "walletdb",
    "buildbox",
    "bluebird",
    "greenfield",
    "mysession",
    "blackbox",
    "cafebabe",
    "loginpage",
    "quarterly",
];

fn planted() -> Vec<(String, Vec<u8>)> {
    let dump = "2026/11/20 10:15:00 alice of tenantx logged in with hunter2\n\
        panic: order orderno of customers failed\n\n\
        goroutine 1 [chan receive, 5 minutes] {tenant: tenantx, note: \"mysession\\n\"}:\n\
        main.main(0xc0cafebabe)\n\t/home/alice/acme/cmd/server/main.go:10 +0x1d\n\n\
        goroutine 7 [select]:\nshop/store.(*Store).Get(...)\n\t/home/alice/acme/shop/store/store.go:12 +0x1d\n\
        created by main.main in goroutine 1\n\t/home/alice/acme/cmd/server/main.go:9 +0x2d\n";
    let counted = "goroutine profile: total 3\n3 @ 0x47db6a 0x41516e\n# labels: {\"tenant\":\"tenantx\"}\n\
        #\t0x47db69\tmain.main+0x24\t/home/alice/acme/main.go:9\n";
    let smaps = "00400000-006f5000 r-xp 00000000 fe:00 1122 /srv/acme/checkoutd\n\
        Size:               2004 kB\nRss:                  12 kB\nPss:                  12 kB\n\
        VmFlags: rd ex mr mw me sd\n\
        7f00000000-7f00001000 rw-s 00000000 00:01 5 /dev/shm/mysession (deleted)\n\
        Size:                  4 kB\nRss:                   4 kB\nPss:                   4 kB\n\
        VmFlags: rd wr sh\n";
    let pod = r#"{"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "checkout-7d4f9-k9q2v", "namespace": "shop-prod", "uid": "1f2e3d4c-9a8b7c6d",
            "labels": {"teamred/owner": "bluebird"}, "annotations": {"note": "greenfield \"quarterly\""}},
        "spec": {"nodeName": "node-17", "containers": [{"name": "checkout", "image": "registry.acme/x:1",
            "args": ["--token=s3cr3t"], "env": [{"name": "GOMEMLIMIT", "value": "400MiB"}, {"name": "DB", "value": "walletdb"}],
            "resources": {"limits": {"memory": "512Mi"}}}]},
        "status": {"phase": "Running", "hostIP": "10.1.2.3", "message": "on gke-europe",
            "containerStatuses": [{"name": "checkout", "restartCount": 2, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}}"#;
    let oom = "Nov 20 20:10:56 buildbox kernel: [   39.423983] checkoutd invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n\
        Nov 20 20:10:56 buildbox kernel: [   39.423983] Hardware name: blackbox\n\
        Nov 20 20:10:56 buildbox kernel: [   39.423983] memory: usage 184320kB, limit 184320kB, failcnt 63\n\
        Nov 20 20:10:56 buildbox kernel: [   39.423983] Memory cgroup stats for /kubepods/pod1f2e3d4c/9a8b7c6d:\n\
        Nov 20 20:10:56 buildbox kernel: [   39.423983] anon 180000000\n\
        Nov 20 20:10:56 buildbox kernel: [   39.423983] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=9a8b7c6d,mems_allowed=0,oom_memcg=/kubepods/pod1f2e3d4c,task_memcg=/kubepods/pod1f2e3d4c/9a8b7c6d,task=checkoutd,pid=188,uid=0\n\
        Nov 20 20:10:56 buildbox kernel: [   39.423983] Memory cgroup out of memory: Killed process 188 (checkoutd) total-vm:1230000kB, anon-rss:180000kB, file-rss:0kB, shmem-rss:0kB\n";
    let metrics = "# TYPE go_goroutines gauge\ngo_goroutines 12\ngo_info{version=\"go1.26.6\"} 1\n\
        process_resident_memory_bytes 1.2e+07\nhttp_requests_total{path=\"/loginpage\",user=\"alice\"} 3\n\
        container_memory_rss{container=\"checkout\",namespace=\"shop-prod\",pod=\"checkout-7d4f9-k9q2v\"} 5000\n";
    let vars = r#"{"cmdline": ["/srv/acme/checkoutd", "-password=hunter2"], "by_tenant": {"tenantx": "gold"},
        "memstats": {"Alloc": 1, "HeapSys": 4096, "HeapReleased": 0, "BuckHashSys": 1, "HeapInuse": 1}}"#;
    let gctrace = "10.1.2.3 - alice GET /loginpage\n\
        gc 1 @0.010s 2%: 0.1+1.0+0.1 ms clock, 0.2+0.5/0.5/0.5+0.2 ms cpu, 4->4->1 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P alice\n";
    [
        ("dump.txt", dump.to_owned()),
        ("goroutine.debug1.txt", counted.to_owned()),
        ("proc/smaps", smaps.to_owned()),
        ("proc/status", "Name:\tcheckoutd\nPid:\t188\nThreads:\t9\nVmRSS:\t   12 kB\n".to_owned()),
        ("proc/stat", "188 (checkoutd) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 9 0 100 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 1 0 0 0 0 0 1 1 1 1 1 1 1 0\n".to_owned()),
        ("proc/cgroup", "0::/kubepods/pod1f2e3d4c/9a8b7c6d\n".to_owned()),
        ("proc/cmdline", "/srv/acme/checkoutd\0--token=s3cr3t\0".to_owned()),
        ("proc/environ", "GOGC=50\0AWS=AKIA203\0HOSTNAME=checkout-7d4f9-k9q2v\0".to_owned()),
        ("proc/version", "Linux version 6.1.0-18-amd64 (alice@buildbox) (gcc 12) #1 SMP\n".to_owned()),
        ("cgroup/memory.current", "184320\n".to_owned()),
        ("cgroup/memory.stat", "anon 180000000\nfile 5\nfile_mapped 1\n".to_owned()),
        ("pod.json", pod.to_owned()),
        ("top.txt", "NAMESPACE   POD   NAME   CPU(cores)   MEMORY(bytes)\nshop-prod   checkout-7d4f9-k9q2v   checkout   12m   24Mi\n".to_owned()),
        ("dmesg.txt", oom.to_owned()),
        ("metrics.prom", metrics.to_owned()),
        ("vars.json", vars.to_owned()),
        ("gctrace.log", gctrace.to_owned()),
        ("describe.txt", "Name:         checkout-7d4f9-k9q2v\nNode:         node-17/10.1.2.3\nContainers:\n  checkoutd:\n    Image:  registry.acme/x:1\n    Last State:  Terminated\n      Reason:    OOMKilled\n    Environment:\n      TOKEN:  s3cr3t\nEvents:\n  Warning  BackOff  2m  kubelet, node-17  Back-off restarting failed container checkoutd in pod checkout-7d4f9-k9q2v\n".to_owned()),
        ("events.txt", "LAST SEEN   TYPE      REASON      OBJECT        MESSAGE\n5m   Warning   SystemOOM   node/node-17   System OOM encountered, victim process: checkoutd, pid: 42\n".to_owned()),
        ("pods.txt", "NAME   READY   STATUS   RESTARTS   AGE   IP   NODE\ncheckout-7d4f9-k9q2v   0/1   OOMKilled   4   2d   10.1.2.3   node-17\n".to_owned()),
        ("inspect.json", r#"[{"Name": "/checkoutd", "Path": "/srv/acme/checkoutd", "Args": ["--token=s3cr3t"], "State": {"Status": "exited", "OOMKilled": true, "ExitCode": 137}, "Config": {"Env": ["GOGC=50", "DB=walletdb"], "Image": "registry.acme/x", "Labels": {"teamred": "bluebird"}}, "HostConfig": {"Memory": 1048576}}]"#.to_owned()),
        ("stats.txt", "CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %\n1f2e3d4c9a8b7c6d   checkoutd   0.15%   12.5MiB / 256MiB   4.88%\n".to_owned()),
        ("answer.json", r#"{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"__name__": "container_memory_rss", "container": "checkoutd", "pod": "checkout-7d4f9-k9q2v", "node": "node-17"}, "value": [1763668980, "5000"]}]}}"#.to_owned()),
        ("ps.txt", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nalice 7 1.2 2.5 1234567 204800 ? Sl 19:00 0:42 /srv/acme/checkoutd --token=s3cr3t 203\n".to_owned()),
        ("pmap.txt", "7:   /srv/acme/checkoutd --token=s3cr3t\nAddress Kbytes RSS Dirty Mode Mapping\n0000000000400000 4096 3072 0 r-x-- checkoutd\ntotal kB 4096 3072 0\n".to_owned()),
        ("cgtop.txt", "Control Group Tasks %CPU Memory Input/s Output/s\nsystem.slice/checkoutd.service 14 3.2 250.0M - -\n".to_owned()),
        ("app.log", "alice of tenantx bought quarterly\n".to_owned()),
        ("customers.csv", "a,b,c\n1,2,203\n3,4,203\n".to_owned()),
        ("notes.bin", "greenfield".to_owned()),
    ]
    .into_iter()
    .map(|(name, text)| (format!("checkout-7d4f9-k9q2v.shop-prod/t0/{name}"), text.into_bytes()))
    .collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_planted_secret_is_left_in_any_byte() {
    let files = planted();
    let redacted = redact(&files);
    let markdown = redacted.report().to_markdown();
    for secret in SECRETS {
        let is_planted = files.iter().any(|(path, bytes)| contains(bytes, secret) || path.contains(secret));
        assert!(is_planted, "{secret} is in no file");
        for (file, bytes) in redacted.each_file() {
            let text = String::from_utf8_lossy(bytes);
            assert!(!contains(bytes, secret), "{secret} is left in {}:\n{text}", file.path);
            assert!(!file.path.contains(secret), "{}", file.path);
        }
        assert!(!markdown.contains(secret), "{secret} is left in the Markdown");
    }
    let report = report_of(&redacted).to_string();
    assert!(SECRETS.iter().all(|secret| !report.contains(secret)));
}

#[test]
fn what_go_says_of_a_program_keeps_versions_alone() {
    const DEPLOY: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkoutd}\nspec:\n  template:\n    spec:\n      containers:\n      - name: checkoutd\n        env: [{name: GOGC, value: '50'}]\n        resources: {limits: {cpu: 2, memory: 1Gi}}\n";
    const MODULE: &str = "module registry.acme/walletdb // greenfield\n\ngo 1.24.2\n\ntoolchain go1.24.5\n\nrequire (\n\tgithub.com/KimMachineGun/automemlimit v0.7.0\n\tgit.acme/teamred v1.2.3 // quarterly\n)\n\nreplace git.acme/teamred => ../bluebird\n\ngodebug default=go1.23\n";
    const ENV: &str = "GOARCH='amd64'\nGOOS='linux'\nGOROOT='/home/alice/go'\nGOVERSION='go1.24.5'\nGOPRIVATE='git.acme'\nGOPROXY='https://alice:hunter2@proxy.acme'\n";
    const BUILD: &str = "/srv/acme/checkoutd: go1.24.5\n\tpath\tgit.acme/teamred/checkoutd\n\tmod\tgit.acme/teamred\t(devel)\t\n\tdep\tgo.uber.org/automaxprocs\tv1.6.0\th1:cafebabe=\n\tdep\tgit.acme/walletdb\tv1.0.0\n\tbuild\t-ldflags=-X=main.token=s3cr3t\n\tbuild\tCGO_ENABLED=1\n";
    let files = |name: &str, text: &str| -> Vec<(String, Vec<u8>)> {
        let own = [("deploy.yaml", DEPLOY), (name, text)];
        own.into_iter().map(|(name, text)| (format!("own/{name}"), text.as_bytes().to_vec())).collect()
    };
    for (name, text, kept) in [
        (
            "go.mod",
            MODULE,
            &["go 1.24.2", "go1.24.5", "github.com/KimMachineGun/automemlimit", "default=go1.23"][..],
        ),
        ("env.txt", ENV, &["GOARCH='amd64'", "GOVERSION='go1.24.5'"]),
        ("buildinfo.txt", BUILD, &[": go1.24.5", "go.uber.org/automaxprocs", "CGO_ENABLED=1"]),
    ] {
        let files = files(name, text);
        let redacted = redact(&files);
        assert!(redacted.summary.left_out.is_empty(), "{name}: {:?}", redacted.summary.left_out);
        let all: String =
            redacted.each_file().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
        for secret in SECRETS {
            assert!(!all.contains(secret), "{secret} is left of {name}:\n{all}");
        }
        for kept in kept {
            assert!(all.contains(kept), "{kept} is gone from {name}:\n{all}");
        }
        assert_same_report(&files, name);
    }
}

#[test]
fn planted_captures_give_the_same_figures() {
    let files: Vec<_> = planted()
        .into_iter()
        // What is left out, and what is logged beside a dump, has no place in a redacted report.
        .filter(|(path, _)| {
            !["app.log", "customers.csv", "notes.bin", "dump.txt"].iter().any(|name| path.ends_with(name))
        })
        .collect();
    assert_same_report(&files, "planted");
}

#[test]
fn files_without_known_secrets_are_left_out_and_named() {
    let redacted = redact(&planted());
    let left_out: Vec<&str> =
        redacted.summary.left_out.iter().map(|row| row.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(left_out, ["app.log", "customers.csv", "notes.bin"]);
    let report = report_of(&redacted);
    let failed: Vec<&Value> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|source| source["format"] == "left-out")
        .collect();
    assert_eq!(failed.len(), 3);
    assert!(
        failed
            .iter()
            .all(|source| source["notes"].to_string().contains("left out when the report was redacted"))
    );
}

#[test]
fn a_name_has_one_pseudonym_in_every_format() {
    let redacted = redact(&planted());
    let of = |name: &str| {
        let row = redacted.summary.replacements.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| panic!("{name} is not replaced")).pseudonym.clone()
    };
    let file = |name: &str| {
        let (_, bytes) = redacted.each_file().find(|(file, _)| file.path.ends_with(name)).expect("file");
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    let pod = format!("{}-{}-{}", of("checkout"), of("7d4f9"), of("k9q2v"));
    for name in ["pod.json", "top.txt", "metrics.prom", "environ"] {
        assert!(file(name).contains(&pod), "{name}:\n{}", file(name));
    }
    assert!(redacted.files[0].path.starts_with(&pod), "{}", redacted.files[0].path);
    for name in ["status", "dmesg.txt", "smaps"] {
        assert!(file(name).contains(&of("checkoutd")), "{name}:\n{}", file(name));
    }
}

#[test]
fn what_a_wrapping_said_is_missing_is_still_said() {
    let path = fixtures().join("pprof/go1.26.6/heap.pb.gz");
    let bytes = fs::read(&path).expect("fixture");
    let cut = bytes[..bytes.len() / 2].to_vec();
    let redacted = redact(&[("secretname/heap.pb.gz".to_owned(), cut)]);
    let report = report_of(&redacted);
    let last = report["sources"].as_array().unwrap().last().unwrap().to_string();
    assert!(last.contains("lost-before-redaction") && last.contains("heap.pb.gz"), "{last}");
    assert!(!last.contains("secretname"), "{last}");
}

#[test]
fn no_folder_of_a_fixture_survives_in_profiles_and_traces() {
    for (folder, secrets) in [
        ("go_trace", ["site-packages", "python3.11", "go127d", "task 0 log 1", "/tr/extra"]),
        ("pprof/go1.26.6", ["\u{6771}", "/shapes/", "acme", "tenant-", "/srv/apps/"]),
    ] {
        let root = fixtures().join(folder);
        let redacted = redact(&files(&root, &root));
        for secret in secrets {
            let left = redacted.each_file().find(|(_, bytes)| contains(bytes, secret));
            assert!(left.is_none(), "{secret} is left in {}", left.unwrap().0.path);
        }
    }
}

/// A registry prints addresses, the kernel writes them in hex: their pseudonyms do not match, and nothing may be
/// concluded from that. Those of `ss` do match.
#[test]
fn registries_are_redacted_and_never_held_against_the_kernels_pseudonyms() {
    let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: checkout-x7x\n  labels:\n    kubernetes.io/service-name: checkout\naddressType: IPv4\nports:\n- port: 8080\n  protocol: TCP\nendpoints:\n- addresses:\n  - 10.4.1.7\n- addresses:\n  - 10.4.1.8\n";
    let head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    let row = |last: u8, state: &str, inode: u32| {
        format!(
            " 1: 0201040A:9C40 {last:02X}01040A:1F90 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
        )
    };
    let tcp = format!("{head}{}{}{}", row(7, "01", 11), row(8, "01", 12), row(0x42, "02", 13));
    let fds = "total 0\nlrwx------ 1 a a 64 Nov 29 17:28 5 -> socket:[11]\nlrwx------ 1 a a 64 Nov 29 17:28 6 -> socket:[12]\nlrwx------ 1 a a 64 Nov 29 17:28 7 -> socket:[13]\n";
    let ss = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nESTAB 0 0 10.4.1.2:40000 10.4.1.7:8080 users:((\"shopper\",pid=6,fd=5))\nESTAB 0 0 10.4.1.2:40001 10.4.1.8:8080 users:((\"shopper\",pid=6,fd=6))\nSYN-SENT 0 1 10.4.1.2:40002 10.4.1.66:8080 users:((\"shopper\",pid=6,fd=7))\n";
    let kernel = [("shop/t0/proc/net/tcp", tcp.as_str()), ("shop/t0/proc/fd.txt", fds)];
    for (sockets, is_told_after) in [(&kernel[..], false), (&[("shop/t0/ss.txt", ss)][..], true)] {
        let lists = [("slices.yaml", slice)];
        let all = sockets.iter().chain(&lists);
        let files: Vec<(String, Vec<u8>)> =
            all.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let before = report(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        assert!(before.to_string().contains("net.stale_target"), "before");
        let redacted = redact(&files);
        let after = report_of(&redacted);
        let findings = after["findings"].to_string();
        assert_eq!(findings.contains("net.stale_target"), is_told_after, "{findings}");
        assert!(!findings.contains("net.instance"), "{findings}");
        for (info, bytes) in redacted.each_file() {
            let text = String::from_utf8_lossy(bytes).into_owned();
            assert!(!text.contains("10.4.1") && !text.contains("checkout"), "{}: {text}", info.path);
        }
    }
}
