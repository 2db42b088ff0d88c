//! Marks of unfinished work say what is missing; tests that do not run say why.

use super::tokens::{self, Token};
use super::{TrackedFile, Violation};

// In pieces, for this file is checked too.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Finds marks without a text, placeholders for code, and silent `ignore`s.
pub fn check(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    files.iter().flat_map(|file| {
        let mut violations = bare_marks(file);
        violations.extend(unfinished_code(file));
        violations
    })
}

fn bare_marks(file: &TrackedFile) -> Vec<Violation> {
    let sources = [".rs", ".css", ".js", ".html", ".toml", ".sh"];
    let text = sources.iter().find_map(|ending| file.text_if(ending)).unwrap_or_default();
    let lines = text.lines().zip(1..);
    lines
        .filter(|(line, _)| MARKS.iter().any(|mark| is_bare(line, mark)))
        .map(|(_, number)| Violation::new(file, number, "a mark of unfinished work without a text"))
        .collect()
}

/// True for the mark as a word that is not followed by ": " and some words.
fn is_bare(line: &str, mark: &str) -> bool {
    let Some((before, after)) = line.split_once(mark) else { return false };
    let is_part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    if before.ends_with(is_part_of_word) || after.starts_with(is_part_of_word) {
        return false;
    }
    after.strip_prefix(':').is_none_or(|text| text.split_whitespace().count() < 3)
}

fn unfinished_code(file: &TrackedFile) -> Vec<Violation> {
    let tokens = tokens::all(file.text_if(".rs").unwrap_or_default());
    let found = tokens.windows(4).filter_map(|window| {
        let texts: [&str; 4] = std::array::from_fn(|index| window[index].text.as_str());
        let message = match texts {
            ["todo" | "unimplemented" | "dbg", "!", "(", _] => "a placeholder, or a print to debug",
            ["#", "[", "ignore", "]"] => "an ignored test without a reason: #[ignore = \"…\"]",
            _ => return None,
        };
        let Token { line, .. } = window[0];
        Some(Violation::new(file, line, message))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    #[test]
    fn a_mark_says_what_is_missing() {
        for mark in MARKS {
            let source =
                format!("// {mark}\n// {mark}: later\n// {mark}: read the third kind too\nlet a{mark}b;");
            assert_eq!(lines(check(&[file("a.rs", &source)])), [1, 2], "{mark}");
        }
    }

    #[test]
    fn placeholders_are_found_in_code_alone() {
        let source =
            "fn f() { todo!(\"x\") }\n// todo!()\nfn g() { unimplemented!() }\nfn h() { todo(1, 2) }";
        assert_eq!(lines(check(&[file("a.rs", source)])), [1, 3]);
    }

    #[test]
    fn an_ignored_test_says_why() {
        let source = "#[test]\n#[ignore]\nfn f() {}\n#[test]\n#[ignore = \"takes an hour\"]\nfn g() {}";
        assert_eq!(lines(check(&[file("a.rs", source)])), [2]);
    }
}
