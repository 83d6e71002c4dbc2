package redispool

import (
	"context"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// do sends a command over a shared connection. opening bounds the wait for a connection;
// nil: the context of by does.
func (s *sharing) do(by calling, opening context.Context, cmd string, args []any) (any, multiplex.Outcome, error) {
	return s.doOver(s.mux, by, opening, cmd, args)
}

// doOver is do over the connections of one Mux.
func (s *sharing) doOver(m *multiplex.Mux, by calling, opening context.Context, cmd string, args []any) (any, multiplex.Outcome, error) {
	r := multiplex.Request{Ctx: by.ctx, Opening: opening, Cmd: cmd, Args: args}
	var end time.Time // of the timeout of a call that may be repeated; zero: none
	if by.how == withTimeout {
		r.Timed, r.Timeout = true, by.timeout
		if s.repeats != nil && by.timeout > 0 {
			end = time.Now().Add(by.timeout)
		}
	}
	reply, o, err := m.Do(&r)
	if o == multiplex.Lost && s.repeats != nil && s.repeats(cmd, args) {
		reply, o, err = s.repeat(m, &r, end, err)
	}
	if _, isReply := err.(redis.Error); isReply && reply == nil {
		reply = err // redigo's Do returns an error reply twice, and its Receive once
	}
	return reply, o, err
}

// repeat sends a command a second time. lost is the error that has broken the connection of
// the first time.
func (s *sharing) repeat(m *multiplex.Mux, r *multiplex.Request, end time.Time, lost error) (any, multiplex.Outcome, error) {
	if r.Ctx != nil && r.Ctx.Err() != nil {
		return nil, multiplex.Lost, lost
	}
	if !end.IsZero() {
		if r.Timeout = time.Until(end); r.Timeout <= 0 { // zero would be no timeout
			return nil, multiplex.Lost, lost
		}
	}
	reply, o, err := m.Do(r)
	switch {
	case o != multiplex.NotOpened:
		s.repeated.Add(1)
	case r.Ctx == nil || r.Ctx.Err() == nil:
		return nil, multiplex.Lost, &notRepeatedError{lost, err}
	}
	return reply, o, err
}

// notRepeatedError is the error of a command that could not be sent again. It is the error
// of the first time, for errors.Is as well: nobody knows whether the server has executed
// the command.
type notRepeatedError struct{ lost, reason error }

func (e *notRepeatedError) Error() string {
	return fmt.Sprintf("redispool: %v; the command could not be sent again: %v", e.lost, e.reason)
}

func (e *notRepeatedError) Unwrap() error { return e.lost }
