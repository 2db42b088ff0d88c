//! The limit advisor: sliders, what they lead to, and the arithmetic.

use analyzer_core::base::convert::{clamp_i64, ratio};
use analyzer_core::base::units::Bytes;
use analyzer_core::report::advisor::{Advice, Bound, LimitSettings};
use analyzer_core::report::{AdvisorInputs, Report};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::link::use_link;
use crate::number_format as text;
use crate::state::{Params, Shared};

const MIB: i64 = 1 << 20;
/// GOGC at the end of its slider; the last step is off.
const MOST_GOGC: i64 = 400;
const GOGC_STEP: i64 = 10;
/// Growth of the live heap at the end of its slider, in percent.
const MOST_LIVE: i64 = 300;
/// What the address has where something is off or not set.
const OFF: &str = "off";

/// Properties of [`Advisor`].
#[derive(Clone, PartialEq, Properties)]
pub struct AdvisorProps {
    /// The report.
    pub report: Shared<Report>,
    /// The view's part of the address.
    pub params: Params,
    /// Index of the moment.
    pub moment: usize,
}

/// What limit, GOMEMLIMIT and GOGC would fit what was seen.
#[component]
pub fn Advisor(props: &AdvisorProps) -> Html {
    let link = use_link();
    let moment = props.report.memory.as_ref().and_then(|memory| memory.snapshots.get(props.moment));
    let Some(inputs) = moment.and_then(|moment| moment.advisor.as_ref()) else { return Html::default() };
    let settings = settings(inputs, &props.params);
    let advice = inputs.evaluate(&settings);
    let set = {
        let (link, params) = (link.clone(), props.params.clone());
        Callback::from(move |changes: Vec<(&'static str, String)>| {
            let params =
                changes.into_iter().fold(params.clone(), |params, (name, value)| params.with(name, value));
            if let Some(link) = &link {
                link.refine(params);
            }
        })
    };
    html! {
        <section class="panel advisor" id="advisor">
            <h3>{ "Limit advisor" }</h3>
            <p class="quiet">
                { "Go's GC pacing applied to this snapshot. Move a slider to see the effect of other settings." }
            </p>
            <div class="advisor-body">
                <div class="advisor-controls">
                    { sliders(inputs, &settings, &set) }
                    { presets(inputs, &settings, &set) }
                </div>
                <div class="advisor-result">
                    { verdict(&advice, &settings) }
                    { bar(&advice, &settings) }
                    { arithmetic(&advice, &settings) }
                </div>
            </div>
        </section>
    }
}

/// What the address says, and what the container has where it says nothing.
fn settings(inputs: &AdvisorInputs, params: &Params) -> LimitSettings {
    let current = inputs.current();
    let fallback = inputs.recommend(Bytes(0), 100).roomy_limit;
    let number = |name: &str| params.number(name).and_then(|value| i64::try_from(value).ok());
    let mib = |name: &str| number(name).and_then(|value| value.checked_mul(MIB)).filter(|bytes| *bytes > 0);
    let gogc = match params.get("gogc") {
        Some(OFF) => None,
        Some(_) => Some(number("gogc").unwrap_or(100).clamp(1, 10_000)),
        None => current.map_or(Some(100), |current| current.gogc),
    };
    let gomemlimit = match params.get("gomemlimit") {
        Some(OFF) => None,
        Some(_) => mib("gomemlimit").map(Bytes),
        None => current.and_then(|current| current.gomemlimit),
    };
    LimitSettings {
        limit: mib("limit").map(Bytes).unwrap_or_else(|| current.map_or(fallback, |current| current.limit)),
        gomemlimit,
        gogc,
        live_percent: number("live").map_or(100, |percent| percent.clamp(10, 1_000)),
    }
}

