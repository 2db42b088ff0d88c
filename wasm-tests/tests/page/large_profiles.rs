//! Profiles with more stacks than a screen has room for: what is too narrow
//! stands together, keeps its sum, and is told apart where one comes near.

use anyhow::{Context, Result};
use engine_fuzz::odd::Odd;
use wasm_tests::browser::Browser;
use wasm_tests::input::Button;

use super::odd_profiles::go;

const NONE: [String; 0] = [];
const GRAPH: &str = ".flame .flame-pane";
/// On it, what `main.work` calls: the widest, and all the others.
const WIDEST: (f64, f64) = (100.0, 70.0);
const OTHERS: (f64, f64) = (1000.0, 70.0);
/// Functions of one byte each, beside one of as many bytes.
const NARROW: usize = 60_000;

/// The page with such a profile, on an address.
async fn open(address: &str) -> Result<Browser> {
    let narrow: Vec<String> = (0..NARROW).map(|number| format!("main.narrow{number:05}")).collect();
    let mut odd = Odd { functions: vec!["main.main", "main.work", "main.wide"], ..Odd::default() };
    odd.functions.extend(narrow.iter().map(String::as_str));
    let wide = i64::try_from(NARROW)?;
    odd.stacks.push((vec![0, 1, 2], [wide, wide]));
    odd.stacks.extend((3..).zip(&narrow).map(|(function, _)| (vec![0, 1, function], [1, 1])));
    super::odd_profiles::open("large", &odd, address).await
}

#[tokio::test]
async fn what_is_too_narrow_keeps_its_sum_and_is_told_apart_nearby() -> Result<()> {
    let browser = open("#profiles").await?;
    browser.wait_for_text(".details", "in 3 frames and smaller ones").await?;
    browser.point_at(GRAPH, OTHERS).await?;
    browser.wait_for_text(".details-name", "60,000 frames too narrow to show").await?;
    browser.wait_for_text(".details-amounts", "50.0%").await?;
    // The table knows what the graph does not show, and the graph does not claim to know.
    browser.type_into("#profile-search", "narrow00077").await?;
    browser.wait_for_text(".search-found", "no visible match").await?;
    browser.click("[data-mode=top]").await?;
    browser.wait_for_text(".rows.top", "main.narrow00077").await?;
    browser.click("[data-mode=flame]").await?;
    // A click on what stands together goes there, and another one comes nearer.
    browser.click_at(GRAPH, OTHERS).await?;
    browser.wait_until("parseFloat(document.querySelector('.minimap-window').style.width) < 51").await?;
    browser.click_at(GRAPH, OTHERS).await?;
    browser.wait_for_text(".search-found", "at least 1 frame").await?;
    browser.wait_until("!document.querySelector('.minimap').classList.contains('is-all')").await?;
    browser.point_at(GRAPH, WIDEST).await?;
    browser.wait_for_text(".details-name", "frames too narrow to show").await?;
    browser.wait_for_text(".details-amounts", "largest main.narrow").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn an_address_leads_to_a_frame_however_narrow() -> Result<()> {
    let browser = open("#profiles").await?;
    // Nearer, until a frame of one byte is a box.
    for _ in 0..18 {
        browser.wheel(GRAPH, OTHERS, (0.0, -300.0), true).await?;
    }
    browser.wait_until("parseFloat(document.querySelector('.minimap-window').style.width) < 0.01").await?;
    // The closer look comes when the graph rests; until then there is nothing under the pointer to name.
    for nudge in 0..100_u8 {
        browser.point_at(GRAPH, (OTHERS.0 + f64::from(nudge % 2), OTHERS.1)).await?;
        if browser.text(".details").await?.contains("main.narrow") {
            break;
        }
    }
    browser.press_at(GRAPH, OTHERS, Button::Left, 2).await?;
    browser.wait_for_text(".crumbs", "narrow").await?;
    let crumbs = browser.text(".crumbs").await?;
    let hash = browser.run("return location.hash;", &[]).await?;
    let (_, zoom) = hash.as_str().and_then(|hash| hash.split_once("zoom=")).context("a zoom")?;
    let zoom = zoom.split('&').next().unwrap_or(zoom);
    // Who moves on from there stays where he goes, whatever is told apart there.
    let place = "
        await new Promise(done => setTimeout(done, 1000));
        return document.querySelector('.minimap-window').style.left;";
    let zoomed = browser.run(place, &[]).await?;
    browser.click_at(".minimap", (300.0, 10.0)).await?;
    assert_ne!(browser.run(place, &[]).await?, zoomed);
    // The same address in another tree, which starts coarse.
    go(&browser, &format!("#profiles?type=alloc_space&zoom={zoom}")).await?;
    browser.wait_until("document.querySelector('.crumbs') !== null").await?;
    browser.wait_for_text(".crumbs", "narrow").await?;
    assert_eq!(browser.text(".crumbs").await?, crumbs);
    Ok(())
}

#[tokio::test]
async fn the_call_tree_lists_every_call() -> Result<()> {
    let browser = open("#profiles?view=tree&function=main.narrow00077").await?;
    browser.wait_for_text(".rows.tree .row[aria-selected=true]", "main.narrow00077").await?;
    Ok(())
}
