package sentinel

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/redispool/internal/sentineltest"
)

const promotesNext = "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"

// inFailover runs a test in which a sentinel has just ordered a replica to become the master.
func inFailover(t *testing.T, test func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node)) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		server := w.world.Server(next, "slave")
		s[0].Replicas = []sentineltest.Replica{{Addr: next, Flags: "slave", Link: "ok"}, {Addr: third, Flags: "slave", Link: "ok"}}
		w.start(sentinel1, sentinel2, sentinel3)
		w.is(old)
		w.world.Publish(s[0], promotes, promotesNext)
		time.Sleep(time.Second)
		w.is(old) // it is still a replica
		test(t, w, s, server)
	})
}

// The promoted replica says so itself, before any sentinel does.
func TestPromotionIsSeenFirst(t *testing.T) {
	inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
		w.world.Change(func() { promoted.Role = "master" })
		time.Sleep(promotionPause)
		w.is(next)
		if state, _, _ := w.Await(t.Context()); fmt.Sprint(state.Members) != fmt.Sprint([]string{third}) {
			t.Errorf("its replicas are %q", state.Members)
		}
		w.world.Change(func() { s[0].Master, s[0].Epoch = next, 1 })
		w.world.Publish(s[0], "+promoted-slave", promotesNext)
		time.Sleep(2 * hintLimit)
		w.is(next)
		if got := w.masters(); !slices.Equal(got, []string{old, next}) {
			t.Errorf("reported: %q", got)
		}
	})
}

// The sentinel that leads the failover dies, and the others undo the promotion.
func TestPromotionThatNoSentinelConfirms(t *testing.T) {
	inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
		w.world.Change(func() { promoted.Role, s[0].Down = "master", true })
		time.Sleep(promotionPause)
		w.is(next)
		time.Sleep(hintLimit + interval)
		w.is(old)
	})
}

// Another failover may have been faster.
func TestPromotionOfAnotherReplica(t *testing.T) {
	inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
		w.world.Change(func() { s[1].Master, s[1].Epoch = third, 1 })
		w.world.Publish(s[1], "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.3 6379")
		w.is(third)
		w.world.Change(func() { promoted.Role = "master" })
		time.Sleep(promotionPause)
		w.is(third)
		w.world.Publish(s[0], promotes, promotesNext) // this sentinel still believes in the old master
		time.Sleep(promotionPause)
		w.is(third)
		if n := w.world.Dials(next); n != 1 {
			t.Errorf("%d dials of the server that another failover promotes, want 1", n)
		}
		if got := w.masters(); !slices.Equal(got, []string{old, third}) {
			t.Errorf("reported: %q", got)
		}
	})
}

// The sentinel cuts all connections of the server that it promotes.
func TestPromotionCutsConnections(t *testing.T) {
	inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
		w.world.Change(func() { promoted.Role = "master" })
		w.world.Cut(promoted)
		time.Sleep(2 * promotionPause)
		w.is(next)
	})
}

// Two events of one promotion are one question.
func TestPromotionIsAnnouncedTwice(t *testing.T) {
	inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
		w.world.Publish(s[1], promotes, promotesNext)
		synctest.Wait()
		if n := w.world.Dials(next); n != 1 {
			t.Errorf("%d dials of the replica", n)
		}
	})
}

// The sentinels may name a newer master soon after a promotion.
func TestPromotionIsOutdated(t *testing.T) {
	inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
		w.world.Change(func() { promoted.Role = "master" })
		time.Sleep(promotionPause)
		w.is(next)
		w.world.Change(func() { s[1].Master, s[1].Epoch = third, 1 })
		w.world.Publish(s[1], "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.3 6379")
		w.is(third)
	})
}

func TestPromotionIsAwaitedForAWhile(t *testing.T) {
	for name, disturb := range map[string]func(*sentineltest.Node){
		"the replica stays one":   func(*sentineltest.Node) {},
		"the replica goes down":   func(n *sentineltest.Node) { n.Down = true },
		"the replica hangs":       func(n *sentineltest.Node) { n.Hangs = true },
		"ROLE is not permitted":   func(n *sentineltest.Node) { n.Fails = "NOPERM" },
		"the replica is a weirdo": func(n *sentineltest.Node) { n.Role = "sentinel" },
	} {
		t.Run(name, func(t *testing.T) {
			inFailover(t, func(t *testing.T, w *watch, s []*sentineltest.Node, promoted *sentineltest.Node) {
				w.world.Change(func() { disturb(promoted) })
				time.Sleep(promotionLimit + timeout)
				w.is(old)
				synctest.Wait()
				dials := w.world.Dials(next)
				time.Sleep(time.Minute)
				if n := w.world.Dials(next) - dials; n != 0 {
					t.Errorf("%d dials of the replica after the limit", n)
				}
				w.world.Change(func() { promoted.Down, promoted.Hangs, promoted.Fails, promoted.Role = false, false, "", "master" })
				w.world.Publish(s[0], promotes, promotesNext) // the sentinel tries again
				synctest.Wait()
				w.is(next)
			})
		})
	}
}
