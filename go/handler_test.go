package strata

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func get(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

// unpack gives the files of a bundle by their names below its folder.
func unpack(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(bundle))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(header.Name, "/")
		if _, twice := files[name]; twice {
			t.Errorf("%s comes twice", name)
		}
		files[name] = string(content)
	}
}

func readManifest(t *testing.T, files map[string]string) manifest {
	t.Helper()
	var m manifest
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil {
		t.Fatalf("manifest: %v", err)
	}
	return m
}

func TestBundleHasAllLayers(t *testing.T) {
	w := get(t, Handler(WithName("api")), "/debug/strata/bundle?snapshots=2&interval=0&cpu=1&trace=1")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/gzip" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	files := unpack(t, w.Body.Bytes())
	want := []string{
		"t0/goroutine.txt", "t0/goroutine.pb.gz", "t0/vars.json", "t0/heap.pb.gz",
		"t1/goroutine.txt", "t1/vars.json", "t1/allocs.pb.gz", "t1/mutex.pb.gz", "t1/block.pb.gz",
		"t1/cpu.pb.gz", "t1/trace.out", "manifest.json",
	}
	if runtime.GOOS == "linux" {
		want = append(want, "t0/proc/statm", "t0/proc/status", "t0/proc/smaps_rollup", "t0/proc/smaps", "t1/proc/limits")
	}
	for _, name := range want {
		if files[name] == "" {
			t.Errorf("%s is missing; missing are %v", name, readManifest(t, files).Missing)
		}
	}
	if !strings.Contains(files["t0/goroutine.txt"], "TestBundleHasAllLayers") {
		t.Error("this goroutine is not in the dump")
	}
	m := readManifest(t, files)
	if m.Capture != "strata-capture/1" || m.Source != "served by the process" || len(m.Snapshots) != 2 || m.PID == 0 {
		t.Errorf("%+v", m)
	}
	if age := time.Since(time.Unix(m.Started, 0)); age < 0 || age > time.Hour {
		t.Errorf("the process started %s ago", age)
	}
	for _, snapshot := range m.Snapshots {
		if runtime.GOOS == "linux" && (snapshot.Skew <= 0 || snapshot.Skew > time.Second.Microseconds()) {
			t.Errorf("skew %d µs", snapshot.Skew)
		}
	}
}

func TestEachFigureOfTheRuntimeComesOnce(t *testing.T) {
	files := unpack(t, get(t, Handler(), "/debug/strata/bundle?snapshots=1").Body.Bytes())
	var vars struct {
		MemStats struct{ Sys, HeapSys, NumGC uint64 }
		Metrics  map[string]float64
	}
	if err := json.Unmarshal([]byte(files["t0/vars.json"]), &vars); err != nil {
		t.Fatal(err)
	}
	if vars.MemStats.HeapSys == 0 || vars.MemStats.Sys < vars.MemStats.HeapSys {
		t.Errorf("%+v", vars.MemStats)
	}
	if vars.Metrics["/sched/goroutines:goroutines"] < 1 {
		t.Error("no figures of runtime/metrics")
	}
	for name := range vars.Metrics {
		if strings.HasPrefix(name, "/memory/classes/") {
			t.Errorf("%s is a second reading of a figure of MemStats", name)
		}
	}
}

func TestNoCollectionRunsUnlessItIsAskedFor(t *testing.T) {
	cycles := func(query string) uint32 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		unpack(t, get(t, Handler(), "/debug/strata/bundle?snapshots=1"+query).Body.Bytes())
		runtime.ReadMemStats(&after)
		return after.NumForcedGC - before.NumForcedGC
	}
	if n := cycles(""); n != 0 {
		t.Errorf("%d forced collections", n)
	}
	if n := cycles("&gc=1"); n == 0 {
		t.Error("gc=1 ran none")
	}
}

func TestSecretsOfTheEnvironmentStay(t *testing.T) {
	t.Setenv("API_TOKEN", "s3cr3t-of-the-test")
	t.Setenv("GOGC", "77")
	w := get(t, Handler(), "/debug/strata/bundle?snapshots=1&net=1")
	files := unpack(t, w.Body.Bytes())
	for name, content := range files {
		if strings.Contains(content, "s3cr3t-of-the-test") {
			t.Errorf("%s has it", name)
		}
	}
	if runtime.GOOS == "linux" && files["t0/proc/environ"] != "GOGC=77\x00" {
		t.Errorf("environ %q", files["t0/proc/environ"])
	}
}

