//! The words that formats have of their own: a word of a capture stays if one of
//! these lists has it, for then it names nobody.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::is_word_byte;

/// A set of words.
pub type Vocabulary = LazyLock<FxHashSet<&'static [u8]>>;

fn set(words: &'static str) -> FxHashSet<&'static [u8]> {
    words.split_ascii_whitespace().map(str::as_bytes).collect()
}

/// Parts of the keys under which the kernel prints figures, in lower case and without digits
/// at their ends (fs/proc, mm/vmstat.c, mm/memcontrol.c, kernel/cgroup, net/ipv4/proc.c).
pub static KERNEL: Vocabulary = LazyLock::new(|| {
    set("\
    accel acpi acquired activate active address addr adj alloc allocated allocation allocstall allowed always ambient \
    amb anon anonhugepages anonpages anonymous arch as async attempts available average avg background ballocs \
    balloon batch boot bounce buddy buffers bug burst bursts busy bypass bytes cache cached cancel cancelled \
    candidate capamb capbnd capeff capinh capprm cgtime char charge chars children chunk clean cleared close cma \
    collapse commitlimit committed compact compound conditional contig context copy core coredumping coregroup cow \
    cpu cpus cpuset ctxt culled current cutime cstime daemon data date dbytes deactivate dead dead-lock dec deferred \
    deflate delay demote demoted depth descendants descendant dev device dios direct directmap dirtied dirty disable \
    disabled discard distance dma domain drop dropped dying egid elasped empty enabled end entries euid event events \
    exceed exclusive exit expired fail failcnt failed failing failures fallback false fault faults fd fds fdsize \
    features fifo file filehugepages filename filepmdmapped filepages files filter filters flags flush flushed foll \
    for force forced foreign forks frag frags free freed frozen full functional gang gid global gran group groups \
    guest hard hardwarecorrupted hash held hierarchical hierarchy high highmem highatomic hint hiwater hit hits \
    holes hot huge hugepages hugepagesize hugetlb hugetlbpages id idle ids ignored immediate inactive inc \
    incremental inflate info inodes inodesteal inode interleave inuse io iowait irq isolated kb kbytes kernel \
    kernelpagesize kernelstack khugepaged kill kmem kreclaimable kstkeip kstkesp ksm kswapd kthread kvm lab lack \
    latency lazyfree lazyfreed leak level limit limits list local local- lock locked locks low lower lowmem lru \
    lrugen major managed map mapped maps mask max maxrss mem memavailable memfree memmap memory mems memsw \
    memtotal merge merges migrate migrated migrating migration min minor miss misses missed misc mlock mlocked mm \
    mmupagesize movable moved mpol msgqueue munlocked name needs nested new next nfs ngid nice no node nodereclaim \
    nodes none nonewprivs nonvoluntary nopage normal not nr nspgid nspid nssid nstgid num numa number obj objects \
    of off offline oldest on oom open operation order orig orphan other out over page pagecache pageoutrun pages \
    pagetable pagetables parent partial partially partition passed pcp peak pending percpu period periods perm \
    pgactivate pgalloc pgdeactivate pgdemote pgfault pgfree pginodesteal pglazyfree pglazyfreed pgmajfault \
    pgmigrate pgpgin pgpgout pgpromote pgrefill pgreuse pgrotated pgs pgscan pgskip pgsteal phys pid pids pin pinned \
    pmd pmdmapped policy pool populated present pressure prio priority private proc processes procs promote \
    promotion protection protectionkey protected pss pssanon pssdirty pssfile pssshmem pswpin pswpout pte pud pv \
    quickly quota ra rank rate raw rbytes read readahead reads realtime rebalance reclaim reclaimable reclaimed \
    recent recovered ref refault referenced reg registered released remote remove removed reparented repeated \
    requests rescued reserve reserved resident residents restart restore resume retries retry reuse rios root \
    rotate rotated rrun rss rssanon rssfile rssshmem rsvd rt run runnable running rw sched scan scanned sec \
    seccomp seconds secpagetables section sectors self send set sgid shadow share shared shares shdpnd shift shmem \
    shmemhugepages shmempmdmapped short shrink shrinker sibling sigblk sigcgt sigign signal signals sigpnd sigq \
    size slab slabs sleep sleeping slow sock sockets soft softirq some space speculation speculationindirectbranch \
    split splits spurious sreclaimable ssb stack stall stalled start state stat steal stealed stime stolen stop \
    stopped store stored stores stranded subsys success suid sum sunreclaim surp suspend swap swapcached swapfree \
    swappable swappages swappss swaptotal switch switches swpin swpout syscfs syscr syscw sysctl system syscall sz \
    table tagged target task tasks tcp temp text tgid the thp thpeligible thread threads threshold throttle \
    throttled time timeout tlb total totally tracerpid transparent tw type udp udplite uid umask unable under \
    unevictable unit units unlimited unreclaimable unreserved unstable unsuccessful untag updated updates upper us \
    usage usec used user util utime v vdb vdso vm vma vmalloc vmallocchunk vmalloctotal vmallocused vmdata vmexe \
    vmhwm vmlck vmlib vmpeak vmpin vmpte vmpmd vmrss vmscan vmsize vmstk vmswap voluntary wait waiting wake wakeups \
    watermark wbytes wchar wchars weight wios wmark workingset write writeback writebacks writebacktmp writes \
    written zero zone zones zspages zswap zswapped zswpin zswpout zswpwb frag raw tcp udp icmp inet sctp \
    rchar cancelled mss h s d z p x w k i n f r")
});

/// Words that stand in kernel files in place of figures, and between them.
pub static VALUES: Vocabulary = LazyLock::new(|| {
    set("\
    S R D Z T t X I W sleeping running disk sleep zombie stopped tracing stop dead idle kB bytes max default total \
    unlimited some full us pages rw ro not vulnerable thread force mitigated conditional enabled disabled always \
    globally unknown Limit Soft Hard Units Max cpu time file size data stack core resident set processes open files \
    locked memory address space locks pending signals msgqueue nice priority realtime timeout seconds \
    mitigation prctl restricted mode")
});

/// Flags of a mapping (fs/proc/task_mmu.c, show_smap_vma_flags).
pub static VM_FLAGS: Vocabulary = LazyLock::new(|| {
    set("\
    VmFlags rd wr ex sh mr mw me ms gd pf dw lo io sr rr dc de ac nr ht sf nl ar wf dd sd mm hg nh mg bt mt um uw ui \
    ss sl lf dp fs")
});

/// Names that the runtime and the kernel give mappings.
pub static MAPPINGS: Vocabulary = LazyLock::new(|| {
    set("\
    heap rollup stack vdso vvar vvar_vclock vclock vsyscall uprobes anon anon_shmem Go reservation immortal metadata gcbits scavenge index \
    page summary alloc profiler hash buckets persistent memory limit trace buffer mspan mcache special arena arenas \
    user allspans array span spans sigaltstack signal shadow mark bits queue of the os other free g0 bitmap data \
    struct finalizer specials work buf bufs gc chunk chunks events tracer iface itab itabs table sysmon xxx checkmarks")
});

/// What a prefix of a log says beside the host.
pub static CLOCK: Vocabulary = LazyLock::new(|| {
    set("\
    Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun kernel kern warn warning notice err \
    info crit alert emerg debug T Z UTC")
});

/// Words of the kernel's records of an out-of-memory kill.
pub static OOM: Vocabulary = LazyLock::new(|| {
    set("\
    invoked oom kill killer gfp mask order oom_score_adj score adj nodemask null cpuset mems allowed GFP_KERNEL \
    GFP KERNEL ACCOUNT HIGHUSER MOVABLE USER ATOMIC NOFS NOIO NOWARN ZERO COMP NORETRY NOFAIL HARDWALL WRITE DIRECT \
    RECLAIM KSWAPD memory swap kmem usage kB limit failcnt Memory cgroup stats for Tasks state values in pages Task \
    killed as a result of are going to be due group set pid uid tgid total_vm total vm rss nr_ptes nr_pmds ptes pmds \
    pgtables_bytes pgtables bytes swapents name cpu oom_score rss_anon rss_file rss_shmem anon file shmem constraint \
    CONSTRAINT NONE CPUSET MEMORY POLICY MEMCG global_oom global task oom_memcg task_memcg memcg out Out Killed Kill \
    process or sacrifice child sharing same UID total vm now oom_reaper reaper reaped and no killable processes \
    System is deadlocked on not syncing Kernel panic Mem Info Call Trace CPU PID Comm Not tainted Tainted G W OE E O \
    Hardware RIP dump_header dump header pt vsz kthread")
});

/// Words of profiles: types of samples, units, labels of the runtime's own.
pub static PROFILE: Vocabulary = LazyLock::new(|| {
    set("\
    samples count cpu nanoseconds nanosecond microseconds milliseconds seconds time wall space objects alloc inuse \
    bytes byte kilobytes megabytes contentions delay goroutine goroutines goroutineleak threadcreate thread heap block \
    mutex allocations inuse_space inuse_objects alloc_space alloc_objects events event ns us ms s latency on off \
    self total unit units size profile period type default bytes_per lock wait waits cycles instructions misses")
});

/// Words of the names of metrics: the runtime's, the process', cAdvisor's, the kubelet's.
pub static METRICS: Vocabulary = LazyLock::new(|| {
    set("\
    go gc gogc gomemlimit cycles cycle automatic forced total heap objects object allocs alloc frees free bytes byte seconds \
    second count sum bucket memstats sys lookups mallocs inuse idle released unused stack stacks mspan mcache buck hash \
    other next last fraction threads thread info goroutines goroutine duration durations process cpu user system \
    resident memory virtual max min avg fds fd open start time network receive transmit sched latencies latency \
    gomaxprocs pauses pause stopping classes class metadata profiling os sync mutex wait cgo calls scan globals \
    scannable tiny live goal container rss working set cache usage limit limits spec failures failcnt swap mapped \
    file kernel fs reads writes read write inodes kube pod pods status reason phase restarts terminated waiting \
    running ready state labels resource requests request created owner node nodes machine cores throttled periods \
    period shares quota pressure stalled tasks oom events active inactive anon dirty writeback page faults fault major minor promhttp \
    metric handler in flight errors scrape samples up target version exporter build percent limiter enabled num gomemory \
    per size by class off heap startup work dead mark assist background dedicated scavenge eager compiler cumulative \
    first init image kubelet runtime operations cgroup stats stat ram available capacity allocatable current peak high low \
    unlimited completed exit code exitcode godebug non default behavior gctrace gccheckmark cleanups finalizers queued \
    executed runnable not to from uncertain syscall span spans mlock hugetlb pgfault pgmajfault kmem tcp udp psi some full \
    otel otelcol sdk receiver accepted refused processor dropped sent send enqueue queue processed exported")
});

/// Words of the Kubernetes API, the kubelet and container engines, as values.
pub static API: Vocabulary = LazyLock::new(|| {
    set("\
    v1 v1beta1 v1alpha1 apps batch events k8s io metrics autoscaling policy Pod PodList Node NodeList Event EventList \
    List PodMetrics PodMetricsList ReplicaSet StatefulSet DaemonSet Deployment Job CronJob Namespace Container \
    Running Pending Succeeded Failed Unknown Active Terminating True False Normal Warning Always Never OnFailure \
    IfNotPresent File FallbackToLogsOnError TCP UDP SCTP Memory HugePages ClusterFirst ClusterFirstWithHostNet Default \
    None PreemptLowerPriority Guaranteed Burstable BestEffort Exists Equal NoSchedule NoExecute PreferNoSchedule \
    memory cpu ephemeral storage hugepages 2Mi 1Gi limits requests metadata name namespace uid status spec \
    podIP hostIP nodeName Initialized Ready ContainersReady PodScheduled DisruptionTarget PodReadyToStartContainers \
    MemoryPressure DiskPressure PIDPressure NetworkUnavailable NodeHasSufficientMemory NodeHasInsufficientMemory \
    KubeletHasSufficientMemory KubeletHasInsufficientMemory KubeletHasNoDiskPressure KubeletHasDiskPressure \
    KubeletHasSufficientPID KubeletReady KubeletNotReady NodeHasDiskPressure NodeHasNoDiskPressure NodeHasSufficientPID \
    NodeReady NodeNotReady OOMKilled OOMKilling SystemOOM Error Completed ContainerCannotRun DeadlineExceeded \
    CrashLoopBackOff ImagePullBackOff ErrImagePull ErrImageNeverPull InvalidImageName CreateContainerConfigError \
    CreateContainerError RunContainerError ContainerCreating PodInitializing StartError ContainerStatusUnknown \
    Evicted Preempted Preempting NodeLost NodeAffinity Shutdown Terminated NodeShutdown UnexpectedAdmissionError \
    OutOfmemory OutOfcpu OutOfMemory OutOfPods Unschedulable SchedulerError FailedScheduling Scheduled \
    ContainersNotReady ContainersNotInitialized PodCompleted PodFailed EvictionByEvictionAPI TerminationByKubelet \
    PreemptionByScheduler DeletionByTaintManager BackOff Pulling Pulled Created Started Killing Unhealthy ProbeError \
    FailedMount FailedAttachVolume FailedCreatePodSandBox SandboxChanged FailedKillPod FailedSync Rebooted Starting \
    EvictionThresholdMet FreeDiskSpaceFailed NodeSysctlChange InvalidDiskCapacity NetworkNotReady Exceeded \
    FailedPostStartHook FailedPreStopHook ExceededGracePeriod Init Waiting Completed Signal ExitCode EmptyDir running \
    exited created paused dead restarting removing stopped configured success error vector matrix scalar string \
    CONTAINER EXITED RUNNING CREATED UNKNOWN waiting terminated byte bytes core cores")
});

/// True for a key of the kernel's: every part of it is a word of its files.
pub fn is_kernel_key(key: &[u8]) -> bool {
    let mut parts = key.split(|byte| !is_word_byte(*byte)).filter(|part| !part.is_empty());
    let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_().".contains(byte);
    key.first().is_some_and(u8::is_ascii_alphabetic)
        && key.len() <= 48
        && key.iter().all(is_of_key)
        && parts.all(is_kernel_word)
}

fn is_kernel_word(word: &[u8]) -> bool {
    let end = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let stem = word.get(..end).unwrap_or_default();
    let sizes = [&b"kb"[..], b"k", b"m", b"g", b"mb", b"gb"];
    let lower = stem.to_ascii_lowercase();
    let has = |word: &[u8]| KERNEL.contains(word);
    if stem.is_empty() || has(&lower) || sizes.contains(&lower.as_slice()) {
        return true;
    }
    // `DirectMap4k`: the key's word, a size.
    let start = lower.iter().position(u8::is_ascii_digit).unwrap_or(lower.len());
    let (head, tail) = lower.split_at(start);
    let unit = tail
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .map_or(&[][..], |at| tail.get(at..).unwrap_or_default());
    (head.is_empty() || has(head)) && sizes.contains(&unit)
}

/// Words behind numbers that say what they count.
const UNITS: &str = "B b kB KB kb KiB MB MiB GB GiB TB TiB K M G T k m g t Ki Mi Gi Ti s ms us ns h d n min";

/// True for a number, alone or with a unit: `4096`, `12kB`, `0x1f`.
pub fn is_amount_word(word: &[u8]) -> bool {
    if let Some(digits) = word.strip_prefix(b"0x") {
        return (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    }
    let end = word.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(word.len());
    let (digits, unit) = word.split_at(end);
    (1..=20).contains(&digits.len()) && (unit.is_empty() || super::common::has(UNITS, unit))
}

/// True for a text of nothing but an amount: `512Mi`, `0.5`, `250m`, `1e3`, `-1`, `12.5MiB`.
pub fn is_amount(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let end = text.iter().position(|byte| !(byte.is_ascii_digit() || *byte == b'.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let is_exponent = || {
        unit.strip_prefix(b"e").or_else(|| unit.strip_prefix(b"E")).is_some_and(|digits| {
            let digits = digits.strip_prefix(b"+").or_else(|| digits.strip_prefix(b"-")).unwrap_or(digits);
            !digits.is_empty() && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit)
        })
    };
    (1..=24).contains(&digits.len())
        && digits.first().is_some_and(u8::is_ascii_digit)
        && (matches!(unit, b"" | b"%") || super::common::has(UNITS, unit) || is_exponent())
}

/// True for a number or what stands for one: `NaN`, `+Inf`.
pub fn is_number(text: &[u8]) -> bool {
    is_amount(text.strip_prefix(b"+").unwrap_or(text)) && text.last().is_some_and(u8::is_ascii_digit)
        || matches!(text, b"NaN" | b"Inf" | b"+Inf" | b"-Inf")
}

/// True for a date, a time of day, or both: `2026-11-20T20:03:00.123Z`, `20:10:56`, `2026/11/20`.
pub fn is_time(text: &[u8]) -> bool {
    let is_mark = |byte: u8| matches!(byte, b'-' | b':' | b'/' | b'.' | b',' | b'+' | b'T' | b'Z');
    let mut parts = text.split(|byte| is_mark(*byte));
    let first = parts.next().unwrap_or_default();
    let (marks, fine) = (text.iter().filter(|byte| is_mark(**byte)).count(), text.len() <= 40);
    let is_part = |part: &[u8]| part.len() <= 9 && part.iter().all(u8::is_ascii_digit);
    let has_colons = memchr::memchr_iter(b':', text).count() >= 2;
    let is_date = first.len() == 4
        && matches!(first, [b'1' | b'2', ..])
        && marks >= 2
        && matches!(text.get(4), Some(b'-' | b'/'));
    let is_clock = first.len() == 2 && has_colons && text.get(2) == Some(&b':');
    // Two digits in each part but the year and the fraction.
    let is_even = text.split(|byte| is_mark(*byte)).enumerate().all(|(index, part)| {
        part.is_empty()
            || part.len() == 2
            || (index == 0 && part.len() == 4)
            || (index >= 3 && !part.is_empty())
    });
    fine && is_part(first) && parts.all(is_part) && is_even && (is_date || is_clock)
}

/// True for a release of Go: `go1.26.6`, `go1.27rc1`.
pub fn is_go_version(text: &[u8]) -> bool {
    text.strip_prefix(b"go1").is_some_and(|rest| {
        rest.len() <= 12 && rest.iter().all(|byte| byte.is_ascii_digit() || b".rcbeta".contains(byte))
    })
}

/// True if every word of a text is in a list.
pub fn all_in(text: &[u8], list: &Vocabulary) -> bool {
    text.split(|byte| !is_word_byte(*byte)).all(|word| word.is_empty() || list.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_kernel_are_told_from_others() {
        for key in [
            "anon",
            "file_mapped",
            "Active(anon)",
            "DirectMap4k",
            "HugePages_Total",
            "N0",
            "pgscan_kswapd",
            "thp_fault_alloc",
            "avg10",
            "hugetlb2M",
        ] {
            assert!(is_kernel_key(key.as_bytes()), "{key}");
        }
        for key in ["orders", "acme_total", "customer7", "x9q"] {
            assert!(!is_kernel_key(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn amounts_and_times_are_told_from_names() {
        for text in ["512Mi", "0.5", "250m", "1e3", "1.2e+07", "-1", "4.88%"] {
            assert!(is_amount(text.as_bytes()), "{text}");
        }
        for text in ["", "a1", "12ab", "1.2.x", "0x1", "7d4f9"] {
            assert!(!is_amount(text.as_bytes()), "{text}");
        }
        for text in [
            "2026-11-20T20:03:00.123Z",
            "20:10:56",
            "2026/11/20",
            "2026-11-20T20:10:56,123456+00:00",
            "2026-11-20",
        ] {
            assert!(is_time(text.as_bytes()), "{text}");
        }
        for text in ["10.9.8.7", "4711", "1763668980", "10:20", "2026-4711", "20:10:56x"] {
            assert!(!is_time(text.as_bytes()), "{text}");
        }
    }
}
