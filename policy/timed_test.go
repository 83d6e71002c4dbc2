package policy_test

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// untimed is a user's own gate that needs no clock.
type untimed struct{}

func (untimed) From(policy.Info) policy.Instant { return 0 }
func (untimed) Timed() bool                     { return false }

func TestTimed(t *testing.T) {
	gate := func(test policy.BorrowTest[int]) policy.Gate { return test.Checks()[0].Gate }
	for _, c := range []struct {
		name   string
		policy any
		want   bool
	}{
		{"nil", nil, false},
		{"nil Lifetime", policy.Lifetime(nil), false},
		{"nil Eviction", policy.Eviction(nil), false},
		{"nil Gate", policy.Gate(nil), false},

		{"MaxAge", policy.MaxAge(1), true},
		{"MaxAgeJitter", policy.MaxAgeJitter(1, 1), true},
		{"MaxUses", policy.MaxUses(1), false},
		{"LifetimeFunc", fixed(0, 1), true},
		{"Earliest()", policy.Earliest(), false},
		{"Earliest(MaxUses)", policy.Earliest(policy.MaxUses(1)), false},
		{"Earliest(MaxUses, MaxUses)", policy.Earliest(policy.MaxUses(1), policy.MaxUses(2)), false},
		{"Earliest(MaxAge)", policy.Earliest(policy.MaxAge(1)), true},
		{"Earliest(MaxUses, MaxAge)", policy.Earliest(policy.MaxUses(1), policy.MaxAge(1)), true},
		{"Earliest(MaxAge, MaxUses)", policy.Earliest(policy.MaxAge(1), policy.MaxUses(1)), true},
		{"Earliest(Earliest(MaxUses))", policy.Earliest(policy.Earliest(policy.MaxUses(1))), false},
		{"Earliest(Earliest(MaxAge))", policy.Earliest(policy.Earliest(policy.MaxAge(1))), true},

		{"IdleTimeout", policy.IdleTimeout(1), true},
		{"SoftIdleTimeout", policy.SoftIdleTimeout(1, 1), true},
		{"EvictionFunc", policy.EvictionFunc(func(policy.Info) policy.IdleLimit { return policy.IdleLimit{} }), true},

		{"Test", gate(good()), false},
		{"Within(Test)", gate(policy.Within(time.Second, good())), false},
		{"All(Test)", gate(policy.All(good())), false},
		{"IfIdleFor", gate(policy.IfIdleFor(1, good())), true},
		{"AtMostEvery", gate(policy.AtMostEvery(1, good())), true},
		{"IfIdleFor(AtMostEvery)", gate(policy.IfIdleFor(1, policy.AtMostEvery(1, good()))), true},
		{"GateFunc", from(0), true},
		{"When(GateFunc)", gate(policy.When(from(0), good())), true},
		{"When(untimed)", gate(policy.When(untimed{}, good())), false},
		{"When(untimed, When(untimed))", gate(policy.When(untimed{}, policy.When(untimed{}, good()))), false},
		{"When(untimed, IfIdleFor)", gate(policy.When(untimed{}, policy.IfIdleFor(1, good()))), true},
		{"IfIdleFor(When(untimed))", gate(policy.IfIdleFor(1, policy.When(untimed{}, good()))), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := policy.IsTimed(c.policy); got != c.want {
				t.Errorf("Timed is %v, want %v", got, c.want)
			}
		})
	}
}
