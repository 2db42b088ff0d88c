package strata

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"strings"
	"testing"
)

func startOwnProfile(t *testing.T, w io.Writer) (stop func()) {
	t.Helper()
	if err := pprof.StartCPUProfile(w); err != nil {
		t.Fatal(err)
	}
	return pprof.StopCPUProfile
}

func TestPageIsSealedAndSaysWhatIsAllowed(t *testing.T) {
	w := get(t, Handler(WithName("api <b>"), WithPolicy(Policy{Deny: Trace})), "/debug/strata/")
	page := w.Body.String()
	if !strings.Contains(page, `name="cpu"`) || strings.Contains(page, `name="trace"`) {
		t.Error("the form does not follow the policy")
	}
	if strings.Contains(page, "<b>") || strings.Contains(page, "<script>") || strings.Contains(page, "style=") {
		t.Error("markup of a name, or an inline script, stands in the page")
	}
	header := w.Header()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
	} {
		if !strings.Contains(header.Get(name), want) {
			t.Errorf("%s: %q", name, header.Get(name))
		}
	}
}

func TestAssetsAreServedUnderAnyPrefix(t *testing.T) {
	for _, target := range []string{"/debug/strata/page.js", "/internal/page.css"} {
		if w := get(t, Handler(), target); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestViewerIsServedAsItIsPacked(t *testing.T) {
	const html = "<!doctype html><title>Viewer</title>"
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write([]byte(html)); err != nil || zip.Close() != nil {
		t.Fatal(err)
	}
	defer func(before func() packedViewer) { viewer = before }(viewer)
	viewer = func() packedViewer { return pack(packed.Bytes()) }
	name := viewer().name
	if page := get(t, Handler(), "/debug/strata/").Body.String(); !strings.Contains(page, name) {
		t.Error("the page does not name it")
	}
	plain := get(t, Handler(), "/debug/strata/"+name)
	if plain.Body.String() != html || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v %s", plain.Code, plain.Header(), plain.Body)
	}
	request := httptest.NewRequest(http.MethodGet, "/debug/strata/"+name, nil)
	request.Header.Set("Accept-Encoding", "gzip")
	zipped := httptest.NewRecorder()
	Handler().ServeHTTP(zipped, request)
	if zipped.Header().Get("Content-Encoding") != "gzip" || !bytes.Equal(zipped.Body.Bytes(), packed.Bytes()) {
		t.Errorf("%v", zipped.Header())
	}
}

func TestAFaultOfTheHandlerIsNotTheServices(t *testing.T) {
	h := Handler(WithPolicy(Policy{Authorize: func(*http.Request) bool { panic("a fault") }}))
	get(t, h, "/debug/strata/") // Does not panic.
}
