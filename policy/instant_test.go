package policy_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"pgregory.net/rapid"
)

const (
	longest = time.Duration(math.MaxInt64)
	deepest = time.Duration(math.MinInt64)
	first   = policy.Instant(math.MinInt64)
)

func TestInstantAdd(t *testing.T) {
	for _, c := range []struct {
		i    policy.Instant
		d    time.Duration
		want policy.Instant
	}{
		{0, 0, 0},
		{5, 3, 8},
		{5, -3, 2},
		{5, -8, -3},
		{-3, 8, 5},
		{0, longest, policy.Never},
		{1, longest, policy.Never},
		{policy.Never - 1, 0, policy.Never - 1},
		{policy.Never - 1, 1, policy.Never},
		{policy.Never - 1, 2, policy.Never},
		{policy.Never - 1, longest, policy.Never},
		{policy.Never, 0, policy.Never},
		{policy.Never, 1, policy.Never},
		{policy.Never, -1, policy.Never},
		{policy.Never, deepest, policy.Never},
		{policy.Never - 1, deepest, -2},
		{0, deepest, first},
		{-1, deepest, first},
		{first, -1, first},
		{first, longest, -1},
	} {
		if got := c.i.Add(c.d); got != c.want {
			t.Errorf("(%d).Add(%d) = %d, want %d", c.i, c.d, got, c.want)
		}
	}
}

// The expected sum is computed with big integers, and then cut at the limits.
func TestInstantAddSaturates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := policy.Instant(rapid.Int64Max(math.MaxInt64-1).Draw(t, "i"))
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		sum := new(big.Int).Add(big.NewInt(int64(i)), big.NewInt(int64(d)))
		want := policy.Instant(sum.Int64())
		if !sum.IsInt64() {
			want = first
			if sum.Sign() > 0 {
				want = policy.Never
			}
		}
		if got := i.Add(d); got != want {
			t.Fatalf("(%d).Add(%d) = %d, want %d", i, d, got, want)
		}
	})
}

func TestInstantSub(t *testing.T) {
	for _, c := range []struct {
		i, j policy.Instant
		want time.Duration
	}{
		{0, 0, 0},
		{8, 5, 3},
		{5, 8, -3},
		{policy.Never, 0, longest},
		{0, policy.Never, -longest},
		{policy.Never, policy.Never, 0},
	} {
		if got := c.i.Sub(c.j); got != c.want {
			t.Errorf("(%d).Sub(%d) = %d, want %d", c.i, c.j, got, c.want)
		}
	}
}

func TestInstantString(t *testing.T) {
	for _, c := range []struct {
		i    policy.Instant
		want string
	}{
		{0, "0s"},
		{1, "1ns"},
		{policy.Instant(90 * time.Second), "1m30s"},
		{-policy.Instant(time.Second), "-1s"},
		{policy.Never - 1, "2562047h47m16.854775806s"},
		{policy.Never, "never"},
	} {
		if got := c.i.String(); got != c.want {
			t.Errorf("String of %d = %q, want %q", int64(c.i), got, c.want)
		}
	}
}
