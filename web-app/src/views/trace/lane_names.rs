//! Names for what the columns of lanes hold as numbers.

use std::collections::HashMap;

use analyzer_core::report::StackFrame;
use analyzer_core::report::trace::{Site, Trace};
use analyzer_core::session::GoroutineDetails;
use analyzer_core::session::lanes::NONE;

/// Names of groups and places of one answer.
#[derive(Clone, Debug, Default)]
pub struct Names {
    groups: HashMap<u32, String>,
    members: HashMap<u32, u64>,
    sites: HashMap<u32, usize>,
}

impl Names {
    /// The names in an answer.
    pub fn of(trace: &Trace) -> Self {
        let groups = trace.groups.iter();
        Self {
            members: groups
                .clone()
                .map(|group| (group.id, group.alive.saturating_add(group.ended)))
                .collect(),
            groups: groups.filter_map(|group| Some((group.id, group.start.clone()?))).collect(),
            sites: trace.sites.iter().enumerate().map(|(row, site)| (site.id, row)).collect(),
        }
    }

    /// The start function of a group.
    pub fn start(&self, group: u32) -> Option<&str> {
        self.groups.get(&group).filter(|_| group != NONE).map(String::as_str)
    }

    /// How many goroutines of a group live in the part, or lived.
    pub fn members(&self, group: u32) -> Option<u64> {
        self.members.get(&group).copied()
    }

    /// A place.
    pub fn site<'a>(&self, trace: &'a Trace, site: u32) -> Option<&'a Site> {
        trace.sites.get(*self.sites.get(&site)?)
    }
}

/// A function without the path of its package: `pkg.(*T).Method`.
pub fn short(function: &str) -> &str {
    // The path ends at the last slash before the receiver or the type arguments.
    let head = function.find(['(', '[']).unwrap_or(function.len());
    let path = function.get(..head).and_then(|head| head.rfind('/')).map_or(0, |slash| slash + 1);
    function.get(path..).unwrap_or(function)
}

/// An answer that lists its stacks and frames once.
pub trait Stacks {
    /// Stacks as indexes of frames, innermost first, and the frames.
    fn tables(&self) -> (&[Vec<u32>], &[StackFrame]);
}

impl Stacks for Trace {
    fn tables(&self) -> (&[Vec<u32>], &[StackFrame]) {
        (&self.stacks, &self.frames)
    }
}

impl Stacks for GoroutineDetails {
    fn tables(&self) -> (&[Vec<u32>], &[StackFrame]) {
        (&self.stacks, &self.frames)
    }
}

/// The frames of a stack, innermost first.
pub fn frames(of: &dyn Stacks, stack: Option<u32>) -> Vec<&StackFrame> {
    let row = |index: u32| usize::try_from(index).ok();
    let (stacks, frames) = of.tables();
    let stack = stack.and_then(row).and_then(|row| stacks.get(row)).into_iter().flatten();
    stack.filter_map(|&frame| frames.get(row(frame)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_path_is_left_out() {
        assert_eq!(short("example.com/shop/cart.(*Cart).Add"), "cart.(*Cart).Add");
        assert_eq!(short("main.main"), "main.main");
        assert_eq!(short("a/b.F[go.shape.*c/d.T]"), "b.F[go.shape.*c/d.T]");
    }
}
