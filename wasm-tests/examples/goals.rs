//! Measures the built page: `cargo run -p wasm-tests --features browser
//! --example goals -- FILE [--against OTHER]...` prints JSON, times in milliseconds, each the
//! median of five fresh browsers'. A profile (`*.pb.gz`) is waited for until its
//! flame graph is painted, which is panned and zoomed, filtered, and compared
//! with another one then; any other capture until its report is there.
//! Profiles are opened in speedscope too, where SPEEDSCOPE names the folder of
//! its pages (`npm install speedscope`: `node_modules/speedscope/dist/release`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wasm_tests::browser::Browser;
use wasm_tests::frames::{self, Gesture};
use wasm_tests::{tab_memory, viewer};

const RUNS: usize = 5;

/// Sets the address and waits for the frame in which its answer is drawn.
const ANSWERED: &str = "
    const frame = () => new Promise(done => requestAnimationFrame(done));
    const isBusy = () => document.querySelector('.profiles')?.getAttribute('aria-busy') === 'true';
    const start = performance.now();
    location.hash = arguments[0];
    for (let n = 0; !isBusy(); n++) {
        if (n > 100) throw new Error('nothing was asked');
        await frame();
    }
    const isDrawn = () => {
        const canvas = document.querySelector('.flame-pane canvas');
        return canvas !== null && !isBlank(canvas);
    };
    while (isBusy() || !isDrawn()) await frame();
    return performance.now() - start;
";

/// Watches frames from the choice of a file on, when its report is there, and when the flame graph is drawn.
const WATCH: &str = "
    window.goals = { start: 0, read: 0, painted: 0, gap: 0 };
    document.querySelector('#browse').addEventListener('change', () => {
        goals.start = performance.now();
        let last = goals.start;
        const frame = (now) => {
            goals.gap = Math.max(goals.gap, now - last);
            last = now;
            const status = document.querySelector('.loading [role=status]');
            if (goals.read === 0 && status?.textContent.includes('file read')) goals.read = performance.now();
            const canvas = document.querySelector('.flame-pane canvas');
            if (goals.painted === 0 && canvas && canvas.width > 0 && !isBlank(canvas)) goals.painted = performance.now();
            if (goals[arguments[0]] === 0) requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }, { capture: true });
    const isBlank = (canvas) => {
        const row = canvas.getContext('2d').getImageData(0, 0, canvas.width, Math.min(canvas.height, 40)).data;
        return row.every((value, at) => value === row[at % 4]);
    };
    window.isBlank = isBlank;
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (mut takes_files, mut interactive) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let browser = Browser::open("about:blank").await?;
        browser.before_each_page(READY).await?;
        browser.goto(&viewer::file_url()?).await?;
        viewer::wait_until_ready(&browser).await?;
        takes_files.push(number(&browser, "return strataEarly.at;").await?);
        interactive.push(number(&browser, "return window.readyAt;").await?);
    }
    let mut files = Vec::new();
    let mut words = std::env::args().skip(1).map(PathBuf::from).peekable();
    while let Some(file) = words.next() {
        let other = words.next_if(|word| word.as_os_str() == "--against").and_then(|_| words.next());
        files.push(measure(&file, other.as_deref()).await?);
    }
    println!(
        "{}",
        json!({ "takes_files": median(takes_files), "interactive": median(interactive), "files": files })
    );
    Ok(())
}

