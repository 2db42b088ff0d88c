//! Recipe: what each container is given before it runs, what its capture shows in its place, and the fix.

use analyzer_core::report::{Recipe as Section, RecipeContainer, RecipeFact, RecipeFix, Report};
use yew::prelude::*;

use super::{View, ViewProps};
use crate::components::citation::{place_href, place_text};
use crate::components::copy_button::CopyButton;
use crate::components::found;
use crate::components::needs::{Needs, Recipe};
use crate::number_format as text;
use crate::selectors;

/// Rules on what the view shows.
const FAMILIES: &[&str] = &["spec."];

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Recipe",
    count: |report| found::problems(report, FAMILIES),
    keys: &[],
    places: |_| Vec::new(),
    render: |props| html! { <Containers ..props /> },
};

const RECIPES: &[Recipe] = &[
    Recipe {
        what: "Manifests as deployed",
        command: "kubectl get deploy,sts,ds,cm,svc -o yaml > manifests.yaml",
    },
    Recipe { what: "A rendered Helm chart", command: "helm template RELEASE CHART > manifests.yaml" },
    Recipe { what: "A running container", command: "docker inspect CONTAINER > inspect.json" },
];

/// The content of the view.
#[component]
fn Containers(props: &ViewProps) -> Html {
    let report = &props.report;
    let Some(section) = &report.recipe else {
        return html! {
            <section class="view recipe">
                <h2>{ "Recipe" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view shows how containers are configured: limits, GOMEMLIMIT, GOGC, GOMAXPROCS, memory-backed volumes, the grace period. None of the files is a manifest, a compose file, a Dockerfile or docker inspect output. With a capture of the same container, it also shows the differences." }
                </Needs>
            </section>
        };
    };
    html! {
        <section class="view recipe">
            <div class="view-head">
                <h2>{ "Recipe" }</h2>
                <span class="quiet">{ counts(section) }</span>
            </div>
            { found::lines(report, FAMILIES, None) }
            { for section.containers.iter().enumerate().map(|(index, row)| container(report, row, index)) }
            { others(report, section) }
        </section>
    }
}

/// `3 containers, 2 of them Go`.
fn counts(section: &Section) -> String {
    let hidden = usize::try_from(section.hidden).unwrap_or(usize::MAX);
    let all = section.containers.len().saturating_add(hidden);
    let go = section.containers.iter().filter(|row| row.go.is_some()).count();
    format!(
        "{}, {} of them Go",
        text::counted(all, "container or image", "containers and images"),
        text::count_usize(go)
    )
}

fn container(report: &Report, row: &RecipeContainer, index: usize) -> Html {
    if row.go.is_none() {
        return Html::default();
    }
    let id = format!("recipe-{index}");
    html! {
        <section class="panel" aria-labelledby={id.clone()}>
            <h3 {id}>{ selectors::visible(&row.name) }</h3>
            <p class="quiet">
                <a class="place" href={place_href(report, row.citation.source, row.citation.at)}>
                    { place_text(report, row.citation.source, row.citation.at) }
                </a>
                { capture(report, row) }
            </p>
            <table class="table stacked">
                <caption>{ "Configuration" }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Setting" }</th>
                        <th scope="col">{ "Stated" }</th>
                        <th scope="col">{ "Captured" }</th>
                        <th scope="col">{ "Line" }</th>
                    </tr>
                </thead>
                <tbody>{ for row.facts.iter().map(|fact| line(report, fact)) }</tbody>
            </table>
            if row.facts.is_empty() {
                <p class="quiet">{ "No limit and no Go runtime variable is set." }</p>
            }
            { disagreements(report, row) }
            { for row.fix.iter().map(|fix| self::fix(report, fix)) }
        </section>
    }
}

/// What another manifest of the same container says.
fn disagreements(report: &Report, row: &RecipeContainer) -> Html {
    if row.others.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <p class="held">{ "Other files describe this container differently. For the capture, only settings that they agree on are used." }</p>
            <ul>
                { for row.others.iter().map(|fact| html! {
                    <li>
                        { fact.id.label() }{ " " }<code>{ selectors::visible(&fact.written) }</code>{ " " }
                        <a class="place" href={place_href(report, fact.citation.source, fact.citation.at)}>
                            { place_text(report, fact.citation.source, fact.citation.at) }
                        </a>
                    </li>
                }) }
            </ul>
        </>
    }
}

/// Which capture is of the container, and how that is known.
fn capture(report: &Report, row: &RecipeContainer) -> Html {
    let Some(capture) = &row.capture else {
        return html! { { ". There is no capture of it to compare with." } };
    };
    let name = selectors::subject(report, capture.subject).map(selectors::subject_name).unwrap_or_default();
    let more = match capture.count.saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {}", text::counted_u64(more, "more capture", "more captures")),
    };
    html! { { format!(". Compared with {name}{more}: {}.", selectors::visible(&capture.because)) } }
}

