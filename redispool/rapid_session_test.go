package redispool_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestRapidSession lets borrowers run random commands on the only connection of a pool. Then it compares what the next
// borrower finds with a connection that was just dialed.
func TestRapidSession(t *testing.T) {
	t.Run("server", func(t *testing.T) { runRapidSession(t, false) })
	t.Run("cluster", func(t *testing.T) { runRapidSession(t, true) })
}

func runRapidSession(t *testing.T, cluster bool) {
	args := []string{"--busy-reply-threshold", "1", "--repl-diskless-sync", "no"}
	if cluster {
		args = append(args, "--cluster-enabled", "yes")
	}
	s := redistest.Start(t, args...)
	w := &sessionWorld{addr: s.Addr(), cluster: cluster, admin: client(t, s.Addr()), fresh: map[string]string{}}
	if cluster {
		do(t, w.admin, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
		w.await(t, func() bool {
			info, _ := redis.String(w.admin.Do("CLUSTER", "INFO"))
			return strings.Contains(info, "cluster_state:ok")
		})
	}
	do(t, w.admin, "ACL", "SETUSER", "other", "on", ">secret", "~*", "&*", "+@all")
	rapid.Check(t, func(t *rapid.T) {
		w.begin(t)
		defer w.end()
		for range rapid.IntRange(1, 3).Draw(t, "borrowers") {
			w.borrow(t)
			w.compare(t)
		}
	})
	if w.borrowed > 100 && w.shared == 0 {
		t.Error("no borrower has shared a connection")
	}
	if w.borrowed > 1000 && w.kept < w.borrowed/10 {
		t.Errorf("%d of %d borrowers have left the connection in the pool", w.kept, w.borrowed)
	}
}

// sessionWorld is a server, and the pool of one script.
type sessionWorld struct {
	addr    string
	cluster bool
	admin   redis.Conn
	fresh   map[string]string // the description of a new connection, for each way to dial

	pool     *redispool.Pool
	dial     func() (redis.Conn, error)
	how      string // one of the ways to dial
	debugged bool
	busy     chan error // gets the error of the script that keeps the server busy

	borrowed, kept int
	shared         uint64 // commands
}

func (w *sessionWorld) await(t interface{ Fatal(...any) }, f func() bool) {
	for end := time.Now().Add(20 * time.Second); !f(); {
		if time.Now().After(end) {
			t.Fatal("the server does not get there")
		}
	}
}

// begin draws a way to dial, and makes a pool.
func (w *sessionWorld) begin(t *rapid.T) {
	w.grant(t)
	db := 0
	if !w.cluster {
		db = rapid.SampledFrom([]int{0, 2}).Draw(t, "database of Dial")
	}
	name := rapid.SampledFrom([]string{"", "app"}).Draw(t, "name of Dial")
	extra := rapid.SampledFrom([]string{"", "", "", "", "CLIENT NO-EVICT ON", "CLIENT TRACKING ON", "READONLY", "leave PING"}).Draw(t, "extra of Dial")
	w.how = fmt.Sprint(db, name, extra)
	w.dial = func() (redis.Conn, error) {
		c, err := redis.Dial("tcp", w.addr, redis.DialUsername("borrower"), redis.DialPassword("any"), redis.DialDatabase(db),
			redis.DialClientName(name), redis.DialReadTimeout(20*time.Second))
		if words := strings.Fields(extra); err == nil && extra != "" {
			if words[0] == "leave" {
				return c, c.Send(words[1])
			}
			// Without a cluster READONLY is an error. Any other says that the server is busy, or that a right is gone:
			// with Share the first command of a borrower dials. Such a connection would be unlike the others.
			if _, err := c.Do(words[0], arguments(words[1:])...); err != nil && !strings.HasPrefix(err.Error(), "ERR ") {
				c.Close()
				return nil, err
			}
		}
		return c, err
	}
	w.pool = newOurs(fields{Dial: w.dial, MaxIdle: 1, MaxActive: 1}).(*redispool.Pool)
	if rapid.Bool().Draw(t, "Share") {
		w.pool.Share, w.pool.MaxActive = 1, 2
	}
	if rapid.Bool().Draw(t, "Database") {
		w.pool.Database = &db
	}
	if rapid.Bool().Draw(t, "TestOnBorrow") {
		w.pool.TestOnBorrow = func(c redis.Conn, _ time.Time) error { return pingIs(c) }
	}
	w.debugged = false
	if _, known := w.fresh[w.how]; !known {
		c, err := w.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		w.fresh[w.how] = w.look(t, c)
	}
}

// pingIs is a test on borrow. It fails on a connection that is not authenticated.
func pingIs(c redis.Conn) error {
	reply, err := redis.String(c.Do("PING"))
	if err == nil && reply != "PONG" {
		err = fmt.Errorf("PING: %q", reply)
	}
	return err
}

func (w *sessionWorld) end() {
	w.shared += w.pool.ShareStats().Calls
	w.pool.Close()
}

// grant gives the borrowers' user all rights, and waits until the server is no longer busy.
func (w *sessionWorld) grant(t *rapid.T) {
	if w.busy != nil {
		w.admin.Do("SCRIPT", "KILL")
		<-w.busy
		w.busy = nil
	}
	if _, err := w.admin.Do("ACL", "SETUSER", "borrower", "on", "nopass", "~*", "&*", "+@all"); err != nil {
		t.Fatal(err)
	}
}

// look describes a connection: what the server says about it, what it tracks, and, by their effects, what it watches and
// debugs.
func (w *sessionWorld) look(t *rapid.T, c redis.Conn) string {
	info, err := redis.String(c.Do("CLIENT", "INFO"))
	if err != nil {
		t.Fatalf("CLIENT INFO: %v", err)
	}
	var seen []string
	for _, field := range strings.Fields(info) {
		name, _, _ := strings.Cut(field, "=")
		if slices.Contains([]string{"name", "flags", "db", "sub", "psub", "ssub", "multi", "user", "redir", "resp", "lib-name", "lib-ver"}, name) {
			seen = append(seen, field)
		}
	}
	tracking, err := c.Do("CLIENT", "TRACKINGINFO")
	seen = append(seen, fmt.Sprintf("tracking=%s %v", tracking, err))
	c.Send("MULTI")
	c.Send("PING")
	reply, err := c.Do("EXEC")
	seen = append(seen, fmt.Sprintf("transaction=%v %v", reply, err))
	if w.debugged {
		if n, err := redis.Int(c.Do("EVAL", "return 42", 0)); n != 42 || err != nil {
			seen = append(seen, fmt.Sprintf("script=%v %v", n, err))
		}
	}
	return strings.Join(seen, "\n")
}

// compare lets the next borrower look at the connection, after another client has changed the watched keys.
func (w *sessionWorld) compare(t *rapid.T) {
	w.grant(t)
	for db := range 4 {
		if w.cluster && db > 0 {
			break
		}
		w.admin.Send("SELECT", db)
		w.admin.Send("INCR", "watched")
	}
	w.admin.Send("SELECT", 0)
	if _, err := w.admin.Do(""); err != nil {
		t.Fatal(err)
	}
	c, err := w.pool.GetContext(context.Background())
	if err != nil {
		t.Fatalf("the next borrower: %v", err)
	}
	defer c.Close()
	if got, want := w.look(t, c), w.fresh[w.how]; got != want {
		t.Fatalf("the next borrower finds\n%s\nwhere a connection that was just dialed has\n%s", got, want)
	}
}

// borrow runs a script on the connection and returns it.
func (w *sessionWorld) borrow(t *rapid.T) {
	dials := w.pool.ResourceStats().Opened
	b := &sessionBorrower{w: w, c: w.pool.Get()}
	for range rapid.IntRange(0, 7).Draw(t, "steps") {
		b.step(t)
		if b.over {
			break
		}
	}
	t.Logf("Close: %v", b.c.Close())
	if b.watcher != nil {
		close(b.stop)
		<-b.watcher
	}
	w.borrowed++
	if w.pool.IdleCount() == 1 && w.pool.ResourceStats().Opened <= dials+1 {
		w.kept++
	}
}

// keepBusy makes the server refuse nearly every command, until grant ends that.
func (w *sessionWorld) keepBusy(t *rapid.T) {
	if w.busy != nil {
		return
	}
	c, err := redis.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	w.busy = make(chan error, 1)
	go func() {
		defer c.Close()
		_, err := c.Do("EVAL", "while true do end", 0)
		w.busy <- err
	}()
	w.await(t, func() bool {
		_, err := w.admin.Do("PING")
		return err != nil
	})
}
