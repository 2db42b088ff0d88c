//! What the runtime itself says: channels that are nil, empty selects,
//! finalizers that block, goroutines that only run.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy};
use crate::report::{Origin, number_format};

/// Functions that run finalizers and cleanups. Up to Go 1.24 `debug=2` hides them.
const RUNNERS: &[&str] = &["runtime.runFinalizers", "runtime.runCleanups", "runtime.runfinq"];

/// So many goroutines may be a part that somebody cut out of a dump.
const FEW: u64 = 8;

pub fn assess(context: &Context<'_>, index: usize, group: &Group) -> Option<Assessment> {
    left_by_test(group).or_else(|| by_wait(context, index, group))
}

/// A leak checker looked after the test: what it prints was left behind.
fn left_by_test(group: &Group) -> Option<Assessment> {
    let members = &group.last().members;
    let left = members.iter().filter(|member| member.is_left).count();
    if left == 0 {
        return None;
    }
    let mut assessment = Assessment::new("left-by-test", Policy::default());
    assessment.likely = Some(format!("The test reports {left} of {} as leaked.", members.len()));
    Some(assessment)
}

fn by_wait(context: &Context<'_>, index: usize, group: &Group) -> Option<Assessment> {
    match group.wait {
        Wait::NilReceive | Wait::NilSend => Some(nil_channel(group)),
        Wait::SelectForever => Some(select_forever(context, index, group)),
        Wait::Running => busy(context, index, group),
        _ if is_finalizer(context, group) => Some(finalizer(context, index, group)),
        _ => None,
    }
}

fn nil_channel(group: &Group) -> Assessment {
    let mut assessment = Assessment::new("nil-channel", Policy::default());
    let operation = if group.wait == Wait::NilSend { "Sending to" } else { "Receiving from" };
    assessment.certain = Some(format!("{operation} a nil channel blocks forever, by definition."));
    assessment
}

/// One goroutine that parks itself is a habit; several are a leak.
fn select_forever(context: &Context<'_>, index: usize, group: &Group) -> Assessment {
    let mut assessment = Assessment::new("select-forever", Policy::GROWTH);
    let count = group.last().count;
    if count >= 2 {
        assessment.certain =
            Some(format!("{count} goroutines are in a select without cases, which never returns."));
    } else if super::super::features::growth(context.series, index).is_none() {
        assessment.held_back = Some("A program may block one goroutine like this on purpose.".to_owned());
    }
    assessment
}

/// Finalizers and cleanups run in one goroutine of the runtime. Where its own
/// frames are hidden it is the goroutine that nobody created; main is the
/// other one, and callbacks from C are locked to their thread.
fn is_finalizer(context: &Context<'_>, group: &Group) -> bool {
    let is_user_code =
        group.frames.iter().any(|site| matches!(site.origin, Origin::Own | Origin::Dependency));
    if group.names().any(|name| RUNNERS.contains(&name)) {
        return is_user_code || group.frames.first().is_some_and(|site| !site.function.is_runtime);
    }
    let members = &group.last().members;
    let is_orphan = group.creator.is_none()
        && !members.is_empty()
        && members.iter().all(|member| member.goid != 1 && member.parent.is_none() && !member.is_locked);
    let is_callback = group.names().any(|name| name.starts_with("_cgoexp_"));
    let is_main = group.names().any(|name| name == "main.main" || name == "runtime.main");
    // Several without a creator are stacks whose last lines were cut off.
    let is_only = context.census.orphans == 1 && context.census.created > 0;
    // So is one in a part of a dump: the goroutine that writes a dump runs, and is not in it.
    let is_whole =
        context.series.groups.iter().any(|group| group.wait == Wait::Running && group.last().count > 0)
            || context.census.created > FEW;
    is_orphan && is_only && is_whole && is_user_code && !is_callback && !is_main && group.last().count == 1
}

fn finalizer(context: &Context<'_>, index: usize, group: &Group) -> Assessment {
    // A finalizer must be over in no time: being seen at one place twice, or
    // having waited at all, is proof enough.
    let policy = Policy::default().or_waited(1, 0).or_aged(1, 0);
    let mut assessment = Assessment::new("finalizer-stuck", policy);
    let waited = super::super::features::waited(group, context.floor);
    let aged = super::super::features::aged(context.series, index).map_or(0, |(aged, _)| aged);
    if waited > 0 || aged > 0 {
        assessment.certain =
            Some("The goroutine that runs all finalizers is blocked in one of them.".to_owned());
    } else if seen_before(context, index) {
        assessment.likely = Some(
            "The goroutine that runs all finalizers is in the same finalizer as in the previous dump."
                .to_owned(),
        );
    }
    assessment
}

/// True if a member of the group was in it in the dump before.
fn seen_before(context: &Context<'_>, index: usize) -> bool {
    let step = context.series.last_steps().last();
    let change = step.and_then(|step| step.changes.get(index).copied().flatten());
    change.is_some_and(|change| change.survivors > 0)
        || step.is_some()
            && context.series.moments.iter().all(|moment| !moment.has_ids)
            && context.series.groups.get(index).is_some_and(|group| group.at.iter().all(|at| at.count > 0))
}

/// The same goroutine at the same line, running, in every one of three dumps or more.
/// Work that is minutes long stands elsewhere each time, or below a function that it
/// calls; a loop that spins stands in itself.
fn busy(context: &Context<'_>, index: usize, group: &Group) -> Option<Assessment> {
    let steps = context.series.last_steps();
    let is_writer =
        group.names().any(|name| name.starts_with("runtime/pprof.") || name.starts_with("net/http/pprof."));
    let stays = steps
        .iter()
        .all(|step| step.changes.get(index).copied().flatten().is_some_and(|change| change.survivors > 0));
    if steps.len() < 2 || is_writer || !stays {
        return None;
    }
    // Who spins may yield each time (runtime.Gosched).
    let place = group.frames.iter().find(|site| !site.function.is_runtime);
    let is_own = place.is_some_and(|site| site.origin == Origin::Own);
    let mut assessment = Assessment::new("busy-loop", Policy::default());
    let dumps = number_format::few(steps.len() + 1);
    assessment.likely =
        Some(format!("The same goroutine is running at the same line in each of {dumps} dumps."));
    if !is_own || !context.is_minutes_apart {
        assessment.held_back =
            Some("CPU-bound work looks the same: only a CPU profile shows the difference.".to_owned());
    }
    Some(assessment)
}
