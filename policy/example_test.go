package policy_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/respool/respool/policy"
)

// conn stands for the resource of a user's pool.
type conn struct{ broken, readOnly bool }

func ping(_ context.Context, c conn, _ time.Time) error {
	if c.broken {
		return errors.New("no answer")
	}
	return nil
}

func writable(_ context.Context, c conn, _ time.Time) error {
	if c.readOnly {
		return errors.New("read-only")
	}
	return nil
}

// A lifetime of your own: a resource is replaced when the hour ends in which it was
// opened. The hours count from the pool's start, as all instants do.
func ExampleLifetimeFunc() {
	// #region lifetime-func
	const hour = policy.Instant(time.Hour)
	hourly := policy.LifetimeFunc(func(r policy.Info) policy.Expiry {
		return policy.Expiry{Until: (r.Opened/hour + 1) * hour}
	})
	// #endregion lifetime-func

	for _, minutes := range []time.Duration{5, 59, 60} {
		opened := policy.Instant(minutes * time.Minute)
		fmt.Println(opened, "until", hourly.Expiry(policy.Info{Opened: opened}).Until)
	}
	// Output:
	// 5m0s until 1h0m0s
	// 59m0s until 1h0m0s
	// 1h0m0s until 2h0m0s
}

// An eviction of your own: a resource that was used more often may be idle for
// longer, up to a minute.
func ExampleEvictionFunc() {
	// #region eviction-func
	earned := policy.EvictionFunc(func(r policy.Info) policy.IdleLimit {
		return policy.IdleLimit{Until: r.Returned.Add(min(time.Duration(r.Uses)*time.Second, time.Minute))}
	})
	// #endregion eviction-func

	for _, uses := range []int{1, 30, 1000} {
		stay := earned.IdleLimit(policy.Info{Uses: uses})
		fmt.Println(uses, "uses:", stay.Until)
	}
	// Output:
	// 1 uses: 1s
	// 30 uses: 30s
	// 1000 uses: 1m0s
}

// A connection that was in use a moment ago is lent without a test. After half a
// minute something may have cut it, so it is tested first.
func ExampleIfIdleFor() {
	// #region if-idle-for
	test := policy.IfIdleFor(30*time.Second, policy.Test(ping))
	// #endregion if-idle-for

	returned := policy.Instant(5 * time.Minute)
	for _, check := range test.Checks() {
		fmt.Println("test from", check.Gate.From(policy.Info{Returned: returned}))
	}
	// Output:
	// test from 5m30s
}

// A cheap check runs at every borrow, an expensive one every ten seconds at most, and
// both together take one second at most.
func ExampleAll() {
	// #region all
	test := policy.Within(time.Second, policy.All(
		policy.Test(ping),
		policy.AtMostEvery(10*time.Second, policy.Test(writable)),
	))
	// #endregion all

	replica := conn{readOnly: true}
	for _, check := range test.Checks() {
		from := check.Gate.From(policy.Info{Tested: policy.Instant(time.Minute)})
		err := check.Run(context.Background(), replica, time.Now())
		fmt.Printf("from %v, for at most %v: %v\n", from, check.Budget, err)
	}
	// Output:
	// from 0s, for at most 1s: <nil>
	// from 1m10s, for at most 1s: read-only
}

// Connections that were opened together, when the program started, are not all
// replaced together half an hour later.
func ExampleMaxAgeJitter() {
	// #region max-age-jitter
	lifetime := policy.MaxAgeJitter(30*time.Minute, 10*time.Minute)
	// #endregion max-age-jitter

	for _, draw := range []float64{0, 0.25, 0.5, 0.75} {
		fmt.Println(lifetime.Expiry(policy.Info{Draw: draw}).Until)
	}
	// Output:
	// 30m0s
	// 27m30s
	// 25m0s
	// 22m30s
}

// hourly closes a resource when the hour ends in which it was opened. The hours count
// from the pool's start. The answer depends only on an instant, so the policy is
// steady, and a pool may lend a resource that has just come back without asking again.
// The shortest time is zero, because a resource that is opened just before the full
// hour lives only for a moment.
type hourly struct{}

func (hourly) Expiry(r policy.Info) policy.Expiry {
	const hour = policy.Instant(time.Hour)
	return policy.Expiry{Until: (r.Opened/hour + 1) * hour}
}

func (hourly) Steady() (shortest time.Duration, ok bool) { return 0, true }

func ExampleSteady() {
	for _, lifetime := range []policy.Lifetime{
		hourly{},
		policy.LifetimeFunc(hourly{}.Expiry), // a function could return anything
		policy.Earliest(hourly{}, policy.MaxAge(time.Hour)),
		policy.Earliest(hourly{}, policy.MaxUses(1000)),
	} {
		_, ok := policy.IsSteady(lifetime)
		fmt.Printf("%T: %v\n", lifetime, ok)
	}
	// Output:
	// policy_test.hourly: true
	// policy.LifetimeFunc: false
	// policy.earliest: true
	// policy.earliest: false
}
