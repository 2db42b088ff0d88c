//! The built viewer in Chromium, over http and from `file://`.

mod files;
mod goroutines;
mod isolation;
mod start;
