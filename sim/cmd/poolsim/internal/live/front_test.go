package live

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/sim"
)

// Visits get a worker in the order in which they came, and learn how many wait behind them.
func TestFrontIsFIFO(t *testing.T) {
	f := &front{}
	f.queue.free = []redis.Conn{nil}
	if first := f.take(); first.queued != 0 || len(f.queue.free) != 0 {
		t.Fatalf("%+v", first)
	}
	var waiting []chan turn
	for range 3 {
		waiting = append(waiting, make(chan turn, 1))
	}
	f.queue.waiting = append(f.queue.waiting, waiting...)
	for i, next := range waiting {
		f.give(nil)
		select {
		case got := <-next:
			if got.queued != len(waiting)-1-i {
				t.Errorf("visit %d sees a queue of %d", i, got.queued)
			}
		default:
			t.Fatalf("visit %d did not get the worker", i)
		}
	}
	if f.give(nil); len(f.queue.free) != 1 {
		t.Error("the worker is not free")
	}
}

// A visit takes longer by a share for each one that waits, and by the server's pace when it begins.
func TestFrontIsAsSlowAsTheServer(t *testing.T) {
	server, err := newAcceptor() // stands for a Redis that is never asked
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	for _, c := range []struct {
		slow []sim.Slowdown
		want time.Duration
	}{
		{nil, 5 * time.Millisecond},
		{[]sim.Slowdown{{For: sim.D(time.Hour), Factor: 3}}, 15 * time.Millisecond},
		{[]sim.Slowdown{{At: sim.D(time.Hour), For: sim.D(time.Hour), Factor: 3}}, 5 * time.Millisecond},
	} {
		sc := &sim.Scenario{World: sim.World{Slow: c.slow, Server: sim.Server{Workers: 1, Contention: 0.5}}}
		r := newRun(t.Context(), sc)
		r.clock = coarseClock()
		if err := r.connectServer(&Options{Redis: []string{server.addr()}}); err != nil {
			t.Fatal(err)
		}
		if d := r.front.takes(2e-3, 3); d != c.want {
			t.Errorf("%v: %v, want %v", c.slow, d, c.want)
		}
		r.disconnectServer()
	}
}

func TestReadCommand(t *testing.T) {
	for text, want := range map[string]string{
		"*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$3\r\n0.1\r\n": "DEBUG SLEEP 0.1",
		"*0\r\n":             "",
		"PING\r\n":           "not a command",
		"\n":                 "not a command",
		"*1\r\n$9999\r\n":    "not a command",
		"*-1\r\n":            "not a command",
		"*1\r\n:1\r\n":       "not a command",
		"*2\r\n$1\r\na\r\n":  "EOF",
		"*1\r\n$5\r\nab\r\n": "unexpected EOF",
	} {
		command, err := readCommand(bufio.NewReader(strings.NewReader(text)))
		got := strings.Join(command, " ")
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) && !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Some visits are early, and others late: the mean has both.
func TestLateness(t *testing.T) {
	var l Lateness
	if l.Mean() != 0 {
		t.Errorf("of no visit %v", l.Mean())
	}
	l.add(-time.Millisecond)
	l.add(4 * time.Millisecond)
	if l.Mean() != 1500*time.Microsecond || l.Quantile(0.4) != 0 {
		t.Errorf("mean %v, p40 %v", l.Mean(), l.Quantile(0.4))
	}
}

// Visits to workers that are always late make up for it, and those to exact ones ask for all.
func TestDriftMakesUpForLateWorkers(t *testing.T) {
	for _, delay := range []time.Duration{0, 2 * time.Millisecond, time.Second} {
		var d drift
		var sum time.Duration
		const n = 200
		for i := range 2 * n {
			late := delay - time.Duration(d)
			if d.add(late); i >= n {
				sum += late
			}
		}
		if want := max(delay-mostDrift, 0); sum/n < want-time.Microsecond || sum/n > want+time.Microsecond {
			t.Errorf("workers are late by %v, visits by %v on average, want %v", delay, sum/n, want)
		}
	}
}
