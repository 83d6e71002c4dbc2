package redispool_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

func TestSessionCommands(t *testing.T) {
	runSessionScripts(t, []sessionScript{
		{name: "CLIENT SETNAME", do: "CLIENT SETNAME mine", asked: 1, undo: []string{"CLIENT SETNAME app"}},
		{name: "CLIENT SETNAME, in lower case", do: "client setname mine", asked: 1, undo: []string{"CLIENT SETNAME app"}},
		{name: "CLIENT SETNAME as it was", do: "CLIENT SETNAME app", asked: 1},
		{name: "CLIENT SETNAME, of none", info: "name= flags=N db=0", do: "CLIENT SETNAME mine", asked: 1, undo: []string{"CLIENT SETNAME"}},
		{name: "CLIENT SETNAME on an old server", info: "-ERR unknown", do: "CLIENT SETNAME mine", asked: 1, dropped: true},
		{name: "CLIENT GETNAME", do: "CLIENT GETNAME\nCLIENT ID\nCLIENT"},
		{name: "CLIENT TRACKING", do: "CLIENT TRACKING ON", asked: 1, undo: []string{"CLIENT TRACKING OFF"}},
		{name: "CLIENT TRACKING with options", do: "CLIENT TRACKING on BCAST", asked: 1, undo: []string{"CLIENT TRACKING OFF"}},
		{name: "CLIENT TRACKING on and off", do: "CLIENT TRACKING ON\nCLIENT TRACKING OFF", asked: 1},
		{name: "CLIENT TRACKING refused", refused: []string{"CLIENT TRACKING ON"}, do: "CLIENT TRACKING ON", asked: 1},
		{name: "CLIENT TRACKING on a connection that tracks", info: "db=0 flags=t", do: "CLIENT TRACKING OFF", asked: 1, dropped: true},
		{name: "CLIENT TRACKING on an old server", info: "-ERR unknown", do: "CLIENT TRACKING ON", asked: 1, dropped: true},
		{name: "CLIENT CACHING", do: "CLIENT TRACKING ON OPTIN\nCLIENT CACHING YES", asked: 1,
			undo: []string{"CLIENT TRACKING OFF", "PING"}},
		{name: "CLIENT CACHING for a command", do: "CLIENT CACHING YES\nGET key"},
		{name: "CLIENT CACHING refused", refused: []string{"CLIENT CACHING YES"}, do: "CLIENT CACHING YES"},
		{name: "CLIENT NO-EVICT ON", do: "CLIENT NO-EVICT ON", asked: 1, undo: []string{"CLIENT NO-EVICT OFF"}},
		{name: "CLIENT NO-EVICT OFF", do: "CLIENT NO-EVICT OFF", asked: 1},
		{name: "CLIENT NO-EVICT OFF, where it was on", info: "flags=e", do: "CLIENT NO-EVICT OFF", asked: 1, undo: []string{"CLIENT NO-EVICT ON"}},
		{name: "CLIENT NO-TOUCH ON", do: "CLIENT NO-TOUCH ON", asked: 1, undo: []string{"CLIENT NO-TOUCH OFF"}},
		{name: "CLIENT NO-TOUCH ON, where it was on", info: "flags=T", do: "CLIENT NO-TOUCH ON", asked: 1},
		{name: "CLIENT SETINFO", do: "CLIENT SETINFO LIB-NAME mine", dropped: true},
		{name: "CLIENT SETINFO refused", refused: []string{"CLIENT SETINFO LIB-NAME mine"}, do: "CLIENT SETINFO LIB-NAME mine"},
		{name: "CLIENT, of a server to come", do: "CLIENT CAPA redirect", dropped: true},
		{name: "CLIENT REPLY ON", do: "CLIENT REPLY ON", dropped: true},

		{name: "READONLY", do: "READONLY", asked: 1, undo: []string{"READWRITE"}},
		{name: "READONLY on a connection that was so", info: "flags=r", do: "READONLY", asked: 1},
		{name: "READWRITE on a connection that was not", info: "flags=r", do: "READWRITE", asked: 1, undo: []string{"READONLY"}},
		{name: "READONLY on an old server", info: "-ERR unknown", do: "READONLY", asked: 1, dropped: true},
		{name: "READONLY and READWRITE", do: "READONLY\nREADWRITE", asked: 1},
		{name: "READWRITE within a transaction", do: "READONLY\nMULTI\nREADWRITE\nDISCARD", asked: 1, undo: []string{"READWRITE"}},
		{name: "READONLY, sent and refused", refused: []string{"READWRITE"}, do: "> READONLY", asked: 1,
			undo: []string{"READWRITE", "READWRITE"}, trips: 3, dropped: true},
		{name: "ASKING", do: "ASKING", undo: []string{"PING"}},
		{name: "ASKING for a command", do: "ASKING\nGET key"},
		{name: "ASKING for a command, sent", do: "> ASKING\n> GET key", trips: 1},
		{name: "ASKING ahead of SELECT", do: "ASKING\nSELECT 2", asked: 1},

		{name: "AUTH as the same", do: "AUTH secret\nAUTH default secret", asked: 1},
		{name: "AUTH as another", do: "AUTH somebody secret", asked: 1, dropped: true},
		{name: "AUTH as the default user", info: "user=somebody", do: "AUTH secret", asked: 1, dropped: true},
		{name: "AUTH refused", refused: []string{"AUTH somebody wrong"}, do: "AUTH somebody wrong", asked: 1},
		{name: "AUTH refused by an old server", info: "-ERR unknown", refused: []string{"AUTH wrong"}, do: "AUTH wrong", asked: 1, dropped: true},
		{name: "AUTH sent", do: "> AUTH somebody secret", asked: 1, dropped: true, trips: 2},
		{name: "AUTH sent as the same", do: "> AUTH secret", asked: 1, trips: 2},
		{name: "AUTH on an old server", info: "-ERR unknown", do: "AUTH secret", asked: 1, dropped: true},
		{name: "AUTH left to borrowers", info: "-NOAUTH Authentication required.", do: "AUTH secret", asked: 1},
		{name: "AUTH left to borrowers, another", info: "-NOAUTH Authentication required.",
			do: "AUTH secret\n|\nAUTH somebody secret", asked: 1, dropped: true},

		{name: "HELLO", do: "HELLO"},
		{name: "HELLO 2", do: "HELLO 2", dropped: true},
		{name: "HELLO refused", refused: []string{"HELLO 9"}, do: "HELLO 9"},
		{name: "HELLO refused at an option", refused: []string{"HELLO 2 AUTH me secret SETNAME"}, do: "HELLO 2 AUTH me secret SETNAME", dropped: true},
		{name: "RESET", do: "RESET", dropped: true},
		{name: "RESET refused", refused: []string{"RESET"}, do: "RESET"},
		{name: "QUIT", do: "quit", dropped: true},
		{name: "SYNC", do: "SYNC", dropped: true},
		{name: "REPLCONF", do: "REPLCONF listening-port 1", dropped: true},
		{name: "SCRIPT DEBUG", do: "script debug yes", dropped: true},
		{name: "SCRIPT DEBUG SYNC", do: "SCRIPT DEBUG SYNC", dropped: true},
		{name: "SCRIPT DEBUG NO", do: "SCRIPT DEBUG NO"},
		{name: "SCRIPT DEBUG refused", refused: []string{"SCRIPT DEBUG YES"}, do: "SCRIPT DEBUG YES"},
		{name: "SCRIPT LOAD", do: "SCRIPT LOAD x\nSCRIPT"},
		{name: "PSYNC", do: "PSYNC ? -1", dropped: true},

		{name: "everything in one trip", do: "SELECT 3\nCLIENT SETNAME mine\nCLIENT TRACKING ON\nREADONLY\nMULTI", asked: 1,
			undo: []string{"DISCARD", "SELECT 2", "CLIENT SETNAME app", "CLIENT TRACKING OFF", "READWRITE"}},
	})
}

