package redispool

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// gate holds attempts back after one has failed. Then one at a time goes ahead, after a
// pause.
type gate struct {
	eager   bool          // there is no pause before the first attempt
	longest time.Duration // pause; zero: maxGatePause

	mu     sync.Mutex
	err    error // of the last attempt, if it failed
	trying bool  // an attempt is under way
	pause  time.Duration
	until  time.Time
}

const (
	firstGatePause = 10 * time.Millisecond
	maxGatePause   = 250 * time.Millisecond
)

var errPanicked = errors.New("redispool: the dial function, or CreatePool, panicked")

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
		g.pause = 0
		return
	}
	if grow {
		longest := g.longest
		if longest <= 0 {
			longest = maxGatePause
		}
		g.pause = min(max(2*g.pause, firstGatePause), longest)
		g.until = time.Now().Add(jitter(g.pause))
	}
}

// failing reports whether the last attempt has failed.
func (g *gate) failing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err != nil
}

// jitter returns a time between half of d and d.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/2+1))
}
