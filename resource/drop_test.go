package resource_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// user is a program that drops its pool. What it opens a resource with refers to
// the pool, as a method often does.
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

// Neither the timer that an idle timeout, a lifetime or ticks have set keeps a
// dropped pool alive, nor do idle resources or the user's functions.
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

// What MinIdle has opened in the background is closed too, and nothing is opened
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

// A lease outlives its pool. What it has is closed when it is released.
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

// A pool is not dropped while somebody waits for it, though the program does
// nothing else with it.
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
