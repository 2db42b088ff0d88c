//! Hands files, folders and standard input to a session.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use analyzer_core::base::units::Nanos;
use analyzer_core::session::{FileInfo, Session};

use crate::output;

/// Bytes handed over at a time.
const CHUNK: usize = 4 << 20;

/// A file with all its bytes.
#[derive(Debug)]
pub struct InputFile {
    /// Name, `/` between folders, as a session takes it.
    pub path: String,
    /// Last modification (Unix time), if known.
    pub modified_at: Option<Nanos>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl InputFile {
    /// Hands the file to a session.
    pub fn add_to(&self, session: &mut Session) {
        let bytes = self.bytes.len() as u64;
        let id = session.open(FileInfo { path: self.path.clone(), bytes, modified_at: self.modified_at });
        session.chunk(id, self.bytes.clone());
        session.close(id);
    }
}

/// Reads every path, file by file, in the order in which [`load`] does.
///
/// # Errors
/// As for [`load`].
pub fn read(paths: &[PathBuf]) -> io::Result<Vec<InputFile>> {
    let mut files = Vec::new();
    for path in paths {
        if is_stdin(path) {
            files.push(InputFile { path: STDIN.to_owned(), modified_at: None, bytes: read_stdin()? });
            continue;
        }
        for_each_file(path, &mut |file, name| {
            let (mut file, info) = open(file, name)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            files.push(InputFile { path: info.path, modified_at: info.modified_at, bytes });
            Ok(())
        })?;
    }
    Ok(files)
}

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
    if is_stdin(path) {
        session.add(STDIN, read_stdin()?);
        return Ok(());
    }
    for_each_file(path, &mut |file, name| load_file(session, file, name))
}

/// The name of what came through standard input.
const STDIN: &str = "stdin";

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is done with a file: where it is, and the name that it goes by.
type Take<'a> = dyn FnMut(&Path, &Path) -> io::Result<()> + 'a;

fn for_each_file(path: &Path, take: &mut Take<'_>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let is_folder = fs::metadata(path).map_err(named)?.is_dir();
    let name = path.canonicalize().ok().as_deref().and_then(Path::file_name).map(PathBuf::from);
    let name = name.unwrap_or_default();
    if is_folder { walk(path, &name, take) } else { take(path, &name).map_err(named) }
}

/// Takes the files of a folder and its folders, in the order of their names.
fn walk(root: &Path, name: &Path, take: &mut Take<'_>) -> io::Result<()> {
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
                && let Err(error) = take(&path, &name)
            {
                output::say(format_args!("{}: {error}", path.display()));
            }
        }
        pending.extend(folders.into_iter().rev());
    }
    Ok(())
}

fn load_file(session: &mut Session, path: &Path, name: &Path) -> io::Result<()> {
    let (mut file, info) = open(path, name)?;
    let id = session.open(info);
    loop {
        let mut chunk = Vec::new();
        if file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0 {
            break;
        }
        session.chunk(id, chunk);
        if session.refuses(id) {
            break;
        }
    }
    session.close(id);
    Ok(())
}

fn open(path: &Path, name: &Path) -> io::Result<(File, FileInfo)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let since_epoch = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified_at = since_epoch.and_then(|d| i64::try_from(d.as_nanos()).ok()).map(Nanos);
    let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    Ok((file, FileInfo { path: parts.join("/"), bytes: metadata.len(), modified_at }))
}
