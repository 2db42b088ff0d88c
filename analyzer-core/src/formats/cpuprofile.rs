//! V8's CPU profile (`.cpuprofile`): what Node.js and Chrome's tools save.
//!
//! Spec: Chrome DevTools Protocol, domain Profiler, type Profile: a tree of calls, the node of each sample,
//! and the microseconds between samples. Numbers of lines and columns count from 0. Older files have
//! no `samples`, and count by node. Not read: `positionTicks`, the older form with `head`.
//!
//! A sample lasts until the next one. Any input is safe: parents come before
//! their children on the way to the root, and a tree that goes in a circle is refused.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::redaction::{Kind, Marks, Part, Verdict, walk_json};
use super::sampled::{Builder, Frame};
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::convert::rounded_i64;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::{Input, Position};
use crate::base::units::Nanos;
use crate::base::words::one_or_many;
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelSets, LocationId, StackRow};

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "cpuprofile",
    label: "V8 CPU profile (.cpuprofile)",
    content: Content::Document,
    sniff,
    parse,
    secrets,
}];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    nodes: Vec<Node>,
    #[serde(default)]
    start_time: f64,
    #[serde(default)]
    end_time: f64,
    #[serde(default)]
    samples: Vec<u64>,
    #[serde(default)]
    time_deltas: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: u64,
    call_frame: CallFrame,
    #[serde(default)]
    hit_count: u32,
    #[serde(default)]
    children: Vec<u64>,
    parent: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    function_name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    line_number: i64,
    #[serde(default)]
    column_number: i64,
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = probe.head();
    let has = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    let is_it = head.trim_ascii_start().starts_with(b"{")
        && has("\"nodes\"")
        && has("\"callFrame\"")
        && has("\"functionName\"");
    if is_it { Sniff::ByContent } else { Sniff::No }
}

/// Reads a profile: the time of each sample on its stack.
/// # Errors
/// Broken JSON, more of it than [`limits::JSON_BYTES`], or a tree that is none.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let file: File = json(input.bytes)?;
    let mut builder = Builder::new(input.source, &mut evidence.strings);
    let places = places(&file)?;
    let mut rows: Vec<Option<StackRow>> = vec![None; file.nodes.len()];
    let locations: Vec<LocationId> = file.nodes.iter().map(|node| location(node, &mut builder)).collect();
    let parents = parents(&file, &places)?;
    let mut row = |builder: &mut Builder<'_>, at: usize| -> Result<StackRow, ParseError> {
        if let Some(row) = rows.get(at).copied().flatten() {
            return Ok(row);
        }
        let mut stack: Vec<LocationId> =
            std::iter::successors(Some(at), |&at| parents.get(at).copied().flatten())
                // The root is no function.
                .filter(|&at| {
                    file.nodes.get(at).is_some_and(|node| node.call_frame.function_name != "(root)")
                })
                .take(limits::SAMPLED_STACK_FRAMES)
                .filter_map(|at| locations.get(at).copied())
                .collect();
        stack.reverse();
        let row = builder.stack(stack, 0)?;
        if let Some(slot) = rows.get_mut(at) {
            *slot = Some(row);
        }
        Ok(row)
    };
    builder.column("samples", "count");
    if file.samples.is_empty() {
        for (at, node) in file.nodes.iter().enumerate().filter(|(_, node)| node.hit_count > 0) {
            let row = row(&mut builder, at)?;
            builder.sample(row, LabelSets::EMPTY, 0, None)?;
            builder.profile.samples.values.push(i64::from(node.hit_count));
        }
    } else {
        builder.column("wall", "microseconds");
        let mut unknown = 0_u64;
        let mut now = rounded(file.start_time);
        for (index, id) in file.samples.iter().enumerate() {
            let delta = |index: usize| file.time_deltas.get(index).map(|delta| rounded(*delta));
            now = now.saturating_add(delta(index).unwrap_or(0));
            let lasts = delta(index + 1).unwrap_or_else(|| rounded(file.end_time).saturating_sub(now)).max(0);
            let Some(&at) = places.get(id) else {
                unknown += 1;
                continue;
            };
            let row = row(&mut builder, at)?;
            let time = (!file.time_deltas.is_empty()).then(|| Nanos(now.saturating_mul(1_000)));
            builder.sample(row, LabelSets::EMPTY, 0, time)?;
            builder.profile.samples.values.extend([1, lasts]);
        }
        if unknown > 0 {
            let message = one_or_many(
                unknown,
                "sample refers to a node that is not in the file and is omitted",
                "samples refer to nodes that are not in the file and are omitted",
            );
            facts.notes.data_loss("undefined-node", None, message);
        }
    }
    let micros = rounded(file.end_time).saturating_sub(rounded(file.start_time));
    builder.profile.duration = Some(Nanos(micros.saturating_mul(1_000))).filter(|span| span.0 > 0);
    facts.kind = Some("v8-cpu".to_owned());
    let profile = builder.finish(&mut facts.notes);
    evidence.profiles.push(profile);
    Ok(())
}

