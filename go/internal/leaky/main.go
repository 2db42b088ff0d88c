// Leaky is a service with a planted leak, for trying the package and for tests:
// it keeps every session for ever. It prints the address that it serves.
//
//	go run ./internal/leaky [-crash FOLDER]
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/strata"
)

type session struct {
	body []byte
}

type store struct {
	sync.Mutex
	sessions map[int]*session
}

// Login keeps a session that nothing ever removes.
func (s *store) Login(id int) {
	s.Lock()
	defer s.Unlock()
	body := make([]byte, 16<<10)
	for i := range body {
		body[i] = byte(i + id)
	}
	s.sessions[id] = &session{body: body}
}

func main() {
	crash := flag.String("crash", "", "folder for what is kept of the last minute")
	flag.Parse()
	options := []strata.Option{strata.WithName("leaky")}
	if *crash != "" {
		if _, err := strata.OnCrash(*crash, strata.Every(time.Second)); err != nil {
			log.Fatal(err)
		}
		options = append(options, strata.WithCrashDir(*crash))
	}
	http.Handle(strata.Prefix, strata.Handler(options...))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s%s\n", listener.Addr(), strata.Prefix)
	go func() {
		s := &store{sessions: map[int]*session{}}
		for id := 0; ; id++ {
			s.Login(id)
			time.Sleep(time.Millisecond)
		}
	}()
	log.Fatal(http.Serve(listener, nil))
}
