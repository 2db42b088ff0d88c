//! The page before anything was dropped.

use yew::prelude::*;

use super::browse::Browse;
use super::capture::Capture;
use crate::intake;
use crate::link::{Command, use_link};

/// What can be dropped, and what it answers.
const INPUTS: [(&str, &str); 7] = [
    (
        "Goroutine dumps",
        "debug=2 or debug=1 text, SIGQUIT and panic output, log lines around them. Two or more tell what grows.",
    ),
    ("pprof profiles", "heap, allocs, goroutine, cpu, block, mutex: gzipped or not."),
    ("Execution traces", "of Go 1.22 and later: what ran, waited and collected, and when."),
    ("/proc/PID", "smaps, smaps_rollup, maps, status, statm: what the kernel holds for the process."),
    ("The cgroup's memory files", "memory.stat, memory.current, memory.max and the rest, version 1 or 2."),
    (
        "The runtime's own figures",
        "MemStats from /debug/vars or heap?debug=1, runtime/metrics, Prometheus text.",
    ),
    (
        "Logs and Kubernetes",
        "gctrace and scavtrace lines, the kernel's OOM report, the pod as JSON or YAML, kubectl top.",
    ),
];

/// What can be dropped, in plain words, and how to capture it.
#[component]
pub fn Landing() -> Html {
    let link = use_link();
    let open_example = Callback::from(move |_: MouseEvent| {
        if let Some(link) = &link {
            link.send(Command::OpenExample);
        }
    });
    html! {
        <div class="landing">
            <section class="landing-drop">
                <h2>{ "Where did the memory go? Which goroutines leak?" }</h2>
                <p class="lead">
                    { "Drop captures of a Go service anywhere on this page: files, folders, .tar.gz or .zip. \
                       Or paste a dump. Everything is read in this page; nothing is sent anywhere." }
                </p>
                <div class="buttons">
                    <Browse label="Browse for files" />
                    if intake::has_example() {
                        <button type="button" class="button" id="open-example" onclick={open_example}>
                            { "Open the example" }
                        </button>
                    }
                </div>
                <h3>{ "What it reads" }</h3>
                <dl class="inputs">
                    { for INPUTS.iter().map(|(name, what)| html! {
                        <div><dt>{ *name }</dt><dd>{ *what }</dd></div>
                    }) }
                </dl>
                <p class="quiet">
                    { "Any one of them is enough to start. Several of the same moment are reconciled with each \
                       other; several moments are compared. Names do not matter: files are recognized by what \
                       is in them." }
                </p>
            </section>
            <Capture />
        </div>
    }
}
