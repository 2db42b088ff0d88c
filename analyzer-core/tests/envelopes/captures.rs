//! Captures by themselves, several in one text, and with something at their edges.

/// The smallest captures that the report says something of.
pub const CAPTURES: &[(&str, &str)] = &[
    ("dump", DUMP),
    ("counts", COUNTS),
    ("crash", CRASH),
    ("race", RACE),
    ("kill", KILL),
    ("memstats", MEMSTATS),
    ("memory.stat", STAT),
    ("metrics", METRICS),
    ("rollup", ROLLUP),
    ("gctrace", GC),
];

const DUMP: &str = "goroutine 1 [chan receive, 41 minutes]:
main.main()
\t/srv/app/main.go:31 +0x1d1

goroutine 20 [chan send, 40 minutes]:
example.com/shop/hub.(*Hub).Broadcast(0xc0000b4000, {0xc0001a2000, 0x5, 0x5})
\t/srv/app/hub/hub.go:44 +0xb1
created by main.main in goroutine 1
\t/srv/app/main.go:22 +0x9f

goroutine 33 [sync.Mutex.Lock, 39 minutes]:
sync.(*Mutex).Lock(...)
\t/usr/local/go/src/sync/mutex.go:46
example.com/shop/hub.(*Hub).Broadcast(0xc0000b4000, {0xc0001a4000, 0x5, 0x5})
\t/srv/app/hub/hub.go:41 +0x6d
created by main.main in goroutine 1
\t/srv/app/main.go:22 +0x9f
";

const COUNTS: &str = "goroutine profile: total 126
120 @ 0x43b2ce 0x40a1a5 0x4b0e11 0x475a01
#\t0x4b0e10\texample.com/shop/hub.(*Hub).Broadcast+0xb0\t/srv/app/hub/hub.go:44

6 @ 0x43b2ce 0x44c5de 0x4b0dc6 0x475a01
#\t0x44c5dd\tsync.runtime_SemacquireMutex+0x25\t/usr/local/go/src/runtime/sema.go:95
#\t0x4b0dc5\texample.com/shop/hub.(*Hub).Broadcast+0x65\t/srv/app/hub/hub.go:41

";

const CRASH: &str = "panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x6a1b2c]

goroutine 51 [running]:
example.com/shop/cart.(*Cart).Total(0x0)
\t/srv/app/cart/cart.go:88 +0x4c
created by main.main in goroutine 1
\t/srv/app/main.go:40 +0x88
";

const RACE: &str = "==================
WARNING: DATA RACE
Write at 0x00c0001a2018 by goroutine 12:
  example.com/shop/cart.(*Cart).Add()
      /srv/app/cart/cart.go:51 +0x6f

Previous read at 0x00c0001a2018 by goroutine 11:
  example.com/shop/cart.(*Cart).Total()
      /srv/app/cart/cart.go:88 +0x3a

Goroutine 12 (running) created at:
  example.com/shop/cart.TestAdd()
      /srv/app/cart/cart_test.go:19 +0xd8
==================
";

const KILL: &str = "[  200.000001] svc invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968
[  200.000001] memory: usage 212992kB, limit 212992kB, failcnt 31
[  200.000001] swap: usage 0kB, limit 0kB, failcnt 0
[  200.000001] Memory cgroup stats for /pod/app:
[  200.000001] anon 188743680
[  200.000001] file 16777216
[  200.000001] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=b,mems_allowed=0,oom_memcg=/pod/app,task_memcg=/pod/app,task=svc,pid=42,uid=0
[  200.000001] Memory cgroup out of memory: Killed process 42 (svc) total-vm:900000kB, anon-rss:184000kB, file-rss:100kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:968
";

const MEMSTATS: &str = "# runtime.MemStats
# Alloc = 10485760
# Sys = 33554432
# HeapAlloc = 10485760
# HeapSys = 25165824
# HeapIdle = 8388608
# HeapInuse = 16777216
# HeapReleased = 0
# Stack = 1048576 / 1048576
# GCSys = 0
# NextGC = 20971520
";

const STAT: &str = "anon 188743680
file 16777216
kernel 10485760
sock 1048576
shmem 8388608
file_mapped 4194304
inactive_anon 197132288
active_anon 0
inactive_file 4194304
active_file 4194304
unevictable 0
";

