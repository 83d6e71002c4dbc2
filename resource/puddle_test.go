package resource_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/puddle/v2"
	"github.com/respool/respool/resource"
	"pgregory.net/rapid"
)

// TestLikePuddle has this pool and puddle's do the same, and expects the same
// state of both after every step. It leaves out the cases in which they differ by
// design:
//
//   - TryAcquire where nothing is idle and there is room: puddle opens in the
//     background and has nothing for the caller, this pool opens for the caller.
//   - Close while a caller waits or opens: puddle lets the caller go on, and lends
//     the new resource although the pool is closed; this pool refuses the caller.
//   - Acquires of a closed pool whose resources are all leased: puddle has them wait
//     until a resource comes back, and only then says that it is closed.
//   - A Close function that takes time: puddle frees the place before the close, see
//     TestPlaceOfWhatIsBeingClosed.
//   - An Open that panics: puddle calls it on its own goroutine, where no caller
//     can recover. For Goexit see TestPlaceOfWhatExits.
//   - A lease that is used when it is over: puddle panics.
//   - CreateResource and AcquireAllIdle have no counterpart.
//
// OpenDetached is how puddle always opens.
func TestLikePuddle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		places := rapid.IntRange(1, 3).Draw(rt, "places")
		script := rapid.SliceOfN(rapid.Custom(drawPeerStep), 40, 80).Draw(rt, "script")
		closing := rapid.SliceOfN(rapid.Custom(drawPeerStep), 0, 10).Draw(rt, "closing")
		var wrong string
		synctest.Test(t, func(*testing.T) { wrong = runPeers(places, script, closing) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// peerStep is one action, on the n-th of the objects on which it is possible.
type peerStep struct {
	what string
	n    int
}

func drawPeerStep(t *rapid.T) peerStep {
	return peerStep{
		rapid.SampledFrom([]string{
			"release", "release", "acquire", "open", "try", "acquire", "release", "open", "cancel",
			"acquire", "discard", "fail", "detach", "reset", "late acquire",
		}).Draw(t, "what"),
		rapid.IntRange(0, 5).Draw(t, "n"),
	}
}

// runPeers follows the script, closes the pools, follows the script for that, and
// puts everything away. It returns what the pools differ in.
func runPeers(places int, script, closing []peerStep) string {
	ours, theirs := newOurs(places, nil), newTheirs(places, nil)
	did := ""
	do := func(s peerStep) (wrong string) {
		if ours.excludes(s) {
			return ""
		}
		did += fmt.Sprintf("\n%s %d", s.what, s.n)
		ours.do(s)
		theirs.do(s)
		if diff := cmp.Diff(theirs.look(), ours.look()); diff != "" {
			return fmt.Sprintf("after%s\n(-puddle +ours):\n%s", did, diff)
		}
		return ""
	}
	all := slices.Concat(
		script, slices.Repeat([]peerStep{{"cancel", 0}}, len(script)), []peerStep{{"close", 0}},
		closing, slices.Repeat([]peerStep{{"open", 0}, {"release", 0}}, len(script)),
	)
	for _, s := range all {
		if wrong := do(s); wrong != "" {
			return wrong
		}
	}
	if end := ours.look(); !end.ShutdownOver || end.Counts.Total != 0 || len(end.Closed)+ours.detached != ours.yard.opened {
		return fmt.Sprintf("after%s\n%d were opened, %d detached: %+v", did, ours.yard.opened, ours.detached, end)
	}
	return ""
}

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

var errPeer = errors.New("cannot open")

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

// TestPlaceOfWhatIsBeingClosed shows why closing is a state here. Puddle frees
// the place of a resource before it is closed, and so makes two where one is
// allowed.
func TestPlaceOfWhatIsBeingClosed(t *testing.T) {
	for _, c := range []struct {
		name string
		new  func(int, chan struct{}) *peer
		most int
	}{{"puddle", newTheirs, 2}, {"respool", newOurs, 1}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := make(chan struct{})
				p := c.new(1, slow)
				p.do(peerStep{"acquire", 0})
				p.do(peerStep{"open", 0})
				p.do(peerStep{"release", 0})
				go p.reset()
				synctest.Wait()
				p.do(peerStep{"acquire", 0})
				for len(p.yard.gates) > 0 {
					p.do(peerStep{"open", 0})
				}
				close(slow)
				synctest.Wait()
				for len(p.yard.gates) > 0 {
					p.do(peerStep{"open", 0})
				}
				p.do(peerStep{"release", 0})
				p.do(peerStep{"close", 0})
				if p.yard.most != c.most {
					t.Errorf("%d existed at a time, want %d", p.yard.most, c.most)
				}
				want := peerView{
					Counts:   peerCounts{Acquired: 2},
					Outcomes: []string{"got 1", "got 2"}, Closed: []int{1, 2}, ShutdownOver: true,
				}
				if diff := cmp.Diff(want, p.look()); diff != "" {
					t.Errorf("in the end (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestPlaceOfWhatExits has the first Open call runtime.Goexit, as a test does
// that fails there. In puddle its place is lost for good: the caller never
// returns, and neither does any later caller. (Close would not return either, so
// it is not called here.)
func TestPlaceOfWhatExits(t *testing.T) {
	first := true
	open := func(context.Context) (int, error) {
		if first {
			first = false
			runtime.Goexit()
		}
		return 1, nil
	}
	// twice acquires on two goroutines, one after another, and returns how far
	// each has got after an hour.
	twice := func(acquire func(context.Context) error) (ends [2]error) {
		first = true
		for i := range ends {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				ends[i] = errPeer // stays if the goroutine exits
				ends[i] = acquire(ctx)
			}()
			<-ended
			cancel()
		}
		return ends
	}
	synctest.Test(t, func(t *testing.T) {
		theirs, err := puddle.NewPool(&puddle.Config[int]{Constructor: open, Destructor: func(int) {}, MaxSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := twice(func(ctx context.Context) error { _, err := theirs.Acquire(ctx); return err })
		if want := [2]error{context.DeadlineExceeded, context.DeadlineExceeded}; got != want {
			t.Errorf("puddle: acquires ended with %v, want %v", got, want)
		}
		if n := theirs.Stat().ConstructingResources(); n != 1 {
			t.Errorf("puddle: %d are under construction, want the one that is lost", n)
		}
	})
	for _, detached := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ours, err := resource.New(resource.Config[int]{Open: open, MaxActive: 1, OpenDetached: detached})
			if err != nil {
				t.Fatal(err)
			}
			got := twice(func(ctx context.Context) error { return ours.Do(ctx, func(context.Context, int) error { return nil }) })
			if want := [2]error{errPeer, nil}; got != want {
				t.Errorf("detached %v: acquires ended with %v, want an exit and a lease", detached, got)
			}
			if err := ours.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCloseWhileOneIsOpened closes a pool while a TryAcquire opens, with an Open
// that ends when its context does. Puddle's Close neither ends that context nor
// has a bound; this pool's Close returns at once, and its Shutdown when its
// context ends.
func TestCloseWhileOneIsOpened(t *testing.T) {
	open := func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	returned := func(f func()) <-chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		return done
	}
	isClosed := func(done <-chan struct{}) bool {
		synctest.Wait()
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p, err := puddle.NewPool(&puddle.Config[int]{Constructor: open, Destructor: func(int) {}, MaxSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := p.TryAcquire(ctx); err != puddle.ErrNotAvailable {
			t.Fatalf("TryAcquire: %v", err)
		}
		closed := returned(p.Close)
		time.Sleep(time.Hour)
		if isClosed(closed) {
			t.Error("puddle: Close did return")
		}
		cancel()
		if !isClosed(closed) {
			t.Error("puddle: Close does not return when the construction has ended")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p, err := resource.New(resource.Config[int]{Open: open, MaxActive: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		tried := returned(func() { p.TryAcquire(ctx) })
		synctest.Wait()
		p.Close()
		bound, cancelBound := context.WithTimeout(t.Context(), time.Second)
		defer cancelBound()
		var out *resource.ShutdownError
		if err := p.Shutdown(bound); !errors.As(err, &out) || out.Opening != 1 {
			t.Errorf("Shutdown: %v, want that one is being opened", err)
		}
		cancel()
		if err := p.Shutdown(t.Context()); err != nil || !isClosed(tried) {
			t.Errorf("Shutdown when the opening has ended: %v", err)
		}
	})
}
