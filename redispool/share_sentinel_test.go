package redispool_test

import (
	"testing"
	"time"

	"github.com/respool/respool/redispool"
)

// TestShareSentinel has sentinels move the master in all ways while callers share connections.
func TestShareSentinel(t *testing.T) {
	for name, run := range map[string]func(*testing.T, *redispool.Pool){
		"planned": sentinelPlannedFailover, "killed": sentinelKilledMaster, "stopped": sentinelStoppedMaster,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true, Share: 2}
			if name == "killed" {
				p.DialBackoff = 100 * time.Millisecond
			}
			run(t, p)
			if n := p.ShareStats().Calls; n < 1000 {
				t.Errorf("only %d calls were shared", n)
			}
		})
	}
}
