package redispool_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

// undoScript is what a borrower does to a connection, and what Close then sends. redigo decides what that is.
type undoScript struct {
	name    string
	do      []string // commands of one word each, through Do
	send    []string // through Send
	want    []string // the commands that Close sends; "sentinel" stands for the pool's own text
	dropped bool
}

var undoScripts = []undoScript{
	{name: "nothing"},
	{name: "ordinary commands", do: []string{"GET", "SET"}},
	{name: "MULTI", do: []string{"MULTI"}, want: []string{"DISCARD"}},
	{name: "WATCH", do: []string{"WATCH"}, want: []string{"UNWATCH"}},
	{name: "WATCH and MULTI", do: []string{"WATCH", "MULTI"}, want: []string{"DISCARD"}},
	{name: "MULTI, sent", send: []string{"MULTI", "SET"}, want: []string{"DISCARD"}},
	{name: "a transaction that ended", do: []string{"WATCH", "MULTI", "EXEC"}},
	{name: "a transaction that was given up", do: []string{"WATCH", "MULTI", "DISCARD"}},
	{name: "WATCH and UNWATCH", do: []string{"WATCH", "UNWATCH"}},
	{name: "UNWATCH within MULTI", do: []string{"WATCH", "MULTI", "UNWATCH"}, want: []string{"DISCARD"}},
	{name: "WATCH after EXEC", do: []string{"MULTI", "EXEC", "WATCH"}, want: []string{"UNWATCH"}},
	{name: "SUBSCRIBE", send: []string{"SUBSCRIBE"}, want: []string{"UNSUBSCRIBE", "PUNSUBSCRIBE", "ECHO sentinel"}},
	{name: "PSUBSCRIBE", send: []string{"PSUBSCRIBE"}, want: []string{"UNSUBSCRIBE", "PUNSUBSCRIBE", "ECHO sentinel"}},
	{name: "UNSUBSCRIBE does not undo it", send: []string{"SUBSCRIBE", "UNSUBSCRIBE"},
		want: []string{"UNSUBSCRIBE", "PUNSUBSCRIBE", "ECHO sentinel"}},
	{name: "MONITOR", do: []string{"MONITOR"}, dropped: true},
	{name: "MONITOR, sent", send: []string{"MONITOR"}, dropped: true},
}

func TestKeepCloseUndoes(t *testing.T) {
	for _, script := range undoScripts {
		for name, spell := range map[string]func(string) string{
			"upper": strings.ToUpper, "lower": strings.ToLower,
			"mixed": func(s string) string { return s[:1] + strings.ToLower(s[1:]) },
		} {
			t.Run(script.name+"/"+name, func(t *testing.T) {
				kept(t, func(t *testing.T, pool maker) { script.run(t, pool, spell) })
			})
		}
	}
}

func (u undoScript) run(t *testing.T, pool maker, spell func(string) string) {
	var s stubs
	p := pool(fields{Dial: s.dialFull, MaxIdle: 1})
	c := get(t, p)
	for i, cmd := range u.do {
		switch i % 3 { // the pool treats the three forms alike
		case 0:
			do(t, c, spell(cmd), "key")
		case 1:
			redis.DoContext(c, t.Context(), spell(cmd), "key")
		case 2:
			redis.DoWithTimeout(c, 0, spell(cmd), "key")
		}
	}
	for _, cmd := range u.send {
		if err := c.Send(spell(cmd), "key"); err != nil {
			t.Fatal(err)
		}
	}
	conn := s.last()
	conn.commands()
	put(t, c)
	sent := conn.commands()
	for i := range sent {
		if word, _, ok := strings.Cut(sent[i], " "); ok && word == "ECHO" {
			sent[i] = "ECHO sentinel"
		}
	}
	if !slices.Equal(sent, u.want) {
		t.Errorf("Close sent %q, want %q", sent, u.want)
	}
	if u.dropped {
		counts(t, p, 0, 0)
	} else {
		counts(t, p, 1, 1)
		if n := len(conn.queued); n != 0 {
			t.Errorf("%d replies outstanding in an idle connection", n)
		}
	}
	// The next borrower must find nothing of it.
	if !u.dropped {
		conn.commands()
		put(t, get(t, p))
		wantCommands(t, conn)
	}
	p.Close()
	s.settle(t)
}

// TestKeepMessagesAreSkipped returns a connection with a subscription, while the server goes on sending messages.
func TestKeepMessagesAreSkipped(t *testing.T) {
	redistest.Both(t, func(t *testing.T, addr string) {
		kept(t, func(t *testing.T, pool maker) {
			p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
			defer p.Close()
			outside := client(t, addr)
			c := get(t, p)
			for _, cmd := range []string{"SUBSCRIBE", "PSUBSCRIBE"} {
				c.Send(cmd, "channel")
				c.Flush()
				if _, err := c.Receive(); err != nil {
					t.Fatal(err)
				}
			}
			for range 100 {
				do(t, outside, "PUBLISH", "channel", "message")
			}
			put(t, c)
			counts(t, p, 1, 1)
			c = get(t, p)
			if reply, err := redis.String(c.Do("ECHO", "mine")); reply != "mine" {
				t.Errorf("the next borrower gets %q, %v", reply, err)
			}
			put(t, c)
		})
	})
}

// TestKeepTransactionIsLeft checks the effects of DISCARD and UNWATCH.
func TestKeepTransactionIsLeft(t *testing.T) {
	redistest.Both(t, func(t *testing.T, addr string) {
		kept(t, func(t *testing.T, pool maker) {
			p := pool(fields{Dial: dialTo(addr), MaxIdle: 1})
			defer p.Close()
			c := get(t, p)
			do(t, c, "SET", "key", "before")
			do(t, c, "WATCH", "key")
			do(t, c, "MULTI")
			do(t, c, "SET", "key", "within")
			put(t, c)

			c = get(t, p)
			if got, err := redis.String(c.Do("GET", "key")); got != "before" {
				t.Errorf("GET: %q, %v", got, err)
			}
			do(t, c, "WATCH", "key")
			put(t, c)

			do(t, client(t, addr), "SET", "key", "after")
			c = get(t, p)
			do(t, c, "MULTI")
			do(t, c, "GET", "key")
			if reply := do(t, c, "EXEC"); reply == nil {
				t.Error("the transaction failed for a key that the borrower before had watched")
			}
			put(t, c)
			counts(t, p, 1, 1)
		})
	})
}

// TestKeepCloseReportsTrouble breaks the connection during the cleanup, and checks the error of Close.
func TestKeepCloseReportsTrouble(t *testing.T) {
	broken := errors.New("broken")
	for _, at := range []string{"DISCARD", "ECHO", "SET"} {
		kept(t, func(t *testing.T, pool maker) {
			s := stubs{answer: func(_ *stub, cmd string, _ []any) any {
				if cmd == at {
					return broken
				}
				return nil
			}}
			p := pool(fields{Dial: s.dial, MaxIdle: 1})
			c := get(t, p)
			do(t, c, "MULTI")
			c.Send("SUBSCRIBE", "channel")
			c.Send("SET", "key", "value")
			if err := c.Close(); err != broken {
				t.Errorf("the connection breaks at %s: Close returns %v", at, err)
			}
			counts(t, p, 0, 0)
			s.settle(t)
		})
	}
}
