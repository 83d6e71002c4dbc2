package redispool

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestDemotionPausesGrow returns a connection with READONLY every ten milliseconds for eight seconds, and once more long
// after that.
func TestDemotionPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d demotion
		dialed := d.epoch.Load() // before the demotion is noticed
		ends := 0
		for range 800 {
			if leave, first := d.leave(d.epoch.Load()); first {
				ends++
			} else if leave {
				t.Fatal("a connection of this epoch is closed in the pause")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if ends != 7 { // at 0, 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 seconds
			t.Errorf("%d epochs have ended, want 7", ends)
		}
		time.Sleep(time.Minute)
		if leave, first := d.leave(dialed); !leave || first {
			t.Errorf("a connection of an earlier epoch: leave %t, first %t", leave, first)
		}
		if leave, first := d.leave(d.epoch.Load()); !leave || !first || d.pause != shortestPause {
			t.Errorf("another demotion: leave %t, first %t, pause %v", leave, first, d.pause)
		}
	})
}
