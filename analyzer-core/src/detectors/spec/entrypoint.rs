//! `spec.entrypoint.*`: a shell between the kernel and the program.

use super::shell::{Shell, file_of, has_init, line_of, misses_signals, script_stays, shell_of};
use super::support::{Draft, draft, judge, list, missing_inputs, place};
use crate::analysis::recipe::Unit;
use crate::base::source::SourceSpan;
use crate::detectors::{Detector, Rule};
use crate::report::{Confidence, Severity};

const SHELL: Rule = Rule {
    code: "spec.entrypoint.shell",
    severity: Severity::Warning,
    title: "A shell receives the stop signal",
    meaning: "SIGTERM goes to the shell, which does not forward it: the program is killed when the grace period ends.",
};

const NOSHELL: Rule = Rule {
    code: "spec.entrypoint.noshell",
    severity: Severity::Critical,
    title: "The image has no shell",
    meaning: "The shell form needs /bin/sh: the container does not start (exit code 127).",
};

/// The rules.
pub const DETECTOR: Detector =
    Detector { rules: &[SHELL, NOSHELL], missing_inputs, detect: |case| judge(case, of_unit) };

/// What is started: its words, the shell that a shell form has, and where that stands.
struct Start {
    words: Vec<String>,
    is_shell_form: bool,
    at: SourceSpan,
}

fn start(unit: &Unit<'_>) -> Option<Start> {
    if let Some(command) = unit.container.and_then(|container| container.command.as_ref()) {
        return Some(Start { words: command.value.clone(), is_shell_form: false, at: command.at });
    }
    let build = unit.build?;
    match (&build.entrypoint, &build.cmd) {
        // Arguments of an exec form that is the program itself are not looked at.
        (Some(entrypoint), cmd) => {
            let mut words = entrypoint.value.words.clone();
            if !entrypoint.value.is_shell {
                words.extend(
                    cmd.iter().filter(|cmd| !cmd.value.is_shell).flat_map(|cmd| cmd.value.words.clone()),
                );
            }
            Some(Start { words, is_shell_form: entrypoint.value.is_shell, at: entrypoint.at })
        }
        (None, Some(cmd)) => {
            Some(Start { words: cmd.value.words.clone(), is_shell_form: cmd.value.is_shell, at: cmd.at })
        }
        (None, None) => None,
    }
}

fn of_unit(unit: &Unit<'_>) -> Option<Draft> {
    let start = start(unit)?;
    let is_guarded = unit.container.is_some_and(|container| container.has_init || container.is_init);
    if is_guarded || has_init(&start.words) {
        return None;
    }
    let programs = unit.build.map(|build| build.programs.as_slice()).unwrap_or_default();
    let image = match (unit.build, unit.container) {
        (Some(build), _) => build.base.value.as_str(),
        (None, Some(container)) => container.image.as_deref().unwrap_or_default(),
        (None, None) => "",
    };
    let own = unit.build.and_then(|build| build.shell.as_deref()).filter(|_| start.is_shell_form);
    let (shell, line) = if start.is_shell_form {
        (own.map_or("sh", file_of), start.words.first()?.as_str())
    } else if let Some(found) = line_of(&start.words) {
        found
    } else {
        return of_script(unit, &start);
    };
    let of_image = shell_of(image);
    let brings_shell = unit.build.is_some_and(|build| build.brings_shell);
    if of_image == Shell::Missing {
        return (!brings_shell).then(|| no_shell(unit, &start, image));
    }
    let shell = match shell {
        "bash" | "ash" | "busybox" => Shell::Execs,
        "dash" => Shell::Forks,
        _ => of_image,
    };
    let why = misses_signals(line, shell, programs)?;
    Some(stays(unit, &start, line, why))
}

/// A script that is written in the Dockerfile itself.
fn of_script(unit: &Unit<'_>, start: &Start) -> Option<Draft> {
    let path = start.words.iter().take(2).find(|word| word.contains('/'))?;
    let (_, script) = unit.build?.scripts.iter().find(|(own, _)| file_of(own) == file_of(path))?;
    let why = "the script does not end with exec, so its shell remains the program's parent";
    script_stays(&script.value).then(|| stays(unit, start, path, why))
}

fn stays(unit: &Unit<'_>, start: &Start, line: &str, why: &str) -> Draft {
    Draft {
        confidence: Confidence::Likely,
        claim: format!(
            "{} is started by a shell ({line}): {why}. SIGTERM does not reach the program, and it is killed when the grace period ends.",
            unit.name()
        ),
        citations: vec![place(start.at, "command")],
        against: list(&[
            "An init process (docker run --init, shareProcessNamespace) changes which process receives the signal.",
        ]),
        advice: list(&[
            "Use the exec form: ENTRYPOINT [\"/app\"]. In Kubernetes, put the program in command, without a shell.",
            "If a shell is needed, end its script with exec: exec /app.",
        ]),
        ..draft(SHELL, "The command is run by a shell that does not exec the program.")
    }
}

