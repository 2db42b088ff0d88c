// Load measures what a capture costs the service that makes it: how long its
// requests take and how much memory it takes at its peak, without a capture, with
// captures back to back, and with the profiles of a capture fetched one by one from
// net/http/pprof. What captures take beyond these is the handler's own.
//
//	go run ./internal/load [-goroutines N] [-rate N] [-seconds N]
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/strata"
)

func main() {
	serve := flag.Bool("serve", false, "be the service")
	goroutines := flag.Int("goroutines", 5000, "goroutines that wait")
	rate := flag.Int("rate", 300, "requests a second")
	seconds := flag.Int("seconds", 10, "length of each of the three phases")
	flag.Parse()
	if *serve {
		service(*goroutines)
		return
	}
	if err := measure(*goroutines, *rate, *seconds); err != nil {
		log.Fatal(err)
	}
}

// service answers requests that allocate a little, beside goroutines that wait.
func service(goroutines int) {
	for i := 0; i < goroutines; i++ {
		go wait(i%50, make(chan struct{}))
	}
	mux := http.NewServeMux()
	mux.Handle(strata.Prefix, strata.Handler(strata.WithName("load")))
	mux.HandleFunc("/work", func(w http.ResponseWriter, _ *http.Request) {
		parts := make([]string, 0, 200)
		for i := 0; i < cap(parts); i++ {
			parts = append(parts, strconv.Itoa(i))
		}
		io.WriteString(w, strings.Join(parts, ","))
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}

// wait stands depth frames deep until the process ends.
func wait(depth int, never chan struct{}) {
	if depth > 0 {
		wait(depth-1, never)
		return
	}
	<-never
}

func measure(goroutines, rate, seconds int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(program, "-serve", "-goroutines", strconv.Itoa(goroutines))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	defer child.Process.Kill()
	var url string
	if _, err := fmt.Fscan(out, &url); err != nil {
		return err
	}
	span := time.Duration(seconds) * time.Second
	load(url, rate, 2*time.Second) // connections, heap and scheduler warm up
	for _, phase := range []struct {
		name  string
		paths []string
	}{
		{"no capture", nil},
		{"profiles one by one", profiles},
		{"captures", []string{strata.Prefix + "bundle?snapshots=1"}},
	} {
		fetched := make(chan string, 1)
		resident := highest(child.Process.Pid, span)
		go func() { fetched <- fetch(url, phase.paths, span) }()
		report(phase.name, load(url, rate, span), <-resident)
		fmt.Println(<-fetched)
	}
	return nil
}

// profiles are those of a capture of one snapshot.
var profiles = []string{
	"/debug/pprof/goroutine?debug=2", "/debug/pprof/goroutine", "/debug/pprof/heap", "/debug/pprof/allocs",
	"/debug/pprof/mutex", "/debug/pprof/block",
}

// fetch asks for the same paths again and again until the span is over.
func fetch(url string, paths []string, span time.Duration) string {
	start, rounds, bytes := time.Now(), 0, int64(0)
	for len(paths) > 0 && time.Since(start) < span {
		for _, path := range paths {
			answer, err := http.Get(url + path)
			if err != nil {
				return err.Error()
			}
			n, err := io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusOK {
				return fmt.Sprint(answer.Status, " ", err)
			}
			bytes += n
		}
		rounds++
	}
	if rounds == 0 {
		return ""
	}
	return fmt.Sprintf("    %d rounds, %d KiB and %s each", rounds, bytes/int64(rounds)>>10,
		(time.Since(start) / time.Duration(rounds)).Round(time.Millisecond))
}

// load sends requests at a rate, whether the answers come or not, and gives
// how long each took from the time at which it was due.
func load(url string, rate int, span time.Duration) []time.Duration {
	var (
		wait  sync.WaitGroup
		mutex sync.Mutex
		took  []time.Duration
	)
	start := time.Now()
	for i := 0; i < rate*int(span/time.Second); i++ {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		wait.Add(1)
		go func() {
			defer wait.Done()
			answer, err := http.Get(url + "/work")
			if err != nil {
				log.Print(err)
				return
			}
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			mutex.Lock()
			took = append(took, time.Since(due))
			mutex.Unlock()
		}()
	}
	wait.Wait()
	sort.Slice(took, func(a, b int) bool { return took[a] < took[b] })
	return took
}

// highest polls the resident memory of a process, and gives the most after the span.
func highest(pid int, span time.Duration) <-chan int {
	most := make(chan int, 1)
	go func() {
		highest := 0
		for end := time.Now().Add(span); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
			text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
			if fields := strings.Fields(string(text)); len(fields) > 1 {
				pages, _ := strconv.Atoi(fields[1])
				highest = max(highest, pages*os.Getpagesize())
			}
		}
		most <- highest
	}()
	return most
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

func report(what string, took []time.Duration, resident int) {
	at := func(share float64) time.Duration {
		if len(took) == 0 {
			return 0
		}
		return took[int(share*float64(len(took)-1))].Round(10 * time.Microsecond)
	}
	fmt.Printf("%-20s %5d requests: median %s, 99%% %s, longest %s; resident at most %d KiB\n",
		what, len(took), at(0.5), at(0.99), at(1), resident>>10)
}
