#!/bin/sh
# Captures a Go service for Strata: goroutines, heap, and what the runtime, the
# kernel and the control group say of its memory, twice or more, into one
# .tar.gz. It reads only, and removes what it wrote. Run it in the container:
#
#   kubectl exec -i POD -c CONTAINER -- sh -s -- -o - < capture.sh > capture.tar.gz
#
# No shell in the image? Enter the container's namespaces with one that has it:
#   kubectl debug -i POD --target=CONTAINER --image=busybox --profile=sysadmin \
#     -- sh -s -- -o - < capture.sh > capture.tar.gz
# Not allowed? Then from outside, without the kernel's files:
#   kubectl port-forward POD 6060 & sh capture.sh -p none
#
# The service must serve net/http/pprof (import _ "net/http/pprof"); expvar
# and /metrics are taken if they are there. Environment variables are not
# taken, but for the runtime's own (GOGC, GOMEMLIMIT, GODEBUG, GOMAXPROCS);
# neither are arguments. Profiles and dumps hold function and file names.

usage() {
  cat <<'TEXT'
Usage: sh capture.sh [-u URL] [-p PID] [-n COUNT] [-i SECONDS] [-c SECONDS] [-t SECONDS] [-m URL] [-N NAME] [-L KEY=VALUE] [-o FILE]
  -u URL      where /debug/pprof/ is             (http://127.0.0.1:6060)
  -p PID      the service's process, or none     (1, or the only Go process)
  -n COUNT    snapshots                          (2)
  -i SECONDS  between snapshots                  (300; shorter shows less growth)
  -c SECONDS  a CPU profile in the last snapshot (0: none)
  -t SECONDS  an execution trace at the end      (0: none; a few seconds are enough)
  -m URL      Prometheus metrics                 (URL of -u, then /metrics)
  -N NAME     the folder in the bundle           (the program's name)
  -L KEY=VAL  a label, can be repeated           (-L service=shop -L image=shop:1.4)
  -o FILE     the bundle, - for standard output  (capture.tar.gz)
TEXT
}

url=http://127.0.0.1:6060 pid= count=2 interval=300 cpu=0 trace=0 metrics= name= labels= out=capture.tar.gz
newline='
'
while getopts u:p:n:i:c:t:m:N:L:o:h option; do
  case $option in
    u) url=${OPTARG%/} ;; p) pid=$OPTARG ;; n) count=$OPTARG ;; i) interval=$OPTARG ;;
    c) cpu=$OPTARG ;; t) trace=$OPTARG ;; m) metrics=$OPTARG ;; N) name=$OPTARG ;;
    L) case $OPTARG in
         ?*=*) labels=$labels$OPTARG$newline ;;
         *) echo "capture: not KEY=VALUE: $OPTARG" >&2; exit 2 ;;
       esac ;;
    o) out=$OPTARG ;; h) usage; exit 0 ;; *) usage >&2; exit 2 ;;
  esac
done
for number in "$count" "$interval" "$cpu" "$trace"; do
  case $number in '' | *[!0-9]*) echo "capture: not a number: $number" >&2; usage >&2; exit 2 ;; esac
done
[ "$count" -gt 0 ] || count=1
: "${metrics:=$url/metrics}"

