//! Of lists of sockets, states, queues, ports and inodes stay; addresses, in hex too, names of
//! processes, users and paths do not. Loopback and the unspecified address are every machine's.

use super::{address, descriptors, kernel, lsof, tools};
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks};

type Outcome = Result<(), &'static str>;

/// Words of the headers, of states and of what `ss` says of a process.
const WORDS: &str = "sl local_address remote_address rem_address st tx_queue rx_queue tr tm when retrnsmt uid timeout inode ref \
    pointer drops local remote rem address tx rx queue Num RefCount Protocol Flags Type St Inode Path Netid State Recv Send Q \
    Local Address Port Peer Process Proto Foreign PID Program name Active Internet connections servers and established w o \
    COMMAND USER FD TYPE DEVICE SIZE OFF NODE NAME users pid fd ino sk tcp tcp6 udp udp6 mptcp u_str u_dgr u_seq str dgr seq u \
    ESTAB ESTABLISHED SYN SENT RECV FIN WAIT WAIT1 WAIT2 TIME UNCONN CLOSE CLOSED LAST ACK LISTEN CLOSING \
    IPv4 IPv6 TCP UDP sock unix FIFO CHR BLK REG DIR LINK a_inode a pipe protocol deleted eventpoll eventfd pidfd inotify timerfd \
    total socket anon_inode anon dev null pts sys fs cgroup cpu cfs quota us period max proc root";

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// Keeps the port of an address, and the host where every machine has it.
fn endpoint(cell: &str, marks: &mut Marks<'_>) {
    let Some((host, port)) = address::split(cell) else { return marks.words(cell.as_bytes(), Kind::Name) };
    if address::is_common(host) {
        marks.keep(host.as_bytes());
    } else {
        marks.words(host.as_bytes(), Kind::Name);
    }
    marks.keep(port.as_bytes());
}

fn header(text: &str, marks: &mut Marks<'_>) {
    marks.words_beside(WORDS, text.as_bytes(), Kind::Label);
}

/// Keeps all but the two addresses; words of others' formats are blanked.
pub(super) fn inet(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        if kernel::is_inet_header(text) {
            header(text, marks);
            continue;
        }
        for (index, cell) in text.split_whitespace().enumerate() {
            let is_figure = cell.len() <= 20
                && cell.bytes().all(|byte| byte.is_ascii_hexdigit() || b":-".contains(&byte));
            match index {
                1 | 2 => endpoint(cell, marks),
                // The kernel's own pointer to the socket says nothing that is needed.
                11 => marks.words(cell.as_bytes(), Kind::Name),
                _ if is_figure => marks.keep(cell.as_bytes()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Keeps the columns before the path.
pub(super) fn unix(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        if kernel::is_unix_header(text) {
            header(text, marks);
            continue;
        }
        for (index, cell) in text.split_whitespace().enumerate() {
            let is_figure = cell.bytes().all(|byte| byte.is_ascii_hexdigit());
            match index {
                1..=6 if is_figure => marks.keep(cell.as_bytes()),
                0..=6 => {}
                _ => marks.words(cell.as_bytes(), Kind::Path),
            }
        }
    }
    Ok(())
}

/// Keeps states, queues, ports and process ids of `ss` and `netstat`.
pub(super) fn tools(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        if tools::is_ss_header(text) || tools::is_netstat_header(text) || text.starts_with("Active Internet")
        {
            header(text, marks);
            continue;
        }
        if line.bytes.first().is_some_and(|first| matches!(first, b'\t' | b' ')) {
            continue;
        }
        for cell in text.split_whitespace() {
            if cell.starts_with("users:") {
                process(cell, marks);
            } else if address::split(cell).is_some()
                && !cell.starts_with("ino:")
                && !cell.starts_with("timer:")
            {
                endpoint(cell, marks);
            } else if let Some((pid, name)) = cell.split_once('/').filter(|(pid, _)| is_number(pid)) {
                marks.keep(pid.as_bytes());
                marks.words(name.as_bytes(), Kind::Name);
            } else if is_number(cell) || cell.starts_with("ino:") {
                marks.keep(cell.as_bytes());
            } else {
                marks.words_beside(WORDS, cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}

/// `users:(("intake",pid=6,fd=5))`.
fn process(cell: &str, marks: &mut Marks<'_>) {
    for part in cell.split_inclusive([',', '(', ')']) {
        if part.contains('"') {
            marks.words(part.as_bytes(), Kind::Name);
        } else if part.starts_with("pid=") || part.starts_with("fd=") || part == "users:(" {
            marks.keep(part.as_bytes());
        }
    }
}

/// Keeps what kind each descriptor is of.
pub(super) fn descriptors(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        let Some((number, target)) = descriptors::link(text) else {
            marks.words_beside(WORDS, text.as_bytes(), Kind::Path);
            continue;
        };
        let before = text.get(..text.len() - target.len()).unwrap_or_default();
        for (index, cell) in before.split_whitespace().enumerate() {
            let is_date =
                index > 3 && cell.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-.+".contains(&byte));
            if index == 0 || cell == number || (index < 2 && is_number(cell)) || (is_date && cell.len() <= 18)
            {
                marks.keep(cell.as_bytes());
            } else {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
        self::target(target, marks);
    }
    Ok(())
}

fn target(target: &str, marks: &mut Marks<'_>) {
    let is_kernels = ["socket:[", "pipe:[", "anon_inode:"].iter().any(|start| target.starts_with(start));
    if is_kernels {
        marks.keep(target.as_bytes());
    } else {
        marks.words_beside(WORDS, target.as_bytes(), Kind::Path);
    }
}

/// Keeps the columns of figures and types; of names, what the kernel gives.
pub(super) fn lsof(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        if lsof::is_header(text) {
            header(text, marks);
            continue;
        }
        let Some(row) = lsof::row(text) else {
            marks.words_beside(WORDS, text.as_bytes(), Kind::Name);
            continue;
        };
        let before = text.get(..text.len() - row.name.len()).unwrap_or(text);
        let kind_at = row.kind.as_ptr().addr();
        for (index, cell) in before.split_whitespace().enumerate() {
            // From the type on there are figures; before it, the process, its user and the descriptor.
            let is_after = cell.as_ptr().addr() >= kind_at;
            let is_open = cell.ends_with(['r', 'w', 'u']) && cell.starts_with(|c: char| c.is_ascii_digit());
            if is_after || index == 1 || (index > 2 && is_open) {
                marks.keep(cell.as_bytes());
            } else {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
        if matches!(row.kind, "IPv4" | "IPv6") {
            ends(row.name, marks);
        } else if row.kind == "a_inode" || row.kind == "sock" {
            marks.keep(row.name.as_bytes());
        } else {
            marks.words_beside(WORDS, row.name.as_bytes(), Kind::Path);
        }
    }
    Ok(())
}

fn ends(name: &str, marks: &mut Marks<'_>) {
    let (ends, state) = name.split_once(" (").unwrap_or((name, ""));
    ends.split("->").for_each(|end| endpoint(end, marks));
    marks.words_beside(WORDS, state.as_bytes(), Kind::Name);
}
