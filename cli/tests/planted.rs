//! Planted secrets in everything that the program writes of redacted captures.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's helpers, where the lint does not see a test")]

#[path = "../../analyzer-core/tests/planted/detect.rs"]
mod detect;
#[path = "../../analyzer-core/tests/planted/plant.rs"]
#[allow(dead_code, reason = "the engine's tests use all of it")]
mod plant;
#[path = "../../analyzer-core/tests/planted/profile.rs"]
mod profile;
#[path = "../../analyzer-core/tests/planted/templates.rs"]
mod templates;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use analyzer_core::session::Session;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use detect::Secrets;
use flate2::read::GzDecoder;
use strata::input::InputFile;
use strata::{html, output, redact, text};

const VIEWER: &str = "<script type=\"application/json\" id=\"files\"></script>\
                      <script type=\"application/octet-stream\" id=\"captures\"></script>";

/// The captures of a saved report, unpacked.
fn unpacked(page: &str) -> Vec<u8> {
    let (_, captures) = page.split_once("id=\"captures\">").expect("captures");
    let packed = captures.split('<').next().expect("base64");
    let mut bytes = Vec::new();
    let packed = BASE64_STANDARD.decode(packed).expect("base64");
    GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("gzip");
    bytes
}

#[test]
fn no_planted_secret_is_in_any_output() {
    // Every place once; the engine's tests plant every way of writing.
    let planted: Vec<_> = plant::all().into_iter().filter(|one| one.encoding == "plain").collect();
    assert!(planted.len() >= 450, "{}", planted.len());
    let secrets = Secrets::new(planted.iter().map(|one| one.secret.as_str()));
    let files = planted.iter().enumerate().map(|(number, one)| InputFile {
        path: format!("{number}/{}", one.path),
        modified_at: None,
        bytes: one.bytes.clone(),
    });
    let redacted = redact::redact(files.collect());
    let clean = redact::into_files(&redacted);
    let mut session = Session::default();
    clean.iter().for_each(|file| file.add_to(&mut session));
    let report = session.report();
    let page = html::page(VIEWER, &clean).expect("a page");
    for (what, bytes) in [
        ("HTML", page.clone().into_bytes()),
        ("HTML, unpacked", unpacked(&page)),
        ("JSON", output::json(&report).expect("JSON").into_bytes()),
        ("Markdown", report.to_markdown().into_bytes()),
        ("text", text::print(&report).into_bytes()),
    ] {
        assert_eq!(secrets.find(&bytes), None, "in {what}");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
    let _ = fs::remove_dir_all(&folder);
    for file in &clean {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, &file.bytes).expect("written");
    }
    for format in ["sarif", "junit", "json", "text"] {
        let mut check = Command::new(env!("CARGO_BIN_EXE_strata"));
        let output = check.args(["check", "--format", format]).arg(&folder).output().expect("runs");
        assert!(output.stdout.len() > 100, "{format}");
        assert_eq!(secrets.find(&output.stdout), None, "in {format}");
    }
}
