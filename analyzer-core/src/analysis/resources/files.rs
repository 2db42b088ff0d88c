//! The figures of a snapshot's files, by proper name.

use crate::analysis::memory::term::View;
use crate::base::source::{SourceId, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::memory::{Figure, RecordKind};
use crate::report::Citation;

/// The records of some sources.
pub(super) struct Files<'e> {
    views: Vec<View<'e>>,
}

impl<'e> Files<'e> {
    pub(super) fn of(evidence: &'e Evidence, sources: &[SourceId]) -> Self {
        let records = evidence.memory.records.iter().filter(|record| sources.contains(&record.source));
        Self { views: records.map(|record| View { evidence, record }).collect() }
    }

    /// Every file of a name, the innermost folder first: of nested control groups it is the process's own.
    pub(super) fn named(&self, file: &str) -> Vec<View<'e>> {
        let mut found: Vec<View<'e>> = self
            .views
            .iter()
            .copied()
            .filter(|view| view.file() == file && view.moment().is_empty())
            .collect();
        found.sort_by_key(|view| (!view.level().is_empty(), usize::MAX - view.folder().matches('/').count()));
        found
    }

    /// A figure of the first file of a name.
    pub(super) fn figure(&self, file: &str, key: &str) -> Option<Citation> {
        self.named(file).into_iter().find_map(|view| figure(&view, key))
    }

    /// Its value.
    pub(super) fn value(&self, file: &str, key: &str) -> Option<i64> {
        self.figure(file, key)?.value
    }

    /// A text of the first process file of a name.
    pub(super) fn text(&self, file: &str, key: &str) -> Option<(&'e str, SourceId)> {
        self.named(file).into_iter().find_map(|view| Some((view.text(key)?, view.record.source)))
    }

    /// A figure under this key in any file of a runtime's own.
    pub(super) fn of_runtime(&self, key: &str) -> Option<Citation> {
        self.views
            .iter()
            .filter(|view| view.record.kind == RecordKind::Runtime)
            .find_map(|view| figure(view, key))
    }
}

/// A figure of a file as a citation.
pub(super) fn figure(view: &View<'_>, key: &str) -> Option<Citation> {
    let id = view.evidence.strings.find(key)?;
    view.evidence.memory.figure(view.record, id).map(|figure| cite(view, figure))
}

pub(super) fn cite(view: &View<'_>, figure: &Figure) -> Citation {
    let name = view.evidence.strings.get(figure.name);
    let name = if name.is_empty() { view.file() } else { name };
    Citation::figure(
        SourceSpan { source: view.record.source, at: figure.at },
        name,
        figure.value,
        figure.unit,
    )
}
