use super::*;
use crate::base::source::SourceId;
use crate::base::units::Bytes;
use crate::evidence::oom::{OomEvent, OomScope};
use crate::formats::recognize;

fn parse_text(text: &str) -> (Evidence, Facts) {
    let (mut evidence, mut facts) = (Evidence::default(), Facts::default());
    let format = recognize(&Probe { path: "unknown", bytes: text.as_bytes() }).expect("recognized");
    assert_eq!(format.name, "oom-log");
    let input = Input { source: SourceId(0), path: "unknown", bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut facts).expect("parsed");
    (evidence, facts)
}

fn stat(evidence: &Evidence, event: &OomEvent, key: &str) -> Option<i64> {
    let key = evidence.strings.find(key)?;
    event.stats.iter().find(|figure| figure.key == key).map(|figure| figure.value)
}

const DUMP: &str = "\
[   39.423983] api invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=984
[   39.424079] CPU: 1 PID: 190 Comm: api Not tainted 6.1.0-56-amd64 #1
[   39.424806] memory: usage 184320kB, limit 184320kB, failcnt 63
[   39.424815] swap: usage 0kB, limit 9007199254740988kB, failcnt 0
[   39.424822] Memory cgroup stats for /pod/app:
[   39.424899] anon 62107648
[   39.424899] shmem 125829120
[   39.424922] Tasks state (memory values in pages):
[   39.424928] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[   39.424945] [    188]     0   188   334056    17190   237568        0           984 my api
[   39.424963] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,1,cpuset=app,mems_allowed=0,oom_memcg=/pod,task_memcg=/pod/app,task=api,pid=188,uid=0
[   39.425142] Memory cgroup out of memory: Killed process 188 (api) total-vm:1336224kB, anon-rss:60196kB, file-rss:8564kB, shmem-rss:0kB, UID:0 pgtables:232kB oom_score_adj:984
";

#[test]
fn a_dump_gives_the_state_at_death() {
    let (evidence, _) = parse_text(DUMP);
    let [event] = evidence.oom.as_slice() else { panic!("one event") };
    let text = |id: Option<_>| id.map(|id| evidence.strings.get(id));
    assert_eq!(event.memory.unwrap().usage, Bytes::from_kib(184_320));
    assert_eq!(event.swap.unwrap().limit, None);
    assert_eq!(stat(&evidence, event, "shmem"), Some(125_829_120));
    assert_eq!((text(event.oom_memcg), text(event.task_memcg)), (Some("/pod"), Some("/pod/app")));
    assert_eq!(evidence.strings.get(event.tasks[0].name), "my api");
    assert_eq!((event.tasks[0].rss, event.tasks[0].rss_anon), (Bytes(17190 * 4096), None));
    assert_eq!((event.kills[0].pid, event.kills[0].anon_rss), (188, Some(Bytes::from_kib(60_196))));
    assert_eq!((event.said, event.is_unkillable), (Some(OomScope::Group), false));
}

#[test]
fn rows_of_a_table_whose_beginning_is_cut_off_tell_of_a_record() {
    let row = |pid: u32, name: &str| {
        format!("[ {pid}]   101 {pid}    33500     1804   114688     1068           998 {name}\n")
    };
    let prefixes = [
        "",
        "[Wed Nov 21 10:42:11 2018] ",
        "Oct 27 14:26:24 focal-1 kernel: ",
        "kern:    info: [2024-08-22T17:52:26.351725011Z]: ",
    ];
    for prefix in prefixes {
        let text = format!("it died:\n{prefix}{}{prefix}{}", row(117_460, "nginx"), row(117_461, "php fpm"));
        let mut session = crate::session::Session::default();
        session.add("paste.txt", text.into_bytes());
        let report = session.report();
        let verdict = &report.verdict;
        assert_eq!(report.sources[0].format.as_deref(), Some("oom-log"), "{prefix}: {verdict}");
        assert!(verdict.contains("this log does not show which process it killed"), "{prefix}: {verdict}");
        assert!(!verdict.contains("certain"), "{prefix}: {verdict}");
    }
}

