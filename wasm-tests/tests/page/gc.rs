//! The GC view: the chart, its zoom, the table that says the same.

use anyhow::{Context, Result};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// The page with the log of a service, at an address of the view.
async fn open(hash: &str) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    let log = viewer::bundle("pricing-go1.26-cgroup2").join("gctrace.log");
    viewer::drop_files(&browser, &[log]).await?;
    browser.run("location.hash = arguments[0];", &[hash]).await?;
    browser.wait_for_text(".gc", "Garbage collection").await?;
    Ok(browser)
}

async fn find(browser: &Browser, script: &str) -> Result<String> {
    let found = browser.run(script, &[]).await?;
    found.as_str().map(str::to_owned).with_context(|| format!("{found}"))
}

/// Lines of the log that tell of a cycle.
fn cycles() -> Result<Vec<String>> {
    let log = std::fs::read_to_string(viewer::bundle("pricing-go1.26-cgroup2").join("gctrace.log"))?;
    Ok(log.lines().filter(|line| line.starts_with("gc ") && line.contains(" @")).map(str::to_owned).collect())
}

#[tokio::test]
async fn every_cycle_of_the_log_is_in_chart_and_table() -> Result<()> {
    let cycles = cycles()?;
    let browser = open("#gc").await?;
    browser.wait_for_text(".gc-figures", &format!("{}", cycles.len())).await?;
    let rows = "return document.querySelector('.gc-rows').getAttribute('aria-rowcount');";
    assert_eq!(find(&browser, rows).await?, (cycles.len() + 1).to_string());
    let points = "return String(document.querySelector('.gc-live-area + .gc-live').getAttribute('d').match(/[ML]/g).length);";
    assert_eq!(find(&browser, points).await?, cycles.len().to_string());
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn forced_cycles_are_marked() -> Result<()> {
    let forced = cycles()?.iter().filter(|line| line.ends_with("(forced)")).count();
    assert!(forced > 0, "the fixture has none");
    let browser = open("#gc").await?;
    let marks = "return String((document.querySelector('.gc-chart .gc-forced').getAttribute('d').match(/M/g) || []).length);";
    browser.wait_for_text(".gc-rows", "forced").await?;
    assert_eq!(find(&browser, marks).await?, forced.to_string());
    Ok(())
}

#[tokio::test]
async fn keys_go_from_cycle_to_cycle_and_zoom() -> Result<()> {
    let browser = open("#gc").await?;
    let press = "
        const chart = document.querySelector('.gc-place');
        chart.focus();
        chart.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true }));";
    browser.run(press, &["Home"]).await?;
    browser.wait_for_text(".gc-readout", "Cycle 1 at").await?;
    browser.run(press, &["ArrowRight"]).await?;
    browser.wait_for_text(".gc-readout", "Cycle 2 at").await?;
    browser.run(press, &["+"]).await?;
    browser.wait_for_text(".gc-readout", "Cycle 2 at").await?;
    browser.wait_for_hash(|hash| hash.contains("cycle=2") && hash.contains("from=")).await?;
    browser.run(press, &["0"]).await?;
    browser.wait_for_hash(|hash| hash.contains("cycle=2") && !hash.contains("from=")).await?;
    Ok(())
}

#[tokio::test]
async fn dragging_shows_a_part_of_the_run() -> Result<()> {
    let browser = open("#gc").await?;
    let drag = "
        const chart = document.querySelector('.gc-place');
        const box = chart.getBoundingClientRect();
        const send = (type, share) => chart.dispatchEvent(new PointerEvent(type, {
            bubbles: true, isPrimary: true, pointerId: 1, button: 0,
            clientX: box.left + box.width * share, clientY: box.top + 60,
        }));
        for (const [type, share] of [['pointerdown', 0.5], ['pointermove', 0.7], ['pointerup', 0.9]]) {
            send(type, share);
            await new Promise(done => setTimeout(done, 50));
        }";
    browser.run(drag, &[]).await?;
    browser.wait_for_hash(|hash| hash.contains("from=") && hash.contains("to=")).await?;
    let rows =
        find(&browser, "return document.querySelector('.gc-rows').getAttribute('aria-rowcount');").await?;
    assert!(rows.parse::<usize>()? < cycles()?.len() + 1, "{rows}");
    Ok(())
}

#[tokio::test]
async fn without_a_log_the_view_says_how_to_get_one() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    let heap = viewer::bundle("codec-go1.21-cgroup1").join("t0/heap.pb.gz");
    viewer::drop_files(&browser, &[heap]).await?;
    browser.run("location.hash = '#gc';", &[]).await?;
    browser.wait_for_text(".gc .needs", "GODEBUG=gctrace=1").await?;
    Ok(())
}
