//! What other tools counted, what registries list, and what manifests state: each is seen where a reader looks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use wasm_tests::browser::{Browser, Scheme};
use wasm_tests::viewer;

const NONE: [String; 0] = [];

const MALLOC: &str = r#"{"type": "map", "data": {"@bytes": {"\n    __GI___libc_malloc+0\n    runtime.cgocall+117\n    main._Cfunc_decode.abi0+69\n    main.decode+26\n": 640000, "\n    malloc+0\n    sqlite3_open+9\n": 32}}}
"#;

const MEMLEAK: &str = "Attaching to pid 7, Ctrl+C to quit.
[10:00:00] Top 10 stacks with outstanding allocations:
\t4096 bytes in 4 allocations from stack
\t\t__GI___libc_malloc+0x0
\t\truntime.cgocall+0x75
\t\tmain._Cfunc_decode.abi0+0x45
\t\tmain.decode+0x1a
";

const TCPLIFE: &str = "PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS
7 api 10.0.0.2 46644 10.0.0.9 5432 1 2 0.25
7 api 10.0.0.2 46645 10.0.0.9 5432 1 2 5
7 api 10.0.0.2 8080 10.0.0.3 50001 1 2 3
";

const SPANS: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"spans":[
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"GET /cart","kind":3,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000500000000"}]}]},
{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[
{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175","parentSpanId":"eee19b7ec3c1b174","name":"GET /cart","kind":2,"startTimeUnixNano":"1700000000100000000","endTimeUnixNano":"1700000000400000000"}]}]}]}
"#;

const SLICE: &str = "apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: checkout-x7x
  namespace: shop
  labels:
    kubernetes.io/service-name: checkout
addressType: IPv4
ports:
- name: http
  port: 8080
  protocol: TCP
endpoints:
- addresses:
  - 10.4.1.7
  conditions:
    ready: true
";

/// Sockets toward 10.4.1.7, which the slice has, and dials toward 10.4.1.66, which it does not.
const TCP: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0201040A:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1
   1: 0201040A:9C40 0701040A:1F90 01 00000000:00000000 00:00000000 00000000     0        0 1000 1
   2: 0201040A:9C41 4201040A:1F90 02 00000000:00000000 00:00000000 00000000     0        0 1001 1
   3: 0201040A:9C42 4201040A:1F90 02 00000000:00000000 00:00000000 00000000     0        0 1002 1
";

const DESCRIPTORS: &str = "total 0
lrwx------ 1 root root 64 Nov 29 17:28 3 -> socket:[9]
lrwx------ 1 root root 64 Nov 29 17:28 4 -> socket:[1000]
lrwx------ 1 root root 64 Nov 29 17:28 5 -> socket:[1001]
lrwx------ 1 root root 64 Nov 29 17:28 6 -> socket:[1002]
";

/// Files of what other tools counted, in a folder of their own.
pub fn counts(test: &str) -> Result<PathBuf> {
    files(
        test,
        &[("malloc.json", MALLOC), ("memleak.txt", MEMLEAK), ("tcplife.txt", TCPLIFE), ("spans.json", SPANS)],
    )
}

/// A process with a stale address, beside the list of its registry.
pub fn registry(test: &str) -> Result<PathBuf> {
    files(
        test,
        &[
            ("shop/t0/proc/net/tcp", TCP),
            ("shop/t0/proc/fd.txt", DESCRIPTORS),
            ("shop/t0/slices.yaml", SLICE),
        ],
    )
}

pub fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/recipe/recommender.yaml")
}

fn files(test: &str, files: &[(&str, &str)]) -> Result<PathBuf> {
    let folder = viewer::scratch()?.join("tables").join(test);
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, text)?;
    }
    Ok(folder)
}

async fn open(path: PathBuf) -> Result<Browser> {
    let browser = Browser::open(&viewer::file_url()?).await?;
    browser.show_as(1440, 900, Scheme::Light).await?;
    viewer::drop_files(&browser, &[path]).await?;
    Ok(browser)
}

async fn tab(browser: &Browser, title: &str) -> Result<()> {
    browser.wait_for_text("[role=tab][aria-selected=true]", title).await
}

#[tokio::test]
async fn what_other_tools_counted_opens_as_tables_with_stacks_and_places() -> Result<()> {
    let browser = open(counts("counts")?).await?;
    tab(&browser, "Tables").await?;
    for text in [
        "@bytes (bpftrace)",
        "main.decode via main._Cfunc_decode",
        "memleak",
        "10.0.0.9:5432",
        "web \u{2192} cart",
    ] {
        browser.wait_for_text(".tables", text).await?;
    }
    // A row's stack is behind it, and its place leads to the file.
    browser.click(".tool-stack summary").await?;
    browser.wait_for_text(".tool-stack[open]", "main.decode").await?;
    browser.click(".tool-table a.place").await?;
    browser.wait_for_hash(|hash| hash.starts_with("#files?") && hash.contains("source=")).await?;
    browser.wait_for_text(".fed", "Tables").await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn tables_are_stacked_on_a_phone_and_a_file_of_none_says_what_to_take() -> Result<()> {
    let browser = open(counts("phone")?).await?;
    browser.wait_for_text(".tables", "@bytes").await?;
    for scheme in [Scheme::Light, Scheme::Dark] {
        browser.show_as(390, 844, scheme).await?;
        browser.wait_until("document.documentElement.scrollWidth <= 390").await?;
        browser
            .wait_until("getComputedStyle(document.querySelector('.tool-table thead')).display === 'none'")
            .await?;
    }
    let browser = open(viewer::bundle("codec-go1.21-cgroup1").join("t0/heap.pb.gz")).await?;
    browser.run("location.hash = '#tables';", &[]).await?;
    browser.wait_for_text(".tables .needs", "memleak").await
}

#[tokio::test]
async fn an_address_that_no_registry_lists_stands_in_sockets() -> Result<()> {
    let browser = open(registry("registry")?).await?;
    browser.run("location.hash = '#sockets';", &[]).await?;
    browser.wait_for_text(".sockets .found", "10.4.1.66:8080").await?;
    browser.wait_for_text(".registry-table", "shop/checkout (Kubernetes)").await?;
    let rows = "[...document.querySelectorAll('.registry-table tbody tr')].map(row => [...row.cells].slice(0, 4).map(cell => cell.innerText).join(' | ')).join('\\n')";
    assert_eq!(
        browser.run(&format!("return {rows};"), &[]).await?,
        "10.4.1.66:8080 | not listed | 0 | 2\n10.4.1.7:8080 | passing | 1 | 0"
    );
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn manifests_alone_open_the_recipe_and_name_their_container_once() -> Result<()> {
    let browser = open(manifest()).await?;
    tab(&browser, "Recipe").await?;
    browser.wait_for_text(".recipe-patch", "GOMEMLIMIT").await?;
    browser.click("#tab-overview").await?;
    browser.wait_for_text(".verdict-line .answer", "GOMEMLIMIT is not below the memory limit").await?;
    browser
        .wait_for_text(".overview h3 .object", "on container recommender of Deployment/recommender")
        .await?;
    let cards = browser.text(".findings").await?;
    assert!(
        !cards.contains("of Deployment/recommender") && cards.contains("It has GOMAXPROCS=16"),
        "{cards}"
    );
    // No capture of a process is asked for.
    let codes =
        "return [...document.querySelectorAll('#checks tbody th')].map(cell => cell.textContent).join(' ');";
    let codes = browser.run(codes, &[]).await?;
    let codes: Vec<&str> = codes.as_str().unwrap_or_default().split(' ').collect();
    assert!(codes.contains(&"spec.drift") && codes.iter().all(|code| code.starts_with("spec.")), "{codes:?}");
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}

#[tokio::test]
async fn a_profile_with_times_is_drawn_in_their_order_by_the_option() -> Result<()> {
    let perf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/sampled/perf-script.txt");
    let browser = open(perf).await?;
    browser.run("location.hash = '#profiles?view=flame';", &[]).await?;
    browser.wait_until("document.querySelector('.profiles').getAttribute('aria-busy') === 'false'").await?;
    browser.click("[data-toggle=options]").await?;
    browser.click("[data-toggle=order]").await?;
    browser.wait_for_hash(|hash| hash.contains("order=time")).await?;
    browser
        .wait_until("document.querySelector('[data-toggle=order]').getAttribute('aria-pressed') === 'true'")
        .await?;
    browser.wait_until("document.querySelector('.profiles').getAttribute('aria-busy') === 'false'").await?;
    browser.back().await?;
    browser.wait_for_hash(|hash| !hash.contains("order=time")).await?;
    assert_eq!(browser.console_problems().await?, NONE);
    Ok(())
}