#[test]
fn an_allocation_that_failed_is_told_and_no_kill() {
    let log = |clock: &str| {
        format!(
            "it is crashing\n```\n{clock} minio: page allocation failure: order:8, mode:0x6040c0(GFP_KERNEL|__GFP_COMP), nodemask=(null)\n{clock} minio cpuset=/ mems_allowed=0\n{clock} Call Trace:\n{clock}  dump_stack+0x66/0x8b\n{clock}  warn_alloc+0xf2/0x160\n```\n"
        )
    };
    for clock in ["[  120.000001]", "[Fri Nov 20 20:10:56 2026]", "[四 7月 25 08:58:31 2024]"] {
        let mut session = crate::session::Session::default();
        session.add("paste.txt", log(clock).into_bytes());
        let report = session.report();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert_eq!(report.sources[0].format.as_deref(), Some("kernel-log"), "{clock}: {}", report.verdict);
        let told = report.sources[0]
            .notes
            .iter()
            .any(|note| note.message.contains("256 contiguous pages (order 8) for minio. No"));
        assert!(told, "{:?}", report.sources[0].notes);
    }
}

#[test]
fn tables_below_an_allocation_that_failed_make_no_oom_log_of_it() {
    let tables = "Mem-Info:\nactive_anon:3062 inactive_anon:1132\nlowmem_reserve[]: 0 2951 7959 7959\n2097049 pages RAM\n";
    for (failed, says) in [
        ("minio: page allocation failure: order:8, mode:0x40", "256 contiguous pages (order 8) for minio."),
        ("minio: page allocation failure: order:0, mode:0x40", "a single page for minio."),
        ("minio: page allocation failure: order:, mode:0x40", "allocate memory for minio."),
        ("a-very-long-name-of-a-command: page allocation failure: order:1, mode:0", "for a-very-long-name."),
    ] {
        for (clock, end) in [("[  120.000001] ", "\n"), ("[  120.000001] ", "\r\n"), ("", "\n")] {
            let text: String =
                format!("{failed}\n{tables}").lines().map(|line| format!("{clock}{line}{end}")).collect();
            let report = crate::detectors::testing::report(&[("dmesg.txt", text.as_bytes())]);
            assert_eq!(report.sources[0].format.as_deref(), Some("kernel-log"), "{text}");
            let notes = &report.sources[0].notes;
            assert!(notes.iter().any(|note| note.message.contains(says)), "{notes:?}");
        }
    }
    let kill = "[20.0] Killed process 188 (api) total-vm:1336224kB, anon-rss:60196kB, file-rss:8564kB\n";
    let both = format!("[10.0] api: page allocation failure: order:4, mode:0x40cc0\n{kill}");
    let report = crate::detectors::testing::report(&[("dmesg.txt", both.as_bytes())]);
    assert_eq!(report.sources[0].format.as_deref(), Some("oom-log"));
    assert!(report.sources[0].notes.iter().any(|note| note.code == "allocation-failed"));
    let shown: String =
        format!("sysrq: Show Memory\n{tables}").lines().map(|line| format!("[1.0] {line}\r\n")).collect();
    let report = crate::detectors::testing::report(&[("dmesg.txt", shown.as_bytes())]);
    assert!(report.sources[0].notes.iter().any(|note| note.message.contains("or on SysRq-m")));
}

#[test]
fn logs_of_web_servers_are_not_the_kernels() {
    for text in [
        "[Wed Oct 11 14:32:52 2000] [error] [client 10.1.2.3] File does not exist: /srv/x\n[Wed Oct 11 14:32:54 2000] [notice] caught SIGTERM, shutting down\n",
        "[Fri Nov 20 20:10:56 2026] PHP 8.2 Development Server (http://localhost:8000) started\n[Fri Nov 20 20:10:58 2026] 127.0.0.1:5000 [200]: GET /\n",
        "[Fri Nov 20 20:10:58 2026] 127.0.0.1:5000 Accepted\n",
    ] {
        let report = crate::detectors::testing::report(&[("error.log", text.as_bytes())]);
        assert_ne!(report.sources[0].format.as_deref(), Some("kernel-log"), "{text}");
    }
    let kernels =
        "[Fri Nov 20 20:10:56 2026] [drm] Initialized i915\n[Fri Nov 20 20:10:56 2026] usb 1-1: new device\n";
    let report = crate::detectors::testing::report(&[("dmesg.txt", kernels.as_bytes())]);
    assert_eq!(report.sources[0].format.as_deref(), Some("kernel-log"));
}

