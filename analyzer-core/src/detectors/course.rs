//! What rules on sockets, descriptors, threads and processors share: the moments of a subject in a
//! row, and when a count grows.

use super::{Case, Draft, Rule};
use crate::base::convert::clamp_i64;
use crate::base::units::Unit;
use crate::report::{
    Amount, Citation, Confidence, Connections, Counted, Counterpart, Finding, GoroutineGroup,
    ResourceSnapshot, Severity, Side, SocketState, Sockets, Subject, number_format,
};

/// Captures from which a rise is growth: two also differ by a burst.
pub const LEAST_CAPTURES: usize = 3;
/// Least rise over them.
pub const LEAST_RISE: u64 = 20;
/// Least rise as a share of the first, in percent.
pub const LEAST_RISE_PERCENT: u64 = 150;

/// The condition of growth, for people.
pub const GROWTH: &str =
    "The count rises in each of at least 3 captures, by 20 or more and by half of the first count.";

/// The moments of one subject.
#[derive(Clone, Debug)]
pub struct Course<'c> {
    pub subject: &'c Subject,
    /// In order of time; not empty.
    pub moments: Vec<&'c ResourceSnapshot>,
}

/// Every subject that has moments.
pub fn courses<'c>(case: &Case<'c>) -> Vec<Course<'c>> {
    let Some(resources) = &case.analysis.resources else { return Vec::new() };
    let of = |subject: &'c Subject| {
        let own = resources.snapshots.iter().filter(|moment| moment.subject == subject.id);
        Course { subject, moments: own.collect() }
    };
    case.analysis.subjects.iter().map(of).filter(|course| !course.moments.is_empty()).collect()
}

/// What a rule lacks if no moment has what it looks at.
pub fn needs(case: &Case<'_>, has: impl Fn(&ResourceSnapshot) -> bool, what: &str) -> Vec<String> {
    let has_any = case.analysis.resources.iter().flat_map(|section| &section.snapshots).any(has);
    if has_any { Vec::new() } else { vec![what.to_owned()] }
}

impl<'c> Course<'c> {
    /// The moments that have a figure, in order.
    pub fn values<T>(&self, of: impl Fn(&'c ResourceSnapshot) -> Option<T>) -> Vec<T> {
        self.moments.iter().filter_map(|moment| of(moment)).collect()
    }

    /// The moments that list sockets.
    pub fn sockets(&self) -> Vec<&'c Sockets> {
        self.values(|moment| moment.sockets.as_ref())
    }
}

/// The counts from where they began to rise without a fall; the last alone if it did not rise.
fn rise(counts: &[u64]) -> &[u64] {
    let rises = counts.windows(2).rev().take_while(|pair| matches!(pair, [a, b] if a < b)).count();
    counts.get(counts.len().saturating_sub(rises + 1)..).unwrap_or_default()
}

/// The counts that grew up to the last; `None` if they did not grow.
pub fn growth(counts: &[u64]) -> Option<&[u64]> {
    let rise = rise(counts);
    let (first, last) = (*rise.first()?, *rise.last()?);
    let is_growth = rise.len() >= LEAST_CAPTURES
        && last.saturating_sub(first) >= LEAST_RISE
        && u128::from(last) * 100 >= u128::from(first) * u128::from(LEAST_RISE_PERCENT);
    is_growth.then_some(rise)
}

/// `19 → 117 → 215`; of many, the first and the last few.
pub fn arrows(counts: &[u64]) -> String {
    number_format::series(counts)
}

/// Whose sockets they are, within a sentence.
pub fn whose(sockets: &Sockets) -> &'static str {
    if sockets.is_own {
        "The process"
    } else {
        "This pod (its network namespace; the captures do not show which process)"
    }
}

/// What speaks against each finding on sockets that nothing assigns to a process.
pub fn doubts(sockets: &Sockets) -> Vec<String> {
    if sockets.is_own {
        return Vec::new();
    }
    vec!["The list covers the whole network namespace, including a sidecar's sockets. ls -l /proc/PID/fd or ss -p shows which process owns them.".to_owned()]
}

