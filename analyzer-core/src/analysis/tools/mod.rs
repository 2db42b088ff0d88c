//! What tools of eBPF and OpenTelemetry counted: tables for people, and what rules look at.

pub mod churn;
pub mod lives;
pub mod native;
mod tables;

use crate::analysis::spans::SpanFacts;
use crate::base::convert::to_u64;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::stacks::StackId;
use crate::report::{Citation, TABLE_ROWS, TableRow, ToolTable};

/// Every table, by source.
pub fn tables(evidence: &Evidence, spans: Option<&SpanFacts>) -> Vec<ToolTable> {
    let mut tables = tables::all(evidence);
    tables.extend(spans.and_then(tables::spans));
    for table in &mut tables {
        let more = table.rows.len().saturating_sub(TABLE_ROWS);
        table.rows_left_out += to_u64(more);
        table.rows.truncate(TABLE_ROWS);
    }
    tables
}

/// The functions of a stack, leaf first.
pub fn functions(evidence: &Evidence, stack: Option<StackId>) -> impl Iterator<Item = &str> {
    evidence.stacks.leaf_first(stack).map(|frame| evidence.strings.get(frame.function))
}

/// True for a function of Go code that is not the runtime's: it has a package.
pub fn is_go_caller(name: &str) -> bool {
    let is_runtime = name.starts_with("runtime.") || name.starts_with("internal/runtime/");
    name.contains('.') && !is_runtime && !name.starts_with("_cgo") && !name.starts_with(['[', '0', '/'])
}

/// The functions that say most of a native stack: what allocates, cgo's stub, and the Go code that called it.
pub fn path(evidence: &Evidence, stack: Option<StackId>) -> String {
    let names: Vec<&str> = functions(evidence, stack).collect();
    let is_allocator = |name: &&str| is_allocator(name);
    let own = names.iter().copied().find(|name| !is_allocator(name) && !name.starts_with("runtime."));
    let caller = names.iter().copied().find(|name| is_go_caller(name) && !name.contains("_Cfunc_"));
    let stub = names.iter().copied().find(|name| name.contains("_Cfunc_"));
    match (own, caller, stub) {
        (None, ..) => names.first().copied().unwrap_or("an unknown stack").to_owned(),
        (Some(own), Some(caller), _) if own == caller => own.to_owned(),
        (Some(own), Some(caller), Some(stub)) if own == stub => format!("{caller} via {own}"),
        (Some(own), Some(caller), _) => format!("{own}, called by {caller}"),
        (Some(own), None, Some(stub)) if own != stub => format!("{own}, called from Go through cgo"),
        (Some(own), None, _) => own.to_owned(),
    }
}

/// True for a function of libc that allocates, under the names that symbol tables have.
pub fn is_allocator(name: &str) -> bool {
    let name = name.trim_start_matches("__GI_").trim_start_matches("__libc_").trim_start_matches('_');
    let name = name.strip_prefix("libc_").unwrap_or(name);
    const NAMES: [&str; 13] = [
        "malloc",
        "calloc",
        "realloc",
        "reallocarray",
        "posix_memalign",
        "memalign",
        "aligned_alloc",
        "valloc",
        "pvalloc",
        "strdup",
        "mmap",
        "mmap64",
        "je_malloc",
    ];
    NAMES.contains(&name)
}

/// A citation of a figure of a row.
pub fn cite(
    source: SourceId,
    at: Position,
    quantity: &str,
    value: i64,
    unit: crate::base::units::Unit,
) -> Citation {
    Citation::figure(SourceSpan { source, at }, quantity, value, unit)
}

/// A row of a table; its first figure is what its citation says.
fn row(
    name: String,
    values: Vec<Option<i64>>,
    stack: Vec<String>,
    source: SourceId,
    at: Position,
) -> TableRow {
    TableRow { name, values, stack, citation: Citation::place(SourceSpan { source, at }) }
}

#[cfg(test)]
mod tests;
