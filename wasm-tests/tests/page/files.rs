//! Files in, by every way that the page offers.

use anyhow::Result;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// Files of two formats, one of them compressed.
fn two_captures() -> [std::path::PathBuf; 2] {
    ["t0/goroutine.debug2.txt.gz", "t0/proc/smaps_rollup"]
        .map(|name| viewer::bundle("pricing-go1.26-cgroup2").join(name))
}

#[tokio::test]
async fn chosen_files_are_read_to_their_end() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    viewer::choose_files(&browser, &two_captures()).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn dropped_files_are_read_on_a_page_from_disk() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &two_captures()).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
