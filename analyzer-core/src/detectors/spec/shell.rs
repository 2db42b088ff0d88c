//! What an image brings to start a program with: its shell, its C library.

/// What `/bin/sh` of an image does with the last command of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// Forks: the program is its child (dash of Debian and Ubuntu).
    Forks,
    /// Puts the last command in its own place (bash, ash of busybox).
    Execs,
    /// There is none.
    Missing,
    /// Not known of this image.
    Unknown,
}

/// The C library of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// Debian, Ubuntu, Red Hat, distroless base.
    Glibc,
    /// Alpine.
    Musl,
    /// scratch, distroless static.
    Missing,
    /// Not known of this image.
    Unknown,
}

const RED_HAT: [&str; 12] = [
    "fedora",
    "centos",
    "rockylinux",
    "almalinux",
    "amazonlinux",
    "oraclelinux",
    "ubi",
    "ubi8",
    "ubi9",
    "ubi-minimal",
    "ubi9-minimal",
    "ubi8-minimal",
];

const DEBIAN_TAGS: [&str; 8] =
    ["bookworm", "bullseye", "buster", "trixie", "jammy", "noble", "focal", "slim"];

fn name_and_tag(image: &str) -> (&str, &str) {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split_once(':').unwrap_or((name, ""))
}

fn is_debian(name: &str, tag: &str) -> bool {
    let is_tagged = DEBIAN_TAGS.iter().any(|word| tag.contains(word));
    let is_go = name == "golang" && !tag.contains("alpine") && !tag.contains("windows");
    matches!(name, "debian" | "ubuntu" | "buildpack-deps" | "debian-slim") || is_tagged || is_go
}

fn is_alpine(name: &str, tag: &str) -> bool {
    name == "alpine" || tag.contains("alpine")
}

fn is_bare(image: &str, name: &str) -> bool {
    name == "scratch" || (name == "static" && image.contains("chainguard"))
}

/// The shell of an image.
pub fn shell_of(image: &str) -> Shell {
    let (name, tag) = name_and_tag(image);
    if is_bare(image, name) || (image.contains("distroless") && !tag.contains("debug")) {
        Shell::Missing
    } else if is_alpine(name, tag) || RED_HAT.contains(&name) || matches!(name, "busybox" | "wolfi-base") {
        Shell::Execs
    } else if is_debian(name, tag) && !image.contains("distroless") {
        Shell::Forks
    } else {
        Shell::Unknown
    }
}

/// The C library of an image.
pub fn libc_of(image: &str) -> Libc {
    let (name, tag) = name_and_tag(image);
    if is_bare(image, name) || (image.contains("distroless") && name.starts_with("static")) {
        Libc::Missing
    } else if is_alpine(name, tag) || (name == "busybox" && tag.contains("musl")) {
        Libc::Musl
    } else if image.contains("distroless")
        || is_debian(name, tag)
        || RED_HAT.contains(&name)
        || name == "wolfi-base"
    {
        Libc::Glibc
    } else {
        Libc::Unknown
    }
}

/// Programs that pass signals on to what they start.
const INITS: [&str; 5] = ["tini", "dumb-init", "docker-init", "catatonit", "tini-static"];

/// The line that a shell is given by these words: `sh -c LINE`.
pub fn line_of(words: &[String]) -> Option<(&str, &str)> {
    match words {
        [shell, flag, line, ..] if is_shell(shell) && flag.starts_with('-') && flag.ends_with('c') => {
            Some((file_of(shell), line))
        }
        _ => None,
    }
}

fn is_shell(path: &str) -> bool {
    matches!(file_of(path), "sh" | "bash" | "dash" | "ash" | "busybox")
}

/// The last part of a path.
pub fn file_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// True if these words begin with a program that passes signals on.
pub fn has_init(words: &[String]) -> bool {
    words.first().is_some_and(|word| INITS.contains(&file_of(word)))
}

/// Commands that are never the service.
const TOOLS: [&str; 16] = [
    "echo", "printf", "true", ":", "exit", "cat", "tail", "sleep", "date", "rm", "kill", "wait", "logger",
    "tee", "touch", "sync",
];

/// Why the program of a line is not where signals arrive; `None` if it is, or if that cannot be told.
pub fn misses_signals(line: &str, shell: Shell, programs: &[String]) -> Option<&'static str> {
    let text = line.replace("&&", "\n").replace("||", "\n").replace([';', '&'], "\n");
    let parts: Vec<&str> = text.split('\n').map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_piped = parts.iter().any(|part| part.contains('|'));
    if is_piped {
        return Some("it is part of a pipeline, during which the shell keeps running");
    }
    if parts.iter().any(|part| part.starts_with("exec ")) || line.contains("trap ") {
        return None;
    }
    let command = |part: &&str| {
        part.split_whitespace().find(|word| !word.contains('=')).map(|word| file_of(word).to_owned())
    };
    let last = parts.last().and_then(command).unwrap_or_default();
    let is_own = |word: &String| programs.contains(word);
    let before = parts.len().checked_sub(1).and_then(|count| parts.get(..count)).unwrap_or_default();
    let is_followed = before.iter().filter_map(command).any(|word| is_own(&word)) && !is_own(&last);
    let is_tool = parts.len() > 1 && TOOLS.contains(&last.as_str());
    if is_followed || is_tool {
        return Some("other commands follow it, so the shell keeps running");
    }
    (shell == Shell::Forks).then_some("dash, the /bin/sh of Debian and Ubuntu, remains its parent")
}

/// True if a script ends with a command of its own process, and so stays as its parent.
pub fn script_stays(text: &str) -> bool {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_exec = |line: &str| line.starts_with("exec ") || line.contains(" exec ");
    lines().next().is_some() && !lines().any(|line| is_exec(line) || line.starts_with("trap "))
}
