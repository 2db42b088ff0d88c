//! Who is asked about a site: a file of patterns, as CODEOWNERS is.
//!
//! ```text
//! # The last line that matches decides.
//! *                        @platform
//! service:checkout-*       @shop
//! example.com/shop/cart/** @cart @shop
//! ```

use globset::{GlobBuilder, GlobMatcher};

/// Owners of services and packages.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    is_service: bool,
    pattern: GlobMatcher,
    owners: Vec<String>,
}

impl Owners {
    /// Reads a file of owners.
    ///
    /// # Errors
    /// The first line that is none, with its number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(pattern) = words.next() else { continue };
            let (is_service, pattern) = match pattern.strip_prefix("service:") {
                Some(pattern) => (true, pattern),
                None => (false, pattern),
            };
            let glob = GlobBuilder::new(pattern).literal_separator(pattern != "*").build();
            let pattern = glob.map_err(|error| format!("line {number}: {error}"))?.compile_matcher();
            lines.push(Line { is_service, pattern, owners: words.map(str::to_owned).collect() });
        }
        Ok(Self { lines })
    }

    /// The owners of a package in a service; none if no line matches, or the last that does names none.
    pub fn of(&self, service: &str, package: &str) -> &[String] {
        let is_match = |line: &&Line| line.pattern.is_match(if line.is_service { service } else { package });
        self.lines.iter().rev().find(is_match).map_or(&[], |line| line.owners.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_matches_decides() {
        let text = "# who\n* @platform\nservice:checkout-* @shop\nexample.com/shop/cart/** @cart @shop\nexample.com/legacy/*\n";
        let owners = Owners::parse(text).unwrap();
        assert_eq!(owners.of("billing", "main"), ["@platform"]);
        assert_eq!(owners.of("checkout-api", "main"), ["@shop"]);
        assert_eq!(owners.of("checkout-api", "example.com/shop/cart/store"), ["@cart", "@shop"]);
        assert!(owners.of("checkout-api", "example.com/legacy/x").is_empty());
        assert_eq!(owners.of("checkout-api", "example.com/legacy/x/y"), ["@shop"]);
        assert!(Owners::parse("ok @a\n[ @b\n").unwrap_err().starts_with("line 2"));
    }
}
