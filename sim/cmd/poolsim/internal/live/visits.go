package live

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/respool/respool/sim"
)

// visits is the one queue of the server of fakes, and its workers. As in the simulation a visit
// stays until it is served, even if its request has run out of time meanwhile.
type visits struct {
	clock      *clock
	workers    int
	contention float64
	served     func(time.Duration) time.Duration // how long an operation takes that begins now

	all sync.WaitGroup // of workers that are busy

	mu      sync.Mutex
	free    int // workers
	waiting []*visit
	died    chan struct{} // closed when the server dies, and then another one
	late    Lateness
}

// visit is a request's turn at the server.
type visit struct {
	takes time.Duration
	died  chan struct{}
	ended chan struct{} // closed when it was served
}

// newVisits returns the server's queue, or nil if it has none.
func (r *run) newVisits() *visits {
	s := &r.whole.World.Server
	if s.Workers == 0 {
		return nil
	}
	pace := sim.NewSampler(r.whole)
	served := func(d time.Duration) time.Duration { return pace.Served(r.clock.now(), d) }
	return &visits{clock: r.clock, workers: s.Workers, contention: s.Contention, served: served, free: s.Workers, died: make(chan struct{})}
}

// visit returns when a visit was served, or when its server has died. Its error is that the
// deadline came first, if there is one.
func (s *visits) visit(takes, deadline time.Duration) error {
	v := &visit{takes: takes, ended: make(chan struct{})}
	s.mu.Lock()
	v.died = s.died
	if s.free > 0 {
		s.free--
		s.all.Go(func() { s.work(v) })
	} else {
		s.waiting = append(s.waiting, v)
	}
	s.mu.Unlock()
	var expires <-chan struct{}
	if deadline > 0 {
		expires = s.clock.alarm(deadline)
	}
	select {
	case <-v.ended:
	case <-v.died:
	case <-expires:
		return context.DeadlineExceeded
	}
	return nil
}

// work is a worker: it serves a visit, and then those that wait.
func (s *visits) work(v *visit) {
	for queued := 0; v != nil; {
		takes := s.served(time.Duration(math.Round(float64(float64(v.takes) * (1 + float64(s.contention*float64(queued)))))))
		end := s.clock.now() + takes
		s.clock.sleep(end)
		v, queued = s.next(v, s.clock.now()-end)
	}
}

// next ends a visit, and returns the one that has waited longest, and how many wait behind it. A
// worker of a server that has died meanwhile gets none: the server has others.
func (s *visits) next(v *visit, late time.Duration) (*visit, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.died != s.died {
		return nil, 0
	}
	close(v.ended)
	s.late.add(late)
	if len(s.waiting) == 0 {
		s.free++
		return nil, 0
	}
	first := s.waiting[0]
	s.waiting = s.waiting[1:]
	return first, len(s.waiting)
}

// dropAll ends all visits, since the server dies.
func (s *visits) dropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.died)
	s.died, s.waiting, s.free = make(chan struct{}), nil, s.workers
}

// lateness is by how much workers were busy for longer than drawn.
func (s *visits) lateness() Lateness {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.late
}
