package redistest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// StartReplica starts a server as Start does, and makes it a replica of another one.
func StartReplica(t testing.TB, master *Server, args ...string) *Server {
	t.Helper()
	return Start(t, append([]string{"--replicaof", "127.0.0.1", fmt.Sprint(master.port), "--repl-diskless-sync-delay", "0"}, args...)...)
}

// StartSentinel starts a sentinel that watches a master under a name. A server counts as down after a second without an
// answer. The lines are added to the sentinel's configuration, and start without the word sentinel where they have one.
func StartSentinel(t testing.TB, name string, master *Server, quorum int, lines ...string) *Server {
	t.Helper()
	dir := t.TempDir()
	s := &Server{t: t, path: find(t), conf: filepath.Join(dir, "sentinel.conf")}
	conf := []string{
		"bind 127.0.0.1",
		"dir " + dir,
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d %d", name, master.port, quorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s 1000", name),
		fmt.Sprintf("sentinel failover-timeout %s 10000", name),
	}
	if err := os.WriteFile(s.conf, []byte(strings.Join(append(conf, lines...), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{"--sentinel"}
	t.Cleanup(s.Stop)
	s.startOnFreePort()
	return s
}
