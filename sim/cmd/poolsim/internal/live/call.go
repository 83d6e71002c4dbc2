package live

import (
	"time"

	"github.com/respool/respool/sim"
)

// drawn has the random draws of a call. They do not depend on how the call ends.
type drawn struct {
	hold, service, patience time.Duration
	background, urgent      bool
	end                     ending
}

// call makes a request, and makes it again if it fails, as the scenario's clients do.
func (p *player) call(d drawn) {
	began := p.clock.now()
	counted := began >= p.warmUp
	count := func(f func(*Result)) {
		if counted {
			p.count(f)
		}
	}
	count(func(r *Result) { r.Calls.Calls++ })
	for try := 0; ; try++ {
		if counted {
			p.tick(func(r *Result) []uint64 { return r.Attempts })
		}
		became := p.request(d)
		if became == good {
			count(func(r *Result) {
				r.Calls.Good++
				r.Call.Add(p.clock.now() - began)
			})
			if counted {
				p.tick(func(r *Result) []uint64 { return r.Good })
			}
			return
		}
		pause, again := time.Duration(0), became == failed
		if again {
			pause, again = p.retry(try, counted)
		}
		if !again {
			count(func(r *Result) { r.Calls.Failed++ })
			return
		}
		p.pause(pause)
	}
}

func (p *player) count(f func(*Result)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.result)
}

// tick counts in the present stretch of time. The first begins after the warm-up.
func (p *player) tick(of func(*Result) []uint64) {
	now := p.clock.now() - p.warmUp
	if p.result.Step == 0 || now < 0 {
		return
	}
	at := int(now / p.result.Step)
	p.count(func(r *Result) {
		if counts := of(r); at < len(counts) {
			counts[at]++
		}
	})
}

// retry returns the pause before the next try, if there is one.
func (p *player) retry(try int, counted bool) (pause time.Duration, again bool) {
	t := &p.sc.Clients.Retry
	if try >= t.Retries {
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Budget > 0 {
		if p.bucket.tokens < 1 {
			if counted {
				p.result.Calls.OverBudget++
			}
			return 0, false
		}
		p.bucket.tokens--
	}
	if counted {
		p.result.Calls.Retries++
	}
	jitter := 0.0
	if t.Jitter > 0 {
		jitter = p.draws.Jitter()
	}
	return t.Pause(try, jitter), true
}

// bucket has the tokens for the retries of an instance, or of all keys.
type bucket struct{ tokens float64 }

func newBucket(sc *sim.Scenario) *bucket { return &bucket{sc.Clients.Retry.Tokens()} }

// earn adds a call's part of a token.
func (b *bucket) earn(t *sim.Retry) {
	if t.Budget > 0 {
		b.tokens = min(t.Tokens(), b.tokens+t.Budget)
	}
}
