//! What is being read: a row per file, while there is something to say.

use analyzer_core::report::Report;
use yew::prelude::*;

use crate::link::{Command, Link, use_link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{FileRow, Files, Shared, Stage};

/// Rows shown at most: a folder of thousands of files is a number, not a list.
const SHOWN: usize = 200;

/// Properties of [`Loading`].
#[derive(Properties, PartialEq)]
pub struct LoadingProps {
    /// The drop.
    pub files: Files,
    /// True while files are read or a report is made.
    pub is_busy: bool,
    /// What the engine said last, which knows the formats.
    pub report: Option<Shared<Report>>,
}

/// Progress of the whole drop, and of each file. Folds away when all is read.
#[component]
pub fn Loading(props: &LoadingProps) -> Html {
    let link = use_link();
    let files = &props.files;
    let troubled = files.troubled().count();
    html! {
        <section class={classes!("loading", (!props.is_busy).then_some("done"))} aria-label="Files">
            <p class="visually-hidden" role="status">{ announcement(props, troubled) }</p>
            if props.is_busy {
                { summary(files) }
                <ul id="files" class="file-rows">
                    { for in_order(files).take(SHOWN).map(|row| file_row(row, props, link.as_ref())) }
                </ul>
                if files.rows().len() > SHOWN {
                    <p class="quiet">{ format!("and {} more", text::count_usize(files.rows().len() - SHOWN)) }</p>
                }
            } else if troubled > 0 {
                <ul class="file-rows">
                    { for files.troubled().map(|row| file_row(row, props, None)) }
                </ul>
            }
        </section>
    }
}

/// What is being read, then what waits, then what is done.
fn in_order(files: &Files) -> impl Iterator<Item = &FileRow> {
    let rank = |row: &FileRow| match row.stage {
        Stage::Reading { .. } | Stage::Analyzing => 0,
        Stage::Failed { .. } | Stage::Cancelled => 1,
        Stage::Waiting => 2,
        Stage::Loaded { .. } => 3,
    };
    (0..=3).flat_map(move |wanted| files.rows().iter().filter(move |row| rank(row) == wanted))
}

/// Said to screen readers at the few moments that matter, not at every slice.
fn announcement(props: &LoadingProps, troubled: usize) -> String {
    let all = props.files.rows().len();
    let files = text::counted(all, "file", "files");
    match (props.is_busy, troubled) {
        (true, _) => format!("Reading {files}."),
        (false, 0) => format!("{files} read."),
        (false, _) => format!("{files} read, {} failed.", text::count_usize(troubled)),
    }
}

fn summary(files: &Files) -> Html {
    let (done, all) = files.progress();
    let read = files.rows().len() - files.pending();
    html! {
        <div class="loading-summary">
            <span>
                { format!("{} of {}", text::count_usize(read), text::counted(files.rows().len(), "file", "files")) }
            </span>
            { bar(done, all, "All files") }
            <span class="number">{ format!("{} of {}", text::size(done), text::size(all)) }</span>
        </div>
    }
}

fn file_row(row: &FileRow, props: &LoadingProps, link: Option<&Link>) -> Html {
    let key = row.file.key;
    let cancel = link.cloned().filter(|_| row.is_pending()).map(|link| {
        let onclick = move |_| link.send(Command::Cancel(key));
        let label = format!("Cancel {}", selectors::visible(&row.file.path));
        html! { <button type="button" class="button small" {onclick} aria-label={label}>{ "Cancel" }</button> }
    });
    html! {
        <li {key} class="file-row">
            <span class="name" title={selectors::visible(&row.file.path)}>{ selectors::visible(&row.file.path) }</span>
            <span class="number">{ text::size(row.file.bytes) }</span>
            <span class="status">{ status(row, props.report.as_deref()) }</span>
            { cancel.unwrap_or_default() }
        </li>
    }
}

fn status(row: &FileRow, report: Option<&Report>) -> Html {
    match &row.stage {
        Stage::Waiting => html! { "waiting" },
        Stage::Reading { read } => bar(*read, row.file.bytes, &selectors::visible(&row.file.path)),
        Stage::Analyzing => html! {
            <><progress aria-label={format!("Analyzing {}", selectors::visible(&row.file.path))} /><span>{ "analyzing" }</span></>
        },
        Stage::Loaded { sources } => {
            let formats = report.map(|report| formats(report, sources)).unwrap_or_default();
            html! { if formats.is_empty() { { "read" } } else { { formats } } }
        }
        Stage::Failed { message } => html! {
            <span class="severity critical"><span class="mark" aria-hidden="true">{ "✕" }</span>{ selectors::visible(message) }</span>
        },
        Stage::Cancelled => html! { "cancelled" },
    }
}

/// What the file was recognized as: its format, or how many files an archive held.
fn formats(report: &Report, sources: &[analyzer_core::base::source::SourceId]) -> String {
    match sources {
        [one] => match selectors::source(report, *one) {
            Some(row) => row.format.clone().unwrap_or_else(|| "not recognized".to_owned()),
            None => String::new(),
        },
        many => text::counted(many.len(), "file in it", "files in it"),
    }
}

fn bar(done: u64, all: u64, label: &str) -> Html {
    html! {
        <progress max={all.max(1).to_string()} value={done.to_string()} aria-label={label.to_owned()} />
    }
}
