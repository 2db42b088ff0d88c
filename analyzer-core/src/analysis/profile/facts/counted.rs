//! CPU, mutex and block profiles as sums by stack.

use rustc_hash::FxHashMap;

use super::stacks::StackId;
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::Nanos;
use crate::evidence::profiles::Profile;

/// What one stack amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The stack.
    pub stack: StackId,
    /// Samples or events.
    pub count: i64,
    /// Nanoseconds: of CPU time or of waiting.
    pub nanos: i64,
    /// Offset of its first sample in the file.
    pub at: u32,
}

/// A profile with two columns, a count and nanoseconds.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The source.
    pub source: SourceId,
    /// When it was written; the start, if it has a duration.
    pub time: Option<Nanos>,
    /// How long it was taken for.
    pub duration: Option<Nanos>,
    /// Rows by stack.
    pub rows: Vec<Row>,
}

impl Counted {
    /// Reads a profile; `None` if it has not two columns.
    pub fn of(profile: &Profile, of_row: &[StackId]) -> Option<Self> {
        if profile.sample_types.len() != 2 {
            return None;
        }
        let rows = profile.samples.values.chunks_exact(2).enumerate().filter_map(|(sample, values)| {
            let stack = profile.samples.stack.get(sample).and_then(|row| of_row.get(id_to_usize(row.0)));
            let (Some(&stack), &[count, nanos]) = (stack, values) else { return None };
            let at = profile.samples.offset.get(sample).copied().unwrap_or(0);
            Some(Row { stack, count, nanos, at })
        });
        let duration = profile.duration.filter(|duration| duration.0 > 0);
        Some(Self { duration, ..Self::of_rows(profile.source, profile.time, rows) })
    }

    /// Adds up rows by stack; of the first of each stays where it stands.
    pub(super) fn of_rows(source: SourceId, time: Option<Nanos>, all: impl IntoIterator<Item = Row>) -> Self {
        let mut place: FxHashMap<StackId, usize> = FxHashMap::default();
        let mut rows: Vec<Row> = Vec::new();
        for row in all {
            let place = *place.entry(row.stack).or_insert(rows.len());
            match rows.get_mut(place) {
                Some(sum) => {
                    sum.count = sum.count.saturating_add(row.count);
                    sum.nanos = sum.nanos.saturating_add(row.nanos);
                }
                None => rows.push(row),
            }
        }
        rows.sort_unstable_by_key(|row| row.stack);
        Self { source, time, duration: None, rows }
    }

    /// Counts over all stacks.
    pub fn count(&self) -> i64 {
        self.rows.iter().fold(0, |sum: i64, row| sum.saturating_add(row.count))
    }

    /// What was added since an earlier one; `None` if a stack lost events: another process.
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        let before: FxHashMap<StackId, Row> = earlier.rows.iter().map(|row| (row.stack, *row)).collect();
        let is_lost = |row: &Row| {
            let of_stack = self.rows.binary_search_by_key(&row.stack, |row| row.stack);
            of_stack.ok().and_then(|at| self.rows.get(at)).is_none_or(|now| now.count < row.count)
        };
        if earlier.rows.iter().any(is_lost) {
            return None;
        }
        let added = self.rows.iter().map(|row| {
            let (count, nanos) = before.get(&row.stack).map_or((0, 0), |row| (row.count, row.nanos));
            Row { count: row.count.saturating_sub(count), nanos: row.nanos.saturating_sub(nanos), ..*row }
        });
        let span = self.time.zip(earlier.time).map(|(now, then)| now - then);
        Some(Self {
            source: self.source,
            time: earlier.time,
            duration: span.filter(|span| span.0 > 0),
            rows: added.filter(|row| row.count > 0).collect(),
        })
    }

    /// The fraction of events that is sampled, at least: counts are scaled by it,
    /// and the file does not state it.
    pub fn scale(&self) -> i64 {
        let divisor = self.rows.iter().fold(0, |divisor, row| gcd(divisor, row.count));
        divisor.max(1)
    }

    /// Where the row of a stack stands.
    pub fn span(&self, at: u32) -> SourceSpan {
        SourceSpan { source: self.source, at: Position::offset(u64::from(at)) }
    }

    /// How many rows there are.
    pub fn len(&self) -> u32 {
        to_u32(self.rows.len())
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rows: &[(u32, i64, i64)]) -> Counted {
        let rows =
            rows.iter().map(|&(stack, count, nanos)| Row { stack: StackId(stack), count, nanos, at: 0 });
        Counted { source: SourceId(0), time: Some(Nanos(0)), duration: None, rows: rows.collect() }
    }

    #[test]
    fn cumulative_profiles_subtract_by_stack() {
        let (then, mut now) = (counted(&[(0, 10, 100)]), counted(&[(0, 30, 150), (2, 5, 7)]));
        now.time = Some(Nanos(9));
        let since = now.since(&then).unwrap();
        let rows: Vec<_> = since.rows.iter().map(|row| (row.stack.0, row.count, row.nanos)).collect();
        assert_eq!((rows, since.duration), (vec![(0, 20, 50), (2, 5, 7)], Some(Nanos(9))));
    }

    #[test]
    fn a_stack_that_loses_events_is_of_another_process() {
        let (then, now) = (counted(&[(0, 10, 100)]), counted(&[(0, 9, 150)]));
        assert!(now.since(&then).is_none());
        assert!(counted(&[]).since(&then).is_none());
    }

    #[test]
    fn counts_have_the_fraction_as_their_divisor() {
        assert_eq!(counted(&[(0, 10, 1), (1, 25, 1)]).scale(), 5);
        assert_eq!(counted(&[]).scale(), 1);
    }
}
