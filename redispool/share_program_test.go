package redispool_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestShareProgram runs a program that uses everything on redigo's pool, and on a pool that shares connections. Several
// goroutines run it at once, each with keys of its own, so each must get the same replies from both.
func TestShareProgram(t *testing.T) {
	seeds := 30
	if testing.Short() {
		seeds = 5
	}
	theirs, ours := redistest.Start(t).Addr(), redistest.Start(t).Addr()
	for seed := range uint64(seeds) {
		dial := func(addr string) func() (redis.Conn, error) {
			return func() (redis.Conn, error) { return redis.Dial("tcp", addr) }
		}
		a := &redis.Pool{Dial: dial(theirs), MaxIdle: 32, MaxActive: 32, Wait: true}
		b := &redispool.Pool{Dial: dial(ours), MaxIdle: 32, MaxActive: 32, Wait: true, Share: 1 + int(seed%3),
			ShareCommand: func(name string, _ []any) bool {
				return seed%2 == 0 && strings.HasPrefix(strings.ToUpper(name), "EVAL")
			}}
		want, got := runPrograms(a, seed), runPrograms(b, seed)
		for w := range want {
			for i := range want[w] {
				if want[w][i] != got[w][i] {
					t.Fatalf("seed %d, goroutine %d, step %d:\nredigo: %s\nshared: %s", seed, w, i, want[w][i], got[w][i])
				}
			}
		}
		a.Close()
		b.Close()
	}
}

type getter interface{ Get() redis.Conn }

const programWorkers = 6

// runPrograms returns what each goroutine's steps gave.
func runPrograms(p getter, seed uint64) (all [programWorkers][]string) {
	var wg sync.WaitGroup
	for w := range all {
		wg.Go(func() {
			u := &everything{p: p, random: rand.New(rand.NewPCG(seed, uint64(w))), prefix: fmt.Sprintf("%d:%d:", seed, w)}
			u.schedule = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // another each time
			for range 60 {
				all[w] = append(all[w], u.step())
			}
			if u.c != nil {
				u.c.Close()
			}
		})
	}
	wg.Wait()
	return all
}

// everything is a program that uses all that redigo's connections can do.
type everything struct {
	p        getter
	random   *rand.Rand
	schedule *rand.Rand
	prefix   string
	c        redis.Conn // kept from step to step
	said     strings.Builder
}

func (u *everything) key(name string) string { return u.prefix + name }

func (u *everything) say(what string, reply any, err error) {
	for range u.schedule.IntN(3) {
		runtime.Gosched()
	}
	fmt.Fprintf(&u.said, "%s: %s, %v; ", what, printable(reply), err)
}

func printable(reply any) string {
	switch r := reply.(type) {
	case []byte:
		return fmt.Sprintf("%q", r)
	case []any:
		var all []string
		for _, e := range r {
			all = append(all, printable(e))
		}
		return "[" + strings.Join(all, " ") + "]"
	}
	return fmt.Sprintf("%v", reply)
}

func (u *everything) do(c redis.Conn, cmd string, args ...any) {
	var reply any
	var err error
	switch u.random.IntN(4) {
	case 0:
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		reply, err = redis.DoContext(c, ctx, cmd, args...)
		cancel()
	case 1:
		reply, err = redis.DoWithTimeout(c, time.Minute, cmd, args...)
	default:
		reply, err = c.Do(cmd, args...)
	}
	u.say(cmd, reply, err)
}

// conn returns the connection that is kept, or a new one.
func (u *everything) conn() redis.Conn {
	if u.c != nil && u.random.IntN(3) == 0 {
		u.say("close", nil, u.c.Close())
		u.c = nil
	}
	if u.c == nil {
		u.c = u.p.Get()
	}
	return u.c
}

func (u *everything) step() string {
	u.said.Reset()
	c := u.conn()
	steps := []func(redis.Conn){
		u.plain, u.plain, u.plain, u.plain, u.collections, u.errors, u.pipeline, u.transaction, u.watched, u.database, u.script,
		u.subscription, u.blocking, u.stream, u.session, u.careless, u.large,
	}
	steps[u.random.IntN(len(steps))](c)
	if u.c != nil {
		u.say("err", nil, u.c.Err())
	}
	return u.said.String()
}

func (u *everything) plain(c redis.Conn) {
	k := u.key(fmt.Sprint("s", u.random.IntN(3)))
	u.do(c, "SET", k, u.random.IntN(100))
	u.do(c, "get", k)
	u.do(c, "IncrBy", k, int64(7))
	u.do(c, "APPEND", k, []byte("1"))
	u.do(c, "SETEX", k, 100, true)
	u.do(c, "MGET", k, u.key("none"))
}

func (u *everything) collections(c redis.Conn) {
	u.do(c, "RPUSH", redis.Args{u.key("l")}.AddFlat([]string{"a", "b", "c"})...)
	u.do(c, "LRANGE", u.key("l"), 0, -1)
	u.do(c, "LTRIM", u.key("l"), -5, -1)
	u.do(c, "HSET", redis.Args{u.key("h")}.AddFlat(map[string]int{"f": 1})...)
	u.do(c, "HGETALL", u.key("h"))
	u.do(c, "ZADD", u.key("z"), 1.5, "m")
	u.do(c, "ZRANGE", u.key("z"), 0, -1, "WITHSCORES")
	u.do(c, "OBJECT", "ENCODING", u.key("z"))
	u.do(c, "EXISTS", u.key("h"), u.key("z"))
}

func (u *everything) errors(c redis.Conn) {
	u.do(c, "SET", u.key("text"), "text")
	u.do(c, "LPUSH", u.key("text"), "x")
	u.do(c, "INCR", u.key("text"))
	u.do(c, "GET")
	u.do(c, "NOSUCHCOMMAND", "a")
	u.do(c, "")
	u.do(c, "ECHO", "still")
}

