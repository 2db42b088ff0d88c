//! Captures with the places at which something particular can stand: `«…»` holds what stands there
//! where nothing is planted.

/// How a text is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Strings with JSON's escapes.
    Json,
    /// Lines.
    Text,
}

pub struct Template {
    pub path: &'static str,
    pub writing: Writing,
    pub text: &'static str,
}

const fn text(path: &'static str, text: &'static str) -> Template {
    Template { path, writing: Writing::Text, text }
}

const fn json(path: &'static str, text: &'static str) -> Template {
    Template { path, writing: Writing::Json, text }
}

pub const ALL: &[Template] = &[
    text(
        "oom/syslog.log",
        "Nov 20 20:10:56 «10.9.8.7» kernel: [   39.423983] «api worker» invoked oom-killer: gfp_mask=0xcc0(«GFP»), order=0, oom_score_adj=0\n\
        Nov 20 20:10:56 «10.9.8.7» kernel: [   39.423983] CPU: 1 PID: 188 Comm: «api» «words» Not tainted 6.1.0-«amd64» #1 «Debian»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] Hardware name: «ACME» Server, BIOS «1.2»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] Workqueue: «events» «fn»\n\
        Nov 20 20:10:56 n kernel: [   39.423983]  dump_header+0x4a/0x1ff\n\
        Nov 20 20:10:56 n kernel: [   39.423983]  ? «symbol»+0x4a/0x1ff\n\
        Nov 20 20:10:56 n kernel: [   39.423983] «module_fn»+0x4a/0x1ff [«module»]\n\
        Nov 20 20:10:56 n kernel: [   39.423983] RIP: 0033:0x46b2e1 «rip»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] memory: usage 184320kB, limit 184320kB, failcnt 63 «tail»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] Memory cgroup stats for /system.slice/«shop-api».service:\n\
        Nov 20 20:10:56 n kernel: [   39.423983] anon 180000000\n\
        Nov 20 20:10:56 n kernel: [   39.423983] «custom_key» 18\n\
        Nov 20 20:10:56 n kernel: [   39.423983] Tasks state (memory values in pages): «tail»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name «tail»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] [    188]     0   188   123456    45000   200000        0             0 «api» «two»\n\
        Nov 20 20:10:56 n kernel: [   39.423983] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=«/a,b»/«c»,mems_allowed=0,oom_memcg=/a/«pod»,«/b»,task_memcg=/a,«d»/e,task=«api»,«f»,pid=188,uid=0\n\
        Nov 20 20:10:56 n kernel: [   39.423983] Memory cgroup out of memory: Killed process 188 («api» «second») total-vm:1230000kB, anon-rss:180000kB, file-rss:0kB, shmem-rss:0kB, UID:0 «tail»\n\
        Nov 20 20:10:56 n kernel: [   39.500000] oom_reaper: reaped process 188 («api» «second»), now anon-rss:0kB «tail»\n\
        Nov 20 20:10:58 n «dockerd»[«81»]: «plain words»\n",
    ),
    text(
        "oom/notices.log",
        "Nov 20 20:10:57 n systemd[1]: «shop».service: A process of this unit has been killed by the OOM killer.\n",
    ),
    text(
        "oom/dmesg.txt",
        "[«   39.4»] «word»\n[   39.423983] «api» invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n\
        [   39.423983] Task in /kubepods/«a» killed as a result of limit of /«kubepods» «tail»\n\
        [   39.423983] Memory cgroup stats for /kubepods/«a»: cache:8KB rss:4KB «word» «key»:4KB\n\
        [   39.423983] Tasks in /«group» are going to be killed due to memory.oom.group set «tail»\n\
        [   39.423983] Memory cgroup out of memory: Kill process 42 («api» «two») score 1 or sacrifice child «tail»\n\
        [   39.423983] Killed process 42 («api»), UID 0, total-vm:1kB, anon-rss:2kB «tail»\n\
        [Fri Nov 20 20:10:56 2026 «tail of the clock»] anon 4096\n\
        [«acme»] eth0: «words»\n",
    ),
    text(
        "oom/kmsg.txt",
        "6,558,39423983,«-»;«api» invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n\
        6,559,39423983,-;Memory cgroup out of memory: Killed process 188 («api») total-vm:1230000kB, anon-rss:180000kB, file-rss:0kB, shmem-rss:0kB\n \
        SUBSYSTEM=«pci»\n DEVICE=+«pci:0»\n",
    ),
    text(
        "dump/goroutine.txt",
        "«2026/11/20 10:15:00 words»\n[«tag»] word\npanic: «order» failed\n\t«more» of it\n\
        [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a30a3 «tail»]\n\n\
        goroutine 1 [chan receive, 5 minutes] {tenant: «t», note: \"«my»\\n\", «key»: v}:\n\
        main.main(«0x1», {0x2, «0x3»})\n\t«/home/bob»/shop/main.go:10 +0x1d «tail»\n\
        «acme»(lookslike)\n«words»(frame)\n\t«odd place»\n\n\
        goroutine 7 [select]:\nshop/store.(*Store).Get(...)\n\t/home/«bob»/shop/store/store.go:12 +0x1d\n\
        created by main.main in goroutine 1 «tail»\n\t/home/«bob»/src/main.go:9 +0x2d\n\n\
        goroutine 8 [«select»]:\nmain.f()\n\tC:\\Users\\«bob»\\src\\f.go:9 +0x2d\nmain.g()\n\tC:/Users/«bob»/src/g.go:9 +0x2d\n\
        main.h()\n\tsrc/«team»/h.go:9 +0x2d\nmain.i()\n\tgit.«corp».example/x/i.go:9 +0x2d\nmain.j()\n\t/srv/x/jfile.go:7\n\nexit status 2 «tail»\n",
    ),
    text(
        "dump/fatal.txt",
        "fatal error: «all» goroutines\nruntime: «words» about\nruntime/cgo: «words»\nSIGQUIT: «quit»\nPC=0x40de0e m=0 sigcode=0 «tail»\n\
        unexpected fault address «0x1»\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/x/main.go:10 +0x1d\n\n\
        rax    0x0\n«reg»    0x1\n-----\n«trailing» words\n",
    ),
    text(
        "dump/serving.txt",
        "2026/11/20 10:15:00 http: panic serving «10.1.2.3»:4711: «words»\ngoroutine 9 [running]:\nnet/http.(*conn).serve.func1()\n\
        \t/usr/local/go/src/net/http/server.go:1850 +0xbf\npanic({0x6d, 0x7d})\n\t/usr/local/go/src/runtime/panic.go:890 +0x262\nmain.(*Shop).x(0x1)\n\t/srv/x.go:1\n«bad line»(\n",
    ),
    text(
        "dump/counts.txt",
        "goroutine profile: total 3\n3 @ 0x47db6a 0x41516e\n# labels: {\"tenant\":\"«t»\", \"«key»\":\"v\"}\n\
        #\t0x47db69\tmain.main+0x24\t/home/«bob»/x/main.go:9 «tail»\n#\t0x47db69\tmain.f+0x24\t«rel»/y/main.go:9\n«key» 3\n# «Words» = 4\n«words» between\n",
    ),
    text(
        "dump/heap.txt",
        "heap profile: 1: 48 [1: 48] @ heap/1048576\n1: 48 [1: 48] @ 0x47db6a 0x41516e\n\
        #\t0x47db69\tmain.main+0x24\t/home/«bob»/x/main.go:9\n\n# runtime.MemStats\n# Alloc = 4096\n# TotalAlloc = 4096\n# Sys = 8192\n\
        # HeapSys = 4096\n# «Order» = 4711\n# DebugGC = «false»\n«words»\n\nMAPPED_LIBRARIES:\n00400000-006f5000 r-xp 00000000 fe:00 1122 /srv/«acme»/x\n",
    ),
    text(
        "dump/race.txt",
        "==================\nWARNING: DATA RACE «tail»\nWrite at 0x00c0001a2018 by goroutine 12:\n  shop/cart.(*Cart).Add()\n      /home/«bob»/cart/cart.go:51 +0x6f\n\n\
        Previous read at 0x00c0001a2018 by main goroutine:\n  shop/cart.(*Cart).Len()\n      /home/«bob»/cart/cart.go:58 +0x3c «tail»\n\n\
        Goroutine 12 (running) created at:\n  main.main()\n      /home/«bob»/main.go:31 +0x5b\n==================\n«words»\nFound 1 data race(s) «tail»\n",
    ),
    text(
        "dump/delve.txt",
        "(dlv) goroutines «tail»\n  Goroutine 1 - User: /home/«bob»/app/main.go:31 main.main (0x4b0f31) [chan receive 24] «tail»\n\
        * Goroutine 33 - User: /srv/app/hub.go:41 shop/hub.(*Hub).Broadcast (0x4b0dc6) (thread 4021) [sync.Mutex.Lock]\n[2 goroutines] «tail»\n«words»\n",
    ),
    text(
        "smaps/proc/smaps",
        "00400000-006f5000 r-xp 00000000 fe:00 1122 /srv/«acme»/checkout\nSize:               2004 kB\nRss:                  12 kB\nPss:                  12 kB\n\
        «Orders»:   12 kB\nVmFlags: rd ex mr mw me sd «xx»\n7f00000000-7f00001000 rw-s 00000000 00:01 5 /dev/shm/«sess» (deleted)\nSize:                  4 kB\nRss:                   4 kB\nPss:                   4 kB\n\
        7f00002000-7f00003000 rw-p 00000000 00:00 0 [anon:«cache»]\nSize:                  4 kB\nRss:                   4 kB\nPss:                   4 kB\n\
        7f00004000-7f00005000 rw-p 00000000 00:00 0 [«thing»]\nSize:                  4 kB\nRss:                   4 kB\nPss:                   4 kB\n\
        7f00006000-7f00007000 r--p 00000000 fe:00 5 /opt/lib«vendor».so.1\nSize:                  4 kB\nRss:                   4 kB\nPss:                   4 kB\n«words»\n",
    ),
    text(
        "maps/proc/maps",
        "00400000-006f5000 r-xp 00000000 fe:00 1122 /srv/«#4711»/checkout\n7f00002000-7f00003000 rw-p 00000000 00:00 0 [anon: Go: «heap»]\n7f00012000-7f00013000 rw-p 00000000 00:00 0 /tmp/a\\040«b»\n",
    ),
    text(
        "proc/proc/status",
        "Name:\t«shop» «two»\nUmask:\t0022\nState:\tS («sleeping»)\nPid:\t188\nThreads:\t9\nVmRSS:\t   12 kB\n«Order»:\t12 kB\nSeccomp:\t2 «x»\nCpus_allowed_list:\t0-3\nNSpid:\t188\n«words»\n",
    ),
    text(
        "proc/proc/stat",
        "188 («shop» «two») S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 9 0 100 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 1 0 0 0 0 0 1 1 1 1 1 1 1 0 «tail»\n",
    ),
    text(
        "proc/proc/cgroup",
        "5:memory,«name»:/kubepods/pod«a»/«b»\n0::/system.slice/«shop».service/«c»,«d»\n",
    ),
    text("proc/proc/cmdline", "/srv/«acme»/checkout\0--token=«tok»\0«#4711»\0"),
    text(
        "proc/proc/environ",
        "GOGC=50\0GOMEMLIMIT=«400MiB»\0GODEBUG=gctrace=1,«x»=1\0KEY=-----BEGIN KEY-----\nMII«E»abc==\n«tail»==\n-----END\0«NAME»=v\0HOST=«host»\0PATH=/usr/bin:/home/«bob»/bin\0",
    ),
    text("proc2/proc/environ", "GOGC=50\nKEY=-----BEGIN KEY-----\nMII«E»abc==\n«more»=\nHOST=«host»\n"),
    text("proc/proc/version", "Linux version 6.1.0-18-«amd64» («bob»@«build») (gcc 12) #1 SMP «words»\n"),
    text(
        "proc/proc/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 1024                 files     \nMax «orders»    5    5    «units»\n«words»\n",
    ),
    text("proc/proc/oom_score", "667\n«words»\n"),
    text(
        "proc/proc/mountinfo",
        "36 35 98:0 /«mnt1» /mnt/«mnt2» rw,noatime master:1 - ext3 /dev/«root» rw,errors=continue\n37 35 98:0 / /mnt/«x» rw - overlay «o» rw\n",
    ),
    text(
        "proc/proc/meminfo",
        "MemTotal:        8123456 kB\nMemFree:         123456 kB\n«Orders»:     12 kB\n«words»\n",
    ),
    text("proc/proc/vmstat", "nr_free_pages 123\nnr_«orders» 4711\n«custom» 12\n"),
    text(
        "proc/proc/sockstat",
        "sockets: used 12\nTCP: inuse 5 orphan 0 tw 0 alloc 5 mem 1\n«ORD»: inuse 5\nUDP: «x» 5\n",
    ),
    text(
        "proc/proc/pressure/memory",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=0 «tail»\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n«words» 3\n",
    ),
    text("proc/uname", "Linux «node» 6.1.0-18-«amd64» #1 SMP x86_64 «x»\n"),
    text(
        "cg/cgroup/memory.stat",
        "anon 180000000\nfile 5\nfile_mapped 1\n«orders» 4711\nroot@«node»:/# \n«key2»_total 3\n",
    ),
    text("cg/cgroup/memory.current", "184320\n«words»\n"),
    text("cg/cgroup/memory.events", "low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\n«orders» 4\n"),
    text("cg/cgroup/memory.numa_stat", "anon N0=4096 N1=0\nfile N0=4096 N1=0\n«orders» N0=1\n"),
    text("cg/cgroup/cgroup.controllers", "cpu memory «x» pids\n"),
    text("cg/cgroup/io.stat", "8:0 rbytes=1459200 wbytes=314773504 rios=192 «key»=353\n"),
    text(
        "prom/metrics.prom",
        "# HELP go_goroutines «words» of it.\n# TYPE go_goroutines gauge\ngo_goroutines 12\ngo_info{version=\"go1.26.6«x»\"} 1\nprocess_resident_memory_bytes 1.2e+07\n\
        # TYPE «acme»_orders counter\n«acme»_orders_total{tenant=\"«t»\", path = \"«p»\", «lab»=\"v\",le=\"«0.5»\"} 3 # {trace_id=\"«tr»\"} 0.67 1520879607.789\n\
        container_memory_rss{container=\"«c»\",namespace=\"«n»\",pod=\"«po»\",id=\"/kubepods/«k»\",image=\"«im»\",name=\"«nm»\"} 5000\n# «comment»\n# EOF «tail»\n«words»\n",
    ),
    json(
        "vars/vars.json",
        r#"{"cmdline": ["/srv/«acme»/x", "-password=«pw»"], "by_«t»": {"«key»": "«gold»", "n": «#4711», "l": [«#12»]}, "orders": «#77», "memstats": {"Alloc": 4096, "TotalAlloc": 4096, "HeapSys": 4096, "HeapReleased": 0, "BuckHashSys": 1, "HeapInuse": 1, "«Odd»": «#8»}}"#,
    ),
    json(
        "rm/runtime_metrics.json",
        r#"{"/memory/classes/total:bytes": 8192, "/memory/classes/heap/free:bytes": 4096, "/gc/heap/live:bytes": 4096, "/«acme»/x:bytes": «#9», "note": "«words»"}"#,
    ),
    text(
        "rm/runtime-metrics.txt",
        "/gc/gogc:percent: 100\n/gc/heap/live:bytes: 4096\n/memory/classes/total:bytes: 7340032\n/«acme»/orders:count: 4711\n«words»\n/gc/pauses:seconds: &{[1 2] [«0»]}\n",
    ),
    json(
        "pod/pod.json",
        r#"{"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "«checkout»-7d4f9", "generateName": "«gen»-", "namespace": "«shop»", "uid": "«1f2e3d4c9a8b»", "labels": {"«own»/owner": "«blue»"}, "annotations": {"note": "«green» \"q\" \u0026 x"},
            "ownerReferences": [{"apiVersion": "«acme».example/v1", "kind": "«Widget»", "name": "«own»", "controller": true}], "creationTimestamp": "2026-11-20T20:00:00Z", "managedFields": [{"manager": "«mgr»", "fieldsV1": {"f:«x»": {}}}], "finalizers": ["«fin»/x"]},
        "spec": {"nodeName": "«node»", "serviceAccountName": "«sa»", "schedulerName": "«sched»", "nodeSelector": {"«k»": "«v»"}, "tolerations": [{"key": "«tk»", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 300}],
            "readinessGates": [{"conditionType": "«gate»"}], "overhead": {"«ov»": "«12»"}, "securityContext": {"runAsUser": «#1000670000», "seLinuxOptions": {"level": "«s0:c1»"}},
            "volumes": [{"name": "«vol»", "csi": {"driver": "«drv».example", "volumeAttributes": {"«ck»": "«cv»"}}}, {"name": "s", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}, {"name": "d", "downwardAPI": {"items": [{"path": "«pa»", "fieldRef": {"fieldPath": "metadata.labels['«lf»']"}}]}}],
            "containers": [{"name": "«c»", "image": "«reg»/x:1", "args": ["--token=«tok»"], "command": ["«cmd»"], "ports": [{"name": "«pn»", "containerPort": «#8080», "protocol": "TCP"}], "workingDir": "/«wd»", "env": [{"name": "GOMEMLIMIT", "value": "«400MiB»"}, {"name": "«DB»", "value": "«wallet»"}, {"name": "X", "valueFrom": {"fieldRef": {"fieldPath": "«fp»"}}}],
            "resources": {"limits": {"memory": "512Mi", "«acme».example/gpu": "«#2»"}, "requests": {"memory": "512Mi"}}, "volumeMounts": [{"mountPath": "/«mp»", "name": "«vol»"}]}]},
        "status": {"phase": "Running", "hostIP": "«10.1.2.3»", "message": "on «gke» in zone", "reason": "«Odd»", "qosClass": "Burstable", "startTime": "2026-11-20T20:00:00Z", "conditions": [{"type": "«acme».example/ready", "status": "True", "reason": "«Why»", "lastTransitionTime": "2026-11-20T20:00:00Z", "message": "«cm»"}],
            "containerStatuses": [{"name": "«c»", "containerID": "containerd://«9a8b7c6d5e4f3a2b»", "imageID": "«ii»", "restartCount": 2, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "«log tail»", "finishedAt": "2026-11-20T20:03:00Z"}}}]}}"#,
    ),
    json(
        "pod/events.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "SystemOOM", "message": "System OOM encountered, victim process: «svc», pid: 42, «#4711»", "count": 2, "lastTimestamp": "2026-11-20T20:03:00Z", "involvedObject": {"kind": "Node", "name": "«node»", "uid": "«u»", "fieldPath": "spec.containers{«c»}"}, "source": {"component": "«comp»", "host": "«host»"}, "reportingComponent": "«rc»"}]}"#,
    ),
    text(
        "pod/top.txt",
        "NAMESPACE   POD   NAME   CPU(cores)   MEMORY(bytes)   «EXTRA»\nshop-«prod»   checkout-«7d»   «checkout»   12m   24Mi\n«4711words»   «5digits»   x   12m   24Mi\n«words»\n",
    ),
    text(
        "pod/pods.txt",
        "NAME   READY   STATUS   RESTARTS   AGE   IP   NODE   «EXTRA»\ncheckout-«7d»   0/1   OOMKilled   4 (5m ago)   2d   «10.1.2.3»   «node»   <none>\nx-«1»   0/1   «Odd»   4   «2d»   a   b   <none>\n«words»\n",
    ),
    text(
        "pod/events.txt",
        "LAST SEEN   TYPE      REASON      OBJECT        MESSAGE\n5m   Warning   SystemOOM   node/«node»   System OOM encountered, victim process: «svc», pid: 42\n5m   Warning   «Custom»   pod/«p»   «words» x «4711»\n«5m-x»   Normal   Pulled   pod/a   Pulled image «reg»/a\n«words»\n",
    ),
    text(
        "pod/describe.txt",
        "Name:         checkout-«7d»\nNamespace:    «shop»\nPriority Class Name:  «prio»\nNode:         «node»/10.1.2.3\nStart Time:   Fri, 20 Nov 2026 20:00:00 +0000 «x»\nLabels:       app=«a»\n              «k2»=v\nAnnotations:  «an»: x\nStatus:       Running\nReason:       «Odd»\nMessage:      The node was low on «words»\nIP:           «10.1.2.3»\nControlled By:  «Widget»/w\n\
        Containers:\n  «checkout»:\n    Container ID:  containerd://«9a8b7c6d5e4f»\n    Image:  «reg»/x:1\n    Args:\n      --x=«arg»\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:  Terminated\n      Reason:    OOMKilled\n      Message:  «msg»\n      Exit Code: 137\n    Restart Count:  4\n    Limits:\n      memory:  256Mi\n      «acme».example/gpu:  2\n    Environment:\n      TOKEN:  «s3»\n      «NAME»:  v\n      GOGC:   50\n    Mounts:\n      /«mnt» from v (rw)\n\
        Conditions:\n  Type             Status\n  «Ready»  True\nVolumes:\n  «vol»:\n    Type:       EmptyDir\n    Medium:     «Memory»\n    SizeLimit:  64Mi\n    ClaimName:  «claim»\nQoS Class:      Burstable\nNode-Selectors:  «sel»=x\nEvents:\n  Type     Reason   Age               From   Message\n  Warning  BackOff  2m  kubelet, «node»  Back-off restarting failed container «c» in pod p\n  «words»\n",
    ),
    text(
        "pod/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: «p»\nspec:\n  containers:\n  - name: «c»\n    image: «x»\n",
    ),
    json(
        "docker/inspect.json",
        r#"[{"Id": "«0a1b»", "Name": "/«svc»", "Path": "/srv/«acme»/x", "Args": ["--token=«tok»"], "State": {"Status": "exited", "Running": false, "OOMKilled": true, "ExitCode": 137, "Error": "«err»", "StartedAt": "2026-11-20T19:00:00Z", "FinishedAt": "«2026-11-20T20:03:00Z»", "Pid": «#4711», "Health": {"Log": [{"Output": "«out»"}]}}, "Config": {"Hostname": "«h»", "Env": ["GOGC=«50»", "DB=«wallet»", "«NM»=v"], "Image": "«reg»/x", "Labels": {"«team»": "«blue»"}, "ExposedPorts": {"«p»/tcp": {}}}, "HostConfig": {"Memory": 1048576, "Binds": ["/«b»:/x"], "«Odd»": «#5»}, "NetworkSettings": {"Networks": {"«net»": {"IPAddress": "«10.1.2.3»"}}}, "status": "«st»", "reason": "«re»", "value": "«va»"}]"#,
    ),
    json(
        "docker/stats.jsonl",
        "{\"MemPerc\":\"4.88%\",\"MemUsage\":\"12.5MiB / 256MiB\",\"Name\":\"«shop»\",\"ID\":\"«0a»\",\"«Odd»\":\"x\"}\n{\"MemPerc\":\"4.88%\",\"MemUsage\":\"12.5MiB / 256MiB «tail»\",\"Name\":\"b\"}\n",
    ),
    json(
        "docker/crictl.json",
        r#"{"status": {"id": "«9f»", "metadata": {"attempt": 4, "name": "«api»"}, "state": "CONTAINER_EXITED", "exitCode": 137, "reason": "OOMKilled", "message": "«m»", "annotations": {"«k»": "«v»"}, "mounts": [{"hostPath": "/«hp»"}], "resources": {"linux": {"memoryLimitInBytes": "268435456", "«unified»": {"«uk»": "«uv»"}}}}, "info": {"runtimeSpec": {"process": {"env": ["GOGC=50", "T=«t»"], "args": ["«a»"]}}}}"#,
    ),
    text(
        "docker/stats.txt",
        "CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT   MEM %     NET I/O       BLOCK I/O   PIDS   «EXTRA»\n«0a1b2c3d4e5f»   shop-«api»   0.15%     12.5MiB / 256MiB    4.88%     1kB / 2kB     0B / 0B     7\n«4711»   «12345678901»   0.15%     12.5MiB / 256MiB    4.88%     1kB / 2kB     0B / 0B     7\n«words»\n",
    ),
    json(
        "promql/answer.json",
        r#"{"status": "success", "«extra»": «#1», "data": {"resultType": "vector", "result": [{"metric": {"__name__": "container_memory_rss", "container": "«c»", "pod": "«p»", "node": "«n»", "id": "/kubepods/«k»", "reason": "«re»", "version": "«ve»", "resource": "«rs»", "status": "«st»", "«lab»": "v", "value": "«va»"}, "value": [1763668980, "5000"]}, {"metric": {"__name__": "«acme»_orders"}, "value": [1763668980, "«#4711»"]}]}, "warnings": ["«w»"]}"#,
    ),
    text(
        "promql/grafana.csv",
        "\"Time\",\"container_memory_usage_bytes{container=\"\"«api»\"\",pod=\"\"p\"\"}\",\"«legend»\",\"go_«x y»\"\n2026-11-20 20:02:00,209715200,1,2\n2026-11-20 20:03:00,250 MiB,«1»,2\n",
    ),
    text(
        "ps/ps.txt",
        "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n«bob»           7  1.2  2.5 1234567 204800 ?      Sl   19:00   0:42 /srv/«app» --port «x»\n«4711»       8  1.2  2.5 1234567 204800 «pts/0»    Sl   19:00   0:42 a\n",
    ),
    text(
        "ps/top.txt",
        "top - 20:03:00 up 3 days,  1:02,  0 users,  load average: 0.10, 0.20, 0.30 «tail»\nTasks: 5 «total»\nMiB Mem :   7933.1 total,   4460.8 free,   1205.6 used,   2266.6 buff/cache\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n      7 «bob»      20   0 1234567   0.2g  10240 S   1.2   2.5   0:42.00 «app» «x»\n«words»\n",
    ),
    text(
        "ps/pmap.txt",
        "7:   /srv/«app» --port «80»\nAddress           Kbytes     RSS   Dirty Mode  Mapping\n000000c000000000  262144  200704  200704 rw---   [ anon ]\n0000000000400000 4096 3072 0 r-x-- «checkout»\n---------------- ------- ------- ------- «x»\ntotal kB          266240  203776  200704 «tail»\n«words»\n",
    ),
    text(
        "ps/free.txt",
        "               total        used        free      shared  buff/cache   available «EXTRA»\nMem:         8123456     1234567     4567890       12345     2321000     6543210 «tail»\nSwap:              0           0           0\n«words»\n",
    ),
    text(
        "ps/slabtop.txt",
        " Active / Total Size (% used)       : 120394.21K / 140223.55K (85.9%) «tail»\n  OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME\n 65520  65520 100%    0.19K   3120       21     12480K «dentry»\n«words»\n",
    ),
    text(
        "ps/cgtop.txt",
        "Control Group                       Tasks   %CPU   Memory  Input/s Output/s\n/                                     312   12.1     3.4G        -        -\nsystem.slice/«shop».service              14    3.2   250.0M        -        -\n«words»\n",
    ),
    text(
        "gc/gctrace.log",
        "«10.1.2.3» - «bob» GET /x\ngc 1 @0.010s 2%: 0.1+1.0+0.1 ms clock, 0.2+0.5/0.5/0.5+0.2 ms cpu, 4->4->1 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P «tail»\n«pre» gc 2 @0.020s 2%: 0.1+1.0+0.1 ms clock, 0.2+0.5/0.5/0.5+0.2 ms cpu, 4->4->1 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced) «tail»\n\
        gc 3 @0.0«brk»30s 2%: 0.1+1.0+0.1 ms clock\nscav 4 KiB work (bg), 0 KiB work (eager), 8 KiB now, 50% util «tail»\n",
    ),
    text(
        "paste/ticket.txt",
        "Hi «bob»,\nwe saw this on «node»:\n\n$ kubectl -n «ns» logs x\n2026-11-20T10:15:00Z «words»\nfatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive, 5 minutes]:\nmain.main()\n\t/home/«bob»/x/main.go:10 +0x1d\n\n$ cat /sys/fs/cgroup/memory.stat\nanon 4096\nfile 8192\nkernel 12\n$ «cmd»\nThanks, «eve»\n",
    ),
    text(
        "paste/k8s.log",
        "2026-11-20T10:15:00.000000001Z stderr F «words»\n2026-11-20T10:15:00.000000001Z stderr F goroutine 1 [chan receive, 5 minutes]:\n2026-11-20T10:15:00.000000001Z stderr F main.main()\n2026-11-20T10:15:00.000000001Z stderr F \t/home/«bob»/x/main.go:10 +0x1d\n2026-11-20T10:15:00.000000001Z stderr F «tail»\n",
    ),
    text(
        "paste/compose.log",
        "«api»-1  | 2026-11-20 words\n«api»-1  | goroutine 1 [chan receive, 5 minutes]:\n«api»-1  | main.main()\n«api»-1  | \t/home/«bob»/x/main.go:10 +0x1d\n«api»-1  | «words»\n",
    ),
    text("other/app.log", "«bob» of x bought «y»\n"),
    text("other/claims.txt", "Strata left this file out of a redacted report: «words»\n«more»\n"),
    text(
        "other/redaction.txt",
        "Strata redacted these captures. Before that, this was already missing:\n«file»: «words»\n",
    ),
    text("other/table.csv", "a,b,«c»\n1,2,«203»\n3,4,203\n"),
    json("other/other.json", r#"{"«a»": "«b»"}"#),
    text("«folder»/t0/proc/«x»/status", "Name:\tx\nPid:\t188\nThreads:\t9\nVmRSS:\t   12 kB\n"),
    text(
        "customer-«#4711»/heap-«#12».gctrace.log",
        "gc 1 @0.010s 2%: 0.1+1.0+0.1 ms clock, 0.2+0.5/0.5/0.5+0.2 ms cpu, 4->4->1 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
    ),
];
