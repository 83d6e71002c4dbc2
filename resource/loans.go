package resource

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
	"weak"

	"github.com/respool/respool/policy"
)

// With Config.LeakAfter or Config.Reclaim a pool keeps a record of each lease, a loan, with
// the stack of the borrower. Then a Lease does not refer to the entry of its resource but to
// a handle, to which only the program refers. So the garbage collector can find that the
// program has lost the lease. A handle looks like an entry, with a word and a value for the
// Lease. Everything else happens through the lease inside.

// handle is what a lease refers to in a pool that keeps loans. It refers to its loan, and the
// loan refers to it only weakly.
type handle[T any] struct {
	entry[T] // first: see handleOf. Only word, pool and val are used.
	loan     *loan[T]
}

// handleOf returns the handle of a lease of a pool that keeps loans.
func handleOf[T any](l Lease[T]) *handle[T] { return (*handle[T])(unsafe.Pointer(l.e)) }

// loan is the record of a lease in force.
type loan[T any] struct {
	borrower
	lease      Lease[T] // of the entry
	handle     weak.Pointer[handle[T]]
	cleanup    runtime.Cleanup // with Config.Reclaim
	began      policy.Instant
	next, prev *loan[T]

	over     bool          // the lease has ended; guarded by loans.mu, as are the links
	reported chan struct{} // closed when the leak was reported; nil: it is no leak yet
}

// borrower is the stack of the caller who got a lease.
type borrower struct {
	callers [loanFrames]uintptr
	depth   int
}

// lostLoan is what stays of a loan whose handle the program has lost. It does not keep the
// resource in memory.
type lostLoan struct {
	borrower
	at     policy.Instant
	number uint64
}

// loanFrames is how many frames of a borrower's stack are kept.
const loanFrames = 32

// loans are the loans of a pool.
type loans[T any] struct {
	pool      *core[T]
	leakAfter time.Duration // zero: no reports
	reclaim   bool

	mu          sync.Mutex
	first, last *loan[T] // from the oldest on
	unreported  *loan[T] // the oldest that was not reported as a leak; all that follow are not either
	ticking     bool     // the timer is set
	leaked      int      // reported, and not over
	lost        uint64
	lastLost    *lostLoan // nil: none was lost
}

// newLoans returns nil if the pool keeps no loans.
func newLoans[T any](p *core[T], c *Config[T]) *loans[T] {
	if c.LeakAfter == 0 && !c.Reclaim {
		return nil
	}
	return &loans[T]{pool: p, leakAfter: c.LeakAfter, reclaim: c.Reclaim && !p.clock.virtual()}
}

// lend makes the lease that the program gets, in a pool that keeps loans.
func (p *core[T]) lend(l Lease[T], err error) (Lease[T], error) {
	if p.loans == nil || err != nil {
		return l, err
	}
	return p.loans.begin(l), nil
}

func (a *loans[T]) begin(l Lease[T]) Lease[T] {
	n := &loan[T]{lease: l, began: a.pool.clock.read()}
	n.depth = runtime.Callers(2, n.callers[:])
	h := &handle[T]{entry: entry[T]{pool: a.pool, val: l.e.val}, loan: n}
	n.handle = weak.Make(h)
	if a.reclaim {
		n.cleanup = runtime.AddCleanup(h, a.lose, n)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n.prev = a.last; n.prev != nil {
		n.prev.next = n
	} else {
		a.first = n
	}
	a.last = n
	if a.unreported == nil {
		a.unreported = n
	}
	if a.leakAfter > 0 && !a.ticking {
		a.ticking = true
		after(a.leakAfter, a.reportLeaks)
	}
	return Lease[T]{&h.entry, h.word.Load()}
}

// removeLocked takes a loan out. It reports whether the loan was there.
func (a *loans[T]) removeLocked(n *loan[T]) bool {
	if n.over {
		return false
	}
	n.over = true
	if a.unreported == n {
		a.unreported = n.next
	}
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		a.first = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	} else {
		a.last = n.prev
	}
	if n.reported != nil {
		a.leaked--
	}
	return true
}

// end ends a loan whose holder has ended the lease of the handle. It returns the lease of the
// entry, which is over by then, or false if it was over before: Terminate may have ended it.
func (a *loans[T]) end(l Lease[T]) (inner Lease[T], ok bool) {
	h := handleOf(l)
	n := h.loan
	a.mu.Lock()
	removed := a.removeLocked(n)
	a.mu.Unlock()
	if a.reclaim {
		n.cleanup.Stop()
		runtime.KeepAlive(h)
	}
	if !removed || !n.lease.end() {
		return n.lease, false
	}
	if n.reported != nil {
		<-n.reported // the events of a resource come in order
		a.report(EventLeakReturned, n)
	}
	return n.lease, true
}

