package redispool

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
)

// errOutOfStep is the outcome of a test of a connection that gives its borrowers the
// replies to other commands.
var errOutOfStep = errors.New("redispool: the connection gives the reply to another command")

var (
	tokenPrefix = randomText()
	tokens      atomic.Uint64
)

// newToken returns a new text. A server sends it only as the reply to the command that
// contained it.
func newToken() string { return tokenPrefix + "-" + strconv.FormatUint(tokens.Add(1), 10) }

// TestPing returns a test for [Pool.TestOnBorrowContext]. It sends PING with a text that
// was never sent before, and accepts the connection if the server answers with that
// text. So it finds a dead connection, a server that refuses to work, and a connection
// that gives each borrower the reply to the previous borrower's command. A PING whose
// answer is not compared does not find such a connection.
//
// A server may refuse PING and serve all the same. It refuses PING with MISCONF while it
// cannot save its data, although it still answers reads, and with NOPERM to a user who may
// not send it. Then the test sends ECHO, and compares that answer. Three connections are
// accepted, because a new one would be no better: if a script keeps the server BUSY, if the
// user may send neither command, and if the server has neither, since rename-command has
// removed both.
//
// A connection that was returned less than idle ago is accepted without a test,
// since it is most likely good. Zero or less: every connection is tested, which
// costs a round trip for each Get. [Pool.TestIdleAfter] does the same at a lower
// cost; with it, set idle to zero.
//
// The test ends with the borrower's context. It is safe for concurrent use, and
// works with redigo's pool as well. The server must be Redis 2.8 or later.
func TestPing(idle time.Duration) func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
	return func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
		if idle > 0 && time.Since(lastUsed) < idle {
			return nil
		}
		err := askInStep(func(cmd, token string) (any, error) { return doWithin(ctx, c, cmd, token) })
		if e, ok := serverError(err); ok && (beginsWithWord(string(e), "BUSY") || isOfTheQuestion(e)) {
			return nil
		}
		return err
	}
}

// askInStep sends PING with a new text, and compares the answer. If the server refuses PING
// in a way that concerns this command alone, askInStep sends ECHO. A connection that is out of
// step then gives the answer to the PING.
func askInStep(do func(cmd, token string) (any, error)) error {
	token := newToken()
	reply, err := do("PING", token)
	if e, ok := serverError(err); ok && fateOf(string(e)) == keeps {
		token = newToken()
		reply, err = do("ECHO", token)
	}
	if err != nil {
		return err
	}
	return checkInStep("PING", []any{token}, reply)
}

// doWithin calls DoContext if the connection has that method and the context can end,
// and Do otherwise.
func doWithin(ctx context.Context, c redis.Conn, cmd string, args ...any) (any, error) {
	if _, ok := c.(redis.ConnWithContext); ok && ctx != nil && ctx.Done() != nil {
		return redis.DoContext(c, ctx, cmd, args...)
	}
	return c.Do(cmd, args...)
}

// checkInStep compares the reply to a PING with the expected one. It accepts any reply
// to another command.
func checkInStep(cmd string, args []any, reply any) error {
	if !strings.EqualFold(cmd, "PING") || len(args) > 1 {
		return nil
	}
	want := "PONG"
	if len(args) == 1 {
		want = text(args, 0)
	}
	switch r := reply.(type) {
	case string:
		if r == want {
			return nil
		}
	case []byte:
		if string(r) == want {
			return nil
		}
	}
	return errOutOfStep
}

// confirmInStep asks the server with PING whether it still serves the connection. A
// server that does not know or does not allow PING serves it too.
func (pc *pooled) confirmInStep(ctx context.Context) error {
	inTime := pc.boundCleanup(pc.core.cleanup)
	stays := func() bool { return true }
	if ctx.Done() != nil {
		stays = context.AfterFunc(withError{ctx}, func() { pc.close() })
	}
	err := askInStep(func(cmd, token string) (any, error) { return pc.c.Do(cmd, token) })
	if !stays() {
		inTime()
		return endOf(ctx)
	}
	if !inTime() && err == nil {
		err = context.DeadlineExceeded
	}
	if e, ok := serverError(err); ok {
		if fateOf(string(e)) == keeps {
			return nil
		}
		return e
	}
	return err
}

// greet asks the server whether it serves a new connection: one that was dialed in advance,
// for MinIdle, or one that was dialed after another had broken. A server that refuses a
// client accepts the connection first, and sends the refusal afterwards. No borrower waits
// for a connection that is dialed in advance, so the question delays no caller.
func (pc *pooled) greet(ctx context.Context) error {
	if !pc.genuine() {
		return nil
	}
	err := pc.confirmInStep(ctx)
	if e, ok := serverError(err); ok && fateOf(string(e)) != ends {
		// The connection may be usable by the time that it is lent. A connection that Dial
		// does not authenticate is usable for borrowers that authenticate it.
		pc.confirmFirst = fateOf(string(e)) == doubtful
		err = nil
	}
	if err != nil {
		pc.close()
	}
	return err
}
