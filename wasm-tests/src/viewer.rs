//! The built viewer: where it is, and how it is used. Names of its elements
//! stand here and in no test.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xtask::dist;
use xtask::site::Site;

use crate::browser::{Browser, Kind};

/// The element that files are dropped on.
pub const DROP_TARGET: &str = "#main";

/// Says how many files were read, once none is being read.
pub const STATUS: &str = ".loading [role=status]";

/// Serves `dist/site/` on a free port.
///
/// # Errors
/// No free port, or nothing built.
pub fn site() -> Result<Site> {
    let folder = dist::folder().join("site");
    folder.join("index.html").canonicalize().context("dist/site/ is not built: `cargo xtask dist`")?;
    Ok(Site::start(&folder)?)
}

/// `file://` address of `dist/strata.html`.
///
/// # Errors
/// Nothing built.
pub fn file_url() -> Result<String> {
    let file = dist::folder().join("strata.html");
    let file = file.canonicalize().context("dist/strata.html is not built: `cargo xtask dist`")?;
    Ok(format!("file://{}", file.display()))
}

/// Text of the built page.
///
/// # Errors
/// Nothing built.
pub fn html() -> Result<String> {
    std::fs::read_to_string(dist::folder().join("strata.html"))
        .context("dist/strata.html is not built: `cargo xtask dist`")
}

/// Where a test writes its own files: a folder of this test and browser alone. A file that
/// another test writes again while a page reads it is one that the browser cannot read.
///
/// # Errors
/// A thread without a name, which no test has, a browser that is not known, or a folder that cannot be made.
pub fn scratch() -> Result<PathBuf> {
    let thread = std::thread::current();
    let test = thread.name().context("a thread without its test's name")?.replace("::", "/");
    let browser = match Kind::chosen()? {
        Kind::Chromium => "chromium",
        Kind::Firefox => "firefox",
    };
    let folder = xtask::build::target_folder()?.join("tmp").join(browser).join(test);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// A folder of real captures of one service, from the engine's fixtures.
pub fn bundle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/bundles").join(name)
}

/// Waits until the page takes files.
///
/// # Errors
/// It never does.
pub async fn wait_until_ready(browser: &Browser) -> Result<()> {
    browser.wait_for_text(DROP_TARGET, "Drop").await
}

/// Chooses files and waits until the worker has read each to its end.
///
/// # Errors
/// A page or a worker that does not run.
pub async fn choose_files(browser: &Browser, files: &[PathBuf]) -> Result<()> {
    wait_until_ready(browser).await?;
    browser.choose_files("#browse", files).await?;
    wait_until_read(browser, files).await
}

/// Drops files and folders in one drag and waits until the worker has read
/// each file to its end.
///
/// # Errors
/// A page or a worker that does not run.
pub async fn drop_files(browser: &Browser, paths: &[PathBuf]) -> Result<()> {
    wait_until_ready(browser).await?;
    browser.drop_files(DROP_TARGET, paths).await?;
    wait_until_read(browser, paths).await
}

/// Waits until the worker has read every file at or below these paths.
///
/// # Errors
/// It never does.
pub async fn wait_until_read(browser: &Browser, paths: &[PathBuf]) -> Result<()> {
    let files = paths.iter().map(|path| count_files(path)).sum::<Result<usize>>()?;
    let read = if files == 1 { "1 file read".to_owned() } else { format!("{files} files read") };
    browser.wait_for_text(STATUS, &read).await
}

/// Files at or below a path.
fn count_files(path: &Path) -> Result<usize> {
    if !path.is_dir() {
        return Ok(1);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("{}", path.display()))?;
    entries.map(|entry| count_files(&entry?.path())).sum()
}
