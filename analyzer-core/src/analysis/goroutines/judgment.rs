//! What the classifier says of each group.

use crate::report::{Confidence, Role, Verdict};

/// The classifier's answer for one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgment {
    /// What it says.
    pub verdict: Verdict,
    /// The rule that decided; empty if none.
    pub rule: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// The group's part in a cause.
    pub role: Option<Role>,
    /// Index of the group that it waits for or belongs to.
    pub root: Option<usize>,
    /// New members a minute.
    pub rate: Option<f64>,
    /// Why.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
}

impl Judgment {
    /// Nothing speaks for or against.
    pub const fn unknown() -> Self {
        Self {
            verdict: Verdict::Unknown,
            rule: "",
            confidence: Confidence::Possible,
            role: None,
            root: None,
            rate: None,
            reasons: Vec::new(),
            against: Vec::new(),
            advice: Vec::new(),
        }
    }
}
