//! The shape of a finding while a rule makes it.

use super::Rule;
use crate::report::{Amount, Citation, Citations, Confidence, Finding, Reclaim, Severity, SubjectId};

/// A finding in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The rule that says it.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What becomes of the memory that it is about; `None` if it is about none, or mixes kinds.
    pub reclaim: Option<Reclaim>,
    /// When the rule says it, with its thresholds.
    pub condition: String,
    /// A few words.
    pub title: String,
    /// With the numbers.
    pub claim: String,
    /// How much.
    pub amount: Option<Amount>,
    /// What it rests on.
    pub citations: Vec<Citation>,
    /// What speaks for another reading.
    pub against: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
}

impl Draft {
    /// The finding; `None` if it rests on nothing.
    pub fn about(self, subject: impl Into<Option<SubjectId>>) -> Option<Finding> {
        Some(Finding {
            code: self.rule.code.to_owned(),
            severity: self.severity,
            confidence: self.confidence,
            reclaim: self.reclaim,
            condition: self.condition,
            title: self.title,
            claim: self.claim,
            amount: self.amount,
            subject: subject.into(),
            citations: Citations::from_list(self.citations)?,
            against: self.against,
            advice: self.advice,
            places: Vec::new(),
            excerpts: Vec::new(),
            group: None,
        })
    }
}

/// Sentences as a list.
pub fn list(sentences: &[&str]) -> Vec<String> {
    sentences.iter().map(|&sentence| sentence.to_owned()).collect()
}
