//! What there is to analyze: the bundles below a folder, or the lines of a listing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use analyzer_core::base::units::Nanos;

use crate::identity::{Layout, stem};
use crate::project::Object;

/// A bundle that can be opened.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What is known of it without opening it.
    pub object: Object,
    /// Where it is.
    pub path: PathBuf,
}

/// What a listing gave.
#[derive(Debug, Default)]
pub struct Listing {
    /// The bundles, by object.
    pub bundles: Vec<Listed>,
    /// Files that are no archives.
    pub others: u64,
    /// Objects of which nothing says which night they are of.
    pub undated: Vec<String>,
}

/// Lists a folder, or reads a listing: one object a line, its path (from the listing's folder) and,
/// after a tab, what the store calls its content. Files that are gone are listed all the same:
/// each is a row that says so.
///
/// # Errors
/// A folder or a listing that cannot be read.
pub fn list(source: &Path, layout: Option<&Layout>, date: Option<&str>) -> io::Result<Listing> {
    let mut listing = Listing::default();
    if source.is_dir() {
        walk(source, source, &mut |path, name| listing.add(path, name, None, layout, date))?;
    } else {
        let folder = source.parent().unwrap_or(Path::new("."));
        let text = fs::read_to_string(source)?;
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (name, etag) = line.split_once('\t').map_or((line, None), |(name, etag)| (name, Some(etag)));
            listing.add(&folder.join(name), name, etag, layout, date);
        }
    }
    listing.bundles.sort_by(|a, b| a.object.object.cmp(&b.object.object));
    listing.bundles.dedup_by(|a, b| a.object.object == b.object.object);
    Ok(listing)
}

impl Listing {
    fn add(
        &mut self,
        path: &Path,
        name: &str,
        etag: Option<&str>,
        layout: Option<&Layout>,
        date: Option<&str>,
    ) {
        let file = name.rsplit('/').next().unwrap_or(name);
        if stem(name) == file {
            self.others += 1;
            return;
        }
        let metadata = fs::metadata(path).ok();
        let bytes = metadata.as_ref().map_or(0, fs::Metadata::len);
        let modified = metadata.and_then(|metadata| metadata.modified().ok());
        let since_epoch = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified_at = since_epoch.and_then(|time| i64::try_from(time.as_nanos()).ok()).map(Nanos);
        let name_with_date = Object::new(name.to_owned(), layout, bytes, modified_at);
        let object = match date {
            Some(date) => {
                let mut object =
                    name_with_date.unwrap_or_else(|| Object { object: name.to_owned(), ..Object::default() });
                date.clone_into(&mut object.date);
                Some(object)
            }
            None => name_with_date,
        };
        match object {
            Some(mut object) => {
                object.etag = etag.filter(|etag| !etag.is_empty()).map(str::to_owned);
                self.bundles.push(Listed { object, path: path.to_owned() });
            }
            None => self.undated.push(name.to_owned()),
        }
    }
}

/// Every file below a folder, with its path from there; hidden ones are nobody's bundles.
fn walk(root: &Path, folder: &Path, take: &mut dyn FnMut(&Path, &str)) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            walk(root, &path, take)?;
        } else if kind.is_file() || path.is_file() {
            let inner = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy()).collect();
            take(&path, &parts.join("/"));
        }
    }
    Ok(())
}

/// One part of several that share the work: every object belongs to one of them, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

impl Default for Shard {
    fn default() -> Self {
        Self { index: 0, count: 1 }
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers =
            text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err("I/N with I from 0 to N-1".to_owned()),
        }
    }
}

impl Shard {
    /// True if the object is this part's.
    pub fn has(self, object: &str) -> bool {
        use sha2::Digest as _;
        let hash = sha2::Sha256::digest(object);
        let number = hash.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
        number % self.count.max(1) == self.index
    }

    /// The name of its files.
    pub fn file_stem(self) -> String {
        format!("part-{}-of-{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_in_one_shard() {
        let shards = [0, 1, 2].map(|index| Shard { index, count: 3 });
        let mut counts = [0; 3];
        for number in 0..300 {
            let object = format!("service=api/api-{number}.tar.gz");
            let owners: Vec<_> = shards.iter().filter(|shard| shard.has(&object)).collect();
            assert_eq!(owners.len(), 1);
            counts[owners[0].index as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count > 50), "{counts:?}");
        assert_eq!("2/3".parse(), Ok(shards[2]));
        assert!(["3/3", "1", "a/b", "0/0"].iter().all(|text| text.parse::<Shard>().is_err()));
    }
}
