//! Lines of `GODEBUG=gctrace=1` and `scavtrace=1`, wherever they stand in a log.
//!
//! Spec: runtime/mgc.go (the print at the end of `gcMarkTermination`) and
//! runtime/mgcscavenge.go (`printScavTrace`), Go 1.18 to 1.27; earlier lines
//! lack stacks and globals. Producers tested: Go 1.21 to 1.27.
//!
//! The runtime prints a line in pieces, so that other writers of the same
//! stderr can break into it: such a line is counted and skipped. Any input is
//! safe: each line is looked at once.

use super::redaction::{Marks, Vocabulary};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::convert::rounded_i64;
use crate::base::error::ParseError;
use crate::base::limits::GC_LINES;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position, SourceId};
use crate::base::units::{Bytes, Nanos};
use crate::evidence::Evidence;
use crate::evidence::gc::{GcCycle, Scavenge};

/// The formats of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "gctrace",
    label: "garbage collection trace (GODEBUG=gctrace=1)",
    content: Content::Lines,
    sniff,
    parse,
    secrets,
}];

fn sniff(probe: &Probe<'_>) -> Sniff {
    let found = Lines::new(probe.head()).any(|line| starts_like_gc(line.bytes).is_some());
    if found { Sniff::ByContent } else { Sniff::No }
}

/// Parses every trace line of a log; what else is in it is not looked at.
/// # Errors
/// None for a file that was recognized.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    for line in Lines::new(input.bytes) {
        let Some(start) = starts_like_gc(line.bytes) else { continue };
        let text = line.bytes.get(start..).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("");
        let at = line.position();
        if evidence.gc.cycles.len() + evidence.gc.scavenges.len() >= GC_LINES {
            facts.is_partial = true;
            facts.notes.data_loss(
                "too-many-lines",
                Some(at),
                format!("There are more than {GC_LINES} trace lines; the rest is ignored."),
            );
            break;
        }
        if let Some(cycle) = cycle(text, input.source, at) {
            evidence.gc.cycles.push(cycle);
        } else if let Some(scavenge) = scavenge(text, input.source, at) {
            evidence.gc.scavenges.push(scavenge);
        } else {
            facts.notes.info(
                "broken-line",
                Some(at),
                "Other output broke into a trace line; it was skipped.",
            );
        }
    }
    Ok(())
}

/// Whole trace lines stay; what else is in the log is the service's own.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for line in Lines::new(input.bytes) {
        let Some(rest) = starts_like_gc(line.bytes).and_then(|start| line.bytes.get(start..)) else {
            continue;
        };
        let text = std::str::from_utf8(rest).unwrap_or("");
        let is_whole = cycle(text, input.source, line.position()).is_some()
            || scavenge(text, input.source, line.position()).is_some();
        if is_whole {
            let ends: [&[u8]; 2] = [b" P", b"% util"];
            let end = ends.iter().find_map(|end| Some(memchr::memmem::find(rest, end)? + end.len()));
            let (own, after) = rest.split_at_checked(end.unwrap_or(0)).unwrap_or_default();
            marks.keep_known(own, &WORDS);
            if after.starts_with(b" (forced)") {
                marks.keep(after.get(..9).unwrap_or_default());
            }
            continue;
        }
        // Of a line that another writer broke into, only what it is known by stays.
        if rest.starts_with(b"gc ") {
            marks.keep(rest.get(..memchr::memmem::find(rest, b" @").unwrap_or(0)).unwrap_or_default());
        } else {
            marks.keep(rest.get(..5).unwrap_or_default());
            let work = memchr::memmem::find(rest, b" KiB work").unwrap_or(0);
            marks.keep(rest.get(work..work + 9).unwrap_or_default());
        }
    }
    Ok(())
}

/// The words of a trace line.
static WORDS: Vocabulary = Vocabulary::new(|| {
    "gc s checkmark leak ms clock cpu MB goal stacks globals P forced scav KiB work bg eager now total util"
        .split(' ')
        .map(str::as_bytes)
        .collect()
});

