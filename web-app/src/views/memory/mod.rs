//! Memory: the three layers of one moment, or of two, as a picture and as the
//! ledger that the picture is drawn from.

mod advisor;
mod checks;
mod growth;
mod history;
mod ledger;
mod mappings;
mod moments;
mod reclaim;

use analyzer_core::report::{self, AT_OOM_KILL, LayerId, MemorySnapshot, Report};
use yew::prelude::*;

use super::{Place, View, ViewProps};
use crate::components::needs::{Needs, Recipe};
use crate::components::strata::model::Strata;
use crate::components::strata::view::StrataPicture;
use crate::link::{Link, use_link};
use crate::number_format;
use crate::selectors;
use crate::state::{Params, Shared, ViewId};

/// The view's entry in the list.
pub const VIEW: View = View {
    title: "Memory",
    count: |report| report.memory.as_ref().map(|memory| memory.snapshots.len()),
    keys: &[
        ("Tab", "Next part of the picture"),
        ("Enter", "Show the sources of a part"),
        ("Esc", "Close the open row"),
    ],
    places,
    render: |props| html! { <Memory ..props /> },
};

/// The moments.
fn places(report: &Report) -> Vec<Place> {
    let moments = report.memory.iter().flat_map(|memory| &memory.snapshots).enumerate();
    let place = |(index, moment): (usize, &MemorySnapshot)| Place {
        kind: "Moment",
        label: format!("Memory at {}", selectors::visible(&moment.snapshot)),
        hint: selectors::subject(report, moment.subject).map(selectors::subject_name).unwrap_or_default(),
        route: ViewId::Memory.with(Params::default().with("moment", index.to_string())),
    };
    moments.map(place).collect()
}

const RECIPES: &[Recipe] = &[
    Recipe { what: "The Go runtime", command: "curl -s localhost:6060/debug/pprof/heap?debug=1 > heap.txt" },
    Recipe { what: "The process", command: "cat /proc/1/smaps > smaps; cat /proc/1/status > status" },
    Recipe {
        what: "The container",
        command: "cd /sys/fs/cgroup && tar cf - memory.current memory.stat memory.max memory.events > /tmp/cgroup.tar",
    },
];

/// What the view's part of the address says.
#[derive(Clone, PartialEq)]
struct Settings {
    /// Index of the moment that is shown.
    moment: usize,
    /// Index of an earlier moment to compare with.
    base: Option<usize>,
    /// Id of the ledger row that is open.
    row: Option<AttrValue>,
}

impl Settings {
    fn new(report: &Report, params: &Params) -> Self {
        let moments = report.memory.iter().flat_map(|memory| &memory.snapshots);
        let count = moments.count();
        let index = |name: &str| {
            let number = usize::try_from(params.number(name)?).ok()?;
            (number < count).then_some(number)
        };
        let moment = index("moment").unwrap_or_else(|| latest(report));
        let base = match params.get("base") {
            None => first_of_subject(report, moment),
            Some(_) => index("base"),
        };
        let base = base.filter(|base| *base != moment);
        Self { moment, base, row: params.get("row").map(|row| AttrValue::from(row.to_owned())) }
    }
}

/// The name of a moment, for other views.
pub fn moment_name(report: &Report, index: usize) -> String {
    moments::name(report, index)
}

/// Index of the moment to show first: the kill, if there was one, else the last.
fn latest(report: &Report) -> usize {
    let Some((memory, shown)) = report.memory.as_ref().zip(report::moment(report)) else { return 0 };
    let is_shown =
        |moment: &MemorySnapshot| moment.subject == shown.subject && moment.snapshot == shown.snapshot;
    memory.snapshots.iter().rposition(is_shown).unwrap_or(0)
}

/// Index of the moment of the same subject that a moment is compared with at
/// first: the first one, and for a kill the last one before it.
fn first_of_subject(report: &Report, moment: usize) -> Option<usize> {
    let moments = report.memory.as_ref()?.snapshots.as_slice();
    let shown = moments.get(moment)?;
    let is_comparable =
        |other: &MemorySnapshot| other.subject == shown.subject && other.snapshot != AT_OOM_KILL;
    // After the kill the process is gone: the last moment that has it is the one before.
    let has_process = |other: &MemorySnapshot| {
        is_comparable(other) && other.layers.iter().any(|layer| layer.id != LayerId::Cgroup)
    };
    if shown.snapshot == AT_OOM_KILL && moments.iter().any(has_process) {
        moments.iter().rposition(has_process)
    } else if shown.snapshot == AT_OOM_KILL {
        moments.iter().rposition(is_comparable)
    } else {
        moments.iter().position(is_comparable)
    }
}

