//! The palette (Ctrl+K): every view, action, finding, goroutine group, function, profile and file by its name.

use analyzer_core::report::Report;
use analyzer_core::session::{Filters, Granularity, Order, Query, Top, question};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::components::flame::amount;
use crate::link::{Command, Link, use_answer, use_link};
use crate::number_format as text;
use crate::selectors;
use crate::state::{Action, Params, Route, Shared, Theme, ViewId};
use crate::views::profiles::Settings;
use crate::views::{self, Place};

/// The id of the dialog.
pub const ID: &str = "palette";

/// Entries that are listed; what is typed narrows them.
const SHOWN: usize = 50;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
enum Deed {
    /// Goes somewhere.
    Go(Route),
    /// Opens the built-in example.
    Example,
    /// Takes every file away.
    Clear,
    /// Chooses light or dark.
    Paint(Theme),
    /// Lists the keys.
    Keys,
    /// Presses what is on the page.
    Press(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    kind: &'static str,
    label: String,
    hint: String,
    deed: Deed,
    /// Everything that is searched, in lower case.
    hay: String,
}

impl Entry {
    fn new(kind: &'static str, label: String, hint: String, deed: Deed) -> Self {
        let hay = format!("{label} {hint} {kind}").to_lowercase();
        Self { kind, label, hint, deed, hay }
    }

