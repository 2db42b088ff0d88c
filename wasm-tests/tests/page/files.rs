//! Files in, by every way that the page offers.

use std::path::{Path, PathBuf};

use anyhow::Result;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

fn manifest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[tokio::test]
async fn chosen_files_are_read_to_their_end() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    let files = [manifest("Cargo.toml"), manifest("../Cargo.lock")];
    browser.choose_files("#browse", &files).await?;
    browser.wait_for_text("#tab-files .tab-count", "2").await?;
    Ok(())
}

#[tokio::test]
async fn dropped_files_are_read_on_a_page_from_disk() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    let files = [manifest("Cargo.toml"), manifest("../Cargo.lock")];
    browser.wait_for_text("main", "Drop").await?;
    browser.drop_files("main", &files).await?;
    browser.wait_for_text("#tab-files .tab-count", "2").await?;
    browser.screenshots("dropped-files").await?;
    assert_eq!(browser.console_problems().await?, [] as [String; 0]);
    Ok(())
}