say() { echo "capture: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
missed() { say "missing: $*"; echo "$*" >>"$work/missing"; }

has tar || { say "tar not found: see the comments at the top of this script for alternatives"; exit 1; }
work=
for folder in "${TMPDIR:-/tmp}" /dev/shm /run .; do
  work=$folder/strata-capture.$$
  (umask 077 && mkdir "$work") 2>/dev/null && break
  work=
done
[ -n "$work" ] || { say "no writable folder found: set TMPDIR"; exit 1; }
work=$(cd "$work" && pwd)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
: >"$work/missing"

# fetch ADDRESS FILE [SECONDS]
if has curl; then
  fetch() { curl -fsS -m "${3:-60}" -o "$2" "$1" 2>"$work/error" || unfetched "$1" "$2"; }
elif has wget && wget --help 2>&1 | grep -q BusyBox; then
  # Its -T ends the program in some builds; it gives up on its own after a while.
  fetch() { wget -q -O "$2" "$1" 2>"$work/error" || unfetched "$1" "$2"; }
elif has wget; then
  fetch() { wget -q -T "${3:-60}" -O "$2" "$1" 2>"$work/error" || unfetched "$1" "$2"; }
else
  fetch() { echo "neither curl nor wget found" >"$work/error"; unfetched "$1" "$2"; }
fi
unfetched() {
  rm -f "$2"
  why=$(tail -n 1 "$work/error" 2>/dev/null)
  missed "${1#"$url"} (${why:-the server refused})"
  return 1
}
pprof() { fetch "$url/debug/pprof/$1" "$to/$2" "$3"; }

# keep FILE COPY: what cannot be read is left out, and said if it should be there.
keep() {
  [ -e "$1" ] || return 0
  cat "$1" >"$2" 2>"$work/error" && return 0
  rm -f "$2"
  case $(cat "$work/error") in
    *ermission* | *perm*) missed "$1 (no right to read it: run as the service's user or as root)" ;;
  esac
  return 0
}

is_go() { grep -q 'Go buildinf:' "/proc/$1/exe" 2>/dev/null; }
find_process() {
  is_go 1 && { echo 1; return; }
  found=
  for folder in /proc/[0-9]*; do
    is_go "${folder#/proc/}" && found="$found ${folder#/proc/}"
  done
  # One is the service; of several nobody but the user can tell.
  set -- $found
  case $# in
    1) echo "$1" ;;
    0) say "no Go process is to be seen here: -p names it" ;;
    *) say "several Go processes ($*): -p names the one to capture" ;;
  esac
}
[ -n "$pid" ] || pid=$(find_process)
[ "$pid" = none ] && pid=
if [ -n "$pid" ] && [ ! -d "/proc/$pid" ]; then say "there is no process $pid here"; exit 2; fi
[ -n "$pid" ] || missed "/proc and control group files (no process)"
[ -n "$name" ] || { [ -n "$pid" ] && name=$(cat "/proc/$pid/comm" 2>/dev/null); }
name=$(echo "${name:-service}" | tr -c 'A-Za-z0-9._\n-' _)

# The folder of the process's memory controller, as this mount shows it.
find_cgroup() {
  for root in "/proc/$pid/root" ""; do
    root=$root/sys/fs/cgroup
    v2=$(sed -n 's/^0:://p' "/proc/$pid/cgroup" 2>/dev/null)
    v1=$(sed -n 's/^[0-9]*:[^:]*memory[^:]*://p' "/proc/$pid/cgroup" 2>/dev/null)
    # Where the namespace hides the path, the mount's root is the container.
    for folder in "$root/memory$v1" "$root/memory" "$root$v2" "$root"; do
      [ -r "$folder/memory.stat" ] && { echo "$folder"; return; }
    done
  done
}
# Version 1 has the processors and the tasks in hierarchies of their own: find_controller NAME FILE.
find_controller() {
  path=$(sed -n "s/^[0-9]*:\\([^:]*,\\)*$1\\(,[^:]*\\)*:\\(.*\\)/\\3/p" "/proc/$pid/cgroup" 2>/dev/null)
  for root in "/proc/$pid/root" ""; do
    root=$root/sys/fs/cgroup
    for folder in "$cgroup" "$root/$1$path" "$root/cpu,cpuacct$path" "$root/$1" "$root/cpu,cpuacct"; do
      [ -r "$folder/$2" ] && { echo "$folder"; return; }
    done
  done
}
cgroup= cpu_group= pids_group=
[ -n "$pid" ] && cgroup=$(find_cgroup)
[ -n "$pid" ] && cpu_group=$(find_controller cpu cpu.stat) pids_group=$(find_controller pids pids.current)
[ -z "$pid" ] || [ -n "$cgroup" ] || missed "control group files (no memory controller is mounted here)"

