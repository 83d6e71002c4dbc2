package policy_test

import (
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"pgregory.net/rapid"
)

// An age of zero would be worse than an age that is too low: in a pool that has just
// begun, Until would be zero, which means no limit.
func TestJitterStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		age := rapid.Int64Min(1).Draw(t, "age")
		jitter := rapid.Int64Range(0, age).Draw(t, "jitter")
		opened := policy.Instant(rapid.Int64Range(0, int64(policy.Never)-age).Draw(t, "opened"))
		lifetime := policy.MaxAgeJitter(time.Duration(age), time.Duration(jitter))
		r := policy.Info{Opened: opened, Draw: draw.Draw(t, "draw")}
		life := lifetime.Expiry(r)
		if got := int64(life.Until.Sub(opened)); got < max(1, age-jitter) || got > age {
			t.Fatalf("closed at the age of %d", got)
		}
		if again := lifetime.Expiry(r); again != life {
			t.Fatalf("first returned %+v, then %+v", life, again)
		}
	})
}

// A higher draw gives a lower age, so uniform draws give uniform ages.
func TestJitterFollowsTheDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		age := time.Duration(rapid.Int64Min(1).Draw(t, "age"))
		jitter := time.Duration(rapid.Int64Range(0, int64(age)).Draw(t, "jitter"))
		lifetime := policy.MaxAgeJitter(age, jitter)
		one, two := draw.Draw(t, "one"), draw.Draw(t, "two")
		younger := lifetime.Expiry(policy.Info{Draw: max(one, two)})
		older := lifetime.Expiry(policy.Info{Draw: min(one, two)})
		if younger.Until > older.Until {
			t.Fatalf("lives until %d with the higher draw, %d with the lower", younger.Until, older.Until)
		}
	})
}

var draw = rapid.OneOf(rapid.Float64Range(0, nearlyOne), rapid.Just(nearlyOne))