/// Rows of one side and state.
pub fn rows(sockets: &Sockets, side: Side, state: SocketState) -> impl Iterator<Item = &Connections> {
    sockets.connections.iter().filter(move |row| row.side == side && row.state == state)
}

/// How many connections they are.
pub fn count(sockets: &Sockets, side: Side, state: SocketState) -> u64 {
    rows(sockets, side, state).map(|row| row.count).sum()
}

/// The largest group of a subject's last dump whose goroutines stand for such things.
pub fn joined<'c>(case: &Case<'c>, course: &Course<'_>, part: Counterpart) -> Option<&'c GoroutineGroup> {
    let last = |group: &&GoroutineGroup| group.counts.last().copied().unwrap_or(0);
    let groups = case.analysis.goroutines.as_ref()?.groups.iter();
    groups.filter(|group| group.subject == course.subject.id && part.has(group)).max_by_key(last)
}

/// ` Most are in main.scan (main.go:23), started by main.start (main.go:9).`, as far as it is known.
pub fn most_are_in(group: Option<&GoroutineGroup>) -> String {
    let Some(group) = group else { return String::new() };
    let place = group.user_frame.as_ref().map(|frame| format!("in {}", frame.call_site()));
    let creator = group.created_by.as_ref().map(|frame| format!("started by {}", frame.call_site()));
    let parts: Vec<String> = place.into_iter().chain(creator).collect();
    if parts.is_empty() { String::new() } else { format!(" Most are {}.", parts.join(", ")) }
}

/// What a rule says; the rest is the same for all.
#[derive(Clone, Debug)]
pub struct Told {
    pub rule: Rule,
    pub severity: Severity,
    pub confidence: Confidence,
    pub condition: String,
    pub claim: String,
    pub amount: u64,
    pub citations: Vec<Citation>,
    pub against: Vec<String>,
    pub advice: Vec<String>,
}

impl Told {
    /// The finding.
    pub fn about(self, course: &Course<'_>) -> Option<Finding> {
        let draft = Draft {
            rule: self.rule,
            severity: self.severity,
            confidence: self.confidence,
            reclaim: None,
            condition: self.condition,
            title: self.rule.title.to_owned(),
            claim: self.claim,
            amount: Some(amount(self.rule.code, clamp_i64(i128::from(self.amount)))),
            citations: self.citations,
            against: self.against,
            advice: self.advice,
        };
        draft.about(course.subject.id)
    }
}

/// What the rules of a family count.
fn amount(code: &str, value: i64) -> Amount {
    let family = code.split('.').next().unwrap_or_default();
    match (family, code) {
        (_, "cpu.quota.below_two" | "cpu.quota.ancestor") => Amount::exact(value, Unit::MilliCpu),
        (_, "net.listen.leak" | "net.rowless") => Amount::counted(value, Counted::Sockets),
        ("net", _) => Amount::counted(value, Counted::Connections),
        ("fd", _) => Amount::counted(value, Counted::Descriptors),
        ("thr", _) => Amount::counted(value, Counted::Threads),
        ("cpu", _) => Amount::counted(value, Counted::Processors),
        _ => Amount::exact(value, Unit::Count),
    }
}

/// The value of a cited figure.
pub fn value(citation: &Citation) -> Option<u64> {
    u64::try_from(citation.value?).ok()
}

/// True from `percent` of a finite limit on.
pub fn is_near(value: u64, limit: u64, percent: u64) -> bool {
    limit > 0 && u128::from(value) * 100 >= u128::from(limit) * u128::from(percent)
}

#[cfg(test)]
pub mod fixtures {
    //! Tables of sockets and descriptors, as small as they can be.

    use std::fmt::Write as _;

    /// Sockets of 127.0.0.2 in `/proc/net/tcp`, all alike.
    #[derive(Clone, Copy, Debug)]
    pub struct Row {
        pub local: u16,
        /// Of 10.0.0.9; 0 for none.
        pub remote: u16,
        /// `01`, `08`, `0A`.
        pub state: &'static str,
        /// Receive queue.
        pub queue: u32,
        /// The first inode; 0 for none.
        pub inode: u64,
        pub count: u64,
    }

