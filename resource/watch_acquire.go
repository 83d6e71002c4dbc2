package resource

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/respool/respool/policy"
)

// seen is the record of an acquire that is under way. It is nil in a pool that is not
// watched.
type seen struct {
	waited time.Duration
	began  policy.Instant
	ctx    context.Context // what an OpenObserver has made of the acquire's; nil: nothing
}

// seens has the records of finished acquires, for reuse.
var seens = sync.Pool{New: func() any { return new(seen) }}

func newSeen(began policy.Instant) *seen {
	s := seens.Get().(*seen)
	*s = seen{began: began}
	return s
}

func (s *seen) wait(d time.Duration) {
	if s != nil {
		s.waited += d
	}
}

// errUnknownOutcome is the error of an acquire that a panic has ended, or Goexit.
var errUnknownOutcome = errors.New("resource: a function of the caller or of Config did not return")

// acquireWatched is acquire in a pool that is watched.
func (p *Pool[T]) acquireWatched(ctx context.Context, now policy.Instant, wait bool) (l Lease[T], err error) {
	if !p.watch.observed() {
		l, err = p.acquire(ctx, now, wait, nil)
		p.noteLease(l)
		return l, err
	}
	begin := now
	if !p.clock.timedLending || p.clock.gated {
		begin = p.clock.read()
	}
	s := newSeen(begin)
	err = errUnknownOutcome
	defer func() { p.acquireSeen(ctx, s, l, err) }()
	return p.acquire(ctx, now, wait, s)
}

// noteLease notes when a lease began.
func (p *core[T]) noteLease(l Lease[T]) {
	if l.e != nil {
		l.e.returned.Store(int64(p.clock.read()))
	}
}

// acquireSeen reports how an acquire has ended.
func (p *core[T]) acquireSeen(ctx context.Context, s *seen, l Lease[T], err error) {
	now := p.clock.read()
	e := Event{Kind: EventAcquired, Context: ctx, Took: now.Sub(s.began), Waited: s.waited, Err: err}
	if s.ctx != nil {
		e.Context = s.ctx
	}
	s.ctx = nil // it may keep much in memory
	seens.Put(s)
	if err != nil {
		e.Kind = EventRefused
		p.watch.observe(e, now)
		return
	}
	e.Resource = uint64(l.e.slot.ID())
	l.e.returned.Store(int64(now))
	returned := false
	defer func() {
		if !returned { // the caller's goroutine ends without the lease
			l.Release()
		}
	}()
	p.watch.observe(e, now)
	returned = true
}
