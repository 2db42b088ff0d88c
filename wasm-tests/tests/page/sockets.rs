//! The Sockets view: connections over the snapshots, accept queues, and the goroutines beside them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

const NONE: [String; 0] = [];

/// Three snapshots of a client that does not close bodies, and whose accept queue is full in the last.
fn captures() -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("sockets/shop");
    for (label, held, queue) in [("t0", 5, 0), ("t1", 40, 9), ("t2", 90, 17)] {
        let folder = folder.join(label);
        fs::create_dir_all(folder.join("cgroup"))?;
        fs::write(folder.join("ss-tanp.txt"), ss(held, queue))?;
        fs::write(folder.join("goroutine.txt"), dump(held))?;
        fs::write(folder.join("cgroup/cpu.max"), "60000 100000\n")?;
        let periods = 100 * (held + 1);
        let stat = format!(
            "usage_usec {periods}000\nuser_usec {periods}000\nsystem_usec 0\nnr_periods {periods}\nnr_throttled {}\nthrottled_usec 9\n",
            periods / 2
        );
        fs::write(folder.join("cgroup/cpu.stat"), stat)?;
    }
    Ok(folder)
}

fn ss(held: u64, queue: u64) -> String {
    let mut text = "State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n".to_owned();
    let _ = writeln!(text, "LISTEN {queue} 16 127.0.0.1:9000 0.0.0.0:* users:((\"shop\",pid=42,fd=3))");
    for index in 0..held {
        let (port, fd) = (40_000 + index, 10 + index);
        let _ =
            writeln!(text, "CLOSE-WAIT 855 0 10.0.0.5:{port} 10.0.0.9:443 users:((\"shop\",pid=42,fd={fd}))");
    }
    text
}

fn dump(held: u64) -> String {
    let mut text = "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d\n\n".to_owned();
    for id in 10..10 + held {
        let _ = writeln!(
            text,
            "goroutine {id} [select]:\nnet/http.(*persistConn).readLoop(0xc0)\n\t/go/src/net/http/transport.go:2325 +0xd25\n\
             created by net/http.(*Transport).dialConn in goroutine 1\n\t/go/src/net/http/transport.go:1874 +0x154f\n"
        );
    }
    text
}

async fn open(hash: &str) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    viewer::drop_files(&browser, &[captures()?]).await?;
    browser.run("location.hash = arguments[0];", &[hash]).await?;
    Ok(browser)
}

async fn find(browser: &Browser, script: &str) -> Result<String> {
    let found = browser.run(script, &[]).await?;
    found.as_str().map(str::to_owned).with_context(|| format!("{found}"))
}

#[tokio::test]
async fn connections_queues_and_goroutines_stand_beside_each_other() -> Result<()> {
    let browser = open("#sockets").await?;
    browser.wait_for_text("[role=tab][aria-selected=true]", "Sockets").await?;
    browser.wait_for_text(".connections-table", "10.0.0.9:443").await?;
    browser.wait_for_text(".connections-table", "5 \u{2192} 40 \u{2192} 90").await?;
    browser.wait_for_text(".queues-table", "full").await?;
    browser.wait_for_text(".joins-table", "90: ESTABLISHED 0, CLOSE_WAIT 90").await?;
    // What was not captured is asked for.
    browser.wait_for_text("section:has(> #descriptors) .needs", "ls -l /proc/PID/fd").await?;
    let headings = "return [...document.querySelectorAll('.sockets h2, .sockets h3')].map(title => title.localName + title.innerText).join('|');";
    assert_eq!(
        find(&browser, headings).await?,
        "h2Sockets, file descriptors, threads|h3Connections|h3Matching goroutines|h3Accept queues|h3File descriptors|h3Threads"
    );
    browser.click(".joins-table a[href^='#goroutines']").await?;
    browser.wait_for_hash(|hash| hash.starts_with("#goroutines") && hash.contains("open=")).await?;
    browser.wait_for_text(".groups tbody", "readLoop").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn on_a_phone_the_tables_are_stacked_in_both_schemes() -> Result<()> {
    let browser = open("#sockets").await?;
    browser.wait_for_text(".connections-table", "10.0.0.9:443").await?;
    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.show_as(390, 844, scheme).await?;
        browser.wait_until("document.documentElement.scrollWidth <= 390").await?;
        browser
            .wait_until(
                "getComputedStyle(document.querySelector('.connections-table thead')).display === 'none'",
            )
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_quota_stands_beside_the_collector() -> Result<()> {
    let browser = open("#gc").await?;
    browser.wait_for_text(".gc-cpu-table", "0.6 CPU").await?;
    browser.wait_for_text(".gc-cpu-table", "50.0% (2,500 of 5,000 periods)").await?;
    browser.show_as(390, 844, Scheme::Light).await?;
    browser.wait_until("document.documentElement.scrollWidth <= 390").await?;
    Ok(())
}

#[tokio::test]
async fn without_captures_of_them_the_view_says_what_to_take() -> Result<()> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    let heap = viewer::bundle("codec-go1.21-cgroup1").join("t0/heap.pb.gz");
    viewer::drop_files(&browser, &[heap]).await?;
    browser.run("location.hash = '#sockets';", &[]).await?;
    browser.wait_for_text(".sockets .needs", "capture.sh").await
}
