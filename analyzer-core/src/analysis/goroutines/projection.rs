//! How long until goroutines that leak fill the container.

use super::describe::MIN_STACK_BYTES;
use crate::base::convert::{rounded_i64, to_f64};
use crate::report::{Goroutines, LayerId, Memory, SubjectId, Verdict};

/// Beyond this nobody plans: ten years.
const FAR_MINUTES: f64 = 10.0 * 365.0 * 24.0 * 60.0;

/// Fills [`crate::report::GoroutineGroup::minutes_to_limit`] where a rate, a
/// limit and what is charged against it are known.
pub fn project(section: &mut Goroutines, memory: &Memory) {
    for group in &mut section.groups {
        let rate = group.leak_rate_per_minute.filter(|rate| *rate > 0.0);
        let (Verdict::Leak, Some(rate)) = (group.verdict, rate) else { continue };
        let Some(room) = room(memory, group.subject) else { continue };
        // The least size of a stack: at most so long.
        let minutes = to_f64(room) / (rate * to_f64(MIN_STACK_BYTES.unsigned_abs()));
        group.minutes_to_limit = minutes_of(minutes);
    }
}

fn minutes_of(minutes: f64) -> Option<u64> {
    u64::try_from(rounded_i64(minutes).filter(|_| minutes <= FAR_MINUTES)?).ok()
}

/// Bytes below the limit at the subject's last moment, without what the kernel
/// gives back first.
fn room(memory: &Memory, subject: SubjectId) -> Option<u64> {
    memory.snapshots.iter().rev().filter(|snapshot| snapshot.subject == subject).find_map(|snapshot| {
        let charged = snapshot.layers.iter().find(|layer| layer.id == LayerId::Cgroup)?.bytes;
        let used = snapshot.working_set.unwrap_or(charged);
        u64::try_from(snapshot.limit?.0.checked_sub(used.0)?).ok()
    })
}
