use crate::detectors::testing::check;
use crate::report::{Confidence, Severity};

/// A record of a kernel from 5.4 on, of a process in `path`.
fn record(second: u32, path: &str, name: &str, pid: u32) -> String {
    format!(
        "[ {second}.000001] {name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n\
         [ {second}.000002] memory: usage 204800kB, limit 204800kB, failcnt 31\n\
         [ {second}.000003] swap: usage 0kB, limit 0kB, failcnt 0\n\
         [ {second}.000004] Memory cgroup stats for {path}:\n\
         [ {second}.000005] anon 190840832\n\
         [ {second}.000006] file 8388608\n\
         [ {second}.000007] kernel 10485760\n\
         [ {second}.000008] shmem 4194304\n\
         [ {second}.000009] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg={path},task_memcg={path},task={name},pid={pid},uid=0\n\
         [ {second}.000010] Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:900000kB, anon-rss:184000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:968\n"
    )
}

fn bytes(mib: i64) -> String {
    format!("{}\n", mib << 20)
}

#[test]
fn kills_of_two_containers_are_two_findings() {
    let log = record(200, "/pod/app", "svc", 42) + &record(9000, "/pod2/job", "cron", 77);
    let found = check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.cgroup", "mem.oom.cgroup"]);
    for words in ["svc (pid 42), 3 min 20 s after boot", "cron (pid 77), 2 h 30 min after boot"] {
        assert!(found.iter().any(|finding| finding.claim.contains(words)), "{words}: {found:?}");
    }
}

#[test]
fn the_newest_of_several_kills_is_in_focus_and_all_are_told() {
    let line = |day: u32, pid: u32| {
        format!(
            "Nov {day} 11:40:11 node-3 kernel: Out of memory: Killed process {pid} (svc) total-vm:900000kB, anon-rss:180000kB, file-rss:0kB, shmem-rss:0kB\n"
        )
    };
    let log = line(5, 500) + &line(6, 600) + &line(7, 700);
    let found = check("mem.oom", &[("syslog", &log)], &["mem.oom.global"]);
    assert!(
        found[0].claim.starts_with("The kernel killed svc (pid 700), Nov 7 11:40:11"),
        "{}",
        found[0].claim
    );
    let before = "the last of 3 kills in this log. Earlier: svc (pid 600), Nov 6 11:40:11; svc (pid 500), Nov 5 11:40:11.";
    assert!(found[0].claim.contains(before), "{}", found[0].claim);
    assert_eq!(found[0].citations.as_slice().len(), 3);
}

#[test]
fn a_log_alone_says_what_to_capture_before_the_next_kill() {
    let found = check("mem.oom", &[("dmesg.txt", &record(200, "/pod/app", "svc", 42))], &["mem.oom.cgroup"]);
    let advice = found[0].advice.join("\n");
    assert!(advice.contains("two heap profiles") && advice.contains("(180.0 MiB)"), "{advice}");
}

#[test]
fn no_heap_profile_is_asked_for_where_shared_memory_filled_the_limit() {
    let log = record(200, "/pod/app", "svc", 42)
        .replace("anon 190840832", "anon 8388608")
        .replace("shmem 4194304", "shmem 190840832")
        .replace("file 8388608", "file 191889408");
    let found = check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.cgroup"]);
    let advice = found[0].advice.join("\n");
    assert!(advice.contains("emptyDir") && !advice.contains("heap profiles"), "{advice}");
}

#[test]
fn a_restarted_container_is_one_container() {
    let log = record(200, "/kubepods/burstable/pod1f2e/aa", "svc", 42)
        + &record(9000, "/kubepods/burstable/pod1f2e/bb", "svc", 77);
    let found = check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.cgroup"]);
    assert!(found[0].claim.contains("the last of 2 kills"), "{}", found[0].claim);
}

#[test]
fn a_kill_of_another_container_is_told_and_is_no_fault_of_this_one() {
    let log = record(9000, "/kubepods/podb/b", "cron", 77);
    let files = [("svc/dmesg.txt", log.as_str()), ("svc/cgroup", "0::/kubepods/poda/a\n")];
    let found = check("mem.oom", &files, &["mem.oom.cgroup"]);
    assert_eq!(found[0].severity, Severity::Info);
    let files = [("svc/dmesg.txt", log.as_str()), ("svc/cgroup", "0::/kubepods/podb/b\n")];
    assert_eq!(check("mem.oom", &files, &["mem.oom.cgroup"])[0].severity, Severity::Critical);
}