// TestSessionKept sets KeepSession, so that the session is not undone. The pool must still undo what redigo's pool undoes,
// and must handle CLIENT REPLY.
func TestSessionKept(t *testing.T) {
	keep := func(p *redispool.Pool) { p.KeepSession = true }
	scripts := []sessionScript{
		{name: "MULTI", do: "SELECT 3\nMULTI", undo: []string{"DISCARD"}},
		{name: "CLIENT REPLY", do: "CLIENT REPLY ON", dropped: true},
		{name: "QUIT", do: "QUIT", dropped: true},
		{name: "SYNC", do: "SYNC", dropped: true},
		{name: "SCRIPT DEBUG", do: "SCRIPT DEBUG YES", dropped: true},
	}
	for _, do := range []string{"SELECT 3", "CLIENT SETNAME mine", "CLIENT TRACKING ON", "CLIENT NO-EVICT ON", "READONLY",
		"ASKING", "AUTH somebody secret", "HELLO 3", "RESET"} {
		scripts = append(scripts, sessionScript{name: do, do: do})
	}
	for i := range scripts {
		scripts[i].own = keep
	}
	runSessionScripts(t, scripts)
}

// sessionOf asks the server for a connection's properties.
func sessionOf(t *testing.T, c redis.Conn) map[string]string {
	t.Helper()
	info, err := redis.String(c.Do("CLIENT", "INFO"))
	if err != nil {
		t.Fatal(err)
	}
	session := map[string]string{}
	for _, field := range strings.Split(strings.TrimSpace(info), " ") {
		name, value, _ := strings.Cut(field, "=")
		session[name] = value
	}
	return session
}

