//! The page starts wherever it is put, and says so when it cannot.

use anyhow::Result;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

#[tokio::test]
async fn the_page_starts_over_http_without_a_problem_on_the_console() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    browser.wait_for_text("h1", "Strata").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn the_page_starts_from_disk_without_a_problem_on_the_console() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.wait_for_text("h1", "Strata").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
