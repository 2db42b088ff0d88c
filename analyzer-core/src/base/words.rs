//! One and many in texts.

/// `1 line is`, `2 lines are`: a number and the words that go with it.
pub fn one_or_many(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A text that speaks of one thing as of many: `1 lines`, of the nouns that texts count most.
#[cfg(test)]
pub fn one_of_many(text: &str) -> Option<&str> {
    const MANY: [&str; 24] = [
        "bytes",
        "captures",
        "connections",
        "containers",
        "cycles",
        "descriptors",
        "dumps",
        "entries",
        "events",
        "files",
        "findings",
        "frames",
        "goroutines",
        "groups",
        "lines",
        "mappings",
        "others",
        "places",
        "processes",
        "rows",
        "samples",
        "stacks",
        "threads",
        "times",
    ];
    let is_alone = |before: &str| before.chars().next_back().is_none_or(|c| c == ' ' || c == '(');
    text.match_indices("1 ").find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let word = rest.get(2..)?.split(|c: char| !c.is_alphabetic()).next()?;
        (is_alone(text.get(..at)?) && MANY.contains(&word)).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_none_and_two_are_plural() {
        let told = [0_usize, 1, 2].map(|number| one_or_many(number, "line is cut", "lines are cut"));
        assert_eq!(told, ["0 lines are cut", "1 line is cut", "2 lines are cut"]);
    }

    #[test]
    fn one_of_many_is_found_as_a_number_of_its_own_only() {
        assert_eq!(one_of_many("It has 1 lines (2 files)"), Some("1 lines (2 files)"));
        for text in ["1 line", "21 lines", "0.1 lines", "t1 lines", "1 of 2 lines", ""] {
            assert_eq!(one_of_many(text), None, "{text}");
        }
    }
}
