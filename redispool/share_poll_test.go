package redispool

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// layer is a program's wrapper of a network connection. It hides the socket below.
type layer struct{ net.Conn }

// hollow has the method of a socket, but no socket, as a program's test double may.
type hollow struct {
	net.Conn
	syscaller
}

type syscaller interface {
	SyscallConn() (syscall.RawConn, error)
}

// traced is a program's wrapper of redigo's connection.
type traced struct{ redis.Conn }

// TestArrived asks connections of all kinds whether something has arrived.
func TestArrived(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.NumCPU() == 1 {
		t.Skip("no caller polls here")
	}
	for name, c := range map[string]struct {
		network string
		known   bool
		dial    func(net.Conn) redis.Conn
	}{
		"TCP":                                 {"tcp", true, func(c net.Conn) redis.Conn { return redis.NewConn(c, 0, 0) }},
		"a Unix socket":                       {"unix", true, func(c net.Conn) redis.Conn { return redis.NewConn(c, 0, 0) }},
		"a wrapper of the connection":         {"tcp", true, func(c net.Conn) redis.Conn { return &traced{redis.NewConn(c, 0, 0)} }},
		"a layer above the socket":            {"tcp", false, func(c net.Conn) redis.Conn { return redis.NewConn(layer{c}, 0, 0) }},
		"a socket's methods without a socket": {"tcp", false, func(c net.Conn) redis.Conn { return redis.NewConn(hollow{Conn: c}, 0, 0) }},
		"TLS":                                 {"tcp", false, func(c net.Conn) redis.Conn { return redis.NewConn(tls.Client(c, nil), 0, 0) }},
		"a connection of another kind":        {"tcp", false, func(net.Conn) redis.Conn { return &scripted{} }},
	} {
		t.Run(name, func(t *testing.T) {
			mine, server := connected(t, c.network)
			p := &Pool{MaxIdle: 2, Share: 1, Dial: func() (redis.Conn, error) { return c.dial(mine), nil }}
			defer p.Close()
			lent, _, err := p.get().borrow(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer closeLeased(lent.lease)
			w := (*wire)(lent)
			expect := func(when string, want bool) {
				t.Helper()
				if arrived, known := w.Arrived(); arrived != want && c.known || known != c.known {
					t.Errorf("%s: arrived %v, known %v", when, arrived, known)
				}
			}
			expect("nothing was sent", false)
			server.Write([]byte("+PONG\r\n"))
			if !c.known {
				expect("a reply was sent", false)
				return
			}
			awaitArrival(t, w)
			if got, err := w.Receive(false); got != "PONG" || err != nil {
				t.Fatal(got, err)
			}
			expect("the reply was read", false)
			server.Close()
			awaitArrival(t, w)
			mine.Close()
			expect("the connection was closed at this end", true)
		})
	}
}

// connected returns the two ends of a connection.
func connected(t *testing.T, network string) (mine, theirs net.Conn) {
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
	if mine, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mine.Close() })
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return mine, theirs
}

// awaitArrival asks until something has arrived: what the peer does takes a moment to arrive.
func awaitArrival(t *testing.T, w *wire) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		switch arrived, known := w.Arrived(); {
		case arrived && known:
			return
		case !known || time.Now().After(end):
			t.Fatalf("nothing has arrived (known %v)", known)
		}
	}
}

// TestShareBusyPoll: callers poll at least in the pool's trials, unless the field turns polling off. The statistics count these
// waits.
func TestShareBusyPoll(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.NumCPU() == 1 {
		t.Skip("no caller polls here")
	}
	addr := redistest.Start(t).Addr()
	for limit, polls := range map[time.Duration]bool{0: true, time.Millisecond: true, -1: false} {
		p := sharingPool(t, addr, 2)
		p.ShareBusyPoll = limit
		for range 1000 {
			if _, err := p.Do(context.Background(), "PING"); err != nil {
				t.Fatal(err)
			}
		}
		if n := p.ShareStats().Polled; n > 0 != polls {
			t.Errorf("with ShareBusyPoll %v callers polled %d times", limit, n)
		}
	}
}

