package check

import (
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// walkOptions is how often each event is taken, relative to the others. One that is
// zero does not happen.
type walkOptions struct {
	clients int
	events  int
	weights map[story.Verb]int
	stale   int // handles that were given up
	late    int // time passes beyond a deadline
}

// drawWalkOptions switches some kinds of events off, and gives the others weights.
func drawWalkOptions(d draw) walkOptions {
	h := walkOptions{clients: 1 + d(6), events: 20 + d(100), weights: map[story.Verb]int{
		story.Acquire: 8 + d(8), story.Release: 8 + d(8), story.Opened: 8, story.Closed: 4 + d(8), story.Tested: 8,
		story.Advance: 4 + d(8),
	}}
	for _, v := range []story.Verb{story.Try, story.Cancel, story.Discard, story.Detach, story.OpenFailed, story.Abandon,
		story.Reset, story.Resize} {
		h.weights[v] = one(d, 0, 0, 1, 4)
	}
	if lane := one(d, 0, 0, 0, 8, 24); lane > 0 {
		h.weights[story.Enter], h.weights[story.Turn], h.weights[story.Leave] = lane, 24, 8
	}
	h.weights[story.Shut] = one(d, 0, 0, 0, 1)
	h.stale, h.late = one(d, 0, 1), one(d, 0, 2)
	return h
}

// drawStoryPool draws a small pool with limits that get in each other's way.
func drawStoryPool(d draw) story.Pool {
	p := story.Pool{
		MaxActive:   one(d, 1, 2, 3, 4, ledger.NoLimit),
		MaxIdle:     one(d, ledger.NoLimit, 0, 1, 2, 3),
		MaxWaiters:  one(d, ledger.NoLimit, ledger.NoLimit, 0, 1, 2),
		WaitTimeout: one(d, 0, 0, 5*time.Second),
		FIFO:        one(d, false, true),
		MaxAge:      one(d, 0, 20*time.Second),
		MaxUses:     one(d, 0, 0, 1, 2, 3),
		IdleTimeout: one(d, 0, 8*time.Second),
		Seed:        uint64(d(4)),
	}
	p.MinIdle = min(p.MaxIdle, p.MaxActive, one(d, 0, 0, 1, 2, 3))
	if p.MaxAge > 0 {
		p.Jitter = one(d, 0, 10*time.Second)
	}
	if p.IdleTimeout > 0 {
		p.Keep = one(d, 0, 1, 2)
	}
	for range one(d, 0, 0, 1, 2) {
		p.Tests = append(p.Tests, one(d, story.Test{}, story.Test{IfIdleFor: 3 * time.Second}, story.Test{AtMostEvery: 10 * time.Second}))
	}
	return p
}

// suited returns the pool without what keeps a slot out of the lane, if the lane is
// one of the habits.
func (h *walkOptions) suited(p story.Pool) story.Pool {
	if h.weights[story.Enter] > 0 {
		p.FIFO, p.MinIdle, p.MaxUses, p.Keep = false, 0, 0, 0
		p.Tests = slices.DeleteFunc(slices.Clone(p.Tests), func(t story.Test) bool { return t == story.Test{} })
	}
	return p
}