# The runtime's figures, and the kernel's right after them.
memory() {
  fetch "$url/debug/vars" "$to/vars.json"
  fetch "$metrics" "$to/metrics.prom"
  pprof heap heap.pb.gz
  pprof 'heap?debug=1' heap.debug1.txt
  [ -n "$pid" ] || return 0
  mkdir -p "$to/proc" "$to/cgroup"
  if [ -n "$cgroup" ]; then
    # The sum and its parts first: they drift apart.
    for file in memory.current memory.usage_in_bytes memory.stat; do keep "$cgroup/$file" "$to/cgroup/$file"; done
  fi
  for file in smaps_rollup statm status smaps; do keep "/proc/$pid/$file" "$to/proc/$file"; done
  if [ -n "$cgroup" ]; then
    for file in "$cgroup"/memory.* "$cgroup"/hugetlb.* "$cgroup"/io.pressure; do
      case $file in
        */memory.current | */memory.usage_in_bytes | */memory.stat) ;;
        # Write-only, or not text.
        */memory.reclaim | */memory.force_empty | */memory.pressure_level | */memory.kmem.slabinfo) ;;
        *) keep "$file" "$to/cgroup/${file##*/}" ;;
      esac
    done
  fi
  for file in maps stat limits cgroup oom_score oom_score_adj; do keep "/proc/$pid/$file" "$to/proc/$file"; done
  keep /proc/meminfo "$to/proc/meminfo"
  keep /sys/kernel/mm/transparent_hugepage/enabled "$to/proc/thp.enabled"
  if [ -r "/proc/$pid/environ" ]; then
    tr '\0' '\n' <"/proc/$pid/environ" | grep -E '^(GOGC|GOMEMLIMIT|GODEBUG|GOMAXPROCS|GOTRACEBACK)=' |
      tr '\n' '\0' >"$to/proc/environ"
    [ -s "$to/proc/environ" ] || rm -f "$to/proc/environ"
  fi
}

# Descriptors, sockets, threads and processors: what the kernel counts for all of them at once.
resources() {
  [ -n "$pid" ] || return 0
  mkdir -p "$to/proc/net" "$to/cgroup"
  # The tables right after the descriptors: what is opened in between is in one of them alone.
  ls -l "/proc/$pid/fd" >"$to/proc/fd.txt" 2>/dev/null
  grep -q ' -> ' "$to/proc/fd.txt" || {
    rm -f "$to/proc/fd.txt"
    missed "/proc/$pid/fd (no right to read it: run as the service's user or as root)"
  }
  for file in tcp tcp6 udp udp6 unix netstat sockstat sockstat6; do
    keep "/proc/$pid/net/$file" "$to/proc/net/$file"
  done
  for file in "$cpu_group"/cpu.* "$cpu_group"/cpuacct.usage "$pids_group"/pids.*; do
    [ -f "$file" ] && keep "$file" "$to/cgroup/${file##*/}"
  done
  threads >"$to/proc/threads.txt"
  # Names and states of all of them by one program: a folder each would take seconds.
  cat "/proc/$pid/task"/[0-9]*/status >"$to/proc/threads.status" 2>/dev/null
  [ -s "$to/proc/threads.status" ] || rm -f "$to/proc/threads.status"
  for file in net/core/somaxconn net/ipv4/ip_local_port_range net/ipv4/tcp_tw_reuse kernel/threads-max; do
    [ -r "/proc/sys/$file" ] && mkdir -p "$to/proc/sys/${file%/*}" && keep "/proc/sys/$file" "$to/proc/sys/$file"
  done
}

# Each thread with the function of the kernel that it waits in: the top of its stack (root may read it),
# else wchan. The shell reads them itself, for a program each would take seconds.
threads() {
  echo 'PID LWP WCHAN COMMAND'
  for task in "/proc/$pid/task"/[0-9]*; do
    top= where= command=
    { read -r top <"$task/stack"; } 2>/dev/null
    case $top in
      *'] '*) where=${top#*] }; where=${where%%+*} ;;
      *) { read -r where <"$task/wchan"; } 2>/dev/null ;;
    esac
    case $where in '' | 0) where=- ;; esac
    { read -r command <"$task/comm"; } 2>/dev/null
    echo "$pid ${task##*/} $where ${command:--}"
  done
}

