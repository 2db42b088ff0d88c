//! One browser with one page: what a user can do to it and see of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel};

use crate::driver::Driver;
use crate::network_log::NetworkLog;

/// A guard against hanging, not a measure of anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which browser to drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
}

/// Color scheme that the system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `prefers-color-scheme: light`
    Light,
    /// `prefers-color-scheme: dark`
    Dark,
}

/// A running browser; dropping it ends it.
pub struct Browser {
    page: WebDriver,
    // After the page: a driver that is gone cannot end a session.
    driver: Driver,
    network: NetworkLog,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its sessions when it is shut down, in a failed test
        // too. Left to itself, the session would end from within this drop,
        // which holds up its executor for minutes.
        let _ = self.page.clone().leak();
    }
}

impl Browser {
    /// Starts a browser with an empty profile. `arguments` are added to its
    /// command line.
    ///
    /// # Errors
    /// No browser, or one that does not start.
    pub async fn start(kind: Kind, arguments: &[&str]) -> Result<Self> {
        let Kind::Chromium = kind;
        let chromium = xtask::browser::find().context("no Chromium; `cargo xtask test` installs it")?;
        let driver = Driver::start(&chromium.driver)?;
        let network = NetworkLog::new()?;
        let log = network.argument();
        let arguments: Vec<&str> = arguments.iter().copied().chain([log.as_str()]).collect();
        let page = WebDriver::new(driver.url(), chromium_capabilities(&chromium, &arguments)?)
            .await
            .context("starting the browser")?;
        Ok(Self { page, driver, network })
    }

    /// Starts Chromium and opens a page.
    ///
    /// # Errors
    /// As [`Browser::start`], and a page that does not load.
    pub async fn open(url: &str) -> Result<Self> {
        let browser = Self::start(Kind::Chromium, &[]).await?;
        browser.goto(url).await?;
        Ok(browser)
    }

    /// Opens another page.
    ///
    /// # Errors
    /// A page that does not load.
    pub async fn goto(&self, url: &str) -> Result<()> {
        self.page.goto(url).await.with_context(|| format!("opening {url}"))
    }

