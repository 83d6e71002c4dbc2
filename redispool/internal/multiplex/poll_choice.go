package multiplex

import (
	"sync/atomic"
	"time"
)

// pollChoice decides whether readers poll. Whether that helps depends on how far away the server is, on how long a processor
// takes to wake up, and on what else the processors do. So pollChoice does not guess. It measures how long readers wait for
// their replies, with and without polling, and tries the one that is not chosen now and then. A sum may miss a wait when two
// readers add at the same time, which does no harm.
type pollChoice struct {
	waits  atomic.Uint32
	polled mean
	slept  mean
	helps  atomic.Bool // readers poll, except in trials
}

const (
	trialEvery  = 1024 // waits
	trialLength = 32
)

// polls reports whether the next reader is to poll.
func (c *pollChoice) polls() bool {
	polled, slept := c.polled.ns.Load(), c.slept.ns.Load()
	helps := polled > 0 && slept > 0 && polled < slept-slept/16
	c.note(helps)
	isTrial := c.waits.Add(1)%trialEvery < trialLength
	return helps != isTrial
}

func (c *pollChoice) note(helps bool) {
	if c.helps.Load() != helps {
		c.helps.Store(helps)
	}
}

func (c *pollChoice) add(polled bool, d time.Duration) {
	if polled {
		c.polled.add(d)
	} else {
		c.slept.add(d)
	}
}

// mean is a mean of durations, in which older ones count less.
type mean struct {
	ns    atomic.Int64
	count atomic.Int32 // of the first durations, up to memory
}

const memory = 64 // durations

func (m *mean) add(d time.Duration) {
	n := m.count.Load()
	if n < memory {
		n++
		m.count.Store(n)
	}
	old := m.ns.Load()
	m.ns.Store(old + (int64(d)-old)/int64(n))
}
