//! What people quote in reports: parts of files without their first lines, words of other tools,
//! stacks as error trackers print them.

use super::pasted::finds;
use super::report;

/// The verdict has these words, and the first source is of this format.
#[track_caller]
fn says(text: &str, format: &str, words: &[&str]) {
    let (_, report) = report("paste.txt", text.as_bytes());
    let verdict = report["verdict"].to_string();
    let formats: Vec<&str> =
        report["sources"].as_array().unwrap().iter().filter_map(|source| source["format"].as_str()).collect();
    assert!(formats.contains(&format), "{formats:?} in {text}");
    for word in words {
        assert!(verdict.contains(word), "{word} in {text}\n{verdict}");
    }
}

#[test]
fn a_stack_of_the_runtimes_end_is_a_crash_without_its_message() {
    let map = "runtime.sysMap(0xc028000000, 0x4000000, 0x1ab1cb8)\n\t/usr/local/go/src/runtime/mem_linux.go:170 +0xc7\nruntime.(*mheap).sysAlloc(0x1a80580, 0x1a000)\n\t/usr/local/go/src/runtime/malloc.go:633 +0x1cd\nruntime.(*mheap).grow(0x1a80580, 0x1)\n\t/usr/local/go/src/runtime/mheap.go:920 +0x42\n";
    let throw = "runtime.throw(0x18e8f7a, 0x16)\n\t/usr/local/go/src/runtime/panic.go:617 +0x72\n";
    for text in [
        map.to_owned(),
        format!("{throw}{map}"),
        format!("It ends like this:\n```\n\t/usr/local/go/src/runtime/panic.go:617 +0x72\n{map}```\n"),
    ] {
        finds(&text, "mem.go.enomem", &["out of memory", "not in the text"]);
    }
    for (text, code, words) in [
        (
            format!(
                "goroutine 34 [running]:\n{throw}runtime.mapassign_faststr(0x1, 0x2)\n\t/usr/local/go/src/runtime/map_faststr.go:211 +0x3\nmain.(*Cart).Add(0xc0001)\n\t/srv/cart.go:12 +0x4\n"
            ),
            "crash.concurrent-map",
            "cart.go:12",
        ),
        (
            format!("{throw}main.run()\n\t/srv/run.go:9 +0x1\nmain.main()\n\t/srv/main.go:4 +0x1\n"),
            "crash.fatal-error",
            "not in the text",
        ),
    ] {
        finds(&text, code, &[words]);
    }
    let (_, report) = report("paste.txt", b"goroutine 7 [chan send]:\nmain.put(0x1)\n\t/srv/put.go:9 +0x1\n");
    assert!(!report["findings"].to_string().contains("crash."), "{report}");
}

#[test]
fn a_panic_that_was_raised_again_is_not_blamed_on_who_raised_it_again() {
    let again = "panic(0x7b8360, 0xa79360)\n\t/go/src/runtime/panic.go:491 +0x283\nexample.com/agent.(*Txn).End(0xc4201d9400)\n\t/srv/vendor/example.com/agent/txn.go:259 +0xb35\n";
    for text in [
        format!(
            "http: panic serving 10.0.0.1:23753: boom\ngoroutine 68 [running]:\nnet/http.(*conn).serve.func1(0xc42)\n\t/go/src/net/http/server.go:1697 +0xd0\n{again}panic(0x7b8360, 0xa79360)\n"
        ),
        format!(
            "http: panic serving 10.0.0.1:23753: boom\ngoroutine 68 [running]:\nnet/http.(*conn).serve.func1(0xc42)\n\t/go/src/net/http/server.go:1697 +0xd0\n{again}panic(0x7b8360, 0xa79360)\n\t/go/src/runtime/panic.go:491 +0x283\n"
        ),
        format!(
            "app | http: panic serving 10.0.0.1:23753: boom\napp | goroutine 68 [running]:\napp | {}\napp | panic(0x7b8360, 0xa79360)\n",
            again.trim_end().replace('\n', "\napp | ")
        ),
    ] {
        finds(&text, "crash.recovered-panic", &["the text ends before the frame"]);
        let (_, report) = report("paste.txt", text.as_bytes());
        assert!(!report["verdict"].to_string().contains("raised in example.com/agent"), "{report}");
    }
}

