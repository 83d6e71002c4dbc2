package redispool_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/resource"
)

// eventLog notes the pool and the kind of each event.
type eventLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *eventLog) Observe(e resource.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(e.Pool, " ", e.Kind))
}

// TestObserver has an observer hear of a connection's life, and the histograms measure it.
func TestObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s stubs
		var log eventLog
		p := &redispool.Pool{
			Name: "sessions", Observer: &log, Histograms: true,
			MaxIdle: 1, Wait: true,
			Dial: func() (redis.Conn, error) { time.Sleep(time.Second); return s.dial() },
		}
		c := get(t, p)
		time.Sleep(time.Minute)
		c.Close()
		p.Close()
		synctest.Wait()
		want := []string{"sessions opened", "sessions acquired", "sessions returned", "sessions shut_down", "sessions closed"}
		slices.Sort(log.lines[3:]) // the last two are events of different things
		slices.Sort(want[3:])
		if !slices.Equal(log.lines, want) {
			t.Errorf("got %q, want %q", log.lines, want)
		}
		h := p.ResourceStats().Histograms
		if h == nil || h.Use.Sum() != time.Minute || h.Open.Sum() != time.Second || h.Close.Count() != 1 {
			t.Errorf("got the histograms %v", h)
		}
	})
}
