package walkthrough

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startPatience bounds the start of a server.
const startPatience = 30 * time.Second

// Servers are processes of redis-server, on the loopback interface, with their files in a temporary directory.
type Servers struct {
	path, dir string
	all       []*Server
}

// Server is one process.
type Server struct {
	Addr string
	Port int

	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
}

// MainServers runs a walkthrough that starts servers. They end with it. Where no redis-server is installed it prints one line
// that says so.
func MainServers(name string, run func(servers *Servers, out io.Writer) error) {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	help, err := parse(f, os.Args[1:], os.Stdout)
	if err == nil && !help {
		err = withServers(os.Stdout, run)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func withServers(out io.Writer, run func(*Servers, io.Writer) error) (err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		fmt.Fprintln(out, "skipped: this needs a redis-server, and none is installed (on Debian: apt-get install redis-server)")
		return nil
	}
	dir, err := os.MkdirTemp("", "respool-")
	if err != nil {
		return err
	}
	s := &Servers{path: path, dir: dir}
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	done := make(chan error, 1)
	go func() { done <- run(s, out) }()
	select {
	case err = <-done:
	case <-interrupt:
		err = errors.New("interrupted")
	}
	for _, server := range s.all {
		server.Kill()
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// Start starts a server on a free port, with the lines as its configuration, and returns when it answers.
func (s *Servers) Start(lines ...string) (*Server, error) { return s.start(lines) }

// StartSentinel does the same with a sentinel.
func (s *Servers) StartSentinel(lines ...string) (*Server, error) {
	return s.start(lines, "--sentinel")
}

func (s *Servers) start(lines []string, args ...string) (*Server, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	server := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Port: port, gone: make(chan struct{})}
	dir := filepath.Join(s.dir, strconv.Itoa(port))
	conf := filepath.Join(dir, "redis.conf")
	lines = append([]string{"bind 127.0.0.1", fmt.Sprint("port ", port), "dir " + dir}, lines...)
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600)); err != nil {
		return nil, err
	}
	server.cmd = exec.Command(s.path, append([]string{conf}, args...)...)
	if err := server.cmd.Start(); err != nil {
		return nil, err
	}
	s.all = append(s.all, server)
	go func() {
		defer close(server.gone)
		server.cmd.Wait()
	}()
	return server, server.awaitStart()
}

func (s *Server) awaitStart() error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(startPatience)
	for {
		err := ping(s.Addr)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.gone:
			return fmt.Errorf("%v has ended at once", s.cmd)
		case <-late:
			return fmt.Errorf("%v does not answer: %w", s.cmd, err)
		}
	}
}

// Kill ends the server as kill -9 does, and returns when it is gone.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	<-s.gone
}

// FreePort returns a port of the loopback interface that no process listens on.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Await waits for something that the servers reach by themselves.
func Await(what string, reached func() bool) error {
	const patience = time.Minute
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !reached(); {
		select {
		case <-tick.C:
		case <-late:
			return fmt.Errorf("not after %v: %s", patience, what)
		}
	}
	return nil
}
