//! The capture script against a stand-in for a Go service, and its bundle
//! read back.
//!
//! The stand-in answers `net/http/pprof`'s addresses with stored captures of a
//! real service; the kernel's files are this test's own process's.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use analyzer_core::report::{Report, SourceStatus};
use strata::progress::Progress;

type Outcome = Result<(), Box<dyn Error>>;

/// Addresses of the stand-in, and the stored answers.
const ANSWERS: [(&str, &str); 3] = [
    ("/debug/pprof/goroutine?debug=2", "t0/goroutine.debug2.txt.gz"),
    ("/debug/pprof/goroutineleak?debug=2", "t0/goroutine.debug2.txt.gz"),
    ("/debug/pprof/heap", "t0/heap.pb.gz"),
];

#[test]
fn a_bundle_is_two_snapshots_of_one_process() -> Outcome {
    let service = Service::start()?;
    let bundle = capture("sh", &["-n", "2", "-i", "0"], &service, "two")?;
    let report = read(&bundle)?;
    let [subject] = report.subjects.as_slice() else { return Err("not one subject".into()) };
    assert_eq!(subject.name.as_deref(), Some("svc"));
    let labels: Vec<&str> = subject.snapshots.iter().map(|snapshot| snapshot.label.as_str()).collect();
    assert_eq!(labels, ["t0", "t1"]);
    for wanted in ["goroutine-dump", "pprof", "smaps", "smaps_rollup", "status", "statm"] {
        let is_it = |s: &&analyzer_core::report::SourceRow| {
            s.format.as_deref() == Some(wanted) && s.status == SourceStatus::Parsed
        };
        let count = report.sources.iter().filter(is_it).count();
        assert!(count >= 2, "{wanted}: {count}");
    }
    Ok(())
}

#[test]
fn the_manifest_says_whose_capture_it_is_and_when_the_process_started() -> Outcome {
    let service = Service::start()?;
    let labels = ["-L", "service=shop", "-L", "image=registry/shop:1.4, \"blue\"", "-L", "pod=shop-7d9f"];
    let bundle = capture("sh", &[&["-n", "1"], &labels[..]].concat(), &service, "labels")?;
    let report = read(&bundle)?;
    let [subject] = report.subjects.as_slice() else { return Err("not one subject".into()) };
    let label = |key: &str| subject.labels.get(key).map(String::as_str);
    assert_eq!(label("service"), Some("shop"));
    assert_eq!(label("image"), Some("registry/shop:1.4, \"blue\""));
    assert_eq!(label("pod"), Some("shop-7d9f"));
    let started = subject.started_at.ok_or("no start")?.0 / 1_000_000_000;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let now = i64::try_from(now)?;
    assert!(started <= now + 1 && started > now - 86_400, "{started} at {now}");
    Ok(())
}

#[test]
fn the_ordinary_dump_is_the_first_request_and_the_leak_profile_the_last() -> Outcome {
    let service = Service::start()?;
    capture("sh", &["-n", "2", "-i", "0"], &service, "order")?;
    let requests = service.requests();
    assert_eq!(requests.first().map(String::as_str), Some("/debug/pprof/goroutine?debug=2"));
    assert_eq!(requests.last().map(String::as_str), Some("/debug/pprof/goroutineleak?debug=2"));
    assert_eq!(requests.iter().filter(|request| request.contains("goroutineleak")).count(), 1);
    Ok(())
}

#[test]
fn what_could_not_be_had_stands_in_the_manifest() -> Outcome {
    let service = Service::start()?;
    let bundle = capture("sh", &["-n", "1"], &service, "missing")?;
    let manifest = Command::new("tar").arg("-xzOf").arg(&bundle).arg("svc/manifest.json").output()?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.stdout)?;
    assert_eq!(manifest.get("capture").and_then(|v| v.as_str()), Some("strata-capture/1"));
    let missing = manifest.get("missing").and_then(|v| v.as_array()).ok_or("no list")?;
    let says =
        |what: &str| missing.iter().any(|line| line.as_str().is_some_and(|line| line.starts_with(what)));
    assert!(says("/debug/vars") && says("/debug/pprof/mutex"), "{missing:?}");
    assert!(!says("/debug/pprof/heap "), "{missing:?}");
    Ok(())
}

