//! Samples of who runs on a processor that another tool took: of which of them something can be said of a Go program.

use std::collections::BTreeSet;

use super::counted::{Counted, Row};
use super::stacks::{StackId, Stacks};
use crate::base::convert::id_to_usize;
use crate::base::intern::StringTable;
use crate::evidence::profiles::{LabelValue, Profile};

/// Kind of their sources.
pub(super) const ON_CPU: &str = "on-cpu";

/// Outermost functions of Go's stacks, and of its threads': who has them is a Go program.
const ROOTS: [&str; 9] = [
    "runtime.goexit",
    "runtime.mcall",
    "runtime.mstart",
    "runtime.mstart0",
    "runtime.systemstack",
    "runtime.morestack",
    "runtime.rt0_go",
    "runtime.main",
    "runtime.gcBgMarkWorker",
];

/// Labels that tell processes apart.
const PROCESS_LABELS: [&str; 2] = ["pid", "process.pid"];

/// The samples by stack, each counted as often as its first column says; time where a column
/// or the period has it.
pub(super) fn counted(profile: &Profile, strings: &StringTable, of_row: &[StackId]) -> Option<Counted> {
    let is = |column: usize, unit: &str| {
        profile.sample_types.get(column).is_some_and(|of| strings.get(of.unit) == unit)
    };
    // Several events, or amounts of nobody knows what, are no count of samples.
    if !is(0, "count") || profile.sample_types.len() > 2 {
        return None;
    }
    let width = profile.sample_types.len();
    let rows =
        profile.samples.values.chunks_exact(width).zip(&profile.samples.stack).zip(&profile.samples.offset);
    let rows = rows.filter_map(|((values, stack), at)| {
        let nanos = values.get(1).copied().filter(|_| is(1, "nanoseconds")).unwrap_or(0);
        Some(Row { stack: *of_row.get(id_to_usize(stack.0))?, count: *values.first()?, nanos, at: *at })
    });
    // How long it was recorded for is not in the samples: from the first to the last may be less.
    Some(Counted::of_rows(profile.source, profile.time, rows))
}

/// True if no label tells two processes.
pub(super) fn is_of_one_process(profile: &Profile, strings: &StringTable) -> bool {
    PROCESS_LABELS.iter().all(|key| {
        let labels = profile.label_sets.iter().flat_map(|(_, labels)| labels);
        let of_key = labels.filter(|label| strings.get(label.key) == *key);
        let processes: BTreeSet<(bool, i64)> = of_key
            .map(|label| match label.value {
                LabelValue::Number { value, .. } => (false, value),
                LabelValue::Text(text) => (true, i64::from(text.0)),
                LabelValue::EmptyOrZero => (false, 0),
            })
            .collect();
        processes.len() < 2
    })
}

/// True if most samples are of Go's stacks, and these of one process as far as their roots tell.
pub(super) fn is_go(counted: &Counted, stacks: &Stacks, strings: &StringTable) -> bool {
    let is_go = |stack: StackId| stacks.has(stack, strings, |name| ROOTS.contains(&name));
    let of_go: Vec<&Row> = counted.rows.iter().filter(|row| is_go(row.stack)).collect();
    let samples = of_go.iter().fold(0_i64, |sum, row| sum.saturating_add(row.count));
    // Folded stacks have the process for their root.
    let roots: BTreeSet<&str> = of_go
        .iter()
        .filter_map(|row| stacks.frames(row.stack).next_back())
        .map(|frame| strings.get(frame.function))
        .filter(|name| !name.starts_with("runtime."))
        .collect();
    samples > 0 && samples >= counted.count() / 2 && roots.len() < 2
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    /// Folded stacks: a hundred samples of one program.
    fn folded(process: &str, root: &str) -> String {
        format!(
            "{process};{root};main.main;main.sum 70\n{process};{root};main.main;main.rest 29\n{process};swapper 1\n"
        )
    }

    #[test]
    fn samples_of_a_go_program_tell_where_the_time_goes() {
        let found = check(
            "prof.cpu",
            &[("profile.folded", &folded("shop", "runtime.goexit.abi0"))],
            &["prof.cpu.hot"],
        );
        assert!(found[0].claim.contains("main.sum"), "{}", found[0].claim);
        assert!(
            !found[0].advice.iter().any(|advice| advice.contains("default.pgo")),
            "{:?}",
            found[0].advice
        );
    }

    #[test]
    fn programs_that_are_not_go_get_no_advice_of_go() {
        check("prof", &[("profile.folded", &folded("shop", "_start"))], &[]);
        check("prof", &[("profile.folded", &folded("java", "java/lang/Thread.run"))], &[]);
    }

    #[test]
    fn samples_of_several_processes_or_without_a_unit_tell_nothing_of_one() {
        let both = folded("shop", "runtime.goexit") + &folded("mail", "runtime.goexit");
        check("prof", &[("profile.folded", &both)], &[]);
        check("prof", &[("stacks.folded", &folded("shop", "runtime.goexit"))], &[]);
        check("prof", &[("offcpu.folded", &folded("shop", "runtime.goexit"))], &[]);
    }

    #[test]
    fn a_known_cost_is_no_warning_where_go_s_own_profile_is_missing() {
        let text = "shop;runtime.goexit;main.handle;regexp.MustCompile;regexp.compile 80\nshop;runtime.goexit;main.handle 40\n";
        let found = check("prof", &[("cpu.folded", text)], &["prof.cpu.hot"]);
        assert_eq!(found[0].severity, crate::report::Severity::Info);
    }
}
