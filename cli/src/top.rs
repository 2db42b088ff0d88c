//! `strata top`.

use std::error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analyzer_core::base::source::SourceId;
use analyzer_core::session::{
    Base, Calls, ExportForm, Filters, Granularity, Nodes, Order, Peek, Query, Session, Takes, Top, peek_text,
    top_text,
};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use serde::Serialize;

use crate::output::gzip;
use crate::progress::Progress;
use crate::{input, list, output};

/// What to print of which profile.
#[derive(Debug, Args)]
pub struct Options {
    /// Name or index of the sample type [default: the file's default, otherwise the last one]
    #[arg(long, value_name = "TYPE")]
    sample_type: Option<String>,
    /// Sort by cum instead of flat
    #[arg(long)]
    cum: bool,
    /// Number of rows to print; 0 for all
    #[arg(short, value_name = "N", default_value_t = 0)]
    n: usize,
    /// Granularity of the rows
    #[arg(long, value_enum, default_value_t = By::Functions)]
    granularity: By,
    /// Attribute inlined calls to the function that they are inlined into
    #[arg(long)]
    noinlines: bool,
    #[command(flatten)]
    filters: FilterOptions,
    /// Profile to compare with; percentages refer to its total
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    diff_base: Option<PathBuf>,
    /// Earlier profile of the same process to subtract
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// Scale the profile to the total of the base profile
    #[arg(long)]
    normalize: bool,
    /// Print callers and callees of matching functions, as go tool pprof -peek
    #[arg(long, value_name = "RE")]
    peek: Option<String>,
    /// Print annotated source of matching functions, as go tool pprof -list
    #[arg(long, value_name = "RE", conflicts_with = "peek")]
    list: Option<String>,
    /// With --list: source folder (a repository, a module cache) [default: the current folder]
    #[arg(long, value_name = "DIR", requires = "list")]
    source: Option<PathBuf>,
    /// Unit of the printed amounts ("bytes", "ms") [default: automatic]
    #[arg(long)]
    unit: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// A pprof profile, gzipped or not, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// pprof's filters, as options.
#[derive(Clone, Debug)]
struct FilterOptions(Filters);

impl Args for FilterOptions {
    fn augment_args(command: Command) -> Command {
        command.args(Filters::ALL.iter().map(|filter| {
            let takes = match filter.takes {
                Takes::Expression => "RE",
                Takes::Labels => "TAG",
                Takes::Keys => "KEYS",
            };
            Arg::new(filter.name).long(filter.option).value_name(takes).help(filter.meaning)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FilterOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self(Filters::default());
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for filter in Filters::ALL {
            if let Some(place) = self.0.get_mut(filter.name) {
                *place = matches.get_one(filter.name).cloned();
            }
        }
        Ok(())
    }
}

/// Granularities, by pprof's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Functions,
    Filefunctions,
    Files,
    Lines,
    Addresses,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As printed by go tool pprof -top
    Text,
    /// Amounts in the profile's own unit
    Json,
    /// Comma-separated values, with shares and files
    Csv,
    /// Folded stacks, one per line, for flame graph tools
    Folded,
    /// The filtered profile, gzipped
    Pprof,
}

/// The JSON form.
#[derive(Serialize)]
struct Printed<'a> {
    sample_type: &'a str,
    unit: &'a str,
    total: i64,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    function: &'a str,
    flat: i64,
    cum: i64,
}

/// The JSON form of a peek.
#[derive(Serialize)]
struct PrintedPeek<'a> {
    sample_type: &'a str,
    unit: &'a str,
    total: i64,
    rows: Vec<PeekRow<'a>>,
}

#[derive(Serialize)]
struct PeekRow<'a> {
    function: &'a str,
    flat: i64,
    cum: i64,
    callers: Vec<Call<'a>>,
    callees: Vec<Call<'a>>,
}

#[derive(Serialize)]
struct Call<'a> {
    function: &'a str,
    amount: i64,
}

/// Runs the command.
///
/// # Errors
/// What could not be opened, is no profile, or is no expression.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    let mut session = Session::default();
    let mut query = options.query(profile_in(&mut session, &options.file)?);
    for (path, is_subtracted) in [(&options.diff_base, false), (&options.base, true)] {
        if let Some(path) = path {
            let source = profile_in(&mut session, path)?;
            query.base = Some(Base { source, is_subtracted, is_normalized: options.normalize });
        }
    }
    if options.normalize && query.base.is_none() {
        return Err("--normalize needs --diff-base or --base".into());
    }
    let printed = match (&options.list, &options.peek) {
        (Some(pattern), _) => options.list(&session, &query, pattern)?,
        (None, Some(pattern)) => options.peek(&session, &query, pattern)?,
        (None, None) => options.table(&session, &query)?,
    };
    output::write(options.out.as_deref(), &printed)?;
    Ok(ExitCode::SUCCESS)
}

