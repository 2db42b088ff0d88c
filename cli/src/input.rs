//! Hands files, folders and standard input to a session.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use analyzer_core::base::units::Nanos;
use analyzer_core::session::{FileInfo, Session};

/// Bytes handed over at a time.
const CHUNK: usize = 4 << 20;

/// Reads every path into one session.
///
/// # Errors
/// The first path that does not exist or cannot be opened. Unreadable files
/// inside folders are said on standard error and left out.
pub fn load(paths: &[PathBuf]) -> io::Result<Session> {
    let mut session = Session::default();
    for path in paths {
        add(&mut session, path)?;
    }
    Ok(session)
}

/// Adds a file, folder or standard input to a session.
///
/// # Errors
/// As for [`load`].
pub fn add(session: &mut Session, path: &Path) -> io::Result<()> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        session.add("stdin", bytes);
        return Ok(());
    }
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let is_folder = fs::metadata(path).map_err(named)?.is_dir();
    let name = path.canonicalize().ok().as_deref().and_then(Path::file_name).map(PathBuf::from);
    let name = name.unwrap_or_default();
    if is_folder { load_folder(session, path, &name) } else { load_file(session, path, &name).map_err(named) }
}

/// Adds the files of a folder and its folders, in the order of their names.
fn load_folder(session: &mut Session, root: &Path, name: &Path) -> io::Result<()> {
    let mut pending = vec![(root.to_path_buf(), name.to_path_buf())];
    while let Some((folder, name)) = pending.pop() {
        let mut entries = fs::read_dir(&folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            let (path, name) = (entry.path(), name.join(entry.file_name()));
            // Links are followed to files only: a link to a folder could lead back up.
            if entry.file_type()?.is_dir() {
                folders.push((path, name));
            } else if path.is_file()
                && let Err(error) = load_file(session, &path, &name)
            {
                eprintln!("strata: {}: {error}", path.display());
            }
        }
        pending.extend(folders.into_iter().rev());
    }
    Ok(())
}

fn load_file(session: &mut Session, path: &Path, name: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let since_epoch = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified_at = since_epoch.and_then(|d| i64::try_from(d.as_nanos()).ok()).map(Nanos);
    let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    let id = session.open(FileInfo { path: parts.join("/"), bytes: metadata.len(), modified_at });
    loop {
        let mut chunk = Vec::new();
        if file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0 {
            break;
        }
        session.chunk(id, chunk);
    }
    session.close(id);
    Ok(())
}