fn rounded(value: f64) -> i64 {
    rounded_i64(value).unwrap_or(0)
}

fn location(node: &Node, builder: &mut Builder<'_>) -> LocationId {
    let call = &node.call_frame;
    let name = if call.function_name.is_empty() { "(anonymous)" } else { &call.function_name };
    let (line, column) = if call.url.is_empty() { (0, 0) } else { (call.line_number, call.column_number) };
    let from_one =
        |number: i64| if number >= 0 && !call.url.is_empty() { number.saturating_add(1) } else { 0 };
    builder.location(
        0,
        None,
        [Frame { name, file: &call.url, line: from_one(line), column: from_one(column) }],
    )
}

/// Where each node stands, by its id.
fn places(file: &File) -> Result<FxHashMap<u64, usize>, ParseError> {
    let mut places = FxHashMap::default();
    for (at, node) in file.nodes.iter().enumerate() {
        if places.insert(node.id, at).is_some() {
            return Err(malformed(format!("node {} is defined twice", node.id)));
        }
    }
    Ok(places)
}

/// The parent of each node.
fn parents(file: &File, places: &FxHashMap<u64, usize>) -> Result<Vec<Option<usize>>, ParseError> {
    let mut parents: Vec<Option<usize>> = vec![None; file.nodes.len()];
    let mut set = |child: Option<&usize>, parent: Option<usize>| {
        if let Some(slot) = child.and_then(|&child| parents.get_mut(child)) {
            *slot = slot.or(parent);
        }
    };
    for (at, node) in file.nodes.iter().enumerate() {
        node.children.iter().for_each(|child| set(places.get(child), Some(at)));
        let parent = node.parent.and_then(|parent| places.get(&parent).copied());
        set(Some(&at), parent);
    }
    // Every way up must end: each node is passed once.
    let mut is_rooted = vec![false; parents.len()];
    let mut way = Vec::new();
    for start in 0..parents.len() {
        way.clear();
        let mut at = Some(start);
        while let Some(node) = at.filter(|&node| is_rooted.get(node) == Some(&false)) {
            if way.len() > parents.len() {
                return Err(malformed("the call tree contains a cycle".to_owned()));
            }
            way.push(node);
            at = parents.get(node).copied().flatten();
        }
        for &node in &way {
            if let Some(rooted) = is_rooted.get_mut(node) {
                *rooted = true;
            }
        }
    }
    Ok(parents)
}

/// A JSON document of a size that may be held as values.
pub(super) fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ParseError> {
    if bytes.len() > limits::JSON_BYTES {
        let message = format!("JSON of more than {} MiB", limits::JSON_BYTES >> 20);
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::default(), "file", message));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
        let line = Position::line(crate::base::convert::to_u64(error.line()));
        ParseError::new(kind, line, "JSON", error.to_string())
    })
}

fn malformed(message: String) -> ParseError {
    ParseError::new(ErrorKind::Malformed, Position::line(1), "nodes", message)
}

/// Names of functions stay, and figures; paths and addresses of scripts do not.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    walk_json(input.bytes, marks, &mut |_, keys, part, text| match (part, keys.last().copied()) {
        (Part::Number, _) => Verdict::Keep,
        (Part::Key, _) => known_key(text),
        (Part::Value, Some(b"functionName" | b"scriptId" | b"deoptReason" | b"codeType")) => Verdict::Keep,
        (Part::Value, _) => Verdict::Replace(Kind::Path),
    })
}

