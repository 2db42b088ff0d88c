//! Regular expressions as Go reads them (RE2), for the `regex` crate.
//!
//! The two agree but for details that matter in function names: Go takes a
//! lone `{` and a `[` inside of a class literally, has `\Q...\E`, and its `\d`,
//! `\w`, `\s` and `\b` are ASCII. Source: Go's regexp/syntax.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

use super::query::QueryError;
use crate::base::limits::{COMPILED_FILTER_BYTES, FILTER_BYTES};

/// Compiles a filter.
/// # Errors
/// `BadFilter` with the reason.
pub(super) fn compile(filter: &str, pattern: &str) -> Result<Regex, QueryError> {
    let refuse =
        |message: &str| QueryError::BadFilter { filter: filter.to_owned(), message: message.to_owned() };
    if pattern.len() > FILTER_BYTES {
        return Err(refuse(&format!("longer than {} KiB", FILTER_BYTES >> 10)));
    }
    RegexBuilder::new(&translate(pattern)).size_limit(COMPILED_FILTER_BYTES).build().map_err(|error| {
        // The last line says what is wrong; those before draw the pattern.
        let text = error.to_string();
        let message = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
        refuse(message)
    })
}

/// As [`compile`], for a filter that may be absent. Empty is absent, as in pprof.
pub(super) fn compile_optional(filter: &str, pattern: Option<&str>) -> Result<Option<Regex>, QueryError> {
    pattern.filter(|pattern| !pattern.is_empty()).map(|pattern| compile(filter, pattern)).transpose()
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut out),
            '[' => class(&mut chars, &mut out),
            '{' if !is_repetition(chars.clone()) => out.push_str(r"\{"),
            '{' => {
                out.push('{');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '}' {
                        break;
                    }
                }
            }
            '}' | ']' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    match chars.next() {
        Some('Q') => quoted(chars, out),
        Some('d') => out.push_str("[0-9]"),
        Some('D') => out.push_str("[^0-9]"),
        Some('w') => out.push_str("[0-9A-Za-z_]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('s') => out.push_str(r"[\t\n\x0C\r ]"),
        Some('S') => out.push_str(r"[^\t\n\x0C\r ]"),
        Some('b') => out.push_str(r"(?-u:\b)"),
        Some(digit @ '0'..='7') => octal(digit, chars, out),
        // `\<` and the like mean something else to the regex crate.
        Some(c) if c.is_ascii_punctuation() => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        Some(c @ ('x' | 'p' | 'P')) => braced(c, chars, out),
        Some(c) => out.extend(['\\', c]),
        None => out.push('\\'),
    }
}

/// `\x{10FFFF}`, `\p{Greek}`: the braces are part of the escape.
fn braced(kind: char, chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.extend(['\\', kind]);
    if chars.peek() != Some(&'{') {
        return;
    }
    for c in chars.by_ref() {
        out.push(c);
        if c == '}' {
            break;
        }
    }
}

fn octal(first: char, chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut value = first.to_digit(8).unwrap_or(0);
    let mut digits = 1;
    while digits < 3 {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
        value = value * 8 + digit;
        digits += 1;
        chars.next();
    }
    if digits == 1 && first != '0' {
        // A backreference, which neither has: the compiler says so.
        out.extend(['\\', first]);
    } else {
        out.push_str(&format!(r"\x{{{value:x}}}"));
    }
}

/// The text after `\Q`, to `\E` or the end.
fn quoted(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek() == Some(&'E') {
            chars.next();
            return;
        }
        out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }
}

/// True if what follows `{` makes it a repetition: `n}`, `n,}` or `n,m}`.
fn is_repetition(chars: Peekable<Chars<'_>>) -> bool {
    let inner: String = chars.take_while(|&c| c != '}').collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match inner.split_once(',') {
        Some((low, high)) => is_number(low) && (high.is_empty() || is_number(high)),
        None => is_number(&inner),
    }
}

fn class(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    if chars.next_if_eq(&']').is_some() {
        out.push_str(r"\]");
    }
    while let Some(c) = chars.next() {
        match c {
            ']' => {
                out.push(']');
                return;
            }
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' => out.extend(['\\', c]),
            '\\' => class_escape(chars, out),
            _ => out.push(c),
        }
    }
}

fn class_escape(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    match chars.next() {
        Some('d') => out.push_str("0-9"),
        Some('w') => out.push_str("0-9A-Za-z_"),
        Some('s') => out.push_str(r"\t\n\x0C\r "),
        Some('D') => out.push_str("[^0-9]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('S') => out.push_str(r"[^\t\n\x0C\r ]"),
        Some(digit @ '0'..='7') => octal(digit, chars, out),
        Some(c) if c.is_ascii_punctuation() => out.extend(['\\', c]),
        Some(c @ ('x' | 'p' | 'P')) => braced(c, chars, out),
        Some(c) => out.extend(['\\', c]),
        None => out.push('\\'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        // Pattern, text, and what Go's regexp.MatchString says.
        for (pattern, text, expected) in [
            (r"struct {", "main.F[struct { Key string }]", true),
            (r"{,2}", "a{,2}b", true),
            (r"^a{2,3}$", "aaa", true),
            (r"^a{2}$", "aaa", false),
            (r"[[]", "main.Map[...]", true),
            (r"[^[]", "[", false),
            (r"[]a]", "]", true),
            (r"[[:alpha:]]+\.", "main.", true),
            (r"\QMap[...]\E$", "main.Map[...]", true),
            (r"\Q(*T", "main.(*T).M", true),
            (r"^\w+$", "größe", false),
            (r"\d", "٣", false),
            (r"[\d.]+", "1.5", true),
            (r"[a&&b]", "&", true),
            (r"\<", "a<b", true),
            (r"\(\*T\)\.", "main.(*T).M", true),
            (r"(?i)MAIN\.", "main.main", true),
            (r"main.main|net", "net/http", true),
            (r"\x{7a}$", "z", true),
            (r"\101", "A", true),
            (r"^\p{Lu}", "Ärger", true),
            (r"]}", "a]}b", true),
            (r"func\d+$", "main.main.func12", true),
        ] {
            assert_eq!(compile("focus", pattern).unwrap().is_match(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused_with_the_filters_name() {
        for pattern in ["(", "[a", "*", r"\1", "(?<"] {
            let error = compile("hide", pattern).unwrap_err();
            assert!(matches!(&error, QueryError::BadFilter { filter, .. } if filter == "hide"), "{error}");
        }
    }

    #[test]
    fn filters_that_would_cost_memory_or_time_are_refused() {
        for pattern in ["a|".repeat(FILTER_BYTES), r"\pL{1000}{100}".to_owned(), "(".repeat(10_000)] {
            assert!(matches!(compile("focus", &pattern), Err(QueryError::BadFilter { .. })));
        }
        assert!(compile("focus", &"main|".repeat(1_000)).is_ok());
    }
}
