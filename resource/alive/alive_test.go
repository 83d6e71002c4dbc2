package alive_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/alive"
)

// sighted skips a test where the package sees nothing.
func sighted(t *testing.T) {
	t.Helper()
	switch runtime.GOOS {
	case "darwin", "dragonfly", "freebsd", "linux", "netbsd", "openbsd":
	default:
		t.Skip("on this system the package can tell nothing")
	}
}

// pair returns the two ends of a connection.
func pair(t *testing.T, network string) (client, server net.Conn) {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// until checks again and again: what the peer has done takes a moment to arrive.
func until(s *alive.Socket, arrived func(error) bool) (err error) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if err = s.Check(); arrived(err) {
			return err
		}
	}
	return err
}

func failed(err error) bool { return err != nil }

func TestCheck(t *testing.T) {
	sighted(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, c := range []struct {
			name string
			do   func(client, server net.Conn)
			want error
		}{
			{"the peer closes", func(_, server net.Conn) { server.Close() }, alive.ErrPeerClosed},
			{"the peer closes its side", func(_, server net.Conn) {
				server.(interface{ CloseWrite() error }).CloseWrite()
			}, alive.ErrPeerClosed},
			{"the peer talks unasked", func(_, server net.Conn) { io.WriteString(server, "-ERR bye\r\n") }, alive.ErrUnread},
			{"the peer talks and closes", func(_, server net.Conn) {
				io.WriteString(server, "-ERR bye\r\n")
				server.Close()
			}, alive.ErrUnread},
			{"closed on this side", func(client, _ net.Conn) { client.Close() }, net.ErrClosed},
		} {
			t.Run(network+", "+c.name, func(t *testing.T) {
				client, server := pair(t, network)
				s := alive.New(client)
				if !s.CanTell() {
					t.Fatal("it cannot tell")
				}
				if err := s.Check(); err != nil {
					t.Fatalf("before: %v", err)
				}
				c.do(client, server)
				if err := until(s, failed); !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
			})
		}
	}
}

// TestCheckSeesAReset checks that a connection that the peer has reset is not good. Both sides of the check are right: the
// kernel reports the reset once, and says afterwards that the connection has ended.
func TestCheckSeesAReset(t *testing.T) {
	sighted(t)
	client, server := pair(t, "tcp")
	server.(*net.TCPConn).SetLinger(0)
	server.Close()
	s := alive.New(client)
	if err := until(s, failed); err == nil || errors.Is(err, alive.ErrUnread) {
		t.Errorf("a connection that was reset: %v", err)
	}
	if err := s.Check(); !errors.Is(err, alive.ErrPeerClosed) {
		t.Errorf("the second time: %v, want %v", err, alive.ErrPeerClosed)
	}
}

// TestCheckTakesNothing checks that unread bytes are still there after a check.
func TestCheckTakesNothing(t *testing.T) {
	sighted(t)
	client, server := pair(t, "tcp")
	io.WriteString(server, "hello")
	if err := until(alive.New(client), failed); !errors.Is(err, alive.ErrUnread) {
		t.Fatal(err)
	}
	client.SetReadDeadline(time.Now().Add(2 * time.Second)) // so that the test ends if the bytes are gone
	got := make([]byte, 5)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
	if err := alive.New(client).Check(); err != nil {
		t.Errorf("after all is read: %v", err)
	}
}

// TestCheckIgnoresDeadlines checks a connection whose read deadline has passed, as it has for most idle ones.
func TestCheckIgnoresDeadlines(t *testing.T) {
	sighted(t)
	client, server := pair(t, "tcp")
	client.SetDeadline(time.Unix(1, 0))
	s := alive.New(client)
	if err := s.Check(); err != nil {
		t.Errorf("the deadline has passed: %v", err)
	}
	server.Close()
	if err := until(s, failed); !errors.Is(err, alive.ErrPeerClosed) {
		t.Errorf("the peer has closed: %v", err)
	}
}

// TestCheckWithoutASocket checks that a connection without a socket passes, and that the package says so.
func TestCheckWithoutASocket(t *testing.T) {
	client, server := net.Pipe()
	server.Close()
	s := alive.New(client)
	if s.CanTell() {
		t.Error("it says that it can tell")
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// itself is a connection whose NetConn leads nowhere.
type itself struct{ net.Conn }

func (c itself) NetConn() net.Conn { return c }

func TestCheckOfAConnectionBelowItself(t *testing.T) {
	client, _ := net.Pipe()
	if s := alive.New(itself{client}); s.CanTell() {
		t.Error("it says that it can tell")
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	sighted(t)
	client, _ := pair(t, "tcp")
	s := alive.New(client)
	if n := testing.AllocsPerRun(100, func() {
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// watched is a resource that keeps its socket.
type watched struct {
	net.Conn
	socket *alive.Socket
}

// TestPoolFindsWhatThePeerClosed closes the connections of a pool at the other end. The next borrower gets a new one.
func TestPoolFindsWhatThePeerClosed(t *testing.T) {
	sighted(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	pool, err := resource.New(resource.Config[*watched]{
		Open: func(context.Context) (*watched, error) {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				return nil, err
			}
			return &watched{c, alive.New(c)}, nil
		},
		Close:      func(w *watched) error { return w.Close() },
		BorrowTest: alive.Test(func(w *watched) *alive.Socket { return w.socket }),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	borrow := func() *watched {
		lease, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer lease.Release()
		return lease.Value()
	}
	first := borrow()
	if borrow() != first {
		t.Fatal("a good connection was not lent again")
	}
	(<-accepted).Close()
	until(first.socket, failed)
	second := borrow()
	if st := pool.Stats(); second == first || st.Closed.FailedTest != 1 {
		t.Errorf("the same connection: %v, failed tests: %d, want another and 1", second == first, st.Closed.FailedTest)
	}
	(<-accepted).Close()
}

func TestConnIsATest(t *testing.T) {
	sighted(t)
	client, server := pair(t, "tcp")
	run := policy.Test(alive.Conn).Checks()[0].Run
	if err := run(t.Context(), client, time.Time{}); err != nil {
		t.Error(err)
	}
	server.Close()
	until(alive.New(client), failed)
	if err := run(t.Context(), client, time.Time{}); !errors.Is(err, alive.ErrPeerClosed) {
		t.Error(err)
	}
}

func TestTestPassesWithoutASocket(t *testing.T) {
	none := alive.Test(func(int) *alive.Socket { return nil })
	if err := none.Checks()[0].Run(t.Context(), 0, time.Time{}); err != nil {
		t.Error(err)
	}
	defer func() {
		if msg, _ := recover().(string); !strings.Contains(msg, "alive: function of Test is nil") {
			t.Errorf("Test(nil) panics with %q", msg)
		}
	}()
	alive.Test[int](nil)
}

// BenchmarkCheck compares a check with the shortest question to a peer on the same machine.
func BenchmarkCheck(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	s := alive.New(client)
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Check(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("conn", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := alive.Conn(context.Background(), client, time.Time{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("round trip", func(b *testing.B) {
		question := []byte("PING\r\n")
		answer := make([]byte, len(question))
		b.ReportAllocs()
		for b.Loop() {
			client.Write(question)
			if _, err := io.ReadFull(client, answer); err != nil {
				b.Fatal(err)
			}
		}
	})
}
