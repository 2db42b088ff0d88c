//! What a file name adds to its content: which level (`pod.memory.current`,
//! `pid659.smaps`) and which moment (`memory.stat.after`) it is of.
//!
//! Names only label; what a file is, its content says wherever it can.

use crate::base::source::file_name;

/// A file's name, taken apart around its proper name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameParts {
    /// Folder, without the last `/`.
    pub folder: String,
    /// What stands before the proper name and is not a moment: `pod`, `side.pid661`.
    pub level: String,
    /// What says that it is another moment: `after`, `after-exit`, `3s`.
    pub moment: String,
    /// A process id in the name (`pid661`), or the folder's (`/proc/661`).
    pub pid: Option<u64>,
}

impl NameParts {
    /// The parts of `path` around `proper`. A name that does not hold `proper`
    /// only has a folder.
    pub fn of(path: &str, proper: &str) -> Self {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts = Self { folder: folder.to_owned(), pid: folder_pid(folder), ..Self::default() };
        let name = file_name(path);
        let Some(at) = find_proper(name, proper) else {
            parts.read_other_name(name);
            return parts;
        };
        let before = name.get(..at).unwrap_or("");
        let after = name.get(at + proper.len()..).unwrap_or("");
        parts.read_prefix(before.trim_matches(is_separator));
        parts.read_suffix(after, proper);
        parts
    }

    /// A name of its own (`cgroup-after-exit.txt`): a word for a moment in it makes it one.
    fn read_other_name(&mut self, name: &str) {
        let mut words = name.split(is_separator);
        if words.any(|word| MOMENTS.contains(&word)) {
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            self.add_moment(stem);
        }
    }

    fn read_prefix(&mut self, prefix: &str) {
        let mut level = Vec::new();
        for token in prefix.split('.').filter(|token| !token.is_empty()) {
            if is_moment(token) {
                self.add_moment(token);
            } else if !GENERIC.contains(&token.trim_matches(is_separator)) {
                self.pid = pid_token(token).or(self.pid);
                level.push(token);
            }
        }
        self.level = level.join(".");
    }

    fn read_suffix(&mut self, suffix: &str, proper: &str) {
        let is_cgroup = proper.contains('.');
        for token in suffix.split(is_separator).filter(|token| !token.is_empty()) {
            match token.parse::<u64>() {
                Ok(pid) if !is_cgroup => self.pid = Some(pid),
                _ if EXTENSIONS.contains(&token) => {}
                _ => self.add_moment(token),
            }
        }
    }

    fn add_moment(&mut self, token: &str) {
        if !self.moment.is_empty() {
            self.moment.push('.');
        }
        self.moment.push_str(token);
    }

    /// The name that tells this file from others of its folder: level, proper name, moment.
    pub fn kind(&self, proper: &str) -> String {
        let mut kind = String::new();
        if !self.level.is_empty() {
            kind.push_str(&self.level);
            kind.push('.');
        }
        kind.push_str(proper);
        if !self.moment.is_empty() {
            kind.push('@');
            kind.push_str(&self.moment);
        }
        kind
    }
}

/// Words before a proper name that only repeat where it is from.
pub const GENERIC: &[&str] =
    &["cgroup", "cgroupv1", "cgroupv2", "memcg", "proc", "sys", "fs", "net", "self", "1"];

/// Words before a proper name that name a moment.
pub const MOMENTS: &[&str] = &[
    "after",
    "afterwards",
    "before",
    "end",
    "final",
    "first",
    "last",
    "new",
    "old",
    "post",
    "pre",
    "prev",
    "previous",
    "start",
    "throttled",
];

/// Ends of names that say nothing of level or moment.
pub const EXTENSIONS: &[&str] = &["txt", "log", "out", "json", "prom", "text", "dat", "csv"];

fn is_separator(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

fn is_moment(token: &str) -> bool {
    MOMENTS.contains(&token)
        || ["after-", "before-", "post-", "pre-"].iter().any(|start| token.starts_with(start))
}

fn pid_token(token: &str) -> Option<u64> {
    token.strip_prefix("pid").unwrap_or(token).trim_start_matches(is_separator).parse().ok()
}

fn folder_pid(folder: &str) -> Option<u64> {
    pid_token(folder.rsplit('/').next()?)
}

/// Where `proper` stands in `name` as a whole word; the last place wins.
fn find_proper(name: &str, proper: &str) -> Option<usize> {
    let is_edge = |c: Option<char>| c.is_none_or(is_separator);
    name.rmatch_indices(proper).map(|(at, _)| at).find(|&at| {
        let before = name.get(..at).and_then(|s| s.chars().next_back());
        let after = name.get(at + proper.len()..).and_then(|s| s.chars().next());
        is_edge(before) && is_edge(after)
    })
}

/// The longest of `proper_names` that `path`'s file name holds as a whole word.
pub fn find_longest<'a>(path: &str, proper_names: &[&'a str]) -> Option<&'a str> {
    let name = file_name(path);
    proper_names
        .iter()
        .copied()
        .filter(|proper| find_proper(name, proper).is_some())
        .max_by_key(|proper| proper.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str, proper: &str) -> (String, String, Option<u64>) {
        let parts = NameParts::of(path, proper);
        (parts.level, parts.moment, parts.pid)
    }

    #[test]
    fn prefixes_name_levels_and_suffixes_name_moments() {
        assert_eq!(parts("case/memory.current", "memory.current"), (String::new(), String::new(), None));
        assert_eq!(parts("pod.memory.current.2", "memory.current"), ("pod".into(), "2".into(), None));
        assert_eq!(parts("memory.stat.after", "memory.stat"), (String::new(), "after".into(), None));
        assert_eq!(
            parts("after-exit.memory.stat", "memory.stat"),
            (String::new(), "after-exit".into(), None)
        );
        assert_eq!(parts("last.pid91.smaps.gz", "smaps"), ("pid91".into(), "last".into(), Some(91)));
        assert_eq!(parts("side.pid661.status", "status"), ("side.pid661".into(), String::new(), Some(661)));
        assert_eq!(parts("proc/661/smaps", "smaps"), (String::new(), String::new(), Some(661)));
        assert_eq!(parts("smaps-661.txt", "smaps"), (String::new(), String::new(), Some(661)));
        assert_eq!(parts("cgroup_memory.max.txt", "memory.max"), (String::new(), String::new(), None));
        let exit = parts("cgroup-after-exit.txt", "memory.stat");
        assert_eq!(exit, (String::new(), "cgroup-after-exit".into(), None));
        assert_eq!(parts("unknown", "smaps"), (String::new(), String::new(), None));
    }

    #[test]
    fn longest_proper_name_wins() {
        let names = ["memory.events", "memory.events.local", "events"];
        assert_eq!(find_longest("a/pod.memory.events.local", &names), Some("memory.events.local"));
        assert_eq!(find_longest("a/b.txt", &names), None);
    }
}