#[test]
fn stacks_of_error_trackers_are_read() {
    let message = "2026/07/30 22:39:12 http: panic serving 10.0.0.1:45590: runtime error: invalid memory address or nil pointer dereference";
    for text in [
        format!(
            "{message}\nat net/http.(*conn).serve.func1 (server.go:1772)\nat panic (/usr/local/go/src/runtime/panic.go:975)\nat example.com/shop/cart.(*Cart).Total (cart.go:96)\nat net/http.HandlerFunc.ServeHTTP (server.go:2012)\n"
        ),
        format!(
            "It happens at start:\n```\n{message}\n    at panic (/usr/local/go/src/runtime/panic.go:975)\n    at example.com/shop/cart.(*Cart).Total (/srv/cart/cart.go:96)\n    at main.main (/srv/main.go:9)\n```\n"
        ),
        format!(
            "{message}\nFile \"/usr/local/go/src/runtime/panic.go\", line 975, in panic\nFile \"/srv/cart/cart.go\", line 96, in example.com/shop/cart.(*Cart).Total\nFile \"/srv/main.go\", line 9, in main.main\n"
        ),
    ] {
        finds(&text, "crash.recovered-panic", &["(*Cart).Total (cart.go:96)", "nil pointer dereference"]);
    }
    for said in [
        "E0114 19:35:37.737240    2596 util.go:82] Recovered from panic: \"nil pointer\" (nil pointer)",
        "E0114 19:35:37.737240    2596 runtime.go:52] Recovered from panic: \"index out of range\" (index out of range)",
        "Stacktrace:\n```\nE0114 19:35:37.737240    2596 util.go:82] Observed a panic: \"x\" (x)",
    ] {
        let text = format!(
            "{said}\n/go/src/example.com/shop/util/util.go:76\n/usr/src/go/src/runtime/asm_amd64.s:402\n/usr/src/go/src/runtime/panic.go:387\n/usr/src/go/src/runtime/panic.go:42\n/usr/src/go/src/runtime/sigpanic_unix.go:26\n/go/src/example.com/shop/cart/cart.go:33\n/go/src/example.com/shop/serve/serve.go:414\n"
        );
        finds(&text, "crash.recovered-panic", &["cart.go:33"]);
    }
}

#[test]
fn an_event_in_a_wrapper_or_cut_tells_what_is_whole() {
    let inner = "    \"involvedObject\": {\n      \"kind\": \"Node\",\n      \"name\": \"node-3\"\n    },\n    \"reason\": \"OOMKilling\",\n    \"message\": \"Memory cgroup out of memory: Killed process 350 (kubectl) total-vm:753508kB, anon-rss:58776kB, file-rss:0kB\",\n    \"source\": {\n      \"component\": \"kernel-monitor\"\n    }";
    for text in [
        format!("{{\n  \"verb\": \"ADDED\",\n  \"event\": {{\n{inner}\n  }}\n}}\n"),
        format!(
            "{{\n  \"verb\": \"ADDED\",\n  \"event\": {{\n{inner},\n    \"lastTimestamp\": \"2023-06-13T14:35:38Z\n"
        ),
        format!(
            "{{\n  \"type\": \"ADDED\",\n  \"object\": {{\n{inner},\n    \"firstTimestamp\": \"2023-06-13T14:35:38Z\",\n    \"lastTime"
        ),
    ] {
        finds(&text, "mem.oom.cgroup", &["kubectl (pid 350)", "57.4 MiB"]);
    }
}

#[test]
fn pressure_of_a_node_is_told_as_the_nodes() {
    let condition = "  MemoryPressure   True    Wed, 25 Sep 2019 15:43:37 +0100   Wed, 25 Sep 2019 15:38:37 +0100   KubeletHasInsufficientMemory   kubelet has insufficient memory available\n  DiskPressure     False   Wed, 25 Sep 2019 15:43:37 +0100   Wed, 25 Sep 2019 14:16:01 +0100   KubeletHasNoDiskPressure       kubelet has no disk pressure\n";
    let events = "  Normal   NodeHasInsufficientMemory  5m18s                  kubelet, node-7  Node node-7 status is now: NodeHasInsufficientMemory\n  Warning  EvictionThresholdMet       2m50s (x3 over 5m19s)  kubelet, node-7  Attempting to reclaim memory\n";
    for (text, words) in [
        (condition.to_owned(), "since Wed, 25 Sep 2019 15:38:37 +0100"),
        (events.to_owned(), "Node node-7 is under memory pressure."),
        (format!("I got\n```\n{condition}```\nand\n```\n{events}```\n"), "(3 times)"),
    ] {
        finds(&text, "mem.node-pressure", &[words, "not a container's limit"]);
    }
    let calm = condition
        .replace("True    Wed", "False   Wed")
        .replace("KubeletHasInsufficientMemory", "KubeletHasSufficientMemory");
    let (_, report) = report("paste.txt", calm.as_bytes());
    assert!(!report["findings"].to_string().contains("mem.node-pressure"), "{report}");
}

