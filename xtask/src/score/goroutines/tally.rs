//! Sums and tables.

use std::collections::BTreeMap;

use super::case::Outcome;

/// Outcomes of one kind of input.
#[derive(Default)]
pub struct Tally {
    outcomes: Vec<Outcome>,
}

impl Tally {
    /// Adds one case.
    pub fn add(&mut self, outcome: &Outcome) {
        self.outcomes.push(outcome.clone());
    }

    fn sum(&self, count: impl Fn(&Outcome) -> usize) -> usize {
        self.outcomes.iter().map(count).sum()
    }
}

fn share(part: usize, whole: usize) -> String {
    // Counts of cases are small: the division is exact enough for two digits.
    match (u32::try_from(part), u32::try_from(whole)) {
        (Ok(part), Ok(whole)) if whole > 0 => format!("{:.3}", f64::from(part) / f64::from(whole)),
        _ => "-".to_owned(),
    }
}

/// One line for each kind of input and version.
pub fn print_inputs(by_input: &[(String, Tally)]) {
    println!(
        "{:<38} {:>5} {:>5} {:>5}  {:>6} {:>6}  {:>11} {:>9} {:>9} {:>11} {:>8}",
        "input and version",
        "TP",
        "FP",
        "FN",
        "prec",
        "recall",
        "cases found",
        "clean neg",
        "kind ok",
        "suspects",
        "findings"
    );
    let mut all: BTreeMap<&str, Tally> = BTreeMap::new();
    for (name, tally) in by_input {
        print_input(name, tally);
        let input = name.get(..22).unwrap_or(name).trim_end();
        let sum = all.entry(input).or_default();
        sum.outcomes.extend(tally.outcomes.iter().cloned());
    }
    println!();
    for (name, tally) in &all {
        print_input(name, tally);
    }
}

fn print_input(name: &str, tally: &Tally) {
    let (hits, wrong, misses) =
        (tally.sum(|o| o.hits.len()), tally.sum(|o| o.wrong.len()), tally.sum(|o| o.misses.len()));
    let positive = tally.sum(|o| usize::from(o.is_positive));
    let found = tally.sum(|o| usize::from(o.is_positive && !o.hits.is_empty()));
    let negative = tally.outcomes.len() - positive;
    let clean = tally.sum(|o| usize::from(!o.is_positive && o.wrong.is_empty() && o.findings == 0));
    let right = tally.sum(|o| o.hits.iter().filter(|(kind, rule)| kind == rule).count());
    println!(
        "{name:<38} {hits:>5} {wrong:>5} {misses:>5}  {:>6} {:>6}  {:>11} {:>9} {:>9} {:>11} {:>8}",
        share(hits, hits + wrong),
        share(hits, hits + misses),
        format!("{found}/{positive}"),
        format!("{clean}/{negative}"),
        share(right, hits),
        format!("{}+{}-", tally.sum(|o| o.suspects.0), tally.sum(|o| o.suspects.1)),
        tally.sum(|o| o.findings),
    );
}

/// One line for each label, for three `debug=2` dumps.
pub fn print_rules(tally: &Tally) {
    let mut rules: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for outcome in &tally.outcomes {
        for (kind, rule) in &outcome.hits {
            let row = rules.entry(kind).or_default();
            row[0] += 1;
            row[3] += usize::from(kind == rule);
        }
        for (kind, _) in &outcome.misses {
            rules.entry(kind).or_default()[1] += 1;
        }
        for (rule, _) in &outcome.wrong {
            rules.entry(rule).or_default()[2] += 1;
        }
    }
    if rules.is_empty() {
        return;
    }
    println!(
        "\n{:<30} {:>5} {:>5} {:>5} {:>6} {:>6} {:>8}",
        "kind (3 debug=2)", "TP", "FN", "FP", "prec", "recall", "kind ok"
    );
    for (kind, [hits, misses, wrong, right]) in rules {
        println!(
            "{kind:<30} {hits:>5} {misses:>5} {wrong:>5} {:>6} {:>6} {:>8}",
            share(hits, hits + wrong),
            share(hits, hits + misses),
            share(right, hits)
        );
    }
}

/// Every wrong answer, and every miss.
pub fn print_misses(by_input: &[(String, Tally)], verbose: bool) {
    for (name, tally) in by_input {
        for outcome in &tally.outcomes {
            for (rule, place) in &outcome.wrong {
                println!("WRONG  {name}  {}: {rule} at {place}", outcome.name);
            }
            for place in outcome.suspected.iter().filter(|_| verbose) {
                println!("SUSPECT {name}  {}: {place}", outcome.name);
            }
            if !outcome.is_positive && outcome.findings > 0 {
                println!("FINDS  {name}  {}: {} findings in a negative case", outcome.name, outcome.findings);
            }
            for (kind, place) in &outcome.misses {
                println!("MISS   {name}  {}: {kind} at {place}", outcome.name);
            }
            for (kind, rule) in outcome.hits.iter().filter(|(kind, rule)| verbose && kind != rule) {
                println!("NAMED  {name}  {}: {kind} as {rule}", outcome.name);
            }
        }
    }
}
