//! Dropped files and folders.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, DataTransferItem, File, FileSystemDirectoryEntry};

use super::folder::{self, Walk};
use super::{Dropped, Intake, sort};

/// One thing of a drop, taken while the event lasts.
#[derive(Debug)]
pub enum Item {
    /// A file.
    File(File),
    /// A folder, which is walked later.
    Folder {
        /// What it holds.
        entry: FileSystemDirectoryEntry,
        /// Promises a handle, where the browser has those.
        handle: Option<Promise>,
    },
}

/// Everything in a drop, folders walked to their ends, in the order of paths.
pub async fn read(items: Vec<Item>) -> Intake {
    let mut walk = Walk::default();
    let mut unread = Vec::new();
    for item in items {
        match item {
            Item::File(file) => walk.files.push(Dropped::new(file)),
            Item::Folder { entry, handle } => {
                if !read_folder(&mut walk, &entry, handle).await {
                    unread.push(entry.name());
                }
            }
        }
    }
    let notice = notice(&walk, &unread);
    let mut files = walk.files;
    sort(&mut files);
    Intake { files, notice }
}

/// Chromium gives no entries to a page from a disk, but does give handles;
/// others have entries only.
async fn read_folder(walk: &mut Walk, entry: &FileSystemDirectoryEntry, handle: Option<Promise>) -> bool {
    if let Some(handle) = handle
        && let Ok(handle) = JsFuture::from(handle).await
        && folder::by_handle(walk, handle.unchecked_into(), &entry.name()).await
    {
        return true;
    }
    folder::by_entry(walk, entry.clone()).await
}

fn notice(walk: &Walk, unread: &[String]) -> Option<String> {
    if walk.is_full {
        return Some(format!(
            "Only the first {} files were read: drop the captures themselves, not a whole disk.",
            crate::number_format::count_usize(folder::MAX_FILES)
        ));
    }
    (!unread.is_empty()).then(|| {
        format!(
            "The browser does not let the page read the dropped folder {}. Browse for the folder instead, or drop it as .tar.gz or .zip.",
            unread.join(", ")
        )
    })
}

/// What a drop holds, taken at once: it is gone when the event is over.
pub fn items(data: &DataTransfer) -> Vec<Item> {
    let list = data.items();
    let items = (0..list.length()).filter_map(|index| list.get(index)).filter(|item| item.kind() == "file");
    items
        .filter_map(|item| match item.webkit_get_as_entry() {
            Ok(Some(entry)) if entry.is_directory() => {
                Some(Item::Folder { entry: entry.unchecked_into(), handle: handle_of(&item) })
            }
            _ => item.get_as_file().ok().flatten().map(Item::File),
        })
        .collect()
}

/// Calls `getAsFileSystemHandle`, if there is such a function.
fn handle_of(item: &DataTransferItem) -> Option<Promise> {
    let function = Reflect::get(item, &JsValue::from_str("getAsFileSystemHandle")).ok()?;
    let promise = function.dyn_ref::<Function>()?.call0(item).ok()?;
    promise.dyn_into().ok()
}
