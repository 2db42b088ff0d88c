//! Which moment is shown, and with which it is compared.

use analyzer_core::report::{MemorySnapshot, Report};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::link::use_link;
use crate::selectors;
use crate::state::{Params, Shared, ViewId};

/// The address's word for a moment that is compared with none.
const NOTHING: &str = "none";

/// Properties of [`MomentPicker`].
#[derive(Clone, PartialEq, Properties)]
pub struct MomentPickerProps {
    /// The report.
    pub report: Shared<Report>,
    /// The view's part of the address.
    pub params: Params,
    /// Index of the moment that is shown.
    pub moment: usize,
    /// Index of the moment that it is compared with.
    pub base: Option<usize>,
}

/// The name of a moment, with its subject's if there are several.
pub fn name(report: &Report, index: usize) -> String {
    let moments = report.memory.as_ref().map(|memory| memory.snapshots.as_slice()).unwrap_or_default();
    let Some(moment) = moments.get(index) else { return String::new() };
    let is_only = moments.iter().all(|other| other.subject == moment.subject);
    let subject = selectors::subject(report, moment.subject).filter(|_| !is_only);
    match subject {
        Some(subject) => format!("{} {}", selectors::subject_name(subject), moment.snapshot),
        None => moment.snapshot.clone(),
    }
}

/// Buttons for few moments, a list for many, and what to compare with.
#[component]
pub fn MomentPicker(props: &MomentPickerProps) -> Html {
    let link = use_link();
    let report = &props.report;
    let moments = report.memory.as_ref().map(|memory| memory.snapshots.as_slice()).unwrap_or_default();
    let shown = moments.get(props.moment);
    let set = |name: &'static str, params: &Params| {
        let (link, params) = (link.clone(), params.clone());
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            if let (Some(link), Some(select)) = (&link, select) {
                let params = if name == "moment" { params.without("base") } else { params.clone() };
                link.navigate(ViewId::Memory.with(params.with(name, select.value())));
            }
        })
    };
    let same_subject = |moment: &&MemorySnapshot| shown.is_some_and(|shown| shown.subject == moment.subject);
    let comparable = moments.iter().filter(same_subject).count() > 1;
    html! {
        <div class="view-head">
            <h2 class={classes!((moments.len() > 1).then_some("visually-hidden"))}>{ "Memory" }</h2>
            if moments.len() > 1 {
                <label class="control">
                    <span>{ "Snapshot" }</span>
                    <select class="field" id="moment" onchange={set("moment", &props.params)}>
                        { for (0..moments.len()).map(|index| option(report, index, Some(props.moment))) }
                    </select>
                </label>
            }
            if comparable {
                <label class="control">
                    <span>{ "Compare with" }</span>
                    <select class="field" id="base" onchange={set("base", &props.params)}>
                        <option value={NOTHING} selected={props.base.is_none()}>{ "nothing" }</option>
                        { for moments.iter().enumerate()
                            .filter(|(index, moment)| *index != props.moment && same_subject(moment))
                            .map(|(index, _)| option(report, index, props.base)) }
                    </select>
                </label>
            }
        </div>
    }
}

fn option(report: &Report, index: usize, chosen: Option<usize>) -> Html {
    html! {
        <option value={index.to_string()} selected={chosen == Some(index)}>{ name(report, index) }</option>
    }
}
