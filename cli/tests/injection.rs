//! Names and texts out of captures reach every output of the program as text only.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use analyzer_core::report::plain_text::{is_invisible, visible};
use engine_fuzz::hostile::{self, FORMULA, TEXT};

type Outcome = Result<(), Box<dyn Error>>;

/// The hostile captures, in a folder of this test's own.
fn captures(test: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(test);
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    hostile::write(&folder)?;
    Ok(folder)
}

/// What the program prints, to standard output and to standard error.
fn printed(arguments: &[&str], path: &Path) -> Result<[String; 2], Box<dyn Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_strata")).args(arguments).arg(path).output()?;
    let [out, err] = [output.stdout, output.stderr].map(String::from_utf8);
    Ok([out?, err?])
}

fn profile_in(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let inner = fs::read_dir(folder)?.next().ok_or("no captures")??.path();
    Ok(inner.join("heap.pb"))
}

/// A terminal acts on nothing of it.
fn assert_quiet(what: &str, text: &str) {
    let acting =
        text.replace("\r\n", "\n").chars().find(|&character| character != '\n' && is_invisible(character));
    assert_eq!(acting, None, "{what}:\n{}", visible(text));
}

#[test]
fn no_command_prints_what_a_terminal_acts_on() -> Outcome {
    let folder = captures("terminal")?;
    for arguments in [
        ["report", "--format", "text"],
        ["report", "--format", "markdown"],
        ["report", "--format", "json"],
        ["check", "--format", "text"],
        ["check", "--format", "json"],
        ["check", "--format", "junit"],
        ["check", "--format", "sarif"],
    ] {
        let [out, err] = printed(&arguments, &folder)?;
        assert!(out.contains("evil"), "{arguments:?} names what it found:\n{out}");
        assert_quiet(&arguments.join(" "), &out);
        assert_quiet(&arguments.join(" "), &err);
    }
    let profile = profile_in(&folder)?;
    for format in ["text", "json", "csv", "folded"] {
        let [out, err] = printed(&["top", "--format", format], &profile)?;
        assert!(out.contains("evil"), "{format}:\n{out}");
        assert_quiet(format, &out);
        assert_quiet(format, &err);
    }
    let [out, _] = printed(&["top", "--peek", "evil"], &profile)?;
    assert!(out.contains("evil"));
    assert_quiet("peek", &out);
    Ok(())
}

#[test]
fn a_file_that_cannot_be_opened_is_named_without_its_escape_sequences() -> Outcome {
    let [_, err] = printed(&["report"], &Path::new(env!("CARGO_TARGET_TMPDIR")).join(TEXT.replace('/', "")))?;
    assert!(err.contains("evil"), "{err}");
    assert_quiet("standard error", &err);
    Ok(())
}

#[test]
fn json_has_the_names_as_they_are() -> Outcome {
    let folder = captures("json")?;
    let [out, _] = printed(&["top", "--format", "json"], &profile_in(&folder)?)?;
    let top: serde_json::Value = serde_json::from_str(&out)?;
    let names: Vec<_> =
        top["rows"].as_array().into_iter().flatten().filter_map(|row| row["function"].as_str()).collect();
    assert!(names.contains(&TEXT) && names.contains(&FORMULA), "{names:?}");
    Ok(())
}

#[test]
fn a_spreadsheet_finds_no_formula() -> Outcome {
    let folder = captures("csv")?;
    let [out, _] = printed(&["top", "--format", "csv"], &profile_in(&folder)?)?;
    assert!(out.contains(",\"'=cmd|'/C calc'!A0\","), "{out}");
    assert!(!out.contains(",=") && !out.contains(",\"="), "{out}");
    Ok(())
}

#[test]
fn junit_holds_no_markup_of_a_capture() -> Outcome {
    let folder = captures("markup")?;
    let [junit, _] = printed(&["check", "--format", "junit"], &folder)?;
    let document = roxmltree::Document::parse(&junit)?;
    let foreign = document.descendants().find(|node| matches!(node.tag_name().name(), "img" | "script"));
    assert!(foreign.is_none(), "{junit}");
    Ok(())
}

/// The data of a saved report cannot end its element, nor begin another.
#[test]
fn a_saved_report_has_the_elements_of_the_viewer_and_no_other() -> Outcome {
    let folder = captures("saved")?;
    let viewer = "<script type=\"application/json\" id=\"files\"></script>\
                  <script type=\"application/octet-stream\" id=\"captures\"></script>";
    let files = strata::input::read(&[folder])?;
    let page = strata::html::page(viewer, &files)?;
    assert_eq!(page.matches('<').count(), viewer.matches('<').count());
    assert_eq!(page.matches("</script>").count(), 2);
    Ok(())
}
