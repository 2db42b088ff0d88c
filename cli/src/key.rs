//! Pseudonyms under a key: bundles of one fleet join, strangers do not.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use strata_fleet::identity::Names;

/// Bytes that a key has at least: what is shorter can be guessed.
const LEAST: usize = 16;

/// Letters of a pseudonym that need not be as long as the name.
const LETTERS: usize = 16;

/// What a key is for.
const NAMES: [&str; 4] = ["namespace", "pod", "node", "image"];

/// The file of a key.
#[derive(Clone, Debug, Args)]
pub struct KeyFile {
    /// File with a secret of at least 16 bytes from which pseudonyms are derived; use the same file for the whole fleet
    #[arg(long = "key", value_name = "FILE")]
    pub path: PathBuf,
}

/// A secret.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha256>,
}

impl Key {
    /// Reads a key; line ends after it are no part of it.
    ///
    /// # Errors
    /// A file that cannot be read, or is too short.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::new(bytes.trim_ascii_end()).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn new(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < LEAST {
            return Err(format!("a key of {} bytes is too short: use at least {LEAST}", bytes.len()));
        }
        let mac = Hmac::<Sha256>::new_from_slice(bytes).map_err(|error| error.to_string())?;
        Ok(Self { mac })
    }

    /// HMAC-SHA-256 of a name; a further one for each further attempt.
    pub fn digest(&self, name: &[u8], attempt: u32) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(name);
        if attempt > 0 {
            mac.update(&[0]);
            mac.update(&attempt.to_be_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// What stands for a name in a row.
    pub fn pseudonym(&self, name: &str) -> String {
        let digest = self.digest(name.as_bytes(), 0);
        digest.iter().take(LETTERS).map(|byte| char::from(b'a' + byte % 26)).collect()
    }

    /// What stands for an object: its night stays readable, its path does not.
    pub fn object(&self, object: &str, date: &str) -> String {
        format!("date={date}/{}", self.pseudonym(object))
    }

    /// Pseudonyms in the place of names; clusters, services and nights stay.
    pub fn names(&self, names: &mut Names) {
        for (_, value) in names.iter_mut().filter(|(key, _)| NAMES.contains(&key.as_str())) {
            *value = self.pseudonym(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_gives_a_name_one_pseudonym_and_another_key_another() {
        let [one, same, other] = ["0123456789abcdef", "0123456789abcdef", "0123456789abcdeg"]
            .map(|key| Key::new(key.as_bytes()).unwrap());
        assert_eq!(one.pseudonym("api-7d9f"), same.pseudonym("api-7d9f"));
        assert_ne!(one.pseudonym("api-7d9f"), other.pseudonym("api-7d9f"));
        assert_ne!(one.pseudonym("api-7d9f"), one.pseudonym("api-7d9e"));
        assert_eq!(one.pseudonym("a").len(), 16);
        assert_ne!(one.digest(b"a", 0), one.digest(b"a", 1));
    }

    #[test]
    fn the_digest_is_hmac_sha_256() {
        // RFC 4231, test case 6 is of a long key: its words are of the standard.
        let key = Key::new(&[0xaa; 131]).unwrap();
        let digest = key.digest(b"Test Using Larger Than Block-Size Key - Hash Key First", 0);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Key::new(b"secret").is_err());
    }
}
