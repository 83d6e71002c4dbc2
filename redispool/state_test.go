package redispool

import (
	"strings"
	"testing"
)

// TestKindOf checks every special name, in upper and lower case, and similar names, which are ordinary.
func TestKindOf(t *testing.T) {
	names := map[string]kind{
		"WATCH": watch, "UNWATCH": unwatch, "MULTI": multi, "EXEC": exec, "DISCARD": discard,
		"SUBSCRIBE": subscribe, "PSUBSCRIBE": subscribe, "SSUBSCRIBE": shardSubscribe, "MONITOR": monitor,
		"SELECT": selectDB, "AUTH": auth, "HELLO": hello, "CLIENT": client, "CLUSTER": cluster, "ACL": acl,
		"READONLY": readOnly, "READWRITE": readWrite, "ASKING": asking,
		"RESET": reset, "QUIT": quit, "SYNC": monitor, "PSYNC": monitor, "REPLCONF": monitor, "SCRIPT": script,
		"UNSUBSCRIBE": unsubscribe, "PUNSUBSCRIBE": unsubscribe, "SUNSUBSCRIBE": unsubscribe,
	}
	for name, want := range names {
		mixed := name[:1] + strings.ToLower(name[1:])
		for _, cmd := range []string{name, strings.ToLower(name), mixed} {
			if got := kindOf(cmd); got != want {
				t.Errorf("%s is of kind %d, want %d", cmd, got, want)
			}
		}
		for _, cmd := range []string{name[1:], name[:len(name)-1], name + "S", " " + name, "X" + name[1:], name[:len(name)-1] + "\x00"} {
			if _, other := names[cmd]; !other && kindOf(cmd) != ordinary {
				t.Errorf("%q is of kind %d", cmd, kindOf(cmd))
			}
		}
	}
	for _, cmd := range []string{"", "GET", "SET", "PING", "ECHO", "EVAL", "[lock", "@uth"} {
		if k := kindOf(cmd); k != ordinary {
			t.Errorf("%q is of kind %d", cmd, k)
		}
	}
}
