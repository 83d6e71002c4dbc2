package sentinel

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// ErrClosed is the error of a watcher that was closed.
var ErrClosed = errors.New("the sentinels are not watched any more")

// Config describes what is watched.
type Config struct {
	Addrs  []string // of sentinels
	Master string   // the name

	// Dial connects to a sentinel, DialServer to a server. Both should end with the
	// context.
	Dial, DialServer func(ctx context.Context, addr string) (redis.Conn, error)

	// Changed is called after a change of the state, with the newest one. It is never
	// called concurrently.
	Changed func(State)

	// Timeout bounds each dial and each answer of a sentinel. Interval is the time
	// between two questions.
	Timeout, Interval time.Duration
}

const (
	// memory is how long the last answer of an unreachable sentinel counts. It may have
	// led a failover that the others will hear of only now.
	memory = 10 * time.Second

	shortestPause = 50 * time.Millisecond
	longestPause  = time.Second
)

// Watcher watches the sentinels until it is closed.
type Watcher struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	dirty  chan struct{} // has room for one: the state has changed

	mu          sync.Mutex
	members     []*member
	state       State
	settled     bool // enough sentinels have answered to believe them
	mostSuffice bool // see endFirstWait
	hint        hint
	watched     string             // the server whose promotion is awaited
	news        chan struct{}      // closed at the next change of anything
	current     context.Context    // ends when the master is another one
	leave       context.CancelFunc // ends current
}

// Watch starts a watcher.
func Watch(cfg Config) *Watcher {
	w := &Watcher{cfg: cfg, dirty: make(chan struct{}, 1), news: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.current, w.leave = context.WithCancel(w.ctx)
	w.wg.Go(w.notify)
	w.wg.Go(w.endFirstWait)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, addr := range cfg.Addrs {
		w.addLocked(peer{addr: addr}, true)
	}
	return w
}

// Stop ends the goroutines and does not wait for them.
func (w *Watcher) Stop() { w.cancel() }

// Close ends the goroutines, and returns when they have ended and their connections are
// closed.
func (w *Watcher) Close() {
	w.Stop()
	w.wg.Wait()
}

// notify calls Changed. It has a goroutine of its own, so that a slow call does not
// delay the watching.
func (w *Watcher) notify() {
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-w.dirty:
			w.mu.Lock()
			state := w.state
			w.mu.Unlock()
			w.cfg.Changed(state)
		}
	}
}

// Await returns the state, as soon as the master is known. It returns an error if no
// sentinel knows it. The context that it returns ends when the master is another one.
func (w *Watcher) Await(ctx context.Context) (State, context.Context, error) {
	for {
		w.mu.Lock()
		state, current, news := w.state, w.current, w.news
		known := w.settled && state.Master != ""
		err := w.failureLocked()
		w.mu.Unlock()
		switch {
		case w.ctx.Err() != nil:
			return State{}, nil, ErrClosed
		case known:
			return state, current, nil
		case err != nil:
			return State{}, nil, err
		}
		select {
		case <-news:
		case <-w.ctx.Done():
		case <-ctx.Done():
			return State{}, nil, ctx.Err()
		}
	}
}

// Known returns the state as it is known now, without waiting.
func (w *Watcher) Known() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// Err returns why the sentinels do not answer, or nil if at least one does or may still.
func (w *Watcher) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failureLocked()
}

func (w *Watcher) failureLocked() error {
	all := make(Failures, 0, len(w.members))
	for _, m := range w.members {
		if m.err == nil {
			return nil
		}
		all = append(all, Failure{"sentinel " + m.addr, m.err})
	}
	return all
}

// Ask asks all sentinels at once, ahead of time.
func (w *Watcher) Ask() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.members {
		m.askSoon()
	}
}

// learned stores what a sentinel has answered.
func (w *Watcher) learned(m *member, v *view) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.view, m.seen, m.err, m.answered = v, time.Now(), nil, true
	if v.id != "" {
		m.id = v.id
	}
	w.discoverLocked()
	w.evaluateLocked()
}

// failed stores why a sentinel does not answer.
func (w *Watcher) failed(m *member, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.err, m.answered = err, true
	w.discoverLocked()
	w.evaluateLocked()
}

// wakeLocked wakes the goroutines that wait for news.
func (w *Watcher) wakeLocked() {
	close(w.news)
	w.news = make(chan struct{})
}
