//! What is said of locks and their holders.

use super::super::names;
use super::candidates::{Candidate, Kin, PANIC};
use super::cycles::Edge;
use super::locks::{Lock, Table, Waiter};
use crate::base::convert::to_u64;
use crate::report::number_format;

/// Candidates that are named.
const NAMED: usize = 3;

/// `the lock of hub.(*Hub) at 0xc000bb0000`; `None` where the dump prints no address.
pub fn name(lock: &Lock) -> Option<String> {
    lock.object.or(lock.address).map(|_| full_name(lock))
}

fn full_name(lock: &Lock) -> String {
    let owner = names::short(&lock.owner);
    let address =
        lock.object.or(lock.address).map(|address| format!(" at 0x{address:x}")).unwrap_or_default();
    if lock.is_once {
        return format!("the sync.Once{address}");
    }
    let preposition = if lock.owner.ends_with(')') { "of" } else { "that is taken in" };
    format!("the lock {preposition} {owner}{address}")
}

/// Where it stands in what the lock guards.
fn stands(candidate: &Candidate) -> &str {
    candidate.shape.frames.get(candidate.frame).map_or("", |site| &site.text)
}

/// Where it waits: the innermost frame of the program's own code.
fn waits_at(candidate: &Candidate) -> &str {
    let frame = candidate.shape.user_frame().unwrap_or(candidate.frame);
    candidate.shape.frames.get(frame).map_or("", |site| &site.text)
}

fn since(minutes: Option<u32>) -> String {
    minutes.map(|minutes| format!(" for {}", number_format::minutes(u64::from(minutes)))).unwrap_or_default()
}

fn waits(candidate: &Candidate) -> String {
    let state = &candidate.shape.state;
    format!("waits in [{state}] at {}{}", waits_at(candidate), since(candidate.minutes))
}

/// What its stack has to do with the lock.
fn kinship(lock: &Lock, candidate: &Candidate) -> String {
    let place = stands(candidate);
    let old = if candidate.is_inexact {
        " (its address is printed with `?`, so it may be an old value)"
    } else {
        ""
    };
    match candidate.kin {
        Kin::PastSame | Kin::Past if lock.is_once => "is in the function of that sync.Once".to_owned(),
        Kin::PastSame => format!("is past its call of Lock in {place}, of the same object{old}"),
        Kin::Past => format!("is past its call of Lock in {place}"),
        Kin::Object => format!("is in {place}, a method of the same object{old}"),
        Kin::Argument => format!("is in {place}, which was given the object that has the lock{old}"),
        Kin::Passed => format!("is in {place}, past the call in which the others wait, of the same object"),
        Kin::Type => format!("is in {place}, code of the same type (the dump does not print which object)"),
        Kin::Given => format!("is in {place}, which was given the same object{old}"),
    }
}

/// Why a goroutine is taken for the holder.
pub fn held(lock: &Lock, holder: &Candidate) -> String {
    let waiters = match lock.waiters.len() {
        1 => "1 goroutine waits".to_owned(),
        count => format!("{} goroutines wait", number_format::count_u64(to_u64(count))),
    };
    let only = if holder.kin > Kin::Past {
        " No other goroutine in this code waits for anything else: this one probably holds the lock."
    } else {
        ""
    };
    format!(
        "{waiters} for {}. Goroutine {} {} and {}.{only}",
        full_name(lock),
        holder.goid,
        kinship(lock, holder),
        waits(holder)
    )
}

/// A waiter that took the lock further out on its own stack.
pub fn itself(lock: &Lock, own: &Candidate) -> String {
    if let Some(text) = in_panic(lock, own) {
        return text;
    }
    let how = if lock.is_once { "is in the function of that sync.Once already" } else { "" };
    let outer = if how.is_empty() {
        format!(
            "is further out on the same stack in {}, of the same object{}: it probably took the lock there and waits for itself",
            stands(own),
            if own.is_inexact { " (printed with `?`, so it may be an old value)" } else { "" }
        )
    } else {
        format!("{how}: it waits for itself")
    };
    format!(
        "Goroutine {} waits for {} at {} and {outer}. No other goroutine in the dump appears to hold it.",
        own.goid,
        full_name(lock),
        waits_at(own)
    )
}

/// A waiter that may have taken the lock further out on its own stack.
pub fn perhaps(lock: &Lock, own: &Candidate) -> String {
    format!(
        "Goroutine {} waits for {} at {}, called from {}, a method of the same object. If that method has taken the lock, the goroutine waits for itself; nobody else in the text is in code of the object.",
        own.goid,
        full_name(lock),
        waits_at(own),
        stands(own)
    )
}

/// A deferred call that waits for what its function holds, which panicked.
fn in_panic(lock: &Lock, own: &Candidate) -> Option<String> {
    let frames = &own.shape.frames;
    let panic = frames.iter().position(|site| &*site.function.name == PANIC)?;
    let panicked = frames.get(panic..own.frame + 1)?.iter().find(|site| site.is_user)?;
    Some(format!(
        "Goroutine {} panicked in {}; a deferred call waits for {} at {}, which code below it on the stack probably holds: it waits for itself, and the panic is never printed. Nobody else in the dump can be told to hold it.",
        own.goid,
        panicked.text,
        full_name(lock),
        waits_at(own)
    ))
}

/// A reader that reads again while a writer waits.
pub fn read_again(lock: &Lock, own: &Candidate, writer: &Waiter) -> String {
    let writer_at = writer.shape.frames.get(writer.site).map_or("", |site| &site.text);
    format!(
        "Goroutine {} takes a read lock twice: it is in {}, and waits in RLock of {} again at {}. Between the two goroutine {} called Lock ({writer_at}): the writer waits for the reader, and the second RLock waits behind the writer.",
        own.goid,
        stands(own),
        full_name(lock),
        waits_at(own),
        writer.goid
    )
}

/// The cycle, drawn.
pub fn cycle(table: &Table, edges: &[Edge]) -> String {
    let mut text = "They wait for each other: ".to_owned();
    for (index, edge) in edges.iter().enumerate() {
        let (Some(held), Some(wanted)) = (table.locks.get(edge.from), table.locks.get(edge.to)) else {
            continue;
        };
        if index > 0 {
            text.push_str("; ");
        }
        text.push_str(&format!(
            "goroutine {} {} (holds {}) and waits at {} for {}",
            edge.holder.goid,
            kinship(held, &edge.holder),
            full_name(held),
            waits_at(&edge.holder),
            full_name(wanted)
        ));
    }
    text.push('.');
    text
}

/// Who may hold it, if nobody can be told to.
pub fn candidates(lock: &Lock) -> Option<String> {
    let shown = lock.candidates.iter().filter(|candidate| candidate.kin < Kin::Given);
    let named: Vec<String> = shown
        .take(NAMED)
        .map(|candidate| {
            format!("goroutine {} {} and {}", candidate.goid, kinship(lock, candidate), waits(candidate))
        })
        .collect();
    if named.is_empty() {
        return None;
    }
    Some(format!(
        "It is not certain which goroutine holds {}. In its owner's code: {}.",
        full_name(lock),
        named.join("; ")
    ))
}
