//! The memory view: the picture, the ledger, comparisons, the advisor, mappings.

use anyhow::{Context, Result};
use serde_json::Value;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

const NONE: [String; 0] = [];
const PICTURE: &str = ".strata-panel:last-child";

/// The page with a bundle, at an address of the view.
async fn open(bundle: &str, hash: &str) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &[viewer::bundle(bundle)]).await?;
    go(&browser, hash).await?;
    browser.wait_for_text(PICTURE, "charged").await?;
    Ok(browser)
}

async fn go(browser: &Browser, hash: &str) -> Result<()> {
    browser.run("location.hash = arguments[0];", &[hash]).await?;
    Ok(())
}

/// What a script finds on the page, as text.
async fn find(browser: &Browser, script: &str) -> Result<String> {
    let found = browser.run(script, &[]).await?;
    found.as_str().map(str::to_owned).with_context(|| format!("{found}"))
}

#[tokio::test]
async fn the_picture_says_what_filled_the_container() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory").await?;
    browser.wait_for_text(".strata-headline", "Native memory").await?;
    for bar in ["Go runtime", "Process", "Container"] {
        browser.wait_for_text(PICTURE, bar).await?;
    }
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn labels_of_the_picture_lie_on_no_other_and_inside_of_it() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory?base=none").await?;
    for width in [390, 700, 1440] {
        browser.show_as(width, 900, Scheme::Light).await?;
        let script = "
            await new Promise(done => setTimeout(done, 200));
            const svg = document.querySelector('.strata svg').getBoundingClientRect();
            const labels = [...document.querySelectorAll('.strata-label, .strata-title')];
            // Of the letters; some browsers count the line around them to the bounding rectangle.
            const boxes = labels.map(label => {
                const { x, y, width, height } = label.getBBox();
                const { a, d, e, f } = label.getScreenCTM();
                return [label.textContent, new DOMRect(a * x + e, d * y + f, a * width, d * height)];
            });
            const wrong = [];
            for (const [text, box] of boxes) {
                if (box.left < svg.left - 2 || box.right > svg.right + 2) wrong.push(`${text} is cut`);
                for (const [other, b] of boxes) {
                    const apart = box.right <= b.left || b.right <= box.left || box.bottom <= b.top + 3 || b.bottom <= box.top + 3;
                    if (text < other && !apart) wrong.push(`${text} over ${other}`);
                }
            }
            return `${boxes.length > 3} ${wrong.join('; ')}`;";
        assert_eq!(find(&browser, script).await?, "true ", "at {width} pixels");
    }
    Ok(())
}

#[tokio::test]
async fn a_part_leads_by_keyboard_to_its_formula_and_lines() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory?base=none").await?;
    let press = "
        const part = document.querySelector('.strata-bar.process .strata-part.is-native');
        part.focus();
        part.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));";
    browser.run(press, &[]).await?;
    browser.wait_for_text(".ledger-more", "Formula").await?;
    browser.wait_for_text(".ledger-more", "smaps").await?;
    browser.wait_for_hash(|hash| hash.contains("row=native")).await?;
    browser.click(".ledger-more .citations a").await?;
    browser.wait_for_text("#main", "smaps").await?;
    browser.wait_for_hash(|hash| hash.starts_with("#files")).await?;
    Ok(())
}

#[tokio::test]
async fn a_part_says_what_it_is_under_the_pointer() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory?base=none").await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    browser.wait_for_text(".strata-detail", "Hover for details").await?;
    browser.run("document.querySelector('.strata').scrollIntoView();", &[]).await?;
    browser.point_at(".strata-bar.process .strata-part.is-native", (3.0, 3.0)).await?;
    browser.wait_for_text(".strata-detail", "Native memory: ").await?;
    browser.point_at(".strata-headline", (3.0, 3.0)).await?;
    browser.wait_for_text(".strata-detail", "Hover for details").await?;
    Ok(())
}

