package strata

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// The page, and the viewer beside it where this module was packed with one.
//
//go:embed assets
var assets embed.FS

const viewerFile = "assets/viewer.html.gz"

// pagePolicy is the page's: it loads and asks for nothing but what this handler
// serves, and shows the viewer in a frame.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The viewer's own policy stands in it and forbids every connection.
const viewerPolicy = "frame-ancestors 'self'"

var pageTemplate = template.Must(template.ParseFS(assets, "assets/page.html"))

type pageData struct {
	Name     string
	Viewer   string
	Previous bool
	CPU      bool
	Trace    bool
	Network  bool
	Collect  bool
	Most     int
	MaxTime  float64
}

func (h *handler) page(w http.ResponseWriter) {
	policy := h.settings.policy
	name := h.settings.name
	if name == "service" {
		name = executable()
	}
	data := pageData{
		Name: name, Viewer: viewer().name, Previous: h.settings.crash != "",
		CPU: policy.allows(CPU), Trace: policy.allows(Trace), Network: policy.allows(Network), Collect: policy.allows(Collection),
		Most: policy.MaxSnapshots, MaxTime: policy.MaxTime.Seconds(),
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, data); err != nil {
		http.Error(w, "the page could not be created", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("X-Frame-Options", "DENY")
	_, _ = w.Write(page.Bytes())
}

func (h *handler) asset(w http.ResponseWriter, r *http.Request, name string) {
	switch name {
	case "page.js", "page.css":
		content, err := assets.ReadFile(path.Join("assets", name))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	case viewer().name:
		h.viewer(w, r)
	default:
		http.NotFound(w, r)
	}
}

// packedViewer is the viewer as it is embedded. Its name changes with its bytes,
// so that a browser may keep it.
type packedViewer struct {
	name  string
	bytes []byte
}

var viewer = sync.OnceValue(func() packedViewer {
	content, err := assets.ReadFile(viewerFile)
	if err != nil {
		return packedViewer{}
	}
	return pack(content)
})

func pack(content []byte) packedViewer {
	hash := sha256.Sum256(content)
	return packedViewer{name: "viewer-" + hex.EncodeToString(hash[:8]) + ".html", bytes: content}
}

func (h *handler) viewer(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", viewerPolicy)
	header.Set("X-Frame-Options", "SAMEORIGIN")
	header.Set("Cache-Control", "private, max-age=31536000, immutable")
	header.Set("Vary", "Accept-Encoding")
	packed := viewer().bytes
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed)
		return
	}
	if plain, err := gzip.NewReader(bytes.NewReader(packed)); err == nil {
		_, _ = io.Copy(w, plain)
	}
}
