package policy_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/respool/respool/policy"
)

// named returns a test that fails with its name as the error.
func named(name string) policy.BorrowTest[int] {
	return policy.Test(func(context.Context, int, time.Time) error { return errors.New(name) })
}

// seen has the properties of a check that a caller can observe.
type seen struct {
	Name   string
	From   policy.Instant
	Timed  bool
	Budget time.Duration
}

// sight observes a test's checks for the resource r, as a pool would.
func sight(test policy.BorrowTest[int], r policy.Info) []seen {
	var all []seen
	for _, c := range test.Checks() {
		name := c.Run(context.Background(), 0, time.Time{}).Error()
		all = append(all, seen{name, c.Gate.From(r), policy.IsTimed(c.Gate), c.Budget})
	}
	return all
}

func TestBorrowTest(t *testing.T) {
	r := policy.Info{Opened: 10, Returned: 100, Tested: 50}
	a, b := named("a"), named("b")
	for _, c := range []struct {
		name string
		test policy.BorrowTest[int]
		want []seen
	}{
		{"zero", policy.BorrowTest[int]{}, nil},
		{"all of none", policy.All[int](), nil},
		{"all of zero", policy.All(policy.BorrowTest[int]{}, policy.BorrowTest[int]{}), nil},
		{"nothing if idle", policy.IfIdleFor(1, policy.BorrowTest[int]{}), nil},
		{"nothing within", policy.Within(1, policy.BorrowTest[int]{}), nil},
		{"one", a, []seen{{"a", 0, false, 0}}},
		{"all, in order", policy.All(b, a), []seen{{"b", 0, false, 0}, {"a", 0, false, 0}}},
		{"all of all", policy.All(policy.All(a, b), a), []seen{{"a", 0, false, 0}, {"b", 0, false, 0}, {"a", 0, false, 0}}},
		{"budget", policy.Within(5, a), []seen{{"a", 0, false, 5}}},
		{"smaller budget within", policy.Within(5, policy.Within(3, a)), []seen{{"a", 0, false, 3}}},
		{"smaller budget around", policy.Within(3, policy.Within(5, a)), []seen{{"a", 0, false, 3}}},
		{"budget for each", policy.Within(5, policy.All(a, policy.Within(3, b), policy.Within(7, a))),
			[]seen{{"a", 0, false, 5}, {"b", 0, false, 3}, {"a", 0, false, 5}}},
		{"idle for each", policy.IfIdleFor(7, policy.All(a, policy.AtMostEvery(70, b), policy.AtMostEvery(1, a))),
			[]seen{{"a", 107, true, 0}, {"b", 120, true, 0}, {"a", 107, true, 0}}},
		{"idle for one", policy.All(policy.IfIdleFor(7, a), b), []seen{{"a", 107, true, 0}, {"b", 0, false, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, sight(c.test, r)); d != "" {
				t.Errorf("checks (-want +got):\n%s", d)
			}
		})
	}
}

func TestBorrowTestRefusesNonsense(t *testing.T) {
	most := policy.All(slices.Repeat([]policy.BorrowTest[int]{good()}, policy.MaxChecks)...)
	if n := len(most.Checks()); n != 64 {
		t.Errorf("MaxChecks is %d, want 64", n)
	}
	refuses(t, []nonsense{
		{"no function", func() { policy.Test[int](nil) },
			"policy: function of Test is nil"},
		{"zero budget", func() { policy.Within(0, good()) },
			"policy: budget of Within is 0s, must be positive"},
		{"negative budget", func() { policy.Within(-time.Second, good()) },
			"policy: budget of Within is -1s, must be positive"},
		{"one check too many", func() { policy.All(most, good()) },
			"policy: All has 65 checks, more than 64"},
		{"twice the most checks", func() { policy.All(most, policy.IfIdleFor(1, most)) },
			"policy: All has 128 checks, more than 64"},
	})
}

func TestTestPassesOnWhatItIsGiven(t *testing.T) {
	type key struct{}
	broken := errors.New("broken")
	used := time.Unix(7, 0)
	test := policy.Test(func(ctx context.Context, v string, lastUsed time.Time) error {
		if ctx.Value(key{}) != "caller" || v != "resource" || !lastUsed.Equal(used) {
			t.Errorf("called with %v, %q, %v", ctx, v, lastUsed)
		}
		return broken
	})
	ctx := context.WithValue(context.Background(), key{}, "caller")
	narrowed := policy.Within(time.Second, policy.IfIdleFor(time.Second, policy.All(test)))
	if err := narrowed.Checks()[0].Run(ctx, "resource", used); err != broken {
		t.Errorf("got the error %v, want %v", err, broken)
	}
}

func TestChecksAreACopy(t *testing.T) {
	test := policy.All(named("a"), named("b"))
	before := sight(test, policy.Info{})
	mine := test.Checks()
	mine[0] = policy.Check[int]{}
	mine[1].Budget = time.Second
	_ = append(mine[:1], mine[1], mine[0])
	if d := cmp.Diff(before, sight(test, policy.Info{})); d != "" {
		t.Errorf("the test changed with what Checks returned (-before +after):\n%s", d)
	}
}
