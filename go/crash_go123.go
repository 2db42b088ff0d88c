//go:build go1.23

package strata

import (
	"os"
	"runtime/debug"
)

func setCrashOutput(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer file.Close() // The runtime has a descriptor of its own.
	return debug.SetCrashOutput(file, debug.CrashOptions{})
}
