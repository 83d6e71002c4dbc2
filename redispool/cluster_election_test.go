package redispool_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/redispool"
)

// election has the node at home refuse dials, and the other nodes name another owner of its
// slots after a while. It returns how much later a call is served that began before.
func election(t *testing.T, after time.Duration, change func(*redispool.Cluster)) (late time.Duration, asked int32, err error) {
	s := &stubCluster{owner: home, say: func(string, string) any { return nil }}
	const third = "10.0.0.3:7000"
	c := s.cluster(third)
	change(c)
	defer c.Close()
	if err := c.Refresh(); err != nil {
		t.Error(err)
	}
	s.node(home).refuse = func() error { return errors.New("refused") }
	asked = s.node(third).dialed.Load()
	elected := time.Now().Add(after)
	time.AfterFunc(after, func() { s.give(away) })
	_, err = c.Do(t.Context(), "GET", "a")
	return time.Since(elected), s.node(third).dialed.Load() - asked, err
}

// TestClusterLooksForElection has one caller alone, so nobody else asks for refreshes while it pauses.
func TestClusterLooksForElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		elections := 20
		if testing.Short() {
			elections = 4 // the race detector makes each take half a second
		}
		for i := range elections {
			after := 2*time.Second + time.Duration(i)*91*time.Millisecond
			late, asked, err := election(t, after, func(*redispool.Cluster) {})
			if err != nil || late > 100*time.Millisecond {
				t.Errorf("a call is served %v after an election that took %v: %v", late, after, err)
			}
			if most := int32(after/(50*time.Millisecond)) + 5; asked > most {
				t.Errorf("a node was asked %d times in %v, at most %d expected", asked, after, most)
			}
		}
	})
}

// TestClusterWaitsForElection has elections that end shortly before the time for retries does.
func TestClusterWaitsForElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			_, _, err := election(t, 870*time.Millisecond, func(c *redispool.Cluster) { c.RetryTimeout = time.Second })
			if err != nil {
				t.Error("the call gave up before its time was over:", err)
			}
		}
		late, _, err := election(t, time.Second, func(c *redispool.Cluster) { c.RetryTimeout = time.Second / 2 })
		if left := -time.Second/2 - late; err == nil || left < 0 || left > 25*time.Millisecond {
			t.Errorf("the call ended %v before its time was over: %v", left, err)
		}
	})
}

// TestClusterStopsLooking has a master that stays down, and callers that do not give up: the
// nodes are asked less often then.
func TestClusterStopsLooking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const minute = time.Minute
		_, asked, err := election(t, 2*minute, func(c *redispool.Cluster) { c.RetryTimeout = minute })
		if most := int32(150 + minute/(125*time.Millisecond)); err == nil || asked > most {
			t.Errorf("a node was asked %d times in %v, at most %d expected: %v", asked, minute, most, err)
		}
	})
}
