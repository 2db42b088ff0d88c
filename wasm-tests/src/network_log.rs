//! A browser's own record of its network stack: the one place where a request
//! of a worker is seen as well as one of the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

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
        Ok(Self { file: folder.join(format!("{}-{number}.log", std::process::id())) })
    }

    /// Where the browser is to write it.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What the browser wrote, in a form of its own.
    ///
    /// # Errors
    /// No log.
    pub fn read(&self) -> Result<String> {
        fs::read_to_string(&self.file).context("the browser wrote no network log")
    }
}
