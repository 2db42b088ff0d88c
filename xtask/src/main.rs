//! `cargo xtask COMMAND`: everything that README names.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;
use xtask::bench::Input;
use xtask::build::Effort;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  build                        builds the page's wasm module and its JavaScript
  serve [--port N] [--no-open] builds the viewer and serves it on 127.0.0.1
  dist                         writes dist/site/, dist/strata.html and dist/go/
                               (serve, dist: --quick builds a page to look at, large and slow but soon there)
  docs                         writes dist/site/docs/ alone, to look at
  test [STEP]...               runs every test, in browsers too, or these steps alone
  fuzz [--minutes N] [TARGET]...
                               damages inputs for 30 minutes in all, or N, and lists what broke
  mutants [--sample N] [PATH]...
                               small changes of the engine, and which of them no test notices
  fmt [--check]                formats every tracked Rust file
  tidy [--fix]                 checks the rules of the house; first writes what is made from other files
  bench [--page]               every goal beside its peer, and growth with size, into docs/performance.md;
                               --page: in Chromium too, on what `dist` built
  bench profiles [N|FILE]...   profiles of N samples or in files, natively, beside go tool pprof
  bench goroutines [FILE]...   dumps to classified groups, beside a plain pass over their bytes
  bench traces [--page] [MB|FILE]...
                               execution traces of so many megabytes or in files, beside go tool trace, natively;
                               --page: in Chromium too, on what `dist` built
  score findings [DIR]         rules on profiles against programs with one planted cause each
  score goroutines [DIR]       the leak classifier against labelled captures
  score memory [DIR]           memory rules, amounts and identities against programs of known memory
  score profiles [DIR]         top tables of profiles against go tool pprof, row by row
  score resources [DIR]        sockets, descriptors, threads and CPU of services with planted leaks
  score traces [DIR]           traces against what Go's tool and the traced programs say
  inventory [DIR]              how each file of the captures below DIR is read
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut words = lexopt::Parser::from_env();
    let command = match words.next()? {
        Some(Value(word)) => word.string()?,
        Some(Long("help") | Short('h')) => "help".to_owned(),
        Some(other) => return Err(other.unexpected().into()),
        None => bail!("no command\n\n{USAGE}"),
    };
    match command.as_str() {
        "build" => {
            no_more(&mut words)?;
            xtask::build::build(Effort::Ship)?;
        }
        "serve" => xtask::serve::serve(&serve_options(&mut words)?)?,
        "dist" => xtask::dist::dist(dist_effort(&mut words)?)?,
        "docs" => {
            no_more(&mut words)?;
            xtask::docs::write(&xtask::dist::folder().join("site"))?;
        }
        "test" => xtask::test::test(&values(&mut words)?)?,
        "fmt" => xtask::format::format(with_check(&mut words)?)?,
        "tidy" => xtask::tidy::tidy(with_fixes(&mut words)?)?,
        "inventory" => xtask::inventory::inventory(&folder(&mut words, "../shared/corpus")?)?,
        "fuzz" => xtask::fuzz::fuzz(&fuzz_options(&mut words)?)?,
        "mutants" => xtask::mutants::mutants(&mutants_options(&mut words)?)?,
        "bench" => bench(&mut words)?,
        "score" => score(&mut words)?,
        "help" => print!("{USAGE}"),
        other => bail!("no such command: {other}\n\n{USAGE}"),
    }
    Ok(())
}

