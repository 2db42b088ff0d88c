package strata

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime/pprof"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Folders of a crash directory: the run that goes on, and the one before it.
const (
	currentRun  = "current"
	previousRun = "previous"
	// crashFile takes what the runtime prints when the process dies.
	crashFile = "crash.txt"
)

// WithCrashDir lets [Handler] serve what [OnCrash] keeps in the folder of the run
// before, at …/previous.
func WithCrashDir(folder string) Option {
	return func(s *settings) { s.crash = folder }
}

// Every sets how often [OnCrash] writes: 10 seconds if it is not given.
func Every(interval time.Duration) Option {
	return func(s *settings) {
		if interval > 0 {
			s.every = interval
		}
	}
}

// Keep sets how many of its last writings [OnCrash] keeps: 6 if it is not given.
func Keep(count int) Option {
	return func(s *settings) {
		if count >= 2 {
			s.keep = count
		}
	}
}

// OnCrash keeps the last minute of the process in a folder, so that after an
// out-of-memory kill, which leaves nothing behind, there is a witness of what
// grew. The folder must outlive the container: an emptyDir does, a restart of
// the pod does not remove it.
//
// It writes, each time whole and then renamed: MemStats and runtime/metrics, the
// heap profile, the control group's and the process's memory. It keeps the last
// few, and those of the run before. From Go 1.23 on, what the runtime prints as
// the process dies goes there too, besides standard error (see
// [debug.SetCrashOutput]).
//
// A writing of a small service takes about 2 ms of one processor, 1 MiB of garbage
// and 25 KB on the disk (BenchmarkKeep); the heap profile makes it more in a large
// one. It never runs a collection. The returned function stops it.
//
// [debug.SetCrashOutput]: https://pkg.go.dev/runtime/debug#SetCrashOutput
func OnCrash(folder string, options ...Option) (stop func(), err error) {
	s := settingsOf(options)
	current := filepath.Join(folder, currentRun)
	if _, err := os.Stat(current); err == nil {
		previous := filepath.Join(folder, previousRun)
		if err := os.RemoveAll(previous); err != nil {
			return nil, err
		}
		if err := os.Rename(current, previous); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(current, 0o700); err != nil {
		return nil, err
	}
	if err := setCrashOutput(filepath.Join(current, crashFile)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k := &keeper{folder: current, settings: s, gauge: newGauge()}
		for index := 0; ; index++ {
			// A full disk passes; what was kept stays.
			_ = k.keep(index)
			if !wait(ctx, s.every) {
				return
			}
		}
	}()
	return func() { cancel(); <-done }, nil
}

// keeper writes snapshots into a folder and removes the oldest.
type keeper struct {
	folder   string
	settings settings
	gauge    *gauge
	kept     []string
}

func (k *keeper) keep(index int) error {
	name := "t" + strconv.Itoa(index)
	temporary := filepath.Join(k.folder, ".writing")
	if err := os.RemoveAll(temporary); err != nil {
		return err
	}
	for _, folder := range []string{"proc", "cgroup"} {
		if err := os.MkdirAll(filepath.Join(temporary, folder), 0o700); err != nil {
			return err
		}
	}
	if err := k.write(temporary); err != nil {
		return errors.Join(err, os.RemoveAll(temporary))
	}
	final := filepath.Join(k.folder, name)
	if err := os.Rename(temporary, final); err != nil {
		return errors.Join(err, os.RemoveAll(temporary))
	}
	k.kept = append(k.kept, final)
	for len(k.kept) > k.settings.keep {
		if err := os.RemoveAll(k.kept[0]); err != nil {
			return err
		}
		k.kept = k.kept[1:]
	}
	return nil
}

func (k *keeper) write(folder string) error {
	k.gauge.read()
	text, err := k.gauge.json()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "vars.json"), text, 0o600); err != nil {
		return err
	}
	for name, from := range memoryFiles() {
		content, err := os.ReadFile(from)
		if err != nil {
			continue // Not on this system.
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	profile, err := os.OpenFile(filepath.Join(folder, "heap.pb.gz"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(profile, 0), profile.Close())
}

// previous serves what the run before left, as a bundle.
func (h *handler) previous(w http.ResponseWriter, r *http.Request) {
	if h.settings.crash == "" {
		http.Error(w, "nothing is kept from the previous run: see OnCrash and WithCrashDir", http.StatusNotFound)
		return
	}
	folder := filepath.Join(h.settings.crash, previousRun)
	files, err := leftFiles(folder)
	if err != nil || len(files) == 0 {
		http.Error(w, "nothing was kept from the previous run", http.StatusNotFound)
		return
	}
	name := h.settings.name
	if name == "service" {
		name = folderName(executable())
	}
	attach(w, "previous.tar.gz")
	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	archive := tar.NewWriter(zip)
	for _, file := range files {
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
		if err := copyInto(archive, filepath.Join(folder, file), path.Join(name, filepath.ToSlash(file)), h.settings.policy.MaxPart); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if errors.Join(archive.Close(), zip.Close()) != nil {
		panic(http.ErrAbortHandler)
	}
}

// leftFiles are the files of a run in the order of their names: whole snapshots
// only.
func leftFiles(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			return err
		}
		name, err := filepath.Rel(folder, at)
		files = append(files, name)
		return err
	})
	sort.Strings(files)
	return files, err
}

func copyInto(archive *tar.Writer, from, name string, most int64) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	// A stack overflow prints much; its start has the cause.
	size := min(info.Size(), most)
	header := &tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: info.ModTime()}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if n, err := io.Copy(archive, io.LimitReader(file, size)); err != nil || n != size {
		return fmt.Errorf("%s changed while it was being read: %w", name, err)
	}
	return nil
}
