//! Captures, and what is put around them.

/// The smallest captures that the report says something of.
pub const CAPTURES: &[(&str, &str)] = &[
    ("dump", DUMP),
    ("counts", COUNTS),
    ("crash", CRASH),
    ("race", RACE),
    ("kill", KILL),
    ("memstats", MEMSTATS),
    ("memory.stat", STAT),
    ("metrics", METRICS),
    ("rollup", ROLLUP),
    ("gctrace", GC),
];

const DUMP: &str = "goroutine 1 [chan receive, 41 minutes]:
main.main()
\t/srv/app/main.go:31 +0x1d1

goroutine 20 [chan send, 40 minutes]:
example.com/shop/hub.(*Hub).Broadcast(0xc0000b4000, {0xc0001a2000, 0x5, 0x5})
\t/srv/app/hub/hub.go:44 +0xb1
created by main.main in goroutine 1
\t/srv/app/main.go:22 +0x9f

goroutine 33 [sync.Mutex.Lock, 39 minutes]:
sync.(*Mutex).Lock(...)
\t/usr/local/go/src/sync/mutex.go:46
example.com/shop/hub.(*Hub).Broadcast(0xc0000b4000, {0xc0001a4000, 0x5, 0x5})
\t/srv/app/hub/hub.go:41 +0x6d
created by main.main in goroutine 1
\t/srv/app/main.go:22 +0x9f
";

const COUNTS: &str = "goroutine profile: total 126
120 @ 0x43b2ce 0x40a1a5 0x4b0e11 0x475a01
#\t0x4b0e10\texample.com/shop/hub.(*Hub).Broadcast+0xb0\t/srv/app/hub/hub.go:44

6 @ 0x43b2ce 0x44c5de 0x4b0dc6 0x475a01
#\t0x44c5dd\tsync.runtime_SemacquireMutex+0x25\t/usr/local/go/src/runtime/sema.go:95
#\t0x4b0dc5\texample.com/shop/hub.(*Hub).Broadcast+0x65\t/srv/app/hub/hub.go:41

";

const CRASH: &str = "panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x6a1b2c]

goroutine 51 [running]:
example.com/shop/cart.(*Cart).Total(0x0)
\t/srv/app/cart/cart.go:88 +0x4c
created by main.main in goroutine 1
\t/srv/app/main.go:40 +0x88
";

const RACE: &str = "==================
WARNING: DATA RACE
Write at 0x00c0001a2018 by goroutine 12:
  example.com/shop/cart.(*Cart).Add()
      /srv/app/cart/cart.go:51 +0x6f

Previous read at 0x00c0001a2018 by goroutine 11:
  example.com/shop/cart.(*Cart).Total()
      /srv/app/cart/cart.go:88 +0x3a

Goroutine 12 (running) created at:
  example.com/shop/cart.TestAdd()
      /srv/app/cart/cart_test.go:19 +0xd8
==================
";

const KILL: &str = "[  200.000001] svc invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968
[  200.000001] memory: usage 212992kB, limit 212992kB, failcnt 31
[  200.000001] swap: usage 0kB, limit 0kB, failcnt 0
[  200.000001] Memory cgroup stats for /pod/app:
[  200.000001] anon 188743680
[  200.000001] file 16777216
[  200.000001] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=b,mems_allowed=0,oom_memcg=/pod/app,task_memcg=/pod/app,task=svc,pid=42,uid=0
[  200.000001] Memory cgroup out of memory: Killed process 42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:100kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:968
";

const MEMSTATS: &str = "# runtime.MemStats
# Alloc = 10485760
# Sys = 33554432
# HeapAlloc = 10485760
# HeapSys = 25165824
# HeapIdle = 8388608
# HeapInuse = 16777216
# HeapReleased = 0
# Stack = 1048576 / 1048576
# GCSys = 0
# NextGC = 20971520
";

const STAT: &str = "anon 188743680
file 16777216
kernel 10485760
sock 1048576
shmem 8388608
file_mapped 4194304
inactive_anon 197132288
active_anon 0
inactive_file 4194304
active_file 4194304
unevictable 0
";

const METRICS: &str = "# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 20
go_memstats_heap_alloc_bytes 1.048576e+07
go_memstats_heap_idle_bytes 1.9922944e+08
go_memstats_heap_inuse_bytes 1.2582912e+07
go_memstats_heap_released_bytes 1.8874368e+08
go_memstats_heap_sys_bytes 2.11812352e+08
go_memstats_sys_bytes 2.22298112e+08
";

