//! Writes what is shipped: `dist/site/`, a folder for any web server,
//! `dist/strata.html`, one file for a disk, a mail or a wiki, and `dist/go/`, the
//! Go module with the viewer in it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;

use crate::build::{self, Effort};
use crate::command::root;
use crate::docs;
use crate::go_module;
use crate::page::{self, Parts};

/// The goal for the one file: small enough to attach to an issue.
const PAGE_BYTES_GOAL: usize = 2_500_000;

/// The site's page that may fetch captures from the site.
const FETCHING: &str = "fetching.html";

/// Files of `static/` that the site offers for download as they are.
const DOWNLOADS: [&str; 3] = ["example.tar.gz", "capture.sh", "strata-report.js"];

/// Builds everything and writes `dist/`.
///
/// # Errors
/// A failing build, a folder that cannot be written.
pub fn dist(effort: Effort) -> Result<()> {
    let modules = build::build(effort)?;
    let example = gunzipped(&static_file("example.tar.gz"))?;
    let html = page::assemble(&Parts {
        template: &read(&static_file("index.html"))?,
        early: &read(&static_file("early.js"))?,
        style: &style()?,
        unpacker: &modules.unpacker,
        page: &modules.page,
        host: &read(&static_file("host.js"))?,
        example: &example,
    })?;
    write_site(&html)?;
    write(&folder().join("site").join(FETCHING), page::fetching(&html)?.as_bytes())?;
    write(&folder().join("strata.html"), html.as_bytes())?;
    go_module::pack(&html)?;
    for (what, bytes) in [
        ("page's module", modules.page.wasm.as_slice()),
        ("its glue", modules.page.glue.as_bytes()),
        ("unpacker", &modules.unpacker.wasm),
        ("its glue", modules.unpacker.glue.as_bytes()),
        ("example", &example),
        ("dist/strata.html", html.as_bytes()),
    ] {
        println!("{what:>18} {:>9} bytes, {:>9} gzipped", bytes.len(), page::gzip(bytes)?.len());
    }
    if effort == Effort::Ship && html.len() > PAGE_BYTES_GOAL {
        println!("  over the goal of {PAGE_BYTES_GOAL} bytes by {}", html.len() - PAGE_BYTES_GOAL);
    }
    Ok(())
}

/// `dist/`.
pub fn folder() -> PathBuf {
    root().join("dist")
}

fn write_site(html: &str) -> Result<()> {
    let site = folder().join("site");
    if site.exists() {
        fs::remove_dir_all(&site).with_context(|| format!("emptying {}", site.display()))?;
    }
    fs::create_dir_all(&site).with_context(|| format!("making {}", site.display()))?;
    write(&site.join("index.html"), html.as_bytes())?;
    for name in DOWNLOADS {
        let source = static_file(name);
        if source.exists() {
            fs::copy(&source, site.join(name)).with_context(|| format!("copying {}", source.display()))?;
        }
    }
    docs::write(&site)
}

/// The style sheets of `static/css/`, in the order of their names.
fn style() -> Result<String> {
    let folder = static_file("css");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        files.push(entry?.path());
    }
    files.sort();
    files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>().map(|texts| texts.join("\n"))
}

fn static_file(name: &str) -> PathBuf {
    root().join("static").join(name)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn gunzipped(path: &Path) -> Result<Vec<u8>> {
    let packed = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let mut bytes = Vec::new();
    MultiGzDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .with_context(|| format!("unpacking {}", path.display()))?;
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
