//! Every mapping, those in sight on the page.

use std::rc::Rc;

use analyzer_core::base::convert::{to_u64, to_usize};
use analyzer_core::report::{Mapping, MappingPage, Report};
use analyzer_core::session::question;
use yew::prelude::*;

use super::rows::{Choice, Key};
use super::{AddressSpaceProps, of};
use crate::components::citation::place_href;
use crate::components::rows::Rows;
use crate::components::search::Search;
use crate::link::{use_answer, use_link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Params, Shared};

const ROW: f64 = 24.0;

/// The list, with its filter.
#[component]
pub fn MappingList(props: &AddressSpaceProps) -> Html {
    let link = use_link();
    let choice = Choice::of(&props.params);
    let mappings = of(&props.report, props.moment);
    let total: u64 = mappings.map_or(0, |mappings| mappings.classes.iter().map(|class| class.count).sum());
    let listed = mappings.map_or(0, |mappings| mappings.largest.len());
    let wants_all = (choice.is_narrow() || props.params.get("mappings").is_some()) && to_u64(listed) < total;
    let moment = props.report.memory.as_ref().and_then(|memory| memory.snapshots.get(props.moment));
    let question = moment.filter(|_| wants_all).map(|moment| question::Mappings {
        subject: moment.subject,
        snapshot: moment.snapshot.clone(),
        class: None,
        first: 0,
        count: total,
    });
    let answer = use_answer(&props.report, question);
    let all = answer.latest.filter(|_| wants_all);
    let source = Listed { report: props.report.clone(), moment: props.moment, all };
    let rows = use_memo((source.clone(), choice.clone()), |(source, choice)| choice.rows(source.mappings()));
    if mappings.is_none() {
        return Html::default();
    }
    let set = {
        let params = props.params.clone();
        Callback::from(move |(name, value): (&'static str, String)| {
            if let Some(link) = &link {
                link.refine(params.with(name, value));
            }
        })
    };
    let of_choice =
        choice.class.as_ref().and_then(|id| mappings?.classes.iter().find(|class| class.id == *id));
    let (have, asked) = (source.mappings().len(), to_usize(total).unwrap_or(usize::MAX));
    html! {
        <>
            <div class="filters vma-filters">
                <Search
                    label="Filter mappings" placeholder="Name, address or permissions"
                    value={props.params.get("q").unwrap_or_default().to_owned()}
                    on_input={set.reform(|value: String| ("q", value))}
                />
                if let Some(class) = of_choice {
                    <button type="button" class="button" onclick={set.reform(|_: MouseEvent| ("class", String::new()))}>
                        { format!("{} \u{d7}", class.label) }
                    </button>
                }
                <span class="quiet">
                    { format!("{} of {}", text::count_usize(rows.len()), text::counted(asked, "mapping", "mappings")) }
                </span>
                if have < asked && !wants_all {
                    <button type="button" class="button" onclick={set.reform(|_: MouseEvent| ("mappings", "all".to_owned()))}>
                        { format!("List all {}", text::count_usize(asked)) }
                    </button>
                }
                if answer.is_pending {
                    <span class="quiet" role="status">{ "Reading the mappings\u{2026}" }</span>
                }
                if let Some(error) = &answer.error {
                    <span class="severity error" role="alert">{ error }</span>
                }
            </div>
            { table(&source, &rows, choice.key, &props.params, &set) }
        </>
    }
}

/// Where the rows are: in the report, or in an answer that has them all.
#[derive(Clone, PartialEq)]
struct Listed {
    report: Shared<Report>,
    moment: usize,
    all: Option<Shared<MappingPage>>,
}

impl Listed {
    fn mappings(&self) -> &[Mapping] {
        match self.all.as_deref() {
            Some(page) => &page.rows,
            None => {
                of(&self.report, self.moment).map(|mappings| mappings.largest.as_slice()).unwrap_or_default()
            }
        }
    }
}

fn table(
    source: &Listed,
    rows: &Rc<Vec<usize>>,
    key: Key,
    params: &Params,
    set: &Callback<(&'static str, String)>,
) -> Html {
    let render = {
        let (source, rows) = (source.clone(), Rc::clone(rows));
        Callback::from(move |index: usize| {
            let mapping = rows.get(index).and_then(|&row| source.mappings().get(row));
            mapping.map(|mapping| row_html(&source.report, mapping, index)).unwrap_or_default()
        })
    };
    let head = html! {
        <div class="row head" role="row">
            { for Key::ALL.into_iter().map(|(of, name, title)| {
                let is_text = matches!(of, Key::Address | Key::Name);
                let (sort, mark) = match (key == of, is_text) {
                    (false, _) => ("none", ""),
                    (true, true) => ("ascending", " \u{25b2}"),
                    (true, false) => ("descending", " \u{25bc}"),
                };
                let on_click = set.reform(move |_: MouseEvent| ("sort", name.to_owned()));
                html! {
                    <span class={classes!("cell", (!is_text).then_some("number"))} role="columnheader" aria-sort={sort}>
                        <button type="button" class="sort" onclick={on_click}>{ title }{ mark }</button>
                    </span>
                }
            }) }
        </div>
    };
    // Back to the top when what is listed changes.
    let focus = (!rows.is_empty()).then_some(0);
    let key = format!("{:?}", Choice::of(params));
    html! {
        <Rows
            {key} count={rows.len()} height={ROW} {render} {head} {focus} class={classes!("vma-rows")}
            label="Mappings of the process"
        />
    }
}

fn row_html(report: &Report, mapping: &Mapping, index: usize) -> Html {
    let amount = |bytes: i64| {
        let shown = if bytes == 0 { "\u{2013}".to_owned() } else { text::bytes(bytes) };
        html! { <span class="cell number" role="cell" title={text::bytes_exact(bytes)}>{ shown }</span> }
    };
    let name =
        if mapping.name.is_empty() { "(no name)".to_owned() } else { selectors::visible(&mapping.name) };
    html! {
        <div key={mapping.start.clone()} class="row" role="row" aria-rowindex={(index + 2).to_string()}>
            <span class="cell" role="cell">
                <a href={place_href(report, mapping.citation.source, mapping.citation.at)}><code>{ &mapping.start }</code></a>
                { " " }<code class="quiet">{ &mapping.permissions }</code>
            </span>
            <span class="cell" role="cell" title={name.clone()}>
                <span class={classes!("swatch", format!("vma-{}", mapping.class))} aria-hidden="true" />{ name }
            </span>
            { amount(mapping.size.0) }
            { amount(mapping.rss.0) }
            { amount(mapping.anonymous.0) }
            { amount(mapping.swap.0) }
        </div>
    }
}
