//! Known costs: what a function of Go's in a stack costs, and what to do about it.

use std::sync::OnceLock;

use super::roles::is_within;
use super::stacks::{StackId, Stacks};
use crate::base::go_symbol::Origin;
use crate::base::intern::StringTable;

const TABLE: &str = include_str!("known_costs.tsv");

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct KnownCost {
    /// Its name.
    pub name: &'static str,
    /// Roles that stand for it.
    roles: &'static str,
    /// A function that must be on the stack besides; empty if none.
    requires: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// All of them.
pub fn all() -> &'static [KnownCost] {
    static PARSED: OnceLock<Vec<KnownCost>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        let row = |line: &'static str| {
            let mut columns = line.split('\t');
            Some(KnownCost {
                name: columns.next()?,
                roles: columns.next()?,
                requires: columns.next()?,
                title: columns.next()?,
                advice: columns.next()?,
            })
        };
        rows.filter_map(row).collect()
    })
}

impl KnownCost {
    /// Of several rows the one that names the role most closely comes first.
    fn of_role(role: &str) -> Option<&'static Self> {
        let fits = |cost: &&Self| cost.roles.split(',').any(|of| is_within(role, of));
        all().iter().filter(fits).max_by_key(|cost| cost.roles.split(',').any(|of| of == role))
    }

    /// The cost of a stack: what the program's own code asked for, not what that
    /// needed in turn. Below its frame the outermost function that stands for
    /// one; of a stack without own code, any. With its place in the stack.
    pub fn of_stack(
        stacks: &Stacks,
        strings: &StringTable,
        stack: StackId,
    ) -> Option<(&'static Self, usize)> {
        let frames: Vec<_> = stacks.frames(stack).collect();
        let own = frames.iter().position(|frame| frame.origin == Origin::Own).unwrap_or(frames.len());
        let below = frames.iter().enumerate().take(own).rev();
        below.filter_map(|(at, frame)| Some((Self::of_role(frame.role?)?, at))).find(|(cost, _)| {
            let has = |frame: &super::Frame| strings.get(frame.function) == cost.requires;
            cost.requires.is_empty() || frames.iter().any(has)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_cost() {
        assert_eq!(all().len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        assert!(all().iter().all(|cost| !cost.title.is_empty() && cost.advice.ends_with('.')));
    }

    #[test]
    fn the_closest_row_names_a_role() {
        let name = |role| KnownCost::of_role(role).map(|cost| cost.name);
        assert_eq!(name("fmt.time"), Some("fmt.time"));
        assert_eq!(name("fmt"), Some("fmt"));
        assert_eq!(name("conv"), Some("conv"));
        assert_eq!(name("finalizer.sweep"), Some("finalizer"));
        assert_eq!(name("gc.assist"), None);
    }
}
