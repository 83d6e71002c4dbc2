package resource

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// hanging runs a test on a pool of numbers, in a bubble. A close hangs until the test is
// over, unless closes says otherwise. Closes time out after a second.
func hanging(t *testing.T, c Config[int], closes func(n int) error, f func(t *testing.T, p *Pool[int])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		opened := 0 // the tests open one after another
		c.Open = func(context.Context) (int, error) { opened++; return opened, nil }
		c.Close = closes
		if closes == nil {
			c.Close = func(int) error { <-over; return nil }
		}
		c.CloseTimeout = time.Second
		p, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		f(t, p)
		p.Close()
		if n := p.Stats().Active; n != 0 {
			t.Errorf("%d are active in the end", n)
		}
		close(over)
	})
}

// lend acquires n resources.
func lend(t *testing.T, p *Pool[int], n int) (all []Lease[int]) {
	t.Helper()
	for range n {
		l, err := p.Acquire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// fillIdle has n resources become idle.
func fillIdle(t *testing.T, p *Pool[int], n int) {
	t.Helper()
	for _, l := range lend(t, p, n) {
		l.Release()
	}
}

// tookSince checks how much virtual time has passed.
func tookSince(t *testing.T, begin time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(begin); took != want {
		t.Errorf("it took %v, want %v", took, want)
	}
}

// A release waits for the close that it causes, but not for longer than CloseTimeout.
func TestCloseTimeoutFreesTheReleaser(t *testing.T) {
	hanging(t, Config[int]{MaxIdle: KeepNone}, nil, func(t *testing.T, p *Pool[int]) {
		held, begin := lend(t, p, 1), time.Now()
		held[0].Release()
		tookSince(t, begin, time.Second)
		st := p.Stats()
		if st.Active != 0 || st.Closed.Surplus != 1 || st.ClosesAbandoned != 1 || st.CloseErrors != 0 {
			t.Errorf("got %+v", st)
		}
	})
}

// The place of a resource whose close hangs goes to the first waiter (I13).
func TestCloseTimeoutServesAWaiter(t *testing.T) {
	hanging(t, Config[int]{MaxActive: 1}, nil, func(t *testing.T, p *Pool[int]) {
		held, begin := lend(t, p, 1), time.Now()
		go held[0].Discard()
		next := lend(t, p, 1)
		tookSince(t, begin, time.Second)
		if n := next[0].Value(); n != 2 || p.Stats().Active != 1 {
			t.Errorf("the waiter has %d of %v", n, p.Stats())
		}
		next[0].Release()
	})
}

// An acquirer that needs the place of a resource goes on as well, whether its context can
// end or not.
func TestCloseTimeoutFreesTheAcquirer(t *testing.T) {
	for _, mayEnd := range []bool{false, true} {
		t.Run(fmt.Sprintf("context may end %t", mayEnd), func(t *testing.T) {
			test := policy.Test(func(context.Context, int, time.Time) error { return errTest })
			hanging(t, Config[int]{MaxActive: 1, BorrowTest: test}, nil, func(t *testing.T, p *Pool[int]) {
				fillIdle(t, p, 1)
				ctx, begin := context.Background(), time.Now()
				if mayEnd {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					defer cancel()
				}
				l, err := p.Acquire(ctx)
				if err != nil || l.Value() != 2 {
					t.Errorf("got %v, %v", l, err)
				}
				tookSince(t, begin, time.Second)
				l.Release()
			})
		})
	}
}

// An acquirer that leaves during a close has the place freed when the close has timed
// out.
func TestCloseTimeoutAfterTheAcquirerLeft(t *testing.T) {
	test := policy.Test(func(context.Context, int, time.Time) error { return errTest })
	hanging(t, Config[int]{MaxActive: 1, BorrowTest: test}, nil, func(t *testing.T, p *Pool[int]) {
		fillIdle(t, p, 1)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 100*ms)
		defer cancel()
		if _, err := p.Acquire(ctx); wrapped(err) != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		tookSince(t, begin, 100*ms)
		l := lend(t, p, 1)
		tookSince(t, begin, time.Second)
		if st := p.Stats(); st.Failed != 1 || st.ClosesAbandoned != 1 {
			t.Errorf("got %+v", st)
		}
		l[0].Release()
	})
}

// A call that closes many resources ends although every close hangs: a hung close does not
// use up the number of those that run at a time.
func TestCloseTimeoutOfMany(t *testing.T) {
	const n = 200
	for name, all := range map[string]func(p *Pool[int]) error{
		"Close":    (*Pool[int]).Close,
		"Reset":    func(p *Pool[int]) error { p.Reset(); return nil },
		"Shutdown": func(p *Pool[int]) error { return p.Shutdown(context.Background()) },
		"Shutdown with a time": func(p *Pool[int]) error {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			return p.Shutdown(ctx)
		},
		"Resize":  func(p *Pool[int]) error { return p.Resize(0, KeepNone) },
		"evicted": func(*Pool[int]) error { time.Sleep(time.Minute); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			hanging(t, Config[int]{Eviction: policy.IdleTimeout(time.Minute)}, nil, func(t *testing.T, p *Pool[int]) {
				fillIdle(t, p, n)
				if err := all(p); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Second) // some of the ways do not wait for the closes
				synctest.Wait()
				if st := p.Stats(); st.Active != 0 || st.ClosesAbandoned != n {
					t.Errorf("got %+v", st)
				}
			})
		})
	}
}

// A close that has timed out changes no later count except CloseErrors.
func TestCloseEndsAfterItsTimeout(t *testing.T) {
	for name, end := range map[string]func() error{
		"error": func() error { return errors.New("late") },
		"exit":  func() error { runtime.Goexit(); return nil },
		"nil":   func() error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			slow := func(int) error { time.Sleep(time.Minute); return end() }
			hanging(t, Config[int]{MaxActive: 1, MaxIdle: KeepNone}, slow, func(t *testing.T, p *Pool[int]) {
				fillIdle(t, p, 1)
				before := p.Stats()
				time.Sleep(time.Hour)
				if name == "error" {
					before.CloseErrors++
				}
				if st := p.Stats(); st != before || st.ClosesAbandoned != 1 {
					t.Errorf("got %+v, before it was %+v", st, before)
				}
			})
		})
	}
}

// A close that ends in time is as without a timeout.
func TestCloseWithinItsTimeout(t *testing.T) {
	slow := func(n int) error {
		time.Sleep(500 * ms)
		if n == 2 {
			panic("two")
		}
		return fmt.Errorf("closed %d", n)
	}
	hanging(t, Config[int]{MaxIdle: KeepNone}, slow, func(t *testing.T, p *Pool[int]) {
		held, begin := lend(t, p, 2), time.Now()
		held[0].Release()
		tookSince(t, begin, 500*ms)
		func() {
			defer func() {
				if e, ok := recover().(*PanicError); !ok || e.Value != "two" {
					t.Errorf("the releaser got the panic %v", e)
				}
			}()
			held[1].Release()
		}()
		if st := p.Stats(); st.CloseErrors != 1 || st.ClosesAbandoned != 0 || st.Closed.Surplus != 2 {
			t.Errorf("got %+v", st)
		}
	})
}
