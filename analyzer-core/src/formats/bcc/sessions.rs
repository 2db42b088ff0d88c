//! ```text
//! PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS
//! 22597 recordProg 127.0.0.1       46644 127.0.0.1       28527     0     0 0.23
//!
//! TIME     PID    IP LADDR:LPORT          T> RADDR:RPORT          STATE
//! 01:55:05 0      4  10.153.223.157:22    R> 69.53.245.40:34619   ESTABLISHED
//!
//! LADDR:LPORT              RADDR:RPORT             RETRANSMITS
//! 192.168.10.50:60366  <-> 172.217.21.194:443         700
//! ```

use super::by_line;
use super::columns::{Columns, cells, clock, rows};
use crate::base::convert::{f64_to_i64, i64_to_f64};
use crate::base::error::ParseError;
use crate::base::limits::PROBE_ROWS;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::probes::{Retransmit, Session};
use crate::formats::record::{nothing_found, text_lines};
use crate::formats::{Facts, Probe, Sniff};

const LIFE: [&str; 7] = ["PID", "COMM", "LADDR", "LPORT", "RADDR", "RPORT", "MS"];

pub fn sniff_life(probe: &Probe<'_>) -> Sniff {
    by_line(probe, |text| Columns::of(text, &LIFE).is_some())
}

/// Parses a row a session.
/// # Errors
/// `Malformed` without a row.
pub fn parse_life(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    facts.notes.info("what-it-says", None, "TCP sessions on the machine that ended while tcplife ran, with the process that closed them. Sessions that are still open are not included.");
    let Evidence { strings, probes, .. } = evidence;
    rows(input.bytes, &LIFE, facts, "tcplife", |columns, row, at| {
        let micros =
            columns.number::<f64>(row, "MS").filter(|millis| *millis >= 0.0 && *millis < 1e12)? * 1000.0;
        let time = columns.any(row, &["TIME(S)", "TIME"]);
        let second =
            time.and_then(|time| time.parse().ok().or_else(|| Some(i64_to_f64(i64::from(clock(time)?)))));
        let session = Session {
            source: input.source,
            at,
            pid: columns.number(row, "PID")?,
            command: strings.intern(columns.get(row, "COMM")?),
            local_port: columns.number(row, "LPORT")?,
            remote: strings.intern(columns.get(row, "RADDR")?),
            remote_port: columns.number(row, "RPORT")?,
            micros: u64::try_from(f64_to_i64(micros)).unwrap_or(0),
            second,
        };
        probes.sessions.push(session);
        Some(())
    })
}

fn is_retransmits(text: &str) -> bool {
    let has = |name: &str| cells(text).any(|cell| cell == name);
    has("LADDR:LPORT") && has("RADDR:RPORT") && (has("STATE") || has("RETRANSMITS"))
}

pub fn sniff_retransmits(probe: &Probe<'_>) -> Sniff {
    by_line(probe, is_retransmits)
}

/// `69.53.245.40:34619`, `[::1]:80`, `::1:80`.
fn endpoint(cell: &str) -> Option<(&str, u16)> {
    let (host, port) = cell.rsplit_once(':')?;
    // A time of day has one colon before its last; the host may be a pseudonym.
    let is_host = (host.contains('.') || host.matches(':').count() > 1)
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:[]%".contains(&byte));
    Some((host, port.parse().ok().filter(|_| is_host)?))
}

/// Parses a row a segment, or a row a connection of the counted form.
/// # Errors
/// `Malformed` without a row.
pub fn parse_retransmits(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    facts.notes.info("what-it-says", None, "TCP segments that the machine retransmitted. Many in SYN_SENT: the peer does not answer (full accept queue, firewall, wrong address). The process shown is the one that was running when the timer fired, not the socket's owner.");
    let mut is_counted = false;
    let mut found = 0_usize;
    for (line, text) in text_lines(input.bytes) {
        if is_retransmits(text) {
            is_counted = text.contains("RETRANSMITS");
            continue;
        }
        let row: Vec<&str> = cells(text).collect();
        let mut ends = row.iter().enumerate().filter_map(|(index, cell)| Some((index, endpoint(cell)?)));
        let (Some((first, _)), Some((second, (host, port)))) = (ends.next(), ends.next()) else { continue };
        if found >= PROBE_ROWS {
            facts.is_partial = true;
            facts.notes.data_loss(
                "rows-left-out",
                Some(line.position()),
                "There are too many rows; the rest is ignored.",
            );
            break;
        }
        let behind = row.get(second + 1).copied().unwrap_or_default();
        let counted = behind.parse().ok().filter(|_| is_counted);
        let pid = row.get(1).filter(|_| first >= 2).and_then(|pid| pid.parse().ok()).filter(|pid| *pid > 0);
        let state = if is_counted { "" } else { behind };
        evidence.probes.retransmits.push(Retransmit {
            source: input.source,
            at: line.position(),
            pid,
            remote: evidence.strings.intern(host),
            remote_port: port,
            state: evidence.strings.intern(&state.replace('-', "_")),
            count: counted.unwrap_or(1),
        });
        found += 1;
    }
    facts.kind = Some("tcpretrans".to_owned());
    if found == 0 {
        return Err(nothing_found("tcpretrans", "at least one row below the header"));
    }
    Ok(())
}
