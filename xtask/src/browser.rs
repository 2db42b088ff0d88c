//! Finds the browser of the tests, and installs it where that is allowed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{find_program, output, run};

/// Command line of a Chromium that is driven: no window, nothing of its own
/// to ask the network for, and able to run as root in a container.
pub const CHROMIUM_FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Containers often have a tiny /dev/shm, which crashes tabs.
    "--disable-dev-shm-usage",
    "--disable-search-engine-choice-screen",
];

/// An installed Chromium and the driver that belongs to it.
pub struct Chromium {
    /// The browser's program.
    pub browser: PathBuf,
    /// Its WebDriver server.
    pub driver: PathBuf,
}

/// Chromium as named by `CHROMIUM` and `CHROMEDRIVER`, or on the search path.
pub fn find() -> Option<Chromium> {
    Some(Chromium {
        browser: named("CHROMIUM").or_else(|| {
            find_program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
        })?,
        driver: named("CHROMEDRIVER").or_else(|| find_program(&["chromedriver", "chromium.chromedriver"]))?,
    })
}

/// Chromium, installed with apt-get if it is missing and we are root.
///
/// # Errors
/// What to install, where we cannot.
pub fn ensure() -> Result<Chromium> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if find_program(&["apt-get"]).is_some() && is_root() {
        install()?;
    }
    find().context(
        "the tests need Chromium and its driver: install the packages chromium and chromium-driver \
         (Debian names), or name both programs in CHROMIUM and CHROMEDRIVER",
    )
}

fn named(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable)?);
    path.is_file().then_some(path)
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn install() -> Result<()> {
    println!("installing chromium and chromium-driver with apt-get");
    let apt = |words: &[&str]| {
        run(Command::new("apt-get")
            .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let packages = ["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver"];
    // The package lists of a fresh image are absent, those of an old one stale.
    apt(&["update"]).and_then(|()| apt(&packages))
}

/// The runner's configuration file, which it hands to the driver.
///
/// # Errors
/// Paths that are not UTF-8, or a file that cannot be written.
pub fn write_webdriver_json(chromium: &Chromium, file: &Path) -> Result<()> {
    let Some(binary) = chromium.browser.to_str().filter(|path| !path.contains(['"', '\\'])) else {
        bail!("{} cannot be named in JSON", chromium.browser.display());
    };
    let flags = CHROMIUM_FLAGS.map(|flag| format!("\"{flag}\"")).join(", ");
    let json = format!("{{\"goog:chromeOptions\": {{\"binary\": \"{binary}\", \"args\": [{flags}]}}}}\n");
    std::fs::write(file, json).with_context(|| format!("writing {}", file.display()))
}
