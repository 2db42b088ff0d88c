//! What the other tests rely on when they find nothing: that a browser tells
//! what goes wrong on a page.

use std::time::Duration;

use anyhow::{Result, bail};
use wasm_tests::browser::Browser;
use xtask::site::Site;

/// An address that the policy of the page forbids, and words of its script.
const PROBLEMS: [&str; 5] =
    ["/forbidden.png", "said in the page", "warned", "thrown in the page", "thrown in a worker"];

const PAGE: &str = r#"<!doctype html>
<meta http-equiv="Content-Security-Policy" content="img-src data:">
<link rel="icon" href="data:,">
<title>What goes wrong</title>
<img src="forbidden.png" alt="">
<script>
    console.log("unheard");
    console.error("said in " + "the page");
    console.warn("warned");
    new Worker(URL.createObjectURL(new Blob(["throw new Error('thrown in a ' + 'worker')"])));
    throw new Error("thrown in " + "the page");
</script>
"#;

#[tokio::test]
async fn what_goes_wrong_on_a_page_is_heard_of() -> Result<()> {
    let folder = wasm_tests::viewer::scratch()?.join("problems");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("index.html"), PAGE)?;
    let site = Site::start(&folder)?;
    let browser = Browser::open(&site.url()).await?;
    let mut heard = Vec::new();
    for _ in 0..1_000 {
        heard.extend(browser.console_problems().await?);
        if PROBLEMS.iter().all(|problem| heard.iter().any(|text| text.contains(problem))) {
            assert!(!heard.iter().any(|text| text.contains("unheard")), "{heard:?}");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("heard only {heard:?}");
}
