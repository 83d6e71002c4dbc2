package redispool

import (
	"fmt"
	"net"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// TestFateOf checks the literal replies of servers, and texts that look like them.
func TestFateOf(t *testing.T) {
	const replica = "READONLY You can't write against a read only replica."
	const sha = "f_c3b0a6a4ad0d2a8b0e5c1c1a1c9a1a8f0c0d2e3f"
	for text, want := range map[string]replyFate{
		"ERR max number of clients reached":                                                            ends,
		"ERR max number of clients + cluster connections reached":                                      ends,
		"ERR Protocol error: invalid bulk length":                                                      ends,
		"ERR Protocol error: unauthenticated multibulk length":                                         ends,
		"DENIED Redis is running in protected mode because protected mode is enabled and":              ends,
		"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)": ends,
		"UNBLOCKED client unblocked via CLIENT UNBLOCK":                                                keeps,
		"NOAUTH Authentication required.":                                                              unproved,
		"NOAUTH HELLO must be called with the client already authenticated, otherwise":                 unproved,
		"WRONGPASS invalid username-password pair or user is disabled.":                                doubtful,
		"LOADING Redis is loading the dataset in memory":                                               doubtful,
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.":             doubtful,
		"EXECABORT Transaction discarded because of: NOAUTH Authentication required.":                  unproved,

		replica: demoted,
		"READONLY You can't write against a read only replica. script: c6a5f2e, on @user_script:1.":    demoted,
		"ERR Error running script (call to " + sha + "): @user_script:1: @user_script: 1: -" + replica: demoted,
		"ERR Error running script (call to " + sha + "): @user_script:1: -" + replica:                  demoted,
		"EXECABORT Transaction discarded because of: " + replica:                                       demoted,
		"EXECABORT Transaction discarded because of previous errors.":                                  keeps,
		"ERR Error running script (call to " + sha + "): @user_script:1: user_script:1: x -" + replica: keeps,
		"ERR user_script:1: x -READONLY You script: " + sha + ", on @user_script:1.":                   keeps,
		"READONLYISH": keeps,
		"ERR unknown command 'X', with args beginning with: 'READONLY ' ":                                keeps,
		"ERR unknown command 'NOSUCH', with args beginning with: 'mode-READONLY on' ":                    keeps,
		"ERR unknown command 'X', with args beginning with: ': -READONLY ' 'ERR max number of clients' ": keeps,
		"EXECABORT because of: READONLY ":                                                                keeps,
		"ERR READONLY":                                                                                   keeps,
		"":                                                                                               keeps,

		"MOVED 3999 127.0.0.1:6381": keeps, "ASK 3999 127.0.0.1:6381": keeps, "TRYAGAIN Multiple keys request": keeps,
		"CROSSSLOT Keys in request don't hash to the same slot": keeps, "CLUSTERDOWN The cluster is down": keeps,
		"OOM command not allowed when used memory > 'maxmemory'.":                                 keeps,
		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist": keeps,
		"NOREPLICAS Not enough good replicas to write.":                                           keeps,
		"NOPERM this user has no permissions to run the 'get' command":                            keeps,
		"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.":  keeps,
		"NOSCRIPT No matching script. Please use EVAL.":                                           keeps,
		"WRONGTYPE Operation against a key holding the wrong kind of value":                       keeps,
		"ERR Client sent AUTH, but no password is set":                                            keeps,
	} {
		if got := fateOf(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestLookFindsRepliesWhereverTheyAre nests replies in those of a transaction in a pipeline, and in the errors of wrappers.
func TestLookFindsRepliesWhereverTheyAre(t *testing.T) {
	e := redis.Error("NOAUTH Authentication required.")
	for i, reply := range []any{e, fmt.Errorf("redis GET: %w", e), []any{"OK", e}, []any{[]any{fmt.Errorf("traced: %w", e)}}} {
		var pc pooled
		pc.noteReply(reply)
		if pc.fate() != unproved {
			t.Errorf("reply %d: fate %d", i, pc.fate())
		}
	}
}

// TestUselessSharedConnectionIsOutdated: under constant load nobody gives a shared connection back, so it has to say itself
// that it is of no more use.
func TestUselessSharedConnectionIsOutdated(t *testing.T) {
	p := &Pool{MaxIdle: 1, Dial: func() (redis.Conn, error) {
		end, _ := net.Pipe()
		return redis.NewConn(end, 0, 0), nil
	}}
	defer p.Close()
	for reply, want := range map[redis.Error]bool{
		"READONLY You can't write against a read only replica.": true,
		"NOAUTH Authentication required.":                       true,
		"LOADING Redis is loading the dataset in memory":        false, // it is asked before it is lent again
		"ERR unknown command":                                   false,
	} {
		w := (*wire)(p.Get().(*conn))
		if w.Outdated() {
			t.Error("a connection is outdated before its first reply")
		}
		w.pc().noteReply([]any{"OK", reply})
		if got := w.Outdated(); got != want {
			t.Errorf("after %s: outdated %t, want %t", reply, got, want)
		}
		w.Close(reply, true)
	}
}
