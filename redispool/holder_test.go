package redispool_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// holders is what pools with leak reports say of their borrowers. The reports of leaks, of lost leases and of
// Terminate have the same stacks.
type holders struct {
	mu    sync.Mutex
	pools []*redispool.Pool
	seen  []string // the first place in the program, of each connection that was out
}

// reporting has a pool keep the stacks of its borrowers.
func (h *holders) reporting(p *redispool.Pool) *redispool.Pool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.LeakAfter = time.Hour
	h.pools = append(h.pools, p)
	return p
}

// look notes the borrowers of this moment.
func (h *holders) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.pools {
		for _, r := range p.Inspect().Resources {
			if r.Holder != "" {
				_, place, _ := strings.Cut(r.Holder, "\n\t")
				place, _, _ = strings.Cut(place, "\n")
				h.seen = append(h.seen, place)
			}
		}
	}
}

// expect checks that there was one borrower.
func (h *holders) expect(t *testing.T, want string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.seen) != 1 || h.seen[0] != want {
		t.Errorf("the borrower is %q, want %q", h.seen, want)
	}
	h.seen = nil
}

// placeOf is the place of a call.
func placeOf(_ any, err error) string {
	if err != nil {
		panic(err)
	}
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line)
}

// must returns a connection of which there was no error.
func must(c redis.Conn, err error) redis.Conn {
	if err != nil {
		panic(err)
	}
	return c
}

// ways are the ways to borrow from a pool. Each returns the place where it does.
var ways = map[string]func(ctx context.Context, p *redispool.Pool) (redis.Conn, string){
	"Get": func(_ context.Context, p *redispool.Pool) (redis.Conn, string) { return p.Get(), placeOf(nil, nil) },
	"GetContext": func(ctx context.Context, p *redispool.Pool) (redis.Conn, string) {
		return must(p.GetContext(ctx)), placeOf(nil, nil)
	},
	"GetBackground": func(ctx context.Context, p *redispool.Pool) (redis.Conn, string) {
		return must(p.GetBackground(ctx)), placeOf(nil, nil)
	},
	"GetUrgent": func(ctx context.Context, p *redispool.Pool) (redis.Conn, string) {
		return must(p.GetUrgent(ctx)), placeOf(nil, nil)
	},
	"GetContext, with a deadline": func(ctx context.Context, p *redispool.Pool) (redis.Conn, string) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return must(p.GetContext(ctx)), placeOf(nil, nil)
	},
	"Get again": func(_ context.Context, p *redispool.Pool) (redis.Conn, string) {
		p.Get().Close()
		return p.Get(), placeOf(nil, nil)
	},
	"Get, after a wait": func(_ context.Context, p *redispool.Pool) (redis.Conn, string) {
		other := p.Get()
		time.AfterFunc(time.Second, func() { other.Close() })
		return p.Get(), placeOf(nil, nil)
	},
	"Redigo": func(_ context.Context, p *redispool.Pool) (redis.Conn, string) {
		return p.Redigo().Get(), placeOf(nil, nil)
	},
	"Redigo, GetContext": func(ctx context.Context, p *redispool.Pool) (redis.Conn, string) {
		return must(p.Redigo().GetContext(ctx)), placeOf(nil, nil)
	},
	"RedigoOwned": func(_ context.Context, p *redispool.Pool) (redis.Conn, string) {
		return p.RedigoOwned().Get(), placeOf(nil, nil)
	},
}

// TestHolderIsTheProgram borrows in every way, and looks where the lease seems to have begun: it is a line of this file.
func TestHolderIsTheProgram(t *testing.T) {
	for name, borrow := range ways {
		for _, field := range []string{"Dial", "DialContext"} {
			t.Run(name+", "+field, func(t *testing.T) {
				var s stubs
				h := &holders{}
				p := h.reporting(&redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true, Dial: s.dial})
				if field == "DialContext" {
					p.Dial, p.DialContext = nil, s.dialContext
				}
				inBubble(t, &s, p, func(t *testing.T) {
					c, place := borrow(t.Context(), p)
					h.look()
					h.expect(t, place)
					put(t, c)
				})
			})
		}
	}
}

