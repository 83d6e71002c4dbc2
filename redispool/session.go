package redispool

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// session is what a connection was like when it was dialled, as far as that is
// known, and what its borrower has changed since.
type session struct {
	asked bool // the server has been asked, or it is too late

	db        int
	dbKnown   bool
	name      string
	nameKnown bool
	user      string
	userKnown bool
	nobody    bool // not authenticated yet

	dbMoved   bool
	nameMoved bool
	tracking  bool
	replicaOK bool // READONLY is in force
	asking    bool // ASKING was the last command
}

// track follows the commands that change the session, before they are sent.
func (pc *pooled) track(k kind, args []any) {
	s := &pc.session
	s.asking = k == asking
	switch k {
	case selectDB:
		pc.learn()
		s.dbMoved = s.dbKnown && text(args, 0) != strconv.Itoa(s.db)
	case auth:
		pc.trackAuth(args)
	case hello:
		// Without arguments it asks only; with them it may change everything.
		pc.spoilt = pc.spoilt || len(args) > 0
	case client:
		pc.trackClient(args)
	case readOnly:
		s.replicaOK = true
	case readWrite:
		s.replicaOK = false
	case final:
		pc.spoilt = true
	}
}

// trackAuth lets a borrower prove who it is, as often as it likes, but not
// become somebody else: nobody knows the password to become the former again.
func (pc *pooled) trackAuth(args []any) {
	pc.learn()
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
		pc.learn()
		s.nameMoved = s.nameKnown && text(args, 1) != s.name
	case is(args, 0, "TRACKING"):
		s.tracking = is(args, 1, "ON")
	case is(args, 0, "NO-EVICT"), is(args, 0, "NO-TOUCH"):
		pc.spoilt = pc.spoilt || is(args, 1, "ON")
	}
}

// learn asks the server once what the connection is like, before a borrower
// changes it. In the middle of a pipeline, a transaction or a subscription it
// cannot: the reply would be taken for another. Then it is too late for ever.
func (pc *pooled) learn() {
	s := &pc.session
	if s.asked {
		return
	}
	s.asked = true
	if pc.pending || pc.state&^watching != 0 {
		return
	}
	info, err := redis.String(pc.c.Do("CLIENT", "INFO"))
	if e, ok := err.(redis.Error); ok {
		s.nobody = strings.HasPrefix(string(e), "NOAUTH")
	}
	if err != nil {
		return
	}
	for _, field := range strings.Fields(info) {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "db":
			if db, err := strconv.Atoi(value); err == nil && !s.dbKnown {
				s.db, s.dbKnown = db, true
			}
		case "name":
			s.name, s.nameKnown = value, true
		case "user":
			s.user, s.userKnown = value, true
		}
	}
}

// sendUndo sends what gives the session back its first state, and returns how
// many commands that took.
func (pc *pooled) sendUndo() (n int, err error) {
	send := func(cmd string, args ...any) {
		n++
		if e := pc.c.Send(cmd, args...); err == nil {
			err = e
		}
	}
	s := &pc.session
	if s.dbMoved {
		send("SELECT", s.db)
	}
	if s.nameMoved {
		send("CLIENT", "SETNAME", s.name)
	}
	if s.tracking {
		send("CLIENT", "TRACKING", "OFF")
	}
	if s.replicaOK {
		send("READWRITE")
	}
	if s.asking {
		send("PING") // ASKING lasts for one command
	}
	return n, err
}

// moved reports whether there is anything to undo.
func (s *session) moved() bool {
	return s.dbMoved || s.nameMoved || s.tracking || s.replicaOK || s.asking
}

func (s *session) undone() {
	s.dbMoved, s.nameMoved, s.tracking, s.replicaOK, s.asking = false, false, false, false, false
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
		return text([]any{a.RedisArg()}, 0)
	}
	return fmt.Sprint(args[i])
}

func is(args []any, i int, word string) bool { return strings.EqualFold(text(args, i), word) }
