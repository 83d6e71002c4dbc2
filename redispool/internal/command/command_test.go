package command

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/redistest"
)

type words []string

func (w words) Len() int          { return len(w) }
func (w words) Text(i int) string { return w[i] }

func keysOf(c *Command, args []string) []string {
	var keys []string
	for _, i := range c.Keys(nil, words(args)) {
		keys = append(keys, args[i])
	}
	return keys
}

func find(t *testing.T, line []string) *Command {
	t.Helper()
	c, ok := Find(line[0], func() string { return line[1] })
	if !ok {
		t.Fatalf("%s is not in the table", line[0])
	}
	return c
}

func TestKeys(t *testing.T) {
	for line, want := range map[string]string{
		"GET k":                            "k",
		"get k":                            "k",
		"MSET a 1 b 2":                     "a b",
		"PING":                             "",
		"EVAL s 2 a b c":                   "a b",
		"EVAL s 0 a":                       "",
		"EVAL s x a":                       "",
		"EVALSHA s 1 a":                    "a",
		"FCALL_RO f 1 a b":                 "a",
		"XREAD COUNT 2 STREAMS a b 0 0":    "a b",
		"XREADGROUP GROUP g c streams a >": "a",
		"OBJECT ENCODING a":                "a",
		"OBJECT HELP":                      "",
		"MEMORY USAGE a":                   "a",
		"BITOP AND dest a b":               "dest a b",
		"SORT a BY STORE GET x LIMIT 0 1 STORE b": "a b",
		"SORT_RO a":             "a",
		"MIGRATE host 1 a 0 10": "a",
		"MIGRATE host 1  0 10 AUTH2 u KEYS KEYS a b": "a b",
		"MIGRATE host 1  0 10 COPY":                  "",
		"GEORADIUS a 1 2 3 m STORE b":                "a b",
		"ZUNIONSTORE d 2 a b WEIGHTS 1 2":            "d a b",
		"ZINTERCARD 2 a b":                           "a b",
		"BLPOP a b 0":                                "a b",
		"LMPOP 2 a b LEFT":                           "a b",
		"SSUBSCRIBE a b":                             "a b",
		"PUBLISH a b":                                "",
		"SPUBLISH a b":                               "a",
		"XGROUP CREATE a g 0":                        "a",
		"CLUSTER KEYSLOT a":                          "",
		"SET":                                        "",
	} {
		parts := strings.Split(line, " ")
		c := find(t, append(parts, ""))
		if got := strings.Join(keysOf(c, parts[1:]), " "); got != want {
			t.Errorf("%s: keys %q, want %q", line, got, want)
		}
	}
}

func TestTableIsOfTheStoredCommands(t *testing.T) {
	text, err := os.ReadFile("commands.json")
	if err != nil {
		t.Fatal(err)
	}
	var d Dump
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.Version != tableVersion || len(d.Commands) != len(table) || len(table) < 200 {
		t.Fatalf("the table has %d commands of Redis %s, the file %d of %s", len(table), tableVersion, len(d.Commands), d.Version)
	}
	for _, c := range d.Commands {
		if !reflect.DeepEqual(&c, table[c.Name]) {
			t.Errorf("%s is not in the table as in the file: run go generate", c.Name)
		}
	}
}

func server(t *testing.T) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", redistest.Start(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestStoredCommandsAreTheServers(t *testing.T) {
	d, err := Ask(server(t))
	if err != nil {
		t.Fatal(err)
	}
	if d.Version != tableVersion {
		t.Skipf("the table is of Redis %s, the server of %s", tableVersion, d.Version)
	}
	for _, c := range d.Commands {
		if !reflect.DeepEqual(&c, table[c.Name]) {
			t.Errorf("%s: the server says\n%+v\nthe table says\n%+v", c.Name, c, table[c.Name])
		}
	}
}

