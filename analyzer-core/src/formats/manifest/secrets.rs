//! Of what containers are given, amounts, the formats' own words, the runtime's variables and the names of
//! well-known images stay; names, labels, arguments, paths, addresses and other variables do not. Comments
//! and anchors are blanked.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::values::is_kept;
use crate::base::limits::YAML_DEPTH;
use crate::base::source::Input;
use crate::formats::proc::is_setting;
use crate::formats::redaction::{API, Kind, Marks, all_in, is_amount};

type Outcome = Result<(), &'static str>;

/// Keys that are read, or that say what a part is.
const KEYS: &str = "\
    apiVersion kind metadata name namespace labels annotations spec template jobTemplate selector matchLabels \
    containers initContainers image env envFrom value valueFrom resourceFieldRef resource containerName divisor \
    configMapRef configMapKeyRef secretRef secretKeyRef fieldRef fieldPath key prefix optional resources limits requests \
    memory cpu ephemeral-storage volumes volumeMounts mountPath emptyDir medium sizeLimit lifecycle preStop sleep seconds \
    exec command args httpGet path port scheme livenessProbe readinessProbe startupProbe periodSeconds timeoutSeconds \
    failureThreshold initialDelaySeconds terminationGracePeriodSeconds ports containerPort hostPort protocol targetPort \
    nodePort type rules http paths pathType backend service number defaultBackend data stringData items replicas strategy \
    restartPolicy schedule stopSignal host ingressClassName serviceName status \
    services build context dockerfile target environment env_file deploy reservations cpus pids mem_limit mem_reservation \
    pids_limit stop_grace_period stop_signal init ulimits nofile soft hard healthcheck test entrypoint tmpfs size \
    host_ip published version \
    Id Name State Config HostConfig Memory MemoryReservation NanoCpus CpuQuota CpuPeriod PidsLimit Init Ulimits Hard Soft \
    Tmpfs PortBindings HostIp HostPort Env Image Entrypoint Cmd StopSignal StopTimeout Healthcheck Test Path Args RepoTags \
    RootFS Labels Status Running ExitCode OOMKilled \
    ociVersion process hostname rlimits linux limit cpu quota period mounts destination source options rootfs \
    architecture os config history created";

/// Keys whose amounts are figures.
const FIGURES: &str = "\
    memory cpu cpus pids divisor sizeLimit seconds periodSeconds timeoutSeconds failureThreshold initialDelaySeconds \
    terminationGracePeriodSeconds port containerPort hostPort targetPort nodePort number replicas limits requests \
    mem_limit mem_reservation pids_limit stop_grace_period nofile soft hard size target published \
    Memory MemoryReservation NanoCpus CpuQuota CpuPeriod PidsLimit Hard Soft HostPort StopTimeout ExitCode \
    limit quota period ports";

/// Keys whose values are words of the formats.
const WORDS: &str = "\
    apiVersion kind resource medium protocol type pathType restartPolicy scheme stopSignal stop_signal StopSignal \
    ociVersion architecture os optional init Init Name Running OOMKilled Status version";

/// Such words, beside those of the API.
const VALUES: &str = "\
    networking argoproj v1alpha1 v2 Service Ingress ConfigMap Secret LoadBalancer NodePort ClusterIP ExternalName Prefix Exact \
    ImplementationSpecific Rollout ReplicationController PodTemplate ServiceAccount Role RoleBinding HTTP HTTPS \
    SIGTERM SIGQUIT SIGINT SIGKILL SIGHUP SIGUSR1 SIGUSR2 RLIMIT_NOFILE RLIMIT NOFILE nofile nproc amd64 arm64 linux true \
    false null dev tmpfs 0 1 2 3 15";

/// Keys below which everything is the user's.
const FREE: &str =
    "labels annotations matchLabels selector nodeSelector Labels metadata.labels stringData history";

