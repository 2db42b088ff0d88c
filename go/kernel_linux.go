package strata

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// procSelf is where this process is described; tests lay it elsewhere.
var procSelf = "/proc/self"

// kernel has the files open that are read together: opening costs more than
// reading, and would lie between the figures.
type kernel struct {
	cgroup []*openFile
	proc   []*openFile
	folder string
	// Folders of controllers that version 1 mounts elsewhere than the memory's.
	others []string
	most   int64
}

type openFile struct {
	name string
	file *os.File
	// What was read, in memory that is used again.
	content    []byte
	start, end time.Time
	err        error
}

func newKernel(a *archive, policy Policy) *kernel {
	k := &kernel{most: policy.MaxPart}
	if policy.allows(Cgroup) {
		folder, err := findCgroup(procSelf)
		for _, other := range [][2]string{{"cpu", "cpu.stat"}, {"cpuacct", "cpuacct.usage"}, {"pids", "pids.current"}} {
			if found, err := findController(procSelf, other[0], other[1]); err == nil && found != folder {
				k.others = append(k.others, found)
			}
		}
		if err != nil {
			a.miss("cgroup files", err)
		} else {
			k.folder = folder
			// The sum and its parts: they drift apart.
			for _, name := range []string{"memory.current", "memory.usage_in_bytes", "memory.stat"} {
				k.cgroup = append(k.cgroup, openAt(a, "cgroup/"+name, filepath.Join(folder, name))...)
			}
		}
	}
	if policy.allows(Process) {
		for _, name := range []string{"statm", "status", "smaps_rollup"} {
			k.proc = append(k.proc, openAt(a, "proc/"+name, filepath.Join(procSelf, name))...)
		}
	}
	return k
}

// openAt opens a file; one that does not exist on this kernel is not missed.
func openAt(a *archive, name, path string) []*openFile {
	file, err := os.Open(path)
	switch {
	case err == nil:
		return []*openFile{{name: name, file: file}}
	case !errors.Is(err, fs.ErrNotExist):
		a.miss(name, reason(err))
	}
	return nil
}

func (k *kernel) all() []*openFile {
	return append(append([]*openFile(nil), k.cgroup...), k.proc...)
}

func (k *kernel) close() {
	for _, file := range k.all() {
		file.file.Close()
	}
}

// together reads the control group, the runtime and the process, one right after
// the other; the function that it gives writes them. The second result is the
// time from the first reading to the last in microseconds.
func (k *kernel) together(a *archive, prefix string, read func()) (func(), int64) {
	start := time.Now()
	for _, file := range k.cgroup {
		file.read(k.most)
	}
	read()
	for _, file := range k.proc {
		file.read(k.most)
	}
	skew := time.Since(start).Microseconds()
	return func() {
		for _, file := range k.all() {
			if file.err != nil {
				a.miss(file.name, reason(file.err))
				continue
			}
			a.add(prefix+file.name, file.content, file.start, file.end)
		}
	}, skew
}

func (f *openFile) read(most int64) {
	f.start = time.Now()
	f.content, f.err = readFrom(f.file, f.content[:0], most)
	f.end = time.Now()
}

