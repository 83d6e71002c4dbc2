package multiplex

import (
	"sync/atomic"
	"time"
)

// pollChoice decides whether readers poll. Whether that helps depends on how far away the server is, on how long a processor
// takes to wake up, and on what else the processors do. So pollChoice does not guess. It measures how long readers wait for
// their replies, with and without polling. Now and then it tries the other way for a few waits. An average may miss a wait
// when two readers add at the same time, which does no harm.
type pollChoice struct {
	waits      atomic.Uint32
	polledMean mean // of the waits with polling
	sleptMean  mean // of the waits without it
}

const (
	trialEvery  = 1024 // waits
	trialLength = 32   // waits
)

// decide reports whether the next reader is to poll. It is called once for each wait.
func (c *pollChoice) decide() bool {
	isTrial := c.waits.Add(1)%trialEvery < trialLength
	return c.helps() != isTrial
}

// helps reports whether waits with polling are shorter. A small difference is not worth a busy processor.
func (c *pollChoice) helps() bool {
	polled, slept := c.polledMean.ns.Load(), c.sleptMean.ns.Load()
	return polled > 0 && polled < slept-slept/16
}

// add counts a wait.
func (c *pollChoice) add(polled bool, d time.Duration) {
	if polled {
		c.polledMean.add(d)
	} else {
		c.sleptMean.add(d)
	}
}

// mean is an exponentially weighted moving average of durations. The first ones count alike.
type mean struct {
	ns    atomic.Int64
	count atomic.Int32 // of durations, up to meanOver
}

const meanOver = 64 // durations

func (m *mean) add(d time.Duration) {
	n := m.count.Load()
	if n < meanOver {
		n++
		m.count.Store(n)
	}
	old := m.ns.Load()
	m.ns.Store(old + (int64(d)-old)/int64(n))
}
