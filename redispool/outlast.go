package redispool

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/respool/respool/resource"
)

// A test may outlast its caller's patience. If the pool then closed the connection, a test
// that takes longer than callers have time would never serve anybody. So an acquire whose
// test may take long runs on its own goroutine. When the context ends, the caller leaves,
// and the test goes on until TestBudget is over. If it passes, the connection is idle
// again, and the next borrower gets it without another test.
//
// A leak is reported with the stack of the goroutine that acquired. So with LeakAfter or
// Reclaim an acquire runs on its caller's goroutine, and a test ends with the context.

// proofLasts is how long a test that has outlasted its caller serves the next borrower.
const proofLasts = time.Second

// mayOutlast reports whether an acquire may begin a test that takes longer than its caller
// has time.
func (l *live) mayOutlast(ctx context.Context) bool {
	if !l.tests || ctx.Done() == nil || l.leakAfter > 0 || l.reclaim {
		return false
	}
	pace := l.testPace.Load()
	return pace == slowPace || pace == unknownPace && l.testsAlways || ctx.Err() != nil
}

// outlasting acquires on another goroutine. The caller leaves when ctx ends.
func (l *live) outlasting(ctx context.Context, acquire acquirer) (resource.Lease[*pooled], error) {
	done, ended := ctx.Done(), ctx.Err() != nil
	a := &leavable{errand: errand{done: make(chan struct{})}}
	go a.acquire(context.WithValue(ctx, leavableKey{}, true), acquire)
	if ended {
		a.linger()
	}
	if a.await(done) && a.decided.CompareAndSwap(false, true) {
		return resource.Lease[*pooled]{}, endOf(ctx)
	}
	<-a.done
	_, err := a.result()
	return a.lease, err
}

// leavable is an acquire whose caller may leave.
type leavable struct {
	errand
	lease   resource.Lease[*pooled]
	decided atomic.Bool // the caller has left, or gets the lease
}

// leavableKey is the key of a value that the context of such an acquire has.
type leavableKey struct{}

func (a *leavable) acquire(ctx context.Context, acquire acquirer) {
	a.run(func() (_ any, err error) {
		a.lease, err = acquire(ctx)
		if !a.decided.CompareAndSwap(false, true) && err == nil {
			(&conn{lease: a.lease}).Close()
		}
		return nil, err
	}, nil)
}

// outlast returns a context for a test that began just now. It ends when both ctx has ended
// and budget is over.
func outlast(ctx context.Context, budget time.Duration) (lasting context.Context, release func()) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	end := time.Now().Add(budget)
	stop := context.AfterFunc(withError{ctx}, func() { time.AfterFunc(time.Until(end), cancel) })
	return lasting, func() {
		stop()
		cancel()
	}
}

// proves notes that a connection has passed a test whose caller has left.
func (pc *pooled) proves() { pc.provedAt = time.Now() }

// isProved reports whether such a test still serves the borrower of a connection. It does so
// once.
func (pc *pooled) isProved() bool {
	if pc.provedAt.IsZero() {
		return false
	}
	since := time.Since(pc.provedAt)
	pc.provedAt = time.Time{}
	return since < proofLasts
}
