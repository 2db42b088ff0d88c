//! The files of the drop and how far each got.

use analyzer_core::base::source::SourceId;
use analyzer_core::base::units::Nanos;

/// Names a file of the drop for as long as the page lives.
pub type FileKey = u32;

/// A file before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its name in the page.
    pub key: FileKey,
    /// Path as dropped, `/` between folders.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Last modification (Unix time), if the host knows it.
    pub modified_at: Option<Nanos>,
}

/// How far a file got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its turn has not come.
    Waiting,
    /// Its bytes are being read.
    Reading {
        /// Bytes read so far.
        read: u64,
    },
    /// All bytes are read; the engine is at work.
    Analyzing,
    /// The engine has it, as these sources.
    Loaded {
        /// Its sources: one, or the members of an archive.
        sources: Vec<SourceId>,
    },
    /// It could not be read, or the engine broke on it.
    Failed {
        /// Why, in words.
        message: String,
    },
    /// The user stopped it.
    Cancelled,
}

/// A file of the drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// What was dropped.
    pub file: NewFile,
    /// How far it got.
    pub stage: Stage,
}

impl FileRow {
    /// True while something is still to come.
    pub fn is_pending(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Reading { .. } | Stage::Analyzing)
    }

    /// Bytes behind us, out of the file's size.
    pub fn bytes_done(&self) -> u64 {
        match &self.stage {
            Stage::Waiting => 0,
            Stage::Reading { read } => *read,
            _ => self.file.bytes,
        }
    }
}

/// All files of the drop, in the order of dropping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    rows: Vec<FileRow>,
}

impl Files {
    /// Every file.
    pub fn rows(&self) -> &[FileRow] {
        &self.rows
    }

    /// True if nothing was dropped.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Files that still have something to come.
    pub fn pending(&self) -> usize {
        self.rows.iter().filter(|row| row.is_pending()).count()
    }

    /// Files that the page has to say something about: failed or stopped.
    pub fn troubled(&self) -> impl Iterator<Item = &FileRow> {
        self.rows.iter().filter(|row| matches!(row.stage, Stage::Failed { .. } | Stage::Cancelled))
    }

    /// The file that the worker is at, if any: it reads one at a time.
    pub fn active(&self) -> Option<&FileRow> {
        self.rows.iter().find(|row| matches!(row.stage, Stage::Reading { .. } | Stage::Analyzing))
    }

    /// The file to read next: a `go.mod`, which says of the files around it that they are source; else
    /// the smallest that waits, so that views appear early.
    pub fn next(&self) -> Option<&NewFile> {
        if self.active().is_some() {
            return None;
        }
        let waiting = self.rows.iter().filter(|row| row.stage == Stage::Waiting);
        waiting
            .map(|row| &row.file)
            .min_by_key(|file| (!file.path.ends_with("/go.mod"), file.bytes, file.key))
    }

    /// Bytes done and bytes in all.
    pub fn progress(&self) -> (u64, u64) {
        self.rows.iter().fold((0, 0), |(done, all), row| (done + row.bytes_done(), all + row.file.bytes))
    }

    pub(super) fn add(&mut self, files: Vec<NewFile>) {
        self.rows.extend(files.into_iter().map(|file| FileRow { file, stage: Stage::Waiting }));
    }

    pub(super) fn set(&mut self, key: FileKey, stage: Stage) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.file.key == key) {
            row.stage = stage;
        }
    }

    /// As [`Self::set`], unless the file is already done with: news of a
    /// worker may cross the user's click. Tells whether it was.
    pub(super) fn advance(&mut self, key: FileKey, stage: Stage) -> bool {
        let row = self.rows.iter_mut().find(|row| row.file.key == key && row.is_pending());
        row.map(|row| row.stage = stage).is_some()
    }

    /// A new worker knows nothing: all that the old one had is to be read again.
    pub(super) fn read_again(&mut self) {
        for row in &mut self.rows {
            if matches!(row.stage, Stage::Loaded { .. } | Stage::Reading { .. } | Stage::Analyzing) {
                row.stage = Stage::Waiting;
            }
        }
    }

    /// The path that a file was dropped under.
    pub fn path(&self, key: FileKey) -> Option<&str> {
        self.rows.iter().find(|row| row.file.key == key).map(|row| row.file.path.as_str())
    }
}
