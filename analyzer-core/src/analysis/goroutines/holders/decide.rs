//! From candidates to an answer for each lock.

use super::super::state::Wait;
use super::candidates::{Candidate, Kin};
use super::cycles::{self, Edge};
use super::locks::{Lock, Table, is_once_code, site_of};
use super::{Answer, Cycle, Holders, words};

/// The answers for all locks.
pub fn decide(table: Table) -> Holders {
    let mut holders = Holders {
        answers: vec![Answer::Unknown; table.locks.len()],
        names: table.locks.iter().map(words::name).collect(),
        ..Holders::default()
    };
    for edges in cycles::find(&table) {
        holders.add_cycle(&table, &edges);
    }
    for (index, lock) in table.locks.iter().enumerate() {
        if holders.answers.get(index) == Some(&Answer::Unknown) {
            let answer = answer(lock, table.is_part);
            if let Some(slot) = holders.answers.get_mut(index) {
                *slot = answer;
            }
        }
    }
    holders.lock_of = table.lock_of;
    holders
}

impl Holders {
    fn add_cycle(&mut self, table: &Table, edges: &[Edge]) {
        let number = self.cycles.len();
        for edge in edges {
            if let Some(slot) = self.answers.get_mut(edge.from) {
                *slot = Answer::Cycle(number);
            }
        }
        let goids: Vec<u64> = edges.iter().map(|edge| edge.holder.goid).collect();
        let is_open = |edge: &Edge| table.locks.get(edge.from).is_none_or(|lock| has_other(lock, &goids));
        let is_settled = !edges.iter().any(is_open);
        self.cycles.push(Cycle { is_settled, text: words::cycle(table, edges), goids });
    }
}

fn answer(lock: &Lock, is_part: bool) -> Answer {
    let blocked = |candidate: &&Candidate| candidate.waits_for.is_none();
    // In the section itself, or the only one in code of the object.
    let strong: Vec<&Candidate> = lock.candidates.iter().filter(|candidate| candidate.is_strong()).collect();
    if let Some(best) = strong.iter().filter(|best| best.kin <= Kin::Past).find(|best| blocked(best)) {
        return held(lock, best);
    }
    if let Some(answer) = itself(lock, is_part) {
        return answer;
    }
    if let Some(answer) = only_one(lock, &strong) {
        return answer;
    }
    match words::candidates(lock) {
        Some(text) => Answer::Candidates(text),
        None => Answer::Unknown,
    }
}

fn held(lock: &Lock, holder: &Candidate) -> Answer {
    Answer::Held { by: holder.goid, reason: words::held(lock, holder) }
}

/// The only goroutine in code of the object that waits for something else.
/// Several are traffic of the object: which one holds the lock is not told.
fn only_one(lock: &Lock, strong: &[&Candidate]) -> Option<Answer> {
    let kin = strong.first()?.kin;
    let [one] = strong.iter().filter(|other| other.kin == kin).collect::<Vec<_>>()[..] else { return None };
    // Of a closure only the type is known: a send or a lock says that it is at
    // work for the object, another wait may be its loop.
    let is_working = one.waits_for.is_some() || one.shape.wait == Wait::Send;
    let is_weak = match kin {
        Kin::Given | Kin::Passed => true,
        Kin::Type => !is_working,
        Kin::Argument => !one.is_working,
        _ => false,
    };
    if is_weak {
        return None;
    }
    Some(held(lock, one))
}

/// A waiter that stands in another method of the object further out on its own
/// stack, if nobody else can hold the lock and no other waited before it.
fn itself(lock: &Lock, is_part: bool) -> Option<Answer> {
    let own: Vec<&Candidate> = lock.own.iter().filter(|own| own.kin <= Kin::Object && own.is_old).collect();
    let first = *own.first()?;
    let is_else = lock.is_worked_on
        || lock.candidates.iter().any(|other| other.kin <= Kin::Object && other.is_strong());
    let writer = lock.waiters.iter().find(|waiter| waiter.is_writer() && waiter.goid != first.goid);
    let is_reading = lock.is_read_write && !is_writing(first);
    // Who passed an exclusive lock passed it alone.
    let is_alone =
        own.iter().filter(|other| other.shape.frames.len() == first.shape.frames.len()).count() == 1;
    let is_read_twice = is_reading && writer.is_some();
    if !is_read_twice && is_only_called(first, is_part) {
        let is_open = !is_part || first.is_inexact || has_other(lock, &[first.goid]);
        return (!is_open && is_called_in_program(first))
            .then(|| Answer::Perhaps { by: first.goid, reason: words::perhaps(lock, first) });
    }
    if is_else || !(is_alone || is_reading && writer.is_some()) {
        return None;
    }
    let reason = match writer {
        Some(writer) if is_reading => words::read_again(lock, first, writer),
        _ => words::itself(lock, first),
    };
    let is_settled = !has_other(lock, &[first.goid]);
    Some(Answer::Itself { by: first.goid, reason, is_settled })
}

/// True if nothing but a method that calls another one of its type speaks for a lock that
/// was taken twice: the standard library calls so, and in a part of a dump the holder
/// may have been left out.
fn is_only_called(own: &Candidate, is_part: bool) -> bool {
    let Some(site) = site_of(&own.shape) else { return false };
    let between = own.shape.frames.get(site..own.frame + 1).unwrap_or_default();
    let Some(first) = between.first() else { return false };
    let is_direct =
        between.iter().all(|frame| frame.owner == first.owner && !is_once_code(&frame.function.name));
    is_direct && (is_part || !first.is_user)
}

/// True if it is code of the program, not of the standard library, that calls a method of its type.
fn is_called_in_program(own: &Candidate) -> bool {
    site_of(&own.shape).and_then(|site| own.shape.frames.get(site)).is_some_and(|site| site.is_user)
}

/// True if others than these may hold the lock, at work or in whatever they wait for.
/// A lock that changes hands has a holder at every moment.
fn has_other(lock: &Lock, goids: &[u64]) -> bool {
    lock.is_worked_on || lock.candidates.iter().any(|candidate| !goids.contains(&candidate.goid))
}

fn is_writing(candidate: &Candidate) -> bool {
    &*candidate.shape.state == "sync.RWMutex.Lock"
        || candidate.shape.frames.iter().any(|site| &*site.function.name == "sync.(*RWMutex).Lock")
}
