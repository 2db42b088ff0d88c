//! Goroutines that come and go, and do not pile up.

use super::super::grouping::Group;
use super::super::state::Wait;
use super::{Context, ownership};
use crate::report::GroupChange;

/// Steps from dump to dump that it takes: one step also shows a burst.
const LEAST_STEPS: usize = 2;
/// Connections by which a client's pool may have filled up before it stands.
const POOL_RISE: u64 = 4;

/// Why the members do not accumulate although their number changed: no more of them stay than there were
/// at first, and no more begin than end. `None` unless ids of three dumps tell it.
pub fn reason(context: &Context<'_>, index: usize, group: &Group) -> Option<String> {
    let steps = context.series.last_steps();
    let changes: Option<Vec<GroupChange>> =
        steps.iter().map(|step| step.changes.get(index).copied().flatten()).collect();
    let last = *changes.filter(|changes| changes.len() >= LEAST_STEPS)?.last()?;
    if last.births == 0 && ownership::is_of_database(context, group) {
        return Some(
            "There is one for each connection of a database/sql pool, and none is new since the previous dump."
                .to_owned(),
        );
    }
    let counts = group.at.get(context.series.first_of_last_process()..)?;
    let (now, before) = counts.split_last()?;
    let first = before.first()?.count;
    // A connection rests after its work; elsewhere, who came since may be stuck since.
    if group.wait != Wait::Io && before.iter().all(|moment| moment.count < now.count) {
        return None;
    }
    let room = match group.wait {
        wait if wait.is_blocked() => 0,
        _ if is_of_client(group) => first.saturating_add(POOL_RISE),
        _ => first,
    };
    let stay = last.survivors;
    let is_calm = stay <= room && (stay.saturating_add(last.births) <= room || last.births <= last.deaths);
    let moved = now.count.saturating_sub(stay).saturating_sub(last.births);
    is_calm.then(|| {
        let here = if stay == 0 { "None".to_owned() } else { stay.to_string() };
        let parts = [(moved, "were doing other work then"), (last.births, "started since then"), (last.deaths, "exited")];
        let parts: String =
            parts.iter().filter(|part| part.0 > 0).map(|(count, what)| format!(", {count} {what}")).collect();
        format!(
            "{here} of the {} were already waiting here in the previous dump{parts}. In the first dump, there were {first}.",
            now.count
        )
    })
}

/// A connection of net/http's client, which keeps some for the next request.
fn is_of_client(group: &Group) -> bool {
    group.creator.as_ref().is_some_and(|site| &*site.function.name == "net/http.(*Transport).dialConn")
}
