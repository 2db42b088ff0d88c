//! Goroutines, used as on call: what leaks, since when, why, and where it stands in the dump.

use anyhow::Result;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;
use xtask::site::Site;

const NONE: [String; 0] = [];
/// Rows of groups, and what they open to.
const ROW: &str = ".groups tbody tr[id^=group-]:not(.detail-row)";

/// Three snapshots of a service that leaks goroutines, in the view. The site
/// must outlive the browser.
async fn open(hash: &str) -> Result<(Site, Browser)> {
    let site = viewer::site()?;
    let browser = Browser::open(&format!("{}{hash}", site.url())).await?;
    viewer::drop_files(&browser, &[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    Ok((site, browser))
}

async fn hash(browser: &Browser) -> Result<String> {
    let hash = browser.run("return location.hash;", &[]).await?;
    Ok(hash.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_group_opens_to_its_reasons_its_stack_and_its_raw_text() -> Result<()> {
    let (_site, browser) = open("#goroutines").await?;
    browser.wait_for_text(".group-answer", "goroutines leak").await?;
    browser.wait_for_text(ROW, "chan-send-abandoned").await?;
    browser.click(&format!("{ROW} .disclose")).await?;
    browser.wait_for_text(".group-detail", "What to do").await?;
    browser.wait_for_text(".group-detail", "Evidence against").await?;
    browser.wait_for_text(".group-detail .stack .named", "main.").await?;
    browser.click(&format!("{ROW} .raw a")).await?;
    browser.wait_for_text(".cited", "goroutine ").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn filters_stand_in_the_address_and_back_undoes_them() -> Result<()> {
    let (_site, browser) = open("#goroutines").await?;
    browser.wait_for_text(ROW, "leak").await?;
    browser.click("[data-verdict=benign]").await?;
    browser.wait_for_text(ROW, "benign").await?;
    browser.wait_for_text(".chips", "benign").await?;
    assert!(hash(&browser).await?.contains("verdict=benign"));
    browser.run("history.back();", &[]).await?;
    browser.wait_for_text(ROW, "leak").await?;
    browser.click("[data-trend=grown]").await?;
    browser.wait_for_text(".chips", "grown").await?;
    browser.click(".filter-chip").await?;
    browser.wait_for_text(".folded", "folded").await?;
    assert!(!hash(&browser).await?.contains("change="));
    Ok(())
}

#[tokio::test]
async fn benign_groups_are_folded_with_their_reasons_and_never_dropped() -> Result<()> {
    let (_site, browser) = open("#goroutines").await?;
    browser.wait_for_text(".folded summary", "benign").await?;
    browser.click(".folded summary .verdict").await?;
    browser.wait_for_text(".fold-reasons", "same number in every snapshot").await?;
    browser.wait_for_text(".fold-reasons", "waits for signals").await?;
    browser.click(".folded p a").await?;
    let body = r#"
        const deadline = Date.now() + 30000;
        while (document.querySelector(".folded") && Date.now() < deadline) await new Promise((next) => setTimeout(next, 20));
        return document.querySelectorAll(".groups tr.benign").length;
    "#;
    let benign = browser.run(body, &[]).await?;
    assert!(benign.as_u64().is_some_and(|count| count > 5), "{benign}");
    Ok(())
}

#[tokio::test]
async fn a_column_sorts_and_arrow_keys_go_from_group_to_group() -> Result<()> {
    let (_site, browser) = open("#goroutines?benign=shown").await?;
    browser.wait_for_text(ROW, "leak").await?;
    let counts = r#"
        const first = arguments[0];
        [...document.querySelectorAll(".groups th button")].find((button) => button.textContent.startsWith("Count")).click();
        await new Promise((next) => setTimeout(next, 0));
        const deadline = Date.now() + 30000;
        const th = () => document.querySelector(".groups th[aria-sort]");
        while (th()?.getAttribute("aria-sort") !== first && Date.now() < deadline) await new Promise((next) => setTimeout(next, 20));
        return [...document.querySelectorAll(".groups td.count")].map((cell) => Number(cell.textContent.replaceAll(",", "")));
    "#;
    for (order, is_sorted) in [
        ("descending", (|pair: &[u64]| pair[0] >= pair[1]) as fn(&[u64]) -> bool),
        ("ascending", |pair| pair[0] <= pair[1]),
    ] {
        let rows = browser.run(counts, &[order]).await?;
        let rows: Vec<u64> =
            rows.as_array().into_iter().flatten().filter_map(|count| count.as_u64()).collect();
        assert!(rows.len() > 5 && rows.windows(2).all(is_sorted), "{order}: {rows:?}");
    }
    let keys = r#"
        const buttons = [...document.querySelectorAll(".groups .disclose")];
        const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        buttons[0].focus();
        press("ArrowDown");
        const moved = document.activeElement === buttons[1];
        press("ArrowRight");
        const deadline = Date.now() + 30000;
        while (!document.querySelector(".group-detail") && Date.now() < deadline) await new Promise((next) => setTimeout(next, 20));
        return moved && buttons[1].getAttribute("aria-expanded") === "true";
    "#;
    assert_eq!(browser.run(keys, &[]).await?, serde_json::Value::Bool(true));
    Ok(())
}

#[tokio::test]
async fn the_flame_graph_of_groups_leads_back_to_them() -> Result<()> {
    let (_site, browser) = open("#goroutines").await?;
    browser.wait_for_text(".modes", "Flame graph").await?;
    browser.run("[...document.querySelectorAll('.mode')].find((mode) => mode.textContent.startsWith('Flame')).click();", &[]).await?;
    browser.wait_for_text(".flame-details", "goroutines in").await?;
    browser.run("document.querySelector('.flame-pane').focus();", &[]).await?;
    let keys = r#"
        const pane = document.querySelector(".flame-pane");
        for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) {
            pane.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            await new Promise((next) => setTimeout(next, 100));
        }
    "#;
    browser.run(keys, &[]).await?;
    browser.wait_for_text(".flame-details [data-action=groups]", "group").await?;
    browser.click(".flame-details [data-action=groups]").await?;
    browser.wait_for_text(ROW, "leak").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