#[test]
fn a_header_alone_does_not_say_whose_limit_it_was() {
    let log =
        "[  200.000001] svc invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n";
    let found = check("mem.oom", &[("dmesg.txt", log)], &["mem.oom.unknown"]);
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Warning, Confidence::Likely));
}

#[test]
fn the_call_trace_tells_the_machine_from_a_group() {
    for (caller, code) in
        [("__alloc_pages_slowpath", "mem.oom.global"), ("mem_cgroup_out_of_memory", "mem.oom.unknown")]
    {
        let log = format!(
            "[ 200.000001] svc invoked oom-killer: gfp_mask=0x14200ca, order=0\n\
             [ 200.000002] Call Trace:\n\
             [ 200.000003]  dump_header+0x71/0x285\n\
             [ 200.000004]  ? mem_cgroup_charge+0x1/0x2\n\
             [ 200.000005]  {caller}+0x2d1/0x4f0\n"
        );
        let found = check("mem.oom", &[("kern.log", &log)], &[code]);
        assert_eq!(found[0].confidence, Confidence::Likely);
    }
}

#[test]
fn old_words_for_a_group_are_never_the_machine() {
    let log = "[ 200.000001] Memory cgroup out of memory: Kill process 42 (svc) score 1800 or sacrifice child\n\
               [ 200.000002] Killed process 42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:100kB\n";
    let found = check("mem.oom", &[("dmesg.txt", log)], &["mem.oom.unknown"]);
    assert_eq!(found[0].severity, Severity::Critical);
    let log = log.replace("Memory cgroup out", "Out");
    check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.global"]);
}

#[test]
fn a_name_with_brackets_is_told_whole() {
    let log = "[ 200.000001] Out of memory: Killed process 42 ((sd-pam)) total-vm:90000kB, anon-rss:4000kB\n";
    let found = check("mem.oom", &[("dmesg.txt", log)], &["mem.oom.global"]);
    assert!(found[0].claim.contains("killed (sd-pam) (pid 42)"), "{}", found[0].claim);
}

#[test]
fn a_log_without_a_kill_gives_nothing() {
    check(
        "mem.oom",
        &[("dmesg.txt", "[ 200.000001] eth0: link is up\n[ 201.000001] eth0: link is down\n")],
        &[],
    );
}

#[test]
fn the_cause_says_what_filled_the_limit_and_who_held_it() {
    let found = check("mem.oom", &[("dmesg.txt", &record(200, "/a", "svc", 42))], &["mem.oom.cgroup"]);
    for words in [
        "Of the 200.0 MiB charged at that moment: anonymous memory 182.0 MiB (91%)",
        "The killed process held 179.7 MiB of the anonymous memory (98%).",
    ] {
        assert!(found[0].claim.contains(words), "{words}: {}", found[0].claim);
    }
}

#[test]
fn a_larger_process_that_was_spared_is_told() {
    let table = "[  200.000008] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n\
                 [  200.000008] [     42]     0    42   225000    10000   512000        0           968 svc\n\
                 [  200.000008] [     43]     0    43   225000    30000   512000        0          -998 db\n\
                 [ 200.000009] oom-kill";
    let log = record(200, "/a", "svc", 42).replace("[ 200.000009] oom-kill", table);
    let found = check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.cgroup"]);
    let words = "The largest process in the task table, db (pid 43) with 117.2 MiB resident, is not the one";
    assert!(found[0].claim.contains(words), "{}", found[0].claim);
}

#[test]
fn captures_before_the_kill_tell_a_trend_from_a_sudden_rise() {
    for (charges, words) in [
        (
            [100, 130, 160],
            "The charge rose from capture to capture: 100.0 MiB (t0), 130.0 MiB (t1), 160.0 MiB (t2), 200.0 MiB at the kill.",
        ),
        (
            [100, 101, 102],
            "The charge rose suddenly: 102.0 MiB in the last capture (t2), 200.0 MiB at the kill",
        ),
    ] {
        let [t0, t1, t2] = charges.map(bytes);
        let log = record(200, "/a", "svc", 42);
        let files = [
            ("svc/dmesg.txt", log.as_str()),
            ("svc/t0/memory.current", &t0),
            ("svc/t1/memory.current", &t1),
            ("svc/t2/memory.current", &t2),
        ];
        let found = check("mem.oom", &files, &["mem.oom.cgroup"]);
        assert!(found[0].claim.contains(words), "{}", found[0].claim);
    }
}

