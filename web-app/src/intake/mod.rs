//! Files in: dropped, chosen, pasted, or built in.

mod drop;
mod early;
mod example;
mod folder;
mod saved;

use analyzer_core::base::order::StableOrder;
use analyzer_core::base::units::Nanos;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DataTransfer, File, FilePropertyBag, HtmlInputElement};

use crate::state::{FileKey, NewFile};

pub use drop::{Item, items, read};
pub use early::{Early, early};
pub use example::{EXAMPLE_NAME, example, has_example};
pub use saved::{pairs, saved};

/// A file that came in, and the path that it came under.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Path, `/` between folders.
    pub path: String,
    /// The handle; its bytes are read later, by the worker.
    pub file: File,
}

/// What came in at once.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    /// The files.
    pub files: Vec<Dropped>,
    /// What to say about what could not be taken.
    pub notice: Option<String>,
}

impl From<Vec<Dropped>> for Intake {
    fn from(files: Vec<Dropped>) -> Self {
        Self { files, notice: None }
    }
}

impl Dropped {
    /// A file under its own name, or under the path that a chosen folder gives it.
    pub fn new(file: File) -> Self {
        let in_folder = js_sys::Reflect::get(&file, &JsValue::from_str("webkitRelativePath"));
        let path = in_folder.ok().and_then(|path| path.as_string()).filter(|path| !path.is_empty());
        Self { path: path.unwrap_or_else(|| file.name()), file }
    }

    /// What the page keeps of it.
    pub fn describe(&self, key: FileKey) -> NewFile {
        let modified_millis = self.file.last_modified();
        NewFile {
            key,
            path: self.path.clone(),
            bytes: self.file.size() as u64,
            modified_at: (modified_millis > 0.0).then_some(Nanos((modified_millis * 1e6) as i64)),
        }
    }
}

/// The files chosen in an input. The input is cleared, so that choosing the
/// same file again is a change again.
pub fn from_input(input: &HtmlInputElement) -> Vec<Dropped> {
    let mut files = input.files().map(|files| list(&files)).unwrap_or_default();
    input.set_value("");
    sort(&mut files);
    files
}

/// Sorts files by their paths. A `go.mod` goes before what it says to be source.
fn sort(files: &mut [Dropped]) {
    let key = |file: &Dropped| (!file.path.ends_with("/go.mod"), file.path.clone());
    files.order_by_key(key);
}

/// What was pasted: files, or else text, which becomes a file named after its turn.
pub fn from_paste(data: &DataTransfer, turn: u32) -> Vec<Dropped> {
    let files = data.files().map(|files| list(&files)).unwrap_or_default();
    if !files.is_empty() {
        return files;
    }
    from_text(&data.get_data("text/plain").unwrap_or_default(), turn)
}

/// Pasted text as a file; none if it is blank.
pub fn from_text(text: &str, turn: u32) -> Vec<Dropped> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let name = format!("pasted-{turn}.txt");
    named(&JsValue::from_str(text), &name).into_iter().collect()
}

/// A file of this content.
fn named(content: &JsValue, name: &str) -> Option<Dropped> {
    let options = FilePropertyBag::new();
    // A time of our own would say when it was pasted, not when it was captured.
    options.set_last_modified(0.0);
    let file = File::new_with_str_sequence_and_options(&Array::of1(content), name, &options).ok()?;
    Some(Dropped { path: name.to_owned(), file: file.unchecked_into() })
}

fn list(files: &web_sys::FileList) -> Vec<Dropped> {
    (0..files.length()).filter_map(|index| files.get(index)).map(Dropped::new).collect()
}
