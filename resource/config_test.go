package resource

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// tooMany is more than a pool counts. Where an int has 32 bits there is no such
// number, and it is negative.
var tooMany = func() int { n := math.MaxInt32; return n + 1 }()

func TestNewRefusesNonsense(t *testing.T) {
	for _, c := range []struct {
		set  func(c *Config[int])
		want string
	}{
		{func(c *Config[int]) { c.Open = nil }, "resource: Config.Open is nil"},
		{func(c *Config[int]) { c.MaxActive = -1 }, "resource: Config.MaxActive is -1, must not be negative"},
		{func(c *Config[int]) { c.MaxIdle = -2 }, "resource: Config.MaxIdle is -2, must be KeepNone (-1) or not negative"},
		{func(c *Config[int]) { c.MinIdle = -1 }, "resource: Config.MinIdle is -1, must not be negative"},
		{func(c *Config[int]) { c.MinIdle, c.MaxActive = 3, 2 }, "resource: Config.MinIdle is 3, above Config.MaxActive, which is 2"},
		{func(c *Config[int]) { c.MinIdle, c.MaxIdle = 3, 2 }, "resource: Config.MinIdle is 3, above Config.MaxIdle, which is 2"},
		{func(c *Config[int]) { c.MinIdle, c.MaxIdle = 1, KeepNone }, "resource: Config.MinIdle is 1, above Config.MaxIdle, which is -1"},
		{func(c *Config[int]) { c.MinIdle = tooMany }, "resource: Config.MinIdle is 2147483648, above the most that a pool can have, which is 2147483647"},
		{func(c *Config[int]) { c.MinIdle, c.MaxActive, c.MaxIdle = tooMany, tooMany, tooMany }, "resource: Config.MinIdle is 2147483648, above the most that a pool can have, which is 2147483647"},
		{func(c *Config[int]) { c.MaxWaiters = -1 }, "resource: Config.MaxWaiters is -1, must not be negative"},
		{func(c *Config[int]) { c.WaitTimeout = -1 }, "resource: Config.WaitTimeout is -1ns, must not be negative"},
		{func(c *Config[int]) { c.Order = policy.FIFO + 1 }, "resource: Config.Order is Order(2), must be policy.LIFO or policy.FIFO"},
		{func(c *Config[int]) { c.TestBudget = -1 }, "resource: Config.TestBudget is -1ns, must not be negative"},
		{func(c *Config[int]) { c.Reserve = -1 }, "resource: Config.Reserve is -1, must not be negative"},
		{func(c *Config[int]) { c.Reserve = 1 }, "resource: Config.Reserve is 1, must be less than Config.MaxActive, which is 0"},
		{func(c *Config[int]) { c.Reserve, c.MaxActive = 2, 2 }, "resource: Config.Reserve is 2, must be less than Config.MaxActive, which is 2"},
		{func(c *Config[int]) { c.Shed.Interval = 1 }, "resource: Config.Shed: CoDel.Target is 0s, must be positive"},
		{func(c *Config[int]) { c.ReplaceAhead = -1 }, "resource: Config.ReplaceAhead is -1ns, must not be negative"},
		{func(c *Config[int]) { c.ReplaceAhead = 1 }, "resource: Config.ReplaceAhead is 1ns, and Config.Lifetime is nil"},
		{func(c *Config[int]) { c.TestIdleEvery = -1 }, "resource: Config.TestIdleEvery is -1ns, must not be negative"},
		{func(c *Config[int]) { c.TestIdleEvery = 30 }, "resource: Config.TestIdleEvery is 30ns, must be 0 or at least 1ms"},
		{func(c *Config[int]) { c.TestIdleEvery = time.Second }, "resource: Config.TestIdleEvery is 1s, and Config.BorrowTest has no test"},
		{func(c *Config[int]) { c.OpenBackoff.Max = 30 }, "resource: Config.OpenBackoff: the longest pause is 30ns, must be at least 1ms"},
		{func(c *Config[int]) { c.OpenBackoff = policy.Backoff{First: 1, Max: time.Hour, Factor: 1} }, "resource: Config.OpenBackoff: the longest pause is 1ns, must be at least 1ms"},
		{func(c *Config[int]) { c.OpenTimeout = -1 }, "resource: Config.OpenTimeout is -1ns, must not be negative"},
		{func(c *Config[int]) { c.LeakAfter = -1 }, "resource: Config.LeakAfter is -1ns, must not be negative"},
		{func(c *Config[int]) { c.CloseTimeout = -1 }, "resource: Config.CloseTimeout is -1ns, must not be negative"},
		{func(c *Config[int]) { c.CleanupTimeout = -1 }, "resource: Config.CleanupTimeout is -1ns, must not be negative"},
	} {
		config := Config[int]{Open: func(context.Context) (int, error) { return 0, nil }}
		c.set(&config)
		if config.MinIdle < -1 {
			continue // tooMany
		}
		if p, err := New(config); p != nil || err == nil || err.Error() != c.want {
			t.Errorf("got the error %v, want %s", err, c.want)
		}
	}
}

func TestZeroConfigKeepsEverything(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{})
		w.idle(100)
		if st := w.pool.Stats(); st.MaxActive != 0 || st.MaxIdle != 0 || st.Idle != 100 || st.PeakLeased != 100 {
			t.Errorf("got %+v", st)
		}
		w.shut(upTo(100)...)
	})
}

// A limit above the highest number that a pool counts is no limit.
func TestLimitsAboveAllCounts(t *testing.T) {
	inWorld(t, func(w *world) {
		most := math.MaxInt
		w.build(Config[*thing]{MaxActive: most, MaxIdle: most, MaxWaiters: most})
		w.idle(3)
		w.resize(most, most)
		if st := w.pool.Stats(); st.MaxActive != 0 || st.MaxIdle != 0 || st.Idle != 3 {
			t.Errorf("got %+v", st)
		}
		w.shut(1, 2, 3)
	})
}

func TestNothingToClose(t *testing.T) {
	p, err := New(Config[int]{Open: func(context.Context) (int, error) { return 7, nil }})
	if err != nil {
		t.Fatal(err)
	}
	lease, err := p.Acquire(context.Background())
	if err != nil || lease.Value() != 7 {
		t.Fatalf("got %v, %v", lease, err)
	}
	lease.Release()
	p.Close()
	if st := p.Stats(); st.Active != 0 || st.Closed.PoolClosed != 1 || st.CloseErrors != 0 {
		t.Errorf("after Close: %+v", st)
	}
}

func TestConfigCanBeShared(t *testing.T) {
	opens := 0
	c := Config[int]{Open: func(context.Context) (int, error) { opens++; return opens, nil }, MaxActive: 1}
	for i := range 2 {
		p, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if lease, err := p.Acquire(context.Background()); err != nil || lease.Value() != i+1 {
			t.Errorf("pool %d: %v, %v", i, lease, err)
		}
	}
}

func TestMessagesBeginAlike(t *testing.T) {
	for _, err := range []error{
		ErrClosed, ErrExhausted, ErrTooManyWaiters, ErrWaitTimeout, &OpenError{errOpen}, &ShutdownError{Err: errOpen},
	} {
		if !strings.HasPrefix(err.Error(), "resource: ") {
			t.Errorf("%v", err)
		}
	}
}
