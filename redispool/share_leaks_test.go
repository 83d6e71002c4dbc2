package redispool

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
	"github.com/respool/respool/resource"
)

// eventCount counts the events of one kind.
type eventCount struct {
	kind resource.EventKind
	mu   sync.Mutex
	n    int
}

func (c *eventCount) Observe(e resource.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Kind == c.kind {
		c.n++
	}
}

func (c *eventCount) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// TestShareLeaks: a shared connection in constant use is no leak, however long that lasts. One whose server does not
// answer is out for as long as a connection that the program has not closed.
func TestShareLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaks := &eventCount{kind: resource.EventLeaked}
		server := &breaking{takes: time.Second, dialable: 100}
		p := &Pool{MaxIdle: 2, Share: 1, LeakAfter: 20 * time.Second, Observer: leaks, Dial: server.dial}
		defer p.Close()
		end := time.Now().Add(5 * time.Minute)
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for time.Now().Before(end) {
					if _, err := p.Do(context.Background(), "GET", "key"); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Duration(g) * 300 * time.Millisecond) // so that they never all wait for one batch
				}
			})
		}
		wg.Wait()
		if n := leaks.count(); n != 0 {
			t.Errorf("%d leaks were reported", n)
		}
		if n := p.ResourceStats().Opened; n != 1 {
			t.Errorf("%d connections were dialed, though one does it", n)
		}
		server.mu.Lock()
		server.takes = time.Minute
		server.mu.Unlock()
		p.Do(context.Background(), "GET", "key")
		if n := leaks.count(); n != 1 {
			t.Errorf("%d leaks were reported while the server did not answer", n)
		}
	})
}

//go:noinline
func loseBoundHandle(p *Pool) {
	c := p.Get()
	c.Do("PING")
	c.Do("MULTI")
}

// TestShareReclaim: a handle that has bound a connection and is lost does not stay in memory, though the handles of other
// callers do. The stack begins in the program.
func TestShareReclaim(t *testing.T) {
	lost := &eventCount{kind: resource.EventLost}
	p := sharingPool(t, redistest.Start(t).Addr(), 2)
	p.Reclaim, p.Observer = true, lost
	kept := []redis.Conn{p.Get(), p.Get()}
	loseBoundHandle(p)
	for end := time.Now().Add(20 * time.Second); lost.count() == 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatal("the connection was not found")
		}
	}
	for _, c := range append(kept, p.Get()) {
		if _, err := c.Do("PING"); err != nil {
			t.Error(err)
		}
		c.Close()
	}
}
