package redispool

import (
	"time"

	"github.com/gomodule/redigo/redis"
)

// restore makes the connection what it was before it was borrowed. It reports
// whether the connection is fit for the next borrower, and the first error.
func (pc *pooled) restore() (fit bool, err error) {
	if pc.clean() {
		return pc.c.Err() == nil, nil
	}
	inTime := pc.bound(pc.core.cleanup)
	if pc.spoilt || pc.state&monitoring != 0 || pc.demoted.Load() {
		// It is closed in any case, but what was sent shall arrive.
		if pc.pending {
			err = pc.c.Flush()
		}
		inTime()
		return false, err
	}
	fit, err = pc.undo()
	if !inTime() {
		return false, err
	}
	return fit && pc.c.Err() == nil, err
}

// clean reports whether there is nothing to undo and nothing to read.
func (pc *pooled) clean() bool {
	return pc.state == 0 && !pc.pending && !pc.unsure && !pc.spoilt && pc.session.moved == 0 && !pc.demoted.Load()
}

// bound closes the connection unless the function that it returns is called
// within d; that reports whether it was in time.
func (pc *pooled) bound(d time.Duration) (inTime func() bool) {
	if d == 0 {
		return func() bool { return true }
	}
	t := time.AfterFunc(d, func() { pc.close() })
	return t.Stop
}

// undo leaves what the borrower has entered, in redigo's order, and reads what
// it has not read.
func (pc *pooled) undo() (fit bool, err error) {
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	if pc.state&inMulti != 0 {
		note(pc.c.Send("DISCARD"))
	} else if pc.state&watching != 0 {
		note(pc.c.Send("UNWATCH"))
	}
	if pc.state&(subscribed|shardSubscribed) != 0 {
		if e := pc.unsubscribe(); e != nil {
			note(e)
			return false, err
		}
	}
	n, e := pc.sendUndo()
	note(e)
	reply, e := pc.c.Do("")
	note(e)
	if n > 0 && (e != nil || !allDone(reply, n)) {
		return false, err
	}
	pc.look(reply)
	pc.state, pc.pending, pc.unsure = 0, false, false
	pc.session.moved = 0
	return !pc.demoted.Load(), err
}

// allDone reports whether none of the last n replies is an error.
func allDone(reply any, n int) bool {
	all, ok := reply.([]any)
	if !ok || len(all) < n {
		return false
	}
	for _, r := range all[len(all)-n:] {
		if _, bad := r.(redis.Error); bad {
			return false
		}
	}
	return true
}

// unsubscribe ends all subscriptions, and reads until the server answers to what
// was sent after that.
func (pc *pooled) unsubscribe() error {
	commands := []string{"UNSUBSCRIBE", "PUNSUBSCRIBE"}
	if pc.state&shardSubscribed != 0 {
		commands = append(commands, "SUNSUBSCRIBE")
	}
	for _, cmd := range commands {
		if err := pc.c.Send(cmd); err != nil {
			return err
		}
	}
	if err := pc.c.Send("ECHO", pc.core.sentinel); err != nil {
		return err
	}
	if err := pc.c.Flush(); err != nil {
		return err
	}
	for {
		reply, err := pc.c.Receive()
		if err != nil {
			return err
		}
		if b, ok := reply.([]byte); ok && string(b) == pc.core.sentinel {
			return nil
		}
	}
}
