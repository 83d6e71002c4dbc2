package redispool_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// leaving is a cluster whose node at home gives its slots away: first that of key a, where a
// call finds it out, and after a while the others, to which no call comes.
func leaving(t *testing.T, others time.Duration) (*stubCluster, *redispool.Cluster) {
	s := &stubCluster{owner: home}
	s.say = func(addr, _ string) any {
		if addr == home {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.taken = away
			return redis.Error(fmt.Sprintf("MOVED %d %s", redispool.Slot("a"), away))
		}
		return nil
	}
	c := s.cluster(home)
	if reply, err := c.Do(t.Context(), "GET", "a"); reply != "OK" || err != nil {
		t.Error(reply, err)
	}
	time.AfterFunc(others, func() { s.give(away) })
	return s, c
}

// TestClusterFollowsUp: the map lacks a node without slots, although no call comes to it any
// more, and the connections to it are closed.
func TestClusterFollowsUp(t *testing.T) {
	for _, others := range []time.Duration{300 * time.Millisecond, 1200 * time.Millisecond, 3 * time.Second} {
		t.Run(others.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := leaving(t, others)
				defer c.Close()
				time.Sleep(10 * time.Second)
				s.counts(t, c, map[string]int{away: 1})
			})
		})
	}
}

// TestClusterFollowsUpOnce: the questions end.
func TestClusterFollowsUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := leaving(t, 300*time.Millisecond)
		defer c.Close()
		time.Sleep(10 * time.Second)
		dialed := s.node(home).dialed.Load() + s.node(away).dialed.Load()
		time.Sleep(time.Minute)
		if n := s.node(home).dialed.Load() + s.node(away).dialed.Load() - dialed; n != 0 {
			t.Errorf("%d more dials", n)
		}
	})
}

// TestClusterFollowsUpSlowly has slots that move for minutes, without a call that finds it out.
// The nodes are not asked twice a second for all that time.
func TestClusterFollowsUpSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := leaving(t, 300*time.Millisecond)
		defer c.Close()
		s.node(away)
		for range 300 {
			time.Sleep(200 * time.Millisecond)
			s.give(home)
			time.Sleep(200 * time.Millisecond)
			s.give(away)
		}
		rounds := int(s.node(away).dialed.Load())
		if most := 20 + int(2*time.Minute/(3500*time.Millisecond)) + 5; rounds > most {
			t.Errorf("a node was asked %d times in 2 minutes, at most %d expected", rounds, most)
		}
		time.Sleep(10 * time.Second)
		s.counts(t, c, map[string]int{away: 1})
	})
}

// TestClusterClosesWhileItFollowsUp: nothing is asked after Close.
func TestClusterClosesWhileItFollowsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := leaving(t, 300*time.Millisecond)
		time.Sleep(700 * time.Millisecond)
		c.Close()
		dialed := s.node(home).dialed.Load() + s.node(away).dialed.Load()
		time.Sleep(time.Minute)
		if n := s.node(home).dialed.Load() + s.node(away).dialed.Load() - dialed; n != 0 {
			t.Errorf("%d dials after Close", n)
		}
		s.counts(t, c, nil)
	})
}

// clusterLeaves has a node give two slots away and leave, while calls come to one of them
// only. The cluster closes its connections although no redirection and no
// timer makes it refresh.
func clusterLeaves(t *testing.T, rc *redistest.Cluster) {
	s := rc.AddServer()
	rc.Join(s)
	home := rc.Master(0)
	used, unused := keyIn(rc, home, "used"), keyIn(rc, home, "unused")
	for _, key := range []string{used, unused} {
		rc.MoveSlot(redispool.Slot(key), home, s)
	}
	c := newCluster(t, rc, func(c *redispool.Cluster) { c.RefreshEvery = -1 })
	set := func(key string) {
		t.Helper()
		if _, err := c.Do(t.Context(), "SET", key, 1); err != nil {
			t.Error(err)
		}
	}
	set(used)
	if c.Stats()[s.Addr()].ActiveCount != 1 {
		t.Fatal("no call has come to the node that is about to leave")
	}
	rc.MoveSlot(redispool.Slot(used), s, home)
	set(used)
	rc.MoveSlot(redispool.Slot(unused), s, home)
	rc.Wait("the pool of the node without slots is gone", func() bool {
		_, ok := c.Stats()[s.Addr()]
		return !ok
	})
	rc.Remove(s)
	set(unused)
	sameCounts(t, rc, c)
}
