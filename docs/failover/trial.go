package main

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// trial is one contender in one scenario.
type trial struct {
	*fleet
	contender contender
	quick     bool

	client  client
	dialer  *dialer
	before  int // goroutines before the client was made
	event   time.Time
	figures figures
}

// perform runs the scenario. No server is left when it returns.
func (s *scenario) perform(ctx context.Context, dir string, c contender, quick bool) (*figures, error) {
	t := &trial{fleet: &fleet{ctx: ctx, dir: dir}, contender: c, quick: quick}
	defer t.end()
	if err := s.run(t); err != nil {
		return nil, err
	}
	return &t.figures, nil
}

// in returns how long something lasts: the first time with -quick, otherwise the second.
func (t *trial) in(quick, full time.Duration) time.Duration {
	if t.quick {
		return quick
	}
	return full
}

// sleep waits, but not longer than the sample.
func (t *trial) sleep(d time.Duration) error {
	select {
	case <-t.ctx.Done():
		return t.ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// connect makes the client.
func (t *trial) connect(sentinels []*server, connect func(*dialer) (client, error)) error {
	t.dialer = newDialer(sentinels)
	t.before = runtime.NumGoroutine() - len(t.running())
	var err error
	t.client, err = connect(t.dialer)
	return err
}

// running returns all servers that run. Each has a goroutine that waits for its end.
func (t *trial) running() (all []*server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.servers {
		if s.alive() {
			all = append(all, s)
		}
	}
	return all
}

// under has workers call while something happens, and for some time after it. stored then
// returns the keys that the masters have; concerns is that of figuresOf.
func (t *trial) under(workers int, readBack bool, happen func() error, after time.Duration,
	stored func() (map[string]bool, error), concerns func(string) bool) error {
	replicas := watchPromotion(t.data())
	l := startLoad(t.client, workers, readBack)
	err := t.sleep(t.in(500*time.Millisecond, time.Second))
	t.event = time.Now()
	if err == nil {
		err = happen()
	}
	if err == nil {
		err = t.sleep(after)
	}
	end := time.Now()
	calls := l.end()
	promoted := replicas.ended()
	if err != nil {
		return err
	}
	t.figures = figuresOf(calls, t.event, end, concerns)
	if !promoted.IsZero() {
		t.figures.Promoted = promoted.Sub(t.event).Seconds()
	}
	t.figures.Dials, t.figures.Asked = t.dialer.between(t.event, end)
	keys, err := stored()
	if err != nil {
		return err
	}
	for _, c := range calls {
		if !c.read && c.err == nil && !keys[c.key] {
			t.figures.Lost++
		}
	}
	return t.cleanUp()
}

// calm is how long sockets and goroutines may take to go.
const calm = 5 * time.Second

// cleanUp notes what the client has left, closes it, and notes what is left then.
func (t *trial) cleanUp() error {
	s := &t.figures.State
	var failed error
	t.wait(func() bool {
		n := t.client.counts()
		s.Open, s.Leased, s.Waiting = n.open, n.leased, n.waiting
		s.Sockets, failed = t.dialer.sockets(t.data())
		return failed == nil && (n.open == unknown || n.open == s.Sockets) && n.leased <= 0 && n.waiting <= 0
	})
	t.client.close()
	var failedAfter error
	t.wait(func() bool {
		s.LeftOpen, failedAfter = t.dialer.sockets(t.data())
		s.Goroutines = max(0, runtime.NumGoroutine()-len(t.running())-t.before)
		return failedAfter == nil && s.LeftOpen == 0 && s.Goroutines == 0
	})
	return errors.Join(failed, failedAfter)
}

// wait looks until something holds, or for as long as calm.
func (t *trial) wait(holds func() bool) {
	for deadline := time.Now().Add(calm); !holds() && time.Now().Before(deadline) && t.ctx.Err() == nil; {
		time.Sleep(20 * time.Millisecond)
	}
}
