//! `net.time_wait.ports`, `net.time_wait`: local ports that run out toward one remote.

use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::base::units::Unit;
use crate::detectors::course::{Course, Told, courses, is_near, rows};
use crate::detectors::ebpf::conn_churn;
use crate::detectors::{Case, Detector, Rule, list};
use crate::evidence::resources::{Complaint, ComplaintCount};
use crate::report::{
    Citation, Confidence, Connections, Finding, Severity, Side, SocketState, Sockets, number_format,
};

/// Share of the local ports from which they run out.
const NEAR_PERCENT: u64 = 80;
/// Ports that Linux dials from where nothing says otherwise (32768 to 60999).
const PORTS: u64 = 28_232;

const PORTS_OUT: Rule = Rule {
    code: "net.time_wait.ports",
    severity: Severity::Warning,
    title: "Ephemeral port exhaustion",
    meaning: "Nearly all ephemeral ports to one remote are in TIME_WAIT, or dials already fail: a connection is opened and closed for each request.",
};
const REUSED: Rule = Rule {
    code: "net.time_wait",
    severity: Severity::Info,
    title: "Many connections in TIME_WAIT",
    meaning: "Connections are opened and closed at a high rate. The kernel reuses their ports, so ports do not run out.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[PORTS_OUT, REUSED],
    missing_inputs: |case| {
        let has_sockets = case
            .analysis
            .resources
            .iter()
            .flat_map(|section| &section.snapshots)
            .any(|moment| moment.sockets.is_some());
        let has_log =
            case.evidence.resources.complaints.iter().any(|row| row.complaint == Complaint::LocalPorts);
        if has_sockets || has_log {
            Vec::new()
        } else {
            list(&["/proc/PID/net/tcp or ss -tan, and ip_local_port_range; or the program's log"])
        }
    },
    detect: |case: &Case<'_>| {
        let courses = courses(case);
        let found: Vec<Finding> = courses.iter().filter_map(|course| find(case, course)).collect();
        found
    },
};

fn most(sockets: &Sockets) -> Option<&Connections> {
    let dialed = rows(sockets, Side::Client, SocketState::TimeWait);
    dialed.chain(rows(sockets, Side::Unknown, SocketState::TimeWait)).max_by_key(|row| row.count)
}

fn find(case: &Case<'_>, course: &Course<'_>) -> Option<Finding> {
    let complaint = complaint(case, course);
    // The fullest moment: ports come back after a minute.
    let fullest = course
        .sockets()
        .into_iter()
        .filter_map(|sockets| Some((sockets, most(sockets)?)))
        .max_by_key(|(_, row)| row.count);
    let near = fullest
        .filter(|(sockets, row)| is_near(row.count, sockets.local_ports.unwrap_or(PORTS), NEAR_PERCENT));
    if near.is_none() && complaint.is_none() {
        return None;
    }
    let is_reused = near.is_some_and(|(sockets, row)| match sockets.time_wait_reuse {
        Some(1) => true,
        Some(2) => row.peer.starts_with("127.") || row.peer.starts_with("[::1]"),
        _ => false,
    });
    let is_harmless = is_reused && complaint.is_none();
    let churn = near.and_then(|(_, row)| {
        conn_churn::churned(case).into_iter().find(|sessions| sessions.peer == row.peer)
    });
    let mut claim = String::new();
    let mut citations = Vec::new();
    if let Some((sockets, row)) = near {
        let ports = sockets.local_ports.unwrap_or(PORTS);
        claim = format!(
            "{} of {} ephemeral ports are in TIME_WAIT, with connections to {}.",
            number_format::count_u64(row.count),
            number_format::count_u64(ports),
            row.peer
        );
        citations.push(row.citation.clone());
    }
    if let Some(row) = complaint {
        let times = number_format::counted(row.count, "line", "lines");
        claim.push_str(&format!(
            "{}The log contains \"cannot assign requested address\" in {times}: dials fail.",
            if claim.is_empty() { "" } else { " " }
        ));
        citations.push(cite(row));
    }
    if let Some(sessions) = churn {
        claim.push_str(&format!(
            " tcplife shows why: {} (pid {}) had {} sessions with it that ended.",
            sessions.command,
            sessions.pid,
            number_format::count_u64(sessions.count)
        ));
        citations.push(Citation::place(SourceSpan { source: sessions.source, at: sessions.at }));
    }
    let amount =
        near.map(|(_, row)| row.count).or_else(|| complaint.map(|row| row.count)).unwrap_or_default();
    let told = Told {
        rule: if is_harmless { REUSED } else { PORTS_OUT },
        severity: if is_harmless { Severity::Info } else { Severity::Warning },
        confidence: if complaint.is_some() && near.is_some() {
            Confidence::Certain
        } else {
            Confidence::Likely
        },
        condition: format!(
            "{NEAR_PERCENT}% of ip_local_port_range (28,232 ports if unknown) is in TIME_WAIT to one remote, or the log contains \"cannot assign requested address\"."
        ),
        claim,
        amount,
        citations,
        against: if is_harmless {
            list(&["net.ipv4.tcp_tw_reuse lets the kernel reuse these ports."])
        } else {
            list(&["Sockets in TIME_WAIT have no owner: another process in the pod may have closed them."])
        },
        advice: list(&[
            "Reuse connections: set MaxIdleConnsPerHost (default 2) and MaxIdleConns to the number of concurrent calls, and read each response body to EOF before closing it.",
            "Do not set DisableKeepAlives or Connection: close, and share one Transport in the process.",
        ]),
    };
    told.about(course)
}

