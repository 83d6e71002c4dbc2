package check

import (
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// Models returns models for [Exhaust]. Between them they have all events of the ledger.
// Each takes some seconds at its depth.
func Models() []Model {
	verbs := func(more ...story.Verb) []story.Verb {
		return append([]story.Verb{story.Acquire, story.Opened, story.Release, story.Closed, story.Advance}, more...)
	}
	pool := func(change func(*story.Pool)) story.Pool {
		p := story.Pool{MaxActive: 2, MaxIdle: ledger.NoLimit, MaxWaiters: ledger.NoLimit, IdleTimeout: 2 * time.Second}
		change(&p)
		return p
	}
	return []Model{
		{"three clients on two places", pool(func(*story.Pool) {}), 3, 11, time.Second,
			verbs(story.Cancel, story.Discard, story.OpenFailed, story.Shut), false},
		{"reset and detach", pool(func(p *story.Pool) { p.MaxIdle = 1 }), 3, 8, time.Second,
			verbs(story.Cancel, story.Reset, story.Detach, story.Shut), false},
		{"resources retired one by one", pool(func(p *story.Pool) { p.MaxIdle, p.Tests = 1, []story.Test{{}} }), 2, 8, time.Second,
			verbs(story.Retire, story.Tested, story.Reset), false},
		{"resize", pool(func(p *story.Pool) { p.MaxActive = 3 }), 3, 9, time.Second,
			verbs(story.Cancel, story.Resize, story.Shut), false},
		{"tests, ages and wait timeouts", pool(func(p *story.Pool) {
			p.MaxActive, p.MaxAge, p.WaitTimeout, p.Tests = 1, 3*time.Second, 2*time.Second, []story.Test{{}}
		}), 3, 8, time.Second, verbs(story.Cancel, story.Tested, story.Abandon), false},
		{"one idle and one to keep", pool(func(p *story.Pool) { p.MinIdle, p.Keep = 1, 1 }), 2, 8, time.Second,
			verbs(story.Cancel, story.OpenFailed, story.Discard), false},
		{"held opens", pool(func(p *story.Pool) {
			p.OpenBackoff = 10 * time.Second
		}), 3, 9, time.Second,
			verbs(story.OpenFailed, story.Rejoin, story.Withdraw, story.Cancel, story.Discard), false},
		{"closes that hang", pool(func(p *story.Pool) { p.MaxActive, p.Tests = 1, []story.Test{{}} }), 3, 8, time.Second,
			verbs(story.Cancel, story.Discard, story.Tested, story.CloseTimedOut, story.Abandon), false},
		{"tests in the background", pool(func(p *story.Pool) {
			p.MaxIdle, p.IdleTimeout, p.TestIdleEvery, p.Tests = 1, 0, 2*time.Second, []story.Test{{IfIdleFor: time.Hour}}
		}), 3, 8, time.Second, verbs(story.Cancel, story.Tested, story.Reset, story.Shut), false},
		{"a reserve", pool(func(p *story.Pool) { p.MaxActive, p.Reserve = 3, 1 }), 3, 8, time.Second,
			verbs(story.Background, story.OpenFailed, story.Cancel, story.Resize), false},
		{"a queue that stands", pool(func(p *story.Pool) {
			p.MaxActive, p.IdleTimeout, p.ShedTarget, p.ShedInterval = 1, 0, time.Second, 2*time.Second
		}), 4, 9, time.Second, verbs(story.Cancel, story.Discard), false},
		{"slots replaced ahead", pool(func(p *story.Pool) {
			p.IdleTimeout, p.MaxAge, p.ReplaceAhead = 0, 4*time.Second, 2*time.Second
		}), 3, 9, time.Second, verbs(story.OpenFailed, story.Reset), false},
		{"the lane", pool(func(p *story.Pool) { p.MaxIdle = 2; p.MaxAge = 4 * time.Second }), 2, 9, time.Second,
			verbs(story.Enter, story.Turn, story.Leave, story.Discard, story.Reset), false},
		{"urgent waiters", pool(func(p *story.Pool) { p.MaxActive, p.IdleTimeout, p.MaxWaiters = 1, 0, 2 }), 5, 9, time.Second,
			verbs(story.Cancel, story.Discard), true},
	}
}
