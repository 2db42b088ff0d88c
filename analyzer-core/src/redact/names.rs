//! Names and the pseudonyms that take their places.
//!
//! A pseudonym has as many bytes as the name, sorts among the others as the name
//! did, and no other name has it, as far as so few letters allow. Two of one or
//! two bytes may have to share one.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::index::IndexVec;
use crate::base::limits::REDACTED_NAMES;
use crate::base::order::StableOrder as _;
use crate::formats::redaction::Kind;
use crate::newtype_index;

/// A digest of a name under a key that only the owner has, and of how often it was asked for: the same
/// for the same key and name.
pub type Digest<'a> = dyn Fn(&[u8], u32) -> [u8; 32] + 'a;

newtype_index! {
    /// A name that is replaced.
    NameId
}

/// What is known of one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// What it was first seen as.
    pub kind: Kind,
    /// Places where it stood.
    pub places: u64,
}

/// Every name of the captures.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: FxHashMap<Vec<u8>, NameId>,
    facts: IndexVec<NameId, Facts>,
}

impl Names {
    /// Counts a place of a name; `None` if there are more names than are told apart.
    pub(super) fn see(&mut self, name: &[u8], kind: Kind) -> Option<NameId> {
        if let Some(&id) = self.ids.get(name) {
            if let Some(facts) = self.facts.get_mut(id) {
                facts.places += 1;
            }
            return Some(id);
        }
        if self.facts.len() >= REDACTED_NAMES {
            return None;
        }
        let id = self.facts.push(Facts { kind, places: 1 });
        self.ids.insert(name.to_vec(), id);
        Some(id)
    }

    /// Every name with what is known of it, sorted.
    pub(super) fn sorted(&self) -> Vec<(&[u8], NameId, Facts)> {
        let facts = |id: NameId| self.facts.get(id).copied();
        let mut rows: Vec<_> =
            self.ids.iter().filter_map(|(name, &id)| Some((name.as_slice(), id, facts(id)?))).collect();
        rows.order_by(|a, b| a.0.cmp(b.0));
        rows
    }

    /// The pseudonym of each name, by id: by a key, or by the names' order alone.
    pub(super) fn pseudonyms(&self, digest: Option<&Digest<'_>>) -> IndexVec<NameId, Vec<u8>> {
        match digest {
            Some(digest) => self.keyed(digest),
            None => self.ranked(),
        }
    }

    /// The same name has the same pseudonym wherever the key is the same. One that another name
    /// of these has already is made again, in the names' order; it then joins with no other capture's.
    fn keyed(&self, digest: &Digest<'_>) -> IndexVec<NameId, Vec<u8>> {
        let rows = self.sorted();
        let mut pseudonyms = IndexVec::default();
        for _ in &rows {
            pseudonyms.push(Vec::new());
        }
        let mut taken: FxHashSet<Vec<u8>> = FxHashSet::default();
        for (name, id, _) in rows {
            let attempts =
                (0..KEYED_ATTEMPTS).map(|attempt| keyed_letters(&digest(name, attempt), name.len()));
            let free = attempts.clone().find(|code| code != name && !taken.contains(code));
            let code = free.or_else(|| attempts.into_iter().find(|code| code != name)).unwrap_or_default();
            taken.insert(code.clone());
            if let Some(place) = pseudonyms.get_mut(id) {
                *place = code;
            }
        }
        pseudonyms
    }

    fn ranked(&self) -> IndexVec<NameId, Vec<u8>> {
        let rows = self.sorted();
        let width = digits_needed(rows.len());
        let mut pseudonyms = IndexVec::default();
        for _ in &rows {
            pseudonyms.push(Vec::new());
        }
        // Names too short for a rank among all are numbered among those of their length.
        let mut short: BTreeMap<usize, usize> = BTreeMap::new();
        for (rank, (name, id, _)) in rows.iter().enumerate() {
            let pseudonym = if name.len() >= width {
                let mut code = letters(rank, width);
                code.resize(name.len(), b'x');
                code
            } else {
                let count = short.entry(name.len()).or_default();
                let mut code = letters(*count, name.len());
                *count += 1;
                if code == *name {
                    code = letters(*count, name.len());
                    *count += 1;
                }
                code
            };
            let is_same = pseudonym == *name;
            if let Some(place) = pseudonyms.get_mut(*id) {
                *place = if is_same { pseudonym.to_ascii_uppercase() } else { pseudonym };
            }
        }
        pseudonyms
    }
}

