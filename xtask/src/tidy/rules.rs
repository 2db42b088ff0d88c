//! A rule is tested where it stands: each code of a detector is expected by a
//! test of its own file or folder, and by an empty expectation of one.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{self, Token};
use super::{TrackedFile, Violation};

const DETECTORS: &str = "analyzer-core/src/detectors/";

/// Codes that are declared in another place than their detector's.
const ELSEWHERE: [(&str, &str); 1] =
    [("analyzer-core/src/analysis/goroutines/classify/catalog.rs", "goroutine/leak")];

/// The helpers of `detectors::testing`.
const HELPERS: [&str; 3] = ["check", "check_bytes", "check_trace"];

/// Finds codes that no test expects, or that every test expects.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let mut tests: BTreeMap<&str, Vec<Test>> = BTreeMap::new();
    let mut declared: Vec<(&str, &TrackedFile, Token)> = Vec::new();
    for file in files {
        let Some((text, rule)) = file.text_if(".rs").zip(rule_of(&file.path)) else { continue };
        tests.entry(rule).or_default().extend(functions(&tokens::all(text)));
        declared.extend(codes(&tokens::without_tests(text)).map(|code| (rule, file, code)));
    }
    let mut violations = Vec::new();
    for (rule, file, code) in declared {
        let own = tests.get(rule).map(Vec::as_slice).unwrap_or_default();
        let name = unquoted(&code.text);
        if !own.iter().any(|test| test.fires(name)) {
            let message = format!("no test beside it expects {name}: {} are the helpers", HELPERS.join(", "));
            violations.push(Violation::new(file, code.line, message));
        } else if !own.iter().any(|test| test.clears(name)) {
            let message = format!("no test beside it shows what is nearly {name} and must not be");
            violations.push(Violation::new(file, code.line, message));
        }
    }
    violations
}

/// The room and the name of the rule that a file is of: `memory/thp`.
fn rule_of(path: &str) -> Option<&str> {
    if let Some((_, rule)) = ELSEWHERE.iter().find(|(file, _)| *file == path) {
        return Some(rule);
    }
    let rest = path.strip_prefix(DETECTORS)?;
    let (room, name) = rest.split_once('/')?;
    let end = name.find(['/', '.'])?;
    rest.get(..room.len() + 1 + end)
}

/// The literals after `code:`.
fn codes(tokens: &[Token]) -> impl Iterator<Item = Token> + '_ {
    tokens.windows(3).filter_map(|window| match window {
        [name, colon, code] if name.text == "code" && colon.text == ":" && code.text.starts_with('"') => {
            Some(code.clone())
        }
        _ => None,
    })
}

/// What a function calls and lists.
#[derive(Debug, Default)]
struct Test {
    /// Families that it asks for.
    families: BTreeSet<String>,
    /// Literals in lists that hold nothing else.
    listed: BTreeSet<String>,
    /// True if an empty list is in it.
    has_empty: bool,
}

impl Test {
    fn asks(&self, code: &str) -> bool {
        self.families.iter().any(|family| is_in(code, family))
    }

    fn fires(&self, code: &str) -> bool {
        self.asks(code) && self.listed.contains(code)
    }

    /// Nothing is expected, of an input that is like one that fires: in the same
    /// test, or where a narrower family than the whole room's is asked for.
    fn clears(&self, code: &str) -> bool {
        let is_narrow = self.families.iter().any(|family| family.contains('.') && is_in(code, family));
        self.has_empty && (is_narrow || self.fires(code))
    }
}

fn is_in(code: &str, family: &str) -> bool {
    code.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The functions of a file, those within others apart.
fn functions(tokens: &[Token]) -> Vec<Test> {
    let starts: Vec<usize> =
        tokens.iter().enumerate().filter(|(_, token)| token.text == "fn").map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
    starts.iter().zip(ends).filter_map(|(&start, end)| tokens.get(start..end)).map(test).collect()
}

fn test(tokens: &[Token]) -> Test {
    let mut test = Test::default();
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        match rest {
            [open, family, ..]
                if HELPERS.contains(&token.text.as_str())
                    && open.text == "("
                    && family.text.starts_with('"') =>
            {
                test.families.insert(unquoted(&family.text).to_owned());
            }
            [open, inner @ ..] if token.text == "&" && open.text == "[" => list(inner, &mut test),
            _ => {}
        }
    }
    test
}

