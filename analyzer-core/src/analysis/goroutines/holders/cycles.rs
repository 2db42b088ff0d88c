//! Locks whose holders wait for each other.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::{Candidate, Kin};
use super::locks::Table;

/// Locks that are looked at for one cycle: those of programs have two or three.
const VISITED: usize = 256;

/// From a lock over who may hold it to the lock that this one waits for.
#[derive(Clone, Debug)]
pub struct Edge {
    pub from: usize,
    pub holder: Candidate,
    pub to: usize,
}

/// Cycles that have no lock in common, shortest first from the lowest lock.
pub fn find(table: &Table) -> Vec<Vec<Edge>> {
    let edges = edges(table);
    let mut used: FxHashSet<usize> = FxHashSet::default();
    let mut cycles = Vec::new();
    for start in 0..table.locks.len() {
        if used.contains(&start) {
            continue;
        }
        let Some(cycle) = shortest(&edges, start, &used) else { continue };
        used.extend(cycle.iter().map(|edge| edge.from));
        cycles.push(cycle);
    }
    cycles
}

/// The edges of each lock, the likeliest holder first.
fn edges(table: &Table) -> Vec<Vec<Edge>> {
    let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); table.locks.len()];
    for (from, lock) in table.locks.iter().enumerate() {
        // Several that stand past one exclusive lock at one place do not hold it.
        let mut alike: FxHashMap<(usize, *const super::shapes::Shape), usize> = FxHashMap::default();
        for holder in &lock.candidates {
            if let Some(to) = holder.waits_for {
                *alike.entry((to, std::rc::Rc::as_ptr(&holder.shape))).or_default() += 1;
            }
        }
        for holder in &lock.candidates {
            let Some(to) = holder.waits_for.filter(|&to| to != from) else { continue };
            let count = alike.get(&(to, std::rc::Rc::as_ptr(&holder.shape))).copied().unwrap_or(0);
            let is_shared = count > 1 && !lock.is_read_write && holder.kin > Kin::Past;
            if !is_shared {
                edges[from].push(Edge { from, holder: holder.clone(), to });
            }
        }
    }
    edges
}

fn shortest(edges: &[Vec<Edge>], start: usize, used: &FxHashSet<usize>) -> Option<Vec<Edge>> {
    let mut came: FxHashMap<usize, &Edge> = FxHashMap::default();
    let mut queue = VecDeque::from([start]);
    while let Some(lock) = queue.pop_front() {
        for edge in edges.get(lock)?.iter().filter(|edge| !used.contains(&edge.to)) {
            if edge.to == start {
                return Some(path(&came, edge));
            }
            if came.len() < VISITED && !came.contains_key(&edge.to) {
                came.insert(edge.to, edge);
                queue.push_back(edge.to);
            }
        }
    }
    None
}

fn path(came: &FxHashMap<usize, &Edge>, last: &Edge) -> Vec<Edge> {
    let mut path = vec![last.clone()];
    let mut at = last.from;
    while let Some(edge) = came.get(&at) {
        path.push((*edge).clone());
        at = edge.from;
    }
    path.reverse();
    path
}
