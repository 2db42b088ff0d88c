//! Chromium and chromedriver.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Installed, install, named};
use crate::command::find_program;

/// Command line of a Chromium that is driven: no window, nothing of its own
/// to ask the network for, and able to run as root in a container.
pub const FLAGS: [&str; 10] = [
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

/// Chromium as named by `CHROMIUM` and `CHROMEDRIVER`, or on the search path.
pub fn find() -> Option<Installed> {
    Some(Installed {
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
pub fn ensure() -> Result<Installed> {
    if let Some(found) = find() {
        return Ok(found);
    }
    install(&["chromium", "chromium-driver"])?;
    find().context(
        "the tests need Chromium and its driver: install the packages chromium and chromium-driver \
         (Debian names), or name both programs in CHROMIUM and CHROMEDRIVER",
    )
}

/// The runner's configuration file, which it hands to the driver.
///
/// # Errors
/// Paths that are not UTF-8, or a file that cannot be written.
pub fn write_webdriver_json(chromium: &Installed, file: &Path) -> Result<()> {
    let Some(binary) = chromium.browser.to_str().filter(|path| !path.contains(['"', '\\'])) else {
        bail!("{} cannot be named in JSON", chromium.browser.display());
    };
    let flags = FLAGS.map(|flag| format!("\"{flag}\"")).join(", ");
    let json = format!("{{\"goog:chromeOptions\": {{\"binary\": \"{binary}\", \"args\": [{flags}]}}}}\n");
    std::fs::write(file, json).with_context(|| format!("writing {}", file.display()))
}
