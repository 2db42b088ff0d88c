// Package strata captures a Go service from inside: goroutines, heap, what the
// runtime knows of its memory, and what the kernel and the control group know
// of it at the same moment, as one bundle that the Strata viewer reads.
//
// The hardest part of a capture is to get at the files: images without a shell,
// clusters that forbid kubectl exec, figures that are read seconds apart. A
// process can always read itself. With
//
//	import _ "example.com/strata/auto"
//
// a server that serves [http.DefaultServeMux] also serves
//
//	/debug/strata/         a page that captures and shows the report
//	/debug/strata/bundle   the bundle, a .tar.gz
//
// and any other mux takes [Handler].
//
// # What it exposes
//
// Whoever can reach these pages can read function names, file paths, the values
// of pprof labels, the module's build settings, and how much memory the process
// uses; with a Policy that allows it also CPU profiles and execution traces.
// That is what net/http/pprof exposes, and it wants the same care: serve it on
// an address that only operators reach (localhost and a port-forward), or wrap
// the handler with the check that guards the rest of your debug pages. A
// bundle has no arguments, no environment variables except the runtime's own
// (GOGC, GOMEMLIMIT, GODEBUG, GOMAXPROCS, GOTRACEBACK), and no memory contents.
//
// # What it costs
//
// One capture runs at a time, within the bounds of its [Policy]. A snapshot stops
// the world for as long as its goroutine dump and its MemStats do, and never
// runs a garbage collection unless the request says gc=1. Profiles are held in
// memory one at a time while they are written. A client that goes away ends it.
package strata
