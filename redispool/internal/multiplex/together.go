package multiplex

import (
	"sync/atomic"
	"time"
)

// The calls of a small crowd stay on one link: together they need fewer system calls and wake-ups, and one reader can poll for
// all of them. But a call should not wait behind one that takes long. So a link notes since when it waits for something: for a
// connection, for the server to take or to send bytes, or for the close of its connection. When that has taken longer than a
// reply from the same machine takes, the next calls go to another link. Calls with large replies are spread over the links in
// any case.

const (
	// smallCrowd is the largest number of callers that stay together. With more of them there is always something to do for
	// two processors, and two links are faster than one.
	smallCrowd = 32

	soon       = 50 * time.Microsecond
	largeWrite = 64 << 10 // bytes of arguments: the server may not take more at once
)

// waits notes that the link waits from now on, and returns the time since Mux.begin.
func (l *link) waits() time.Duration {
	now := time.Since(l.mux.begin)
	l.waitsSince.Store(int64(now) | 1) // not zero
	return now
}

// goesOn notes that the link does not wait any more.
func (l *link) goesOn() {
	if l.waitsSince.Load() != 0 {
		l.waitsSince.Store(0)
	}
}

// noteLargeWrite is called before a write by the goroutine that reads the reply afterwards. No other goroutine would note
// that the write waits.
func (l *link) noteLargeWrite(bytes int) {
	if bytes > largeWrite {
		l.waitsSince.Store(-int64(time.Hour)) // it will not be over soon
	}
}

// takesMore reports whether a call of a small crowd should come to the link although another one has less under way.
func (l *link) takesMore() bool {
	switch l.phase.Load() {
	case opening, open, closing, aloneSending, aloneReading:
		return !l.waitsLong() && !l.replies.large.Load() && !l.retiring.Load() && !l.broken.Load()
	}
	return false
}

// replySizes tells a link with large replies. To read those takes so long that two links are faster, each with a reader of its
// own.
type replySizes struct {
	large atomic.Bool
	score int // the reader's: rises with each large reply, falls with each small one
}

const surelyLarge = 8 // the highest score

// note notes the size of a reply that follows another one. It is large if the connection's buffer, which has its beginning, does
// not have all of it.
func (s *replySizes) note(isLarge bool) {
	switch {
	case isLarge && s.score < surelyLarge:
		if s.score++; s.score == surelyLarge {
			s.large.Store(true)
		}
	case !isLarge && s.score > 0:
		if s.score--; s.score == 0 {
			s.large.Store(false)
		}
	}
}

func (l *link) waitsLong() bool {
	since := l.waitsSince.Load()
	return since != 0 && time.Since(l.mux.begin)-time.Duration(since) > soon
}

// isLargeCrowd reports whether there are too many callers for one link. Those that have just got their replies are about to
// call again, so the size of the last batch counts.
func (m *Mux) isLargeCrowd() bool {
	n := int64(0)
	for i := range m.links {
		if l := &m.links[i]; l.phase.Load() != closed {
			n += max(l.underWay(), l.lastBatch.Load())
		}
	}
	return n > smallCrowd
}
