package slotmap

import (
	"reflect"
	"testing"
)

func TestAddress(t *testing.T) {
	for announced, want := range map[string]string{
		"10.0.0.1:7000":    "10.0.0.1:7000",
		":7000":            "asked:7000",
		"?:7000":           "asked:7000",
		"::1:7000":         "[::1]:7000",
		"[::1]:7000":       "[::1]:7000",
		"node.example:7":   "node.example:7",
		"fe80::1%eth0:700": "[fe80::1%eth0]:700",
		"10.0.0.1":         "",
		"10.0.0.1:":        "",
		"10.0.0.1:x":       "",
		"10.0.0.1:0":       "",
		"10.0.0.1:70000":   "",
		"":                 "",
	} {
		got, err := Address(announced, "asked")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Address(%q) = %q, %v, want %q", announced, got, err, want)
		}
	}
}

func TestParseRedirect(t *testing.T) {
	for text, want := range map[string]Redirect{
		"MOVED 3999 127.0.0.1:6381": {"MOVED", 3999, "127.0.0.1:6381"},
		"ASK 0 ::1:6381":            {"ASK", 0, "::1:6381"},
		"MOVED 16383 :6381":         {"MOVED", 16383, ":6381"},
		"MOVED 16384 a:1":           {},
		"MOVED -1 a:1":              {},
		"MOVED x a:1":               {},
		"MOVED 1":                   {},
		"MOVED":                     {},
		"ERR MOVED 1 a:1":           {},
		"ASKING 1 a:1":              {},
		"":                          {},
	} {
		got, ok := ParseRedirect(text)
		if got != want || ok != (want.Kind != "") {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
}

func node(parts ...any) []any { return parts }

func TestParseSlots(t *testing.T) {
	reply := []any{
		[]any{int64(0), int64(5460),
			node([]byte("10.0.0.1"), int64(7000), []byte("id1"), []any{}),
			node([]byte("::1"), int64(7001), []byte("id2"), []any{})},
		[]any{int64(5461), int64(10922), node([]byte(""), int64(7002)), node(nil, int64(7003), []byte("id4"))},
		[]any{int64(10923), int64(16383),
			node([]byte("?"), int64(7004), []byte("id5"), []any{[]byte("ip"), []byte("10.0.0.5")}),
			node([]byte("?"), int64(7005), []byte("id6"), []any{}),
			node([]byte("node.example"), int64(7006), []byte("id7"), []any{[]byte("ip"), []byte("10.0.0.7")})},
	}
	got, err := ParseSlots(reply, "asked")
	want := []Range{
		{0, 5460, &Shard{"id1", "10.0.0.1:7000", []string{"[::1]:7001"}}},
		{5461, 10922, &Shard{"", "asked:7002", []string{"asked:7003"}}},
		{10923, 16383, &Shard{"id5", "10.0.0.5:7004", []string{"asked:7005", "node.example:7006"}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	good := node([]byte("h"), int64(1))
	for _, bad := range []any{
		nil, "x", []any{}, []any{int64(1)}, []any{[]any{int64(0)}}, []any{[]any{int64(0), int64(1)}},
		[]any{[]any{int64(0), int64(16384), good}}, []any{[]any{int64(2), int64(1), good}}, []any{[]any{int64(-1), int64(1), good}},
		[]any{[]any{int64(0), int64(1), int64(2)}}, []any{[]any{int64(0), int64(1), node([]byte("h"))}},
		[]any{[]any{int64(0), int64(1), node(int64(1), int64(1))}}, []any{[]any{int64(0), int64(1), node([]byte("h"), "x")}},
		[]any{[]any{int64(0), int64(1), node([]byte("h"), int64(0))}},
	} {
		if got, err := ParseSlots(bad, "asked"); err == nil {
			t.Errorf("%v is understood as %v", bad, got)
		}
	}
}

// TestNodeWithoutAddress has nodes whose address nobody knows, as after a restart in another
// place. The others can be used all the same.
func TestNodeWithoutAddress(t *testing.T) {
	lost, good := node([]byte(""), int64(0), []byte("lost")), node([]byte("10.0.0.1"), int64(7000), []byte("good"))
	got, err := ParseSlots([]any{
		[]any{int64(0), int64(99), lost},
		[]any{int64(100), int64(199), lost, good},
		[]any{int64(200), int64(16383), good, lost},
	}, "asked")
	if want := []Range{{200, 16383, &Shard{"good", "10.0.0.1:7000", nil}}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	one := func(id string, port int64, role string) []any {
		return pairs("id", id, "port", port, "endpoint", "10.0.0.1", "role", role, "health", "online")
	}
	got, err = ParseShards([]any{
		pairs("slots", []any{int64(0), int64(99)}, "nodes", []any{one("lost", 0, "master"), one("r", 7000, "replica")}),
		pairs("slots", []any{int64(100), int64(16383)}, "nodes", []any{one("lost", 0, "replica"), one("good", 7000, "master")}),
	}, "asked")
	if want := []Range{{100, 16383, &Shard{"good", "10.0.0.1:7000", nil}}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func pairs(all ...any) []any {
	for i, one := range all {
		if s, ok := one.(string); ok {
			all[i] = []byte(s)
		}
	}
	return all
}

func TestParseShards(t *testing.T) {
	replica := func(health string, port int64) []any {
		return pairs("id", "r", "port", port, "ip", "10.0.0.2", "endpoint", "10.0.0.2", "role", "replica", "health", health)
	}
	reply := []any{
		pairs("slots", []any{int64(0), int64(10), int64(20), int64(16383)}, "nodes", []any{
			replica("online", 7001),
			pairs("id", "m", "port", int64(7000), "ip", "10.0.0.1", "endpoint", "?", "role", "master", "health", "online"),
			replica("failed", 7002),
			replica("loading", 7003),
		}),
		pairs("slots", []any{}, "nodes", []any{}),
		pairs("slots", []any{int64(11), int64(19)}, "nodes", []any{
			pairs("id", "down", "port", int64(7005), "ip", "10.0.0.3", "endpoint", "10.0.0.3", "role", "master", "health", "fail"),
			pairs("id", "n", "tls-port", int64(7004), "ip", "", "endpoint", nil, "role", "master", "health", "online"),
			pairs("id", "down", "port", int64(7005), "ip", "10.0.0.3", "endpoint", "10.0.0.3", "role", "master", "health", "fail")}),
	}
	got, err := ParseShards(reply, "asked")
	shard := &Shard{"m", "10.0.0.1:7000", []string{"10.0.0.2:7001"}}
	want := []Range{{0, 10, shard}, {20, 16383, shard}, {11, 19, &Shard{"n", "asked:7004", nil}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []any{nil, []any{}, []any{int64(1)}, []any{pairs("slots", []any{int64(1)}, "nodes", []any{})},
		[]any{pairs("slots", []any{int64(1), int64(1)})}, []any{pairs("slots", []any{int64(1), int64(1)}, "nodes", []any{pairs("id", "x")})}} {
		if got, err := ParseShards(bad, "asked"); err == nil {
			t.Errorf("%v is understood as %v", bad, got)
		}
	}
}

func TestParseMembers(t *testing.T) {
	m := ParseMembers("id1 10.0.0.1:7000@17000,node.example,shard-id=x myself,master - 0 0 7 connected 0-5460\n" +
		"id2 ::1:7001@17001 slave id1 0 1 7 connected\n" +
		"id3 :7002@17002, master - 0 1 3 connected 5461 [5462->-id1]\n" +
		"id4 :0@0 master,noaddr - 1 1 2 disconnected\n" +
		"not a node\n\n")
	want := &Members{Epochs: map[string]uint64{"id1": 7, "id2": 7, "id3": 3, "id4": 2}}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("%+v", m)
	}
}
