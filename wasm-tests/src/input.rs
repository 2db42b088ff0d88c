//! What a user's hands do: real events of mouse, fingers and keys, as the
//! browser makes them, and a wait for what follows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::components::SelectElement;
use thirtyfour::prelude::*;

use crate::browser::Browser;

/// A guard against hanging, not a measure of anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A button of the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// The one to click with.
    Left,
    /// The one for menus.
    Right,
}

impl Browser {
    /// Presses a button, so many times, at a place within the first element that matches.
    ///
    /// # Errors
    /// No such element.
    pub async fn press_at(&self, css: &str, at: (f64, f64), button: Button, times: u32) -> Result<()> {
        let (x, y) = self.place(css, at).await?;
        let button = match button {
            Button::Left => "left",
            Button::Right => "right",
        };
        self.command("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": x, "y": y })).await?;
        for count in 1..=times {
            for kind in ["mousePressed", "mouseReleased"] {
                let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": count });
                self.command("Input.dispatchMouseEvent", event).await?;
            }
        }
        Ok(())
    }

    /// Clicks at a place within the first element that matches.
    ///
    /// # Errors
    /// No such element.
    pub async fn click_at(&self, css: &str, at: (f64, f64)) -> Result<()> {
        self.press_at(css, at, Button::Left, 1).await
    }

    /// Puts the mouse at a place within the first element that matches.
    ///
    /// # Errors
    /// No such element.
    pub async fn point_at(&self, css: &str, at: (f64, f64)) -> Result<()> {
        self.press_at(css, at, Button::Left, 0).await
    }

    /// Drags from one place within the first element that matches to another.
    ///
    /// # Errors
    /// No such element.
    pub async fn drag(&self, css: &str, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        let (begin, end) = (self.place(css, from).await?, self.place(css, to).await?);
        let middle = ((begin.0 + end.0) / 2.0, (begin.1 + end.1) / 2.0);
        let steps = [
            ("mouseMoved", begin),
            ("mousePressed", begin),
            ("mouseMoved", middle),
            ("mouseMoved", end),
            ("mouseReleased", end),
        ];
        for (kind, (x, y)) in steps {
            let event =
                json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            self.command("Input.dispatchMouseEvent", event).await?;
        }
        Ok(())
    }

    /// Turns the wheel at a place within the first element that matches, with Ctrl held if wanted.
    ///
    /// # Errors
    /// No such element.
    pub async fn wheel(&self, css: &str, at: (f64, f64), by: (f64, f64), with_ctrl: bool) -> Result<()> {
        let (x, y) = self.place(css, at).await?;
        let event = json!({
            "type": "mouseWheel", "x": x, "y": y, "deltaX": by.0, "deltaY": by.1,
            "modifiers": if with_ctrl { 2 } else { 0 },
        });
        self.command("Input.dispatchMouseEvent", event).await.map(drop)
    }

    /// Puts fingers on the first element that matches, moves each along its
    /// places, and lifts them.
    ///
    /// # Errors
    /// No such element.
    pub async fn touch(&self, css: &str, fingers: &[&[(f64, f64)]], rest: Duration) -> Result<()> {
        let steps = fingers.iter().map(|finger| finger.len()).max().unwrap_or(0);
        for step in 0..steps {
            let mut points = Vec::new();
            for (id, finger) in fingers.iter().enumerate() {
                let at = finger.get(step).or(finger.last()).context("a finger that is nowhere")?;
                let (x, y) = self.place(css, *at).await?;
                points.push(json!({ "x": x, "y": y, "id": id }));
            }
            let kind = if step == 0 { "touchStart" } else { "touchMove" };
            self.command("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await?;
        }
        tokio::time::sleep(rest).await;
        self.command("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] }))
            .await
            .map(drop)
    }

    /// Types a text or presses a key, wherever the focus is.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn keys(&self, what: impl Into<TypingData>) -> Result<()> {
        Ok(self.page().action_chain().send_keys(what.into()).perform().await?)
    }

    /// Types into the first element that matches.
    ///
    /// # Errors
    /// No such element, or one that takes no text.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<()> {
        Ok(self.page().find(By::Css(css)).await?.send_keys(text).await?)
    }

    /// Chooses an entry of a `select` by its value.
    ///
    /// # Errors
    /// No such element or entry.
    pub async fn choose(&self, css: &str, value: &str) -> Result<()> {
        let element = self.page().find(By::Css(css)).await?;
        Ok(SelectElement::new(&element).await?.select_by_value(value).await?)
    }

    /// Goes back in the history.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn back(&self) -> Result<()> {
        Ok(self.page().back().await?)
    }

    /// Waits until an expression of the page is true. A failure of the
    /// expression counts as not yet.
    ///
    /// # Errors
    /// It never is; the error has what the expression gave last.
    pub async fn wait_until(&self, expression: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let value = self.run(&format!("return ({expression});"), &[]).await;
            if matches!(value, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("waited for {expression}, which is {value:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Has the browser save into a folder of its own what it is given to download.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub async fn save_downloads(&self, name: &str) -> Result<PathBuf> {
        let folder = xtask::build::target_folder()?.join("downloads").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let path = folder.to_str().context("a path that is not UTF-8")?;
        let how = json!({ "behavior": "allow", "downloadPath": path });
        self.command("Browser.setDownloadBehavior", how).await?;
        Ok(folder)
    }

    async fn place(&self, css: &str, (x, y): (f64, f64)) -> Result<(f64, f64)> {
        let area = "const area = document.querySelector(arguments[0]).getBoundingClientRect(); return [area.left, area.top];";
        let area = self.run(area, &[css]).await.with_context(|| format!("no {css}"))?;
        let at = |index: usize| area.get(index).and_then(Value::as_f64).context("a place");
        Ok((at(0)? + x, at(1)? + y))
    }
}

/// Waits until a file is there and no longer grows.
///
/// # Errors
/// It never is.
pub async fn downloaded(file: &Path) -> Result<Vec<u8>> {
    let start = Instant::now();
    loop {
        // Chromium writes under another name until the file is whole.
        if file.exists() {
            return Ok(std::fs::read(file)?);
        }
        if start.elapsed() > PATIENCE {
            bail!("nothing was saved as {}", file.display());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