/// The end of the sliders for bytes: room for twice of all that matters.
fn most_bytes(inputs: &AdvisorInputs, settings: &LimitSettings) -> i64 {
    let roomy = inputs.recommend(settings.limit, settings.live_percent).roomy_limit;
    let most =
        [roomy, settings.limit, inputs.limit.unwrap_or_default()].into_iter().max().unwrap_or_default();
    let wanted = most.0.saturating_add(most.0 / 2).max(64 * MIB);
    // A round end, that does not move with each step of a slider.
    let mut end = 64 * MIB;
    while end < wanted && end < i64::MAX / 4 {
        end = end.saturating_mul(2);
    }
    end
}

fn sliders(
    inputs: &AdvisorInputs,
    settings: &LimitSettings,
    set: &Callback<Vec<(&'static str, String)>>,
) -> Html {
    let most = most_bytes(inputs, settings);
    let step = (most / MIB / 512).max(1);
    let mib = |bytes: i64| bytes / MIB;
    let gomemlimit = settings.gomemlimit.map_or("not set".to_owned(), |limit| text::bytes(limit.0));
    let gogc = settings.gogc.map_or(OFF.to_owned(), |gogc| gogc.to_string());
    html! {
        <>
            { slider("limit", "Container limit", text::bytes(settings.limit.0), (step, mib(most), step), mib(settings.limit.0), set,
                |value| value.to_string()) }
            { slider("gomemlimit", "GOMEMLIMIT", gomemlimit, (0, mib(most), step), settings.gomemlimit.map_or(0, |limit| mib(limit.0)), set,
                |value| if value <= 0 { OFF.to_owned() } else { value.to_string() }) }
            { slider("gogc", "GOGC", gogc, (GOGC_STEP, MOST_GOGC + GOGC_STEP, GOGC_STEP), settings.gogc.unwrap_or(MOST_GOGC + GOGC_STEP), set,
                |value| if value > MOST_GOGC { OFF.to_owned() } else { value.to_string() }) }
            { slider("live", "Live heap", format!("{}% of the captured value", settings.live_percent), (50, MOST_LIVE, 10), settings.live_percent, set,
                |value| if value == 100 { String::new() } else { value.to_string() }) }
        </>
    }
}

fn slider(
    name: &'static str,
    label: &'static str,
    shown: String,
    (least, most, step): (i64, i64, i64),
    value: i64,
    set: &Callback<Vec<(&'static str, String)>>,
    param: fn(i64) -> String,
) -> Html {
    let on_input = set.reform(move |event: InputEvent| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let value = input.and_then(|input| input.value().parse::<f64>().ok());
        value
            .map(|value| (name, param(analyzer_core::base::convert::f64_to_i64(value))))
            .into_iter()
            .collect()
    });
    html! {
        <label class="advisor-slider">
            <span>{ label }</span>
            <output>{ shown.clone() }</output>
            <input
                type="range" id={format!("advisor-{name}")} min={least.to_string()} max={most.to_string()} step={step.to_string()}
                value={value.clamp(least, most).to_string()} aria-valuetext={shown} oninput={on_input}
            />
        </label>
    }
}

/// Settings worth a try, as buttons.
fn presets(
    inputs: &AdvisorInputs,
    settings: &LimitSettings,
    set: &Callback<Vec<(&'static str, String)>>,
) -> Html {
    let mib_up = |bytes: Bytes| (bytes.0 + MIB - 1) / MIB;
    let at = |limit: Bytes| {
        inputs.recommend(limit, settings.live_percent).gomemlimit.map(|g| (g.0 / MIB).to_string())
    };
    let advised = inputs.recommend(settings.limit, settings.live_percent);
    let button = |label: String, changes: Vec<(&'static str, String)>| {
        let on_click = set.reform(move |_: MouseEvent| changes.clone());
        html! { <button type="button" class="button" onclick={on_click}>{ label }</button> }
    };
    let limit_of = |bytes: Bytes| {
        let limit = Bytes(mib_up(bytes).saturating_mul(MIB));
        vec![
            ("limit", mib_up(bytes).to_string()),
            ("gomemlimit", at(limit).unwrap_or(OFF.to_owned())),
            ("gogc", "100".to_owned()),
        ]
    };
    let as_seen = ["limit", "gomemlimit", "gogc", "live"].map(|name| (name, String::new())).to_vec();
    html! {
        <div class="buttons advisor-presets">
            { button("Current settings".to_owned(), as_seen) }
            if let Some(gomemlimit) = advised.gomemlimit {
                { button(format!("GOMEMLIMIT {} for this limit", text::bytes(gomemlimit.0 / MIB * MIB)), vec![("gomemlimit", (gomemlimit.0 / MIB).to_string())]) }
            }
            { button(format!("Minimum limit {}", text::bytes(mib_up(advised.least_limit) * MIB)), limit_of(advised.least_limit)) }
            { button(format!("Comfortable limit {}", text::bytes(mib_up(advised.roomy_limit) * MIB)), limit_of(advised.roomy_limit)) }
        </div>
    }
}

fn verdict(advice: &Advice, settings: &LimitSettings) -> Html {
    let (class, mark, word) = match (advice.fits, advice.headroom) {
        (true, _) => ("ok", "\u{2713}", "Fits"),
        (false, Some(room)) if room.0 >= 0 => ("warning", "!", "Tight"),
        _ => ("critical", "\u{2717}", "Does not fit"),
    };
    let peak = match (advice.peak, advice.headroom) {
        (Some(peak), Some(room)) if room.0 >= 0 => format!(
            "At its peak, the container is charged {}, {} below the limit of {}.",
            text::bytes(peak.0),
            text::bytes(room.0),
            text::bytes(settings.limit.0)
        ),
        (Some(peak), Some(room)) => format!(
            "At its peak, the container would need {}, {} more than the limit of {}.",
            text::bytes(peak.0),
            text::bytes(-room.0),
            text::bytes(settings.limit.0)
        ),
        _ => "Nothing stops the heap from growing.".to_owned(),
    };
    let pace = match (advice.bound, advice.cycles_percent) {
        (Bound::Gogc, Some(percent)) => {
            format!("GOGC paces the GC: {percent}% of the collections of GOGC=100.")
        }
        (Bound::Gomemlimit, Some(percent)) => {
            format!("GOMEMLIMIT paces the GC: {percent}% of the collections of GOGC=100 alone.")
        }
        (Bound::Live, _) => "The GC runs continuously, and memory exceeds GOMEMLIMIT.".to_owned(),
        (Bound::Nothing, _) | (_, None) => String::new(),
    };
    html! {
        <>
            <p class="advisor-verdict" aria-live="polite">
                <b class={classes!("severity", class)}><span aria-hidden="true">{ mark }</span>{ word }</b>
                { " " }{ peak }{ " " }{ pace }
            </p>
            if !advice.notes.is_empty() {
                <ul class="advisor-notes">{ for advice.notes.iter().map(|note| html! { <li>{ note }</li> }) }</ul>
            }
        </>
    }
}

/// The peak beside the limit, in the colors of the picture.
fn bar(advice: &Advice, settings: &LimitSettings) -> Html {
    let total: i64 = advice.steps.iter().map(|step| step.bytes.0.max(0)).sum();
    let end = total.max(settings.limit.0).saturating_add(total.max(settings.limit.0) / 50).max(1);
    let share = |bytes: i64| ratio(bytes.into(), end.into()).unwrap_or(0.0) * 100.0;
    let line = |bytes: i64, class: &'static str| {
        html! { <span class={classes!("advisor-line", class)} style={format!("left:{:.2}%", share(bytes))} /> }
    };
    html! {
        <div class="advisor-bar" aria-hidden="true">
            { for advice.steps.iter().filter(|step| step.bytes.0 > 0).map(|step| html! {
                <span
                    class={classes!("history-part", format!("is-{}", step.id))} style={format!("width:{:.3}%", share(step.bytes.0))}
                    title={format!("{}: {}", step.label, text::bytes(step.bytes.0))}
                />
            }) }
            { line(settings.limit.0, "limit") }
        </div>
    }
}

fn arithmetic(advice: &Advice, settings: &LimitSettings) -> Html {
    let go = advice.go_peak;
    let other = advice.peak.zip(go).map(|(peak, go)| peak - go);
    let row = |label: &str, id: &str, formula: &str, bytes: i64, class: &'static str| {
        html! {
            <tr {class}>
                <th scope="row">
                    if !id.is_empty() {
                        <span class={classes!("swatch", format!("is-{id}"))} aria-hidden="true" />
                    }
                    { label }
                </th>
                <td class="number" title={text::bytes_exact(bytes)}>{ text::bytes(bytes) }</td>
                <td class="advisor-formula"><code>{ formula }</code></td>
            </tr>
        }
    };
    let share = advice
        .peak
        .map(|peak| clamp_i64(i128::from(peak.0)))
        .map(|peak| text::percent(peak, settings.limit.0));
    html! {
        <details class="more" open=true>
            <summary>{ "Calculation" }</summary>
            <table class="ledger advisor-table">
                <tbody>
                    { for advice.steps.iter().map(|step| row(&step.label, &step.id, &step.formula, step.bytes.0, "")) }
                    if let Some(peak) = advice.peak {
                        { row("Peak", "", &share.map(|share| format!("sum; {share} of the limit")).unwrap_or_default(), peak.0, "is-total") }
                    }
                    if let Some((go, other)) = go.zip(other).filter(|(_, other)| other.0 > 0) {
                        { row("of it Go (counted by GOMEMLIMIT)", "", "live to metadata", go.0, "") }
                        { row("of it outside the Go runtime", "", "the other rows", other.0, "") }
                    }
                    if let Some(room) = advice.headroom {
                        { row("Limit minus peak", "", "limit \u{2212} peak", room.0, if room.0 < 0 { "is-negative" } else { "" }) }
                    }
                </tbody>
            </table>
            <p class="quiet">{ "Page cache is not included because the kernel drops it first. Bounded amounts count with their upper bound." }</p>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> AdvisorInputs {
        AdvisorInputs {
            live: Bytes(100 * MIB),
            live_is_upper_bound: false,
            stacks: Bytes(2 * MIB),
            globals: Bytes(0),
            metadata: Bytes(6 * MIB),
            span_waste: Bytes(2 * MIB),
            objects: Bytes(110 * MIB),
            beside: Vec::new(),
            limit: Some(Bytes(512 * MIB)),
            gomemlimit: None,
            gogc: Some(100),
        }
    }

    #[test]
    fn without_an_address_the_settings_are_the_containers() {
        let settings = settings(&inputs(), &Params::default());
        assert_eq!(Some(settings), inputs().current());
    }

    #[test]
    fn the_address_overrides_each_setting() {
        let params = Params::default()
            .with("limit", "300")
            .with("gomemlimit", "250")
            .with("gogc", "off")
            .with("live", "150");
        let expected = LimitSettings {
            limit: Bytes(300 * MIB),
            gomemlimit: Some(Bytes(250 * MIB)),
            gogc: None,
            live_percent: 150,
        };
        assert_eq!(settings(&inputs(), &params), expected);
        let off = settings(&inputs(), &Params::default().with("gomemlimit", "off").with("limit", "0"));
        assert_eq!((off.gomemlimit, off.limit), (None, Bytes(512 * MIB)));
    }

    #[test]
    fn a_container_without_a_known_limit_starts_at_a_roomy_one() {
        let inputs = AdvisorInputs { limit: None, ..inputs() };
        let settings = settings(&inputs, &Params::default());
        assert!(inputs.evaluate(&settings).peak.is_some_and(|peak| peak < settings.limit), "{settings:?}");
    }

    #[test]
    fn sliders_end_beyond_what_they_show() {
        let settings = settings(&inputs(), &Params::default());
        assert!(most_bytes(&inputs(), &settings) >= 768 * MIB);
    }
}
