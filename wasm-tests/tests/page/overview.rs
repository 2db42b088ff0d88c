//! The first screen: what it answers without scrolling, and which view a drop opens.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::input::downloaded;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// What stands in the window before anything is scrolled.
const FIRST_SCREEN: &str = "
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const seen = [...range.getClientRects()].some(({ top, bottom, width }) => width > 1 && top >= 0 && bottom <= innerHeight);
        if (seen) texts.push(walker.currentNode.data);
    }
    return texts.join(' ');";

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures").join(path)
}

/// A file of this content.
fn file(name: &str, content: &str) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("overview");
    let path = folder.join(name);
    fs::create_dir_all(path.parent().context("a folder")?)?;
    fs::write(&path, content)?;
    Ok(path)
}

/// The page with these captures, as it opens.
async fn open(paths: &[PathBuf]) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    viewer::drop_files(&browser, paths).await?;
    Ok(browser)
}

async fn tab(browser: &Browser, title: &str) -> Result<()> {
    browser.wait_for_text("[role=tab][aria-selected=true]", title).await
}

/// The style of the verdict.
async fn outcome(browser: &Browser) -> Result<String> {
    browser.wait_for_text(".verdict-line .answer", "").await?;
    let class = browser.run("return document.querySelector('.verdict-line').className;", &[]).await?;
    Ok(class.as_str().unwrap_or_default().replace("verdict-line", "").trim().to_owned())
}

/// A server that waits for its next connection, and the goroutine that writes the dump: without it the
/// dump is a part of one.
const SERVES: &str = "goroutine 1 [IO wait]:
net.(*netFD).accept(0xc000132000)
\t/usr/local/go/src/net/fd_unix.go:172 +0x29
net.(*TCPListener).Accept(0xc000120040)
\t/usr/local/go/src/net/tcpsock.go:380 +0x30
net/http.(*Server).Serve(0xc000164000, {0x7a1d58, 0xc000120040})
\t/usr/local/go/src/net/http/server.go:3424 +0x30c
main.main()
\t/app/main.go:12 +0x1d

goroutine 20 [running]:
runtime/pprof.writeGoroutineStacks({0x7a1d58, 0xc000120040})
\t/usr/local/go/src/runtime/pprof/pprof.go:764 +0x6a
net/http/pprof.handler.ServeHTTP({0x7a1d58, 0x9}, {0x7a1d58, 0xc000120040}, 0xc000120040)
\t/usr/local/go/src/net/http/pprof/pprof.go:272 +0x52f
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3454 +0x485
";

#[tokio::test]
async fn the_first_screen_answers_what_a_reader_asks() -> Result<()> {
    let bundle = |name: &str| vec![viewer::bundle(name)];
    let broken = file("heap.pb.gz", "404 page not found\n")?;
    let cases: [(&str, Vec<PathBuf>, &[&str]); 5] = [
        ("why killed", bundle("doomed-go1.26-cgroup2"), &["OOM-killed", "96.0 MiB", "base.go:123"]),
        (
            "what leaks",
            bundle("pricing-go1.26-cgroup2"),
            &["QuoteWithTimeout", "main.go:54", "12 → 40 → 100", "What to do"],
        ),
        ("what grew", vec![fixture("findings/heap-map-cache-go1.27.3")], &["MiB", ".go:"]),
        (
            "is it healthy",
            vec![
                file("ok/goroutine.txt", SERVES)?,
                file("ok/memory.current", "31457280\n")?,
                file("ok/memory.max", "104857600\n")?,
            ],
            &["No problem found", "30.0%", "checks"],
        ),
        ("which file is bad", vec![broken], &["heap.pb.gz", "404 page not found", "curl -fo heap.pb.gz"]),
    ];
    for (question, captures, answers) in cases {
        let browser = open(&captures).await?;
        tab(&browser, "Overview").await?;
        let shown = browser.run(FIRST_SCREEN, &[]).await?;
        let shown = shown.as_str().unwrap_or_default();
        for answer in answers {
            assert!(shown.contains(answer), "{question}: {answer} is not in {shown}");
        }
        assert_eq!(browser.console_problems().await?, NONE);
    }
    Ok(())
}

