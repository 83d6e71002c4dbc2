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
	// callersToPoll is the largest number of callers with which a reader polls. With more of them there is always something
	// else to do, and two connections are faster than one whose reader polls.
	callersToPoll = 32

	shortestAsk    = 100 * time.Nanosecond // asking takes longer; so polling ends even if a test's clock stands still
	longestBackoff = 1024                  // waits

	largeWrite = 64 << 10 // bytes of arguments: to send more may take long
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
	wait := m.poller.beginWait(w)
	reply, err := w.Receive(false)
	m.poller.endWait(wait)
	return reply, err
}

// receiveFrom reads the next reply from w, which is l.wire or the connection of a lone call. It may poll. Then it notes that
// the link may be blocked, even if something has arrived: that may be the beginning of a long reply.
func (l *link) receiveFrom(w Wire, patient bool) (any, error) {
	p := &l.mux.poller
	if p.limit <= 0 {
		return w.Receive(patient)
	}
	if l.blocked.Load() { // by a large write, which is over
		l.blocked.Store(false)
	}
	if w.AtHand() {
		return w.Receive(patient)
	}
	var wait replyWait
	switch {
	case w.Unread(): // the reply has begun, so the wait for its rest says nothing about polling
	case l.mux.estimatedCallers() > callersToPoll:
		p.choice.note(false)
	default:
		wait = p.beginWait(w)
	}
	l.blocked.Store(true)
	reply, err := w.Receive(patient)
	l.blocked.Store(false)
	if !wait.begin.IsZero() {
		p.endWait(wait)
	}
	return reply, err
}

// replyWait is a reader's wait for a reply that it has not received yet.
type replyWait struct {
	begin  time.Time
	polled bool
}

// beginWait is called before Receive. It may poll.
func (p *poller) beginWait(w Wire) replyWait {
	wait := replyWait{begin: time.Now()}
	if p.choice.decide() && polling.CompareAndSwap(false, true) {
		defer polling.Store(false)
		wait.polled = p.tryPoll(w, wait.begin)
	}
	return wait
}

// endWait is called when the reader has its reply.
func (p *poller) endWait(wait replyWait) {
	const most = 8 // limits: one slow command must not outweigh the other waits
	p.choice.add(wait.polled, min(time.Since(wait.begin), most*p.limit))
}

// tryPoll polls, unless the last polls were in vain. Then the server is far away, or busy.
func (p *poller) tryPoll(w Wire, begin time.Time) (polled bool) {
	if p.skip > 0 {
		p.skip--
		return false
	}
	arrived, known := p.poll(w, begin.Add(p.limit))
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

// takesMore reports whether a call should come to the link although another one has less under way. While polling helps, all
// calls on one link are better: they need fewer system calls, and one reader can poll for all of them. But a call should
// not wait behind one that takes long. So it goes to another link while this one is blocked, gives its connection back, or has
// been opening one for longer than it takes to get an idle one.
func (l *link) takesMore() bool {
	switch l.phase.Load() {
	case open, aloneSending, aloneReading:
	case opening:
		if time.Since(l.mux.begin)-time.Duration(l.openingSince.Load()) > l.mux.poller.limit {
			return false
		}
	default:
		return false
	}
	return !l.blocked.Load() && !l.retiring.Load() && !l.broken.Load() && l.load.Load() < callersToPoll
}

// noteLargeWrite is called before a write by the goroutine that reads the reply afterwards. A large write may have to wait for
// the server, and no other goroutine notes that.
func (l *link) noteLargeWrite(bytes int) {
	if bytes > largeWrite && l.mux.MayPoll() {
		l.blocked.Store(true)
	}
}

// estimatedCallers estimates how many callers there are. Those that have just got their replies are about to call again, so
// the size of the last batch counts.
func (m *Mux) estimatedCallers() (n int64) {
	for i := range m.links {
		if l := &m.links[i]; l.phase.Load() != closed {
			n += max(l.underWay(), l.lastBatch.Load())
		}
	}
	return n
}
