package multiplex

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Wire is a connection that a link uses. One goroutine may call Send and Flush while another one calls Receive.
type Wire interface {
	Send(cmd string, args []any) error
	Flush() error

	// Receive reads the next reply. patient is true for a call with a timeout of its own, which its caller observes: the
	// connection's read timeout then does not count.
	Receive(patient bool) (any, error)

	// Judge says what a reply means for the connection. It is called for replies with an error.
	Judge(err error) Verdict

	// Unread reports whether bytes were received that nobody has read. Nobody receives at the same time.
	Unread() bool

	// AtHand reports whether the next reply was received as a whole, so that Receive returns at once. It may miss one. Nobody
	// receives at the same time.
	AtHand() bool

	// Arrived reports whether something has arrived that nobody has received yet. It asks the kernel, and does not wait. known
	// is false if it cannot tell. Nobody receives at the same time.
	Arrived() (arrived, known bool)

	// Outdated reports whether the connection is to be replaced, though it works.
	Outdated() bool

	// Break closes the connection at once, so that Send, Flush and Receive return.
	Break()

	// Close gives the connection back. It is called once, when nobody uses it any more. cause is nil, or the error that
	// has broken it. retired is true if nothing more could be sent on it. Close should return soon, because calls that
	// came meanwhile wait for it.
	Close(cause error, retired bool)
}

// Verdict is what an error means for a connection.
type Verdict uint8

const (
	Keep   Verdict = iota // an error reply that concerns its command alone
	Retire                // an error reply after which the connection serves no further call
	Broken                // the error of a connection that does not work
)

// Source has connections for a Mux.
type Source interface {
	// Open gets a connection, and may wait until ctx ends.
	Open(ctx context.Context) (Wire, error)

	// OpenIdle gets a connection if that needs no waiting and no dialing. Otherwise it returns nil.
	OpenIdle(ctx context.Context) Wire
}

// Bounds limits what is under way on a connection. If both sides wrote more than their buffers hold, and neither read,
// they would wait for each other. The reader always reads, so the bounds limit memory and the time that calls wait behind
// each other.
type Bounds struct {
	Calls int
	Bytes int // of arguments; a larger call is sent when nothing else is under way
}

// Mux shares connections among callers. All methods are safe for concurrent use.
type Mux struct {
	source Source
	bounds Bounds
	grace  time.Duration // that a server has for its answer after all callers have left; zero: no bound

	poller       poller
	crowd        crowd
	links        []link
	limit        atomic.Int32 // of links in use
	closed       atomic.Pointer[error]
	left, broken atomic.Uint64

	begin time.Time // sentAt counts from it

	// spare has calls to use again. It is the Mux's own, because a call has a channel, and a channel belongs to the
	// testing/synctest bubble in which it was made.
	spare sync.Pool
}

// New makes a Mux that uses at most n connections.
func New(source Source, n int, grace time.Duration, bounds Bounds) *Mux {
	m := &Mux{source: source, bounds: bounds, grace: grace, links: make([]link, n), begin: time.Now()}
	for i := range m.links {
		m.links[i].init(m)
	}
	m.limit.Store(int32(n))
	return m
}

// Limit changes the number of connections in use. It is at least 1, and at most the number given to New.
func (m *Mux) Limit(n int) { m.limit.Store(int32(min(max(n, 1), len(m.links)))) }

// Shut has every later call fail with err. Calls under way are not affected.
func (m *Mux) Shut(err error) {
	m.closed.Store(&err)
	for i := range m.links {
		m.links[i].retireIf(func(Wire) bool { return true })
	}
}

// Err returns the error given to Shut.
func (m *Mux) Err() error {
	if err := m.closed.Load(); err != nil {
		return *err
	}
	return nil
}

// AtRest reports whether no connection is in use.
func (m *Mux) AtRest() bool {
	for i := range m.links {
		if m.links[i].phase.Load() != closed {
			return false
		}
	}
	return true
}

// Refresh gives back the connections that are outdated, each when the calls on it are over.
func (m *Mux) Refresh() {
	for i := range m.links {
		m.links[i].retireIf(Wire.Outdated)
	}
}

// Stats are the numbers of a Mux.
type Stats struct {
	Limit       int    // of connections
	Connections int    // in use
	UnderWay    int    // calls
	Calls       uint64 // that were sent
	Flushes     uint64 // that sent them
	Left        uint64 // calls whose caller left before the reply
	Broken      uint64 // connections that broke
	Polled      uint64 // waits for a reply in which a reader polled
}

