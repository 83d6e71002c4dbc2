package ledger

import (
	"testing"
	"time"
	"unsafe"

	"github.com/respool/respool/policy"
)

// A pool may have very many idle resources, so a slot is no larger than it must be.
func TestSlotIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Slot{}); size > 88 {
		t.Errorf("a slot takes %d bytes", size)
	}
}

// TestFacts: a slot keeps all facts if a policy or the owner may ask again; if not,
// it keeps only the facts that it needs itself.
func TestFacts(t *testing.T) {
	own := policy.EvictionFunc(func(policy.Info) policy.IdleLimit { return policy.IdleLimit{} })
	gate := gateOf(policy.AtMostEvery, 3)
	for name, c := range map[string]struct {
		config   Config
		keep     bool // KeepFacts is called
		complete bool
	}{
		"no policy":                {Config{}, false, false},
		"no policy, KeepFacts":     {Config{}, true, true},
		"usual":                    {Config{Eviction: policy.IdleTimeout(time.Hour)}, false, false},
		"usual, KeepFacts":         {Config{Eviction: policy.IdleTimeout(time.Hour)}, true, true},
		"soft limit":               {Config{Eviction: policy.SoftIdleTimeout(time.Hour, 1)}, false, true},
		"eviction of a user's":     {Config{Eviction: own}, false, true},
		"test":                     {Config{Gates: []policy.Gate{gate}}, false, true},
		"tests":                    {Config{Gates: []policy.Gate{gate, gate}}, false, true},
		"FIFO alone":               {Config{Order: policy.FIFO}, false, false},
		"FIFO, MinIdle, KeepFacts": {Config{Order: policy.FIFO, MinIdle: 1}, true, true},
		"lifetime":                 {Config{Lifetime: policy.MaxAge(time.Hour)}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			var asked policy.Info
			inner := c.config.Lifetime
			c.config.Lifetime = policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
				asked = r
				if inner != nil {
					return inner.Expiry(r)
				}
				return policy.Expiry{}
			})
			c.config.MaxActive, c.config.MaxIdle, c.config.Seed = 1, 1, 1
			l := New(c.config)
			if c.keep {
				l.KeepFacts()
			}
			a := l.Opened(5, l.Acquire(0, nil).Handle)
			l.Release(7, a.Handle)
			a = l.Acquire(8, nil)
			tested := a.Do == Test
			if tested {
				a = l.Tested(9, a.Handle, Passed)
			}
			want := policy.Info{Returned: 7, Uses: 2}
			if c.complete {
				want.Opened, want.Tested, want.Draw = 5, 5, asked.Draw
				if tested {
					want.Tested = 9
				}
			}
			if got := a.Handle.Slot.Facts(); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if asked.Draw <= 0 || asked.Opened != 5 {
				t.Errorf("the lifetime was asked about %+v", asked)
			}
			if tested != (c.config.Gates != nil) {
				t.Errorf("tested: %v", tested)
			}
		})
	}
}
