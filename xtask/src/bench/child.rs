//! Runs a program and sees how long it takes and how much memory it touches.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often the memory of a running program is looked at.
const POLL: Duration = Duration::from_micros(500);

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// From start to end.
    pub wall: Duration,
    /// The most memory that was resident at once (`VmHWM`), in bytes; `None` where there is no /proc.
    pub peak: Option<u64>,
}

/// Runs to the end, output thrown away.
///
/// # Errors
/// A program that cannot be started or that fails.
pub fn measure(command: &mut Command) -> Result<Run> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
    let mut peak = None;
    let status = loop {
        // The mark only rises: the last look before the end is the peak, but for half a millisecond.
        peak = high_water_mark(child.id()).or(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(POLL);
    };
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(Run { wall: start.elapsed(), peak })
}

fn high_water_mark(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
