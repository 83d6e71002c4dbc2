package sentinel

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/redispool/internal/sentineltest"
)

func TestPeersAreWatched(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		// The first sentinel is configured by a name, under which the others do not know it.
		named := w.world.Sentinel("sentinel.example:26379", old)
		named.ID = s[0].ID
		named.Peers = s[1:2]
		s[1].Peers = s[:1]
		w.start(named.Addr)
		w.is(old)
		dials := w.world.Dials(sentinel1)
		if dials > 2 || w.world.Dials(sentinel2) != 2 {
			t.Errorf("%d dials of the first, %d of the second one", dials, w.world.Dials(sentinel2))
		}
		w.world.Change(func() { named.Peers = s[1:3] })
		w.world.Publish(named, "+sentinel", "sentinel x 10.0.1.3 26379 @ mymaster 10.0.0.1 6379")
		synctest.Wait()
		if n := w.world.Dials(sentinel3); n != 2 {
			t.Errorf("%d dials of the third one", n)
		}
		w.world.Change(func() { s[2].Down, named.Peers = true, s[1:2] })
		time.Sleep(time.Minute)
		dials = w.world.Dials(sentinel3)
		time.Sleep(time.Minute)
		if n := w.world.Dials(sentinel3) - dials; n != 0 {
			t.Errorf("%d dials of a sentinel that nobody names any more", n)
		}
		if n := w.world.Dials(sentinel1); n > 2 {
			t.Errorf("%d dials of one sentinel under its other address", n)
		}
	})
}

// A sentinel is found under a second address before it has said who it is under the first one.
func TestTwinIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		named := w.world.Sentinel("sentinel.example:26379", old)
		named.ID, named.Hangs = s[0].ID, true
		s[1].Peers = s[:1]
		w.start(named.Addr, sentinel2)
		synctest.Wait()
		if n := w.world.Dials(sentinel1); n != 2 {
			t.Errorf("%d dials under the second address", n)
		}
		w.world.Change(func() { named.Hangs = false })
		time.Sleep(timeout + longestPause)
		dials := w.world.Dials(sentinel1)
		w.world.Cut(s[0])
		time.Sleep(time.Minute)
		if n := w.world.Dials(sentinel1) - dials; n != 0 {
			t.Errorf("%d more dials under the second address", n)
		}
	})
}

// The only configured sentinel is gone, and for a moment the others are not reached either.
func TestOnlyDiscoveredOnesAreLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Peers = s[1:2]
		w.start(sentinel1)
		w.is(old)
		w.world.Change(func() { s[0].Down, s[1].Down = true, true })
		time.Sleep(2 * memory)
		w.world.Change(func() { s[1].Down, s[1].Master = false, next })
		time.Sleep(longestPause)
		w.is(next)
	})
}

// A configured sentinel gets another address, and later its first one again.
func TestSentinelThatMoves(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[1].Peers = s[:1]
		w.start(sentinel1, sentinel2)
		w.is(old)
		moved := w.world.Sentinel("10.0.1.9:26379", old)
		w.world.Change(func() { moved.ID, s[0].Down, s[1].Peers = s[0].ID, true, []*sentineltest.Node{moved} })
		time.Sleep(2 * interval)
		if n := w.world.Dials(moved.Addr); n != 2 {
			t.Errorf("%d dials of the new address, want 2", n)
		}
		w.world.Change(func() { moved.Down, s[0].Down, s[1].Peers = true, false, s[:1] })
		time.Sleep(2 * interval)
		dials := w.world.Dials(moved.Addr)
		time.Sleep(time.Minute)
		if n := w.world.Dials(moved.Addr) - dials; n != 0 {
			t.Errorf("%d more dials of the address that is gone", n)
		}
	})
}

// A sentinel that is down is dialed ever more seldom, and no more often than once in the longest pause.
func TestDownSentinelIsDialedSeldom(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Down = true
		w.start(sentinel1)
		time.Sleep(time.Minute)
		if n := w.world.Dials(sentinel1); n < 60 || n > 66 {
			t.Errorf("%d dials in a minute", n)
		}
	})
}
