package redispool_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// doubtful makes the only idle connection of a pool doubtful: the server answers GET with LOADING.
func doubtful(t *testing.T, p *redispool.Pool) {
	t.Helper()
	c := get(t, p)
	if _, err := c.Do("GET", "k"); err == nil {
		t.Fatal("no error")
	}
	put(t, c)
	if n := p.IdleCount(); n != 1 {
		t.Fatalf("%d idle connections", n)
	}
}

// loading answers GET with LOADING, and every other command with f.
func loading(f func(c *stub) any) func(*stub, string, []any) any {
	return func(c *stub, cmd string, args []any) any {
		if cmd == "GET" {
			return redis.Error("LOADING Redis is loading the dataset in memory")
		}
		return f(c)
	}
}

// TestDoubtHeedsTheContext has a server that does not answer the pool's question, and a connection whose Close hangs.
func TestDoubtHeedsTheContext(t *testing.T) {
	for _, limit := range []int{0, 1, 2} {
		for _, wait := range []bool{false, true} {
			t.Run(fmt.Sprint(limit, wait), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					free := make(chan struct{})
					s := stubs{answer: loading(func(*stub) any { <-free; return io.EOF }), closing: func(*stub) { <-free }}
					p := &redispool.Pool{MaxIdle: 1, MaxActive: limit, Wait: wait, CleanupTimeout: -1, Dial: s.dial}
					doubtful(t, p)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					begin := time.Now()
					if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
						t.Errorf("error %v", err)
					}
					if took := time.Since(begin); took > 1100*time.Millisecond {
						t.Errorf("the caller had a second, and was there for %v", took)
					}
					close(free)
					synctest.Wait()
					counts(t, p, 0, 0)
					p.Close()
					s.settle(t)
				})
			})
		}
	}
}

// TestDoubtDoesNotWaitForTheClose has a connection whose server has gone, and whose Close takes a minute. A caller waits for
// that close only if it needs the place.
func TestDoubtDoesNotWaitForTheClose(t *testing.T) {
	for limit, want := range map[int]time.Duration{0: 0, 1: time.Minute, 2: 0} {
		for _, wait := range []bool{false, true} {
			for _, ctx := range []context.Context{context.Background(), nil} { // nil: the test's, which ends
				t.Run(fmt.Sprint(limit, wait, ctx), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := stubs{answer: loading(func(c *stub) any {
							if c.id == 1 {
								return io.EOF
							}
							return "OK"
						}), closing: func(c *stub) {
							if c.id == 1 {
								time.Sleep(time.Minute)
							}
						}}
						p := &redispool.Pool{MaxIdle: 1, MaxActive: limit, Wait: wait, Dial: s.dial}
						doubtful(t, p)
						if ctx == nil {
							ctx = t.Context()
						}
						begin := time.Now()
						c, err := p.GetContext(ctx)
						if err != nil {
							t.Fatal(err)
						}
						if took := time.Since(begin); took < want || took > want+100*time.Millisecond {
							t.Errorf("Get took %v, want %v", took, want)
						}
						put(t, c)
						time.Sleep(time.Hour)
						p.Close()
						s.settle(t)
					})
				})
			}
		}
	}
}

// TestDoubtPassesPanicsOn has a question and a Close that panic. In a bubble the caller never leaves a Close that runs.
func TestDoubtPassesPanicsOn(t *testing.T) {
	for _, closes := range []bool{false, true} {
		for _, ends := range []bool{false, true} {
			t.Run(fmt.Sprintf("closes %v, ends %v", closes, ends), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx := context.Background()
					if ends {
						ctx = t.Context()
					}
					doubtPanics(t, closes, ctx)
				})
			})
		}
	}
}

func doubtPanics(t *testing.T, closes bool, ctx context.Context) {
	s := stubs{answer: loading(func(*stub) any {
		if !closes {
			panic("mine")
		}
		return io.EOF
	}), closing: func(*stub) {
		if closes {
			panic("mine")
		}
	}}
	p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Dial: s.dial}
	doubtful(t, p)
	got := panicOf(func() { p.GetContext(ctx) })
	if !strings.HasPrefix(fmt.Sprint(got), "mine") {
		t.Errorf("panic with %v", got)
	}
	counts(t, p, 0, 0)
	s.settle(t)
}

// TestDoLeavesAConnection has a server that does not answer a command, and a connection whose Close hangs.
func TestDoLeavesAConnection(t *testing.T) {
	for _, cmd := range []string{"GET", "SELECT"} {
		t.Run(cmd, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				s := stubs{closing: func(*stub) { <-free }, answer: func(_ *stub, c string, args []any) any {
					switch {
					case c == "GET": // as redigo's DoContext
						time.Sleep(time.Second)
						return context.DeadlineExceeded
					case fmt.Sprint(args...) == "0": // of the pool, which undoes SELECT 3
						<-free
						return io.EOF
					}
					return "OK"
				}}
				home := 0
				p := &redispool.Pool{MaxIdle: 1, CleanupTimeout: -1, Database: &home, Dial: s.dialFull}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				p.Do(ctx, cmd, 3)
				if took := time.Since(begin); took > 1100*time.Millisecond {
					t.Errorf("the caller had a second, and was there for %v", took)
				}
				close(free)
				synctest.Wait()
				p.Close()
				s.settle(t)
			})
		})
	}
}

// TestDoubtOfGetBackground has a connection in doubt fail while another caller has begun to wait, who gets its place.
func TestDoubtOfGetBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stubs{answer: loading(func(c *stub) any {
			if c.id == 1 {
				time.Sleep(time.Second)
				return io.EOF
			}
			return "OK"
		})}
		p := &redispool.Pool{MaxIdle: 1, MaxActive: 1, Wait: true, Dial: s.dial}
		doubtful(t, p)
		waiting := make(chan redis.Conn, 1)
		time.AfterFunc(time.Millisecond, func() { waiting <- p.Get() })
		if _, err := p.GetBackground(t.Context()); err != redispool.ErrReserved {
			t.Errorf("error %v, want %v", err, redispool.ErrReserved)
		}
		put(t, <-waiting)
		p.Close()
		s.settle(t)
	})
}