/// Keys of commands.
const COMMANDS: &str = "command args entrypoint test Entrypoint Cmd Test Path Args";

/// Words of commands that say how a process is started.
const COMMAND_WORDS: &str = "bin usr local sbin sh bash dash ash c ec lc exec sleep tini dumb init CMD SHELL NONE CMD debug pprof localhost";

/// Images that many share.
pub(in crate::formats) const IMAGES: &str = "\
    golang alpine debian ubuntu busybox scratch distroless gcr io docker library static base cc nonroot debug bookworm \
    bullseye buster trixie slim envoy envoyproxy istio proxyv2 redis postgres mysql mariadb nginx memcached rabbitmq kafka \
    mongo elasticsearch fluent bit haproxy valkey pause latest";

fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Marks a text in YAML or JSON.
///
/// # Errors
/// If it is not UTF-8, breaks, or is nested too deep: such a source is left out.
pub(super) fn mark(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let text = std::str::from_utf8(input.bytes).map_err(|_| "it is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut walk = Walk { text, chars: 0, byte: 0, open: Vec::new() };
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|_| "it is truncated, and names after that cannot be identified")?;
        walk.event(&event, span, marks)?;
    }
    Ok(())
}

/// A list or object whose end has not come.
#[derive(Debug)]
struct Open {
    is_object: bool,
    /// The key that it stands under; of what a list holds, the list's.
    own: String,
    /// The key whose value comes next.
    key: Option<String>,
    /// The value of its `name`.
    name: String,
}

struct Walk<'t> {
    text: &'t str,
    /// Characters before `byte`: spans count characters.
    chars: usize,
    byte: usize,
    open: Vec<Open>,
}

