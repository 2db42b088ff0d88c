//! Names and texts out of captures are shown as text only, in every view.

use std::process::Command;

use anyhow::{Result, ensure};
use engine_fuzz::hostile;
use serde_json::Value;
use wasm_tests::browser::Browser;
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// Every view with what it can show of a name.
const VIEWS: [&str; 18] = [
    "overview",
    "memory",
    "goroutines",
    "goroutines?view=flame",
    "profiles?view=flame",
    "profiles?view=top",
    "profiles?view=tree",
    "profiles?view=calls",
    "profiles?view=callers",
    "profiles?view=labels",
    "profiles?view=about",
    "sockets",
    "recipe",
    "source",
    "trace",
    "tables",
    "gc",
    "files",
];

/// Texts and attributes that a reader sees or hears and that hold a character
/// which acts on its neighbors. An address keeps what it names.
const ACTING: &str = r"
    const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.nodeType === Node.TEXT_NODE) {
            const isShown = !node.parentElement.closest('script, style');
            if (isShown && acting.test(node.data)) found.push(node.parentElement.outerHTML.slice(0, 300));
        } else {
            for (const name of ['title', 'aria-label', 'placeholder', 'alt'])
                if (acting.test(node.getAttribute(name) ?? '')) found.push(name + ' of ' + node.outerHTML.slice(0, 300));
        }
    }
    return found;
";

/// What the hostile text would have made, were it markup.
const MADE: &str =
    "return window.pwned !== undefined || document.querySelector('img, body script:not([id])') !== null;";

#[tokio::test]
async fn every_view_shows_hostile_names_as_text() -> Result<()> {
    let folder = viewer::scratch()?.join("injection");
    hostile::write(&folder)?;
    // Browsers show a page no folder of such a name; an archive may hold one.
    let archive = folder.with_extension("tar");
    let status = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&folder).arg(".").status()?;
    ensure!(status.success(), "tar failed");
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &[archive]).await?;
    let mut problems = Vec::new();
    for view in VIEWS {
        browser
            .run("location.hash = arguments[0]; await new Promise(done => setTimeout(done, 400));", &[view])
            .await?;
        if browser.run(MADE, &[]).await? != Value::Bool(false) {
            problems.push(format!("{view}: a capture made an element, or ran"));
        }
        let acting = browser.run(ACTING, &[]).await?;
        for place in acting.as_array().into_iter().flatten() {
            problems.push(format!("{view}: {}", place.as_str().unwrap_or_default().escape_debug()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
