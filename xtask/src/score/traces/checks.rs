//! Figures compared, and those that differ.

use std::collections::BTreeMap;

use serde_json::Value;

/// The comparison of one trace.
pub struct Checks {
    name: String,
    compared: usize,
    differences: Vec<String>,
    remarks: Vec<String>,
}

impl Checks {
    /// Nothing compared yet.
    pub fn new(name: String) -> Self {
        Self { name, compared: 0, differences: Vec::new(), remarks: Vec::new() }
    }

    /// How many figures were compared.
    pub fn compared(&self) -> usize {
        self.compared
    }

    /// How many differ.
    pub fn different(&self) -> usize {
        self.differences.len()
    }

    /// Something to know beside the figures.
    pub fn remark(&mut self, text: String) {
        self.remarks.push(text);
    }

    /// Compares a figure with what the truth says, if it says anything.
    pub fn equal(&mut self, what: &str, ours: u64, truth: Option<&Value>) {
        let Some(truth) = truth.and_then(Value::as_u64) else { return };
        self.holds(what, ours == truth, || format!("{ours}, not {truth}"));
    }

    /// Compares a figure within a tolerance, which the caller has to explain.
    pub fn near(&mut self, what: &str, ours: u64, truth: Option<&Value>, tolerance: u64) {
        let Some(truth) = truth.and_then(Value::as_u64) else { return };
        let difference = ours.abs_diff(truth);
        self.holds(what, difference <= tolerance, || {
            format!("{ours}, not {truth} (difference {difference}, allowed {tolerance})")
        });
    }

    /// Compares counts by name: the same names with the same counts.
    pub fn equal_counts(&mut self, what: &str, ours: &BTreeMap<String, u64>, truth: Option<&Value>) {
        let Some(truth) = truth.and_then(Value::as_object) else { return };
        for (name, count) in truth {
            let mine = ours.get(name).copied().unwrap_or(0);
            self.equal(&format!("{what} \"{name}\""), mine, Some(count));
        }
        for (name, count) in ours.iter().filter(|(name, _)| !truth.contains_key(*name)) {
            self.holds(&format!("{what} \"{name}\""), *count == 0, || format!("{count}, not in the truth"));
        }
    }

    /// Records whether something holds.
    pub fn holds(&mut self, what: &str, holds: bool, difference: impl FnOnce() -> String) {
        self.compared += 1;
        if !holds {
            self.differences.push(format!("{what}: {}", difference()));
        }
    }

    /// Prints one line, and one for each difference.
    pub fn print(&self) {
        let state = if self.differences.is_empty() { "ok" } else { "DIFFERS" };
        println!("{state:>8} {:>4} figures  {}", self.compared, self.name);
        for line in self.remarks.iter() {
            println!("              {line}");
        }
        for line in &self.differences {
            println!("            ! {line}");
        }
    }
}
