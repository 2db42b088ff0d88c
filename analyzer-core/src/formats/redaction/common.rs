//! Words that stand on every machine and in every bundle, and tell nothing of one.

/// Names of folders.
pub(super) const FOLDERS: &str = "\
    Cellar Users aarch64 aarch64-linux-gnu amd64 app apps arm64 bin boot build builds cache cgroup cmd \
    containerd data deps dev devel diff docker etc fd fs ftp git go golang gopath home homebrew \
    hostedtoolcache include internal io kubelet lib lib32 lib64 libexec libs linux local log logs lower \
    map_files media mem memory merged mnt mod net nix node opt overlay overlay2 pkg private proc pts root \
    rootfs run runner sbin sdk self share shm site snap snapshots src srv store sys system task tmp tmpfs \
    toolchain tools upper usr var vendor volumes work workdir workspace x64 x86_64 x86_64-linux-gnu";

/// Shared libraries that machines have, without versions.
pub(super) const LIBRARIES: &str = "\
    ld ld-linux ld-linux-x86-64 ld-linux-aarch64 ld-musl-x86_64 ld-musl-aarch64 libc libm libdl librt libpthread \
    libresolv libnss_files libnss_dns libnss_compat libnss_systemd libgcc_s libstdc++ libz libssl libcrypto \
    libjemalloc libtcmalloc libmimalloc libcap libselinux libpcre libpcre2-8 libsqlite3 liblzma libzstd libbz2 \
    libtsan libasan libubsan libunwind libgomp libgfortran libcuda libnvidia-ml libmusl libatomic libblas";

/// Parts of the names of control groups.
pub(super) const CGROUP_WORDS: &str = "\
    app besteffort blkio buildkit burstable containerd cpu cpuacct cpuset cri crio devices docker ecs \
    freezer garden guaranteed init kubelet kubepods libpod lxc machine memory name payload pids pod podman \
    scope service session slice system systemd unified user";

/// Words in the names of captures; those of kernel files come from the lists that recognize them.
pub(super) const CAPTURE_WORDS: &str = "\
    adj after alloc allocs anon app base baseline before bin block bpftrace buddyinfo bundle capture captures \
    cgroup cgroups child cmdline collapsed comm container containers cpu cpuinfo cpuprofile csv current d debug \
    debugvars delta describe dev diff dmesg dump dumps during end environ err event events example exec \
    execution exit expvar fgprof file files final first folded fs gb gc gctrace go gob goroutine goroutineleak \
    goroutines grown gz h heap heaps high host html hugetlb idle initial inuse io journal json jsonl k8s kb \
    kernel kill killed kmsg kubectl last latency leak leaks limits load loadavg loaded local log loginuid logs \
    low m main manifest maps max mb md meminfo memory memstats messages metric metrics min mod mountinfo mounts ms \
    mutex n net node numa objects off offcpu on oncpu oom openmetrics otlp out parent pb peak perf pid pod pods \
    pprof pressure proc process procs profile profiles prom prometheus r ready rollup round rsvd runtime s \
    sample scavtrace sched schedstat score script sec seconds self side sidecar slabinfo smaps snap snapshot \
    snapshots sockstat space speedscope stack stacks start stat statm stats status stderr stdout svc swap swaps \
    sys syslog t tar task tasks text tgz threadcreate threads top trace traces txt uname uptime utc v vars \
    version vmstat warm wchan yaml yml z zip zoneinfo zst zstd";

/// True if a list has this word.
pub(super) fn has(list: &str, word: &[u8]) -> bool {
    list.split(' ').any(|known| known.as_bytes() == word)
}
