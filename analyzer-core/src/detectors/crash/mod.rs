//! `crash.*`: how a process ended, as the runtime printed it, and what ended it.
//! What the runtime prints when the system refuses memory is `mem.go.enomem`.

mod fatal_errors;
pub mod support;

detectors! { panic, fatal, signal }
