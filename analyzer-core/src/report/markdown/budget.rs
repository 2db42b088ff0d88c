//! Fitting the report into a number of characters, for readers that take no more.

use std::collections::BTreeMap;

/// A part of the text, which comes whole or not at all.
pub(super) struct Part {
    /// Lower ones are kept first.
    pub rank: usize,
    pub what: What,
    pub text: String,
}

/// What a part is, for the line that says what was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Verdict,
    Finding,
    Table(&'static str),
    Foot,
}

/// Characters that the line about what was left out may take.
const NOTE: usize = 240;

pub(super) fn whole(parts: &[Part]) -> String {
    parts.iter().map(|part| part.text.as_str()).collect()
}

pub(super) fn within(parts: &[Part], characters: usize) -> String {
    let count = |text: &str| text.chars().count();
    let all = whole(parts);
    if count(&all) <= characters {
        return all;
    }
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&index| parts.get(index).map(|part| part.rank));
    let mut left = characters.saturating_sub(NOTE);
    let mut is_kept = vec![false; parts.len()];
    let mut left_out: BTreeMap<What, usize> = BTreeMap::new();
    for index in order {
        let (Some(part), Some(is_kept)) = (parts.get(index), is_kept.get_mut(index)) else { continue };
        let size = count(&part.text);
        // After a finding that does not fit no later one comes: that order is one of weight.
        let is_after_gap = part.what == What::Finding && left_out.contains_key(&What::Finding);
        *is_kept = part.what == What::Verdict || (size <= left && !is_after_gap);
        if *is_kept {
            left = left.saturating_sub(size);
        } else {
            *left_out.entry(part.what).or_default() += 1;
        }
    }
    let kept = parts.iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept);
    let mut text: String = kept.map(|(part, _)| part.text.as_str()).collect();
    let names: Vec<String> = left_out.iter().filter_map(|(what, count)| name(*what, *count)).collect();
    text.push_str(&format!("\nOmitted for length: {}.\n", names.join(", ")));
    text
}

fn name(what: What, count: usize) -> Option<String> {
    match what {
        What::Finding if count == 1 => Some("1 finding".to_owned()),
        What::Finding => Some(format!("{count} findings")),
        What::Table(name) => Some(name.to_owned()),
        What::Verdict | What::Foot => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(rank: usize, what: What, size: usize) -> Part {
        Part { rank, what, text: format!("{}\n", "x".repeat(size - 1)) }
    }

    fn parts() -> Vec<Part> {
        vec![
            part(0, What::Verdict, 100),
            part(10, What::Finding, 300),
            part(11, What::Finding, 300),
            part(12, What::Finding, 10),
            part(20, What::Table("the memory ledger"), 400),
            part(2, What::Foot, 10),
        ]
    }

    #[test]
    fn what_fits_is_whole() {
        let parts = parts();
        assert_eq!(within(&parts, 1120), whole(&parts));
        assert_ne!(within(&parts, 1119), whole(&parts));
    }

    #[test]
    fn findings_go_from_the_least_and_the_rest_is_said() {
        let text = within(&parts(), 700);
        assert!(text.len() <= 700, "{}", text.len());
        assert!(text.ends_with("\nOmitted for length: 2 findings, the memory ledger.\n"), "{text}");
    }

    #[test]
    fn the_verdict_comes_however_short_the_budget() {
        let text = within(&parts(), 1);
        assert!(text.starts_with("xxx") && text.contains("3 findings"), "{text}");
    }
}