fn no_shell(unit: &Unit<'_>, start: &Start, image: &str) -> Draft {
    Draft {
        claim: format!(
            "{} is started by /bin/sh, but {image} has no shell: the container exits immediately with code 127.",
            unit.name()
        ),
        citations: vec![place(start.at, "command")],
        against: list(&["A custom image of that name may include a shell."]),
        advice: list(&["Use the exec form: ENTRYPOINT [\"/app\"]."]),
        ..draft(NOSHELL, "The command needs a shell, but the final stage is scratch or distroless.")
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn image(base: &str, rest: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "FROM golang:1.26-bookworm AS build\nRUN CGO_ENABLED=0 go build -o /app ./cmd/app\nFROM {base}\nCOPY --from=build /app /app\n{rest}\n"
        );
        [("Dockerfile", text)]
    }

    #[test]
    fn dash_and_lines_that_go_on_keep_the_signal() {
        for (base, rest) in [
            ("debian:bookworm-slim", "CMD /app --port 80"),
            ("ubuntu:24.04", "ENTRYPOINT [\"sh\", \"-c\", \"cd / && /app\"]"),
            ("alpine:3.20", "CMD /app && echo stopped"),
            ("alpine:3.20", "CMD /app | tee /log"),
            ("fedora:41", "ENTRYPOINT /app; echo done"),
            ("alpine:3.20", "COPY <<EOF /start.sh\n#!/bin/sh\nset -e\n/app\nEOF\nENTRYPOINT [\"/start.sh\"]"),
        ] {
            let found = check("spec", &image(base, rest), &["spec.entrypoint.shell"]);
            assert!(found[0].citations.as_slice()[0].at.and_then(|at| at.line) >= Some(5), "{base} {rest}");
        }
    }

    #[test]
    fn what_takes_the_shells_place_gets_the_signal() {
        for (base, rest) in [
            ("debian:bookworm-slim", "CMD exec /app --port 80"),
            ("debian:bookworm-slim", "ENTRYPOINT [\"/app\"]\nCMD [\"--port\", \"80\"]"),
            ("debian:bookworm-slim", "SHELL [\"/bin/bash\", \"-c\"]\nCMD cd / && /app"),
            ("debian:bookworm-slim", "ENTRYPOINT [\"/usr/bin/tini\", \"--\", \"sh\", \"-c\", \"/app\"]"),
            ("alpine:3.20", "CMD cd / && /app"),
            ("alpine:3.20", "COPY <<EOF /start.sh\n#!/bin/sh\nexec /app\nEOF\nENTRYPOINT [\"/start.sh\"]"),
            ("registry.example/base:7", "CMD /app"),
        ] {
            check("spec", &image(base, rest), &[]);
        }
        check("spec", &[("Dockerfile", "FROM debian:12\nCOPY a /a\nCMD /a\n")], &[]);
    }

    #[test]
    fn an_image_without_a_shell_cannot_start_a_shell_form() {
        for base in
            ["scratch", "gcr.io/distroless/static-debian12:nonroot", "gcr.io/distroless/base-debian12"]
        {
            check("spec", &image(base, "CMD /app"), &["spec.entrypoint.noshell"]);
            check("spec", &image(base, "ENTRYPOINT [\"/app\"]"), &[]);
        }
        check("spec", &image("gcr.io/distroless/static-debian12:debug", "CMD /app"), &[]);
        check("spec", &image("scratch", "COPY --from=build /bin/sh /bin/sh\nCMD /app"), &[]);
    }

    #[test]
    fn a_manifest_that_puts_a_shell_before_the_program_is_told() {
        let pod = |image: &str, command: &str| {
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: api\n    image: {image}\n    env: [{{name: GOGC, value: \"50\"}}]\n    command: {command}\n"
            );
            [("pod.yaml", text)]
        };
        check("spec", &pod("debian:12", "[sh, -c, /app]"), &["spec.entrypoint.shell"]);
        check(
            "spec",
            &pod("registry.example/api:1", "[/bin/sh, -c, '/app | tee /log']"),
            &["spec.entrypoint.shell"],
        );
        check("spec", &pod("registry.example/api:1", "[/bin/sh, -c, 'exec /app']"), &[]);
        check("spec", &pod("registry.example/api:1", "[/bin/sh, -c, /app]"), &[]);
    }
}
