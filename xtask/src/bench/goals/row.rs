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
    /// The goal in words; `None` for what is measured without one.
    pub goal: Option<String>,
    /// Whether it is met.
    pub is_met: bool,
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
    pub amount: Amount,
}

impl Row {
    /// Something that has no goal.
    pub fn plain(what: impl Into<String>, ours: Amount) -> Self {
        Self { what: what.into(), ours, peer: None, goal: None, is_met: true }
    }

    /// The same beside what a peer needed.
    #[must_use]
    pub fn beside(self, name: &'static str, amount: Amount) -> Self {
        Self { peer: Some(Peer { name, amount }), ..self }
    }

    /// Something that is to stay below a number.
    pub fn below(what: impl Into<String>, ours: Amount, most: f64) -> Self {
        let goal = format!("at most {}", Amount { value: most, ..ours });
        Self { what: what.into(), ours, peer: None, goal: Some(goal), is_met: ours.value <= most }
    }

    /// A time that is to be so many times shorter than a peer's.
    pub fn faster(
        what: impl Into<String>,
        ours: Amount,
        name: &'static str,
        peer: Amount,
        times: f64,
    ) -> Self {
        let is_met = peer.value >= times * ours.value;
        let goal = format!("{times} times faster");
        Self { what: what.into(), ours, peer: Some(Peer { name, amount: peer }), goal: Some(goal), is_met }
    }

    /// The peer's amount over ours.
    fn ratio(&self) -> Option<f64> {
        self.peer.as_ref().map(|peer| peer.amount.value / self.ours.value)
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
    let mut table =
        "| what | Strata | peer | ratio | goal | met |\n|---|---:|---:|---:|---|---|\n".to_owned();
    for row in rows {
        let peer =
            row.peer.as_ref().map(|peer| format!("{}: {}", peer.name, peer.amount)).unwrap_or_default();
        let ratio = row.ratio().map(|ratio| format!("{ratio:.1}")).unwrap_or_default();
        let goal = row.goal.as_deref().unwrap_or_default();
        let met = match (&row.goal, row.is_met) {
            (None, _) => "",
            (Some(_), true) => "yes",
            (Some(_), false) => "no",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {} | {} | {peer} | {ratio} | {goal} | {met} |", row.what, row.ours);
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
        assert!(Row::below("a", millis(10.0), 10.0).is_met);
        assert!(!Row::below("a", millis(10.1), 10.0).is_met);
        assert!(Row::faster("a", millis(10.0), "peer", millis(40.0), 4.0).is_met);
        assert!(!Row::faster("a", millis(10.0), "peer", millis(39.0), 4.0).is_met);
    }

    #[test]
    fn what_has_no_goal_is_neither_met_nor_missed() {
        let row = Row::plain("memory", millis(1.0)).beside("peer", millis(3.0));
        assert!(markdown(&[row]).ends_with("| memory | 1.00 ms | peer: 3.00 ms | 3.0 |  |  |\n"));
    }

    #[test]
    fn a_row_prints_what_was_measured_and_the_ratio() {
        let row = Row::faster("profile", millis(12.34), "go tool pprof", millis(123.4), 4.0);
        assert!(
            markdown(&[row])
                .ends_with("| profile | 12.3 ms | go tool pprof: 123 ms | 10.0 | 4 times faster | yes |\n")
        );
    }
}
