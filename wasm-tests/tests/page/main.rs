//! The built viewer in a browser, over http and from `file://`: in Chromium, or
//! in the one that `STRATA_BROWSER` names (`chromium`, `firefox`).

mod accessibility;
mod capture;
mod embedding;
mod faults;
mod files;
mod from_inside;
mod gc;
mod goroutines;
mod injection;
mod instruments;
mod isolation;
mod keyboard;
mod large_profiles;
mod memory;
mod odd_profiles;
mod overview;
mod profiles;
mod saved;
mod sockets;
mod source;
mod start;
mod tables;
mod trace;
mod trace_bench;
mod uses;
