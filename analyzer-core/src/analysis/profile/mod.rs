//! Profiles as views need them, with `go tool pprof`'s semantics and numbers.
//!
//! ```text
//! Query ─► View::new ─► frames of each location, rows of stacks with weights
//!                         │
//!      top, neighbors ◄───┼───► call tree, folded stacks, filtered export
//! ```
//!
//! Everything here is a pure function of the tables. Source of the semantics:
//! google/pprof as vendored in Go 1.26 (`profile/filter.go`, `prune.go`,
//! `merge.go`; `internal/driver/driver_focus.go`, `tagroot.go`;
//! `internal/graph/graph.go`; `internal/report/report.go`).

mod call_graph;
mod call_tree;
mod compare;
mod details;
mod effects;
pub mod facts;
mod filtered;
mod folded;
mod frames;
mod go_regex;
mod in_time;
mod label_table;
mod layout;
mod line_calls;
mod listing;
mod measurement;
mod nodes;
mod paths;
mod peek;
mod peek_text;
mod query;
mod rows;
mod sample_type;
mod split;
mod summary;
mod tags;
mod text;
mod top;
mod top_csv;
mod top_text;
mod trend;
mod view;
mod viewport;

pub use call_graph::{CallGraph, GraphEdge, GraphNode, Trim, call_graph};
pub use call_tree::{CallTree, Direction, TreeNames, TreeOptions, call_tree};
pub use details::{Details, MappingRow, details};
pub use effects::{Effect, Effects, Left, effects};
pub use filtered::filtered;
pub use folded::folded;
pub use label_table::{LabelKey, Labels, Share, labels};
pub use line_calls::{FunctionLines, LineCall, function_lines};
pub use listing::{ListedFunction, ListedLine, Listing, list_text, listing};
pub use measurement::{percentage, scale, scaled_label, smallest_unit};
pub use nodes::{KeyId, NodeKey};
pub use peek::{Calls, Nodes, Peek, PeekNode, peek};
pub use peek_text::peek_text;
pub use query::{Base, Filter, Filters, Granularity, Query, QueryError, Takes};
pub use summary::summaries;
pub use top::{Inlining, Order, Top, TopRow, top};
pub use top_csv::top_csv;
pub use top_text::top_text;
pub use trend::{Trend, trend};
pub use view::View;
pub use viewport::Viewport;

#[cfg(test)]
mod tests;
