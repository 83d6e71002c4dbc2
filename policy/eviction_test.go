package policy_test

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestEviction(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name     string
		eviction policy.Eviction
		returned policy.Instant
		want     policy.IdleLimit
	}{
		{"idle for d is not yet too long", policy.IdleTimeout(ms), 5, policy.IdleLimit{Until: 6 + policy.Instant(ms)}},
		{"at the pool's beginning", policy.IdleTimeout(1), 0, policy.IdleLimit{Until: 2}},
		{"longest timeout", policy.IdleTimeout(longest), 0, policy.IdleLimit{Until: policy.Never}},
		{"longest timeout, later", policy.IdleTimeout(longest), 5, policy.IdleLimit{Until: policy.Never}},
		{"the last instant but one", policy.IdleTimeout(longest - 2), 0, policy.IdleLimit{Until: policy.Never - 1}},
		{"the last instant", policy.IdleTimeout(longest - 1), 0, policy.IdleLimit{Until: policy.Never}},
		{"soft", policy.SoftIdleTimeout(ms, 3), 5, policy.IdleLimit{Until: 6 + policy.Instant(ms), Keep: 3}},
		{"soft, longest timeout", policy.SoftIdleTimeout(longest, 3), 5, policy.IdleLimit{Until: policy.Never, Keep: 3}},
		{"soft without a minimum", policy.SoftIdleTimeout(ms, 0), 5, policy.IdleTimeout(ms).IdleLimit(policy.Info{Returned: 5})},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Only Returned may matter.
			r := policy.Info{Opened: 1, Returned: c.returned, Tested: 2, Uses: 3, Draw: 0.5}
			if got := c.eviction.IdleLimit(r); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestEvictionRefusesNonsense(t *testing.T) {
	refuses(t, []nonsense{
		{"zero timeout", func() { policy.IdleTimeout(0) },
			"policy: timeout of IdleTimeout is 0s, must be positive"},
		{"negative timeout", func() { policy.IdleTimeout(-time.Second) },
			"policy: timeout of IdleTimeout is -1s, must be positive"},
		{"zero soft timeout", func() { policy.SoftIdleTimeout(0, 1) },
			"policy: timeout of SoftIdleTimeout is 0s, must be positive"},
		{"negative soft timeout", func() { policy.SoftIdleTimeout(-1, 1) },
			"policy: timeout of SoftIdleTimeout is -1ns, must be positive"},
		{"negative minimum", func() { policy.SoftIdleTimeout(time.Second, -1) },
			"policy: minimum of SoftIdleTimeout is -1, must not be negative"},
	})
}

func TestEvictionFuncIsToldEverything(t *testing.T) {
	info := policy.Info{Opened: 1, Returned: 2, Tested: 3, Uses: 4, Draw: 0.5}
	want := policy.IdleLimit{Until: 6, Keep: 7}
	var got policy.Info
	f := policy.EvictionFunc(func(r policy.Info) policy.IdleLimit { got = r; return want })
	if stay := f.IdleLimit(info); stay != want || got != info {
		t.Errorf("was called with %+v and returned %+v", got, stay)
	}
}
