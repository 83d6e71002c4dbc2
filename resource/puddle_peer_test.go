package resource_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing/synctest"

	"github.com/jackc/puddle/v2"

	"github.com/respool/respool/resource"
)

// peerYard is where a pool's resources come from: each is a number, and is
// opened when the test says so.
type peerYard struct {
	mu     sync.Mutex
	began  int
	opened int
	most   int // the most that existed at a time, as far as the yard knows
	gates  []peerGate
	closed []int
	slow   chan struct{} // if not nil, a close lasts until it is closed
}

type peerGate struct {
	id  int
	let chan error
}

func (y *peerYard) open(context.Context) (int, error) {
	y.mu.Lock()
	y.began++
	id, let := y.began, make(chan error)
	y.gates = append(y.gates, peerGate{id, let})
	y.mu.Unlock()
	err := <-let
	if err == nil {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.opened++
		y.most = max(y.most, y.opened-len(y.closed))
	}
	return id, err
}

func (y *peerYard) close(id int) error {
	if y.slow != nil {
		<-y.slow
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.closed = append(y.closed, id)
	return nil
}

// let ends the n-th opening under way.
func (y *peerYard) let(n int, err error) {
	y.mu.Lock()
	g := y.gates[n]
	y.gates = slices.Delete(y.gates, n, n+1)
	y.mu.Unlock()
	g.let <- err
}

// peerPool is a pool of either kind.
type peerPool struct {
	acquire, try func(context.Context) (peerLease, error)
	reset        func()
	shutdown     func() // returns when all is closed
	counts       func() peerCounts
}

type peerLease struct {
	id                       int
	release, discard, detach func()
}

type peerCounts struct{ Total, Idle, Leased, Opening, Acquired int }

// peer is a pool with its yard and those who call it.
type peer struct {
	peerPool
	places   int
	yard     *peerYard
	calls    []*peerCall
	closed   bool
	over     chan struct{} // closed when shutdown has returned
	detached int
}

// peerCall is an acquire.
type peerCall struct {
	cancel  context.CancelFunc
	done    chan struct{}
	lease   peerLease
	outcome string // "" while it lasts
	held    bool
}

func newOurs(places int, slow chan struct{}) *peer {
	y := &peerYard{slow: slow}
	p, err := resource.New(resource.Config[int]{Open: y.open, Close: y.close, MaxActive: places, OpenDetached: true})
	if err != nil {
		panic(err)
	}
	lend := func(l resource.Lease[int], err error) (peerLease, error) {
		if err != nil {
			return peerLease{}, err
		}
		return peerLease{l.Value(), func() { l.Release() }, func() { l.Discard() }, func() { l.Detach() }}, nil
	}
	return &peer{places: places, yard: y, over: make(chan struct{}), peerPool: peerPool{
		acquire:  func(ctx context.Context) (peerLease, error) { return lend(p.Acquire(ctx)) },
		try:      func(ctx context.Context) (peerLease, error) { return lend(p.TryAcquire(ctx)) },
		reset:    p.Reset,
		shutdown: func() { p.Shutdown(context.Background()) },
		counts: func() peerCounts {
			st := p.Stats()
			return peerCounts{st.Active, st.Idle, st.Leased, st.Opening, int(st.Acquired)}
		},
	}}
}

func newTheirs(places int, slow chan struct{}) *peer {
	y := &peerYard{slow: slow}
	p, err := puddle.NewPool(&puddle.Config[int]{
		Constructor: y.open, Destructor: func(id int) { y.close(id) }, MaxSize: int32(places),
	})
	if err != nil {
		panic(err)
	}
	lend := func(r *puddle.Resource[int], err error) (peerLease, error) {
		if err != nil {
			return peerLease{}, err
		}
		return peerLease{r.Value(), r.Release, r.Destroy, r.Hijack}, nil
	}
	return &peer{places: places, yard: y, over: make(chan struct{}), peerPool: peerPool{
		acquire:  func(ctx context.Context) (peerLease, error) { return lend(p.Acquire(ctx)) },
		try:      func(ctx context.Context) (peerLease, error) { return lend(p.TryAcquire(ctx)) },
		reset:    p.Reset,
		shutdown: p.Close,
		counts: func() peerCounts {
			st := p.Stat()
			return peerCounts{
				int(st.TotalResources()), int(st.IdleResources()), int(st.AcquiredResources()),
				int(st.ConstructingResources()), int(st.AcquireCount()),
			}
		},
	}}
}

// excludes reports whether a step cannot be done, or is one in which the pools
// differ by design.
func (p *peer) excludes(s peerStep) bool {
	c := p.counts()
	full := c.Total == p.places
	switch s.what {
	case "acquire":
		return p.closed && full || len(p.pending()) > p.places // enough callers wait
	case "try":
		return p.closed && full || !p.closed && !full && c.Idle == 0
	case "cancel":
		return len(p.pending()) == 0
	case "open", "fail":
		return len(p.yard.gates) == 0
	case "release", "discard", "detach":
		return len(p.held()) == 0
	case "close":
		return p.closed || len(p.pending()) > 0
	}
	return false
}

// do does a step, and waits for all that follows from it.
func (p *peer) do(s peerStep) {
	switch s.what {
	case "acquire":
		p.call(p.acquire, false)
	case "late acquire":
		p.call(p.acquire, true)
	case "try":
		p.call(p.try, false)
	case "cancel":
		pending := p.pending()
		pending[s.n%len(pending)].cancel()
	case "open":
		p.yard.let(s.n%len(p.yard.gates), nil)
	case "fail":
		p.yard.let(s.n%len(p.yard.gates), errPeer)
	case "reset":
		p.reset()
	case "close":
		p.closed = true
		go func() {
			defer close(p.over)
			p.shutdown()
		}()
	default:
		held := p.held()
		call := held[s.n%len(held)]
		call.held = false
		switch s.what {
		case "release":
			call.lease.release()
		case "discard":
			call.lease.discard()
		case "detach":
			call.lease.detach()
			p.detached++
		}
	}
	synctest.Wait()
}

// call begins an acquire, with a context that has ended if it comes late.
func (p *peer) call(acquire func(context.Context) (peerLease, error), late bool) *peerCall {
	ctx, cancel := context.WithCancel(context.Background())
	if late {
		cancel()
	}
	c := &peerCall{cancel: cancel, done: make(chan struct{})}
	p.calls = append(p.calls, c)
	go func() {
		defer close(c.done)
		defer cancel()
		lease, err := acquire(ctx)
		c.lease, c.held, c.outcome = lease, err == nil, outcomeOf(lease, err)
	}()
	return c
}

func outcomeOf(lease peerLease, err error) string {
	switch {
	case err == nil:
		return fmt.Sprintf("got %d", lease.id)
	case errors.Is(err, errPeer):
		return "open failed"
	case errors.Is(err, context.Canceled):
		return "context ended"
	case errors.Is(err, resource.ErrExhausted), errors.Is(err, puddle.ErrNotAvailable):
		return "none available"
	case errors.Is(err, resource.ErrClosed), errors.Is(err, puddle.ErrClosedPool):
		return "pool closed"
	}
	return err.Error()
}

func (p *peer) pending() (calls []*peerCall) {
	for _, c := range p.calls {
		if c.outcome == "" {
			calls = append(calls, c)
		}
	}
	return calls
}

func (p *peer) held() (calls []*peerCall) {
	for _, c := range p.calls {
		if c.held {
			calls = append(calls, c)
		}
	}
	return calls
}

// peerView is what can be seen of a pool from outside.
type peerView struct {
	Counts       peerCounts
	Outcomes     []string // of all acquires, in the order in which they began
	Opening      []int
	Closed       []int
	ShutdownOver bool
}

func (p *peer) look() peerView {
	v := peerView{Counts: p.counts(), Closed: slices.Sorted(slices.Values(p.yard.closed))}
	for _, c := range p.calls {
		v.Outcomes = append(v.Outcomes, c.outcome)
	}
	for _, g := range p.yard.gates {
		v.Opening = append(v.Opening, g.id)
	}
	select {
	case <-p.over:
		v.ShutdownOver = true
	default:
	}
	return v
}
