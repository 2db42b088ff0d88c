package strata

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lay writes a file of a /proc/self that the test lays out.
func lay(t *testing.T, folder, name, content string) {
	t.Helper()
	at := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFindCgroup(t *testing.T) {
	for _, c := range []struct {
		name, groups, mounts, group string
		wrong                       bool
	}{
		{name: "version 2 in a namespace", groups: "0::/\n", mounts: "30 29 0:26 / MOUNT ro - cgroup2 cgroup ro\n", group: "."},
		{name: "version 2 on a machine", groups: "0::/system.slice/api.service\n", mounts: "30 29 0:26 / MOUNT rw - cgroup2 cgroup2 rw\n", group: "system.slice/api.service"},
		{name: "version 2 as Docker binds it", groups: "0::/docker/1f\n", mounts: "30 29 0:26 /docker/1f MOUNT ro - cgroup2 cgroup ro\n", group: "."},
		{name: "version 1", groups: "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n", mounts: "34 25 0:29 / MOUNT/cpu rw - cgroup cgroup rw,cpu,cpuacct\n35 25 0:30 / MOUNT/memory rw - cgroup cgroup rw,memory\n", group: "memory/docker/1f"},
		{name: "version 1 as Docker binds it", groups: "4:memory:/docker/1f\n", mounts: "35 25 0:30 /docker/1f MOUNT/memory ro - cgroup cgroup rw,memory\n", group: "memory"},
		{name: "both, the controller in version 1", groups: "4:memory:/app\n0::/app\n", mounts: "36 25 0:31 / MOUNT/unified rw - cgroup2 cgroup2 rw\n35 25 0:30 / MOUNT/memory rw - cgroup cgroup rw,memory\n", group: "memory/app"},
		{name: "a path with a space", groups: "0::/a b\n", mounts: "30 29 0:26 / MOUNT\\040x rw - cgroup2 cgroup2 rw\n", group: "../mount x/a b"},
		{name: "a group outside of the namespace is not the machine's", groups: "0::/../other\n", mounts: "30 29 0:26 / MOUNT rw - cgroup2 cgroup rw\n", group: ".", wrong: true},
		{name: "no mount", groups: "0::/\n", mounts: "", wrong: true},
		{name: "no group file", mounts: "30 29 0:26 / MOUNT rw - cgroup2 cgroup rw\n", wrong: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			root := filepath.Join(folder, "mount")
			if c.group != "" {
				lay(t, root, filepath.Join(c.group, "memory.stat"), "anon 1\n")
			}
			if c.groups != "" {
				lay(t, folder, "proc/cgroup", c.groups)
			}
			lay(t, folder, "proc/mountinfo", strings.ReplaceAll(c.mounts, "MOUNT", root))
			found, err := findCgroup(filepath.Join(folder, "proc"))
			if c.wrong {
				if err == nil {
					t.Errorf("%s is found", found)
				} else if strings.Contains(err.Error(), folder) {
					t.Errorf("the error names folders of the machine: %v", err)
				}
				return
			}
			if want := filepath.Join(root, c.group); err != nil || found != want {
				t.Errorf("%q, %v; want %q", found, err, want)
			}
		})
	}
}

func TestWithoutProcAndMountsTheBundleHasTheRest(t *testing.T) {
	defer func(before string) { procSelf = before }(procSelf)
	procSelf = filepath.Join(t.TempDir(), "none")
	var bundle bytes.Buffer
	if err := capture(context.Background(), &bundle, "api", plan{snapshots: 1, smaps: true}, Policy{}.withDefaults(), func() {}); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, bundle.Bytes())
	if files["t0/heap.pb.gz"] == "" || files["t0/vars.json"] == "" {
		t.Error("what the runtime knows is missing")
	}
	if missing := strings.Join(readManifest(t, files).Missing, "\n"); !strings.Contains(missing, "cgroup files") {
		t.Errorf("missing: %s", missing)
	}
}

func TestAnUnreadableFileIsSaid(t *testing.T) {
	defer func(before string) { procSelf = before }(procSelf)
	folder := t.TempDir()
	// A folder in its place opens and cannot be read, for root too.
	if err := os.MkdirAll(filepath.Join(folder, "smaps_rollup"), 0o755); err != nil {
		t.Fatal(err)
	}
	lay(t, folder, "statm", "1 2 3 4 5 6 7\n")
	procSelf = folder
	var bundle bytes.Buffer
	if err := capture(context.Background(), &bundle, "api", plan{snapshots: 1}, Policy{}.withDefaults(), func() {}); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, bundle.Bytes())
	missing := strings.Join(readManifest(t, files).Missing, "\n")
	if files["t0/proc/statm"] == "" || !strings.Contains(missing, "proc/smaps_rollup") || strings.Contains(missing, folder) {
		t.Errorf("missing: %s", missing)
	}
}

