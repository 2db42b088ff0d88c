//! Walks a dropped folder, by either of the two interfaces that browsers have.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryEntry, FileSystemDirectoryHandle, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry, FileSystemFileHandle, FileSystemHandle, FileSystemHandleKind,
};

use super::Dropped;

/// Files taken from one drop at most: a whole disk dropped by mistake must end.
pub const MAX_FILES: usize = 20_000;

/// What was found so far.
#[derive(Default)]
pub struct Walk {
    /// The files.
    pub files: Vec<Dropped>,
    /// True if there were more.
    pub is_full: bool,
}

impl Walk {
    fn push(&mut self, file: Dropped) {
        if self.files.len() < MAX_FILES {
            self.files.push(file);
        } else {
            self.is_full = true;
        }
    }
}

/// Takes every file below a folder's handle. False if the folder cannot be listed.
pub async fn by_handle(walk: &mut Walk, root: FileSystemDirectoryHandle, path: &str) -> bool {
    let mut folders = vec![(root, path.to_owned())];
    let mut is_first = true;
    while let Some((folder, path)) = folders.pop() {
        let Some(children) = handles(&folder).await else {
            if is_first {
                return false;
            }
            continue;
        };
        is_first = false;
        for child in children {
            let path = format!("{path}/{}", child.name());
            if child.kind() == FileSystemHandleKind::Directory {
                folders.push((child.unchecked_into(), path));
                continue;
            }
            let file = JsFuture::from(child.unchecked_into::<FileSystemFileHandle>().get_file()).await;
            if let Ok(file) = file {
                walk.push(Dropped { path, file: file.unchecked_into() });
            }
            if walk.is_full {
                return true;
            }
        }
    }
    true
}

async fn handles(folder: &FileSystemDirectoryHandle) -> Option<Vec<FileSystemHandle>> {
    let values = folder.values();
    let mut handles = Vec::new();
    loop {
        let step = JsFuture::from(values.next().ok()?).await.ok()?;
        if Reflect::get(&step, &JsValue::from_str("done")).ok()?.is_truthy() {
            return Some(handles);
        }
        handles.push(Reflect::get(&step, &JsValue::from_str("value")).ok()?.unchecked_into());
    }
}

/// Takes every file below a folder's entry. False if the folder cannot be listed.
pub async fn by_entry(walk: &mut Walk, root: FileSystemDirectoryEntry) -> bool {
    let mut folders = vec![root];
    let mut is_first = true;
    while let Some(folder) = folders.pop() {
        let Some(children) = entries(&folder).await else {
            if is_first {
                return false;
            }
            continue;
        };
        is_first = false;
        for child in children {
            if child.is_directory() {
                folders.push(child.unchecked_into());
                continue;
            }
            if let Some(file) = file_of(child.unchecked_ref()).await {
                walk.push(file);
            }
            if walk.is_full {
                return true;
            }
        }
    }
    true
}

async fn entries(folder: &FileSystemDirectoryEntry) -> Option<Vec<FileSystemEntry>> {
    let reader = folder.create_reader();
    let mut entries = Vec::new();
    // A reader gives its entries in parts, and an empty one at the end.
    loop {
        let part = read_part(&reader).await?;
        if part.length() == 0 {
            return Some(entries);
        }
        entries.extend(part.iter().map(|entry| entry.unchecked_into::<FileSystemEntry>()));
    }
}

async fn read_part(reader: &FileSystemDirectoryReader) -> Option<Array> {
    let part =
        settle(|resolve, reject| reader.read_entries_with_callback_and_callback(resolve, reject)).await?;
    part.dyn_into().ok()
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
