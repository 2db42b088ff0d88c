//! Profiles: every feature of the view, used as a user does.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use thirtyfour::Key;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::input::{Button, downloaded};
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// The canvas of the flame graph.
const GRAPH: &str = ".flame .flame-pane";
/// On it, the heaviest function that a stack starts with, and what it calls.
const FIRST: (f64, f64) = (30.0, 30.0);
const SECOND: (f64, f64) = (30.0, 50.0);

fn capture(name: &str) -> PathBuf {
    viewer::bundle("pricing-go1.26-cgroup2").join(name)
}

/// The page with these captures of one service, on an address.
async fn open(captures: &[&str], address: &str) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    let files: Vec<_> = captures.iter().map(|name| capture(name)).collect();
    viewer::choose_files(&browser, &files).await?;
    go(&browser, address).await?;
    Ok(browser)
}

async fn go(browser: &Browser, address: &str) -> Result<()> {
    browser.run("location.hash = arguments[0];", &[address]).await?;
    settled(browser).await
}

/// Waits until the engine's answer is on the page.
async fn settled(browser: &Browser) -> Result<()> {
    browser.wait_until("document.querySelector('.profiles').getAttribute('aria-busy') === 'false'").await
}

async fn cpu() -> Result<Browser> {
    let browser = open(&["t2/cpu.pb.gz"], "#profiles?view=flame").await?;
    browser.wait_until(&format!("document.querySelector({GRAPH:?}) !== null")).await?;
    Ok(browser)
}

/// Opens a panel of the toolbar, unless it is open.
async fn open_panel(browser: &Browser, name: &str) -> Result<()> {
    let is_open = format!("document.querySelector('[data-toggle={name}]').ariaExpanded === 'true'");
    if browser.run(&format!("return {is_open};"), &[]).await? != Value::Bool(true) {
        browser.click(&format!("[data-toggle={name}]")).await?;
    }
    browser.wait_until(&is_open).await
}

/// A parameter of the address.
async fn parameter(browser: &Browser, name: &str) -> Result<Option<String>> {
    let read = "return new URLSearchParams(location.hash.split('?')[1] ?? '').get(arguments[0]);";
    Ok(browser.run(read, &[name]).await?.as_str().map(str::to_owned))
}

async fn wait_for_parameter(browser: &Browser, name: &str, test: &str) -> Result<()> {
    let value = format!("new URLSearchParams(location.hash.split('?')[1] ?? '').get({name:?})");
    browser.wait_until(&format!("{value} {test}")).await
}

