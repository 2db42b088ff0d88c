//! One browser with one page: what a user can do to it and see of it.

mod chromium;
mod firefox;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::driver::Driver;
use crate::network_log::NetworkLog;

/// A guard against hanging, not a measure of anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which browser to drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
    /// Firefox, with geckodriver.
    Firefox,
}

impl Kind {
    /// The one that `STRATA_BROWSER` names, otherwise Chromium.
    ///
    /// # Errors
    /// A name of neither.
    pub fn chosen() -> Result<Self> {
        match std::env::var("STRATA_BROWSER").as_deref() {
            Err(_) | Ok("chromium") => Ok(Self::Chromium),
            Ok("firefox") => Ok(Self::Firefox),
            Ok(other) => bail!("STRATA_BROWSER is {other:?}, neither chromium nor firefox"),
        }
    }
}

/// Color scheme that the system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `prefers-color-scheme: light`
    Light,
    /// `prefers-color-scheme: dark`
    Dark,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A running browser; dropping it ends it.
pub struct Browser {
    kind: Kind,
    page: WebDriver,
    // After the page: a driver that is gone cannot end a session.
    driver: Driver,
    network: NetworkLog,
    // After the driver: until then the browser writes to it.
    _profile: Option<firefox::Profile>,
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
    /// Starts a browser with an empty profile.
    ///
    /// # Errors
    /// No browser, or one that does not start.
    pub async fn start(kind: Kind) -> Result<Self> {
        match kind {
            Kind::Chromium => chromium::start().await,
            Kind::Firefox => firefox::start().await,
        }
    }

    /// Starts the chosen browser and opens a page.
    ///
    /// # Errors
    /// As [`Browser::start`], and a page that does not load.
    pub async fn open(url: &str) -> Result<Self> {
        let browser = Self::start(Kind::chosen()?).await?;
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
        match self.kind {
            Kind::Chromium => chromium::before_each_page(self, script).await,
            Kind::Firefox => firefox::before_each_page(self, script).await,
        }
    }

    /// Treats the page as the browser does with a tab that is long out of
    /// sight, or brings it back. Chromium freezes such a page, Firefox slows
    /// its timers and draws no frame of it.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn put_in_background(&self, is_in_background: bool) -> Result<()> {
        match self.kind {
            Kind::Chromium => chromium::freeze(self, is_in_background).await,
            Kind::Firefox => firefox::put_in_background(self, is_in_background).await,
        }
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
        let find = "return document.querySelector(arguments[0]).shadowRoot.querySelector('iframe');";
        let frame = self.page.execute(find, vec![Value::from(css)]).await?.element()?;
        Ok(frame.enter_frame().await?)
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
    /// A file that cannot be written, or a browser that makes no WebP.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        match self.kind {
            Kind::Chromium => chromium::picture(self, file).await,
            Kind::Firefox => bail!("Firefox takes pictures as PNG only"),
        }
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
    /// matches, all in one drag, as if they came from the desktop.
    ///
    /// # Errors
    /// No such element, or no such file.
    pub async fn drop_files(&self, css: &str, files: &[PathBuf]) -> Result<()> {
        let files = absolute(files)?;
        let rect = self.page.find(By::Css(css)).await?.rect().await?;
        let at = (rect.x + rect.width / 2.0, rect.y + rect.height.min(400.0) / 2.0);
        match self.kind {
            Kind::Chromium => chromium::drop_files(self, at, &files).await,
            Kind::Firefox => firefox::drop_files(self, at, &files).await,
        }
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
        match self.kind {
            Kind::Chromium => chromium::show_as(self, width, height, scheme).await,
            Kind::Firefox => firefox::show_as(self, width, height, scheme).await,
        }
    }

    /// Has the browser save into this folder what it is given to download.
    ///
    /// # Errors
    /// A path that is not UTF-8, or a browser that is gone.
    pub async fn save_downloads_in(&self, folder: &Path) -> Result<()> {
        let folder = folder.to_str().context("a path that is not UTF-8")?;
        match self.kind {
            Kind::Chromium => chromium::save_downloads_in(self, folder).await,
            Kind::Firefox => firefox::save_downloads_in(self, folder).await,
        }
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
        let (kind, network) = (self.kind, self.network.clone());
        self.driver.end_browser()?;
        drop(self);
        let log = network.read()?;
        Ok(match kind {
            Kind::Chromium => chromium::requests_in(&log),
            Kind::Firefox => firefox::requests_in(&log),
        })
    }

    /// Warnings and errors on the page's console since the last call.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn console_problems(&self) -> Result<Vec<String>> {
        match self.kind {
            Kind::Chromium => chromium::console_problems(self).await,
            Kind::Firefox => firefox::console_problems(self).await,
        }
    }

    pub(crate) fn page(&self) -> &WebDriver {
        &self.page
    }
}

fn absolute(files: &[PathBuf]) -> Result<Vec<String>> {
    let absolute = |file: &Path| -> Result<String> {
        let path = file.canonicalize().with_context(|| format!("{}", file.display()))?;
        path.to_str().map(str::to_owned).context("a path that is not UTF-8")
    };
    files.iter().map(|file| absolute(file)).collect()
}
