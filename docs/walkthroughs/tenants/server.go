package main

import (
	"bufio"
	"fmt"
	"net"
	"sync"
)

// server is the server of a tenant. It counts its connections.
type server struct {
	listener net.Listener
	tenant   string
	handlers sync.WaitGroup

	mu    sync.Mutex
	conns int
}

func startServer(tenant string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{listener: l, tenant: tenant}
	s.handlers.Go(s.accept)
	return s, nil
}

func (s *server) addr() string { return s.listener.Addr().String() }

func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return // stop has closed the listener
		}
		s.note(1)
		s.handlers.Go(func() { s.serve(c) })
	}
}

// serve answers each line with the tenant's name, until the client says no more.
func (s *server) serve(c net.Conn) {
	defer c.Close()
	defer s.note(-1) // before the client sees the end
	for in := bufio.NewScanner(c); in.Scan(); {
		fmt.Fprintln(c, s.tenant)
	}
}

func (s *server) note(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns += n
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// stop ends the server. All clients must have closed their connections.
func (s *server) stop() {
	s.listener.Close()
	s.handlers.Wait()
}
