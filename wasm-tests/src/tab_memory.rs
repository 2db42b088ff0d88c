//! The memory of the tab that a test has open.

use std::fs;

/// The most that the largest renderer process below this one has had resident
/// at once (`VmHWM` of proc_pid_status(5)), in bytes; `None` where there is no /proc.
pub fn peak() -> Option<f64> {
    let own = std::process::id();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|&id| is_renderer(id) && is_below(id, own)).filter_map(high_water_mark).max_by(f64::total_cmp)
}

fn is_renderer(process: u32) -> bool {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0 || byte == b' ').any(|word| word == b"--type=renderer")
}

fn is_below(mut process: u32, ancestor: u32) -> bool {
    while process > 1 {
        if process == ancestor {
            return true;
        }
        match status(process, "PPid:").and_then(|parent| parent.parse().ok()) {
            Some(parent) => process = parent,
            None => return false,
        }
    }
    false
}

fn high_water_mark(process: u32) -> Option<f64> {
    let kib: f64 = status(process, "VmHWM:")?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

fn status(process: u32, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(field)).map(|value| value.trim().to_owned())
}
