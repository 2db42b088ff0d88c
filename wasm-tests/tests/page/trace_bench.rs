//! The trace view as a workbench: details, search, pinned lanes, arrows, tasks and the utilization curve.

use anyhow::{Context, Result};
use thirtyfour::Key;
use wasm_tests::axe;
use wasm_tests::browser::{Browser, Scheme};

use super::trace::{NONE, TRACKS, number, open, settled, window};

/// The search field of the view.
const FIND: &str = ".trace-find input";
const SMALL: &[&str] = &["small-go1.27.trace.gz"];

/// Waits until the panel shows what the address selects.
async fn told(browser: &Browser, said: &str) -> Result<()> {
    browser
        .wait_until("document.querySelector('.trace-details')?.getAttribute('aria-busy') === 'false'")
        .await?;
    browser.wait_for_text(".trace-details", said).await
}

async fn hash(browser: &Browser) -> Result<String> {
    let hash = browser.run("return location.hash;", &[]).await?;
    Ok(hash.as_str().context("a hash")?.to_owned())
}

/// Searches for something else.
async fn find(browser: &Browser, text: &str) -> Result<()> {
    let select = "const field = document.querySelector(arguments[0]); field.focus(); field.select();";
    browser.run(select, &[FIND]).await?;
    browser.keys(text).await
}

/// The goroutine that the address selects.
async fn selected(browser: &Browser) -> Result<String> {
    let id = "return new URLSearchParams(location.hash.split('?')[1] ?? '').get('go') ?? '';";
    let id = browser.run(id, &[]).await?;
    Ok(id.as_str().context("an id")?.to_owned())
}

/// Height of the canvas with the tracks, which grows with pinned lanes.
async fn tracks(browser: &Browser) -> Result<f64> {
    settled(browser).await?;
    let height = "
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        return document.querySelector(arguments[0]).clientHeight;";
    browser.run(height, &[TRACKS]).await?.as_f64().context("a height")
}

