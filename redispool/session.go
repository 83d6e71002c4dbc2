package redispool

import (
	"fmt"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// session holds the properties that a connection had when it was dialed, as far as the
// pool knows them, and which of them its borrower may have changed since.
type session struct {
	serverInfo
	changed changes
}

// changes is the set of properties that a borrower may have changed and the pool can
// restore.
type changes uint16

const (
	dbMoved changes = 1 << iota
	nameMoved
	isTracking
	isReplicaOK // READONLY is in force
	noEvict
	noTouch
	isAsking // ASKING or CLIENT CACHING was the last command
)

// set sets or clears a bit.
func (m *changes) set(bit changes, on bool) {
	if on {
		*m |= bit
	} else {
		*m &^= bit
	}
}

// sendUndo sends the commands that restore the session, and returns their number. It
// includes changes by commands whose replies are still to be read.
func (pc *pooled) sendUndo() (n int, err error) {
	s := &pc.session
	moved := s.changed | pc.changedByList()
	undo := func(bit changes, k kind, cmd string, args ...any) {
		if moved&bit == 0 {
			return
		}
		n++
		if e := pc.send(effect{kind: k, bit: bit, home: true}, cmd, args...); err == nil {
			err = e
		}
	}
	undo(dbMoved, selectDB, "SELECT", s.db)
	undo(nameMoved, client, "CLIENT", "SETNAME", s.name)
	undo(isTracking, client, "CLIENT", "TRACKING", "OFF")
	for _, m := range modes {
		if m.subcommand != "" {
			undo(m.bit, client, "CLIENT", m.subcommand, onOff(s.has(m.bit)))
		}
	}
	if s.has(isReplicaOK) {
		undo(isReplicaOK, readOnly, "READONLY")
	} else {
		undo(isReplicaOK, readWrite, "READWRITE")
	}
	undo(isAsking, asking, "PING") // ASKING holds for one command, so any command ends it
	return n, err
}

// changedByList returns the changes by commands whose replies are still to be read.
func (pc *pooled) changedByList() (all changes) {
	o := &pc.replies
	if !o.any.Load() {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.list {
		if !s.home && !s.ends && s.bit != isAsking {
			all |= s.bit
		}
	}
	return all
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// send sends one of the pool's own commands.
func (pc *pooled) send(e effect, cmd string, args ...any) error {
	pc.note(e)
	return pc.c.Send(cmd, args...)
}

// text returns the i-th argument as redigo sends it, or "" if there is none.
func text(args []any, i int) string {
	if i >= len(args) {
		return ""
	}
	arg := args[i]
	if a, ok := arg.(redis.Argument); ok {
		arg = a.RedisArg() // a nested Argument is not resolved, as in redigo
	}
	switch a := arg.(type) {
	case string:
		return a
	case []byte:
		return string(a)
	case nil:
		return ""
	case bool:
		if a {
			return "1"
		}
		return "0"
	}
	return fmt.Sprint(arg)
}

func is(args []any, i int, word string) bool { return strings.EqualFold(text(args, i), word) }