/// Where a trace line starts: at the line's start, or after a log driver's prefix.
pub fn starts_like_gc(line: &[u8]) -> Option<usize> {
    let is_start = |at: usize| {
        at == 0 || line.get(at - 1).is_some_and(|b| matches!(b, b' ' | b'\t' | b'|' | b'"' | b':'))
    };
    let gc = memchr::memmem::find_iter(line, b"gc ").find(|&at| {
        let rest = line.get(at + 3..).unwrap_or(&[]);
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        is_start(at) && digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(b" @"))
    });
    let scav = || {
        memchr::memmem::find(line, b"scav ").filter(|&at| {
            is_start(at) && line.get(at..).is_some_and(|rest| rest.windows(9).any(|w| w == b" KiB work"))
        })
    };
    gc.or_else(scav)
}

/// Takes what stands before `end` from the text.
fn until<'a>(text: &mut &'a str, end: &str) -> Option<&'a str> {
    let (before, after) = text.split_once(end)?;
    *text = after;
    Some(before.trim())
}

fn millis(text: &str) -> Option<Nanos> {
    rounded_i64(text.trim().parse::<f64>().ok()? * 1e6).map(Nanos)
}

fn mib(text: &str) -> Option<Bytes> {
    text.trim().parse::<i64>().ok()?.checked_mul(1 << 20).map(Bytes)
}

/// Reads `gc N @T.TTTs U%: A+B+C ms clock, D+E/F/G+H ms cpu, H0->H1->H2 MB, G MB goal, ...`.
fn cycle(text: &str, source: SourceId, at: Position) -> Option<GcCycle> {
    let mut rest = text.strip_prefix("gc ")?;
    let number = until(&mut rest, " @")?.parse().ok()?;
    let since_start = rounded_i64(until(&mut rest, "s ")?.parse::<f64>().ok()? * 1e9).map(Nanos)?;
    let cpu_percent = until(&mut rest, "%")?.parse().ok()?;
    let checks_leaks = until(&mut rest, ":")?.contains("leak");
    let sweep_stop = millis(until(&mut rest, "+")?)?;
    let mark = millis(until(&mut rest, "+")?)?;
    let mark_stop = millis(until(&mut rest, " ms clock,")?)?;
    let _sweep_cpu = until(&mut rest, "+")?;
    let assist_cpu = millis(until(&mut rest, "/")?)?;
    let background_cpu = millis(until(&mut rest, "/")?)?;
    let idle_cpu = millis(until(&mut rest, "+")?)?;
    let _termination_cpu = until(&mut rest, " ms cpu,")?;
    let heap_start = mib(until(&mut rest, "->")?)?;
    let heap_end = mib(until(&mut rest, "->")?)?;
    let live = mib(until(&mut rest, " MB,")?)?;
    let goal = mib(until(&mut rest, " MB goal,")?)?;
    let stacks = until(&mut rest, " MB stacks,").and_then(mib);
    let globals = until(&mut rest, " MB globals,").and_then(mib);
    let procs = until(&mut rest, " P")?.parse().ok()?;
    Some(GcCycle {
        source,
        at,
        number,
        since_start,
        cpu_percent,
        checks_leaks,
        sweep_stop,
        mark,
        mark_stop,
        assist_cpu,
        background_cpu,
        idle_cpu,
        heap_start,
        heap_end,
        live,
        goal,
        stacks,
        globals,
        procs,
        is_forced: rest.trim_start().starts_with("(forced)"),
    })
}

/// Reads `scav W KiB work, R KiB total, U% util`, as Go 1.16 to 1.18 print it.
fn old_scavenge(text: &str, source: SourceId, at: Position) -> Option<Scavenge> {
    let mut rest = text.strip_prefix("scav ")?;
    let mut kib = |end: &str| Some(Bytes::from_kib(until(&mut rest, end)?.parse().ok()?));
    let background = kib(" KiB work,")?;
    let released = kib(" KiB total,")?;
    let used_percent = until(&mut rest, "% util")?.parse().ok()?;
    let is_forced = rest.contains("(forced)");
    Some(Scavenge { source, at, background, eager: Bytes(0), released, used_percent, is_forced })
}

