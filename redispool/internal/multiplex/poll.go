package multiplex

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A reader that sleeps costs two wake-ups when its reply comes: the kernel wakes a processor, and the scheduler the reader. A
// server on the same machine may answer sooner than that. So a reader may poll before it sleeps: for a short time it asks the
// kernel again and again whether something has arrived. That occupies a processor, so one goroutine of the program polls at a
// time, and only while it helps: see pollChoice.

// poller has readers poll. A Mux has one, because its connections lead to one server.
type poller struct {
	limit  time.Duration // how long a reader polls; zero: never
	choice pollChoice
	polls  atomic.Uint64

	// These are guarded by polling.
	pause int // how many readers do not poll after the next one that polls in vain
	skip  int // how many of them are left
}

// polling is true while a goroutine of the program polls.
var polling atomic.Bool

const (
	// mostPolled is the largest number of callers for which a reader polls. With more of them there is always something to
	// do, and two connections are faster than one whose reader polls.
	mostPolled = 32

	fastestAsk   = 100 * time.Nanosecond // asking takes longer; so polling ends also if a test's clock stands still
	longestPause = 1024
)

// PollFor has readers poll before they sleep, for so long. Zero: they do not poll. It is called before the first Do.
func (m *Mux) PollFor(limit time.Duration) { m.poller.limit = limit }

// Polls reports whether readers may poll.
func (m *Mux) Polls() bool { return m.poller.limit > 0 }

// Receive reads the next reply from a connection that is not one of the links. It may poll.
func (m *Mux) Receive(w Wire) (any, error) {
	if !m.Polls() || w.Unread() {
		return w.Receive(false)
	}
	wait, _ := m.poller.await(w)
	reply, err := w.Receive(false)
	m.poller.ended(wait)
	return reply, err
}

// receiveFrom reads the next reply from a connection of the link. It may poll, and notes when the reader sleeps.
func (l *link) receiveFrom(w Wire, patient bool) (any, error) {
	p := &l.mux.poller
	if p.limit <= 0 || w.Unread() {
		return w.Receive(patient)
	}
	if l.mux.callers() > mostPolled {
		p.choice.note(false)
		return w.Receive(patient)
	}
	wait, arrived := p.await(w)
	if !arrived {
		l.sleeps.Store(true)
	}
	reply, err := w.Receive(patient)
	if !arrived {
		l.sleeps.Store(false)
	}
	p.ended(wait)
	return reply, err
}

// wait is a reader's wait for a reply that has not arrived yet.
type wait struct {
	begin  time.Time
	polled bool
}

// await polls, or does nothing. arrived is true if something has arrived meanwhile.
func (p *poller) await(w Wire) (t wait, arrived bool) {
	t.begin = time.Now()
	if p.choice.polls() && polling.CompareAndSwap(false, true) {
		defer polling.Store(false)
		t.polled, arrived = p.poll(w, t.begin)
	}
	return t, arrived
}

// ended is called when the reader has its reply.
func (p *poller) ended(t wait) {
	p.choice.add(t.polled, min(time.Since(t.begin), 8*p.limit)) // a slow command says nothing about waiting
}

// poll polls, unless others have done so in vain. Their server is far away, or busy.
func (p *poller) poll(w Wire, begin time.Time) (polled, arrived bool) {
	if p.skip > 0 {
		p.skip--
		return false, false
	}
	arrived, known := p.askUntil(w, begin.Add(p.limit))
	switch {
	case arrived:
		p.pause = 0
	case known:
		p.skip, p.pause = p.pause, min(2*p.pause+1, longestPause)
	}
	if known {
		p.polls.Add(1)
	}
	return known, arrived
}

func (p *poller) askUntil(w Wire, end time.Time) (arrived, known bool) {
	for range int(p.limit / fastestAsk) {
		arrived, known = w.Arrived()
		if arrived || !known || !time.Now().Before(end) {
			break
		}
		runtime.Gosched()
	}
	return arrived, known
}

// takesMore reports whether a call should come to the link although another one has less under way. While polling helps, all
// calls on one link are better: they need fewer system calls, and one reader can poll for all of them. But if the reader has
// to sleep, its reply may take long, and the next calls go to another link. So do those that come while the link has been
// opening a connection for longer than an idle one takes.
func (l *link) takesMore() bool {
	switch l.phase.Load() {
	case opening:
		if time.Since(l.mux.begin)-time.Duration(l.openingSince.Load()) > l.mux.poller.limit {
			return false
		}
	case aloneOpening:
		return false
	}
	return !l.sleeps.Load() && !l.retiring.Load() && l.load.Load() < mostPolled
}

// callers estimates how many callers there are. Those that have just got their replies are about to call again.
func (m *Mux) callers() (n int64) {
	for i := range m.links {
		if l := &m.links[i]; l.phase.Load() != closed {
			n += max(l.underWay(), l.lastBatch.Load())
		}
	}
	return n
}
