//! The built viewer in Chromium, over http and from `file://`.

mod files;
mod isolation;
mod profiles;
mod start;
