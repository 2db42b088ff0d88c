//! The built viewer in Chromium, over http and from `file://`.

mod capture;
mod embedding;
mod faults;
mod files;
mod gc;
mod goroutines;
mod injection;
mod isolation;
mod memory;
mod odd_profiles;
mod profiles;
mod saved;
mod start;
mod trace;
mod uses;
