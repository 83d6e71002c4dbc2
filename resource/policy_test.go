package resource

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// A user's own policies are asked at each event, and get the facts of the event.
func TestUsersPolicies(t *testing.T) {
	inWorld(t, func(w *world) {
		const s = policy.Instant(time.Second)
		var lives, stays, gates []policy.Info
		w.build(Config[*thing]{
			Seed: 1,
			Lifetime: policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
				lives = append(lives, r)
				return policy.Expiry{Until: r.Opened + 100*s, Uses: 4}
			}),
			Eviction: policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
				stays = append(stays, r)
				return policy.IdleLimit{Until: r.Returned + 10*s}
			}),
			BorrowTest: policy.When(policy.GateFunc(func(r policy.Info) policy.Instant {
				gates = append(gates, r)
				return r.Returned + 5*s
			}), policy.Test(w.test)),
		})
		w.sleep(time.Second)
		a := w.acquire(1)
		w.opened(1)
		w.sleep(time.Second)
		w.release(a) // at 2 s
		w.sleep(5 * time.Second)
		a = w.acquire(1) // at 7 s
		w.tested(1)
		w.sleep(time.Second)
		w.release(a) // at 8 s
		w.sleep(10 * time.Second)
		w.closed(1)

		if len(lives) != 1 || len(stays) != 2 || len(gates) < 2 {
			t.Fatalf("asked %d, %d and %d times", len(lives), len(stays), len(gates))
		}
		draw := lives[0].Draw
		if draw <= 0 || draw >= 1 {
			t.Errorf("drawn is %v", draw)
		}
		for i, c := range []struct{ got, want policy.Info }{
			{lives[0], policy.Info{Opened: s, Returned: s, Tested: s, Draw: draw}},
			{stays[0], policy.Info{Opened: s, Returned: 2 * s, Tested: s, Uses: 1, Draw: draw}},
			{stays[1], policy.Info{Opened: s, Returned: 8 * s, Tested: 7 * s, Uses: 2, Draw: draw}},
			{gates[0], policy.Info{Opened: s, Returned: 2 * s, Tested: s, Uses: 1, Draw: draw}},
			{gates[len(gates)-1], policy.Info{Opened: s, Returned: 8 * s, Tested: 7 * s, Uses: 2, Draw: draw}},
		} {
			if c.got != c.want {
				t.Errorf("%d: got %+v, want %+v", i, c.got, c.want)
			}
		}
		w.shut()
	})
}

// The same seed gives the same draws; another seed, or none, does not.
func TestSeed(t *testing.T) {
	draw := func(seed uint64) (all [5]float64) {
		var n int
		p, err := New(Config[int]{
			Seed: seed, Open: func(context.Context) (int, error) { return 0, nil },
			Lifetime: policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
				all[n] = r.Draw
				n++
				return policy.Expiry{}
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for range all {
			if _, err := p.Acquire(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	if draw(1) != draw(1) || draw(1) == draw(2) || draw(0) == draw(0) {
		t.Error("the seed does not decide")
	}
}
