//! `--format html`: the viewer with the captures in it, in one file.
//!
//! The viewer's page has two empty data elements, `files` (names and sizes as
//! JSON) and `captures` (the bytes of all files in a row, gzipped, as base64
//! text). A saved report is the page with both filled; nothing of what runs
//! changes, so that its policy and its script's hash hold.

use std::error::Error;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::input::InputFile;
use crate::output::gzip;

/// The page's empty elements, as `static/index.html` has them.
const FILES: &str = r#"<script type="application/json" id="files">"#;
const CAPTURES: &str = r#"<script type="application/octet-stream" id="captures">"#;

/// One file of the report, as the page reads it.
#[derive(Serialize)]
struct Entry<'a> {
    path: &'a str,
    bytes: usize,
    #[serde(rename = "modifiedMillis")]
    modified_millis: Option<i64>,
}

/// The viewer's page with these files in it.
///
/// # Errors
/// A page that is no viewer, or that has files in it already.
pub fn page(viewer: &str, files: &[InputFile]) -> Result<String, Box<dyn Error>> {
    let entries: Vec<Entry<'_>> = files.iter().map(Entry::of).collect();
    // In an element, `</script` would end the list.
    let list = serde_json::to_string(&entries)?.replace('<', "\\u003c");
    let filled = fill(viewer, FILES, &list)?;
    fill(&filled, CAPTURES, &BASE64_STANDARD.encode(gzip(files.iter().map(|file| file.bytes.as_slice()))?))
}

impl<'a> Entry<'a> {
    fn of(file: &'a InputFile) -> Self {
        let modified_millis = file.modified_at.map(|time| time.0 / 1_000_000);
        Self { path: &file.path, bytes: file.bytes.len(), modified_millis }
    }
}

fn fill(page: &str, element: &str, content: &str) -> Result<String, Box<dyn Error>> {
    let (before, after) = page.split_once(element).ok_or("the viewer page is of another version")?;
    if !after.starts_with("</script>") {
        return Err("the viewer page already contains captures: use the one from the build".into());
    }
    Ok([before, element, content, after].concat())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use analyzer_core::base::units::Nanos;
    use flate2::read::GzDecoder;

    use super::*;

    const VIEWER: &str = "<p></p><script type=\"application/json\" id=\"files\"></script>\
                          <script type=\"application/octet-stream\" id=\"captures\"></script>";

    fn files() -> Vec<InputFile> {
        let file = |path: &str, bytes: &[u8], modified_at| InputFile {
            path: path.to_owned(),
            bytes: bytes.to_vec(),
            modified_at,
        };
        vec![file("a/</script>.txt", b"one", Some(Nanos(1_500_000_000))), file("b", b"two!", None)]
    }

    /// Content of an element as a browser reads it: up to the first end tag.
    fn content<'a>(page: &'a str, element: &str) -> &'a str {
        page.split_once(element).unwrap().1.split_once("</script>").unwrap().0
    }

    #[test]
    fn names_sizes_and_bytes_come_back() {
        let page = page(VIEWER, &files()).unwrap();
        let list: serde_json::Value = serde_json::from_str(content(&page, FILES)).unwrap();
        assert_eq!(list[0]["path"], "a/</script>.txt");
        assert_eq!((&list[0]["bytes"], &list[0]["modifiedMillis"]), (&3.into(), &1500.into()));
        assert_eq!((&list[1]["bytes"], &list[1]["modifiedMillis"]), (&4.into(), &serde_json::Value::Null));
        let packed = BASE64_STANDARD.decode(content(&page, CAPTURES)).unwrap();
        let mut bytes = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut bytes).unwrap();
        assert_eq!(bytes, "onetwo!");
    }

    #[test]
    fn a_saved_report_is_no_viewer_for_another() {
        let saved = page(VIEWER, &files()).unwrap();
        assert!(page(&saved, &files()).is_err());
        assert!(page("<p>a page</p>", &files()).is_err());
    }
}
