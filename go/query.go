package strata

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// plan is what a request asks for.
type plan struct {
	snapshots int
	interval  time.Duration
	cpu       time.Duration
	trace     time.Duration
	smaps     bool
	network   bool
	collect   bool
}

// length is the time that the plan takes at least.
func (p plan) length() time.Duration {
	return time.Duration(p.snapshots-1)*p.interval + p.cpu + p.trace
}

// parameters is what every error about a query says: nothing of the query
// itself is ever sent back.
const parameters = "known are snapshots, interval, cpu, trace (numbers; the last three in seconds), smaps, net and gc (0 or 1)"

// parseQuery reads a query strictly: what is misspelled would be a capture that
// lacks what was wanted.
func parseQuery(query string, policy Policy) (plan, error) {
	p := plan{snapshots: 2, interval: 60 * time.Second, smaps: true}
	values, err := url.ParseQuery(query)
	if err != nil {
		return p, errors.New("invalid query: " + parameters)
	}
	for key, list := range values {
		if len(list) != 1 {
			return p, errors.New("duplicate parameter: " + parameters)
		}
		value := list[0]
		switch key {
		case "snapshots":
			p.snapshots, err = number(value, 1, policy.MaxSnapshots)
		case "interval":
			p.interval, err = seconds(value, 24*time.Hour)
		case "cpu":
			p.cpu, err = seconds(value, 10*time.Minute)
		case "trace":
			p.trace, err = seconds(value, time.Minute)
		case "smaps":
			p.smaps, err = flag(value)
		case "net":
			p.network, err = flag(value)
		case "gc":
			p.collect, err = flag(value)
		default:
			return p, errors.New("unknown parameter: " + parameters)
		}
		if err != nil {
			return p, fmt.Errorf("%s: %w", key, err)
		}
	}
	if p.length() > policy.MaxTime {
		return p, fmt.Errorf("this takes %s, and at most %s are allowed", p.length(), policy.MaxTime)
	}
	for _, asked := range []struct {
		is   bool
		part Part
		what string
	}{
		{p.cpu > 0, CPU, "a CPU profile"},
		{p.trace > 0, Trace, "an execution trace"},
		{p.network, Network, "sockets and open files"},
		{p.collect, Collection, "a garbage collection"},
	} {
		if asked.is && !policy.allows(asked.part) {
			return p, errors.New(asked.what + " is not allowed here")
		}
	}
	return p, nil
}

func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return least, fmt.Errorf("must be an integer from %d to %d", least, most)
	}
	return n, nil
}

func seconds(text string, most time.Duration) (time.Duration, error) {
	n, err := number(text, 0, int(most/time.Second))
	return time.Duration(n) * time.Second, err
}

func flag(text string) (bool, error) {
	switch text {
	case "0", "":
		return false, nil
	case "1":
		return true, nil
	}
	return false, errors.New("must be 0 or 1")
}