func (m *Mux) Stats() Stats {
	s := Stats{Limit: int(m.limit.Load()), Left: m.left.Load(), Broken: m.broken.Load(), Polled: m.poller.polled.Load()}
	for i := range m.links {
		l := &m.links[i]
		l.mu.Lock()
		s.Calls, s.Flushes = s.Calls+l.calls, s.Flushes+l.flushes
		l.mu.Unlock()
		alone := l.loneCalls.Load()
		s.Calls, s.Flushes = s.Calls+alone, s.Flushes+alone
		s.UnderWay += int(l.underWay())
		switch l.phase.Load() {
		case open, closing, aloneSending, aloneReading, aloneClosing:
			s.Connections++
		}
	}
	return s
}

// Request is one command.
type Request struct {
	Ctx     context.Context // nil: never ends
	Opening context.Context // bounds the opening of a connection; nil: Ctx does
	Timed   bool            // Timeout counts instead of the connection's read timeout
	Timeout time.Duration   // from the time of sending; zero: none
	Cmd     string
	Args    []any
}

// mayLeave reports whether the caller may leave before the reply.
func (r *Request) mayLeave() bool {
	return r.Ctx != nil && r.Ctx.Done() != nil || r.Timed && r.Timeout > 0
}

// openingOf returns the context that bounds the opening of a connection.
func openingOf(ctx, opening context.Context) context.Context {
	switch {
	case opening != nil:
		return opening
	case ctx != nil:
		return ctx
	}
	return context.Background()
}

// Outcome says where an error comes from.
type Outcome uint8

const (
	Over      Outcome = iota // there was a reply, or the caller has left
	NotOpened                // there was no connection, and nothing was sent
	Lost                     // the connection broke, and nobody knows whether the server has obeyed the command
)

// Do sends a command and returns its reply.
func (m *Mux) Do(r *Request) (reply any, o Outcome, err error) {
	if r.Ctx != nil {
		if err := r.Ctx.Err(); err != nil {
			return nil, Over, err
		}
	}
	if err := m.closed.Load(); err != nil {
		return nil, NotOpened, *err
	}
	// A call that may be alone uses the call of its link. Its arguments run no code of the program's.
	var c *call
	if r.mayLeave() || !allPlain(r.Args) {
		c = m.newCall(r)
	}
	for {
		l, own := m.pick(r)
		if own != nil || l.phase.Load() != closed {
			m.NoteMeeting()
		} else if m.noteRest() && (c == nil || !c.mayLeave) && l.phase.CompareAndSwap(closed, aloneOpening) {
			if c == nil {
				c = l.takeSpare()
				c.begin(r)
			}
			reply, o, err, over := l.doAlone(c)
			if !over {
				return l.wait(c)
			}
			return reply, o, err
		}
		if c == nil {
			c = m.newCall(r)
		}
		if l.join(c, own) {
			return l.wait(c)
		}
	}
}

// pick chooses the link with the least under way. If all have something under way, and there is an idle connection, it
// reserves another link and returns that connection.
func (m *Mux) pick(r *Request) (best *link, own Wire) {
	n := int(m.limit.Load())
	if n == 1 {
		return &m.links[0], nil
	}
	together := !m.isLargeCrowd()
	var now uint64 // what answered says; zero: nobody has asked yet
	var free *link
	var least int64
	for i := range n {
		l := &m.links[i]
		switch l.phase.Load() {
		case closed:
			if free == nil {
				free = l
			}
			continue
		case reserved:
			continue
		}
		if together && l.takesMore() {
			return l, nil
		}
		if now == 0 {
			now = m.answered()
		}
		if score := l.score(now); best == nil || score < least {
			best, least = l, score
		}
	}
	switch {
	case best == nil && free == nil:
		return &m.links[0], nil
	case best == nil:
		return free, nil
	case free != nil && least > 0 && free.reserve():
		if w := free.openIdle(openingOf(r.Ctx, r.Opening)); w != nil {
			return free, w
		}
	}
	return best, nil
}

// othersBusy reports whether there are calls on another link.
func (m *Mux) othersBusy(l *link) bool {
	for i := range int(m.limit.Load()) {
		if o := &m.links[i]; o != l && o.underWay() > 0 {
			return true
		}
	}
	return false
}

const (
	unwanted = 1 << 32 // the score of a link that gives its connection back, or whose server does not answer
	patience = 64      // replies that others may get before a link counts as one that does not answer
)

// answered counts the replies on all links.
func (m *Mux) answered() (n uint64) {
	for i := range m.links {
		n += m.links[i].received.Load()
	}
	return n
}

// underWay counts the calls in the queue and in flight.
func (l *link) underWay() int64 {
	if l.isAlone() {
		return 1
	}
	return l.load.Load()
}

// score is lower for a link that a call should rather go to.
func (l *link) score(now uint64) int64 {
	load := l.underWay()
	switch {
	case l.isAlone():
		return load
	case l.phase.Load() == closing || l.retiring.Load(): // also with no call: the close may take long
		return load + unwanted
	case load == 0:
		return load
	}
	if since := int64(now - l.lastReply.Load()); since > patience+8*load {
		return load + unwanted
	}
	return load
}
