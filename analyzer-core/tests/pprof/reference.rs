//! Every stored output of `go tool pprof`, line by line.

use std::collections::BTreeMap;

use analyzer_core::analysis::profile::{
    Base, Granularity, Nodes, Order, Query, View, labels, peek, peek_text, scaled_label, top, top_text,
};
use analyzer_core::base::source::SourceId;

use crate::support::{Loaded, fixture, fixtures, load_into};

/// A run of the tool: what it was asked, and what it printed.
struct Run {
    arguments: String,
    output: String,
}

fn runs(file: &str) -> Vec<Run> {
    let text = std::fs::read_to_string(fixtures().join("reference").join(file)).unwrap();
    let runs: Vec<_> = text
        .strip_prefix("$ ")
        .unwrap()
        .split("\n$ ")
        .map(|section| {
            let (arguments, output) = section.split_once('\n').unwrap();
            Run { arguments: arguments.to_owned(), output: output.trim_end().to_owned() }
        })
        .collect();
    assert!(runs.len() >= 10, "{file} has {} runs", runs.len());
    runs
}

/// What the arguments of a run ask for.
struct Asked {
    loaded: Loaded,
    query: Query,
    order: Order,
    unit: Option<String>,
    peek: Option<Nodes>,
}

impl Asked {
    /// What we print as a table, or as callers and callees.
    fn text(&self) -> String {
        let view = View::new(&self.loaded.evidence, &self.query).unwrap();
        let top = top(&view, self.order);
        match &self.peek {
            None => top_text(&top, 0, self.unit.as_deref()),
            Some(nodes) => peek_text(&top, &peek(&view, &top, nodes).unwrap(), self.unit.as_deref()),
        }
    }

    /// What each value of each label comes to.
    fn tags(&self) -> BTreeMap<String, i64> {
        let view = View::new(&self.loaded.evidence, &self.query).unwrap();
        let mut tags = BTreeMap::new();
        for key in labels(&self.loaded.evidence, &view).keys {
            // pprof knows no label without a value; we show those that the file has.
            let known = key.text.iter().zip(&key.amount.0).filter(|(text, _)| *text != "(empty or 0)");
            for (text, amount) in known {
                *tags.entry(format!("{}: {text}", key.key)).or_default() += amount;
            }
        }
        tags
    }
}

fn asked(arguments: &str) -> Asked {
    let name = arguments.rsplit(' ').next().unwrap();
    let mut loaded: Loaded = fixture(name.trim_end_matches(".pb.gz"));
    let mut query = Query::new(SourceId(0));
    let (mut order, mut unit, mut peek, mut is_normalized) = (Order::Flat, None, None, false);
    for argument in arguments.split(' ').rev().skip(1) {
        let (option, value) = argument.split_once('=').unwrap_or((argument, ""));
        let text = Some(value.to_owned());
        let filters = &mut query.filters;
        match option {
            "-top" | "-tags" => {}
            "-peek" => peek = text.map(Nodes::Matching),
            "-cum" => order = Order::Cum,
            "-unit" => unit = text,
            "-sample_index" => query.sample_type = text,
            "-functions" => query.granularity = Granularity::Functions,
            "-filefunctions" => query.granularity = Granularity::FileFunctions,
            "-files" => query.granularity = Granularity::Files,
            "-lines" => query.granularity = Granularity::Lines,
            "-addresses" => query.granularity = Granularity::Addresses,
            "-noinlines" => query.without_inlines = true,
            "-normalize" => is_normalized = true,
            "-base" | "-diff_base" => {
                load_into(&mut loaded, &fixtures().join(value));
                let is_subtracted = option == "-base";
                query.base = Some(Base { source: SourceId(1), is_subtracted, is_normalized: false });
            }
            filter => match filters.get_mut(filter.trim_start_matches('-')) {
                Some(place) => *place = text,
                None => panic!("{argument}"),
            },
        }
    }
    if let Some(base) = &mut query.base {
        base.is_normalized = is_normalized;
    }
    Asked { loaded, query, order, unit, peek }
}

