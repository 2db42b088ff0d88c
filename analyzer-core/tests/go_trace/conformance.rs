//! Events and their order equal `go tool trace -d=parsed`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{codes, fixture, parsed, read, text};

/// Fixture, events, and the digest of Go's own output over them: FNV-1a of the
/// lines that start with `M=`, without times, clocks and experiments' arguments.
const GO_TOOL_TRACE: [(&str, usize, u64); 8] = [
    ("flight-go1.25.trace.gz", 1850, 0x9b07_10e7_82e9_6fd3),
    ("flight-go1.27.trace.gz", 1910, 0xdb5e_2db7_423f_d26b),
    ("small-go1.22.trace.gz", 4142, 0xd2f8_df78_462a_1825),
    ("small-go1.24.trace.gz", 16213, 0x2250_055b_630d_02b6),
    ("small-go1.27.trace.gz", 17326, 0x8fac_a652_eb41_25da),
    ("cgo-callback-go1.24.trace.gz", 20747, 0x3631_557f_bdad_3ff8),
    ("allocfree-go1.27.trace.gz", 31796, 0x4cd1_fa33_62ac_7bf7),
    ("noexitstop-go1.25.trace.gz", 27379, 0xd1ab_d705_2385_2aa8),
];

fn digest(lines: &[String]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in lines.iter().flat_map(|line| line.bytes().chain(*b"\n")) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[test]
fn events_and_order_equal_go_tool_trace() {
    for (name, events, expected) in GO_TOOL_TRACE {
        let (lines, decoded) = read(&fixture(name));
        assert_eq!(lines.len(), events, "{name}");
        assert_eq!(digest(&lines), expected, "{name}: the order differs");
        assert!(decoded.generations.iter().all(|generation| generation.forced == 0), "{name}");
    }
}

#[test]
fn clean_captures_have_no_note_of_loss() {
    for (name, ..) in GO_TOOL_TRACE {
        let (_, decoded) = read(&fixture(name));
        let expected: &[&str] = match name {
            "allocfree-go1.27.trace.gz" => &["trace-experiment"],
            "noexitstop-go1.25.trace.gz" => &["trace-not-stopped"],
            _ => &[],
        };
        assert_eq!(codes(&decoded), expected, "{name}");
    }
}

#[test]
fn clocks_of_a_generation_agree_with_each_other() {
    let (_, decoded) = read(&fixture("small-go1.27.trace.gz"));
    let first = decoded.generations[0].clock.unwrap();
    // Go 1.27's tool prints Sync Trace=3029077161344 Mono=3029077161281 with the first event at 3029077145600.
    assert_eq!(first.time, 3_029_077_161_344 - 3_029_077_145_600);
    assert_eq!(first.mono, 3_029_077_161_281);
    assert_eq!(decoded.generations[0].start_ticks * 64, 3_029_077_145_600);
    let last = decoded.generations.last().unwrap().clock.unwrap();
    assert_eq!(
        (last.wall - first.wall) / 1_000_000,
        i64::try_from(last.time - first.time).unwrap() / 1_000_000
    );
}

/// The root of a Go tree with its sources, if there is a toolchain.
fn goroot() -> Option<PathBuf> {
    let output = Command::new("go").args(["env", "GOROOT"]).output().ok()?;
    let root = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    root.join("src/internal/trace/testdata/tests").is_dir().then_some(root)
}

/// What Go's tool prints, in the form of [`parsed::Parsed`].
fn go_tool_trace(root: &Path, file: &Path) -> Vec<String> {
    let output = Command::new(root.join("bin/go"))
        .args(["tool", "trace", "-d=parsed"])
        .arg(file)
        .env("GOROOT", root)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("M="))
        .map(parsed::plain)
        .collect()
}

/// Go's own trace tests: 22 hand-made or recorded traces with tricky orders.
/// Two are meant to fail; there our order goes on where Go's stops.
#[test]
fn go_s_own_trace_tests_give_the_same_order() {
    let Some(root) = goroot() else {
        println!("skipped: no Go toolchain");
        return;
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(root.join("src/internal/trace/testdata/tests")).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        let bytes = text::wire(text::trace_section(&source));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hand-made.trace");
        std::fs::write(&file, &bytes).unwrap();
        let theirs = go_tool_trace(&root, &file);
        let (ours, decoded) = read(&bytes);
        if text::expects_success(&source) {
            assert_eq!(ours, theirs, "{}", path.display());
            assert!(decoded.generations.iter().all(|generation| generation.forced == 0));
        } else {
            let common = ours.iter().zip(&theirs).take_while(|(ours, theirs)| ours == theirs).count();
            assert!(common + 1 >= theirs.len(), "{}: {common} of {}", path.display(), theirs.len());
        }
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} tests found");
}

#[test]
fn go_s_fuzz_seeds_are_survived() {
    let Some(root) = goroot() else {
        println!("skipped: no Go toolchain");
        return;
    };
    for entry in std::fs::read_dir(root.join("src/internal/trace/testdata/fuzz/FuzzReader")).unwrap() {
        let seed = text::fuzz_seed(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
        let mut sink = parsed::Parsed::default();
        let result = analyzer_core::formats::go_trace::TraceReader::read(&seed, &mut sink);
        if let Ok(decoded) = result {
            assert!(decoded.notes.rows().len() <= 64);
        }
    }
}
