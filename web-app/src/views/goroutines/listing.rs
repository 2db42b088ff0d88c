//! The groups to show, in their order.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::{GoroutineGroup, GoroutineSnapshot, Goroutines, Role, SubjectId, Verdict};

use super::filters::Filters;
use super::trend::{change, last_count};
use super::words;
use crate::state::Params;

/// A column that the table can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Members of the last snapshot.
    Count,
    /// How the count changed.
    Change,
    /// State.
    State,
    /// Longest wait.
    Wait,
    /// Function that names the group.
    Where,
    /// Function that created them.
    Creator,
}

impl Column {
    const ALL: [Self; 6] = [Self::Count, Self::Change, Self::State, Self::Wait, Self::Where, Self::Creator];

    /// Name in the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Change => "change",
            Self::State => "state",
            Self::Wait => "wait",
            Self::Where => "where",
            Self::Creator => "creator",
        }
    }

    /// Numbers are of interest from the largest, names from the first.
    fn starts_descending(self) -> bool {
        matches!(self, Self::Count | Self::Change | Self::Wait)
    }

    fn compare(self, a: &GoroutineGroup, b: &GoroutineGroup) -> Ordering {
        let name = |group: &GoroutineGroup| words::main_frame(group).map(|frame| frame.function.clone());
        let creator = |group: &GoroutineGroup| group.created_by.as_ref().map(|frame| frame.function.clone());
        match self {
            Self::Count => last_count(a).cmp(&last_count(b)),
            Self::Change => change(a).cmp(&change(b)),
            Self::State => a.state.cmp(&b.state),
            Self::Wait => a.wait_minutes.cmp(&b.wait_minutes),
            Self::Where => name(a).cmp(&name(b)),
            Self::Creator => creator(a).cmp(&creator(b)),
        }
    }
}

/// How the table is sorted; without a column by verdict, then size, what waits behind its root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    column: Option<Column>,
    is_reversed: bool,
}

impl Sort {
    /// Reads it from the address: `wait`, or `-wait` for the other direction.
    pub fn of(params: &Params) -> Self {
        let text = params.get("sort").unwrap_or_default();
        let name = text.strip_prefix('-').unwrap_or(text);
        let column = Column::ALL.into_iter().find(|column| column.name() == name);
        Self { column, is_reversed: column.is_some() && text.starts_with('-') }
    }

    /// What the address says after a press on a column's name: one direction, the other, neither.
    pub fn pressed(self, column: Column) -> String {
        match (self.column == Some(column), self.is_reversed) {
            (false, _) => column.name().to_owned(),
            (true, false) => format!("-{}", column.name()),
            (true, true) => String::new(),
        }
    }

    /// True if a column sorts, and from its largest value; `None` if another one sorts.
    pub fn is_descending(self, column: Column) -> Option<bool> {
        (self.column == Some(column)).then(|| column.starts_descending() != self.is_reversed)
    }

    fn apply(self, groups: Vec<&GoroutineGroup>) -> Vec<&GoroutineGroup> {
        let Some(column) = self.column else { return behind_their_roots(groups) };
        let mut groups = groups;
        let is_descending = self.is_descending(column) == Some(true);
        groups.order_by(|a, b| {
            let order = column.compare(a, b);
            if is_descending { order.reverse() } else { order }
        });
        groups
    }
}

/// The groups to show.
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
    sort: Sort,
    unfold: bool,
) -> Listing<'a> {
    let folds = !unfold && !filters.verdicts.contains(&Verdict::Benign);
    let (folded, shown) = of_subject(goroutines, subject)
        .filter(|group| filters.admit(group))
        .partition(|group| folds && group.verdict == Verdict::Benign);
    Listing { shown: sort.apply(shown), folded }
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
    rest.order_by(|a, b| a.id.cmp(&b.id));
    ordered.extend(rest);
    ordered
}

/// True if the group stands below the one it waits for.
pub fn is_dependant(group: &GoroutineGroup) -> bool {
    matches!(group.role, Some(Role::Victim | Role::Satellite)) && group.root.is_some()
}

/// Groups of a subject.
pub fn of_subject(
    goroutines: &Goroutines,
    subject: SubjectId,
) -> impl Iterator<Item = &GoroutineGroup> + Clone {
    goroutines.groups.iter().filter(move |group| group.subject == subject)
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

#[cfg(test)]
mod tests {
    use super::super::samples::{functions, goroutines, group};
    use super::*;

    fn shown(goroutines: &Goroutines, params: &Params, unfold: bool) -> Vec<String> {
        let subject = goroutines.groups[0].subject;
        functions(&listing(goroutines, subject, &Filters::of(params), Sort::of(params), unfold).shown)
    }

    #[test]
    fn benign_groups_are_folded_until_they_are_asked_for() {
        let mut goroutines = goroutines();
        group(&mut goroutines, "main.send").verdict = Verdict::Benign;
        let all = Params::default();
        assert_eq!(shown(&goroutines, &all, false).len(), 2);
        assert_eq!(shown(&goroutines, &all, true).len(), 3);
        assert_eq!(shown(&goroutines, &all.with("verdict", "benign"), false), ["main.send"]);
        let folded =
            listing(&goroutines, goroutines.groups[0].subject, &Filters::default(), Sort::default(), false);
        assert_eq!(functions(&folded.folded), ["main.send"]);
    }

    #[test]
    fn a_victim_stands_behind_its_root_and_a_circle_loses_nobody() {
        let mut goroutines = goroutines();
        let root = group(&mut goroutines, "main.wait").id.clone();
        let victim = group(&mut goroutines, "main.send");
        victim.root = Some(root.clone());
        let victim = victim.id.clone();
        let ordered = shown(&goroutines, &Params::default(), false);
        let place = |name: &str| ordered.iter().position(|function| function == name);
        assert_eq!(place("main.send"), place("main.wait").map(|place| place + 1));
        group(&mut goroutines, "main.wait").root = Some(victim);
        assert_eq!(shown(&goroutines, &Params::default(), false).len(), 3);
    }

    #[test]
    fn a_column_sorts_one_way_then_the_other_then_not() {
        let goroutines = goroutines();
        let by = |sort: &str| shown(&goroutines, &Params::default().with("sort", sort), false);
        assert_eq!(by("wait"), ["main.fresh", "main.send", "main.wait"], "what prints no wait is last");
        assert_eq!(by("where"), ["main.fresh", "main.send", "main.wait"]);
        assert_eq!(by("-where"), ["main.wait", "main.send", "main.fresh"]);
        assert_eq!(by("change").last().map(String::as_str), Some("main.wait"));
        let sort = |text: &str| Sort::of(&Params::default().with("sort", text));
        assert_eq!(sort("").pressed(Column::Wait), "wait");
        assert_eq!(sort("wait").pressed(Column::Wait), "-wait");
        assert_eq!(sort("-wait").pressed(Column::Wait), "");
        assert_eq!(sort("wait").is_descending(Column::Wait), Some(true));
        assert_eq!(sort("wait").is_descending(Column::Count), None);
        assert_eq!(sort("-nothing"), Sort::default());
    }
}
