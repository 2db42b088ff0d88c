//! What the profile rules share: levels, places, paths and amounts as text.

use crate::analysis::profile::facts::stats::{Interval, whole};
use crate::analysis::profile::facts::{FrameId, ProcessProfiles, StackId, sites};
use crate::base::go_symbol::Origin;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::Case;
use crate::report::{Amount, Citation, Confidence, Severity, StackFrame, number_format};

/// Frames of a path that are named.
const PATH_FRAMES: usize = 4;

/// How sure a rule is: everything speaks for it, or these guards failed.
#[derive(Clone, Debug, Default)]
pub struct Doubts(pub Vec<String>);

impl Doubts {
    /// Adds a guard that failed.
    pub fn add(&mut self, doubt: impl Into<String>) {
        self.0.push(doubt.into());
    }

    /// Adds a guard if it failed.
    pub fn add_if(&mut self, failed: bool, doubt: impl FnOnce() -> String) {
        if failed {
            self.0.push(doubt());
        }
    }

    /// Likely, unless a guard failed.
    pub fn confidence(&self) -> Confidence {
        if self.0.is_empty() { Confidence::Likely } else { Confidence::Possible }
    }

    /// What is worth a warning if all guards hold is none if one failed.
    pub fn severity(&self) -> Severity {
        if self.0.is_empty() { Severity::Warning } else { Severity::Info }
    }
}

/// A frame as the report has it.
pub fn frame(case: &Case<'_>, process: &ProcessProfiles, id: FrameId) -> StackFrame {
    sites::frame(case.evidence, process, id)
}

/// `main.(*Store).Login (store.go:43)`.
pub fn place(case: &Case<'_>, process: &ProcessProfiles, id: FrameId) -> String {
    frame(case, process, id).call_site()
}

/// The callers of a site that are the program's own: `main.a ← main.b`. Empty if there is none.
pub fn path(case: &Case<'_>, process: &ProcessProfiles, stack: StackId, site: FrameId) -> String {
    let above = process.stacks.ids(stack).iter().skip_while(|&&id| id != site).skip(1);
    let own = above.filter(|&&id| process.stacks.get(id).origin == Origin::Own);
    let names: Vec<String> = own.take(PATH_FRAMES).map(|&id| place(case, process, id)).collect();
    names.join(" ← ")
}

/// A site and the program's own function that calls it.
pub fn with_caller(
    case: &Case<'_>,
    process: &ProcessProfiles,
    stack: StackId,
    site: FrameId,
) -> Vec<StackFrame> {
    let above = process.stacks.ids(stack).iter().skip_while(|&&id| id != site).skip(1);
    let caller = above.copied().find(|&id| process.stacks.get(id).origin == Origin::Own);
    std::iter::once(site).chain(caller).map(|id| frame(case, process, id)).collect()
}

/// What was called below a site, next to it: `bufio.NewWriterSize`. `None` if the site's own line did it.
pub fn callee(case: &Case<'_>, process: &ProcessProfiles, stack: StackId, site: FrameId) -> Option<String> {
    let ids = process.stacks.ids(stack);
    let at = ids.iter().position(|&id| id == site)?;
    let below = process.stacks.get(*ids.get(at.checked_sub(1)?)?);
    let name = case.evidence.strings.get(below.function);
    (below.origin != Origin::Runtime).then(|| name.to_owned())
}

/// A citation of a sample.
pub fn sample(source: SourceId, at: u32, quantity: &str, value: i64, unit: Unit) -> Citation {
    let span = SourceSpan { source, at: Position::offset(u64::from(at)) };
    Citation::figure(span, quantity, value, unit)
}

/// Bytes with bounds.
pub fn bytes_within(value: f64, bounds: Interval) -> Amount {
    Amount {
        value: whole(value),
        low: Some(whole(bounds.low)),
        high: Some(whole(bounds.high)),
        unit: Unit::Bytes,
        of: None,
    }
}

/// A share with bounds, in hundredths of a percent.
pub fn share_within(value: f64, bounds: Interval) -> Amount {
    let points = |share: f64| whole(share * 10_000.0);
    Amount {
        value: points(value),
        low: Some(points(bounds.low)),
        high: Some(points(bounds.high)),
        unit: Unit::BasisPoints,
        of: None,
    }
}

/// `41% (33 to 50%)`.
pub fn share_text(value: f64, bounds: Interval) -> String {
    format!("{}% ({} to {}%)", percent(value), percent(bounds.low), percent(bounds.high))
}

/// A share in whole percents.
pub fn percent(share: f64) -> i64 {
    whole(share * 100.0)
}

/// Bytes as text.
pub fn bytes(amount: f64) -> String {
    number_format::bytes(crate::base::units::Bytes(whole(amount)))
}

/// `40.2 MiB (31.0 MiB to 49.4 MiB)`.
pub fn bytes_text(value: f64, bounds: Interval) -> String {
    number_format::amount(&bytes_within(value, bounds))
}

/// The profiles of every subject that has any.
pub fn processes<'c>(case: &Case<'c>) -> &'c [ProcessProfiles] {
    &case.analysis.profiles
}

/// What a rule lacks if no subject has what it needs.
pub fn needs(case: &Case<'_>, usable: impl Fn(&ProcessProfiles) -> bool, what: &[&str]) -> Vec<String> {
    if processes(case).iter().any(usable) { Vec::new() } else { crate::detectors::list(what) }
}
