//! Numbers change their type in `base`, where each way is named and tested:
//! an `as` elsewhere could cut a file offset to 32 bits in the browser alone.

use super::{TrackedFile, Violation, tokens};

const ENGINE: &str = "analyzer-core/src/";
const BASE: &str = "analyzer-core/src/base/";
const NUMBERS: [&str; 14] =
    ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];

/// Finds `as` with a number type in the engine, outside `base` and tests.
pub fn check(files: &[TrackedFile]) -> impl Iterator<Item = Violation> {
    files.iter().filter(|file| is_covered(file)).flat_map(|file| {
        let tokens = tokens::without_tests(file.text_if(".rs").unwrap_or_default());
        let casts = tokens
            .windows(2)
            .filter(|pair| pair[0].text == "as" && NUMBERS.contains(&pair[1].text.as_str()))
            .map(|pair| {
                let message = format!("`as {}`: use the conversions of base/convert.rs", pair[1].text);
                Violation::new(file, pair[0].line, message)
            });
        casts.collect::<Vec<_>>()
    })
}

fn is_covered(file: &TrackedFile) -> bool {
    file.path.starts_with(ENGINE) && !file.path.starts_with(BASE) && !file.holds_tests()
}

#[cfg(test)]
mod tests {
    use super::super::{file, lines};
    use super::*;

    #[test]
    fn a_cast_in_the_engine_is_found() {
        let source = "use a::b as c; // as u64\nlet x = y as u64;";
        assert_eq!(lines(check(&[file("analyzer-core/src/formats/smaps.rs", source)])), [2]);
    }

    #[test]
    fn base_and_tests_may_cast() {
        let source = "let x = y as u64;";
        let test = "#[cfg(test)] mod tests { fn f() { let x = y as u64; } }";
        assert!(lines(check(&[file("analyzer-core/src/base/convert.rs", source)])).is_empty());
        assert!(lines(check(&[file("analyzer-core/src/formats/smaps.rs", test)])).is_empty());
        assert!(lines(check(&[file("web-app/src/app.rs", source)])).is_empty());
    }
}
