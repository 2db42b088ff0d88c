//! The Strata engine: from the bytes of captures of a Go service to a report.
//!
//! ```text
//! bytes ─ container ─► Source ─ sniff ─► Format::parse ─► Evidence (tables)
//!                                                            │
//!                         subjects, call tree, groups, ledger ▼
//!                                                         analysis
//!                                                            │
//!                                                         detectors ─► Finding
//!                                                            │
//!                                       Session::handle ◄─ Report
//! ```
//!
//! The engine does no I/O, reads no clock and starts no thread: the same bytes
//! give the same report natively and in wasm.

pub mod analysis;
pub mod base;
pub mod detectors;
pub mod evidence;
pub mod formats;
pub mod intake;
pub mod redact;
pub mod report;
pub mod session;
