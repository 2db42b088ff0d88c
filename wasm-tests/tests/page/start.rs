//! The page starts wherever it is put, and says so where it cannot.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;
use xtask::site::Site;

const NONE: [String; 0] = [];

#[tokio::test]
async fn the_page_starts_over_http_without_a_problem_on_the_console() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    viewer::wait_until_ready(&browser).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn the_page_starts_from_disk_without_a_problem_on_the_console() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::wait_until_ready(&browser).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn the_page_works_below_a_path_and_in_a_sandboxed_frame() -> Result<()> {
    let frame = r#"<!doctype html><iframe src="tools/strata/" sandbox="allow-scripts"></iframe>"#;
    let folder = folder("framed", frame)?;
    let site = folder.join("tools/strata");
    fs::create_dir_all(&site)?;
    fs::write(site.join("index.html"), viewer::html()?)?;
    let browser = Browser::open(&Site::start(&folder)?.url()).await?;
    browser.enter_frame("iframe").await?;
    viewer::choose_files(&browser, &[folder.join("index.html")]).await
}

#[tokio::test]
async fn a_page_that_may_not_run_wasm_says_so() -> Result<()> {
    let html = viewer::html()?.replacen("'wasm-unsafe-eval'", "", 1);
    let browser = Browser::open(&Site::start(&folder("no-wasm", &html)?)?.url()).await?;
    browser.wait_for_text("[role=alert]", "WebAssembly").await
}

#[tokio::test]
async fn a_page_that_may_not_start_a_worker_says_so() -> Result<()> {
    let html = viewer::html()?.replacen("worker-src blob:", "worker-src 'none'", 1);
    let browser = Browser::open(&Site::start(&folder("no-worker", &html)?)?.url()).await?;
    browser.wait_for_text("[role=alert]", "worker").await
}

/// A folder with this page as its index.
fn folder(name: &str, html: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.html"), html)?;
    Ok(folder)
}