fn complaint<'c>(case: &Case<'c>, course: &Course<'_>) -> Option<&'c ComplaintCount> {
    let is_own = |row: &&ComplaintCount| course.subject.sources().any(|source| source == row.source);
    let rows = case.evidence.resources.complaints.iter().filter(|row| row.complaint == Complaint::LocalPorts);
    rows.filter(is_own).max_by_key(|row| row.count)
}

fn cite(row: &ComplaintCount) -> Citation {
    let span = SourceSpan { source: row.source, at: row.at };
    Citation::figure(span, "cannot assign requested address", clamp_i64(i128::from(row.count)), Unit::Count)
}

#[cfg(test)]
mod tests {
    use crate::detectors::course::fixtures::{Row, TCP6, borrowed, listening, tcp};
    use crate::detectors::testing::check;

    fn files(count: u64, reuse: &str) -> Vec<(String, String)> {
        let gone = Row { local: 32_768, remote: 5432, state: "06", queue: 0, inode: 0, count };
        vec![
            ("shop/t0/proc/net/tcp".to_owned(), tcp(&[listening(0, 9), gone])),
            ("shop/t0/proc/net/tcp6".to_owned(), TCP6.to_owned()),
            ("shop/t0/proc/sys/net/ipv4/ip_local_port_range".to_owned(), "32768\t33267\n".to_owned()),
            ("shop/t0/proc/sys/net/ipv4/tcp_tw_reuse".to_owned(), format!("{reuse}\n")),
        ]
    }

    #[test]
    fn ports_that_are_nearly_all_in_time_wait_are_told() {
        check("net.time_wait", &borrowed(&files(400, "2")), &["net.time_wait.ports"]);
        check("net.time_wait", &borrowed(&files(399, "2")), &[]);
    }

    #[test]
    fn ports_that_the_kernel_uses_again_are_only_worth_knowing() {
        check("net.time_wait", &borrowed(&files(400, "1")), &["net.time_wait"]);
        check("net.time_wait", &borrowed(&files(399, "1")), &[]);
    }

    #[test]
    fn a_log_of_dials_that_fail_is_enough() {
        let mut with_log = files(3, "2");
        let line = "2026/11/29 17:28:04 Get \"http://10.0.0.9/q\": dial tcp 10.0.0.9:80: connect: cannot assign requested address\n";
        with_log.push((
            "shop/t0/goroutine.txt".to_owned(),
            format!("{line}panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/main.go:1 +0x1\n"),
        ));
        check("net.time_wait", &borrowed(&with_log), &["net.time_wait.ports"]);
    }

    #[test]
    fn hundreds_in_time_wait_of_a_servers_clients_are_healthy() {
        let closed = Row { local: 8080, remote: 50_000, state: "06", queue: 0, inode: 0, count: 620 };
        let files = [
            ("shop/t0/net/tcp".to_owned(), tcp(&[listening(0, 9), closed])),
            ("shop/t0/net/tcp6".to_owned(), TCP6.to_owned()),
        ];
        check("net", &borrowed(&files), &[]);
    }

    #[test]
    fn sessions_that_tcplife_saw_are_its_cause() {
        let mut with_life = files(400, "2");
        let mut text =
            "PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS\n".to_owned();
        for port in 40_000..40_060 {
            text.push_str(&format!("7 api 127.0.0.2 {port} 10.0.0.9 5432 1 2 0.5\n"));
        }
        with_life.push(("shop/tcplife.txt".to_owned(), text));
        let found = check("net.time_wait", &borrowed(&with_life), &["net.time_wait.ports"]);
        assert!(found[0].claim.contains("api (pid 7) had 60 sessions"), "{}", found[0].claim);
    }
}
