//! Which profile, which of its values, and with what it is compared: the first part of the toolbar.

use analyzer_core::report::{ProfileSummary, Report};
use yew::prelude::*;

use super::Case;
use super::choice::Choice;
use super::settings::{key_of, with_query_param};
use crate::components::flame::amount;
use crate::selectors;
use crate::state::Params;

/// The lists to choose from.
pub fn head(case: &Case) -> Html {
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
    let order = selectors::order_in_time(report);
    let every: Vec<_> = order.iter().map(|&index| option(report, index)).collect();
    let kind = |&index: &usize| {
        report
            .profiles
            .get(index)
            .and_then(|profile| profile.kind.clone())
            .unwrap_or_else(|| "other".to_owned())
    };
    let groups: Vec<AttrValue> = order.iter().map(|index| selectors::visible(&kind(index)).into()).collect();
    // One kind needs no heading.
    let groups = if groups.iter().all(|group| Some(group) == groups.first()) { Vec::new() } else { groups };
    let mut bases: Vec<(AttrValue, AttrValue)> = comparable()
        .map(|(index, _)| {
            let (key, name) = option(report, index);
            (key, format!("vs. {name}").into())
        })
        .collect();
    let base = case.settings.base.map(|base| key_of(report, base));
    let shown = key_of(report, case.settings.profile);
    let on_profile = {
        let case = case.clone();
        Callback::from(move |key: String| {
            let index = (0..case.report.profiles.len()).find(|&index| key_of(&case.report, index) == key);
            if let Some(params) = index.and_then(|index| with_profile(&case, index)) {
                case.go(params);
            }
        })
    };
    let on_base = {
        let case = case.clone();
        Callback::from(move |key: String| {
            case.go(with_query_param(&case.params, "base", key).without("color"))
        })
    };
    html! {
        <>
            <h2 class="visually-hidden">{ "Profiles" }</h2>
            <Choice id="profile" label="Profile" options={every} {groups} value={shown.clone()} on_change={on_profile} />
            if !bases.is_empty() {
                <span class="control">
                    <Choice
                        id="profile-base" label="Compare with another profile"
                        options={{ bases.insert(0, ("".into(), "Compare with\u{2026}".into())); bases }}
                        value={base.clone().unwrap_or_default()} on_change={on_base}
                    />
                    if let Some(base) = base {
                        <button
                            type="button" class="button small" data-action="swap" title="Swap the two profiles"
                            onclick={case.on_go(with_query_param(&case.params, "profile", base).with("base", shown))}
                        >
                            { "Swap" }
                        </button>
                    }
                </span>
            }
            { sample_types(case) }
        </>
    }
}

fn option(report: &Report, index: usize) -> (AttrValue, AttrValue) {
    let name = report.profiles.get(index).map(|profile| name(report, profile)).unwrap_or_default();
    (key_of(report, index).into(), name.into())
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
            && other_row.map(|row| (&row.snapshot, row.subject))
                == row.map(|row| (&row.snapshot, row.subject))
    };
    if report.profiles.iter().filter(same).count() > 1 {
        let index = report.profiles.iter().position(|other| other.source == profile.source);
        text = format!("{text} \u{2014} {}", key_of(report, index.unwrap_or_default()));
    }
    selectors::visible(&text)
}

/// The address with another profile; `None` if that is the one that is shown.
pub fn with_profile(case: &Case, index: usize) -> Option<Params> {
    if index == case.settings.profile || index >= case.report.profiles.len() {
        return None;
    }
    // A column of one profile may be missing in another.
    let params = with_query_param(&case.params, "profile", key_of(&case.report, index)).without("base");
    Some(if keeps_type(case, &params) { params } else { params.without("type") })
}

fn keeps_type(case: &Case, params: &Params) -> bool {
    let Some(wanted) = params.get("type") else { return true };
    let summary = super::Settings::new(&case.report, params)
        .and_then(|settings| case.report.profiles.get(settings.profile).cloned());
    summary.is_some_and(|summary| summary.sample_types.iter().any(|column| column.kind == wanted))
}

/// The columns of the profile, each with its sum.
fn sample_types(case: &Case) -> Html {
    let Some(summary) = case.report.profiles.get(case.settings.profile) else { return Html::default() };
    let shown = case.settings.sample_type(summary).to_owned();
    let options: Vec<(AttrValue, AttrValue)> = summary
        .sample_types
        .iter()
        .map(|column| {
            let kind = selectors::visible(&column.kind);
            let total = amount::short(column.total, &column.unit);
            (column.kind.clone().into(), format!("{kind} \u{b7} {total}").into())
        })
        .collect();
    let on_change = {
        let case = case.clone();
        Callback::from(move |kind: String| case.go(with_query_param(&case.params, "type", kind)))
    };
    html! { <Choice id="sample-type" label="Sample type" {options} value={shown} {on_change} /> }
}
