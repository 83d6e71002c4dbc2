package redispool_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// TestPrintedPool checks that every way to print a pool shows its counts and nothing else.
func TestPrintedPool(t *testing.T) {
	var s stubs
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 2, MaxActive: 5}
	if got, want := p.String(), "redispool.Pool{not used yet}"; got != want {
		t.Errorf("before the first use: %q, want %q", got, want)
	}
	idle(t, p, 2)
	held := get(t, p)
	want := "redispool.Pool{2 connections of 5: 1 idle, 1 in use, 0 dialing, 0 testing, 0 closing; 0 waiting}"
	wantPrinted(t, p, want)
	p.Resize(0, 2)
	if got, want := p.String(), strings.Replace(want, " of 5", "", 1); got != want {
		t.Errorf("without a limit: %q, want %q", got, want)
	}
	for name, format := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(format(&b)).Info("state", "pool", p)
		if out := b.String(); !strings.Contains(out, "Idle") && !strings.Contains(out, "idle") || strings.Contains(out, "0x") || strings.Contains(out, "ERROR") {
			t.Errorf("%s: %s", name, out)
		}
	}
	put(t, held)
	p.Close()
	s.settle(t)

	var none *redispool.Pool
	if got := fmt.Sprint(none); got != "redispool.Pool(nil)" {
		t.Errorf("no pool: %q", got)
	}
	if got := fmt.Sprint(&redispool.Pool{}, redispool.NewPool(s.dial, -1)); strings.Contains(got, "0x") {
		t.Errorf("pools not in use: %q", got)
	}
	bad := &redispool.Pool{Dial: s.dial, MinIdle: -1}
	bad.Get()
	if got := bad.String(); !strings.Contains(got, "Pool.MinIdle is -1") {
		t.Errorf("a pool with invalid fields: %q", got)
	}
}

// TestPrintingBesideUse is for the race detector.
func TestPrintingBesideUse(t *testing.T) {
	var s stubs
	p := &redispool.Pool{Dial: s.dial, MaxIdle: 2}
	var all sync.WaitGroup
	all.Go(func() {
		for range 1000 {
			p.Get().Close()
		}
	})
	all.Go(func() {
		for range 1000 {
			_ = fmt.Sprintf("%v %+v %#v", p, p, p)
		}
	})
	all.Wait()
	p.Close()
}

// wantPrinted prints a value with every verb that fits anything, and some that do not.
func wantPrinted(t *testing.T, value any, want string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%q", "%x"} {
		if got := fmt.Sprintf(verb, value); got != want {
			t.Errorf("%s of %T: %.200q, want %q", verb, value, got, want)
		}
	}
}

// TestPrintedConnections prints what Get returns, and what a test gets.
func TestPrintedConnections(t *testing.T) {
	var s stubs
	const open, closed = "redispool.Conn{open}", "redispool.Conn{closed}"
	var tested redis.Conn
	p := &redispool.Pool{Dial: s.dialFull, MaxIdle: 1, MaxActive: 1, TestOnBorrow: func(c redis.Conn, _ time.Time) error {
		tested = c
		wantPrinted(t, c, open)
		return nil
	}}
	idle(t, p, 1)
	c := get(t, p)
	wantPrinted(t, c, open)
	wantPrinted(t, tested, closed)
	wantPrinted(t, p.Get(), "redispool.Conn{redigo: connection pool exhausted}")
	put(t, c)
	wantPrinted(t, c, closed)
	p.Close()

	shared := &redispool.Pool{Dial: s.dialFull, MaxIdle: 2, Share: 1}
	c = get(t, shared)
	wantPrinted(t, c, open)
	put(t, c)
	wantPrinted(t, c, closed)
	shared.Close()
	s.settle(t)
}

// TestPrintedCluster prints a cluster beside its use, for the race detector, too.
func TestPrintedCluster(t *testing.T) {
	f := newFakeNode(t)
	c := &redispool.Cluster{StartupNodes: []string{f.addr}, MaxActive: 4}
	wantPrinted(t, c, "redispool.Cluster{0 nodes, 0 connections of 4: 0 idle, 0 in use, 0 dialing, 0 testing, 0 closing; 0 waiting}")
	conn := c.Get()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 20 {
				if _, err := c.Do(t.Context(), "GET", "key"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Go(func() {
		for range 20 {
			do(t, conn, "GET", "key")
		}
	})
	for range 20 {
		_ = fmt.Sprintf("%v %+v %#v", c, c, c)
		_ = fmt.Sprintf("%v %+v %#v", conn, conn, conn)
	}
	all.Wait()
	put(t, conn)
	wantPrinted(t, conn, "redispool.ClusterConn{closed}")
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("state", "cluster", c)
	if out := b.String(); !strings.Contains(out, `"redispool.Cluster{1 nodes, `) {
		t.Errorf("logged: %.200s", out)
	}
	c.Close()
	if c = nil; fmt.Sprint(c) != "redispool.Cluster(nil)" {
		t.Errorf("no cluster: %v", c)
	}
}

// TestPrintedSentinel prints a Sentinel before, while and after it watches.
func TestPrintedSentinel(t *testing.T) {
	w := newSentinelWorld(t)
	wantPrinted(t, w.Sentinel, `redispool.Sentinel{master "mymaster": not watched}`)
	p := w.Master(&redispool.Pool{MaxIdle: 1})
	w.lends(p, firstServer)
	wantPrinted(t, w.Sentinel, `redispool.Sentinel{master "mymaster": `+firstServer+`}`)
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("state", "sentinel", w.Sentinel)
	if out := b.String(); !strings.Contains(out, firstServer) {
		t.Errorf("logged: %.200s", out)
	}
	p.Close()
	w.Sentinel.Close()
	wantPrinted(t, w.Sentinel, `redispool.Sentinel{master "mymaster": closed}`)
	var none *redispool.Sentinel
	wantPrinted(t, none, "redispool.Sentinel(nil)")
}
