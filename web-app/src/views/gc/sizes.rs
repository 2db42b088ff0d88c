//! Live objects by size class, as `BySize` of `MemStats` has them.

use analyzer_core::base::convert::ratio;
use analyzer_core::report::{Report, SizeClass, SizeClasses};
use yew::prelude::*;

use crate::components::citation::citations;
use crate::number_format as text;

/// Size classes of the report's latest moment that has them.
pub fn latest(report: &Report) -> Option<(&SizeClasses, usize)> {
    let moments = report.memory.as_ref()?.snapshots.as_slice();
    moments.iter().enumerate().rev().find_map(|(index, moment)| Some((moment.size_classes.as_ref()?, index)))
}

/// Bars by class, and what lies beyond the last class.
pub fn panel(report: &Report, classes: &SizeClasses, moment: &str) -> Html {
    let widest = classes.classes.iter().map(|class| class.bytes.0).chain(classes.beyond.map(|bytes| bytes.0));
    let widest = widest.max().unwrap_or(1).max(1);
    html! {
        <section class="panel gc-sizes">
            <h3>{ "Heap objects by size class" }</h3>
            <p class="quiet">
                { format!("MemStats.BySize, {moment}: objects allocated and not yet freed, including dead objects that have not been swept.") }
            </p>
            <table class="ledger gc-size-table">
                <thead>
                    <tr>
                        <th scope="col" class="number">{ "Slot" }</th>
                        <th scope="col" class="number">{ "Objects" }</th>
                        <th scope="col" class="number">{ "Bytes" }</th>
                        <th scope="col"><span class="visually-hidden">{ "As a bar" }</span></th>
                    </tr>
                </thead>
                <tbody>
                    { for classes.classes.iter().map(|class| row(class, widest)) }
                    if let Some(beyond) = classes.beyond {
                        <tr>
                            <th scope="row" class="number">{ "larger" }</th>
                            <td class="number quiet" title="Not counted in BySize">{ "not counted" }</td>
                            <td class="number" title={text::bytes_exact(beyond.0)}>{ text::bytes(beyond.0) }</td>
                            <td class="gc-size-bar">{ bar(beyond.0, widest, "beyond") }</td>
                        </tr>
                    }
                </tbody>
            </table>
            { citations(report, &classes.citations) }
        </section>
    }
}

fn row(class: &SizeClass, widest: i64) -> Html {
    html! {
        <tr>
            <th scope="row" class="number" title={text::bytes_exact(class.size.0)}>{ text::bytes_exact(class.size.0) }</th>
            <td class="number">{ text::count(class.objects) }</td>
            <td class="number" title={text::bytes_exact(class.bytes.0)}>{ text::bytes(class.bytes.0) }</td>
            <td class="gc-size-bar">{ bar(class.bytes.0, widest, "") }</td>
        </tr>
    }
}

fn bar(bytes: i64, widest: i64, class: &'static str) -> Html {
    let share = ratio(bytes.max(0).into(), widest.into()).unwrap_or(0.0) * 100.0;
    html! { <span class={classes!("bar", class)} style={format!("width:{share:.2}%")} aria-hidden="true" /> }
}
