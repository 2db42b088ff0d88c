package strata

import (
	"net/http"
	"time"
)

// Part is something that a capture takes. Parts add up with the operator |.
type Part uint

// What a capture can take.
const (
	// Goroutines is the goroutine dump and the goroutine profile.
	Goroutines Part = 1 << iota
	// Heap is the heap and allocs profiles.
	Heap
	// Contention is the mutex and block profiles.
	Contention
	// CPU is a CPU profile of some seconds.
	CPU
	// Trace is an execution trace of some seconds.
	Trace
	// Runtime is MemStats, runtime/metrics and the build information.
	Runtime
	// Process is what /proc/self says of memory and limits.
	Process
	// Mappings is smaps and maps: every mapping with the path of its file.
	Mappings
	// Cgroup is the memory, process and CPU files of the control group.
	Cgroup
	// Network is the sockets and open files, with their addresses and paths.
	Network
	// Collection is a garbage collection before the heap profile, and the
	// goroutine leak profile, which runs one.
	Collection

	// All is every part.
	All = Collection<<1 - 1
)

// Policy says who may capture what, and how much. The zero Policy allows
// everything to everyone that reaches the handler, within the limits below.
type Policy struct {
	// Deny is what no request gets. A request that asks for it by name is
	// refused; otherwise it is left out, and the manifest says so.
	Deny Part
	// Authorize is asked before anything else, for each request. Nil allows all.
	Authorize func(*http.Request) bool
	// MaxTime is the longest capture, 30 minutes if zero.
	MaxTime time.Duration
	// MaxSnapshots is the most snapshots of one capture, 12 if zero.
	MaxSnapshots int
	// MaxPart is the size in bytes that one file may have in memory before it is
	// cut off or left out, 64 MiB if zero.
	MaxPart int64
	// MaxBundle is the size in bytes at which a capture ends, before compression:
	// 512 MiB if zero.
	MaxBundle int64
}

func (p Policy) withDefaults() Policy {
	if p.MaxTime <= 0 {
		p.MaxTime = 30 * time.Minute
	}
	if p.MaxSnapshots <= 0 {
		p.MaxSnapshots = 12
	}
	if p.MaxPart <= 0 {
		p.MaxPart = 64 << 20
	}
	if p.MaxBundle <= 0 {
		p.MaxBundle = 512 << 20
	}
	return p
}

func (p Policy) allows(part Part) bool { return p.Deny&part == 0 }

// Option is a setting of [Handler] or [OnCrash].
type Option func(*settings)

type settings struct {
	policy Policy
	name   string
	crash  string
	every  time.Duration
	keep   int
}

// WithPolicy sets who may capture what.
func WithPolicy(policy Policy) Option {
	return func(s *settings) { s.policy = policy }
}

// WithName sets the name of the service in bundles. It is the name of the
// executable otherwise.
func WithName(name string) Option {
	return func(s *settings) { s.name = name }
}

func settingsOf(options []Option) settings {
	s := settings{every: 10 * time.Second, keep: 6}
	for _, option := range options {
		option(&s)
	}
	s.policy = s.policy.withDefaults()
	s.name = folderName(s.name)
	return s
}
