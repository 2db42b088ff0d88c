//! Calls of Close and the like that wait for a goroutine which is in code of the
//! same object, and does not come to its end.

use rustc_hash::FxHashMap;

use super::super::moments;
use super::super::names;
use super::super::state::Wait;
use super::shapes::{Shape, Shapes};
use crate::evidence::goroutines::{CallAddress, Goroutine, GoroutineDump, GoroutineFlags};
use crate::report::number_format;

/// Methods that end something, and wait until it has ended.
const ENDS: [&str; 8] =
    ["Close", "Stop", "Shutdown", "Remove", "Disconnect", "Terminate", "CloseWithError", "StopAndWait"];

/// What a call that ends something waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The goroutine that is in code of the same object.
    pub by: u64,
    /// How long that one has waited, as printed.
    pub minutes: Option<u32>,
    /// A sentence.
    pub reason: String,
}

/// A method of the program, and the object that it works on.
struct Method {
    frame: usize,
    object: u64,
}

/// What each call of Close and the like waits for, by the caller's id; only where one
/// other goroutine is in code of the object.
pub fn find(shapes: &mut Shapes<'_>, dump: &GoroutineDump) -> FxHashMap<u64, Closing> {
    let mut closers: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
    let mut callers: FxHashMap<u64, &Goroutine> = FxHashMap::default();
    let rows = || moments::real(dump).filter(|row| !row.flags.has(GoroutineFlags::CUT));
    for row in rows() {
        let shape = shapes.of(row);
        if let Some(method) = ending(&shape, shapes.evidence.goroutines.addresses_of(row)) {
            closers.entry(method.object).or_default().push(row.goid);
            callers.insert(row.goid, row);
        }
    }
    if callers.is_empty() {
        return FxHashMap::default();
    }
    let mut others: FxHashMap<u64, Option<(&Goroutine, usize)>> = FxHashMap::default();
    for row in rows().filter(|row| !callers.contains_key(&row.goid)) {
        let shape = shapes.of(row);
        let words = shapes.evidence.goroutines.addresses_of(row);
        let mut seen = Vec::new();
        for method in methods(&shape, words).filter(|method| closers.contains_key(&method.object)) {
            if !seen.contains(&method.object) {
                seen.push(method.object);
                let one = others.entry(method.object).or_insert(Some((row, method.frame)));
                *one = one.filter(|(known, _)| known.goid == row.goid);
            }
        }
    }
    let mut found = FxHashMap::default();
    for (object, goids) in closers {
        let Some((other, frame)) = others.get(&object).copied().flatten() else { continue };
        for (goid, row) in goids.iter().filter_map(|goid| Some((*goid, *callers.get(goid)?))) {
            if let Some(reason) = told(shapes, row, (other, frame), object) {
                found.insert(goid, Closing { by: other.goid, minutes: other.wait_minutes, reason });
            }
        }
    }
    found
}

/// The method in which a goroutine waits, if it ends something.
fn ending(shape: &Shape, words: &[CallAddress]) -> Option<Method> {
    let waits = matches!(
        shape.wait,
        Wait::Receive | Wait::Channel | Wait::Select | Wait::WaitGroup | Wait::Cond | Wait::Semaphore
    );
    let first = shape.user_frame().filter(|_| waits)?;
    let name = &*shape.frames.get(first)?.function.name;
    let method = name.rsplit('.').next().unwrap_or_default();
    ENDS.contains(&method).then(|| methods(shape, words).find(|method| method.frame == first))?
}

/// Methods of the program on a stack whose objects are printed.
fn methods<'a>(shape: &'a Shape, words: &'a [CallAddress]) -> impl Iterator<Item = Method> + 'a {
    let exact = words.iter().filter(|word| word.is_first && !word.is_inexact);
    exact.filter_map(|word| {
        let frame = usize::from(word.frame);
        let site = shape.frames.get(frame)?;
        let is_method = site.is_user && names::is_method(&site.function.name);
        is_method.then_some(Method { frame, object: word.address })
    })
}

fn told(
    shapes: &mut Shapes<'_>,
    caller: &Goroutine,
    (other, frame): (&Goroutine, usize),
    object: u64,
) -> Option<String> {
    let (from, to) = (shapes.of(caller), shapes.of(other));
    // Who works on something that has nothing to do with the object is no part of it.
    let is_of_type =
        from.user_frame().and_then(|first| from.frames.get(first))?.owner == to.frames.get(frame)?.owner;
    if !is_of_type || matches!(to.wait, Wait::Running | Wait::Runtime) {
        return None;
    }
    let place = |shape: &Shape, frame: Option<usize>| {
        frame.and_then(|frame| shape.frames.get(frame)).map(|site| site.text.to_string()).unwrap_or_default()
    };
    let since = |minutes: Option<u32>| {
        minutes
            .map(|minutes| format!(" for {}", number_format::minutes(u64::from(minutes))))
            .unwrap_or_default()
    };
    let back = from.frames.iter().filter(|site| site.is_user).nth(1);
    let back = back.filter(|_| to.wait == Wait::Send).map(|site| {
        format!(" If it sends to what {} would receive, they wait for each other.", names::short(&site.owner))
    });
    Some(format!(
        "Goroutine {} waits in {} for goroutine {}, the only other one in code of the same object (0x{object:x}): that is in {} and waits in [{}] at {}{}.{}",
        caller.goid,
        place(&from, from.user_frame()),
        other.goid,
        place(&to, Some(frame)),
        to.state,
        place(&to, to.user_frame()),
        since(other.wait_minutes),
        back.unwrap_or_default()
    ))
}
