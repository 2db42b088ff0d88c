//! Rust source as tokens, so that no rule takes a comment or a string for code.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One token with its line; groups are flattened to their delimiters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Text of the token.
    pub text: String,
    /// Line from 1.
    pub line: usize,
}

/// The tokens of a source outside its test modules. Source that is no Rust
/// gives none: the compiler says more about it than a rule could.
pub fn without_tests(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    if let Ok(stream) = source.parse::<TokenStream>() {
        flatten(stream, false, &mut tokens);
    }
    tokens
}

/// All tokens of a source.
pub fn all(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    if let Ok(stream) = source.parse::<TokenStream>() {
        flatten(stream, true, &mut tokens);
    }
    tokens
}

fn flatten(stream: TokenStream, with_tests: bool, tokens: &mut Vec<Token>) {
    // Set by `#[cfg(test)]`, until the item that it stands on ends.
    let mut in_test_item = false;
    for tree in stream {
        match tree {
            TokenTree::Group(group) if in_test_item && !with_tests => {
                in_test_item = group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Group(group) => {
                in_test_item |= is_cfg_test(&group);
                let (open, close) = delimiters(group.delimiter());
                tokens.push(Token { text: open.to_owned(), line: group.span_open().start().line });
                flatten(group.stream(), with_tests, tokens);
                tokens.push(Token { text: close.to_owned(), line: group.span_close().start().line });
            }
            tree if in_test_item && !with_tests => {
                in_test_item = !matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';');
            }
            tree => tokens.push(Token { text: tree.to_string(), line: tree.span().start().line }),
        }
    }
}

fn is_cfg_test(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokens: &[Token]) -> Vec<&str> {
        tokens.iter().map(|token| token.text.as_str()).collect()
    }

    #[test]
    fn test_items_are_left_out_and_what_follows_is_kept() {
        let source = "const A: u8 = 1;\n#[cfg(test)]\nmod tests { fn b() {} }\nstruct C;";
        let tokens = without_tests(source);
        assert!(!texts(&tokens).contains(&"b"));
        assert_eq!(tokens.iter().find(|token| token.text == "C").map(|token| token.line), Some(4));
        assert!(texts(&all(source)).contains(&"b"));
    }

    #[test]
    fn comments_are_no_tokens_and_strings_are_one() {
        assert_eq!(texts(&all("// a as u8\n\"b as u8\"")), ["\"b as u8\""]);
    }
}
