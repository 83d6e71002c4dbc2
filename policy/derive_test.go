package policy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/respool/respool/policy"
	"pgregory.net/rapid"
)

// twin is a BorrowTest with a description of the checks that it must have.
type twin struct {
	test policy.BorrowTest[int]
	want []seen
}

// narrowed returns the twin for test, whose checks are those of w as f changes them.
func (w twin) narrowed(test policy.BorrowTest[int], f func(*seen)) twin {
	want := make([]seen, len(w.want))
	for i, s := range w.want {
		f(&s)
		want[i] = s
	}
	return twin{test, want}
}

// derive makes a test from others, in one of all possible ways.
func derive(t *rapid.T, r policy.Info, have []twin) twin {
	one := func() twin { return rapid.SampledFrom(have).Draw(t, "of") }
	d := time.Duration(rapid.Int64Range(1, 20).Draw(t, "d"))
	gated := func(from policy.Instant) func(*seen) {
		return func(s *seen) { s.From, s.Timed = max(s.From, from), true }
	}
	switch w := one(); rapid.IntRange(0, 7).Draw(t, "way") {
	case 0:
		return w.narrowed(policy.IfIdleFor(d, w.test), gated(r.Returned.Add(d)))
	case 1:
		return w.narrowed(policy.AtMostEvery(d, w.test), gated(r.Tested.Add(d)))
	case 2:
		i := policy.Instant(d)
		return w.narrowed(policy.When(from(i), w.test), gated(i))
	case 3:
		return w.narrowed(policy.When(untimed{}, w.test), func(*seen) {})
	case 4:
		return w.narrowed(policy.Within(d, w.test), func(s *seen) {
			if s.Budget == 0 || s.Budget > d {
				s.Budget = d
			}
		})
	default:
		v := one()
		if len(w.want)+len(v.want) > policy.MaxChecks {
			return w
		}
		want := append(append([]seen(nil), w.want...), v.want...)
		return twin{policy.All(w.test, v.test), want}
	}
}

// Tests are derived from each other at random. Each must have the checks that follow
// from its derivation, and must keep them when others are derived from it later.
func TestDerivedTestsShareNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := policy.Info{
			Returned: policy.Instant(rapid.Int64Range(0, 20).Draw(t, "returned")),
			Tested:   policy.Instant(rapid.Int64Range(0, 20).Draw(t, "tested")),
		}
		have := []twin{{}}
		for _, name := range []string{"a", "b", "c"} {
			have = append(have, twin{named(name), []seen{{Name: name}}})
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			have = append(have, derive(t, r, have))
		}
		for i, w := range have {
			if got := sight(w.test, r); len(got)+len(w.want) > 0 && !cmp.Equal(w.want, got) {
				t.Fatalf("test %d (-want +got):\n%s", i, cmp.Diff(w.want, got))
			}
		}
	})
}

// All of three checks leaves room for a fourth in the slice that append made. Two
// derivations from it must not share that room.
func TestAllLeavesNoRoomToShare(t *testing.T) {
	abc := policy.All(named("a"), named("b"), named("c"))
	abcd := policy.All(abc, named("d"))
	before := sight(abcd, policy.Info{})
	policy.All(abc, named("e"))
	if d := cmp.Diff(before, sight(abcd, policy.Info{})); d != "" {
		t.Errorf("abcd changed when abce was made (-before +after):\n%s", d)
	}
}
