// Package auto serves [strata.Handler] at /debug/strata/ of
// [http.DefaultServeMux], as net/http/pprof does for its own pages:
//
//	import _ "example.com/strata/auto"
//
// Package strata says what that exposes and how to guard it.
package auto

import (
	"net/http"

	"example.com/strata"
)

func init() {
	http.Handle(strata.Prefix, strata.Handler())
}
