//! The three layers of memory as bars of one scale: figures in little room.

use analyzer_core::base::convert;
use analyzer_core::base::units::Bytes;
use analyzer_core::report::LayerId;
use yew::prelude::*;

use crate::number_format as text;

/// The name of a layer, and what its figure counts.
pub fn words(id: LayerId) -> (&'static str, &'static str) {
    match id {
        LayerId::Go => ("Go runtime", "held by the Go runtime"),
        LayerId::Process => ("Process", "resident anonymous memory"),
        LayerId::Cgroup => ("Container", "charged"),
    }
}

/// A layer's cells for an element of class `layers`: name, bar, figure. The longest bar is `end` bytes.
pub fn bar(id: LayerId, bytes: Bytes, end: i64) -> Html {
    let class = match id {
        LayerId::Go => "layer-go",
        LayerId::Process => "layer-process",
        LayerId::Cgroup => "layer-cgroup",
    };
    html! {
        <>
            <span>{ words(id).0 }</span>
            <span class="layer-track">
                <span class={classes!("layer-bar", class)} style={format!("width:{}%", width(bytes.0, end))} />
            </span>
            <span class="number">{ text::bytes(bytes.0) }</span>
        </>
    }
}

/// A percentage of a bar's width.
fn width(part: i64, whole: i64) -> String {
    let share = convert::ratio(part.into(), whole.into()).unwrap_or(0.0);
    format!("{:.2}", (share * 100.0).clamp(0.0, 100.0))
}
