package policy_test

import (
	"context"
	"fmt"
	"time"

	"github.com/respool/respool/policy"
)

func ExampleMaxAge() {
	// #region max-age
	lifetime := policy.MaxAge(time.Hour)
	// #endregion max-age

	opened := policy.Instant(5 * time.Minute)
	fmt.Println("too old from", lifetime.Expiry(policy.Info{Opened: opened}).Until)
	// Output:
	// too old from 1h5m0s
}

func ExampleMaxUses() {
	// #region max-uses
	lifetime := policy.MaxUses(1000)
	// #endregion max-uses

	fmt.Println("closed after", lifetime.Expiry(policy.Info{}).Uses, "uses; needs the time:", policy.IsTimed(lifetime))
	// Output:
	// closed after 1000 uses; needs the time: false
}

func ExampleEarliest() {
	// #region earliest
	lifetime := policy.Earliest(
		policy.MaxAgeJitter(time.Hour, 10*time.Minute),
		policy.MaxUses(1000),
	)
	// #endregion earliest

	life := lifetime.Expiry(policy.Info{Draw: 0.5})
	fmt.Println("until", life.Until, "or", life.Uses, "uses")
	// Output:
	// until 55m0s or 1000 uses
}

func ExampleIdleTimeout() {
	// #region idle-timeout
	eviction := policy.IdleTimeout(4 * time.Minute)
	// #endregion idle-timeout

	stay := eviction.IdleLimit(policy.Info{Returned: policy.Instant(time.Minute)})
	fmt.Println("not lent any more from", stay.Until)
	// Output:
	// not lent any more from 5m0.000000001s
}

func ExampleSoftIdleTimeout() {
	// #region soft-idle-timeout
	eviction := policy.SoftIdleTimeout(4*time.Minute, 2)
	// #endregion soft-idle-timeout

	stay := eviction.IdleLimit(policy.Info{Returned: policy.Instant(time.Minute)})
	fmt.Println("from", stay.Until, "closed if more than", stay.Keep, "are idle")
	// Output:
	// from 5m0.000000001s closed if more than 2 are idle
}

func ExampleAtMostEvery() {
	// #region at-most-every
	test := policy.AtMostEvery(10*time.Second, policy.Test(ping))
	// #endregion at-most-every

	passed := policy.Info{Tested: policy.Instant(time.Minute)}
	fmt.Println("test from", test.Checks()[0].Gate.From(passed))
	// Output:
	// test from 1m10s
}

func ExampleIfSuspected() {
	// #region if-suspected
	test := policy.IfSuspected(policy.Test(ping))
	// #endregion if-suspected

	returned := policy.Info{Returned: policy.Instant(time.Minute)}
	fmt.Println("test from", test.Checks()[0].Gate.From(returned))
	// Output:
	// test from never
}

func ExampleWithin() {
	// #region within
	test := policy.Within(50*time.Millisecond, policy.Test(ping))
	// #endregion within

	check := test.Checks()[0]
	err := check.Run(context.Background(), conn{broken: true}, time.Now())
	fmt.Printf("within %v: %v\n", check.Budget, err)
	// Output:
	// within 50ms: no answer
}

// A resource that was used a hundred times or more is tested before every further
// use.
func ExampleWhen() {
	// #region when
	worn := policy.GateFunc(func(r policy.Info) policy.Instant {
		if r.Uses < 100 {
			return policy.Never
		}
		return 0 // at every borrow
	})
	test := policy.When(worn, policy.Test(ping))
	// #endregion when

	gate := test.Checks()[0].Gate
	fmt.Println("after 99 uses never:", gate.From(policy.Info{Uses: 99}) == policy.Never)
	fmt.Println("after 100 from", gate.From(policy.Info{Uses: 100}))
	// Output:
	// after 99 uses never: true
	// after 100 from 0s
}
