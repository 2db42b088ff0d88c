//! How to capture a whole service: from inside, by the module that it imports, or by the script.

use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::prelude::*;

use super::copy_button::CopyButton;

/// The script, as it is offered for download too.
const SCRIPT: &str = include_str!("../../../static/capture.sh");

/// What a service imports to capture itself.
const IMPORT: &str = "import _ \"example.com/strata/auto\"";

/// Where the capture is made.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Inside,
    Exec,
    Debug,
    Forward,
    Machine,
}

const PLACES: [(Place, &str, &str); 5] = [
    (Place::Inside, "inside", "from inside the service (it imports the Go module)"),
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
            Place::Inside => self.request(),
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

    /// Asks the service for a bundle of itself.
    fn request(&self) -> String {
        let url = match self.url.trim().trim_end_matches('/') {
            "" => "http://127.0.0.1:6060",
            url => url,
        };
        let given = [("snapshots", self.count.trim()), ("interval", self.interval.trim())];
        let query: Vec<String> = given
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let address = quoted(&format!("{url}/debug/strata/bundle{mark}{}", query.join("&")), "");
        let forward = match self.pod.trim() {
            "" => String::new(),
            pod => format!("kubectl port-forward {} 6060 &\n", quoted(pod, "POD")),
        };
        format!("{forward}curl -o capture.tar.gz {address}")
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
        place: Place::Inside,
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
                if place == Place::Inside {
                    <CopyButton text={IMPORT} label="Copy the import" />
                } else {
                    <CopyButton text={SCRIPT} label="Copy the script" />
                }
            </div>
            if place == Place::Inside {
                <p class="quiet">
                    { "The service imports the module and captures all three layers in one request, without a shell or kubectl exec: " }
                    <code>{ IMPORT }</code>
                    { ". It serves /debug/strata/ next to net/http/pprof. The module path is a placeholder until it is published." }
                </p>
            } else {
                <p class="quiet">
                    { "Save the script as capture.sh. It only reads. It needs tar and curl or wget, and the service must serve net/http/pprof." }
                </p>
            }
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
                { field("capture-url", if place == Place::Inside { "Address of the service" } else { "Address of pprof" }, "http://127.0.0.1:6060", |options| &mut options.url) }
                if !matches!(place, Place::Forward | Place::Inside) {
                    { field("capture-pid", "Process ID", "detected", |options| &mut options.pid) }
                }
                { field("capture-count", "Snapshots", "2", |options| &mut options.count) }
                { field("capture-interval", "Seconds between captures", if place == Place::Inside { "60" } else { "300" }, |options| &mut options.interval) }
            </div>
            <div class="capture-command">
                <pre tabindex="0"><code id="capture-command">{ &command }</code></pre>
                <CopyButton text={command.clone()} label="Copy the command" />
            </div>
            if place != Place::Inside {
                <pre class="script" tabindex="0"><code>{ SCRIPT }</code></pre>
            }
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
    fn a_service_that_imports_the_module_is_asked_for_its_bundle() {
        assert_eq!(
            options(Place::Inside).command(),
            "kubectl port-forward api-7d 6060 &\ncurl -o capture.tar.gz \
             'http://127.0.0.1:6060/debug/strata/bundle?snapshots=3'"
        );
        let local = Options {
            pod: String::new(),
            count: String::new(),
            url: "http://10.0.0.7:8080/".to_owned(),
            ..options(Place::Inside)
        };
        assert_eq!(local.command(), "curl -o capture.tar.gz http://10.0.0.7:8080/debug/strata/bundle");
    }

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        let mut options = options(Place::Machine);
        options.url = "http://x/$(reboot)'".to_owned();
        assert_eq!(options.command(), r"sh capture.sh -u 'http://x/$(reboot)'\''' -n 3");
    }
}
