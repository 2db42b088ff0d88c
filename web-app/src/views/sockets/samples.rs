//! Two snapshots of a small service, for the tests of the view.

use analyzer_core::report::Report;
use analyzer_core::session::Session;

/// Sockets of 127.0.0.2 in `/proc/net/tcp`: local port, remote port of 10.0.0.9 or 0, state, queue,
/// first inode, count.
type Rows = (u16, u16, &'static str, u32, u64, u64);

const TCP_HEAD: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
Max processes             4096                 4096                 processes \n\
Max open files            1024                 4096                 files     \n";

fn tcp(rows: &[Rows]) -> String {
    let mut text = TCP_HEAD.to_owned();
    for &(local, remote, state, queue, inode, count) in rows {
        let peer = if remote == 0 { "00000000" } else { "0900000A" };
        for index in inode..inode + count {
            text.push_str(&format!(
                "   0: 0200007F:{local:04X} {peer}:{remote:04X} {state} 00000000:{queue:08X} 00:00000000 00000000     0        0 {index} 1\n"
            ));
        }
    }
    text
}

fn descriptors(rows: &[Rows], files: u64) -> String {
    let mut targets = vec!["/dev/null".to_owned()];
    targets.extend((0..files).map(|index| format!("/data/segment-{index}")));
    for &(_, _, _, _, inode, count) in rows {
        targets.extend((inode..inode + count).map(|inode| format!("socket:[{inode}]")));
    }
    let line = |(number, target): (usize, String)| {
        format!("lrwx------ 1 root root 64 Nov 29 17:28 {number} -> {target}\n")
    };
    format!("total 0\n{}", targets.into_iter().enumerate().map(line).collect::<String>())
}

fn goroutines(groups: &[(u64, &str, &str)]) -> String {
    let mut text = String::new();
    let mut id = 1;
    for &(count, state, functions) in groups {
        for _ in 0..count {
            text.push_str(&format!("goroutine {id} [{state}]:\n"));
            for function in functions.split(' ') {
                text.push_str(&format!("{function}()\n\t/src/file.go:12 +0x1d\n"));
            }
            text.push('\n');
            id += 1;
        }
    }
    text
}

/// A service that does not close the bodies of its database's answers: two snapshots, tasks and a dump in the last.
pub fn shop() -> Vec<(String, String)> {
    let before: [Rows; 3] =
        [(8080, 0, "0A", 0, 900, 1), (40_000, 5432, "01", 0, 100, 3), (8080, 50_000, "01", 0, 200, 1)];
    let after: [Rows; 4] = [
        (8080, 0, "0A", 5, 900, 1),
        (40_000, 5432, "01", 0, 100, 2),
        (40_100, 5432, "08", 9, 300, 12),
        (8080, 50_000, "01", 0, 200, 1),
    ];
    let dump = goroutines(&[
        (14, "select", "net/http.(*persistConn).readLoop"),
        (1, "running", "main.handle net/http.(*conn).serve"),
        (1, "IO wait", "internal/poll.(*FD).Accept net.(*TCPListener).Accept main.main"),
    ]);
    let mut files = Vec::new();
    let mut add = |path: &str, text: String| files.push((format!("shop/{path}"), text));
    for (label, rows, open, tasks) in [("t0", &before[..], 2, "9\n"), ("t1", &after[..], 4, "12\n")] {
        add(&format!("{label}/proc/net/tcp"), tcp(rows));
        add(&format!("{label}/proc/fd.txt"), descriptors(rows, open));
        add(&format!("{label}/proc/limits"), LIMITS.to_owned());
        add(&format!("{label}/cgroup/pids.current"), tasks.to_owned());
        add(&format!("{label}/cgroup/pids.max"), "100\n".to_owned());
    }
    for (task, function) in [(42, "futex_wait_queue"), (43, "futex_wait_queue"), (44, "pipe_read")] {
        add(&format!("t1/proc/task/{task}/wchan"), function.to_owned());
    }
    add("t1/goroutine.txt", dump);
    files
}

/// The report of files.
pub fn report(files: &[(String, String)]) -> Report {
    let mut session = Session::default();
    for (path, text) in files {
        session.add(path, text.clone().into_bytes());
    }
    session.report()
}
