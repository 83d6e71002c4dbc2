package redispool

import (
	"fmt"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// session is what a connection was like when it was dialled, as far as that is
// known, and what its borrower has changed since.
type session struct {
	origin
	moved moves
}

// moves is what is not as it was, and can be undone.
type moves uint8

const (
	dbMoved moves = 1 << iota
	nameMoved
	isTracking
	isReplicaOK // READONLY is in force
	isAsking    // ASKING was the last command
)

// set sets or clears a bit.
func (m *moves) set(bit moves, on bool) {
	if on {
		*m |= bit
	} else {
		*m &^= bit
	}
}

// track follows the commands that change the session, before they are sent.
func (pc *pooled) track(k kind, args []any) {
	s := &pc.session
	had := s.moved
	s.moved.set(isAsking, k == asking)
	switch k {
	case selectDB:
		s.moved.set(dbMoved, s.dbKnown && text(args, 0) != s.db)
	case auth:
		pc.trackAuth(args)
	case hello:
		// Without arguments it asks only; with them it may change everything.
		pc.spoilt = pc.spoilt || len(args) > 0
	case client:
		pc.trackClient(args)
	case readOnly, readWrite:
		s.moved.set(isReplicaOK, k == readOnly)
	case final:
		pc.spoilt = true
	}
	if pc.state&inMulti != 0 {
		s.moved |= had // what would undo it may never be executed
	}
}

// trackAuth lets a borrower prove who it is, as often as it likes, but not
// become somebody else: nobody knows the password to become the former again.
func (pc *pooled) trackAuth(args []any) {
	user := "default"
	if len(args) > 1 {
		user = text(args, 0)
	}
	switch s := &pc.session; {
	case s.userKnown:
		pc.spoilt = pc.spoilt || user != s.user
	case s.nobody: // Dial left it to the borrowers
		s.user, s.userKnown = user, true
	default:
		pc.spoilt = true
	}
}

func (pc *pooled) trackClient(args []any) {
	s := &pc.session
	switch {
	case is(args, 0, "SETNAME"):
		s.moved.set(nameMoved, s.nameKnown && text(args, 1) != s.name)
	case is(args, 0, "TRACKING"):
		s.moved.set(isTracking, is(args, 1, "ON"))
	case is(args, 0, "NO-EVICT"), is(args, 0, "NO-TOUCH"):
		pc.spoilt = pc.spoilt || is(args, 1, "ON")
	}
}

// sendUndo sends what gives the session back its first state, and returns how
// many commands that took.
func (pc *pooled) sendUndo() (n int, err error) {
	s := &pc.session
	undo := func(bit moves, cmd string, args ...any) {
		if s.moved&bit == 0 {
			return
		}
		n++
		if e := pc.c.Send(cmd, args...); err == nil {
			err = e
		}
	}
	undo(dbMoved, "SELECT", s.db)
	undo(nameMoved, "CLIENT", "SETNAME", s.name)
	undo(isTracking, "CLIENT", "TRACKING", "OFF")
	undo(isReplicaOK, "READWRITE")
	undo(isAsking, "PING") // ASKING lasts for one command
	return n, err
}

// text returns an argument as the server will see it.
func text(args []any, i int) string {
	if i >= len(args) {
		return ""
	}
	switch a := args[i].(type) {
	case string:
		return a
	case []byte:
		return string(a)
	case redis.Argument:
		arg := a.RedisArg()
		if b, ok := arg.([]byte); ok {
			return string(b)
		}
		return fmt.Sprint(arg) // no further, as in redigo
	}
	return fmt.Sprint(args[i])
}

func is(args []any, i int, word string) bool { return strings.EqualFold(text(args, i), word) }
