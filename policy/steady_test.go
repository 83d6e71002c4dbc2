package policy_test

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// ownSteady is a user's own policy of all three kinds with the method of Steady.
type ownSteady struct {
	shortest time.Duration
	ok       bool
}

func (ownSteady) Expiry(policy.Info) policy.Expiry            { return policy.Expiry{} }
func (ownSteady) IdleLimit(policy.Info) policy.IdleLimit      { return policy.IdleLimit{} }
func (ownSteady) From(policy.Info) policy.Instant             { return 0 }
func (c ownSteady) Steady() (shortest time.Duration, ok bool) { return c.shortest, c.ok }

func TestSteady(t *testing.T) {
	gate := func(test policy.BorrowTest[int]) policy.Gate { return test.Checks()[0].Gate }
	age, used, own := policy.MaxAge(5), policy.MaxUses(1), fixed(0, 1)
	for _, c := range []struct {
		name     string
		policy   any
		shortest time.Duration
		ok       bool
	}{
		{"nil", nil, 0, true},
		{"nil Lifetime", policy.Lifetime(nil), 0, true},
		{"nil Eviction", policy.Eviction(nil), 0, true},
		{"nil Gate", policy.Gate(nil), 0, true},

		{"MaxAge", age, 5, true},
		{"MaxAgeJitter", policy.MaxAgeJitter(5, 4), 5, true},
		{"MaxUses", used, 0, false},
		{"LifetimeFunc", own, 0, false},
		{"Earliest()", policy.Earliest(), 0, true},
		{"Earliest(MaxAge)", policy.Earliest(age), 5, true},
		{"Earliest(MaxAge, longer)", policy.Earliest(age, policy.MaxAge(7)), 5, true},
		{"Earliest(longer, MaxAge)", policy.Earliest(policy.MaxAge(7), age), 5, true},
		{"Earliest(timeless, MaxAge)", policy.Earliest(ownSteady{0, true}, age), 5, true},
		{"Earliest(MaxAge, timeless)", policy.Earliest(age, ownSteady{0, true}), 5, true},
		{"Earliest(Earliest(longer), MaxAge)", policy.Earliest(policy.Earliest(policy.MaxAge(7)), age), 5, true},
		{"Earliest(MaxUses)", policy.Earliest(used), 0, false},
		{"Earliest(MaxUses, MaxAge)", policy.Earliest(used, age), 5, false},
		{"Earliest(MaxAge, MaxUses)", policy.Earliest(age, used), 5, false},
		{"Earliest(MaxAge, LifetimeFunc)", policy.Earliest(age, own), 5, false},
		{"Earliest(MaxAge, own that is not)", policy.Earliest(age, ownSteady{3, false}), 3, false},

		{"IdleTimeout", policy.IdleTimeout(5), 5, true},
		{"SoftIdleTimeout", policy.SoftIdleTimeout(5, 1), 5, false},
		{"SoftIdleTimeout that is hard", policy.SoftIdleTimeout(5, 0), 5, true},
		{"EvictionFunc", policy.EvictionFunc(func(policy.Info) policy.IdleLimit { return policy.IdleLimit{} }), 0, false},

		{"Test", gate(good()), 0, true},
		{"Within(Test)", gate(policy.Within(time.Second, good())), 0, true},
		{"IfIdleFor", gate(policy.IfIdleFor(5, good())), 5, true},
		{"AtMostEvery", gate(policy.AtMostEvery(5, good())), 5, true},
		{"IfIdleFor(AtMostEvery)", gate(policy.IfIdleFor(5, policy.AtMostEvery(7, good()))), 5, true},
		{"AtMostEvery(IfIdleFor)", gate(policy.AtMostEvery(7, policy.IfIdleFor(5, good()))), 5, true},
		{"GateFunc", from(0), 0, false},
		{"When(GateFunc)", gate(policy.When(from(0), good())), 0, false},
		{"IfIdleFor(When(GateFunc))", gate(policy.IfIdleFor(5, policy.When(from(0), good()))), 5, false},
		{"When(GateFunc, IfIdleFor)", gate(policy.When(from(0), policy.IfIdleFor(5, good()))), 5, false},
		{"When(own, IfIdleFor)", gate(policy.When(ownSteady{3, true}, policy.IfIdleFor(5, good()))), 3, true},

		{"own without the method", untimed{}, 0, false},
		{"own that is", ownSteady{3, true}, 3, true},
		{"own that is, timeless", ownSteady{0, true}, 0, true},
		{"own that is not", ownSteady{3, false}, 3, false},
		{"anything else", 5, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			shortest, ok := policy.IsSteady(c.policy)
			// If a policy is not steady, its time means nothing.
			if ok != c.ok || ok && shortest != c.shortest {
				t.Errorf("Steady is %v, %v, want %v, %v", shortest, ok, c.shortest, c.ok)
			}
		})
	}
}

// The test checks the promise of Steady for this package's policies: no deadline gets
// earlier when an instant gets later, and the number of uses does not matter.
func TestSteadyPoliciesKeepTheirWord(t *testing.T) {
	early := policy.Info{Opened: 10, Returned: 20, Tested: 15, Draw: 0.5}
	for name, until := range map[string]func(policy.Info) policy.Instant{
		"MaxAgeJitter": func(r policy.Info) policy.Instant { return policy.MaxAgeJitter(9, 4).Expiry(r).Until },
		"IdleTimeout":  func(r policy.Info) policy.Instant { return policy.IdleTimeout(9).IdleLimit(r).Until },
		"IfIdleFor": func(r policy.Info) policy.Instant {
			return policy.IfIdleFor(9, policy.AtMostEvery(3, good())).Checks()[0].Gate.From(r)
		},
		"AtMostEvery": func(r policy.Info) policy.Instant {
			return policy.AtMostEvery(30, good()).Checks()[0].Gate.From(r)
		},
	} {
		before := until(early)
		for what, later := range map[string]policy.Info{
			"opened later":   {Opened: 14, Returned: 20, Tested: 15, Draw: 0.5},
			"returned later": {Opened: 10, Returned: 99, Tested: 15, Draw: 0.5},
			"tested later":   {Opened: 10, Returned: 20, Tested: 19, Draw: 0.5},
			"used more":      {Opened: 10, Returned: 20, Tested: 15, Draw: 0.5, Uses: 1000},
		} {
			if after := until(later); after < before || what == "used more" && after != before {
				t.Errorf("%s, %s: from %d to %d", name, what, before, after)
			}
		}
	}
}
