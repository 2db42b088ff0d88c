//! Firefox and geckodriver, which Debian has no package of.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Installed, install, named};
use crate::build;
use crate::command::{cargo, find_program, run};

/// Of geckodriver, where it must be built.
const DRIVER_VERSION: &str = "0.37.1";

/// Firefox as named by `FIREFOX` and `GECKODRIVER`, or on the search path;
/// the driver also where [`ensure`] puts it.
pub fn find() -> Option<Installed> {
    Some(Installed { browser: find_browser()?, driver: find_driver()? })
}

/// Firefox, installed with apt-get if it is missing and we are root, and its
/// driver, built if it is missing.
///
/// # Errors
/// What to install, where we cannot.
pub fn ensure() -> Result<Installed> {
    if find_browser().is_none() {
        install(&["firefox-esr"])?;
    }
    let browser = find_browser().context(
        "the tests need Firefox: install the package firefox-esr (Debian's name), or name the program in FIREFOX",
    )?;
    if let Some(driver) = find_driver() {
        return Ok(Installed { browser, driver });
    }
    println!("building geckodriver {DRIVER_VERSION}, once; GECKODRIVER can name another");
    let tools = build::target_folder()?.join("tools");
    run(cargo()
        // It passes messages on: what a debug build loses is nothing beside what building costs.
        .args([
            "install",
            "--quiet",
            "--debug",
            "geckodriver",
            "--locked",
            "--version",
            DRIVER_VERSION,
            "--root",
        ])
        .arg(&tools)
        .env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    Ok(Installed { browser, driver: built_driver().context("cargo install made no geckodriver")? })
}

fn find_browser() -> Option<PathBuf> {
    named("FIREFOX").or_else(|| find_program(&["firefox-esr", "firefox"]))
}

fn find_driver() -> Option<PathBuf> {
    named("GECKODRIVER").or_else(|| find_program(&["geckodriver"])).or_else(built_driver)
}

fn built_driver() -> Option<PathBuf> {
    let driver = build::target_folder()
        .ok()?
        .join("tools/bin")
        .join(format!("geckodriver{}", std::env::consts::EXE_SUFFIX));
    driver.is_file().then_some(driver)
}
