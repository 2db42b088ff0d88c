//! What a shell, a manual and a terminal have of the program.

use std::path::Path;
use std::process::Command;

const COMMANDS: [&str; 7] = ["report", "check", "rows", "fleet", "redact", "policy", "top"];

fn strata(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_strata"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .envs(environment.iter().copied())
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_version_names_the_schema_of_reports() {
    let wanted = format!("strata {} (schema {})\n", env!("CARGO_PKG_VERSION"), analyzer_core::report::SCHEMA);
    assert_eq!(strata(&["--version"], &[]), wanted);
}

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = strata(&["completions", shell], &[]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let pages = strata(&["man"], &[]);
    for command in COMMANDS {
        assert!(pages.contains(&format!(".TH strata-{command} 1")), "{command}");
    }
    assert!(pages.contains("Exit status"), "{pages}");
}

#[test]
fn a_pipe_has_colours_only_where_they_are_asked_for() {
    let dump = Path::new(env!("CARGO_TARGET_TMPDIR")).join("colours.txt");
    std::fs::write(&dump, "panic: stop\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:3 +0x1\n")
        .unwrap();
    let report = |environment: &[(&str, &str)]| strata(&["report", dump.to_str().unwrap()], environment);
    let plain = report(&[]);
    assert!(plain.contains("CRITICAL") && !plain.contains('\u{1b}'), "{plain}");
    let colored = report(&[("CLICOLOR_FORCE", "1")]);
    assert!(colored.contains("\u{1b}[31mCRITICAL"), "{colored}");
    assert_eq!(report(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), plain);
}
