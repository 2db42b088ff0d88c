package strata

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"time"
)

// profileBuffer is what a large profile starts with, so that few of its bytes
// are copied as it grows.
const profileBuffer = 256 << 10

// capture writes a bundle: the snapshots of a plan, then its profiles. It ends
// early when ctx does. The error is that of writing; what could not be captured
// stands in the manifest.
func capture(ctx context.Context, w io.Writer, name string, p plan, policy Policy, sent func()) error {
	if name == "service" {
		name = folderName(executable())
	}
	a := newArchive(w, name, os.Getpid(), policy.MaxBundle)
	a.notes.Interval = p.interval.Seconds()
	k := newKernel(a, policy)
	defer k.close()
	g := newGauge()
	c := &taker{archive: a, kernel: k, gauge: g, plan: p, policy: policy}
	for index := 0; index < p.snapshots; index++ {
		if index > 0 && !wait(ctx, p.interval) {
			break
		}
		c.snapshot(fmt.Sprintf("t%d", index), index+1 == p.snapshots, ctx)
		a.flush()
		sent()
		if a.err != nil {
			return a.err
		}
	}
	if policy.allows(Runtime) {
		if text, ok := buildInfo(); ok {
			a.write("buildinfo.txt", []byte(text), time.Now())
		}
	}
	return errors.Join(ctx.Err(), a.close())
}

func wait(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// taker takes snapshots into an archive.
type taker struct {
	archive *archive
	kernel  *kernel
	gauge   *gauge
	plan    plan
	policy  Policy
	// buffer holds one profile at a time.
	buffer bounded
	// dump is how large the last dump of goroutines was.
	dump   int
	prefix string
}

func (c *taker) snapshot(label string, isLast bool, ctx context.Context) {
	c.prefix = label + "/"
	c.archive.files = nil
	start := time.Now()
	// The ordinary dump first: what follows wakes and starts goroutines.
	if c.policy.allows(Goroutines) {
		c.stacks("goroutine.txt")
		c.lookup("goroutine", "goroutine.pb.gz", 0)
	}
	if c.plan.collect {
		runtime.GC()
	}
	write, skew := c.kernel.together(c.archive, c.prefix, func() {
		if c.policy.allows(Runtime) {
			c.gauge.read()
		}
	})
	if c.policy.allows(Runtime) {
		at := time.Now()
		if text, err := c.gauge.json(); err != nil {
			c.archive.miss("vars.json", err)
		} else {
			c.archive.add(c.prefix+"vars.json", text, at, at)
		}
	}
	write()
	if c.policy.allows(Heap) {
		c.lookup("heap", "heap.pb.gz", 0)
	}
	c.kernel.rest(c.archive, c.prefix, c.plan, c.policy)
	if isLast && ctx.Err() == nil {
		c.extras(ctx)
	}
	c.archive.notes.Snapshots = append(c.archive.notes.Snapshots, snapshotNote{
		Label: label, Skew: skew, Files: c.archive.files,
		Start: start.UTC().Format(timeForm), End: time.Now().UTC().Format(timeForm),
	})
}

// extras are the profiles that the last snapshot has.
func (c *taker) extras(ctx context.Context) {
	if c.policy.allows(Heap) {
		c.lookup("allocs", "allocs.pb.gz", 0)
	}
	if c.policy.allows(Contention) {
		c.lookup("mutex", "mutex.pb.gz", 0)
		c.lookup("block", "block.pb.gz", 0)
	}
	if c.plan.cpu > 0 {
		c.during(ctx, "cpu.pb.gz", c.plan.cpu, pprof.StartCPUProfile, pprof.StopCPUProfile)
	}
	if c.plan.trace > 0 {
		c.during(ctx, "trace.out", c.plan.trace, trace.Start, trace.Stop)
	}
	if c.plan.collect {
		// Last, for it runs a collection. Go 1.26 has it by GOEXPERIMENT, 1.27 always.
		c.lookup("goroutineleak", "goroutineleak.txt", 2)
	}
}

// lookup writes a profile in a form of runtime/pprof; one that this version of Go
// does not have is not missed.
func (c *taker) lookup(profile, name string, debug int) {
	found := pprof.Lookup(profile)
	if found == nil || c.archive.err != nil {
		return
	}
	start := time.Now()
	c.reset()
	if err := found.WriteTo(&c.buffer, debug); err != nil {
		c.archive.miss(c.prefix+name, err)
		return
	}
	c.archive.add(c.prefix+name, c.buffer.Bytes(), start, time.Now())
}

// stackBytes is what a goroutine takes in a dump before it is known of any: some ten frames.
const stackBytes = 1 << 10

// stacks writes the dump of all goroutines, as /debug/pprof/goroutine?debug=2 has
// it. The world stands still while it is written, so it is written once if that
// can be: runtime/pprof tries sizes from 1 MiB on, each from the start.
func (c *taker) stacks(name string) {
	if c.archive.err != nil {
		return
	}
	start := time.Now()
	most := int(min(c.policy.MaxPart, math.MaxInt32))
	size := min(max(c.dump+c.dump/4, runtime.NumGoroutine()*stackBytes+16<<10), most)
	for {
		c.reset()
		c.buffer.Grow(size)
		buffer := c.buffer.AvailableBuffer()
		buffer = buffer[:min(cap(buffer), most)]
		n := runtime.Stack(buffer, true)
		if n == len(buffer) && n < most {
			// As many bytes for each of the rest as for those that fitted.
			fitted := bytes.Count(buffer, []byte("\n\ngoroutine ")) + 1
			size = min(max(2*n, n/fitted*runtime.NumGoroutine()/4*5), most)
			continue
		}
		if n == most {
			c.archive.miss("the end of "+c.prefix+name, errLarge)
		}
		c.dump = n
		c.archive.add(c.prefix+name, buffer[:n], start, time.Now())
		return
	}
}

// during writes what is recorded for a time. Only one such recording can run in a
// process: the service may have one of its own.
func (c *taker) during(ctx context.Context, name string, length time.Duration, begin func(io.Writer) error, end func()) {
	start := time.Now()
	c.reset()
	if err := begin(&c.buffer); err != nil {
		c.archive.miss(c.prefix+name, err)
		return
	}
	wait(ctx, length)
	end()
	if c.buffer.full {
		// A trace that was cut still reads, up to the cut.
		c.archive.miss("the end of "+c.prefix+name, errLarge)
	}
	c.archive.add(c.prefix+name, c.buffer.Bytes(), start, time.Now())
}

func (c *taker) reset() {
	c.buffer.Reset()
	c.buffer.most, c.buffer.full = c.policy.MaxPart, false
	c.buffer.Grow(profileBuffer)
}