/// How often a pseudonym is made again that is taken: of a name of one letter, most are.
const KEYED_ATTEMPTS: u32 = 64;

/// Letters of a digest; the rest of a long name is its length alone.
fn keyed_letters(digest: &[u8], length: usize) -> Vec<u8> {
    let mut letters: Vec<u8> = digest.iter().take(length).map(|byte| b'a' + byte % 26).collect();
    letters.resize(length, b'x');
    letters
}

/// Letters that number this many names.
fn digits_needed(count: usize) -> usize {
    let mut width = 1;
    let mut room = 26_usize;
    while room < count {
        room = room.saturating_mul(26);
        width += 1;
    }
    width
}

/// A number in letters, the most significant first.
fn letters(mut number: usize, width: usize) -> Vec<u8> {
    const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
    let mut code = vec![b'a'; width];
    for place in code.iter_mut().rev() {
        *place = LETTERS.get(number % 26).copied().unwrap_or(b'a');
        number /= 26;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms(names: &[&str]) -> Vec<String> {
        let mut seen = Names::default();
        for name in names {
            seen.see(name.as_bytes(), Kind::Name);
        }
        seen.pseudonyms(None).iter().cloned().map(|name| String::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn length_order_and_difference_are_kept() {
        assert_eq!(pseudonyms(&["pricing", "acme", "node"]), ["cxxxxxx", "axxx", "bxxx"]);
        let many: Vec<String> = (0..3_000).map(|n| format!("name{n:04}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let replaced = pseudonyms(&many);
        assert!(replaced.is_sorted() && replaced.iter().all(|name| name.len() == 8));
        assert_eq!(replaced.iter().collect::<std::collections::BTreeSet<_>>().len(), 3_000);
    }

    #[test]
    fn no_name_stands_for_itself() {
        assert_eq!(pseudonyms(&["a"]), ["A"]);
        assert_eq!(pseudonyms(&["axxx", "b"]), ["AXXX", "B"]);
    }

    /// Not a good one, but a different one for each name.
    fn digest(name: &[u8], attempt: u32) -> [u8; 32] {
        let mut state = name.iter().fold(17 + u64::from(attempt), |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        });
        std::array::from_fn(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        })
    }

    fn keyed(names: &[&str]) -> BTreeMap<String, String> {
        let mut seen = Names::default();
        for name in names {
            seen.see(name.as_bytes(), Kind::Name);
        }
        let pseudonyms = seen.pseudonyms(Some(&digest));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        seen.sorted().into_iter().map(|(name, id, _)| (text(name), text(&pseudonyms[id]))).collect()
    }

    #[test]
    fn under_a_key_a_name_has_one_pseudonym_in_all_captures() {
        let one = keyed(&["checkout-api", "walletd", "node"]);
        let other = keyed(&["walletd", "acme", "checkout-api", "zebra"]);
        for name in ["checkout-api", "walletd"] {
            assert_eq!(one[name], other[name]);
            assert!(one[name].len() == name.len() && one[name] != name);
        }
    }

    #[test]
    fn under_a_key_no_two_names_of_a_capture_share_a_pseudonym() {
        let many: Vec<String> = (0..2_000).map(|n| format!("{n:04}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let distinct: std::collections::BTreeSet<String> = keyed(&many).into_values().collect();
        assert_eq!(distinct.len(), 2_000);
    }

    #[test]
    fn the_same_name_is_one_name() {
        let mut names = Names::default();
        let first = names.see(b"acme", Kind::Label);
        assert_eq!(names.see(b"acme", Kind::Path), first);
        let rows = names.sorted();
        assert_eq!((rows.len(), rows[0].2.places, rows[0].2.kind), (1, 2, Kind::Label));
    }
}