const OOMKILL: &str = "21:03:39 Triggered by PID 3297 (\"ntpd\"), OOM kill of PID 4242 (\"api\"), 131072 pages, loadavg: 0.99 0.39 0.30 3/282 22724\n";

#[test]
fn oomkill_alone_tells_of_the_kill_and_not_of_the_limit() {
    let found = check("mem.oom", &[("oomkill.txt", OOMKILL)], &["mem.oom.unknown"]);
    assert!(found[0].claim.contains("api (pid 4242), 21:03:39"), "{}", found[0].claim);
    assert!(
        found[0].against.iter().any(|line| line.contains("not what the process used")),
        "{:?}",
        found[0].against
    );
}

#[test]
fn oomkill_gives_the_kernels_kill_its_time() {
    let log = "[ 7777.100000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=/kubepods/a,task_memcg=/kubepods/a,task=api,pid=4242,uid=0\n\
        [ 7777.200000] Memory cgroup out of memory: Killed process 4242 (api) total-vm:1000kB, anon-rss:900kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0\n";
    let found = check("mem.oom", &[("dmesg.txt", log), ("oomkill.txt", OOMKILL)], &["mem.oom.cgroup"]);
    assert!(found[0].claim.contains("21:03:39 by oomkill"), "{}", found[0].claim);
}

#[test]
fn the_tables_of_the_machines_memory_tell_whose_it_was_without_a_call_trace() {
    let tables = "[ 8.1] Node 0 active_anon:968kB inactive_anon:32280kB active_file:101656kB all_unreclaimable? no\n[ 8.2] lowmem_reserve[]: 0 0 3188 3188\n[ 8.3] 1012736 pages RAM\n";
    let tasks = "[ 8.4] Tasks state (memory values in pages):\n[ 8.5] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n[ 8.6] [    220]     0   220     7064      822    69632        0          -250 journald\n";
    let invoked =
        "[ 8.0] svc invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0\n[ 8.05] Mem-Info:\n";
    for log in [format!("{tables}{tasks}"), format!("{invoked}{tables}{tasks}"), format!("{invoked}{tables}")]
    {
        let found = check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.global"]);
        assert!(found[0].claim.contains("the memory tables in the log (Mem-Info)"), "{}", found[0].claim);
        assert_eq!(found[0].confidence, Confidence::Likely);
    }
    // The log may begin with the last lines of the tables.
    for line in ["0 pages HighMem/MovableOnly", "89563 pages reserved", "0 pages hwpoisoned"] {
        let log = format!("[ 8.3] {line}\n{tasks}");
        check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.global"]);
    }
    // A request of the keyboard (SysRq m) prints the tables too, and nobody is killed.
    check("mem.oom", &[("dmesg.txt", tables)], &[]);
}

#[test]
fn services_of_the_machine_in_the_task_table_make_it_likely_the_machines() {
    let table = |names: &[&str]| {
        let row = |name: &&str| {
            format!("[ 8.6] [    220]     0   220     7064      822    69632        0             0 {name}\n")
        };
        let rows: String = names.iter().map(row).collect();
        format!(
            "[ 8.5] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n{rows}"
        )
    };
    for (names, is_machine) in [
        (&["agetty", "systemd-logind", "geth"][..], true),
        (&["sshd", "polkitd", "prometheus"], true),
        (&["sshd", "api"], false),
    ] {
        let report = crate::detectors::testing::report(&[("dmesg.txt", table(names).as_bytes())]);
        let claim = report.findings.first().map(|found| found.claim.as_str()).unwrap_or_default();
        assert!(claim.contains("does not show whose limit"), "{claim}");
        assert_eq!(claim.contains("services of the machine"), is_machine, "{claim}");
    }
}

#[test]
fn statistics_alone_name_the_group_at_or_below_the_limit() {
    let stats = "[ 8.1] Memory cgroup stats for /kubepods/podx/c1: cache:0KB rss:613460KB swap:0KB\n";
    let tasks = "[ 8.5] [  pid  ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n[ 8.6] [    220]     0   220     7064      822     69        0          -250 node\n";
    let killed = "[ 8.7] Memory cgroup out of memory: Kill process 220 (node) score 9 or sacrifice child\n";
    for log in [stats.to_owned(), format!("{stats}{tasks}"), format!("{stats}{tasks}{killed}")] {
        let found = check("mem.oom", &[("dmesg.txt", &log)], &["mem.oom.unknown"]);
        assert!(
            found[0].claim.contains("It is /kubepods/podx/c1 or a parent cgroup of it"),
            "{}",
            found[0].claim
        );
    }
}
