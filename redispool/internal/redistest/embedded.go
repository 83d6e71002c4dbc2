package redistest

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// Mini starts an embedded Redis. It works on every machine, but only imitates a real server.
func Mini(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	return miniredis.RunT(t)
}

// Both runs f as two subtests, with the address of an embedded Redis and with that of a real one. Without a redis-server
// only the second one is skipped.
func Both(t *testing.T, f func(t *testing.T, addr string)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) { f(t, Mini(t).Addr()) })
	t.Run("redis-server", func(t *testing.T) { f(t, Start(t).Addr()) })
}
