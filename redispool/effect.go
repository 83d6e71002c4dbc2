package redispool

import (
	"errors"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// effect is what a command does to its connection if the server obeys it.
type effect struct {
	kind kind
	bit  changes // what it changes
	home bool    // it sets that back to the value from when the connection was dialed
	ends bool    // the pool cannot restore the session afterwards

	partly bool // the server may obey a part of the command and refuse the rest

	blind bool // ends is true because the server was not asked in time

	mayClose bool // it may close any client of the server, including this one: see closers

	// becomes is the new user, if AUTH authenticates a connection that Dial has not
	// authenticated.
	becomes string

	refusal error // the server's refusal of the question before the command
}

// outcome is what the pool knows about a command that was sent.
type outcome uint8

const (
	unknown outcome = iota // also if the command was queued in a transaction
	obeyed
	refused
)

// judge returns the outcome of a command, and the text of a refusal. An error that is
// not a reply of the server says nothing about the outcome.
func judge(reply any, err error) (outcome, string) {
	if e, ok := reply.(redis.Error); ok {
		return refused, string(e)
	}
	if err == nil {
		if reply == "QUEUED" {
			return unknown, ""
		}
		return obeyed, ""
	}
	if e, ok := serverError(err); ok && reply == nil {
		return refused, string(e)
	}
	return unknown, ""
}

// serverError returns the error reply of the server that err is or wraps.
func serverError(err error) (redis.Error, bool) {
	if err == nil {
		return "", false
	}
	if e, ok := err.(redis.Error); ok {
		return e, true
	}
	return wrappedError(err)
}

func wrappedError(err error) (e redis.Error, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}

// apply updates what the pool believes about the connection, after a command. If the
// outcome is unknown, the server may have obeyed the command: its changes count, but
// the pool does not rely on it to undo anything.
func (pc *pooled) apply(e effect, o outcome, text string) {
	if e.mayClose {
		pc.fateBits.Or(uint32(closer))
	}
	if (e.mayClose || e.kind == exec) && pc.fate()&closer != 0 {
		pc.core.closers.Add(1)
	}
	if o == refused {
		pc.applyRefused(e, text)
		return
	}
	if e.kind == auth && o == obeyed {
		pc.proved()
	}
	ended := e.kind == exec || e.kind == discard
	if pc.state&inMulti != 0 && !ended {
		o = unknown // it was queued: there may be no EXEC
	}
	switch {
	case ended && o == obeyed:
		pc.state &^= watching | inMulti
	case e.kind == unwatch && o == obeyed:
		pc.state &^= watching
	case e.kind == unsubscribes:
		pc.state |= subscribed
	case !ended && e.kind != unwatch:
		pc.state = pc.state.after(e.kind)
	}
	switch {
	case e.ends:
		pc.tainted = true
		if e.blind && e.refusal == nil {
			pc.core.askInfoEarly.Store(true) // for connections that are dialed from now on
		}
	case e.becomes != "" && o == obeyed:
		pc.session.user, pc.session.userKnown = e.becomes, true
	case e.becomes != "":
		pc.tainted = true
	case e.bit == isAsking && !e.home:
		// It was noted when it was sent, and holds only for the next command.
	case !e.home:
		pc.session.changed |= e.bit
	case o == obeyed:
		pc.session.changed &^= e.bit
	}
}

// applyRefused handles refusals that change what the pool believes.
func (pc *pooled) applyRefused(e effect, text string) {
	switch {
	case (e.kind == exec || e.kind == discard) && strings.HasPrefix(text, "EXECABORT"):
		pc.state &^= watching | inMulti
	case (e.kind == exec || e.kind == discard) && strings.Contains(text, "without MULTI"):
		pc.state &^= inMulti
	case e.partly && !isRefusedAtOnce(text):
		pc.tainted = true // Redis before 7 obeys the options before the one that it refuses
	case e.kind == auth && e.ends && !pc.session.userKnown:
		pc.tainted = true // after a refused AUTH, an old server drops the former user
	}
}

// isRefusedAtOnce reports whether the server has refused a HELLO before it looked at its
// options.
func isRefusedAtOnce(text string) bool {
	return strings.HasPrefix(text, "NOPROTO") || isOfTheQuestion(redis.Error(text))
}

// effectOf returns what a command will do. It is called before the command is sent.
func (pc *pooled) effectOf(k kind, args []any) effect {
	e := effect{kind: k}
	switch {
	case k == client && is(args, 0, "REPLY"), // some commands get no reply from then on
		k == cluster && is(args, 0, "SYNCSLOTS"): // the connection becomes a link for replication
		e.kind = monitor
	case k == quit,
		k == script && is(args, 0, "DEBUG") && !is(args, 1, "NO"):
		e.ends = true
	case k == client && is(args, 0, "KILL"),
		k == acl && (is(args, 0, "DELUSER") || is(args, 0, "LOAD")):
		e.mayClose = true
	case k == unsubscribe && len(args) > 1:
		e.kind = unsubscribes // it gets one reply for each channel, subscribed or not
	case pc.core.undoSession:
		pc.sessionEffect(&e, args)
	}
	if e.kind >= unsubscribe && e.bit == 0 && !e.ends && !e.mayClose && e.becomes == "" {
		e.kind = ordinary
	}
	return e
}

// sessionEffect handles the effects that KeepSession leaves in force. It is not called
// with KeepSession.
func (pc *pooled) sessionEffect(e *effect, args []any) {
	s := &pc.session
	switch {
	case e.kind == asking, e.kind == client && is(args, 0, "CACHING"):
		e.bit = isAsking
		return
	}
	// known: the pool knows what to restore. home: the command sets just that.
	change := func(bit changes, known, home bool) { e.bit, e.home, e.ends, e.blind = bit, home, !known, !known }
	turns := func(bit changes, on bool) { change(bit, s.flagsKnown, s.has(bit) == on) }
	switch e.kind {
	case selectDB:
		change(dbMoved, s.dbKnown, text(args, 0) == s.db)
	case auth:
		pc.authEffect(e, args)
	case hello:
		// Without arguments it only asks; with arguments it may change everything.
		e.ends, e.partly = len(args) > 0, len(args) > 1
	case reset:
		e.ends = true
	case readOnly, readWrite:
		turns(isReplicaOK, e.kind == readOnly)
	case client:
		switch sub := strings.ToUpper(text(args, 0)); sub {
		case "SETNAME":
			change(nameMoved, s.nameKnown, text(args, 1) == s.name)
		case "TRACKING":
			turns(isTracking, is(args, 1, "ON"))
			e.ends = e.ends || s.has(isTracking) // CLIENT INFO does not show the options of tracking
		case "", "GETNAME", "GETREDIR", "HELP", "ID", "INFO", "LIST", "PAUSE", "TRACKINGINFO", "UNBLOCK", "UNPAUSE":
		default:
			if mode := modeOf(sub); mode != 0 {
				turns(mode, is(args, 1, "ON"))
			} else {
				e.ends = true // SETINFO, or a subcommand of a newer server
			}
		}
	}
}

// authEffect lets a borrower authenticate as the connection's own user any number of
// times. If the borrower authenticates as another user, the connection is lost,
// because the pool does not know the former user's password.
func (pc *pooled) authEffect(e *effect, args []any) {
	user := "default"
	if len(args) > 1 {
		user = text(args, 0)
	}
	switch s := &pc.session; {
	case s.userKnown:
		e.ends = user != s.user
	case s.unauthenticated: // Dial left it to the borrowers
		e.becomes = user
	default:
		e.ends, e.blind = true, true
	}
}
