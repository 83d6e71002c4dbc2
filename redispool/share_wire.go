package redispool

import (
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// wire is a borrowed connection that callers share. It bypasses what the pool notes about
// a borrower's commands: only commands that change nothing in the connection go over it.
type wire conn

func (w *wire) pc() *pooled { return w.lease.Value() }

func (w *wire) Send(cmd string, args []any) error { return w.pc().c.Send(cmd, args...) }

func (w *wire) Flush() error { return w.pc().c.Flush() }

func (w *wire) Receive(patient bool) (any, error) {
	reply, err := w.receive(patient)
	if _, isArray := reply.([]any); isArray {
		w.pc().noteReply(reply)
	}
	if err != nil {
		err = w.pc().arrivals.restore(err)
	}
	return reply, err
}

func (w *wire) receive(patient bool) (any, error) {
	c := w.pc().c
	if patient {
		if t, ok := c.(redis.ConnWithTimeout); ok {
			return t.ReceiveWithTimeout(0)
		}
	}
	return c.Receive()
}

func (w *wire) Judge(err error) multiplex.Verdict {
	pc := w.pc()
	e, isReply := serverError(err)
	switch {
	case !isReply:
		return multiplex.Broken
	case fateOf(string(e)) == keeps:
		return multiplex.Keep
	}
	pc.noteReply(err)
	return multiplex.Retire
}

func (w *wire) Unread() bool { return w.pc().buffer.hasMore() }

func (w *wire) AtHand() bool { return w.pc().buffer.hasReply() }

func (w *wire) Outdated() bool {
	return w.lease.Outdated() || w.looksLeaked() || w.pc().fate()&useless != 0
}

// looksLeaked reports whether the pool would soon take a connection in constant use for a
// leak. Its callers then give it back, and borrow again. A connection on which a reply does
// not come stays out, and is reported.
func (w *wire) looksLeaked() bool {
	pc := w.pc()
	return pc.core.leakAfter > 0 && time.Since(pc.sharedSince) >= pc.core.leakAfter/2
}

func (w *wire) Break() {
	if pc, ok := w.lease.ValueOK(); ok {
		apart(func() { pc.close() }, always)
	}
}

// Close gives the connection back. Others wait for it, so it does not wait for a close that
// takes long.
func (w *wire) Close(cause error, retired bool) {
	c := (*conn)(w)
	switch {
	case cause != nil:
		apart(func() { c.closeBroken() }, always)
	case retired || !c.lease.Value().isClean():
		apart(func() { c.Close() }, always)
	default:
		c.Close()
	}
}

// closeBroken closes a connection that has broken.
func (c *conn) closeBroken() {
	c.use.Or(over)
	pc := c.lease.Value()
	pc.decideFate()
	if pc.resetsPool {
		defer pc.core.reset()
	}
	closeLeased(c.lease)
}
