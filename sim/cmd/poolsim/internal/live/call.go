package live

import (
	"time"

	"github.com/respool/respool/sim"
)

// drawn has the random draws of a call. They do not depend on how the call ends.
type drawn struct {
	hold, service, patience time.Duration
	background, urgent      bool
}

// call makes a request, and makes it again if it fails, as the scenario's clients do.
func (p *player) call(d drawn) {
	began := p.clock.now()
	p.count(func(r *Result) { r.Calls.Calls++ })
	for try := 0; ; try++ {
		p.tick(func(r *Result) []uint64 { return r.Attempts })
		if p.request(d) {
			p.count(func(r *Result) {
				r.Calls.Good++
				r.Call.Add(p.clock.now() - began)
			})
			p.tick(func(r *Result) []uint64 { return r.Good })
			return
		}
		pause, again := p.retry(try)
		if !again {
			p.count(func(r *Result) { r.Calls.Failed++ })
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

// tick counts in the present stretch of time.
func (p *player) tick(of func(*Result) []uint64) {
	if p.result.Step == 0 {
		return
	}
	at := int(p.clock.now() / p.result.Step)
	p.count(func(r *Result) {
		if counts := of(r); at < len(counts) {
			counts[at]++
		}
	})
}

// retry returns the pause before the next try, if there is one.
func (p *player) retry(try int) (pause time.Duration, again bool) {
	t := &p.sc.Clients.Retry
	if try >= t.Retries {
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Budget > 0 {
		if p.bucket.tokens < 1 {
			p.result.Calls.OverBudget++
			return 0, false
		}
		p.bucket.tokens--
	}
	p.result.Calls.Retries++
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
