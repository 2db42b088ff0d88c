package strata

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Prefix is where package auto serves the pages.
const Prefix = "/debug/strata/"

// running is held by the capture that runs: one in a process, whatever handlers
// there are.
var running struct {
	sync.Mutex
}

// Handler serves the pages of this package:
//
//	…/          a page that captures this process and shows the report
//	…/bundle    the bundle; the query sets snapshots, interval, cpu, trace, smaps, net, gc
//	…/previous  what [OnCrash] left of the run before, if it is set
//
// Mount it at a path that ends in a slash:
//
//	mux.Handle("/debug/strata/", strata.Handler())
//
// A bundle's response is one of: 200 with the bundle, 400 for a query that
// cannot be met, 403 for a request that [Policy.Authorize] refuses, 405 for a
// method other than GET, 409 while another capture runs.
func Handler(options ...Option) http.Handler {
	return &handler{settings: settingsOf(options)}
}

type handler struct {
	settings settings
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A fault in here is not the service's.
	defer func() {
		if fault := recover(); fault != nil && fault == http.ErrAbortHandler {
			panic(fault)
		}
	}()
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if authorize := h.settings.policy.Authorize; authorize != nil && !authorize(r) {
		http.Error(w, "not allowed", http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet {
		header.Set("Allow", http.MethodGet)
		http.Error(w, "only GET is supported", http.StatusMethodNotAllowed)
		return
	}
	// The last part of the path: the handler need not know where it is mounted.
	switch page := path.Base(r.URL.Path); {
	case strings.HasSuffix(r.URL.Path, "/"):
		h.page(w)
	case page == "bundle":
		h.bundle(w, r)
	case page == "previous":
		h.previous(w, r)
	default:
		h.asset(w, r, page)
	}
}

func (h *handler) bundle(w http.ResponseWriter, r *http.Request) {
	p, err := parseQuery(r.URL.RawQuery, h.settings.policy)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !running.TryLock() {
		http.Error(w, "another capture of this process is running: try again when it is done", http.StatusConflict)
		return
	}
	defer running.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), h.settings.policy.MaxTime)
	defer cancel()
	// A server's time limit for writing is meant for short answers.
	control := http.NewResponseController(w)
	extend := func() { _ = control.SetWriteDeadline(time.Now().Add(p.length() + time.Minute)) }
	extend()
	send := func() {
		extend()
		_ = control.Flush()
	}
	name := h.settings.name
	attach(w, "capture.tar.gz")
	send()
	// The header is sent: an error can only cut the bundle short, which its reader notices.
	if err := capture(ctx, w, name, p, h.settings.policy, send); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "application/gzip")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
}
