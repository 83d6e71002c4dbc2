package redispool_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestSessionSelect counts the cost of SELECT: one question for each connection, and one round trip for the undo when the
// connection is returned.
func TestSessionSelect(t *testing.T) {
	inDB2 := func(p *redispool.Pool) { two := 2; p.Database = &two }
	runSessionScripts(t, []sessionScript{
		{name: "undone", do: "SELECT 3", asked: 1, undo: []string{"SELECT 2"}},
		{name: "in lower case", do: "select 3", asked: 1, undo: []string{"SELECT 2"}},
		{name: "to where it was", do: "SELECT 2", asked: 1},
		{name: "there and back", do: "SELECT 3\nSELECT 2", asked: 1},
		{name: "asked once", do: "SELECT 3\nSELECT 4\n|\nSELECT 5", asked: 1, undo: []string{"SELECT 2"}, trips: 6},
		{name: "nothing left for the next", do: "SELECT 3\n|\nGET key", asked: 1, trips: 4},
		{name: "sent", do: "> SELECT 3", asked: 1, undo: []string{"SELECT 2"}},
		{name: "sent with the commands for it", do: "> SELECT 3\n> GET key\n> SET key value", asked: 1, undo: []string{"SELECT 2"}},
		{name: "after WATCH", do: "WATCH key\nSELECT 3", asked: 1, undo: []string{"UNWATCH", "SELECT 2"}},
		{name: "with a transaction", do: "SELECT 3\nMULTI\nSET key value", asked: 1, undo: []string{"DISCARD", "SELECT 2"}},
		{name: "back, but in a transaction that is given up", do: "SELECT 3\nMULTI\nSELECT 2\nDISCARD", asked: 1, undo: []string{"SELECT 2"}},
		{name: "in a transaction", own: inDB2, do: "MULTI\nSELECT 3\nEXEC", undo: []string{"SELECT 2"}},

		// The pool does not ask if the answer could be taken for another command's reply. On the next connection it asks in
		// time.
		{name: "first in a pipeline", do: "> GET key\n> SELECT 3", dropped: true, trips: 1},
		{name: "first in a pipeline, refused", refused: []string{"SELECT 99"}, do: "> GET key\n> SELECT 99", trips: 1},
		{name: "first in a transaction", do: "MULTI\nSELECT 3\nEXEC", dropped: true},
		{name: "first in a pipeline, later again", do: "> GET key\n> SELECT 3\n|\n> GET key\n> SELECT 3", asked: 1,
			undo: []string{"SELECT 2"}, trips: 2},
		{name: "first in a transaction, later again", do: "MULTI\nSELECT 3\nEXEC\n|\nMULTI\nSELECT 3\nEXEC", asked: 1,
			undo: []string{"SELECT 2"}, trips: 5},
		{name: "in a pipeline, but known", do: "SELECT 2\n> GET key\n> SELECT 3", asked: 1, undo: []string{"SELECT 2"}},

		// A refusal belongs to the command itself only if it cannot be the reply to another command.
		{name: "refused", refused: []string{"SELECT 99"}, do: "SELECT 99", asked: 1},
		{name: "refused, and asked once", refused: []string{"SELECT 99"}, do: "SELECT 99\n|\nSELECT 3", asked: 1, undo: []string{"SELECT 2"}},
		{name: "refused after another", refused: []string{"SELECT 99"}, do: "SELECT 3\nSELECT 99", asked: 1, undo: []string{"SELECT 2"}},
		{name: "ahead of it an error", refused: []string{"BAD"}, do: "SELECT 2\n> BAD\nSELECT 3", asked: 1, undo: []string{"SELECT 2"}},

		{name: "ahead of it an error, and back", refused: []string{"BAD"}, do: "SELECT 3\n> BAD\nSELECT 2", asked: 1},

		{name: "Database", own: inDB2, do: "SELECT 3", undo: []string{"SELECT 2"}},
		{name: "Database, in a pipeline", own: inDB2, do: "> GET key\n> SELECT 3", undo: []string{"SELECT 2"}, trips: 1},
		{name: "Database, to where it was", own: inDB2, do: "SELECT 2"},
		{name: "Database wins", own: inDB2, info: "db=5 name= user=default", do: "CLIENT SETNAME mine\nSELECT 3", asked: 1,
			undo: []string{"SELECT 2", "CLIENT SETNAME"}},

		{name: "an old server", info: "-ERR Unknown subcommand", do: "SELECT 3", asked: 1, dropped: true},
		{name: "a server that says nothing of it", info: "id=7", do: "SELECT 3", asked: 1, dropped: true},
		{name: "a server that talks nonsense", info: "db=two", do: "SELECT 3", asked: 1, dropped: true},
		{name: "the undo is refused", refused: []string{"SELECT 2"}, do: "SELECT 3", asked: 1, undo: []string{"SELECT 2"}, dropped: true},
		{name: "KeepSession", own: func(p *redispool.Pool) { p.KeepSession = true }, do: "SELECT 3"},
	})
}

