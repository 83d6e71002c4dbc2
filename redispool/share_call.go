package redispool

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/multiplex"
	"github.com/respool/respool/resource"
)

// errTimedOut is the error of a call whose timeout has passed before it was sent. It has the
// form of redigo's.
var errTimedOut error = &net.OpError{Op: "read", Net: "redis", Err: os.ErrDeadlineExceeded}

// ending says how a call over a shared connection has ended.
type ending struct {
	outcome multiplex.Outcome
	why     *resource.PoolError // why there was no connection; nil: not known
}

// unopened is the error of a borrow for a shared connection, on its way through the Mux.
type unopened struct {
	error
	why *resource.PoolError
}

// doShared sends a command that may go over a shared connection. opening bounds the wait for a connection;
// nil: the context of by does.
func (l *live) doShared(by calling, opening context.Context, cmd string, args []any) (any, ending, error) {
	s := l.sharing
	if !s.beginLone(by) {
		return s.doOver(s.mux, by, opening, cmd, args)
	}
	reply, e, err := l.doLone(opening, cmd, args)
	if e.outcome == multiplex.Lost && s.repeats != nil && s.repeats(cmd, args) {
		r := multiplex.Request{Opening: opening, Cmd: cmd, Args: args}
		reply, e, err = s.repeat(s.mux, &r, time.Time{}, err)
	}
	return asDoReturns(reply, err), e, err
}

// asDoReturns returns the reply that redigo's Do returns: an error reply stands in both results,
// and in one of Receive's.
func asDoReturns(reply any, err error) any {
	if _, isReply := err.(redis.Error); isReply && reply == nil {
		return err
	}
	return reply
}

// doOver sends a command over the connections of a Mux.
func (s *sharing) doOver(m *multiplex.Mux, by calling, opening context.Context, cmd string, args []any) (any, ending, error) {
	r := multiplex.Request{Ctx: by.ctx, Opening: opening, Cmd: cmd, Args: args}
	var end time.Time // of the timeout of a call that may be repeated; zero: none
	if by.how == withTimeout {
		if by.timeout < 0 { // the program has computed what is left of its time, and nothing is
			return nil, ending{outcome: multiplex.Over}, errTimedOut
		}
		r.Timed, r.Timeout = true, by.timeout
		if s.repeats != nil && by.timeout > 0 {
			end = time.Now().Add(by.timeout)
		}
	}
	reply, e, err := send(m, &r)
	if e.outcome == multiplex.Lost && s.repeats != nil && s.repeats(cmd, args) {
		reply, e, err = s.repeat(m, &r, end, err)
	}
	return asDoReturns(reply, err), e, err
}

// send sends a command once.
func send(m *multiplex.Mux, r *multiplex.Request) (any, ending, error) {
	reply, o, err := m.Do(r)
	e, err := endingOf(o, err)
	return reply, e, err
}

// endingOf separates the error of a borrow from what the pool was like.
func endingOf(o multiplex.Outcome, err error) (ending, error) {
	if u, ok := err.(*unopened); ok {
		return ending{o, u.why}, u.error
	}
	return ending{outcome: o}, err
}

// repeat sends a command a second time. lost is the error that has broken the connection of
// the first time.
func (s *sharing) repeat(m *multiplex.Mux, r *multiplex.Request, end time.Time, lost error) (any, ending, error) {
	isLost := ending{outcome: multiplex.Lost}
	if r.Ctx != nil && r.Ctx.Err() != nil {
		return nil, isLost, lost
	}
	if !end.IsZero() {
		if r.Timeout = time.Until(end); r.Timeout <= 0 { // zero would be no timeout
			return nil, isLost, lost
		}
	}
	reply, e, err := send(m, r)
	switch {
	case e.outcome != multiplex.NotOpened:
		s.repeated.Add(1)
	case r.Ctx == nil || r.Ctx.Err() == nil:
		return nil, isLost, &notRepeatedError{lost, err}
	}
	return reply, e, err
}

// notRepeatedError is the error of a command that could not be sent again. For errors.Is it
// is the error of the first time, because nobody knows whether the server has executed the
// command.
type notRepeatedError struct{ lost, reason error }

func (e *notRepeatedError) Error() string {
	return fmt.Sprintf("redispool: %v; the command could not be sent again: %v", e.lost, e.reason)
}

func (e *notRepeatedError) Unwrap() error { return e.lost }
