//! What a user's hands do: real events of mouse, fingers and keys, as the
//! browser makes them, and a wait for what follows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::common::command::Command;
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
        let button = match button {
            Button::Left => 0,
            Button::Right => 2,
        };
        let mut steps = vec![move_to(self.place(css, at).await?)];
        for _ in 0..times {
            steps.push(json!({ "type": "pointerDown", "button": button }));
            steps.push(json!({ "type": "pointerUp", "button": button }));
        }
        self.act(vec![mouse(steps)]).await
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
        let steps = vec![
            move_to(begin),
            json!({ "type": "pointerDown", "button": 0 }),
            move_to(middle),
            move_to(end),
            json!({ "type": "pointerUp", "button": 0 }),
        ];
        self.act(vec![mouse(steps)]).await
    }

    /// Turns the wheel at a place within the first element that matches, with Ctrl held if wanted.
    ///
    /// # Errors
    /// No such element.
    pub async fn wheel(&self, css: &str, at: (f64, f64), by: (f64, f64), with_ctrl: bool) -> Result<()> {
        let (x, y) = whole(self.place(css, at).await?);
        let (dx, dy) = whole(by);
        let turn = json!({ "type": "scroll", "x": x, "y": y, "deltaX": dx, "deltaY": dy });
        let pause = json!({ "type": "pause" });
        let mut sources = vec![json!({ "type": "wheel", "id": "wheel", "actions": [pause, turn, pause] })];
        if with_ctrl {
            let ctrl = Key::Control.value();
            let keys = [
                json!({ "type": "keyDown", "value": ctrl }),
                pause,
                json!({ "type": "keyUp", "value": ctrl }),
            ];
            sources.push(json!({ "type": "key", "id": "key", "actions": keys }));
        }
        self.act(sources).await
    }

    /// Puts fingers on the first element that matches, moves each along its
    /// places, and lifts them.
    ///
    /// # Errors
    /// No such element.
    pub async fn touch(&self, css: &str, fingers: &[&[(f64, f64)]], rest: Duration) -> Result<()> {
        let steps = fingers.iter().map(|finger| finger.len()).max().unwrap_or(0);
        let mut sources = Vec::new();
        for (id, finger) in fingers.iter().enumerate() {
            let mut actions = Vec::new();
            for step in 0..steps {
                let at = finger.get(step).or(finger.last()).context("a finger that is nowhere")?;
                actions.push(move_to(self.place(css, *at).await?));
                if step == 0 {
                    actions.push(json!({ "type": "pointerDown", "button": 0 }));
                }
            }
            actions.push(json!({ "type": "pause", "duration": rest.as_millis() as u64 }));
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
            sources.push(pointer("touch", id, actions));
        }
        self.act(sources).await
    }

    /// Performs what the sources of input do, each step of all at once.
    async fn act(&self, sources: Vec<Value>) -> Result<()> {
        self.page().cmd(Command::PerformActions(Value::from(sources).into())).await?;
        Ok(())
    }

    /// Types a text or presses a key, wherever the focus is.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn keys(&self, what: impl Into<TypingData>) -> Result<()> {
        Ok(self.page().action_chain().send_keys(what.into()).perform().await?)
    }

    /// Presses a key while another is held, wherever the focus is.
    ///
    /// # Errors
    /// A browser that is gone.
    pub async fn chord(&self, held: Key, key: &str) -> Result<()> {
        Ok(self.page().action_chain().key_down(held.clone()).send_keys(key).key_up(held).perform().await?)
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

    /// Has the browser save what it is given to download into a folder of its own.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub async fn save_downloads(&self, name: &str) -> Result<PathBuf> {
        let folder = xtask::build::target_folder()?.join("downloads").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        self.save_downloads_in(&folder).await?;
        Ok(folder)
    }

    async fn place(&self, css: &str, (x, y): (f64, f64)) -> Result<(f64, f64)> {
        let area = "const area = document.querySelector(arguments[0]).getBoundingClientRect(); return [area.left, area.top];";
        let area = self.run(area, &[css]).await.with_context(|| format!("no {css}"))?;
        let at = |index: usize| area.get(index).and_then(Value::as_f64).context("a place");
        Ok((at(0)? + x, at(1)? + y))
    }
}

/// Waits until a file is there, whole.
///
/// # Errors
/// It never is.
pub async fn downloaded(file: &Path) -> Result<Vec<u8>> {
    let start = Instant::now();
    loop {
        // Browsers write under another name until the file is whole; Firefox
        // keeps the last name with an empty file meanwhile.
        if file.metadata().is_ok_and(|file| file.len() > 0) {
            return Ok(std::fs::read(file)?);
        }
        if start.elapsed() > PATIENCE {
            bail!("nothing was saved as {}", file.display());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn mouse(actions: Vec<Value>) -> Value {
    pointer("mouse", 0, actions)
}

fn pointer(kind: &str, number: usize, actions: Vec<Value>) -> Value {
    let parameters = json!({ "pointerType": kind });
    json!({ "type": "pointer", "id": format!("{kind}-{number}"), "parameters": parameters, "actions": actions })
}

fn move_to(at: (f64, f64)) -> Value {
    let (x, y) = whole(at);
    json!({ "type": "pointerMove", "x": x, "y": y })
}

/// Whole pixels: drivers take no parts of one.
fn whole((x, y): (f64, f64)) -> (i64, i64) {
    (x.round() as i64, y.round() as i64)
}