// A call without a connection of its own has one while it waits for the reply. With Share a connection that several
// callers have began with one of them.
func TestHolderDuringACall(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, p *redispool.Pool) string{
		"Pool.Do": func(ctx context.Context, p *redispool.Pool) string { return placeOf(p.Do(ctx, "WHO")) },
		"a function of redigo": func(ctx context.Context, p *redispool.Pool) string {
			c := p.Get()
			defer c.Close()
			return placeOf(redis.DoContext(c, ctx, "WHO"))
		},
		"a script": func(_ context.Context, p *redispool.Pool) string {
			c := p.Get()
			defer c.Close()
			return placeOf(redis.NewScript(0, "WHO").Do(c))
		},
	} {
		for _, share := range []int{0, 1} {
			if share == 0 && name != "Pool.Do" {
				continue // TestHolderIsTheProgram
			}
			t.Run(fmt.Sprintf("%s, Share %d", name, share), func(t *testing.T) {
				h := &holders{}
				s := stubs{answer: func(_ *stub, cmd string, args []any) any {
					if cmd != "ECHO" {
						h.look()
					}
					return nil
				}}
				p := h.reporting(&redispool.Pool{MaxIdle: 2, MaxActive: 2, Share: share, Dial: s.dialFull})
				inBubble(t, &s, p, func(t *testing.T) { h.expect(t, call(t.Context(), p)) })
			})
		}
	}
}

func TestHolderOfASentinel(t *testing.T) {
	for _, role := range []string{"master", "replica"} {
		t.Run(role, func(t *testing.T) {
			inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
				h := &holders{}
				from := w.Master
				if role == "replica" {
					from = w.Replicas
				}
				p := from(h.reporting(&redispool.Pool{MaxActive: 1}))
				defer p.Close()
				c, place := p.Get(), placeOf(nil, nil)
				h.look()
				h.expect(t, place)
				put(t, c)
			})
		})
	}
}

// A connection of a Cluster borrows from the pool of a node when its command shows which.
func TestHolderOfACluster(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, c *redispool.Cluster) string{
		"Do": func(ctx context.Context, c *redispool.Cluster) string { return placeOf(c.Do(ctx, "GET", "a")) },
		"a connection": func(ctx context.Context, c *redispool.Cluster) string {
			conn := c.Get()
			defer conn.Close()
			return placeOf(conn.Do("GET", "a"))
		},
		"a function of redigo": func(ctx context.Context, c *redispool.Cluster) string {
			conn := must(c.GetContext(ctx))
			defer conn.Close()
			return placeOf(redis.DoContext(conn, ctx, "GET", "a"))
		},
		"a connection that retries": func(ctx context.Context, c *redispool.Cluster) string {
			conn := must(redispool.RetryConn(c.Get(), 3, time.Microsecond))
			defer conn.Close()
			return placeOf(conn.Do("GET", "a"))
		},
		"a pipeline": func(ctx context.Context, c *redispool.Cluster) string {
			conn := c.Get()
			defer conn.Close()
			place := placeOf(nil, conn.Send("GET", "a"))
			conn.Do("")
			return place
		},
	} {
		for limited, change := range map[string]func(*redispool.Cluster){
			"": func(*redispool.Cluster) {}, ", limited": func(c *redispool.Cluster) { c.MaxActive = 2 },
		} {
			for _, share := range []int{0, 1} {
				t.Run(fmt.Sprintf("%s%s, Share %d", name, limited, share), func(t *testing.T) {
					h, f := &holders{}, newFakeNode(t)
					f.says("GET", func(int) string { h.look(); return "+OK\r\n" })
					c := fakeCluster(t, f, change, func(c *redispool.Cluster) {
						c.CreatePool = func(string) *redispool.Pool {
							return h.reporting(&redispool.Pool{MaxIdle: 2, MaxActive: 2, Share: share})
						}
					})
					h.expect(t, call(t.Context(), c))
				})
			}
		}
	}
}
