//! `strata fleet`: the bundles of many pods, a night at a time.

mod pool;
mod run;

use std::collections::BTreeMap;
use std::error;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use analyzer_core::report::number_format::counted;
use clap::Args;
use flate2::{Compression, GzBuilder};
use strata_fleet::dataset::{self, Dataset};
use strata_fleet::identity::Layout;
use strata_fleet::listing::{self, Shard};
use strata_fleet::night::Night;
use strata_fleet::owners::Owners;
use strata_fleet::rollup::{self, Rollup};
use strata_fleet::summary;

use crate::output;
use crate::rows::limits::{Limits, bytes};
use crate::rows::redact_object;

/// What to analyze, and where to put it.
#[derive(Debug, Args)]
pub struct Options {
    /// Results folder: Parquet by table and night, and the roll-up fleet.json.gz
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Layout of paths: {cluster}/{service}/{pod}.tar.gz; parts of the form key=value need no layout
    #[arg(long, value_name = "LAYOUT")]
    layout: Option<Layout>,
    /// The night, if paths do not contain date=YYYY-MM-DD [default: the file's date]
    #[arg(long, value_name = "DATE", value_parser = crate::rows::date)]
    date: Option<String>,
    /// Analyze only this part of the objects, for parallel jobs: 0/4 to 3/4; summarize after the last one
    #[arg(long, value_name = "I/N", default_value = "0/1")]
    shard: Shard,
    /// Number of bundles to read in parallel [default: number of CPUs]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Total size of bundles to read in parallel; a larger one is read alone
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = bytes)]
    in_flight: u64,
    #[command(flatten)]
    limits: Limits,
    /// Number of nights to compare
    #[arg(long, value_name = "N", default_value_t = 14)]
    nights: usize,
    /// Owners file: lines with a package pattern, or service:PATTERN, and owners; the last match applies
    #[arg(long, value_name = "FILE")]
    owners: Option<PathBuf>,
    /// Template for links to objects in the roll-up: https://store/{object}
    #[arg(long, value_name = "TEMPLATE")]
    open: Option<String>,
    /// Folder of bundles, or file with one object per line; without it, only DIR is summarized
    #[arg(value_name = "SRC")]
    source: Option<PathBuf>,
}

/// Runs the command: bundles that cannot be read are rows, and no failure of the run.
///
/// # Errors
/// A source, a file of owners or a folder of results that cannot be read or written.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn error::Error>> {
    let owners = options.owners()?;
    let dataset = Dataset::new(options.out.clone(), options.shard);
    if let Some(source) = &options.source {
        let mut listing = listing::list(source, options.layout.as_ref(), options.date.as_deref())
            .map_err(|error| format!("{}: {error}", source.display()))?;
        if let Some(first) = listing.undated.first() {
            return Err(format!("the date of {first} is unknown: set it with --date").into());
        }
        let results = options.out.canonicalize().ok();
        listing
            .bundles
            .retain(|bundle| results.as_ref().is_none_or(|results| !bundle.path.starts_with(results)));
        if let Some(key) = options.limits.key()? {
            listing.bundles.iter_mut().for_each(|bundle| redact_object(&mut bundle.object, &key));
        }
        if listing.others > 0 {
            output::say(format_args!(
                "{}",
                counted(
                    listing.others,
                    "file is not an archive and is omitted",
                    "files are not archives and are omitted"
                )
            ));
        }
        let jobs = options.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
        let pool = pool::Pool { jobs, in_flight: options.in_flight, limits: &options.limits };
        let done = run::analyze(listing, &dataset, options.shard, &pool)?;
        output::say(format_args!(
            "{} bundles analyzed, {} of them unreadable; {} known from earlier runs",
            done.analyzed, done.failed, done.kept
        ));
    }
    if options.shard.count > 1 && options.source.is_some() {
        // The others are not done yet.
        return Ok(ExitCode::SUCCESS);
    }
    let Some(rollup) = summarize(&dataset, options.nights, &owners, options.open.clone())? else {
        return Err(format!("{}: contains no night", options.out.display()).into());
    };
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    gzip.write_all(&serde_json::to_vec(&rollup)?)?;
    dataset::write_whole(&options.out.join("fleet.json.gz"), &gzip.finish()?)?;
    output::write(None, output::lines(&summary::print(&rollup)).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The last nights together.
fn summarize(
    dataset: &Dataset,
    count: usize,
    owners: &Owners,
    open: Option<String>,
) -> io::Result<Option<Rollup>> {
    let dates = dataset.dates()?;
    let last = dates.last().cloned().unwrap_or_default();
    let mut nights = BTreeMap::new();
    for date in dates.into_iter().rev().take(count.max(1)) {
        let mut night = Night::default();
        dataset.all_rows(&date, |row| {
            night.add(&row, date == last);
            Ok(())
        })?;
        nights.insert(date, night);
    }
    Ok(rollup::roll_up(&nights, owners, open))
}

impl Options {
    fn owners(&self) -> Result<Owners, String> {
        let Some(path) = &self.owners else { return Ok(Owners::default()) };
        let named = |error: String| format!("{}: {error}", path.display());
        Owners::parse(&fs::read_to_string(path).map_err(|error| named(error.to_string()))?).map_err(named)
    }
}

/// How far it is, on a terminal only.
struct Progress {
    is_shown: bool,
    all: usize,
    done: usize,
    failed: usize,
}

impl Progress {
    fn new(all: usize) -> Self {
        Self { is_shown: io::stderr().is_terminal() && all > 0, all, done: 0, failed: 0 }
    }

    fn step(&mut self, is_failed: bool) {
        self.done += 1;
        self.failed += usize::from(is_failed);
        if self.is_shown {
            let end = if self.done == self.all { "\n" } else { "" };
            output::err(&format!("\r{} of {} bundles, {} failed{end}", self.done, self.all, self.failed));
        }
    }
}