    /// Connections that we dialed to port 5432.
    pub const fn dialed(state: &'static str, inode: u64, count: u64) -> Row {
        Row { local: 40_000, remote: 5432, state, queue: 0, inode, count }
    }

    /// Connections that came to port 8080.
    pub const fn served(state: &'static str, inode: u64, count: u64) -> Row {
        Row { local: 8080, remote: 50_000, state, queue: 0, inode, count }
    }

    /// The listening socket of port 8080, with so many that wait for accept.
    pub const fn listening(queue: u32, inode: u64) -> Row {
        Row { local: 8080, remote: 0, state: "0A", queue, inode, count: 1 }
    }

    /// `/proc/net/tcp`.
    pub fn tcp(rows: &[Row]) -> String {
        let mut text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n".to_owned();
        for row in rows {
            let peer = if row.remote == 0 { "00000000" } else { "0900000A" };
            for index in 0..row.count {
                let inode = if row.inode == 0 { 0 } else { row.inode + index };
                let step = if row.remote > 30_000 || row.local < 30_000 {
                    0
                } else {
                    u16::try_from(index).unwrap_or(0)
                };
                let _ = writeln!(
                    text,
                    " {index}: 0200007F:{:04X} {peer}:{:04X} {} 00000000:{:08X} 00:00000000 00000000     0        0 {inode} 1",
                    row.local + step,
                    row.remote,
                    row.state,
                    row.queue
                );
            }
        }
        text
    }

    /// `/proc/net/tcp6` and `/proc/net/unix` without a row, and a namespace without UDP.
    pub const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    pub const UNIX: &str = "Num       RefCount Protocol Flags    Type St Inode Path\n";
    pub const SOCKSTAT: &str =
        "sockets: used 89\nTCP: inuse 87 orphan 0 tw 2 alloc 416 mem 5\nUDP: inuse 0 mem 0\n";
    pub const SOCKSTAT6: &str = "TCP6: inuse 0\nUDP6: inuse 0\n";

    /// `ls -l /proc/PID/fd` of sockets, by their first inode and count, and other targets.
    pub fn fds(sockets: &[(u64, u64)], others: &[(&str, u64)]) -> String {
        let mut text = "total 0\nlr-x------ 1 root root 64 Nov 29 17:28 0 -> /dev/null\n".to_owned();
        let mut number = 1;
        let mut add = |target: String| {
            let _ = writeln!(text, "lrwx------ 1 root root 64 Nov 29 17:28 {number} -> {target}");
            number += 1;
        };
        for (first, count) in sockets {
            (*first..first + count).for_each(|inode| add(format!("socket:[{inode}]")));
        }
        for (target, count) in others {
            (0..*count).for_each(|index| add(target.replace('#', &index.to_string())));
        }
        text
    }

    /// One moment's tables and descriptors.
    pub fn moment(label: &str, rows: &[Row], sockets: &[(u64, u64)]) -> Vec<(String, String)> {
        let path = |file: &str| format!("shop/{label}/proc/{file}");
        vec![
            (path("net/tcp"), tcp(rows)),
            (path("net/tcp6"), TCP6.to_owned()),
            (path("net/unix"), UNIX.to_owned()),
            (path("net/sockstat"), SOCKSTAT.to_owned()),
            (path("net/sockstat6"), SOCKSTAT6.to_owned()),
            (path("fd.txt"), fds(sockets, &[])),
        ]
    }

    /// Files as the rules' tests take them.
    pub fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::growth;

    #[test]
    fn growth_takes_three_captures_twenty_and_half_of_the_first() {
        assert_eq!(growth(&[50, 313, 576]), Some(&[50, 313, 576][..]));
        assert_eq!(growth(&[90, 50, 313, 576]), Some(&[50, 313, 576][..]));
        for level in [&[14, 19, 19][..], &[14, 576], &[1, 10, 19], &[100, 120, 140], &[10, 90, 60], &[]] {
            assert_eq!(growth(level), None, "{level:?}");
        }
    }
}
