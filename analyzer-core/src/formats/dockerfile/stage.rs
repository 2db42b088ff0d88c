//! One stage of a Dockerfile, in the making.

use parse_dockerfile::{Command, Flag, Instruction, Source, Span};

use super::Lines;
use crate::evidence::recipe::{Started, Stated, Variable, VariableValue};
use crate::formats::manifest::split_line;

/// Last parts of the names of images that hold the go command.
const GO_IMAGES: [&str; 5] = ["golang", "go", "go-toolset", "golang-builder", "golang-cross"];

/// What is a shell, by the name of its file.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ash", "busybox"];

/// An argument of the build with its default.
pub type Argument = (String, String);

/// What is known of a stage.
#[derive(Clone, Debug)]
pub struct Stage {
    name: Option<String>,
    /// The image that it begins with, other stages resolved.
    pub base: Stated<String>,
    arguments: Vec<Argument>,
    pub variables: Vec<Variable>,
    pub entrypoint: Option<Stated<Started>>,
    pub cmd: Option<Stated<Started>>,
    pub shell: Option<String>,
    pub stop_signal: Option<Stated<String>>,
    pub programs: Vec<String>,
    pub scripts: Vec<(String, Stated<String>)>,
    pub brings_shell: bool,
    /// True if it runs `go build` or `go install`.
    pub compiles: bool,
    pub cgo: Option<Stated<bool>>,
    pub is_static: bool,
}

impl Stage {
    /// A stage on an image, or on what an earlier stage left.
    pub fn begin(earlier: Option<Self>, base: Stated<String>, name: Option<String>) -> Self {
        match earlier {
            Some(earlier) => Self { name, compiles: earlier.compiles, programs: Vec::new(), ..earlier },
            None => Self {
                name,
                base,
                arguments: Vec::new(),
                variables: Vec::new(),
                entrypoint: None,
                cmd: None,
                shell: None,
                stop_signal: None,
                programs: Vec::new(),
                scripts: Vec::new(),
                brings_shell: false,
                compiles: false,
                cgo: None,
                is_static: false,
            },
        }
    }

    pub fn is_named(&self, image: &str) -> bool {
        self.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(image))
    }

    /// True if its image holds the go command.
    pub fn is_golang(&self) -> bool {
        let name = image_name(&self.base.value);
        GO_IMAGES.contains(&name)
    }

    pub fn instruction(&mut self, instruction: &Instruction<'_>, lines: &Lines<'_>, global: &[Argument]) {
        match instruction {
            Instruction::Arg(arg) => {
                let known: Vec<Argument> = global.iter().chain(&self.arguments).cloned().collect();
                let argument = argument(&arg.arguments.value, &known);
                if let Some((name, value)) = &argument {
                    self.variable_of_build(name, value, lines, &arg.arguments.span);
                }
                self.arguments.extend(argument);
            }
            Instruction::Env(env) => {
                for (name, value) in assignments(&env.arguments.value) {
                    let value = expand(&value, &self.arguments);
                    self.variable_of_build(&name, &value, lines, &env.arguments.span);
                    let value =
                        if value.contains('$') { VariableValue::Unknown } else { VariableValue::Text(value) };
                    let at = lines.span(env.arguments.span.start);
                    self.variables.push(Variable { name, value, at });
                }
            }
            Instruction::Run(run) => {
                let (mut line, span) = line_of(&run.arguments);
                for script in &run.here_docs {
                    line = format!("{line}\n{}", script.value);
                }
                self.run(&line, lines, &span);
            }
            Instruction::Copy(copy) => self.copy(&copy.options, &copy.src, &copy.dest.value, lines),
            Instruction::Add(add) => self.copy(&add.options, &add.src, &add.dest.value, lines),
            Instruction::Entrypoint(entrypoint) => {
                self.entrypoint = Some(started(&entrypoint.arguments, lines));
                // An entrypoint resets the command of the image below.
                self.cmd = None;
            }
            Instruction::Cmd(cmd) => self.cmd = Some(started(&cmd.arguments, lines)),
            Instruction::Shell(shell) => {
                self.shell = shell.arguments.first().map(|word| word.value.to_string())
            }
            Instruction::Stopsignal(signal) => {
                let value = signal.arguments.value.trim().to_owned();
                let at = lines.span(signal.arguments.span.start);
                self.stop_signal = Some(Stated { written: value.clone(), value, at });
            }
            _ => {}
        }
    }

    fn variable_of_build(&mut self, name: &str, value: &str, lines: &Lines<'_>, span: &Span) {
        if name == "CGO_ENABLED" && matches!(value, "0" | "1") {
            self.cgo = Some(Stated {
                value: value == "1",
                written: format!("{name}={value}"),
                at: lines.span(span.start),
            });
        }
    }

    fn run(&mut self, line: &str, lines: &Lines<'_>, span: &Span) {
        let words = split_line(line);
        let is_go = |pair: &[String]| matches!(pair, [go, verb] if is_file(go, "go") && matches!(verb.as_str(), "build" | "install"));
        if !words.windows(2).any(is_go) {
            return;
        }
        self.compiles = true;
        for word in &words {
            if let Some(value) = word.strip_prefix("CGO_ENABLED=") {
                let value = expand(value, &self.arguments);
                self.variable_of_build("CGO_ENABLED", &value, lines, span);
            }
        }
        self.is_static |= line.contains("-static") || line.contains("musl-gcc") || line.contains("zig cc");
        for pair in words.windows(2) {
            if let [flag, path] = pair
                && flag == "-o"
            {
                self.programs.extend(file_of(path));
            }
        }
        // `go build ./cmd/shop` writes shop.
        let package = words.iter().rev().find(|word| word.starts_with("./") || word.contains("/cmd/"));
        self.programs.extend(package.and_then(|package| file_of(package)));
    }

    fn copy(&mut self, options: &[Flag<'_>], sources: &[Source<'_>], dest: &str, lines: &Lines<'_>) {
        let is_of_stage = options.iter().any(|flag| flag.name.value == "from");
        let is_folder = dest.ends_with('/') || matches!(dest, "." | "./");
        for source in sources {
            match source {
                Source::Path(path) => {
                    let name = if is_folder { file_of(&path.value) } else { file_of(dest) };
                    let is_shell =
                        |name: Option<String>| name.is_some_and(|name| SHELLS.contains(&name.as_str()));
                    let folder = path.value.trim_end_matches('/');
                    self.brings_shell |= is_shell(file_of(&path.value))
                        || is_shell(file_of(dest))
                        || matches!(folder, "/bin" | "/busybox" | "/usr/bin" | "");
                    self.programs.extend(name.filter(|_| is_of_stage));
                }
                Source::HereDoc(script) => {
                    let text = script.value.to_string();
                    let written = text.lines().last().unwrap_or_default().to_owned();
                    let at = lines.span(script.span.start);
                    self.scripts.push((dest.to_owned(), Stated { value: text, written, at }));
                }
                _ => {}
            }
        }
    }
}

