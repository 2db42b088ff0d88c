//! Which profile, which of its values, and with what it is compared.

use analyzer_core::report::{ProfileSummary, Report};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::settings::{path_of, with_query_param};
use super::{Case, CaseProps, amount};
use crate::selectors;

/// The row above everything.
#[component]
pub fn Head(props: &CaseProps) -> Html {
    let case = &props.case;
    let report = &case.report;
    let Some(summary) = report.profiles.get(case.settings.profile) else { return Html::default() };
    let comparable = || {
        let columns = |profile: &ProfileSummary| {
            profile.sample_types.iter().map(|column| column.kind.clone()).collect::<Vec<_>>()
        };
        report.profiles.iter().enumerate().filter(move |(index, other)| {
            *index != case.settings.profile && columns(other) == columns(summary)
        })
    };
    html! {
        <div class="view-head">
            <h2>{ "Profiles" }</h2>
            <label class="control">
                <span>{ "Profile" }</span>
                <select class="field" id="profile" onchange={on_profile(case)}>
                    { for report.profiles.iter().enumerate().map(|(index, profile)| {
                        option(report, profile, index == case.settings.profile)
                    }) }
                </select>
            </label>
            <SampleTypes case={case.clone()} />
            if comparable().next().is_some() {
                <label class="control">
                    <span>{ "Compare with" }</span>
                    <select class="field" id="profile-base" onchange={on_base(case)}>
                        <option value="" selected={case.settings.base.is_none()}>{ "nothing" }</option>
                        { for comparable().map(|(index, profile)| {
                            option(report, profile, Some(index) == case.settings.base)
                        }) }
                    </select>
                </label>
            }
        </div>
    }
}

fn option(report: &Report, profile: &ProfileSummary, is_chosen: bool) -> Html {
    html! {
        <option value={path_of(report, profile).to_owned()} selected={is_chosen}>{ name(report, profile) }</option>
    }
}

/// A profile in a few words: `heap t1`, with the subject's name if there are several.
pub fn name(report: &Report, profile: &ProfileSummary) -> String {
    let row = selectors::source(report, profile.source);
    let kind = profile.kind.clone().unwrap_or_else(|| "profile".to_owned());
    let snapshot = row.and_then(|row| row.snapshot.clone()).unwrap_or_default();
    let subject = row
        .and_then(|row| selectors::subject(report, row.subject?))
        .filter(|_| report.subjects.len() > 1)
        .map(selectors::subject_name)
        .unwrap_or_default();
    let words = [kind, snapshot, subject].into_iter().filter(|word| !word.is_empty());
    let mut text = words.collect::<Vec<_>>().join(" \u{b7} ");
    // Several of a kind and moment are told apart by their files.
    let same = |other: &&ProfileSummary| {
        let other_row = selectors::source(report, other.source);
        other.kind == profile.kind
            && other_row.map(|row| (&row.snapshot, row.subject)) == row.map(|row| (&row.snapshot, row.subject))
    };
    if report.profiles.iter().filter(same).count() > 1 {
        text = format!("{text} \u{2014} {}", path_of(report, profile));
    }
    text
}

fn value_of(event: &Event) -> Option<String> {
    let select = event.target()?.dyn_into::<HtmlSelectElement>().ok()?;
    Some(select.value())
}

fn on_profile(case: &Case) -> Callback<Event> {
    let case = case.clone();
    Callback::from(move |event: Event| {
        let Some(path) = value_of(&event) else { return };
        // A column of one profile may be missing in another.
        let params = with_query_param(&case.params, "profile", path).without("base");
        let params = if keeps_type(&case, &params) { params } else { params.without("type") };
        case.go(params);
    })
}

fn keeps_type(case: &Case, params: &crate::state::Params) -> bool {
    let Some(wanted) = params.get("type") else { return true };
    let summary = super::Settings::new(&case.report, params)
        .and_then(|settings| case.report.profiles.get(settings.profile).cloned());
    summary.is_some_and(|summary| summary.sample_types.iter().any(|column| column.kind == wanted))
}

fn on_base(case: &Case) -> Callback<Event> {
    let case = case.clone();
    Callback::from(move |event: Event| {
        if let Some(path) = value_of(&event) {
            case.go(with_query_param(&case.params, "base", path));
        }
    })
}

/// The columns of the profile as buttons, each with its sum.
#[component]
fn SampleTypes(props: &CaseProps) -> Html {
    let case = &props.case;
    let Some(summary) = case.report.profiles.get(case.settings.profile) else { return Html::default() };
    let shown = case.settings.query.sample_type.as_deref().unwrap_or(&summary.default_sample_type);
    html! {
        <div class="segments" role="group" aria-label="Sample type">
            { for summary.sample_types.iter().map(|column| {
                let params = with_query_param(&case.params, "type", column.kind.clone());
                html! {
                    <button
                        key={column.kind.clone()} type="button" class="segment" data-type={column.kind.clone()}
                        aria-pressed={(column.kind == shown).to_string()} onclick={case.on_go(params)}
                        title={amount::exact(column.total, &column.unit)}
                    >
                        <span>{ &column.kind }</span>
                        <span class="segment-amount">{ amount::short(column.total, &column.unit) }</span>
                    </button>
                }
            }) }
        </div>
    }
}
