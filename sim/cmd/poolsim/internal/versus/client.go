package versus

import (
	"context"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// samples is what one client has measured. There is room for all of it before it
// begins, since its own allocations would be counted.
type samples struct{ wait, total []time.Duration }

func (l *Load) newSamples() []samples {
	all := make([]samples, l.Clients)
	for i := range all {
		n := l.Requests / l.Clients
		if i < l.Requests%l.Clients {
			n++
		}
		all[i] = samples{make([]time.Duration, 0, n), make([]time.Duration, 0, n)}
	}
	return all
}

// clients runs all clients to their ends, and returns the first error.
func (l *Load) clients(ctx context.Context, pool contender, all []samples) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done sync.WaitGroup
	for i := range all {
		done.Go(func() {
			if err := l.client(ctx, pool, &all[i]); err != nil {
				cancel(err)
			}
		})
	}
	done.Wait()
	return context.Cause(ctx)
}

func (l *Load) client(ctx context.Context, pool contender, s *samples) error {
	var granted time.Time
	work := func(c redis.Conn) error {
		granted = time.Now()
		if _, err := c.Do(l.Command, l.Args...); err != nil {
			return err
		}
		if l.Hold > 0 {
			time.Sleep(l.Hold)
		}
		return nil
	}
	for range cap(s.wait) {
		begin := time.Now()
		if err := pool.use(ctx, work); err != nil {
			return err
		}
		s.wait = append(s.wait, granted.Sub(begin))
		s.total = append(s.total, time.Since(begin))
		if l.Think > 0 {
			time.Sleep(l.Think)
		}
	}
	return nil
}

// aloneUses is how often a pool by itself is used: what else the process does
// meanwhile, which is little, is spread over so many.
const aloneUses = 10_000

// alone measures taking and giving back, with nobody else there.
func (l *Load) alone(ctx context.Context, pool contender, s *Standing) error {
	nothing := func(redis.Conn) error { return nil }
	if err := pool.use(ctx, nothing); err != nil {
		return err
	}
	before := mallocs()
	begin := time.Now()
	for range aloneUses {
		if err := pool.use(ctx, nothing); err != nil {
			return err
		}
	}
	s.AloneTime += time.Since(begin) / aloneUses
	s.AloneAllocs += float64(mallocs()-before) / aloneUses
	return nil
}