func (u *everything) pipeline(c redis.Conn) {
	n := 1 + u.random.IntN(5)
	for i := range n {
		u.say("send", nil, c.Send("SET", u.key("p"), i))
		u.say("send", nil, c.Send("GET", u.key("p")))
	}
	if u.random.IntN(2) == 0 {
		u.do(c, "")
		return
	}
	u.say("flush", nil, c.Flush())
	for range 2 * n {
		reply, err := c.Receive()
		u.say("receive", reply, err)
	}
}

func (u *everything) transaction(c redis.Conn) {
	u.say("send", nil, c.Send("MULTI"))
	u.say("send", nil, c.Send("SET", u.key("t"), "1"))
	u.say("send", nil, c.Send("INCR", u.key("t")))
	u.do(c, "EXEC")
	u.do(c, "MULTI")
	u.do(c, "SET", u.key("t"), "never")
	u.do(c, "DISCARD")
	u.do(c, "GET", u.key("t"))
}

func (u *everything) watched(c redis.Conn) {
	other := u.p.Get()
	defer other.Close()
	u.do(c, "SET", u.key("w"), "1")
	u.do(c, "WATCH", u.key("w"))
	u.do(c, "GET", u.key("w"))
	if u.random.IntN(2) == 0 {
		u.do(other, "SET", u.key("w"), "2")
	}
	u.do(c, "MULTI")
	u.do(c, "SET", u.key("w"), "3")
	u.do(c, "EXEC")
	u.do(other, "GET", u.key("w"))
}

func (u *everything) database(c redis.Conn) {
	u.do(c, "SET", u.key("d"), "zero")
	u.do(c, "SELECT", 1)
	u.do(c, "SET", u.key("d"), "one")
	u.do(c, "GET", u.key("d"))
	u.do(c, "SELECT", 0)
	u.do(c, "GET", u.key("d"))
	u.do(c, "MOVE", u.key("d"), 2)
}

var addScript = redis.NewScript(1, `return redis.call('INCRBY', KEYS[1], ARGV[1])`)

func (u *everything) script(c redis.Conn) {
	reply, err := addScript.Do(c, u.key("n"), 3)
	u.say("script", reply, err)
	u.do(c, "EVAL", "return {KEYS[1], ARGV[1]}", 1, "k", "v")
	u.do(c, "EVAL", "return redis.error_reply('own error')", 0)
	u.do(c, "GET", u.key("n"))
}

func (u *everything) subscription(c redis.Conn) {
	other := u.p.Get()
	defer other.Close()
	s := redis.PubSubConn{Conn: c}
	u.say("subscribe", nil, s.Subscribe(u.key("c1"), u.key("c2")))
	for range 2 {
		u.say("receive", fmt.Sprintf("%+v", s.Receive()), nil)
	}
	u.do(other, "PUBLISH", u.key("c1"), "hello")
	u.say("receive", fmt.Sprintf("%+v", s.ReceiveWithTimeout(time.Minute)), nil)
	if u.random.IntN(2) == 0 { // Close ends the subscription
		u.say("close", nil, c.Close())
		u.c = nil
		return
	}
	u.say("unsubscribe", nil, s.Unsubscribe())
	for range 2 {
		s.Receive()
	}
	u.do(c, "ECHO", "after")
}

func (u *everything) blocking(c redis.Conn) {
	u.do(c, "BLPOP", u.key("none"), 0.001)
	other := u.p.Get()
	defer other.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		other.Do("RPUSH", u.key("b"), "x")
	}()
	u.do(c, "BLPOP", u.key("b"), 60)
	<-done
	u.do(c, "LLEN", u.key("b"))
}

func (u *everything) stream(c redis.Conn) {
	u.do(c, "XADD", u.key("x"), fmt.Sprintf("%d-1", 1+u.random.IntN(1000)), "f", "v")
	u.do(c, "XREAD", "COUNT", 1, "STREAMS", u.key("x"), "0")
	u.do(c, "XREAD", "BLOCK", 1, "STREAMS", u.key("x"), "99999-1")
	u.do(c, "XGROUP", "CREATE", u.key("x"), "g", "0")
	u.do(c, "XREADGROUP", "GROUP", "g", "me", "COUNT", 1, "STREAMS", u.key("x"), ">")
	u.do(c, "XLEN", u.key("x"))
}

func (u *everything) session(c redis.Conn) {
	u.do(c, "CLIENT", "SETNAME", strings.ReplaceAll(u.prefix, ":", "-"))
	u.do(c, "PING")
	u.do(c, "CLIENT", "GETNAME")
	u.do(c, "CLIENT", "SETNAME", "")
	u.do(c, "WAIT", 0, 1)
}

// careless leaves things to Close.
func (u *everything) careless(c redis.Conn) {
	switch u.random.IntN(3) {
	case 0:
		u.do(c, "MULTI")
		u.do(c, "SET", u.key("never"), 1)
	case 1:
		u.do(c, "WATCH", u.key("never"))
	default:
		u.say("send", nil, c.Send("SET", u.key("sent"), 1))
	}
	c.Close()
	reply, err := c.Do("PING")
	u.say("closed", reply, err)
	u.c = nil
	other := u.p.Get()
	u.do(other, "GET", u.key("never"))
	u.say("close", nil, other.Close())
}

func (u *everything) large(c redis.Conn) {
	value := strings.Repeat(fmt.Sprint(u.random.IntN(10)), 10_000+u.random.IntN(100_000))
	u.do(c, "SET", u.key("big"), value)
	reply, err := redis.String(c.Do("GET", u.key("big")))
	u.say("equal", reply == value, err)
	u.do(c, "STRLEN", u.key("big"))
}
