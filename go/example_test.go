package strata_test

import (
	"net/http"
	"os"
	"time"

	"example.com/strata"
)

func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/debug/strata/", strata.Handler(
		strata.WithName("pricing"),
		strata.WithPolicy(strata.Policy{
			// No traces, and only for those who know the token.
			Deny:      strata.Trace,
			Authorize: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+os.Getenv("DEBUG_TOKEN") },
		}),
	))
	// Where only a port-forward reaches it:
	//	go http.ListenAndServe("127.0.0.1:6060", mux)
}

func ExampleOnCrash() {
	const folder = "/var/run/strata" // An emptyDir: it outlives the container.
	stop, err := strata.OnCrash(folder, strata.Every(10*time.Second))
	if err != nil {
		return // The service runs without it.
	}
	defer stop()
	http.Handle(strata.Prefix, strata.Handler(strata.WithCrashDir(folder)))
}
