//! What Firefox does in scripts that have its own rights: geckodriver can run
//! such scripts in the browser's window, and those reach into every process.

mod profile;

use std::path::Path;

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{FirefoxCapabilities, RequestData, SessionId};
use xtask::browser::{Installed, firefox};

use super::{Browser, Kind, Scheme};
use crate::driver::Driver;
use crate::network_log::NetworkLog;
pub use profile::Profile;

/// Sets up `strata` in the browser's window, whose functions are called below.
const WINDOW: &str = include_str!("firefox/window.js");
/// What it runs in the processes of pages.
const PAGES: &str = include_str!("firefox/pages.js");

pub async fn start() -> Result<Browser> {
    let installed =
        firefox::find().context("no Firefox or no geckodriver; `cargo xtask test` installs them")?;
    let profile = Profile::fresh(async |folder| {
        let (_page, driver) = session(&installed, folder).await?;
        Ok(driver.end_browser()?)
    })
    .await?;
    let network = NetworkLog::new()?;
    let (page, driver) = session(&installed, profile.folder()).await?;
    let browser = Browser { kind: Kind::Firefox, page, driver, network, _profile: Some(profile) };
    let log = browser.network.file().to_str().context("a path that is not UTF-8")?;
    privileged(&browser, WINDOW, json!([PAGES, log])).await?;
    Ok(browser)
}

async fn session(installed: &Installed, profile: &Path) -> Result<(WebDriver, Driver)> {
    let mut driver = Driver::geckodriver(&installed.driver)?;
    let page = WebDriver::new(driver.url(), capabilities(installed, profile)?)
        .await
        .context("starting the browser")?;
    // The driver ends it: see `Browser`.
    let _ = page.clone().leak();
    driver.ends_with_session(&page.session_id().to_string());
    Ok((page, driver))
}

fn capabilities(installed: &Installed, profile: &Path) -> Result<FirefoxCapabilities> {
    let mut capabilities = DesiredCapabilities::firefox();
    capabilities
        .set_firefox_binary(installed.browser.to_str().context("the browser's path is not UTF-8")?)?;
    capabilities.add_arg("-profile")?;
    capabilities.add_arg(profile.to_str().context("the profile's path is not UTF-8")?)?;
    capabilities.set_headless()?;
    let preferences = json!({
        // A dropped folder is looked into by the process of its page, which
        // without a real drag and drop was never told that it may.
        "dom.filesystem.pathcheck.disabled": true,
        "security.sandbox.content.read_path_whitelist": "/",
        "browser.download.alwaysOpenPanel": false,
        // A page is as wide as it is asked to be.
        "ui.useOverlayScrollbars": 1,
        // What a user may need next, prepared at each start.
        "browser.newtab.preload": false,
        "browser.newtabpage.enabled": false,
        "dom.ipc.processPrelaunch.enabled": false,
    });
    capabilities.set_browser_option("prefs", preferences)?;
    Ok(capabilities)
}

/// One address a line, as `window.js` writes them.
pub fn requests_in(log: &str) -> Vec<String> {
    log.lines().map(str::to_owned).collect()
}

pub async fn before_each_page(browser: &Browser, script: &str) -> Result<()> {
    privileged(browser, "strata.beforeEachPage(...arguments);", json!([script])).await.map(drop)
}

pub async fn drop_files(browser: &Browser, (x, y): (f64, f64), files: &[String]) -> Result<()> {
    privileged(browser, "await strata.drop(...arguments);", json!([files, x, y])).await.map(drop)
}

pub async fn put_in_background(browser: &Browser, is_in_background: bool) -> Result<()> {
    privileged(browser, "strata.putInBackground(...arguments);", json!([is_in_background])).await.map(drop)
}

pub async fn show_as(browser: &Browser, width: u32, height: u32, scheme: Scheme) -> Result<()> {
    let form = json!([width, height, scheme.name()]);
    privileged(browser, "await strata.showAs(...arguments);", form).await.map(drop)
}

pub async fn save_downloads_in(browser: &Browser, folder: &str) -> Result<()> {
    privileged(browser, "strata.saveDownloads(...arguments);", json!([folder])).await.map(drop)
}

pub async fn console_problems(browser: &Browser) -> Result<Vec<String>> {
    let problems = privileged(browser, "return await strata.problems();", json!([])).await?;
    Ok(serde_json::from_value(problems)?)
}

/// Runs the body of an async function in the browser's window.
async fn privileged(browser: &Browser, body: &str, arguments: Value) -> Result<Value> {
    let arguments = arguments.as_array().cloned().unwrap_or_default();
    let script = format!("return (async function () {{ {body} \n}}).apply(null, arguments);");
    browser.page.cmd(Scope::Window).await?;
    let result = browser.page.execute(script, arguments).await;
    browser.page.cmd(Scope::Page).await?;
    Ok(result?.json().clone())
}

/// Where scripts run from now on.
#[derive(Debug)]
enum Scope {
    Window,
    Page,
}

impl FormatRequestData for Scope {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let context = match self {
            Self::Window => "chrome",
            Self::Page => "content",
        };
        RequestData::new(Method::POST, format!("session/{session}/moz/context"))
            .add_body(json!({ "context": context }))
    }
}
