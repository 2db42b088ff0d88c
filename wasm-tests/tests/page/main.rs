//! The built viewer in Chromium, over http and from `file://`.

mod files;
mod gc;
mod goroutines;
mod isolation;
mod memory;
mod profiles;
mod saved;
mod start;
mod trace;
