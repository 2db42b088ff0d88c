//! The Source view: a function's lines beside their cost, from a frame, a row and a finding.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

const NONE: [String; 0] = [];

fn list() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/pprof/list")
}

/// A CPU profile of `mill`, a dump in which goroutines stand in it, and its repository, with a dump in
/// `testdata` that is none of the service.
fn captures() -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("source/drop");
    let repository = folder.join("mill-main");
    fs::create_dir_all(repository.join("grind/testdata"))?;
    for name in ["go.mod", "main.go", "grind/grind.go"] {
        fs::copy(list().join("mill").join(name), repository.join(name))?;
    }
    fs::copy(list().join("cpu.pb.gz"), folder.join("cpu.pb.gz"))?;
    fs::write(repository.join("README.md"), "# Mill\n")?;
    let at = |id: u64, line: u32| {
        format!(
            "goroutine {id} [chan receive, 9 minutes]:\nexample.com/mill/grind.Flour(0xc0)\n\t\
             example.com/mill/grind/grind.go:{line} +0x2d\nmain.main()\n\texample.com/mill/main.go:26 +0x2d\n\n"
        )
    };
    let dump: String = (2..9).map(|id| at(id, 26)).collect();
    fs::write(folder.join("goroutine.txt"), dump)?;
    fs::write(repository.join("grind/testdata/dump.txt"), at(90, 23))?;
    Ok(folder)
}

async fn open(hash: &str) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &[captures()?]).await?;
    browser.run("location.hash = arguments[0];", &[hash]).await?;
    Ok(browser)
}

async fn find(browser: &Browser, script: &str) -> Result<String> {
    let found = browser.run(script, &[]).await?;
    found.as_str().map(str::to_owned).with_context(|| format!("{found}"))
}

async fn press(browser: &Browser, key: &str) -> Result<()> {
    let script = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }));";
    browser.run(script, &[key]).await?;
    Ok(())
}

/// Flat, cum, line and code of the rows with a cost.
const KNOWN: &str = "return [...document.querySelectorAll('.source-table tr.known')].map(row => \
                     [...row.cells].map(cell => (cell.querySelector(':scope > code') ?? cell).innerText.trim()).join(' | ')).join('\\n');";

#[tokio::test]
async fn a_function_stands_beside_what_its_lines_cost() -> Result<()> {
    let browser = open("#source?function=example.com/mill/grind.Flour").await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Source").await?;
    browser.wait_for_text(".source-table", "func Flour(words []string) string {").await?;
    // As `go tool pprof -list` has them: `.  10ms 22`, `.  60ms 23`, `.  510ms 26`.
    assert_eq!(
        find(&browser, KNOWN).await?,
        ". | 10.00 ms | 22 | sorted := append([]string(nil), words...)\n. | 60.00 ms | 23 | sort.Strings(sorted)\n\
         . | 510.00 ms | 26 | b.WriteString(coarse(word))"
    );
    browser.wait_for_text(".source-table", "inlined line 114").await?;
    browser.wait_for_text(".source-waiting", "7 goroutines wait here: chan receive").await?;
    browser.wait_for_text(".source-callers", "main.main.func1 line").await?;
    // Keys go from line to line; the address says where.
    press(&browser, "j").await?;
    browser.wait_for_hash(|hash| hash.contains("line=22")).await?;
    press(&browser, "h").await?;
    browser.wait_for_hash(|hash| hash.contains("line=26")).await?;
    browser.wait_for_text(".source-table tr.chosen", "b.WriteString").await?;
    // A call leads into the function that it calls, and that one back.
    browser.click(".source-extra a[href*='grind.coarse']").await?;
    browser.wait_for_text(".source-table", "strings.ToUpper(word)").await?;
    browser.click(".source-callers a").await?;
    browser.wait_for_text(".source-table", "func Flour").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn source_opens_from_a_row_and_what_lies_beside_it_is_not_judged() -> Result<()> {
    let browser = open("#profiles?view=top&function=example.com/mill/grind.Flour").await?;
    browser.wait_for_text(".row.selected", "Flour").await?;
    press(&browser, "s").await?;
    browser.wait_for_hash(|hash| hash.starts_with("#source") && hash.contains("grind.Flour")).await?;
    browser.wait_for_text(".source-table", "sort.Strings(sorted)").await?;
    browser.run("location.hash = '#files';", &[]).await?;
    browser.wait_for_text("main", "README.md").await?;
    let rows = "return [...document.querySelectorAll('tr')].filter(row => /README|testdata/.test(row.innerText)).map(row => row.innerText).join();";
    let rows = find(&browser, rows).await?;
    assert!(!rows.contains("not recognized") && rows.contains("source tree"), "{rows}");
    Ok(())
}

#[tokio::test]
async fn without_source_costs_stand_alone_and_a_phone_shows_the_view_in_both_schemes() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::choose_files(&browser, &[list().join("cpu.pb.gz")]).await?;
    browser.run("location.hash = '#source';", &[]).await?;
    browser.wait_for_text(".source-choices", "grind.coarse").await?;
    browser.wait_for_text(".source .needs", "git archive").await?;
    browser.click(".source-choices a[href*='grind.coarse']").await?;
    browser.wait_for_text(".source-table", "32").await?;
    let browser = open("#source?function=example.com/mill/grind.Flour&line=26").await?;
    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.show_as(390, 844, scheme).await?;
        browser.wait_for_text(".source-table", "b.WriteString").await?;
        browser.wait_until("document.documentElement.scrollWidth <= 390").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_call_graph_has_boxes_arrows_and_a_table() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::choose_files(&browser, &[list().join("cpu.pb.gz")]).await?;
    browser.run("location.hash = '#profiles?view=calls&nodes=20';", &[]).await?;
    browser.wait_until("document.querySelectorAll('.calls-node').length === 20").await?;
    browser.wait_until("document.querySelectorAll('.calls-edge.residual').length > 0").await?;
    browser.wait_for_text(".calls .toolbar", "20 functions").await?;
    // Enter selects the box that has the focus.
    let enter = "document.querySelector('.calls-node[tabindex=\"0\"]').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));";
    browser.run(enter, &[]).await?;
    browser.wait_until("document.querySelector('.calls-node.selected') !== null").await?;
    // A box and the arrow keys select; a caller stands above its callee.
    let click = "[...document.querySelectorAll('.calls-node')].find(node => node.dataset.name === arguments[0]) \
                 .dispatchEvent(new MouseEvent('click', { bubbles: true }));";
    browser.run(click, &["example.com/mill/grind.Flour"]).await?;
    browser.wait_for_hash(|hash| hash.contains("grind.Flour")).await?;
    let key = "document.querySelector('.calls-node.selected').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }));";
    browser.run(key, &[]).await?;
    browser.wait_for_hash(|hash| hash.contains("grind.coarse")).await?;
    let above = "(() => { const top = name => [...document.querySelectorAll('.calls-node')].find(node => \
                 node.dataset.name === name).getBoundingClientRect().top; \
                 return top('example.com/mill/grind.Flour') < top('example.com/mill/grind.coarse'); })()";
    browser.wait_until(above).await?;
    browser.click(".calls-table summary").await?;
    browser.wait_for_text(".calls-table table", "390.00 ms").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
