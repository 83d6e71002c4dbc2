package redispool

import "github.com/respool/respool/redispool/internal/multiplex"

// beforeCommand is what the pool believed about a connection before a command.
type beforeCommand struct {
	noted         bool
	state, asSent state
	tainted       bool
	changed       changes
	certain       bool // no message can be mistaken for its reply
}

// readable returns the kind of a command, and its arguments so that the pool can read them
// before they are sent, if it does.
func readable(cmd string, args []any) (kind, []any) {
	k := kindOf(cmd)
	if k != ordinary {
		args = multiplex.ResolveArgs(args)
	}
	return k, args
}

// expect returns what a command will do to the connection. If the pool needs to know
// the connection's properties to undo that, expect asks the server first. An error
// means that the connection broke during the question.
func (c *conn) expect(pc *pooled, by calling, k kind, args []any) (e effect, err error) {
	if k != ordinary {
		e = pc.effectOf(k, args)
	}
	if e.kind == ordinary && !pc.askInfoEarly {
		pc.session.changed &^= isAsking
		return e, nil
	}
	if (pc.askInfoEarly || pc.session.needsInfo(e)) && pc.mayAskInfo() {
		c.exclusively(pc, func() {
			pc.askInfoEarly = false
			e.refusal, err = pc.parseInfo(by.do(pc.c, "CLIENT", "INFO"))
		})
		if err != nil {
			return e, err
		}
		if e.kind != ordinary {
			refusal := e.refusal
			e = pc.effectOf(e.kind, args)
			e.refusal = refusal
		}
	}
	return e, nil
}

// presumeEffect notes the possible effect of a command that Do is about to send.
func (pc *pooled) presumeEffect(e effect) (before beforeCommand) {
	if e.kind == ordinary {
		pc.session.changed &^= isAsking
		return before
	}
	pc.settle()
	before = beforeCommand{true, pc.state, pc.asSent, pc.tainted, pc.session.changed, !pc.listens()}
	pc.apply(e, unknown, "")
	pc.asSent = pc.asSent.after(e.kind)
	pc.session.changed.set(isAsking, e.bit == isAsking)
	return before
}

// noteOutcome notes the outcome of a command that Do has sent.
func (pc *pooled) noteOutcome(cmd string, e effect, before beforeCommand, reply any, err error) (any, error) {
	_, isReply := serverError(err)
	if err != nil && !isReply {
		pc.settleAll(nobodyKnows)
		return pc.checkReply(reply, pc.orFarewell(err))
	}
	pc.answered()
	alone := !pc.replies.owed() && !pc.maybeUnread
	if before.certain {
		pc.state, pc.asSent, pc.tainted, pc.session.changed = before.state, before.asSent, before.tainted, before.changed
	}
	pc.settleAll(pc.outcomes(cmd, reply, err))
	pc.maybeUnread = false
	if before.certain {
		pc.conclude(e, alone, reply, err)
	}
	if err == nil && pc.fate()&unproved != 0 && kindOf(cmd) == auth {
		pc.proved()
	}
	if _, isArray := reply.([]any); err == nil && !isArray && !before.noted && cmd != "" {
		return reply, nil
	}
	return pc.checkReply(reply, err)
}

// outcomes returns a function that finds the outcomes of earlier commands, whose
// replies Do has read with its own.
func (pc *pooled) outcomes(cmd string, reply any, err error) func(*sentCommand) (outcome, string) {
	switch {
	case cmd == "" && err == nil:
		return pc.replies.findAmong(reply)
	case err == nil:
		return allObeyed
	}
	return nobodyKnows
}

// conclude applies the effect of the command itself. An error that Do returns may
// belong to an earlier command; redigo then returns the reply to the last command as
// well.
func (pc *pooled) conclude(e effect, alone bool, reply any, err error) {
	o, text := judge(reply, err)
	switch {
	case err != nil && reply == nil && !alone:
		o = unknown
	case err != nil && reply != nil && o == unknown && reply != "QUEUED":
		o = obeyed
	}
	pc.apply(e, o, text)
	switch {
	case o != refused, e.kind == exec, e.kind == discard, e.kind == monitor, !pc.genuine():
		pc.asSent = pc.asSent.after(e.kind)
	}
	pc.session.changed.set(isAsking, e.bit == isAsking && o != refused)
}