// TestSessionOnServer checks the undo of changes that a real server reports.
func TestSessionOnServer(t *testing.T) {
	s := redistest.Start(t, "--user", "somebody", "on", ">secret", "~*", "+@all")
	// A user's name may contain any space but that of ASCII, so it may look like two fields of CLIENT INFO.
	const spaced = "somebody\u00a0else\u00a0flags=e"
	do(t, client(t, s.Addr()), "ACL", "SETUSER", spaced, "on", ">secret", "~*", "+@all")
	asSpaced := []redis.DialOption{redis.DialUsername(spaced), redis.DialPassword("secret")}
	for _, c := range []struct {
		name  string
		dial  []redis.DialOption
		do    []any
		look  string
		want  string
		other bool // the next borrower gets another connection
	}{
		{"a name", []redis.DialOption{redis.DialClientName("app")}, []any{"CLIENT", "SETNAME", "mine"}, "name", "app", false},
		{"no name", nil, []any{"CLIENT", "SETNAME", []byte("mine")}, "name", "", false},
		{"a bool as a name", []redis.DialOption{redis.DialClientName("true")}, []any{"CLIENT", "SETNAME", true}, "name", "true", false},
		{"nil as a name", []redis.DialOption{redis.DialClientName("<nil>")}, []any{"CLIENT", "SETNAME", nil}, "name", "<nil>", false},
		{"tracking", nil, []any{"CLIENT", "TRACKING", "ON", "BCAST", "REDIRECT", 0}, "flags", "N", false},
		{"the same user", nil, []any{"AUTH", "default", "any"}, "user", "default", false},
		{"another user", nil, []any{"AUTH", "somebody", "secret"}, "user", "default", true},
		{"another user to begin with", []redis.DialOption{redis.DialUsername("somebody"), redis.DialPassword("secret")},
			[]any{"AUTH", "default", "any"}, "user", "somebody", true},
		{"the same user to begin with", []redis.DialOption{redis.DialUsername("somebody"), redis.DialPassword("secret")},
			[]any{"AUTH", "somebody", "secret"}, "user", "somebody", false},
		{"a user whose name has spaces", asSpaced, []any{"AUTH", "somebody", "secret"}, "user", spaced, true},
		{"the same user, whose name has spaces", asSpaced, []any{"AUTH", spaced, "secret"}, "user", spaced, false},
		{"a mode, and a user whose name has spaces", asSpaced, []any{"CLIENT", "NO-EVICT", "ON"}, "flags", "N", false},
		{"a wrong password", nil, []any{"AUTH", "somebody", "wrong"}, "user", "default", false},
		{"HELLO 2", nil, []any{"HELLO", 2, "SETNAME", "mine"}, "name", "", true},
		{"RESET", []redis.DialOption{redis.DialDatabase(2)}, []any{"RESET"}, "db", "2", true},
		{"QUIT", nil, []any{"QUIT"}, "db", "0", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newOurs(fields{Dial: dialTo(s.Addr(), c.dial...), MaxIdle: 1})
			defer p.Close()
			conn := get(t, p)
			before := sessionOf(t, conn)["id"]
			conn.Do(c.do[0].(string), c.do[1:]...)
			put(t, conn)

			conn = get(t, p)
			after := sessionOf(t, conn)
			if after[c.look] != c.want {
				t.Errorf("the next borrower finds %s=%s, want %s", c.look, after[c.look], c.want)
			}
			if other := after["id"] != before; other != c.other {
				t.Errorf("another connection: %t, want %t", other, c.other)
			}
			put(t, conn)
			counts(t, p, 1, 1)
		})
	}
}

