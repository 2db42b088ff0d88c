use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, recognize};

fn read(name: &str, text: &str) -> Evidence {
    let format = recognize(&Probe { path: "x", bytes: text.as_bytes() }).expect("recognized");
    assert_eq!(format.name, name);
    let mut evidence = Evidence::default();
    let input = Input { source: SourceId(0), path: "x", bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut Facts::default()).expect("parsed");
    evidence
}

fn names(evidence: &Evidence, stack: Option<crate::evidence::stacks::StackId>) -> Vec<String> {
    let frames = evidence.stacks.leaf_first(stack);
    frames.map(|frame| evidence.strings.get(frame.function).to_owned()).collect()
}

#[test]
fn each_list_of_memleak_is_a_block_of_stacks() {
    let evidence = read(
        "memleak",
        "Attaching to pid 4121, Ctrl+C to quit.\n[11:16:33] Top 2 stacks with outstanding allocations:\n\
         \t40960 bytes in 10 allocations from stack\n\t\tallocate_dtv+0x50 [ld-linux-x86-64.so.2]\n\
         \t3211264 bytes in 49 allocations from stack\n\t\tdecode_frame+0x1a [video]\n\t\truntime.asmcgocall.abi0+0x7c [video]\n\
         [11:16:43] Top 1 stacks with outstanding allocations:\n\taddr = 7f10a8001010 size = 128\n\
         \t128 bytes in 1 allocations from stack\n\t\t[unknown]\n\
         \t7 bytes in 1 allocations from stack\n\t\t0 [<00007f12ab34>] decode_frame+0x1a\n",
    );
    let rows = evidence.probes.native_stacks.iter();
    let rows: Vec<_> = rows
        .map(|row| (row.block, row.second_of_day, row.bytes, row.count, names(&evidence, row.stack)))
        .collect();
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        rows,
        [
            (0, Some(40_593), 40_960, 10, names(&["allocate_dtv"])),
            (0, Some(40_593), 3_211_264, 49, names(&["decode_frame", "runtime.asmcgocall"])),
            (1, Some(40_603), 128, 1, vec![]),
            (1, Some(40_603), 7, 1, names(&["decode_frame"])),
        ]
    );
}

#[test]
fn the_page_cache_is_read_in_each_order_of_columns() {
    for text in [
        "    HITS   MISSES  DIRTIES HITRATIO   BUFFERS_MB  CACHED_MB\n    8123      112       20   98.64%           12        301\n",
        "TIME         HITS   MISSES  DIRTIES HITRATIO   BUFFERS_MB  CACHED_MB\n11:16:33     8123      112       20   98.64%           12        301\n",
        "   TOTAL   MISSES     HITS  DIRTIES   BUFFERS_MB  CACHED_MB\n    8235      112     8123       20           12        301\n",
    ] {
        let evidence = read("cachestat", text);
        let rows: Vec<_> =
            evidence.probes.cache.iter().map(|row| (row.hits, row.misses, row.cached)).collect();
        assert_eq!(rows, [(8123, 112, Some(301 << 20))]);
    }
}

#[test]
fn processes_of_cachetop_may_have_blanks_in_their_names() {
    let evidence = read(
        "cachetop",
        "13:01:01 Buffers MB: 12 / Cached MB: 286 / Sort: HITS / Order: descending\n\
         PID      UID      CMD              HITS     MISSES   DIRTIES  READ_HIT%  WRITE_HIT%\n\
         \x20   4121 65532    my video            187     9301        0       2.0%       0.0%\n",
    );
    let rows = evidence.probes.cache_users.iter();
    let rows: Vec<_> =
        rows.map(|row| (row.pid, evidence.strings.get(row.command), row.hits, row.misses)).collect();
    assert_eq!(rows, [(4121, "my video", 187, 9301)]);
}

