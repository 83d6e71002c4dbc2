package redispool_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
	"github.com/respool/respool/resource/alive"
)

// alivePool returns a pool of connections to a silent server, and the ends of the server.
func alivePool(t *testing.T, pingAfter time.Duration, options ...redis.DialOption) (p *redispool.Pool, ends <-chan net.Conn) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("written for Linux, where a check sees most")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	accepted := make(chan net.Conn, 100)
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	p = &redispool.Pool{
		MaxIdle: 4,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", l.Addr().String(), options...)
		},
		TestOnBorrowContext: redispool.TestAlive(pingAfter),
		TestBudget:          -1,
	}
	t.Cleanup(func() { p.Close() })
	return p, accepted
}

// failsATest borrows until a connection has failed its test: what the peer has done takes a moment to arrive.
func failsATest(t *testing.T, p *redispool.Pool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); p.ResourceStats().Closed.FailedTest == 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the connection has not failed its test")
		}
		put(t, get(t, p))
	}
	if n := p.ResourceStats().Closed.FailedTest; n != 1 {
		t.Errorf("%d connections failed their test, want 1", n)
	}
}

func TestAliveFindsWhatTheServerClosed(t *testing.T) {
	for name, do := range map[string]func(net.Conn){
		"closed":         func(c net.Conn) { c.Close() },
		"talked unasked": func(c net.Conn) { c.Write([]byte("+HELLO\r\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			p, ends := alivePool(t, 0, redispool.DialSocket(nil))
			put(t, get(t, p))
			put(t, get(t, p))
			if st := p.ResourceStats(); st.Opened != 1 || st.Closed.FailedTest != 0 {
				t.Fatalf("a good connection was not lent again: %+v", st)
			}
			end := <-ends
			defer end.Close()
			do(end)
			failsATest(t, p)
			(<-ends).Close()
		})
	}
}

// TestAliveFindsTheRightSocket dials several times for one connection, as a Sentinel may, and wraps the one that is used.
func TestAliveFindsTheRightSocket(t *testing.T) {
	p, ends := alivePool(t, 0, redispool.DialSocket(nil))
	dial := p.DialContext
	p.DialContext = func(ctx context.Context) (redis.Conn, error) {
		var all [3]redis.Conn
		for i := range all {
			c, err := dial(ctx)
			if err != nil {
				return nil, err
			}
			all[i] = c
		}
		all[0].Close()
		all[2].Close()
		return struct{ redis.Conn }{all[1]}, nil
	}
	put(t, get(t, p))
	put(t, get(t, p))
	if st := p.ResourceStats(); st.Closed.FailedTest != 0 {
		t.Fatalf("a good connection failed its test: %+v", st)
	}
	(<-ends).Close()
	(<-ends).Close() // of the one that is used
	failsATest(t, p)
}

// TestAliveUnderTLS ends a connection under TLS at the server: what it sends before the end hides the end from a check that
// takes it for data.
func TestAliveUnderTLS(t *testing.T) {
	s := redistest.Start(t)
	addr, roots := behindTLS(t, s.Addr())
	p, _ := alivePool(t, 0)
	p.DialContext = func(ctx context.Context) (redis.Conn, error) {
		return redis.DialContext(ctx, "tcp", addr, redispool.DialSocket(nil),
			redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots}))
	}
	use := func() {
		c := get(t, p)
		do(t, c, "PING")
		put(t, c)
	}
	use()
	use()
	if st := p.ResourceStats(); st.Opened != 1 || st.Closed.FailedTest != 0 {
		t.Fatalf("a good connection was not lent again: %+v", st)
	}
	do(t, client(t, s.Addr()), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	failsATest(t, p)
	use()
	p.Close()
}

