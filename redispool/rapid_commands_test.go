package redispool_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// rapidCommand is a command of a script. A command with a row of the list of differences is sent only where that row makes
// no difference.
type rapidCommand struct {
	name string
	args []any
	row  string
	use  rapidUse
}

// rapidUse classifies commands for a real server, where a script must not wait for a reply that never comes.
type rapidUse uint8

const (
	anyUse   rapidUse = iota
	transact          // and not subscribe
	listen            // subscribe, and not transact
	noUse             // the server does not know the command, or sends unexpected replies
)

var rapidCommands = []rapidCommand{
	{"PING", nil, "", anyUse},
	{"GET", []any{"k"}, "", transact},
	{"SET", []any{"k", "x"}, "", transact},
	{"INCR", []any{"n"}, "", transact},
	{"FAIL", []any{"x"}, "", transact},
	{"LPUSH", []any{"k", "x"}, "", transact},
	{"WATCH", []any{"k"}, "", transact},
	{"UNWATCH", nil, "", transact},
	{"MULTI", nil, "", transact},
	{"EXEC", nil, "", transact},
	{"DISCARD", nil, "", transact},
	{"SUBSCRIBE", []any{"x"}, "", listen},
	{"PSUBSCRIBE", []any{"x*"}, "", listen},
	{"UNSUBSCRIBE", []any{"x"}, "", listen},
	{"PUNSUBSCRIBE", nil, "", noUse},
	{"ECHO", []any{"x"}, "", transact},
	{"MONITOR", nil, "", listen},
	{"SSUBSCRIBE", []any{"x"}, "R6", noUse},
	{"SELECT", []any{1}, "R7", transact},
	{"CLIENT", []any{"SETNAME", "x"}, "R7", transact},
	{"CLIENT", []any{"TRACKING", "ON"}, "R7", noUse},
	{"AUTH", []any{"x"}, "R7", noUse},
	{"HELLO", []any{2}, "R7", noUse},
	{"READONLY", nil, "R7", noUse},
	{"ASKING", nil, "R7", noUse},
	{"CLIENT", []any{"REPLY", "OFF"}, "R8", noUse},
	{"DEMOTED", nil, "R25", noUse},
}

// command sends a command by one of the four methods.
func (s *rapidScript) command(t *rapid.T) {
	l := s.pickLive(t)
	cmd := rapid.SampledFrom(rapidCommands).Draw(t, "command")
	if cmd.row != "" && !(cmd.row == "R7" && s.KeepSession) {
		s.excused(cmd.row)
		return
	}
	if s.server && !l.mayUse(cmd.use) {
		return
	}
	s.call(t, l, cmd)
}

// mayUse keeps subscriptions, transactions and a MONITOR apart.
func (l *rapidLoan) mayUse(use rapidUse) bool {
	if use == noUse || l.monitors || use != anyUse && l.use != anyUse && l.use != use {
		return false
	}
	if use != anyUse {
		l.use = use
	}
	return true
}

// call makes the same call on both connections of a loan. The loan may be over, or may never have begun.
func (s *rapidScript) call(t *rapid.T, l *rapidLoan, cmd rapidCommand) {
	name := rapid.SampledFrom([]string{cmd.name, strings.ToLower(cmd.name), capital(cmd.name)}).Draw(t, "name")
	how := rapid.SampledFrom([]string{"Do", "Do", "Send", "DoWithTimeout", "DoContext"}).Draw(t, "method")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if how == "DoContext" && !s.server && rapid.IntRange(0, 9).Draw(t, "ended") == 0 {
		cancel()
		l.left = true
	}
	if cmd.name == "MONITOR" && (!s.Plain || how == "Do" || how == "Send") {
		l.monitors = true
	}
	s.both(t, l, how+" "+name, func(c redis.Conn) (any, error) {
		switch how {
		case "Send":
			return nil, c.Send(name, cmd.args...)
		case "DoWithTimeout":
			return redis.DoWithTimeout(c, time.Hour, name, cmd.args...)
		case "DoContext":
			return redis.DoContext(c, ctx, name, cmd.args...)
		}
		return c.Do(name, cmd.args...)
	})
}

func capital(s string) string { return s[:1] + strings.ToLower(s[1:]) }

// read flushes, or receives one reply.
func (s *rapidScript) read(t *rapid.T) {
	l := s.pickLive(t)
	if s.server {
		if l.monitors || s.theirs.conns[l.conn].due() == 0 {
			return // no reply would come
		}
		s.both(t, l, "Flush", func(c redis.Conn) (any, error) { return nil, c.Flush() })
	}
	s.receive(t, l)
	// A real server executes what was flushed at any time until its reply has come, and another loan could see that it has
	// not: not every call of receive reads.
	for s.server && s.theirs.conns[l.conn].due() > 0 && l.theirs.c.Err() == nil {
		s.both(t, l, "Receive", func(c redis.Conn) (any, error) { return c.Receive() })
	}
}

func (s *rapidScript) receive(t *rapid.T, l *rapidLoan) {
	how := rapid.SampledFrom([]string{"Receive", "Flush", "ReceiveWithTimeout", "ReceiveContext"}).Draw(t, "method")
	s.both(t, l, how, func(c redis.Conn) (any, error) {
		switch how {
		case "Flush":
			return nil, c.Flush()
		case "ReceiveWithTimeout":
			return redis.ReceiveWithTimeout(c, time.Hour)
		case "ReceiveContext":
			return redis.ReceiveContext(c, context.Background())
		}
		return c.Receive()
	})
}

// stale uses a loan that is over, or never began.
func (s *rapidScript) stale(t *rapid.T) {
	l := s.pick(t, func(l *rapidLoan) bool { return !l.late && (l.over || l.ours.done && l.ours.err != nil) })
	switch rapid.IntRange(0, 3).Draw(t, "use") {
	case 0:
		s.both(t, l, "Close", func(c redis.Conn) (any, error) { return nil, c.Close() })
	case 1:
		s.both(t, l, "Err", func(c redis.Conn) (any, error) { return nil, c.Err() })
	case 2:
		s.receive(t, l)
	case 3:
		s.call(t, l, rapidCommands[0])
	}
}

// both makes the same call on both connections of a loan, and compares the results.
func (s *rapidScript) both(t *rapid.T, l *rapidLoan, what string, do func(redis.Conn) (any, error)) {
	what = fmt.Sprintf("%s on loan %d", what, l.i)
	t.Log(what)
	ours, ourErr := do(l.ours.c)
	theirs, theirErr := do(l.theirs.c)
	if l.left && ourErr != nil && theirErr != nil {
		s.excused("R32")
		return
	}
	if !s.sameError(ourErr, theirErr) {
		t.Fatalf("%s: error %v, redigo's is %v", what, ourErr, theirErr)
	}
	if !reflect.DeepEqual(ours, theirs) {
		t.Fatalf("%s: %v, redigo's answer is %v", what, ours, theirs)
	}
}
