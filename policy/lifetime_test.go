package policy_test

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

const nearlyOne = 1 - 1.0/(1<<53)

func TestLifetime(t *testing.T) {
	opened := policy.Instant(10 * time.Second)
	at := func(d time.Duration) policy.Expiry { return policy.Expiry{Until: opened.Add(d)} }
	for _, c := range []struct {
		name     string
		lifetime policy.Lifetime
		draw     float64
		want     policy.Expiry
	}{
		{"age", policy.MaxAge(time.Second), 0, at(time.Second)},
		{"age does not depend on the draw", policy.MaxAge(time.Second), nearlyOne, at(time.Second)},
		{"least age", policy.MaxAge(1), 0, at(1)},
		{"greatest age", policy.MaxAge(longest), 0, policy.Expiry{Until: policy.Never}},
		{"no jitter", policy.MaxAgeJitter(time.Second, 0), 0.5, at(time.Second)},
		{"jitter, first draw", policy.MaxAgeJitter(time.Second, 200*time.Millisecond), 0, at(time.Second)},
		{"jitter, middle draw", policy.MaxAgeJitter(time.Second, 200*time.Millisecond), 0.5, at(900 * time.Millisecond)},
		{"jitter, last draw", policy.MaxAgeJitter(1000, 200), nearlyOne, at(801)},
		{"jitter as long as the age", policy.MaxAgeJitter(1000, 1000), nearlyOne, at(1)},
		{"uses", policy.MaxUses(3), 0, policy.Expiry{Uses: 3}},
		{"least uses", policy.MaxUses(1), 0, policy.Expiry{Uses: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.lifetime.Expiry(policy.Info{Opened: opened, Draw: c.draw}); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestLifetimeRefusesNonsense(t *testing.T) {
	refuses(t, []nonsense{
		{"zero age", func() { policy.MaxAge(0) },
			"policy: age of MaxAge is 0s, must be positive"},
		{"negative age", func() { policy.MaxAge(-time.Second) },
			"policy: age of MaxAge is -1s, must be positive"},
		{"zero age with jitter", func() { policy.MaxAgeJitter(0, 0) },
			"policy: age of MaxAgeJitter is 0s, must be positive"},
		{"negative age with jitter", func() { policy.MaxAgeJitter(-1, 0) },
			"policy: age of MaxAgeJitter is -1ns, must be positive"},
		{"negative jitter", func() { policy.MaxAgeJitter(time.Second, -1) },
			"policy: jitter of MaxAgeJitter is -1ns, must be between 0 and the age, 1s"},
		{"jitter above the age", func() { policy.MaxAgeJitter(time.Second, time.Second+1) },
			"policy: jitter of MaxAgeJitter is 1.000000001s, must be between 0 and the age, 1s"},
		{"zero uses", func() { policy.MaxUses(0) },
			"policy: limit of MaxUses is 0, must be positive"},
		{"negative uses", func() { policy.MaxUses(-1) },
			"policy: limit of MaxUses is -1, must be positive"},
		{"no lifetime", func() { policy.Earliest(nil) },
			"policy: lifetime 0 of Earliest is nil"},
		{"no second lifetime", func() { policy.Earliest(policy.MaxUses(1), nil) },
			"policy: lifetime 1 of Earliest is nil"},
	})
}

func TestLifetimeFuncIsToldEverything(t *testing.T) {
	info := policy.Info{Opened: 1, Returned: 2, Tested: 3, Uses: 4, Draw: 0.5}
	want := policy.Expiry{Until: 6, Uses: 7}
	var got policy.Info
	f := policy.LifetimeFunc(func(r policy.Info) policy.Expiry { got = r; return want })
	if life := f.Expiry(info); life != want || got != info {
		t.Errorf("was called with %+v and returned %+v", got, life)
	}
}
