//! Makes the pictures of the guides, in `docs/images/`:
//!
//! ```sh
//! cargo xtask dist
//! cargo run -p wasm-tests --features browser --example guide_pictures
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;
use xtask::site::Site;

const WIDTH: u32 = 1000;
const HEIGHT: u32 = 640;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    fs::create_dir_all(&images)?;
    let bundle = viewer::bundle("pricing-go1.26-cgroup2");

    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    browser.show_as(WIDTH, HEIGHT, Scheme::Light).await?;
    viewer::drop_files(&browser, std::slice::from_ref(&bundle)).await?;
    browser.picture(&images.join("site.webp")).await?;

    browser.goto(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, std::slice::from_ref(&bundle)).await?;
    browser.run("location.hash = '#memory';", &[]).await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Memory").await?;
    browser.picture(&images.join("offline.webp")).await?;

    // README's: a service that was killed, and a leak's finding.
    let killed = viewer::bundle("doomed-go1.26-cgroup2");
    for (scheme, name) in [(Scheme::Light, "overview-light.webp"), (Scheme::Dark, "overview-dark.webp")] {
        browser.goto(&viewer::file_url()?).await?;
        browser.show_as(1280, 640, scheme).await?;
        viewer::drop_files(&browser, std::slice::from_ref(&killed)).await?;
        browser.picture(&images.join(name)).await?;
    }
    browser.goto(&viewer::file_url()?).await?;
    browser.show_as(1280, 520, Scheme::Light).await?;
    viewer::drop_files(&browser, std::slice::from_ref(&bundle)).await?;
    browser.run("location.hash = '#goroutines';", &[]).await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Goroutines").await?;
    browser.picture(&images.join("leak.webp")).await?;
    browser.show_as(WIDTH, HEIGHT, Scheme::Light).await?;

    let wiki = Site::start(&wiki(&bundle)?)?;
    browser.goto(&wiki.url()).await?;
    browser.enter_frame("iframe").await?;
    viewer::wait_until_read(&browser, &[bundle]).await?;
    browser.leave_frames().await?;
    browser.picture(&images.join("embedded.webp")).await
}

/// A wiki page with a saved report in it.
fn wiki(bundle: &Path) -> Result<PathBuf> {
    let folder = xtask::build::target_folder()?.join("guide-pictures");
    fs::create_dir_all(&folder)?;
    let files = strata::input::read(&[bundle.to_path_buf()])?;
    let report = strata::html::page(&viewer::html()?, &files).map_err(|error| anyhow!("{error}"))?;
    fs::write(folder.join("report.html"), report)?;
    let page = "<!doctype html><meta charset=utf-8><title>Wiki</title>\
        <body style='font: 16px/1.5 Georgia, serif; margin: 2rem'>\
        <h1>Incident 42: pricing grows until it is killed</h1>\
        <p>Three captures of 20 November:</p>\
        <iframe src='report.html#goroutines' sandbox='allow-scripts' title='Strata report' \
        style='width: 100%; height: 26rem; border: 1px solid #999'></iframe>";
    fs::write(folder.join("index.html"), page)?;
    Ok(folder)
}
