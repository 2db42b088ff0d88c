//! The Strata report viewer.
//!
//! One wasm module has two entries: in the window it mounts the page, in a
//! dedicated worker it serves the engine. The page hands files to the worker
//! and shows what comes back; it never reads a file itself.
//!
//! ```text
//! window:  intake ─► app ─ state ─► views ─ components
//!                     │               │
//!                     └ worker_client ┘─┐  ToWorker (a File travels as a handle)
//!                                       │
//! worker:  worker ─ file_reader ─ Session  FromWorker
//! ```
//!
//! `state` is pure and tested without a browser; so is `number_format`, the
//! only place that writes numbers. A view is a folder in `views` and a name
//! in the list in `state`, for an address names it. Modules stand on floors,
//! which `cargo xtask tidy` checks.

pub mod address;
pub mod app;
pub mod components;
pub mod crash;
pub mod file_reader;
pub mod intake;
pub mod link;
pub mod number_format;
pub mod protocol;
pub mod selectors;
pub mod state;
pub mod views;
pub mod worker;
pub mod worker_client;

use wasm_bindgen::JsCast;

/// Runs the entry that belongs to this global scope.
pub fn run() {
    if js_sys::global().has_type::<web_sys::Window>() {
        app::mount();
    } else {
        worker::serve();
    }
}
