package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// TestKeepZeroLiteral uses a pool that has only a Dial.
func TestKeepZeroLiteral(t *testing.T) {
	var s stubs
	for _, p := range []pooler{&redis.Pool{Dial: s.dial}, &redispool.Pool{Dial: s.dial}} {
		counts(t, p, 0, 0)
		if st := p.Stats(); st != (redis.PoolStats{}) {
			t.Errorf("statistics before the first use: %+v", st)
		}
		a, b := get(t, p), get(t, p)
		counts(t, p, 2, 0)
		put(t, a, b)
		counts(t, p, 0, 0)
	}
	p := redispool.NewPool(s.dial, 1)
	put(t, get(t, p))
	counts(t, p, 1, 1)
	p.Close()
	s.settle(t)
}

// TestKeepUnusedPoolCloses calls a pool that has never lent a connection.
func TestKeepUnusedPoolCloses(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 1})
		p.Close()
		counts(t, p, 0, 0)
		if err := p.Get().Err(); err == nil || err.Error() != "redigo: get on closed pool" {
			t.Errorf("Get of a closed pool: %v", err)
		}
		if n := s.dialed.Load(); n != 0 {
			t.Errorf("%d dials", n)
		}
	})
}

func TestKeepNeitherDialFunction(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		for _, f := range []fields{{}, {MaxActive: 1}, {MaxActive: 1, Wait: true}} {
			p := pool(f)
			for range 2 { // if the first failure kept its place, the second would be at the limit
				c, err := p.GetContext(t.Context())
				const want = "redigo: must pass Dial or DialContext to pool"
				if err == nil || err.Error() != want || c.Err() != err {
					t.Errorf("%+v: error %v, and %v from the connection; want %q", f, err, c.Err(), want)
				}
			}
			counts(t, p, 0, 0)
		}
	})
}

// TestKeepErrorsByIdentity compares errors with ==, as programs on redigo do.
func TestKeepErrorsByIdentity(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxActive: 1})
		held := get(t, p)
		c, err := p.GetContext(t.Context())
		if err != redis.ErrPoolExhausted || c.Err() != redis.ErrPoolExhausted {
			t.Errorf("at the limit: %v, and %v from the connection", err, c.Err())
		}
		put(t, held)

		p = pool(fields{Dial: s.dial, MaxActive: 1, Wait: true})
		held = get(t, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.GetContext(ctx); err != context.DeadlineExceeded {
			t.Errorf("a wait that has timed out: %v", err)
		}
		ctx, end := context.WithCancelCause(t.Context())
		end(errors.New("the cause"))
		if _, err := p.GetContext(ctx); err != context.Canceled {
			t.Errorf("a caller who has left: %v", err)
		}
		put(t, held)
		// Also with a vacant place: a select between the place and the context would choose at random.
		for range 50 {
			if _, err := p.GetContext(ctx); err != context.Canceled {
				t.Fatalf("a caller who has left, with a vacant place: %v", err)
			}
		}
		counts(t, p, 0, 0)

		refused := errors.New("refused")
		s.refuse = func() error { return refused }
		for _, p := range []pooler{pool(fields{Dial: s.dial}), pool(fields{DialContext: s.dialContext})} {
			c, err := p.GetContext(t.Context())
			if err != refused || c.Err() != refused {
				t.Errorf("Dial refused: %v, and %v from the connection", err, c.Err())
			}
			counts(t, p, 0, 0)
		}
	})
}

// TestKeepErrorsOfDial has Dial return errors that look like the pool's own, and a nil pointer, whose Unwrap panics. Get
// returns each as it is.
func TestKeepErrorsOfDial(t *testing.T) {
	down := errors.New("down")
	keptInBubble(t, func(t *testing.T, pool maker) {
		for _, want := range []error{
			(*net.OpError)(nil),
			&resource.HeldError{Open: down}, // of another pool, from which Dial gets what it needs
			&resource.PoolError{Err: &resource.HeldError{Err: resource.ErrWaitTimeout, Open: down}},
			resource.ErrExhausted, resource.ErrClosed, &resource.OpenError{Err: down}, redispool.ErrPoolClosed, redis.ErrPoolExhausted,
		} {
			for _, wait := range []bool{false, true} {
				p := pool(fields{Dial: func() (redis.Conn, error) { return nil, want }, MaxActive: 1, Wait: wait})
				if _, err := p.GetContext(t.Context()); err != want {
					t.Errorf("got %T, want %T", err, want)
				}
				counts(t, p, 0, 0)
				p.Close()
			}
		}
	})
}

// TestKeepNoLimitNeverWaits sets Wait without a limit.
func TestKeepNoLimitNeverWaits(t *testing.T) {
	for _, limit := range []int{0, -1} {
		keptInBubble(t, func(t *testing.T, pool maker) {
			var s stubs
			p := pool(fields{Dial: s.dial, MaxActive: limit, Wait: true, MaxIdle: 5})
			idle(t, p, 5)
			if st := p.Stats(); st.WaitCount != 0 || st.WaitDuration != 0 {
				t.Errorf("waited: %+v", st)
			}
			p.Close()
			s.settle(t)
		})
	}
}