impl<'t> Walk<'t> {
    /// The part of the text that a span covers; spans come in order.
    fn part(&mut self, span: Span) -> &'t str {
        let start = self.byte_of(span.start.index());
        let mut rest = self.text.get(start..).unwrap_or_default().char_indices();
        let length = span.end.index().saturating_sub(span.start.index());
        let end = rest.nth(length).map_or(self.text.len(), |(at, _)| start + at);
        self.text.get(start..end).unwrap_or_default()
    }

    fn byte_of(&mut self, chars: usize) -> usize {
        if chars < self.chars {
            (self.chars, self.byte) = (0, 0);
        }
        let rest = self.text.get(self.byte..).unwrap_or_default();
        let step = rest.char_indices().nth(chars - self.chars).map_or(rest.len(), |(at, _)| at);
        (self.chars, self.byte) = (chars, self.byte + step);
        self.byte
    }

    fn event(&mut self, event: &Event<'_>, span: Span, marks: &mut Marks<'_>) -> Outcome {
        match event {
            Event::Scalar(value, style, ..) => {
                let part = self.part(span);
                let (start, end) = match style {
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        (1, part.len().saturating_sub(1))
                    }
                    _ => (0, part.len()),
                };
                let inner = part.get(start..end).unwrap_or_default().trim_end();
                self.scalar(inner, value, *style, marks);
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if self.open.len() >= YAML_DEPTH {
                    return Err("it is nested too deeply");
                }
                let own = self.own();
                let is_object = matches!(event, Event::MappingStart(..));
                self.open.push(Open { is_object, own, key: None, name: String::new() });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                self.ended();
            }
            Event::Alias(_) => self.ended(),
            _ => {}
        }
        Ok(())
    }

    /// The key that the next value stands under.
    fn own(&self) -> String {
        self.open.last().map_or_else(String::new, |open| open.key.clone().unwrap_or_else(|| open.own.clone()))
    }

    fn ended(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.key = None;
        }
    }

    fn is_free(&self) -> bool {
        self.open.iter().any(|open| has(FREE, &open.own))
    }

    fn scalar(&mut self, part: &str, value: &str, style: ScalarStyle, marks: &mut Marks<'_>) {
        let is_key = self.open.last().is_some_and(|open| open.is_object && open.key.is_none());
        // What is escaped or folded is not as it is written.
        let is_plain = part == value;
        let kind = if is_key { self.key(part) } else { self.value(part, marks) };
        match kind {
            Mark::Done if is_plain => {}
            Mark::Keep if is_plain => marks.keep(part.as_bytes()),
            Mark::Done | Mark::Keep => words(part, style, Kind::Name, marks),
            Mark::Replace(kind) => words(part, style, kind, marks),
        }
        let Some(open) = self.open.last_mut() else { return };
        if is_key {
            open.key = Some(value.to_owned());
        } else {
            if open.key.as_deref() == Some("name") {
                value.clone_into(&mut open.name);
            }
            open.key = None;
        }
    }

    fn key(&self, key: &str) -> Mark {
        let own = self.open.last().map_or("", |open| open.own.as_str());
        match own {
            _ if self.is_free() => Mark::Replace(Kind::Label),
            "environment" | "data" if is_kept(key) => Mark::Keep,
            "environment" | "data" => Mark::Replace(Kind::Environment),
            "services" => Mark::Replace(Kind::Name),
            "PortBindings" if is_port(key) => Mark::Keep,
            "Tmpfs" => Mark::Replace(Kind::Path),
            _ if has(KEYS, key) => Mark::Keep,
            _ => Mark::Replace(Kind::Label),
        }
    }

    fn value(&self, part: &str, marks: &mut Marks<'_>) -> Mark {
        let own = self.own();
        let own = own.as_str();
        let holder = self.open.last().map_or("", |open| open.own.as_str());
        let is_member = self.open.last().is_some_and(|open| open.is_object);
        let is_figure = || is_amount(part.as_bytes()) || is_duration(part);
        match own {
            _ if self.is_free() => Mark::Replace(Kind::Label),
            "name" if holder == "env" => keep_if(is_kept(part), Kind::Environment),
            "value" if holder == "env" => {
                let name = self.open.last().map_or("", |open| open.name.as_str());
                setting(name, part)
            }
            _ if is_member && matches!(holder, "environment" | "data") => setting(own, part),
            "env" | "Env" | "environment" => assignment(part, marks),
            "key" => keep_if(is_kept(part), Kind::Environment),
            "image" | "Image" | "RepoTags" => image(part, marks),
            "path" if has("httpGet", holder) || part.starts_with("/debug") => {
                marks.words_beside("debug pprof", part.as_bytes(), Kind::Path);
                Mark::Done
            }
            "tmpfs" | "Tmpfs" | "options" => tmpfs(part, marks),
            _ if holder == "Tmpfs" => tmpfs(part, marks),
            "destination" | "mountPath" => {
                marks.words_beside("dev proc sys run var shm", part.as_bytes(), Kind::Path);
                Mark::Done
            }
            "HostIp" | "host_ip" => keep_if(has("127.0.0.1 0.0.0.0 ::1 ::", part), Kind::Name),
            "ports" if part.contains(':') => published(part, marks),
            "ports" if is_port(part) => Mark::Keep,
            _ if has(COMMANDS, own) => command(part, marks),
            _ if has(FIGURES, own) && is_figure() => Mark::Keep,
            _ if has("true false null", part) => Mark::Keep,
            _ if has(WORDS, own) => {
                let words = part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let mut words = words.filter(|word| !word.is_empty());
                let is_known = |word: &str| has(VALUES, word) || all_in(word.as_bytes(), &API);
                keep_if(words.all(is_known), Kind::Name)
            }
            _ => Mark::Replace(Kind::Name),
        }
    }
}

/// What becomes of a scalar.
pub(in crate::formats) enum Mark {
    /// It stays.
    Keep,
    /// Its words get pseudonyms.
    Replace(Kind),
    /// Its parts are marked already.
    Done,
}

