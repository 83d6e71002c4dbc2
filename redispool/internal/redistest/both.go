package redistest

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// Mini starts an embedded Redis, which is there on every machine but is not the real thing.
func Mini(t testing.TB) *miniredis.Miniredis {
	t.Helper()
	return miniredis.RunT(t)
}

// Both runs f as two subtests, with the address of an embedded Redis and with that of a real one. Only the second is
// skipped where there is no redis-server.
func Both(t *testing.T, f func(t *testing.T, addr string)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) { f(t, Mini(t).Addr()) })
	t.Run("redis-server", func(t *testing.T) { f(t, Start(t).Addr()) })
}
