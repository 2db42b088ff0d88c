//! One kill as a kernel prints it.

use super::kernels::{Kernel, Stats};

/// Whose limit is reached. The process is in `/kubepods/podx/c1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    Container,
    Pod,
    Machine,
}

const TASK: &str = "/kubepods/podx/c1";

impl Limit {
    const fn path(self) -> &'static str {
        match self {
            Self::Container => TASK,
            Self::Pod => "/kubepods/podx",
            Self::Machine => "/",
        }
    }
}

/// 200 MiB: 182 anonymous, 8 of page cache (4 of it shared memory), 10 of the kernel's.
pub fn record(kernel: &Kernel, limit: Limit) -> Vec<String> {
    let mut lines = vec![format!("svc invoked oom-killer: {}", kernel.invoked)];
    if kernel.has_cpuset_line {
        lines.push("svc cpuset=c1 mems_allowed=0".to_owned());
    }
    lines.push(format!("CPU: 0 PID: 42 Comm: svc Not tainted {} #1", kernel.version));
    lines.push("Call Trace:".to_owned());
    let caller = if limit == Limit::Machine { "__alloc_pages_slowpath" } else { "mem_cgroup_out_of_memory" };
    for function in ["dump_header", "oom_kill_process", "out_of_memory", caller] {
        let address = if kernel.has_addresses { "[<ffffffff8177e5da>] " } else { "" };
        lines.push(format!(" {address}{function}+0x4b/0x80"));
    }
    if limit == Limit::Machine {
        lines.push("Mem-Info:".to_owned());
        lines.push("active_anon:485123 inactive_anon:1021 isolated_anon:0".to_owned());
    } else {
        group(kernel, limit, &mut lines);
    }
    lines.push("Tasks state (memory values in pages):".to_owned());
    lines.push(format!("[  pid  ] {}", kernel.columns));
    lines.push(format!("[     42]     0    42   225000    46000 {}           968 svc", kernel.cells));
    lines.push(format!(
        "[     43]     0    43     1000      100 {}           968 a b",
        kernel.cells.replace("46000", "  100")
    ));
    if kernel.has_constraint {
        lines.push(match limit {
            Limit::Machine => format!("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=c1,mems_allowed=0-1,global_oom,task_memcg={TASK},task=svc,pid=42,uid=0"),
            _ => format!("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c1,mems_allowed=0-1,oom_memcg={},task_memcg={TASK},task=svc,pid=42,uid=0", limit.path()),
        });
    }
    let who = if limit == Limit::Machine { "Out of memory: " } else { "Memory cgroup out of memory: " };
    if kernel.has_choice {
        lines.push(format!("{who}Kill process 42 (svc) score 1800 or sacrifice child"));
        lines.push(format!("Killed process {}", kernel.killed));
    } else {
        lines.push(format!("{who}Killed process {}", kernel.killed));
    }
    if kernel.has_reaper {
        lines.push(
            "oom_reaper: reaped process 42 (svc), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB".to_owned(),
        );
    }
    lines
}

fn group(kernel: &Kernel, limit: Limit, lines: &mut Vec<String>) {
    let is_v1 = matches!(kernel.stats, Stats::Inline { .. } | Stats::MessagesV1);
    if kernel.has_limit_line {
        lines.push(format!("Task in {TASK} killed as a result of limit of {}", limit.path()));
    }
    lines.push("memory: usage 204800kB, limit 204800kB, failcnt 31".to_owned());
    if is_v1 {
        lines.push("memory+swap: usage 204800kB, limit 9007199254740988kB, failcnt 0".to_owned());
        lines.push("kmem: usage 10240kB, limit 9007199254740988kB, failcnt 0".to_owned());
    } else {
        lines.push("swap: usage 0kB, limit 9007199254740988kB, failcnt 0".to_owned());
    }
    let path = limit.path();
    let figures = match kernel.stats {
        Stats::Inline { has_shmem } => {
            if limit == Limit::Pod {
                let shmem = if has_shmem { "shmem:0KB " } else { "" };
                lines.push(format!(
                    "Memory cgroup stats for {path}: cache:0KB rss:0KB {shmem}mapped_file:0KB"
                ));
            }
            let shmem = if has_shmem { "shmem:4096KB " } else { "" };
            lines.push(format!("Memory cgroup stats for {TASK}: cache:8192KB rss:186368KB {shmem}mapped_file:0KB inactive_anon:4096KB active_anon:186368KB inactive_file:2048KB active_file:2048KB unevictable:0KB"));
            return;
        }
        Stats::MessagesV1 => [
            "cache 0",
            "rss 0",
            "shmem 0",
            "total_cache 8388608",
            "total_rss 190840832",
            "total_shmem 4194304",
        ]
        .as_slice(),
        Stats::Lines | Stats::Messages => {
            ["anon 190840832", "file 8388608", "kernel 10485760", "sock 0", "shmem 4194304"].as_slice()
        }
    };
    lines.push(format!("Memory cgroup stats for {path}:"));
    if kernel.stats == Stats::Lines {
        lines.push(figures.join("\n"));
    } else {
        lines.extend(figures.iter().map(|&line| line.to_owned()));
    }
}
