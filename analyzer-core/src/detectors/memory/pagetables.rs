//! `mem.pagetables`: page tables out of proportion.

use super::support::{
    Draft, LEAST_EFFECT, Reclaim, cgroup_figure, exact, latest, list, needs, percent, share_text, text,
};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

/// Share of anonymous memory: densely touched memory needs 0.2 percent.
const LEAST_SHARE_PERCENT: i64 = 2;

const PAGETABLES: Rule = Rule {
    code: "mem.pagetables",
    severity: Severity::Warning,
    title: "Page tables",
    meaning: "Page tables are disproportionately large for the memory they map.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PAGETABLES],
    missing_inputs: |case| needs(case, usable, &["/proc/PID/status, or memory.stat of a cgroup v2"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    tables(reviewed).is_some()
}

fn tables(reviewed: &Reviewed<'_>) -> Option<Term> {
    let of_process = || reviewed.moment.process.as_ref()?.pagetables.clone();
    cgroup_figure(reviewed, "memory.stat", "pagetables").or_else(of_process)
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let tables = tables(reviewed)?;
    let of_cgroup = reviewed.moment.cgroup.as_ref().and_then(|cgroup| cgroup.anon.clone());
    let anon = of_cgroup.or_else(|| reviewed.moment.process.as_ref()?.anon.clone())?;
    if tables.value < LEAST_EFFECT.0 || tables.value < percent(anon.value, LEAST_SHARE_PERCENT) {
        return None;
    }
    let draft = Draft {
        rule: PAGETABLES,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Page tables take at least {} and {LEAST_SHARE_PERCENT}% of the anonymous memory.",
            text(LEAST_EFFECT.0)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: PAGETABLES.title.to_owned(),
        claim: format!(
            "Page tables take {} for {} of anonymous memory ({}): the touched pages are scattered over a large address range.",
            text(tables.value),
            text(anon.value),
            share_text(tables.value, anon.value)
        ),
        amount: exact(tables.value),
        citations: (&tables + &anon).from,
        against: Vec::new(),
        advice: list(&[
            "Unmap ranges that are no longer used; sparse use of a huge mapping is costly. Huge pages reduce page tables.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    fn stat(anon: &str, tables: &str) -> String {
        format!("anon {anon}\nfile 0\nfile_mapped 0\npagetables {tables}\n")
    }

    #[test]
    fn page_tables_of_two_percent_are_said() {
        let status = "Name:\tapp\nRssAnon:\t<800MiB kB>\nVmPTE:\t<16MiB kB>\nThreads:\t1\n";
        for file in [("memory.stat", &*stat("<800MiB>", "<16MiB>")), ("status", status)] {
            let found = check("mem.pagetables", &[file], &["mem.pagetables"]);
            assert_eq!(verdicts(&found), [(Warning, Certain, Some(16 << 20))]);
        }
    }

    #[test]
    fn less_than_two_percent_or_sixteen_megabytes_is_normal() {
        for (anon, tables) in [("<801MiB>", "<16MiB>"), ("<1MiB>", "<16MiB-1>")] {
            check("mem.pagetables", &[("memory.stat", &stat(anon, tables))], &[]);
        }
    }
}
