//! Goroutines that wait for a WaitGroup, an errgroup or a singleflight call that
//! they are a part of themselves.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::moments;
use super::super::state::Wait;
use super::shapes::{Shape, Shapes, Site};
use crate::evidence::goroutines::{CallAddress, Goroutine, GoroutineDump, GoroutineFlags};

/// `go` statements of packages that count whom they start.
const COUNTING: [&str; 2] = ["golang.org/x/sync/errgroup.(*Group).Go", "sync.(*WaitGroup).Go"];
const SINGLEFLIGHT: [&str; 2] =
    ["golang.org/x/sync/singleflight.(*Group).doCall", "internal/singleflight.(*Group).doCall"];

/// A goroutine that waits for a group.
#[derive(Debug)]
struct Waiter {
    goid: u64,
    parent: Option<u64>,
    shape: Rc<Shape>,
    /// Addresses of what it waits for, as the calls of Wait and Do print them.
    groups: Vec<u64>,
    /// True if a counting `go` statement started it.
    is_counted: bool,
    /// True if it runs a singleflight call of the same group further out.
    is_caller: bool,
}

/// Why each of them waits for itself, by id.
pub fn find(shapes: &mut Shapes<'_>, dump: &GoroutineDump) -> HashMap<u64, String> {
    let rows = || moments::real(dump).filter(|row| !row.flags.has(GoroutineFlags::CUT));
    let mut waiters: HashMap<u64, Waiter> = HashMap::new();
    let mut callers = 0_u64;
    for row in rows() {
        let shape = shapes.of(row);
        callers += u64::from(shape.frames.iter().any(is_flight));
        if shape.wait == Wait::WaitGroup {
            waiters.insert(row.goid, waiter(shapes, row, &shape));
        }
    }
    if waiters.is_empty() {
        return HashMap::new();
    }
    // Starters that have others than waiters left.
    let others: HashSet<u64> =
        rows().filter(|row| !waiters.contains_key(&row.goid)).filter_map(|row| row.parent).collect();
    let reason = |waiter: &Waiter| {
        if waiter.is_caller && callers == 1 {
            return Some(format!(
                "Goroutine {} calls singleflight for a key from within the call for it, at {}: it waits for itself.",
                waiter.goid,
                place(waiter)
            ));
        }
        let starter = waiters.get(&waiter.parent?)?;
        let group = *waiter.groups.iter().find(|group| starter.groups.contains(group))?;
        let both = format!(
            "Goroutine {} waits at {} for the group at 0x{group:x}, and so does goroutine {}, which started it",
            waiter.goid,
            place(waiter),
            starter.goid
        );
        if waiter.is_counted {
            return Some(format!("{both} as one of its workers: it waits for itself."));
        }
        // Whoever only waits beside its starter has workers that are still there.
        let has_workers = others.contains(&starter.goid) || others.contains(&waiter.goid);
        (!has_workers).then(|| {
            format!(
                "{both}; no other worker is left: either it is counted itself, or one returned without Done."
            )
        })
    };
    waiters.values().filter_map(|waiter| Some((waiter.goid, reason(waiter)?))).collect()
}

fn is_flight(site: &Site) -> bool {
    SINGLEFLIGHT.contains(&&*site.function.name)
}

fn waiter(shapes: &Shapes<'_>, row: &Goroutine, shape: &Rc<Shape>) -> Waiter {
    let words = shapes.evidence.goroutines.addresses_of(row);
    let is_wait = |name: &str| name.ends_with("Group).Wait") || name.ends_with("singleflight.(*Group).Do");
    let inner = shape.frames.iter().take_while(|site| !site.is_user || is_wait(&site.function.name)).count();
    let first = |word: &&CallAddress| word.is_first && !word.is_inexact;
    let groups = words
        .iter()
        .filter(first)
        .filter(|word| usize::from(word.frame) < inner)
        .filter(|word| {
            shape.frames.get(usize::from(word.frame)).is_some_and(|site| is_wait(&site.function.name))
        })
        .map(|word| word.address)
        .collect();
    let creator = row.creator.and_then(|id| shapes.evidence.stacks.frames.get(id));
    let creator = creator.map(|frame| shapes.evidence.strings.get(frame.function));
    let is_in_do =
        shape.frames.iter().take(inner).any(|site| site.function.name.ends_with("singleflight.(*Group).Do"));
    Waiter {
        goid: row.goid,
        parent: row.parent,
        shape: Rc::clone(shape),
        groups,
        is_counted: creator.is_some_and(|name| COUNTING.contains(&name)),
        is_caller: is_in_do && shape.frames.iter().skip(inner).any(is_flight),
    }
}

fn place(waiter: &Waiter) -> &str {
    let user = waiter.shape.frames.iter().find(|site| {
        site.is_user
            && !COUNTING.iter().any(|name| site.owner.starts_with(name.split(").").next().unwrap_or(name)))
            && !site.function.name.contains("golang.org/x/sync/")
    });
    user.map_or("", |site| &site.text)
}
