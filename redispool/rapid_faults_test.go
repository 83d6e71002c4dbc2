package redispool_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"pgregory.net/rapid"
)

// rapidTicks returns the time of a random number of steps.
func rapidTicks(least, most int) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(least, most), func(n int) time.Duration { return time.Duration(n) * rapidTick })
}

// pickConn chooses a connection that both pools have, in use or idle.
func (s *rapidScript) pickConn(t *rapid.T) int {
	var open []int
	for n, c := range s.ours.conns {
		if c.closed == 0 && s.theirs.conns[n].closed == 0 {
			open = append(open, n)
		}
	}
	if len(open) == 0 {
		t.SkipNow()
	}
	return rapid.SampledFrom(open).Draw(t, "connection")
}

func (s *rapidScript) breakOne(t *rapid.T) {
	n := s.pickConn(t)
	if s.server && s.theirs.conns[n].due() > 0 {
		return // it would be uncertain whether the server has obeyed
	}
	if s.server && slices.ContainsFunc(s.loans, func(l *rapidLoan) bool { return l.live() && l.conn == n && l.use == transact }) {
		s.excused("R31")
		return // our pool may notice earlier, since it sends an UNWATCH
	}
	if s.server && s.Sloppy {
		return // our pool may notice earlier, since it checks that it has read all replies that Dial has left
	}
	for _, w := range []*rapidWorld{s.ours, s.theirs} {
		w.conns[n].severed = true
		w.conns[n].sever()
	}
}

// sicken makes a connection fail its tests, or pass them again.
func (s *rapidScript) sicken(t *rapid.T) {
	n := s.pickConn(t)
	s.ours.conns[n].sick = !s.ours.conns[n].sick
	s.theirs.conns[n].sick = s.ours.conns[n].sick
}

// publish sends a message to a connection, which gets it if it is subscribed.
func (s *rapidScript) publish(t *rapid.T) {
	if s.server {
		return // it would be uncertain when the message arrives
	}
	n := s.pickConn(t)
	s.ours.conns[n].inner.(*rapidFake).publish("news")
	s.theirs.conns[n].inner.(*rapidFake).publish("news")
}

// dials changes how dials end from now on, and releases those that are held.
func (s *rapidScript) dials(t *rapid.T) {
	how := rapid.SampledFrom([]string{"succeed", "fail", "hold", "let one go", "let one go"}).Draw(t, "dials")
	for _, w := range []*rapidWorld{s.ours, s.theirs} {
		w.mu.Lock()
		switch how {
		case "succeed", "fail":
			w.failDial = how == "fail"
		case "hold":
			w.holdDial = !w.holdDial
		}
		w.mu.Unlock()
		if how == "let one go" {
			w.release()
		}
	}
	s.settle()
}

// pass lets time pass.
func (s *rapidScript) pass(t *rapid.T) {
	s.sleep(rapidTicks(1, 30).Draw(t, "time"))
}

func (s *rapidScript) sleep(d time.Duration) {
	s.handOver()
	time.Sleep(d)
	s.settle()
}

func (s *rapidScript) closePool(t *rapid.T) {
	if rapid.IntRange(0, 7).Draw(t, "really") != 0 {
		return
	}
	if s.theirs.opening > 0 {
		s.excused("R16")
		return
	}
	t.Log("pool closed")
	s.closed = true
	if ours, theirs := s.ours.pool.Close(), s.theirs.pool.Close(); ours != nil || theirs != nil {
		t.Fatalf("Pool.Close: %v, redigo's: %v", ours, theirs)
	}
	s.settle()
}

// end returns all connections and closes the pools, so that nothing outlives the script.
func (s *rapidScript) end() {
	for _, w := range []*rapidWorld{s.ours, s.theirs} {
		w.holdDial = false
		for w.opening > 0 {
			w.release()
			s.settle()
		}
	}
	for _, l := range s.loans {
		if l.cancel != nil && !s.closed {
			l.cancel()
		}
	}
	s.settle()
	s.ours.pool.Close()
	s.theirs.pool.Close()
	s.settle()
	for _, l := range s.loans {
		if l.live() {
			l.ours.c.Close()
			l.theirs.c.Close()
		}
	}
	s.settle()
}

// TestErrorAtTheEndOfASubscription leaves the error reply of a command for the pool, which reads it where it waits for
// the end of a subscription. Neither pool keeps such a connection. redigo's sends UNWATCH before, and ours need not.
func TestErrorAtTheEndOfASubscription(t *testing.T) {
	kept(t, func(t *testing.T, pool maker) {
		f := &rapidFake{like: redis.NewConn(nil, 0, 0)}
		p := pool(fields{MaxIdle: 1, Dial: func() (redis.Conn, error) { return f, nil }})
		c := get(t, p)
		c.Do("SUBSCRIBE", "x")
		f.publish("a message")
		if reply, err := c.Do("FAIL", "x"); err != nil || reply == nil {
			t.Errorf("the reply is %v, %v, and not the message", reply, err)
		}
		c.Send("WATCH", "k")
		if err := c.Close(); err == nil {
			t.Error("Close hides the error")
		}
		if f.Err() != errRapidEnded {
			t.Errorf("the connection has the error %v, and is not closed", f.Err())
		}
		p.Close()
	})
}
