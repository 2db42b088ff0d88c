//! The three uses, from the first look to the report: a site,
//! a wiki page (see also `embedding`), and a file on a disk.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use strata::input::InputFile;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const BUNDLE: &str = "pricing-go1.26-cgroup2";
/// Of the folder of the captures, and of the process; no function has them in its name.
const SECRETS: [&str; 2] = ["pricing-go1", "pricing-api"];

fn captures() -> [PathBuf; 3] {
    ["t0/goroutine.debug2.txt.gz", "t0/heap.pb.gz", "t0/proc/status"]
        .map(|name| viewer::bundle(BUNDLE).join(name))
}

#[tokio::test]
async fn a_site_shows_the_report_of_chosen_files() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    viewer::choose_files(&browser, &captures()).await?;
    browser.wait_for_text("#main", "Goroutines\n77").await?;
    assert_eq!(site.requests(), ["GET /"], "something was fetched");
    Ok(())
}

#[tokio::test]
async fn a_file_on_a_disk_shows_the_report_of_chosen_files() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::choose_files(&browser, &captures()).await?;
    browser.wait_for_text("#main", "Goroutines\n77").await
}

#[tokio::test]
async fn a_redacted_report_of_the_program_opens_from_a_disk() -> Result<()> {
    let bundle = viewer::bundle(BUNDLE);
    let viewer = viewer::html()?;
    let made = |files: &[InputFile]| strata::html::page(&viewer, files).map_err(|error| anyhow!("{error}"));
    let files = strata::input::read(std::slice::from_ref(&bundle))?;
    let as_loaded = carried(&made(&files)?)?;
    assert!(SECRETS.iter().all(|secret| as_loaded.contains(secret)), "the captures hold no secret");
    let page = made(&strata::redact::into_files(&strata::redact::redact(files)))?;
    assert_without_secrets(&page)?;
    let file = write("program.html", &page)?;
    let browser = Browser::open(&format!("file://{}", file.display())).await?;
    viewer::wait_until_read(&browser, &[bundle]).await
}

#[tokio::test]
async fn a_redacted_report_of_the_page_opens_from_a_disk() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::choose_files(&browser, &captures()).await?;
    // A selection in the address could hold a name.
    browser.run("location.hash = '#goroutines?q=pricing-api';", &[]).await?;
    let keep = "const make = URL.createObjectURL; URL.createObjectURL = (blob) => { window.made = blob; return make.call(URL, blob); };";
    browser.run(keep, &[]).await?;
    browser.click("[data-toggle=share]").await?;
    browser.click("#save-report").await?;
    browser.wait_for_text("#save-file", "Save strata-report.html").await?;
    browser.click("#redact").await?;
    browser.wait_for_text("#save-file", "Save strata-report-redacted.html").await?;
    browser.wait_for_text("#redaction", "replaced").await?;
    let page = browser.run("return await window.made.text();", &[]).await?;
    let page = page.as_str().context("no page was made")?;
    assert_without_secrets(page)?;
    let file = write("page.html", page)?;
    browser.goto(&format!("file://{}", file.display())).await?;
    viewer::wait_until_read(&browser, &captures()).await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Goroutines").await
}

fn assert_without_secrets(page: &str) -> Result<()> {
    let carried = carried(page)?;
    for secret in SECRETS {
        assert!(!carried.contains(secret), "{secret:?} is left");
    }
    Ok(())
}

/// What a page has beyond the viewer: names of files, and their bytes, unpacked
/// down to what each file holds.
fn carried(page: &str) -> Result<String> {
    let (before, after) = page.split_once("id=\"captures\">").context("the page carries nothing")?;
    let (packed, rest) = after.split_once("</script>").context("the element is not closed")?;
    let (_, list) = before.split_once("id=\"files\"").context("the page has no list")?;
    let bytes = gunzip(&BASE64_STANDARD.decode(packed)?)?;
    let (list_json, _) =
        list.split_once('>').and_then(|(_, list)| list.split_once("</script>")).context("no list")?;
    let files: serde_json::Value = serde_json::from_str(list_json)?;
    let mut text = format!("{list}{rest}");
    let mut at = 0;
    for file in files.as_array().context("the list is none")? {
        let end = at + usize::try_from(file["bytes"].as_u64().context("no size")?)?;
        let content = bytes.get(at..end).context("bytes are missing")?;
        text.push_str(&String::from_utf8_lossy(&gunzip(content).unwrap_or_else(|_| content.to_vec())));
        at = end;
    }
    assert!(at == bytes.len() && at > 1_000, "{at} of {} bytes are listed", bytes.len());
    Ok(text)
}

fn gunzip(packed: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write(name: &str, page: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("redacted");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(name);
    std::fs::write(&file, page)?;
    Ok(file)
}
