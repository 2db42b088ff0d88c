//go:build !go1.23

package strata

// setCrashOutput does nothing: the runtime writes to standard error alone before
// Go 1.23.
func setCrashOutput(string) error { return nil }
