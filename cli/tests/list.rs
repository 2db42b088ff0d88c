//! `strata top --list` beside `go tool pprof -list`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/pprof/list").join(name)
}

fn strata(arguments: &[&str], profile: &Path) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_strata")).arg("top").args(arguments).arg(profile).output();
    let output = output.expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn listings_are_those_of_pprof_byte_for_byte() {
    let mill = fixture("mill");
    let mill = mill.to_str().expect("a path in UTF-8");
    for (profile, stored, more) in [
        ("cpu.pb.gz", "cpu.list.txt", &[][..]),
        ("heap.pb.gz", "heap.list.txt", &["--sample-type", "alloc_space"]),
    ] {
        let arguments = [&["--list", r"main\.|grind\.", "--source", mill], more].concat();
        let (printed, said) = strata(&arguments, &fixture(profile));
        let stored = fs::read_to_string(fixture(stored)).expect("the listing is in the repository");
        assert!(stored.contains("grind.go") && stored.lines().count() > 40);
        assert_eq!((printed, said.as_str()), (stored, ""), "{profile}");
    }
}

/// pprof does not look below a folder of another name.
#[test]
fn a_module_is_found_whatever_its_folder_is_called() {
    let folder = fixture("");
    let (printed, said) =
        strata(&["--list", "Flour", "--source", folder.to_str().expect("UTF-8")], &fixture("cpu.pb.gz"));
    assert!(printed.contains("21:func Flour(words []string) string {"), "{printed}{said}");
}

#[test]
fn a_missing_and_another_source_are_said() {
    let empty = fixture("mill/grind");
    let empty = empty.to_str().expect("UTF-8");
    let (printed, _) = strata(&["--list", r"main\.words", "--source", empty], &fixture("cpu.pb.gz"));
    assert!(printed.contains(" Error: could not find file example.com/mill/main.go on path"), "{printed}");
    let (_, said) = strata(&["--list", "NoSuchFunction"], &fixture("cpu.pb.gz"));
    assert!(said.contains("no matches found for regexp: NoSuchFunction"), "{said}");
    let other = std::env::temp_dir().join(format!("strata-list-{}", std::process::id())).join("mill");
    fs::create_dir_all(&other).expect("a folder");
    fs::write(other.join("main.go"), "package main\n\nfunc other() {\n}\n").expect("a file");
    let (_, said) = strata(
        &["--list", r"main\.words", "--source", other.to_str().expect("UTF-8")],
        &fixture("cpu.pb.gz"),
    );
    fs::remove_dir_all(other.parent().expect("it has one")).expect("it goes");
    assert!(said.contains("main.go: a different version of the source: line"), "{said}");
}