#[test]
fn statistics_in_one_record_are_split_at_the_escaped_line_ends() {
    let kmsg = "4,1,39423983,-;api invoked oom-killer: order=0\n6,2,39424822,-;Memory cgroup stats for /pod/app:\n6,3,39424899,-;anon 4096\\x0afile 8192\\x0ashmem 0\n6,4,39424922,-;Tasks state (memory values in pages):\n";
    let (evidence, _) = parse_text(kmsg);
    assert_eq!(stat(&evidence, &evidence.oom[0], "file"), Some(8192));
    assert_eq!(evidence.oom[0].stats.len(), 3);
}

#[test]
fn statistics_that_a_printer_joined_are_read_one_by_one() {
    for joined in
        ["anon 4096 file 8192 shmem 0", "anon 4096\\nfile 8192\\nshmem 0", "anon 4096  file 8192\\nshmem 0"]
    {
        let text = format!(
            "[  200.000001] Memory cgroup stats for /pod/app:\n[  200.000001] {joined}\n[  200.000001] oom_reaper: reaped process 4 (a)\n"
        );
        let (evidence, facts) = parse_text(&text);
        assert_eq!(stat(&evidence, &evidence.oom[0], "file"), Some(8192), "{joined}");
        assert_eq!((evidence.oom[0].stats.len(), facts.is_partial), (3, false), "{joined}");
    }
    let (evidence, _) = parse_text(
        "[  200.000001] Memory cgroup stats for /pod/app:\n[  200.000001] anon 4096 of file 8192\n",
    );
    assert_eq!(evidence.oom[0].stats.len(), 0);
}

#[test]
fn the_line_of_a_kill_by_itself_is_a_kill_without_a_limit() {
    for line in [
        "Killed process 42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:100kB, shmem-rss:0kB",
        "[  200.000001] Killed process 42 (svc), UID 0, total-vm:900000kB, anon-rss:184000kB, file-rss:0kB",
        "Nov 10 11:40:11 n kernel: Killed process 42, UID 0, (svc) total-vm:9kB, anon-rss:8kB, file-rss:0kB",
    ] {
        let (evidence, _) = parse_text(line);
        assert_eq!((evidence.oom[0].kills[0].pid, evidence.oom[0].said), (42, None), "{line}");
    }
}

#[test]
fn a_log_that_begins_within_a_dump_keeps_what_is_there() {
    let from_stats = DUMP.split_once("[   39.424806]").unwrap().1;
    let (evidence, _) = parse_text(&format!("[   39.424806]{from_stats}"));
    assert_eq!(evidence.oom.len(), 1);
    assert_eq!(evidence.oom[0].invoked_by, None);
    assert!(evidence.oom[0].memory.is_some() && evidence.oom[0].kills.len() == 1);
}

#[test]
fn missing_statistics_are_said() {
    let text: String =
        DUMP.lines().filter(|line| !line.contains("424899")).map(|line| format!("{line}\n")).collect();
    let (_, facts) = parse_text(&text);
    assert_eq!(facts.notes.rows()[0].code, "no-statistics");
}

#[test]
fn global_and_unkillable_events_are_marked() {
    let global = DUMP.replace(",oom_memcg=/pod", ",global_oom").replace("Memory cgroup out", "Out");
    let (evidence, _) = parse_text(&global);
    assert_eq!(evidence.oom[0].said, Some(OomScope::Machine));
    let unkillable =
        "[ 1.0] api invoked oom-killer: order=0\n[ 1.1] Out of memory and no killable processes...\n";
    let (evidence, _) = parse_text(&format!("{unkillable}{unkillable}"));
    assert_eq!(evidence.oom.len(), 2);
    assert!(evidence.oom.iter().all(|event| event.is_unkillable));
}

