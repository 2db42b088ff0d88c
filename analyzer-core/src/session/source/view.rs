//! A function of the program: its source, what each line costs, and who waits at it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{File, Sources, of_another_version, shortened};
use crate::analysis::profile::{FunctionLines, LineCall, ListedFunction};
use crate::base::convert::{to_u32, to_u64, to_usize};
use crate::base::limits;
use crate::base::source::SourceId;
use crate::base::source_map::fits;
use crate::evidence::Evidence;
use crate::report::plain_text::visible;
use crate::report::{Goroutines, StackFrame};
use crate::session::ingest::Texts;
use crate::session::question::Source;

/// Characters of a line: what stands beyond is no code that people write.
const LINE_CHARACTERS: usize = 400;
/// Lines that are looked at to tell another version of the source: each costs a walk up to its function.
const FITTED: usize = 50;
/// Lines before and after a place whose function is not known.
const MARGIN: usize = 5;

/// A function beside its source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceView {
    /// The function.
    pub function: String,
    /// Its file: as it was dropped, else as the capture names it.
    pub file: String,
    /// The dropped file; `None` if none fits.
    pub source: Option<SourceId>,
    /// Why there is no text: no file fits, several do, or it is of another version.
    pub note: Option<String>,
    /// The number of the first line of `text`, from 1.
    pub first: u32,
    /// The function's lines, tabs as four spaces.
    pub text: Vec<String>,
    /// True if there are more lines than can be shown.
    pub is_cut: bool,
    /// What the profile counts; empty without a profile.
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of.
    pub total: i64,
    /// The sum over the lines of what they cost themselves.
    pub flat: i64,
    /// The sum over the lines of what they cost with all they call: as `go tool pprof -list` adds up.
    pub cum: i64,
    /// Lines with a cost or with goroutines, in order.
    pub lines: Vec<SourceLine>,
    /// Who calls the function, the largest amount first.
    pub callers: Vec<LineCall>,
    /// Other files with a function of this name in the profile.
    pub others: Vec<String>,
}

/// What is known of a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    /// Its number, from 1.
    pub line: u32,
    /// What it costs itself.
    pub flat: i64,
    /// What it costs with all it calls.
    pub cum: i64,
    /// Whom it calls, the largest amount first.
    pub calls: Vec<LineCall>,
    /// Goroutines whose stacks are at it.
    pub waiting: Vec<Waiting>,
}

/// Goroutines of one group at a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The group's id.
    pub group: String,
    /// Their state ("chan receive").
    pub state: String,
    /// How many the last dump has.
    pub count: u64,
    /// True if the line is the first one of the stack that is not the runtime's or the standard library's.
    pub is_innermost: bool,
}

/// The view of a function. `lines` are what a profile says of it.
pub(in crate::session) fn view(
    evidence: &Evidence,
    texts: &Texts,
    goroutines: Option<&Goroutines>,
    lines: Option<FunctionLines>,
    asked: &Source,
) -> SourceView {
    let mut view = SourceView { function: asked.function.clone(), ..SourceView::default() };
    let mut by_line: BTreeMap<u32, SourceLine> = BTreeMap::new();
    let mut listed = ListedFunction::default();
    if let Some(lines) = lines {
        (view.sample_type, view.unit, view.total) = (lines.sample_type, lines.unit, lines.total);
        let mut functions = lines.functions;
        let is_asked = |function: &ListedFunction| Some(&function.file) == asked.file.as_ref();
        let at = functions.iter().position(is_asked).unwrap_or(0);
        if at < functions.len() {
            listed = functions.swap_remove(at);
        }
        view.others = functions.into_iter().map(|function| function.file).collect();
        view.callers = lines.callers;
        add_costs(&mut by_line, &listed, lines.callees);
    }
    (view.flat, view.cum) = (listed.flat, listed.cum);
    let groups = goroutines.map(|all| all.groups.as_slice()).unwrap_or_default();
    let mut named = Some(listed.file.clone()).filter(|file| !file.is_empty());
    for group in groups {
        for (frame, line, is_innermost) in frames_of(&group.stack, &asked.function) {
            named = named.or_else(|| frame.file.clone());
            let row = by_line.entry(line).or_default();
            let count = group.counts.last().copied().unwrap_or(0);
            if count > 0 && row.waiting.iter().all(|other| other.group != group.id) {
                row.waiting.push(Waiting {
                    group: group.id.clone(),
                    state: group.state.clone(),
                    count,
                    is_innermost,
                });
            }
        }
    }
    for (line, row) in &mut by_line {
        row.line = *line;
    }
    let file = named.or_else(|| asked.file.clone()).unwrap_or_default();
    let numbers: Vec<usize> =
        by_line.keys().chain(&asked.line).filter_map(|&line| to_usize(line.into())).collect();
    add_text(&mut view, evidence, texts, &file, &numbers, to_usize_or_zero(listed.start));
    view.lines = by_line.into_values().filter(|row| row.line > 0).collect();
    view.file = visible(&view.file).into_owned();
    view
}