// options are the words that some command gives a meaning. A server reads SORT's STORE differently from how it obeys it, if
// another STORE follows, so STORE may be there only once.
var options = []string{"KEYS", "STREAMS", "STOREDIST", "LIMIT", "GET", "BY", "COUNT", "WEIGHTS", "AUTH", "GROUP", "BLOCK", ""}

// line makes up arguments for a command.
func line(rnd *rand.Rand) []string {
	args := make([]string, 1+rnd.IntN(9))
	for i := range args {
		switch rnd.IntN(4) {
		case 0:
			args[i] = fmt.Sprint(rnd.IntN(4))
		case 1:
			args[i] = options[rnd.IntN(len(options))]
		default:
			args[i] = fmt.Sprintf("key%d", i)
		}
	}
	if rnd.IntN(3) == 0 {
		args[rnd.IntN(len(args))] = "STORE"
	}
	return args
}

// TestKeysAreThoseOfTheServer compares the keys of random commands with the server's opinion. Where the server finds none,
// because the arguments are invalid, the table may find some: the server refuses such a command wherever it is sent.
func TestKeysAreThoseOfTheServer(t *testing.T) {
	c := server(t)
	d, err := Ask(c)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for _, cmd := range d.Commands {
		all := []Command{cmd}
		all = append(all, cmd.Subcommands...)
		for i := range all {
			for range 150 {
				compared += compare(t, c, &all[i], line(rnd))
			}
		}
	}
	if compared < 10000 {
		t.Errorf("the server found keys in %d commands only", compared)
	}
}

func compare(t *testing.T, c redis.Conn, cmd *Command, args []string) int {
	name, sub, isSub := strings.Cut(cmd.Name, "|")
	if isSub {
		args = append([]string{sub}, args...)
	}
	theirs, err := redis.Strings(c.Do("COMMAND", redis.Args{}.Add("GETKEYS", name).AddFlat(args)...))
	if c.Err() != nil {
		t.Fatal(err)
	}
	if err != nil || cmd.Name == "MIGRATE" && slices.Equal(theirs, []string{""}) { // which means that there is no key
		return 0
	}
	ours := keysOf(find(t, append([]string{name}, append(args, "")...)), args)
	slices.Sort(ours)
	slices.Sort(theirs)
	if !slices.Equal(ours, theirs) {
		t.Errorf("%s %q: keys %q, the server says %q", name, args, ours, theirs)
	}
	return 1
}

func TestCommandsThatTheTableLacks(t *testing.T) {
	c := server(t)
	reply, err := redis.Values(c.Do("COMMAND", "INFO", "xread", "nosuch"))
	if err != nil {
		t.Fatal(err)
	}
	known, err := Parse(reply[0])
	if err != nil || !reflect.DeepEqual(known, table["XREAD"]) {
		t.Errorf("%+v, %v", known, err)
	}
	if _, err := Parse(reply[1]); err == nil {
		t.Error("an unknown command is described")
	}
	// As a server before Redis 7.0 describes commands.
	old, err := Parse([]any{[]byte("mod.set"), int64(-3), []any{"write"}, int64(1), int64(-1), int64(2), []any{}})
	if err != nil || old.IsReadOnly() || old.NeedsServer() {
		t.Fatalf("%+v, %v", old, err)
	}
	if keys := keysOf(old, []string{"a", "1", "b", "2"}); !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("keys %q", keys)
	}
	moving, err := Parse([]any{[]byte("mod.get"), int64(-3), []any{"readonly", "movablekeys"}, int64(0), int64(0), int64(0)})
	if err != nil || !moving.IsReadOnly() || !moving.NeedsServer() {
		t.Errorf("%+v, %v", moving, err)
	}
	for _, bad := range []any{[]any{[]byte("x")}, int64(1), nil, []any{[]byte("x"), "y", "z", "", "", ""}} {
		if c, err := Parse(bad); err == nil {
			t.Errorf("%v is understood as %+v", bad, c)
		}
	}
}
