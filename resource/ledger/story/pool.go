package story

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Pool is the settings of a story's pool. In a story a setting is its name, as
// given below, with a value: max-active=4.
type Pool struct {
	MaxActive   int           // max-active: at least 1; default none
	MaxIdle     int           // max-idle: default none
	MinIdle     int           // min-idle: default 0
	MaxWaiters  int           // max-waiters: default none
	WaitTimeout time.Duration // wait-timeout: default none

	FIFO bool // order=fifo; default order=lifo

	MaxAge      time.Duration // max-age: default none
	Jitter      time.Duration // jitter: of max-age; default none
	MaxUses     int           // max-uses: default none
	IdleTimeout time.Duration // idle-timeout: default none
	Keep        int           // keep: makes idle-timeout soft, with this minimum

	TestIdleEvery time.Duration // test-idle-every: default none; needs a test

	// Tests: test=always, test=if-idle-for:1m or test=at-most-every:5m, one setting
	// for each test.
	Tests []Test
	Seed  uint64 // seed: default 0
}

// Test says when one test of a borrow is due. The zero Test is always due.
type Test struct {
	IfIdleFor   time.Duration
	AtMostEvery time.Duration
}

func (t Test) String() string {
	switch {
	case t.IfIdleFor > 0:
		return "if-idle-for:" + short(t.IfIdleFor)
	case t.AtMostEvery > 0:
		return "at-most-every:" + short(t.AtMostEvery)
	}
	return "always"
}

// gate returns the gate of package policy's borrow test of the same name.
func (t Test) gate() policy.Gate {
	test := policy.Test(func(context.Context, struct{}, time.Time) error { return nil })
	switch {
	case t.IfIdleFor > 0:
		test = policy.IfIdleFor(t.IfIdleFor, test)
	case t.AtMostEvery > 0:
		test = policy.AtMostEvery(t.AtMostEvery, test)
	}
	return test.Checks()[0].Gate
}

// Config returns the ledger's configuration. Its policies are those of package
// policy.
func (p Pool) Config() ledger.Config {
	c := ledger.Config{
		MaxActive:     p.MaxActive,
		MaxIdle:       p.MaxIdle,
		MinIdle:       p.MinIdle,
		MaxWaiters:    p.MaxWaiters,
		WaitTimeout:   p.WaitTimeout,
		TestIdleEvery: p.TestIdleEvery,
		Seed:          p.Seed,
	}
	if p.FIFO {
		c.Order = policy.FIFO
	}
	var lives []policy.Lifetime
	if p.MaxAge > 0 {
		lives = append(lives, policy.MaxAgeJitter(p.MaxAge, p.Jitter))
	}
	if p.MaxUses > 0 {
		lives = append(lives, policy.MaxUses(p.MaxUses))
	}
	switch len(lives) {
	case 0:
	case 1:
		c.Lifetime = lives[0]
	default:
		c.Lifetime = policy.Earliest(lives...)
	}
	if p.IdleTimeout > 0 {
		c.Eviction = policy.SoftIdleTimeout(p.IdleTimeout, p.Keep)
	}
	for _, t := range p.Tests {
		c.Gates = append(c.Gates, t.gate())
	}
	return c
}

// String returns the pool's line. Settings with their default are left out.
func (p Pool) String() string {
	words := []string{"pool"}
	set := func(name, value string) {
		if value != "" {
			words = append(words, name+"="+value)
		}
	}
	set("max-active", unless(ledger.NoLimit, p.MaxActive))
	set("max-idle", unless(ledger.NoLimit, p.MaxIdle))
	set("min-idle", unless(0, p.MinIdle))
	set("max-waiters", unless(ledger.NoLimit, p.MaxWaiters))
	set("wait-timeout", unlessZero(p.WaitTimeout))
	if p.FIFO {
		set("order", "fifo")
	}
	set("max-age", unlessZero(p.MaxAge))
	set("jitter", unlessZero(p.Jitter))
	set("max-uses", unless(0, p.MaxUses))
	set("idle-timeout", unlessZero(p.IdleTimeout))
	set("keep", unless(0, p.Keep))
	for _, t := range p.Tests {
		set("test", t.String())
	}
	set("test-idle-every", unlessZero(p.TestIdleEvery))
	if p.Seed != 0 {
		set("seed", strconv.FormatUint(p.Seed, 10))
	}
	return strings.Join(words, " ")
}

func unless(standard, n int) string {
	if n == standard {
		return ""
	}
	return strconv.Itoa(n)
}

func unlessZero(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return short(d)
}

// limit writes a number that may be NoLimit.
func limit(n int) string {
	if n == ledger.NoLimit {
		return "none"
	}
	return fmt.Sprint(n)
}

// short writes a duration without the zeros at its end: 5m, not 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
