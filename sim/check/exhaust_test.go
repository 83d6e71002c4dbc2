package check

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// TestExhaust tries every order of events in small worlds. A long test goes some
// events further.
//
//	RESPOOL_EXHAUST_DEPTH=100 go test -run TestExhaust/three -v -timeout 0 ./sim/check
//
// goes on until there is no further state, which takes some minutes.
func TestExhaust(t *testing.T) {
	deeper, _ := strconv.Atoi(os.Getenv("RESPOOL_EXHAUST_DEPTH"))
	further := 0
	if longTests() {
		further = 2
	}
	for _, m := range Models() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			m.Depth = max(m.Depth+further, deeper)
			x := Exhaust(t.Context(), m)
			if x.Violation != nil {
				t.Fatalf("%v\n%s", x.Violation, x.Violation.Story)
			}
			t.Logf("%d clients, %v: %v", m.Clients, m.Pool, x)
		})
	}
}

// TestExhaustIsComplete: one client on one place has few states, and all of them
// are seen.
func TestExhaustIsComplete(t *testing.T) {
	world := Model{
		Pool:    story.Pool{MaxActive: 1, MaxIdle: 1, MaxWaiters: ledger.NoLimit},
		Clients: 1, Depth: 10, Tick: time.Second,
		Verbs: []story.Verb{story.Acquire, story.Opened, story.OpenFailed},
	}
	// Nothing yet; opening; leased; nothing again, which is as before.
	x := Exhaust(t.Context(), world)
	if x.States != 3 || !x.Complete || x.Depth != 3 || x.Orders == 0 || x.Violation != nil {
		t.Errorf("%+v", x)
	}
}
