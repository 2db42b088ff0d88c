//! Profiles that are valid and odd: each is shown, or the view says why not.

use anyhow::Result;
use engine_fuzz::odd::Odd;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

const NONE: [String; 0] = [];
const MIB: i64 = 1 << 20;

/// The page with a profile of this shape, on an address of its view.
pub async fn open(name: &str, odd: &Odd<'_>, address: &str) -> Result<Browser> {
    let folder = viewer::scratch()?.join("odd");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.pb"));
    std::fs::write(&file, odd.encode())?;
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    viewer::choose_files(&browser, &[file]).await?;
    go(&browser, address).await?;
    Ok(browser)
}

pub async fn go(browser: &Browser, address: &str) -> Result<()> {
    browser.run("location.hash = arguments[0];", &[address]).await?;
    browser.wait_until("document.querySelector('.profiles').getAttribute('aria-busy') === 'false'").await
}

#[tokio::test]
async fn a_default_of_zeros_gives_way_and_the_view_says_so() -> Result<()> {
    let odd = Odd {
        functions: vec!["main.main", "main.fill"],
        stacks: vec![(vec![0, 1], [0, 3 * MIB])],
        ..Odd::default()
    };
    let browser = open("zeros", &odd, "#profiles?view=about").await?;
    browser.wait_for_text("#main", "All values of inuse_space").await?;
    go(&browser, "#profiles?view=top").await?;
    browser.wait_for_text("#main", "3.0 MiB").await?;
    // Who asks for the zeros gets them, with the reason why nothing is drawn.
    go(&browser, "#profiles?type=inuse_space").await?;
    browser.wait_for_text(".profile-empty", "inuse_space").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn without_names_there_are_addresses_and_the_file_they_are_of() -> Result<()> {
    let odd = Odd {
        functions: vec!["", ""],
        stacks: vec![(vec![0, 1], [MIB, MIB])],
        without_names: Some("/srv/stripped"),
    };
    let browser = open("addresses", &odd, "#profiles?view=top").await?;
    browser.wait_for_text("#main", "0000000000001020").await?;
    browser.wait_for_text("#main", "/srv/stripped").await?;
    go(&browser, "#profiles?view=about").await?;
    browser.wait_for_text("#main", "The profile has no function names").await?;
    Ok(())
}

#[tokio::test]
async fn one_frame_is_a_graph() -> Result<()> {
    let odd = Odd { functions: vec!["main.main"], stacks: vec![(vec![0], [MIB, MIB])], ..Odd::default() };
    let browser = open("one", &odd, "#profiles").await?;
    browser.wait_until("document.querySelector('.flame-pane canvas').clientHeight > 20").await?;
    go(&browser, "#profiles?view=callers&function=main.main").await?;
    browser.wait_for_text("#main", "without a caller").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn a_stack_of_five_thousand_frames_scrolls_in_every_view() -> Result<()> {
    let names: Vec<String> = (0..5_000).map(|depth| format!("main.down{depth}")).collect();
    let odd = Odd {
        functions: names.iter().map(String::as_str).collect(),
        stacks: vec![((0..5_000).collect(), [MIB, MIB])],
        ..Odd::default()
    };
    let browser = open("deep", &odd, "#profiles").await?;
    browser.wait_until("document.querySelector('.flame-pane canvas').clientHeight > 100").await?;
    // The deepest frame can be reached.
    go(&browser, "#profiles?function=main.down4999").await?;
    browser.wait_for_text("#main", "main.down4999").await?;
    for view in ["top", "tree", "callers", "about"] {
        go(&browser, &format!("#profiles?view={view}&function=main.down4999")).await?;
    }
    browser.wait_for_text("#main", "up to 5,000 frames deep").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn long_names_and_names_of_other_scripts_fit() -> Result<()> {
    let long = format!("main.{}", "very".repeat(2_500));
    let odd = Odd {
        functions: vec!["main.main", &long, "main.größe", "main.حساب", "main.計算"],
        stacks: vec![
            (vec![0, 1], [8 * MIB, 8 * MIB]),
            (vec![0, 2], [4 * MIB, 4 * MIB]),
            (vec![0, 3], [2 * MIB, 2 * MIB]),
            (vec![0, 4], [MIB, MIB]),
        ],
        ..Odd::default()
    };
    let browser = open("names", &odd, "#profiles").await?;
    for width in [1440, 390] {
        browser.show_as(width, 844, Scheme::Light).await?;
        for view in ["flame", "top", "tree", "callers", "about"] {
            go(&browser, &format!("#profiles?view={view}&function={long}")).await?;
            browser.wait_until(&format!("document.documentElement.scrollWidth <= {width}")).await?;
        }
    }
    go(&browser, "#profiles?view=top").await?;
    for name in ["main.größe", "main.حساب", "main.計算"] {
        browser.wait_for_text("#main", name).await?;
    }
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