/// Says which sample type stands in for an empty default.
fn say_stand_in(top: &Top) {
    if let Some(empty) = &top.empty_default {
        output::say(format_args!("{empty} is 0 in all samples, so this is {}", top.sample_type));
    }
}

impl Options {
    fn table(&self, session: &Session, query: &Query) -> Result<Vec<u8>, Box<dyn error::Error>> {
        let order = self.order();
        let form = match self.format {
            Format::Text | Format::Json => None,
            Format::Csv => Some(ExportForm::Csv(order)),
            Format::Folded => Some(ExportForm::Folded),
            Format::Pprof => Some(ExportForm::Pprof),
        };
        if let Some(form) = form {
            let bytes = session.export(query, form)?;
            return Ok(if self.format == Format::Pprof { gzip([bytes.as_slice()])? } else { bytes });
        }
        let top = session.top(query, order)?;
        say_stand_in(&top);
        let printed = match self.format {
            Format::Json => to_json(&top, self.n)?,
            _ => output::lines(&top_text(&top, self.n, self.unit.as_deref())),
        };
        Ok(printed.into_bytes())
    }

    fn peek(
        &self,
        session: &Session,
        query: &Query,
        pattern: &str,
    ) -> Result<Vec<u8>, Box<dyn error::Error>> {
        let (top, peek) = session.peek(query, &Nodes::Matching(pattern.to_owned()), self.order())?;
        say_stand_in(&top);
        if peek.nodes.is_empty() {
            return Err(format!("no row matches {pattern}").into());
        }
        match self.format {
            Format::Text => Ok(output::lines(&peek_text(&top, &peek, self.unit.as_deref())).into_bytes()),
            Format::Json => Ok(peek_to_json(&peek)?.into_bytes()),
            Format::Csv | Format::Folded | Format::Pprof => {
                Err("--peek prints text or json; use --focus for the others".into())
            }
        }
    }

    fn list(
        &self,
        session: &Session,
        query: &Query,
        pattern: &str,
    ) -> Result<Vec<u8>, Box<dyn error::Error>> {
        if self.format != Format::Text {
            return Err("--list prints text; use --focus for the other formats".into());
        }
        list::print(session, query, pattern, self.unit.as_deref(), self.source.as_deref())
    }

    fn order(&self) -> Order {
        if self.cum { Order::Cum } else { Order::Flat }
    }

    fn query(&self, source: SourceId) -> Query {
        let granularity = match self.granularity {
            By::Functions => Granularity::Functions,
            By::Filefunctions => Granularity::FileFunctions,
            By::Files => Granularity::Files,
            By::Lines => Granularity::Lines,
            By::Addresses => Granularity::Addresses,
        };
        Query {
            sample_type: self.sample_type.clone(),
            granularity,
            without_inlines: self.noinlines,
            filters: self.filters.0.clone(),
            ..Query::new(source)
        }
    }
}

/// Reads the one profile of a file.
fn profile_in(session: &mut Session, path: &Path) -> Result<SourceId, Box<dyn error::Error>> {
    let before = session.profile_sources().len();
    input::add(session, path, &Progress::start())?;
    let sources = session.profile_sources();
    match sources.get(before..).unwrap_or_default() {
        &[one] => {
            say_losses(session, one);
            Ok(one)
        }
        [] => Err(format!("{}: not a pprof profile{}", path.display(), reason(session)).into()),
        more => Err(format!("{}: {} profiles; specify one of them", path.display(), more.len()).into()),
    }
}

/// Says on standard error what of a profile is not in the figures.
fn say_losses(session: &Session, source: SourceId) {
    for note in session.notes(source) {
        output::say(format_args!("{}: {}", session.path(source), note.message));
    }
}

/// What the last file's notes say.
fn reason(session: &mut Session) -> String {
    let report = session.report();
    let note = report.sources.last().and_then(|row| row.notes.last());
    note.map(|note| format!(": {}", note.message)).unwrap_or_default()
}

fn to_json(top: &Top, limit: usize) -> serde_json::Result<String> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let rows = top.rows().take(limit).map(|row| Row { function: row.name, flat: row.flat, cum: row.cum });
    output::json(&Printed {
        sample_type: &top.sample_type,
        unit: &top.unit,
        total: top.total,
        rows: rows.collect(),
    })
}

fn peek_to_json(peek: &Peek) -> serde_json::Result<String> {
    fn calls(calls: &Calls) -> Vec<Call<'_>> {
        let rows = calls.name.iter().zip(&calls.amount.0);
        rows.map(|(function, &amount)| Call { function, amount }).collect()
    }
    let rows = peek.nodes.iter().map(|node| PeekRow {
        function: &node.name,
        flat: node.flat,
        cum: node.cum,
        callers: calls(&node.callers),
        callees: calls(&node.callees),
    });
    output::json(&PrintedPeek {
        sample_type: &peek.sample_type,
        unit: &peek.unit,
        total: peek.total,
        rows: rows.collect(),
    })
}
