//! Names of nodes: the session's strings, and those that a query makes.

use crate::base::convert::to_u32;
use crate::base::intern::{StrId, StringTable};
use crate::newtype_index;

newtype_index! {
    /// A string of a [`Names`]: one of the session's, or one of the query's own.
    TextId
}

impl TextId {
    /// The empty text.
    pub(super) const EMPTY: Self = Self(StringTable::EMPTY.0);
}

/// The session's strings with a query's own behind them.
#[derive(Debug)]
pub(super) struct Names<'a> {
    session: &'a StringTable,
    own: StringTable,
}

impl<'a> Names<'a> {
    pub(super) fn new(session: &'a StringTable) -> Self {
        Self { session, own: StringTable::default() }
    }

    /// The id of a string of the session.
    pub(super) fn of(&self, id: StrId) -> TextId {
        TextId(id.0)
    }

    /// The id of a text.
    pub(super) fn intern(&mut self, text: &str) -> TextId {
        match self.session.find(text) {
            Some(id) => TextId(id.0),
            None => TextId(to_u32(self.session.len()).saturating_add(self.own.intern(text).0)),
        }
    }

    /// The text of an id.
    pub(super) fn get(&self, id: TextId) -> &str {
        match id.0.checked_sub(to_u32(self.session.len())) {
            Some(own) => self.own.get(StrId(own)),
            None => self.session.get(StrId(id.0)),
        }
    }
}

/// A path without `.`, `..` and doubled slashes, as Go's `filepath.Clean` makes it.
pub(super) fn clean_path(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => drop(parts.pop()),
            ".." if is_rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The last part of a path, as Go's `filepath.Base` gives it.
pub(super) fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed) {
        ("", _) => ".",
        (_, "") => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// A source path without the prefixes that pprof always drops.
pub(super) fn trim_path(path: &str) -> &str {
    ["/proc/self/cwd/./", "/proc/self/cwd/"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_in_go() {
        for (path, cleaned) in [
            ("", "."),
            ("/", "/"),
            ("a//b/./c", "a/b/c"),
            ("a/../..", ".."),
            ("/../a", "/a"),
            ("../../a", "../../a"),
            ("a/..", "."),
            ("/a/b/", "/a/b"),
        ] {
            assert_eq!(clean_path(path), cleaned, "{path}");
        }
    }

    #[test]
    fn the_base_of_a_path_is_that_of_go() {
        assert_eq!(["", "/", "a/b", "a/b/", "b"].map(base_name), [".", "/", "b", "b", "b"]);
    }

    #[test]
    fn own_texts_follow_the_sessions() {
        let mut session = StringTable::default();
        let main = session.intern("main.main");
        let mut names = Names::new(&session);
        assert_eq!(names.intern("main.main"), names.of(main));
        let own = names.intern("tenant:a");
        assert_eq!(
            (names.get(own), names.get(names.of(main)), names.get(TextId::EMPTY)),
            ("tenant:a", "main.main", "")
        );
    }
}
