//! Files in, by every way that the page offers.

use std::path::{Path, PathBuf};

use anyhow::Result;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

fn two_files() -> [PathBuf; 2] {
    ["Cargo.toml", "../Cargo.lock"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
}

#[tokio::test]
async fn chosen_files_are_read_to_their_end() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    viewer::choose_files(&browser, &two_files()).await
}

#[tokio::test]
async fn dropped_files_are_read_on_a_page_from_disk() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &two_files()).await?;
    browser.screenshots("dropped-files").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
