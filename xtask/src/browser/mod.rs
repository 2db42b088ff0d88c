//! Finds the browsers of the tests, and installs them where that is allowed.

pub mod axe;
pub mod chromium;
pub mod firefox;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::command::{find_program, output, run};

/// An installed browser and the driver that belongs to it.
pub struct Installed {
    /// The browser's program.
    pub browser: PathBuf,
    /// Its WebDriver server.
    pub driver: PathBuf,
}

/// The file that a variable of the environment names.
fn named(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable)?);
    path.is_file().then_some(path)
}

/// Installs packages with apt-get, if there is one and we are root; otherwise
/// does nothing.
///
/// # Errors
/// A package that cannot be had.
pub fn install(packages: &[&str]) -> Result<()> {
    if find_program(&["apt-get"]).is_none() || !is_root() {
        return Ok(());
    }
    println!("installing {} with apt-get", packages.join(" and "));
    let apt = |words: &[&str]| {
        run(Command::new("apt-get")
            .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = [["install", "--yes", "--no-install-recommends"].as_slice(), packages].concat();
    // The package lists of a fresh image are absent, those of an old one stale.
    apt(&["update"]).and_then(|()| apt(&install))
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}
