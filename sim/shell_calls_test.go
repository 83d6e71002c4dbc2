package sim_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

// TestShellAgreesOnCalls is TestShellAgrees for requests that time out, are made again,
// take several leases or visit a server with workers: a program does with the real pool
// what the simulation's clients do.
func TestShellAgreesOnCalls(t *testing.T) {
	t.Parallel()
	exp := func(d time.Duration) sim.Dist { return sim.Dist{Exponential: sim.D(d)} }
	const ms = sim.Duration(time.Millisecond)
	base := sim.Scenario{
		Requests: 1000,
		Pool:     sim.Pool{MaxActive: 4, Wait: true},
		Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 600}, Hold: exp(3 * time.Millisecond)},
		World:    sim.World{OpenLatency: exp(2 * time.Millisecond), CloseLatency: exp(time.Millisecond)},
	}
	if sim.RaceDetector {
		base.Requests = 200
	}
	for name, change := range map[string]func(*sim.Scenario){
		"a server": func(s *sim.Scenario) { s.World.Server = sim.Server{Workers: 2, Service: exp(2 * time.Millisecond)} },
		"timeouts": func(s *sim.Scenario) { s.Workload.Timeout, s.Pool.MaxActive = 9*ms, 2 },
		"timeouts at a server": func(s *sim.Scenario) {
			s.World.Server = sim.Server{Workers: 1, Service: exp(1400 * time.Microsecond)}
			s.Workload.Timeout, s.Pool.MaxActive = 20*ms, 8
		},
		"openings that are left at a timeout": func(s *sim.Scenario) { s.Workload.Timeout, s.Pool.MaxActive, s.Pool.OpenDetached = 7*ms, 2, true },
		"retries": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 2}
			s.Clients.Retry = sim.Retry{Retries: 3, Backoff: 3 * ms, MaxBackoff: 7 * ms}
		},
		"a budget": func(s *sim.Scenario) {
			s.Pool = sim.Pool{MaxActive: 2}
			s.Clients.Retry = sim.Retry{Retries: 3, Backoff: 3 * ms, Budget: 0.25, Burst: 3}
		},
		"leases one after another": func(s *sim.Scenario) { s.Workload.Leases, s.Pool.MaxActive = 3, 6 },
		"two at once":              func(s *sim.Scenario) { s.Workload.Leases, s.Workload.Nested, s.Pool.MaxActive = 2, true, 30 },
		"deadlocks that time out": func(s *sim.Scenario) {
			s.Workload.Leases, s.Workload.Nested, s.Pool.MaxActive, s.Workload.Timeout = 2, true, 5, 40*ms
		},
		"deadlocks that a wait timeout ends": func(s *sim.Scenario) {
			s.Workload.Leases, s.Workload.Nested, s.Pool.MaxActive, s.Pool.WaitTimeout = 3, true, 9, 40*ms
			s.Clients.Retry = sim.Retry{Retries: 1, Backoff: 5 * ms}
		},
	} {
		for seed := range uint64(3) {
			sc := base
			sc.Seed = seed + 1
			change(&sc)
			t.Run(fmt.Sprintf("%s/%d", name, sc.Seed), func(t *testing.T) { agree(t, &sc) })
		}
	}
}

// serverJob is a visit to the server of a program in a bubble.
type serverJob struct {
	service time.Duration
	began   time.Time
	done    chan struct{}
}

// startServer starts workers that serve visits in the order in which they come.
func (p *played) startServer(workers int) (stop func()) {
	p.server = make(chan *serverJob, 10_000)
	for range workers {
		go func() {
			for job := range p.server {
				time.Sleep(job.service)
				close(job.done)
				p.mu.Lock()
				p.atServer = max(p.atServer, time.Since(job.began))
				p.mu.Unlock()
			}
		}()
	}
	return func() { close(p.server) }
}

type drawnCall struct{ hold, service time.Duration }

// budget is the bucket of a scenario's retries.
type budget struct{ tokens, most, each float64 }

// call makes a request, and makes it again if it fails.
func (p *played) call(pool *resource.Pool[int], sc *sim.Scenario, d drawnCall) {
	retry := &sc.Clients.Retry
	p.mu.Lock()
	if p.budget == nil {
		p.budget = &budget{retry.Tokens(), retry.Tokens(), retry.Budget}
	}
	p.budget.tokens = min(p.budget.most, p.budget.tokens+p.budget.each)
	p.mu.Unlock()
	for try := 0; ; try++ {
		ctx, cancel := context.Background(), func() {}
		if d := time.Duration(sc.Workload.Timeout); d > 0 {
			ctx, cancel = context.WithTimeout(ctx, d)
		}
		err := p.leases(ctx, pool, sc, d, max(sc.Workload.Leases, 1))
		cancel()
		if err == nil {
			p.mu.Lock()
			p.good++
			p.mu.Unlock()
			return
		}
		if try == retry.Retries || !p.pays(retry) {
			return
		}
		time.Sleep(retry.Pause(try, 0))
	}
}

func (p *played) pays(retry *sim.Retry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if retry.Budget > 0 {
		if p.budget.tokens < 1 {
			return false
		}
		p.budget.tokens--
	}
	p.retries++
	return true
}

// leases takes a number of leases, one after another or one within the other.
func (p *played) leases(ctx context.Context, pool *resource.Pool[int], sc *sim.Scenario, d drawnCall, left int) error {
	if ctx.Err() != nil {
		return ctx.Err() // the pool is not asked
	}
	arrived := time.Now()
	get := pool.TryAcquire
	if sc.Pool.Wait {
		get = pool.Acquire
	}
	lease, err := get(ctx)
	if err != nil {
		p.note(err, pool)
		return err
	}
	p.mu.Lock()
	p.acquire.Add(time.Since(arrived))
	p.mu.Unlock()
	if err := p.use(ctx, d); err != nil {
		p.mu.Lock()
		p.late++
		p.mu.Unlock()
		lease.Discard()
		return err
	}
	if sc.Workload.Nested && left > 1 {
		err = p.leases(ctx, pool, sc, d, left-1)
	}
	lease.Release()
	if err == nil && !sc.Workload.Nested && left > 1 {
		return p.leases(ctx, pool, sc, d, left-1)
	}
	return err
}

// use holds a lease, and visits the server, until the context's deadline.
func (p *played) use(ctx context.Context, d drawnCall) error {
	deadline, bounded := ctx.Deadline()
	hold := d.hold
	if bounded {
		hold = min(hold, time.Until(deadline))
	}
	if time.Sleep(hold); hold < d.hold {
		return context.DeadlineExceeded
	}
	if d.service == 0 {
		return nil
	}
	job := &serverJob{d.service, time.Now(), make(chan struct{})}
	p.server <- job
	select {
	case <-job.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note counts an acquire that has failed. An acquire that ends with its context has
// waited, or was opening.
func (p *played) note(err error, pool *resource.Pool[int]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, known := range []error{resource.ErrWaitTimeout, resource.ErrExhausted, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			p.errs[known]++
			return
		}
	}
	p.errs[err]++
}
