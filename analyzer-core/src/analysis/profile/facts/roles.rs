//! What functions of Go and its libraries stand for in a stack, and in which versions.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The table: name, role, first and last Go version.
const TABLE: &str = include_str!("roles.tsv");

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    role: &'static str,
    /// The first minor version of Go 1 known to have it.
    since: u32,
    /// The last one, if it is gone.
    until: Option<u32>,
}

#[derive(Debug, Default)]
struct Table {
    exact: HashMap<&'static str, Row>,
    /// Names that begin so.
    prefixes: Vec<(&'static str, Row)>,
}

/// The oldest version that the table was checked against: what is since then may be older.
const OLDEST: u32 = 21;

/// Minor versions of Go 1 that a program may have been built with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The least, if a name or the captures tell.
    pub at_least: Option<u32>,
    /// The most.
    pub at_most: Option<u32>,
}

impl Versions {
    /// Exactly the one that a capture states: `go1.24.11`.
    pub fn stated(text: &str) -> Option<Self> {
        let minor = text.strip_prefix("go1.")?;
        let digits = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
        let minor = minor.get(..digits)?.parse().ok()?;
        Some(Self { at_least: Some(minor), at_most: Some(minor) })
    }

    /// Takes in a function that the program has.
    pub fn narrow(&mut self, function: &str) {
        let Some(row) = table().exact.get(function) else { return };
        if row.since > OLDEST {
            self.at_least = self.at_least.max(Some(row.since));
        }
        if let Some(until) = row.until {
            self.at_most = Some(self.at_most.map_or(until, |most| most.min(until)));
        }
    }

    /// True if some version that it may be has the row.
    fn allow(self, row: Row) -> bool {
        // An experiment of one version may bring names of the next: then nothing is known.
        if self.at_least.zip(self.at_most).is_some_and(|(least, most)| least > most) {
            return true;
        }
        let is_new_enough = row.since <= OLDEST || self.at_most.is_none_or(|most| row.since <= most);
        is_new_enough && self.at_least.zip(row.until).is_none_or(|(least, until)| least <= until)
    }
}

/// The role of a function in a program of these versions; type arguments are ignored.
pub fn role(function: &str, versions: Versions) -> Option<&'static str> {
    let name = function.split('[').next().unwrap_or(function);
    let exact = table().exact.get(function).or_else(|| table().exact.get(name));
    let by_prefix = || {
        let longest = table().prefixes.iter().filter(|(prefix, _)| function.starts_with(prefix));
        longest.max_by_key(|(prefix, _)| prefix.len()).map(|(_, row)| row)
    };
    exact.or_else(by_prefix).filter(|row| versions.allow(**row)).map(|row| row.role)
}

fn table() -> &'static Table {
    static PARSED: OnceLock<Table> = OnceLock::new();
    PARSED.get_or_init(|| {
        let mut table = Table::default();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let (Some(pattern), Some(role)) = (columns.next(), columns.next()) else { continue };
            let row = Row {
                role,
                since: columns.next().and_then(minor).unwrap_or(OLDEST),
                until: columns.next().and_then(minor),
            };
            match pattern.strip_suffix('%') {
                Some(prefix) => table.prefixes.push((prefix, row)),
                None => {
                    table.exact.insert(pattern, row);
                }
            }
        }
        table
    })
}

fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.parse().ok()
}

/// True if `role` is `of` or within it: `gc.mark.bg` is within `gc`.
pub fn is_within(role: &str, of: &str) -> bool {
    role.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(table().exact.len() + table().prefixes.len(), lines);
        assert_eq!(lines, 523);
    }

    #[test]
    fn names_have_roles_in_their_versions_only() {
        let of = |version| Versions::stated(version).unwrap();
        assert_eq!(role("runtime.evacuate", of("go1.22.10")), Some("grow.map"));
        assert_eq!(role("runtime.evacuate", of("go1.24.1")), None);
        assert_eq!(role("runtime.evacuate", Versions::default()), Some("grow.map"));
        assert_eq!(role("runtime.mallocgcSmallNoScanSC12", of("go1.27.3")), Some("alloc"));
        assert_eq!(role("main.run", Versions::default()), None);
        // Versions before the oldest that was looked at have what that one has.
        assert_eq!(role("runtime.evacuate", of("go1.19")), Some("grow.map"));
    }

    #[test]
    fn names_tell_the_version() {
        let mut versions = Versions::default();
        for name in ["runtime.mallocgc", "runtime.gcDrainMarkWorkerIdle", "runtime.evacuate"] {
            versions.narrow(name);
        }
        assert_eq!(versions, Versions { at_least: Some(22), at_most: Some(23) });
    }

    #[test]
    fn roles_are_within_their_kind() {
        assert!(is_within("gc.mark.bg", "gc.mark") && is_within("json", "json"));
        assert!(!is_within("gc.marker", "gc.mark"));
    }
}
