package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/respool/respool/policy"
)

// untouched fails the test if f changes a ledger, or gives it work.
func untouched(t *testing.T, l *Ledger, now Instant, f func()) {
	t.Helper()
	before, stats := l.AppendState(nil, now), l.Stats()
	gens := func() (gens []uint64) { // AppendState leaves them out
		for _, s := range l.live {
			gens = append(gens, s.gen)
		}
		return gens
	}
	was := gens()
	f()
	if d := cmp.Diff(stats, l.Stats()); d != "" {
		t.Errorf("the counts have changed:\n%s", d)
	}
	if d := cmp.Diff(before, l.AppendState(nil, now)); d != "" {
		t.Errorf("the state has changed:\n%s", d)
	}
	if d := cmp.Diff(was, gens()); d != "" {
		t.Errorf("handles have become stale:\n%s", d)
	}
	if l.Pending() {
		t.Error("there is work")
	}
}

// TestCommonCases: what LendFast, ReturnFast and Enqueue take for a common case,
// and that they change nothing in any other case. At first there are three places
// and two slots that came back at zero, 2 last; before changes that.
func TestCommonCases(t *testing.T) {
	const s = Instant(time.Second)
	with := func(f func(c *Config)) Config {
		c := Config{MaxActive: 3, MaxIdle: 3, MaxWaiters: 1}
		f(&c)
		return c
	}
	usual := with(func(*Config) {})
	idle := with(func(c *Config) { c.Eviction = policy.IdleTimeout(time.Second) })
	tested := with(func(c *Config) { c.Gates = []policy.Gate{plain} })
	aged := with(func(c *Config) { c.Lifetime = policy.MaxAge(time.Second) })
	two := with(func(c *Config) { c.Lifetime = policy.MaxUses(2) })
	filled := with(func(c *Config) { c.MinIdle = 1 })
	soft := with(func(c *Config) { c.Eviction = policy.SoftIdleTimeout(time.Second, 1) })
	take := func(n int) func(l *Ledger) {
		return func(l *Ledger) {
			for range n {
				l.Acquire(0, nil)
			}
		}
	}
	wait := func(l *Ledger) { take(3)(l); l.Acquire(0, new(Waiter)) }
	shut := func(l *Ledger) { take(3)(l); l.Shut(0) }
	for _, c := range []struct {
		name              string
		config            Config
		before            func(l *Ledger)
		now               Instant
		lend, comes, join bool
	}{
		{"two are idle", usual, nil, 0, true, false, false},
		{"one is, one is lent", usual, take(1), 0, true, true, false},
		{"there is room", usual, take(2), 0, false, true, false},
		{"all are lent", usual, take(3), 0, false, true, true},
		{"the queue is full", usual, wait, 0, false, true, false},
		{"shut", usual, shut, 0, false, false, false},
		{"before the idle limit", idle, take(1), s, true, true, false},
		{"at the idle limit", idle, take(1), s + 1, false, true, false},
		{"before the end of a lifetime", aged, take(1), s - 1, true, true, false},
		{"at the end", aged, take(1), s, false, false, false},
		{"before the last use", two, take(1), 0, true, false, false},
		{"a test", tested, take(1), 0, false, false, false},
		{"a soft limit", soft, take(1), 0, false, false, false},
		{"MinIdle", filled, take(1), 0, false, true, false},
		{"no place for another idle one", usual, func(l *Ledger) { take(1)(l); l.Resize(0, 3, 1) }, 0, true, false, false},
		{"none for any", usual, func(l *Ledger) { take(2)(l); l.Resize(0, 2, 0) }, 0, false, false, true},
		{"reset", usual, func(l *Ledger) { take(2)(l); l.Reset(0) }, 0, false, false, false},
		{"fewer places since", usual, func(l *Ledger) { take(2)(l); l.Resize(0, 1, 1) }, 0, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			build := func() *Ledger {
				l, _ := crowd(t, c.config, 2)
				if c.before != nil {
					c.before(l)
				}
				l.Take()
				return l
			}
			try := func(what string, want bool, f func(l *Ledger) bool) {
				t.Helper()
				l := build()
				if !want {
					untouched(t, l, c.now, func() {
						if f(l) {
							t.Errorf("%s takes it for a common case", what)
						}
					})
					return
				}
				if !f(l) {
					t.Errorf("%s does not take it for a common case", what)
				}
				if err := l.Check(); err != nil || l.Pending() {
					t.Errorf("after %s: %v, work: %v", what, err, l.Pending())
				}
			}
			try("Lend", c.lend, func(l *Ledger) bool { return l.LendFast(c.now) != nil })
			try("Join", c.join, func(l *Ledger) bool { return l.Enqueue(c.now, new(Waiter)) })
			try("Return", c.comes, func(l *Ledger) bool {
				for _, s := range l.live {
					if l.state(s) == Leased {
						_, ok := l.ReturnFast(c.now, s)
						return ok
					}
				}
				return false
			})
		})
	}
}
