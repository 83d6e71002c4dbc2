package redispool

import (
	"context"

	"github.com/respool/respool/redispool/internal/multiplex"
)

// A caller that comes while nobody else has a command under way borrows a connection for its
// command, as without Share. That costs less than a shared connection, which every caller must
// be able to join at any moment. A second caller, which comes meanwhile, begins to share. For some
// calls after that a lone caller shares, too, because others are likely to come: see Mux.Crowded.

// mayBorrowAlone reports whether a lone caller may borrow a connection of its own. At the limit
// a second caller then waits for that connection, and must not be refused instead.
func (p *Pool) mayBorrowAlone() bool {
	return p.Wait && p.MaxWaiters <= 0 && p.WaitTimeout <= 0 && p.ShedTarget <= 0 && p.node == nil
}

// beginLone reports whether a caller is alone and may borrow. If so, its command ends with endLone.
func (s *sharing) beginLone(by calling) bool {
	if !s.lonesBorrow || by.how == withTimeout || by.ctx != nil && by.ctx.Done() != nil || !s.mux.AtRest() || s.mux.Crowded() {
		return false
	}
	n := s.lone.Load()
	if n&1 == 0 && s.lone.CompareAndSwap(n, n+1) {
		return true
	}
	s.mux.NoteMeeting()
	return false
}

// endLone ends the command of a lone caller. wasSent is false if there was no connection for it.
func (s *sharing) endLone(wasSent bool) {
	if !wasSent {
		s.loneUnsent.Add(1)
	}
	s.lone.Add(1)
}

// loneCalls returns how many commands of lone callers were sent, and how many are under way.
func (s *sharing) loneCalls() (sent uint64, underWay int) {
	unsent := s.loneUnsent.Load() // before lone: its calls must be among those of lone
	n := s.lone.Load()
	return (n+1)/2 - unsent, int(n & 1)
}

// doLone sends the command of a lone caller over a connection that it borrows.
func (l *live) doLone(opening context.Context, cmd string, args []any) (reply any, e ending, err error) {
	wasSent := false
	defer func() { l.sharing.endLone(wasSent) }()
	if err := l.sharing.mux.Err(); err != nil {
		return nil, ending{outcome: multiplex.NotOpened}, err
	}
	w, err := sharedSource{live: l}.Open(orBackground(opening))
	if err != nil {
		e, err = endingOf(multiplex.NotOpened, err)
		return nil, e, err
	}
	wasSent = true
	reply, e.outcome, err = w.(*wire).doOnce(l.sharing.mux, cmd, args)
	return reply, e, err
}

// doOnce sends one command, and gives the connection back.
func (w *wire) doOnce(m *multiplex.Mux, cmd string, args []any) (reply any, o multiplex.Outcome, err error) {
	pc, returned := w.pc(), false
	defer func() {
		if !returned { // a wrapper of the connection has panicked
			w.Close(errConnClosed, false) // it must not be lent again
		}
	}()
	reply, err = w.exchange(m, cmd, args)
	returned = true
	if _, isArray := reply.([]any); err == nil && !isArray && pc.isClean() && !pc.buffer.hasMore() {
		w.lease.Release()
		return reply, multiplex.Over, nil
	}
	return reply, w.endOnce(err), err
}

// exchange sends a command and receives its reply. redigo's Do cannot poll. A wrapper sees Send,
// Flush and Receive, as on a shared connection.
func (w *wire) exchange(m *multiplex.Mux, cmd string, args []any) (any, error) {
	if pc := w.pc(); pc.errIsRedigos && !m.MayPoll() {
		reply, err := pc.c.Do(cmd, args...)
		pc.noteReply(reply)
		return reply, err
	}
	if err := w.Send(cmd, args); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return m.Receive(w)
}

// endOnce gives a connection back that may be of no more use.
func (w *wire) endOnce(err error) multiplex.Outcome {
	verdict := multiplex.Keep
	if err != nil {
		verdict = w.Judge(err)
	}
	if verdict == multiplex.Broken {
		w.Close(err, false)
		return multiplex.Lost
	}
	w.Close(nil, verdict == multiplex.Retire)
	return multiplex.Over
}
