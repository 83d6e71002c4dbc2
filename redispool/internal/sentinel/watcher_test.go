package sentinel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/sentineltest"
)

const (
	timeout  = time.Second
	interval = 2 * time.Second

	old, next, third = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
	sentinel1        = "10.0.1.1:26379"
	sentinel2        = "10.0.1.2:26379"
	sentinel3        = "10.0.1.3:26379"
)

// watch is a watcher in a bubble, with the states that it has reported.
type watch struct {
	*Watcher
	t     *testing.T
	world *sentineltest.World

	mu     sync.Mutex
	states []State
}

// inBubble runs a test with a world of three sentinels, none of which is watched yet. At the end nothing may be left of the
// watcher that the test starts: the bubble checks the goroutines.
func inBubble(t *testing.T, test func(t *testing.T, w *watch, s []*sentineltest.Node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		world := sentineltest.New()
		var nodes []*sentineltest.Node
		for _, addr := range []string{sentinel1, sentinel2, sentinel3} {
			nodes = append(nodes, world.Sentinel(addr, old))
		}
		w := &watch{t: t, world: world}
		test(t, w, nodes)
		if w.Watcher != nil {
			w.Close()
		}
		synctest.Wait()
		if n := world.Open(); n != 0 {
			t.Errorf("%d connections are open after Close", n)
		}
	})
}

func (w *watch) start(addrs ...string) {
	w.Watcher = Watch(Config{
		Addrs: addrs, Master: "mymaster", Dial: w.world.Dial, DialServer: w.world.Dial, Timeout: timeout, Interval: interval,
		Changed: func(s State) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.states = append(w.states, s)
		},
	})
}

// masters returns the masters that Changed was called with, each once in a row.
func (w *watch) masters() (all []string) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.states {
		all = append(all, s.Master)
	}
	return slices.Compact(all)
}

// is checks the present master, without any time passing.
func (w *watch) is(want string) {
	w.t.Helper()
	synctest.Wait()
	before := time.Now()
	state, current, err := w.Await(w.t.Context())
	if state.Master != want || err != nil || current.Err() != nil {
		w.t.Errorf("the master is %q, %v, want %q", state.Master, err, want)
	}
	if waited := time.Since(before); waited != 0 {
		w.t.Errorf("it was known only after %v", waited)
	}
}

func TestEventIsFollowed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		w.start(sentinel1, sentinel2, sentinel3)
		w.is(old)
		_, current, _ := w.Await(t.Context())
		w.world.Change(func() { s[1].Master, s[1].Epoch = next, 1 })
		w.is(old)
		w.world.Publish(s[1], "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379")
		w.is(next)
		if current.Err() == nil {
			t.Error("the context of the old master goes on")
		}
		time.Sleep(time.Minute)
		if got := w.masters(); !slices.Equal(got, []string{old, next}) || len(w.states) != 2 {
			t.Errorf("reported: %q, and %d times", got, len(w.states))
		}
		if n := w.world.Dials(sentinel1); n != 2 {
			t.Errorf("%d dials of a sentinel that answers, want 2", n)
		}
	})
}

// The event of another master is no reason to ask.
func TestOtherNameIsIgnored(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		w.start(sentinel1)
		w.is(old)
		asked := w.world.Asked(s[0])
		w.world.Publish(s[0], "+switch-master", "other 10.0.0.1 6379 10.0.0.2 6379")
		w.world.Publish(s[0], promotes, "slave x 10.0.0.2 6379 @ other 10.0.0.1 6379")
		synctest.Wait()
		if w.world.Asked(s[0]) != asked || w.world.Dials(next) != 0 {
			t.Errorf("asked %d times, %d dials", w.world.Asked(s[0])-asked, w.world.Dials(next))
		}
	})
}

