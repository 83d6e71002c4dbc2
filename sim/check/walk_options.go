package check

import (
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// walkOptions is the size of a walk, and how often it takes each event.
type walkOptions struct {
	clients int
	events  int
	weights map[story.Verb]int
	stale   int // weight of moves with a handle that was given up
	late    int // above zero: deadlines may be missed
	urgent  int // of four acquires so many are urgent
}

// drawWalkOptions switches some kinds of events off, and gives the others weights.
func drawWalkOptions(d draw) walkOptions {
	h := walkOptions{clients: 1 + d(6), events: 20 + d(100), weights: map[story.Verb]int{
		story.Acquire: 8 + d(8), story.Release: 8 + d(8), story.Opened: 8, story.Closed: 4 + d(8), story.Tested: 8,
		story.Advance: 4 + d(8),
	}}
	for _, v := range []story.Verb{story.Try, story.Cancel, story.Discard, story.Detach, story.OpenFailed, story.Abandon,
		story.Reset, story.Resize, story.Retire, story.Suspect} {
		h.weights[v] = pick(d, 0, 0, 1, 4)
	}
	h.weights[story.Rejoin], h.weights[story.Withdraw] = 8, pick(d, 0, 1, 4)
	if lane := pick(d, 0, 0, 0, 8, 24); lane > 0 {
		h.weights[story.Enter], h.weights[story.Turn], h.weights[story.Leave] = lane, 24, 8
	}
	h.weights[story.Shut] = pick(d, 0, 0, 0, 1)
	h.stale, h.late = pick(d, 0, 1), pick(d, 0, 2)
	// Events that were added later are drawn last, so that a seed keeps its other weights.
	h.weights[story.CloseTimedOut] = pick(d, 0, 0, 1, 4)
	h.weights[story.Background] = h.weights[story.Try] // without a draw, so that a seed keeps its pool
	h.urgent = []int{0, 0, 1, 3}[h.events%4]           // the same
	return h
}

// drawStoryPool draws a small pool with conflicting limits.
func drawStoryPool(d draw) story.Pool {
	p := story.Pool{
		MaxActive:   pick(d, 1, 2, 3, 4, ledger.NoLimit),
		MaxIdle:     pick(d, ledger.NoLimit, 0, 1, 2, 3),
		MaxWaiters:  pick(d, ledger.NoLimit, ledger.NoLimit, 0, 1, 2),
		WaitTimeout: pick(d, 0, 0, 5*time.Second),
		FIFO:        pick(d, false, true),
		MaxAge:      pick(d, 0, 20*time.Second),
		MaxUses:     pick(d, 0, 0, 1, 2, 3),
		IdleTimeout: pick(d, 0, 8*time.Second),
		Seed:        uint64(d(4)),
	}
	p.MinIdle = min(p.MaxIdle, p.MaxActive, pick(d, 0, 0, 1, 2, 3))
	if p.MaxAge > 0 {
		p.Jitter = pick(d, 0, 10*time.Second)
	}
	if p.IdleTimeout > 0 {
		p.Keep = pick(d, 0, 1, 2)
	}
	if pick(d, false, true) {
		p.OpenBackoff = 10 * time.Second
	}
	for range pick(d, 0, 0, 1, 2) {
		p.Tests = append(p.Tests, pick(d, story.Test{}, story.Test{IfIdleFor: 3 * time.Second}, story.Test{AtMostEvery: 10 * time.Second}))
	}
	// Settings that were added later are drawn last, so that a seed keeps its other settings.
	if len(p.Tests) > 0 {
		p.TestIdleEvery = pick(d, 0, 4*time.Second)
		p.TestSuspects = story.Switch(pick(d, false, true))
	}
	p.ShedTarget = pick(d, 0, 0, time.Second, 2*time.Second)
	if p.ShedTarget > 0 {
		p.ShedInterval = pick(d, 0, time.Second, 3*time.Second)
	}
	p.Reserve = min(p.MaxActive-1, pick(d, 0, 1, 2))
	if p.MaxAge > 0 {
		p.ReplaceAhead = pick(d, 0, 2*time.Second, 15*time.Second)
	}
	return p
}

// forLane returns the pool without the settings that keep a slot out of the lane, if the
// walk uses the lane.
func (h *walkOptions) forLane(p story.Pool) story.Pool {
	if h.weights[story.Enter] > 0 {
		p.FIFO, p.MinIdle, p.MaxUses, p.Keep = false, 0, 0, 0
		p.Tests = slices.DeleteFunc(slices.Clone(p.Tests), func(t story.Test) bool { return t == story.Test{} })
		if len(p.Tests) == 0 {
			p.TestIdleEvery, p.TestSuspects = 0, false
		}
	}
	return p
}
