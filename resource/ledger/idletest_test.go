package ledger

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/respool/respool/policy"
)

// TestIdleTestsKeepTheOrder has many slots idle, so that several are tested in the
// background at a time, and others come and go between them. Check sees that each finds
// its place again (I14).
func TestIdleTestsKeepTheOrder(t *testing.T) {
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		const idle = 12
		now := Instant(0)
		l := New(Config{
			MaxActive: NoLimit, MaxIdle: NoLimit, Gates: []policy.Gate{gateOf(policy.IfIdleFor, time.Hour)},
			TestIdleEvery: time.Second, Order: policy.Order(rapid.IntRange(0, 1).Draw(t, "order")),
		})
		var leased, testing []Handle
		for range idle {
			leased = append(leased, l.Opened(now, l.Acquire(now, nil).Handle).Handle)
		}
		take := func(from *[]Handle) Handle {
			i := rapid.IntRange(0, len(*from)-1).Draw(t, "which")
			h := (*from)[i]
			*from = append((*from)[:i:i], (*from)[i+1:]...)
			return h
		}
		for range idle {
			l.Release(now, take(&leased))
		}
		for range 40 {
			switch n := rapid.IntRange(0, 9).Draw(t, "event"); {
			case n < 4 && len(testing) > 0:
				l.Tested(now, take(&testing), Passed)
			case n < 6 && l.tally[Idle] > 0:
				leased = append(leased, l.Acquire(now, nil).Handle)
			case n < 7 && len(leased) > 0:
				l.Release(now, take(&leased))
			default:
				now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "seconds")) * time.Second)
				l.Advance(now)
			}
			for w := l.Take(); ; {
				h, due, ok := w.NextTest()
				if !ok {
					break
				}
				if due != 1 {
					t.Fatalf("due are %b", due)
				}
				testing = append(testing, h)
			}
			most = max(most, len(testing))
			if err := l.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if most != maxIdleTests {
		t.Errorf("at most %d were tested at a time, want %d", most, maxIdleTests)
	}
}
