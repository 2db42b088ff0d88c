//! A file is one room with one purpose. Past a length it is two, or it says
//! why not in its first line.

use super::{TrackedFile, Violation};

/// Lines that need no reason.
const MAX_LINES: usize = 800;

/// Start of the first line that gives the reason, after the comment's own.
const REASON: &str = "tidy: long because ";

/// Finds long sources without a reason.
pub fn check(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    files.iter().filter_map(|file| {
        let text = [".rs", ".css", ".js"].iter().find_map(|ending| file.text_if(ending))?;
        let lines = text.lines().count();
        let is_too_long = lines > MAX_LINES && !has_reason(text);
        is_too_long.then(|| {
            let message =
                format!("{lines} lines, over {MAX_LINES}: split it, or start it with \"{REASON}…\"");
            Violation::new(file, 0, message)
        })
    })
}

fn has_reason(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.split_once(REASON).is_some_and(|(_, reason)| reason.split_whitespace().count() >= 3)
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    #[test]
    fn a_long_file_needs_a_reason() {
        let long = "x\n".repeat(MAX_LINES + 1);
        assert_eq!(lines(check(&[file("a.rs", &long)])), [0]);
        assert!(lines(check(&[file("a.rs", &"x\n".repeat(MAX_LINES))])).is_empty());
        assert!(lines(check(&[file("a.txt", &long)])).is_empty());
    }

    #[test]
    fn a_reason_is_more_than_the_words_that_announce_it() {
        let with = |reason: &str| file("a.rs", &format!("// {REASON}{reason}\n{}", "x\n".repeat(MAX_LINES)));
        assert!(lines(check(&[with("one table of the standard")])).is_empty());
        assert_eq!(lines(check(&[with("")])), [0]);
    }
}