// reportLeaks reports the leases that have been out for long, and sets the timer for the
// next one.
func (a *loans[T]) reportLeaks() {
	now := a.pool.clock.read()
	for n := a.nextLeak(now); n != nil; n = a.nextLeak(now) {
		a.report(EventLeaked, n)
		close(n.reported)
	}
}

// nextLeak returns a loan to report. If there is none, it sets the timer.
func (a *loans[T]) nextLeak(now policy.Instant) *loan[T] {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.unreported
	switch {
	case n == nil:
		a.ticking = false
		return nil
	case now.Sub(n.began) < a.leakAfter:
		after(n.began.Add(a.leakAfter).Sub(now), a.reportLeaks)
		return nil
	}
	n.reported = make(chan struct{})
	a.unreported = n.next
	a.leaked++
	return n
}

// lose takes back the resource of a lease that the garbage collector has found. It is a
// cleanup of the runtime, which must not block.
func (a *loans[T]) lose(n *loan[T]) {
	a.mu.Lock()
	removed := a.removeLocked(n)
	if removed {
		a.lost++
		a.lastLost = &lostLoan{n.borrower, a.pool.clock.read(), uint64(n.lease.e.slot.ID())}
	}
	a.mu.Unlock()
	if removed && n.lease.end() {
		go func() {
			a.report(EventLost, n)
			a.pool.takenOut(EventDiscarded, n.lease)
			a.pool.discard(n.lease, false) // its state is unknown
		}()
	}
}

// report reports a loan to the observer.
func (a *loans[T]) report(kind EventKind, n *loan[T]) {
	if w := a.pool.watch; w.observed() {
		now := a.pool.clock.read()
		w.observeApart(Event{Kind: kind, Took: now.Sub(n.began), Resource: uint64(n.lease.e.slot.ID()), Stack: n.stack()}, now)
	}
}

func (a *loans[T]) counts() (leaked int, lost uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leaked, a.lost
}

// describeLost describes the lease that was lost last.
func (a *loans[T]) describeLost() *LostLease {
	a.mu.Lock()
	n := a.lastLost
	a.mu.Unlock()
	if n == nil {
		return nil
	}
	return &LostLease{Time: a.pool.clock.time(n.at), Resource: n.number, Holder: string(n.stack())}
}

// revoke ends the loans of entries whose leases Terminate has ended, and returns them.
func (a *loans[T]) revoke(entries map[*entry[T]]int) (ended []*loan[T]) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var next *loan[T]
	for n := a.first; n != nil; n = next {
		next = n.next
		if _, ok := entries[n.lease.e]; !ok {
			continue
		}
		a.removeLocked(n)
		ended = append(ended, n)
		if h := n.handle.Value(); h != nil {
			h.word.Store(h.word.Load() | revoked)
		}
	}
	return ended
}

// stacks returns the stacks of the borrowers, by the numbers of the resources.
func (a *loans[T]) stacks() map[uint64]string {
	var all []*loan[T]
	a.mu.Lock()
	for n := a.first; n != nil; n = n.next {
		all = append(all, n)
	}
	a.mu.Unlock()
	stacks := make(map[uint64]string, len(all))
	for _, n := range all {
		stacks[uint64(n.lease.e.slot.ID())] = string(n.stack())
	}
	return stacks
}

// stack formats the borrower's stack as debug.Stack does. It begins with the caller of the
// pool.
func (n *borrower) stack() []byte {
	var b strings.Builder
	frames := runtime.CallersFrames(n.callers[:n.depth])
	for own, more := true, true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if own = own && isOwnFrame(f); !own && f.Function != "" {
			fmt.Fprintf(&b, "%s(...)\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
	}
	return []byte(b.String())
}

// isOwnFrame reports whether a frame is one of this module's pools. redigo's are, too: its
// functions stand between the program and redispool's shell of redigo's type, and its scripts
// call a connection that borrows when it gets a command.
func isOwnFrame(f runtime.Frame) bool {
	const module, redigo = "github.com/respool/respool/", "github.com/gomodule/redigo/redis."
	if strings.HasPrefix(f.Function, redigo) {
		return true
	}
	rest, ok := strings.CutPrefix(f.Function, module)
	isPool := strings.HasPrefix(rest, "resource.") || strings.HasPrefix(rest, "redispool.") || strings.HasPrefix(rest, "redispool/internal/")
	return ok && isPool && !strings.HasSuffix(f.File, "_test.go")
}

// releaseHooked is the end of Lease.Release in a pool with hooks.
func (p *core[T]) releaseHooked(l Lease[T]) bool {
	l, ok := p.inner(l)
	if ok {
		p.release(l)
	}
	return ok
}

// inner returns the lease of the entry, which is over now, for a lease of the program that
// was just ended. It is the same lease unless the pool keeps loans.
func (p *core[T]) inner(l Lease[T]) (Lease[T], bool) {
	if p.loans == nil {
		return l, true
	}
	return p.loans.end(l)
}
