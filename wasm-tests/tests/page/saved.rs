//! A saved report opens by itself, with the captures that it carries.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;
use xtask::site::Site;

const NONE: [String; 0] = [];

#[tokio::test]
async fn a_saved_report_opens_from_disk_and_asks_nobody() -> Result<()> {
    let file = saved("from-disk")?;
    let browser = Browser::open(&format!("file://{}#goroutines", file.display())).await?;
    viewer::wait_until_read(&browser, &[bundle()]).await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Goroutines").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    assert_eq!(browser.requests_until_end().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn a_saved_report_opens_in_a_sandboxed_frame() -> Result<()> {
    let file = saved("framed")?;
    let folder = file.parent().ok_or_else(|| anyhow!("a file without a folder"))?;
    let wiki = r#"<!doctype html><iframe src="report.html" sandbox="allow-scripts" width="900" height="700"></iframe>"#;
    fs::write(folder.join("index.html"), wiki)?;
    let browser = Browser::open(&Site::start(folder)?.url()).await?;
    browser.enter_frame("iframe").await?;
    viewer::wait_until_read(&browser, &[bundle()]).await
}

fn bundle() -> PathBuf {
    viewer::bundle("pricing-go1.26-cgroup2")
}

/// The report of the bundle, as the program writes it.
fn saved(name: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("saved").join(name);
    fs::create_dir_all(&folder)?;
    let files = strata::input::read(&[bundle()])?;
    let page = strata::html::page(&viewer::html()?, &files).map_err(|error| anyhow!("{error}"))?;
    let file = folder.join("report.html");
    fs::write(&file, page)?;
    Ok(file)
}
