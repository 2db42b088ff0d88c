package strata

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); {
		if time.Since(start) > 20*time.Second {
			t.Fatal("never: ", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

func TestTheLastSnapshotsAreKeptAndServedByTheNextRun(t *testing.T) {
	folder := t.TempDir()
	stop, err := OnCrash(folder, Every(time.Millisecond), Keep(3))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a fifth snapshot", func() bool { return exists(folder, "current", "t5") })
	stop()
	entries, err := os.ReadDir(filepath.Join(folder, "current"))
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "t") {
			kept++
		}
	}
	if kept != 3 {
		t.Errorf("%d are kept: %v", kept, entries)
	}
	// The next run: what the first left is served, and not written over.
	stop, err = OnCrash(folder, Every(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	w := get(t, Handler(WithName("api"), WithCrashDir(folder)), "/debug/strata/previous")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	files := unpack(t, w.Body.Bytes())
	heaps := 0
	for name := range files {
		if strings.HasSuffix(name, "/heap.pb.gz") {
			heaps++
		}
	}
	if heaps != 3 {
		t.Errorf("%d heap profiles: %d files", heaps, len(files))
	}
}

func TestWithoutARunBeforeNothingIsServed(t *testing.T) {
	folder := t.TempDir()
	w := get(t, Handler(WithCrashDir(folder)), "/debug/strata/previous")
	if w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

func TestAFolderThatCannotBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OnCrash(filepath.Join(file, "below")); err == nil {
		t.Error("no error")
	}
}

// What a writing costs a process: the figure that OnCrash's documentation states.
func BenchmarkKeep(b *testing.B) {
	k := &keeper{folder: b.TempDir(), settings: settingsOf(nil), gauge: newGauge()}
	for index := 0; index < b.N; index++ {
		if err := k.keep(index); err != nil {
			b.Fatal(err)
		}
	}
}
