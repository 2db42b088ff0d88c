//! Sockets, descriptors, threads and processors of the last snapshot of each subject.

use std::fmt::{self, Write as _};

use super::{Out, escape, row, table};
use crate::report::{ResourceSnapshot, Resources};

pub(super) fn print(resources: &Resources, out: &mut Out) -> fmt::Result {
    let snapshots = &resources.snapshots;
    let is_last = |(index, moment): &(usize, &ResourceSnapshot)| {
        snapshots.get(index + 1).is_none_or(|next| next.subject != moment.subject)
    };
    for (_, moment) in snapshots.iter().enumerate().filter(is_last) {
        let facts = moment.facts();
        if facts.is_empty() {
            continue;
        }
        writeln!(
            out,
            "\n### Sockets, file descriptors, threads and CPU at {}",
            escape::text(&moment.snapshot)
        )?;
        table(out, &[("What", false), ("Figures", false)])?;
        facts
            .iter()
            .try_for_each(|(title, line)| row(out, &[(*title).to_owned(), escape::text(line).to_string()]))?;
    }
    Ok(())
}
