package redispool

import (
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// TestShareNever: a command that changes its connection is never shared, whatever the program says.
// commands_test.go has these commands.
func TestShareNever(t *testing.T) {
	willing := &sharing{more: func(string, []any) bool { return true }}
	for name, args := range changing {
		cmd, sub, _ := strings.Cut(name, "|")
		var all []any
		for _, a := range strings.Fields(sub + " " + args) {
			all = append(all, a)
		}
		for _, cmd := range []string{cmd, strings.ToUpper(cmd)} {
			if willing.may(cmd, all) {
				t.Errorf("%s %v may share", cmd, all)
			}
		}
	}
	for _, cmd := range []string{"", "BLPOP", "blmove", "BZMPOP", "WAIT", "wait", "CLIENT", "COMMAND", "script"} {
		if willing.may(cmd, []any{"x"}) {
			t.Errorf("%q may share", cmd)
		}
	}
}

func TestShareLooksAtArguments(t *testing.T) {
	s := &sharing{}
	for line, want := range map[string]bool{
		"GET k":                                    true,
		"get k":                                    true,
		"XREAD COUNT 1 STREAMS s 0":                true,
		"XREAD BLOCK 0 STREAMS s 0":                false,
		"xread count 1 block 0 streams s 0":        false,
		"XREAD STREAMS block 0":                    true,
		"XREADGROUP GROUP g c STREAMS s >":         true,
		"XREADGROUP GROUP g c BLOCK 1 STREAMS s >": false,
		"OBJECT ENCODING k":                        true,
		"object encoding k":                        true,
		"OBJECT NOSUCH k":                          false,
		"MEMORY USAGE k":                           true,
		"CONFIG GET x":                             false,
		"PUBSUB CHANNELS":                          false,
		"PUBLISH c m":                              true,
		"EVAL x 0":                                 false,
		"FLUSHALL":                                 false,
		"KEYS *":                                   false,
		"JSON.GET k":                               false,
		"NOSUCHCOMMANDWITHAVERYLONGNAMEOFALL k":    false,
		"WAITAOF 1 1 0":                            false,
		"XGROUP CREATE s g 0":                      true,
		"XREADGROUP GROUP block c STREAMS s >":     true,

		// A group or a consumer may have the name of an option.
		"XREADGROUP GROUP streams c BLOCK 0 STREAMS s >":           false,
		"XREADGROUP GROUP g streams BLOCK 0 STREAMS s >":           false,
		"XREADGROUP GROUP count streams NOACK BLOCK 0 STREAMS s >": false,
		"XREADGROUP COUNT 1 NOACK GROUP g c STREAMS s >":           true,
		"XREAD COUNT streams BLOCK 0 STREAMS s 0":                  false, // the server refuses it
		"XREADGROUP GROUP g c FUTURE 1 STREAMS s >":                false, // an option of a later version
		"XREAD": true,
	} {
		words := strings.Fields(line)
		var args []any
		for _, w := range words[1:] {
			args = append(args, w)
		}
		if got := s.may(words[0], args); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
	if s.may("XREAD", []any{[]byte("Block"), 0, "STREAMS", "s", "0"}) {
		t.Error("XREAD with BLOCK as bytes may share")
	}
}

// TestShareListOfServer: what the list permits does nothing to the connection on a real server that the table of kinds would
// have to undo, and the server does not call it blocking.
func TestShareListOfServer(t *testing.T) {
	s, shared := &sharing{}, 0
	for _, r := range commandsOfServer(t) {
		fields, _ := redis.Values(r, nil)
		name, _ := redis.String(fields[0], nil)
		flags, _ := redis.Strings(fields[2], nil)
		if !s.may(name, nil) {
			continue
		}
		shared++
		if kindOf(name) != ordinary {
			t.Errorf("%s may share, and changes the connection", name)
		}
		for _, f := range flags {
			if f == "blocking" && !strings.HasPrefix(name, "xread") || f == "noscript" || f == "admin" {
				t.Errorf("%s may share, and is %s", name, f)
			}
		}
	}
	if shared < 100 {
		t.Errorf("only %d commands may share", shared)
	}
}
