//! axe-core over every view and dialog in both themes, and targets that a finger finds.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use thirtyfour::Key;
use wasm_tests::axe;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::input::Button;
use wasm_tests::viewer;

use super::tables;

/// Every view, and every way to look at what it shows.
const PLACES: [&str; 27] = [
    "#overview",
    "#memory",
    "#memory?moment=1&base=0",
    "#goroutines",
    "#goroutines?view=flame",
    "#goroutines?view=waits",
    "#sockets",
    "#recipe",
    "#profiles",
    "#profiles?view=flame",
    "#profiles?view=calls",
    "#profiles?view=top",
    "#profiles?view=callers",
    "#profiles?view=tree",
    "#profiles?view=labels",
    "#profiles?view=about",
    "#source",
    "#source?function=main.main",
    "#trace",
    "#trace?go=1&at=100000000&pin=1&table=gc",
    "#gc",
    "#tables",
    "#files",
    "#files?q=heap",
    "#files?source=pricing-go1.26-cgroup2/t0/proc/status",
    "#overview?service=all",
    "#overview?service=0",
];

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures").join(path)
}

/// The page with captures for every view.
async fn open(test: &str, width: u32, height: u32, scheme: Scheme) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(width, height, scheme).await?;
    let captures = [
        viewer::bundle("pricing-go1.26-cgroup2"),
        fixture("go_trace/small-go1.27.trace.gz"),
        tables::counts(test)?,
        tables::registry(test)?,
        tables::manifest(),
    ];
    viewer::drop_files(&browser, &captures).await?;
    Ok(browser)
}

/// Waits until a view shows what it has.
async fn go(browser: &Browser, address: &str) -> Result<()> {
    browser.run("location.hash = arguments[0];", &[address]).await?;
    let name = address.split('?').next().unwrap_or(address).trim_start_matches('#');
    let shown = format!("document.querySelector('[role=tab][aria-selected=true]').id === 'tab-{name}'");
    browser.wait_until(&shown).await?;
    browser
        .wait_until("!document.querySelector('#main [aria-busy=true], #main p.quiet[role=status]:only-child, .profile-wait')")
        .await?;
    if address.contains("view=calls") {
        browser.wait_until("document.querySelector('.calls-node') !== null").await?;
    }
    browser
        .run("await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));", &[])
        .await?;
    Ok(())
}

/// What is wrong on the page now, with the place that it is found at.
async fn check(browser: &Browser, place: &str, found: &mut Vec<String>) -> Result<()> {
    let violations = axe::violations(browser).await.with_context(|| place.to_owned())?;
    let violations: Vec<String> =
        violations.into_iter().map(|violation| format!("{place}: {violation}")).collect();
    // Told at once: what fails later would hide it.
    violations.iter().for_each(|violation| eprintln!("{violation}"));
    found.extend(violations);
    Ok(())
}

async fn every_view_and_dialog(test: &str, scheme: Scheme) -> Result<()> {
    let mut found = Vec::new();
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, scheme).await?;
    viewer::wait_until_ready(&browser).await?;
    check(&browser, "landing", &mut found).await?;
    let browser = open(test, 1440, 900, scheme).await?;
    for place in PLACES {
        go(&browser, place).await?;
        check(&browser, place, &mut found).await?;
    }
    go(&browser, "#overview").await?;
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true;", &[]).await?;
    check(&browser, "overview, unfolded", &mut found).await?;
    browser.keys("?").await?;
    browser.wait_for_text("dialog.keys", "Everywhere").await?;
    check(&browser, "keys", &mut found).await?;
    browser.keys(Key::Escape).await?;
    browser.wait_until("!document.querySelector('dialog')").await?;
    browser.chord(Key::Control, "k").await?;
    browser.wait_for_text("dialog.palette", "Keyboard shortcuts").await?;
    check(&browser, "palette", &mut found).await?;
    browser.keys(Key::Escape).await?;
    browser.wait_until("!document.querySelector('dialog')").await?;
    browser.click("[data-toggle=share]").await?;
    check(&browser, "share", &mut found).await?;
    browser.click("#save-report").await?;
    browser.wait_for_text("#save-file", "Save strata-report.html").await?;
    check(&browser, "save", &mut found).await?;
    browser.keys(Key::Escape).await?;
    browser.wait_until("!document.querySelector('dialog')").await?;
    go(&browser, "#profiles?view=top").await?;
    for popover in ["filter", "options"] {
        browser.click(&format!("[data-toggle={popover}]")).await?;
        check(&browser, popover, &mut found).await?;
        browser.click(&format!("[data-toggle={popover}]")).await?;
    }
    browser.press_at(".rows.top .row[data-name] .function", (60.0, 8.0), Button::Right, 1).await?;
    browser.wait_for_text(".menu", "Copy name").await?;
    check(&browser, "menu", &mut found).await?;
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[tokio::test]
async fn axe_finds_nothing_on_any_view_or_dialog_in_light() -> Result<()> {
    every_view_and_dialog("axe-light", Scheme::Light).await
}

#[tokio::test]
async fn axe_finds_nothing_on_any_view_or_dialog_in_dark() -> Result<()> {
    every_view_and_dialog("axe-dark", Scheme::Dark).await
}

/// What is pressed and lower than 44 px. A link in a line of text is as high as its line (WCAG 2.5.5 leaves it out),
/// and boxes and bars of a drawing have a table or a filter beside them that does the same.
const SMALL: &str = "
    const isShown = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
    const pressed = 'a[href], button, select, summary, input:not([type=file], [type=hidden]), [role=button], [role=tab], [role=option]';
    return [...document.querySelectorAll(pressed)].filter(isShown).filter(element => {
        const { height } = element.getBoundingClientRect();
        const isInText = element.matches('a') && getComputedStyle(element).display === 'inline';
        const isClipped = element.matches('.skip-link, .visually-hidden');
        const isBehindLabel = element.matches('input[type=checkbox], input[type=radio]') && element.closest('label')?.getBoundingClientRect().height >= 44;
        return height < 43.5 && !isInText && !isClipped && !isBehindLabel && !element.closest('svg, .rows, .bar-part');
    }).map(element => `${Math.round(element.getBoundingClientRect().height)} px: ${element.outerHTML.slice(0, 120)}`).slice(0, 12).join('\\n');";

#[tokio::test]
async fn on_a_phone_what_is_pressed_is_44_px_high() -> Result<()> {
    let mut found = Vec::new();
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(390, 844, Scheme::Light).await?;
    viewer::wait_until_ready(&browser).await?;
    let landing = small(&browser).await?;
    found.extend((!landing.is_empty()).then(|| format!("landing:\n{landing}")));
    let browser = open("small", 390, 844, Scheme::Light).await?;
    for place in PLACES {
        go(&browser, place).await?;
        let here = small(&browser).await?;
        found.extend((!here.is_empty()).then(|| format!("{place}:\n{here}")));
        let width = browser.run("return document.documentElement.scrollWidth;", &[]).await?;
        found.extend((width.as_u64() > Some(390)).then(|| format!("{place}: {width} px wide")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

async fn small(browser: &Browser) -> Result<String> {
    let small = browser.run(SMALL, &[]).await?;
    Ok(small.as_str().unwrap_or_default().to_owned())
}