func TestAnswersToWhatCannotBeMet(t *testing.T) {
	h := Handler(WithPolicy(Policy{Deny: Trace, MaxSnapshots: 3, MaxTime: time.Minute}))
	for target, want := range map[string]int{
		"/debug/strata/bundle?snapshots=4":            http.StatusBadRequest,
		"/debug/strata/bundle?snapshots=0":            http.StatusBadRequest,
		"/debug/strata/bundle?snapshots=2&interval=x": http.StatusBadRequest,
		"/debug/strata/bundle?interval=61":            http.StatusBadRequest,
		"/debug/strata/bundle?snapshot=1":             http.StatusBadRequest,
		"/debug/strata/bundle?cpu=1&cpu=2":            http.StatusBadRequest,
		"/debug/strata/bundle?trace=1":                http.StatusBadRequest,
		"/debug/strata/bundle?a=%zz":                  http.StatusBadRequest,
		"/debug/strata/previous":                      http.StatusNotFound,
		"/debug/strata/other":                         http.StatusNotFound,
		"/debug/strata/../../etc/passwd":              http.StatusNotFound,
		"/debug/strata/":                              http.StatusOK,
	} {
		if w := get(t, h, target); w.Code != want {
			t.Errorf("%s: %d, want %d: %s", target, w.Code, want, w.Body)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/debug/strata/bundle", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodGet {
		t.Errorf("POST: %d", w.Code)
	}
	closed := Handler(WithPolicy(Policy{Authorize: func(*http.Request) bool { return false }}))
	for _, target := range []string{"/debug/strata/", "/debug/strata/bundle", "/debug/strata/page.js"} {
		if w := get(t, closed, target); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestDeniedPartsAreLeftOut(t *testing.T) {
	h := Handler(WithPolicy(Policy{Deny: Mappings | Goroutines | Cgroup}))
	files := unpack(t, get(t, h, "/debug/strata/bundle?snapshots=1").Body.Bytes())
	for name := range files {
		base := path.Base(name)
		if base == "smaps" || base == "maps" || strings.HasPrefix(base, "goroutine") || strings.Contains(name, "cgroup/") {
			t.Errorf("%s is there", name)
		}
	}
	if files["t0/vars.json"] == "" {
		t.Error("what is allowed is not there")
	}
}

// server serves the handler, and starts a capture that lasts.
func startCapture(t *testing.T, server *httptest.Server, ctx context.Context, query string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/debug/strata/bundle?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func TestOneCaptureAtATimeAndAClientThatGoesEndsIt(t *testing.T) {
	server := httptest.NewServer(Handler())
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first := startCapture(t, server, ctx, "snapshots=2&interval=600")
	if first.StatusCode != http.StatusOK {
		t.Fatal(first.Status)
	}
	second := startCapture(t, server, context.Background(), "snapshots=1")
	why, _ := io.ReadAll(second.Body)
	if second.StatusCode != http.StatusConflict || !strings.Contains(string(why), "another capture") {
		t.Fatalf("%s %s", second.Status, why)
	}
	cancel()
	// The next one runs as soon as the server has seen that the client is gone.
	for start := time.Now(); ; {
		next := startCapture(t, server, context.Background(), "snapshots=1")
		if next.StatusCode == http.StatusOK {
			bundle, err := io.ReadAll(next.Body)
			if err != nil {
				t.Fatal(err)
			}
			unpack(t, bundle)
			return
		}
		if time.Since(start) > 20*time.Second {
			t.Fatal("the capture goes on without its client")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAServersWriteTimeoutDoesNotCutTheBundle(t *testing.T) {
	server := httptest.NewUnstartedServer(Handler())
	server.Config.WriteTimeout = 200 * time.Millisecond
	server.Start()
	defer server.Close()
	response := startCapture(t, server, context.Background(), "snapshots=2&interval=1")
	bundle, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if files := unpack(t, bundle); files["t1/vars.json"] == "" {
		t.Error("the second snapshot is missing")
	}
}

// full is a disk without space: a client that takes so much and no more.
type full struct{ left int }

var errNoSpace = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, errNoSpace
	}
	f.left -= len(p)
	return len(p), nil
}

func TestWritingThatFailsEndsTheCapture(t *testing.T) {
	for _, left := range []int{0, 10, 4000} {
		p := plan{snapshots: 3, interval: time.Hour}
		err := capture(context.Background(), &full{left}, "api", p, Policy{}.withDefaults(), func() {})
		if !errors.Is(err, errNoSpace) {
			t.Errorf("%d bytes: %v", left, err)
		}
	}
}

func TestCeilingsAreSaid(t *testing.T) {
	policy := Policy{MaxPart: 2000, MaxBundle: 6000}.withDefaults()
	var bundle bytes.Buffer
	if err := capture(context.Background(), &bundle, "api", plan{snapshots: 1, smaps: true}, policy, func() {}); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, bundle.Bytes())
	size := 0
	for name, content := range files {
		if name != "manifest.json" {
			size += len(content)
		}
		if len(content) > 2000 && path.Base(name) != "vars.json" && name != "manifest.json" && name != "buildinfo.txt" {
			t.Errorf("%s has %d bytes", name, len(content))
		}
	}
	missing := strings.Join(readManifest(t, files).Missing, "\n")
	if size > 6000 || !strings.Contains(missing, errLarge.Error()) || !strings.Contains(missing, errFull.Error()) {
		t.Errorf("%d bytes, missing: %s", size, missing)
	}
}

func TestADumpIsWholeHoweverManyGoroutinesThereAre(t *testing.T) {
	const many = 3000
	done := make(chan struct{})
	var started sync.WaitGroup
	started.Add(many)
	var deep func(depth int)
	deep = func(depth int) {
		if depth > 0 {
			deep(depth - 1)
			return
		}
		started.Done()
		<-done
	}
	for i := 0; i < many; i++ {
		go deep(40) // Several times what is reckoned with at first.
	}
	started.Wait()
	defer close(done)
	dump := func(policy Policy) (string, manifest) {
		var bundle bytes.Buffer
		if err := capture(context.Background(), &bundle, "api", plan{snapshots: 1}, policy.withDefaults(), func() {}); err != nil {
			t.Fatal(err)
		}
		files := unpack(t, bundle.Bytes())
		return string(files["t0/goroutine.txt"]), readManifest(t, files)
	}
	whole, notes := dump(Policy{})
	if n := strings.Count(whole, "\ngoroutine "); n < many || !strings.HasSuffix(whole, "\n") || len(notes.Missing) > 0 {
		t.Errorf("%d goroutines, %d bytes, missing: %q", n, len(whole), notes.Missing)
	}
	cut, notes := dump(Policy{MaxPart: 300_000})
	missing := strings.Join(notes.Missing, "\n")
	if len(cut) != 300_000 || !strings.Contains(missing, "the end of t0/goroutine.txt") {
		t.Errorf("%d bytes, missing: %s", len(cut), missing)
	}
}

func TestTheManifestComesHoweverFullTheBundleIs(t *testing.T) {
	for most := int64(1); most < 40; most++ {
		var bundle bytes.Buffer
		a := newArchive(&bundle, "api", 1, most)
		a.write("file", make([]byte, most), time.Now())
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
		readManifest(t, unpack(t, bundle.Bytes()))
	}
}

func TestAServiceThatProfilesItselfKeepsItsProfile(t *testing.T) {
	var own bounded
	own.most = 1 << 20
	stop := startOwnProfile(t, &own)
	defer stop()
	files := unpack(t, get(t, Handler(), "/debug/strata/bundle?snapshots=1&cpu=1").Body.Bytes())
	missing := strings.Join(readManifest(t, files).Missing, "\n")
	if _, is := files["t0/cpu.pb.gz"]; is || !strings.Contains(missing, "cpu.pb.gz") {
		t.Errorf("missing: %s", missing)
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "snapshots=2&interval=3", "cpu=1&trace=9999", "gc=2", "a=%zz", "snapshots=-1", "interval=9e9", ";"} {
		f.Add(seed)
	}
	policy := Policy{}.withDefaults()
	f.Fuzz(func(t *testing.T, query string) {
		p, err := parseQuery(query, policy)
		if err == nil && (p.snapshots < 1 || p.snapshots > policy.MaxSnapshots || p.length() < 0 || p.length() > policy.MaxTime) {
			t.Fatalf("%q gives %+v", query, p)
		}
		if err != nil && len(query) > 12 && strings.Contains(err.Error(), query) {
			t.Fatalf("%q is sent back", query)
		}
	})
}