/// The texts of all elements that match.
async fn texts(browser: &Browser, css: &str) -> Result<Vec<String>> {
    let read = "return [...document.querySelectorAll(arguments[0])].map((element) => element.innerText);";
    let texts = browser.run(read, &[css]).await?;
    let texts = texts.as_array().context("a list")?;
    Ok(texts.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

#[tokio::test]
async fn a_click_selects_a_function_in_every_way_of_looking() -> Result<()> {
    let browser = cpu().await?;
    browser.click_at(GRAPH, FIRST).await?;
    wait_for_parameter(&browser, "function", "!== null").await?;
    let name = parameter(&browser, "function").await?.context("a function")?;
    browser.wait_for_text(".details-name", &name).await?;
    browser.wait_for_text(".details-amounts", "%").await?;

    browser.click("[data-mode=top]").await?;
    browser.wait_for_text(".rows.top .row.selected", name.rsplit('/').next().unwrap_or(&name)).await?;
    browser.click("[data-mode=tree]").await?;
    browser
        .wait_for_text(".rows.tree .row[aria-selected=true]", name.rsplit('/').next().unwrap_or(&name))
        .await?;
    browser.click("[data-mode=callers]").await?;
    browser.wait_for_text("#pivot", &name).await?;
    browser.back().await?;
    browser.wait_for_text(".rows.tree .row[aria-selected=true]", "").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn a_double_click_zooms_and_esc_crumbs_and_back_undo_it() -> Result<()> {
    let browser = cpu().await?;
    browser.press_at(GRAPH, SECOND, Button::Left, 2).await?;
    wait_for_parameter(&browser, "zoom", "!== null").await?;
    browser.wait_until("document.querySelectorAll('.crumb').length >= 3").await?;
    // The window on the minimap is a part of it.
    browser.wait_until("!document.querySelector('.minimap').classList.contains('is-all')").await?;
    browser.keys(Key::Escape).await?;
    wait_for_parameter(&browser, "zoom", "=== null").await?;
    browser.wait_until("document.querySelector('.minimap').classList.contains('is-all')").await?;
    browser.back().await?;
    wait_for_parameter(&browser, "zoom", "!== null").await?;
    browser.click(".crumb").await?;
    wait_for_parameter(&browser, "zoom", "=== null").await?;
    Ok(())
}

#[tokio::test]
async fn wheel_drag_minimap_and_keys_move_the_window() -> Result<()> {
    let browser = cpu().await?;
    let left = "return document.querySelector('.minimap-window').style.left;";
    browser.wheel(GRAPH, (400.0, 30.0), (0.0, -300.0), true).await?;
    browser.wait_until("!document.querySelector('.minimap').classList.contains('is-all')").await?;
    let before = browser.run(left, &[]).await?;
    browser.drag(GRAPH, (400.0, 30.0), (250.0, 30.0)).await?;
    browser.wait_until(&format!("document.querySelector('.minimap-window').style.left !== {before}")).await?;
    assert_eq!(parameter(&browser, "function").await?, None, "a drag is no click");
    let before = browser.run(left, &[]).await?;
    browser.click_at(".minimap", (1300.0, 10.0)).await?;
    browser.wait_until(&format!("document.querySelector('.minimap-window').style.left !== {before}")).await?;
    browser.run("document.querySelector('.flame-pane').focus();", &[]).await?;
    browser.keys("0").await?;
    browser.wait_until("document.querySelector('.minimap').classList.contains('is-all')").await?;
    browser.keys("w").await?;
    browser.wait_until("!document.querySelector('.minimap').classList.contains('is-all')").await?;
    Ok(())
}

#[tokio::test]
async fn keys_walk_the_graph_and_switch_the_view() -> Result<()> {
    let browser = cpu().await?;
    browser.run("document.querySelector('.flame-pane').focus();", &[]).await?;
    browser.keys(Key::Down).await?;
    browser.wait_for_text(".details-name", "all stacks").await?;
    browser.keys(Key::Down).await?;
    wait_for_parameter(&browser, "node", "!== null").await?;
    let first = parameter(&browser, "node").await?.context("a node")?;
    browser.keys(Key::Right).await?;
    wait_for_parameter(&browser, "node", &format!("!== '{first}'")).await?;
    let second = parameter(&browser, "node").await?.context("a node")?;
    browser.keys(Key::Enter).await?;
    wait_for_parameter(&browser, "zoom", &format!("=== '{second}'")).await?;
    browser.keys("?").await?;
    browser.wait_for_text("dialog.keys", "Toggle collapsed recursion").await?;
    browser.keys(Key::Escape).await?;
    browser.wait_until("document.querySelector('dialog.keys') === null").await?;
    for (key, name, value) in [
        ("i", "from", "leaves"),
        ("r", "recursion", "collapsed"),
        ("f", "root", "bottom"),
        ("t", "type", "samples"),
    ] {
        browser.keys(key).await?;
        wait_for_parameter(&browser, name, &format!("=== '{value}'")).await?;
    }
    browser.keys("m").await?;
    browser.wait_for_text(".chip[data-filter=show]", "my code").await?;
    for mode in ["calls", "top"] {
        browser.keys("v").await?;
        browser
            .wait_until(&format!(
                "document.querySelector('[data-mode={mode}]').getAttribute('aria-pressed') === 'true'"
            ))
            .await?;
    }
    browser.keys("c").await?;
    browser.wait_until("document.querySelector('#pivot') !== null").await?;
    Ok(())
}

#[tokio::test]
async fn filters_are_chips_with_their_effect_that_back_undoes() -> Result<()> {
    let browser = cpu().await?;
    open_panel(&browser, "filter").await?;
    assert_eq!(browser.run("return document.querySelector('#filter-kind').value;", &[]).await?, "focus");
    // It is tried while it is typed; what is none cannot be added.
    browser.type_into("#filter-value", "(").await?;
    browser.wait_for_text("#filter-said", "Invalid").await?;
    browser.keys(Key::Enter).await?;
    browser.wait_until("document.querySelector('.new-filter [type=submit]').disabled").await?;
    assert_eq!(parameter(&browser, "focus").await?, None);
    browser.keys(Key::Backspace).await?;
    browser.type_into("#filter-value", "runtime").await?;
    browser.wait_for_text("#filter-said", "left (").await?;
    browser.keys(Key::Enter).await?;
    wait_for_parameter(&browser, "focus", "=== 'runtime'").await?;
    browser.wait_for_text(".chip[data-filter=focus]", "left (").await?;
    browser.choose("#filter-kind", "hide").await?;
    browser.type_into("#filter-value", "^runtime\\.").await?;
    browser.keys(Key::Enter).await?;
    browser.wait_for_text(".chip[data-filter=hide]", "^runtime").await?;
    // Another one to hide goes with the first, another one to focus on takes its place.
    browser.type_into("#filter-value", "^sync\\.").await?;
    browser.keys(Key::Enter).await?;
    wait_for_parameter(&browser, "hide", r"=== '^runtime\\.|^sync\\.'").await?;
    browser.choose("#filter-kind", "focus").await?;
    browser.wait_for_text(".new-filter [type=submit]", "Replace").await?;
    browser.back().await?;
    browser.back().await?;
    browser.wait_until("document.querySelector('.chip[data-filter=hide]') === null").await?;
    browser.click(".chip[data-filter=focus] .chip-remove").await?;
    browser.wait_until("document.querySelector('.chip') === null").await?;
    browser.click("[data-toggle=own]").await?;
    browser.wait_for_text(".chip[data-filter=show]", "my code").await?;
    browser.click("[data-toggle=own]").await?;
    browser.wait_until("document.querySelector('.chip') === null").await?;
    // An expression that is none is said, and costs nothing else.
    go(&browser, "#profiles?focus=(").await?;
    browser.wait_for_text(".profiles [role=alert]", "focus").await?;
    browser.wait_until(&format!("document.querySelector({GRAPH:?}) !== null")).await?;
    go(&browser, "#profiles?focus=no-such-function").await?;
    browser.wait_for_text(".profile-empty", "matches the filters").await?;
    Ok(())
}

#[tokio::test]
async fn a_right_click_and_the_menu_key_open_the_menu_of_a_frame() -> Result<()> {
    let browser = cpu().await?;
    browser.press_at(GRAPH, FIRST, Button::Right, 1).await?;
    browser.wait_for_text(".menu", "Show from").await?;
    let items = texts(&browser, ".menu-item > span:first-child").await?;
    for item in
        ["Zoom", "Callers and callees", "Focus", "Ignore", "Hide", "Show from", "Copy name", "Copy stack"]
    {
        assert!(items.iter().any(|known| known == item), "{item} is in {items:?}");
    }
    browser.keys(Key::Escape).await?;
    browser.wait_until("document.querySelector('.menu') === null").await?;
    wait_for_parameter(&browser, "function", "!== null").await?;
    let name = parameter(&browser, "function").await?.context("selected with it")?;

    // The focus is back on the graph, whose menu a key opens.
    browser.run("document.querySelector('.flame-pane').focus();", &[]).await?;
    browser.run("document.activeElement.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }));", &[]).await?;
    browser.wait_until("document.activeElement.dataset.item === 'zoom'").await?;
    browser.keys(Key::Down).await?;
    browser.wait_until("document.activeElement.dataset.item === 'callers'").await?;
    browser.click(".menu [data-item=ignore]").await?;
    browser.wait_until("document.querySelector('.menu') === null").await?;
    wait_for_parameter(&browser, "ignore", "!== null").await?;
    browser.wait_for_text(".chip[data-filter=ignore]", "left (").await?;
    let pattern = parameter(&browser, "ignore").await?.context("a filter")?;
    assert!(
        pattern.starts_with('^') && pattern.ends_with('$') && name.starts_with(&pattern[1..4]),
        "{pattern}"
    );

    // A row of the table has the same.
    browser.click("[data-mode=top]").await?;
    browser.wait_until("document.querySelector('.rows.top .row[data-name]') !== null").await?;
    browser.press_at(".rows.top .row[data-name] .function", (60.0, 8.0), Button::Right, 1).await?;
    browser.wait_for_text(".menu", "Show in the flame graph").await?;
    browser.click(".menu [data-item=copy-name]").await?;
    browser.wait_until("/Copied|refused/.test(document.querySelector('.said').innerText)").await?;
    Ok(())
}

#[tokio::test]
async fn a_search_marks_sums_up_and_walks() -> Result<()> {
    let browser = cpu().await?;
    browser.keys("/").await?;
    browser.wait_until("document.activeElement.id === 'profile-search'").await?;
    browser.keys("^runtime\\.").await?;
    browser.wait_for_text(".search-found", "frames").await?;
    browser.wait_for_text(".search-found", "%").await?;
    browser.keys(Key::Enter).await?;
    wait_for_parameter(&browser, "function", "?.startsWith('runtime.') === true").await?;
    let first = parameter(&browser, "node").await?.context("a node")?;
    browser.keys(Key::Enter).await?;
    wait_for_parameter(&browser, "node", &format!("!== '{first}'")).await?;
    // In the table the search leaves the rows that match.
    browser.click("[data-mode=top]").await?;
    browser.wait_until("document.querySelector('.rows.top .row[data-name]') !== null").await?;
    browser
        .wait_until("[...document.querySelectorAll('.rows.top .row[data-name]')].every((row) => row.dataset.name.startsWith('runtime.'))")
        .await?;
    Ok(())
}

#[tokio::test]
async fn the_table_sorts_both_ways_and_adds_up() -> Result<()> {
    let browser = open(&["t2/cpu.pb.gz"], "#profiles?view=top").await?;
    browser.wait_until("document.querySelectorAll('.rows.top .row[data-name]').length > 5").await?;
    let column = |index: usize| {
        format!(
            "[...document.querySelectorAll('.rows.top .row[data-name]')].map((row) => Number(row.children[{index}].dataset.value))"
        )
    };
    let falls = |index: usize| {
        format!("{}.every((value, at, all) => at === 0 || all[at - 1] >= value)", column(index))
    };
    browser.wait_until(&falls(0)).await?;
    browser.click(".rows .sort[data-sort=cum]").await?;
    browser.wait_until(&falls(3)).await?;
    browser
        .wait_until(
            "document.querySelectorAll('[role=columnheader]')[3].getAttribute('aria-sort') === 'descending'",
        )
        .await?;
    browser.click(".rows .sort[data-sort=cum]").await?;
    browser
        .wait_until(&format!("{}.every((value, at, all) => at === 0 || all[at - 1] <= value)", column(3)))
        .await?;
    browser.click(".rows .sort[data-sort=name]").await?;
    wait_for_parameter(&browser, "sort", "=== 'name'").await?;
    // Only the rows in sight are on the page.
    let rows =
        browser.run("return document.querySelectorAll('.rows.top .row[data-name]').length;", &[]).await?;
    let all = browser
        .run("return Number(document.querySelector('.rows.top').getAttribute('aria-rowcount'));", &[])
        .await?;
    assert!(rows.as_u64() < all.as_u64(), "{rows} of {all}");
    Ok(())
}

#[tokio::test]
async fn sample_types_profiles_and_granularities_are_chosen_and_back_shows_it() -> Result<()> {
    let browser =
        open(&["t1/heap.pb.gz", "t2/heap.pb.gz"], "#profiles?profile=heap.pb.gz&view=flame").await?;
    browser.choose("#sample-type", "alloc_objects").await?;
    wait_for_parameter(&browser, "type", "=== 'alloc_objects'").await?;
    browser.wait_for_text(".flame .details", "alloc_objects").await?;
    open_panel(&browser, "options").await?;
    browser.choose("#granularity", "lines").await?;
    wait_for_parameter(&browser, "by", "=== 'lines'").await?;
    browser.back().await?;
    browser.wait_until("document.querySelector('#granularity').value === ''").await?;
    browser.choose("#coloring", "value").await?;
    browser.wait_for_text(".flame-legend", "no cost of its own").await?;
    browser.choose("#coloring", "module").await?;
    browser.wait_for_text(".flame-legend", "module").await?;
    browser.click_at(GRAPH, FIRST).await?;
    browser.keys("n").await?;
    wait_for_parameter(&browser, "profile", "!== null").await?;
    for toggle in ["recursion", "from", "root"] {
        open_panel(&browser, "options").await?;
        browser.click(&format!("[data-toggle={toggle}]")).await?;
        wait_for_parameter(&browser, toggle, "!== null").await?;
    }
    browser.click("[data-mode=about]").await?;
    browser.wait_for_text(".about", "512.0 KiB").await?;
    Ok(())
}

#[tokio::test]
async fn a_comparison_has_growth_first_with_signs_in_every_way_of_looking() -> Result<()> {
    let browser =
        open(&["t0/heap.pb.gz", "t2/heap.pb.gz"], "#profiles?profile=heap.pb.gz&view=flame").await?;
    let other = "[...document.querySelectorAll('#profile-base option')].map((option) => option.value).find((value) => value !== '')";
    let base = browser.run(&format!("return {other};"), &[]).await?;
    browser.choose("#profile-base", base.as_str().context("another profile")?).await?;
    browser.wait_for_text(".flame-legend", "shrank").await?;
    browser.click_at(GRAPH, FIRST).await?;
    browser.wait_for_text(".details-amounts", "before").await?;
    open_panel(&browser, "options").await?;
    browser.choose("#coloring", "all").await?;
    wait_for_parameter(&browser, "color", "=== 'all'").await?;

    browser.click("[data-mode=top]").await?;
    browser.wait_until("document.querySelectorAll('.rows.top .row[data-name]').length > 3").await?;
    let flat = "[...document.querySelectorAll('.rows.top .row[data-name]')].map((row) => Number(row.children[0].dataset.value))";
    browser
        .wait_until(&format!("{flat}.every((value, at, all) => at === 0 || all[at - 1] >= value)"))
        .await?;
    let signs = "[...document.querySelectorAll('.rows.top .row[data-name]')].every((row) => /^[+\u{b1}\u{2212}]/.test(row.children[0].innerText))";
    browser.wait_until(signs).await?;
    // Change and what was before come to what is now.
    let adds_up = "[...document.querySelectorAll('.rows.top .row[data-name]')].every((row) => \
         Number(row.children[0].dataset.value) + Number(row.children[2].dataset.value) === Number(row.children[3].dataset.value))";
    browser.wait_until(adds_up).await?;
    open_panel(&browser, "options").await?;
    browser.click("[data-toggle=normalize]").await?;
    wait_for_parameter(&browser, "normalize", "=== 'yes'").await?;
    browser.click("[data-mode=tree]").await?;
    browser.wait_for_text(".rows.tree .row.head", "%").await?;
    browser.click("[data-mode=callers]").await?;
    browser
        .wait_until(
            "/^[+\u{b1}\u{2212}]/.test(document.querySelector('[data-side=Callers] .neighbors .number').innerText)",
        )
        .await?;
    browser.click("[data-action=swap]").await?;
    browser.wait_until("document.querySelector('#profile-base').value !== ''").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn what_is_shown_can_be_saved() -> Result<()> {
    let browser = cpu().await?;
    let folder = browser.save_downloads("profiles").await?;
    let save = async |item: &str, file: &str| {
        open_panel(&browser, "options").await?;
        browser.click("#profile-export").await?;
        browser.click(&format!(".menu [data-item={item}]")).await?;
        downloaded(&folder.join(file)).await
    };
    let svg = String::from_utf8(save("svg", "cpu-cpu.svg").await?)?;
    assert!(
        svg.starts_with("<svg xmlns=") && svg.trim_end().ends_with("</svg>"),
        "{}",
        &svg[..200.min(svg.len())]
    );
    assert!(svg.contains("<title>runtime."), "boxes are named");
    let png = save("png", "cpu-cpu.png").await?;
    assert_eq!(png.get(..8), Some(b"\x89PNG\r\n\x1a\n".as_slice()));
    let csv = String::from_utf8(save("csv", "cpu-cpu.csv").await?)?;
    assert!(csv.lines().count() > 10, "{csv}");
    let folded = String::from_utf8(save("folded", "cpu-cpu.folded").await?)?;
    assert!(
        folded.lines().all(|line| line.rsplit(' ').next().is_some_and(|count| count.parse::<i64>().is_ok()))
    );
    // What is saved is what the filters leave, and opens again.
    open_panel(&browser, "filter").await?;
    browser.type_into("#filter-value", "^runtime").await?;
    browser.keys(Key::Enter).await?;
    browser.wait_for_text(".chip[data-filter=focus] .chip-effect", "left").await?;
    let left = browser.text(".chip[data-filter=focus] .chip-effect").await?;
    let pprof = save("pprof", "cpu-cpu.pb.gz").await?;
    assert_eq!(pprof.get(..2), Some([0x1f, 0x8b].as_slice()));
    assert_eq!(browser.console_problems().await?, NONE);
    let again = Browser::open(&viewer::file_url()?).await?;
    viewer::choose_files(&again, &[folder.join("cpu-cpu.pb.gz")]).await?;
    go(&again, "#profiles").await?;
    let amount = left.split(" of ").next().context("an amount")?;
    let chosen = "document.querySelector('#sample-type').selectedOptions[0].text";
    again.wait_until(&format!("{chosen}.includes({amount:?})")).await?;
    Ok(())
}

#[tokio::test]
async fn callers_and_callees_add_up_and_lead_on() -> Result<()> {
    let browser = open(&["t2/cpu.pb.gz"], "#profiles?view=callers&function=runtime.mallocgc").await?;
    browser.wait_until("document.querySelectorAll('[data-side=Callers] .neighbors tr').length > 1").await?;
    // Each stack with the function has one caller of it, or none.
    let sum = "[...document.querySelectorAll('[data-side=Callers] .neighbors [data-value]')].reduce((sum, cell) => sum + Number(cell.dataset.value), 0)";
    let cum = "Number(document.querySelector('.sandwich-head [data-value]:nth-child(2)').dataset.value)";
    browser.wait_until(&format!("{sum} === {cum}")).await?;
    let caller = browser
        .run("return document.querySelector('[data-side=Callers] .neighbors button').title;", &[])
        .await?;
    let caller = caller.as_str().context("a caller")?.to_owned();
    browser.click("[data-side=Callers] .neighbors button").await?;
    browser.wait_for_text("#pivot", &caller).await?;
    browser.wait_for_text("[data-side=Callees] .neighbors", "mallocgc").await?;
    browser.back().await?;
    browser.wait_for_text("#pivot", "runtime.mallocgc").await?;
    Ok(())
}

#[tokio::test]
async fn labels_are_broken_down_and_lead_to_filters() -> Result<()> {
    let browser = open(&["t2/heap.pb.gz"], "#profiles?view=labels").await?;
    browser.wait_for_text(".label-key[data-key=bytes]", "values").await?;
    let value = browser.text(".label-key[data-key=bytes] tbody .ledger-name").await?;
    browser.click(".label-key[data-key=bytes] tbody .ledger-name").await?;
    wait_for_parameter(&browser, "tagfocus", "!== null").await?;
    browser.wait_for_text(".chip[data-filter=tagfocus] .chip-effect", "left").await?;
    browser
        .wait_until("document.querySelectorAll('.label-key[data-key=bytes] tbody .ledger-name').length === 1")
        .await?;
    browser.wait_for_text(".label-key[data-key=bytes] tbody", &value).await?;
    browser.click("[data-action=tagroot]").await?;
    wait_for_parameter(&browser, "tagroot", "=== 'bytes'").await?;
    settled(&browser).await?;
    browser.click_at(GRAPH, FIRST).await?;
    browser.wait_for_text(".details-name", "bytes").await?;
    Ok(())
}

#[tokio::test]
async fn several_snapshots_give_each_row_a_trend() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &[viewer::bundle("pricing-go1.26-cgroup2")]).await?;
    go(&browser, "#profiles?view=top").await?;
    browser
        .wait_until("document.querySelector('.rows.top .row[data-name] svg.trend title') !== null")
        .await?;
    let words =
        browser.run("return document.querySelector('svg.trend').getAttribute('aria-label');", &[]).await?;
    let words = words.as_str().context("what the line says")?;
    assert!(words.starts_with("t0 ") && words.contains(", t1 ") && words.contains(", t2 "), "{words}");
    browser.click(".sort[data-sort=growth]").await?;
    wait_for_parameter(&browser, "sort", "=== 'growth'").await?;
    Ok(())
}

#[tokio::test]
async fn the_tree_says_what_the_graph_shows_to_keys_and_screen_readers() -> Result<()> {
    let browser = open(&["t2/cpu.pb.gz"], "#profiles?view=tree").await?;
    browser.wait_until("document.querySelector('[role=treegrid] [role=row][aria-level]') !== null").await?;
    browser.run("document.querySelector('[role=treegrid]').focus();", &[]).await?;
    browser.keys(Key::Home).await?;
    browser.wait_until("document.querySelector('[role=treegrid]').getAttribute('aria-activedescendant') === 'tree-row-0'").await?;
    let root = "document.getElementById('tree-row-0').getAttribute('aria-expanded')";
    browser.wait_until(&format!("{root} === 'true'")).await?;
    browser.keys(Key::Left).await?;
    browser.wait_until(&format!("{root} === 'false'")).await?;
    browser.keys(Key::Right).await?;
    browser.wait_until(&format!("{root} === 'true'")).await?;
    browser.keys(Key::Down).await?;
    browser
        .wait_until(
            "document.querySelector('.rows.tree [aria-selected=true]').getAttribute('aria-level') === '2'",
        )
        .await?;
    let graph = "const pane = document.createElement('i'); return document.querySelectorAll('.profiles button:not([aria-label])').length;";
    browser.run(graph, &[]).await?;
    let nameless = "[...document.querySelectorAll('.profiles button')].filter((button) => button.innerText.trim() === '' && !button.ariaLabel).length";
    browser.wait_until(&format!("{nameless} === 0")).await?;
    Ok(())
}

#[tokio::test]
async fn a_phone_shows_everything_within_its_width_and_fingers_work() -> Result<()> {
    let browser = open(&["t0/heap.pb.gz", "t2/cpu.pb.gz"], "#profiles?profile=cpu.pb.gz").await?;
    browser.show_as(390, 844, Scheme::Light).await?;
    for view in ["", "top", "callers", "tree", "about"] {
        go(&browser, &format!("#profiles?profile=cpu.pb.gz&view={view}")).await?;
        browser.wait_until("document.scrollingElement.scrollWidth <= 390").await?;
    }
    go(&browser, "#profiles?profile=cpu.pb.gz").await?;
    browser.wait_until(&format!("document.querySelector({GRAPH:?}) !== null")).await?;
    browser.click("[data-toggle=filter]").await?;
    browser.wait_until("document.querySelector('#filter-value').checkVisibility()").await?;
    browser.wait_until("document.scrollingElement.scrollWidth <= 390").await?;
    browser.click("[data-toggle=filter]").await?;
    browser
        .touch(GRAPH, &[&[(150.0, 30.0), (60.0, 30.0)], &[(200.0, 30.0), (330.0, 30.0)]], Duration::ZERO)
        .await?;
    browser.wait_until("!document.querySelector('.minimap').classList.contains('is-all')").await?;
    browser.touch(GRAPH, &[&[FIRST]], Duration::from_millis(900)).await?;
    browser.wait_for_text(".menu", "Focus").await?;
    Ok(())
}
