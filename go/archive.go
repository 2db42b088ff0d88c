package strata

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"
	"time"
)

// errFull is what ends a bundle that reached its ceiling.
var errFull = errors.New("the bundle reached its maximum size")

// archive writes a bundle as it is captured. The first error that writing gives
// stays, and nothing is written after it.
type archive struct {
	zip    *gzip.Writer
	tar    *tar.Writer
	folder string
	left   int64
	err    error
	notes  manifest
	// files of the snapshot that is being taken.
	files []fileNote
}

// manifest says what a bundle has, when it was read and what is missing.
// started is when the process did, but for what the runtime and the packages
// before this one take to initialize.
var started = time.Now()

type manifest struct {
	Capture   string         `json:"capture"`
	Source    string         `json:"source"`
	PID       int            `json:"pid"`
	Started   int64          `json:"process_started_unix"`
	Interval  float64        `json:"interval_seconds"`
	Snapshots []snapshotNote `json:"snapshots"`
	Missing   []string       `json:"missing"`
}

type snapshotNote struct {
	Label string `json:"label"`
	Start string `json:"start"`
	End   string `json:"end"`
	// Skew is the time from the first to the last reading of what is compared:
	// runtime, process and control group.
	Skew  int64      `json:"skew_microseconds"`
	Files []fileNote `json:"files"`
}

type fileNote struct {
	Name  string `json:"name"`
	At    string `json:"at"`
	Micro int64  `json:"took_microseconds"`
}

const timeForm = "2006-01-02T15:04:05.000000Z07:00"

func newArchive(w io.Writer, folder string, pid int, most int64) *archive {
	// The fastest level: the service has better things to do.
	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	return &archive{
		zip: zip, tar: tar.NewWriter(zip), folder: folder, left: most,
		notes: manifest{
			Capture: "strata-capture/1", Source: "served by the process", PID: pid,
			Started: started.Unix(), Missing: []string{},
		},
	}
}

// add writes a file that was read from start to end.
func (a *archive) add(name string, content []byte, start, end time.Time) {
	a.files = append(a.files, fileNote{Name: name, At: start.UTC().Format(timeForm), Micro: end.Sub(start).Microseconds()})
	a.write(name, content, end)
}

func (a *archive) write(name string, content []byte, at time.Time) {
	if a.err != nil {
		return
	}
	if int64(len(content)) > a.left {
		a.miss(name, errFull)
		return
	}
	a.left -= int64(len(content))
	header := &tar.Header{Name: path.Join(a.folder, name), Mode: 0o644, Size: int64(len(content)), ModTime: at.Truncate(time.Second)}
	if a.err = a.tar.WriteHeader(header); a.err == nil {
		_, a.err = a.tar.Write(content)
	}
}

// miss notes what could not be had.
func (a *archive) miss(what string, why error) {
	note := what + " (" + oneLine(why.Error()) + ")"
	for _, known := range a.notes.Missing {
		if known == note {
			return
		}
	}
	a.notes.Missing = append(a.notes.Missing, note)
}

// flush sends what is there.
func (a *archive) flush() {
	if a.err == nil {
		a.err = a.tar.Flush()
	}
	if a.err == nil {
		a.err = a.zip.Flush()
	}
}

// close writes the manifest and the end.
func (a *archive) close() error {
	text, err := json.MarshalIndent(a.notes, "", "  ")
	if err == nil {
		text = append(text, '\n')
		a.left += int64(len(text)) // It comes whatever was left out.
		a.write("manifest.json", text, time.Now())
	}
	if a.err == nil {
		a.err = a.tar.Close()
	}
	if a.err == nil {
		a.err = a.zip.Close()
	}
	return a.err
}

// bounded is a buffer that takes so many bytes and refuses the rest.
type bounded struct {
	bytes.Buffer
	most int64
	full bool
}

var errLarge = errors.New("larger than the maximum file size")

func (b *bounded) Write(p []byte) (int, error) {
	if b.full || int64(b.Len()+len(p)) > b.most {
		b.full = true
		return 0, errLarge
	}
	return b.Buffer.Write(p)
}

// folderName is a name that is safe as a folder of a bundle.
func folderName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, name)
	if clean = strings.Trim(clean, "."); clean == "" {
		return "service"
	}
	if len(clean) > 64 {
		clean = clean[:64]
	}
	return clean
}

func oneLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 200 {
		text = text[:200]
	}
	return text
}
