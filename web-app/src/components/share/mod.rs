//! What is taken away from the page: the report as one file, or as Markdown.

mod prepare;
mod preview;

use analyzer_core::report::Report;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlDialogElement, HtmlInputElement, Url};
use yew::prelude::*;

use super::copy_button::CopyButton;
use super::download;
use super::popover::Popover;
use crate::intake::Dropped;
use crate::link::{Command, use_link};
use crate::number_format as text;
use crate::state::Shared;

use prepare::Prepared;

/// Properties of [`CopyMarkdown`].
#[derive(Properties, PartialEq)]
struct CopyMarkdownProps {
    /// What is copied.
    report: Shared<Report>,
}

/// Copies verdict, findings and tables for an issue or a wiki.
#[component]
fn CopyMarkdown(props: &CopyMarkdownProps) -> Html {
    let markdown = use_memo(props.report.clone(), |report| report.to_markdown());
    html! { <CopyButton text={(*markdown).clone()} label="Copy as Markdown" /> }
}

/// Saves the report as JSON, as `strata report --format json` prints it.
#[component]
fn SaveJson(props: &CopyMarkdownProps) -> Html {
    let report = props.report.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        // The host forbids it only where it forbids every download.
        let _ = download::save("strata-report.json", "application/json", report.to_json().as_bytes());
    });
    html! {
        <button type="button" class="button" id="save-json" {onclick} title="Save the report as JSON, for other programs">
            { "Save as JSON" }
        </button>
    }
}

/// What can be taken away, in one menu.
#[component]
pub fn Share(props: &SaveReportProps) -> Html {
    let report = &props.report;
    html! {
        <Popover id="share" label="Share" is_large=true>
            <div class="share-items">
                <SaveReport report={report.clone()} />
                <CopyMarkdown report={report.clone()} />
                <SaveJson report={report.clone()} />
                <CopyLink />
            </div>
        </Popover>
    }
}

/// Copies the address: it names the view and how it is set, and carries no captures.
#[component]
fn CopyLink() -> Html {
    let address = use_state_eq(String::new);
    let on_point = {
        let address = address.setter();
        Callback::from(move |()| address.set(gloo::utils::window().location().href().unwrap_or_default()))
    };
    {
        let on_point = on_point.clone();
        use_effect_with((), move |()| on_point.emit(()));
    }
    html! {
        <span onpointerenter={on_point.reform(|_: PointerEvent| ())} onfocusin={on_point.reform(|_: FocusEvent| ())}>
            <CopyButton text={(*address).clone()} label="Copy link to this view" />
        </span>
    }
}

/// Properties of [`Share`] and [`SaveReport`].
#[derive(Clone, PartialEq, Properties)]
pub struct SaveReportProps {
    /// The report: a new one makes a file that was prepared an old one.
    pub report: Shared<Report>,
}

/// Opens the dialog in which a file is prepared and saved.
#[component]
fn SaveReport(props: &SaveReportProps) -> Html {
    let is_open = use_state_eq(|| false);
    let open = {
        let is_open = is_open.setter();
        Callback::from(move |_: MouseEvent| is_open.set(true))
    };
    let on_close = {
        let is_open = is_open.setter();
        Callback::from(move |()| is_open.set(false))
    };
    html! {
        <>
            <button type="button" class="button" id="save-report" onclick={open}
                title="Save a single HTML file with this view and the captures, which opens offline">
                { "Save report" }
            </button>
            if *is_open {
                <SaveDialog report={props.report.clone()} {on_close} />
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct SaveDialogProps {
    report: Shared<Report>,
    on_close: Callback<()>,
}

#[derive(Clone, PartialEq)]
enum Stage {
    Preparing,
    Ready(Prepared),
    Failed(AttrValue),
}

/// Prepares the viewer with the captures in it, says what is in it and its
/// size, then saves it.
#[component]
fn SaveDialog(props: &SaveDialogProps) -> Html {
    let link = use_link();
    let dialog = use_node_ref();
    let stage = use_state_eq(|| Stage::Preparing);
    let is_redacted = use_state_eq(|| false);
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            let _ = dialog.show_modal();
        }
    });
    {
        let stage = stage.setter();
        use_effect_with((props.report.clone(), *is_redacted), move |&(_, is_redacted)| {
            let is_wanted = std::rc::Rc::new(std::cell::Cell::new(true));
            let still_wanted = is_wanted.clone();
            stage.set(Stage::Preparing);
            if let Some(link) = link {
                let engine = link.clone();
                link.send(Command::Collect(Callback::from(move |files: Vec<Dropped>| {
                    let (engine, stage, is_wanted) = (engine.clone(), stage.clone(), is_wanted.clone());
                    spawn_local(async move {
                        let made = if is_redacted {
                            prepare::redacted(&engine, &files).await
                        } else {
                            prepare::as_loaded(&files).await
                        };
                        match made {
                            Ok(prepared) if is_wanted.get() => stage.set(Stage::Ready(prepared)),
                            // Nobody waits for it anymore.
                            Ok(prepared) => drop(Url::revoke_object_url(&prepared.url)),
                            Err(reason) if is_wanted.get() => stage.set(Stage::Failed(reason.into())),
                            Err(_) => {}
                        }
                    });
                })));
            }
            move || still_wanted.set(false)
        });
    }
    {
        // A file that is not wanted anymore would stay in memory.
        use_effect_with((*stage).clone(), |stage| {
            let stage = stage.clone();
            move || {
                if let Stage::Ready(prepared) = stage {
                    let _ = Url::revoke_object_url(&prepared.url);
                }
            }
        });
    }
    let onchange = {
        let is_redacted = is_redacted.setter();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            is_redacted.set(input.checked());
        })
    };
    let onclose = props.on_close.reform(|_: Event| ());
    let onclick = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <dialog ref={dialog} class="keys save" aria-labelledby="save-title" {onclose}>
            <h2 id="save-title">{ "Save report" }</h2>
            <p>
                { "A single HTML file with the viewer and the captures. It opens offline, in the current view." }
            </p>
            <label class="save-choice">
                <input type="checkbox" id="redact" checked={*is_redacted} {onchange} />
                { "Redact" }
            </label>
            <p class="quiet">
                { "Figures, functions, packages and source positions are kept. Hosts, pods, containers, processes, folders above the module, labels, arguments and the environment get pseudonyms. All other text is blanked." }
            </p>
            if let Stage::Ready(Prepared { summary: Some(summary), .. }) = &*stage {
                { preview::preview(summary) }
            }
            { outcome(&stage) }
            <div class="buttons">
                { save_buttons(&stage) }
                <button type="button" class="button" {onclick}>{ "Close" }</button>
            </div>
        </dialog>
    }
}

fn outcome(stage: &Stage) -> Html {
    match stage {
        Stage::Preparing => html! { <p role="status">{ "Preparing…" }</p> },
        Stage::Failed(reason) => {
            html! { <p role="alert">{ format!("The file could not be created: {reason}") }</p> }
        }
        Stage::Ready(_) => Html::default(),
    }
}

fn save_buttons(stage: &Stage) -> Html {
    let Stage::Ready(prepared) = stage else { return Html::default() };
    let name = prepared.name();
    html! {
        <>
            <a id="save-file" class="button primary" href={prepared.url.clone()} download={name}>
                { format!("Save {name}, {}", text::size(prepared.bytes)) }
            </a>
            if let Some(markdown) = &prepared.markdown {
                <CopyButton text={markdown.clone()} label="Copy redacted Markdown" />
            }
        </>
    }
}
