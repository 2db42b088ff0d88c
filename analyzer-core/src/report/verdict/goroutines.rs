//! The answer on goroutines.

use std::collections::BTreeMap;

use super::super::number_format as text;
use super::super::{GoroutineGroup, Goroutines, Role, SubjectId, Verdict};
use crate::base::convert::to_u64;

/// The answer on goroutines, of one subject or of all, with the verdict that it comes to: of the
/// last dump of each. `None` if there is no dump, or none of its goroutines is listed.
pub fn goroutine_answer(section: &Goroutines, subject: Option<SubjectId>) -> Option<(Verdict, String)> {
    let is_meant = |id: SubjectId| subject.is_none_or(|subject| subject == id);
    let mut last: BTreeMap<SubjectId, u64> = BTreeMap::new();
    for snapshot in section.snapshots.iter().filter(|snapshot| is_meant(snapshot.subject)) {
        last.insert(snapshot.subject, snapshot.total);
    }
    if last.is_empty() {
        return None;
    }
    let total = last.into_values().fold(0, u64::saturating_add);
    let groups = || section.groups.iter().filter(|group| is_meant(group.subject));
    let members = |group: &GoroutineGroup| group.counts.last().copied().unwrap_or(0);
    let of =
        |verdict| groups().filter(|group| group.verdict == verdict).map(members).fold(0, u64::saturating_add);
    let (leaked, suspect, unjudged) = (of(Verdict::Leak), of(Verdict::Suspect), of(Verdict::Unknown));
    let is_running = |group: &GoroutineGroup| {
        matches!(group.state.as_str(), "running" | "runnable") && group.verdict == Verdict::Benign
    };
    if total == 1 && groups().all(is_running) {
        let said = match groups().next() {
            Some(group) if group.state == "runnable" => {
                "A runnable goroutine alone shows only where it was, not whether the program is healthy"
            }
            _ => {
                "A running goroutine alone shows only where its stack was printed, not whether the program is healthy"
            }
        };
        return Some((Verdict::Unknown, said.to_owned()));
    }
    if total > 0 && groups().all(|group| members(group) == 0) {
        return None;
    }
    let all = text::counted(total, "goroutine", "goroutines");
    let verb = |count, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    Some(if leaked > 0 {
        let is_cause = |group: &&GoroutineGroup| {
            group.verdict == Verdict::Leak
                && members(group) > 0
                && (group.root.is_none() || group.role == Some(Role::Root))
        };
        let causes = text::counted(to_u64(groups().filter(is_cause).count()), "cause", "causes");
        let leak = verb(leaked, "leaks", "leak");
        (Verdict::Leak, format!("{} of {all} {leak}: {causes}", text::count_u64(leaked)))
    } else if suspect > 0 {
        (Verdict::Suspect, format!("{} of {all} may leak", text::count_u64(suspect)))
    } else if unjudged > 0 {
        let listed = groups().map(members).fold(0, u64::saturating_add);
        let others = match listed.saturating_sub(unjudged) {
            0 => String::new(),
            _ if listed >= total => "; none of the others leaks".to_owned(),
            others => format!("; none of {} others that are listed leaks", text::count_u64(others)),
        };
        // Nobody has looked at those that the text leaves out.
        let unseen = match total.saturating_sub(listed) {
            0 => String::new(),
            unseen => {
                format!("; nothing can be said of {} that are not in the text", text::count_u64(unseen))
            }
        };
        let known = text::count_u64(unjudged);
        (Verdict::Unknown, format!("{known} of {all} could not be classified{others}{unseen}"))
    } else {
        let judged = of(Verdict::Benign);
        let is_profile =
            section.snapshots.iter().any(|snapshot| is_meant(snapshot.subject) && !snapshot.has_ids);
        let among = if is_profile && judged < total {
            format!("the {} of {all} that are listed", text::count_u64(judged))
        } else {
            all
        };
        (Verdict::Benign, format!("No leak found among {among}"))
    })
}
