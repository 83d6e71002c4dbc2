// Package redistest starts a Redis for a test: a real redis-server of its own, or an embedded one. Both listen only on the
// loopback interface and end with the test.
//
// The functions end the calling test when they fail, so they must be called on the test's own goroutine.
package redistest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// requireEnv makes a missing redis-server a failure. It is for CI, where nobody would notice a skipped test.
const requireEnv = "RESPOOL_REQUIRE_REDIS"

// NeedFailovers skips a test that has real servers fail over, unless RESPOOL_FAILOVERS is set to 1.
// Such a test takes many seconds of waiting. The servers' own timeouts run on meanwhile, so it
// says nothing on a machine that is too busy to answer within a second.
func NeedFailovers(t testing.TB) {
	t.Helper()
	if os.Getenv("RESPOOL_FAILOVERS") != "1" {
		t.Skip("RESPOOL_FAILOVERS is not 1: no servers fail over")
	}
}

// attempts bounds how often Start tries again when another process takes the port that was free a moment ago.
const attempts = 5

// Server is a redis-server process that stores nothing on disk.
type Server struct {
	t    testing.TB
	path string
	args []string
	conf string // the file of a sentinel's configuration, which it rewrites; empty for a server
	port int

	running *process // nil while stopped
}

// Start starts a redis-server on a free port and returns once it answers. The arguments have the form of redis-server's
// command line. They come after Start's own arguments and so override them. Without a redis-server the test is skipped, or
// fails if RESPOOL_REQUIRE_REDIS is set to 1.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, path: find(t)}
	s.args = []string{"--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}
	if major(t, s.path) >= 7 {
		s.args = append(s.args, "--enable-debug-command", "local")
	}
	s.args = append(s.args, args...)
	t.Cleanup(s.Stop)
	s.startOnFreePort()
	return s
}

func (s *Server) startOnFreePort() {
	s.t.Helper()
	for range attempts {
		s.port = freePort(s.t)
		err := s.start()
		if err == nil {
			return
		}
		if !portTaken(err) {
			s.t.Fatal(err)
		}
	}
	s.t.Fatalf("redis-server: the port was taken by another process %d times in a row", attempts)
}

// Addr returns the address to dial. It stays the same after Restart.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Running reports whether the server was started and not stopped since.
func (s *Server) Running() bool { return s.running != nil }

// Stop kills the server and returns when its process is gone. Stopping twice is harmless.
func (s *Server) Stop() {
	if s.running != nil {
		s.running.kill()
		s.running = nil
	}
}

// Restart starts the server again on the same port, and stops it first if it still runs. Its data are lost.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) start() error {
	args := append([]string{"--port", strconv.Itoa(s.port)}, s.args...)
	if s.conf != "" {
		args = append([]string{s.conf}, args...)
	}
	p, err := run(s.path, args...)
	if err != nil {
		return err
	}
	if err := ping(s.Addr()); err != nil {
		p.kill()
		return err
	}
	s.running = p
	return nil
}

func find(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		message := fmt.Sprintf("needs a real redis-server: %v; to install it on Debian: apt-get install redis-server", err)
		if os.Getenv(requireEnv) == "1" {
			t.Fatalf("%s (%s=1)", message, requireEnv)
		}
		t.Skip(message)
	}
	return path
}

var versionPattern = regexp.MustCompile(`v=(\d+)\.`)

// major returns the server's major version. Start needs it, because a server does not start with an option that it does not
// know.
func major(t testing.TB, path string) int {
	t.Helper()
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Fatalf("%s --version: %v", path, err)
	}
	match := versionPattern.FindSubmatch(out)
	if match == nil {
		t.Fatalf("%s --version: no version in %q", path, out)
	}
	version, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