// redisArgument is a database number in a user's own type.
type redisArgument int

func (a redisArgument) RedisArg() any { return strconv.Itoa(int(a)) }

// selfArgument is an argument that resolves to itself, without end.
type selfArgument struct{}

func (a selfArgument) RedisArg() any  { return a }
func (a selfArgument) String() string { return "7" }

// TestSessionSelectOnServer checks the effect of the undo, for every form of SELECT and every type of argument.
func TestSessionSelectOnServer(t *testing.T) {
	addr := redistest.Start(t).Addr()
	forms := map[string]func(c redis.Conn, db any) (any, error){
		"Do":            func(c redis.Conn, db any) (any, error) { return c.Do("SELECT", db) },
		"DoContext":     func(c redis.Conn, db any) (any, error) { return redis.DoContext(c, t.Context(), "SELECT", db) },
		"DoWithTimeout": func(c redis.Conn, db any) (any, error) { return redis.DoWithTimeout(c, 0, "SELECT", db) },
		"Send": func(c redis.Conn, db any) (any, error) {
			c.Send("SELECT", db)
			c.Flush()
			return c.Receive()
		},
		"pipeline": func(c redis.Conn, db any) (any, error) {
			c.Send("SELECT", db)
			return c.Do("PING")
		},
		"left to Close": func(c redis.Conn, db any) (any, error) { return nil, c.Send("SELECT", db) },
	}
	for _, dialed := range []int{0, 2} {
		for form, sel := range forms {
			for _, db := range []any{7, int64(7), "7", []byte("7"), redisArgument(7), selfArgument{}, 7.0} {
				t.Run(fmt.Sprintf("%d/%s/%T", dialed, form, db), func(t *testing.T) {
					p := newOurs(fields{Dial: dialTo(addr, redis.DialDatabase(dialed)), MaxIdle: 1})
					defer p.Close()
					for range 2 {
						c := get(t, p)
						if _, err := sel(c, db); err != nil {
							t.Fatal(err)
						}
						put(t, c)
						counts(t, p, 1, 1)
						c = get(t, p)
						if got := sessionOf(t, c)["db"]; got != fmt.Sprint(dialed) {
							t.Errorf("the next borrower is in database %s", got)
						}
						put(t, c)
					}
				})
			}
		}
	}
}

// TestSessionSelectOnOldServer uses miniredis, from which the pool cannot learn the database.
func TestSessionSelectOnOldServer(t *testing.T) {
	mini := redistest.Mini(t)
	two := 2
	for name, c := range map[string]struct {
		own  func(*redispool.Pool)
		want string
	}{
		"closed":           {func(*redispool.Pool) {}, "in 2"},
		"said in Database": {func(p *redispool.Pool) { p.Database = &two }, "in 2"},
	} {
		t.Run(name, func(t *testing.T) {
			mini.DB(2).Set("key", "in 2")
			mini.DB(7).Set("key", "in 7")
			p := newOurs(fields{Dial: dialTo(mini.Addr(), redis.DialDatabase(2)), MaxIdle: 1}, c.own)
			defer p.Close()
			conn := get(t, p)
			do(t, conn, "SELECT", 7)
			put(t, conn)
			conn = get(t, p)
			if got, err := redis.String(conn.Do("GET", "key")); got != c.want {
				t.Errorf("the next borrower reads %q, %v; want %q", got, err, c.want)
			}
			put(t, conn)
			counts(t, p, 1, 1)
		})
	}
}
