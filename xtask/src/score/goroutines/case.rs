//! One labelled case.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use analyzer_core::report::{GoroutineGroup, Report, Role, Severity, Verdict};
use analyzer_core::session::Session;
use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;

use super::dump::Groups;
use super::input::Input;

/// Labels of a goroutine.
#[derive(Clone, Debug)]
struct Label {
    kind: String,
    role: String,
}

/// A folder with labels.
pub struct Case {
    /// `suite/case`.
    pub name: String,
    /// Folder of the Go version.
    pub version: String,
    folder: PathBuf,
    /// Stack groups of each moment with their labels, by key.
    moments: BTreeMap<String, Labelled>,
}

/// Stack groups with their members' labels, by key.
type Labelled = BTreeMap<String, Vec<(u64, Option<Label>)>>;

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The case and version.
    pub name: String,
    /// True if the case has labelled leaks.
    pub is_positive: bool,
    /// Leaking groups that were named: the label's kind, and the rule. A victim is
    /// named rightly by its own rule or by its root's.
    pub hits: Vec<(String, String)>,
    /// Leaking groups that were not named: kind, and the innermost frame.
    pub misses: Vec<(String, String)>,
    /// Groups that were named and do not leak: the rule, and the innermost frame.
    pub wrong: Vec<(String, String)>,
    /// Groups that are only suspected: leaking, and not leaking.
    pub suspects: (usize, usize),
    /// Groups that are suspected and do not leak.
    pub suspected: Vec<String>,
    /// Findings of warning or above about goroutines.
    pub findings: usize,
}

/// Names of the labels that differ from the rules' ids.
const ALIASES: &[(&str, &str)] = &[
    ("http-server-idle-no-timeout", "http-server-idle"),
    ("sql-tx-not-finished", "sql-tx"),
    ("net-write-blocked", "write-blocked"),
    ("sleep-loop-no-exit", "sleep-loop"),
];