/// The content of the view.
#[component]
fn Memory(props: &ViewProps) -> Html {
    let link = use_link();
    let Some(memory) = props.report.memory.as_ref().filter(|memory| !memory.snapshots.is_empty()) else {
        return html! {
            <section class="view memory">
                <h2>{ "Memory" }</h2>
                <Needs recipes={RECIPES}>
                    { "This view shows the Go runtime, the process and the container on one axis. None of the files contains figures for any of them. One of these is enough to start:" }
                </Needs>
            </section>
        };
    };
    let settings = Settings::new(&props.report, &props.params);
    let Some(moment) = memory.snapshots.get(settings.moment) else { return Html::default() };
    let base = settings.base.and_then(|base| memory.snapshots.get(base));
    let on_row = on_row(link.as_ref(), &props.params, settings.row.clone());
    let reach = [Some(moment), base].into_iter().flatten().map(|m| Strata::new(m).reach()).max().unwrap_or(0);
    html! {
        <section class="view memory">
            <moments::MomentPicker report={props.report.clone()} params={props.params.clone()} moment={settings.moment} base={settings.base} />
            { checks::disagreements(&props.report, moment) }
            <div class={classes!("strata-pair", base.is_some().then_some("is-pair"))}>
                if let Some(index) = settings.base {
                    { one(&props.report, index, reach, &settings, &on_row, true) }
                }
                { one(&props.report, settings.moment, reach, &settings, &on_row, base.is_some()) }
            </div>
            <history::History report={props.report.clone()} params={props.params.clone()} moment={settings.moment} base={settings.base} />
            if let Some(base) = base {
                <growth::Growth
                    before={base.clone()} after={moment.clone()}
                    names={[settings.base.unwrap_or_default(), settings.moment].map(|index| AttrValue::from(moments::name(&props.report, index)))}
                    on_row={on_row.clone()}
                />
            }
            <ledger::Ledger
                report={props.report.clone()} moment={settings.moment} base={settings.base}
                open={settings.row.clone()} on_row={on_row.clone()}
            />
            { reclaim::panel(moment, &on_row) }
            <advisor::Advisor report={props.report.clone()} params={props.params.clone()} moment={settings.moment} />
            <mappings::AddressSpace report={props.report.clone()} params={props.params.clone()} moment={settings.moment} />
            { checks::side(&props.report, moment) }
            { checks::missing(moment) }
            { checks::checks(&props.report, moment) }
        </section>
    }
}

fn one(
    report: &Shared<Report>,
    index: usize,
    reach: i64,
    settings: &Settings,
    on_row: &Callback<AttrValue>,
    is_titled: bool,
) -> Html {
    html! {
        <div class="panel strata-panel" key={index}>
            if is_titled {
                <h3>{ moments::name(report, index) }</h3>
            }
            <StrataPicture
                report={report.clone()} moment={index} {reach} selected={settings.row.clone()} on_select={on_row.clone()}
            >
                if let Some(moment) = report.memory.as_ref().and_then(|memory| memory.snapshots.get(index)) {
                    { facts(moment) }
                }
            </StrataPicture>
        </div>
    }
}

/// What the bars cannot show.
fn facts(moment: &MemorySnapshot) -> Html {
    let gogc = match moment.gogc {
        None => "GOGC unknown".to_owned(),
        Some(percent) if percent < 0 => "GOGC off".to_owned(),
        Some(percent) => format!("GOGC {percent}"),
    };
    let limit = moment.limit.is_none().then(|| "limit unknown at this moment".to_owned());
    let gomemlimit = moment.gomemlimit.is_none().then(|| "GOMEMLIMIT not set or unknown".to_owned());
    let skew = moment.skew.map(|skew| format!("layers read within {}", number_format::duration(skew.0)));
    let known: Vec<String> = [Some(gogc), gomemlimit, limit, skew].into_iter().flatten().collect();
    html! { <p class="strata-facts quiet">{ known.join(" \u{b7} ") }</p> }
}

/// Opens a ledger row, or closes it if it is open; the address keeps it.
fn on_row(link: Option<&Link>, params: &Params, open: Option<AttrValue>) -> Callback<AttrValue> {
    let (link, params) = (link.cloned(), params.clone());
    Callback::from(move |row: AttrValue| {
        let next = if open.as_ref() == Some(&row) { String::new() } else { row.to_string() };
        if let Some(link) = &link {
            link.refine(params.with("row", next));
        }
    })
}