/// What one file takes.
async fn measure(file: &Path, other: Option<&Path>) -> Result<Value> {
    let is_profile = file.to_string_lossy().ends_with(".pb.gz");
    let (view, done) = if is_profile { ("#profiles", "painted") } else { ("", "read") };
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut add = |name, value| times.entry(name).or_default().push(value);
    for _ in 0..RUNS {
        let browser = Browser::open("about:blank").await?;
        browser.before_each_page(WATCH_WORKER).await?;
        browser.goto(&format!("{}{view}", viewer::file_url()?)).await?;
        viewer::wait_until_ready(&browser).await?;
        browser.run(WATCH, &[done]).await?;
        browser.choose_files("#browse", &[file.to_path_buf()]).await?;
        browser.wait_until(&format!("window.goals.{done} > 0")).await?;
        add("shown", number(&browser, &format!("return goals.{done} - goals.start;")).await?);
        add("engine", number(&browser, "return engine.reported - engine.started;").await?);
        add("longest_gap", number(&browser, "return goals.gap;").await?);
        if let Some(peak) = tab_memory::peak() {
            add("memory", peak);
        }
        if is_profile {
            for gesture in [Gesture::Pan, Gesture::Zoom] {
                add("script", frames::measure(&browser, ".flame-pane canvas", gesture).await?.script.p95);
            }
            browser.run("document.querySelector('.flame-pane').focus();", &[]).await?;
            add("filter", answered(&browser, "#profiles?focus=encoding%7Chttp").await?);
            if let Some(other) = other {
                add("diff", compared(&browser, file, other).await?);
            }
        }
    }
    let mut measured: serde_json::Map<String, Value> =
        times.into_iter().map(|(name, times)| (name.to_owned(), median(times))).collect();
    if is_profile && let Some((time, memory)) = speedscope(file).await? {
        measured.insert("peer".to_owned(), time);
        measured.insert("peer_memory".to_owned(), memory);
    }
    Ok(measured.into())
}

/// From a change of the address until its answer is drawn.
async fn answered(browser: &Browser, address: &str) -> Result<f64> {
    browser.run(ANSWERED, &[address]).await?.as_f64().context("no time")
}

/// From the wish to compare a profile with another one, which is there, until the difference is drawn.
async fn compared(browser: &Browser, file: &Path, other: &Path) -> Result<f64> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let (name, other_name) = name(file).zip(name(other)).context("no name")?;
    browser.choose_files("#browse", &[other.to_path_buf()]).await?;
    browser.wait_for_text(viewer::STATUS, "2 files read").await?;
    browser.run("location.hash = arguments[0];", &[&format!("#profiles?profile={name}")]).await?;
    browser.wait_until("document.querySelector('.profiles').getAttribute('aria-busy') === 'false'").await?;
    answered(browser, &format!("#profiles?profile={name}&base={other_name}")).await
}

/// From choosing a file until speedscope names it in its title, with the first
/// of its views drawn; `None` without speedscope, or if it gives up.
async fn speedscope(file: &Path) -> Result<Option<(Value, Value)>> {
    let Some(folder) = std::env::var_os("SPEEDSCOPE").map(PathBuf::from) else { return Ok(None) };
    let page = folder.join("index.html").canonicalize().context("SPEEDSCOPE has no index.html")?;
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let browser = Browser::open(&format!("file://{}", page.display())).await?;
        browser.wait_until("document.querySelector('input[type=file]') !== null").await?;
        browser.run(WATCH_SPEEDSCOPE, &[]).await?;
        browser.choose_files("input[type=file]", &[file.to_path_buf()]).await?;
        match browser.wait_until("window.goals.shown > 0").await {
            Ok(()) => {
                times.push(number(&browser, "return goals.shown - goals.start;").await?);
                peaks.extend(tab_memory::peak());
            }
            // Its tab crashed, or it says that the file is too large.
            Err(_) => return Ok(None),
        }
    }
    Ok(Some((median(times), median(peaks))))
}

const WATCH_SPEEDSCOPE: &str = "
    window.goals = { start: 0, shown: 0 };
    document.addEventListener('change', () => {
        goals.start = performance.now();
        const title = document.title;
        const frame = () => {
            if (document.title !== title && document.querySelector('canvas')) goals.shown = performance.now();
            else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }, { capture: true });
";

/// Notes when the place to drop on appears.
const READY: &str = "
    new MutationObserver((_, observer) => {
        if (!document.querySelector('#browse')) return;
        window.readyAt = performance.now();
        observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
";

/// Notes when the engine has all bytes of the file, and when its first answer, the report, is there.
const WATCH_WORKER: &str = "
    window.engine = { started: 0, reported: 0 };
    window.Worker = class extends Worker {
        constructor(...how) {
            super(...how);
            this.addEventListener('message', ({ data }) => {
                if (data?.event === 'Analyzing') engine.started = performance.now();
                else if (engine.started > 0 && engine.reported === 0 && data?.event?.Answer) engine.reported = performance.now();
            });
        }
    };
";

async fn number(browser: &Browser, script: &str) -> Result<f64> {
    browser.run(script, &[]).await?.as_f64().with_context(|| format!("{script} is no number"))
}

fn median(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    json!(times.get(times.len() / 2))
}