#[test]
fn amounts_of_a_kill_are_told() {
    let row = |pid: u32, rss: u32, name: &str| {
        format!(
            "Feb 23 09:46:03 host kernel: [{pid:>5}]  1000 {pid:>5} {:>8} {rss:>8}      19      153             0 {name}\n",
            rss + 1000
        )
    };
    let rows =
        format!("{}{}{}", row(5202, 300, "sshd"), row(18407, 12_947_362, "store"), row(18420, 221, "top"));
    finds(&rows, "mem.oom.unknown", &["store (pid 18407) with 49.4 GiB resident"]);
    for (text, code) in [
        (
            "Out of memory: Kill process 106 (proxy) score 966 or sacrifice child\nKilled process 106 (proxy) total-vm:31611108kB, anon-rss:31326412kB, file-rss:0kB\n",
            "mem.oom.global",
        ),
        (
            "[  100.1] Out of memory: Killed process 106 (proxy) total-vm:31611108kB, anon-rss:31326412kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0\n",
            "mem.oom.global",
        ),
    ] {
        finds(text, code, &["held 29.9 GiB of anonymous memory", "no cgroup had reached a limit"]);
    }
}

#[test]
fn parts_of_a_status_are_read() {
    for text in [
        "We see\nVmPeak:\t 1200000 kB\nVmRSS:\t  812344 kB\nThreads:\t42\nafter a day.\n",
        "grep says\n```\nVmRSS:     812344 kB\n```\n",
        "Threads:\t42\nVmSize:\t 1200000 kB\nVmRSS:\t  812344 kB\nVmData:\t 900000 kB\n",
    ] {
        says(text, "status", &["793.3 MiB"]);
    }
}

#[test]
fn the_lower_part_of_a_memory_stat_is_read() {
    let part = "kernel 1298432\nkernel_stack 81920\npagetables 507904\nsock 0\nshmem 2097152\nfile_mapped 2097152\nanon_thp 125829120\ninactive_anon 132120576\nactive_anon 0\ninactive_file 0\nactive_file 0\nslab_reclaimable 94856\nslab_unreclaimable 327632\n";
    for text in [
        part.to_owned(),
        format!(
            "```bash\n{}```\n",
            part.lines().map(|line| format!("          {line}\n")).collect::<String>()
        ),
        format!("The container has\n{part}which is a lot.\n"),
    ] {
        says(&text, "cgroup-memory-stat", &["124.0 MiB", "total usage is not in the files"]);
    }
}

#[test]
fn a_row_of_a_table_in_bold_is_a_row() {
    let top = "KiB Mem:  16266416 total,  7928720 used,  8337696 free,   366368 buffers\n\n  PID USER      PR  NI    VIRT    RES    SHR S  %CPU %MEM     TIME+ COMMAND\n";
    for (row, mark) in [
        ("17348 app       20   0 5359548 4.907g 201724 S   0.6 31.6  10:41.46 /usr/bin/app agent", "**"),
        ("17348 app       20   0 5359548 4.907g 201724 S   0.6 31.6  10:41.46 app", "`"),
    ] {
        says(&format!("**Top info:**\n{top}{mark}{row}{mark}\n"), "top", &["4.9 GiB"]);
    }
    let ps = "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\n**app 17 0.3 12.0 5359548 5145361 ? Ssl 10:00 1:02 /srv/app**\n";
    says(ps, "ps", &["4.9 GiB"]);
}

#[test]
fn events_of_a_container_engine_tell_of_a_kill() {
    let id = "3f2a9c4d5e6f3f2a9c4d5e6f3f2a9c4d5e6f3f2a9c4d5e6f3f2a9c4d5e6f3f2a";
    for text in [
        format!(
            "2024-05-01T10:00:00.123456789Z container oom {id} (image=shop:1, name=web)\n2024-05-01T10:00:01.000000000Z container die {id} (execDuration=35, exitCode=137, image=shop:1, name=web)\n"
        ),
        format!(
            "docker events says\n```\n2024-05-01T10:00:00.123456789+02:00 container oom {id} (image=shop:1, name=web)\n```\n"
        ),
        format!(
            "{{\"status\":\"oom\",\"id\":\"{id}\",\"from\":\"shop:1\",\"Type\":\"container\",\"Action\":\"oom\",\"Actor\":{{\"ID\":\"{id}\",\"Attributes\":{{\"image\":\"shop:1\",\"name\":\"web\"}}}},\"scope\":\"local\",\"time\":1714557600,\"timeNano\":1714557600123456789}}\n"
        ),
    ] {
        finds(&text, "mem.oom.cgroup", &["Container web was OOMKilled"]);
    }
    finds(
        &format!(
            "2024-05-01T10:00:01.000000000Z container die {id} (exitCode=137, image=shop:1, name=web)\n"
        ),
        "mem.sigkill",
        &["137"],
    );
}