const METRICS: &str = "# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 20
go_memstats_heap_alloc_bytes 1.048576e+07
go_memstats_heap_idle_bytes 1.9922944e+08
go_memstats_heap_inuse_bytes 1.2582912e+07
go_memstats_heap_released_bytes 1.8874368e+08
go_memstats_heap_sys_bytes 2.11812352e+08
go_memstats_sys_bytes 2.22298112e+08
";

const ROLLUP: &str = "00400000-7ffd18de9000 ---p 00000000 00:00 0                              [rollup]
Rss:              259032 kB
Pss:              258000 kB
Anonymous:        247832 kB
LazyFree:              0 kB
";

const GC: &str = "gc 1 @0.010s 2%: 0.012+1.2+0.10 ms clock, 0.10+0.20/1.1/0.80+0.80 ms cpu, 4->4->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P
gc 2 @0.020s 2%: 0.012+1.2+0.10 ms clock, 0.10+0.20/1.1/0.80+0.80 ms cpu, 4->5->3 MB, 6 MB goal, 0 MB stacks, 0 MB globals, 8 P
";

/// True for a line that a citation of a goroutine may lead to.
pub fn holds_start(line: &str) -> bool {
    line.contains("goroutine ") || line.contains(" @ 0x")
}

/// Texts with several captures, and the sources that they give.
pub const MIXED: &[(&str, &str, &[&str])] = &[
    (
        "a shell's session",
        "$ cat memory.max\n268435456\n$ cat memory.current\n218103808\n$ cat memory.stat\nanon 188743680\nfile 16777216\nfile_mapped 4194304\n$ exit\n",
        &[
            "session.txt/memory.max=cgroup-file",
            "session.txt/memory.current=cgroup-file",
            "session.txt/memory.stat=cgroup-memory-stat",
        ],
    ),
    (
        "head of several files",
        "==> memory.current <==\n218103808\n\n==> memory.events <==\nlow 0\nhigh 0\nmax 81\noom 2\noom_kill 2\n",
        &["session.txt/memory.current=cgroup-file", "session.txt/memory.events=cgroup-file"],
    ),
    (
        "grep of several files",
        "memory.current:218103808\nmemory.max:268435456\nmemory.stat:anon 188743680\nmemory.stat:file 16777216\nmemory.stat:file_mapped 4194304\n",
        &[
            "session.txt/memory.current=cgroup-file",
            "session.txt/memory.max=cgroup-file",
            "session.txt/memory.stat=cgroup-memory-stat",
        ],
    ),
    (
        "two readings without a mark",
        "anon 5\nfile 6\nfile_mapped 1\nanon 7\nfile 8\nfile_mapped 1\n",
        &["session.txt/1/memory.stat=cgroup-memory-stat", "session.txt/2/memory.stat=cgroup-memory-stat"],
    ),
    (
        "a kernel's record and a file below it",
        "dmesg:\n[  200.000001] svc invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n[  200.000002] anon 4096\n[  200.000003] Memory cgroup out of memory: Killed process 42 (svc) total-vm:9kB, anon-rss:8kB, file-rss:1kB, shmem-rss:0kB\n\nmemory.stat now:\nanon 5\nfile 6\nfile_mapped 1\n",
        &["session.txt/memory.stat=cgroup-memory-stat", "session.txt/dmesg.txt=oom-log"],
    ),
    (
        "a dump and figures in two fences",
        "Dump:\n```\ngoroutine 1 [select, 9 minutes]:\nmain.main()\n\t/srv/main.go:3 +0x1\n```\nand metrics:\n```\ngo_goroutines 20\ngo_memstats_heap_sys_bytes 200\ngo_memstats_sys_bytes 300\n```\n",
        &["session.txt/goroutine.txt=goroutine-dump", "session.txt/metrics.txt=prometheus"],
    ),
    (
        "a dump above a log of collections",
        "gc 1 @0.010s 2%: 0.012+1.2+0.10 ms clock, 0.10+0.20/1.1/0.80+0.80 ms cpu, 4->4->2 MB, 5 MB goal, 8 P\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:3 +0x1\n",
        &["session.txt/gctrace=gctrace", "session.txt/goroutine.txt=goroutine-dump"],
    ),
    (
        "two files of one number by one command",
        "root@pod:/sys/fs/cgroup# cat memory.current memory.max\n218103808\n268435456\nroot@pod:/sys/fs/cgroup#\n",
        &["session.txt/memory.current=cgroup-file", "session.txt/memory.max=cgroup-file"],
    ),
    (
        "a file of one number above the table of another command",
        "# cat /sys/fs/cgroup/memory.max\n268435456\n# free -m\n              total        used        free      shared  buff/cache   available\nMem:           7821        1502        3120          12        3198        6050\n",
        &["session.txt/memory.max=cgroup-file", "session.txt/free=free"],
    ),
    (
        "a file of one number above the list of another command",
        "$ cat memory.current\n218103808\n$ kubectl get pods\nNAME   READY   STATUS    RESTARTS   AGE\napi    1/1     Running   0          2d\n",
        &["session.txt/memory.current=cgroup-file", "session.txt/kubectl-get-pods=kubectl-get-pods"],
    ),
    (
        "a file of one number above a table of docker",
        "root@n3:~# cat /sys/fs/cgroup/docker/memory.max\n268435456\nroot@n3:~# docker stats --no-stream\nCONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %   NET I/O   BLOCK I/O   PIDS\nd79d70c61f08   api    1.0%    24MiB / 256MiB   9.4%   1B / 1B   0B / 0B   7\n",
        &["session.txt/memory.max=cgroup-file", "session.txt/container-stats-table=container-stats-table"],
    ),
    (
        "a file of a quota that follows another key",
        "cpu.stat of the pod:\nusage_usec 100\nnr_periods 5\nnr_throttled 2\nthrottled_usec 9\n\nlow 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n",
        &["session.txt/1/cgroup-file=cgroup-file", "session.txt/2/cgroup-file=cgroup-file"],
    ),
    (
        "headings above fences",
        "memory.max:\n```\n268435456\n```\n**memory.current**\n\n```\n218103808\n```\n",
        &["session.txt/memory.max=cgroup-file", "session.txt/memory.current=cgroup-file"],
    ),
    (
        "a manifest below a prompt",
        "$ kubectl get pod -o yaml\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: api\nstatus:\n  phase: Running\n",
        &["session.txt=pod-yaml"],
    ),
    (
        "a panic below what describe prints",
        "Name:         shop\nNamespace:    shop\nContainers:\n  api:\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Restart Count:  4\n\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:3 +0x1\n",
        &["session.txt/kubectl-describe=kubectl-describe", "session.txt/goroutine.txt=goroutine-dump"],
    ),
    (
        "two rollups",
        "00400000-7ffd18de9000 ---p 00000000 00:00 0    [rollup]\nRss: 40 kB\nAnonymous: 8 kB\n00400000-7ffd18de9000 ---p 00000000 00:00 0    [rollup]\nRss: 44 kB\nAnonymous: 12 kB\n",
        &["session.txt/1/smaps_rollup=smaps_rollup", "session.txt/2/smaps_rollup=smaps_rollup"],
    ),
    (
        "the answer of a server between prompts",
        "$ curl -s localhost:6060/debug/vars\n{\"memstats\":{\"Alloc\":83886080,\"Sys\":240000000,\"HeapSys\":200000000,\"HeapInuse\":120000000}}\n$ \n",
        &["session.txt=expvar"],
    ),
    (
        "the answer of a server with its head",
        "HTTP/1.1 200 OK\nContent-Type: text/plain\n\ngoroutine profile: total 3\n3 @ 0x43b2ce 0x40a1a5\n#\t0x4b0e10\tmain.f+0xb0\t/srv/hub.go:44\n",
        &["session.txt=goroutine-profile-text"],
    ),
];

/// Dumps with something at their edges, and how many goroutines are in them.
pub const EDGES: &[(&str, &str, u64)] = &[
    (
        "a time before the first header",
        "2026/11/20 20:03:00 goroutine 1 [select, 4 minutes]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1\n",
        2,
    ),
    (
        "words before the first header",
        "watchdog fired, stacks: goroutine 1 [select, 4 minutes]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1\n",
        2,
    ),
    (
        "a word of thanks below",
        "goroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1\n\nThanks!",
        2,
    ),
    (
        "no final line end",
        "goroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1",
        2,
    ),
    (
        "spaces for tabs",
        "goroutine 1 [select]:\nmain.f()\n        /srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n        /srv/a.go:2 +0x1\n",
        2,
    ),
    (
        "a fence on the last line",
        "```\ngoroutine 1 [select]:\nmain.f()\n\t/srv/a.go:1 +0x1\n\ngoroutine 2 [select]:\nmain.g()\n\t/srv/a.go:2 +0x1```",
        2,
    ),
];
