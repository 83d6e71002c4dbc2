package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
)

// lineServer is the other end of the first pool. It answers each
// line with the same line in capitals, and with the number of the
// connection. It does not answer "quiet".
type lineServer struct {
	listener  net.Listener
	accepting sync.WaitGroup
	handlers  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func startLineServer() (*lineServer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &lineServer{listener: l}
	s.accepting.Go(s.accept)
	return s, nil
}

func (s *lineServer) addr() string { return s.listener.Addr().String() }

func (s *lineServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // stop has closed the listener
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		number := len(s.conns)
		s.mu.Unlock()
		s.handlers.Go(func() { serve(conn, number) })
	}
}

func serve(conn net.Conn, number int) {
	defer conn.Close()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if lines.Text() == "quiet" {
			continue
		}
		if _, err := fmt.Fprintf(conn, "%s (connection %d)\n", strings.ToUpper(lines.Text()), number); err != nil {
			return
		}
	}
}

// hangUp closes all connections, as a restart does.
func (s *lineServer) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
}

// stop ends the server.
func (s *lineServer) stop() {
	s.listener.Close()
	s.accepting.Wait()
	s.hangUp()
	s.handlers.Wait()
}
