package redispool

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// serverInfo holds the properties that a connection had when it was dialed, as far as
// the pool knows them. The pool can restore only what it knows.
type serverInfo struct {
	db              string
	dbKnown         bool
	name            string
	nameKnown       bool
	user            string
	userKnown       bool
	flags           changes // which of the modes were in force
	flagsKnown      bool
	unauthenticated bool // Dial did not authenticate the connection
}

func (o *serverInfo) has(bit changes) bool { return o.flags&bit != 0 }

// modes are the properties that CLIENT INFO shows as a flag. If a subcommand of CLIENT
// switches a mode with ON and OFF, the pool undoes it by the same subcommand.
var modes = [...]struct {
	bit        changes
	flag       string
	subcommand string
}{
	{isTracking, "t", ""}, // its options are not shown
	{isReplicaOK, "r", ""},
	{noEvict, "e", "NO-EVICT"},
	{noTouch, "T", "NO-TOUCH"},
}

// isMode reports whether CLIENT INFO shows a property as a flag.
func isMode(bit changes) bool {
	for i := range modes {
		if modes[i].bit == bit {
			return true
		}
	}
	return false
}

// modeOf returns the mode that a subcommand of CLIENT switches, or zero.
func modeOf(subcommand string) changes {
	for i := range modes {
		if modes[i].subcommand == subcommand {
			return modes[i].bit
		}
	}
	return 0
}

// needsInfo reports whether the pool must learn more before it can undo an effect.
func (o *serverInfo) needsInfo(e effect) bool {
	switch e.bit {
	case dbMoved:
		return !o.dbKnown
	case nameMoved:
		return !o.nameKnown
	}
	if isMode(e.bit) {
		return !o.flagsKnown
	}
	return e.kind == auth && !o.userKnown
}

// mayAskInfo reports whether the pool may send CLIENT INFO. In the middle of a
// pipeline, a transaction or a subscription the answer would be taken for another
// reply. A connection that is not redigo's may be a mock, which expects the borrower's
// commands and no others.
func (pc *pooled) mayAskInfo() bool {
	pc.settle()
	return !pc.tainted && !pc.replies.owed() && (pc.state|pc.asSent)&^watching == 0 && pc.genuine() && pc.c.Err() == nil
}

// parseInfo reads the answer to CLIENT INFO. fatal is an error after which the
// connection cannot be used. refusal is an error reply of the server: then nothing is
// known, and the next command that needs the information asks again.
func (pc *pooled) parseInfo(answer any, err error) (refusal, fatal error) {
	o := &pc.session.serverInfo
	info, isBulk := answer.([]byte)
	if !isBulk {
		e, ok := serverError(err)
		if err != nil && !ok {
			return nil, err
		}
		o.unauthenticated = strings.HasPrefix(string(e), "NOAUTH")
		if err != nil && !isOfTheQuestion(e) {
			pc.farewell.Store(&e)
		}
		return err, nil
	}
	pc.replies.allRead()
	pc.maybeUnread = false
	// A user's name may contain spaces other than that of ASCII.
	for _, field := range strings.Split(strings.TrimRight(string(info), "\r\n"), " ") {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "db":
			if _, err := strconv.Atoi(value); err == nil && !o.dbKnown {
				o.db, o.dbKnown = value, true
			}
		case "name":
			o.name, o.nameKnown = value, true
		case "user":
			o.user, o.userKnown = value, true
		case "flags":
			o.parseFlags(value)
		}
	}
	return nil, nil
}

// isOfTheQuestion reports whether a refusal says that the user may not use a command, or
// that the server does not know it. A borrower has no use for such a refusal of CLIENT INFO.
func isOfTheQuestion(e redis.Error) bool {
	return strings.HasPrefix(string(e), "NOPERM") || strings.HasPrefix(strings.ToLower(string(e)), "err unknown")
}

// orFarewell returns the reason why a command failed. A server that refuses a client
// gives the reason only once, and may have given it in answer to the pool's CLIENT INFO.
func (pc *pooled) orFarewell(err error) error {
	if e := pc.farewell.Load(); e != nil {
		return *e
	}
	return err
}

// answered notes that the server has answered, so an earlier refusal was not its last
// word.
func (pc *pooled) answered() {
	if pc.farewell.Load() != nil {
		pc.farewell.Store(nil)
	}
}

func (o *serverInfo) parseFlags(letters string) {
	o.flagsKnown = true
	for _, m := range modes {
		o.flags.set(m.bit, strings.Contains(letters, m.flag))
	}
}

var redigoConn = reflect.TypeOf(redis.NewConn(nil, 0, 0))

// genuine reports whether the connection is redigo's own or wraps one. Wrappers that
// trace or log commands are an example.
func (pc *pooled) genuine() bool { return pc.isGenuine }

var connType = reflect.TypeFor[redis.Conn]()
