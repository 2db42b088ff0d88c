//! Hands files, folders and standard input to a session.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use analyzer_core::base::units::Nanos;
use analyzer_core::session::{FILE_BYTES, FileInfo, SESSION_BYTES, Session};

use crate::output;
use crate::progress::Progress;

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

/// Reads every path, file by file, in the order in which [`load`] does. What is left out is said on standard error.
///
/// # Errors
/// As for [`load`]; more than a session can hold.
pub fn read(paths: &[PathBuf]) -> io::Result<Vec<InputFile>> {
    let mut files = Vec::new();
    let mut left = SESSION_BYTES;
    for path in paths {
        if is_stdin(path) {
            let bytes = read_stdin()?;
            left = less(left, &bytes)?;
            files.push(InputFile { path: STDIN.to_owned(), modified_at: None, bytes });
            continue;
        }
        let mut take = |file: &Path, name: &Path| {
            let (file, info) = open(file, name)?;
            let mut bytes = Vec::new();
            file.take(FILE_BYTES.min(left) + 1).read_to_end(&mut bytes)?;
            left = less(left, &bytes)?;
            files.push(InputFile { path: info.path, modified_at: info.modified_at, bytes });
            Ok(())
        };
        let mut miss = |missed: Missed| output::say(format_args!("{}: {}", missed.path, missed.message));
        for_each_file(path, &mut take, &mut miss)?;
    }
    Ok(files)
}

/// What is left after these bytes; none if they are more than may be.
fn less(left: u64, bytes: &[u8]) -> io::Result<u64> {
    let length = bytes.len() as u64;
    if length > FILE_BYTES {
        return Err(too_large());
    }
    left.checked_sub(length).ok_or_else(too_large)
}

fn too_large() -> io::Error {
    let message =
        format!("more than {} MiB in one file, or {} MiB in total", FILE_BYTES >> 20, SESSION_BYTES >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

/// Reads every path into one session.
///
/// # Errors
/// The first path that does not exist or cannot be opened. What cannot be read
/// inside of folders is in the report, each as a source that says why.
pub fn load(paths: &[PathBuf], progress: &Progress) -> io::Result<Session> {
    let mut session = Session::default();
    for path in paths {
        add(&mut session, path, progress)?;
    }
    Ok(session)
}

/// Adds a file, folder or standard input to a session.
///
/// # Errors
/// As for [`load`].
pub fn add(session: &mut Session, path: &Path, progress: &Progress) -> io::Result<()> {
    if is_stdin(path) {
        progress.at("reading standard input");
        session.add(STDIN, read_stdin()?);
        return Ok(());
    }
    let mut missed = Vec::new();
    for_each_file(path, &mut |file, name| load_file(session, file, name, progress), &mut |one| {
        missed.push(one)
    })?;
    for Missed { path, message, is_loss } in missed {
        session.miss(&path, &message, is_loss);
    }
    Ok(())
}

/// A file or folder that is not read.
struct Missed {
    path: String,
    message: String,
    /// False for what was no part of the folder.
    is_loss: bool,
}

impl Missed {
    fn new(name: &Path, error: &io::Error) -> Self {
        Self { path: slashed(name), message: format!("It cannot be read: {error}"), is_loss: true }
    }
}

/// The name of what came through standard input.
const STDIN: &str = "stdin";

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// All of standard input, and one byte more than may be, which a session refuses.
fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is done with a file: where it is, and the name that it goes by.
type Take<'a> = dyn FnMut(&Path, &Path) -> io::Result<()> + 'a;

/// What is done with what is not read.
type Miss<'a> = dyn FnMut(Missed) + 'a;

fn for_each_file(path: &Path, take: &mut Take<'_>, miss: &mut Miss<'_>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let is_folder = fs::metadata(path).map_err(named)?.is_dir();
    let whole = path.canonicalize().map_err(named)?;
    let name = whole.file_name().map(PathBuf::from).unwrap_or_default();
    if is_folder {
        fs::read_dir(path).map_err(named)?;
        walk(&whole, &name, take, miss);
        Ok(())
    } else {
        take(path, &name).map_err(named)
    }
}

/// Takes the files of a folder and its folders, in the order of their names.
fn walk(root: &Path, name: &Path, take: &mut Take<'_>, miss: &mut Miss<'_>) {
    let mut pending = vec![(root.to_path_buf(), name.to_path_buf())];
    while let Some((folder, name)) = pending.pop() {
        let entries = fs::read_dir(&folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                miss(Missed::new(&name, &error));
                continue;
            }
        };
        // A go.mod says of the files around it that they are source.
        entries.sort_by_key(|entry| (entry.file_name() != "go.mod", entry.file_name()));
        let mut folders = Vec::new();
        for entry in entries {
            let (path, name) = (entry.path(), name.join(entry.file_name()));
            match kind(&entry, &path, root) {
                Ok(Kind::Folder) => folders.push((path, name)),
                Ok(Kind::File) => {
                    if let Err(error) = take(&path, &name) {
                        miss(Missed::new(&name, &error));
                    }
                }
                Ok(Kind::Outside) => {
                    let message = "It is a symbolic link out of the folder and is not followed".to_owned();
                    miss(Missed { path: slashed(&name), message, is_loss: false });
                }
                Ok(Kind::Other) => {}
                Err(error) => miss(Missed::new(&name, &error)),
            }
        }
        pending.extend(folders.into_iter().rev());
    }
}

/// What stands in a folder.
enum Kind {
    Folder,
    File,
    /// A link to what was not dropped.
    Outside,
    /// A pipe, a socket, a device, a link to a folder, which could lead back up.
    Other,
}

fn kind(entry: &fs::DirEntry, path: &Path, root: &Path) -> io::Result<Kind> {
    let kind = entry.file_type()?;
    if kind.is_dir() {
        return Ok(Kind::Folder);
    }
    if kind.is_symlink() && !path.canonicalize()?.starts_with(root) {
        return Ok(Kind::Outside);
    }
    Ok(if fs::metadata(path)?.is_file() { Kind::File } else { Kind::Other })
}

/// A path as a session takes it.
fn slashed(name: &Path) -> String {
    name.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn load_file(session: &mut Session, path: &Path, name: &Path, progress: &Progress) -> io::Result<()> {
    let (mut file, info) = open(path, name)?;
    progress.at(&format!("reading {}", info.path));
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
    Ok((file, FileInfo { path: slashed(name), bytes: metadata.len(), modified_at }))
}
