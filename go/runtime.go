package strata

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
)

// gauge reads MemStats and runtime/metrics. Its memory is there before the
// reading, so that between two figures nothing is allocated.
type gauge struct {
	stats   runtime.MemStats
	samples []metrics.Sample
}

func newGauge() *gauge {
	g := &gauge{}
	for _, description := range metrics.All() {
		isNumber := description.Kind == metrics.KindUint64 || description.Kind == metrics.KindFloat64
		// What MemStats has too is taken from there: the two are read one after the
		// other, and figures of two moments would contradict each other.
		if isNumber && !strings.HasPrefix(description.Name, "/memory/classes/") {
			g.samples = append(g.samples, metrics.Sample{Name: description.Name})
		}
	}
	return g
}

func (g *gauge) read() {
	runtime.ReadMemStats(&g.stats)
	metrics.Read(g.samples)
}

// json is what expvar would print, with runtime/metrics beside it.
func (g *gauge) json() ([]byte, error) {
	values := make(map[string]any, len(g.samples))
	for _, sample := range g.samples {
		switch sample.Value.Kind() {
		case metrics.KindUint64:
			values[sample.Name] = sample.Value.Uint64()
		case metrics.KindFloat64:
			if f := sample.Value.Float64(); !math.IsInf(f, 0) && !math.IsNaN(f) {
				values[sample.Name] = f
			}
		}
	}
	return json.Marshal(map[string]any{"memstats": &g.stats, "metrics": values})
}

// buildInfo is what "go version -m" prints of this executable.
func buildInfo() (string, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", false
	}
	// What the linker was told may hold anything.
	kept := info.Settings[:0:0]
	for _, setting := range info.Settings {
		switch setting.Key {
		case "-ldflags", "-gcflags", "-asmflags", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS":
		default:
			kept = append(kept, setting)
		}
	}
	info.Settings = kept
	lines := strings.Split(strings.TrimSuffix(info.String(), "\n"), "\n")
	var text strings.Builder
	text.WriteString(executable() + ": " + info.GoVersion + "\n")
	for _, line := range lines {
		if line != "" && !strings.HasPrefix(line, "go\t") {
			text.WriteString("\t" + line + "\n")
		}
	}
	return text.String(), true
}

// runtimeVariables are the environment variables that the runtime reads: no
// other one is ever captured.
var runtimeVariables = []string{"GOGC", "GOMEMLIMIT", "GODEBUG", "GOMAXPROCS", "GOTRACEBACK"}

// environment is /proc/self/environ with those alone.
func environment() []byte {
	var text []byte
	for _, name := range runtimeVariables {
		if value, ok := os.LookupEnv(name); ok {
			text = append(text, name+"="+value+"\x00"...)
		}
	}
	return text
}

func executable() string {
	if path, err := os.Executable(); err == nil {
		return strings.TrimSuffix(filepath.Base(path), ".exe")
	}
	return "service"
}