/// From a wait to whoever ended it, and back.
#[tokio::test]
async fn a_wait_leads_to_its_waker() -> Result<()> {
    let browser = open(SMALL, "#trace?table=waits").await?;
    browser.click(".trace .table tbody th a").await?;
    told(&browser, "Blocked").await?;
    told(&browser, "Woken at").await?;
    told(&browser, "States in this range").await?;
    // Of another one, that waits for a processor after a goroutine woke it.
    browser.run("location.hash = '#trace?table=waits&go=1&at=14000000';", &[]).await?;
    told(&browser, "by goroutine 56").await?;
    let first = hash(&browser).await?;
    browser.click(".trace-waker a").await?;
    browser.wait_for_hash(|hash| hash != first && hash.contains("go=")).await?;
    told(&browser, "Running on P").await?;
    browser.back().await?;
    told(&browser, "by goroutine 56").await?;
    assert_eq!(hash(&browser).await?, first);

    // Its flame graph shows its stacks alone.
    browser.click(".trace-tools a[href^='#profiles']").await?;
    browser.wait_for_hash(|hash| hash.contains("focus=")).await?;
    browser.wait_until("document.querySelector('.flame .flame-pane') !== null").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

/// Lanes and states without a mouse, and out again.
#[tokio::test]
async fn keys_walk_over_lanes_and_states() -> Result<()> {
    let browser = open(SMALL, "#trace?table=groups").await?;
    let low = tracks(&browser).await?;
    browser.run("document.querySelector('.trace-plot').focus();", &[]).await?;
    browser.keys(Key::Down).await?;
    told(&browser, "Selected state").await?;
    let first = selected(&browser).await?;
    browser.keys(Key::Down).await?;
    browser.wait_for_hash(|hash| !hash.contains(&format!("go={first}"))).await?;
    browser.keys(Key::Up).await?;
    browser.wait_for_hash(|hash| hash.contains(&format!("go={first}"))).await?;
    told(&browser, "Selected state").await?;
    let here = hash(&browser).await?;
    browser.keys("[").await?;
    browser.wait_for_hash(|hash| hash != here).await?;
    told(&browser, "Selected state").await?;
    browser.keys("p").await?;
    browser.wait_for_hash(|hash| hash.contains("pin=")).await?;
    told(&browser, "Unpin lane").await?;
    assert!(tracks(&browser).await? > low);
    browser.keys(Key::Escape).await?;
    browser.wait_for_hash(|hash| !hash.contains("go=") && hash.contains("pin=")).await?;
    browser.wait_until("document.querySelector('.trace-details') === null").await?;
    Ok(())
}

/// A click in the lane of a processor is on the goroutine that ran there.
#[tokio::test]
async fn a_click_in_a_lane_selects() -> Result<()> {
    let browser = open(SMALL, "#trace?table=groups").await?;
    browser.click_at(super::trace::LANES, (1200.0, 28.0)).await?;
    told(&browser, "main.main").await?;
    told(&browser, "Running on P0").await?;
    // Tasks have rows of their own above the lanes, and details of their own.
    let task = "return document.querySelector('.trace-tracks').clientHeight - 9;";
    let y = number(&browser, task).await?;
    let width = number(&browser, "return document.querySelector('.trace-tracks').clientWidth;").await?;
    browser.click_at(TRACKS, (width - 20.0, y)).await?;
    browser.wait_for_hash(|hash| hash.contains("task=") && !hash.contains("go=")).await?;
    told(&browser, "never-ended").await?;
    Ok(())
}

#[tokio::test]
async fn goroutines_tasks_and_regions_are_found() -> Result<()> {
    let browser = open(SMALL, "#trace?table=groups").await?;
    browser.keys("/").await?;
    browser.keys("leakRecv").await?;
    browser.wait_until("document.querySelectorAll('.trace-hits li').length === 7").await?;
    let low = tracks(&browser).await?;
    browser.click(".trace-hits li:last-child a").await?;
    told(&browser, "main.leakRecv").await?;
    told(&browser, "Blocked: chan receive").await?;
    told(&browser, "It had not ended when the trace did").await?;
    told(&browser, "Created at").await?;
    // A few of the seven have lanes; this one gets its own.
    browser.wait_for_hash(|hash| hash.contains("pin=")).await?;
    assert!(tracks(&browser).await? > low);

    find(&browser, "order").await?;
    browser.wait_for_text(".trace-hits", "task").await?;
    browser.click(".trace-hits li a[href*='task=']").await?;
    told(&browser, "order").await?;
    told(&browser, "Zoom to task").await?;
    find(&browser, "no such thing").await?;
    browser.wait_for_text(".trace-hits", "Nothing found").await?;
    Ok(())
}

#[tokio::test]
async fn the_utilization_curve_leads_to_its_worst_window() -> Result<()> {
    let browser = open(SMALL, "#trace?table=gc").await?;
    browser.wait_for_text(".trace-mmu", "Minimum mutator utilization").await?;
    browser.wait_for_text(".trace-mmu table", "10.00 ms").await?;
    browser.click(".trace-mmu tbody tr:last-child a").await?;
    browser.wait_for_hash(|hash| hash.contains("from=") && hash.contains("to=")).await?;
    let part = window(&browser).await?;
    assert!(part.1 > part.0 && part.1.is_finite(), "{part:?}");
    Ok(())
}

#[tokio::test]
async fn the_panel_is_accessible_and_fits_a_phone() -> Result<()> {
    let browser = open(SMALL, "#trace?go=1&at=100000000&pin=1&table=gc").await?;
    for (width, height, scheme) in
        [(1440, 900, Scheme::Dark), (390, 844, Scheme::Light), (390, 844, Scheme::Dark)]
    {
        browser.show_as(width, height, scheme).await?;
        told(&browser, "Selected state").await?;
        browser.wait_for_text(".trace-mmu", "Minimum mutator utilization").await?;
        browser.wait_until(&format!("document.documentElement.scrollWidth <= {width}")).await?;
        let violations = axe::violations(&browser).await?;
        assert_eq!(violations, NONE, "{width} {scheme:?}");
    }
    // What is pressed is large enough for a finger.
    let small = "
        const pressed = [...document.querySelectorAll('.trace-details a, .trace-find input')];
        return pressed.filter(one => one.getBoundingClientRect().height < 43.5).map(one => one.innerText).join('|');";
    assert_eq!(browser.run(small, &[]).await?, "");
    Ok(())
}