fn with_check(words: &mut lexopt::Parser) -> Result<bool> {
    match words.next()? {
        None => Ok(false),
        Some(Long("check")) => no_more(words).map(|()| true),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn with_fixes(words: &mut lexopt::Parser) -> Result<bool> {
    match words.next()? {
        None => Ok(false),
        Some(Long("fix")) => no_more(words).map(|()| true),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn no_more(words: &mut lexopt::Parser) -> Result<()> {
    match words.next()? {
        Some(other) => Err(other.unexpected().into()),
        None => Ok(()),
    }
}

fn values(words: &mut lexopt::Parser) -> Result<Vec<String>> {
    let mut values = Vec::new();
    while let Some(word) = words.next()? {
        match word {
            Value(word) => values.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(values)
}

fn fuzz_options(words: &mut lexopt::Parser) -> Result<xtask::fuzz::Options> {
    let mut options = xtask::fuzz::Options { minutes: 30, targets: Vec::new() };
    while let Some(word) = words.next()? {
        match word {
            Long("minutes") => options.minutes = words.value()?.parse()?,
            Value(target) => options.targets.push(target.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn mutants_options(words: &mut lexopt::Parser) -> Result<xtask::mutants::Options> {
    let mut options = xtask::mutants::Options::default();
    while let Some(word) = words.next()? {
        match word {
            Long("sample") => options.sample = Some(words.value()?.parse()?),
            Value(path) => options.paths.push(path.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn bench(words: &mut lexopt::Parser) -> Result<()> {
    let what = match words.next()? {
        None => return xtask::bench::goals::bench(false),
        Some(Long("page")) => return no_more(words).and_then(|()| xtask::bench::goals::bench(true)),
        Some(Value(word)) => word.string()?,
        _ => bail!("bench what?\n\n{USAGE}"),
    };
    let (mut inputs, mut with_page) = (Vec::new(), false);
    while let Some(word) = words.next()? {
        match word {
            Long("page") if what == "traces" => with_page = true,
            Value(word) => inputs.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let words = inputs.iter().map(String::as_str);
    match what.as_str() {
        "profiles" => xtask::bench::profiles::bench(&words.map(Input::new).collect::<Vec<_>>()),
        "goroutines" => xtask::bench::goroutines::bench(&words.map(PathBuf::from).collect::<Vec<_>>()),
        "traces" => xtask::bench::traces::bench(&words.map(Input::new).collect::<Vec<_>>(), with_page),
        other => bail!("no such benchmark: {other}\n\n{USAGE}"),
    }
}

fn score(words: &mut lexopt::Parser) -> Result<()> {
    let what = match words.next()? {
        Some(Value(word)) => word.string()?,
        _ => bail!("score what?\n\n{USAGE}"),
    };
    match what.as_str() {
        "findings" => xtask::score::findings::score(&folder(words, "../shared/corpus/profiles")?),
        "goroutines" => xtask::score::goroutines::score(&folder(words, "../shared/corpus/goroutines")?, true),
        "memory" => match words.next()? {
            Some(Value(word)) => {
                no_more(words)?;
                xtask::score::memory::score(&[PathBuf::from(word)])
            }
            Some(other) => Err(other.unexpected().into()),
            None => {
                let corpus = xtask::command::root().join("../shared/corpus");
                xtask::score::memory::score(&[corpus.join("memory"), corpus.join("services")])
            }
        },
        "profiles" => xtask::score::profiles::score(&folder(words, "../shared/corpus")?),
        "resources" => xtask::score::resources::score(&folder(words, "../shared/corpus/beyond")?),
        "traces" => xtask::score::traces::score(&folder(words, "../shared/corpus")?),
        other => bail!("no such score: {other}\n\n{USAGE}"),
    }
}

/// The one optional folder of a command.
fn folder(words: &mut lexopt::Parser, default: &str) -> Result<PathBuf> {
    let folder = match words.next()? {
        Some(Value(word)) => PathBuf::from(word),
        Some(other) => return Err(other.unexpected().into()),
        None => xtask::command::root().join(default),
    };
    no_more(words)?;
    Ok(folder)
}

fn dist_effort(words: &mut lexopt::Parser) -> Result<Effort> {
    match words.next()? {
        None => Ok(Effort::Ship),
        Some(Long("quick")) => no_more(words).map(|()| Effort::Quick),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn serve_options(words: &mut lexopt::Parser) -> Result<xtask::serve::Options> {
    let mut options = xtask::serve::Options::default();
    while let Some(word) = words.next()? {
        match word {
            Long("port") => options.port = words.value()?.parse()?,
            Long("no-open") => options.open = false,
            Long("quick") => options.effort = Effort::Quick,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}
