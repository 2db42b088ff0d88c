//! Chromium's own record of its network stack: the one place where a request
//! of a worker is seen as well as one of the page.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use serde_json::Value;

/// Distinguishes the browsers of one test program.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The file of one browser's log.
#[derive(Debug, Clone)]
pub struct NetworkLog {
    file: PathBuf,
}

impl NetworkLog {
    /// A file that no other browser writes to.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new() -> Result<Self> {
        let folder = xtask::build::target_folder()?.join("network-logs");
        fs::create_dir_all(&folder)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { file: folder.join(format!("{}-{number}.json", std::process::id())) })
    }

    /// The browser's argument that has it write the log.
    pub fn argument(&self) -> String {
        format!("--log-net-log={}", self.file.display())
    }

    /// Addresses of the requests with an initiator: the browser's own errands
    /// and what is typed into the address bar have none.
    ///
    /// # Errors
    /// No log.
    pub fn requests(&self) -> Result<Vec<String>> {
        let log = fs::read_to_string(&self.file).context("the browser wrote no network log")?;
        // One event a line; the last lines are missing if the browser was killed.
        let events = log.lines().filter_map(|line| serde_json::from_str(line.trim_end_matches(',')).ok());
        Ok(events.filter_map(|event: Value| request_of_a_page(&event)).collect())
    }
}

fn request_of_a_page(event: &Value) -> Option<String> {
    let parameters = event.get("params")?;
    let initiator = parameters.get("initiator")?.as_str()?;
    let url = parameters.get("url")?.as_str()?;
    (initiator != "not an origin").then(|| url.to_owned())
}
