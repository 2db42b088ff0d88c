//! Reads a bundle in a process of its own.

use std::env;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use strata_fleet::project::Object;
use strata_fleet::{ErrorKind, Row};

use super::limits::{EXIT_TIMEOUT, Limits};

/// The row of a bundle: its own, or one that says what became of the process that read it.
pub fn row(path: &Path, object: &Object, limits: &Limits) -> Row {
    match start(path, object, limits).and_then(finish) {
        Ok((status, printed, said)) if status.success() => match serde_json::from_str(&printed) {
            Ok(row) => row,
            Err(error) => object.failed(ErrorKind::Internal, format!("{error}: {}", last_line(&said))),
        },
        Ok((status, _, said)) => {
            let (kind, message) = why(status, &said, limits);
            object.failed(kind, message)
        }
        Err(error) => object.failed(ErrorKind::Internal, format!("could not start a process: {error}")),
    }
}

fn start(path: &Path, object: &Object, limits: &Limits) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["rows", "--in-process", "--format=ndjson"]).args(limits.arguments());
    command.arg(format!("--object={}", object.object)).arg(format!("--date={}", object.date));
    command.args(object.etag.iter().map(|etag| format!("--etag={etag}")));
    command.args(object.names.iter().map(|(key, value)| format!("--label={key}={value}")));
    command.arg("--").arg(path);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// All that it printed and said, and how it ended: it ends itself when its time is over.
fn finish(mut child: Child) -> io::Result<(ExitStatus, String, String)> {
    let stderr = child.stderr.take();
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        // What could not be read of it is not said.
        let _ = stderr.map(|stderr| stderr.take(64 << 10).read_to_end(&mut said));
        String::from_utf8_lossy(&said).into_owned()
    });
    let mut printed = String::new();
    let read = child.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_string(&mut printed));
    let status = child.wait()?;
    let said = said.join().unwrap_or_default();
    match read {
        // A process that is ended may leave half a character.
        Err(error) if status.success() => Err(error),
        _ => Ok((status, printed, said)),
    }
}

fn why(status: ExitStatus, said: &str, limits: &Limits) -> (ErrorKind, String) {
    let words = last_line(said);
    if status.code() == Some(EXIT_TIMEOUT) {
        return (ErrorKind::Timeout, format!("it took longer than {} s", limits.timeout));
    }
    // The allocator's own words, whichever way the process then ends.
    if said.contains("memory allocation of") {
        return (ErrorKind::Killed, format!("it reached its memory limit of {} MiB", limits.memory >> 20));
    }
    if status.code().is_none() && !said.contains("panicked at") {
        return (ErrorKind::Killed, format!("the process that read it was terminated: {status}"));
    }
    (ErrorKind::Internal, format!("{status}: {words}"))
}

fn last_line(said: &str) -> &str {
    said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing")
}
