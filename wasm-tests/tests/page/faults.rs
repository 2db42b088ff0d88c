//! What goes wrong around the page: after each, it says what happened and works on.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Result, ensure};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// Says how many files were read and how many were not.
const STATUS: &str = ".loading [role=status]";
const ROWS: &str = ".file-rows";

/// Keeps the workers of the page within reach of the tests.
const KEEP_WORKERS: &str = "
    window.workers = [];
    window.Worker = class extends Worker { constructor(...all) { super(...all); window.workers.push(this); } };
";

/// A file of zeros that takes no room on the disk, and a while to read.
fn large(test: &str, name: &str, megabytes: u64) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("faults").join(test);
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    File::create(&path)?.set_len(megabytes << 20)?;
    Ok(path)
}

fn capture() -> PathBuf {
    viewer::bundle("pricing-go1.26-cgroup2").join("t0/goroutine.debug2.txt.gz")
}

async fn choose(browser: &Browser, files: &[PathBuf]) -> Result<()> {
    viewer::wait_until_ready(browser).await?;
    browser.choose_files("#browse", files).await
}

/// Has the page do something at the moment at which it shows that bytes of a file were read: what the worker says
/// after that is not heard before.
async fn when_reading(browser: &Browser, file: &str, script: &str) -> Result<()> {
    let observe = format!(
        r##"const observer = new MutationObserver(() => {{
            if (document.querySelector("#files progress[aria-label='{file}'][value]")?.value > 0) {{
                observer.disconnect();
                {script}
                window.wasReading = true;
            }}
        }});
        observer.observe(document.body, {{ subtree: true, childList: true, attributes: true }});"##
    );
    browser.run(&observe, &[]).await.map(drop)
}

/// Keeps from the workers what they are told until `release()`.
const HOLD: &str = "
    window.held = [];
    window.Worker = class extends Worker {
        postMessage(...all) {
            const post = () => super.postMessage(...all);
            if (window.held) window.held.push(post); else post();
        }
    };
    window.release = () => { const held = window.held; window.held = null; held.forEach(post => post()); };
";

/// The page with workers that are told nothing yet.
async fn held() -> Result<Browser> {
    let browser = Browser::open("about:blank").await?;
    browser.before_each_page(HOLD).await?;
    browser.goto(&viewer::file_url()?).await?;
    Ok(browser)
}

/// Goroutines of the one good capture are shown.
async fn wait_until_analyzed(browser: &Browser) -> Result<()> {
    browser.run("location.hash = 'goroutines';", &[]).await?;
    browser.wait_for_text("#main", "goroutine").await?;
    browser.wait_until("document.querySelectorAll('#main table tbody tr').length > 3").await
}

#[tokio::test]
async fn a_worker_that_runs_out_of_memory_costs_the_file_it_read_and_no_other() -> Result<()> {
    let browser = Browser::open("about:blank").await?;
    browser.before_each_page(KEEP_WORKERS).await?;
    browser.goto(&viewer::file_url()?).await?;
    viewer::wait_until_ready(&browser).await?;
    let end = "
        const worker = window.workers.at(-1);
        worker.terminate();
        worker.dispatchEvent(new ErrorEvent('error', { message: 'Uncaught RuntimeError: unreachable' }));
    ";
    when_reading(&browser, "large.bin", end).await?;
    choose(&browser, &[capture(), large("memory", "large.bin", 900)?]).await?;
    browser.wait_until("window.wasReading").await?;
    browser.wait_for_text("[role=alert]", "ran out of memory").await?;
    browser.wait_for_text(STATUS, "2 files read, 1 failed").await?;
    wait_until_analyzed(&browser).await
}

#[tokio::test]
async fn a_worker_that_the_browser_ended_without_a_word_is_replaced_on_cancel() -> Result<()> {
    let browser = Browser::open("about:blank").await?;
    browser.before_each_page(KEEP_WORKERS).await?;
    browser.goto(&viewer::file_url()?).await?;
    viewer::wait_until_ready(&browser).await?;
    when_reading(&browser, "large.bin", "window.workers.at(-1).terminate();").await?;
    choose(&browser, &[capture(), large("silent", "large.bin", 900)?]).await?;
    browser.wait_until("window.wasReading").await?;
    browser.click("#files button").await?;
    browser.wait_for_text(STATUS, "2 files read, 1 failed").await?;
    browser.wait_for_text(ROWS, "cancelled").await?;
    wait_until_analyzed(&browser).await
}

