//! Which groups are shown, in which order: pure, from the report and the address.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analyzer_core::report::{GoroutineGroup, GoroutineSnapshot, Goroutines, Role, SubjectId, Verdict};

use crate::state::Params;

/// Verdicts in the order in which they are shown.
pub const VERDICTS: [Verdict; 4] = [Verdict::Leak, Verdict::Suspect, Verdict::Unknown, Verdict::Benign];

/// A verdict's name in the address.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Leak => "leak",
        Verdict::Suspect => "suspect",
        Verdict::Unknown => "unknown",
        Verdict::Benign => "benign",
    }
}

/// What a group did from the first snapshot to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trend {
    /// Not in the first snapshot, and in the last.
    New,
    /// In the first snapshot, and not in the last.
    Gone,
    /// More members than at first.
    Grown,
    /// Fewer members than at first.
    Shrunk,
    /// Some members did not move from one snapshot to the next, or are proven leaked.
    Stuck,
}

impl Trend {
    /// Every trend, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::New, Self::Grown, Self::Stuck, Self::Shrunk, Self::Gone];

    /// Name in the address, and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Grown => "grown",
            Self::Shrunk => "shrunk",
            Self::Stuck => "stuck",
        }
    }
}

/// The trends of a group; a group may both grow and be stuck.
pub fn trends(group: &GoroutineGroup) -> BTreeSet<Trend> {
    let mut trends = BTreeSet::new();
    if let [first, .., last] = group.counts.as_slice() {
        trends.extend(match (first, last) {
            (0, 0) => None,
            (0, _) => Some(Trend::New),
            (_, 0) => Some(Trend::Gone),
            _ if last > first => Some(Trend::Grown),
            _ if last < first => Some(Trend::Shrunk),
            _ => None,
        });
    }
    let aged = group.changes.iter().flatten().any(|change| change.aged > 0);
    if last_count(group) > 0 && (aged || group.leaked > 0) {
        trends.insert(Trend::Stuck);
    }
    trends
}

/// Members in the last snapshot.
pub fn last_count(group: &GoroutineGroup) -> u64 {
    group.counts.last().copied().unwrap_or(0)
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Verdicts to show; all if empty.
    pub verdicts: Vec<Verdict>,
    /// State, as the dump prints it.
    pub state: Option<String>,
    /// Package of the group.
    pub package: Option<String>,
    /// A label, as `key=value`.
    pub label: Option<String>,
    /// Trend to show.
    pub trend: Option<Trend>,
    /// Text to find, in lower case.
    pub text: String,
}

impl Filters {
    /// Reads them from the address.
    pub fn of(params: &Params) -> Self {
        let owned = |name: &str| params.get(name).map(str::to_owned);
        let verdicts = params.get("verdict").unwrap_or_default();
        let trend = params.get("change");
        Self {
            verdicts: VERDICTS
                .into_iter()
                .filter(|verdict| verdicts.split(',').any(|name| name == verdict_name(*verdict)))
                .collect(),
            state: owned("state"),
            package: owned("package"),
            label: owned("label"),
            trend: Trend::ALL.into_iter().find(|known| Some(known.name()) == trend),
            text: params.get("q").unwrap_or_default().to_lowercase(),
        }
    }

    /// True if nothing is filtered out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// True if the group is to be shown.
    pub fn admit(&self, group: &GoroutineGroup) -> bool {
        (self.verdicts.is_empty() || self.verdicts.contains(&group.verdict))
            && self.state.as_ref().is_none_or(|state| *state == group.state)
            && self.package.as_ref().is_none_or(|package| *package == group.package)
            && self.label.as_ref().is_none_or(|label| has_label(group, label))
            && self.trend.is_none_or(|trend| trends(group).contains(&trend))
            && (self.text.is_empty() || contains(group, &self.text))
    }
}

fn has_label(group: &GoroutineGroup, label: &str) -> bool {
    let Some((key, value)) = label.split_once('=') else { return group.labels.contains_key(label) };
    group.labels.get(key).is_some_and(|values| values.contains_key(value))
}