const ROLLUP: &str = "00400000-7ffd18de9000 ---p 00000000 00:00 0                              [rollup]
Rss:              259032 kB
Pss:              258000 kB
Anonymous:        247832 kB
LazyFree:              0 kB
";

const GC: &str = "gc 1 @0.010s 2%: 0.012+1.2+0.10 ms clock, 0.10+0.20/1.1/0.80+0.80 ms cpu, 4->4->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P
gc 2 @0.020s 2%: 0.012+1.2+0.10 ms clock, 0.10+0.20/1.1/0.80+0.80 ms cpu, 4->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 8 P
";

/// True for a line that a citation of a goroutine may lead to.
pub fn holds_start(line: &str) -> bool {
    line.contains("goroutine ") || line.contains(" @ 0x")
}

/// What cannot be told: a format whose lines look like no other thing, behind a prefix.
pub const UNTOLD: &[(&str, &str)] = &[];

type Wrap = fn(&str) -> Vec<u8>;

/// Every line by itself.
fn each(text: &str, wrap: impl Fn(usize, &str) -> String) -> Vec<u8> {
    text.lines().enumerate().map(|(number, line)| wrap(number, line) + "\n").collect::<String>().into_bytes()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}

fn time(number: usize) -> String {
    format!("2026-11-20T20:03:{:02}.{:06}Z", number / 1000 % 60, number * 137 % 1_000_000)
}