#[test]
fn sessions_are_read_in_each_form_of_tcplife() {
    for (text, second) in [
        (
            "PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n4121  api        10.0.0.2        46644 10.0.0.9        5432      1     2 0.25\n",
            None,
        ),
        (
            "TIME(s)   PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n3.500     4121  api        10.0.0.2        46644 10.0.0.9        5432      1     2 0.25\n",
            Some(3.5),
        ),
        (
            "TIME,PID,COMM,IP,LADDR,LPORT,RADDR,RPORT,TX_KB,RX_KB,MS\n00:01:00,4121,api,4,10.0.0.2,46644,10.0.0.9,5432,1,2,0.25\n",
            Some(60.0),
        ),
    ] {
        let evidence = read("tcplife", text);
        let rows = evidence.probes.sessions.iter();
        let rows: Vec<_> = rows
            .map(|row| {
                (
                    row.pid,
                    row.local_port,
                    evidence.strings.get(row.remote),
                    row.remote_port,
                    row.micros,
                    row.second,
                )
            })
            .collect();
        assert_eq!(rows, [(4121, 46_644, "10.0.0.9", 5432, 250, second)]);
    }
}

#[test]
fn retransmits_are_read_by_line_and_by_count() {
    let evidence = read(
        "tcpretrans",
        "TIME     PID    IP LADDR:LPORT          T> RADDR:RPORT          STATE\n\
         01:55:05 0      4  10.153.223.157:22    R> 69.53.245.40:34619   SYN_SENT\n",
    );
    let row = evidence.probes.retransmits[0];
    let text = |id| evidence.strings.get(id);
    assert_eq!(
        (text(row.remote), row.remote_port, text(row.state), row.count),
        ("69.53.245.40", 34_619, "SYN_SENT", 1)
    );
    let evidence = read(
        "tcpretrans",
        "Tracing retransmits ... Hit Ctrl-C to end\n^C\nLADDR:LPORT              RADDR:RPORT             RETRANSMITS\n\
         192.168.10.50:60366  <-> 172.217.21.194:443         700\n",
    );
    let row = evidence.probes.retransmits[0];
    assert_eq!((row.remote_port, evidence.strings.get(row.state), row.count), (443, "", 700));
}

#[test]
fn a_kill_has_its_time_and_victim_and_no_use() {
    let evidence = read(
        "oomkill",
        "Tracing OOM kills... Ctrl-C to stop.\n21:03:39 Triggered by PID 3297 (\"ntpd\"), OOM kill of PID 22516 (\"perl\"), 3850642 pages, loadavg: 0.99 0.39 0.30 3/282 22724\n",
    );
    let event = &evidence.oom[0];
    let text = |id| evidence.strings.get(id);
    assert_eq!(event.stamp.map(text), Some("21:03:39"));
    assert_eq!(
        event.kills.iter().map(|kill| (kill.pid, text(kill.name), kill.anon_rss)).collect::<Vec<_>>(),
        [(22_516, "perl", None)]
    );
    assert_eq!(event.domain_pages, Some(3_850_642));
}

#[test]
fn stacks_that_are_not_folded_have_their_task_and_time() {
    let evidence = read(
        "offcputime",
        "Tracing off-CPU time (us) of PID 4121 by user + kernel stack... Hit Ctrl-C to end.\n\n    schedule\n    futex_wait\n    --\n\
         \x20   runtime.futex.abi0\n    runtime.notesleep\n    -                video (4121)\n        1023311\n\n    [unknown]\n    -                video (4121)\n        5\n",
    );
    let rows = evidence.probes.counted_stacks.iter();
    let rows: Vec<_> = rows
        .map(|row| (names(&evidence, row.stack).join("<"), evidence.strings.get(row.task), row.value))
        .collect();
    assert_eq!(
        rows,
        [
            ("schedule<futex_wait<runtime.futex<runtime.notesleep".to_owned(), "video (4121)", 1_023_311_000),
            ("[unknown]".to_owned(), "video (4121)", 5_000),
        ]
    );
}
