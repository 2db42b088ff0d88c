//! `strata rows`: a bundle as one row, whatever the bundle is.
//!
//! The bundle is read by a process of its own, which sets its limits itself, so that a bomb or a
//! fault ends in a row that says so.

pub mod child;
pub mod limits;
mod read;

use std::error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use analyzer_core::base::units::Nanos;
use clap::{Args, ValueEnum};
use strata_fleet::identity::{self, Layout};
use strata_fleet::project::Object;
use strata_fleet::{Row, schema, tables};

use crate::key::Key;
use crate::output;
use limits::Limits;

/// Which bundle, under what name, within which limits.
#[derive(Debug, Args)]
pub struct Options {
    /// How to print the row
    #[arg(long, value_enum, default_value_t = Format::Arrow)]
    format: Format,
    /// Name of the object in the row, if the bundle is a copy [default: the path]
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// Version tag of the object in its store
    #[arg(long, value_name = "TAG")]
    etag: Option<String>,
    /// Layout of the path: {cluster}/{service}/{pod}.tar.gz; parts of the form key=value need no layout
    #[arg(long, value_name = "LAYOUT")]
    layout: Option<Layout>,
    /// The night, if the path does not contain date=YYYY-MM-DD [default: the file's date]
    #[arg(long, value_name = "DATE", value_parser = date)]
    date: Option<String>,
    /// Labels that the path does not contain: cluster=eu1, namespace=shop, service=api, pod=api-1
    #[arg(short = 'L', long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    #[command(flatten)]
    limits: Limits,
    /// Print only the columns of the rows and tables, as JSON
    #[arg(long)]
    schema: bool,
    /// Read the bundle in this process: exceeding a limit ends it without a row
    #[arg(long, hide = true)]
    in_process: bool,
    /// The bundle: an archive, a file or a folder
    #[arg(value_name = "BUNDLE", required_unless_present = "schema")]
    bundle: Option<PathBuf>,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// An Arrow IPC stream of one row
    Arrow,
    /// A line of JSON
    Ndjson,
}

/// Parses `YYYY-MM-DD`.
///
/// # Errors
/// What it should be.
pub fn date(text: &str) -> Result<String, String> {
    if identity::is_date(text) { Ok(text.to_owned()) } else { Err("not YYYY-MM-DD".to_owned()) }
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("not KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Runs the command: it succeeds if a row is printed, whatever the row says.
///
/// # Errors
/// Output that cannot be written; a night that nothing tells.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    let Some(bundle) = options.bundle.as_ref().filter(|_| !options.schema) else {
        output::write(None, output::json(&schema::describe())?.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    };
    let object = options.object(bundle)?;
    let row = if options.in_process {
        options.limits.apply()?;
        read::row(bundle, &object, &options.limits, options.limits.key()?.as_ref())
    } else {
        child::row(bundle, &object, &options.limits)
    };
    output::write(None, &print(&row, options.format)?)?;
    Ok(ExitCode::SUCCESS)
}

fn print(row: &Row, format: Format) -> Result<Vec<u8>, Box<dyn error::Error>> {
    Ok(match format {
        Format::Arrow => tables::to_ipc(std::slice::from_ref(row))?,
        Format::Ndjson => (serde_json::to_string(row)? + "\n").into_bytes(),
    })
}

impl Options {
    fn object(&self, bundle: &std::path::Path) -> Result<Object, String> {
        let metadata = std::fs::metadata(bundle).ok();
        let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
        let since_epoch = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified_at = since_epoch.and_then(|time| i64::try_from(time.as_nanos()).ok()).map(Nanos);
        let name = self.object.clone().unwrap_or_else(|| bundle.to_string_lossy().replace('\\', "/"));
        let mut names = identity::of_path(&name, self.layout.as_ref());
        names.extend(self.labels.iter().cloned());
        let date = self.date.clone().or_else(|| identity::date(&names, modified_at));
        let date = date.ok_or("its date is unknown: set it with --date")?;
        let mut object = Object { date, object: name, names, ..Object::default() };
        // Whoever started this process has done it already.
        if let Some(key) = options_key(self)? {
            redact_object(&mut object, &key);
        }
        Ok(Object {
            etag: self.etag.clone(),
            bytes: metadata.filter(std::fs::Metadata::is_file).map_or(0, |metadata| metadata.len()),
            modified_at,
            ..object
        })
    }
}

fn options_key(options: &Options) -> Result<Option<Key>, String> {
    if options.in_process { Ok(None) } else { options.limits.key() }
}

/// Pseudonyms in the place of an object's path and of what it says.
pub fn redact_object(object: &mut Object, key: &Key) {
    // The path may be all that names the pod.
    let stem = identity::stem(&object.object).to_owned();
    object.names.entry("pod".to_owned()).or_insert(stem);
    key.names(&mut object.names);
    object.object = key.object(&object.object, &object.date);
}
