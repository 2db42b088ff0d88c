//! What the process that reads a bundle may use. It sets its limits itself: who starts it need not.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process;
use std::thread;
use std::time::Duration;

use clap::Args;

use crate::key::Key;

/// Exit status of a process whose time is over, as timeout(1) has it.
pub const EXIT_TIMEOUT: i32 = 124;

/// What one bundle may take, and give away.
#[derive(Clone, Debug, Args)]
pub struct Limits {
    /// Maximum memory for reading a bundle
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = bytes)]
    pub memory: u64,
    /// Maximum time for reading a bundle, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub timeout: u64,
    /// Maximum size of a bundle
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = bytes)]
    pub max_bytes: u64,
    /// Replace names of pods, nodes, namespaces, images and paths with pseudonyms; functions, clusters and services are kept
    #[arg(long, requires = "key")]
    pub redact: bool,
    /// With --redact: file with a secret of at least 16 bytes; use the same file for the whole fleet
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub key: Option<PathBuf>,
}

/// Parses `2GiB`, `512MiB`, `100000`.
///
/// # Errors
/// What it should be.
pub fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let shift = match unit {
        "" | "B" => 0,
        "KiB" | "Ki" => 10,
        "MiB" | "Mi" => 20,
        "GiB" | "Gi" => 30,
        _ => return Err("a number of bytes, KiB, MiB or GiB".to_owned()),
    };
    let number = number.parse::<u64>().map_err(|error| error.to_string())?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

impl Limits {
    /// Puts this process under the limits.
    ///
    /// # Errors
    /// A limit that the system refuses.
    pub fn apply(&self) -> io::Result<()> {
        self.apply_memory()?;
        let time = Duration::from_secs(self.timeout);
        let watch = thread::Builder::new().spawn(move || {
            thread::sleep(time);
            process::exit(EXIT_TIMEOUT);
        });
        watch.map(drop)
    }

    #[cfg(unix)]
    fn apply_memory(&self) -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let hardest = getrlimit(Resource::As).maximum.unwrap_or(u64::MAX);
        let limit = Some(self.memory.min(hardest));
        setrlimit(Resource::As, Rlimit { current: limit, maximum: limit })?;
        // A core of a bomb is as large as the bomb.
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
        // Whoever asked is gone: nobody reads the row.
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        Ok(())
    }

    #[cfg(not(unix))]
    fn apply_memory(&self) -> io::Result<()> {
        Ok(())
    }

    /// The key, if names are to be replaced.
    ///
    /// # Errors
    /// A key that cannot be read or is too short.
    pub fn key(&self) -> Result<Option<Key>, String> {
        match (&self.key, self.redact) {
            (Some(path), true) => Key::read(path).map(Some),
            _ => Ok(None),
        }
    }

    /// The options that ask for them.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![
            format!("--memory={}", self.memory).into(),
            format!("--timeout={}", self.timeout).into(),
            format!("--max-bytes={}", self.max_bytes).into(),
        ];
        if let (Some(path), true) = (&self.key, self.redact) {
            arguments.extend(["--redact".into(), "--key".into(), path.as_os_str().to_owned()]);
        }
        arguments
    }
}

/// Milliseconds of processor time that this process has used.
pub fn cpu_ms() -> Option<f64> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        let nanos = u32::try_from(time.tv_nsec).ok()?;
        Some(Duration::new(seconds, nanos).as_secs_f64() * 1e3)
    }
    #[cfg(not(unix))]
    None
}

/// Bytes that this process had resident at most, as the kernel counts it for this program alone:
/// what a parent reads of its child holds its own size before the exec.
pub fn peak_rss() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(bytes("512MiB"), Ok(512 << 20));
        assert_eq!(bytes("2Gi"), Ok(2 << 30));
        assert_eq!(bytes("1000"), Ok(1_000));
        assert!(["", "GiB", "2GB", "-1", "99999999999GiB"].iter().all(|text| bytes(text).is_err()));
    }
}
