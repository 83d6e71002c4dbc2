package redispool_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

type panickingArgument struct{}

func (panickingArgument) RedisArg() any { panic("the program's own") }

type panickingText struct{}

func (panickingText) String() string { panic("the program's own") }

type nestedArgument struct{}

func (nestedArgument) RedisArg() any { return word("nested") }

type word string

func (w word) RedisArg() any { return string(w) }

// ended is a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// oddCalls are calls with unusual arguments, in unusual order, or without sense.
var oddCalls = map[string]func(c redis.Conn) (any, error){
	"RedisArg panics":         func(c redis.Conn) (any, error) { return c.Do("ECHO", panickingArgument{}) },
	"a subcommand panics":     func(c redis.Conn) (any, error) { return c.Do("OBJECT", panickingArgument{}, "k") },
	"String panics":           func(c redis.Conn) (any, error) { return c.Do("ECHO", panickingText{}) },
	"RedisArg":                func(c redis.Conn) (any, error) { return c.Do("ECHO", word("w")) },
	"RedisArg of a RedisArg":  func(c redis.Conn) (any, error) { return c.Do("ECHO", nestedArgument{}) },
	"Args as an argument":     func(c redis.Conn) (any, error) { return c.Do("ECHO", redis.Args{"x"}) },
	"Args":                    func(c redis.Conn) (any, error) { return c.Do("ECHO", redis.Args{"x"}...) },
	"a nil argument":          func(c redis.Conn) (any, error) { return c.Do("ECHO", nil) },
	"nil arguments":           func(c redis.Conn) (any, error) { return c.Do("ECHO", nil...) },
	"true":                    func(c redis.Conn) (any, error) { return c.Do("ECHO", true) },
	"float32":                 func(c redis.Conn) (any, error) { return c.Do("ECHO", float32(1.5)) },
	"float64":                 func(c redis.Conn) (any, error) { return c.Do("ECHO", 1e300) },
	"uint8":                   func(c redis.Conn) (any, error) { return c.Do("ECHO", uint8(200)) },
	"a slice of numbers":      func(c redis.Conn) (any, error) { return c.Do("ECHO", []int{1, 2}) },
	"a duration":              func(c redis.Conn) (any, error) { return c.Do("ECHO", time.Second) },
	"a nil pointer":           func(c redis.Conn) (any, error) { return c.Do("ECHO", (*int)(nil)) },
	"a space in the name":     func(c redis.Conn) (any, error) { return c.Do("CLIENT ID") },
	"a space before the name": func(c redis.Conn) (any, error) { return c.Do(" PING") },
	"two lines":               func(c redis.Conn) (any, error) { return c.Do("PING\r\nPING") },
	"no name":                 func(c redis.Conn) (any, error) { return c.Do("") },
	"no name, an argument":    func(c redis.Conn) (any, error) { return c.Do("", "x") },
	"a subcommand in bytes":   func(c redis.Conn) (any, error) { return c.Do("object", []byte("encoding"), "none") },
	"no subcommand":           func(c redis.Conn) (any, error) { return c.Do("OBJECT") },
	"Flush alone":             func(c redis.Conn) (any, error) { return nil, c.Flush() },
	"Receive alone":           func(c redis.Conn) (any, error) { return redis.ReceiveWithTimeout(c, 10*time.Millisecond) },
	"a timeout of zero":       func(c redis.Conn) (any, error) { return redis.DoWithTimeout(c, 0, "PING") },
	"ReceiveContext, ended":   func(c redis.Conn) (any, error) { return redis.ReceiveContext(c, ended()) },
	"a wrong option":          func(c redis.Conn) (any, error) { return c.Do("SET", "a", "b", "EX", "x") },
	"errors in a nested reply": func(c redis.Conn) (any, error) {
		return c.Do("EVAL", "return {1,{2,redis.error_reply('E x')},false}", 0)
	},
	"SORT":                  func(c redis.Conn) (any, error) { return c.Do("SORT", "none") },
	"an unknown command":    func(c redis.Conn) (any, error) { return c.Do("NONE.SUCH", "x") },
	"BLPOP in lower case":   func(c redis.Conn) (any, error) { return c.Do("blpop", "none", 0.001) },
	"Do after Close":        func(c redis.Conn) (any, error) { c.Close(); return c.Do("PING") },
	"Do of nothing, closed": func(c redis.Conn) (any, error) { c.Close(); return c.Do("") },
	"Receive after Close":   func(c redis.Conn) (any, error) { c.Close(); return c.Receive() },
	"Close twice":           func(c redis.Conn) (any, error) { c.Close(); return nil, c.Close() },
	"DoContext after Close": func(c redis.Conn) (any, error) { c.Close(); return redis.DoContext(c, ended(), "PING") },
	"a failed Send":         func(c redis.Conn) (any, error) { c.Close(); return nil, c.Send("PING") },
}

var ports = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// TestShareOddCalls: a handle that shares gives what a connection of redigo's pool gives, panics included. Unlike
// redigo's, it goes on after a panic in an argument.
func TestShareOddCalls(t *testing.T) {
	addr := redistest.Start(t).Addr()
	dial := func() (redis.Conn, error) { return redis.Dial("tcp", addr) }
	ours := &redispool.Pool{MaxIdle: 4, Share: 2, Dial: dial}
	defer ours.Close()
	for name, call := range oddCalls {
		theirs := &redis.Pool{Dial: dial} // a new connection each time: redigo keeps one with a part of a command
		want, got := oddCall(theirs, call), oddCall(ours, call)
		if want != got {
			t.Errorf("%s:\nredigo: %s\nshared: %s", name, want, got)
		}
		c := ours.Get()
		if then, err := redis.String(c.Do("ECHO", "then")); then != "then" || err != nil {
			t.Errorf("%s: then %q, %v", name, then, err)
		}
		c.Close()
	}
	if st := ours.ShareStats(); st.Broken != 0 || st.UnderWay != 0 || st.Calls < 12 {
		t.Errorf("%+v", st)
	}
}

// oddCall returns what a call gives, and what an ordinary one on the same connection gives afterwards.
func oddCall(p getter, call func(redis.Conn) (any, error)) (said string) {
	c := p.Get()
	defer c.Close()
	defer func() {
		if v := recover(); v != nil {
			said = fmt.Sprint("panic: ", v)
		}
	}()
	reply, err := call(c)
	said = fmt.Sprintf("%s, %v, Err: %v", printable(reply), err, c.Err())
	if c.Err() == nil {
		reply, err := c.Do("ECHO", "then")
		said += fmt.Sprintf("; then %s, %v", printable(reply), err)
	}
	return ports.ReplaceAllString(said, "address")
}