#[test]
fn nothing_to_capture_is_a_failure() -> Outcome {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nothing.tar.gz");
    let mut command = script("sh");
    let output =
        command.args(["-u", "http://127.0.0.1:1", "-p", "none", "-n", "1", "-o"]).arg(&out).output()?;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr)?.contains("nothing could be captured"));
    assert!(!out.exists());
    Ok(())
}

#[test]
fn it_runs_in_the_small_shells_of_minimal_images() -> Outcome {
    for shell in ["dash", "busybox"] {
        if !is_there(shell) {
            continue;
        }
        let service = Service::start()?;
        let bundle = capture(shell, &["-n", "1"], &service, shell)?;
        assert!(read(&bundle)?.goroutines.is_some(), "{shell}");
    }
    Ok(())
}

/// As in an image of nothing but busybox: its applets are all the programs there are.
#[test]
fn it_needs_no_program_but_busybox() -> Outcome {
    if !is_there("busybox") {
        return Ok(());
    }
    let service = Service::start()?;
    let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("busybox-programs");
    fs::create_dir_all(&programs)?;
    let installed = Command::new("busybox").args(["--install", "-s"]).arg(&programs).status()?;
    assert!(installed.success());
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capture-busybox-alone.tar.gz");
    let process = std::process::id().to_string();
    let output = script("busybox")
        .env("PATH", &programs)
        .args(["-u", &service.url, "-p", &process, "-N", "svc", "-n", "2", "-i", "0", "-o"])
        .arg(&out)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("not found"), "{said}");
    let report = read(&out)?;
    assert_eq!(report.subjects.len(), 1, "{said}");
    for wanted in ["goroutine-dump", "pprof", "smaps_rollup", "net-sockets", "fd-list", "threads"] {
        let is_it = |source: &&analyzer_core::report::SourceRow| {
            source.format.as_deref() == Some(wanted) && source.status == SourceStatus::Parsed
        };
        assert!(report.sources.iter().any(|source| is_it(&source)), "{wanted}: {said}");
    }
    Ok(())
}

/// True if a shell is installed; `cargo xtask test` installs those that can be.
fn is_there(shell: &str) -> bool {
    let found = Command::new(shell).arg("true").stdin(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("{shell} is not installed: the script was not run in it");
    }
    found
}

/// The script, in a shell. It needs curl or wget as in a container.
fn script(shell: &str) -> Command {
    let mut command = Command::new(shell);
    if shell == "busybox" {
        command.arg("sh");
    }
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/capture.sh"));
    command
}

fn capture(shell: &str, options: &[&str], service: &Service, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capture-{name}.tar.gz"));
    let process = std::process::id().to_string();
    let output = script(shell)
        .args(["-u", &service.url, "-p", &process, "-N", "svc"])
        .args(options)
        .arg("-o")
        .arg(&out)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("neither curl nor wget") {
        return Err("this test needs curl or wget: install one".into());
    }
    if !output.status.success() {
        return Err(format!("{}: {said}", output.status).into());
    }
    Ok(out)
}

fn read(bundle: &Path) -> Result<Report, Box<dyn Error>> {
    Ok(strata::input::load(&[bundle.to_path_buf()], &Progress::none())?.report())
}

/// Answers for as long as the test runs, one connection after the other.
struct Service {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away is no concern of the test.
                let _ = answer(&stream, &heard);
            }
        });
        Ok(Self { url, requests })
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().map(|requests| requests.clone()).unwrap_or_default()
    }
}

fn answer(mut stream: &TcpStream, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let stored = ANSWERS.iter().find(|(address, _)| *address == target).map(|(_, file)| file);
    if let Ok(mut heard) = heard.lock() {
        heard.push(target);
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../analyzer-core/tests/fixtures/bundles/pricing-go1.26-cgroup2");
    match stored.and_then(|file| fs::read(fixtures.join(file)).ok()) {
        Some(body) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
            stream.write_all(&body)
        }
        None => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}
