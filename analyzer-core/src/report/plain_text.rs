//! Text from captures, made safe to show where characters act.

use std::borrow::Cow;

/// True for characters that a reader cannot see, or that change how their
/// neighbors are shown: controls, line separators, bidirectional overrides
/// and isolates, zero-width and tag characters, noncharacters (which XML refuses).
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line with every invisible character spelled out
/// (`\u{202e}`, `\n`), so that what is read is what is there.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_invisible(character) {
            match character {
                '\n' | '\r' | '\t' => shown.extend(character.escape_default()),
                _ => shown.extend(character.escape_unicode()),
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_deceive_are_spelled_out() {
        assert_eq!(visible("main.größe(世界)"), "main.größe(世界)");
        assert_eq!(visible("a\nb\t\u{7}"), "a\\nb\\t\\u{7}");
        assert_eq!(visible("evil\u{202e}og.niam"), "evil\\u{202e}og.niam");
        assert_eq!(visible("zero\u{200b}width\u{feff}"), "zero\\u{200b}width\\u{feff}");
    }
}