// A lone caller polls on a connection of its own, and on a shared one.
func TestLoneCallerPolls(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.NumCPU() == 1 {
		t.Skip("no caller polls here")
	}
	for _, wait := range []bool{true, false} { // without Wait a lone caller takes a shared connection
		p := sharingPool(t, redistest.Start(t).Addr(), 1)
		p.Wait = wait
		for range 10 {
			if _, err := p.Do(context.Background(), "PING"); err != nil {
				t.Fatal(err)
			}
		}
		if st := p.ShareStats(); st.Polled == 0 || st.Calls != 10 {
			t.Errorf("Wait %v: %+v", wait, st)
		}
	}
}

// swapping is a wrapper that changes what it wraps, as one that connects again does.
type swapping struct {
	mu sync.Mutex
	redis.Conn
}

func (s *swapping) Send(cmd string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Conn = &traced{s.Conn}
	return s.Conn.Send(cmd, args...)
}

// TestArrivedWhileAWrapperSends: a reader that asks while another caller sends does not access the wrapper. The race detector
// checks that.
func TestArrivedWhileAWrapperSends(t *testing.T) {
	mine, _ := connected(t, "tcp")
	p := &Pool{MaxIdle: 2, Share: 1, Dial: func() (redis.Conn, error) { return &swapping{Conn: redis.NewConn(mine, 0, 0)}, nil }}
	defer p.Close()
	lent, _, err := p.get().borrow(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer closeLeased(lent.lease)
	w := (*wire)(lent)
	var sending sync.WaitGroup
	sending.Go(func() { w.Send("PING", nil) })
	if arrived, _ := w.Arrived(); arrived {
		t.Error("something has arrived")
	}
	sending.Wait()
}

// buffering is a network connection of the program's own, which has the methods of a socket, and bytes that it has already read.
type buffering struct {
	*net.TCPConn
	in *bufio.Reader
}

// Read returns one line at most. So redigo has often read all that it got, while the next reply is in the buffer.
func (b *buffering) Read(p []byte) (n int, err error) {
	for n < len(p) && (n == 0 || p[n-1] != '\n' && b.in.Buffered() > 0) {
		if p[n], err = b.in.ReadByte(); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// TestPollBelowABuffer: where the kernel does not know of all bytes, callers poll in vain, and get their own replies. Each pool makes
// so few calls that all of them are trials.
func TestPollBelowABuffer(t *testing.T) {
	addr := redistest.Start(t).Addr()
	dial := func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err != nil {
			return nil, err
		}
		return &buffering{c.(*net.TCPConn), bufio.NewReaderSize(c, 1<<16)}, nil
	}
	for range 20 {
		p := sharingPool(t, addr, 1, redis.DialNetDial(dial))
		var callers sync.WaitGroup
		for g := range 5 {
			callers.Go(func() {
				for i := range 5 {
					want := fmt.Sprint(g, "-", i, strings.Repeat("-", i*2000))
					if got, err := redis.String(p.Do(context.Background(), "ECHO", want)); got != want || err != nil {
						t.Errorf("caller %d, call %d: %d bytes, %v", g, i, len(got), err)
						return
					}
				}
			})
		}
		callers.Wait()
		atRest(t, p)
	}
}

// An error that Receive itself has got is not replaced by one that a poll got.
func TestPollKeepsOtherErrors(t *testing.T) {
	mine, _ := connected(t, "tcp")
	a := &arrivals{conn: mine, taken: net.ErrWriteToConnected}
	if err := a.restore(os.ErrDeadlineExceeded); err != os.ErrDeadlineExceeded {
		t.Error(err)
	}
	if err := a.restore(nil); err != nil {
		t.Error(err)
	}
}