#[tokio::test]
async fn a_drop_opens_the_view_that_its_captures_are_for() -> Result<()> {
    let pricing = |name: &str| viewer::bundle("pricing-go1.26-cgroup2").join(name);
    let heaps = [pricing("t0/heap.pb.gz"), pricing("t2/heap.pb.gz")];
    for (captures, title) in [
        (vec![pricing("t2/heap.pb.gz")], "Profiles"),
        (heaps.to_vec(), "Profiles"),
        (vec![pricing("t0/goroutine.debug2.txt.gz")], "Goroutines"),
        (vec![fixture("go_trace/small-go1.27.trace.gz")], "Trace"),
        (vec![pricing("t0/heap.pb.gz"), pricing("t0/goroutine.debug2.txt.gz")], "Overview"),
        (vec![fixture("goroutine_dump/deadlock.txt")], "Overview"),
    ] {
        let browser = open(&captures).await?;
        tab(&browser, title).await.with_context(|| format!("{captures:?}"))?;
        if captures == heaps {
            browser.wait_until("document.querySelector('#profile-base').value !== ''").await?;
            browser.wait_for_text(".flame-legend", "shrank").await?;
        }
        // Back leads to where the page was opened from, and not to another view of it.
        let address = browser.run("return location.hash;", &[]).await?;
        assert_eq!(address == "", title == "Overview", "{address}");
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_and_what_cannot_be_read_are_red_and_a_profile_is_not_green() -> Result<()> {
    for (captures, hash, wanted) in [
        (fixture("goroutine_dump/deadlock.txt"), "#overview", "critical"),
        (fixture("goroutine_dump/nil-deref.none.txt"), "#overview", "critical"),
        (fixture("goroutine_dump/go127_fatal_stackoverflow.txt"), "#overview", "critical"),
        (file("cpu.pb.gz", "404 page not found\n")?, "#overview", "critical"),
        (viewer::bundle("pricing-go1.26-cgroup2").join("t2/heap.pb.gz"), "#overview", "unjudged"),
        (file("memory.current", "84934656\n")?, "#overview", "unjudged"),
    ] {
        let browser = open(std::slice::from_ref(&captures)).await?;
        browser.run("location.hash = arguments[0];", &[hash]).await?;
        tab(&browser, "Overview").await?;
        assert_eq!(outcome(&browser).await?, wanted, "{captures:?}");
    }
    Ok(())
}

#[tokio::test]
async fn evidence_is_folded_and_advice_is_not_and_one_rule_is_one_card() -> Result<()> {
    let browser = open(&[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    browser.wait_for_text(".finding.warning", "What to do").await?;
    browser.wait_for_text(".finding.warning .evidence summary", "Evidence (").await?;
    let count = "return document.querySelectorAll('.finding.warning').length;";
    assert_eq!(browser.run(count, &[]).await?, 1);
    browser.wait_for_text(".finding.warning header", "3 places").await?;
    // Nothing that the verdict says is said again word for word.
    let repeated = "
        const verdict = document.querySelector('.verdict-text').innerText;
        return [...document.querySelectorAll('.finding .claim')].some((claim) => verdict.includes(claim.innerText));";
    assert_eq!(browser.run(repeated, &[]).await?, Value::Bool(false));
    // Links to evidence are in the order of focus only where they are shown.
    let links = "return [...document.querySelectorAll('.finding .citations a')].filter((link) => link.checkVisibility()).length;";
    assert_eq!(browser.run(links, &[]).await?, 0);
    browser.click(".finding.warning .evidence summary").await?;
    browser.wait_for_text(".finding.warning .evidence[open] .citations", "goroutine").await?;
    Ok(())
}

#[tokio::test]
async fn one_switcher_sets_whose_captures_everything_shows() -> Result<()> {
    let stuck = "goroutine 9 [chan receive (nil chan), 12 minutes]:\nmain.wait()\n\t/app/wait.go:5 +0x1d\n";
    let folder = file("several/api/t0/goroutine.txt", stuck)?;
    file("several/worker/t0/goroutine.txt", SERVES)?;
    let folder = folder.ancestors().nth(3).context("the drop")?.to_owned();
    let browser = open(&[folder]).await?;
    browser.wait_for_text(".services", "api").await?;
    let first = "return document.querySelector('.services tbody tr').innerText;";
    assert!(browser.run(first, &[]).await?.as_str().is_some_and(|row| row.contains("wait.go:5")));
    let worker = "return [...document.querySelectorAll('#service option')].find((option) => option.text === 'worker').value;";
    let worker = browser.run(worker, &[]).await?;
    browser.choose("#service", worker.as_str().context("the worker")?).await?;
    browser.wait_for_text(".verdict-line", "No problem found").await?;
    assert_eq!(outcome(&browser).await?, "ok");
    browser.run("document.querySelector('#tab-goroutines').click();", &[]).await?;
    browser.wait_for_text(".group-answer", "No leak found among 2 goroutines").await?;
    browser.wait_for_hash(|hash| hash.contains("service=")).await?;
    browser.choose("#service", "all").await?;
    browser.wait_for_text(".choices", "api").await?;
    Ok(())
}

#[tokio::test]
async fn a_link_without_captures_says_what_to_drop_and_a_title_names_what_is_shown() -> Result<()> {
    let browser = Browser::open(&format!("{}#goroutines?q=race", viewer::file_url()?)).await?;
    browser.wait_for_text(".landing-link", "Goroutines").await?;
    browser.wait_for_text(".landing-link", "race").await?;
    assert_eq!(browser.run("return document.title;", &[]).await?, "Strata");
    viewer::drop_files(&browser, &[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    tab(&browser, "Goroutines").await?;
    browser
        .wait_until(
            "document.title.endsWith('Goroutines \u{2013} Strata') && document.title.startsWith('pricing')",
        )
        .await?;
    Ok(())
}

#[tokio::test]
async fn the_report_is_saved_as_json() -> Result<()> {
    let browser = open(&[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    let folder = browser.save_downloads("overview").await?;
    browser.click("[data-toggle=share]").await?;
    browser.click("#save-json").await?;
    let report: Value = serde_json::from_slice(&downloaded(&folder.join("strata-report.json")).await?)?;
    assert_eq!(report["schema"], "strata-report/1");
    assert_eq!(report["outcome"], "warning");
    browser.wait_for_text(".verdict-text", report["verdict"].as_str().context("a verdict")?).await?;
    Ok(())
}

#[tokio::test]
async fn a_keyboard_skips_the_header_and_the_keys_open_at_their_start() -> Result<()> {
    let browser = open(&[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    browser.run("document.querySelector('.skip-link').focus(); document.activeElement.click();", &[]).await?;
    browser.wait_until("document.activeElement.id === 'main'").await?;
    // What a screen reader goes by: one main part, tabs in a navigation, names that begin with what is seen.
    let wrong = "
        const named = [...document.querySelectorAll('button[aria-label]')]
            .filter((button) => button.innerText.trim() && !button.ariaLabel.toLowerCase().includes(button.innerText.trim().toLowerCase()));
        return [
            ...document.querySelectorAll('main[role], summary a, summary button, nav[role]'),
            ...named,
        ].map((element) => element.outerHTML.slice(0, 120));";
    assert_eq!(browser.run(wrong, &[]).await?, Value::Array(Vec::new()));
    browser.keys("?").await?;
    browser.wait_for_text("dialog.keys", "Goroutines").await?;
    browser.wait_for_text("dialog.keys", "Trace").await?;
    browser.wait_until("document.activeElement.id === 'keys-title' && document.querySelector('dialog.keys').scrollTop === 0").await?;
    Ok(())
}

#[tokio::test]
async fn all_that_is_read_has_12_pixels_and_all_that_is_pressed_has_24() -> Result<()> {
    let small = "
        const isShown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
        const ownText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        const texts = [...document.querySelectorAll('header *, main *')]
            .filter((element) => isShown(element) && ownText(element) && parseFloat(getComputedStyle(element).fontSize) < 12);
        const targets = [...document.querySelectorAll('button, select, summary, input:not([type=file]), .tab, .tile')]
            .filter((element) => isShown(element) && !element.closest('svg, .skip-link') && !element.matches('.skip-link')
                && element.getBoundingClientRect().height < 23.5);
        return [...texts, ...targets].map((element) => element.outerHTML.slice(0, 160));";
    let browser = open(&[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    for view in ["overview", "goroutines", "profiles", "files", "memory"] {
        browser.run("location.hash = arguments[0];", &[view]).await?;
        browser.wait_until(&format!("document.querySelector('#tab-{view}').ariaSelected === 'true'")).await?;
        let found = browser.run(small, &[]).await?;
        assert_eq!(found, Value::Array(Vec::new()), "{view}");
    }
    Ok(())
}
