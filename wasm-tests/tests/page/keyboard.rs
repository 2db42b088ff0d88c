//! The keyboard alone: from the landing to the fix of a finding, and the palette.

use anyhow::{Context, Result, bail};
use thirtyfour::Key;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// Presses Tab until the focused element matches.
async fn tab_to(browser: &Browser, css: &str) -> Result<()> {
    const MOST: usize = 60;
    for _ in 0..MOST {
        browser.keys(Key::Tab).await?;
        let is_there =
            browser.run("return document.activeElement?.matches(arguments[0]) ?? false;", &[css]).await?;
        if is_there == true {
            return Ok(());
        }
    }
    bail!("{MOST} times Tab do not lead to {css}")
}

async fn focused(browser: &Browser) -> Result<String> {
    let text = browser.run("return document.activeElement?.innerText ?? '';", &[]).await?;
    Ok(text.as_str().context("no text")?.to_owned())
}

async fn start() -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    viewer::wait_until_ready(&browser).await?;
    Ok(browser)
}

#[tokio::test]
async fn keys_alone_lead_from_the_landing_to_the_fix_of_a_finding() -> Result<()> {
    let browser = start().await?;
    tab_to(&browser, "#open-example").await?;
    browser.keys(Key::Enter).await?;
    browser.wait_for_text(".findings", "What to do").await?;
    // Past the header to the content, then to the evidence of the first finding, which stands below its fix.
    choose(&browser, "overview", "View").await?;
    tab_back_to(&browser, ".skip-link").await?;
    browser.keys(Key::Enter).await?;
    assert_eq!(browser.run("return document.activeElement.id;", &[]).await?, "main");
    tab_to(&browser, ".finding .evidence summary").await?;
    browser.keys(Key::Enter).await?;
    browser.wait_for_text(".finding .evidence[open]", "Rule").await?;
    let fix = "(() => { const fix = document.activeElement.closest('.finding').querySelector('.fix').getBoundingClientRect(); \
               return fix.top >= 0 && fix.bottom <= innerHeight; })()";
    browser.wait_until(fix).await?;
    // Tabs are one stop; arrows go from one to the next.
    tab_back_to(&browser, "[role=tab]").await?;
    browser.keys(Key::Right).await?;
    browser.wait_for_hash(|hash| hash.starts_with("#memory")).await?;
    assert!(focused(&browser).await?.starts_with("Memory"));
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

/// Presses Shift+Tab until the focused element matches.
async fn tab_back_to(browser: &Browser, css: &str) -> Result<()> {
    const MOST: usize = 60;
    for _ in 0..MOST {
        browser.chord(Key::Shift, &Key::Tab.value().to_string()).await?;
        let is_there =
            browser.run("return document.activeElement?.matches(arguments[0]) ?? false;", &[css]).await?;
        if is_there == true {
            return Ok(());
        }
    }
    bail!("{MOST} times Shift+Tab do not lead to {css}")
}

#[tokio::test]
async fn the_palette_leads_to_views_findings_groups_functions_files_and_actions() -> Result<()> {
    let browser = start().await?;
    choose(&browser, "open example", "Action").await?;
    browser.wait_for_text(".findings", "What to do").await?;
    let title = browser.text(".finding h4").await?;
    choose(&browser, &title, "Finding").await?;
    browser.wait_for_hash(|hash| hash.contains("finding=1")).await?;
    browser.wait_until("document.activeElement.id === 'finding-0'").await?;
    choose(&browser, "call graph", "View").await?;
    browser.wait_until("document.querySelectorAll('.calls-node').length > 3").await?;
    for (typed, kind, hash) in [
        ("files", "View", "#files"),
        ("goroutines leak", "Goroutines", "#goroutines?open="),
        ("function main.", "Function", "#profiles?function=main."),
        ("file goroutine", "File", "#files?source="),
    ] {
        choose(&browser, typed, kind).await?;
        browser.wait_for_hash(|now| now.starts_with(hash)).await.with_context(|| typed.to_owned())?;
    }
    choose(&browser, "colors dark", "Action").await?;
    browser.wait_until("document.documentElement.dataset.theme === 'dark'").await?;
    // The same keys close it, and the focus is back where it was.
    browser.chord(Key::Control, "k").await?;
    browser.wait_until("document.activeElement.matches('.palette input')").await?;
    browser.keys("nothing has this name").await?;
    browser.wait_for_text(".palette [role=status]", "No matches.").await?;
    browser.chord(Key::Control, "k").await?;
    browser.wait_until("!document.querySelector('dialog')").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

/// Opens the palette, types, and takes the first entry, which is of a kind.
async fn choose(browser: &Browser, typed: &str, kind: &str) -> Result<()> {
    browser.chord(Key::Control, "k").await?;
    browser.wait_until("document.activeElement.matches('.palette input')").await?;
    browser.keys(typed).await?;
    browser
        .wait_until(&format!(
            "document.querySelector('.palette [aria-selected=true] .palette-kind').innerText === '{kind}'"
        ))
        .await
        .with_context(|| typed.to_owned())?;
    browser.keys(Key::Enter).await?;
    browser.wait_until("!document.querySelector('dialog')").await
}

#[tokio::test]
async fn the_list_of_keys_has_a_section_for_each_view_that_has_some() -> Result<()> {
    let browser = start().await?;
    browser.keys("?").await?;
    for text in ["Ctrl+K", "Everywhere", "Memory", "Goroutines", "Profiles", "Source", "Trace", "GC", "Files"]
    {
        browser.wait_for_text("dialog.keys", text).await?;
    }
    Ok(())
}