/// Reads `scav B KiB work (bg), E KiB work (eager), R KiB now, U% util`.
fn scavenge(text: &str, source: SourceId, at: Position) -> Option<Scavenge> {
    if let Some(old) = old_scavenge(text, source, at) {
        return Some(old);
    }
    let mut rest = text.strip_prefix("scav ")?;
    let mut kib = |end: &str| Some(Bytes::from_kib(until(&mut rest, end)?.parse().ok()?));
    let background = kib(" KiB work (bg),")?;
    let eager = kib(" KiB work (eager),")?;
    let released = kib(" KiB now,")?;
    let used_percent = until(&mut rest, "% util")?.parse().ok()?;
    Some(Scavenge {
        source,
        at,
        background,
        eager,
        released,
        used_percent,
        is_forced: rest.contains("(forced)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> (Evidence, Facts) {
        let (mut evidence, mut facts) = (Evidence::default(), Facts::default());
        let input = Input { source: SourceId(0), path: "stderr.log", bytes: text.as_bytes() };
        parse(&input, &mut evidence, &mut facts).unwrap();
        (evidence, facts)
    }

    const LINE: &str = "gc 7 @61.673s 0%: 2.9+107+0.20 ms clock, 5.8+37/34/0.5+4.5 ms cpu, 21->25->12 MB, 28 MB goal, 1 MB stacks, 0 MB globals, 2 P (forced)";

    #[test]
    fn a_cycle_gives_all_its_figures() {
        let cycle = cycle(LINE, SourceId(0), Position::line(1)).unwrap();
        assert_eq!((cycle.number, cycle.procs, cycle.is_forced), (7, 2, true));
        assert_eq!(cycle.since_start, Nanos(61_673_000_000));
        assert_eq!((cycle.sweep_stop, cycle.mark), (Nanos(2_900_000), Nanos(107_000_000)));
        assert_eq!((cycle.assist_cpu, cycle.idle_cpu), (Nanos(37_000_000), Nanos(500_000)));
        assert_eq!(
            (cycle.heap_end, cycle.live, cycle.goal),
            (Bytes(25 << 20), Bytes(12 << 20), Bytes(28 << 20))
        );
        assert_eq!(cycle.stacks, Some(Bytes(1 << 20)));
    }

    #[test]
    fn the_leak_check_of_1_26_and_the_short_line_of_1_17_are_read() {
        let leak = LINE.replace("0%:", "3% (checking for goroutine leaks):");
        assert!(cycle(&leak, SourceId(0), Position::line(1)).unwrap().checks_leaks);
        let short = LINE.replace(" 1 MB stacks, 0 MB globals,", "");
        assert_eq!(cycle(&short, SourceId(0), Position::line(1)).unwrap().stacks, None);
    }

    #[test]
    fn the_scavenger_of_go_1_16_is_read() {
        let row =
            scavenge("scav 1024 KiB work, 3456 KiB total, 50% util", SourceId(0), Position::line(1)).unwrap();
        assert_eq!((row.background, row.released), (Bytes::from_kib(1024), Bytes::from_kib(3456)));
    }

    #[test]
    fn trace_lines_are_found_among_others_and_behind_prefixes() {
        let text = format!(
            "listening on :80, gc soon\n2026-01-02T03:04:05Z stderr F {LINE}\nscav 0 KiB work (bg), 3 KiB work (eager), 5240 KiB now, 49% util (forced)\ngc 8 @62.0s 0%: 2.9+10oops\n"
        );
        let (evidence, facts) = parse_text(&text);
        assert_eq!(evidence.gc.cycles.len(), 1);
        assert_eq!(evidence.gc.cycles[0].at.line, Some(2));
        assert_eq!(evidence.gc.scavenges[0].released, Bytes::from_kib(5240));
        assert!(evidence.gc.scavenges[0].is_forced);
        assert_eq!(facts.notes.rows()[0].code, "broken-line");
    }
}
