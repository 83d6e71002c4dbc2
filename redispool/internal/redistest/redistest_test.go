package redistest

import (
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

func dial(t *testing.T, addr string, options ...redis.DialOption) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", addr, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func do(t *testing.T, c redis.Conn, command string, args ...any) string {
	t.Helper()
	reply, err := redis.String(c.Do(command, args...))
	if err != nil {
		t.Fatal(command, args, err)
	}
	return reply
}

func TestServersAreApart(t *testing.T) {
	a, b := Start(t), Start(t)
	if a.Addr() == b.Addr() {
		t.Fatalf("two servers at %s", a.Addr())
	}
	do(t, dial(t, a.Addr()), "SET", "key", "a")
	if _, err := redis.String(dial(t, b.Addr()).Do("GET", "key")); err != redis.ErrNil {
		t.Errorf("GET of a key that another server was given: %v, want ErrNil", err)
	}
}

func TestServerIsOnLoopbackAndMayBeDebugged(t *testing.T) {
	c := dial(t, Start(t).Addr())
	bound, err := redis.Strings(c.Do("CONFIG", "GET", "bind"))
	if err != nil || !slices.Equal(bound, []string{"bind", "127.0.0.1"}) {
		t.Errorf("CONFIG GET bind: %q, %v", bound, err)
	}
	do(t, c, "DEBUG", "SLEEP", "0")
}

func TestStartPassesArguments(t *testing.T) {
	s := Start(t, "--requirepass", "secret")
	if _, err := dial(t, s.Addr()).Do("GET", "key"); err == nil {
		t.Error("no password was asked for")
	}
	if reply := do(t, dial(t, s.Addr(), redis.DialPassword("secret")), "PING"); reply != "PONG" {
		t.Errorf("PING: %q", reply)
	}
}

func TestStopAndRestart(t *testing.T) {
	s := Start(t)
	addr := s.Addr()
	before := dial(t, addr)
	do(t, before, "SET", "key", "value")

	s.Stop()
	s.Stop()
	if _, err := before.Do("PING"); err == nil {
		t.Error("a stopped server answers")
	}
	if c, err := net.Dial("tcp", addr); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("dialing a stopped server: %v, %v", c, err)
	}

	s.Restart()
	if s.Addr() != addr {
		t.Errorf("restarted at %s, not %s", s.Addr(), addr)
	}
	if n, err := redis.Int(dial(t, addr).Do("DBSIZE")); n != 0 || err != nil {
		t.Errorf("DBSIZE after a restart: %d, %v", n, err)
	}
	s.Restart()
	do(t, dial(t, addr), "PING")
}

func TestPauseAndResume(t *testing.T) {
	s := Start(t)
	c := dial(t, s.Addr())
	do(t, c, "PING")

	s.Pause()
	if err := errors.Join(c.Send("PING"), c.Flush()); err != nil {
		t.Fatal(err)
	}
	stalled := dial(t, s.Addr(), redis.DialReadTimeout(time.Millisecond))
	if _, err := stalled.Do("PING"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("PING to a paused server: %v, want a timeout", err)
	}

	s.Resume()
	if reply, err := redis.String(c.Receive()); reply != "PONG" || err != nil {
		t.Errorf("the reply that was held up: %q, %v", reply, err)
	}

	s.Pause()
	s.Stop()
}

func TestRunReportsAPortThatIsTaken(t *testing.T) {
	s := Start(t)
	_, err := run(s.path, "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1")
	if err == nil || !portTaken(err) {
		t.Errorf("second server on one port: %v", err)
	}
}

func TestRunReportsWhatTheServerSaid(t *testing.T) {
	_, err := run(find(t), "--no-such-option", "1")
	if err == nil || portTaken(err) || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("start with an unknown option: %v", err)
	}
}

func TestBoth(t *testing.T) {
	var ran []string
	Both(t, func(t *testing.T, addr string) {
		ran = append(ran, t.Name())
		if reply := do(t, dial(t, addr), "PING"); reply != "PONG" {
			t.Errorf("PING: %q", reply)
		}
	})
	if !slices.Contains(ran, "TestBoth/miniredis") {
		t.Errorf("ran %q", ran)
	}
}

func TestNoGoroutineStays(t *testing.T) {
	t.Run("servers", func(t *testing.T) {
		Start(t).Restart()
		Start(t).Pause()
	})
	// The goroutine that reported the process's end may not have returned yet.
	var stacks string
	for range 1000 {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "redistest.(*process)") {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("still running:\n%s", stacks)
}