pub const ENVELOPES: &[(&str, Wrap)] = &[
    ("Docker", |text| {
        each(text, |n, line| {
            format!(r#"{{"log":{},"stream":"stderr","time":"{}"}}"#, json(&format!("{line}\n")), time(n))
        })
    }),
    ("CRI", |text| each(text, |n, line| format!("{} stderr F {line}", time(n)))),
    ("CRI, split lines", |text| {
        each(text, |n, line| {
            let (first, second) = line.split_at(line.len() / 2);
            format!("{} stderr P {first}\n{} stderr F {second}", time(n), time(n))
        })
    }),
    ("kubectl --prefix --timestamps", |text| {
        each(text, |n, line| format!("[pod/shop-5d9c7-x2x/app] {} {line}", time(n)))
    }),
    ("stern", |text| each(text, |_, line| format!("shop-5d9c7-x2x app {line}"))),
    ("compose", |text| each(text, |_, line| format!("shop-1  | {line}"))),
    ("journald short", |text| each(text, |_, line| format!("Nov 20 20:03:00 host shop[77]: {line}"))),
    ("journald JSON", |text| {
        each(text, |n, line| {
            format!(r#"{{"__REALTIME_TIMESTAMP":"{n}","_PID":"77","MESSAGE":{}}}"#, json(line))
        })
    }),
    ("syslog RFC 5424", |text| each(text, |n, line| format!("<11>1 {} host shop 77 - - {line}", time(n)))),
    ("rsyslog octal", |text| {
        each(text, |_, line| format!("Nov 20 20:03:00 host shop[77]: {}", line.replace('\t', "#011")))
    }),
    ("klog", |text| each(text, |n, line| format!("E1120 20:03:00.{n:06}      51 dump.go:88] {line}"))),
    ("logfmt", |text| each(text, |n, line| format!("time={} level=info msg={}", time(n), json(line)))),
    ("one JSON string", |text| {
        format!("{{\"level\":\"error\",\"ts\":1795204980.123,\"msg\":\"state\",\"stack\":{}}}\n", json(text))
            .into_bytes()
    }),
    ("nested JSON string", |text| {
        format!(
            "{{\"severity\":\"ERROR\",\"jsonPayload\":{{\"error\":{{\"stack_trace\":{}}}}}}}\n",
            json(text)
        )
        .into_bytes()
    }),
    ("Stackdriver", |text| {
        let entries: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    "  {{\n    \"textPayload\": {},\n    \"timestamp\": \"{}\"\n  }}",
                    json(line),
                    time(n)
                )
            })
            .collect();
        format!("[\n{}\n]\n", entries.join(",\n")).into_bytes()
    }),
    ("Elastic", |text| {
        let hits: Vec<String> = text
            .lines()
            .map(|line| format!(r#"{{"_index":"i","_source":{{"message":{}}}}}"#, json(line)))
            .collect();
        format!(r#"{{"took":3,"hits":{{"total":9,"hits":[{}]}}}}"#, hits.join(",")).into_bytes()
    }),
    ("CloudWatch", |text| {
        let events: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!(r#"{{"timestamp":{n},"message":{}}}"#, json(line)))
            .collect();
        format!("{{\n\"events\":[\n{}\n]}}\n", events.join(",\n")).into_bytes()
    }),
    ("VictoriaLogs", |text| {
        each(text, |n, line| {
            format!(
                r#"{{"_time":"{}","_stream_id":"00000000e3","_stream":"{{app=\"shop\"}}","_msg":{}}}"#,
                time(n),
                json(line)
            )
        })
    }),
    ("Sumo Logic", |text| {
        each(text, |n, line| {
            format!(r#"{{"_messagetime":"179520498{n:04}","_raw":{},"_sourcehost":"shop-1"}}"#, json(line))
        })
    }),
    ("OTLP", |text| {
        let records: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    r#"{{"timeUnixNano":"{}","body":{{"stringValue":{}}},"attributes":[{{"key":"log.iostream","value":{{"stringValue":"stderr"}}}}]}}"#,
                    1_795_204_980_000_000_000 + n,
                    json(line)
                )
            })
            .collect();
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeLogs":[{{"scope":{{}},"logRecords":[{}]}}]}}]}}"#,
            records.join(",")
        )
        .into_bytes()
    }),
    ("Loki", |text| {
        each(text, |n, line| {
            format!(r#"{{"labels":{{"app":"shop"}},"line":{},"timestamp":"{}"}}"#, json(line), time(n))
        })
    }),
    ("Loki's answer, newest first", |text| {
        let count = text.lines().count();
        let rows: Vec<String> = text
            .lines()
            .rev()
            .enumerate()
            .map(|(n, line)| format!(r#"["{}",{}]"#, 1_795_204_980_000_000_000 + count - n, json(line)))
            .collect();
        format!(
            r#"{{"status":"success","data":{{"resultType":"streams","result":[{{"stream":{{"app":"shop"}},"values":[{}]}}]}}}}"#,
            rows.join(",")
        )
        .into_bytes()
    }),
    ("Azure's rows", |text| {
        let rows: Vec<String> =
            text.lines().enumerate().map(|(n, line)| format!(r#"["{}",{}]"#, time(n), json(line))).collect();
        format!(
            "{{\"tables\":[{{\"columns\":[{{\"name\":\"TimeGenerated\"}},{{\"name\":\"LogEntry\"}}],\"rows\":[\n{}\n]}}]}}",
            rows.join(",\n")
        )
        .into_bytes()
    }),
    ("Insights, newest first", |text| {
        let count = text.lines().count();
        let rows: Vec<String> = text
            .lines()
            .rev()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    r#"[{{"field":"@timestamp","value":"2026-11-20 20:03:00.{:03}"}},{{"field":"@message","value":{}}},{{"field":"@ptr","value":"CmEK"}}]"#,
                    count - n,
                    json(line)
                )
            })
            .collect();
        format!("{{\"results\":[\n{}\n]}}\n", rows.join(",\n")).into_bytes()
    }),
    ("a list on one line", |text| {
        let entries: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!(r#"{{"timestamp":{n},"message":{}}}"#, json(line)))
            .collect();
        format!("[{}]\n", entries.join(",")).into_bytes()
    }),
    ("Stackdriver, newest first", |text| {
        let mut entries: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(n, line)| {
                format!(
                    "{{\"jsonPayload\":{{\"message\":{}}},\n\"timestamp\":\"2026-11-20T20:03:00.{n:06}Z\"}}",
                    json(line)
                )
            })
            .collect();
        entries.reverse();
        format!("[\n{}\n]\n", entries.join(",\n")).into_bytes()
    }),
    ("CSV, newest first", |text| {
        let rows = text
            .lines()
            .enumerate()
            .map(|(n, line)| format!("\"2026-11-20T20:03:00.{n:06}Z\",\"{}\"\n", line.replace('"', "\"\"")));
        let mut rows: Vec<String> = rows.collect();
        rows.reverse();
        format!("Date,Content\n{}", rows.concat()).into_bytes()
    }),
    ("Fluent Bit", |text| {
        each(text, |n, line| {
            format!(r#"[{n}] kube.log: [[1795204980.{n:09}, {{}}], {{"log"=>{}}}]"#, json(line))
        })
    }),
    ("JUnit", |text| {
        format!(
            "<testsuites>\n<testcase name=\"T\"><failure message=\"Failed\"><![CDATA[{text}]]></failure></testcase>\n</testsuites>\n"
        )
        .into_bytes()
    }),
    ("JUnit, escaped", |text| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
        let text = text.replace('\n', "&#xA;").replace('\t', "&#x9;");
        format!("<testsuite><testcase><failure>{text}</failure></testcase></testsuite>\n").into_bytes()
    }),
    ("padded", |text| each(text, |_, line| format!("{line:<180}"))),
    ("two returns", |text| text.replace('\n', "\r\r\n").into_bytes()),
    ("Buildkite", |text| each(text, |n, line| format!("\x1b_bk;t=1795204980{n:03}\x07{line}"))),
    ("go test -json", |text| {
        each(text, |n, line| {
            format!(
                r#"{{"Time":"{}","Action":"output","Package":"p","Output":{}}}"#,
                time(n),
                json(&format!("{line}\n"))
            )
        })
    }),
    ("CSV, a row a line", |text| {
        let rows = each(text, |n, line| format!("{},\"{}\"", time(n), line.replace('"', "\"\"")));
        [b"timestamp,message\n".as_slice(), &rows].concat()
    }),
    ("CSV, one cell", |text| {
        format!("timestamp,message\n{},\"{}\"\n", time(0), text.replace('"', "\"\"")).into_bytes()
    }),
    ("gh run view", |text| {
        each(text, |n, line| format!("test (ubuntu, 1.27)\tRun go test\t{} {line}", time(n)))
    }),
    ("aws logs tail", |text| each(text, |n, line| format!("{} shop/app/6f3a {line}", time(n)))),
    ("Heroku", |text| each(text, |n, line| format!("{} app[web.1]: {line}", time(n)))),
    ("gcloud", |text| {
        let rows = each(text, |n, line| {
            format!(
                "2026-11-20 20:03:00.{n:03}  {}{line}",
                if n % 3 == 2 { "INFO      " } else { "ERROR     " }
            )
        });
        [b"TIMESTAMP                SEVERITY  MESSAGE\n".as_slice(), &rows].concat()
    }),
    ("tabs", |text| each(text, |n, line| format!("{}\tshop\t{line}", time(n)))),
    ("grep -n", |text| each(text, |n, line| format!("{}:{line}", n + 1))),
    ("grep -H", |text| each(text, |_, line| format!("app.log:{line}"))),
    ("quote", |text| each(text, |_, line| format!("> {line}"))),
    ("box", |text| each(text, |_, line| format!("│ {line}"))),
    ("indent", |text| each(text, |_, line| format!("    {line}"))),
    ("fence", |text| format!("It hangs:\n\n```\n{text}```\n\nAny idea?\n").into_bytes()),
    ("fence without a line end", |text| format!("It hangs:\n```text\n{text}```").into_bytes()),
    ("ANSI", |text| each(text, |_, line| format!("\x1b[36mshop-1  | \x1b[0m{line}"))),
    ("CRLF", |text| text.replace('\n', "\r\n").into_bytes()),
    ("CR", |text| text.replace('\n', "\r").into_bytes()),
    ("byte order mark", |text| format!("\u{feff}{text}").into_bytes()),
    ("UTF-16", |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16 without a mark", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("NULs", |text| [&[0; 64], text.as_bytes(), &[0; 512]].concat()),
    ("HTML", |text| {
        let escaped =
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;");
        format!("<html><body><h1>stacks</h1><pre>{escaped}</pre></body></html>\n").into_bytes()
    }),
    ("%q", |text| {
        each(text, |_, line| format!("2026-11-20 20:03:00 +0000 [warn]: pattern not match: {}", json(line)))
    }),
];

/// Texts with several captures, and the sources that they give.
pub const MIXED: &[(&str, &str, &[&str])] = &[
    (
        "a shell's session",
        "$ cat memory.max\n268435456\n$ cat memory.current\n218103808\n$ cat memory.stat\nanon 188743680\nfile 16777216\nfile_mapped 4194304\n$ exit\n",
        &[
            "session.txt/memory.max=cgroup-file",
            "session.txt/memory.current=cgroup-file",
            "session.txt/memory.stat=cgroup-memory-stat",
        ],
    ),
    (
        "head of several files",
        "==> memory.current <==\n218103808\n\n==> memory.events <==\nlow 0\nhigh 0\nmax 81\noom 2\noom_kill 2\n",
        &["session.txt/memory.current=cgroup-file", "session.txt/memory.events=cgroup-file"],
    ),
    (
        "grep of several files",
        "memory.current:218103808\nmemory.max:268435456\nmemory.stat:anon 188743680\nmemory.stat:file 16777216\nmemory.stat:file_mapped 4194304\n",
        &[
            "session.txt/memory.current=cgroup-file",
            "session.txt/memory.max=cgroup-file",
            "session.txt/memory.stat=cgroup-memory-stat",
        ],
    ),
    (
        "two readings without a mark",
        "anon 5\nfile 6\nfile_mapped 1\nanon 7\nfile 8\nfile_mapped 1\n",
        &["session.txt/1/memory.stat=cgroup-memory-stat", "session.txt/2/memory.stat=cgroup-memory-stat"],
    ),
    (
        "a kernel's record and a file below it",
        "dmesg:\n[  200.000001] svc invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n[  200.000002] anon 4096\n[  200.000003] Memory cgroup out of memory: Killed process 42 (svc) total-vm:9kB, anon-rss:8kB, file-rss:1kB, shmem-rss:0kB\n\nmemory.stat now:\nanon 5\nfile 6\nfile_mapped 1\n",
        &["session.txt/memory.stat=cgroup-memory-stat", "session.txt/dmesg.txt=oom-log"],
    ),
    (
        "a dump and figures in two fences",
        "Dump:\n```\ngoroutine 1 [select, 9 minutes]:\nmain.main()\n\t/srv/main.go:3 +0x1\n```\nand metrics:\n```\ngo_goroutines 20\ngo_memstats_heap_sys_bytes 200\ngo_memstats_sys_bytes 300\n```\n",
        &["session.txt/goroutine.txt=goroutine-dump", "session.txt/metrics.txt=prometheus"],
    ),
    (
        "a dump above a log of collections",
        "gc 1 @0.010s 2%: 0.012+1.2+0.10 ms clock, 0.10+0.20/1.1/0.80+0.80 ms cpu, 4->4->2 MB, 5 MB goal, 8 P\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:3 +0x1\n",
        &["session.txt/gctrace=gctrace", "session.txt/goroutine.txt=goroutine-dump"],
    ),
    (
        "two files of one number by one command",
        "root@pod:/sys/fs/cgroup# cat memory.current memory.max\n218103808\n268435456\nroot@pod:/sys/fs/cgroup#\n",
        &["session.txt/memory.current=cgroup-file", "session.txt/memory.max=cgroup-file"],
    ),
    (
        "headings above fences",
        "memory.max:\n```\n268435456\n```\n**memory.current**\n\n```\n218103808\n```\n",
        &["session.txt/memory.max=cgroup-file", "session.txt/memory.current=cgroup-file"],
    ),
    (
        "a manifest below a prompt",
        "$ kubectl get pod -o yaml\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: api\nstatus:\n  phase: Running\n",
        &["session.txt=pod-yaml"],
    ),
    (
        "a panic below what describe prints",
        "Name:         shop\nNamespace:    shop\nContainers:\n  api:\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Restart Count:  4\n\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:3 +0x1\n",
        &["session.txt/kubectl-describe=kubectl-describe", "session.txt/goroutine.txt=goroutine-dump"],
    ),
    (
        "two rollups",
        "00400000-7ffd18de9000 ---p 00000000 00:00 0    [rollup]\nRss: 40 kB\nAnonymous: 8 kB\n00400000-7ffd18de9000 ---p 00000000 00:00 0    [rollup]\nRss: 44 kB\nAnonymous: 12 kB\n",
        &["session.txt/1/smaps_rollup=smaps_rollup", "session.txt/2/smaps_rollup=smaps_rollup"],
    ),
    (
        "the answer of a server between prompts",
        "$ curl -s localhost:6060/debug/vars\n{\"memstats\":{\"Alloc\":83886080,\"Sys\":240000000,\"HeapSys\":200000000,\"HeapInuse\":120000000}}\n$ \n",
        &["session.txt=expvar"],
    ),
    (
        "the answer of a server with its head",
        "HTTP/1.1 200 OK\nContent-Type: text/plain\n\ngoroutine profile: total 3\n3 @ 0x43b2ce 0x40a1a5\n#\t0x4b0e10\tmain.f+0xb0\t/srv/hub.go:44\n",
        &["session.txt=goroutine-profile-text"],
    ),
];

/// Dumps with something at their edges, and how many goroutines are in them.
pub const EDGES: &[(&str, &str, u64)] = &[
    (
        "a time before the first header",
        "2026/11/20 20:03:00 goroutine 1 [select, 4 minutes]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1\n",
        2,
    ),
    (
        "words before the first header",
        "watchdog fired, stacks: goroutine 1 [select, 4 minutes]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1\n",
        2,
    ),
    (
        "a word of thanks below",
        "goroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1\n\nThanks!",
        2,
    ),
    (
        "no final line end",
        "goroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1",
        2,
    ),
    (
        "spaces for tabs",
        "goroutine 1 [select]:\nmain.f()\n        /srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n        /srv/a.go:2 +0x1\n",
        2,
    ),
    (
        "a fence on the last line",
        "```\ngoroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1```",
        2,
    ),
];
