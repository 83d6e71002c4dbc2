package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gomodule/redigo/redis"
)

// fleet is the servers of a sample. They all listen on the loopback interface and keep
// their files in one folder.
type fleet struct {
	ctx context.Context // ends when the sample is interrupted
	dir string

	mu      sync.Mutex
	servers []*server
}

// server is a process of redis-server. As a sentinel it is not a data server.
type server struct {
	addr     string
	port     int
	sentinel bool
	conf     string // the name of its file of settings

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// start starts a redis-server on a free port. settings makes its settings for
// that port.
func (f *fleet) start(sentinel bool, settings func(port int) string) (*server, error) {
	var err error
	for range 5 { // another process may take the port first
		s := &server{port: freePort(), sentinel: sentinel}
		s.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
		dir := filepath.Join(f.dir, strconv.Itoa(s.port))
		if err = os.Mkdir(dir, 0o700); err != nil {
			continue
		}
		s.conf = filepath.Join(dir, "redis.conf")
		text := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nlogfile %s\n%s\n", s.port, dir, filepath.Join(dir, "log"), settings(s.port))
		if err = os.WriteFile(s.conf, []byte(text), 0o600); err != nil {
			return nil, err
		}
		if err = f.launch(s); err == nil {
			return s, nil
		}
		if f.ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// launch starts the server's process, and returns when it answers.
func (f *fleet) launch(s *server) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	args := []string{s.conf}
	if s.sentinel {
		args = append(args, "--sentinel")
	}
	cmd := exec.Command("redis-server", args...)
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	s.cmd, s.ended = cmd, ended
	if !slices.Contains(f.servers, s) {
		f.servers = append(f.servers, s)
	}
	return f.await(s, 10*time.Second)
}

// await waits until the server itself answers, and not another one on its port.
func (f *fleet) await(s *server, limit time.Duration) error {
	var last error
	err := f.until(limit, fmt.Sprintf("the redis-server on %s answers", s.addr), func() bool {
		if !s.alive() {
			last = fmt.Errorf("the redis-server on %s has ended", s.addr)
			return true
		}
		info, err := s.info("server")
		return err == nil && info["process_id"] == strconv.Itoa(s.cmd.Process.Pid)
	})
	return errors.Join(err, last)
}

// until checks every few milliseconds whether something holds.
func (f *fleet) until(limit time.Duration, what string, holds func() bool) error {
	deadline := time.Now().Add(limit)
	for !holds() {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v: %s", limit, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// end kills all servers and waits until they have ended.
func (f *fleet) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.servers {
		s.kill()
	}
}

// data returns the data servers that run.
func (f *fleet) data() (running []*server) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.servers {
		if !s.sentinel && s.alive() {
			running = append(running, s)
		}
	}
	return running
}

func (f *fleet) find(addr string) *server {
	for _, s := range f.data() {
		if s.addr == addr {
			return s
		}
	}
	return nil
}

func (s *server) alive() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// kill is kill -9, also for a stopped process.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// hang stops the process: its connections stay open, and nothing answers.
func (s *server) hang() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

func (s *server) goOn() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

// do is one command on a connection of its own.
func (s *server) do(command string, args ...any) (any, error) {
	c, err := redis.Dial("tcp", s.addr, redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(5*time.Second), redis.DialWriteTimeout(time.Second))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Do(command, args...)
}

// freePort returns a port that no process listens on. The bus of a cluster's node uses the
// port that is 10,000 higher, so that port is free as well. Both are below the ports that
// the system gives to outgoing connections.
func freePort() int {
	for {
		p := 12000 + rand.IntN(10000)
		if free(p) && free(p+10000) {
			return p
		}
	}
}

func free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
