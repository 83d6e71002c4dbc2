package resource_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// user is a program that drops its pool. Its Open refers to the pool, as a method
// often does.
type user struct {
	pool   *resource.Pool[int]
	opened int
}

func (u *user) open(context.Context) (int, error) {
	u.opened++
	return u.opened, nil
}

func (u *user) test(context.Context, int, time.Time) error { return nil }

// drop makes a pool, has each of n resources lent once, and returns nothing that
// refers to the pool.
func drop(t *testing.T, n int, c resource.Config[int]) (leases []resource.Lease[int]) {
	t.Helper()
	u := new(user)
	c.Open = u.open
	c.BorrowTest = policy.IfIdleFor(time.Hour, policy.Test(u.test))
	pool, err := resource.New(c)
	if err != nil {
		t.Fatal(err)
	}
	u.pool = pool
	for range n {
		l, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leases = append(leases, l)
	}
	return leases
}

// collect has the garbage collector run until n resources are closed.
func collect(t *testing.T, closed <-chan int, n int) {
	t.Helper()
	for range n {
		for waiting := true; waiting; {
			runtime.GC()
			select {
			case <-closed:
				waiting = false
			case <-t.Context().Done():
				t.Fatal("a dropped pool was not closed")
			default:
				runtime.Gosched()
			}
		}
	}
}

// A dropped pool is not kept alive by a timer that an idle timeout, a lifetime or
// ticks have set, nor by idle resources or the user's functions.
func TestDroppedPoolIsClosed(t *testing.T) {
	for name, c := range map[string]resource.Config[int]{
		"plain":        {},
		"idle timeout": {Eviction: policy.IdleTimeout(time.Hour)},
		"lifetime":     {Lifetime: policy.MaxAge(time.Hour)},
		"FIFO":         {Order: policy.FIFO, Eviction: policy.IdleTimeout(time.Hour)},
		"limits":       {MaxActive: 3, MaxIdle: 3, WaitTimeout: time.Hour, MaxWaiters: 1},
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan int, 3)
			c.Close = func(v int) error { closed <- v; return nil }
			for _, l := range drop(t, 3, c) {
				l.Release()
			}
			collect(t, closed, 3)
		})
	}
}

// Resources that were opened for MinIdle are closed too, and nothing is opened
// after that.
func TestDroppedPoolForgetsMinIdle(t *testing.T) {
	closed := make(chan int, 3)
	opened := make(chan int, 3)
	drop := func() {
		n := 0
		pool, err := resource.New(resource.Config[int]{
			Open:    func(context.Context) (int, error) { n++; opened <- n; return n, nil },
			Close:   func(v int) error { closed <- v; return nil },
			MinIdle: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		<-opened
		<-opened
		runtime.KeepAlive(pool)
	}
	drop()
	collect(t, closed, 2)
	select {
	case n := <-opened:
		t.Errorf("resource %d was opened for a pool that is gone", n)
	default:
	}
}

// A lease outlives its pool. Its resource is closed when it is released.
func TestLeaseOutlivesDroppedPool(t *testing.T) {
	closed := make(chan int, 2)
	leases := drop(t, 2, resource.Config[int]{
		Eviction: policy.IdleTimeout(time.Hour),
		Close:    func(v int) error { closed <- v; return nil },
	})
	leases[0].Release()
	collect(t, closed, 1)
	if v := leases[1].Value(); v != 2 {
		t.Errorf("the lease has resource %d, want 2", v)
	}
	leases[1].Release()
	if v := <-closed; v != 2 {
		t.Errorf("resource %d was closed, want 2", v)
	}
}

// A pool is not dropped while a caller waits, even if the program does nothing
// else with it.
func TestWaiterKeepsPool(t *testing.T) {
	leases := make(chan resource.Lease[int], 1)
	got := make(chan error)
	waiting := make(chan struct{})
	go func() {
		pool, err := resource.New(resource.Config[int]{
			Open:      func(context.Context) (int, error) { return 1, nil },
			MaxActive: 1,
			Eviction:  policy.IdleTimeout(time.Hour),
		})
		if err != nil {
			panic(err)
		}
		l, err := pool.Acquire(context.Background())
		if err != nil {
			panic(err)
		}
		leases <- l
		close(waiting)
		_, err = pool.Acquire(context.Background())
		got <- err
	}()
	<-waiting
	for range 20 { // the second Acquire begins some time
		runtime.GC()
		runtime.Gosched()
	}
	l := <-leases
	l.Release()
	if err := <-got; err != nil {
		t.Errorf("the waiter got %v", err)
	}
}

// An opening that no caller waits for does not keep a dropped pool alive: its
// context ends when the pool is collected.
func TestDroppedPoolEndsOpenings(t *testing.T) {
	for name, c := range map[string]resource.Config[int]{
		"its caller has left": {OpenDetached: true},
		"for MinIdle":         {MinIdle: 1},
	} {
		t.Run(name, func(t *testing.T) {
			began, ended := make(chan int, 1), make(chan int, 1)
			c.Open = func(ctx context.Context) (int, error) {
				began <- 1
				<-ctx.Done()
				ended <- 1
				return 0, ctx.Err()
			}
			func() {
				pool, err := resource.New(c)
				if err != nil {
					t.Fatal(err)
				}
				if c.OpenDetached {
					ctx, cancel := context.WithCancel(t.Context())
					go func() { <-began; cancel() }()
					if _, err := pool.Acquire(ctx); !errors.Is(err, context.Canceled) {
						t.Errorf("the caller got %v", err)
					}
				} else {
					<-began
				}
				runtime.KeepAlive(pool)
			}()
			collect(t, ended, 1)
		})
	}
}

// A close that hangs does not keep a dropped pool alive either, whoever began it.
func TestDroppedPoolWithHungClose(t *testing.T) {
	hang, closed := make(chan bool), make(chan int, 2)
	defer close(hang)
	func() {
		n := 0
		pool, err := resource.New(resource.Config[int]{
			Open: func(context.Context) (int, error) { n++; return n, nil },
			Close: func(v int) error {
				if v == 1 {
					<-hang
				}
				closed <- v
				return nil
			},
			MaxActive:  2,
			BorrowTest: policy.Test(func(context.Context, int, time.Time) error { return context.Canceled }),
		})
		if err != nil {
			t.Fatal(err)
		}
		first, _ := pool.Acquire(t.Context())
		second, _ := pool.Acquire(t.Context())
		first.Release()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for pool.Stats().Closing == 0 {
				runtime.Gosched()
			}
			cancel()
		}()
		if _, err := pool.Acquire(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the caller got %v", err)
		}
		second.Release()
	}()
	collect(t, closed, 1)
}

// A cleanup that refers to the pool does not keep it alive. A resource that comes
// back to a dropped pool is closed and needs no cleanup.
func TestDroppedPoolNeedsNoCleanup(t *testing.T) {
	closed := make(chan int, 2)
	var cleaned atomic.Int32
	leases := func() []resource.Lease[int] {
		var pool *resource.Pool[int]
		pool, err := resource.New(resource.Config[int]{
			Open:    func(context.Context) (int, error) { return 1, nil },
			Close:   func(v int) error { closed <- v; return nil },
			Cleanup: func(context.Context, int) error { pool.Stats(); cleaned.Add(1); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := pool.Acquire(t.Context())
		b, _ := pool.Acquire(t.Context())
		a.Release()
		return []resource.Lease[int]{b}
	}()
	collect(t, closed, 1)
	leases[0].Release()
	<-closed
	if n := cleaned.Load(); n != 1 {
		t.Errorf("%d cleanups, want one", n)
	}
}
