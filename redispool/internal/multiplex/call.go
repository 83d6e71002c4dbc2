package multiplex

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

// call is one command on its way. It is used again: by its caller after the reply, or by the reader if the caller has left.
type call struct {
	mux  *Mux
	cmd  string
	args []any
	size int

	ctx      context.Context // nil: never ends
	opening  context.Context
	timed    bool
	timeout  time.Duration
	mayLeave bool
	opens    bool // mayLeave, since another caller opens the connection, and opening may end first

	outcome atomic.Uint32 // the first goroutine to decide it wins
	sentAt  atomic.Int64  // nanoseconds since Mux.begin, plus one; zero: not sent yet
	reply   any
	err     error
	ownRead bool // the caller has received the reply by itself, and needs no signal
	kind    Outcome
	ready   chan signal

	copied []any // the arguments of a call whose caller may leave
	timer  *time.Timer
}

// The outcomes of a call.
const (
	undecided uint32 = iota
	answered         // it has a reply, or an error
	abandoned        // its caller has left
)

// signal is what a waiting caller wakes for.
type signal uint8

const (
	done    signal = iota // the call is over
	becomes               // the caller is the reader now
)

func (m *Mux) newCall(r *Request) *call {
	c := m.spareCall()
	c.begin(r)
	return c
}

func (m *Mux) spareCall() *call {
	if c, _ := m.spare.Get().(*call); c != nil {
		return c
	}
	return &call{mux: m, ready: make(chan signal, 1)}
}

// begin makes c the call of a request.
func (c *call) begin(r *Request) {
	mayLeave := r.mayLeave()
	args, size := r.Args, 0
	if !mayLeave && allPlain(args) {
		for _, a := range args {
			size += sizeOf(a)
		}
	} else {
		c.copied, size = appendCopies(c.copied[:0], args)
		args = c.copied
	}
	c.cmd, c.args, c.size = r.Cmd, args, size
	c.ctx, c.opening, c.timed, c.timeout, c.mayLeave = r.Ctx, r.Opening, r.Timed, r.Timeout, mayLeave
	c.opens = false
	if c.outcome.Load() != undecided {
		c.outcome.Store(undecided)
	}
	if c.sentAt.Load() != 0 {
		c.sentAt.Store(0)
	}
}

// recycle makes a call ready for another use. Nobody else refers to it any more.
func (c *call) recycle() {
	c.forget()
	c.mux.spare.Put(c)
}

// forget lets go of what the call has from its caller, and for it.
func (c *call) forget() {
	clear(c.copied)
	c.args, c.ctx, c.opening, c.reply, c.err, c.kind, c.ownRead = nil, nil, nil, nil, nil, Over, false
}

// opensWithin reports whether the wait for a connection must be bounded in a way that it is not yet.
func (c *call) opensWithin() bool {
	return !c.opens && c.opening != nil && c.opening != c.ctx && c.opening.Done() != nil
}

// leaveIfNotOpened makes the call one whose caller may leave.
func (c *call) leaveIfNotOpened() {
	if !c.mayLeave {
		c.copied, _ = appendCopies(c.copied[:0], c.args)
		c.args = c.copied
	}
	c.mayLeave, c.opens = true, true
}

func (c *call) openingContext() context.Context { return openingOf(c.ctx, c.opening) }

// settle gives the caller its outcome, unless the caller has left.
func (c *call) settle(reply any, err error, kind Outcome) {
	if !c.mayLeave {
		c.reply, c.err, c.kind = reply, err, kind
		c.ready <- done
		return
	}
	if c.outcome.Load() == undecided { // the caller reads these only after it knows the outcome
		c.reply, c.err, c.kind = reply, err, kind
	}
	if c.outcome.CompareAndSwap(undecided, answered) {
		c.ready <- done
		return
	}
	c.recycle()
}

// settleOwn is settle for a caller that has received its reply by itself.
func (c *call) settleOwn(reply any, err error) {
	c.reply, c.err, c.kind, c.ownRead = reply, err, Over, true
}

func (c *call) isAbandoned() bool { return c.outcome.Load() == abandoned }

// allPlain reports whether redigo encodes all arguments without calling the program's code. Such code may panic or wait,
// and must not do so in the middle of other callers' commands.
func allPlain(args []any) bool {
	for _, a := range args {
		if !isPlain(a) {
			return false
		}
	}
	return true
}

func isPlain(a any) bool {
	switch a.(type) {
	case string, []byte, int, int64, float64, bool, nil,
		int8, int16, int32, uint, uint8, uint16, uint32, uint64, float32:
		return true
	}
	return false
}

// ResolveArgs returns the arguments with the value of each redis.Argument in its place. So the program's RedisArg is called
// once, however often the arguments are read or sent. Other arguments stay as they are: a wrapper of redis.Conn may look at
// their types.
func ResolveArgs(args []any) []any {
	isArgument := func(a any) bool { _, is := a.(redis.Argument); return is }
	if !slices.ContainsFunc(args, isArgument) {
		return args
	}
	resolved := slices.Clone(args)
	for i, a := range args {
		if isArgument(a) {
			resolved[i] = encodable(a)
		}
	}
	return resolved
}

// appendCopies appends arguments that do not change when the caller's do, and that redigo encodes in the same way.
func appendCopies(to, args []any) (copies []any, size int) {
	for _, a := range args {
		a = encodable(a)
		if b, ok := a.([]byte); ok {
			a = string(b)
		}
		size += sizeOf(a)
		to = append(to, a)
	}
	return to, size
}

// encodable does what redigo does to an argument of the program's own type.
func encodable(a any) any {
	if isPlain(a) {
		return a
	}
	if arg, ok := a.(redis.Argument); ok {
		if a = arg.RedisArg(); isPlain(a) {
			return a
		}
	}
	return fmt.Sprint(a)
}

// sizeOf is about what an argument takes on the wire.
func sizeOf(a any) int {
	const header = 16
	switch a := a.(type) {
	case string:
		return header + len(a)
	case []byte:
		return header + len(a)
	}
	return 2 * header
}
