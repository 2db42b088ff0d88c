//! The page before anything was dropped.

use analyzer_core::base::units::Bytes;
use analyzer_core::report::LayerId;
use yew::prelude::*;

use super::browse::Browse;
use super::capture::Capture;
use super::copy_button::CopyButton;
use super::layer_bars;
use crate::intake;
use crate::link::{Command, use_link};
use crate::selectors;
use crate::state::Route;

/// What can be dropped, and what it answers.
const INPUTS: [(&str, &str); 11] = [
    (
        "Goroutine dumps",
        "debug=2 or debug=1 text, SIGQUIT and panic output, also inside logs. Two or more show what grows.",
    ),
    ("pprof profiles", "heap, allocs, goroutine, CPU, block, mutex; gzipped or not."),
    (
        "Other profilers",
        "perf script, folded stacks, bpftrace, OpenTelemetry profiles, .cpuprofile, speedscope, in the same flame graph.",
    ),
    ("Execution traces", "Go 1.22 and later: what ran, what waited, and when the GC ran."),
    ("/proc/PID", "smaps, smaps_rollup, maps, status, statm: the process's memory according to the kernel."),
    ("cgroup memory files", "memory.stat, memory.current, memory.max and others, cgroup v1 or v2."),
    (
        "Sockets, file descriptors, threads, CPU",
        "/proc/PID/net, fd and task, ss, netstat, lsof, ps -T; the cgroup's cpu.max, cpu.stat, cpu.pressure, pids.*; EndpointSlices, Consul service health, Envoy's /clusters.",
    ),
    (
        "eBPF tools and tracing",
        "memleak, bpftrace maps, cachestat, tcplife, tcpretrans, oomkill, offcputime; OpenTelemetry, Jaeger and Zipkin spans.",
    ),
    ("Go runtime metrics", "MemStats from /debug/vars or heap?debug=1, runtime/metrics, Prometheus text."),
    (
        "Logs and Kubernetes",
        "gctrace and scavtrace lines, the kernel's OOM report, pods as JSON or YAML, kubectl top.",
    ),
    (
        "Deployment configuration",
        "Kubernetes manifests, Compose files, Dockerfiles, go.mod; docker, podman and crictl inspect.",
    ),
];

/// The first captures that most people take.
const COMMANDS: [(&str, &str); 3] = [
    ("What is in the heap", "curl -o heap.pb.gz localhost:6060/debug/pprof/heap"),
    ("Which goroutines are stuck", "curl -o goroutine.txt 'localhost:6060/debug/pprof/goroutine?debug=2'"),
    ("Everything, from a pod", "kubectl exec -i POD -- sh -s -- -o - < capture.sh > capture.tar.gz"),
];

/// Properties of [`Landing`].
#[derive(Clone, PartialEq, Properties)]
pub struct LandingProps {
    /// What the address asks for: a link brings no captures.
    pub route: Route,
    /// Name of the view that it asks for.
    pub view_title: &'static str,
}

/// What the page is for, where to drop, and how to capture.
#[component]
pub fn Landing(props: &LandingProps) -> Html {
    let link = use_link();
    let open_example = Callback::from(move |_: MouseEvent| {
        if let Some(link) = &link {
            link.send(Command::OpenExample);
        }
    });
    html! {
        <div class="landing">
            { wanted(&props.route, props.view_title) }
            <section class="landing-drop">
                <h2>{ "Find out where a Go service\u{2019}s memory went and which goroutines leak" }</h2>
                <div class="drop-zone">
                    <p class="drop-title">{ "Drop captures here" }</p>
                    <p class="quiet">{ "Files, folders, .tar.gz or .zip, or paste a dump. Nothing leaves this page." }</p>
                    <div class="buttons">
                        <Browse label="Browse for files" />
                        if intake::has_example() {
                            <button type="button" class="button" id="open-example" onclick={open_example}>
                                { "Open the example" }
                            </button>
                        }
                    </div>
                </div>
            </section>
            { picture() }
            { commands() }
            { inputs(false) }
            <details class="landing-fold">
                <summary>{ "Capture a whole service, from inside or with a script" }</summary>
                <Capture />
            </details>
        </div>
    }
}

/// The captures that most people take first, to copy.
pub fn commands() -> Html {
    html! {
        <section class="landing-commands" aria-labelledby="commands-title">
            <h3 id="commands-title">{ "Take a capture" }</h3>
            <dl class="recipes">
                { for COMMANDS.iter().map(|&(what, command)| html! {
                    <div>
                        <dt>{ what }</dt>
                        <dd><code>{ command }</code><CopyButton text={command} /></dd>
                    </div>
                }) }
            </dl>
        </section>
    }
}

/// What can be dropped, folded or open.
pub fn inputs(is_open: bool) -> Html {
    html! {
        <details class="landing-fold landing-inputs" open={is_open}>
            <summary>{ "What it reads" }</summary>
            <dl class="inputs">
                { for INPUTS.iter().map(|(name, what)| html! {
                    <div><dt>{ *name }</dt><dd>{ *what }</dd></div>
                }) }
            </dl>
            <p class="quiet">
                { "One file is enough to start. Captures from the same moment are reconciled, captures from different moments are compared. Files are recognized by content, not by name." }
            </p>
        </details>
    }
}

/// What a link wants to show, and that it needs the captures for that.
fn wanted(route: &Route, title: &str) -> Html {
    let params = &route.params;
    if *route == Route::default() {
        return Html::default();
    }
    let filter = ["q", "function", "source", "profile", "open"].into_iter().find_map(|name| params.get(name));
    let filter =
        filter.map(|value| format!(" (\u{201c}{}\u{201d})", selectors::visible(value))).unwrap_or_default();
    html! {
        <p class="notice landing-link" role="status">
            { format!("This link opens {title}{filter}. Links contain no captures: drop the same files to see it.") }
        </p>
    }
}

/// A result, drawn: what the page makes of a bundle.
fn picture() -> Html {
    let mebibytes = |tenths: i64| Bytes(tenths * (1 << 20) / 10);
    let limit = mebibytes(960);
    let layers = [(LayerId::Go, 556), (LayerId::Process, 867), (LayerId::Cgroup, 960)].into_iter();
    html! {
        <figure class="landing-picture" aria-label="A result, as an example">
            <div class="verdict-line critical">
                <p class="answer"><span class="mark" aria-hidden="true">{ "\u{25b2}" }</span>{ "OOM-killed: the container reached its memory limit" }</p>
                <p class="verdict-text">
                    { "96.0 MiB of 96.0 MiB was charged. Most of the heap was allocated at base.loadCatalog (base.go:123): 15.6 MiB." }
                </p>
            </div>
            <p class="layers">{ for layers.map(|(id, tenths)| layer_bars::bar(id, mebibytes(tenths), limit.0)) }</p>
            <figcaption class="quiet">{ "A result: the verdict, the layers of memory, and the code behind it." }</figcaption>
        </figure>
    }
}