/// Reads a list of literals whose `[` stands before `tokens`.
fn list(tokens: &[Token], test: &mut Test) {
    let inner: Vec<&str> =
        tokens.iter().map(|token| token.text.as_str()).take_while(|text| *text != "]").collect();
    test.has_empty |= inner.is_empty();
    if inner.iter().all(|text| text.starts_with('"') || *text == ",") {
        test.listed.extend(inner.into_iter().map(unquoted).filter(|text| *text != ",").map(str::to_owned));
    }
}

fn unquoted(literal: &str) -> &str {
    literal.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    const PATH: &str = "analyzer-core/src/detectors/memory/thp.rs";

    fn messages(files: &[TrackedFile]) -> Vec<String> {
        check(files).into_iter().map(|violation| violation.message).collect()
    }

    fn with_tests(tests: &str) -> TrackedFile {
        let rule = "const THP: Rule = Rule { code: \"mem.thp\", title: \"\" };\n";
        file(PATH, &format!("{rule}#[cfg(test)] mod tests {{ {tests} }}"))
    }

    const FIRES: &str = "fn a() { check(\"mem.thp\", &files(), &[\"mem.thp\"]); }";
    const CLEARS: &str = "fn b() { check(\"mem.thp\", &files(), &[]); }";

    #[test]
    fn a_code_needs_a_test_that_expects_it_and_one_that_does_not() {
        assert!(messages(&[with_tests(&format!("{FIRES} {CLEARS}"))]).is_empty());
        assert!(messages(&[with_tests(FIRES)]).iter().all(|message| message.contains("nearly mem.thp")));
        assert!(messages(&[with_tests(CLEARS)]).iter().all(|message| message.contains("expects mem.thp")));
        assert_eq!([FIRES, CLEARS, ""].map(|tests| messages(&[with_tests(tests)]).len()), [1, 1, 1]);
    }

    #[test]
    fn expectations_may_stand_in_a_table_of_the_same_test() {
        let table = "fn a() { for (file, codes) in [(1, &[\"mem.thp\"][..]), (2, &[])] { check(\"mem\", &file, codes); } }";
        assert!(messages(&[with_tests(table)]).is_empty());
    }

    #[test]
    fn a_whole_room_that_is_silent_clears_no_code() {
        let silent = "fn b() { check(\"mem\", &files(), &[]); }";
        assert_eq!(messages(&[with_tests(&format!("{FIRES} {silent}"))]).len(), 1);
    }

    #[test]
    fn another_code_and_a_code_that_nothing_asks_for_count_for_nothing() {
        let other = "fn a() { check(\"mem\", &files(), &[\"mem.thp_other\"]); }";
        let unasked = "fn a() { let codes = &[\"mem.thp\"]; }";
        assert_eq!([other, unasked].map(|tests| messages(&[with_tests(tests)]).len()), [1, 1]);
    }

    #[test]
    fn tests_of_another_rule_do_not_count_and_those_of_its_folder_do() {
        let rule = file(PATH, "const THP: Rule = Rule { code: \"mem.thp\" };");
        let tests = format!("{FIRES} {CLEARS}");
        let beside = file("analyzer-core/src/detectors/memory/thp/tests.rs", &tests);
        let elsewhere = file("analyzer-core/src/detectors/memory/swap.rs", &tests);
        assert!(messages(&[rule.clone(), beside]).is_empty());
        assert_eq!(messages(&[rule, elsewhere]).len(), 1);
    }

    #[test]
    fn the_catalog_of_goroutines_is_tested_with_its_detector() {
        let catalog = file(ELSEWHERE[0].0, "Rule { code: \"goroutine.a\" }");
        let tests =
            "fn a() { check(\"goroutine\", &x(), &[\"goroutine.a\"]); check(\"goroutine\", &y(), &[]); }";
        let tests = file("analyzer-core/src/detectors/goroutine/leak/tests.rs", tests);
        assert!(messages(&[catalog.clone(), tests]).is_empty());
        assert_eq!(messages(&[catalog]).len(), 1);
    }
}
