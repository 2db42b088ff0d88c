//! The program on files: what it follows, what it says of what it cannot read, how it writes.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const DUMP: &str = "goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:3 +0x1\n";

fn strata(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    strata(arguments).output().expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn a_link_out_of_the_folder_is_not_followed_and_said() {
    let root = folder("links");
    let dropped = root.join("dropped");
    fs::create_dir(&dropped).unwrap();
    fs::write(root.join("outside.txt"), DUMP.replace("main.main", "outside.secret")).unwrap();
    fs::write(dropped.join("dump.txt"), DUMP).unwrap();
    symlink(root.join("outside.txt"), dropped.join("absolute.txt")).unwrap();
    symlink("../outside.txt", dropped.join("relative.txt")).unwrap();
    symlink("dump.txt", dropped.join("within.txt")).unwrap();
    let out = stdout(&run(&["report", "--format", "json", dropped.to_str().unwrap()]));
    assert!(!out.contains("outside.secret"), "{out}");
    assert_eq!(out.matches("out of the folder").count(), 2, "{out}");
    assert!(out.contains("dropped/within.txt"), "a link to a file of the folder is read");
}

#[test]
fn an_unreadable_folder_or_file_is_a_note_with_its_path() {
    let root = folder("unreadable");
    fs::write(root.join("dump.txt"), DUMP).unwrap();
    symlink("nowhere", root.join("dangling.txt")).unwrap();
    fs::create_dir(root.join("closed")).unwrap();
    fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::read_dir(root.join("closed")).is_ok();
    let output = run(&["report", "--format", "json", root.to_str().unwrap()]);
    fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    let out = stdout(&output);
    assert!(output.status.success(), "{output:?}");
    assert!(out.contains("unreadable/dangling.txt") && out.contains("It cannot be read"), "{out}");
    assert!(is_root || out.contains("unreadable/closed"), "{out}");
    assert!(out.contains("main.main"), "what can be read is");
}

#[test]
fn output_is_whole_or_not_there() {
    let root = folder("whole");
    fs::write(root.join("dump.txt"), DUMP).unwrap();
    let (input, out) = (root.join("dump.txt"), root.join("report.json"));
    fs::write(&out, "old").unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o640)).unwrap();
    let written =
        run(&["report", "--format", "json", "--out", out.to_str().unwrap(), input.to_str().unwrap()]);
    assert!(written.status.success());
    assert!(fs::read_to_string(&out).unwrap().starts_with('{'));
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o640);
    let names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left beside: {names:?}");
    let missing = root.join("no/report.json");
    let failed = run(&["report", "--out", missing.to_str().unwrap(), input.to_str().unwrap()]);
    assert_eq!(failed.status.code(), Some(2));
}

#[test]
fn names_are_for_their_owner_alone() {
    let root = folder("names");
    fs::write(root.join("status"), "Name:\twalletd\nPid:\t1\nThreads:\t1\n").unwrap();
    let names = root.join("names.tsv");
    fs::write(&names, "old").unwrap();
    let input = root.join("status");
    run(&["report", "--redact", "--names", names.to_str().unwrap(), input.to_str().unwrap()]);
    assert!(fs::read_to_string(&names).unwrap().contains("walletd"));
    assert_eq!(fs::metadata(&names).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_full_or_closed_standard_error_does_not_abort() {
    let root = folder("stderr");
    fs::write(root.join("status"), "Name:\twalletd\nPid:\t1\nThreads:\t1\n").unwrap();
    let input = root.join("status");
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let redacted = ["report", "--redact", "--format", "json", input.to_str().unwrap()];
    let output = strata(&redacted).stderr(full()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let failed = strata(&["report", "/nowhere"]).stderr(full()).output().unwrap();
    assert_eq!(failed.status.code(), Some(2), "a message that cannot be written is no panic");
    let mut closed = strata(&redacted).stdout(Stdio::piped()).spawn().unwrap();
    drop(closed.stdout.take());
    assert_eq!(closed.wait().unwrap().code(), Some(0), "who closes the output has seen enough");
    let no_room = strata(&redacted).stdout(full()).output().unwrap();
    assert_eq!(no_room.status.code(), Some(2));
}

#[test]
fn strict_fails_where_something_is_not_read_and_every_format_lists_it() {
    let root = folder("strict");
    fs::write(root.join("dump.txt"), DUMP).unwrap();
    let path = root.to_str().unwrap();
    let check = |arguments: &[&str]| run(&[&["check", "--fail-on", "none"], arguments, &[path]].concat());
    assert_eq!(check(&["--strict"]).status.code(), Some(0), "{}", stdout(&check(&["--strict"])));
    fs::write(root.join("app.log"), "hello\n").unwrap();
    assert_eq!(check(&[]).status.code(), Some(0));
    for format in ["text", "json", "junit", "sarif"] {
        let output = check(&["--strict", "--format", format]);
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(stdout(&output).contains("app.log"), "{format}: {}", stdout(&output));
    }
}

#[test]
fn standard_input_is_read_up_to_a_limit() {
    let mut child = strata(&["report", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(DUMP.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(stdout(&output).contains("main.main"));
}

#[test]
fn a_budget_bounds_the_markdown_and_keeps_the_verdict() {
    let bundle =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../analyzer-core/tests/fixtures/bundles/doomed-go1.26-cgroup2");
    let within = |budget: &str| {
        let output = run(&["report", "--format", "markdown", "--budget", budget, bundle]);
        assert!(output.status.success());
        stdout(&output)
    };
    let (short, whole) = (within("3000"), within("1000000"));
    assert!(short.chars().count() <= 3000, "{}", short.chars().count());
    assert!(short.contains("mem.oom.cgroup") && short.contains("\nOmitted for length: "), "{short}");
    assert!(!whole.contains("Omitted for length"));
    assert_eq!(short.lines().nth(2), whole.lines().nth(2), "the verdict is the same");
}
