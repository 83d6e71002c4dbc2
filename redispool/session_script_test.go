package redispool_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

// sessionScript has the commands that borrowers send on one connection, the commands that the pool adds, and the result for
// the connection.
type sessionScript struct {
	name string
	own  func(*redispool.Pool)
	// info is the server's answer to CLIENT INFO: "db=2 name=app user=default" unless the script says otherwise. An answer
	// that begins with a minus sign is an error.
	info string
	// refused are commands that the server answers with an error.
	refused []string
	// do has one command per line. A command that begins with > is only sent. A line with only | separates two borrowers.
	do string
	// undo is the text that is sent when the connection is given back for the last time.
	undo    []string
	asked   int // how often CLIENT INFO was sent
	dropped bool
	// The number of times that the connection waited for the server. Unset, it is one for each command in do that is not
	// only sent, one for each CLIENT INFO and one for the undo.
	trips int
}

func (x sessionScript) run(t *testing.T) {
	info := x.info
	if info == "" {
		info = "id=7 addr=127.0.0.1:1 name=app age=0 flags=N db=2 sub=0 cmd=client|info user=default resp=2"
	}
	s := stubs{answer: func(_ *stub, cmd string, args []any) any {
		sent := strings.Fields(cmd + " " + joined(args))
		switch whole := strings.Join(sent, " "); {
		case whole == "CLIENT INFO" && info[0] == '-':
			return redis.Error(info[1:])
		case whole == "CLIENT INFO":
			return []byte(info)
		case slices.Contains(x.refused, whole):
			return redis.Error("ERR refused")
		}
		return nil
	}}
	p := newOurs(fields{Dial: s.dial, MaxIdle: 1}, func(p *redispool.Pool) {
		if x.own != nil {
			x.own(p)
		}
	})
	c := get(t, p)
	trips := 0
	for _, line := range strings.Split(x.do, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "|":
			c.Close()
			c = get(t, p)
		case words[0] == ">":
			if err := c.Send(words[1], arguments(words[2:])...); err != nil {
				t.Fatal(err)
			}
		default:
			trips++
			_, err := c.Do(words[0], arguments(words[1:])...)
			if _, refused := err.(redis.Error); err != nil && !refused {
				t.Fatal(err)
			}
		}
	}
	used := s.last().commands()
	asked := 0
	for _, cmd := range used {
		if cmd == "CLIENT INFO" {
			asked++
		}
	}
	if asked != x.asked {
		t.Errorf("asked the server %d times, want %d: %q", asked, x.asked, used)
	}
	c.Close()
	wantCommands(t, s.last(), x.undo...)
	if x.dropped {
		counts(t, p, 0, 0)
	} else {
		counts(t, p, 1, 1)
	}
	trips += asked
	if len(x.undo) > 0 {
		trips++
	}
	if x.trips != 0 {
		trips = x.trips
	}
	if n := s.last().tripCount(); n != trips {
		t.Errorf("waited for the server %d times, want %d", n, trips)
	}
	p.Close()
	s.settle(t)
}

func joined(args []any) string {
	var words []string
	for _, a := range args {
		w, _ := a.(string)
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func arguments(words []string) (args []any) {
	for _, w := range words {
		args = append(args, w)
	}
	return args
}

func runSessionScripts(t *testing.T, scripts []sessionScript) {
	t.Helper()
	for _, x := range scripts {
		t.Run(x.name, x.run)
	}
}
