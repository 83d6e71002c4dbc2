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
	basic := []story.Verb{story.Acquire, story.Opened, story.Release, story.Closed, story.Advance}
	with := func(more ...story.Verb) []story.Verb { return append(basic[:len(basic):len(basic)], more...) }
	pool := story.Pool{MaxActive: 2, MaxIdle: ledger.NoLimit, MaxWaiters: ledger.NoLimit, IdleTimeout: 2 * time.Second}
	change := func(f func(*story.Pool)) story.Pool {
		p := pool
		f(&p)
		return p
	}
	for _, tc := range []struct {
		name    string
		depth   int
		clients int
		pool    story.Pool
		verbs   []story.Verb
	}{
		{"three clients on two places", 11, 3, pool, with(story.Cancel, story.Discard, story.OpenFailed, story.Shut)},
		{"reset and detach", 8, 3, change(func(p *story.Pool) { p.MaxIdle = 1 }),
			with(story.Cancel, story.Reset, story.Detach, story.Shut)},
		{"resize", 9, 3, change(func(p *story.Pool) { p.MaxActive = 3 }), with(story.Cancel, story.Resize, story.Shut)},
		{"tests, ages and wait timeouts", 8, 3, change(func(p *story.Pool) {
			p.MaxActive, p.MaxAge, p.WaitTimeout, p.Tests = 1, 3*time.Second, 2*time.Second, []story.Test{{}}
		}), with(story.Cancel, story.Tested, story.Abandon)},
		{"one idle and one to keep", 8, 2, change(func(p *story.Pool) { p.MinIdle, p.Keep = 1, 1 }),
			with(story.Cancel, story.OpenFailed, story.Discard)},
		{"the lane", 9, 2, change(func(p *story.Pool) { p.MaxIdle = 2; p.MaxAge = 4 * time.Second }),
			with(story.Enter, story.Turn, story.Leave, story.Discard, story.Reset)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := Exhaust(t.Context(), Model{tc.pool, tc.clients, max(tc.depth+further, deeper), time.Second, tc.verbs})
			if x.Violation != nil {
				t.Fatalf("%v\n%s", x.Violation, x.Violation.Story)
			}
			t.Logf("%d clients, %v: %v", tc.clients, tc.pool, x)
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