    fn place(Place { kind, label, hint, route }: Place) -> Self {
        Self::new(kind, label, hint, Deed::Go(route))
    }
}

/// True for Ctrl+K and Cmd+K.
pub fn is_its_key(event: &KeyboardEvent) -> bool {
    let is_alone = !event.alt_key() && !event.shift_key();
    (event.ctrl_key() || event.meta_key()) && is_alone && event.key().eq_ignore_ascii_case("k")
}

/// Opens the palette; closes it if it is open.
pub fn toggle(link: &Link) {
    match dialog() {
        // The browser gives the focus back, and says that it is closed.
        Some(dialog) => dialog.close(),
        None => link.send(Command::Act(Action::PaletteToggled)),
    }
}

fn dialog() -> Option<HtmlDialogElement> {
    gloo::utils::document().get_element_by_id(ID)?.dyn_into().ok()
}

/// Properties of [`Palette`].
#[derive(Clone, PartialEq, Properties)]
pub struct PaletteProps {
    /// What is shown, if there is something.
    pub report: Option<Shared<Report>>,
    /// How the view is set: it may name a profile.
    pub params: Params,
    /// Light or dark.
    pub theme: Theme,
    /// True if something was dropped.
    pub has_files: bool,
    /// True while files are read.
    pub is_busy: bool,
}

/// A field, and what fits it.
#[component]
pub fn Palette(props: &PaletteProps) -> Html {
    let link = use_link();
    let place = use_node_ref();
    let typed = use_state_eq(String::new);
    let at = use_state_eq(|| 0_usize);
    let top = use_state_eq(|| None::<Shared<Top>>);
    let is_reading = use_state_eq(|| false);
    let entries = use_memo((props.clone(), (*top).clone()), |(props, top)| entries(props, top.as_deref()));
    use_effect_with(place.clone(), |place| {
        if let Some(dialog) = place.cast::<HtmlDialogElement>() {
            let _ = dialog.show_modal();
        }
    });
    let (found, more) = found(&entries, &typed);
    let chosen = (*at).min(found.len().saturating_sub(1));
    use_effect_with((chosen, (*typed).clone()), |(chosen, _)| {
        if let Some(option) = gloo::utils::document().get_element_by_id(&option_id(*chosen)) {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    });
    let on_answer = use_callback(
        (top.setter(), is_reading.setter()),
        |(answer, is_open): (Option<Shared<Top>>, bool), (top, is_reading)| {
            top.set(answer);
            is_reading.set(is_open);
        },
    );
    let act = {
        let link = link.clone();
        Callback::from(move |deed: Deed| {
            if let Some(dialog) = dialog() {
                dialog.close();
            }
            if let Some(link) = &link {
                done(link, deed);
            }
        })
    };
    let oninput = {
        let (typed, at) = (typed.setter(), at.setter());
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value());
            at.set(0);
        })
    };
    let onkeydown = {
        let (at, act, last) = (at.setter(), act.clone(), found.len().saturating_sub(1));
        let deed = found.get(chosen).map(|entry| entry.deed.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => at.set(if chosen == last { 0 } else { chosen + 1 }),
                "ArrowUp" => at.set(chosen.checked_sub(1).unwrap_or(last)),
                "Enter" => {
                    if let Some(deed) = deed.clone() {
                        act.emit(deed);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let onclose = Callback::from(move |_: Event| {
        if let Some(link) = &link {
            link.send(Command::Act(Action::PaletteToggled));
        }
    });
    html! {
        <dialog ref={place} id={ID} class="palette" aria-label="Find" {onclose}>
            <input
                class="field" type="text" role="combobox" aria-label="Find a view, an action, a function, a goroutine group, a file or a finding"
                placeholder="View, action, function, goroutines, file, finding" aria-expanded="true" aria-controls="palette-list"
                aria-autocomplete="list" aria-activedescendant={(!found.is_empty()).then(|| option_id(chosen))}
                autocomplete="off" spellcheck="false" autofocus=true value={(*typed).clone()} {oninput} {onkeydown}
            />
            <ul id="palette-list" class="plain" role="listbox" aria-label="Matches">
                { for found.iter().enumerate().map(|(index, entry)| option(entry, index, index == chosen, &act)) }
            </ul>
            if let Some(report) = &props.report {
                <Functions report={report.clone()} params={props.params.clone()} {on_answer} />
            }
            <p class="quiet" role="status">
                if found.is_empty() {
                    { if *is_reading { "Reading the functions\u{2026}" } else { "No matches." } }
                } else if more > 0 {
                    { format!("{} more: keep typing to narrow the list.", text::count_usize(more)) }
                }
            </p>
        </dialog>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct FunctionsProps {
    report: Shared<Report>,
    params: Params,
    /// Takes the functions once they are there, and whether they are still awaited.
    on_answer: Callback<(Option<Shared<Top>>, bool)>,
}

/// Asks for all functions of the profile that is shown, or would be, whatever it is filtered by; shows nothing.
#[component]
fn Functions(props: &FunctionsProps) -> Html {
    let question = Settings::new(&props.report, &props.params).map(|settings| question::Top {
        query: Query {
            granularity: Granularity::Functions,
            base: None,
            sample_type: None,
            filters: Filters::default(),
            ..settings.query
        },
        order: Order::Cum,
    });
    let is_asked = question.is_some();
    let answer = use_answer(&props.report, question);
    let is_open = is_asked && answer.latest.is_none() && answer.refusal.is_none() && answer.error.is_none();
    let on_answer = props.on_answer.clone();
    use_effect_with((answer.latest, is_open), move |answer| on_answer.emit(answer.clone()));
    Html::default()
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

fn option(entry: &Entry, index: usize, is_chosen: bool, act: &Callback<Deed>) -> Html {
    let onclick = {
        let (act, deed) = (act.clone(), entry.deed.clone());
        Callback::from(move |_: MouseEvent| act.emit(deed.clone()))
    };
    html! {
        <li key={index} id={option_id(index)} role="option" aria-selected={is_chosen.to_string()} {onclick}>
            <span class="palette-kind">{ entry.kind }</span>
            <span class="palette-label">{ &entry.label }</span>
            <span class="palette-hint">{ &entry.hint }</span>
        </li>
    }
}

fn done(link: &Link, deed: Deed) {
    match deed {
        Deed::Go(route) => {
            let card = route.params.number("finding").and_then(|number| number.checked_sub(1));
            link.navigate(route);
            press("#main", |main| main.focus());
            // A card that was gone to before is gone to again.
            if let Some(card) = card {
                press(&format!("#finding-{card}"), |title| title.focus());
            }
        }
        Deed::Example => link.send(Command::OpenExample),
        Deed::Clear => link.send(Command::Clear),
        Deed::Paint(theme) => link.send(Command::Act(Action::ThemeChosen(theme))),
        Deed::Keys => link.send(Command::Act(Action::KeysToggled)),
        Deed::Press(css) => press(css, |element| {
            element.click();
            element.focus()
        }),
    }
}

fn press<T>(css: &str, act: impl FnOnce(&HtmlElement) -> T) {
    let found = gloo::utils::document().query_selector(css).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        act(&element);
    }
}

/// Everything that can be found, in the order in which it is listed.
fn entries(props: &PaletteProps, top: Option<&Top>) -> Vec<Entry> {
    let mut all = Vec::new();
    if props.has_files {
        all.extend(ViewId::ALL.iter().map(|&id| {
            Entry::new("View", views::of(id).title.to_owned(), String::new(), Deed::Go(Route::to(id)))
        }));
    }
    all.extend(actions(props));
    if let Some(report) = &props.report {
        for &id in ViewId::ALL {
            all.extend(
                (views::of(id).places)(report)
                    .into_iter()
                    .map(|place| Entry::place(of_shown(place, &props.params))),
            );
        }
    }
    all.extend(top.iter().flat_map(|top| functions(props, top)));
    all
}

/// A way to look at a profile leads to the one that is shown.
fn of_shown(mut place: Place, shown: &Params) -> Place {
    let Route { view, params, .. } = &mut place.route;
    if *view == ViewId::Profiles && params.get("profile").is_none() {
        *params = params.with("profile", shown.get("profile").unwrap_or_default());
    }
    place
}

fn actions(props: &PaletteProps) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut add = |label: &str, hint: &str, deed| {
        all.push(Entry::new("Action", label.to_owned(), hint.to_owned(), deed));
    };
    add("Add files", "o", Deed::Press("#browse"));
    add("Add a folder", "", Deed::Press("#browse-folder"));
    if props.has_files {
        if !props.is_busy {
            add("Share: save, copy as Markdown, JSON, link", "", Deed::Press("[data-toggle=share]"));
        }
        add("Remove all files and start over", "", Deed::Clear);
    } else {
        add("Open the example", "", Deed::Example);
    }
    for (theme, label) in
        [(Theme::Light, "Colors: light"), (Theme::Dark, "Colors: dark"), (Theme::System, "Colors: system")]
    {
        if theme != props.theme {
            add(label, "", Deed::Paint(theme));
        }
    }
    add("Keyboard shortcuts", "?", Deed::Keys);
    all
}

/// The functions of the profile that is shown, or would be: the most expensive first.
fn functions<'a>(props: &PaletteProps, top: &'a Top) -> impl Iterator<Item = Entry> + use<'a> {
    let params = props.params.get("profile").map(str::to_owned).unwrap_or_default();
    let params = Params::default().with("profile", params).with("view", "callers");
    top.rows().map(move |row| {
        let route = ViewId::Profiles.with(params.with("function", row.name));
        let cost = format!("{} of {}", amount::short(row.cum, &top.unit), top.sample_type);
        Entry::new("Function", selectors::visible(row.name), cost, Deed::Go(route))
    })
}

/// The first entries that have every word, best first, and how many more there are: those whose name begins
/// with what was typed, then those in which a word does, then the others, each in the order of the list.
fn found<'e>(entries: &'e [Entry], typed: &str) -> (Vec<&'e Entry>, usize) {
    let typed = typed.trim().to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let fits = |entry: &&Entry| words.iter().all(|word| entry.hay.contains(word));
    let mut found: Vec<&Entry> = entries.iter().filter(fits).collect();
    if let Some(first) = words.first() {
        found.sort_by_key(|entry| match entry.hay.find(first) {
            Some(0) => 0,
            Some(at)
                if entry.hay.get(..at).is_some_and(|before| !before.ends_with(char::is_alphanumeric)) =>
            {
                1
            }
            _ => 2,
        });
    }
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    (found, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(typed: &str) -> Vec<&'static str> {
        const NAMES: [&str; 4] = ["main.handle", "net/http.(*conn).serve", "Add files", "shandle"];
        let entries = NAMES
            .map(|name| Entry::new("Function", name.to_owned(), String::new(), Deed::Go(Route::default())));
        let (found, _) = found(&entries, typed);
        found
            .into_iter()
            .filter_map(|entry| NAMES.iter().copied().find(|name| *name == entry.label))
            .collect()
    }

    #[test]
    fn every_word_must_be_there_and_a_name_that_begins_so_comes_first() {
        assert_eq!(labels("add"), ["Add files"]);
        assert_eq!(labels("handle"), ["main.handle", "shandle"]);
        assert_eq!(labels("serve CONN"), ["net/http.(*conn).serve"]);
        assert_eq!(labels("nothing"), [""; 0]);
        assert_eq!(labels("").len(), 4);
    }

    #[test]
    fn a_way_to_look_at_a_profile_leads_to_the_one_that_is_shown() {
        let way = |params: Params| {
            let route = ViewId::Profiles.with(params);
            Place { kind: "View", label: String::new(), hint: String::new(), route }
        };
        let shown = Params::default().with("profile", "heap");
        let calls = Params::default().with("view", "calls");
        let params = |place: Place, shown: &Params| of_shown(place, shown).route.params;
        assert_eq!(params(way(calls.clone()), &shown), calls.with("profile", "heap"));
        assert_eq!(params(way(calls.clone()), &Params::default()), calls);
        let other = Params::default().with("profile", "cpu");
        assert_eq!(params(way(other.clone()), &shown), other);
    }

    #[test]
    fn a_long_list_is_cut_and_the_rest_counted() {
        let entry = |n: usize| Entry::new("File", format!("f{n}"), String::new(), Deed::Press("#f"));
        let entries: Vec<Entry> = (0..SHOWN + 7).map(entry).collect();
        let (shown, more) = found(&entries, "f");
        assert_eq!((shown.len(), more), (SHOWN, 7));
    }
}
