//! The mappings of a process as rows for people: by class, the largest, and in pages.

use std::cmp::Reverse;

use super::mappings::{CLASSES, Mappings};
use super::moment::Moment;
use crate::base::convert::{to_u64, to_usize};
use crate::base::order::StableOrder;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::vmas::{VmaField, VmaTraits};
use crate::report::{self, Citation, MappingPage};

/// Mappings that are listed one by one in the report.
const LISTED: usize = 400;

/// The mappings of the main process, by class and the largest by themselves.
pub fn mappings(evidence: &Evidence, moment: &Moment<'_>) -> Option<report::Mappings> {
    let (mappings, source) = of_main(moment)?;
    let mut classes: Vec<report::MappingClass> = CLASSES
        .iter()
        .map(|(class, id, label)| {
            let sum = |field| mappings.sum(*class, field);
            report::MappingClass {
                id: (*id).to_owned(),
                label: (*label).to_owned(),
                count: to_u64(mappings.rows_of(*class).count()),
                size: mappings.size(*class),
                rss: sum(VmaField::Rss),
                anonymous: sum(VmaField::Anonymous),
                lazy_free: sum(VmaField::LazyFree),
                anon_huge: sum(VmaField::AnonHugePages),
                swap: sum(VmaField::Swap),
            }
        })
        .filter(|class| class.count > 0)
        .collect();
    classes.order_by(|a, b| b.rss.cmp(&a.rss).then_with(|| a.id.cmp(&b.id)));
    let resident = mappings.rows.clone().filter(|&row| mappings.vmas.figure(row, VmaField::Rss).0 > 0);
    let largest = largest(mappings, resident.collect(), 0, LISTED);
    let largest = largest.into_iter().filter_map(|row| mapping(evidence, mappings, row, source)).collect();
    Some(report::Mappings { classes, largest, has_go_names: mappings.has_go_names })
}

/// Mappings of one class, or of all, the most resident first.
pub fn page(
    evidence: &Evidence,
    moment: &Moment<'_>,
    class: Option<&str>,
    first: u64,
    count: u64,
) -> Option<MappingPage> {
    let (mappings, source) = of_main(moment)?;
    let is_asked = |of: &&super::mappings::MappingClass| class.is_none_or(|id| of.id() == id);
    let rows: Vec<usize> = mappings
        .rows
        .clone()
        .zip(&mappings.classes)
        .filter(|(_, of)| is_asked(of))
        .map(|(row, _)| row)
        .collect();
    let total = to_u64(rows.len());
    let bound = |number: u64| to_usize(number).unwrap_or(usize::MAX);
    let rows = largest(mappings, rows, bound(first), bound(count));
    let rows = rows.into_iter().filter_map(|row| mapping(evidence, mappings, row, source)).collect();
    Some(MappingPage { total, rows })
}

fn of_main<'m, 'a>(moment: &'m Moment<'a>) -> Option<(&'m Mappings<'a>, SourceId)> {
    let process = moment.process.as_ref()?;
    Some((process.mappings.as_ref()?, process.thing.file("smaps")?.record.source))
}

/// The rows that come at `first` and after it: the most resident first, ties by
/// size, then by address.
fn largest(mappings: &Mappings<'_>, mut rows: Vec<usize>, first: usize, count: usize) -> Vec<usize> {
    let key = |row: &usize| {
        (Reverse(mappings.vmas.figure(*row, VmaField::Rss)), Reverse(mappings.vmas.size(*row)), *row)
    };
    let end = first.saturating_add(count);
    if rows.len() > end {
        rows.select_nth_unstable_by_key(end, key);
        rows.truncate(end);
    }
    rows.order_by_key(key);
    rows.split_off(first.min(rows.len()))
}

fn mapping(
    evidence: &Evidence,
    mappings: &Mappings<'_>,
    row: usize,
    source: SourceId,
) -> Option<report::Mapping> {
    let vmas = mappings.vmas;
    let class = mappings.classes.get(row.checked_sub(mappings.rows.start)?)?;
    let line = vmas.line.get(row).copied()?;
    let span = SourceSpan { source, at: Position::line(u64::from(line)) };
    let rss = vmas.figure(row, VmaField::Rss);
    Some(report::Mapping {
        class: class.id().to_owned(),
        name: evidence.strings.get(*vmas.name.get(row)?).to_owned(),
        start: format!("{:x}", vmas.start.get(row)?),
        permissions: permissions(*vmas.traits.get(row)?),
        size: vmas.size(row),
        rss,
        anonymous: vmas.figure(row, VmaField::Anonymous),
        swap: vmas.figure(row, VmaField::Swap),
        citation: Citation::figure(span, "Rss", rss.0, Unit::Bytes),
    })
}

/// As the kernel prints them: `rw-p`.
fn permissions(traits: VmaTraits) -> String {
    let flag = |is_set: bool, letter: char| if is_set { letter } else { '-' };
    let sharing = if traits.is_shared { 's' } else { 'p' };
    let rwx = [flag(traits.is_readable, 'r'), flag(traits.is_writable, 'w'), flag(traits.is_executable, 'x')];
    rwx.into_iter().chain([sharing]).collect()
}

#[cfg(test)]
mod tests {
    use crate::report::SubjectId;
    use crate::session::{NoAnswer, Session, question};

    const SMAPS: &str = "\
00400000-00500000 r-xp 00000000 fe:00 1 /srv/app
Rss:                 800 kB
Anonymous:             0 kB
7f0000000000-7f0000100000 rw-p 00000000 00:00 0 
Rss:                 300 kB
Anonymous:           300 kB
7f0001000000-7f0001100000 rw-p 00000000 00:00 0 
Rss:                 900 kB
Anonymous:           900 kB
7f0002000000-7f0002800000 rw-p 00000000 00:00 0 
Rss:                 300 kB
Anonymous:           300 kB
";

    fn starts(class: Option<&str>, first: u64, count: u64) -> Option<(u64, Vec<String>)> {
        let mut session = Session::default();
        session.add("smaps", SMAPS.as_bytes().to_vec());
        let moment = session.report().memory?.latest;
        let class = class.map(str::to_owned);
        let (subject, snapshot) = (moment.subject, moment.snapshot);
        let asked = question::Mappings { subject, snapshot, class, first, count };
        session.ask(asked).ok().map(|page| (page.total, page.rows.into_iter().map(|row| row.start).collect()))
    }

    #[test]
    fn pages_go_from_the_most_resident_on() {
        let all = ["7f0001000000", "400000", "7f0002000000", "7f0000000000"].map(str::to_owned);
        assert_eq!(starts(None, 0, 10), Some((4, all.to_vec())));
        assert_eq!(starts(None, 1, 2), Some((4, all[1..3].to_vec())));
        assert_eq!(starts(None, 9, 2), Some((4, Vec::new())));
        let anonymous = [&all[0], &all[2], &all[3]].map(String::clone);
        assert_eq!(starts(Some("anonymous"), 0, 10), Some((3, anonymous.to_vec())));
        assert_eq!(starts(Some("no such class"), 0, 10), Some((0, Vec::new())));
    }

    #[test]
    fn a_snapshot_that_is_not_there_has_no_page() {
        let (subject, snapshot) = (SubjectId(0), "t0".to_owned());
        let asked = question::Mappings { subject, snapshot, class: None, first: 0, count: 10 };
        assert_eq!(Session::default().ask(asked), Err(NoAnswer::Missing));
    }
}
