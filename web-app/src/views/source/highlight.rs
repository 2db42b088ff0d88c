//! Colors of Go source: keywords, texts, comments and numbers (go.dev/ref/spec, "Lexical elements").

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Names, signs, space.
    Plain,
    /// One of the 25 keywords.
    Keyword,
    /// A string or a rune.
    Text,
    /// A comment.
    Comment,
    /// A number.
    Number,
}

const KEYWORDS: [&str; 25] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

/// What a line that begins is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Code.
    #[default]
    Code,
    /// A comment until `*/`.
    Comment,
    /// A raw string until a backquote.
    Raw,
}

/// The pieces of a line, and what the next one begins in.
pub fn pieces(line: &str, mut state: State) -> (Vec<(Kind, &str)>, State) {
    // Where pieces end: what is of one kind is one piece.
    let mut ends: Vec<(Kind, usize)> = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match state {
            State::Comment => {
                let end = rest.find("*/").map(|at| at + 2);
                if end.is_some() {
                    state = State::Code;
                }
                (Kind::Comment, end.unwrap_or(rest.len()))
            }
            State::Raw => {
                let end = rest.find('`').map(|at| at + 1);
                if end.is_some() {
                    state = State::Code;
                }
                (Kind::Text, end.unwrap_or(rest.len()))
            }
            State::Code if rest.starts_with("//") => (Kind::Comment, rest.len()),
            State::Code if rest.starts_with("/*") => {
                state = State::Comment;
                (Kind::Comment, 2)
            }
            State::Code if first == '`' => {
                state = State::Raw;
                (Kind::Text, 1)
            }
            State::Code if first == '"' || first == '\'' => (Kind::Text, quoted(rest, first)),
            State::Code if first.is_ascii_digit() => (Kind::Number, number(rest)),
            State::Code if is_letter(first) => {
                let length = rest.find(|c: char| !is_letter(c) && !c.is_numeric()).unwrap_or(rest.len());
                let is_keyword = rest.get(..length).is_some_and(|word| KEYWORDS.binary_search(&word).is_ok());
                (if is_keyword { Kind::Keyword } else { Kind::Plain }, length)
            }
            State::Code => (Kind::Plain, first.len_utf8()),
        };
        rest = rest.get(length..).unwrap_or_default();
        let end = line.len() - rest.len();
        match ends.last_mut() {
            Some((before, last)) if *before == kind => *last = end,
            _ => ends.push((kind, end)),
        }
    }
    let mut start = 0;
    let pieces = ends.into_iter().map(|(kind, end)| {
        let piece = line.get(start..end).unwrap_or_default();
        start = end;
        (kind, piece)
    });
    (pieces.collect(), state)
}

fn is_letter(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

/// The length of a quoted text, to the end of the line if it is not closed.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a number: digits, letters of its base and exponent, a sign behind the exponent.
fn number(text: &str) -> usize {
    let is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let mut before = '0';
    for (at, character) in text.char_indices() {
        let is_exponent = matches!(before, 'p' | 'P') || (!is_hexadecimal && matches!(before, 'e' | 'E'));
        let is_sign = matches!(character, '+' | '-') && is_exponent;
        if !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_') || is_sign) {
            return at;
        }
        before = character;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(line: &str, state: State) -> (String, State) {
        let (pieces, after) = pieces(line, state);
        assert_eq!(pieces.iter().map(|(_, text)| *text).collect::<String>(), line);
        let marked = pieces.iter().map(|(kind, text)| match kind {
            Kind::Plain => (*text).to_owned(),
            Kind::Keyword => format!("<k{text}>"),
            Kind::Text => format!("<s{text}>"),
            Kind::Comment => format!("<c{text}>"),
            Kind::Number => format!("<n{text}>"),
        });
        (marked.collect(), after)
    }

    #[test]
    fn keywords_texts_comments_and_numbers_are_told_apart() {
        let of = |line| kinds(line, State::Code).0;
        assert_eq!(of("for i := range xs { // all"), "<kfor> i := <krange> xs { <c// all>");
        assert_eq!(of(r#"s := "a\"b//" + 'x'"#), r#"s := <s"a\"b//"> + <s'x'>"#);
        assert_eq!(of("x = 0x1p-2 + 1_000.5e+3 - y2"), "x = <n0x1p-2> + <n1_000.5e+3> - y2");
        assert_eq!(of("format := forward"), "format := forward");
        assert_eq!(of("\"open"), "<s\"open>");
        assert_eq!(of("größe := 0xe-1"), "größe := <n0xe>-<n1>");
    }

    #[test]
    fn comments_and_raw_texts_go_over_lines() {
        assert_eq!(kinds("a /* b", State::Code), ("a <c/* b>".to_owned(), State::Comment));
        assert_eq!(kinds("c */ go f()", State::Comment), ("<cc */> <kgo> f()".to_owned(), State::Code));
        assert_eq!(kinds("q := `select", State::Code), ("q := <s`select>".to_owned(), State::Raw));
        assert_eq!(kinds("from` + x", State::Raw), ("<sfrom`> + x".to_owned(), State::Code));
    }

    #[test]
    fn the_keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }
}
