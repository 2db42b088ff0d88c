//go:build !linux

package strata

import (
	"errors"
	"runtime"
)

// kernel is what the operating system says of this process: only Linux says
// what Strata reads.
type kernel struct{}

func newKernel(*archive, Policy) *kernel { return &kernel{} }

func (*kernel) close() {}

// together reads nothing but what read does.
func (*kernel) together(a *archive, prefix string, read func()) (func(), int64) {
	read()
	return func() {}, 0
}

func (*kernel) rest(a *archive, _ string, _ plan, _ Policy) {
	a.miss("/proc and cgroup files", errors.New("none on "+runtime.GOOS))
}

func memoryFiles() map[string]string { return nil }
