package resource

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// callbackContext calls a function where the pool asks it for its deadline.
type callbackContext struct {
	context.Context
	onDeadline func()
}

func (c callbackContext) Deadline() (time.Time, bool) {
	c.onDeadline()
	return c.Context.Deadline()
}

// removing is the context of an acquire. Its key is removed when an opening has failed, and the
// acquire asks how long it may wait. It also asks before it opens.
func removing(ctx context.Context, k *Keyed[string, int], p *Pool[int]) context.Context {
	return callbackContext{ctx, func() {
		if p.Stats().OpenFailed > 0 {
			k.Remove("a")
		}
	}}
}

type panickingObserver struct{}

func (panickingObserver) Observe(Event) { panic("an observer") }

// What happens in the pool of a key after the Keyed has forgotten it counts in the Keyed, too.
func TestKeyedCountsWhatComesLate(t *testing.T) {
	boom := errors.New("boom")
	fails := func(context.Context) (int, error) { return 0, boom }
	opens := func(context.Context) (int, error) { return 1, nil }
	for _, c := range []struct {
		name   string
		config Config[int]
		do     func(k *Keyed[string, int], p *Pool[int])
		want   func(Stats) bool
	}{{
		"an acquire of the pool", Config[int]{Open: opens},
		func(k *Keyed[string, int], p *Pool[int]) {
			k.Remove("a")
			p.Acquire(context.Background())
			p.TryAcquire(context.Background())
			p.AcquireBackground(context.Background())
			p.AcquireUrgent(context.Background())
		},
		func(st Stats) bool { return st.Rejected == 4 },
	}, {
		"an acquire that may not open, and would wait again", Config[int]{Open: fails, OpenBackoff: policy.Backoff{First: time.Minute, Max: time.Minute}},
		func(k *Keyed[string, int], p *Pool[int]) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			p.Acquire(removing(ctx, k, p))
		},
		func(st Stats) bool { return st.Rejected == 1 && st.OpenFailed == 1 },
	}, {
		"an acquire that may not open, and leaves", Config[int]{Open: fails, OpenBackoff: policy.Backoff{First: time.Minute, Max: time.Minute}},
		func(k *Keyed[string, int], p *Pool[int]) { p.Acquire(removing(context.Background(), k, p)) },
		func(st Stats) bool { return st.Failed == 1 && st.OpenFailed == 1 },
	}, {
		"a close that fails after its time", Config[int]{
			Open: opens, CloseTimeout: time.Second,
			Close: func(int) error { time.Sleep(time.Minute); return boom },
		},
		func(k *Keyed[string, int], p *Pool[int]) {
			l, _ := p.Acquire(context.Background())
			k.Remove("a")
			l.Release()
			time.Sleep(time.Hour)
		},
		func(st Stats) bool { return st.ClosesAbandoned == 1 && st.CloseErrors == 1 },
	}, {
		"an observer that panics", Config[int]{Open: opens, Observer: panickingObserver{}},
		func(k *Keyed[string, int], p *Pool[int]) {
			k.Remove("a")
			before := k.Stats().ObserverPanics
			p.Acquire(context.Background())
			if n := k.Stats().ObserverPanics - before; n != 1 {
				t.Errorf("%d panics are counted, want 1", n)
			}
		},
		func(st Stats) bool { return st.Rejected == 1 },
	}, {
		"a Reset", Config[int]{Open: opens},
		func(k *Keyed[string, int], p *Pool[int]) {
			k.Remove("a")
			p.Reset()
		},
		func(st Stats) bool { return st.Resets == 0 },
	}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, err := NewKeyed(KeyedConfig[string, int]{Config: func(string) (Config[int], error) { return c.config, nil }})
				if err != nil {
					t.Fatal(err)
				}
				defer k.Close()
				p, err := k.Pool("a")
				if err != nil {
					t.Fatal(err)
				}
				c.do(k, p)
				synctest.Wait()
				if len(k.members) != 0 {
					t.Fatalf("%d members: nothing came late", len(k.members))
				}
				if st := k.Stats(); !c.want(st) {
					t.Errorf("got %v", st)
				}
			})
		})
	}
}