fn line(report: &Report, fact: &RecipeFact) -> Html {
    let captured = fact.captured.as_ref();
    html! {
        <tr>
            <th scope="row">{ fact.id.label() }</th>
            <td data-label="Stated"><code>{ selectors::visible(&fact.written) }</code></td>
            <td data-label="Captured" class={classes!(captured.is_none().then_some("unset"))}>
                { captured.map_or_else(|| Html::from("\u{2013}"), |captured| html! {
                    <a
                        class={classes!("place", captured.differs.then_some("held"))}
                        href={place_href(report, captured.citation.source, captured.citation.at)}
                    >
                        { selectors::visible(&captured.text) }
                        if captured.differs { { " (differs)" } }
                    </a>
                }) }
            </td>
            <td data-label="Line">
                <a class="place" href={place_href(report, fact.citation.source, fact.citation.at)}>
                    { place_text(report, fact.citation.source, fact.citation.at) }
                </a>
            </td>
        </tr>
    }
}

fn fix(report: &Report, fix: &RecipeFix) -> Html {
    html! {
        <div class="recipe-fix">
            <h4>{ if fix.changes.is_empty() { "No changes needed" } else { "Fix" } }</h4>
            if fix.changes.is_empty() {
                <p>{ "The configuration matches the captures." }</p>
            } else {
                <ul>
                    { for fix.changes.iter().map(|change| html! {
                        <li>
                            <b>{ selectors::visible(&change.text()) }</b>{ ": " }{ selectors::visible(&change.why) }{ " " }
                            <a class="place" href={place_href(report, change.citation.source, change.citation.at)}>
                                { place_text(report, change.citation.source, change.citation.at) }
                            </a>
                        </li>
                    }) }
                </ul>
            }
            if !fix.patch.is_empty() {
                <div class="recipe-patch">
                    <div class="recipe-patch-head">
                        <span class="quiet">{ selectors::visible(&fix.apply) }</span>
                        <CopyButton text={fix.patch.clone()} label="Copy patch" />
                    </div>
                    <pre tabindex="0"><code>{ &fix.patch }</code></pre>
                </div>
            }
            if !fix.notes.is_empty() {
                <ul class="quiet">{ for fix.notes.iter().map(|note| html! { <li>{ selectors::visible(note) }</li> }) }</ul>
            }
            { arithmetic(fix) }
        </div>
    }
}

fn arithmetic(fix: &RecipeFix) -> Html {
    if fix.steps.is_empty() {
        return Html::default();
    }
    let total: i64 = fix.steps.iter().map(|step| step.bytes.0).sum();
    html! {
        <details class="more">
            <summary>{ "Calculation" }</summary>
            <table class="ledger advisor-table">
                <tbody>
                    { for fix.steps.iter().map(|step| html! {
                        <tr>
                            <th scope="row">{ &step.label }</th>
                            <td class="number" title={text::bytes_exact(step.bytes.0)}>{ text::bytes(step.bytes.0) }</td>
                            <td class="advisor-formula"><code>{ &step.formula }</code></td>
                        </tr>
                    }) }
                    if fix.is_measured {
                        <tr class="is-total">
                            <th scope="row">{ "Peak" }</th>
                            <td class="number" title={text::bytes_exact(total)}>{ text::bytes(total) }</td>
                            <td class="advisor-formula"><code>{ "sum" }</code></td>
                        </tr>
                    }
                </tbody>
            </table>
        </details>
    }
}

/// What is not known to be Go is named, and not judged.
fn others(report: &Report, section: &Section) -> Html {
    let rest: Vec<&RecipeContainer> = section.containers.iter().filter(|row| row.go.is_none()).collect();
    if rest.is_empty() && section.hidden == 0 {
        return Html::default();
    }
    html! {
        <section class="panel" aria-labelledby="recipe-others">
            <h3 id="recipe-others">{ "Not checked" }</h3>
            <p class="quiet">
                { "There is no evidence that these are Go programs: no runtime variable, no golang build stage, no capture." }
            </p>
            <ul class="plain">
                { for rest.iter().map(|row| html! {
                    <li>
                        { selectors::visible(&row.name) }{ " " }
                        <a class="place" href={place_href(report, row.citation.source, row.citation.at)}>
                            { place_text(report, row.citation.source, row.citation.at) }
                        </a>
                    </li>
                }) }
                if section.hidden > 0 {
                    <li>{ format!("and {} more", text::count_u64(section.hidden)) }</li>
                }
            </ul>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::session::Session;

    use super::*;

    #[test]
    fn containers_and_those_that_are_go_are_counted() {
        let mut session = Session::default();
        let text = "services:\n  api: {image: api, environment: {GOGC: 50}}\n  db: {image: postgres}\n";
        session.add("compose.yaml", text.as_bytes().to_vec());
        let report = session.report();
        assert_eq!(
            counts(report.recipe.as_ref().expect("a section")),
            "2 containers and images, 1 of them Go"
        );
        assert_eq!((VIEW.count)(&report), None);
    }
}