fn contains(group: &GoroutineGroup, text: &str) -> bool {
    let holds = |other: &str| other.to_lowercase().contains(text);
    holds(&group.state)
        || holds(&group.rule)
        || group.stack.iter().chain(&group.created_by).any(|frame| {
            holds(&frame.function) || frame.file.as_deref().is_some_and(holds)
        })
        || group.goids.iter().any(|goid| goid.to_string() == text)
}

/// The groups to show, each root followed by what waits for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing<'a> {
    /// Groups in the table.
    pub shown: Vec<&'a GoroutineGroup>,
    /// Benign groups that are folded under one line.
    pub folded: Vec<&'a GoroutineGroup>,
}

/// Filters and orders a subject's groups. Benign ones are folded, unless a
/// filter or an opened group asks for them.
pub fn listing<'a>(
    goroutines: &'a Goroutines,
    subject: SubjectId,
    filters: &Filters,
    unfold: bool,
) -> Listing<'a> {
    let admitted = goroutines.groups.iter().filter(|group| group.subject == subject && filters.admit(group));
    let folds = !unfold && !filters.verdicts.contains(&Verdict::Benign);
    let (folded, shown) = admitted.partition(|group| folds && group.verdict == Verdict::Benign);
    Listing { shown: behind_their_roots(shown), folded }
}

fn behind_their_roots(groups: Vec<&GoroutineGroup>) -> Vec<&GoroutineGroup> {
    let present: BTreeSet<&str> = groups.iter().map(|group| group.id.as_str()).collect();
    let root_of = |group: &'_ GoroutineGroup| {
        group.root.clone().filter(|root| *root != group.id && present.contains(root.as_str()))
    };
    let mut dependants: HashMap<String, Vec<&GoroutineGroup>> = HashMap::new();
    let mut tops = Vec::new();
    for group in groups {
        match root_of(group) {
            Some(root) => dependants.entry(root).or_default().push(group),
            None => tops.push(group),
        }
    }
    let mut ordered = Vec::new();
    for top in tops {
        // A dependant may have dependants of its own; what was placed once is not placed again.
        let mut stack = vec![top];
        while let Some(group) = stack.pop() {
            ordered.push(group);
            stack.extend(dependants.remove(&group.id).unwrap_or_default().into_iter().rev());
        }
    }
    // Groups that name each other as roots have no top.
    let mut rest: Vec<_> = dependants.into_values().flatten().collect();
    rest.sort_by(|a, b| a.id.cmp(&b.id));
    ordered.extend(rest);
    ordered
}

/// True if the group stands below the one it waits for.
pub fn is_dependant(group: &GoroutineGroup) -> bool {
    matches!(group.role, Some(Role::Victim | Role::Satellite)) && group.root.is_some()
}

/// Snapshots of a subject, in order.
pub fn snapshots(goroutines: &Goroutines, subject: SubjectId) -> Vec<&GoroutineSnapshot> {
    goroutines.snapshots.iter().filter(|snapshot| snapshot.subject == subject).collect()
}

/// Subjects that have goroutines, in order.
pub fn subjects(goroutines: &Goroutines) -> Vec<SubjectId> {
    let mut subjects: Vec<_> = goroutines.snapshots.iter().map(|snapshot| snapshot.subject).collect();
    subjects.dedup();
    subjects
}

/// Values that a filter can take, with how many members the last snapshot has of each, most first.
pub fn choices<'a>(
    groups: impl Iterator<Item = &'a GoroutineGroup>,
    of: impl Fn(&'a GoroutineGroup) -> Vec<String>,
) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for group in groups {
        for value in of(group) {
            *counts.entry(value).or_default() += last_count(group);
        }
    }
    let mut choices: Vec<_> = counts.into_iter().collect();
    choices.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    choices
}

#[cfg(test)]
mod tests {
    use analyzer_core::session::Session;

    use super::*;

