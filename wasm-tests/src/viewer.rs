//! The built viewer, as the tests open it.

use anyhow::{Context, Result};
use xtask::dist;
use xtask::site::Site;

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
