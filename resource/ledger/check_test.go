package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// TestCheckFinds breaks a ledger that is in order in one way after another, and
// expects Check to name the invariant.
func TestCheckFinds(t *testing.T) {
	for name, c := range map[string]struct {
		want  string
		spoil func(l *Ledger)
	}{
		"a tally is wrong":         {"I1", func(l *Ledger) { l.tally[Leased]++ }},
		"a state is wrong":         {"I1", func(l *Ledger) { l.idle.front.state = Leased }},
		"a slot is lost":           {"I1", func(l *Ledger) { l.live[0], l.live[1] = l.live[1], l.live[0] }},
		"the idle list is broken":  {"I1", func(l *Ledger) { l.idle.back.prev = nil }},
		"the idle list has no end": {"I1", func(l *Ledger) { l.idle.back = l.idle.front }},
		"too many are active":      {"I2", func(l *Ledger) { l.ceiling = l.active() - 1 }},
		"too many are idle":        {"I2", func(l *Ledger) { l.maxIdle = 1 }},
		"idle in the lane":         {"I2", func(l *Ledger) { l.lane = l.idle.front }},
		"no place beside the lane": {"I2", func(l *Ledger) { l.Enter(0); l.maxIdle = int(l.tally[Idle]) }},
		"one waits beside the lane": {"I2", func(l *Ledger) {
			l.Enter(0)
			l.queue.push(new(Waiter))
			l.acquires++
		}},
		"a lane where all is looked at": {"I2", func(l *Ledger) { l.Enter(0); l.strict = true }},
		"one waits beside idle":         {"I3", func(l *Ledger) { l.queue.push(new(Waiter)); l.acquires++ }},
		"a ticket is wrong": {"I4", func(l *Ledger) {
			w := new(Waiter)
			l.queue.push(w)
			w.ticket++
		}},
		"the line is counted wrong":   {"I1", func(l *Ledger) { l.queue.n++ }},
		"an acquire has no outcome":   {"I5", func(l *Ledger) { l.acquires++ }},
		"an acquire has two outcomes": {"I5", func(l *Ledger) { l.stats.Cancelled++ }},
		"idle after shut":             {"I6", func(l *Ledger) { l.shut = true }},
		"next is late":                {"I7", func(l *Ledger) { l.next = Never }},
		"the heap is out of order":    {"I7", func(l *Ledger) { l.heap.entries[0].at = Never }},
		"a place in the heap":         {"I7", func(l *Ledger) { l.heap.entries[0].slot.heapPos = 7 }},
		"a close is forgotten":        {"I9", func(l *Ledger) { l.stats.Opened++ }},
		"a close is counted twice":    {"I9", func(l *Ledger) { l.stats.Closed[Surplus]++ }},
		"a slot leaves closing":       {"I9", func(l *Ledger) { l.open(forNobody).Handle.Slot.why = Surplus }},
	} {
		l, _ := crowd(t, Config{MaxActive: 8, MaxIdle: 8, Eviction: policy.IdleTimeout(time.Minute)}, 3)
		l.Acquire(0, nil)
		if err := l.Check(); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		c.spoil(l)
		if err := l.Check(); err == nil || !strings.HasPrefix(err.Error(), c.want+":") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