// A thread is listed with the top of its stack, else with wchan, else with neither.
func TestThreadsAreListedWithWhereTheyWait(t *testing.T) {
	folder := t.TempDir()
	lay(t, folder, "task/7/stack", "[<0>] anon_pipe_read+0x393/0x440\n[<0>] vfs_read+0x1/0x2\n")
	lay(t, folder, "task/8/wchan", "futex_do_wait")
	lay(t, folder, "task/9/wchan", "0")
	lay(t, folder, "task/8/comm", "Go main\n")
	lay(t, folder, "task/7/status", "Name:\tapi\nTgid:\t7\nPid:\t7\n")
	lay(t, folder, "task/8/status", "Name:\tapi\nTgid:\t7\nPid:\t8\n")
	list, statuses := threads(folder, 1000)
	for _, row := range []string{"PID LWP WCHAN COMMAND\n", " 7 anon_pipe_read -\n", " 8 futex_do_wait Go main\n", " 9 - -\n"} {
		if !strings.Contains(string(list), row) {
			t.Errorf("%q is not in %q", row, list)
		}
	}
	if want := "Name:\tapi\nTgid:\t7\nPid:\t7\nName:\tapi\nTgid:\t7\nPid:\t8\n"; string(statuses) != want {
		t.Errorf("statuses: %q", statuses)
	}
	if _, cut := threads(folder, 30); !strings.HasSuffix(string(cut), "Pid:\t7\n") {
		t.Errorf("beyond the limit: %q", cut)
	}
}

// Version 1 mounts processors and tasks apart from memory; "cpu" may be a link to "cpu,cpuacct".
func TestTheProcessorsAndTasksOfVersionOne(t *testing.T) {
	defer func(before string) { procSelf = before }(procSelf)
	for _, c := range []struct{ name, groups, mounts, cpu string }{
		{"together", "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n3:pids:/docker/1f\n", "34 25 0:29 / MOUNT/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n35 25 0:30 / MOUNT/memory rw - cgroup cgroup rw,memory\n36 25 0:31 / MOUNT/pids rw - cgroup cgroup rw,pids\n", "cpu,cpuacct/docker/1f"},
		{"by Docker's mounts", "5:cpuacct,cpu:/docker/1f\n4:memory:/docker/1f\n", "34 25 0:29 /docker/1f MOUNT/cpu ro - cgroup cgroup rw,cpuacct,cpu\n35 25 0:30 /docker/1f MOUNT/memory ro - cgroup cgroup rw,memory\n", "cpu"},
		{"each alone", "6:cpuacct:/a\n5:cpu:/b\n4:memory:/c\n", "33 25 0:28 / MOUNT/acct rw - cgroup cgroup rw,cpuacct\n34 25 0:29 / MOUNT/cpu rw - cgroup cgroup rw,cpu\n35 25 0:30 / MOUNT/memory rw - cgroup cgroup rw,memory\n", "cpu/b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			root := filepath.Join(folder, "mount")
			for _, memory := range []string{"memory", "memory/docker/1f", "memory/c"} {
				lay(t, root, memory+"/memory.stat", "cache 1\nrss 1\n")
			}
			for name, content := range map[string]string{"cpu.stat": "nr_periods 7\nnr_throttled 3\n", "cpu.cfs_quota_us": "60000\n", "cpu.cfs_period_us": "100000\n"} {
				lay(t, root, filepath.Join(c.cpu, name), content)
			}
			account := c.cpu
			if c.name == "each alone" {
				account = "acct/a"
			}
			lay(t, root, filepath.Join(account, "cpuacct.usage"), "12\n")
			lay(t, root, "pids/docker/1f/pids.current", "4\n")
			lay(t, folder, "proc/cgroup", c.groups)
			lay(t, folder, "proc/mountinfo", strings.ReplaceAll(c.mounts, "MOUNT", root))
			procSelf = filepath.Join(folder, "proc")
			var bundle bytes.Buffer
			if err := capture(context.Background(), &bundle, "api", plan{snapshots: 1}, Policy{}.withDefaults(), func() {}); err != nil {
				t.Fatal(err)
			}
			files := unpack(t, bundle.Bytes())
			for name, want := range map[string]string{"cpu.stat": "nr_periods 7\nnr_throttled 3\n", "cpu.cfs_quota_us": "60000\n", "cpu.cfs_period_us": "100000\n", "cpuacct.usage": "12\n"} {
				if got := files["t0/cgroup/"+name]; got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if c.name == "together" && files["t0/cgroup/pids.current"] != "4\n" {
				t.Error("pids.current is missing")
			}
		})
	}
}
