package sim

import (
	"time"

	"github.com/respool/respool/resource/ledger"
)

// changes is the connections that were opened or closed in a stretch of time.
type changes struct {
	opens, failed uint64
	opening       int // the most openings under way at a time
	closes        [ledger.NumReasons]uint64
}

func (c *changes) openAtOnce(n int) { c.opening = max(c.opening, n) }

func (c *changes) join(o *changes) {
	c.opens += o.opens
	c.failed += o.failed
	c.openAtOnce(o.opening)
	for why, n := range o.closes {
		c.closes[why] += n
	}
}

// lastChanges returns the stretch that an opening or a close belongs to which ends now.
func (t *timeline) lastChanges() *changes {
	if len(t.changes) == 0 {
		t.extend(1)
	}
	return &t.changes[len(t.changes)-1]
}

// reportCloses adds the reasons that a connection was closed for.
func (t *timeline) reportCloses(to map[string][]uint64) {
	var all changes
	for i := range t.changes {
		all.join(&t.changes[i])
	}
	for why, n := range all.closes {
		if n == 0 {
			continue
		}
		var over []uint64
		for i := range t.changes {
			over = append(over, t.changes[i].closes[why])
		}
		to[reasonKey(ledger.Reason(why))] = over
	}
}

// closed counts a close that has ended.
func (m *measure) closed(why ledger.Reason) {
	if m.counting {
		m.timeline.lastChanges().closes[why]++
	}
}

// openings is the openings under way, and those that have begun within the last second.
type openings struct {
	now, peak int
	most      int       // the most that have begun within a second
	begun     []Instant // the ring of those, from first on
	first, n  int
}

// beginsOpening notes that an opening begins.
func (m *measure) beginsOpening(now Instant) {
	o := &m.openings
	o.now++
	o.peak = max(o.peak, o.now)
	if !m.counting {
		return
	}
	m.timeline.lastChanges().openAtOnce(o.now)
	for o.n > 0 && now.Sub(o.begun[o.first]) >= time.Second {
		o.first = (o.first + 1) % len(o.begun)
		o.n--
	}
	if o.n == len(o.begun) {
		longer := make([]Instant, max(16, 2*o.n))
		copy(longer[copy(longer, o.begun[o.first:]):], o.begun[:o.first])
		o.begun, o.first = longer, 0
	}
	o.begun[(o.first+o.n)%len(o.begun)] = now
	o.n++
	o.most = max(o.most, o.n)
}

func (e *engine) beginsOpening() {
	e.measure.beginsOpening(e.now)
	if e.fleet != nil {
		e.fleet.measured.beginsOpening(e.now)
	}
}

func (e *engine) endsOpening() {
	e.measure.openings.now--
	if e.fleet != nil {
		e.fleet.measured.openings.now--
	}
}
