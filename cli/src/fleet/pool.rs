//! Bundles side by side, each in a process of its own.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

use strata_fleet::Row;
use strata_fleet::listing::Listed;

use crate::rows::child;
use crate::rows::limits::Limits;

/// How much runs side by side.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// Processes at a time.
    pub jobs: usize,
    /// Bytes of bundles at a time; one bundle always may.
    pub in_flight: u64,
    /// What each may take.
    pub limits: &'a Limits,
}

/// What waits and what runs.
struct State {
    waiting: VecDeque<Listed>,
    running: usize,
    bytes: u64,
}

impl State {
    /// The largest bundle that there is room for.
    fn admit(&mut self, in_flight: u64) -> Option<Listed> {
        let has_room = |bundle: &Listed| self.running == 0 || self.bytes + bundle.object.bytes <= in_flight;
        let at = self.waiting.iter().position(has_room)?;
        let bundle = self.waiting.remove(at)?;
        self.running += 1;
        self.bytes += bundle.object.bytes;
        Some(bundle)
    }
}

impl Pool<'_> {
    /// Analyzes bundles, the largest first, and hands over each row as it comes.
    ///
    /// # Errors
    /// What `take` says; what runs is ended then.
    pub fn run<E>(
        &self,
        mut bundles: Vec<Listed>,
        mut take: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        bundles.sort_by(|a, b| {
            b.object.bytes.cmp(&a.object.bytes).then_with(|| a.object.object.cmp(&b.object.object))
        });
        let state = Mutex::new(State { waiting: bundles.into(), running: 0, bytes: 0 });
        let freed = Condvar::new();
        thread::scope(|scope| {
            let rows = self.start(scope, &state, &freed);
            let result = rows.iter().try_for_each(&mut take);
            if result.is_err() {
                lock(&state).waiting.clear();
                freed.notify_all();
            }
            result
        })
    }

    fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        state: &'scope Mutex<State>,
        freed: &'scope Condvar,
    ) -> Receiver<Row> {
        let (send, rows) = mpsc::channel();
        for _ in 0..self.jobs.max(1) {
            let send = send.clone();
            scope.spawn(move || {
                while let Some(bundle) = self.next(state, freed) {
                    let row = child::row(&bundle.path, &bundle.object, self.limits);
                    let mut now = lock(state);
                    now.running -= 1;
                    now.bytes -= bundle.object.bytes;
                    drop(now);
                    freed.notify_all();
                    if send.send(row).is_err() {
                        break;
                    }
                }
            });
        }
        rows
    }

    /// The next bundle, once there is room; `None` when none waits.
    fn next(&self, state: &Mutex<State>, freed: &Condvar) -> Option<Listed> {
        let mut now = lock(state);
        loop {
            if now.waiting.is_empty() {
                return None;
            }
            if let Some(bundle) = now.admit(self.in_flight) {
                return Some(bundle);
            }
            now = freed.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_fleet::project::Object;

    fn sized(bytes: u64) -> Listed {
        Listed { object: Object { bytes, ..Object::default() }, path: String::new().into() }
    }

    #[test]
    fn two_giants_do_not_run_at_once_and_small_ones_pass_them() {
        let mut state = State { waiting: [90, 80, 5].map(sized).into(), running: 0, bytes: 0 };
        let admitted: Vec<_> =
            (0..3).map_while(|_| state.admit(100)).map(|bundle| bundle.object.bytes).collect();
        assert_eq!(admitted, [90, 5]);
        assert_eq!(state.admit(100).map(|bundle| bundle.object.bytes), None);
        (state.running, state.bytes) = (0, 0);
        assert_eq!(state.admit(10).map(|bundle| bundle.object.bytes), Some(80));
    }
}
