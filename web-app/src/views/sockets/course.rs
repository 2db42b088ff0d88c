//! One process over its snapshots: which there are, and counts of one thing in all of them.

use std::collections::BTreeMap;

use analyzer_core::base::convert::to_u64;
use analyzer_core::report::{Report, ResourceSnapshot, Sockets, SubjectId};

use crate::state::Params;

/// The snapshots of one subject, in order of time.
#[derive(Clone, Debug)]
pub struct Course<'r> {
    /// The subject.
    pub subject: SubjectId,
    /// Not empty.
    pub moments: Vec<&'r ResourceSnapshot>,
}

impl<'r> Course<'r> {
    /// The subject that the address names, else the one that was captured best.
    pub fn of(report: &'r Report, params: &Params) -> Option<Self> {
        let all = courses(report);
        let named = params.number("subject").and_then(|id| u32::try_from(id).ok()).map(SubjectId);
        let is_named = |course: &&Self| Some(course.subject) == named;
        let best = || all.iter().max_by_key(|course| (course.weight(), std::cmp::Reverse(course.subject)));
        all.iter().find(is_named).or_else(best).cloned()
    }

    /// How much its snapshots tell.
    fn weight(&self) -> usize {
        let of = |moment: &&ResourceSnapshot| {
            4 * usize::from(moment.sockets.is_some())
                + 2 * usize::from(moment.descriptors.is_some())
                + usize::from(moment.threads.is_some())
        };
        self.moments.iter().map(of).sum()
    }

    /// A figure over the snapshots; `None` if none of them has it.
    pub fn figure(&self, of: impl Fn(&ResourceSnapshot) -> Option<u64>) -> Option<Vec<Option<u64>>> {
        let counts: Vec<Option<u64>> = self.moments.iter().map(|moment| of(moment)).collect();
        counts.iter().any(Option::is_some).then_some(counts)
    }

    /// A figure of the sockets.
    pub fn of_sockets(&self, of: impl Fn(&Sockets) -> Option<u64>) -> Option<Vec<Option<u64>>> {
        self.figure(|moment| moment.sockets.as_ref().and_then(&of))
    }

    /// What the last snapshot that has it says.
    pub fn last<T>(&self, of: impl Fn(&'r ResourceSnapshot) -> Option<T>) -> Option<T> {
        self.moments.iter().rev().find_map(|moment| of(moment))
    }
}

/// Every subject that has sockets, descriptors or threads.
pub fn courses(report: &Report) -> Vec<Course<'_>> {
    let mut moments: BTreeMap<SubjectId, Vec<&ResourceSnapshot>> = BTreeMap::new();
    for moment in report.resources.iter().flat_map(|section| &section.snapshots) {
        if moment.sockets.is_some() || moment.descriptors.is_some() || moment.threads.is_some() {
            moments.entry(moment.subject).or_default().push(moment);
        }
    }
    moments.into_iter().map(|(subject, moments)| Course { subject, moments }).collect()
}

/// Rows of one key over the snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'r, R> {
    /// What they count, added up; `None` where a snapshot does not tell, 0 where it has none.
    pub counts: Vec<Option<u64>>,
    /// The first row of the latest snapshot that has any.
    pub latest: &'r R,
}

impl<R> Line<'_, R> {
    /// The last count that is known.
    pub fn last(&self) -> Option<u64> {
        self.counts.iter().rev().copied().flatten().next()
    }

    /// The largest count.
    fn most(&self) -> Option<u64> {
        self.counts.iter().copied().flatten().max()
    }
}

/// Rows with the same key as lines, those that count most last and ever first. A moment is `None` if its
/// list was not captured; the engine cuts lists at `most` rows, and what one that was cut lacks is unknown.
pub fn lines<'r, R, K: Ord>(
    moments: &[Option<&'r [R]>],
    most: usize,
    key: impl Fn(&'r R) -> K,
    count: impl Fn(&R) -> Option<u64>,
) -> Vec<Line<'r, R>> {
    let absent = |rows: &Option<&[R]>| rows.filter(|rows| rows.len() < most).map(|_| 0);
    let absent: Vec<Option<u64>> = moments.iter().map(absent).collect();
    let mut by_key: BTreeMap<K, Line<'r, R>> = BTreeMap::new();
    for (index, rows) in moments.iter().enumerate() {
        let mut inside: BTreeMap<K, (Option<u64>, &'r R)> = BTreeMap::new();
        for row in rows.unwrap_or_default() {
            let (sum, _) = inside.entry(key(row)).or_insert((None, row));
            *sum = match (*sum, count(row)) {
                (Some(sum), Some(count)) => Some(sum.saturating_add(count)),
                (sum, count) => sum.or(count),
            };
        }
        for (key, (sum, row)) in inside {
            let line = by_key.entry(key).or_insert_with(|| Line { counts: absent.clone(), latest: row });
            line.latest = row;
            if let Some(place) = line.counts.get_mut(index) {
                *place = sum;
            }
        }
    }
    let mut lines: Vec<Line<'r, R>> = by_key.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.last(), line.most())));
    lines
}

/// How many rows of the moments there are, over the snapshots.
pub fn lengths<R>(moments: &[Option<&[R]>], is_counted: impl Fn(&R) -> bool) -> Vec<Option<u64>> {
    let count = |rows: &[R]| to_u64(rows.iter().filter(|row| is_counted(row)).count());
    moments.iter().map(|rows| rows.map(count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, Option<u64>);

    fn counts(moments: &[Option<&[Row]>]) -> Vec<(&'static str, Vec<Option<u64>>)> {
        let lines = lines(moments, 3, |row| row.0, |row| row.1);
        lines.into_iter().map(|line| (line.latest.0, line.counts)).collect()
    }

    #[test]
    fn a_list_without_a_row_has_none_of_it_and_no_list_tells_nothing() {
        let (first, last): ([Row; 1], [Row; 2]) = ([("a", Some(2))], [("a", Some(1)), ("b", Some(9))]);
        assert_eq!(
            counts(&[Some(&first), None, Some(&last)]),
            [("b", vec![Some(0), None, Some(9)]), ("a", vec![Some(2), None, Some(1)])]
        );
    }

    #[test]
    fn rows_of_one_key_are_added_up_and_what_is_not_listed_stays_unknown() {
        let rows: [Row; 4] = [("a", Some(2)), ("a", None), ("a", Some(3)), ("b", None)];
        assert_eq!(counts(&[Some(&rows)]), [("a", vec![Some(5)]), ("b", vec![None])]);
    }

    #[test]
    fn what_a_cut_list_lacks_is_unknown() {
        let cut: [Row; 3] = [("a", Some(1)); 3];
        let whole: [Row; 1] = [("b", Some(7))];
        assert_eq!(
            counts(&[Some(&cut), Some(&whole)]),
            [("b", vec![None, Some(7)]), ("a", vec![Some(3), Some(0)])]
        );
    }
}
