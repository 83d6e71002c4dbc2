package live

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/sim"
)

// front makes one server of several Redis servers. Each of them executes one command at a
// time, so it is one worker. Visits wait in one FIFO queue, and the first goes to the Redis
// that is free first. So the front can measure for how long each worker was busy. If workers
// contend, a visit sleeps longer by a share for each visit that waits when it begins.
type front struct {
	*acceptor
	contention float64
	early      time.Duration                     // that visits ask for less than their workers are busy
	slowed     func(time.Duration) time.Duration // how long a visit takes at the server's pace now; nil: as long as it asks for

	queue struct {
		sync.Mutex
		free    []redis.Conn
		waiting []chan turn
		closed  bool
		late    Lateness
		adapts  bool // visits also ask for less by the drift
		drift   drift
	}
}

// drift is by how much the visits so far were late on average, the last ones most. The next
// visits ask for so much less, so that all together keep their workers busy for as long as
// drawn, also on a machine with other work. A visit that is delayed is late all the same.
type drift time.Duration

const (
	driftPart = 16                    // of a visit's lateness that the next ones make up for
	mostDrift = 10 * time.Millisecond // a worker that is much too slow cannot be made up for
)

func (d *drift) add(late time.Duration) {
	*d = min(max(*d+drift(late/driftPart), 0), drift(mostDrift))
}

// turn is a visit's worker, and how many other visits waited when it got that worker. The
// worker is nil if the server has died.
type turn struct {
	worker redis.Conn
	queued int
}

// newFront connects to one Redis for each worker.
func newFront(servers []string, contention float64, early time.Duration) (*front, error) {
	a, err := newAcceptor()
	if err != nil {
		return nil, err
	}
	f := &front{acceptor: a, contention: contention, early: early}
	for _, addr := range servers {
		c, err := redis.Dial("tcp", addr, redis.DialConnectTimeout(time.Second))
		if err != nil {
			f.close()
			return nil, err
		}
		f.queue.free = append(f.queue.free, c)
	}
	go f.accept(f.serve)
	return f, nil
}

// adapt makes visits ask for less by the drift from now on.
func (f *front) adapt() {
	f.queue.Lock()
	defer f.queue.Unlock()
	f.queue.adapts = true
}

// close ends the front. A worker that is busy ends its visit first.
func (f *front) close() {
	f.acceptor.close()
	f.queue.Lock()
	defer f.queue.Unlock()
	f.queue.closed = true
	for _, c := range f.queue.free {
		c.Close()
	}
	f.queue.free = nil
}

// serve answers a client's commands, one after another.
func (f *front) serve(client net.Conn) {
	r := bufio.NewReader(client)
	for {
		command, err := readCommand(r)
		if err != nil {
			return
		}
		answer := "+OK\r\n"
		if err := f.visit(command); err != nil {
			answer = "-" + strings.TrimSpace(err.Error()) + "\r\n"
		}
		if _, err := io.WriteString(client, answer); err != nil {
			return
		}
	}
}

// visit waits for a worker, and keeps it busy with DEBUG SLEEP.
func (f *front) visit(command []string) error {
	if len(command) != 3 || command[0] != "DEBUG" || command[1] != "SLEEP" {
		return fmt.Errorf("ERR %q is not DEBUG SLEEP", command)
	}
	seconds, err := strconv.ParseFloat(command[2], 64)
	if err != nil {
		return fmt.Errorf("ERR %q is no number of seconds", command[2])
	}
	t := f.take()
	if t.worker == nil {
		return errDied
	}
	defer f.give(t.worker)
	wanted := f.takes(seconds, t.queued)
	f.queue.Lock()
	early := f.early + time.Duration(f.queue.drift)
	f.queue.Unlock()
	begin := time.Now()
	if err := debugSleep(t.worker, 0, max(wanted-early, 0)); err != nil {
		return err
	}
	late := time.Since(begin) - wanted
	f.queue.Lock()
	defer f.queue.Unlock()
	f.queue.late.add(late)
	if f.queue.adapts {
		f.queue.drift.add(late)
	}
	return nil
}

// takes returns how long a visit takes that asks for some seconds, and begins now while others
// wait.
func (f *front) takes(seconds float64, queued int) time.Duration {
	d := time.Duration(float64(seconds * 1e9 * (1 + float64(f.contention*float64(queued)))))
	if f.slowed == nil {
		return d
	}
	return f.slowed(d)
}

// Lateness is by how much visits kept their workers busy for longer than drawn. A visit
// that asked for too much less may also be early.
type Lateness struct {
	sum time.Duration
	all sim.Histogram // of those that are early, zero
}

func (l *Lateness) add(late time.Duration) {
	l.sum += late
	l.all.Add(max(late, 0))
}

// Mean returns the mean, which is negative if visits are early on average.
func (l *Lateness) Mean() time.Duration {
	if l.all.Count() == 0 {
		return 0
	}
	return l.sum / time.Duration(l.all.Count())
}

// Quantile returns a lateness that a share q does not exceed, at least zero.
func (l *Lateness) Quantile(q float64) time.Duration { return l.all.Quantile(q) }

func (f *front) late() Lateness {
	f.queue.Lock()
	defer f.queue.Unlock()
	return f.queue.late
}

// take returns a worker, after those that came before.
func (f *front) take() turn {
	q := &f.queue
	q.Lock()
	if n := len(q.free); n > 0 {
		defer q.Unlock()
		w := q.free[n-1]
		q.free = q.free[:n-1]
		return turn{worker: w}
	}
	mine := make(chan turn, 1)
	q.waiting = append(q.waiting, mine)
	q.Unlock()
	return <-mine
}

var errDied = errors.New("ERR the server has died")

// dropWaiting ends all visits that wait. They get no worker.
func (f *front) dropWaiting() {
	q := &f.queue
	q.Lock()
	defer q.Unlock()
	for _, waiting := range q.waiting {
		waiting <- turn{}
	}
	q.waiting = nil
}

// give hands a worker to the visit that has waited longest.
func (f *front) give(w redis.Conn) {
	q := &f.queue
	q.Lock()
	defer q.Unlock()
	switch {
	case len(q.waiting) > 0:
		next := q.waiting[0]
		q.waiting = q.waiting[1:]
		next <- turn{w, len(q.waiting)}
	case q.closed:
		w.Close()
	default:
		q.free = append(q.free, w)
	}
}

// Limits of a command, far beyond DEBUG SLEEP.
const (
	mostArgs   = 16
	longestArg = 1024
)

// readCommand reads a command of the Redis protocol: an array of bulk strings.
func readCommand(r *bufio.Reader) ([]string, error) {
	n, err := readLength(r, '*', mostArgs)
	if err != nil {
		return nil, err
	}
	command := make([]string, n)
	for i := range command {
		size, err := readLength(r, '$', longestArg)
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		command[i] = string(text[:size])
	}
	return command, nil
}

func readLength(r *bufio.Reader, kind byte, most int) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(line[1:]))
	if line[0] != kind || err != nil || n < 0 || n > most {
		return 0, errors.New("not a command of the Redis protocol")
	}
	return n, nil
}
