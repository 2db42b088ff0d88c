//! The task runner's parts. The browser tests use its server too, so that
//! what they see is what `cargo xtask serve` shows.
//!
//! ```text
//! build (cargo, wasm-bindgen) ─▶ page (assembles one HTML text) ─▶ dist ─▶ serve
//! ```

pub mod bench;
pub mod browser;
pub mod build;
pub mod command;
pub mod dist;
pub mod docs;
pub mod format;
pub mod fuzz;
pub mod go_module;
pub mod inventory;
pub mod mutants;
pub mod page;
pub mod score;
pub mod serve;
pub mod site;
pub mod test;
pub mod tidy;
