//! Text from captures as Markdown that shows that text and does nothing else:
//! no markup, no HTML, no links, no mentions. Holds for CommonMark and for
//! what GitHub and GitLab add to it.

use crate::report::plain_text::visible;

/// Separates what hosts would take for a link or a mention. It has no width
/// and forbids a line break, so nothing of it is seen.
const WORD_JOINER: char = '\u{2060}';

/// Text within a paragraph, a list item, a heading or a table cell.
pub(super) fn text(raw: &str) -> String {
    let raw = visible(raw);
    let raw = raw.trim();
    let mut markdown = String::with_capacity(raw.len() + raw.len() / 8);
    let mut before = None;
    for (index, character) in raw.char_indices() {
        let rest = raw.get(index + character.len_utf8()..).unwrap_or_default();
        match character {
            // A backslash would stand before a cell's end in some parsers' eyes.
            '|' => markdown.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '$' | '#' | '!' | '^' => {
                markdown.push('\\');
                markdown.push(character);
            }
            '-' | '+' | '=' if index == 0 => {
                markdown.push('\\');
                markdown.push(character);
            }
            // "1. " would begin a list, "1.5" not.
            '.' | ')' if is_number(raw.get(..index).unwrap_or_default()) && !rest.starts_with(is_word) => {
                markdown.push('\\');
                markdown.push(character);
            }
            _ => markdown.push(character),
        }
        let next = rest.chars().next();
        let would_link = match character {
            '@' | '#' => next.is_some_and(char::is_alphanumeric),
            ':' => rest.starts_with("//"),
            'w' | 'W' => next == Some('.') && matches!(before, Some('w' | 'W')),
            _ => false,
        };
        if would_link {
            markdown.push(WORD_JOINER);
        }
        before = Some(character);
    }
    markdown
}

fn is_word(character: char) -> bool {
    !character.is_whitespace()
}

/// True for digits alone.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name as a code span, fit for table cells too.
///
/// A table takes a pipe for a border even inside a code span, and parsers
/// differ on backslashes before one: names with either become plain text.
pub(super) fn code(raw: &str) -> String {
    let name = visible(raw);
    let name = name.trim();
    if name.is_empty() || name.contains(['|', '\\']) {
        return text(name);
    }
    let fence = "`".repeat(longest_run(name) + 1);
    let pad = if name.starts_with('`') || name.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{name}{pad}{fence}")
}

/// Lines as a fenced block. Each line is made visible by itself.
pub(super) fn block<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<_> = lines.into_iter().map(visible).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut markdown = format!("{fence}text\n");
    for line in &lines {
        markdown.push_str(line);
        markdown.push('\n');
    }
    markdown.push_str(&fence);
    markdown.push('\n');
    markdown
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_characters_are_escaped_in_text() {
        assert_eq!(text("a*b_c <b>&amp;"), "a\\*b\\_c \\<b\\>\\&amp;");
        assert_eq!(text("a|b"), "a&#124;b");
        assert_eq!(text("- item"), "\\- item");
        assert_eq!(text("10. item"), "10\\. item");
        assert_eq!(text("1.5 MiB"), "1.5 MiB");
        assert_eq!(text("two\nlines"), "two\\\\nlines");
    }

    #[test]
    fn links_and_mentions_are_separated() {
        assert_eq!(text("https://a.b"), "https:\u{2060}//a.b");
        assert_eq!(text("www.a.b"), "www\u{2060}.a.b");
        assert_eq!(text("@team"), "@\u{2060}team");
        assert_eq!(text("user@host"), "user@\u{2060}host");
    }

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(code("main.f"), "`main.f`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a|b"), "a&#124;b");
        assert_eq!(code("c:\\x"), "c:\\\\x");
        assert_eq!(block(["x", "````"]), "`````text\nx\n````\n`````\n");
    }
}
