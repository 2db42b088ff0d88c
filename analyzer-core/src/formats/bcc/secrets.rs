//! Of bcc's tables, figures, states, ports and symbols stay; commands, modules and addresses do not.

use super::{oomkill, stacks};
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, is_time};

type Outcome = Result<(), &'static str>;

/// Words of headers and of states.
const WORDS: &str = "Attaching to pid Ctrl C quit Top stacks with outstanding allocations bytes in from stack addr size \
    HITS MISSES DIRTIES HITRATIO BUFFERS_MB CACHED_MB BUFFERS CACHED MB TOTAL TIME PID UID CMD READ_HIT WRITE_HIT READ WRITE HIT \
    Buffers Cached Sort Order descending ascending root COMM LADDR LPORT RADDR RPORT TX_KB RX_KB MS KB TX RX IP T R L s \
    STATE RETRANSMITS ESTABLISHED SYN SENT RECV FIN WAIT WAIT1 WAIT2 CLOSE CLOSING LAST ACK LISTEN NEW SEQ \
    Tracing retransmits Hit end OOM kills Triggered by kill of pages loadavg off CPU time us user kernel Sampling at Hertz all threads";

fn is_figure(cell: &str) -> bool {
    let cell = cell.trim_end_matches(['%', ',', ':']);
    let has_digit = cell.bytes().any(|byte| byte.is_ascii_digit());
    // Two marks make a version or an address.
    has_digit
        && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && cell.matches('.').count() < 2
}

/// Keeps figures, times and words of headers; of an address, the port.
pub(super) fn table(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        if let Some(row) = oomkill::row(text) {
            marks.words(row.by.as_bytes(), Kind::Name);
            marks.words(row.name.as_bytes(), Kind::Name);
        }
        for cell in text.split([' ', '\t', ',']).filter(|cell| !cell.is_empty()) {
            let port =
                cell.rsplit_once(':').filter(|(host, port)| host.contains(['.', ':']) && is_figure(port));
            if is_figure(cell) || is_time(cell.trim_matches(['[', ']']).as_bytes()) {
                marks.keep(cell.as_bytes());
            } else if let Some((host, port)) = port {
                marks.words(host.as_bytes(), Kind::Name);
                marks.keep(port.as_bytes());
            } else {
                marks.words_beside(WORDS, cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}

/// Keeps symbols as well.
pub(super) fn stacks(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (line, text) in text_lines(input.bytes) {
        let (symbol, module) = text.split_once(" [").unwrap_or((text, ""));
        let is_frame = line.bytes.starts_with(b"\t\t") || line.bytes.starts_with(b"    ");
        if let Some(task) = stacks::task(text) {
            let (name, pid) = task.rsplit_once(" (").unwrap_or((task, ""));
            marks.words(name.as_bytes(), Kind::Name);
            marks.keep(pid.as_bytes());
        } else if is_frame && !symbol.contains(' ') {
            marks.keep(symbol.as_bytes());
            marks.words(module.as_bytes(), Kind::Name);
        } else {
            for cell in text.split([' ', '\t', ',']).filter(|cell| !cell.is_empty()) {
                if is_figure(cell) || is_time(cell.trim_matches(['[', ']']).as_bytes()) {
                    marks.keep(cell.as_bytes());
                } else {
                    marks.words_beside(WORDS, cell.as_bytes(), Kind::Name);
                }
            }
        }
    }
    Ok(())
}
