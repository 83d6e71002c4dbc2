package redispool

import (
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// origin is what a connection was like when it was dialled, as far as the pool
// has learned it. What is not known cannot be given back.
type origin struct {
	asked bool // the server has been asked, or it is too late

	db        string
	dbKnown   bool
	name      string
	nameKnown bool
	user      string
	userKnown bool
	nobody    bool // not authenticated yet
}

// mustLearn reports whether the server should be asked before a command is sent
// that changes what is not known yet. It is asked once. In the middle of a
// pipeline, a transaction or a subscription it cannot be: the reply would be
// taken for another. Then it is too late for ever.
func (pc *pooled) mustLearn(k kind, args []any) bool {
	o := &pc.session.origin
	switch {
	case o.asked:
		return false
	case k == selectDB && o.dbKnown:
		return false
	case k != selectDB && k != auth && !(k == client && is(args, 0, "SETNAME")):
		return false
	}
	o.asked = true
	return !pc.pending && pc.state&^watching == 0
}

// learn reads the answer to CLIENT INFO.
func (pc *pooled) learn(answer any, err error) {
	o := &pc.session.origin
	if e, ok := err.(redis.Error); ok {
		o.nobody = strings.HasPrefix(string(e), "NOAUTH")
		o.asked = !o.nobody // once it is somebody there is more to learn
	}
	info, err := redis.String(answer, err)
	if err != nil {
		return
	}
	for _, field := range strings.Fields(info) {
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
		}
	}
}

// alone runs f, which talks to the server, in the middle of a call. If another
// call is under way it does not, since that may be a Receive; one that begins
// meanwhile waits in begin.
func (c *conn) alone(pc *pooled, f func()) {
	done := make(chan struct{})
	defer close(done)
	pc.talk.Store(&done) // before the bit is set, for whoever sees it
	if c.use.CompareAndSwap(1, 1|talking) {
		defer c.use.And(^talking)
		f()
	}
}
