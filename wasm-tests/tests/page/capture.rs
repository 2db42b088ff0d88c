//! From the page's command to its report: the command that the page shows runs
//! against a service, and what it makes is dropped on the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;
use xtask::site::Site;

#[tokio::test]
async fn the_command_of_the_page_makes_a_bundle_for_the_page() -> Result<()> {
    let service = stand_in()?;
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::wait_until_ready(&browser).await?;
    browser.run("document.querySelector('.landing-fold:has(#capture-place)').open = true;", &[]).await?;
    browser.choose("#capture-place", "machine").await?;
    let pid = std::process::id().to_string();
    for (field, value) in
        [("url", service.url().trim_end_matches('/')), ("pid", &pid), ("count", "2"), ("interval", "0")]
    {
        browser.type_into(&format!("#capture-{field}"), value).await?;
    }
    browser.wait_for_text("#capture-command", "-i 0").await?;
    let command = browser.text("#capture-command").await?;
    let bundle = run(&command)?;
    viewer::drop_files(&browser, &[bundle]).await?;
    browser.wait_for_text("[role=tablist]", "Goroutines").await?;
    browser.run("location.hash = '#goroutines?benign=shown';", &[]).await?;
    browser.wait_for_text(".groups tbody", "chan send").await
}

/// A service with stored captures of a real one in the places of `net/http/pprof`.
fn stand_in() -> Result<Site> {
    let folder = viewer::scratch()?.join("stand-in");
    fs::create_dir_all(folder.join("debug/pprof"))?;
    for (page, file) in [("goroutine", "t0/goroutine.debug2.txt.gz"), ("heap", "t0/heap.pb.gz")] {
        fs::copy(viewer::bundle("pricing-go1.26-cgroup2").join(file), folder.join("debug/pprof").join(page))?;
    }
    Ok(Site::start(&folder)?)
}

/// Runs a command beside a copy of the script; gives the bundle.
fn run(command: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("captured");
    fs::create_dir_all(&folder)?;
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/capture.sh"), folder.join("capture.sh"))?;
    let output = Command::new("sh").args(["-c", command]).current_dir(&folder).output()?;
    ensure!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(folder.join("capture.tar.gz"))
}
