use crate::report::{LayerId, Report};
use crate::session::Session;

fn report(text: &str) -> Report {
    let mut session = Session::default();
    session.add("x", text.as_bytes().to_vec());
    session.report()
}

fn format(report: &Report) -> Option<&str> {
    report.sources[0].format.as_deref()
}

fn layer(report: &Report, id: LayerId) -> Option<i64> {
    let latest = &report.memory.as_ref()?.latest;
    latest.layers.iter().find(|layer| layer.id == id).map(|layer| layer.bytes.0)
}

const FREE: &str = "               total        used        free      shared  buff/cache   available\nMem:         8123456     1234567     4567890       12345     2321000     6543210\nSwap:              0           0           0\n";

#[test]
fn free_is_the_machines_memory_and_no_containers() {
    let human = "$ free -h\n              total        used        free      shared  buff/cache   available\nMem:          7.7Gi       1.2Gi       4.4Gi        12Mi       2.2Gi       6.2Gi\nSwap:            0B          0B          0B\n";
    let mebi = "/ # free -m\n              total        used        free      shared  buff/cache   available\nMem:           7933        1205        4460          12        2266        6389\nSwap:             0           0           0\n";
    for text in [FREE, human, mebi] {
        let report = report(text);
        assert_eq!(format(&report), Some("free"), "{text}");
        assert!(report.memory.is_none(), "nothing of a container or a process is in it");
        assert!(report.sources[0].notes[0].message.contains("whole machine"));
    }
    assert!(report(FREE).sources[0].notes[0].message.contains("KiB"), "a unit that is guessed is said");
    assert!(!report(mebi).sources[0].notes[0].message.contains("assumed to be"));
}

const PS: &str = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot           1  0.0  0.0   4360  3200 ?        Ss   19:00   0:00 /sbin/tini -- /srv/app\nroot           7  1.2  2.5 1234567 204800 ?      Sl   19:00   0:42 /srv/app --port 80\nroot          99  0.0  0.0      0     0 ?        I    19:00   0:00 [kworker/0:1]\n";

#[test]
fn the_largest_process_of_a_table_is_the_process_layer() {
    let columns = "  PID   RSS    VSZ COMMAND\n    1  3200   4360 tini\n    7 204800 1234567 app\n";
    let top = "top - 20:03:00 up 3 days,  1:02,  0 users,  load average: 0.10, 0.20, 0.30\nTasks:   3 total,   1 running,   2 sleeping,   0 stopped,   0 zombie\nMiB Mem :   7933.1 total,   4460.8 free,   1205.6 used,   2266.6 buff/cache\nMiB Swap:      0.0 total,      0.0 free,      0.0 used.   6389.8 avail Mem\n\n  PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n    7 root      20   0 1234567 204800  10240 S   1.2   2.5   0:42.00 app\n    1 root      20   0    4360   3200   2000 S   0.0   0.0   0:00.01 tini\n";
    for (text, name) in [(PS, "ps"), (columns, "ps"), (top, "top"), (&top.replace("204800", "0.2g"), "top")] {
        let report = report(text);
        assert_eq!(format(&report), Some(name), "{text}");
        let resident = layer(&report, LayerId::Process).expect("a process layer");
        assert!((200 << 20..210 << 20).contains(&resident), "{resident}");
        assert_eq!(layer(&report, LayerId::Cgroup), None);
    }
}

#[test]
fn rows_that_grep_took_out_of_a_table_are_read() {
    let ps = "I looked at it:\n$ ps aux | grep app\nroot           7  1.2  2.5 1234567 204800 ?      Sl   Jun30   0:42 /srv/app --port 80\nme            99  0.0  0.0   9184  1076 pts/0    S+   11:35   0:00 grep app\n";
    let top = "    7 root      20   0 1234567 204800  10240 S   1.2   2.5   0:42.00 app\n";
    for (text, name) in [(ps, "ps"), (top, "ps"), (&top.replace("204800", "0.2g"), "ps")] {
        let report = report(text);
        assert_eq!(format(&report), Some(name), "{text}");
        let resident = layer(&report, LayerId::Process).expect("a process layer");
        assert!((200 << 20..210 << 20).contains(&resident), "{resident}");
    }
    let log = "web 7 1.2 2.5 12 20 ok no x 3 served a page\nweb 8 1.5 2.0 12 20 ok no x 3 served a page\n";
    assert_ne!(format(&report(log)), Some("ps"));
}

