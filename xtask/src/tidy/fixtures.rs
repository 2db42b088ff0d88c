//! A fixture without an origin is a number without a source.

use std::collections::BTreeSet;

use super::{TrackedFile, Violation};

const FIXTURES: &str = "/tests/fixtures/";

/// Finds fixtures with no README in their folder or one above it, up to the
/// folder of their format.
pub fn check(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    let readmes: BTreeSet<&str> =
        files.iter().filter_map(|file| file.path.strip_suffix("/README.md")).collect();
    let fixtures = files.iter().filter(|file| file.path.contains(FIXTURES));
    fixtures.filter(move |file| !folders_of(&file.path).any(|folder| readmes.contains(folder))).map(|file| {
        Violation::new(file, 0, "a fixture whose folder has no README.md: say where it comes from")
    })
}

/// The folders of a fixture, from its own up to its format's.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    let top = path.find(FIXTURES).map_or(path.len(), |at| at + FIXTURES.len());
    let ends = path.match_indices('/').map(|(at, _)| at).filter(move |&at| at >= top);
    ends.map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    #[test]
    fn a_fixture_needs_a_readme_beside_or_above_it() {
        let bare = file("a/tests/fixtures/smaps/debian/smaps", "");
        assert_eq!(lines(check(std::slice::from_ref(&bare))), [0]);
        for readme in ["a/tests/fixtures/smaps/README.md", "a/tests/fixtures/smaps/debian/README.md"] {
            assert!(lines(check(&[bare.clone(), file(readme, "")])).is_empty(), "{readme}");
        }
    }

    #[test]
    fn a_readme_of_all_fixtures_is_too_far_away() {
        let files = [file("a/tests/fixtures/smaps/smaps", ""), file("a/tests/fixtures/README.md", "")];
        assert_eq!(check(&files).next().map(|violation| violation.path), Some(files[0].path.clone()));
    }
}
