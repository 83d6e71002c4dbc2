package redispool_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// refusals make a real server refuse a command of a healthy client.
var refusals = map[string]struct {
	args    func(dir string) []string
	begin   func(t *testing.T, s *redistest.Server, admin redis.Conn, dir string)
	command []any
	end     func(t *testing.T, admin redis.Conn)
}{
	"OOM": {
		begin: func(t *testing.T, _ *redistest.Server, admin redis.Conn, _ string) {
			do(t, admin, "CONFIG", "SET", "maxmemory", 1)
		},
		command: []any{"SET", "key", "value"},
		end:     func(t *testing.T, admin redis.Conn) { do(t, admin, "CONFIG", "SET", "maxmemory", 0) },
	},
	"MISCONF": {
		args: func(dir string) []string { return []string{"--dir", dir, "--save", "3600 1"} },
		begin: func(t *testing.T, _ *redistest.Server, admin redis.Conn, dir string) {
			if err := os.Remove(dir); err != nil { // so the server cannot save its data
				t.Fatal(err)
			}
			do(t, admin, "BGSAVE")
			for !strings.Contains(info(t, admin, "persistence"), "rdb_last_bgsave_status:err") {
			}
		},
		command: []any{"SET", "key", "value"},
		end: func(t *testing.T, admin redis.Conn) {
			do(t, admin, "CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
		},
	},
	"NOREPLICAS": {
		begin: func(t *testing.T, _ *redistest.Server, admin redis.Conn, _ string) {
			do(t, admin, "CONFIG", "SET", "min-replicas-to-write", 1)
		},
		command: []any{"SET", "key", "value"},
		end:     func(t *testing.T, admin redis.Conn) { do(t, admin, "CONFIG", "SET", "min-replicas-to-write", 0) },
	},
	"CLUSTERDOWN": {
		args:    func(string) []string { return []string{"--cluster-enabled", "yes"} },
		command: []any{"GET", "key"},
		end: func(t *testing.T, admin redis.Conn) {
			do(t, admin, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
			for !strings.Contains(string(do(t, admin, "CLUSTER", "INFO").([]byte)), "cluster_state:ok") {
			}
		},
	},
	"NOPERM": {
		begin: func(t *testing.T, _ *redistest.Server, admin redis.Conn, _ string) {
			do(t, admin, "ACL", "SETUSER", "default", "-get", "-ping", "-echo")
		},
		command: []any{"GET", "key"},
		end:     func(t *testing.T, admin redis.Conn) { do(t, admin, "ACL", "SETUSER", "default", "+@all") },
	},
	"BUSY": {
		begin: func(t *testing.T, s *redistest.Server, admin redis.Conn, _ string) {
			do(t, admin, "CONFIG", "SET", "lua-time-limit", 1)
			looping := client(t, s.Addr())
			looping.Send("EVAL", "while true do end", 0)
			looping.Flush()
			for {
				if _, err := admin.Do("GET", "key"); err != nil {
					return
				}
			}
		},
		command: []any{"GET", "key"},
		end: func(t *testing.T, admin redis.Conn) {
			do(t, admin, "SCRIPT", "KILL")
			for {
				if _, err := admin.Do("GET", "key"); err == nil {
					return
				}
			}
		},
	},
}

func info(t *testing.T, admin redis.Conn, section string) string {
	t.Helper()
	text, err := redis.String(admin.Do("INFO", section))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestServerRefusesACommand has a server refuse commands for a while. A new connection would be no better. So the pool
// keeps the one that it has, also if a test that sends PING is refused as well.
func TestServerRefusesACommand(t *testing.T) {
	refused := map[string]func(c redis.Conn, command []any) error{
		"Do":      func(c redis.Conn, command []any) error { return second(c.Do(command[0].(string), command[1:]...)) },
		"Receive": sendAndReceive,
	}
	tests := map[string]func(p *redispool.Pool){
		"without a test": func(*redispool.Pool) {},
		"TestPing":       func(p *redispool.Pool) { p.TestOnBorrowContext = redispool.TestPing(0) },
	}
	for name, r := range refusals {
		for testName, set := range tests {
			t.Run(name+", "+testName, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "data")
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				var args []string
				if r.args != nil {
					args = r.args(dir)
				}
				s := redistest.Start(t, args...)
				admin := client(t, s.Addr())
				p := newOurs(fields{Dial: dialTo(s.Addr()), MaxIdle: 1}, set).(*redispool.Pool)
				defer p.Close()
				idle(t, p, 1)
				if r.begin != nil {
					r.begin(t, s, admin, dir)
				}
				for way, send := range refused {
					c := get(t, p)
					if err := send(c, r.command); err == nil || !strings.HasPrefix(err.Error(), name) {
						t.Errorf("%s: %v, want %s", way, err, name)
					}
					put(t, c)
				}
				r.end(t, admin)
				c := get(t, p)
				do(t, c, r.command[0].(string), r.command[1:]...)
				put(t, c)
				if st := p.ResourceStats(); st.Opened != 1 || p.IdleCount() != 1 {
					t.Errorf("%d dials, want 1; %d connections are idle", st.Opened, p.IdleCount())
				}
			})
		}
	}
}

func sendAndReceive(c redis.Conn, command []any) error {
	if err := c.Send(command[0].(string), command[1:]...); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	return second(c.Receive())
}
