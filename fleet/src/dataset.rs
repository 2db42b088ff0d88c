//! The folder of results.
//!
//! ```text
//! OUT/rows/date=2026-11-29/part-0-of-1.ndjson.gz   nested rows: what is known, and what a next run goes on from
//! OUT/TABLE/date=2026-11-29/part-0-of-1.parquet    the flat tables, made from them
//! OUT/fleet.json.gz                                the roll-up
//! ```
//!
//! A run owns its nights: it writes each file of a night aside and renames it, the rows last, so
//! that a run that was ended is done again by the next.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder, bufread::GzDecoder};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as ParquetCompression;
use parquet::file::properties::WriterProperties;

use crate::listing::Shard;
use crate::row::Row;
use crate::tables::TABLES;

/// Rows that are turned into columns at a time.
const CHUNK: usize = 256;

/// Where the nested rows are.
const ROWS: &str = "rows";

/// A folder of results.
#[derive(Clone, Debug)]
pub struct Dataset {
    root: PathBuf,
    shard: Shard,
}

impl Dataset {
    /// The results below a folder, as far as they are of a shard.
    pub fn new(root: PathBuf, shard: Shard) -> Self {
        Self { root, shard }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, table: &str, date: &str) -> PathBuf {
        self.root.join(table).join(format!("date={date}"))
    }

    fn file(&self, table: &str, date: &str, ending: &str) -> PathBuf {
        self.folder(table, date).join(format!("{}.{ending}", self.shard.file_stem()))
    }

    /// The nights of which there are rows, of any shard.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn dates(&self) -> io::Result<Vec<String>> {
        let folder = self.root.join(ROWS);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut dates = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            dates.extend(name.strip_prefix("date=").map(str::to_owned));
        }
        dates.sort();
        Ok(dates)
    }

    /// Rows that this shard wrote of a night.
    ///
    /// # Errors
    /// A file that cannot be read; a night that another number of shards wrote.
    pub fn own_rows(&self, date: &str, take: impl FnMut(Row) -> io::Result<()>) -> io::Result<()> {
        let ending = format!("-of-{}.ndjson.gz", self.shard.count);
        if let Some(other) = self.parts(date)?.iter().find(|path| !path.to_string_lossy().ends_with(&ending))
        {
            let message = format!(
                "{} was written with another --shard: remove the night's folders to write it with {} parts",
                other.display(),
                self.shard.count
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let path = self.file(ROWS, date, "ndjson.gz");
        if path.exists() { read(&path, take) } else { Ok(()) }
    }

    /// All rows of a night.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn all_rows(&self, date: &str, mut take: impl FnMut(Row) -> io::Result<()>) -> io::Result<()> {
        self.parts(date)?.iter().try_for_each(|path| read(path, &mut take))
    }

    fn parts(&self, date: &str) -> io::Result<Vec<PathBuf>> {
        let folder = self.folder(ROWS, date);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut parts = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with("part-") && name.ends_with(".ndjson.gz") {
                parts.push(path);
            }
        }
        parts.sort();
        Ok(parts)
    }

    /// Replaces a night by what is spooled, sorted by service.
    ///
    /// # Errors
    /// What cannot be written; the night is as it was then, or the next run does it again.
    pub fn replace(&self, date: &str, spool: &mut Spool) -> io::Result<()> {
        spool.sort();
        let mut writers = Vec::new();
        for table in &TABLES {
            let path = self.file(table.name, date, "parquet");
            let aside = Aside::new(&path)?;
            let properties = WriterProperties::builder().set_compression(ParquetCompression::SNAPPY).build();
            let schema = std::sync::Arc::new(table.schema());
            let writer = ArrowWriter::try_new(aside.open()?, schema, Some(properties)).map_err(other)?;
            writers.push((table, aside, writer));
        }
        let rows = Aside::new(&self.file(ROWS, date, "ndjson.gz"))?;
        let mut kept = GzBuilder::new().write(BufWriter::new(rows.open()?), Compression::fast());
        let mut chunk = Vec::with_capacity(CHUNK);
        for at in 0..spool.index.len() {
            let line = spool.line(at)?;
            kept.write_all(line.as_bytes())?;
            chunk.push(parse(&line)?);
            if chunk.len() == CHUNK || at + 1 == spool.index.len() {
                for (table, _, writer) in &mut writers {
                    let batch = table.batch(&chunk).map_err(other)?;
                    writer.write(&batch).map_err(other)?;
                }
                chunk.clear();
            }
        }
        kept.finish()?.flush()?;
        for (_, aside, writer) in writers {
            writer.close().map_err(other)?;
            aside.publish()?;
        }
        rows.publish()
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}

fn parse(line: &str) -> io::Result<Row> {
    serde_json::from_str(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn read(path: &Path, mut take: impl FnMut(Row) -> io::Result<()>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let lines = BufReader::new(GzDecoder::new(BufReader::new(File::open(path).map_err(named)?))).lines();
    for line in lines {
        take(parse(&line.map_err(named)?).map_err(named)?)?;
    }
    Ok(())
}

/// A file in the making, beside the one that it replaces.
struct Aside {
    path: PathBuf,
    target: PathBuf,
}

impl Aside {
    fn new(target: &Path) -> io::Result<Self> {
        let folder = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        // Readers of data sets look at no name that begins with a dot or an underscore.
        Ok(Self {
            path: folder.join(format!("_{name}.{}.aside", std::process::id())),
            target: target.to_owned(),
        })
    }

    fn open(&self) -> io::Result<File> {
        File::create(&self.path)
    }

    fn publish(self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // It is gone once it is published.
        let _ = fs::remove_file(&self.path);
    }
}

/// Writes a file whole or not at all.
///
/// # Errors
/// What cannot be written.
pub fn write_whole(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = Aside::new(target)?;
    aside.open()?.write_all(bytes)?;
    aside.publish()
}

/// Rows as they come, on disk: a night of a hundred thousand bundles is some gigabytes.
#[derive(Debug)]
pub struct Spool {
    file: File,
    path: PathBuf,
    end: u64,
    index: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    service: String,
    object: String,
    at: u64,
    length: u64,
}

impl Spool {
    /// An empty one in a folder.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn new(folder: &Path, date: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("_{date}.{}.spool", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path, end: 0, index: Vec::new() })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn push(&mut self, row: &Row) -> io::Result<()> {
        let line = serde_json::to_string(row)? + "\n";
        self.file.write_all(line.as_bytes())?;
        let length = line.len() as u64;
        self.index.push(Entry {
            service: row.key.service.clone(),
            object: row.key.object.clone(),
            at: self.end,
            length,
        });
        self.end += length;
        Ok(())
    }

    /// How many rows it holds.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    fn sort(&mut self) {
        self.index.sort();
    }

    fn line(&mut self, at: usize) -> io::Result<String> {
        let Some(entry) = self.index.get(at) else { return Ok(String::new()) };
        self.file.seek(SeekFrom::Start(entry.at))?;
        let mut line = String::new();
        (&self.file).take(entry.length).read_to_string(&mut line)?;
        Ok(line)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What was in it is in the data set, or is analyzed again.
        let _ = fs::remove_file(&self.path);
    }
}