// TestSessionAuthLeftToBorrowers uses a server that requires a password, and a Dial that sends none.
func TestSessionAuthLeftToBorrowers(t *testing.T) {
	s := redistest.Start(t, "--requirepass", "secret")
	p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1})
	defer p.Close()
	id := ""
	for range 3 {
		c := get(t, p)
		if id == "" {
			if _, err := c.Do("AUTH", "wrong"); err == nil {
				t.Fatal("AUTH with a wrong password")
			}
		}
		do(t, c, "AUTH", "secret")
		do(t, c, "SELECT", 5)
		session := sessionOf(t, c)
		if session["db"] != "5" || id != "" && id != session["id"] {
			t.Errorf("connection %s is in database %s, want connection %s in 5", session["id"], session["db"], id)
		}
		id = session["id"]
		put(t, c)
		counts(t, p, 1, 1)

		c = get(t, p)
		if db := sessionOf(t, c)["db"]; db != "0" {
			t.Errorf("the next borrower is in database %s", db)
		}
		put(t, c)
	}
}

// TestSessionQuestionHeedsTheCaller lets the pool ask a server that stalls, during calls with a context or a timeout.
func TestSessionQuestionHeedsTheCaller(t *testing.T) {
	s := redistest.Start(t)
	for name, sel := range map[string]func(redis.Conn) error{
		"DoContext": func(c redis.Conn) error {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			_, err := redis.DoContext(c, ctx, "SELECT", 3)
			return err
		},
		"DoWithTimeout": func(c redis.Conn) error {
			_, err := redis.DoWithTimeout(c, 10*time.Millisecond, "SELECT", 3)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1})
			defer p.Close()
			c := get(t, p)
			s.Pause()
			defer s.Resume()
			if err := sel(c); err == nil {
				t.Error("SELECT on a server that stalls")
			}
			c.Close()
			counts(t, p, 0, 0)
		})
	}
}

// TestSessionQuestionEndsWithTheConnection closes the connection while the pool asks.
func TestSessionQuestionEndsWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stubs{answer: silent("CLIENT")}
		p := newOurs(fields{Dial: s.dial, MaxIdle: 1})
		c := get(t, p)
		failed := make(chan error, 2)
		go func() {
			_, err := c.Do("SELECT", 3)
			failed <- err
		}()
		synctest.Wait()
		go func() {
			_, err := c.Receive()
			failed <- err
		}()
		synctest.Wait()
		c.Close()
		for range 2 {
			if err := <-failed; err == nil {
				t.Error("a command on a connection that was closed meanwhile")
			}
		}
		counts(t, p, 0, 0)
		s.settle(t)
	})
}
