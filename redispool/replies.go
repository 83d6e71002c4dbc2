package redispool

import "strings"

// replyFate is what happens to a connection after a reply of the server. The fates are
// bits, because a connection may get several such replies.
type replyFate uint32

const (
	keeps    replyFate = 0
	doubtful replyFate = 1 << iota // the server is asked before the connection is lent again
	demoted                        // the connection is closed or kept for a pause: see demotion
	unproved                       // the connection is closed, unless an AUTH succeeds afterwards
	ends                           // the connection is closed
	closer                         // no reply: a command may have had the server close connections, see closers
)

// useless contains the fates of connections that no borrower can use.
const useless = demoted | unproved | ends

// verdict is a row of the table: the beginning of a reply, and the fate of the
// connection.
type verdict struct {
	begins string
	fate   replyFate
}

// verdicts is the table of replies that concern more than their command. The texts are
// those of Redis 2.8 to 7.2; the comment of a row names the function in the server's
// source. A reply that is not listed concerns its command alone, and the connection is
// kept: MOVED, ASK, TRYAGAIN, CROSSSLOT, CLUSTERDOWN, OOM, MISCONF, NOREPLICAS, NOPERM,
// BUSY, NOSCRIPT, WRONGTYPE, NOPROTO, ERR. The first row that matches counts.
var verdicts = []verdict{
	// The server sends these and closes the connection. It answers no later command.
	{"ERR max number of clients", ends},                 // acceptCommonHandler; also "+ cluster connections"
	{"ERR Protocol error", ends},                        // setProtocolError
	{"DENIED Redis is running in protected mode", ends}, // clientAcceptHandler
	{"UNBLOCKED force unblock", ends},                   // disconnectAllBlockedClients
	{"UNBLOCKED", keeps},                                // CLIENT UNBLOCK id ERROR

	// The client is not authenticated, and the server refuses every command.
	{"NOAUTH", unproved},                      // authRequired
	{"ERR operation not permitted", unproved}, // the same before Redis 2.8

	// The server refuses a password. A client that was authenticated before stays
	// authenticated. A connection that was never authenticated is useless to other
	// borrowers.
	{"WRONGPASS", doubtful},            // addAuthErrReply
	{"ERR invalid password", doubtful}, // the same before Redis 6

	// The server refuses nearly every command, for a while.
	{"LOADING", doubtful},    // processCommand
	{"MASTERDOWN", doubtful}, // processCommand, with replica-serve-stale-data no

	{"READONLY", demoted}, // processCommand, on a replica
}

// fateOf looks up a reply in the table. Servers quote a user's input in errors, so only
// the beginning of a reply counts.
func fateOf(reply string) replyFate {
	reply = cause(reply)
	for i := range verdicts {
		if beginsWithWord(reply, verdicts[i].begins) {
			return verdicts[i].fate
		}
	}
	return keeps
}

// beginsWithWord reports whether a reply begins with a word, or with several.
func beginsWithWord(reply, words string) bool {
	rest, ok := strings.CutPrefix(reply, words)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == ':' || rest[0] == '.' || rest[0] == ',')
}

// cause strips the text that servers put before a quoted reply, if that reply is the
// reason for the error.
func cause(reply string) string {
	if inner, ok := strings.CutPrefix(reply, "EXECABORT Transaction discarded because of: "); ok {
		return inner
	}
	return scriptCause(reply)
}

// scriptCause finds the reply that ended a script. Redis before 7 sends it in this form:
//
//	ERR Error running script (call to f_SHA): @user_script:LINE: @user_script: LINE: -READONLY ...
//
// Some versions omit the second position. An error that the script itself raises has
// its position without the space, and its text without the minus sign.
func scriptCause(reply string) string {
	rest, ok := strings.CutPrefix(reply, "ERR Error running script (call to f_")
	if !ok {
		return reply
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, digits+"abcdef"), "): @user_script:")
	if !ok {
		return reply
	}
	rest = strings.TrimLeft(rest, digits)
	if second, ok := strings.CutPrefix(rest, ": @user_script: "); ok {
		rest = strings.TrimLeft(second, digits)
	}
	if inner, ok := strings.CutPrefix(rest, ": -"); ok {
		return inner
	}
	return reply
}

const digits = "0123456789"

// checkReply notes the fate that follows from a reply, and returns its arguments.
func (pc *pooled) checkReply(reply any, err error) (any, error) {
	if err != nil {
		pc.noteReply(err)
	} else {
		pc.noteReply(reply)
	}
	return reply, err
}

// noteReply looks for replies that concern the connection, including the replies within
// a transaction or a pipeline, and those that a script returns among other values.
func (pc *pooled) noteReply(reply any) {
	switch r := reply.(type) {
	case error:
		if e, ok := serverError(r); ok {
			if f := fateOf(string(e)); f != keeps {
				pc.fateBits.Or(uint32(f))
			}
		}
	case []any:
		for _, r := range r {
			pc.noteReply(r)
		}
	}
}

func (pc *pooled) fate() replyFate { return replyFate(pc.fateBits.Load()) }

// proved notes that the server has authenticated the user.
func (pc *pooled) proved() { pc.fateBits.And(^uint32(unproved)) }

// decideFate is called when the connection comes back. It resolves the fates that leave
// the connection open. The remaining fates close it.
func (pc *pooled) decideFate() {
	f := pc.fate()
	if f == keeps {
		return
	}
	if f&closer != 0 {
		pc.core.closers.Add(1)
		pc.fateBits.And(^uint32(closer))
	}
	if f&doubtful != 0 {
		pc.confirmFirst = true
		pc.fateBits.And(^uint32(doubtful))
	}
	if f&demoted != 0 && !pc.isDemoted {
		leave, first := pc.core.demotion.leave(pc.epoch)
		pc.isDemoted, pc.resetsPool = leave, first && pc.core.resetOnReadOnly
		if !leave {
			pc.fateBits.And(^uint32(demoted))
		}
	}
}
