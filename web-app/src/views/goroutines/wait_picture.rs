//! Who waits for whom, drawn: what waits, an arrow, the cause. It is made of
//! lists and a sentence, so that it reads as well as it looks.

use analyzer_core::report::GoroutineGroup;
use yew::prelude::*;

use super::case::CaseProps;
use super::filters::Filters;
use super::group_route;
use super::tangle::{self, Tangle, members};
use super::trend::last_count;
use super::words;
use crate::number_format as text;
use crate::selectors;

/// Groups drawn on one side; the others are counted.
const DRAWN: usize = 6;

/// Every cause that something waits for.
#[component]
pub fn Waits(props: &CaseProps) -> Html {
    let case = &props.case;
    let filters = Filters::of(&case.params);
    let is_wanted = |tangle: &Tangle<'_>| {
        std::iter::once(&tangle.root)
            .chain(&tangle.victims)
            .chain(&tangle.satellites)
            .any(|group| filters.admit(group))
    };
    let tangles: Vec<_> = tangle::tangles(case.groups()).into_iter().filter(is_wanted).collect();
    html! {
        <div class="tangles">
            if tangles.is_empty() {
                <p class="empty quiet">{ "No matching group blocks others." }</p>
            }
            { for tangles.iter().map(|tangle| html! { <div class="panel">{ figure(tangle, None) }</div> }) }
        </div>
    }
}

/// One cause with what hangs on it. `current` is the group that is already open.
pub fn figure(tangle: &Tangle<'_>, current: Option<&str>) -> Html {
    let root = tangle.root;
    html! {
        <figure class="tangle">
            <figcaption>{ sentence(tangle) }</figcaption>
            <div class="tangle-picture">
                <div class="tangle-side">
                    { side("cannot continue", &tangle.victims, current) }
                    { side("exists because of it", &tangle.satellites, current) }
                </div>
                <div class="arrow" aria-hidden="true">
                    <span>{ if tangle.victims.is_empty() { "because of" } else { "wait for" } }</span>
                </div>
                { card(root, current, "cause") }
                <div class="arrow" aria-hidden="true"><span>{ "stuck in" }</span></div>
                <div class="card end">
                    <strong>{ selectors::visible(&root.state) }</strong>
                    if let Some(meaning) = words::state_meaning(&root.state) {
                        <span class="quiet">{ meaning }</span>
                    }
                </div>
            </div>
        </figure>
    }
}

fn sentence(tangle: &Tangle<'_>) -> String {
    let (waiting, helping) = (members(&tangle.victims), members(&tangle.satellites));
    let cause = format!("{} in {}", words::goroutines(last_count(tangle.root)), words::name(tangle.root));
    let verb = |count: u64, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    match (waiting, helping) {
        (0, _) => {
            format!("{} {} because of {cause}.", words::goroutines(helping), verb(helping, "exists", "exist"))
        }
        (_, 0) => format!("{} cannot continue before {cause}.", words::goroutines(waiting)),
        _ => format!(
            "{} cannot continue before {cause}; {} more {} because of it.",
            words::goroutines(waiting),
            text::count_u64(helping),
            verb(helping, "exists", "exist")
        ),
    }
}

fn side(what: &'static str, groups: &[&GoroutineGroup], current: Option<&str>) -> Html {
    let more = groups.get(DRAWN..).unwrap_or_default();
    html! {
        if !groups.is_empty() {
            <ul class="plain" aria-label={what}>
                { for groups.iter().take(DRAWN).map(|group| html! { <li>{ card(group, current, what) }</li> }) }
                if !more.is_empty() {
                    <li class="quiet">
                        { format!("and {} in {}", words::goroutines(members(more)), text::counted(more.len(), "more group", "more groups")) }
                    </li>
                }
            </ul>
        }
    }
}

fn card(group: &GoroutineGroup, current: Option<&str>, part: &'static str) -> Html {
    let is_current = current == Some(group.id.as_str());
    let name = html! { <code>{ words::name(group) }</code> };
    html! {
        <div class={classes!("card", words::class(group.verdict), is_current.then_some("current"), (part == "cause").then_some("cause"))}>
            <span class="card-part">{ if is_current { format!("{part} (this group)") } else { part.to_owned() } }</span>
            <span>
                <strong>{ text::count_u64(last_count(group)) }</strong>{ " \u{00d7} " }
                if is_current { { name } } else { <a href={group_route(&group.id).href()}>{ name }</a> }
            </span>
            <span class="quiet">
                { selectors::visible(&group.state) }
                if let Some(minutes) = group.wait_minutes { { format!(", up to {}", text::minutes(minutes)) } }
            </span>
        </div>
    }
}