impl Case {
    /// Reads the labels of the last two moments.
    pub fn load(folder: &Path) -> Result<Self> {
        let truth: BTreeMap<String, BTreeMap<u64, BTreeMap<String, String>>> =
            serde_json::from_str(&read(&folder.join("truth.json.gz"))?)
                .with_context(|| format!("{}", folder.display()))?;
        let mut moments = BTreeMap::new();
        for moment in ["t1", "t2"] {
            let dump = read(&folder.join(format!("{moment}.goroutine.debug2.txt.gz")))?;
            let labels = truth.get(moment).cloned().unwrap_or_default();
            let label = |goid: &u64| {
                let row = labels.get(goid)?;
                Some(Label { kind: row.get("kind")?.clone(), role: row.get("role")?.clone() })
            };
            let with_labels = |ids: Vec<u64>| ids.into_iter().map(|goid| (goid, label(&goid))).collect();
            let groups = Groups::read(&dump).by_key.into_iter().map(|(key, ids)| (key, with_labels(ids)));
            moments.insert(moment.to_owned(), groups.collect());
        }
        let part = |up: usize| {
            let folder = folder.ancestors().nth(up).and_then(Path::file_name);
            folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        Ok(Self {
            name: format!("{}/{}", part(2), part(1)),
            version: part(0),
            folder: folder.to_owned(),
            moments,
        })
    }

    /// Runs the engine on one kind of input; `None` if the case lacks the files.
    pub fn run(&self, input: Input) -> Result<Option<Outcome>> {
        let mut session = Session::default();
        let mut files = 0;
        let mut names: Vec<_> = std::fs::read_dir(&self.folder)?.collect::<std::io::Result<Vec<_>>>()?;
        names.sort_by_key(std::fs::DirEntry::file_name);
        for entry in names {
            let name = entry.file_name().to_string_lossy().into_owned();
            if input.takes(&name) {
                // Moments as folders, as bundles have them.
                let path = name.replacen('.', "/", 1);
                session.add(&format!("case/{path}"), std::fs::read(entry.path())?);
                files += 1;
            }
        }
        if files == 0 {
            return Ok(None);
        }
        let report = session.report();
        let groups = self.moments.get(input.labelled_moment());
        Ok(groups.map(|groups| self.compare(&report, groups)))
    }

    fn compare(&self, report: &Report, groups: &Labelled) -> Outcome {
        let mut outcome = Outcome { name: format!("{} {}", self.name, self.version), ..Outcome::default() };
        let empty = Vec::new();
        let rows = report.goroutines.as_ref().map_or(&empty, |section| &section.groups);
        let named =
            keys_of(groups, rows, |row| row.verdict == Verdict::Leak && row.role != Some(Role::Satellite));
        let suspected = keys_of(groups, rows, |row| row.verdict == Verdict::Suspect);
        for (key, members) in groups {
            let labels: Vec<&Label> = members.iter().filter_map(|(_, label)| label.as_ref()).collect();
            let leaking = labels.iter().find(|label| label.role != "satellite");
            let place = place(key);
            outcome.is_positive |= leaking.is_some();
            match (leaking, named.get(key)) {
                (Some(label), Some(rules)) => {
                    let kind = kind(&label.kind);
                    let rule = rules.iter().find(|rule| names(rule, &kind));
                    let named = rule.map(|_| kind.clone()).or_else(|| rules.first().cloned());
                    outcome.hits.push((kind, named.unwrap_or_default()));
                }
                (Some(label), None) => outcome.misses.push((kind(&label.kind), place)),
                (None, Some(rules)) if labels.is_empty() => {
                    outcome.wrong.push((rules.first().cloned().unwrap_or_default(), place));
                }
                _ => {}
            }
            if suspected.contains_key(key) && !named.contains_key(key) {
                if leaking.is_some() {
                    outcome.suspects.0 += 1;
                } else {
                    outcome.suspects.1 += 1;
                    outcome.suspected.push(self::place(key));
                }
            }
        }
        outcome.findings = report
            .findings
            .iter()
            .filter(|finding| finding.code.starts_with("goroutine.") && finding.severity < Severity::Info)
            .count();
        outcome
    }
}

/// Keys of the groups that the report says something of, with the rule that
/// named the cause. Rows without ids are found by their stack.
fn keys_of(
    groups: &Labelled,
    rows: &[GoroutineGroup],
    wanted: impl Fn(&GoroutineGroup) -> bool,
) -> BTreeMap<String, Vec<String>> {
    let mut keys = BTreeMap::new();
    for row in rows.iter().filter(|row| wanted(row) && row.counts.last().is_some_and(|count| *count > 0)) {
        let root = row.root.as_ref().and_then(|id| rows.iter().find(|row| row.id == *id));
        let mut rules = vec![row.rule.clone()];
        rules.extend(root.map(|root| root.rule.clone()));
        let ids: BTreeSet<u64> = row.goids.iter().copied().collect();
        let stack: String =
            row.stack.iter().map(|f| format!("{} {}\n", f.function, line_text(f.line))).collect();
        for (key, members) in groups {
            let is_same = if ids.is_empty() {
                normalized(&Groups::stack_of(key)) == normalized(&stack)
            } else {
                members.iter().any(|(goid, _)| ids.contains(goid))
            };
            if is_same {
                keys.insert(key.clone(), rules.clone());
            }
        }
    }
    keys
}

fn line_text(line: Option<u32>) -> String {
    line.map_or_else(String::new, |line| line.to_string())
}

/// Stacks without frames that not every form shows.
fn normalized(stack: &str) -> String {
    let is_shown = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        !name.starts_with("runtime.") && !name.contains(".gowrap")
    };
    stack.lines().filter(is_shown).map(|line| line.replace("%2e", ".")).collect::<Vec<_>>().join("\n")
}

fn kind(label: &str) -> String {
    ALIASES.iter().find(|(from, _)| *from == label).map_or(label, |(_, to)| to).to_owned()
}

/// The innermost frame of a key that is not the runtime's or of package sync.
fn place(key: &str) -> String {
    let is_own = |line: &&str| {
        !line.starts_with("sync.") && !line.starts_with("internal/") && !line.starts_with("runtime.")
    };
    key.lines().find(is_own).or_else(|| key.lines().next()).unwrap_or_default().to_owned()
}

/// A text, gunzipped if its name says so.
pub fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// True if a rule names a labelled kind. The labels call every lock that stays
/// locked by one name; how it came about is said by rules of their own.
fn names(rule: &str, kind: &str) -> bool {
    rule == kind || kind == "lock-never-released" && matches!(rule, "lock-cycle" | "self-deadlock")
}
