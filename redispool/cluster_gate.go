package redispool

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/policy"
)

// gate holds attempts back after one has failed. Then one at a time goes ahead, after a
// pause.
type gate struct {
	eager   bool          // there is no pause before the first attempt
	longest time.Duration // pause; zero: maxGatePause

	mu     sync.Mutex
	err    error // of the last attempt, if it failed
	trying bool  // an attempt is under way
	pauses int   // since an attempt has succeeded
	until  time.Time
}

const (
	firstGatePause = 10 * time.Millisecond
	maxGatePause   = 250 * time.Millisecond
)

var errPanicked = errors.New("redispool: the dial function panicked")

// guard makes a dial pass the gate.
func (g *gate) guard(dial func(context.Context) (redis.Conn, error)) func(context.Context) (redis.Conn, error) {
	return func(ctx context.Context) (c redis.Conn, err error) {
		if err := g.enter(); err != nil {
			return nil, err
		}
		err = errPanicked
		defer func() { g.note(err) }()
		c, err = dial(ctx)
		return c, err
	}
}

// enter returns nil if an attempt may go ahead. Its outcome must then be noted. If
// not, enter returns the error of the last attempt.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		return nil
	}
	if g.trying || time.Now().Before(g.until) {
		return g.err
	}
	g.trying = true
	return nil
}

// note notes the outcome of an attempt. Of attempts that began together only the first
// failure makes the pause longer.
func (g *gate) note(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	begins := g.err == nil
	grow := g.trying || begins && !g.eager
	g.trying = false
	if g.err = err; err == nil {
		g.pauses = 0
		return
	}
	if grow {
		longest := g.longest
		if longest <= 0 {
			longest = maxGatePause
		}
		g.pauses++
		g.until = time.Now().Add(growing(firstGatePause, longest, g.pauses))
	}
}

// growing returns the pause after a number of failures in a row, from 1. It may be shorter
// by half, at random.
func growing(first, longest time.Duration, failures int) time.Duration {
	return policy.Backoff{First: min(first, longest), Max: longest, Jitter: 0.5}.Pause(failures, rand.Float64())
}

// failing reports whether the last attempt has failed.
func (g *gate) failing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err != nil
}
