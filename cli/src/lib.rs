//! The commands of `strata`, one module each, and what they share.

pub mod check;
pub mod color;
pub mod fleet;
pub mod html;
pub mod input;
pub mod key;
pub mod list;
pub mod output;
pub mod policy;
pub mod progress;
pub mod redact;
pub mod redact_bundle;
pub mod report;
pub mod rows;
pub mod shell;
pub mod text;
pub mod top;

/// Exit status when findings are at or over the gate.
pub const EXIT_FINDINGS: u8 = 1;
/// Exit status when nothing could be read, or for bad usage.
pub const EXIT_UNUSABLE: u8 = 2;
