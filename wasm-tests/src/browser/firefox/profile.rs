//! Profile folders of Firefox. With an empty one it sets itself up first, which costs
//! more than most tests; so one is set up once a run, and each browser gets a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use tokio::sync::OnceCell;

/// Distinguishes the browsers of one test program.
static NEXT: AtomicU32 = AtomicU32::new(0);
/// Set up by the first browser that is started, and never used by a test.
static TEMPLATE: OnceCell<Profile> = OnceCell::const_new();

/// A profile's folder; dropping it deletes it.
#[derive(Debug)]
pub struct Profile {
    folder: PathBuf,
}

impl Profile {
    /// A folder as Firefox leaves it after its first start, for one browser alone.
    ///
    /// # Errors
    /// What `set_up` fails with, and a folder that cannot be written.
    pub async fn fresh(set_up: impl AsyncFnOnce(&Path) -> Result<()>) -> Result<Self> {
        let template = TEMPLATE
            .get_or_try_init(async || {
                // What an earlier run has set up, and left.
                let _ = fs::remove_dir_all(all()?);
                let profile = Self::empty()?;
                set_up(&profile.folder).await.context("setting up a profile")?;
                anyhow::Ok(profile)
            })
            .await?;
        let profile = Self::empty()?;
        copy(&template.folder, &profile.folder)?;
        Ok(profile)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn empty() -> Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = all()?.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self { folder })
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // Its browser may still be writing its last words: what is left is in `target`.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Of every browser of a run.
fn all() -> Result<PathBuf> {
    Ok(xtask::build::target_folder()?.join("tmp/firefox-profiles"))
}

/// Files and folders; a link is the lock of the browser that made it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target).with_context(|| format!("copying {}", target.display()))?;
        }
    }
    Ok(())
}
