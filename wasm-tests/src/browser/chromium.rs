//! What Chromium does over its DevTools protocol.

use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel};
use xtask::browser::{Installed, chromium};

use super::{Browser, Kind, Scheme};
use crate::driver::Driver;
use crate::network_log::NetworkLog;

pub async fn start() -> Result<Browser> {
    let installed = chromium::find().context("no Chromium; `cargo xtask test` installs it")?;
    let driver = Driver::chromedriver(&installed.driver)?;
    let network = NetworkLog::new()?;
    let page = WebDriver::new(driver.url(), capabilities(&installed, &network)?)
        .await
        .context("starting the browser")?;
    Ok(Browser { kind: Kind::Chromium, page, driver, network, _profile: None })
}

fn capabilities(installed: &Installed, network: &NetworkLog) -> Result<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(installed.browser.to_str().context("the browser's path is not UTF-8")?)?;
    for flag in chromium::FLAGS {
        capabilities.add_arg(flag)?;
    }
    capabilities.add_arg(&format!("--log-net-log={}", network.file().display()))?;
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}

/// Addresses of the requests with an initiator: the browser's own errands
/// and what is typed into the address bar have none.
pub fn requests_in(log: &str) -> Vec<String> {
    // One event a line; the last lines are missing if the browser was killed.
    let events = log.lines().filter_map(|line| serde_json::from_str(line.trim_end_matches(',')).ok());
    events.filter_map(|event: Value| request_of_a_page(&event)).collect()
}

fn request_of_a_page(event: &Value) -> Option<String> {
    let parameters = event.get("params")?;
    let initiator = parameters.get("initiator")?.as_str()?;
    let url = parameters.get("url")?.as_str()?;
    (initiator != "not an origin").then(|| url.to_owned())
}

pub async fn before_each_page(browser: &Browser, script: &str) -> Result<()> {
    let script = json!({ "source": script });
    command(browser, "Page.addScriptToEvaluateOnNewDocument", script).await.map(drop)
}

pub async fn freeze(browser: &Browser, is_frozen: bool) -> Result<()> {
    let state = if is_frozen { "frozen" } else { "active" };
    command(browser, "Page.setWebLifecycleState", json!({ "state": state })).await.map(drop)
}

pub async fn picture(browser: &Browser, file: &Path) -> Result<()> {
    let form = json!({ "format": "webp", "quality": 80 });
    let picture = command(browser, "Page.captureScreenshot", form).await?;
    let data = picture.get("data").and_then(Value::as_str).context("no picture")?;
    Ok(std::fs::write(file, BASE64_STANDARD.decode(data)?)?)
}

pub async fn drop_files(browser: &Browser, (x, y): (f64, f64), files: &[String]) -> Result<()> {
    let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
    for step in ["dragEnter", "dragOver", "drop"] {
        let event = json!({ "type": step, "x": x, "y": y, "data": data });
        command(browser, "Input.dispatchDragEvent", event).await?;
    }
    Ok(())
}

pub async fn show_as(browser: &Browser, width: u32, height: u32, scheme: Scheme) -> Result<()> {
    let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    command(browser, "Emulation.setDeviceMetricsOverride", metrics).await?;
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme.name() }] });
    command(browser, "Emulation.setEmulatedMedia", media).await.map(drop)
}

pub async fn save_downloads_in(browser: &Browser, folder: &str) -> Result<()> {
    let how = json!({ "behavior": "allow", "downloadPath": folder });
    command(browser, "Browser.setDownloadBehavior", how).await.map(drop)
}

pub async fn console_problems(browser: &Browser) -> Result<Vec<String>> {
    let log = browser.page.get_log("browser").await?;
    let problems = log.into_iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
    Ok(problems.map(|entry| entry.message).collect())
}

async fn command(browser: &Browser, method: &str, parameters: Value) -> Result<Value> {
    browser.page.cdp().send_raw(method, parameters).await.with_context(|| method.to_owned())
}
