//! Execution traces: the timeline, the tables that count what it shows, and what leads elsewhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use thirtyfour::Key;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

pub const NONE: [String; 0] = [];

/// The canvases: the whole trace, figures over time, what ran when.
pub const STRIP: &str = ".trace-strip";
pub const TRACKS: &str = ".trace-tracks";
pub const LANES: &str = ".trace-lanes canvas";

/// A capture of the engine's fixtures.
fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/go_trace").join(name)
}

/// The page with these captures, at an address of the view.
pub async fn open(captures: &[&str], address: &str) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    browser.run("location.hash = arguments[0];", &[address]).await?;
    let files: Vec<_> = captures.iter().map(|name| capture(name)).collect();
    viewer::drop_files(&browser, &files).await?;
    settled(&browser).await?;
    Ok(browser)
}

/// Waits until the part that the address names is on the page.
pub async fn settled(browser: &Browser) -> Result<()> {
    browser.wait_until("document.querySelector('.trace').getAttribute('aria-busy') === 'false'").await?;
    browser.wait_until("document.querySelector('.trace-lanes').clientHeight > 100").await
}

pub async fn number(browser: &Browser, script: &str) -> Result<f64> {
    browser.run(script, &[]).await?.as_f64().context("a number")
}

/// How many colors a canvas has: one if nothing is drawn.
pub async fn colors(browser: &Browser, canvas: &str) -> Result<f64> {
    let count = "
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        const canvas = document.querySelector(arguments[0]);
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(pixels.buffer)).size;";
    browser.run(count, &[canvas]).await?.as_f64().context("a number")
}

/// First and last moment that the address names.
pub async fn window(browser: &Browser) -> Result<(f64, f64)> {
    let read = "
        const words = new URLSearchParams(location.hash.split('?')[1] ?? '');
        return Number(words.get(arguments[0]) ?? arguments[1]);";
    let from = browser.run(read, &["from", "0"]).await?;
    let to = browser.run(read, &["to", "Infinity"]).await?;
    Ok((from.as_f64().unwrap_or(0.0), to.as_f64().unwrap_or(f64::INFINITY)))
}

/// The number of rows that the choice of tables gives for one.
async fn rows(browser: &Browser, table: &str) -> Result<f64> {
    let read = "
        const links = [...document.querySelectorAll('.trace-tables a')];
        const link = links.find(link => link.innerText.startsWith(arguments[0]));
        return Number(link.querySelector('.quiet').innerText.replaceAll(',', ''));";
    browser.run(read, &[table]).await?.as_f64().with_context(|| table.to_owned())
}

