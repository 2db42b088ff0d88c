//! Runs a program and sees how long it takes and how much memory it touches.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often the memory of a running program is looked at.
const POLL: Duration = Duration::from_micros(500);
/// A program that has not ended by then hangs: the slowest peer takes a minute and a half.
const PATIENCE: Duration = Duration::from_secs(600);

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// From start to end.
    pub wall: Duration,
    /// Processor time in the program itself, to a hundredth of a second; `None` where there is no /proc.
    pub user: Option<Duration>,
    /// The most memory that was resident at once (`VmHWM`), in bytes; `None` where there is no /proc.
    pub peak: Option<u64>,
}

/// Runs to the end, output thrown away.
///
/// # Errors
/// A program that cannot be started, that fails, or that does not end.
pub fn measure(command: &mut Command) -> Result<Run> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
    let (mut peak, mut user) = (None, None);
    let status = loop {
        // The mark only rises: the last look before the end is the peak, but for half a millisecond.
        peak = high_water_mark(child.id()).or(peak);
        user = user_time(child.id()).or(user);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("{command:?}: it did not end within {} s", PATIENCE.as_secs());
        }
        thread::sleep(POLL);
    };
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(Run { wall: start.elapsed(), user, peak })
}

/// Field 14 of `/proc/PID/stat` (proc_pid_stat(5)), in ticks of 10 ms.
fn user_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold blanks; what follows it starts with field 3.
    let ticks: u64 = stat.rsplit_once(") ")?.1.split(' ').nth(11)?.parse().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// Runs until it says `word` on its standard error, and ends it then.
///
/// # Errors
/// A program that cannot be started, or that ends without the word.
pub fn measure_until(command: &mut Command, word: &str) -> Result<Run> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // It would open a browser.
    command.env("BROWSER", "true");
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
    let lines = BufReader::new(child.stderr.take().context("no output")?).lines();
    let (said, is_said) = mpsc::channel();
    let wanted = word.to_owned();
    let reader = thread::spawn(move || {
        if lines.map_while(Result::ok).any(|line| line.contains(&wanted)) {
            let _ = said.send(());
        }
    });
    let (mut peak, mut user) = (None, None);
    let wall = loop {
        peak = high_water_mark(child.id()).or(peak);
        user = user_time(child.id()).or(user);
        match is_said.recv_timeout(POLL) {
            Ok(()) => break start.elapsed(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("{command:?} ended without {word:?}"),
        }
    };
    child.kill()?;
    child.wait()?;
    let _ = reader.join();
    Ok(Run { wall, user, peak })
}

fn high_water_mark(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
