//! Of what engines print, amounts, times, states and the engines' own words stay;
//! names, paths, labels, variables and addresses do not.

use super::super::proc::variable;
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{API, Kind, Marks, Part, Verdict, all_in, is_amount, is_time, walk_json};
use crate::formats::tables::wide_cells;

type Outcome = Result<(), &'static str>;

/// Members of the engines' answers that are read, or that say what is.
const MEMBERS: &str = "\
    Id Name Path Args State Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt \
    Created RestartCount Config Env Image Labels HostConfig Memory MemoryReservation MemorySwap MemorySwappiness NanoCpus \
    status id metadata attempt name state exitCode reason message createdAt startedAt finishedAt resources linux \
    memoryLimitInBytes info runtimeSpec process env config memory limit envs annotations labels image pid cpu \
    memory_limit_in_bytes usage workingSetBytes usageBytes rssBytes availableBytes value stats attributes memory_stats \
    max_usage failcnt total_rss anon rss total_cache file cache total_mapped_file file_mapped mapped_file \
    total_inactive_file inactive_file total_active_file active_file key MemUsage MemPerc mem_usage mem_percent Container \
    CPUPerc BlockIO NetIO PIDs read preread pids_stats current node nodeName pods podRef namespace containers swap \
    swapUsageBytes swapAvailableBytes time startTime timestamp pageFaults majorPageFaults usageNanoCores \
    usageCoreNanoSeconds uid args mounts PidsLimit CpuQuota CpuPeriod StopTimeout StopSignal Ulimits Hard Soft Tmpfs Entrypoint \
    Cmd Init period quota pids rlimits type hard soft";

/// Members whose numbers, or amounts as text, are figures.
const FIGURES: &str = "\
    ExitCode RestartCount Memory MemoryReservation MemorySwap MemorySwappiness NanoCpus attempt exitCode \
    memoryLimitInBytes limit memory_limit_in_bytes usage workingSetBytes usageBytes rssBytes availableBytes value \
    max_usage failcnt total_rss anon rss total_cache file cache total_mapped_file file_mapped mapped_file \
    total_inactive_file inactive_file total_active_file active_file MemUsage MemPerc mem_usage mem_percent CPUPerc \
    current swapUsageBytes swapAvailableBytes pageFaults majorPageFaults usageNanoCores usageCoreNanoSeconds \
    PidsLimit CpuQuota CpuPeriod StopTimeout Hard Soft quota period hard soft";

/// Members whose values are the engines' words.
const WORDS: [&str; 4] = ["Status", "status", "state", "reason"];

/// Members whose values are times.
const TIMES: [&str; 9] = [
    "StartedAt",
    "FinishedAt",
    "Created",
    "createdAt",
    "startedAt",
    "finishedAt",
    "time",
    "startTime",
    "timestamp",
];

/// Members below which everything is the user's.
const FREE: [&str; 6] = ["Labels", "labels", "annotations", "Annotations", "Networks", "NetworkSettings"];

/// Marks a document, or several.
pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    if serde_json::from_slice::<serde::de::IgnoredAny>(input.bytes).is_ok() {
        return walk_json(input.bytes, marks, &mut judge);
    }
    // One document a line.
    for line in
        crate::base::reader::Lines::new(input.bytes).filter(|line| !line.bytes.trim_ascii().is_empty())
    {
        walk_json(line.bytes, marks, &mut judge)?;
    }
    Ok(())
}

fn judge(marks: &mut Marks<'_>, keys: &[&[u8]], part: Part, text: &[u8]) -> Verdict {
    let is_free = keys.iter().any(|key| FREE.iter().any(|name| name.as_bytes() == *key));
    let own = keys.last().copied().unwrap_or_default();
    let is_in = |list: &[&str]| list.iter().any(|name| name.as_bytes() == own);
    let has = |list: &str, word: &[u8]| list.split_ascii_whitespace().any(|known| known.as_bytes() == word);
    match part {
        _ if is_free => Verdict::Replace(Kind::Label),
        Part::Key if has(MEMBERS, text) => Verdict::Keep,
        Part::Key => Verdict::Replace(Kind::Label),
        Part::Number | Part::Value if has(FIGURES, own) && is_amounts(text) => Verdict::Keep,
        Part::Value if has(FIGURES, own) && !text.contains(&b'\\') => {
            for cell in text.split(|&byte| byte == b' ') {
                if is_amount(cell) { marks.keep(cell) } else { marks.words(cell, Kind::Name) }
            }
            Verdict::Done
        }
        Part::Value if is_in(&TIMES) && is_time(text) => Verdict::Keep,
        Part::Value if is_in(&WORDS) && all_in(text, &API) => Verdict::Keep,
        Part::Value if matches!(own, b"Env" | b"env" | b"envs") => {
            let end = memchr::memchr(b'=', text).unwrap_or(text.len());
            let (name, value) = text.split_at(end);
            variable(name, value.get(1..).unwrap_or_default(), marks);
            Verdict::Done
        }
        _ => Verdict::Replace(Kind::Name),
    }
}

/// `12.5MiB / 256MiB`, `4.88%`, `268435456`.
fn is_amounts(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|text| text.split(" / ").all(|part| is_amount(part.as_bytes()) || part == "--"))
}

/// Keeps the amounts of a table, and the header's own titles.
pub(super) fn table(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    const TITLES: &str =
        "CONTAINER ID NAME CPU MEM USAGE LIMIT NET I O BLOCK IO PIDS AVG TIME DISK INODES POD";
    for (_, text) in text_lines(input.bytes) {
        let cells: Vec<&str> = wide_cells(text).collect();
        if text.contains("CPU %") && text.contains("MEM") {
            marks.words_beside(TITLES, text.as_bytes(), Kind::Label);
            continue;
        }
        if cells.len() < 3 {
            continue;
        }
        // The first two are names, whatever they look like.
        for (index, cell) in cells.into_iter().enumerate() {
            if index >= 2 && is_amounts(cell.as_bytes()) {
                marks.keep(cell.as_bytes());
            } else {
                marks.words(cell.as_bytes(), Kind::Name);
            }
        }
    }
    Ok(())
}