#[tokio::test]
async fn a_trace_is_drawn_and_told() -> Result<()> {
    let browser = open(&["small-go1.27.trace.gz"], "#trace").await?;
    browser.wait_for_text(".trace-head", "17,326 events").await?;
    browser.wait_for_text(".trace-head", "106 created, 74 ended, 45 alive at the end").await?;
    for canvas in [STRIP, TRACKS, LANES] {
        assert!(colors(&browser, canvas).await? > 5.0, "{canvas}");
    }
    // What the pointer is told, on a track and on the lane of a processor.
    browser.point_at(TRACKS, (900.0, 60.0)).await?;
    browser.wait_for_text(".trace-tip", "live heap, at most").await?;
    browser.point_at(LANES, (1200.0, 28.0)).await?;
    browser.wait_for_text(".trace-tip", "main.main").await?;
    browser.wait_for_text(".trace-tip", "on P0").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn keys_and_wheel_zoom_and_pan() -> Result<()> {
    let browser = open(&["small-go1.27.trace.gz"], "#trace?table=groups").await?;
    browser.run("document.querySelector('.trace-plot').focus();", &[]).await?;
    browser.keys("+").await?;
    browser.wait_for_hash(|hash| hash.contains("from=") && hash.contains("to=")).await?;
    let by_key = window(&browser).await?;
    browser.keys(Key::Right).await?;
    browser
        .wait_for_hash(|hash| !hash.contains(&format!("from={}&", by_key.0)) && hash.contains("from="))
        .await?;
    let panned = window(&browser).await?;
    let length = |window: (f64, f64)| window.1 - window.0;
    assert!(panned.0 > by_key.0 && (length(panned) - length(by_key)).abs() <= 2.0, "{by_key:?} {panned:?}");
    // So does a drag of the lanes, back to where it was and further.
    browser.drag(LANES, (400.0, 100.0), (900.0, 100.0)).await?;
    browser.wait_for_hash(|hash| !hash.contains(&format!("from={}&", panned.0))).await?;
    assert!(window(&browser).await?.0 < panned.0);
    browser.keys("0").await?;
    browser.wait_for_hash(|hash| !hash.contains("from=") && hash.contains("table=groups")).await?;

    // Around the pointer, down to single events.
    for _ in 0..12 {
        browser.wheel(LANES, (700.0, 100.0), (0.0, -120.0), true).await?;
    }
    browser.wait_until("Number(new URLSearchParams(location.hash.split('?')[1]).get('to') ?? 1e12) - Number(new URLSearchParams(location.hash.split('?')[1]).get('from') ?? 0) < 2e6").await?;
    settled(&browser).await?;
    browser.wait_for_text(".trace-counted", "The tables count").await?;
    assert!(colors(&browser, LANES).await? > 2.0);
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

/// The program's five collections are in the first tenth of a second, and so is every creation but one.
#[tokio::test]
async fn a_part_that_is_selected_is_what_every_table_counts() -> Result<()> {
    let browser = open(&["small-go1.27.trace.gz"], "#trace?table=groups").await?;
    assert_eq!(rows(&browser, "GC cycles").await?, 5.0);
    let whole = ["Goroutines", "Longest waits", "Who waits for whom", "Stop the world", "Tasks"];
    let mut before = Vec::new();
    for table in whole {
        before.push(rows(&browser, table).await?);
    }
    let width = number(&browser, "return document.querySelector('.trace-strip').clientWidth;").await?;
    browser.drag(STRIP, (width * 0.5, 20.0), (width * 0.9, 20.0)).await?;
    browser.wait_for_text(".trace-counted", "of the trace's 2.52 s").await?;
    settled(&browser).await?;
    browser.wait_until("document.querySelector('.trace-tables').innerText.includes('GC cycles 0')").await?;
    for (table, before) in whole.into_iter().zip(before) {
        assert!(rows(&browser, table).await? < before, "{table}");
    }
    browser.wait_for_text(".trace-groups", "main.leakRecv").await?;
    let created = "
        const row = [...document.querySelectorAll('.trace-groups tbody tr')].find(row => row.innerText.includes('main.leakRecv'));
        return row.querySelector('[data-label=Created]').innerText + ' ' + row.querySelector('[data-label=Alive]').innerText;";
    assert_eq!(browser.run(created, &[]).await?, "0 7");

    // The address is all that it takes to come back.
    browser.wait_for_hash(|hash| hash.contains("from=") && hash.contains("to=")).await?;
    let hash = browser.run("return location.hash;", &[]).await?;
    let again = open(&["small-go1.27.trace.gz"], hash.as_str().context("a hash")?).await?;
    again.wait_for_text(".trace-counted", "of the trace's 2.52 s").await?;
    assert_eq!(rows(&again, "GC cycles").await?, 0.0);
    again.click(".trace-counted a").await?;
    again.wait_for_text(".trace-counted", "whole trace").await?;
    assert_eq!(rows(&again, "GC cycles").await?, 5.0);
    Ok(())
}

#[tokio::test]
async fn a_leak_leads_to_its_lanes_its_dump_and_flame_graphs() -> Result<()> {
    let captures = ["pricing-go1.26.trace.gz", "pricing-go1.26.goroutine.debug2.txt.gz"];
    let browser = open(&captures, "#trace").await?;
    // With signs of a leak, that table comes first.
    browser
        .wait_for_text(".trace-leaks", "100 with the same stack waited for all of the trace's 2.00 s")
        .await?;
    browser.wait_for_text(".trace-leaks", "the goroutine dump also counts 100").await?;
    let height = "return document.querySelector('.trace-lanes > div').clientHeight;";
    let all = number(&browser, height).await?;
    browser.click(".trace-leaks tbody th a").await?;
    browser.wait_for_hash(|hash| hash.contains("group=")).await?;
    browser.wait_for_text(".trace-counted", "Lanes: only").await?;
    settled(&browser).await?;
    // A hundred lanes of one group, and the processors.
    browser
        .wait_until(&format!("document.querySelector('.trace-lanes > div').clientHeight > {}", all + 100.0))
        .await?;
    browser.click(".trace-leaks tbody th a[href^='#goroutines']").await?;
    browser.wait_for_text(".goroutines", "chan send").await?;
    browser.back().await?;
    browser.click(".trace-profile").await?;
    browser.wait_for_text(".profiles", "block").await?;
    browser.wait_until("document.querySelector('.flame .flame-pane') !== null").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn on_a_phone_nothing_is_wider_than_the_screen() -> Result<()> {
    let browser = open(&["small-go1.27.trace.gz"], "#trace?table=groups").await?;
    browser.show_as(390, 844, Scheme::Dark).await?;
    for table in ["groups", "leaks", "waits", "wakes", "gc", "stw", "tasks", "procs"] {
        browser.run("location.hash = '#trace?table=' + arguments[0];", &[table]).await?;
        browser
            .wait_until(&format!(
                "document.querySelector('.trace-tables a[aria-current]').href.endsWith('table={table}')"
            ))
            .await?;
        // The canvases follow the width of the window in a later frame.
        browser.wait_until("document.documentElement.scrollWidth <= 390").await?;
        // A caption that is squeezed into one column of letters.
        let caption = "return Math.min(...[...document.querySelectorAll('.trace caption')].map(c => c.clientWidth), 1000);";
        assert!(number(&browser, caption).await? > 200.0, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn a_trace_of_old_go_is_refused_with_advice() -> Result<()> {
    let file = viewer::scratch()?.join("old.trace");
    std::fs::write(&file, b"go 1.21 trace\0\0\0\x81\x01\x02\x03")?;
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &[file]).await?;
    browser.run("location.hash = '#trace';", &[]).await?;
    browser.wait_for_text(".trace", "Go 1.22 or later").await?;
    Ok(())
}
