// Command busy runs under runtime/trace until the trace has as many megabytes
// as its second argument says, and writes it to the file of its first. It does
// what services do: requests over loopback, a worker pool, locks, timers,
// allocation, short goroutines, tasks and regions.
package main

import (
	"context"
	"io"
	"net"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type counter struct {
	file  *os.File
	bytes atomic.Int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	return c.file.Write(p)
}

var (
	shelf [4096][]byte
	lock  sync.Mutex
)

func handle(ctx context.Context, id int, jobs chan<- int) {
	ctx, task := trace.NewTask(ctx, "request")
	defer task.End()
	trace.WithRegion(ctx, "store", func() {
		lock.Lock()
		shelf[id%len(shelf)] = make([]byte, 512+id%8192)
		lock.Unlock()
	})
	jobs <- id
}

func echo(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go io.Copy(connection, connection)
	}
}

func client(ctx context.Context, address string, jobs chan<- int, done *sync.WaitGroup) {
	defer done.Done()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	answer := make([]byte, 64)
	for id := 0; ctx.Err() == nil; id++ {
		if id%8 == 0 {
			connection.Write(answer)
			io.ReadFull(connection, answer)
		}
		var requests sync.WaitGroup
		for range 4 {
			requests.Add(1)
			go func() { defer requests.Done(); handle(ctx, id, jobs) }()
		}
		requests.Wait()
	}
}

func main() {
	megabytes, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		panic(err)
	}
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	out := &counter{file: file}
	if err := trace.Start(out); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go echo(listener)
	jobs := make(chan int, 16)
	for range 8 {
		go func() {
			for id := range jobs {
				if id%64 == 0 {
					time.Sleep(50 * time.Microsecond)
				}
			}
		}()
	}
	var clients sync.WaitGroup
	for range 12 {
		clients.Add(1)
		go client(ctx, listener.Addr().String(), jobs, &clients)
	}
	for out.bytes.Load() < megabytes*1_000_000 {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	clients.Wait()
	trace.Stop()
	if err := file.Close(); err != nil {
		panic(err)
	}
}
