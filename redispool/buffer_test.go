package redispool

import (
	"fmt"
	"io"
	"log"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// drawReply draws a reply in the protocol of Redis.
func drawReply(t *rapid.T, depth int) string {
	text := rapid.StringMatching(`[ -~]{0,9}`)
	switch kinds := map[bool]int{true: 6, false: 5}[depth > 0]; rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return "+" + text.Draw(t, "status") + "\r\n"
	case 1:
		return "-ERR " + text.Draw(t, "error") + "\r\n"
	case 2:
		return fmt.Sprintf(":%d\r\n", rapid.Int().Draw(t, "number"))
	case 3:
		return rapid.SampledFrom([]string{"$-1\r\n", "*-1\r\n", "*0\r\n", "$0\r\n\r\n"}).Draw(t, "empty")
	case 4, 5: // any bytes, among them the ends of lines
		s := rapid.StringOfN(rapid.SampledFrom([]rune("\r\n$*1a")), 0, 9, -1).Draw(t, "bulk")
		return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s)
	}
	n := rapid.IntRange(1, 3).Draw(t, "values")
	s := fmt.Sprintf("*%d\r\n", n)
	for range n {
		s += drawReply(t, depth-1)
	}
	return s
}

// TestBeginsWithReply: every part of a reply is less than a reply.
func TestBeginsWithReply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, rest := drawReply(t, 2), drawReply(t, 2)
		for n := range len(first + rest) {
			if got, want := beginsWithReply([]byte((first + rest)[:n])), n >= len(first); got != want {
				t.Fatalf("%q: %v", (first + rest)[:n], got)
			}
		}
	})
	for _, bad := range []string{"\r\n", "\n", "$x\r\n", "*x\r\n", "$5\r\nab\r\n", "*1000000000\r\n+a\r\n", "$9223372036854775807\r\na\r\n"} {
		if beginsWithReply([]byte(bad)) {
			t.Errorf("%q is taken for a reply", bad)
		}
	}
}

// TestHasReply: what redigo's own connection has received is seen, behind a wrapper too.
func TestHasReply(t *testing.T) {
	client, server := net.Pipe()
	c := redis.NewLoggingConn(redis.NewConn(client, time.Minute, time.Minute), log.New(io.Discard, "", 0), "")
	defer c.Close()
	for _, test := range []struct {
		sent string
		more bool
	}{{"+one\r\n+two\r\n", true}, {"$4\r\nfour\r\n", false}, {"+five\r\n$100\r\nsix", false}} {
		go server.Write([]byte(test.sent))
		if _, err := c.Receive(); err != nil {
			t.Fatal(err)
		}
		b := bufferOf(redigoIn(reflect.ValueOf(c), 5))
		if got := b.hasReply(); got != test.more {
			t.Errorf("after %q: another reply at hand: %v", test.sent, got)
		}
		if test.more {
			c.Receive()
		}
	}
}
