//! Pictures of the built page, wide and narrow, light and dark, for a look at
//! it without a screen:
//!
//! ```sh
//! cargo xtask dist
//! cargo run -p wasm-tests --features browser --example screenshots -- NAME PATH... [#HASH...]
//! ```
//!
//! The paths (files, folders, archives) are dropped on the page from disk.
//! One set of pictures, named after NAME and the hash, is written to
//! `target/screenshots/` for each hash; without a hash, for the page as it
//! opens. Console problems are printed.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let name = words.next().context("usage: screenshots NAME PATH... [#HASH...]")?;
    let (hashes, paths): (Vec<String>, Vec<String>) = words.partition(|word| word.starts_with('#'));
    let browser = Browser::open(&viewer::file_url()?).await?;
    settle(&browser).await?;
    if !paths.is_empty() {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        browser.drop_files("body", &paths).await?;
        settle(&browser).await?;
    }
    if hashes.is_empty() {
        browser.screenshots(&name).await?;
    }
    for hash in &hashes {
        browser.run("location.hash = arguments[0];", &[hash]).await?;
        settle(&browser).await?;
        let label: String = hash.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        browser.screenshots(&format!("{name}{label}")).await?;
    }
    for problem in browser.console_problems().await? {
        println!("console: {problem}");
    }
    Ok(())
}

/// Waits until the page's text has not changed for a second: good enough for
/// a picture, and never the condition of a test.
async fn settle(browser: &Browser) -> Result<()> {
    let mut last = None;
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let text = browser.text("body").await?;
        if last.as_ref() == Some(&text) {
            return Ok(());
        }
        last = Some(text);
    }
    Ok(())
}