#[test]
fn a_row_without_a_header_hides_no_table_below_it() {
    let row = "root           7  1.2  2.5 1234567 204800 ?      Sl   Jun30   0:42 /srv/app --port 80\n";
    let ps = "\n$ ps aux --sort=-rss\nUSER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot           9  1.2  95.5 9234567 8048000 ?      Sl   Jun30   0:42 /srv/hog\n";
    let top = "\ntop - 11:35:01 up 3 days,  1 user,  load average: 0.1, 0.2, 0.3\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n      9 root      20   0 9234567 8048000  10240 S   1.2  95.5   0:42.00 hog\n      7 root      20   0 1234567 204900  10240 S   1.2   2.5   0:42.00 app\n";
    for table in [ps, top] {
        let report = report(&format!("{row}{table}"));
        assert_eq!(layer(&report, LayerId::Process), Some(8_048_000 << 10), "{}", report.verdict);
        let notes = &report.sources[0].notes;
        assert!(notes.iter().all(|note| note.code != "several-tables"), "{notes:?}");
    }
}

#[test]
fn a_line_of_figures_without_a_terminal_is_no_process() {
    for line in [
        "jobs 17 0.75 1.5 1200 64000 gpu0 R n1 10:42 training resnet\n",
        "root 7 1.2 2.5 1200 64000 ? Sl Jun30 0:42 /srv/app\n",
        "root 7 1.2 2.5 1200 -640 ? Sl Jun30 0:42 /srv/app\n",
    ] {
        let report = report(&format!("from our scheduler:\n{line}"));
        assert!(report.memory.is_none(), "{line}: {}", report.verdict);
    }
    let row = "root 7 1.2 2.5 64000 1200 pts/0 Sl Jun30 0:42 /srv/app\n";
    assert_eq!(layer(&report(row), LayerId::Process), Some(1200 << 10));
}

#[test]
fn a_table_without_sizes_says_which_command_prints_them() {
    let report = report(
        "UID          PID    PPID  C STIME TTY          TIME CMD\nroot           1       0  0 19:00 ?        00:00:00 /sbin/tini\n",
    );
    assert_eq!(format(&report), Some("ps"));
    assert!(report.sources[0].notes[0].message.contains("ps -eo pid,rss,vsz,comm"));
}

const PMAP: &str = "7:   /srv/app --port 80\nAddress           Kbytes     RSS   Dirty Mode  Mapping\n0000000000400000    4096    3072       0 r-x-- app\n000000c000000000  262144  200704  200704 rw---   [ anon ]\n---------------- ------- ------- ------- \ntotal kB          266240  203776  200704\n";

#[test]
fn pmap_gives_the_resident_size() {
    let full = "7:   /srv/app\n         Address Perm   Offset Device  Inode   Size    Rss    Pss Anonymous Swap Mapping\n        00400000 r-xp 00000000  08:01  12345   4096   3072   3072         0    0 app\n      c000000000 rw-p 00000000  00:00      0 262144 200704 200704    200704    0 \n                                             ====== ====== ====== ========= ==== \n                                             266240 203776 203776    200704    0 KB \n";
    for text in [PMAP, full, &format!("$ pmap -x 7\n{PMAP}")] {
        let report = report(text);
        assert_eq!(format(&report), Some("pmap"), "{text}");
        let expected = if text == full { 200_704 } else { 203_776 };
        assert_eq!(layer(&report, LayerId::Process), Some(expected << 10), "{text}");
    }
    let plain = report("7:   /srv/app\n0000000000400000   4096K r-x-- app\n total             4096K\n");
    assert_eq!(format(&plain), Some("pmap"));
    assert!(plain.sources[0].notes[0].message.contains("pmap -x"));
}

