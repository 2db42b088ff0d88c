//! What redaction changes, before anything is given away.

use analyzer_core::session::{NameKind, RedactionSummary};
use yew::prelude::*;

use crate::number_format as text;
use crate::selectors;

/// Names that are listed; the rest is counted.
const ROWS: usize = 500;

/// Every name with its pseudonym, and the files that are left out.
pub fn preview(summary: &RedactionSummary) -> Html {
    let names = &summary.replacements;
    let more = names.len().saturating_sub(ROWS);
    html! {
        <div class="save-preview">
            <p id="redaction">
                { format!(
                    "{} replaced, {} of other text blanked, {} omitted.",
                    text::counted(names.len(), "name", "names"),
                    text::counted(usize::try_from(summary.blanked).unwrap_or(usize::MAX), "piece", "pieces"),
                    text::counted(summary.left_out.len(), "file", "files"),
                ) }
            </p>
            if !summary.left_out.is_empty() {
                <ul class="save-left-out">
                    { for summary.left_out.iter().map(|file| html! {
                        <li><code>{ selectors::visible(&file.path) }</code>{ format!(": {}", file.reason) }</li>
                    }) }
                </ul>
            }
            <div class="save-names" tabindex="0" role="region" aria-label="Names and their pseudonyms">
                <table class="table">
                    <thead>
                        <tr><th>{ "Name" }</th><th>{ "Becomes" }</th><th>{ "Of" }</th><th class="number">{ "Places" }</th></tr>
                    </thead>
                    <tbody>
                        { for names.iter().take(ROWS).map(|row| html! {
                            <tr>
                                <td><code>{ selectors::visible(&row.name) }</code></td>
                                <td><code>{ &row.pseudonym }</code></td>
                                <td>{ kind(row.kind) }</td>
                                <td class="number">{ text::count_u64(row.places) }</td>
                            </tr>
                        }) }
                    </tbody>
                </table>
                if more > 0 {
                    <p class="quiet">{ format!("and {}", text::counted(more, "more name", "more names")) }</p>
                }
            </div>
        </div>
    }
}

fn kind(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Name => "host, pod or process",
        NameKind::Path => "folder or file",
        NameKind::Label => "label value",
        NameKind::Argument => "argument",
        NameKind::Environment => "environment",
        NameKind::Capture => "capture name",
    }
}
