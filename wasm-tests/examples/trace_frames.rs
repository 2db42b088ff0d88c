//! How fast the timeline of an execution trace opens and moves in Chromium:
//!
//! ```sh
//! cargo xtask dist
//! cargo run --release -p wasm-tests --features browser --example trace_frames -- FILE...
//! ```
//!
//! Prints the time from the drop until the report and until the lanes are
//! there, then for panning and zooming the time between two frames and the
//! script in each, as median, 95th percentile and longest.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

/// A guard against hanging.
const PATIENCE: Duration = Duration::from_secs(300);

/// One gesture for 120 frames. A frame's script is what the event and the
/// callback of `requestAnimationFrame` do, where the timeline draws; both hand
/// their work to microtasks, which are over before one that is queued after them.
const GESTURE: &str = "
    const canvas = document.querySelector('.trace-lanes canvas');
    const box = canvas.getBoundingClientRect();
    const native = window.requestAnimationFrame.bind(window);
    let script = 0;
    const timed = work => {
        const start = performance.now();
        work();
        queueMicrotask(() => queueMicrotask(() => { script += performance.now() - start; }));
    };
    window.requestAnimationFrame = callback => native(time => timed(() => callback(time)));
    const frame = () => new Promise(done => native(done));
    const frames = [], scripts = [];
    let last = await frame();
    for (let n = 0; n < 120; n++) {
        script = 0;
        const forth = n % 60 < 30 ? 1 : -1;
        const how = arguments[0] === 'pan' ? { shiftKey: true, deltaY: 24 * forth } : { ctrlKey: true, deltaY: -40 * forth };
        const place = { bubbles: true, cancelable: true, clientX: box.left + box.width / 2, clientY: box.top + 50 };
        timed(() => canvas.dispatchEvent(new WheelEvent('wheel', { ...place, ...how })));
        // Drawn in the next frame, or the one after it.
        const now = await frame();
        await new Promise(done => setTimeout(done));
        frames.push(now - last);
        scripts.push(script);
        last = now;
    }
    window.requestAnimationFrame = native;
    const figures = list => { list.sort((a, b) => a - b); return [0.5, 0.95, 1].map(q => list[Math.min(list.length - 1, Math.floor(q * list.length))]); };
    return [...figures(frames), ...figures(scripts)];";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let files: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        bail!("usage: trace_frames FILE...");
    }
    for file in files {
        measure(&file).await.with_context(|| file.display().to_string())?;
    }
    Ok(())
}

async fn measure(file: &PathBuf) -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    viewer::wait_until_ready(&browser).await?;
    browser.run("location.hash = '#trace';", &[]).await?;
    let start = Instant::now();
    browser.drop_files(viewer::DROP_TARGET, std::slice::from_ref(file)).await?;
    let report = until(&browser, "document.querySelector('.trace-head') !== null", start).await?;
    let lanes = until(&browser, "document.querySelector('.trace-lanes')?.clientHeight > 100", start).await?;
    println!(
        "{}: report after {:.2} s, lanes after {:.2} s",
        file.display(),
        report.as_secs_f64(),
        lanes.as_secs_f64()
    );
    for gesture in ["pan", "zoom"] {
        if gesture == "pan" {
            // A whole trace has nowhere to go: a part of it, first.
            browser.run("document.querySelector('.trace-plot').focus();", &[]).await?;
            for _ in 0..4 {
                browser.keys("+").await?;
            }
            until(
                &browser,
                "location.hash.includes('from=') && document.querySelector('.trace').ariaBusy === 'false'",
                Instant::now(),
            )
            .await?;
        }
        let figures = browser.run(GESTURE, &[gesture]).await?;
        let figures: Vec<f64> = figures.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let [frame, frame95, frame_max, script, script95, script_max] = figures.as_slice() else {
            bail!("no figures: {figures:?}");
        };
        println!(
            "  {gesture}: a frame each {frame:.1} ms (p95 {frame95:.1}, longest {frame_max:.1}), script {script:.1} ms (p95 {script95:.1}, longest {script_max:.1})"
        );
    }
    Ok(())
}

async fn until(browser: &Browser, expression: &str, start: Instant) -> Result<Duration> {
    loop {
        if browser.run(&format!("return ({expression});"), &[]).await? == Value::Bool(true) {
            return Ok(start.elapsed());
        }
        if start.elapsed() > PATIENCE {
            bail!("waited for {expression}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
