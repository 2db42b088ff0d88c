//! What registries list of the services that the process connects to, beside its connections.

use analyzer_core::report::{Health, RegistryInstance, RegistryService, Report, Stray};
use yew::prelude::*;

use super::course::Course;
use super::parts::place;
use crate::number_format as text;
use crate::selectors;

/// Instances of a service at most: those with connections, dials or trouble come first.
const ROWS: usize = 50;

/// The section, of the last snapshot that a list stands beside; nothing where no registry lists a service.
pub fn section(report: &Report, course: &Course<'_>) -> Html {
    let last = course.last(|moment| (!moment.registries.is_empty()).then_some(moment));
    let Some(moment) = last else { return Html::default() };
    html! {
        <section class="panel" aria-labelledby="registries">
            <h3 id="registries">{ "Registries" }</h3>
            <p class="quiet">
                { format!("Instances in the registry, and their connections in snapshot {}.", selectors::visible(&moment.snapshot)) }
            </p>
            { for moment.registries.iter().map(|service| table(report, service)) }
        </section>
    }
}

fn table(report: &Report, service: &RegistryService) -> Html {
    let mut instances: Vec<&RegistryInstance> = service.instances.iter().collect();
    instances.sort_by_key(|row| (row.health == Health::Passing && row.dials == 0, row.connections == 0));
    let hidden = instances.len().saturating_sub(ROWS);
    html! {
        <>
            <table class="table stacked registry-table">
                <caption>{ format!("{}. {}", selectors::visible(&service.told()), service.age.told()) }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Address" }</th>
                        <th scope="col">{ "Listed as" }</th>
                        <th scope="col" class="number">{ "Connections" }</th>
                        <th scope="col" class="number">{ "Unanswered dials" }</th>
                        <th scope="col">{ "Source" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for service.strays.iter().map(|row| stray(report, row)) }
                    { for instances.into_iter().take(ROWS).map(|row| instance(report, row)) }
                </tbody>
            </table>
            if hidden > 0 {
                <p class="quiet">{ format!("Not shown: {}.", text::counted(hidden, "more instance", "more instances")) }</p>
            }
        </>
    }
}

fn instance(report: &Report, row: &RegistryInstance) -> Html {
    let (word, is_held) = match row.health {
        Health::Passing if row.was_reached => ("passing, recently reached", false),
        Health::Passing => ("passing", false),
        Health::Leaving => ("leaving", row.connections + row.dials > 0),
        Health::Failing => ("failing", row.connections + row.dials > 0),
    };
    html! {
        <tr>
            <th scope="row"><code>{ selectors::visible(&row.address) }</code></th>
            <td data-label="Listed as" class={classes!(is_held.then_some("held"))}>{ word }</td>
            <td data-label="Connections" class="number">{ text::count_u64(row.connections) }</td>
            <td data-label="Unanswered dials" class="number">{ text::count_u64(row.dials) }</td>
            { place(report, &row.citation) }
        </tr>
    }
}

fn stray(report: &Report, row: &Stray) -> Html {
    html! {
        <tr>
            <th scope="row"><code>{ selectors::visible(&row.address) }</code></th>
            <td data-label="Listed as" class="held">{ if row.was_listed { "no longer listed" } else { "not listed" } }</td>
            <td data-label="Connections" class="number">{ text::count_u64(row.connections) }</td>
            <td data-label="Unanswered dials" class="number">{ text::count_u64(row.dials) }</td>
            { place(report, &row.citation) }
        </tr>
    }
}
