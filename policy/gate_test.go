package policy_test

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// good is a test that always passes.
func good() policy.BorrowTest[int] {
	return policy.Test(func(context.Context, int, time.Time) error { return nil })
}

// from makes a gate that opens at i, whatever the resource.
func from(i policy.Instant) policy.Gate {
	return policy.GateFunc(func(policy.Info) policy.Instant { return i })
}

func TestGate(t *testing.T) {
	r := policy.Info{Opened: 10, Returned: 100, Tested: 50, Uses: 3, Draw: 0.5}
	for _, c := range []struct {
		name string
		test policy.BorrowTest[int]
		want policy.Instant
	}{
		{"plain", good(), 0},
		{"idle", policy.IfIdleFor(7, good()), 107},
		{"idle, longest", policy.IfIdleFor(longest, good()), policy.Never},
		{"interval", policy.AtMostEvery(7, good()), 57},
		{"interval, longest", policy.AtMostEvery(longest, good()), policy.Never},
		{"own", policy.When(from(7), good()), 7},
		{"own, never", policy.When(from(policy.Never), good()), policy.Never},
		{"idle within interval", policy.AtMostEvery(70, policy.IfIdleFor(7, good())), 120},
		{"interval within idle", policy.IfIdleFor(7, policy.AtMostEvery(70, good())), 120},
		{"idle later than interval", policy.AtMostEvery(7, policy.IfIdleFor(70, good())), 170},
		{"three", policy.When(from(130), policy.AtMostEvery(70, policy.IfIdleFor(7, good()))), 130},
		{"the same twice", policy.IfIdleFor(7, policy.IfIdleFor(9, good())), 109},
		{"a budget does not matter", policy.Within(1, policy.IfIdleFor(7, policy.Within(2, good()))), 107},
	} {
		t.Run(c.name, func(t *testing.T) {
			checks := c.test.Checks()
			if len(checks) != 1 {
				t.Fatalf("%d checks, want 1", len(checks))
			}
			if got := checks[0].Gate.From(r); got != c.want {
				t.Errorf("due from %d, want %d", got, c.want)
			}
		})
	}
}

func TestGateRefusesNonsense(t *testing.T) {
	refuses(t, []nonsense{
		{"no gate", func() { policy.When(nil, good()) },
			"policy: gate of When is nil"},
		{"no gate for no check", func() { policy.When(nil, policy.BorrowTest[int]{}) },
			"policy: gate of When is nil"},
		{"zero idle time", func() { policy.IfIdleFor(0, good()) },
			"policy: time of IfIdleFor is 0s, must be positive"},
		{"negative idle time", func() { policy.IfIdleFor(-time.Second, good()) },
			"policy: time of IfIdleFor is -1s, must be positive"},
		{"zero interval", func() { policy.AtMostEvery(0, good()) },
			"policy: time of AtMostEvery is 0s, must be positive"},
		{"negative interval", func() { policy.AtMostEvery(-time.Second, good()) },
			"policy: time of AtMostEvery is -1s, must be positive"},
	})
}

func TestGateFuncIsToldEverything(t *testing.T) {
	info := policy.Info{Opened: 1, Returned: 2, Tested: 3, Uses: 4, Draw: 0.5}
	var got policy.Info
	f := policy.GateFunc(func(r policy.Info) policy.Instant { got = r; return 6 })
	if i := f.From(info); i != 6 || got != info {
		t.Errorf("was called with %+v and returned %v", got, i)
	}
}