const fn keep_if(is_known: bool, kind: Kind) -> Mark {
    if is_known { Mark::Keep } else { Mark::Replace(kind) }
}

fn words(part: &str, style: ScalarStyle, kind: Kind, marks: &mut Marks<'_>) {
    if style == ScalarStyle::DoubleQuoted {
        marks.quoted(part.as_bytes(), kind);
    } else {
        marks.words(part.as_bytes(), kind);
    }
}

/// The value of a variable.
fn setting(name: &str, value: &str) -> Mark {
    keep_if(is_kept(name) && is_setting(name.as_bytes(), value.as_bytes()), Kind::Environment)
}

/// `NAME=VALUE`, or a name alone.
pub(in crate::formats) fn assignment(part: &str, marks: &mut Marks<'_>) -> Mark {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    if !is_kept(name) {
        return Mark::Replace(Kind::Environment);
    }
    marks.keep(name.as_bytes());
    if is_setting(name.as_bytes(), value.as_bytes()) {
        marks.keep(value.as_bytes());
    } else {
        marks.words(value.as_bytes(), Kind::Environment);
    }
    Mark::Done
}

/// The name and tag of an image that many share stay.
pub(in crate::formats) fn image(part: &str, marks: &mut Marks<'_>) -> Mark {
    let last = part.rsplit('/').next().unwrap_or(part);
    let name = last.split([':', '@']).next().unwrap_or(last);
    let is_shared = name.split('-').all(|word| has(IMAGES, word));
    let tag = last.get(name.len()..).filter(|_| is_shared && !last.contains('@'));
    let tag = tag.filter(|tag| tag.split(|c: char| !c.is_ascii_alphanumeric()).all(is_of_tag));
    let before = part.get(..part.len() - tag.map_or(0, str::len)).unwrap_or(part);
    marks.words_beside(IMAGES, before.as_bytes(), Kind::Name);
    if let Some(tag) = tag {
        marks.keep(tag.as_bytes());
    }
    Mark::Done
}

/// `1`, `24`, `alpine3`, `bookworm`, and what stands before the colon.
fn is_of_tag(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    word.len() - stem.len() <= 4 && (stem.is_empty() || has(IMAGES, stem))
}

/// How a shell is called, and how long it sleeps, stay.
fn command(part: &str, marks: &mut Marks<'_>) -> Mark {
    // A list has its words one by one.
    if is_amount(part.as_bytes()) && part.len() <= 4 {
        return Mark::Keep;
    }
    let mut is_slept = false;
    for word in part.split_ascii_whitespace() {
        let number = word.trim_end_matches([';', '&']);
        if is_amount(number.as_bytes()) && number.len() <= 4 && is_slept {
            marks.keep(number.as_bytes());
        } else {
            marks.words_beside(COMMAND_WORDS, word.as_bytes(), Kind::Argument);
        }
        is_slept = word.ends_with("sleep");
    }

    Mark::Done
}

/// `/tmp:size=64m,mode=1777`.
fn tmpfs(part: &str, marks: &mut Marks<'_>) -> Mark {
    for piece in part.split([':', ',']) {
        match piece.split_once('=') {
            Some(("size" | "mode", amount)) if is_amount(amount.as_bytes()) => marks.keep(piece.as_bytes()),
            _ => marks.words_beside("nosuid nodev noexec rw ro size mode", piece.as_bytes(), Kind::Path),
        }
    }
    Mark::Done
}

/// `127.0.0.1:6060:6060/tcp`.
fn published(part: &str, marks: &mut Marks<'_>) -> Mark {
    for piece in part.split(':') {
        if is_port(piece) || has("127.0.0.1 0.0.0.0", piece) {
            marks.keep(piece.as_bytes());
        } else {
            marks.words(piece.as_bytes(), Kind::Name);
        }
    }
    Mark::Done
}

/// `6060`, `6060/tcp`.
pub(in crate::formats) fn is_port(text: &str) -> bool {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    (1..=5).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(protocol, "tcp" | "udp" | "sctp")
}

