//! The capture script, and the command that runs it where the service is.

use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::prelude::*;

use super::copy_button::CopyButton;

/// The script, as it is offered for download too.
const SCRIPT: &str = include_str!("../../../static/capture.sh");

/// Where the script runs.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Exec,
    Debug,
    Forward,
    Machine,
}

const PLACES: [(Place, &str, &str); 4] = [
    (Place::Exec, "exec", "in the pod (image with a shell)"),
    (Place::Debug, "debug", "in a debug container (image without a shell)"),
    (Place::Forward, "forward", "locally, through a port-forward (no kernel files)"),
    (Place::Machine, "machine", "on the host of the service"),
];

/// What the command is made of; an empty text is the script's own default.
#[derive(Clone, PartialEq)]
struct Options {
    place: Place,
    pod: String,
    container: String,
    url: String,
    pid: String,
    count: String,
    interval: String,
}

impl Options {
    fn command(&self) -> String {
        let pod = quoted(&self.pod, "POD");
        let mut options = String::new();
        let pid = if self.place == Place::Forward { "none" } else { &self.pid };
        for (flag, value) in
            [("-u", self.url.as_str()), ("-p", pid), ("-n", &self.count), ("-i", &self.interval)]
        {
            if !value.trim().is_empty() {
                options.push_str(&format!(" {flag} {}", quoted(value, "")));
            }
        }
        let container = |flag: &str, needed: &str| match self.container.trim() {
            "" if needed.is_empty() => String::new(),
            name => format!(" {flag}{}", quoted(name, needed)),
        };
        match self.place {
            Place::Exec => format!(
                "kubectl exec -i {pod}{} -- sh -s -- -o -{options} < capture.sh > capture.tar.gz",
                container("-c ", "")
            ),
            Place::Debug => format!(
                "kubectl debug -i {pod}{} --image=busybox --profile=sysadmin -- sh -s -- -o -{options} < capture.sh > capture.tar.gz",
                container("--target=", "CONTAINER")
            ),
            Place::Forward => format!("kubectl port-forward {pod} 6060 &\nsh capture.sh{options}"),
            Place::Machine => format!("sh capture.sh{options}"),
        }
    }
}

/// A word for a shell: as it is if that is safe, else in quotes.
fn quoted(value: &str, missing: &str) -> String {
    let value = value.trim();
    if value.is_empty() {
        return missing.to_owned();
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if value.chars().all(is_plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// The form, the command and the script.
#[component]
pub fn Capture() -> Html {
    let options = use_state_eq(|| Options {
        place: Place::Exec,
        pod: String::new(),
        container: String::new(),
        url: String::new(),
        pid: String::new(),
        count: String::new(),
        interval: String::new(),
    });
    let choose = {
        let options = options.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Some((place, ..)) = PLACES.iter().find(|(_, name, _)| *name == value) {
                options.set(Options { place: *place, ..(*options).clone() });
            }
        })
    };
    let field = |id: &'static str,
                 label: &'static str,
                 hint: &'static str,
                 of: fn(&mut Options) -> &mut String| {
        let mut current = (*options).clone();
        let value = of(&mut current).clone();
        let options = options.clone();
        let oninput = Callback::from(move |event: InputEvent| {
            let mut next = (*options).clone();
            *of(&mut next) = event.target_unchecked_into::<HtmlInputElement>().value();
            options.set(next);
        });
        html! {
            <label>{ label }<input {id} class="field" {value} placeholder={hint} size={hint.len().max(12).to_string()} {oninput} /></label>
        }
    };
    let place = options.place;
    let command = options.command();
    html! {
        <section class="landing-capture" aria-labelledby="capture-title">
            <div class="section-head">
                <h3 id="capture-title">{ "Capture a service" }</h3>
                <CopyButton text={SCRIPT} label="Copy the script" />
            </div>
            <p class="quiet">
                { "Save the script as capture.sh. It only reads, and needs tar and curl or wget; the service must serve \
                   net/http/pprof." }
            </p>
            <div class="capture-form">
                <label>
                    { "Run it" }
                    <select id="capture-place" class="field" onchange={choose}>
                        { for PLACES.iter().map(|(known, name, label)| html! {
                            <option value={*name} selected={*known == place}>{ *label }</option>
                        }) }
                    </select>
                </label>
                if place != Place::Machine {
                    { field("capture-pod", "Pod", "POD", |options| &mut options.pod) }
                }
                if matches!(place, Place::Exec | Place::Debug) {
                    { field("capture-container", "Container", "first", |options| &mut options.container) }
                }
                { field("capture-url", "Address of pprof", "http://127.0.0.1:6060", |options| &mut options.url) }
                if place != Place::Forward {
                    { field("capture-pid", "Process id", "detected", |options| &mut options.pid) }
                }
                { field("capture-count", "Snapshots", "2", |options| &mut options.count) }
                { field("capture-interval", "Seconds between", "300", |options| &mut options.interval) }
            </div>
            <div class="capture-command">
                <pre tabindex="0"><code id="capture-command">{ &command }</code></pre>
                <CopyButton text={command.clone()} label="Copy the command" />
            </div>
            <pre class="script" tabindex="0"><code>{ SCRIPT }</code></pre>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(place: Place) -> Options {
        Options {
            place,
            pod: "api-7d".to_owned(),
            container: String::new(),
            url: String::new(),
            pid: String::new(),
            count: "3".to_owned(),
            interval: String::new(),
        }
    }

    #[test]
    fn the_command_says_only_what_was_chosen() {
        assert_eq!(
            options(Place::Exec).command(),
            "kubectl exec -i api-7d -- sh -s -- -o - -n 3 < capture.sh > capture.tar.gz"
        );
        let debug = options(Place::Debug).command();
        assert!(debug.contains("--target=CONTAINER"), "{debug}");
        assert_eq!(options(Place::Machine).command(), "sh capture.sh -n 3");
        assert!(options(Place::Forward).command().ends_with("sh capture.sh -p none -n 3"));
    }

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        let mut options = options(Place::Machine);
        options.url = "http://x/$(reboot)'".to_owned();
        assert_eq!(options.command(), r"sh capture.sh -u 'http://x/$(reboot)'\''' -n 3");
    }
}
