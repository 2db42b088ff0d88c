//! A goal, what was measured, and what of it is met.

use std::fmt::Write;

use serde::Serialize;

/// One goal with its measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What is measured.
    pub what: String,
    /// What it came to.
    pub ours: Amount,
    /// What the peer needed in the same run.
    pub peer: Option<Peer>,
    /// What inflating or copying the same bytes and summing them needed in the same run.
    pub limit: Option<Amount>,
    /// The goal in words; `None` for what is measured without one.
    pub goal: Option<String>,
    /// Whether it is met; `None` without a goal, and where the peer did not do it.
    pub is_met: Option<bool>,
}

/// A number in its unit.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Amount {
    /// The number.
    pub value: f64,
    /// Its unit, after the number.
    pub unit: &'static str,
}

/// Another program on the same input.
#[derive(Debug, Clone, Serialize)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// What it needed.
    pub outcome: Outcome,
}

/// What a peer needed, or why there is no such number: it crashed, or did not end.
pub type Outcome = Result<Amount, String>;

impl Row {
    /// Something that has no goal.
    pub fn plain(what: impl Into<String>, ours: Amount) -> Self {
        Self { what: what.into(), ours, peer: None, limit: None, goal: None, is_met: None }
    }

    /// The same beside what a peer needed.
    #[must_use]
    pub fn beside(self, name: &'static str, amount: Amount) -> Self {
        Self { peer: Some(Peer { name, outcome: Ok(amount) }), ..self }
    }

    /// The same beside its limit.
    #[must_use]
    pub fn limited(self, limit: Amount) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Something that is to stay below a number.
    pub fn below(what: impl Into<String>, ours: Amount, most: f64) -> Self {
        let goal = format!("at most {}", Amount { value: most, ..ours });
        Self { goal: Some(goal), is_met: Some(ours.value <= most), ..Self::plain(what, ours) }
    }

    /// Something that is to stay below so many times its limit.
    pub fn near(what: impl Into<String>, ours: Amount, limit: Amount, times: f64) -> Self {
        let is_met = ours.value <= times * limit.value;
        let goal = format!("at most {times} times the limit");
        Self { goal: Some(goal), is_met: Some(is_met), ..Self::plain(what, ours).limited(limit) }
    }

    /// A time that is to be so many times shorter than a peer's.
    pub fn faster(
        what: impl Into<String>,
        ours: Amount,
        name: &'static str,
        peer: Outcome,
        times: f64,
    ) -> Self {
        let is_met = peer.as_ref().ok().map(|peer| peer.value >= times * ours.value);
        let goal = format!("{times} times faster");
        Self { peer: Some(Peer { name, outcome: peer }), goal: Some(goal), is_met, ..Self::plain(what, ours) }
    }

    /// The peer's amount over ours.
    fn ratio(&self) -> Option<f64> {
        let peer = self.peer.as_ref()?.outcome.as_ref().ok()?;
        Some(peer.value / self.ours.value)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = if self.value >= 100.0 {
            0
        } else if self.value >= 10.0 {
            1
        } else {
            2
        };
        write!(f, "{:.decimals$} {}", self.value, self.unit)
    }
}

/// The rows as a table.
pub fn markdown(rows: &[Row]) -> String {
    let mut table = "| what | Strata | peer | ratio | limit | over it | goal | met |\n\
                     |---|---:|---:|---:|---:|---:|---|---|\n"
        .to_owned();
    for row in rows {
        let peer = row.peer.as_ref().map(|peer| match &peer.outcome {
            Ok(amount) => format!("{}: {amount}", peer.name),
            Err(failure) => format!("{}: {failure}", peer.name),
        });
        let ratio = row.ratio().map(|ratio| format!("{ratio:.1}"));
        let limit = row.limit.map(|limit| limit.to_string());
        let over = row.limit.map(|limit| format!("{:.1}", row.ours.value / limit.value));
        let met = row.is_met.map_or("", |is_met| if is_met { "yes" } else { "no" });
        let [peer, ratio, limit, over, goal] =
            [peer, ratio, limit, over, row.goal.clone()].map(Option::unwrap_or_default);
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| {} | {} | {peer} | {ratio} | {limit} | {over} | {goal} | {met} |",
            row.what, row.ours
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(value: f64) -> Amount {
        Amount { value, unit: "ms" }
    }

    #[test]
    fn a_goal_is_met_at_its_number_and_not_beyond() {
        let peer = Ok(millis(40.0));
        assert_eq!(Row::below("a", millis(10.0), 10.0).is_met, Some(true));
        assert_eq!(Row::below("a", millis(10.1), 10.0).is_met, Some(false));
        assert_eq!(Row::near("a", millis(25.0), millis(10.0), 2.5).is_met, Some(true));
        assert_eq!(Row::near("a", millis(26.0), millis(10.0), 2.5).is_met, Some(false));
        assert_eq!(Row::faster("a", millis(10.0), "peer", peer.clone(), 4.0).is_met, Some(true));
        assert_eq!(Row::faster("a", millis(10.1), "peer", peer, 4.0).is_met, Some(false));
    }

    #[test]
    fn a_peer_that_fails_is_a_row_and_no_goal_is_judged_by_it() {
        let row = Row::faster("profile", millis(10.0), "peer", Err("exit status: 2".to_owned()), 4.0);
        assert!(
            markdown(&[row])
                .ends_with("| profile | 10.0 ms | peer: exit status: 2 |  |  |  | 4 times faster |  |\n")
        );
    }

    #[test]
    fn what_has_no_goal_is_neither_met_nor_missed() {
        let row = Row::plain("memory", millis(1.0)).beside("peer", millis(3.0));
        assert!(markdown(&[row]).ends_with("| memory | 1.00 ms | peer: 3.00 ms | 3.0 |  |  |  |  |\n"));
    }

    #[test]
    fn a_row_prints_what_was_measured_and_the_ratios() {
        let row = Row::faster("profile", millis(12.34), "go tool pprof", Ok(millis(123.4)), 4.0)
            .limited(millis(6.17));
        assert!(markdown(&[row]).ends_with(
            "| profile | 12.3 ms | go tool pprof: 123 ms | 10.0 | 6.17 ms | 2.0 | 4 times faster | yes |\n"
        ));
    }
}
