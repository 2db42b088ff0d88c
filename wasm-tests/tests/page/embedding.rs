//! The blocks of docs/embedding.md, each as a page of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;
use xtask::site::Site;

#[tokio::test]
async fn a_frame_takes_captures() -> Result<()> {
    let browser = open("Iframe").await?;
    browser.enter_frame("iframe").await?;
    viewer::choose_files(&browser, &[dump()]).await
}

#[tokio::test]
async fn a_sandboxed_frame_shows_a_saved_report() -> Result<()> {
    let browser = open("Sandboxed iframe").await?;
    browser.enter_frame("iframe").await?;
    viewer::wait_until_read(&browser, &[dump()]).await
}

#[tokio::test]
async fn a_frame_without_an_address_takes_captures() -> Result<()> {
    let browser = open("Inline with srcdoc").await?;
    browser.wait_until("document.getElementById('strata').srcdoc.length > 1e5").await?;
    browser.enter_frame("iframe").await?;
    viewer::choose_files(&browser, &[dump()]).await
}

#[tokio::test]
async fn an_element_shows_what_it_names_and_what_it_holds() -> Result<()> {
    let browser = open("Custom element").await?;
    browser.enter_shadow_frame("strata-report").await?;
    browser.wait_for_text(viewer::STATUS, "2 files read").await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Goroutines").await?;
    let shown = "return document.documentElement.dataset.theme + getComputedStyle(document.querySelector('.edits')).display;";
    assert_eq!(browser.run(shown, &[]).await?, "lightnone", "a read-only frame offers to add files");
    browser.leave_frames().await?;
    browser.enter_shadow_frame("#second").await?;
    browser.wait_for_text(viewer::STATUS, "1 file read").await?;
    Ok(())
}

#[tokio::test]
async fn messages_hand_captures_over() -> Result<()> {
    let browser = open("Messages").await?;
    browser.enter_frame("iframe").await?;
    browser.wait_for_text(viewer::STATUS, "1 file read").await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Goroutines").await
}

#[tokio::test]
async fn a_page_of_another_origin_must_be_allowed() -> Result<()> {
    let viewer_site = viewer::site()?;
    let page = block("Messages")?
        .replace("src=\"strata/\"", &format!("src=\"{}\"", viewer_site.url()))
        .replace("event.origin !== location.origin", "false");
    let site = Site::start(&folder("foreign", &page)?)?;
    let browser = Browser::open(&site.url()).await?;
    browser.enter_frame("iframe").await?;
    browser.wait_for_text(".ask", site.url().trim_end_matches('/')).await?;
    assert!(browser.text(viewer::STATUS).await.is_err(), "captures were taken before the answer");
    browser.click(".ask button").await?;
    browser.wait_for_text(viewer::STATUS, "1 file read").await
}

#[tokio::test]
async fn a_frame_that_fetches_shows_captures_of_its_site() -> Result<()> {
    let browser = open("Iframe that fetches captures").await?;
    browser.enter_frame("iframe").await?;
    browser.wait_for_text(viewer::STATUS, "1 file read").await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Goroutines").await
}

/// Elements with these viewers, and a script after them. Errors are collected, and what ran in the page.
fn elements(viewers: &[&str], script: &str) -> String {
    let elements: Vec<String> = viewers
        .iter()
        .map(|viewer| format!("<strata-report viewer=\"{viewer}\" src=\"captures/goroutine.txt?key=hunter2\"></strata-report>"))
        .collect();
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Wiki</title>\n\
         <script>window.errors = 0; addEventListener(\"strata-error\", () => errors++);</script>\n\
         <script src=\"strata/strata-report.js\"></script>\n{}\n<script>{script}</script>\n",
        elements.join("\n")
    )
}

#[tokio::test]
async fn a_viewer_that_markup_names_is_of_the_scripts_own_origin() -> Result<()> {
    let foreign = viewer::site()?;
    let foreign = foreign.url();
    let viewers = [
        "javascript:parent.ran=1",
        "data:text/html,<script>parent.ran=1</script>",
        "blob:null/1",
        "about:blank",
        "ftp://127.0.0.1/strata/",
        "http://[",
        &foreign,
        foreign.trim_start_matches("http:"),
    ];
    let site = Site::start(&folder("viewers", &elements(&viewers, ""))?)?;
    let browser = Browser::open(&site.url()).await?;
    browser.wait_until(&format!("window.errors === {}", viewers.len())).await?;
    let state = "return String(window.ran) + [...document.querySelectorAll('strata-report')].filter((one) => one.shadowRoot?.querySelector('iframe')).length;";
    assert_eq!(
        browser.run(state, &[]).await?,
        "undefined0",
        "a viewer of another scheme or origin was opened"
    );
    Ok(())
}

#[tokio::test]
async fn a_script_of_the_page_may_name_any_viewer_and_names_lose_their_queries() -> Result<()> {
    let foreign = viewer::site()?;
    let script = format!("document.querySelector(\"strata-report\").viewer = \"{}\";", foreign.url());
    let site = Site::start(&folder("script-viewer", &elements(&["strata/index.html"], &script))?)?;
    let browser = Browser::open(&site.url()).await?;
    browser.enter_shadow_frame("strata-report").await?;
    browser.wait_for_text(".ask", "wants to open captures here").await?;
    browser.click(".ask button").await?;
    browser.wait_for_text(viewer::STATUS, "1 file read").await?;
    let text = "return document.body.textContent.includes('hunter2') ? 'shown' : 'not shown';";
    assert_eq!(browser.run(text, &[]).await?, "not shown");
    Ok(())
}

fn dump() -> PathBuf {
    viewer::bundle("pricing-go1.26-cgroup2").join("t0/goroutine.debug2.txt.gz")
}

/// A browser with the block below a heading as its page.
async fn open(heading: &str) -> Result<Browser> {
    let name = heading.to_lowercase().replace(' ', "-");
    let site = Site::start(&folder(&name, &block(heading)?)?)?;
    Browser::open(&site.url()).await
}

/// The HTML block below a heading of the guide.
fn block(heading: &str) -> Result<String> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/embedding.md");
    let guide = fs::read_to_string(guide)?;
    let (_, section) =
        guide.split_once(&format!("\n## {heading}\n")).with_context(|| format!("no section {heading}"))?;
    let section = section.split("\n## ").next().unwrap_or(section);
    let (_, block) = section.split_once("```html\n").with_context(|| format!("no HTML in {heading}"))?;
    let (block, _) = block.split_once("\n```").context("a block that is not closed")?;
    Ok(format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Wiki</title>\n<p>Incident 42</p>\n{block}\n"
    ))
}

/// What the guide's addresses lead to, with a page.
fn folder(name: &str, page: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("embedding").join(name);
    let built = xtask::dist::folder();
    fs::create_dir_all(folder.join("strata"))?;
    fs::create_dir_all(folder.join("captures"))?;
    fs::write(folder.join("index.html"), page)?;
    for file in ["index.html", "fetching.html", "strata-report.js"] {
        fs::copy(built.join("site").join(file), folder.join("strata").join(file))?;
    }
    fs::copy(built.join("strata.html"), folder.join("strata.html"))?;
    fs::copy(dump(), folder.join("captures/goroutine.txt"))?;
    fs::copy(
        viewer::bundle("pricing-go1.26-cgroup2").join("t0/heap.pb.gz"),
        folder.join("captures/heap.pb.gz"),
    )?;
    let files = strata::input::read(&[dump()])?;
    let report = strata::html::page(&viewer::html()?, &files).map_err(|error| anyhow!("{error}"))?;
    fs::write(folder.join("report.html"), report)?;
    Ok(folder)
}