/// `30s`, `1m30s`.
fn is_duration(text: &str) -> bool {
    text.len() <= 12
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"hmsu.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use crate::formats::redaction::shown;

    fn redacted(text: &str) -> String {
        shown(text, b'n', |input, marks| super::mark(input, marks).expect("told apart"))
    }

    #[test]
    fn amounts_keys_and_the_runtimes_variables_stay_and_names_and_comments_do_not() {
        let text = "# owner: jane@acme.example\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: billing\n  labels: {team: payments}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        image: registry.acme.example/billing/api:1.4.2\n        env:\n        - {name: GOMEMLIMIT, value: 450MiB}\n        - name: DB_PASSWORD\n          value: \"hunter2\"\n        resources: {limits: {memory: 512Mi, cpu: 500m}}\n";
        let expected = "# xxxxx: xxxx@xxxx.xxxxxxx\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: nnnnnnn\n  labels: {nnnn: nnnnnnnn}\nspec:\n  template:\n    spec:\n      containers:\n      - name: nnn\n        image: nnnnnnnn.nnnn.nnnnnnn/nnnnnnn/nnn:n.n.n\n        env:\n        - {name: GOMEMLIMIT, value: 450MiB}\n        - name: nn_nnnnnnnn\n          value: \"nnnnnnn\"\n        resources: {limits: {memory: 512Mi, cpu: 500m}}\n";
        assert_eq!(redacted(text), expected);
    }

    #[test]
    fn compose_files_keep_sizes_ports_and_how_a_shell_is_called() {
        let text = "services:\n  cart:\n    image: golang:1.24-alpine\n    command: [sh, -c, \"sleep 5; exec /srv/cart --token=s3cret\"]\n    environment:\n    - GOGC=50\n    - API_KEY=abc123\n    ports: [\"10.1.2.3:6060:6060\", \"8080\"]\n    tmpfs: /scratch:size=64m\n    mem_limit: 512m\n";
        let expected = "services:\n  nnnn:\n    image: golang:1.24-alpine\n    command: [sh, -c, \"sleep 5; exec /nnn/nnnn --nnnnn=nnnnnn\"]\n    environment:\n    - GOGC=50\n    - nnn_nnn=nnnnnn\n    ports: [\"nn.n.n.n:6060:6060\", \"8080\"]\n    tmpfs: /nnnnnnn:size=64m\n    mem_limit: 512m\n";
        assert_eq!(redacted(text), expected);
    }

    #[test]
    fn what_engines_and_runtimes_print_in_json_is_marked_alike() {
        let text = r#"{"ociVersion":"1.0.2","process":{"args":["/srv/api"],"env":["GOMAXPROCS=4","TOKEN=zzz"]},"hostname":"edge-7","linux":{"resources":{"memory":{"limit":268435456}}},"mounts":[{"destination":"/data/acme","type":"tmpfs","options":["size=65536k"]}]}"#;
        let expected = r#"{"ociVersion":"1.0.2","process":{"args":["/nnn/nnn"],"env":["GOMAXPROCS=4","nnnnn=nnn"]},"hostname":"nnnn-n","linux":{"resources":{"memory":{"limit":268435456}}},"mounts":[{"destination":"/nnnn/nnnn","type":"tmpfs","options":["size=65536k"]}]}"#;
        assert_eq!(redacted(text), expected);
    }

    #[test]
    fn what_breaks_is_left_out() {
        for text in ["a: [1,\n", "a: {{ .Values.x }}\nb: {{- if }}\n", &"[".repeat(100_000)] {
            let input = crate::base::source::Input {
                source: crate::base::source::SourceId(0),
                path: "",
                bytes: text.as_bytes(),
            };
            assert!(super::mark(&input, &mut crate::formats::redaction::Marks::new(input.bytes)).is_err());
        }
    }
}
