//! Dropped files and folders.

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};

use super::Dropped;

/// Files taken from one drop at most: a whole disk dropped by mistake must end.
const MAX_FILES: usize = 20_000;

/// One thing of a drop, taken while the event lasts.
enum Item {
    File(File),
    Folder(FileSystemDirectoryEntry),
}

/// Everything in a drop, folders walked to their ends, in the order of paths.
///
/// The items are taken at once, for they are gone when the event is over; the
/// folders are walked by the future.
pub fn from_drop(data: &DataTransfer) -> impl Future<Output = Vec<Dropped>> + use<> {
    let items = items(data);
    async move {
        let mut files = Vec::new();
        let mut folders = Vec::new();
        for item in items {
            match item {
                Item::File(file) => files.push(Dropped::new(file)),
                Item::Folder(folder) => folders.push(folder),
            }
        }
        while let Some(folder) = folders.pop() {
            for entry in children(&folder).await {
                if files.len() >= MAX_FILES {
                    return sorted(files);
                }
                if entry.is_directory() {
                    folders.push(entry.unchecked_into());
                } else {
                    files.extend(file_of(entry.unchecked_ref()).await);
                }
            }
        }
        sorted(files)
    }
}

fn sorted(mut files: Vec<Dropped>) -> Vec<Dropped> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn items(data: &DataTransfer) -> Vec<Item> {
    let list = data.items();
    let items = (0..list.length()).filter_map(|index| list.get(index)).filter(|item| item.kind() == "file");
    items
        .filter_map(|item| match item.webkit_get_as_entry() {
            Ok(Some(entry)) if entry.is_directory() => Some(Item::Folder(entry.unchecked_into())),
            // A page on a disk may have the file itself, though not through its entry.
            _ => item.get_as_file().ok().flatten().map(Item::File),
        })
        .collect()
}

/// All entries of a folder; a folder that cannot be read has none.
async fn children(folder: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut entries = Vec::new();
    // A reader gives its entries in parts, and an empty one at the end.
    while let Some(part) = read_part(&reader).await {
        if part.is_empty() || entries.len() > MAX_FILES {
            break;
        }
        entries.extend(part);
    }
    entries
}

async fn read_part(reader: &FileSystemDirectoryReader) -> Option<Vec<FileSystemEntry>> {
    let part =
        settle(|resolve, reject| reader.read_entries_with_callback_and_callback(resolve, reject)).await?;
    Some(Array::from(&part).iter().map(|entry| entry.unchecked_into()).collect())
}

async fn file_of(entry: &FileSystemFileEntry) -> Option<Dropped> {
    let file = settle(|resolve, reject| {
        entry.file_with_callback_and_callback(resolve, reject);
        Ok(())
    })
    .await?;
    let path = entry.full_path().trim_start_matches('/').to_owned();
    Some(Dropped { path, file: file.unchecked_into() })
}

/// What a function with two callbacks calls back with; `None` if it fails.
async fn settle(
    call: impl FnOnce(&js_sys::Function, &js_sys::Function) -> Result<(), JsValue>,
) -> Option<JsValue> {
    let mut call = Some(call);
    let promise = Promise::new(&mut |resolve, reject| {
        if let Some(call) = call.take()
            && let Err(error) = call(&resolve, &reject)
        {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    });
    JsFuture::from(promise).await.ok()
}