    /// Runs a script before the scripts of every page that is opened from now
    /// on: a browser that is otherwise than others.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn before_each_page(&self, script: &str) -> Result<()> {
        self.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        Ok(())
    }

    /// Freezes the page as the browser does with a tab long in the background, or thaws it.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn freeze(&self, is_frozen: bool) -> Result<()> {
        let state = if is_frozen { "frozen" } else { "active" };
        self.command("Page.setWebLifecycleState", json!({ "state": state })).await?;
        Ok(())
    }

    /// Text of the first element that matches: what is rendered, text for
    /// screen readers alone too.
    ///
    /// # Errors
    /// No such element.
    pub async fn text(&self, css: &str) -> Result<String> {
        let text = self.page.find(By::Css(css)).await?.prop("innerText").await?;
        Ok(text.unwrap_or_default())
    }

    /// Waits until the text of the first element that matches contains `wanted`.
    ///
    /// # Errors
    /// It never does; the error has the text that was there instead.
    pub async fn wait_for_text(&self, css: &str, wanted: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let text = self.text(css).await;
            if text.as_ref().is_ok_and(|text| text.contains(wanted)) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("waited for {wanted:?} in {css}, which has {text:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the address's hash is as wanted: the page writes it a moment
    /// after the last change.
    ///
    /// # Errors
    /// It never is; the error has the hash that was there instead.
    pub async fn wait_for_hash(&self, is_wanted: impl Fn(&str) -> bool) -> Result<()> {
        let start = Instant::now();
        loop {
            let hash = self.run("return location.hash;", &[]).await?;
            if hash.as_str().is_some_and(&is_wanted) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("waited for another hash than {hash}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Goes on inside the first frame that matches.
    ///
    /// # Errors
    /// No such frame.
    pub async fn enter_frame(&self, css: &str) -> Result<()> {
        Ok(self.page.find(By::Css(css)).await?.enter_frame().await?)
    }

    /// Goes on inside the frame that an element has in its shadow.
    ///
    /// # Errors
    /// No such element, or no frame in it.
    pub async fn enter_shadow_frame(&self, css: &str) -> Result<()> {
        let shadow = self.page.find(By::Css(css)).await?.get_shadow_root().await?;
        Ok(shadow.find(By::Css("iframe")).await?.enter_frame().await?)
    }

    /// Goes on in the page itself.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn leave_frames(&self) -> Result<()> {
        Ok(self.page.enter_default_frame().await?)
    }

    /// Writes a picture of the page as it is, as WebP.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        let form = json!({ "format": "webp", "quality": 80 });
        let picture = self.command("Page.captureScreenshot", form).await?;
        let data = picture.get("data").and_then(Value::as_str).context("no picture")?;
        Ok(std::fs::write(file, BASE64_STANDARD.decode(data)?)?)
    }

    /// Clicks the first element that matches.
    ///
    /// # Errors
    /// No such element, or one that is covered.
    pub async fn click(&self, css: &str) -> Result<()> {
        Ok(self.page.find(By::Css(css)).await?.click().await?)
    }

    /// Chooses files in a file input, or a folder if the input takes folders.
    ///
    /// # Errors
    /// No such input, or no such file.
    pub async fn choose_files(&self, css: &str, files: &[PathBuf]) -> Result<()> {
        let paths = absolute(files)?.join("\n");
        Ok(self.page.find(By::Css(css)).await?.send_keys(paths).await?)
    }

    /// Drops files and folders on the middle of the first element that
    /// matches, all in one drag. Chromium takes them as if they came from the
    /// desktop, folders included.
    ///
    /// # Errors
    /// No such element, or no such file.
    pub async fn drop_files(&self, css: &str, files: &[PathBuf]) -> Result<()> {
        let rect = self.page.find(By::Css(css)).await?.rect().await?;
        let data = json!({ "items": [], "files": absolute(files)?, "dragOperationsMask": 1 });
        for step in ["dragEnter", "dragOver", "drop"] {
            let event = json!({
                "type": step,
                "x": rect.x + rect.width / 2.0,
                "y": rect.y + rect.height.min(400.0) / 2.0,
                "data": data,
            });
            self.command("Input.dispatchDragEvent", event).await?;
        }
        Ok(())
    }

    /// Runs the body of an async function in the page and gives what it
    /// returns. The body finds `arguments`.
    ///
    /// # Errors
    /// What the script throws.
    pub async fn run(&self, body: &str, arguments: &[&str]) -> Result<Value> {
        let script = format!("return (async function () {{ {body} }}).apply(null, arguments);");
        let arguments: Vec<Value> = arguments.iter().copied().map(Value::from).collect();
        Ok(self.page.execute(script, arguments).await?.json().clone())
    }

    /// Sets the size of the page, in CSS pixels, and the color scheme.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn show_as(&self, width: u32, height: u32, scheme: Scheme) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", metrics).await?;
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.command("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    /// Writes pictures of the page, wide and narrow, light and dark, to
    /// `target/screenshots/NAME-….png`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub async fn screenshots(&self, name: &str) -> Result<()> {
        let folder = xtask::build::target_folder()?.join("screenshots");
        std::fs::create_dir_all(&folder)?;
        for (width, height) in [(1440, 900), (390, 844)] {
            for (scheme, label) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
                self.show_as(width, height, scheme).await?;
                let file = folder.join(format!("{name}-{width}x{height}-{label}.png"));
                self.page.screenshot(&file).await?;
            }
        }
        Ok(())
    }

    /// Ends the browser and gives every request that a page, frame or worker
    /// made in its life, as the browser's network stack has them. Addresses
    /// that the tests opened are not among them, nor is what stays in memory
    /// (`blob:`, `data:`).
    ///
    /// # Errors
    /// A browser that wrote no log.
    pub async fn requests_until_end(self) -> Result<Vec<String>> {
        let network = self.network.clone();
        self.driver.end_sessions()?;
        drop(self);
        network.requests()
    }

    /// Warnings and errors on the page's console since the last call.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn console_problems(&self) -> Result<Vec<String>> {
        let log = self.page.get_log("browser").await?;
        let problems = log.into_iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        Ok(problems.map(|entry| entry.message).collect())
    }

    pub(crate) fn page(&self) -> &WebDriver {
        &self.page
    }

    pub(crate) async fn command(&self, method: &str, parameters: Value) -> Result<Value> {
        self.page.cdp().send_raw(method, parameters).await.with_context(|| method.to_owned())
    }
}

fn chromium_capabilities(
    chromium: &xtask::browser::Chromium,
    arguments: &[&str],
) -> Result<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(chromium.browser.to_str().context("the browser's path is not UTF-8")?)?;
    for flag in xtask::browser::CHROMIUM_FLAGS.iter().chain(arguments) {
        capabilities.add_arg(flag)?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}

fn absolute(files: &[PathBuf]) -> Result<Vec<String>> {
    let absolute = |file: &Path| -> Result<String> {
        let path = file.canonicalize().with_context(|| format!("{}", file.display()))?;
        path.to_str().map(str::to_owned).context("a path that is not UTF-8")
    };
    files.iter().map(|file| absolute(file)).collect()
}
