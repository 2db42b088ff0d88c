//! The identities that the inputs allow, each with its difference and how far
//! it may be off. A break is not always a fault: its note says what it means.

mod cgroup;
mod go;
mod process;

use super::moment::Moment;
use super::term::Term;
use crate::base::units::{Bytes, Unit};
use crate::report::Check;

/// Every identity that can be checked for a moment.
pub fn run(moment: &Moment<'_>) -> Vec<Check> {
    let mut checks = Checks::default();
    go::run(moment, &mut checks);
    process::run(moment, &mut checks);
    cgroup::run(moment, &mut checks);
    checks.list
}

/// What a check says besides its numbers.
#[derive(Clone, Copy, Debug)]
pub struct CheckText {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// The identity, as an equation.
    pub identity: &'static str,
    /// What a break would mean, or why there is a tolerance.
    pub note: &'static str,
}

/// Checks in the making.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    list: Vec<Check>,
}

impl Checks {
    /// Both sides must be equal to the byte.
    pub fn equal(&mut self, text: CheckText, left: Option<&Term>, right: Option<&Term>) {
        self.within(text, left, right, 0, 0);
    }

    /// `left − right` must lie in `[-below, above]`.
    pub fn within(
        &mut self,
        text: CheckText,
        left: Option<&Term>,
        right: Option<&Term>,
        below: i64,
        above: i64,
    ) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let difference = left - right;
        let holds = (-below..=above).contains(&difference.value);
        self.add(text, &difference, holds, below.max(above));
    }

    /// `left` must not pass `right` by more than `slack`.
    pub fn at_most(&mut self, text: CheckText, left: Option<&Term>, right: Option<&Term>, slack: i64) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let difference = left - right;
        self.add(text, &difference, difference.value <= slack, slack);
    }

    /// Adds a check whose verdict is known.
    pub fn add(&mut self, text: CheckText, difference: &Term, holds: bool, tolerance: i64) {
        self.list.push(Check {
            id: text.id.to_owned(),
            identity: text.identity.to_owned(),
            holds,
            difference: difference.bytes(),
            tolerance: Bytes(tolerance),
            unit: difference.from.first().and_then(|citation| citation.unit).unwrap_or(Unit::Bytes),
            note: text.note.to_owned(),
            citations: difference.from.clone(),
        });
    }
}
