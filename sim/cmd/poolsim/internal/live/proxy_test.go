package live

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/respool/respool/sim"
)

// A proxy refuses connections above the maximum and during an outage, and ends those that
// the server has when it dies.
func TestProxyLimitsAndDrops(t *testing.T) {
	server, err := newAcceptor()
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	hangs, gone := make(chan struct{}), make(chan struct{}, 9)
	defer close(hangs)
	go server.accept(func(c net.Conn) {
		_, _ = io.Copy(c, c)
		gone <- struct{}{}
		<-hangs // a server at work does not close what its client has left
	})
	x, err := newProxy(server.addr(), coarseClock(), &sim.World{MaxConnections: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()

	first, second := greeted(t, x, nil), greeted(t, x, nil)
	greeted(t, x, errRefused)
	if most, refused := x.seen(); most != 2 || refused != 1 {
		t.Errorf("%d connections at most, %d refused", most, refused)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	<-gone
	third := greeted(t, x, nil)

	if _, err := second.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(second, make([]byte, 1)); err != nil {
		t.Fatal("a connection that the server has:", err)
	}
	x.down(1)
	x.dropAll()
	for _, c := range []net.Conn{second, third} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a connection that has outlived the server")
		}
	}
	greeted(t, x, errRefused)
	if _, refused := x.seen(); refused != 1 {
		t.Errorf("%d refused above the maximum, want 1: the others came in an outage", refused)
	}
	x.down(-1)
	greeted(t, x, nil)
}

// greeted dials, and waits for the greeting.
func greeted(t *testing.T, x *proxy, want error) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", x.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := awaitGreeting(t.Context(), c); !errors.Is(err, want) {
		t.Fatalf("greeted with %v, want %v", err, want)
	}
	return c
}

// Visits that wait when the server dies get no worker.
func TestServerDiesWithItsQueue(t *testing.T) {
	f := &front{}
	waiting := make(chan turn, 1)
	f.queue.waiting = []chan turn{waiting}
	f.dropWaiting()
	if got := <-waiting; got.worker != nil || len(f.queue.waiting) != 0 {
		t.Errorf("%+v, and %d wait", got, len(f.queue.waiting))
	}
}

// A goroutine that waits for the end of a stall does not outlive the proxy.
func TestProxyEndsInAStall(t *testing.T) {
	server, err := newAcceptor()
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	x, err := newProxy(server.addr(), coarseClock(), &sim.World{Stalls: []sim.Interval{{At: 0, For: sim.Duration(time.Hour)}}})
	if err != nil {
		t.Fatal(err)
	}
	passed := make(chan struct{})
	go func() {
		x.pass()
		close(passed)
	}()
	x.close()
	<-passed
}