/// The rules of the style sheet for paper, on the screen, at a sheet's width.
#[tokio::test]
async fn on_paper_there_are_the_picture_and_the_ledger_and_nothing_to_press() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory?base=none").await?;
    browser.show_as(760, 1000, Scheme::Light).await?;
    let script = "
        for (const sheet of document.styleSheets) for (const rule of sheet.cssRules)
            if (rule.media?.mediaText === 'print') rule.media.mediaText = 'all';
        await new Promise(done => setTimeout(done, 300));
        const isSeen = element => element.getClientRects().length > 0;
        const all = css => [...document.querySelectorAll(css)];
        const wide = all('main *').filter(element => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('svg'));
        const pressed = all('main button, header button, select').filter(isSeen).filter(button => !button.matches('.ledger-name'));
        const names = all('.ledger-name').filter(isSeen).length;
        return `${all('.strata svg').every(isSeen)} ${names > 10} ${wide.length} ${pressed.map(button => button.outerHTML).join(' ')}`;";
    assert_eq!(find(&browser, script).await?, "true true 0 ");
    Ok(())
}

#[tokio::test]
async fn the_growth_between_snapshots_is_split_into_steps() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory").await?;
    browser.wait_for_text(".growth", "Where the growth went").await?;
    let pictures = "return String(document.querySelectorAll('.strata svg').length);";
    assert_eq!(find(&browser, pictures).await?, "2");
    // The steps of a layer, with what they leave, are its change.
    let script = "
        const exact = text => {
            const [, sign, number, unit] = /([+\\u2212-]?)([\\d.]+)\\s*(\\w+)/.exec(text);
            return (sign && sign !== '+' ? -1 : 1) * number * { B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824 }[unit];
        };
        return [...document.querySelectorAll('.growth-layer')].map(layer => {
            const numbers = [...layer.querySelectorAll('.growth-line .number')].map(cell => exact(cell.innerText));
            const rest = numbers.slice(1).reduce((sum, number) => sum + number, 0);
            // Each is rounded to a tenth of a MiB at most.
            return Math.abs(numbers[0] - rest) <= 60000 * numbers.length;
        }).join();";
    assert_eq!(find(&browser, script).await?, "true,true,true");
    Ok(())
}

#[tokio::test]
async fn the_advisor_answers_its_sliders() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory?base=none&limit=4096").await?;
    browser.wait_for_text(".advisor-verdict", "Fits").await?;
    let slide = "
        const slider = document.getElementById('advisor-limit');
        slider.value = slider.min;
        slider.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.run(slide, &[]).await?;
    browser.wait_for_text(".advisor-verdict", "Does not fit").await?;
    browser.wait_for_text(".advisor-table", "Limit minus peak").await?;
    Ok(())
}

#[tokio::test]
async fn every_mapping_can_be_listed_filtered_and_sorted() -> Result<()> {
    let browser = open("codec-go1.21-cgroup1", "#memory?base=none&mappings=all").await?;
    let listed = "
        const table = document.querySelector('.vma-rows');
        const classes = [...document.querySelectorAll('.mappings tbody tr')].map(row => row.cells[1].innerText);
        const total = classes.reduce((sum, count) => sum + Number(count.replace(/,/g, '')), 0);
        return `${total > 0} ${table.getAttribute('aria-rowcount') - 1 - total}`;";
    assert_eq!(find(&browser, listed).await?, "true 0");
    go(&browser, "#memory?base=none&q=%5Bheap%5D&sort=size").await?;
    browser.wait_for_text(".vma-filters", "1 of").await?;
    browser.wait_for_text(".vma-rows", "[heap]").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn the_picture_has_no_part_that_the_ledger_lacks() -> Result<()> {
    let browser = open("pricing-go1.26-cgroup2", "#memory?base=none").await?;
    let script = "
        const rows = new Set([...document.querySelectorAll('.ledger tr[id]')].map(row => row.id.replace('ledger-', '')));
        const parts = [...document.querySelectorAll('.strata-part')].map(part => [...part.classList].find(name => name.startsWith('is-')));
        return [parts.length, parts.filter(name => !name || !rows.has(name.slice(3)))];";
    let found = browser.run(script, &[]).await?;
    assert!(found[0].as_u64().is_some_and(|parts| parts > 5), "{found}");
    assert_eq!(found[1], Value::Array(Vec::new()));
    Ok(())
}
