//! The maps of `goroutine-life.bt`: goroutines by who started them, with those that ended and those that wait.
//!
//! ```text
//! {"type": "printf", "data": "strata goroutine-life 1\n"}
//! {"type": "printf", "data": "window 1000000000 61000000000\n"}        begin and end, the clock of nsecs
//! {"type": "map", "data": {"@births": {"main.serve,main.serve.func1": 120}}}
//! {"type": "map", "data": {"@ends": {"main.serve,main.serve.func1": 3}}}
//! {"type": "map", "data": {"@ends_older": 7}}
//! {"type": "map", "data": {"@creator": {"824633721216": "main.serve"}}}   by address of the runtime's g
//! {"type": "map", "data": {"@function": {"824633721216": "main.serve.func1"}}}
//! {"type": "map", "data": {"@parked": {"824633721216": 1500000000}}}
//! {"type": "map", "data": {"@parked_in": {"824633721216": "\n    runtime.gopark+200\n    main.f+24\n"}}}
//! ```
//! A g whose goroutine ended is in none of the last four.

use std::collections::BTreeMap;

use super::json::Node;
use super::key::{self, symbol};
use crate::base::limits::PROBE_ROWS;
use crate::base::order::StableOrder;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::evidence::probes::{GoroutineLife, LifeWindow};
use crate::evidence::stacks::StackId;

/// What the script prints first.
const MARK: &str = "strata goroutine-life 1";

/// Creator and function.
type Site = (String, String);

#[derive(Debug, Default)]
struct Goroutine {
    creator: String,
    function: String,
    parked: Option<u64>,
    stack: Option<StackId>,
}

/// Who waits at a site.
#[derive(Default)]
struct Waits {
    count: u64,
    /// In nanoseconds.
    longest: u64,
    /// How often each stack.
    stacks: BTreeMap<Option<StackId>, u64>,
}

/// What is read of it so far.
#[derive(Debug, Default)]
pub(super) struct Life {
    at: Option<Position>,
    window: Option<(u64, u64)>,
    sites: BTreeMap<Site, (u64, u64)>,
    ends_of_older: u64,
    goroutines: BTreeMap<String, Goroutine>,
}

impl Life {
    /// True if the script printed its mark.
    pub(super) const fn is_there(&self) -> bool {
        self.at.is_some()
    }

    /// What the script prints.
    pub(super) fn line(&mut self, text: &str, at: Position) {
        for text in text.lines() {
            if text.trim() == MARK {
                self.at = Some(at);
            }
            if let Some((begin, end)) =
                text.strip_prefix("window ").and_then(|text| text.trim().split_once(' '))
            {
                self.window = begin.parse().ok().zip(end.parse().ok());
            }
        }
    }

    /// Takes a map; false if it is none of the script's.
    pub(super) fn map(&mut self, name: &str, value: &Node, _: Position, evidence: &mut Evidence) -> bool {
        if !self.is_there() {
            return false;
        }
        match name {
            "@births" | "@ends" => {
                for (key, count) in value.members() {
                    let parts = key::split(key).parts;
                    let part = |index: usize| {
                        parts.get(index).and_then(|part| symbol(part)).unwrap_or("").to_owned()
                    };
                    let count = count.number().and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
                    if self.sites.len() < PROBE_ROWS {
                        let site = self.sites.entry((part(0), part(1))).or_default();
                        let figure = if name == "@births" { &mut site.0 } else { &mut site.1 };
                        *figure = figure.saturating_add(count);
                    }
                }
            }
            "@ends_older" => {
                self.ends_of_older = value.number().and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
            }
            "@creator" | "@function" | "@parked" | "@parked_in" => {
                for (address, value) in value.members() {
                    self.goroutine(name, address, value, evidence);
                }
            }
            // What the script works with.
            "@pending" | "@pending_creator" | "@pending_function" | "@known" | "@begin" => {}
            _ => return false,
        }
        true
    }

    fn goroutine(&mut self, name: &str, address: &str, value: &Node, evidence: &mut Evidence) {
        if self.goroutines.len() >= PROBE_ROWS && !self.goroutines.contains_key(address) {
            return;
        }
        let row = self.goroutines.entry(address.to_owned()).or_default();
        let text = value.text().unwrap_or_default();
        match name {
            "@creator" => row.creator = symbol(text).unwrap_or_default().to_owned(),
            "@function" => row.function = symbol(text).unwrap_or_default().to_owned(),
            "@parked" => row.parked = value.number().and_then(|nanos| u64::try_from(nanos).ok()),
            _ => row.stack = key::stack(text.lines().filter_map(symbol), evidence),
        }
    }

    /// Stores a row a site.
    pub(super) fn finish(self, input: &Input<'_>, evidence: &mut Evidence) {
        let at = self.at.unwrap_or_default();
        let end = self.window.map(|(_, end)| end);
        let mut waits: BTreeMap<Site, Waits> = BTreeMap::new();
        for row in self.goroutines.into_values() {
            let Some(parked) = row.parked.filter(|_| !row.function.is_empty() || !row.creator.is_empty())
            else {
                continue;
            };
            let wait = waits.entry((row.creator, row.function)).or_default();
            wait.count += 1;
            wait.longest = wait.longest.max(end.map_or(0, |end| end.saturating_sub(parked)));
            *wait.stacks.entry(row.stack).or_default() += 1;
        }
        for (site, (births, ends)) in self.sites {
            let wait = waits.remove(&site);
            let stack = wait.as_ref().and_then(|wait| {
                let mut stacks: Vec<_> = wait.stacks.iter().collect();
                stacks.order_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
                *stacks.first()?.0
            });
            let row = GoroutineLife {
                source: input.source,
                at,
                creator: evidence.strings.intern(&site.0),
                function: evidence.strings.intern(&site.1),
                births,
                ends,
                waiting: wait.as_ref().map_or(0, |wait| wait.count),
                longest_wait: wait.as_ref().filter(|_| end.is_some()).map(|wait| wait.longest),
                stack,
            };
            evidence.probes.lives.push(row);
        }
        let nanos = self.window.map_or(0, |(begin, end)| end.saturating_sub(begin));
        let window = LifeWindow { source: input.source, nanos, ends_of_older: self.ends_of_older };
        evidence.probes.windows.push(window);
    }
}
