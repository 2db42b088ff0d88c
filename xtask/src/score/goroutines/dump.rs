//! A plain reader of `debug=2`, for the labels only: it shares no code with the engine.

use std::collections::BTreeMap;

/// Goroutine ids by stack and creator.
pub struct Groups {
    /// Key to ids.
    pub by_key: BTreeMap<String, Vec<u64>>,
}

impl Groups {
    /// Reads a dump.
    pub fn read(text: &str) -> Self {
        let mut by_key: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for block in text.split("\n\n") {
            let mut lines = block.lines();
            let Some(goid) = lines.next().and_then(goid) else { continue };
            let lines: Vec<&str> = lines.collect();
            let mut key = String::new();
            for pair in lines.chunks(2) {
                let [call, place] = pair else { continue };
                key.push_str(&frame(call, place));
                key.push('\n');
            }
            by_key.entry(key).or_default().push(goid);
        }
        Self { by_key }
    }

    /// The stack of a key without its creator, for forms that do not say it.
    pub fn stack_of(key: &str) -> String {
        key.lines().filter(|line| !line.starts_with("created by ")).map(|line| format!("{line}\n")).collect()
    }
}

fn goid(header: &str) -> Option<u64> {
    header.strip_prefix("goroutine ")?.split(' ').next()?.parse().ok()
}

fn frame(call: &str, place: &str) -> String {
    let name = match call.strip_prefix("created by ") {
        Some(rest) => format!("created by {}", rest.split(" in goroutine").next().unwrap_or(rest)),
        None => call.rsplit_once('(').map_or(call, |(name, _)| name).to_owned(),
    };
    let line = place.trim().split(" +0x").next().and_then(|place| place.rsplit(':').next()).unwrap_or("");
    format!("{name} {line}")
}
