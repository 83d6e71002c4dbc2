package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func passes(context.Context, int, time.Time) error { return nil }

// plain is the gate of a test at every borrow.
var plain = policy.Test(passes).Checks()[0].Gate

// gateOf returns the gate of a test narrowed by a time.
func gateOf(narrow func(time.Duration, policy.BorrowTest[int]) policy.BorrowTest[int], d time.Duration) policy.Gate {
	return narrow(d, policy.Test(passes)).Checks()[0].Gate
}

// lifeOfOwn is a lifetime that says that it is steady.
type lifeOfOwn struct{ life policy.Expiry }

func (l lifeOfOwn) Expiry(policy.Info) policy.Expiry { return l.life }
func (lifeOfOwn) Steady() (time.Duration, bool)      { return 0, true }

// TestEnter: which slots EnterLane accepts, and which not. There are three idle
// slots that came back at zero, 3 last.
func TestEnter(t *testing.T) {
	const s = Instant(time.Second)
	usual := Config{MaxActive: 8, MaxIdle: 8}
	with := func(f func(c *Config)) Config {
		c := usual
		f(&c)
		return c
	}
	idle := with(func(c *Config) { c.Eviction = policy.IdleTimeout(time.Second) })
	tested := with(func(c *Config) { c.Gates = []policy.Gate{gateOf(policy.IfIdleFor, time.Second)} })
	for _, c := range []struct {
		name   string
		config Config
		before func(l *Ledger)
		now    Instant
		until  Instant // zero: it refuses
	}{
		{"no policy", usual, nil, 0, Never},
		{"one is idle", usual, func(l *Ledger) { l.Acquire(0, nil); l.Acquire(0, nil) }, 0, Never},
		{"nothing is idle", usual, func(l *Ledger) { l.Acquire(0, nil); l.Acquire(0, nil); l.Acquire(0, nil) }, 0, 0},
		{"there is one already", usual, func(l *Ledger) { l.EnterLane(0) }, 0, 0},
		{"somebody waits", usual, func(l *Ledger) { l.queue.push(new(Waiter)) }, 0, 0},
		{"shut", usual, func(l *Ledger) { l.Shut(0) }, 0, 0},

		{"idle limit", idle, nil, 0, s + 1},
		{"at the idle limit", idle, nil, s, s + 1},
		{"past the idle limit", idle, nil, s + 1, 0},
		{"soft idle limit", with(func(c *Config) { c.Eviction = policy.SoftIdleTimeout(time.Hour, 1) }), nil, 0, 0},
		{"eviction that is not steady", with(func(c *Config) {
			c.Eviction = policy.EvictionFunc(func(policy.Info) policy.IdleLimit { return policy.IdleLimit{} })
		}), nil, 0, 0},

		{"age", with(func(c *Config) { c.Lifetime = policy.MaxAge(time.Second) }), nil, s - 1, s},
		{"too old", with(func(c *Config) { c.Lifetime = policy.MaxAge(time.Second) }), nil, s, 0},
		{"age before idle limit", with(func(c *Config) {
			c.Lifetime, c.Eviction = policy.MaxAge(time.Second), policy.IdleTimeout(time.Hour)
		}), nil, 0, s},
		{"MaxUses", with(func(c *Config) { c.Lifetime = policy.MaxUses(100) }), nil, 0, 0},
		{"MaxUses and age", with(func(c *Config) {
			c.Lifetime = policy.Earliest(policy.MaxAge(time.Hour), policy.MaxUses(100))
		}), nil, 0, 0},
		{"lifetime that is not steady", with(func(c *Config) {
			c.Lifetime = policy.LifetimeFunc(func(policy.Info) policy.Expiry { return policy.Expiry{} })
		}), nil, 0, 0},
		{"lifetime that says it is steady", with(func(c *Config) { c.Lifetime = lifeOfOwn{policy.Expiry{Until: s}} }), nil, 0, s},

		{"test", tested, nil, 0, s},
		{"test not yet due", tested, nil, s - 1, s},
		{"test due", tested, nil, s, 0},
		{"test at every borrow", with(func(c *Config) { c.Gates = []policy.Gate{plain} }), nil, 0, 0},
		{"test that is not steady", with(func(c *Config) {
			c.Gates = []policy.Gate{policy.GateFunc(func(policy.Info) policy.Instant { return Never })}
		}), nil, 0, 0},
		{"two tests, the earlier counts", with(func(c *Config) {
			c.Gates = []policy.Gate{gateOf(policy.IfIdleFor, time.Hour), gateOf(policy.AtMostEvery, time.Second)}
		}), nil, 0, s},
		{"test before idle limit", with(func(c *Config) {
			c.Gates, c.Eviction = []policy.Gate{gateOf(policy.IfIdleFor, time.Second)}, policy.IdleTimeout(time.Hour)
		}), nil, 0, s},

		{"FIFO", with(func(c *Config) { c.Order = policy.FIFO }), nil, 0, 0},
		{"MinIdle", with(func(c *Config) { c.MinIdle = 1 }), nil, 0, 0},
		{"MaxIdle that is reached", with(func(c *Config) { c.MaxIdle = 3 }), nil, 0, Never},
		{"Reset", usual, func(l *Ledger) { l.Reset(0) }, 0, 0},
		{"Resize to more", usual, func(l *Ledger) { l.Resize(0, 9, 9) }, 0, Never},
		{"above MaxActive after Resize", usual, func(l *Ledger) { l.Resize(0, 2, 8) }, 0, 0},
		{"above MaxActive and trimmed", usual, func(l *Ledger) { l.Resize(0, 2, 8); l.Advance(0) }, 0, 0},
		{"above MaxActive no more", usual, func(l *Ledger) { l.Resize(0, 2, 8); l.Advance(0); drain(l, 0) }, 0, Never},
		{"above MaxIdle after Resize", usual, func(l *Ledger) { l.Resize(0, 8, 2) }, 0, 0},
		{"above MaxIdle and trimmed", usual, func(l *Ledger) { l.Resize(0, 8, 2); l.Advance(0) }, 0, Never},
		{"MaxIdle 0 after Resize", usual, func(l *Ledger) { l.Resize(0, 8, 0) }, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, _ := crowd(t, c.config, 3)
			if c.before != nil {
				c.before(l)
			}
			front, before := l.idle.front, string(l.AppendState(nil, c.now))
			lap, ok := l.EnterLane(c.now)
			switch {
			case c.until == 0:
				if ok || lap != (LaneEntry{}) {
					t.Errorf("got %+v, want none", lap)
				}
				if after := string(l.AppendState(nil, c.now)); after != before {
					t.Errorf("refused, but it was\n%s\nand is\n%s", before, after)
				}
			case !ok || lap != (LaneEntry{front, c.until}):
				t.Errorf("got %+v (%v), want %v until %v", lap, ok, front.ID(), c.until)
			default:
				if err := l.Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestLaneEligible: LaneEligible reports beforehand whether EnterLane can ever
// succeed.
func TestLaneEligible(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		want   bool
	}{
		"no policy":                  {Config{}, true},
		"usual":                      {Config{Eviction: policy.IdleTimeout(1), Lifetime: policy.MaxAge(1)}, true},
		"FIFO":                       {Config{Order: policy.FIFO}, false},
		"MinIdle":                    {Config{MinIdle: 1}, false},
		"MaxUses":                    {Config{Lifetime: policy.MaxUses(1)}, false},
		"own gate":                   {Config{Gates: []policy.Gate{policy.GateFunc(nil)}}, false},
		"two gates, the other first": {Config{Gates: []policy.Gate{policy.GateFunc(nil), gateOf(policy.IfIdleFor, 1)}}, false},
		"MaxUses and a gate":         {Config{Lifetime: policy.MaxUses(1), Gates: []policy.Gate{gateOf(policy.IfIdleFor, 1)}}, false},
		"two gates":                  {Config{Gates: []policy.Gate{gateOf(policy.IfIdleFor, 1), policy.GateFunc(nil)}}, false},
	} {
		c.config.MaxActive, c.config.MaxIdle = 2, 2
		if got := New(c.config).LaneEligible(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestLaneMustYield: the slot in the lane keeps its place among the idle ones.
func TestLaneMustYield(t *testing.T) {
	l, _ := crowd(t, Config{MaxActive: 3, MaxIdle: 2}, 2)
	l.EnterLane(0)
	if !l.LaneMustYield() {
		t.Errorf("one more has no place, but it is not crowded: %v", l)
	}
	a := l.Acquire(0, nil)
	if l.LaneMustYield() {
		t.Errorf("one has a place, but it is crowded: %v", l)
	}
	l.Release(0, a.Handle)
	l.ExitLane(0, 0, false)
	if w := l.Take(); !w.Empty() || l.tally[Idle] != 2 {
		t.Errorf("it left the lane, and %v", l)
	}
}

// TestLeaveClosesTheOld: a slot that has become too old in the lane is work to be
// closed when it leaves the lane, if nobody holds it.
func TestLeaveClosesTheOld(t *testing.T) {
	for _, leased := range []bool{false, true} {
		l, slots := crowd(t, Config{MaxActive: 2, MaxIdle: 2, Lifetime: policy.MaxAge(5)}, 1)
		l.EnterLane(0)
		l.ReportLane(2, true, true)
		l.ExitLane(5, 3, leased)
		if slots[0].Facts() != (policy.Info{Returned: 3, Uses: 2}) {
			t.Errorf("the facts are %+v", slots[0].Facts())
		}
		w := l.Take()
		h, ok := w.NextClose()
		if ok == leased || ok && l.Why(h) != TooOld {
			t.Errorf("leased %v: %v is to be closed (%v) in %v", leased, h, ok, l)
		}
		if err := l.Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestLeaveHasANewGeneration: when the slot has left the lane and is idle, all
// earlier handles are stale, those from before it entered the lane too. A holder
// whose lease goes on keeps a current handle.
func TestLeaveHasANewGeneration(t *testing.T) {
	for _, leased := range []bool{false, true} {
		l, slots := crowd(t, Config{MaxActive: 2, MaxIdle: 2}, 1)
		l.EnterLane(0)
		lent := slots[0].Handle()
		l.ReportLane(1, true, !leased)
		l.ExitLane(0, 0, leased)
		a := l.Acquire(0, nil)
		if !leased && a.Handle == lent {
			t.Errorf("%v was given up in the lane, and is lent again", lent)
		}
		if got := l.Release(0, lent).Do; (got == Done) != leased {
			t.Errorf("leased %t: the handle from the lane is answered %v", leased, got)
		}
		if err := l.Check(); err != nil {
			t.Error(err)
		}
	}
}

// steadyUses says that it is steady, though it limits uses.
type steadyUses struct{ policy.Lifetime }

func (steadyUses) Steady() (time.Duration, bool) { return 0, true }

// TestUsesAreNotOverrunInTheLane has a policy say of itself what is not so: its slots do not enter the
// lane, where nobody counts uses.
func TestUsesAreNotOverrunInTheLane(t *testing.T) {
	l, _ := crowd(t, Config{MaxActive: 1, MaxIdle: 1, Lifetime: steadyUses{policy.MaxUses(9)}}, 1)
	if lap, ok := l.EnterLane(0); ok {
		t.Errorf("slot %v is in the lane", lap.Slot.ID())
	}
}
