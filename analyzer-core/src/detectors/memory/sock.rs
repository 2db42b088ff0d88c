//! `mem.sock`: socket buffers, where they are charged, and where they are not.

use super::support::{Draft, LEAST_EFFECT, Reclaim, exact, latest, list, needs, percent, share_text, text};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of the charge from which buffers need a word.
const LEAST_SHARE_PERCENT: i64 = 5;

const SOCK: Rule = Rule {
    code: "mem.sock",
    severity: Severity::Warning,
    title: "Socket buffers",
    meaning: "Socket buffers hold a lot of memory because a reader does not keep up.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SOCK],
    missing_inputs: |case| needs(case, usable, &["memory.stat of a cgroup v2, or /proc/net/sockstat"]),
    detect: |case: &Case<'_>| {
        let latest = latest(case, usable);
        latest
            .into_iter()
            .filter_map(|reviewed| charged(reviewed).or_else(|| not_charged(reviewed)))
            .collect()
    },
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    let has_sock = reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| cgroup.sock.is_some());
    has_sock || reviewed.moment.things.host_file("sockstat").is_some()
}

fn charged(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let (sock, usage) = (cgroup.sock.as_ref()?, cgroup.usage.as_ref()?);
    if sock.value < LEAST_EFFECT.0 || sock.value < percent(usage.value, LEAST_SHARE_PERCENT) {
        return None;
    }
    let draft = Draft {
        rule: SOCK,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Socket buffers are at least {} and {LEAST_SHARE_PERCENT}% of the charge.",
            text(LEAST_EFFECT.0)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: SOCK.title.to_owned(),
        claim: format!(
            "{} of the {} charged ({}) is socket buffers: data that one side has sent and the other has not read.",
            text(sock.value),
            text(usage.value),
            share_text(sock.value, usage.value)
        ),
        amount: exact(sock.value),
        citations: (sock + usage).from,
        against: Vec::new(),
        advice: list(&[
            "Look for connections with a slow reader (ss -tm), and for goroutines blocked in a write.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

/// Version 1 charges TCP buffers elsewhere, and `cgroup.memory=nosocket` nowhere.
fn not_charged(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let tcp = reviewed.moment.things.host_file("sockstat")?.get("TCP mem")?;
    let counted =
        reviewed.moment.cgroup.as_ref().and_then(|cgroup| cgroup.sock.as_ref()).map_or(0, |sock| sock.value);
    if tcp.value < LEAST_EFFECT.0 || counted >= tcp.value / 2 {
        return None;
    }
    let draft = Draft {
        rule: SOCK,
        reclaim: Some(Reclaim::NotCharged),
        condition: format!(
            "TCP buffers take at least {}, and less than half of that is charged here.",
            text(LEAST_EFFECT.0)
        ),
        severity: Severity::Info,
        confidence: Confidence::Likely,
        title: "Socket buffers, not charged".to_owned(),
        claim: format!(
            "TCP buffers of the network namespace take {}, of which {} are charged here.",
            text(tcp.value),
            text(counted)
        ),
        amount: exact(tcp.value),
        citations: tcp.from,
        against: list(&[
            "The figure covers the whole network namespace, which all containers of the pod share.",
        ]),
        advice: list(&[
            "It counts toward the node's memory. Look for connections with a slow reader (ss -tm).",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::{Info, Warning};

    fn stat(sock: &str) -> String {
        format!("anon 0\nfile 0\nfile_mapped 0\nsock {sock}\n")
    }

    #[test]
    fn charged_buffers_are_a_warning_from_a_twentieth_of_the_charge_on() {
        let files = [("memory.current", "<320MiB>"), ("memory.stat", &*stat("<16MiB>"))];
        let found = check("mem.sock", &files, &["mem.sock"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(16 << 20))]);
        for (current, sock) in [("<321MiB>", "<16MiB>"), ("<20MiB>", "<16MiB-1>")] {
            check("mem.sock", &[("memory.current", current), ("memory.stat", &stat(sock))], &[]);
        }
    }

    #[test]
    fn buffers_of_which_less_than_half_is_charged_count_against_the_node() {
        let sockstat =
            |pages: u64| format!("sockets: used 9\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem {pages}\n");
        for (sock, pages, codes) in
            [("<8MiB-1>", 4096, &["mem.sock"][..]), ("<8MiB>", 4096, &[]), ("0", 4095, &[])]
        {
            let files = [("memory.stat", &*stat(sock)), ("sockstat", &*sockstat(pages))];
            let found = check("mem.sock", &files, codes);
            let wanted = [(Info, Likely, Some(16 << 20))];
            assert_eq!(verdicts(&found), wanted.get(..codes.len()).unwrap_or_default());
        }
    }
}
