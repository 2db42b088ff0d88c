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
//!                                          Session::ask ◄─ Report
//! ```
//!
//! The engine does no I/O, reads no clock and starts no thread: the same bytes
//! give the same report natively and in wasm. Files go into a
//! [`Session`](session::Session), which says what they are, reads them, and gives a
//! [`Report`](report::Report):
//!
//! ```
//! use analyzer_core::session::Session;
//!
//! let folder = "tests/fixtures/bundles/pricing-go1.26-cgroup2/t1";
//! let mut session = Session::default();
//! for entry in std::fs::read_dir(folder)? {
//!     let path = entry?.path();
//!     if path.is_file() {
//!         session.add(&path.to_string_lossy(), std::fs::read(&path)?);
//!     }
//! }
//! let report = session.report();
//! println!("{}", report.verdict);
//! for finding in &report.findings {
//!     println!("{}: {}", finding.code, finding.claim);
//! }
//! # assert!(report.sources.len() > 3);
//! # assert!(report.sources.iter().any(|source| source.format.is_some()));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What the report does not hold, a view asks for: see [`session::question`].
//!
//! `session`, `report` and what they need of `base` is all that there is to use.
//! The feature `internals` opens the rest to the engine's own tests, to the fuzzer
//! and to the task runner; nothing there is kept as it is for anyone else.

#![cfg_attr(
    not(feature = "internals"),
    allow(dead_code, unused_imports, reason = "what only tests and the task runner look at")
)]

/// Modules that are open to tests, the fuzzer and the task runner only.
macro_rules! internal {
    ($($module:ident),* $(,)?) => {
        $(
            #[cfg(feature = "internals")]
            #[allow(missing_docs, reason = "each module has its own")]
            pub mod $module;
            #[cfg(not(feature = "internals"))]
            pub(crate) mod $module;
        )*
    };
}

pub mod base;
pub mod report;
pub mod session;

internal! { analysis, detectors, evidence, formats, intake, redact }

pub(crate) use base::index::newtype_index;
