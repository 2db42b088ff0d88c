//! pprof profiles: decoding and analysis against stored outputs of `go tool pprof`.

// The lint spares functions marked as tests, not their helpers.
#![allow(clippy::unwrap_used)]

mod call_graph;
mod corpus;
mod depth;
mod hostile;
mod raw;
mod reference;
mod support;
mod tree;
