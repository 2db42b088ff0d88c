//! Proper names of control group files, and what their numbers count.

use crate::base::units::Unit;

/// Every file that the memory, process, processor and input/output controllers
/// show, in both versions. `hugetlb` files have the page size within.
pub const FILES: &[&str] = &[
    "cgroup.controllers",
    "cgroup.event_control",
    "cgroup.events",
    "cgroup.freeze",
    "cgroup.kill",
    "cgroup.max.depth",
    "cgroup.max.descendants",
    "cgroup.pressure",
    "cgroup.procs",
    "cgroup.sane_behavior",
    "cgroup.stat",
    "cgroup.subtree_control",
    "cgroup.threads",
    "cgroup.type",
    "cgroup.clone_children",
    "cpu.cfs_burst_us",
    "cpu.cfs_period_us",
    "cpu.cfs_quota_us",
    "cpu.idle",
    "cpu.rt_period_us",
    "cpu.rt_runtime_us",
    "cpu.max",
    "cpu.max.burst",
    "cpu.shares",
    "cpu.stat",
    "cpu.stat.local",
    "cpu.uclamp.max",
    "cpu.uclamp.min",
    "cpu.weight",
    "cpu.weight.nice",
    "cpuacct.stat",
    "cpuacct.usage",
    "cpuacct.usage_all",
    "cpuacct.usage_percpu",
    "cpuacct.usage_percpu_sys",
    "cpuacct.usage_percpu_user",
    "cpuacct.usage_sys",
    "cpuacct.usage_user",
    "cpuset.cpus",
    "cpuset.cpus.effective",
    "cpuset.cpus.partition",
    "cpuset.mems",
    "cpuset.mems.effective",
    "io.max",
    "io.stat",
    "io.weight",
    "io.prio.class",
    "memory.current",
    "memory.events",
    "memory.events.local",
    "memory.failcnt",
    "memory.force_empty",
    "memory.high",
    "memory.kmem.failcnt",
    "memory.kmem.limit_in_bytes",
    "memory.kmem.max_usage_in_bytes",
    "memory.kmem.slabinfo",
    "memory.kmem.tcp.failcnt",
    "memory.kmem.tcp.limit_in_bytes",
    "memory.kmem.tcp.max_usage_in_bytes",
    "memory.kmem.tcp.usage_in_bytes",
    "memory.kmem.usage_in_bytes",
    "memory.limit_in_bytes",
    "memory.low",
    "memory.max",
    "memory.max_usage_in_bytes",
    "memory.memsw.failcnt",
    "memory.memsw.limit_in_bytes",
    "memory.memsw.max_usage_in_bytes",
    "memory.memsw.usage_in_bytes",
    "memory.min",
    "memory.move_charge_at_immigrate",
    "memory.numa_stat",
    "memory.oom.group",
    "memory.oom_control",
    "memory.peak",
    "memory.pressure",
    "memory.pressure_level",
    "memory.reclaim",
    "memory.soft_limit_in_bytes",
    "memory.stat",
    "memory.swap.current",
    "memory.swap.events",
    "memory.swap.high",
    "memory.swap.max",
    "memory.swap.peak",
    "memory.swappiness",
    "memory.usage_in_bytes",
    "memory.use_hierarchy",
    "memory.zswap.current",
    "memory.zswap.max",
    "memory.zswap.writeback",
    "misc.current",
    "misc.events",
    "misc.max",
    "pids.current",
    "pids.events",
    "pids.events.local",
    "pids.forks",
    "pids.max",
    "pids.peak",
    "rdma.current",
    "rdma.max",
];

/// Page sizes that `hugetlb` files are named after.
const HUGE_PAGES: [&str; 5] = ["2MB", "1GB", "64KB", "32MB", "16GB"];

/// What follows the page size in the name of a `hugetlb` file.
const HUGETLB: [&str; 11] = [
    "current",
    "max",
    "events",
    "events.local",
    "numa_stat",
    "rsvd.current",
    "rsvd.max",
    "usage_in_bytes",
    "max_usage_in_bytes",
    "limit_in_bytes",
    "failcnt",
];

/// The proper name of the file at `path`, if it is one of a control group.
pub fn proper_name(path: &str) -> Option<String> {
    if let Some(name) = crate::formats::names::find_longest(path, FILES) {
        return Some(name.to_owned());
    }
    let huge: Vec<String> = HUGE_PAGES
        .iter()
        .flat_map(|size| HUGETLB.iter().map(move |file| format!("hugetlb.{size}.{file}")))
        .collect();
    let huge: Vec<&str> = huge.iter().map(String::as_str).collect();
    crate::formats::names::find_longest(path, &huge).map(str::to_owned)
}

/// Controllers whose files some kernels have more of.
const CONTROLLERS: [&str; 10] =
    ["blkio.", "cgroup.", "cpu.", "cpuacct.", "cpuset.", "hugetlb.", "io.", "memory.", "misc.", "pids."];

/// The name of a file that only some kernels show (`memory.shown_ram_in_bytes`): one of a controller in
/// a folder of control groups, or of bytes.
pub fn unlisted_name(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_cgroup = folder.split('/').any(|part| part == "cgroup") || name.ends_with("_in_bytes");
    let is_name = CONTROLLERS.iter().any(|start| name.starts_with(start))
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._".contains(&byte))
        && !crate::formats::names::EXTENSIONS.iter().any(|end| name.rsplit('.').next() == Some(*end));
    (is_cgroup && is_name).then_some(name)
}

/// What the single number of a file counts.
pub fn unit_of(file: &str) -> Unit {
    let counts =
        ["failcnt", "swappiness", "oom.group", "use_hierarchy", "writeback", "immigrate", "slabinfo"];
    let is_size = file.starts_with("memory.") || file.starts_with("hugetlb.");
    if is_size && !counts.iter().any(|end| file.ends_with(end)) { Unit::Bytes } else { Unit::Count }
}
