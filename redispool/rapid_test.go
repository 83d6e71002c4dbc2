package redispool_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"

	"github.com/respool/respool/redispool/internal/redistest"
)

// rapidExcuses are rows of docs/differences-from-redigo.md. Because of each, a script omits a step or the comparison
// expects different results. There is no other difference.
var rapidExcuses = map[string]string{
	"R1":   "no Get whose context has ended on a closed pool with Wait: redigo panics",
	"R2":   "no Get whose context has ended where a test fails: redigo goes on to the next connection",
	"R6":   "no SSUBSCRIBE",
	"R7":   "with KeepSession alone: commands that change the session",
	"R8":   "no CLIENT REPLY; how redigo tidies up a connection before it closes it is not compared",
	"R13":  "redigo's pool may still have what is overdue; ours must have closed it",
	"R13b": "a connection that is too old is broken for redigo when it comes back, and what redigo tests is not compared",
	"R15":  "what redigo lends to a context that has ended is given back; no such context for a plain Dial that takes time",
	"R16":  "no Close of a pool that dials",
	"R17":  "the error of a closed pool is compared by its text",
	"R21":  "waits that end with their context are counted by ours alone",
	"R25":  "no READONLY reply",
	"R32":  "once a context has ended a call, every error is as good as another",
	"R31":  "UNWATCH and DISCARD that redigo's pool does not send are sent all the same",
}

// No step leads to the other rows: R3, R4, R5, R10, R14, R18, R19.

// excused notes that a row was needed.
func (s *rapidScript) excused(row string) {
	if rapidExcuses[row] == "" {
		panic("rapid: no such row: " + row)
	}
	s.excuses[row]++
}

// TestRapid runs scripts on connections that contain their server.
func TestRapid(t *testing.T) {
	dial := func() (redis.Conn, func(), error) {
		f := &rapidFake{like: redis.NewConn(nil, 0, 0)}
		return f, func() { f.breakDown(errRapidBroken) }, nil
	}
	scripts, excuses := runRapid(t, 2000, false, dial, dial)
	for row, what := range rapidExcuses {
		if excuses[row] == 0 && scripts >= 10_000 { // some are needed rarely
			t.Errorf("%s was of no use: %s", row, what)
		}
	}
}

// TestRapidServer runs scripts on real connections. Each pool has a server of its own, so that both get the same answers.
func TestRapidServer(t *testing.T) {
	t.Run("miniredis", func(t *testing.T) {
		runRapid(t, 300, true, rapidTCP(redistest.Mini(t).Addr()), rapidTCP(redistest.Mini(t).Addr()))
	})
	t.Run("redis-server", func(t *testing.T) {
		runRapid(t, 100, true, rapidTCP(redistest.Start(t).Addr()), rapidTCP(redistest.Start(t).Addr()))
	})
}

func rapidTCP(addr string) rapidDial {
	return func() (redis.Conn, func(), error) {
		wire, err := net.Dial("tcp", addr)
		if err != nil {
			return nil, nil, err
		}
		return redis.NewConn(wire, 0, 0), func() { wire.Close() }, nil
	}
}

// runRapid checks as many scripts as rapid's settings say, but at least the given number. All of them run in one bubble,
// whose clock redigo reads too.
func runRapid(t *testing.T, least int, server bool, ours, theirs rapidDial) (scripts int, excuses map[string]int) {
	excuses = map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		for scripts < least {
			rapid.Check(noDeadline{t}, func(t *rapid.T) {
				scripts++
				f := drawRapidFields(t)
				s := &rapidScript{
					rapidFields: f, server: server, excuses: excuses, returned: map[int]time.Time{},
					ours: newRapidWorld(f, ours, newOurs), theirs: newRapidWorld(f, theirs, newRedigo),
				}
				defer s.end()
				s.run(t)
			})
		}
	})
	return scripts, excuses
}

// noDeadline hides the test's deadline from rapid, because the deadline refers to the clock outside the bubble.
type noDeadline struct{ testing.TB }

func (s *rapidScript) run(t *rapid.T) {
	t.Repeat(map[string]func(*rapid.T){
		"":           s.compare,
		"get":        s.get,
		"get more":   s.get,
		"close":      s.giveBack,
		"close more": s.giveBack,
		"cancel":     s.cancelOne,
		"command":    s.command,
		"another":    s.command,
		"read":       s.read,
		"stale":      s.stale,
		"break":      s.breakOne,
		"sicken":     s.sicken,
		"publish":    s.publish,
		"dials":      s.dials,
		"pass":       s.pass,
		"close pool": s.closePool,
	})
}

func drawRapidFields(t *rapid.T) rapidFields {
	times := func(label string) time.Duration {
		of := []time.Duration{0, 0, 5 * rapidTick, 40 * rapidTick, -1}
		return rapid.SampledFrom(of).Draw(t, label)
	}
	yes := func(label string, of int) bool { return rapid.IntRange(1, of).Draw(t, label) == of }
	f := rapidFields{
		fields: fields{
			MaxIdle:         rapid.IntRange(-1, 4).Draw(t, "MaxIdle"),
			MaxActive:       rapid.IntRange(-1, 4).Draw(t, "MaxActive"),
			Wait:            rapid.Bool().Draw(t, "Wait"),
			IdleTimeout:     times("IdleTimeout"),
			MaxConnLifetime: times("MaxConnLifetime"),
		},
		NoDial:      yes("no dial function", 20),
		PlainDial:   rapid.Bool().Draw(t, "plain Dial"),
		Test:        rapid.Bool().Draw(t, "TestOnBorrow"),
		TestContext: rapid.Bool().Draw(t, "TestOnBorrowContext"),
		Sloppy:      yes("replies left by Dial and tests", 4),
		Plain:       yes("plain connections", 4),
		KeepSession: rapid.Bool().Draw(t, "KeepSession"),
	}
	if f.MaxConnLifetime > 0 && f.MaxIdle > 0 {
		// R13b: a connection that is too old must not displace a younger one from redigo's idle list.
		f.MaxIdle = 1000
	}
	return f
}