#[test]
fn a_block_of_resources_beside_a_kill_is_its_limit() {
    let block = "    resources:\n      limits:\n        cpu: 100m\n        memory: 90Mi\n      requests:\n        memory: 60Mi\n";
    let state = "    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n    Restart Count:  1\n";
    for text in [
        format!("The pod dies:\n```\n{state}```\nwith\n```yaml\n{block}```\n"),
        format!("We set\n\n{block}\nand see\n\n{state}"),
        format!(
            "```\n{block}```\n```\nNAME    READY   STATUS      RESTARTS   AGE\napi-7   0/1     OOMKilled   3          9m\n```\n"
        ),
    ] {
        finds(&text, "mem.oom.cgroup", &["with a limit of 90.0 MiB"]);
    }
    let (_, report) = report("paste.txt", block.as_bytes());
    assert_ne!(report["outcome"], "healthy", "{report}");
    assert!(!report["verdict"].to_string().contains("No problem"), "{report}");
}

#[test]
fn listings_and_drawn_trees_are_named() {
    let list = "         .          .     10:func (c *Cache) Add(k string) {\n    1.50MB     1.50MB     11:\tc.items[k] = make([]byte, 64)\n         .    30.20MB     12:\tc.index.Add(k)\n         .          .     13:}\n";
    for text in [
        list.to_owned(),
        format!("Here:\n```\n{list}```\n"),
        "runtime_SemacquireMutex\n \u{2514}\u{2500} main.(*House).Next\n     \u{2514}\u{2500} main.(*Dumper).Process\n".to_owned(),
        "main.main\n  |-- main.(*House).Next\n  |   `-- main.(*Dumper).Process\n".to_owned(),
    ] {
        let (_, report) = report("paste.txt", text.as_bytes());
        let told = report.to_string();
        assert!(told.contains("other-tool"), "{text}\n{told}");
        assert!(!told.contains("unknown format"), "{text}\n{told}");
    }
}

#[test]
fn an_eviction_is_told_once_with_its_cause() {
    let row = "NAME    READY   STATUS    RESTARTS   AGE\napi-7   0/1     Evicted   0          9m\n";
    let event = "LAST SEEN   TYPE      REASON    OBJECT      MESSAGE\n5m          Warning   Evicted   pod/api-7   The node was low on resource: memory.\n";
    for text in [
        format!("{row}\n```\n{event}```\n"),
        format!("$ kubectl get pods\n{row}$ kubectl get events\n{event}"),
    ] {
        let (_, report) = report("paste.txt", text.as_bytes());
        let codes: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|finding| finding["code"].as_str())
            .collect();
        assert_eq!(codes, ["mem.evicted"], "{text}\n{}", report["findings"]);
    }
}

#[test]
fn a_kill_quoted_in_a_field_of_json_or_yaml_leaves_the_document_whole() {
    let kill = "Memory cgroup out of memory: Killed process 81 (bell) total-vm:9kB, anon-rss:1048576kB";
    let told = &["bell (pid 81)", "1.0 GiB", "its container or a parent cgroup reached its limit"];
    for text in [
        format!(
            "It dies:\n\n```\n{{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Event\",\n  \"reason\": \"OOMKilling\",\n  \"message\": \"{kill}\",\n  \"type\": \"Warning\",\n  \"involvedObject\": {{\"kind\": \"Node\", \"name\": \"n3\"}}\n}}\n```\n"
        ),
        format!(
            "```yaml\napiVersion: v1\nkind: Event\ninvolvedObject:\n  kind: Node\n  name: n3\nreason: OOMKilling\nmessage: \"{kill}\"\ntype: Warning\n```\nWhy?\n"
        ),
        format!(
            "The events:\n\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Event\n  involvedObject:\n    kind: Node\n    name: n3\n  message: '{kill}'\n  reason: OOMKilling\n  type: Warning\nkind: List\n"
        ),
    ] {
        finds(&text, "mem.oom.cgroup", told);
    }
    let pod = "```yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: bell-1\nstatus:\n  containerStatuses:\n  - name: bell\n    restartCount: 4\n    lastState:\n      terminated:\n        exitCode: 137\n        reason: OOMKilled\n        message: \"log: Memory cgroup out of memory: Killed process 81 (bell) total-vm:9kB\"\n```\n";
    finds(pod, "mem.oom.cgroup", &["Container bell was OOMKilled"]);
}
