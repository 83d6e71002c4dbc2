package policy_test

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func fixed(until policy.Instant, uses int) policy.Lifetime {
	return policy.LifetimeFunc(func(policy.Info) policy.Expiry {
		return policy.Expiry{Until: until, Uses: uses}
	})
}

func TestEarliest(t *testing.T) {
	for _, c := range []struct {
		name string
		of   []policy.Lifetime
		want policy.Expiry
	}{
		{"of none", nil, policy.Expiry{}},
		{"of no limits", []policy.Lifetime{fixed(0, 0), fixed(0, 0)}, policy.Expiry{}},
		{"of one", []policy.Lifetime{fixed(5, 6)}, policy.Expiry{Until: 5, Uses: 6}},
		{"lower first", []policy.Lifetime{fixed(5, 6), fixed(7, 8)}, policy.Expiry{Until: 5, Uses: 6}},
		{"lower last", []policy.Lifetime{fixed(7, 8), fixed(5, 6)}, policy.Expiry{Until: 5, Uses: 6}},
		{"some of each", []policy.Lifetime{fixed(5, 8), fixed(7, 6)}, policy.Expiry{Until: 5, Uses: 6}},
		{"zero is no limit", []policy.Lifetime{fixed(0, 6), fixed(5, 0), fixed(0, 0)}, policy.Expiry{Until: 5, Uses: 6}},
		{"never is the latest", []policy.Lifetime{fixed(policy.Never, 0), fixed(5, 0)}, policy.Expiry{Until: 5}},
		{"never alone", []policy.Lifetime{fixed(policy.Never, 0), fixed(0, 0)}, policy.Expiry{Until: policy.Never}},
		{"nested", []policy.Lifetime{policy.Earliest(fixed(5, 0), fixed(7, 0)), policy.Earliest(), policy.MaxUses(6)},
			policy.Expiry{Until: 5, Uses: 6}},
		{"age and uses", []policy.Lifetime{policy.MaxAge(time.Hour), policy.MaxUses(6), policy.MaxAge(time.Minute)},
			policy.Expiry{Until: policy.Instant(time.Minute), Uses: 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := policy.Earliest(c.of...).Expiry(policy.Info{}); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestEarliestKeepsItsOwnList(t *testing.T) {
	list := []policy.Lifetime{policy.MaxUses(5), policy.MaxUses(6)}
	e := policy.Earliest(list...)
	list[0] = policy.MaxUses(1)
	if got, want := e.Expiry(policy.Info{}), (policy.Expiry{Uses: 5}); got != want {
		t.Errorf("after the caller's slice changed: %+v, want %+v", got, want)
	}
}
