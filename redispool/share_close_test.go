package redispool

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestShareClosed: as in redigo, a handle that is closed refuses everything, and the Close of
// the pool ends what comes later.
func TestShareClosed(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 2)
	c, unused := p.Get(), p.Get()
	if err := c.Close(); err != nil || c.Close() != nil {
		t.Error(err)
	}
	if _, err := c.Do("PING"); err != errConnClosed {
		t.Error(err)
	}
	if err := c.Send("PING"); err != errConnClosed || c.Err() != errConnClosed {
		t.Error(err)
	}
	p.Close()
	if _, err := unused.Do("PING"); err != ErrPoolClosed {
		t.Error(err)
	}
	if err := unused.Err(); err != ErrPoolClosed {
		t.Error(err)
	}
	if _, err := p.GetContext(context.Background()); err != ErrPoolClosed {
		t.Error(err)
	}
	if _, err := p.Do(context.Background(), "PING"); err != ErrPoolClosed {
		t.Error(err)
	}
	if _, err := p.Do(context.Background(), "CLIENT", "ID"); err != ErrPoolClosed {
		t.Error(err)
	}
}

// TestShareReset: shared connections are replaced by Reset, Retire, Resize and the lifetime, though calls never cease.
func TestShareReset(t *testing.T) {
	addr := redistest.Start(t).Addr()
	for name, replace := range map[string]func(p *Pool){
		"Reset":    func(p *Pool) { p.Reset() },
		"Retire":   func(p *Pool) { p.Retire(func(redis.Conn) bool { return true }) },
		"lifetime": func(*Pool) {},
		"shrink":   func(p *Pool) { p.Resize(2, 2); p.Resize(16, 16); p.Reset() },
	} {
		t.Run(name, func(t *testing.T) {
			p := sharingPool(t, addr, 2)
			if name == "lifetime" {
				p.MaxConnLifetime = 200 * time.Millisecond
			}
			var end atomic.Bool
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					for i := 0; !end.Load(); i++ {
						token := fmt.Sprint(g, i)
						if got, err := redis.String(p.Do(context.Background(), "ECHO", token)); err != nil || got != token {
							t.Errorf("%q, %v", got, err)
							return
						}
					}
				})
			}
			for p.ShareStats().Calls < 100 {
				runtime.Gosched()
			}
			before := p.ResourceStats().Opened
			replace(p)
			for p.ResourceStats().Opened == before { // the test hangs if nothing is replaced
				runtime.Gosched()
			}
			end.Store(true)
			wg.Wait()
			atRest(t, p)
			if n := p.ShareStats().Broken; n != 0 {
				t.Errorf("%d connections broke", n)
			}
		})
	}
}

// TestShareShutdown: Shutdown waits for the calls that are under way, and they succeed.
func TestShareShutdown(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 2)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				_, err := p.Do(context.Background(), "PING")
				if err == ErrPoolClosed {
					return
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for p.ShareStats().Calls < 100 {
		runtime.Gosched()
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if n := p.ActiveCount(); n != 0 {
		t.Errorf("%d connections after Shutdown", n)
	}
	wg.Wait()
}

// TestShareReadOnly: after READONLY a shared connection is looked at as any other.
func TestShareReadOnly(t *testing.T) {
	master := redistest.Start(t)
	replica := redistest.StartReplica(t, master)
	for name, write := range map[string][]any{
		"SET":                    {"SET", "k", "v"},
		"a script":               {"EVAL", "return redis.call('SET', KEYS[1], 'v')", 1, "k"},
		"a script's other value": {"EVAL", "return {1, {redis.pcall('SET', KEYS[1], 'v')}}", 1, "k"},
	} {
		p := sharingPool(t, replica.Addr(), 1)
		p.Do(context.Background(), "PING")
		atRest(t, p)
		reply, err := p.Do(context.Background(), write[0].(string), write[1:]...)
		if !strings.Contains(fmt.Sprint(reply, err), "READONLY ") {
			t.Fatal(reply, err)
		}
		atRest(t, p)
		if st := p.ResourceStats(); st.Idle != 0 {
			t.Errorf("%s: the connection to the demoted server was kept: %+v", name, st)
		}
	}
}

// TestShareLeavesNothing: at rest there is no goroutine, and a pool that the program drops is closed.
func TestShareLeavesNothing(t *testing.T) {
	addr := redistest.Start(t).Addr()
	before := runtime.NumGoroutine()
	var open atomic.Int32
	func() {
		p := &Pool{MaxIdle: 8, Share: 2, Dial: func() (redis.Conn, error) {
			c, err := redis.Dial("tcp", addr)
			open.Add(1)
			return &counted{c, &open}, err
		}}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				for range 20 {
					p.Do(ctx, "PING")
				}
			})
		}
		wg.Wait()
		atRest(t, p)
	}()
	for end := time.Now().Add(20 * time.Second); open.Load() > 0 || runtime.NumGoroutine() > before; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d connections are open, %d goroutines more than before", open.Load(), runtime.NumGoroutine()-before)
		}
	}
}

type counted struct {
	redis.Conn
	open *atomic.Int32
}

func (c *counted) Close() error {
	c.open.Add(-1)
	return c.Conn.Close()
}