    /// Two snapshots: `send` grows from 1 to 2, `wait` goes, `fresh` comes.
    fn goroutines() -> Goroutines {
        let goroutine = |id: u32, state: &str, function: &str| {
            format!("goroutine {id} [{state}]:\nmain.{function}()\n\t/app/main.go:{} +0x1d\n\n", function.len())
        };
        let mut session = Session::default();
        let before = [goroutine(1, "chan send", "send"), goroutine(2, "select", "wait")].concat();
        let after = [
            goroutine(1, "chan send", "send"),
            goroutine(7, "chan send", "send"),
            goroutine(8, "chan receive", "fresh"),
        ]
        .concat();
        session.add("t0/goroutine.txt", before.into_bytes());
        session.add("t1/goroutine.txt", after.into_bytes());
        let mut goroutines = session.report().goroutines.expect("goroutines");
        for group in &mut goroutines.groups {
            group.verdict = Verdict::Unknown;
            group.role = None;
            group.root = None;
        }
        goroutines
    }

    fn functions(groups: &[&GoroutineGroup]) -> Vec<String> {
        groups.iter().map(|group| group.stack[0].function.clone()).collect()
    }

    fn group<'a>(goroutines: &'a mut Goroutines, function: &str) -> &'a mut GoroutineGroup {
        goroutines.groups.iter_mut().find(|group| group.stack[0].function == function).expect("a group")
    }

    #[test]
    fn what_came_went_and_grew_is_told_apart() {
        let mut goroutines = goroutines();
        let mut trend = |function: &str| trends(group(&mut goroutines, function)).into_iter().collect::<Vec<_>>();
        assert_eq!(trend("main.send"), [Trend::Grown]);
        assert_eq!(trend("main.wait"), [Trend::Gone]);
        assert_eq!(trend("main.fresh"), [Trend::New]);
        group(&mut goroutines, "main.fresh").leaked = 1;
        assert!(trends(group(&mut goroutines, "main.fresh")).contains(&Trend::Stuck));
    }

    #[test]
    fn filters_are_read_from_the_address_and_all_apply() {
        let goroutines = goroutines();
        let shown = |params: Params| {
            let filters = Filters::of(&params);
            functions(&listing(&goroutines, goroutines.groups[0].subject, &filters, false).shown)
        };
        let params = Params::default();
        assert_eq!(shown(params.clone()).len(), 3);
        assert_eq!(shown(params.with("state", "chan send")), ["main.send"]);
        assert_eq!(shown(params.with("q", "FRESH")), ["main.fresh"]);
        assert_eq!(shown(params.with("q", "7")), ["main.send"], "a goroutine's id");
        assert_eq!(shown(params.with("change", "gone")), ["main.wait"]);
        assert_eq!(shown(params.with("change", "gone").with("state", "chan send")), [""; 0]);
        assert_eq!(shown(params.with("verdict", "leak,suspect")), [""; 0]);
    }

    #[test]
    fn benign_groups_are_folded_until_they_are_asked_for() {
        let mut goroutines = goroutines();
        group(&mut goroutines, "main.send").verdict = Verdict::Benign;
        let subject = goroutines.groups[0].subject;
        let all = Filters::default();
        let folded = listing(&goroutines, subject, &all, false);
        assert_eq!(functions(&folded.folded), ["main.send"]);
        assert!(listing(&goroutines, subject, &all, true).folded.is_empty());
        let benign = Filters::of(&Params::default().with("verdict", "benign"));
        assert_eq!(functions(&listing(&goroutines, subject, &benign, false).shown), ["main.send"]);
    }

    #[test]
    fn a_victim_stands_behind_its_root_and_a_circle_loses_nobody() {
        let mut goroutines = goroutines();
        let subject = goroutines.groups[0].subject;
        let root = group(&mut goroutines, "main.wait").id.clone();
        let victim = group(&mut goroutines, "main.send");
        victim.root = Some(root.clone());
        let victim = victim.id.clone();
        let order = |goroutines: &Goroutines| {
            functions(&listing(goroutines, subject, &Filters::default(), false).shown)
        };
        let ordered = order(&goroutines);
        let place = |name: &str| ordered.iter().position(|function| function == name);
        assert_eq!(place("main.send"), place("main.wait").map(|place| place + 1));
        group(&mut goroutines, "main.wait").root = Some(victim);
        assert_eq!(order(&goroutines).len(), 3);
    }
}
