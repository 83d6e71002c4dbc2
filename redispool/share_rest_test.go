package redispool

import (
	"runtime"
	"testing"
	"time"
)

// atRest waits until no call is under way and the shared connections have gone back. The reader's goroutine does that a
// moment after the last reply.
func atRest(t testing.TB, p *Pool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; runtime.Gosched() {
		s, r := p.ShareStats(), p.ResourceStats()
		if s.UnderWay == 0 && s.Connections == 0 && r.Leased == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not at rest: %+v, %d leased", s, r.Leased)
		}
	}
}
