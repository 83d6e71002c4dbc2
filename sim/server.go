package sim

import (
	"math"
	"time"
)

// server is the server's queue, and its workers. It serves visits: a visit stays until it
// is served, even if its request has timed out meanwhile.
type server struct {
	workers []visit // that have ever been busy: each has the visit that it serves
	free    []int32 // indexes of those that are not busy
	queue   []visit // first in, first out, from head on
	head    int
	gen     uint32 // changes when the server loses its visits: the ends of these are void
	conns   int    // of all instances
	refused uint64 // openings beyond its maximum of connections

	wait, total Histogram // in the queue, and from the beginning of the visit to its end
	levels      serverLevels
}

// visit is a request's turn at the server.
type visit struct {
	of      *engine // the instance that the request belongs to
	request *request
	gen     uint32 // of the request
	came    Instant
	takes   time.Duration
	counted bool
}

// wanted reports whether the request still waits for its visit.
func (v *visit) wanted() bool { return v.request.gen == v.gen && v.request.visiting }

// serverLevels is the server's load, weighted by time since counting began.
type serverLevels struct {
	busy, queued float64
	peak         int // longest queue, including the warm-up
	last         Instant
}

// account accounts for the time since the server's last change.
func (s *server) account(now Instant) {
	w := float64(now - s.levels.last)
	s.levels.busy += float64(float64(s.busy()) * w)
	s.levels.queued += float64(float64(s.queued()) * w)
	s.levels.last = now
}

func (s *server) busy() int { return len(s.workers) - len(s.free) }

func (s *server) queued() int { return len(s.queue) - s.head }

// startCounting ends the warm-up.
func (s *server) startCounting(now Instant) { s.levels = serverLevels{last: now, peak: s.levels.peak} }

// served returns how long an operation of the server takes if it begins now, at the
// server's present pace and with the stalls in between.
func (e *engine) served(d time.Duration) time.Duration {
	d = paced(d, e.slow)
	if len(e.stalls) == 0 {
		return d
	}
	return stalled(e.stalls, e.now, d)
}

// hasServer reports whether the server has a queue.
func (e *engine) hasServer() bool { return e.sc.World.Server.Workers > 0 }

// visits begins a request's visit to the server.
func (e *engine) visits(r *request) {
	s := e.server
	e.pending++
	r.visiting, r.visited = true, true
	s.account(e.now)
	v := visit{e, r, r.gen, e.now, r.service, e.measure.counting}
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		e.serve(i, v)
		return
	}
	if i := len(s.workers); i < e.sc.World.Server.Workers {
		s.workers = append(s.workers, visit{})
		e.serve(int32(i), v)
		return
	}
	if s.head > 0 && len(s.queue) == cap(s.queue) {
		n := copy(s.queue, s.queue[s.head:])
		clear(s.queue[n:])
		s.queue, s.head = s.queue[:n], 0
	}
	s.queue = append(s.queue, v)
	s.levels.peak = max(s.levels.peak, s.queued())
}

// serve has a worker begin with a visit.
func (e *engine) serve(worker int32, v visit) {
	s := e.server
	s.workers[worker] = v
	if c := e.sc.World.Server.Contention; c > 0 {
		v.takes = rounded(float64(float64(v.takes) * (1 + float64(c*float64(s.queued())))))
	}
	if v.counted {
		s.wait.Add(e.now.Sub(v.came))
	}
	e.queue.add(e.now.Add(e.served(v.takes)), visitDone, worker, s.gen)
}

// visitEnded ends a visit, and has its worker begin with the next.
func (e *engine) visitEnded(o event) {
	s := e.server
	if o.gen != s.gen {
		return
	}
	s.account(e.now)
	v := s.workers[o.target]
	if v.counted {
		s.total.Add(e.now.Sub(v.came))
	}
	if s.queued() > 0 {
		next := s.queue[s.head]
		s.queue[s.head] = visit{}
		if s.head++; s.head == len(s.queue) {
			s.queue, s.head = s.queue[:0], 0
		}
		next.of.arriveAt(e.now)
		next.of.serve(o.target, next)
	} else {
		s.workers[o.target] = visit{}
		s.free = append(s.free, o.target)
	}
	if v.wanted() {
		e.visited(v.request)
	}
}

// visited goes on with a request whose visit is over.
func (e *engine) visited(r *request) {
	e.pending--
	r.visiting = false
	e.letGo(r)
}

// serverDies ends all connections, and all visits: no request gets an answer.
func (e *engine) serverDies() {
	for _, other := range e.instances() {
		other.arriveAt(e.now)
		other.disconnectAll()
	}
	s := e.server
	if s.busy() == 0 {
		return
	}
	s.account(e.now)
	var lost []visit
	for _, v := range s.workers {
		if v.request != nil {
			lost = append(lost, v)
		}
	}
	lost = append(lost, s.queue[s.head:]...)
	s.workers, s.free, s.queue, s.head = s.workers[:0], s.free[:0], s.queue[:0], 0
	s.gen++
	for i := range lost {
		if v := &lost[i]; v.wanted() {
			v.of.visited(v.request)
		}
	}
}

// ServerUse is how busy a server with workers was. Times are in seconds.
type ServerUse struct {
	Utilization float64 `json:"utilization"` // mean share of the workers that were busy
	Queue       float64 `json:"queue"`       // mean length
	PeakQueue   int     `json:"peak_queue"`  // including the warm-up
	Wait        Times   `json:"wait"`        // in the server's queue
	Total       Times   `json:"total"`       // in the queue and with a worker
}

// report returns nil for a server without a queue.
func (s *server) report(e *engine) *ServerUse {
	if !e.hasServer() {
		return nil
	}
	s.account(max(e.now, s.levels.last))
	u := &ServerUse{PeakQueue: s.levels.peak, Wait: times(&s.wait), Total: times(&s.total)}
	if span := float64(e.now - e.measure.began); span > 0 {
		u.Utilization = s.levels.busy / span / float64(e.sc.World.Server.Workers)
		u.Queue = s.levels.queued / span
	}
	u.Utilization = math.Min(u.Utilization, 1) // the sum is rounded
	return u
}
