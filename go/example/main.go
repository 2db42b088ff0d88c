// Example is a service in a distroless image: it has no shell, and captures itself.
// Dockerfile and deployment.yaml beside it build and run it:
//
//	kubectl port-forward deploy/shop 6060 & curl -o capture.tar.gz http://127.0.0.1:6060/debug/strata/bundle
package main

import (
	"io"
	"log"
	"net/http"

	"example.com/strata"
)

// folder is an emptyDir: it outlives the container, so that the minute before a kill is kept.
const folder = "/var/run/strata"

func main() {
	stop, err := strata.OnCrash(folder)
	if err != nil {
		log.Print(err) // The service runs without it.
	} else {
		defer stop()
	}
	debug := http.NewServeMux()
	debug.Handle(strata.Prefix, strata.Handler(strata.WithName("shop"), strata.WithCrashDir(folder)))
	// Only a port-forward reaches it.
	go func() { log.Print(http.ListenAndServe("127.0.0.1:6060", debug)) }()

	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	log.Fatal(http.ListenAndServe(":8080", nil))
}
