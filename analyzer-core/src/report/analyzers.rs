//! What static analyzers say: theirs, beside the findings.

use serde::{Deserialize, Serialize};

use crate::base::source::{Position, SourceId};

/// A diagnostic of a static analyzer. It is no finding: it fails no gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnalyzerDiagnostic {
    /// The analyzer: "go vet".
    pub tool: String,
    /// Its name for the rule: "lostcancel".
    pub rule: String,
    /// The file that it names.
    pub file: String,
    /// The line in it; 0 if it names none.
    pub line: u32,
    /// Its own words.
    pub message: String,
    /// The source.
    pub source: SourceId,
    /// Where it stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// Code of the first finding that it bears out; `None` if only the analyzer says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bears_out: Option<String>,
}

impl AnalyzerDiagnostic {
    /// `go vet (lostcancel)`.
    pub fn name(&self) -> String {
        if self.rule.is_empty() || self.rule == self.tool {
            self.tool.clone()
        } else {
            format!("{} ({})", self.tool, self.rule)
        }
    }

    /// `feed/feed.go:17`: the last two parts of the path are enough to know it.
    pub fn place(&self) -> String {
        let from = self.file.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
        let short = self.file.get(from..).unwrap_or(&self.file);
        if self.line > 0 { format!("{short}:{}", self.line) } else { short.to_owned() }
    }
}
