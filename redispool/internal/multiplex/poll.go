package multiplex

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A reader that sleeps costs two wake-ups when its reply comes: the kernel wakes a processor, and the scheduler the reader. A
// server on the same machine may answer sooner than that. So a reader may poll before it sleeps: for a short time it asks the
// kernel again and again whether something has arrived. That occupies a processor. So one goroutine of the program polls at a
// time, and only while polling helps: while waits with it are shorter. See pollChoice.

// poller lets readers poll. A Mux has one for all links, because their connections lead to one server.
type poller struct {
	limit  time.Duration // how long a reader polls; zero: never
	choice pollChoice
	polled atomic.Uint64 // waits in which a reader polled

	// The goroutine that has set polling uses these.
	skip    int // the next waits, in which nobody polls
	backoff int // the value of skip after the next poll in vain
}

// polling is true while a goroutine of the program polls.
var polling atomic.Bool

const (
	shortestAsk    = 100 * time.Nanosecond // asking takes longer; so polling ends even if a test's clock stands still
	longestBackoff = 1024                  // waits
)

// PollFor sets how long readers may poll before they sleep. Zero: they never poll. It is called before the first Do.
func (m *Mux) PollFor(limit time.Duration) { m.poller.limit = limit }

// MayPoll reports whether readers may poll.
func (m *Mux) MayPoll() bool { return m.poller.limit > 0 }

// Receive reads the next reply from a connection that no link uses. It may poll.
func (m *Mux) Receive(w Wire) (any, error) {
	if !m.MayPoll() || w.Unread() {
		return w.Receive(false)
	}
	wait := replyWait{begin: time.Since(m.begin)}
	m.poller.pollIn(&wait, w, m.begin)
	reply, err := w.Receive(false)
	m.poller.endWait(wait, m.begin)
	return reply, err
}

// receiveFrom reads the next reply from w, which is l.wire or the connection of a lone call. It may poll. The link waits until
// the whole reply has come: what has arrived may be the beginning of a long one.
func (l *link) receiveFrom(w Wire, patient bool) (any, error) {
	if w.AtHand() {
		l.goesOn() // after a large write
		l.replies.note(false)
		return w.Receive(patient)
	}
	hasBegun := w.Unread()
	if hasBegun {
		l.replies.note(true)
	}
	wait := replyWait{begin: l.waits()}
	p := &l.mux.poller
	isMeasured := p.limit > 0 && !hasBegun && !l.mux.isLargeCrowd() // the wait for the rest of a reply says nothing about polling
	if isMeasured {
		p.pollIn(&wait, w, l.mux.begin)
	}
	reply, err := w.Receive(patient)
	l.goesOn()
	if isMeasured {
		p.endWait(wait, l.mux.begin)
	}
	return reply, err
}

// replyWait is a reader's wait for a reply of which nothing has arrived yet.
type replyWait struct {
	begin  time.Duration // since Mux.begin
	polled bool
}

// pollIn is called at the beginning of a wait. It may poll.
func (p *poller) pollIn(wait *replyWait, w Wire, zero time.Time) {
	if p.choice.decide() && polling.CompareAndSwap(false, true) {
		defer polling.Store(false)
		wait.polled = p.tryPoll(w, zero.Add(wait.begin+p.limit))
	}
}

// endWait is called when the reader has its reply.
func (p *poller) endWait(wait replyWait, zero time.Time) {
	const most = 8 // limits: one slow command must not outweigh the other waits
	p.choice.add(wait.polled, min(time.Since(zero)-wait.begin, most*p.limit))
}

// tryPoll polls, unless the last polls were in vain. Then the server is far away, or busy.
func (p *poller) tryPoll(w Wire, end time.Time) (polled bool) {
	if p.skip > 0 {
		p.skip--
		return false
	}
	arrived, known := p.poll(w, end)
	switch {
	case arrived:
		p.backoff = 0
	case known:
		p.skip, p.backoff = p.backoff, min(2*p.backoff+1, longestBackoff)
	}
	if known {
		p.polled.Add(1)
	}
	return known
}

// poll asks until something has arrived, or the time is over. known is false if the connection cannot tell.
func (p *poller) poll(w Wire, end time.Time) (arrived, known bool) {
	for range int(p.limit / shortestAsk) {
		arrived, known = w.Arrived()
		if arrived || !known || !time.Now().Before(end) {
			break
		}
		runtime.Gosched()
	}
	return arrived, known
}