#[test]
fn each_kill_of_a_filtered_log_is_an_event_and_a_group_kill_is_one() {
    let kill = |second: u32, pid: u32| {
        format!(
            "[ {second}.000001] Memory cgroup out of memory: Killed process {pid} (svc) total-vm:1kB, anon-rss:2kB, file-rss:0kB, shmem-rss:0kB\n"
        )
    };
    let (evidence, _) = parse_text(&format!("{}{}{}", kill(500, 5), kill(600, 6), kill(600, 7)));
    assert_eq!(evidence.oom.iter().map(|event| event.kills[0].pid).collect::<Vec<_>>(), [5, 6, 7]);
    let group = "[ 500.000001] Tasks in /pod are going to be killed due to memory.oom.group set\n";
    let log = format!("{}{group}{}{}{}", kill(500, 5), kill(500, 5), kill(500, 6), kill(900, 7));
    let (evidence, _) = parse_text(&log);
    assert_eq!(evidence.oom.iter().map(|event| event.kills.len()).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn pages_are_as_large_as_the_killed_process_shows() {
    let log = DUMP.replace("334056    17190", " 20879     1074");
    let (evidence, _) = parse_text(&log);
    assert_eq!(evidence.oom[0].tasks[0].rss, Bytes(1074 << 16));
}

#[test]
fn a_table_without_its_heading_is_read_by_the_number_of_its_columns() {
    for row in [
        "[  42]     0    42   225000    46000     125        0           968 a 7 b",
        "[  42]     0    42   225000    46000     125       4        0           968 a 7 b",
        "[  42]     0    42   225000    46000    46000 0 0 512000        0           968 a 7 b",
    ] {
        let (evidence, _) =
            parse_text(&format!("{row}\nOut of memory: Killed process 42 (a 7 b) total-vm:900000kB\n"));
        let task = evidence.oom[0].tasks[0];
        assert_eq!((task.rss, task.oom_score_adj), (Bytes(46000 << 12), 968), "{row}");
        assert_eq!(evidence.strings.get(task.name), "a 7 b");
    }
}

#[test]
fn the_reaper_alone_tells_of_a_kill() {
    let reaped =
        "[ 1.0] oom_reaper: reaped process 42 (svc), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n";
    let (evidence, _) = parse_text(reaped);
    assert_eq!((evidence.oom[0].kills[0].pid, evidence.oom[0].kills[0].anon_rss), (42, None));
    let (evidence, _) =
        parse_text(&format!("[ 0.9] Out of memory: Killed process 42 (svc) total-vm:1kB\n{reaped}"));
    assert_eq!((evidence.oom.len(), evidence.oom[0].kills.len()), (1, 1));
}

#[test]
fn no_limit_is_no_limit_with_pages_of_any_size() {
    for kib in ["9007199254740988", "9007199254740928", "9007199254740991", "8589934588"] {
        let (evidence, _) = parse_text(&format!("memory: usage 4kB, limit {kib}kB, failcnt 0\n"));
        assert_eq!(evidence.oom[0].memory.unwrap().limit, None, "{kib}");
    }
}

#[test]
fn tables_of_an_allocation_that_failed_say_nothing_of_a_later_kill() {
    let tables = "[10.0] Mem-Info:\n[10.0] lowmem_reserve[]: 0 0\n";
    let kill = "[20.0] Killed process 188 (api) total-vm:1336224kB, anon-rss:60196kB, file-rss:8564kB\n";
    let (evidence, _) = parse_text(&format!(
        "[10.0] api: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL), nodemask=(null)\n{tables}{kill}"
    ));
    assert_eq!((evidence.oom[0].is_by_tables, evidence.oom[0].traced), (false, None));
    let (evidence, _) = parse_text(&format!("{tables}{kill}"));
    assert!(evidence.oom[0].is_by_tables);
}