#[test]
fn slabtop_and_cgtop_keep_the_machine_apart() {
    let slab = report(
        " Active / Total Objects (% used)    : 812345 / 901234 (90.1%)\n Active / Total Size (% used)       : 120394.21K / 140223.55K (85.9%)\n\n  OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME\n 65520  65520 100%    0.19K   3120       21     12480K dentry\n",
    );
    assert_eq!(format(&slab), Some("slabtop"));
    assert!(slab.memory.is_none() && slab.sources[0].notes[0].message.contains("whole machine"));
    let groups = report(
        "Control Group                       Tasks   %CPU   Memory  Input/s Output/s\n/                                     312   12.1     3.4G        -        -\nsystem.slice                          100    5.0     1.0G        -        -\nsystem.slice/shop.service              14    3.2   250.0M        -        -\n",
    );
    assert_eq!(format(&groups), Some("systemd-cgtop"));
    assert_eq!(layer(&groups, LayerId::Cgroup), Some(250 << 20));
}

#[test]
fn rows_of_pmap_without_header_and_sums_are_added_up_and_said_to_be_a_part() {
    let rows = "0000000000400000    4096    3072       0 r-x-- app\n000000c000000000  262144  200704  200704 rw---   [ anon ]\n";
    for text in [rows.to_owned(), format!("The mappings:\n```\n{rows}```\n"), format!("$ pmap -x 7\n{rows}")]
    {
        let report = report(&text);
        assert_eq!(format(&report), Some("pmap"), "{text}");
        assert_eq!(layer(&report, LayerId::Process), Some(203_776 << 10), "{text}");
        assert!(report.verdict.contains("Part of the input is missing"), "{}", report.verdict);
    }
}

#[test]
fn pmap_tells_go_arenas_from_the_memory_outside_them() {
    let of = |arenas: u32, outside: u32| {
        format!(
            "7:   /srv/app\nAddress           Kbytes     RSS   Dirty Mode  Mapping\n0000000000400000    4096    1024       0 r-x-- app\n000000c000000000 {arenas} {arenas} {arenas} rw---   [ anon ]\n00007f1c40000000 {outside} {outside} {outside} rw---   [ anon ]\n---------------- ------- ------- -------\ntotal kB 9999999 {} 90112\n",
            arenas + outside + 1024
        )
    };
    for (arenas, outside, said) in [
        (900_000, 1_000, "the largest part is Go heap arenas (878.9 MiB)"),
        (1_000, 900_000, "the largest part is memory outside the Go heap arenas (879.9 MiB)"),
    ] {
        let report = report(&of(arenas, outside));
        assert!(report.verdict.contains(said), "{}", report.verdict);
        let rows = report.memory.iter().flat_map(|memory| &memory.latest.ledger);
        let parts: i64 = rows.filter(|row| !row.is_total).map(|row| row.bytes.0).sum();
        assert_eq!(Some(parts), layer(&report, LayerId::Process), "the rows make the whole");
    }
    // An address of Go's alone proves nothing: code and files may lie there, and another program has no arenas.
    let file = of(900_000, 1_000).replace("rw---   [ anon ]", "r--s- data.db");
    assert!(!report(&file).verdict.contains("arenas"), "{}", report(&file).verdict);
}

#[test]
fn smem_has_the_command_in_the_middle() {
    let table = "  PID User     Command                         Swap      USS      PSS      RSS\n  992 root     /usr/sbin/proxy -k start           0    13644    15282    23216\n  985 app      /srv/app                           0    97332    97642   100080\n";
    for text in
        [table.to_owned(), format!("I used smem:\n{table}\nIt grows.\n"), format!("```\n{table}```\n")]
    {
        let report = report(&text);
        assert_eq!(format(&report), Some("ps"), "{text}");
        assert_eq!(layer(&report, LayerId::Process), Some(100_080 << 10), "{text}");
        assert!(report.verdict.contains("resident"), "{}", report.verdict);
    }
}

#[test]
fn rows_of_smem_past_the_ceiling_are_said() {
    let row = |pid: usize| format!("{pid} app /srv/app 0 97332 97642 100080\n");
    let rows: String = (1..=crate::base::limits::CONTAINERS + 1).map(row).collect();
    let report = report(&format!("  PID User     Command    Swap      USS      PSS      RSS\n{rows}"));
    let notes = &report.sources[0].notes;
    assert!(notes.iter().any(|note| note.message.contains("processes; the rest is ignored")), "{notes:?}");
}
