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

/// Drops a file, pastes a text and drops another file as soon as the page takes them: long before its
/// module is there, which `strataEarly` of the first script tells.
const AT_ONCE: &str = "
    new MutationObserver((_, observer) => {
        if (!self.strataEarly) return;
        observer.disconnect();
        const drop = (name, text) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name, { lastModified: 0 }));
            dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
        };
        // Firefox makes the event's clipboard from its own two members.
        const data = 'goroutine 8 [chan receive, 9 minutes]:\\nmain.wait()\\n\\t/src/main.go:9 +0x1\\n';
        const dataType = 'text/plain';
        const clipboardData = new DataTransfer();
        clipboardData.setData(dataType, data);
        drop('first.txt', 'goroutine 7 [running]:\\nmain.run()\\n\\t/src/main.go:7 +0x1\\n');
        dispatchEvent(new ClipboardEvent('paste', { clipboardData, data, dataType, cancelable: true }));
        drop('second.txt', '536870912\\n');
        self.beforeThePage = {
            isStarted: document.getElementById('main') !== null,
            says: document.getElementById('early-status').textContent,
        };
    }).observe(document, { childList: true, subtree: true });
";

#[tokio::test]
async fn what_is_dropped_and_pasted_before_the_page_has_started_is_read() -> Result<()> {
    let browser = Browser::open("about:blank").await?;
    browser.before_each_page(AT_ONCE).await?;
    browser.goto(&viewer::file_url()?).await?;
    browser.wait_for_text(viewer::STATUS, "3 files read").await?;
    let before = browser.run("return self.beforeThePage;", &[]).await?;
    assert_eq!(before["isStarted"], false);
    assert_eq!(before["says"], "3 items taken. Strata reads them as soon as it has started.");
    browser.run("location.hash = '#files';", &[]).await?;
    for name in ["first.txt", "pasted-1.txt", "second.txt"] {
        browser.wait_for_text(viewer::DROP_TARGET, name).await?;
    }
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn a_saved_report_and_a_framed_page_ask_for_no_captures_while_they_start() -> Result<()> {
    let saved = viewer::html()?.replacen("<div id=\"root\">", "<div id=\"root\" data-saved>", 1);
    // The first script runs, the page's module does not.
    let stopped = |html: &str| {
        html.replacen("'wasm-unsafe-eval'", "", 1).replacen("type=\"module\"", "type=\"text/plain\"", 1)
    };
    let folder = folder("asks", "<!doctype html><iframe src=\"plain.html\"></iframe>")?;
    fs::write(folder.join("plain.html"), stopped(&viewer::html()?))?;
    fs::write(folder.join("saved.html"), stopped(&saved))?;
    let site = Site::start(&folder)?;
    let is_shown = "return document.getElementById('early').getClientRects().length > 0;";
    for (page, expected) in [("plain.html", true), ("saved.html", false)] {
        let browser = Browser::open(&format!("{}{page}", site.url())).await?;
        assert_eq!(browser.run(is_shown, &[]).await?, expected, "{page}");
    }
    let browser = Browser::open(&site.url()).await?;
    browser.enter_frame("iframe").await?;
    assert_eq!(browser.run(is_shown, &[]).await?, false);
    Ok(())
}

/// A folder with this page as its index.
fn folder(name: &str, html: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.html"), html)?;
    Ok(folder)
}
