//! Families of rules. Each looks at a group's stack and says which rule it
//! falls under, and what evidence that rule takes. The first that knows the
//! stack wins: signatures of the standard library come before what any channel
//! operation can mean.

mod callbacks;
pub mod channels;
pub mod http_client;
pub mod http_server;
pub mod locks;
mod network;
pub mod process;
mod runtime;
mod sql;

use super::super::grouping::{CallSite, Group};
use super::{Assessment, Context};

/// The assessment of a group; `None` if no rule knows its stack.
pub fn assess(context: &Context<'_>, index: usize, group: &Group) -> Option<Assessment> {
    type Family = fn(&Context<'_>, usize, &Group) -> Option<Assessment>;
    const FAMILIES: &[Family] = &[
        runtime::assess,
        locks::once,
        http_client::assess,
        sql::assess,
        process::assess,
        callbacks::assess,
        locks::assess,
        http_server::assess,
        network::assess,
        channels::assess,
    ];
    FAMILIES.iter().find_map(|family| family(context, index, group))
}

/// The function that was called by the first function that `is_inner` does not hold for.
pub fn first_outside(group: &Group, is_inner: impl Fn(&str) -> bool) -> Option<&CallSite> {
    group.frames.iter().find(|site| !is_inner(&site.function.name))
}

/// True if a function on the stack is one of `names`.
fn has_any(group: &Group, names: &[&str]) -> bool {
    group.names().any(|name| names.contains(&name))
}

/// How many goroutines of the last dump stand in a function.
fn inside(context: &Context<'_>, is_wanted: impl Fn(&Group) -> bool) -> u64 {
    context.series.groups.iter().filter(|group| is_wanted(group)).map(|group| group.last().count).sum()
}