fn is_file(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}

fn file_of(path: &str) -> Option<String> {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_name = !name.is_empty() && !name.contains(['$', '*', '.']) || name.ends_with(".sh");
    is_name.then(|| name.to_owned())
}

/// An image without registry, folders, tag and digest: `golang`.
pub fn image_name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(':').next().unwrap_or(name)
}

/// The line of a shell form, or the words of an exec form with blanks between.
fn line_of(command: &Command<'_>) -> (String, Span) {
    match command {
        Command::Shell(line) => (joined(line.value), line.span.clone()),
        Command::Exec(words) => {
            let line = words.value.iter().map(|word| word.value.as_ref()).collect::<Vec<_>>().join(" ");
            (line, words.span.clone())
        }
        _ => (String::new(), 0..0),
    }
}

/// A line without its continuations and the comments between them.
fn joined(line: &str) -> String {
    let parts = line.lines().filter(|part| !part.trim_start().starts_with('#'));
    parts.map(|part| part.trim_end().strip_suffix(['\\', '`']).unwrap_or(part)).collect::<Vec<_>>().join(" ")
}

fn started(command: &Command<'_>, lines: &Lines<'_>) -> Stated<Started> {
    let (written, span) = line_of(command);
    let at = lines.span(span.start);
    let value = match command {
        Command::Exec(words) => Started {
            words: words.value.iter().map(|word| word.value.to_string()).collect(),
            is_shell: false,
        },
        _ => Started { words: vec![written.clone()], is_shell: true },
    };
    Stated { value, written, at }
}

/// `NAME=default` of an argument.
pub fn argument(text: &str, known: &[Argument]) -> Option<Argument> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let inherited =
        || known.iter().rev().find(|(other, _)| other == name.trim()).map(|(_, value)| value.clone());
    let value = match value {
        Some(value) => expand(value.trim().trim_matches(['"', '\'']), known),
        None => inherited()?,
    };
    Some((name.trim().to_owned(), value))
}

/// `A=1 B="2 3"`, or `A 1` in the old form.
fn assignments(text: &str) -> Vec<(String, String)> {
    let words = split_line(&joined(text));
    match words.as_slice() {
        [name, rest @ ..] if !name.contains('=') => vec![(name.clone(), rest.join(" "))],
        words => words
            .iter()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}

/// A text with `$NAME`, `${NAME}` and `${NAME:-default}` resolved; what is not known stays.
pub fn expand(text: &str, known: &[Argument]) -> String {
    let value_of =
        |name: &str| known.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, default, behind) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((inner, behind)) => {
                let (name, default) =
                    inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
                (name, default, behind)
            }
            None => {
                let end =
                    after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                let (name, behind) = after.split_at(end);
                (name, None, behind)
            }
        };
        match value_of(name).or(default) {
            Some(value) => out.push_str(value),
            None => {
                out.push('$');
                out.push_str(after.strip_suffix(behind).unwrap_or(after));
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