// TestAliveIgnoresBytesUnderTLS has the server send something under TLS that nobody reads. It may be a session
// ticket, so the connection stays.
func TestAliveIgnoresBytesUnderTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr, roots := behindTLS(t, l.Addr().String())
	p, _ := alivePool(t, 0)
	var raw net.Conn
	dial := func(ctx context.Context, network, addr string) (c net.Conn, err error) {
		raw, err = new(net.Dialer).DialContext(ctx, network, addr)
		return raw, err
	}
	p.DialContext = func(ctx context.Context) (redis.Conn, error) {
		return redis.DialContext(ctx, "tcp", addr, redispool.DialSocket(dial),
			redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots}))
	}
	put(t, get(t, p))
	end, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	end.Write([]byte("+HELLO\r\n"))
	for end := time.Now().Add(20 * time.Second); !errors.Is(alive.New(raw).Check(), alive.ErrUnread); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("nothing has arrived")
		}
	}
	put(t, get(t, p))
	if st := p.ResourceStats(); st.Opened != 1 || st.Closed.FailedTest != 0 {
		t.Errorf("the connection failed its test: %+v", st)
	}
	p.Close()
}

// TestAliveFollowsASentinel checks that a Sentinel passes on the context through which DialSocket finds the pool.
func TestAliveFollowsASentinel(t *testing.T) {
	server := redistest.Start(t)
	s := &redispool.Sentinel{
		Addrs:       []string{redistest.StartSentinel(t, "mymaster", server, 1).Addr()},
		MasterName:  "mymaster",
		DialOptions: []redis.DialOption{redispool.DialSocket(nil)},
	}
	defer s.Close()
	p := s.Master(&redispool.Pool{MaxIdle: 1, TestOnBorrowContext: redispool.TestAlive(0)})
	defer p.Close()
	put(t, get(t, p))
	do(t, client(t, server.Addr()), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	failsATest(t, p)
}

// TestAliveWithoutASocket checks that a connection that TestAlive cannot look at passes, unless a PING is due.
func TestAliveWithoutASocket(t *testing.T) {
	s := &stubs{answer: func(*stub, string, []any) any { return redis.Error("ERR no") }}
	c, _ := s.dial()
	if err := redispool.TestAlive(0)(t.Context(), c, time.Time{}); err != nil {
		t.Errorf("without PING: %v", err)
	}
	if err := redispool.TestAlive(time.Hour)(t.Context(), c, time.Now()); err != nil {
		t.Errorf("PING is not due: %v", err)
	}
	if err := redispool.TestAlive(time.Hour)(t.Context(), c, time.Time{}); err == nil {
		t.Error("PING is due, and fails")
	}
}

// TestAliveAtARealServer ends the connections of a pool as an administrator does. Every Get after that is served.
func TestAliveAtARealServer(t *testing.T) {
	s := redistest.Start(t)
	p, _ := alivePool(t, 0)
	p.DialContext = func(ctx context.Context) (redis.Conn, error) {
		return redis.DialContext(ctx, "tcp", s.Addr(), redispool.DialSocket(nil))
	}
	idle(t, p, 3)
	admin := client(t, s.Addr())
	do(t, admin, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	for end := time.Now().Add(20 * time.Second); p.ResourceStats().Closed.FailedTest < 3; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("not all connections have failed their test")
		}
		put(t, get(t, p))
	}
	c := get(t, p)
	if got := do(t, c, "PING"); got != "PONG" {
		t.Error(got)
	}
	put(t, c)
}

// TestAliveSendsNothing checks that the test costs no round trip and no allocation.
func TestAliveSendsNothing(t *testing.T) {
	p, ends := alivePool(t, time.Hour, redispool.DialSocket(nil))
	put(t, get(t, p))
	end := <-ends
	defer end.Close()
	if n := testing.AllocsPerRun(100, func() { p.Get().Close() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	end.SetReadDeadline(time.Unix(1, 0))
	if n, _ := end.Read(make([]byte, 1)); n > 0 {
		t.Error("the test has sent something")
	}
	if st := p.ResourceStats(); st.Opened != 1 {
		t.Errorf("%d connections were opened", st.Opened)
	}
}