// readFrom reads a kernel file from its start: it is made anew at each reading
// of the first byte.
func readFrom(file *os.File, buffer []byte, most int64) ([]byte, error) {
	if cap(buffer) == 0 {
		buffer = make([]byte, 0, 16<<10)
	}
	for {
		if len(buffer) == cap(buffer) {
			if int64(len(buffer)) >= most {
				return buffer, errLarge
			}
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := file.ReadAt(buffer[len(buffer):cap(buffer)], int64(len(buffer)))
		buffer = buffer[:len(buffer)+n]
		if errors.Is(err, io.EOF) || (err == nil && n == 0) {
			return buffer, nil
		}
		if err != nil {
			return buffer, err
		}
	}
}

// rest reads what need not be of the same moment.
func (k *kernel) rest(a *archive, prefix string, p plan, policy Policy) {
	copyFile := func(name, path string) {
		start := time.Now()
		file, err := os.Open(path)
		if err == nil {
			var content []byte
			content, err = readFrom(file, nil, k.most)
			file.Close()
			if err == nil && len(content) > 0 {
				a.add(prefix+name, content, start, time.Now())
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			a.miss(name, reason(err))
		}
	}
	taken := map[string]bool{}
	for _, folder := range append([]string{k.folder}, k.others...) {
		if folder == "" {
			continue
		}
		for _, name := range cgroupFiles(folder) {
			// Two controllers may be mounted at one place by two names.
			if !taken[name] {
				taken[name] = true
				copyFile("cgroup/"+name, filepath.Join(folder, name))
			}
		}
	}
	if policy.allows(Process) {
		for _, name := range []string{"stat", "limits", "cgroup", "oom_score", "oom_score_adj"} {
			copyFile("proc/"+name, filepath.Join(procSelf, name))
		}
		copyFile("proc/sys/kernel/threads-max", "/proc/sys/kernel/threads-max")
		copyFile("proc/meminfo", "/proc/meminfo")
		copyFile("proc/thp.enabled", "/sys/kernel/mm/transparent_hugepage/enabled")
		start := time.Now()
		list, statuses := threads(procSelf, k.most)
		if len(list) > 0 {
			a.add(prefix+"proc/threads.txt", list, start, time.Now())
		}
		if len(statuses) > 0 {
			a.add(prefix+"proc/threads.status", statuses, start, time.Now())
		}
		if own := environment(); len(own) > 0 {
			a.add(prefix+"proc/environ", own, time.Now(), time.Now())
		}
	}
	if policy.allows(Mappings) && p.smaps {
		copyFile("proc/smaps", filepath.Join(procSelf, "smaps"))
		copyFile("proc/maps", filepath.Join(procSelf, "maps"))
	}
	if policy.allows(Network) && p.network {
		for _, name := range []string{"sockstat", "sockstat6", "tcp", "tcp6", "udp", "udp6", "unix", "netstat"} {
			copyFile("proc/net/"+name, filepath.Join(procSelf, "net", name))
		}
		for _, name := range []string{"core/somaxconn", "ipv4/ip_local_port_range", "ipv4/tcp_tw_reuse"} {
			copyFile("proc/sys/net/"+name, filepath.Join("/proc/sys/net", name))
		}
		start := time.Now()
		if list, err := openFiles(filepath.Join(procSelf, "fd")); err != nil {
			a.miss("proc/fd.txt", reason(err))
		} else {
			a.add(prefix+"proc/fd.txt", list, start, time.Now())
		}
	}
}

// cgroupFiles lists what of a control group's files can be read and is of use:
// none that acts when it is read or written.
func cgroupFiles(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		switch name {
		case "memory.current", "memory.usage_in_bytes", "memory.stat":
			continue // Read together with the process.
		case "memory.reclaim", "memory.force_empty", "memory.pressure_level", "memory.kmem.slabinfo", "memory.move_charge_at_immigrate":
			continue // Write-only, or not text.
		}
		is := strings.HasPrefix(name, "memory.") || strings.HasPrefix(name, "pids.") || strings.HasPrefix(name, "hugetlb.") ||
			strings.HasPrefix(name, "cpu.cfs_") || name == "cpu.max" || name == "cpu.stat" || name == "cpu.pressure" ||
			name == "cpuacct.usage" || name == "io.pressure"
		if is && !entry.IsDir() {
			names = append(names, name)
		}
	}
	return names
}

// threads lists each thread of a process with the function of the kernel that it waits in and its name, as
// "ps -L -o pid,lwp,wchan,comm" prints them: the top of its stack, which root may read, else wchan. Beside it
// stand the status files, one after the other, up to most bytes.
func threads(proc string, most int64) (list, statuses []byte) {
	entries, err := os.ReadDir(filepath.Join(proc, "task"))
	if err != nil {
		return nil, nil
	}
	// Go itself ends at 10,000 threads.
	const mostThreads = 20_000
	list = []byte("PID LWP WCHAN COMMAND\n")
	pid := os.Getpid()
	for at, entry := range entries {
		if at == mostThreads {
			break
		}
		folder := filepath.Join(proc, "task", entry.Name())
		list = append(list, fmt.Sprintf("%d %s %s %s\n", pid, entry.Name(), waitsIn(folder), nameOf(folder))...)
		status, err := os.ReadFile(filepath.Join(folder, "status"))
		if err == nil && int64(len(statuses)+len(status)) <= most {
			statuses = append(statuses, status...)
		}
	}
	return list, statuses
}

// nameOf is the name of a thread on one line; "-" if it cannot be read.
func nameOf(task string) string {
	comm, err := os.ReadFile(filepath.Join(task, "comm"))
	name := strings.ReplaceAll(strings.TrimSpace(string(comm)), "\n", " ")
	if err != nil || name == "" {
		return "-"
	}
	return name
}

// waitsIn is the function of the kernel that a thread waits in; "-" if it cannot be read, or runs.
func waitsIn(task string) string {
	if stack, err := os.ReadFile(filepath.Join(task, "stack")); err == nil {
		// [<0>] futex_do_wait+0x93/0x440
		top := strings.SplitN(string(stack), "\n", 2)[0]
		if at := strings.Index(top, "] "); at >= 0 {
			return strings.SplitN(top[at+2:], "+", 2)[0]
		}
	}
	wchan, err := os.ReadFile(filepath.Join(task, "wchan"))
	where := strings.TrimSpace(string(wchan))
	if err != nil || where == "" || where == "0" {
		return "-"
	}
	return where
}

// openFiles is what "ls -l /proc/PID/fd" prints.
func openFiles(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, 0, len(entries))
	for _, entry := range entries {
		if n, err := strconv.Atoi(entry.Name()); err == nil {
			numbers = append(numbers, n)
		}
	}
	sort.Ints(numbers)
	const most = 100_000
	var list []byte
	list = append(list, "total 0\n"...)
	for at, n := range numbers {
		if at == most {
			break
		}
		target, err := os.Readlink(filepath.Join(folder, strconv.Itoa(n)))
		if err != nil {
			continue // Closed since.
		}
		list = append(list, fmt.Sprintf("lrwx------ 1 self self 64 Jan  1 00:00 %d -> %s\n", n, target)...)
	}
	return list, nil
}

