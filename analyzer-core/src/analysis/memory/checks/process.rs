//! Identities within one process: `smaps` against itself, its rollup and `status`.

use super::{CheckText, Checks};
use crate::analysis::memory::ledger::skew_tolerance;
use crate::analysis::memory::moment::Moment;
use crate::analysis::memory::process::{Process, status_rss_slack};
use crate::evidence::vmas::VmaField;

pub fn run(moment: &Moment<'_>, checks: &mut Checks) {
    let Some(process) = &moment.process else { return };
    // A process that ran between two reads may have changed between them.
    let skew = if moment.is_frozen() { 0 } else { skew_tolerance(moment).0 };
    vma_sums(process, checks);
    rollup(process, skew, checks);
    status(process, skew, checks);
}

/// `Rss` of every mapping is the sum of its four kinds of pages.
fn vma_sums(process: &Process<'_>, checks: &mut Checks) {
    let (Some(mappings), Some(rss)) = (&process.mappings, process.class_sum_all(VmaField::Rss)) else {
        return;
    };
    let kinds =
        [VmaField::SharedClean, VmaField::SharedDirty, VmaField::PrivateClean, VmaField::PrivateDirty];
    let worst = mappings
        .rows
        .clone()
        .map(|row| {
            let parts: i64 = kinds.iter().map(|&field| mappings.vmas.figure(row, field).0).sum();
            mappings.vmas.figure(row, VmaField::Rss).0 - parts
        })
        .max_by_key(|difference| difference.abs())
        .unwrap_or(0);
    checks.add(VMA_RSS, &rss.with_value(worst), worst == 0, 0);
    let beyond = mappings
        .rows
        .clone()
        .map(|row| {
            mappings.vmas.figure(row, VmaField::LazyFree).0 - mappings.vmas.figure(row, VmaField::Anonymous).0
        })
        .max()
        .unwrap_or(0);
    checks.add(LAZY, &rss.with_value(beyond), beyond <= 0, 0);
}

fn rollup(process: &Process<'_>, skew: i64, checks: &mut Checks) {
    let (Some(smaps), Some(rollup)) = (process.thing.file("smaps"), process.thing.file("smaps_rollup"))
    else {
        return;
    };
    let note = if skew == 0 { STOOD_STILL } else { RAN };
    let exact = |key: &str, id: &'static str, identity: &'static str, checks: &mut Checks| {
        let text = CheckText { id, identity, note };
        checks.within(text, rollup.get(key).as_ref(), smaps.get(key).as_ref(), skew, skew);
    };
    exact("Rss", "rollup-rss", "Rss of smaps_rollup = Σ Rss of smaps", checks);
    exact("Anonymous", "rollup-anon", "Anonymous of smaps_rollup = Σ Anonymous of smaps", checks);
    // Each mapping's Pss is cut to whole KiB.
    let cut = smaps.value("mappings").unwrap_or(0).saturating_mul(1024);
    checks.within(ROLLUP_PSS, rollup.get("Pss").as_ref(), smaps.get("Pss").as_ref(), skew, skew + cut);
}

fn status(process: &Process<'_>, skew: i64, checks: &mut Checks) {
    let get = |key: &str| process.thing.get("status", key);
    let parts = || Some(&(&get("RssAnon")? + &get("RssFile")?) + &get("RssShmem")?);
    checks.equal(VM_RSS, get("VmRSS").as_ref(), parts().as_ref());
    let resident = process.thing.get("statm", "resident");
    checks.within(STATM, resident.as_ref(), get("VmRSS").as_ref(), skew, skew);
    let rss = process.class_sum_all(VmaField::Rss).filter(|_| process.mappings.is_some());
    let slack = status_rss_slack(process).0 + skew;
    checks.within(STATUS_SMAPS, get("VmRSS").as_ref(), rss.as_ref(), slack, slack);
}

const STOOD_STILL: &str = "The process was frozen, but file pages may still be reclaimed.";
const RAN: &str = "The process was running between the two reads.";

const VMA_RSS: CheckText = CheckText {
    id: "vma-rss",
    identity: "Rss = Shared_Clean + Shared_Dirty + Private_Clean + Private_Dirty, in every mapping",
    note: "The largest difference in any mapping.",
};
const LAZY: CheckText = CheckText {
    id: "vma-lazyfree",
    identity: "LazyFree ≤ Anonymous, in every mapping",
    note: "The largest excess in any mapping.",
};
const ROLLUP_PSS: CheckText = CheckText {
    id: "rollup-pss",
    identity: "Pss of smaps_rollup = Σ Pss of smaps, up to 1 KiB per mapping",
    note: "smaps truncates each mapping's Pss to whole KiB, smaps_rollup only the total.",
};
const VM_RSS: CheckText =
    CheckText { id: "status-rss", identity: "VmRSS = RssAnon + RssFile + RssShmem", note: "" };
const STATM: CheckText = CheckText {
    id: "statm-rss",
    identity: "resident of statm = VmRSS of status",
    note: "The two are read one after the other.",
};
const STATUS_SMAPS: CheckText = CheckText {
    id: "status-smaps",
    identity: "VmRSS of status = Σ Rss of smaps",
    note: "status shows counters that lag behind by thread (up to Linux 6.1) or by CPU; smaps counts pages.",
};
