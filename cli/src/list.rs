//! `strata top --list`: functions line by line beside their source.

use std::error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use analyzer_core::report::plain_text::visible;
use analyzer_core::session::{Found, ListedFunction, Query, Session, SourceMap, fits, list_text, module_of};

use crate::output;

/// Files of a folder of sources that are looked at: the largest module caches have fewer.
const FILES: usize = 500_000;

/// The functions that match, as `go tool pprof -list` prints them.
///
/// # Errors
/// What is no profile or no expression; no function that matches.
pub fn print(
    session: &Session,
    query: &Query,
    pattern: &str,
    unit: Option<&str>,
    source: Option<&Path>,
) -> Result<Vec<u8>, Box<dyn error::Error>> {
    let mut listing = session.listing(query, pattern)?;
    if listing.functions.is_empty() {
        return Err(format!("no matches found for regexp: {pattern}").into());
    }
    let folder = source.map_or_else(std::env::current_dir, |folder| Ok(folder.to_owned()))?;
    let sources = Folder::new(folder);
    let mut texts: Vec<Result<String, String>> = Vec::new();
    for function in &mut listing.functions {
        let named = function.file.clone();
        function.file = sources.trimmed(&named);
        texts.push(sources.read(&named, &function.file));
    }
    let mut read = texts.iter();
    let printed = list_text(&listing, unit, |function| match read.next() {
        Some(Ok(text)) => {
            let lines: Vec<&str> = text.lines().collect();
            say_misfit(function, &lines);
            Ok(lines)
        }
        Some(Err(why)) => Err(why.clone()),
        None => Err(String::new()),
    });
    // Tabs are the code's own.
    let shown =
        |line: &str| line.split('\t').map(|part| visible(part).into_owned()).collect::<Vec<_>>().join("\t");
    Ok(printed.lines().map(|line| shown(line) + "\n").collect::<String>().into_bytes())
}

/// Says that a source is not the one that the program was built from.
fn say_misfit(function: &ListedFunction, lines: &[&str]) {
    let is_odd = |line: i64| usize::try_from(line).map_or(true, |line| !fits(lines, &function.name, line));
    if let Some(line) = function.lines.iter().map(|line| line.line).find(|&line| line > 0 && is_odd(line)) {
        output::say(format_args!(
            "{}: a different version of the source: line {line} is not in {}",
            function.file, function.name
        ));
    }
}

/// A folder with sources.
struct Folder {
    path: PathBuf,
    map: SourceMap,
}

impl Folder {
    fn new(path: PathBuf) -> Self {
        let (mut files, mut modules) = (Vec::new(), Vec::new());
        let mut pending = vec![(path.clone(), String::new())];
        while let Some((folder, name)) = pending.pop() {
            // What cannot be read has no source.
            let mut entries: Vec<_> = fs::read_dir(&folder).into_iter().flatten().flatten().collect();
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                let file = entry.file_name().to_string_lossy().into_owned();
                let below = if name.is_empty() { file.clone() } else { format!("{name}/{file}") };
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_folder && file != ".git" && files.len() < FILES {
                    pending.push((entry.path(), below));
                } else if file == "go.mod" {
                    let text = fs::read_to_string(entry.path()).unwrap_or_default();
                    modules.extend(module_of(&text).map(|module| (name.clone(), module.to_owned())));
                } else if file.ends_with(".go") && files.len() < FILES {
                    files.push(below);
                }
            }
        }
        Self { map: SourceMap::new(files, modules), path }
    }

    /// The name without what stands before the folder's own name in it, as pprof guesses.
    fn trimmed(&self, file: &str) -> String {
        let base = self.path.file_name().map(|name| format!("/{}/", name.to_string_lossy()));
        let cut = base.and_then(|base| file.find(&base).map(|at| at + base.len()));
        cut.and_then(|at| file.get(at..)).unwrap_or(file).to_owned()
    }

    /// The text of a file: where pprof looks, else where the module's path leads.
    fn read(&self, named: &str, trimmed: &str) -> Result<String, String> {
        // An absolute path stays itself when it is joined.
        let beside = self.path.ancestors().filter(|folder| !folder.as_os_str().is_empty());
        let direct = beside.map(|folder| folder.join(trimmed)).find(|path| path.is_file());
        if let Some(path) = direct {
            return text(&path).map_err(|error| error.to_string());
        }
        match self.map.find(named) {
            Found::One(index) => {
                return text(&self.path.join(self.map.path(index))).map_err(|error| error.to_string());
            }
            Found::Several(several) => {
                let paths: Vec<&str> = several.iter().take(3).map(|&index| self.map.path(index)).collect();
                return Err(format!("several files match {named}: {}", paths.join(", ")));
            }
            Found::None => {}
        }
        if Path::new(trimmed).is_absolute() {
            return Err(format!("open {trimmed}: no such file or directory"));
        }
        Err(format!("could not find file {trimmed} on path {}", self.path.display()))
    }
}

fn text(path: &Path) -> io::Result<String> {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
