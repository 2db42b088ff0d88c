//! database/sql: pools that run dry, rows and transactions that stay open.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy};

pub fn assess(_context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    if group.wait == Wait::Select && group.has("database/sql.(*DB).conn") {
        let policy = Policy { growth: Some(3), is_strong: true, ..Policy::default() };
        return Some(Assessment::new("sql-pool-exhausted", policy.or_waited(1, 0).or_aged(1, 0)));
    }
    let policy = Policy { growth: Some(3), ramp: true, is_busy_place: true, ..Policy::default() };
    let policy = policy.or_waited(3, 0).or_aged(3, 0);
    if group.has("database/sql.(*Rows).awaitDone") {
        return Some(Assessment::new("sql-rows", policy));
    }
    group.has("database/sql.(*Tx).awaitDone").then(|| Assessment::new("sql-tx", policy))
}