fn to_usize_or_zero(line: i64) -> usize {
    usize::try_from(line).unwrap_or(0)
}

fn add_costs(by_line: &mut BTreeMap<u32, SourceLine>, listed: &ListedFunction, callees: Vec<LineCall>) {
    let number = |line: i64| u32::try_from(line).unwrap_or(0);
    for cost in &listed.lines {
        let row = by_line.entry(number(cost.line)).or_default();
        (row.flat, row.cum) = (cost.flat, cost.cum);
    }
    for call in callees {
        if let Some(row) = by_line.get_mut(&number(call.line)) {
            row.calls.push(call);
        }
    }
}

/// The frames of a stack that are of a function, with their lines; the innermost of the program's
/// own is marked.
fn frames_of<'s>(
    stack: &'s [StackFrame],
    function: &'s str,
) -> impl Iterator<Item = (&'s StackFrame, u32, bool)> + 's {
    let own = stack.iter().position(|frame| frame.origin < crate::base::go_symbol::Origin::Standard);
    let is_meant = move |frame: &StackFrame| without_types(&frame.function) == without_types(function);
    stack.iter().enumerate().filter_map(move |(at, frame)| {
        let line = frame.line.filter(|_| is_meant(frame))?;
        Some((frame, line, own == Some(at)))
    })
}

/// A name without its type arguments: dumps and profiles shorten them differently.
fn without_types(name: &str) -> String {
    let mut depth = 0_u32;
    let is_outside = |character: &char| {
        let was = depth;
        match character {
            '[' => depth = depth.saturating_add(1),
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        was == 0 && depth == 0
    };
    name.chars().filter(is_outside).collect()
}

/// The function's text, or why there is none.
fn add_text(
    view: &mut SourceView,
    evidence: &Evidence,
    texts: &Texts,
    file: &str,
    numbers: &[usize],
    start: usize,
) {
    file.clone_into(&mut view.file);
    let found = Sources::new(evidence, texts).map_or(File::Missing, |sources| match sources.find(file) {
        File::One(source, path) if sources.text(source).is_none() => {
            File::Several(format!("The contents of {path} are not available."))
        }
        found => found,
    });
    let source = match found {
        File::One(source, path) => {
            view.file = path;
            source
        }
        File::Several(which) => {
            view.note = Some(which);
            return;
        }
        File::Missing => return,
    };
    view.source = Some(source);
    let Some(text) = texts.get(source).and_then(Option::as_ref) else { return };
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    let misfit = numbers.iter().take(FITTED).find(|&&line| line > 0 && !fits(&lines, &view.function, line));
    if let Some(&line) = misfit {
        view.note = Some(of_another_version(to_u64(line), &view.function));
        return;
    }
    let (first, last) = extent(&lines, numbers, start);
    let shown = (last + 1).saturating_sub(first).min(limits::SOURCE_VIEW_LINES);
    view.is_cut = first + shown <= last;
    view.first = to_u32(first);
    let taken = lines.iter().skip(first.saturating_sub(1)).take(shown);
    view.text = taken.map(|line| shortened(line, LINE_CHARACTERS)).collect();
}

/// The first and the last line of the function that has these lines, from 1.
fn extent(lines: &[&str], numbers: &[usize], start: usize) -> (usize, usize) {
    let numbers = || numbers.iter().copied().filter(|&line| line > 0 && line <= lines.len());
    let lowest = numbers().min().unwrap_or(start.clamp(1, lines.len().max(1)));
    let highest = numbers().max().unwrap_or(lowest);
    let at = |line: usize| lines.get(line - 1).copied().unwrap_or_default();
    let head = (1..=lowest).rev().find(|&line| at(line).starts_with("func "));
    let known = Some(start).filter(|&start| start > 0 && start <= lowest);
    let Some(first) = known.or(head) else {
        return (lowest.saturating_sub(MARGIN).max(1), (highest + MARGIN).min(lines.len()));
    };
    // What gofmt leaves: the brace that ends a function is as far to the left as its start.
    let indent = |text: &str| text.len() - text.trim_start().len();
    let left = indent(at(first));
    let is_whole = at(first).trim_end().ends_with('}');
    let ends = |&line: &usize| indent(at(line)) <= left && at(line).trim_start().starts_with('}');
    let end = if is_whole { Some(first) } else { (first + 1..=lines.len()).find(ends) };
    (first, end.unwrap_or(highest + MARGIN).max(highest).min(lines.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Query, Session};

    const CODE: &str = "package a\n\nfunc one() int { return 1 }\n\nfunc two() {\n\tgo func() {\n\t\tone()\n\t}()\n\tone()\n}\n\nvar x = f()\n";

    fn of(numbers: &[usize], start: usize) -> (usize, usize) {
        extent(&CODE.lines().collect::<Vec<_>>(), numbers, start)
    }

    #[test]
    fn a_function_ends_at_its_brace() {
        assert_eq!([of(&[3], 3), of(&[9], 5), of(&[7], 6), of(&[9], 0)], [(3, 3), (5, 10), (6, 8), (5, 10)]);
        assert_eq!(of(&[], 5), (5, 10), "without a cost its start is enough");
    }

    #[test]
    fn type_arguments_are_no_part_of_a_name() {
        assert_eq!(without_types("a.(*Ring[go.shape.struct { X []int }]).Put"), "a.(*Ring).Put");
        assert_eq!(without_types("a.(*Ring[...]).Put"), without_types("a.(*Ring[int]).Put"));
    }

    const MILL: [(&str, &[u8]); 4] = [
        ("cpu.pb.gz", include_bytes!("../../../tests/fixtures/pprof/list/cpu.pb.gz")),
        ("src/go.mod", include_bytes!("../../../tests/fixtures/pprof/list/mill/go.mod")),
        ("src/main.go", include_bytes!("../../../tests/fixtures/pprof/list/mill/main.go")),
        ("src/grind/grind.go", include_bytes!("../../../tests/fixtures/pprof/list/mill/grind/grind.go")),
    ];

    fn asked(files: &[(&str, &[u8])], function: &str) -> SourceView {
        let mut session = Session::default();
        for (path, bytes) in files {
            session.add(path, bytes.to_vec());
        }
        let query = session.profile_sources().first().map(|&source| Query::new(source));
        let (function, file) = (function.to_owned(), None);
        session.ask(Source { query, function, file, line: None }).unwrap()
    }

    #[test]
    fn what_a_line_costs_is_its_own_and_that_of_its_calls() {
        let view = asked(&MILL, "example.com/mill/grind.Flour");
        assert_eq!((view.file.as_str(), view.note.as_deref()), ("src/grind/grind.go", None));
        assert_eq!(view.text.first().map(String::as_str), Some("func Flour(words []string) string {"));
        assert_eq!(view.text.last().map(String::as_str), Some("}"));
        assert!(view.lines.len() >= 3, "{:?}", view.lines);
        for line in &view.lines {
            let calls: i64 = line.calls.iter().map(|call| call.amount).sum();
            assert_eq!(line.flat + calls, line.cum, "{line:?}");
        }
        let inlined: Vec<&LineCall> =
            view.lines.iter().flat_map(|line| &line.calls).filter(|call| call.is_inlined).collect();
        let written = inlined.iter().find(|call| call.function == "strings.(*Builder).WriteString");
        assert_eq!(written.map(|call| (call.line, call.other_line)), Some((26, 114)), "{inlined:?}");
        assert_eq!(view.callers.first().map(|call| call.function.as_str()), Some("main.main.func1"));
        assert_eq!(view.callers.iter().map(|call| call.amount).sum::<i64>(), view.cum);
    }

    #[test]
    fn without_the_source_costs_stand_alone_and_a_wrong_one_is_said() {
        let alone = asked(&MILL[..1], "example.com/mill/grind.Flour");
        assert!(alone.text.is_empty() && alone.source.is_none() && !alone.lines.is_empty());
        assert_eq!(alone.file, "example.com/mill/grind/grind.go");
        let other: &[u8] = b"package grind\n\nfunc Meal() {\n}\n";
        let wrong = asked(&[MILL[0], MILL[1], ("src/grind/grind.go", other)], "example.com/mill/grind.Flour");
        assert!(
            wrong
                .note
                .as_deref()
                .unwrap_or_default()
                .starts_with("This source file is a different version: line 2")
        );
        assert!(wrong.text.is_empty() && !wrong.lines.is_empty());
        let twice =
            asked(&[MILL[0], ("a/grind.go", other), ("b/grind.go", other)], "example.com/mill/grind.Flour");
        assert_eq!(twice.note.as_deref(), Some("Several files match: a/grind.go, b/grind.go."));
    }

    #[test]
    fn goroutines_stand_at_the_lines_of_their_stacks() {
        let dump = "goroutine 7 [chan receive, 3 minutes]:\nexample.com/mill/grind.Flour(...)\n\texample.com/mill/grind/grind.go:25 +0x2d\nmain.main()\n\texample.com/mill/main.go:30 +0x2d\n\ngoroutine 8 [chan receive, 3 minutes]:\nexample.com/mill/grind.Flour(...)\n\texample.com/mill/grind/grind.go:25 +0x2d\nmain.main()\n\texample.com/mill/main.go:30 +0x2d\n";
        let files = [("goroutine.txt", dump.as_bytes()), MILL[1], MILL[3]];
        let view = asked(&files, "example.com/mill/grind.Flour");
        let waiting: Vec<_> = view.lines.iter().flat_map(|line| &line.waiting).collect();
        assert_eq!(view.lines.iter().map(|line| line.line).collect::<Vec<_>>(), [25]);
        assert_eq!((waiting.len(), waiting[0].count, waiting[0].is_innermost), (1, 2, true));
        assert_eq!(view.text.len(), 9);
    }
}
