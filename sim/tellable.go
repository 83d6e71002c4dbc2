package sim

import (
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger/story"
)

// story puts the pool in a story's words. It reports false if no story can tell
// it: it has policies of the user's own, or a test with two conditions.
func (p *Pool) story(seed uint64) (story.Pool, bool) {
	s := story.Pool{
		MaxActive:   limit(p.MaxActive),
		MaxIdle:     limit(p.MaxIdle),
		MinIdle:     p.MinIdle,
		MaxWaiters:  limit(p.MaxWaiters),
		WaitTimeout: time.Duration(p.WaitTimeout),
		FIFO:        p.Order == "fifo",
		MaxAge:      time.Duration(p.MaxAge),
		Jitter:      time.Duration(p.MaxAgeJitter),
		MaxUses:     p.MaxUses,
		IdleTimeout: time.Duration(p.IdleTimeout),
		Keep:        p.SoftIdleMin,
		Seed:        seed,
	}
	tellable := p.Lifetime == nil && p.Eviction == nil && p.Gate == nil
	if t := p.Test; t != nil {
		s.Tests = []story.Test{{IfIdleFor: time.Duration(t.IfIdleFor), AtMostEvery: time.Duration(t.AtMostEvery)}}
		tellable = tellable && (t.IfIdleFor == 0 || t.AtMostEvery == 0)
	}
	return s, tellable
}

// withoutNumbers leaves out the oracles that need to know when a policy will say
// what.
func (c *court) withoutNumbers() {
	c.oracles = slices.DeleteFunc(c.oracles, func(o oracle) bool {
		return slices.Contains([]string{"age", "test", "order", "reason", "due"}, o.name)
	})
}
