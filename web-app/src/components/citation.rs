//! Links from a figure to the place in a file that it came from.

use analyzer_core::base::source::{Position, SourceId, file_name};
use analyzer_core::report::{Citation, Report};
use yew::prelude::*;

use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, ViewId};

/// Address of a place in a source: opens Files there.
pub fn place_href(report: &Report, source: SourceId, at: Option<Position>) -> String {
    let path = selectors::source(report, source).map(|row| row.path.as_str()).unwrap_or_default();
    let at = at.unwrap_or_default();
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let offset = if at.line.is_some() { None } else { at.offset };
    let params =
        Params::default().with("source", path).with("line", number(at.line)).with("offset", number(offset));
    ViewId::Files.with(params).href()
}

/// A place in words: `goroutine.txt:12`, `heap.pb.gz at byte 120`.
pub fn place_text(report: &Report, source: SourceId, at: Option<Position>) -> String {
    let path = selectors::source(report, source).map(|row| row.path.as_str()).unwrap_or("a missing file");
    let name = selectors::visible(short_path(path));
    match at {
        Some(Position { line: Some(line), .. }) => format!("{name}:{line}"),
        Some(Position { offset: Some(offset), .. }) => format!("{name} at byte {}", text::count_u64(offset)),
        _ => name,
    }
}

/// The end of a path that tells it apart in a bundle: the file and the folder around it.
fn short_path(path: &str) -> &str {
    let name = file_name(path);
    let Some(before) = path.rfind(name).and_then(|start| start.checked_sub(1)) else { return path };
    let start = path.get(..before).and_then(|folders| folders.rfind('/')).map_or(0, |slash| slash + 1);
    path.get(start..).unwrap_or(path)
}

/// A link to the place that a citation names, with the figure that stands there.
pub fn citation(report: &Report, citation: &Citation) -> Html {
    let figure = citation.value.map(|value| match citation.unit {
        Some(unit) => (text::value(value, unit), text::value_exact(value, unit)),
        None => (text::count(value), text::count(value)),
    });
    let path = selectors::source(report, citation.source)
        .map(|row| selectors::visible(&row.path))
        .unwrap_or_default();
    html! {
        <span class="citation">
            if let Some(quantity) = &citation.quantity {
                <span class="quantity">{ selectors::visible(quantity) }</span>
                { " " }
            }
            if let Some((short, exact)) = figure {
                <span class="figure" title={exact}>{ short }</span>
                { " " }
            }
            <a class="place" href={place_href(report, citation.source, citation.at)} title={path}>
                { place_text(report, citation.source, citation.at) }
            </a>
        </span>
    }
}

/// Citations as a list; beyond the first few, folded.
pub fn citations(report: &Report, list: &[Citation]) -> Html {
    const SHOWN: usize = 6;
    let (first, rest) = list.split_at(list.len().min(SHOWN));
    html! {
        <>
            <ul class="citations">
                { for first.iter().map(|item| html! { <li>{ citation(report, item) }</li> }) }
            </ul>
            if !rest.is_empty() {
                <details class="more">
                    <summary>{ text::counted(rest.len(), "more place", "more places") }</summary>
                    <ul class="citations">
                        { for rest.iter().map(|item| html! { <li>{ citation(report, item) }</li> }) }
                    </ul>
                </details>
            }
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shortened_to_its_file_and_folder() {
        let shown = ["02-chan-send/t0/proc/smaps.gz", "t0/heap.pb.gz", "heap.pb.gz", ""].map(short_path);
        assert_eq!(shown, ["proc/smaps.gz", "t0/heap.pb.gz", "heap.pb.gz", ""]);
    }
}