fn known_key(key: &[u8]) -> Verdict {
    const KEYS: [&[u8]; 17] = [
        b"nodes",
        b"id",
        b"callFrame",
        b"functionName",
        b"scriptId",
        b"url",
        b"lineNumber",
        b"columnNumber",
        b"hitCount",
        b"children",
        b"parent",
        b"startTime",
        b"endTime",
        b"samples",
        b"timeDeltas",
        b"positionTicks",
        b"deoptReason",
    ];
    if KEYS.contains(&key) { Verdict::Keep } else { Verdict::Replace(Kind::Label) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::formats::sampled::testing::{read, try_read};

    const TREE: &str = r#""nodes":[
        {"id":1,"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"hitCount":0,"children":[2,4]},
        {"id":2,"callFrame":{"functionName":"serve","scriptId":"9","url":"file:///srv/acme/app.js","lineNumber":11,"columnNumber":4},"hitCount":2,"children":[3]},
        {"id":3,"callFrame":{"functionName":"","scriptId":"9","url":"file:///srv/acme/app.js","lineNumber":20,"columnNumber":0},"hitCount":1},
        {"id":4,"callFrame":{"functionName":"(idle)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"hitCount":1}]"#;

    #[test]
    fn samples_last_until_the_next_one() {
        let text = format!(
            r#"{{{TREE},"startTime":1000,"endTime":1500,"samples":[2,2,3,4],"timeDeltas":[10,100,150,40]}}"#
        );
        let read = read("x.cpuprofile", text.as_bytes());
        read.check();
        assert_eq!(read.columns(), ["samples/count", "wall/microseconds"]);
        assert_eq!(
            read.stacks(1),
            BTreeMap::from([
                ("serve".to_owned(), 250),
                ("serve;(anonymous)".to_owned(), 40),
                ("(idle)".to_owned(), 200)
            ])
        );
        // Of the first sample to the end.
        assert_eq!((read.total(0), read.total(1)), (4, 490));
        assert_eq!(read.times(), [1_010_000, 1_110_000, 1_260_000, 1_300_000]);
        assert!(read.places().contains(&"serve file:///srv/acme/app.js:12".to_owned()));
    }

    #[test]
    fn files_without_samples_count_by_node() {
        let read = read("x", format!("{{{TREE},\"startTime\":1,\"endTime\":2}}").as_bytes());
        read.check();
        assert_eq!((read.columns(), read.total(0)), (vec!["samples/count".to_owned()], 4));
        assert!(read.times().is_empty());
    }

    #[test]
    fn circles_doubles_and_broken_files_are_refused() {
        let node = |id: u32, children: &str| {
            format!(r#"{{"id":{id},"callFrame":{{"functionName":"f"}},"children":[{children}]}}"#)
        };
        let file = |nodes: &[String]| format!(r#"{{"nodes":[{}],"samples":[1]}}"#, nodes.join(","));
        let refused = |text: &str| try_read("x", text.as_bytes()).err().unwrap();
        assert_eq!(refused(&file(&[node(1, "2"), node(2, "1")])), "the call tree contains a cycle");
        assert_eq!(refused(&file(&[node(1, "1")])), "the call tree contains a cycle");
        assert_eq!(refused(&file(&[node(1, ""), node(1, "")])), "node 1 is defined twice");
        assert!(refused(r#"{"nodes":[{"id":1,"callFrame":{"functionName":"f"}"#).contains("EOF"));
    }

    #[test]
    fn scripts_are_secrets_and_functions_are_not() {
        let text = r#"{"nodes":[{"id":1,"callFrame":{"functionName":"serve","url":"file:///srv/acme/app.js","lineNumber":3}}]}"#;
        let shown = crate::formats::redaction::shown(text, b'.', |input, marks| {
            super::secrets(input, marks).unwrap()
        });
        assert_eq!(shown, text.replace("file:///srv/acme/app.js", "....:///.../..../......"));
    }
}