// findCgroup is the folder of the process's memory controller.
func findCgroup(proc string) (string, error) {
	return findController(proc, "memory", "memory.stat")
}

// findController is the folder of a controller as it is mounted here, which has
// a file of this name: version 2, version 1 where each may be mounted for itself,
// or both in one system. Inside a container the path of the process may lie
// outside of what is mounted; its mount then is the container's own group.
func findController(proc, controller, file string) (string, error) {
	groups, err := os.ReadFile(filepath.Join(proc, "cgroup"))
	if err != nil {
		return "", reason(err)
	}
	mounts, err := os.Open(filepath.Join(proc, "mountinfo"))
	if err != nil {
		return "", reason(err)
	}
	defer mounts.Close()
	var v1, v2 string
	hasV1 := false
	for _, line := range strings.Split(string(groups), "\n") {
		// 4:memory:/docker/1f… or 0::/system.slice/…
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[0] == "0" && parts[1] == "" {
			v2 = parts[2]
		}
		for _, name := range strings.Split(parts[1], ",") {
			if name == controller {
				v1, hasV1 = parts[2], true
			}
		}
	}
	var folders []string
	lines := bufio.NewScanner(mounts)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		mount, ok := parseMount(lines.Text())
		if !ok {
			continue
		}
		switch {
		case mount.kind == "cgroup" && hasV1 && mount.has(controller):
			// Version 1 holds the controller: the unified mount beside it has none.
			folders = append(mount.folders(v1), folders...)
		case mount.kind == "cgroup2":
			folders = append(folders, mount.folders(v2)...)
		}
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, file)); err == nil {
			return folder, nil
		}
	}
	if len(folders) == 0 {
		return "", errors.New("no cgroup file system is mounted here")
	}
	return "", fmt.Errorf("no %s controller is mounted here", controller)
}

type mount struct {
	root, point, kind, options string
}

// parseMount reads a line of mountinfo (proc_pid_mountinfo(5)):
// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	left, right := strings.Fields(before), strings.Fields(after)
	if !ok || len(left) < 5 || len(right) < 1 {
		return mount{}, false
	}
	m := mount{root: unescape(left[3]), point: unescape(left[4]), kind: right[0]}
	if len(right) >= 3 {
		m.options = right[2]
	}
	return m, true
}

func (m mount) has(controller string) bool {
	for _, option := range strings.Split(m.options, ",") {
		if option == controller {
			return true
		}
	}
	return false
}

// folders are the places where a group can be: below the mount by the rest of its
// path below the mount's root or by its whole path, and the mount itself.
func (m mount) folders(group string) []string {
	var folders []string
	if rest, ok := strings.CutPrefix(group, m.root); ok && m.root != "/" && (rest == "" || rest[0] == '/') {
		folders = append(folders, filepath.Join(m.point, rest))
	}
	// "/../…" is a group outside of this namespace.
	if !strings.HasPrefix(group, "/..") {
		folders = append(folders, filepath.Join(m.point, group))
	}
	// A mount of a part of the tree is the container's; the root's files would be
	// those of the whole machine.
	if m.root != "/" {
		folders = append(folders, m.point)
	}
	return folders
}

// unescape undoes the octal escapes of mountinfo.
func unescape(text string) string {
	for _, pair := range [][2]string{{`\040`, " "}, {`\011`, "\t"}, {`\012`, "\n"}, {`\134`, `\`}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// reason is an error without the path, which names folders of the machine.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// memoryFiles is what OnCrash keeps of the kernel's files, by name in a bundle:
// few and small.
func memoryFiles() map[string]string {
	files := map[string]string{}
	for _, name := range []string{"statm", "status", "smaps_rollup"} {
		files["proc/"+name] = filepath.Join(procSelf, name)
	}
	if folder, err := findCgroup(procSelf); err == nil {
		for _, name := range []string{
			"memory.current", "memory.stat", "memory.max", "memory.high", "memory.peak", "memory.events",
			"memory.usage_in_bytes", "memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.failcnt", "memory.oom_control",
		} {
			files["cgroup/"+name] = filepath.Join(folder, name)
		}
	}
	return files
}
