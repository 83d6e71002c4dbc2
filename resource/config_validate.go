package resource

import (
	"errors"
	"fmt"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// validate returns an error that names the first invalid field.
func (c *Config[T]) validate() error {
	if err := c.validateLimits(); err != nil {
		return err
	}
	return c.validateTests()
}

// validateLimits checks the fields that say how many resources and waiters there are.
func (c *Config[T]) validateLimits() error {
	switch {
	case c.Open == nil:
		return errors.New("resource: Config.Open is nil")
	case c.MaxActive < 0:
		return fmt.Errorf("resource: Config.MaxActive is %d, must not be negative", c.MaxActive)
	case c.MaxIdle < KeepNone:
		return fmt.Errorf("resource: Config.MaxIdle is %d, must be KeepNone (%d) or not negative", c.MaxIdle, KeepNone)
	case c.MinIdle < 0:
		return fmt.Errorf("resource: Config.MinIdle is %d, must not be negative", c.MinIdle)
	case c.MinIdle > ledger.NoLimit:
		return fmt.Errorf("resource: Config.MinIdle is %d, above the most that a pool can have, which is %d", c.MinIdle, ledger.NoLimit)
	case c.MinIdle > limit(c.MaxActive):
		return fmt.Errorf("resource: Config.MinIdle is %d, above Config.MaxActive, which is %d", c.MinIdle, c.MaxActive)
	case c.MinIdle > idleLimit(c.MaxIdle):
		return fmt.Errorf("resource: Config.MinIdle is %d, above Config.MaxIdle, which is %d", c.MinIdle, c.MaxIdle)
	case c.MaxWaiters < 0:
		return fmt.Errorf("resource: Config.MaxWaiters is %d, must not be negative", c.MaxWaiters)
	case c.WaitTimeout < 0:
		return fmt.Errorf("resource: Config.WaitTimeout is %v, must not be negative", c.WaitTimeout)
	case c.Shed.Validate() != nil:
		return fmt.Errorf("resource: Config.Shed: %w", c.Shed.Validate())
	case c.Reserve < 0:
		return fmt.Errorf("resource: Config.Reserve is %d, must not be negative", c.Reserve)
	case c.Reserve > 0 && c.Reserve >= c.MaxActive:
		return fmt.Errorf("resource: Config.Reserve is %d, must be less than Config.MaxActive, which is %d", c.Reserve, c.MaxActive)
	case !c.Order.Valid():
		return fmt.Errorf("resource: Config.Order is %v, must be policy.LIFO or policy.FIFO", c.Order)
	case c.ReplaceAhead < 0:
		return fmt.Errorf("resource: Config.ReplaceAhead is %v, must not be negative", c.ReplaceAhead)
	case c.ReplaceAhead > 0 && c.Lifetime == nil:
		return fmt.Errorf("resource: Config.ReplaceAhead is %v, and Config.Lifetime is nil", c.ReplaceAhead)
	}
	return nil
}

// validateTests checks the fields that say how resources are tested, opened and closed.
func (c *Config[T]) validateTests() error {
	switch {
	case c.TestBudget < 0:
		return fmt.Errorf("resource: Config.TestBudget is %v, must not be negative", c.TestBudget)
	case c.TestSuspects && len(c.BorrowTest.Checks()) == 0:
		return errors.New("resource: Config.TestSuspects is set, and Config.BorrowTest has no test")
	case c.TestIdleEvery < 0:
		return fmt.Errorf("resource: Config.TestIdleEvery is %v, must not be negative", c.TestIdleEvery)
	case c.TestIdleEvery > 0 && c.TestIdleEvery < shortestPeriod:
		return fmt.Errorf("resource: Config.TestIdleEvery is %v, must be 0 or at least %v", c.TestIdleEvery, shortestPeriod)
	case c.TestIdleEvery > 0 && len(c.BorrowTest.Checks()) == 0:
		return fmt.Errorf("resource: Config.TestIdleEvery is %v, and Config.BorrowTest has no test", c.TestIdleEvery)
	case c.LeakAfter < 0:
		return fmt.Errorf("resource: Config.LeakAfter is %v, must not be negative", c.LeakAfter)
	case c.OpenTimeout < 0:
		return fmt.Errorf("resource: Config.OpenTimeout is %v, must not be negative", c.OpenTimeout)
	case c.OpenBackoff.Validate() != nil:
		return fmt.Errorf("resource: Config.OpenBackoff: %w", c.OpenBackoff.Validate())
	case !c.OpenBackoff.IsZero() && longestPause(c.OpenBackoff) < shortestPeriod:
		return fmt.Errorf("resource: Config.OpenBackoff: the longest pause is %v, must be at least %v", longestPause(c.OpenBackoff), shortestPeriod)
	case c.CloseTimeout < 0:
		return fmt.Errorf("resource: Config.CloseTimeout is %v, must not be negative", c.CloseTimeout)
	case c.CleanupTimeout < 0:
		return fmt.Errorf("resource: Config.CleanupTimeout is %v, must not be negative", c.CleanupTimeout)
	}
	return nil
}

// shortestPeriod is the least time between calls that the pool repeats by itself. A number
// without a unit is a number of nanoseconds: then the pool would make such calls without
// end, also while nobody uses it.
const shortestPeriod = time.Millisecond

// longestPause returns the pause after many failures, without jitter.
func longestPause(b policy.Backoff) time.Duration { return b.Pause(1<<20, 0) }
