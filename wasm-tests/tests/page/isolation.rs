//! Nothing leaves the page.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use wasm_tests::browser::Browser;
use wasm_tests::viewer;
use xtask::site::Site;

const NONE: [String; 0] = [];

#[tokio::test]
async fn nothing_is_requested_after_the_page_itself_over_http() -> Result<()> {
    let site = viewer::site()?;
    let browser = Browser::open(&site.url()).await?;
    use_the_page(&browser).await?;
    assert_eq!(browser.requests_until_end().await?, NONE);
    assert_eq!(site.requests(), ["GET /"]);
    Ok(())
}

#[tokio::test]
async fn nothing_is_requested_after_the_page_itself_from_disk() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    use_the_page(&browser).await?;
    assert_eq!(browser.requests_until_end().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn nothing_is_requested_after_the_page_itself_in_a_frame() -> Result<()> {
    let folder = viewer::scratch()?.join("isolated-frame");
    std::fs::create_dir_all(&folder)?;
    let wiki = r#"<!doctype html><link rel="icon" href="data:,"><iframe src="strata.html" sandbox="allow-scripts" width="1200" height="800"></iframe>"#;
    std::fs::write(folder.join("index.html"), wiki)?;
    std::fs::write(folder.join("strata.html"), viewer::html()?)?;
    let site = Site::start(&folder)?;
    let browser = Browser::open(&site.url()).await?;
    browser.enter_frame("iframe").await?;
    use_the_page(&browser).await?;
    assert_eq!(site.requests(), ["GET /", "GET /strata.html"]);
    assert_eq!(browser.requests_until_end().await?, [format!("{}strata.html", site.url())]);
    Ok(())
}

#[tokio::test]
async fn a_script_on_the_page_cannot_send_anything() -> Result<()> {
    let receiver = viewer::site()?;
    let unprotected = unprotected_page()?;
    let browser = Browser::open(&unprotected.url()).await?;
    // The attempts are real: without the policy they arrive.
    browser.run(LEAKS, &[&receiver.url()]).await?;
    let leaks = every_attempt(&receiver).await?;

    let site = viewer::site()?;
    for url in [site.url(), viewer::file_url()?] {
        browser.goto(&url).await?;
        viewer::wait_until_ready(&browser).await?;
        browser.run(LEAKS, &[&receiver.url()]).await?;
        assert_eq!(receiver.requests(), leaks, "from {url}");
    }
    let requests = browser.requests_until_end().await?;
    let unseen = ATTEMPTS.iter().find(|attempt| !requests.iter().any(|url| url.ends_with(**attempt)));
    assert_eq!(unseen, None, "the network log of the browser has {requests:?}");
    assert_eq!(receiver.requests(), leaks, "after the browser's end");
    Ok(())
}

/// The requests that a receiver got, once every attempt is among them.
async fn every_attempt(receiver: &Site) -> Result<Vec<String>> {
    for _ in 0..1_000 {
        let requests = receiver.requests();
        if ATTEMPTS.iter().all(|attempt| requests.iter().any(|request| request.ends_with(attempt))) {
            return Ok(requests);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("not every attempt arrived: {:?}", receiver.requests());
}

/// A page that has no policy.
fn unprotected_page() -> Result<Site> {
    let folder = viewer::scratch()?.join("unprotected");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("index.html"), "<!doctype html><title>No policy</title><main>Drop</main>")?;
    Ok(Site::start(&folder)?)
}

/// Names of what [`LEAKS`] asks for.
const ATTEMPTS: [&str; 8] =
    ["/fetch", "/beacon", "/socket", "/image", "/script", "/frame", "/worker-fetch", "/worker-script"];

/// What a script on the page could try, from the window and from a worker;
/// ends when each attempt succeeded or failed.
const LEAKS: &str = r#"
    const receiver = arguments[0];
    const settled = (target) => new Promise((done) => { target.onload = target.onerror = target.onopen = done; });
    const element = (name, property) => {
        const element = document.createElement(name);
        element[property] = receiver + name.replace("img", "image").replace("iframe", "frame");
        const done = settled(element);
        document.body.append(element);
        return done;
    };
    // One browser refuses a socket with an event, another with an exception.
    const socket = async () => {
        try { await settled(new WebSocket(receiver.replace("http", "ws") + "socket")); } catch {}
    };
    const inWorker = `
        const receiver = ${JSON.stringify(receiver)};
        fetch(receiver + "worker-fetch", { mode: "no-cors" }).catch(() => {}).then(() => {
            try { importScripts(receiver + "worker-script"); } catch {}
            postMessage("done");
        });
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([inWorker])));
    navigator.sendBeacon(receiver + "beacon", "x");
    await Promise.all([
        new Promise((done) => { worker.onmessage = worker.onerror = done; }),
        fetch(receiver + "fetch", { mode: "no-cors" }).catch(() => {}),
        socket(),
        element("img", "src"),
        element("script", "src"),
        // A forbidden frame loads an error page, or nothing at all.
        Promise.race([element("iframe", "src"), new Promise((done) => setTimeout(done, 500))]),
    ]);
"#;

/// Loads captures of every format, and opens every view of them.
async fn use_the_page(browser: &Browser) -> Result<()> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures");
    let mut captures = Vec::new();
    for folder in ["bundles", "goroutine_dump", "go_trace"] {
        add_files(&fixtures.join(folder), &mut captures)?;
    }
    captures.push(fixtures.join("pprof/go1.26.6/cpu.pb.gz"));
    viewer::choose_files(browser, &captures).await?;
    for view in [
        "Overview",
        "Memory",
        "Goroutines",
        "Sockets",
        "Recipe",
        "Profiles",
        "Source",
        "Trace",
        "GC",
        "Files",
    ] {
        browser.run("location.hash = arguments[0].toLowerCase();", &[view]).await?;
        browser.wait_for_text("[role=tab][aria-selected=true]", view).await?;
    }
    Ok(())
}

fn add_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add_files(&path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "md") {
            files.push(path);
        }
    }
    Ok(())
}