#[tokio::test]
async fn a_cancelled_file_is_said_and_the_others_are_read() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::wait_until_ready(&browser).await?;
    // One that waits, then the one that is read.
    let cancel = "for (const name of ['b.bin', 'a.bin']) document.querySelector(`#files [aria-label='Cancel ${name}']`).click();";
    when_reading(&browser, "a.bin", cancel).await?;
    choose(&browser, &[capture(), large("cancel", "a.bin", 900)?, large("cancel", "b.bin", 901)?]).await?;
    browser.wait_for_text(STATUS, "3 files read, 2 failed").await?;
    wait_until_analyzed(&browser).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn files_that_vanish_or_change_before_they_are_read_are_named() -> Result<()> {
    let browser = held().await?;
    let files = [
        large("change", "first.bin", 300)?,
        large("change", "gone.bin", 301)?,
        large("change", "changed.bin", 302)?,
    ];
    choose(&browser, &files).await?;
    fs::remove_file(&files[1])?;
    fs::write(&files[2], "another content")?;
    browser.run("window.release();", &[]).await?;
    browser.wait_for_text(STATUS, "3 files read").await?;
    let (said, rows) = (browser.text(STATUS).await?, browser.text(ROWS).await?);
    ensure!(said.contains("2 failed"), "{said}\n{rows}");
    ensure!(rows.contains("gone.bin") && rows.contains("changed.bin"), "{rows}");
    browser.choose_files("#browse", &[capture()]).await?;
    wait_until_analyzed(&browser).await
}

#[tokio::test]
async fn files_dropped_during_a_load_are_read_too() -> Result<()> {
    let browser = held().await?;
    choose(&browser, &[large("during", "large.bin", 600)?]).await?;
    browser
        .wait_until("window.held.length > 0 && document.querySelector('#files progress') !== null")
        .await?;
    browser.drop_files(viewer::DROP_TARGET, &[capture()]).await?;
    browser.wait_until("document.querySelectorAll('#files .file-row').length === 2").await?;
    browser.run("window.release();", &[]).await?;
    browser.wait_for_text(STATUS, "2 files read.").await?;
    wait_until_analyzed(&browser).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn two_hundred_files_at_once_are_read_to_their_end_by_a_tab_in_the_background() -> Result<()> {
    let folder = viewer::scratch()?.join("faults/many");
    fs::create_dir_all(&folder)?;
    let status = fs::read(viewer::bundle("pricing-go1.26-cgroup2").join("t0/proc/status"))?;
    for number in 0..200 {
        let process = folder.join(format!("{number}/proc"));
        fs::create_dir_all(&process)?;
        fs::write(process.join("status"), &status)?;
    }
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::wait_until_ready(&browser).await?;
    let notice = "for (const event of ['freeze', 'visibilitychange']) document.addEventListener(event, () => { window.wasAway = true; });";
    browser.run(notice, &[]).await?;
    browser.drop_files(viewer::DROP_TARGET, &[folder]).await?;
    browser.put_in_background(true).await?;
    browser.put_in_background(false).await?;
    browser.wait_until("window.wasAway === true").await?;
    browser.wait_for_text(STATUS, "200 files read.").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn a_file_past_the_limit_is_refused_unread() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    choose(&browser, &[large("limit", "huge.bin", 2200)?, capture()]).await?;
    browser.wait_for_text(STATUS, "2 files read").await?;
    browser.run("location.hash = 'files';", &[]).await?;
    browser.wait_for_text("#main", "more than 1024 MiB in one file").await?;
    wait_until_analyzed(&browser).await
}

#[tokio::test]
async fn a_page_without_storage_works_and_forgets_the_theme() -> Result<()> {
    let browser = Browser::open("about:blank").await?;
    browser
        .before_each_page(
            "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } });",
        )
        .await?;
    browser.goto(&viewer::file_url()?).await?;
    viewer::choose_files(&browser, &[capture()]).await?;
    // From the system's choice to light to dark.
    browser.click(".button.theme").await?;
    browser.click(".button.theme").await?;
    browser.wait_until("document.documentElement.dataset.theme === 'dark'").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