snapshot() {
  # An ordinary dump comes first: later requests wake and start goroutines,
  # and a collection changes how long the others are said to wait.
  pprof 'goroutine?debug=2' goroutine.txt 120
  resources
  pprof 'goroutine?debug=1' goroutine.debug1.txt
  pprof goroutine goroutine.pb.gz
  memory
}

extras() {
  pprof allocs allocs.pb.gz
  pprof mutex mutex.pb.gz
  pprof block block.pb.gz
  [ "$cpu" -eq 0 ] || pprof "profile?seconds=$cpu" cpu.pb.gz $((cpu + 30))
  [ "$trace" -eq 0 ] || pprof "trace?seconds=$trace" trace.out $((trace + 30))
  # Last, for it runs a collection. Go 1.26 has it by GOEXPERIMENT, 1.27 always.
  fetch "$url/debug/pprof/goroutineleak?debug=2" "$to/goroutineleak.txt" 120
}

times=
index=0
while [ "$index" -lt "$count" ]; do
  [ "$index" -eq 0 ] || { say "waiting $interval s"; sleep "$interval"; }
  say "snapshot $((index + 1)) of $count"
  to=$work/$name/t$index
  mkdir -p "$to"
  start=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  snapshot
  times="$times${times:+, }{\"label\": \"t$index\", \"start\": \"$start\", \"end\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"}"
  index=$((index + 1))
done
extras
# Empty folders say nothing.
rmdir "$work/$name"/*/proc/net "$work/$name"/*/proc "$work/$name"/*/cgroup 2>/dev/null
find "$work/$name" -type f | grep -q . || { say "nothing could be captured"; exit 1; }

# In a pod, its name is the host's; the manifest of the pod gives the rest by the environment.
account=/var/run/secrets/kubernetes.io/serviceaccount/namespace
pod=${POD_NAME:-}
[ -n "$pod" ] || { [ -n "${KUBERNETES_SERVICE_HOST:-}" ] && [ "${pid:-0}" = 1 ] && pod=$(hostname 2>/dev/null); }
namespace=${POD_NAMESPACE:-$(cat "$account" 2>/dev/null)}
# The later one holds: what was asked for comes last.
said="${pod:+pod=$pod$newline}${namespace:+namespace=$namespace$newline}"
said="$said${NODE_NAME:+node=$NODE_NAME$newline}${POD_IMAGE:+image=$POD_IMAGE$newline}$labels"
label_pairs() {
  printf %s "$said" | while IFS= read -r pair; do
    [ -n "$pair" ] && printf '%s: %s\n' "$(printf '%s\n' "${pair%%=*}" | quoted)" "$(printf '%s\n' "${pair#*=}" | quoted)"
  done | sed '$!s/$/, /' | tr -d '\n'
}

# When the process started: ticks since the boot, of which there are 100 in a second wherever Go runs.
started=null
if [ -n "$pid" ]; then
  boot=$(sed -n 's/^btime //p' /proc/stat 2>/dev/null)
  ticks=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
  case $boot$ticks in '' | *[!0-9]*) ;; *) [ -n "$boot" ] && [ -n "$ticks" ] && started=$((boot + ticks / 100)) ;; esac
fi

quoted() { sed 's/[\\"]/\\&/g; s/[[:cntrl:]]/ /g; s/.*/"&"/'; }
{
  echo '{'
  echo '  "capture": "strata-capture/1",'
  echo "  \"url\": $(echo "$url" | quoted),"
  echo "  \"pid\": ${pid:-null},"
  echo "  \"process_started_unix\": $started,"
  echo "  \"labels\": {$(label_pairs)},"
  echo "  \"interval_seconds\": $interval,"
  echo "  \"snapshots\": [$times],"
  echo "  \"missing\": [$(sort -u "$work/missing" | quoted | tr '\n' ',' | sed 's/,$//; s/,/, /g')]"
  echo '}'
} >"$work/$name/manifest.json"

if [ "$out" = - ]; then
  tar -C "$work" -czf - "$name"
else
  tar -C "$work" -czf "$work/bundle" "$name" && cat "$work/bundle" >"$out"
fi || { say "the bundle could not be written"; exit 1; }
[ "$out" = - ] && out="to standard output"
say "wrote $out: drop it on the Strata page"
