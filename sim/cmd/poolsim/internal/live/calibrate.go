package live

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/sim"
)

// Calibrate measures how late sleeps end on this machine: with [time.Sleep], and with the
// clock of [Run].
func Calibrate(n int, d time.Duration) (sleep, precise *sim.Histogram) {
	sleep, precise = new(sim.Histogram), new(sim.Histogram)
	for range n {
		begin := time.Now()
		time.Sleep(d)
		sleep.Add(time.Since(begin) - d)
	}
	c := newClock()
	defer c.stop()
	for range n {
		until := c.now() + d
		c.sleep(until)
		precise.Add(c.now() - until)
	}
	return sleep, precise
}

// Visits says how much longer visits to a real server take than they ask for. Both times are
// medians, because a busy machine delays some visits much more.
type Visits struct {
	// Busy is how much longer a worker is busy, if the next visit waits for it.
	Busy time.Duration
	// Idle is how much longer a client waits, if the server has nothing else to do. It is
	// Busy and the time of the network and of the client, in which the worker is free.
	Idle *sim.Histogram
}

// Client is what a visit takes beyond the time in which its worker is busy.
func (v *Visits) Client() time.Duration { return max(v.Idle.Quantile(0.5)-v.Busy, 0) }

// CalibrateRedis measures visits of a length to a server that does nothing else, on the
// same way as [Run]. It makes n of them, and then n for each worker.
func CalibrateRedis(servers []string, n int, d time.Duration) (*Visits, error) {
	f, err := newFront(servers, 0, 0)
	if err != nil {
		return nil, err
	}
	defer f.close()
	addr := f.addr()
	v := &Visits{Idle: new(sim.Histogram)}
	idle, err := visitTimes(addr, 1, n, d)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(idle); i++ {
		v.Idle.Add(idle[i] - idle[i-1] - d)
	}
	workers := len(servers)
	const clients = 3 // of each worker: while one gets its answer, two wait
	busy, err := visitTimes(addr, clients*workers, n/clients, d)
	if err != nil {
		return nil, err
	}
	// While all workers are busy each of them ends one of that many visits.
	busy = busy[workers : len(busy)-clients*workers]
	var late sim.Histogram
	for i := workers; i < len(busy); i++ {
		late.Add(busy[i] - busy[i-workers] - d)
	}
	v.Busy = max(late.Quantile(0.5), 0)
	return v, nil
}

// visitTimes makes n visits by each of some clients, and returns when each visit ended.
func visitTimes(addr string, clients, n int, d time.Duration) ([]time.Duration, error) {
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		ended []time.Duration
		first error
	)
	begin := time.Now()
	for range clients {
		all.Go(func() {
			err := visitOften(addr, n, d, func() {
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, time.Since(begin))
			})
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
			}
		})
	}
	all.Wait()
	slices.Sort(ended)
	return ended, first
}

func visitOften(addr string, n int, d time.Duration, ended func()) error {
	c, err := redis.Dial("tcp", addr, redis.DialConnectTimeout(time.Second))
	if err != nil {
		return err
	}
	defer c.Close()
	for range n {
		if err := debugSleep(c, 0, d); err != nil {
			return fmt.Errorf("%w (redis-server needs --enable-debug-command local)", err)
		}
		ended()
	}
	return nil
}
