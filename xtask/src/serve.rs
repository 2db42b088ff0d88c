//! `cargo xtask serve`: builds the viewer and serves it on loopback.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::build::Effort;
use crate::command;
use crate::dist;
use crate::site::Site;

/// Options of `cargo xtask serve`.
pub struct Options {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether to open the page in the browser.
    pub open: bool,
    /// How much work the build puts into the page.
    pub effort: Effort,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 8080, open: true, effort: Effort::Ship }
    }
}

/// Builds the site and serves it until the program is stopped.
///
/// # Errors
/// A failing build, or a port that is taken.
pub fn serve(options: &Options) -> Result<()> {
    dist::dist(options.effort)?;
    let site = Site::bind(&dist::folder().join("site"), options.port).with_context(|| {
        format!("listening on port {} of 127.0.0.1; set another one with --port", options.port)
    })?;
    println!("\nStrata is at {} (Ctrl-C stops)", site.url());
    if options.open {
        open_browser(&site.url());
    }
    site.answer_forever();
    Ok(())
}

/// Opens the page where there is a desktop; on a server there is none, and
/// the printed address is enough.
fn open_browser(url: &str) {
    let Some(program) = command::find_program(&["xdg-open", "open"]) else { return };
    let _ = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
