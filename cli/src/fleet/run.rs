//! A run: what is new is analyzed, each night that changes is replaced whole.

use std::collections::{BTreeMap, HashMap};
use std::io;

use strata_fleet::dataset::{Dataset, Spool};
use strata_fleet::listing::{Listed, Listing, Shard};
use strata_fleet::row::SCHEMA;
use strata_fleet::{Row, Status};

use super::Progress;
use super::pool::Pool;

/// What a run did.
#[derive(Debug, Default)]
pub struct Done {
    /// Bundles that were analyzed.
    pub analyzed: usize,
    /// Rows of earlier runs that still hold.
    pub kept: usize,
    /// Of what was analyzed, bundles of which nothing could be read.
    pub failed: usize,
}

/// A night in the making.
struct Night {
    spool: Spool,
    /// False if every row is as it was.
    is_changed: bool,
}

/// Analyzes what is listed and not known yet.
///
/// # Errors
/// Results that cannot be read or written.
pub fn analyze(listing: Listing, dataset: &Dataset, shard: Shard, pool: &Pool<'_>) -> io::Result<Done> {
    let mut nights: BTreeMap<String, HashMap<String, Listed>> = BTreeMap::new();
    for bundle in listing.bundles.into_iter().filter(|bundle| shard.has(&bundle.object.object)) {
        let night = nights.entry(bundle.object.date.clone()).or_default();
        night.insert(bundle.object.object.clone(), bundle);
    }
    let mut done = Done::default();
    let mut opened: BTreeMap<String, Night> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (date, mut bundles) in nights {
        let mut night = Night { spool: Spool::new(dataset.root(), &date)?, is_changed: false };
        dataset.own_rows(&date, |row| {
            let is_kept = bundles.get(&row.key.object).is_some_and(|bundle| still_holds(&row, bundle));
            if !is_kept {
                night.is_changed = true;
                return Ok(());
            }
            bundles.remove(&row.key.object);
            done.kept += 1;
            night.spool.push(&row)
        })?;
        waiting.extend(bundles.into_values());
        opened.insert(date, night);
    }
    let mut progress = Progress::new(waiting.len());
    pool.run(waiting, |row| {
        let is_failed = row.bundle.status == Status::Failed;
        progress.step(is_failed);
        done.analyzed += 1;
        done.failed += usize::from(is_failed);
        let Some(night) = opened.get_mut(&row.key.date) else { return Ok(()) };
        night.is_changed = true;
        night.spool.push(&row)
    })?;
    for (date, night) in &mut opened {
        if night.is_changed {
            dataset.replace(date, &mut night.spool)?;
        }
    }
    Ok(done)
}

/// True if a row of an earlier run is what this one would give: the same content, the same program,
/// and not failed, for what failed for want of memory or time may not the next time.
fn still_holds(row: &Row, bundle: &Listed) -> bool {
    let known = &row.bundle;
    let is_same_content = match (&known.etag, &bundle.object.etag) {
        (Some(before), Some(now)) => before == now,
        (None, None) => {
            let modified_at = bundle.object.modified_at.map(|at| at.0 / 1_000);
            u64::try_from(known.bytes) == Ok(bundle.object.bytes)
                && known.modified_at.map(|at| at.micros) == modified_at
        }
        _ => false,
    };
    let is_same_program = known.engine == env!("CARGO_PKG_VERSION") && known.schema == SCHEMA;
    is_same_content && is_same_program && known.status != Status::Failed
}