fn compare(file: &str) {
    for run in runs(file) {
        let (ours, theirs) = (rows(&asked(&run.arguments).text()), rows(&run.output));
        for (row, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "{}, row {}", run.arguments, row + 1);
        }
        assert_eq!(ours.len(), theirs.len(), "{}", run.arguments);
    }
}

/// The lines of a table. pprof leaves the order of rows with one name and one
/// first amount to chance (`comparePrintableName` calls them unequal and neither
/// less); such rows are put in order here.
fn rows(table: &str) -> Vec<String> {
    let mut lines: Vec<_> = table.lines().map(str::to_owned).collect();
    let columns = |line: &str| {
        let mut rest = line.trim_start();
        let mut columns = Vec::new();
        for _ in 0..5 {
            let (column, more) = rest.split_once(' ').unwrap_or((rest, ""));
            columns.push(column.to_owned());
            rest = more.trim_start();
        }
        columns.push(rest.to_owned());
        columns
    };
    let head = lines.iter().position(|line| line.trim_start().starts_with("flat ")).unwrap() + 1;
    let mut rows: Vec<_> = lines.split_off(head).iter().map(|line| columns(line)).collect();
    let name = |row: &Vec<String>| row[5].replace(" (inline)", "").replace(" (partial-inline)", "");
    for group in rows.chunk_by_mut(|a, b| name(a) == name(b) && (a[0] == b[0] || a[3] == b[3])) {
        let sums: Vec<_> = group.iter().map(|row| row[2].clone()).collect();
        group.sort_by_key(|row| [&row[0], &row[3], &row[5]].map(String::clone));
        for (row, sum) in group.iter_mut().zip(sums) {
            row[2] = sum;
        }
    }
    lines.extend(rows.iter().map(|row| row.join(" ")));
    lines
}

#[test]
fn top_of_every_sample_type_is_that_of_go_tool_pprof() {
    compare("top.txt");
}

#[test]
fn order_and_granularity_are_those_of_go_tool_pprof() {
    compare("options.txt");
}

#[test]
fn filters_on_frames_are_those_of_go_tool_pprof() {
    compare("filters.txt");
}

#[test]
fn filters_and_frames_of_labels_are_those_of_go_tool_pprof() {
    compare("labels.txt");
}

#[test]
fn differences_are_those_of_go_tool_pprof() {
    compare("diff.txt");
}

#[test]
fn callers_and_callees_are_those_of_go_tool_pprof() {
    for run in runs("peek.txt") {
        let ours = asked(&run.arguments).text();
        for (row, (ours, theirs)) in ours.lines().zip(run.output.lines()).enumerate() {
            assert_eq!(ours, theirs, "{}, line {}", run.arguments, row + 1);
        }
        assert_eq!(ours.lines().count(), run.output.lines().count(), "{}", run.arguments);
    }
}

#[test]
fn labels_come_to_what_go_tool_pprof_says() {
    for run in runs("tags.txt") {
        let asked = asked(&run.arguments);
        let unit = asked.unit.clone().unwrap();
        let ours: BTreeMap<_, _> =
            asked.tags().into_iter().map(|(tag, amount)| (tag, scaled_label(amount, &unit, &unit))).collect();
        assert_eq!(ours, tags(&run.output), "{}", run.arguments);
    }
}

/// `key: value` and its amount, from blocks of a key and its values.
fn tags(output: &str) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let mut key = "";
    for line in output.lines().filter(|line| !line.trim().is_empty()) {
        match line.trim().split_once(": Total ") {
            Some((name, _)) => key = name,
            None => match line.trim().split_once(" (") {
                Some((amount, value)) => {
                    let (_, value) = value.split_once("): ").unwrap();
                    tags.insert(format!("{key}: {}", value.trim_start()), amount.to_owned());
                }
                // The second line of the fixture's one value with two.
                None => {
                    let amount = tags.remove("nl: x").unwrap();
                    tags.insert(format!("nl: x\n{}", line.trim()), amount);
                }
            },
        }
    }
    // pprof's own mark on the samples of a base.
    tags.remove("pprof::base: true");
    tags
}