// TestForbiddenCommands has sentinels that do not allow all commands to the user. The master is found without them.
func TestForbiddenCommands(t *testing.T) {
	for _, forbidden := range [][]string{{"PING"}, {"SUBSCRIBE"}, {"PING", "SUBSCRIBE"}} {
		inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
			for _, cmd := range forbidden {
				for _, n := range s {
					w.world.Change(func() { n.Forbids[cmd] = true })
				}
			}
			w.start(sentinel1, sentinel2, sentinel3)
			w.is(old)
			time.Sleep(time.Minute)
			w.world.Change(func() { s[1].Master, s[1].Epoch = next, 1 })
			time.Sleep(interval)
			synctest.Wait()
			w.is(next)
			if n := w.world.Dials(sentinel1); n != 2 {
				t.Errorf("%v: %d dials of a sentinel that answers, want 2", forbidden, n)
			}
			if err := w.Err(); err != nil {
				t.Errorf("%v: %v", forbidden, err)
			}
		})
	}
}

// An event that is lost, because the sentinel hung or cut the connection, is found by asking.
func TestLostEventIsFound(t *testing.T) {
	for name, disturb := range map[string]func(w *watch, s *sentineltest.Node){
		"cut": func(w *watch, s *sentineltest.Node) {
			w.world.Cut(s)
			w.world.Change(func() { s.Master = next })
			time.Sleep(shortestPause)
		},
		"hung": func(w *watch, s *sentineltest.Node) {
			w.world.Change(func() { s.Hangs = true })
			time.Sleep(interval + timeout)
			synctest.Wait()
			if err := w.Err(); err == nil || !strings.Contains(err.Error(), sentinel1) {
				w.t.Errorf("a sentinel that hangs: %v", err)
			}
			w.is(old) // the last known master stays
			w.world.Change(func() { s.Hangs, s.Master = false, next })
			time.Sleep(timeout + longestPause)
		},
		"not sent": func(w *watch, s *sentineltest.Node) {
			w.world.Change(func() { s.Master = next })
			time.Sleep(interval)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
				w.start(sentinel1)
				w.is(old)
				disturb(w, s[0])
				w.is(next)
			})
		})
	}
}

// A subscription that hangs is noticed even while the sentinel answers on the other connection.
func TestHungSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		w.start(sentinel1)
		w.is(old)
		w.world.Deafen(s[0])
		dials := w.world.Dials(sentinel1)
		time.Sleep(interval + timeout + shortestPause)
		synctest.Wait()
		if n := w.world.Dials(sentinel1) - dials; n != 2 {
			t.Errorf("%d dials, want both connections anew", n)
		}
	})
}

func TestOldBelieverIsOverruled(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[2].Master, s[2].Epoch = next, 1 // two have not heard of the failover
		w.start(sentinel1, sentinel2, sentinel3)
		w.is(next)
		w.world.Publish(s[0], "+sdown", "slave x 10.0.0.2 6379 @ mymaster 10.0.0.1 6379")
		time.Sleep(10 * interval)
		if got := w.masters(); !slices.Equal(got, []string{next}) {
			t.Errorf("reported: %q", got)
		}
	})
}

// The sentinel that led a failover dies before the others have heard of it. They undo the promotion, so its word counts for
// a while only.
func TestWordOfADeadSentinel(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		w.start(sentinel1, sentinel2, sentinel3)
		w.is(old)
		w.world.Change(func() { s[2].Master, s[2].Epoch = next, 1 })
		w.world.Publish(s[2], "+promoted-slave", "slave x 10.0.0.2 6379 @ mymaster 10.0.0.1 6379")
		w.is(next)
		w.world.Change(func() { s[2].Down = true })
		time.Sleep(memory - interval)
		w.is(next)
		time.Sleep(2 * interval)
		w.is(old)
	})
}

// One stale sentinel answers at once, the others do not: its answer alone counts only when they have had their time.
func TestFirstAnswerIsNotAlwaysTaken(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[1].Hangs, s[2].Hangs = true, true
		w.start(sentinel1, sentinel2, sentinel3)
		begin := time.Now()
		state, _, err := w.Await(t.Context())
		if waited := time.Since(begin); state.Master != old || err != nil || waited != timeout {
			t.Errorf("%v, %v after %v, want the answer after %v", state, err, waited, timeout)
		}
	})
}

func TestHungSentinelDelaysOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Hangs = true
		w.start(sentinel1, sentinel2, sentinel3)
		begin := time.Now()
		state, _, err := w.Await(t.Context())
		if waited := time.Since(begin); state.Master != old || err != nil || waited != timeout/10 {
			t.Errorf("%v, %v after %v, want the answer after %v", state, err, waited, timeout/10)
		}
		w.is(old)
	})
}

func TestDeadSentinelsDoNotDelay(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Down, s[1].Down = true, true
		w.start(sentinel1, sentinel2, sentinel3)
		w.is(old)
	})
}

func TestFailures(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Down, s[1].Hangs, s[2].Name = true, true, "other"
		w.start(sentinel1, sentinel2, sentinel3)
		begin := time.Now()
		_, _, err := w.Await(t.Context())
		if waited := time.Since(begin); waited != timeout {
			t.Errorf("the error came after %v, want %v, when the last one has failed", waited, timeout)
		}
		var failures Failures
		if !errors.As(err, &failures) || len(failures) != 3 {
			t.Fatalf("%v, want three failures", err)
		}
		for i, want := range []string{"connection refused", "timeout", `knows no master with the name "mymaster", but other`} {
			if text := failures[i].Err.Error(); !strings.Contains(text, want) {
				t.Errorf("%s, want %s", text, want)
			}
		}
		if !errors.Is(err, failures[0].Err) {
			t.Error("the failure does not wrap its errors")
		}
		w.world.Change(func() { s[0].Down = false })
		time.Sleep(longestPause)
		w.is(old)
	})
}

func TestAwaitEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Hangs = true
		w.start(sentinel1)
		ctx, cancel := context.WithTimeout(t.Context(), timeout/2)
		defer cancel()
		if _, _, err := w.Await(ctx); err != context.DeadlineExceeded {
			t.Errorf("with a context that has ended: %v", err)
		}
		go func() {
			time.Sleep(timeout / 4)
			w.Stop()
		}()
		if _, _, err := w.Await(t.Context()); err != ErrClosed {
			t.Errorf("of a closed watcher: %v", err)
		}
		w.Close()
		if _, _, err := w.Await(t.Context()); err != ErrClosed {
			t.Errorf("of a closed watcher: %v", err)
		}
	})
}

// Close ends dials that are under way, and connections that hang.
func TestCloseInTheMiddle(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		s[0].Hangs = true
		w.start(sentinel1, sentinel2, "hangs")
		w.Stop()
		w.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		w := Watch(Config{Addrs: []string{sentinel1}, Timeout: timeout, Interval: interval, Changed: func(State) {},
			Dial: func(ctx context.Context, _ string) (redis.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}})
		synctest.Wait()
		begin := time.Now()
		w.Close()
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("Close took %v", waited)
		}
	})
}

func TestReplicas(t *testing.T) {
	inBubble(t, func(t *testing.T, w *watch, s []*sentineltest.Node) {
		all := []sentineltest.Replica{{Addr: next, Flags: "slave", Link: "ok"}, {Addr: third, Flags: "slave", Link: "err"}}
		s[0].Replicas = append(all, sentineltest.Replica{Addr: "10.0.0.4:6379", Flags: "s_down,slave,disconnected", Link: "err"})
		w.start(sentinel1)
		want := func(replicas, members string) {
			t.Helper()
			synctest.Wait()
			state, _, err := w.Await(t.Context())
			if got := fmt.Sprint(state.Replicas, state.Members); got != replicas+" "+members || err != nil {
				t.Errorf("replicas and members are %s, %v, want %s %s", got, err, replicas, members)
			}
		}
		want("["+next+"]", "["+next+" "+third+"]")
		w.world.Change(func() { s[0].Replicas = all[1:] })
		w.world.Publish(s[0], "+sdown", "slave x 10.0.0.2 6379 @ mymaster 10.0.0.1 6379")
		want("["+third+"]", "["+third+"]") // better than none
		w.world.Change(func() { s[0].Replicas = nil })
		time.Sleep(interval)
		want("[]", "[]")
	})
}
