package redispool_test

import (
	"context"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// sessionBorrower is one use of the connection.
type sessionBorrower struct {
	w    *sessionWorld
	c    redis.Conn
	owed int  // the least number of replies that will come
	over bool // no reply can be received any more

	watcher, stop chan struct{} // for another goroutine, which calls Err
}

// sessionCommands are the commands that borrowers send. Most change the connection. The server refuses some always, and
// others in some states.
var sessionCommands = strings.Split(strings.TrimSpace(`
GET k
SET k v
GET
NOSUCH
PING
ECHO x
WATCH watched
WATCH watched
WATCH
UNWATCH
UNWATCH k
MULTI
MULTI
EXEC
EXEC
EXEC k
DISCARD
DISCARD
DISCARD k
SELECT 0
SELECT 1
SELECT 2
SELECT 99
SELECT x
CLIENT SETNAME bob
CLIENT SETNAME app
CLIENT SETNAME
CLIENT TRACKING ON
CLIENT TRACKING ON BCAST PREFIX a
CLIENT TRACKING ON OPTIN
CLIENT TRACKING OFF
CLIENT TRACKING OFF NOSUCH
CLIENT CACHING YES
CLIENT NO-EVICT ON
CLIENT NO-EVICT OFF
CLIENT NO-TOUCH ON
CLIENT SETINFO LIB-NAME x
CLIENT GETNAME
CLIENT INFO
CLIENT KILL USER borrower SKIPME no
CLIENT REPLY ON
AUTH borrower any
AUTH other secret
AUTH other wrong
HELLO
HELLO 2
HELLO 2 SETNAME zed
HELLO 2 AUTH other secret
RESET
QUIT
READONLY
READWRITE
ASKING
SUBSCRIBE a
SUBSCRIBE a b
PSUBSCRIBE p*
SSUBSCRIBE s
UNSUBSCRIBE
UNSUBSCRIBE a
UNSUBSCRIBE a b c
PUNSUBSCRIBE
SUNSUBSCRIBE
MONITOR
SCRIPT DEBUG YES
SCRIPT DEBUG NO
SCRIPT LOAD x
REPLCONF capa eof
SPUBLISH s x
PUBLISH a x
`), "\n")

// sessionRights are the rights that the user may lose while a connection is in use.
var sessionRights = []string{"-client|info", "-select", "-unwatch", "-discard", "-exec", "-client|setname", "-client|tracking",
	"-unsubscribe", "-echo", "-multi", "-client"}

func (b *sessionBorrower) step(t *rapid.T) {
	switch how := rapid.IntRange(0, 99).Draw(t, "step"); {
	case how < 45:
		b.command(t, "Do")
	case how < 75:
		b.command(t, "Send")
	case how < 80:
		t.Logf("Flush: %v", b.c.Flush())
	case how < 90:
		b.receive(t)
	case how < 92:
		b.command(t, "DoContext")
	case how < 94:
		b.command(t, "DoWithTimeout")
	case how < 97:
		right := rapid.SampledFrom(sessionRights).Draw(t, "right")
		if _, err := b.w.admin.Do("ACL", "SETUSER", "borrower", right); err != nil {
			if !strings.HasPrefix(err.Error(), "BUSY") {
				t.Fatal(err)
			}
		}
	case how < 99:
		b.watch()
	default:
		b.w.keepBusy(t)
	}
}

func (b *sessionBorrower) command(t *rapid.T, how string) {
	line := rapid.SampledFrom(sessionCommands).Draw(t, "command")
	if how != "Send" && rapid.IntRange(0, 3).Draw(t, "rather Do without a command") == 0 {
		line = " "
	}
	name, rest, _ := strings.Cut(line, " ")
	args := arguments(strings.Fields(rest))
	b.w.debugged = b.w.debugged || strings.HasPrefix(line, "SCRIPT DEBUG")
	var reply any
	var err error
	switch how {
	case "Send":
		err = b.c.Send(name, args...)
		b.owed++
	case "DoContext":
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		reply, err = redis.DoContext(b.c, ctx, name, args...)
	case "DoWithTimeout":
		reply, err = redis.DoWithTimeout(b.c, 20*time.Second, name, args...)
	default:
		reply, err = b.c.Do(name, args...)
	}
	if how != "Send" {
		b.owed = 0
	}
	t.Logf("%s %s: %v, %v", how, line, reply, err)
}

// receive reads a reply, if one is certain to come.
func (b *sessionBorrower) receive(t *rapid.T) {
	b.c.Flush()
	if b.owed == 0 {
		return
	}
	b.owed--
	reply, err := b.c.Receive()
	t.Logf("Receive: %v, %v", reply, err)
}

// watch makes another goroutine call Err.
func (b *sessionBorrower) watch() {
	if b.watcher != nil {
		return
	}
	b.watcher, b.stop = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(b.watcher)
		for {
			select {
			case <-b.stop:
				return
			default:
				b.c.Err()
			}
		}
	}()
}
