//! The page that a Go service serves of itself: it captures the service and
//! shows the report, and nothing on it asks anyone else.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

/// A service with a planted leak.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    fn start() -> Result<Self> {
        let program = xtask::go_module::build("./internal/leaky")?;
        let mut process = Command::new(program).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let output = process.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut url)?;
        Ok(Self { process, url: url.trim().to_owned() })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It ends by no other way.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_service_captures_itself_and_shows_what_fills_its_heap() -> Result<()> {
    let service = Service::start()?;
    let browser = Browser::open(&service.url).await?;
    browser.run("document.querySelector('[name=interval]').value = '2';", &[]).await?;
    // So that the profile has what was allocated up to the snapshot.
    browser.click("[name=gc]").await?;
    browser.click("button.main").await?;
    browser.wait_until("document.querySelector('iframe') !== null").await?;
    browser.enter_frame("iframe").await?;
    browser.wait_for_text(viewer::STATUS, "1 file read").await?;
    browser.wait_until("document.body.textContent.includes('main.(*store).Login')").await?;
    browser.leave_frames().await?;
    let offered = browser.run("return document.getElementById('save').download;", &[]).await?;
    ensure!(offered == "capture.tar.gz", "{offered}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_allowed_is_said_on_the_page() -> Result<()> {
    let service = Service::start()?;
    let browser = Browser::open(&service.url).await?;
    browser.run("document.querySelector('[name=interval]').value = '3600';", &[]).await?;
    browser.click("button.main").await?;
    browser.wait_for_text("#error", "at most 1800 s are allowed").await
}
