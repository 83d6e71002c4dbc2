package sentinel

import (
	"testing"

	"github.com/gomodule/redigo/redis"
)

func TestParseAddr(t *testing.T) {
	for _, c := range []struct {
		reply any
		want  string // empty: an error
	}{
		{[]any{[]byte("10.0.0.1"), []byte("6379")}, "10.0.0.1:6379"},
		{[]any{[]byte("redis-1.example"), []byte("6379")}, "redis-1.example:6379"},
		{[]any{[]byte("2001:db8::1"), []byte("6379")}, "[2001:db8::1]:6379"},
		{[]any{[]byte(""), []byte("6379")}, ""},
		{[]any{[]byte("host"), []byte("")}, ""},
		{[]any{[]byte("host"), []byte("0")}, ""},
		{[]any{[]byte("host"), []byte("65536")}, ""},
		{[]any{[]byte("host")}, ""},
		{nil, ""},
		{redis.Error("ERR"), ""},
		{int64(1), ""},
	} {
		got, err := parseAddr(c.reply)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("parseAddr(%q): %q, %v, want %q", c.reply, got, err, c.want)
		}
	}
}

func TestParseEvent(t *testing.T) {
	for _, c := range []struct {
		channel, text string
		want          event
		ok            bool
	}{
		{"+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6380", event{"mymaster", "10.0.0.1:6379", "10.0.0.2:6380"}, true},
		{"+switch-master", "mymaster ::1 6379 a.example 6380", event{"mymaster", "[::1]:6379", "a.example:6380"}, true},
		{"+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2", event{}, false},
		{"+promoted-slave", "slave 10.0.0.2:6380 10.0.0.2 6380 @ mymaster 10.0.0.1 6379", event{"mymaster", "10.0.0.1:6379", "10.0.0.2:6380"}, true},
		{"+odown", "master mymaster 10.0.0.1 6379 #quorum 2/2", event{"mymaster", "10.0.0.1:6379", "10.0.0.1:6379"}, true},
		{"+sentinel", "sentinel 0123abcd 10.0.1.1 26379 @ mymaster 10.0.0.1 6379", event{"mymaster", "10.0.0.1:6379", "10.0.1.1:26379"}, true},
		{"+slave", "slave x 10.0.0.2 6380", event{}, false},
		{"+slave", "", event{}, false},
	} {
		got, ok := parseEvent(c.channel, c.text)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("parseEvent(%q, %q): %+v, %v, want %+v", c.channel, c.text, got, ok, c.want)
		}
	}
}

func TestElect(t *testing.T) {
	v := func(master string, epoch int64) *view { return &view{master: master, epoch: epoch} }
	for name, c := range map[string]struct {
		views   []*view
		present string
		want    string
		epoch   int64
	}{
		"one":                          {[]*view{v("a", 3)}, "", "a", 3},
		"the newest epoch":             {[]*view{v("a", 0), v("a", 0), v("b", 1)}, "a", "b", 1},
		"most votes of one epoch":      {[]*view{v("a", 1), v("b", 1), v("b", 1)}, "a", "b", 1},
		"the present one":              {[]*view{v("a", 1), v("b", 1)}, "b", "b", 1},
		"the first one":                {[]*view{v("a", 1), v("b", 1)}, "c", "a", 1},
		"no epochs":                    {[]*view{v("a", unknownEpoch), v("b", unknownEpoch), v("b", unknownEpoch)}, "a", "b", unknownEpoch},
		"present, but of an old epoch": {[]*view{v("a", 0), v("b", 1)}, "a", "b", 1},
	} {
		if got, epoch := elect(c.views, c.present); got != c.want || epoch != c.epoch {
			t.Errorf("%s: %q, %d, want %q, %d", name, got, epoch, c.want, c.epoch)
		}
	}
}

func TestRole(t *testing.T) {
	for _, c := range []struct {
		reply      any
		role, link string
		ok         bool
	}{
		{[]any{[]byte("master"), int64(0), []any{}}, "master", "", true},
		{[]any{[]byte("slave"), []byte("host"), int64(6379), []byte("sync"), int64(-1)}, "slave", "sync", true},
		{[]any{}, "", "", false},
		{[]any{int64(1)}, "", "", false},
		{[]byte("OK"), "", "", false},
		{redis.Error("NOPERM"), "", "", false},
	} {
		role, link, err := Role(c.reply, nil)
		if role != c.role || link != c.link || (err == nil) != c.ok {
			t.Errorf("Role(%q): %q, %q, %v", c.reply, role, link, err)
		}
	}
}
