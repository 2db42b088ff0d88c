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
use wasm_tests::frames::{self, Frames, Gesture};
use wasm_tests::viewer;

/// A guard against hanging.
const PATIENCE: Duration = Duration::from_secs(300);

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
    for gesture in [Gesture::Pan, Gesture::Zoom] {
        if gesture == Gesture::Pan {
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
        let Frames { frame, script } = frames::measure(&browser, ".trace-lanes canvas", gesture).await?;
        println!(
            "  {gesture:?}: a frame each {:.1} ms (p95 {:.1}, longest {:.1}), script {:.1} ms (p95 {:.1}, longest {:.1})",
            frame.median, frame.p95, frame.longest, script.median, script.p95, script.longest
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
