#!/bin/sh
# Captures a Go service, twice, into capture.tar.gz. Reads only. Run it inside the container:
#   kubectl exec POD -c CONTAINER -i -- sh -s < capture.sh
#   kubectl cp POD:tmp/capture.tar.gz capture.tar.gz -c CONTAINER
# The service must serve net/http/pprof (and expvar, for vars.json) at $url; what is missing is left out.
url=${url:-http://localhost:6060}  # where /debug/pprof/ is
pid=${pid:-1}                      # the service's process
wait=${wait:-60}                   # seconds between the snapshots

fetch() { curl -fsS -o "$2" "$url$1" 2>/dev/null || wget -q -O "$2" "$url$1" 2>/dev/null || rm -f "$2"; }
keep() { cat "$1" > "$2" 2>/dev/null || rm -f "$2"; }

cd /tmp && rm -rf capture && cgroup=/sys/fs/cgroup
[ -e $cgroup/memory.stat ] || cgroup=/sys/fs/cgroup/memory
for snapshot in t0 t1; do
  [ $snapshot = t0 ] || sleep "$wait"
  to=capture/$snapshot && mkdir -p $to/proc $to/cgroup
  fetch /debug/pprof/goroutine?debug=2 $to/goroutine.txt
  fetch /debug/pprof/heap $to/heap.pb.gz
  fetch /debug/vars $to/vars.json
  for name in smaps smaps_rollup status statm; do keep /proc/$pid/$name $to/proc/$name; done
  for file in $cgroup/memory.*; do keep "$file" $to/cgroup/"${file##*/}"; done
done
tar czf capture.tar.gz capture && echo "wrote /tmp/capture.tar.gz"