func TestKeepNoIdle(t *testing.T) {
	for _, limit := range []int{0, -1} {
		kept(t, func(t *testing.T, pool maker) {
			var s stubs
			p := pool(fields{Dial: s.dial, MaxIdle: limit})
			for range 3 {
				put(t, get(t, p))
				counts(t, p, 0, 0)
			}
			s.settle(t)
		})
	}
}

func TestKeepDialContextWins(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var plain, ctx stubs
		type key struct{}
		p := pool(fields{Dial: plain.dial, DialContext: func(c context.Context) (redis.Conn, error) {
			if c.Value(key{}) != "value" {
				t.Error("not the caller's context")
			}
			return ctx.dialContext(c)
		}})
		c, err := p.GetContext(context.WithValue(t.Context(), key{}, "value"))
		if err != nil {
			t.Fatal(err)
		}
		put(t, c)
		if plain.dialed.Load() != 0 || ctx.dialed.Load() != 1 {
			t.Error("Dial was called")
		}
	})
}

// TestKeepOrder returns three connections to a pool that keeps two idle. The one that has been idle longest must be closed,
// and the one that came back last must be lent first.
func TestKeepOrder(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxIdle: 2})
		a, b, c := get(t, p), get(t, p), get(t, p) // 1, 2, 3
		put(t, b, a, c)
		var ids []int
		for _, conn := range s.open() {
			ids = append(ids, conn.id)
		}
		if !slices.Equal(ids, []int{1, 3}) {
			t.Errorf("%v stay, want 1 and 3", ids)
		}
		s.open()[0].commands()
		first, second := get(t, p), get(t, p)
		do(t, first, "SET", "by", "first")
		do(t, second, "SET", "by", "second")
		wantCommands(t, s.all[2], "SET by first")
		wantCommands(t, s.all[0], "SET by second")
		put(t, first, second)
		p.Close()
		s.settle(t)
	})
}

// TestKeepFirstComeFirstServed lets waiters queue up one after another.
func TestKeepFirstComeFirstServed(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxActive: 1, MaxIdle: 1, Wait: true})
		held := get(t, p)
		var served []int
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				c := p.Get()
				served = append(served, i) // there is one place, so no other goroutine is here
				time.Sleep(time.Second)
				c.Close()
			})
			synctest.Wait()
		}
		time.Sleep(time.Second)
		put(t, held)
		all.Wait()
		if !slices.IsSorted(served) || len(served) != 10 {
			t.Errorf("served in the order %v", served)
		}
		want := redis.PoolStats{ActiveCount: 1, IdleCount: 1, WaitCount: 10, WaitDuration: 55 * time.Second}
		if st := p.Stats(); st != want {
			t.Errorf("statistics %+v, want %+v", st, want)
		}
		p.Close()
		s.settle(t)
	})
}

// TestKeepWaitsCountWhenTheyEnd reads the statistics while a caller waits, and afterwards.
func TestKeepWaitsCountWhenTheyEnd(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		var s stubs
		p := pool(fields{Dial: s.dial, MaxActive: 1, MaxIdle: 1, Wait: true})
		held := get(t, p)
		done := make(chan redis.Conn)
		go func() { done <- p.Get() }()
		synctest.Wait()
		time.Sleep(time.Second)
		if st := p.Stats(); st.WaitCount != 0 || st.WaitDuration != 0 {
			t.Errorf("while it waits: %+v", st)
		}
		put(t, held)
		c := <-done
		if st := p.Stats(); st.WaitCount != 1 || st.WaitDuration != time.Second {
			t.Errorf("afterwards: %+v", st)
		}
		put(t, c)
		p.Close()
		s.settle(t)
	})
}

// TestKeepEveryBorrowerDials lets a dial fail for one of two borrowers that both need one, and again for the next.
func TestKeepEveryBorrowerDials(t *testing.T) {
	keptInBubble(t, func(t *testing.T, pool maker) {
		s := stubs{refuse: func() error { time.Sleep(time.Second); return errors.New("refused") }}
		p := pool(fields{Dial: s.dial, MaxActive: 2})
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if p.Get().Err() == nil {
					t.Error("a connection")
				}
			})
		}
		synctest.Wait()
		counts(t, p, 2, 0) // a connection counts while it is being dialed
		both.Wait()
		counts(t, p, 0, 0)
		if n := s.dialed.Load(); n != 2 {
			t.Errorf("%d dials for two borrowers", n)
		}
		s.refuse = nil
		put(t, get(t, p))
		if n := s.dialed.Load(); n != 3 {
			t.Errorf("%d dials, want one more", n)
		}
	})
}

// TestKeepBrokenAreDropped returns connections whose Err is not nil. A refused command is not such an error.
func TestKeepBrokenAreDropped(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		s := stubs{answer: func(_ *stub, cmd string, _ []any) any {
			if cmd == "NONSENSE" {
				return redis.Error("ERR unknown command")
			}
			return nil
		}}
		p := pool(fields{Dial: s.dial, MaxIdle: 2})
		c := get(t, p)
		if _, err := c.Do("NONSENSE"); fmt.Sprint(err) != "ERR unknown command" {
			t.Errorf("NONSENSE: %v", err)
		}
		put(t, c)
		counts(t, p, 1, 1)
		c = get(t, p)
		s.last().fail(errors.New("broken"))
		if c.Err() == nil {
			t.Error("Err of a broken connection is nil")
		}
		put(t, c)
		counts(t, p, 0, 0)
		s.settle(t)
	})
}
