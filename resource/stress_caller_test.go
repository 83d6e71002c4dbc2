package resource_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"

	"github.com/respool/respool/resource"
)

// stressPatient is the key of contexts whose callers stay until they are served.
type stressPatient struct{}

// stressContext notes whether it had ended when the pool looked first: such an
// acquire has not begun.
type stressContext struct {
	context.Context
	looked, early atomic.Bool
}

func (c *stressContext) Err() error {
	err := c.Context.Err()
	if !c.looked.Swap(true) && err != nil {
		c.early.Store(true)
	}
	return err
}

type stressCaller struct {
	*stress
	left   int
	shutAt int
	over   [4]resource.Lease[*stressThing] // leases that are
	done   func()
}

// run does what is left to do. After a Goexit another goroutine goes on.
func (c *stressCaller) run() {
	finished := false
	defer func() {
		if finished {
			c.done()
		} else {
			go c.run()
		}
	}()
	for c.left > 0 {
		c.left--
		c.step()
	}
	finished = true
}

func (c *stressCaller) step() {
	defer func() {
		if r := recover(); r != nil {
			if err, ok := r.(error); !ok || !errors.Is(err, errStress) {
				c.world.fault("panic: %v", r)
			}
		}
	}()
	if rand.IntN(2) == 0 {
		select {
		case cancel := <-c.cancels:
			cancel()
		default:
		}
	}
	if c.left == c.shutAt {
		c.hoard(4)
		c.shut()
	}
	if c.plain && rand.IntN(200) > 0 {
		c.turn()
		return
	}
	switch n := rand.IntN(100); {
	case n < 50:
		c.lease((*resource.Pool[*stressThing]).Acquire)
	case n < 65:
		c.lease((*resource.Pool[*stressThing]).TryAcquire)
	case n < 80:
		c.do()
	case n < 86:
		c.look()
	case n < 87:
		c.hoard(4)
		c.reset()
	case n < 90:
		if len(c.resize) > 0 {
			to := c.resize[rand.IntN(len(c.resize))]
			if err := c.pool.Resize(to[0], to[1]); err != nil {
				c.world.fault("Resize: %v", err)
			}
		}
	default:
		c.poke()
	}
}

// turn acquires and releases with nothing in between, so that collisions are
// frequent.
func (c *stressCaller) turn() {
	floor := c.world.floor.Load()
	c.seen.calls.Add(1)
	var lease resource.Lease[*stressThing]
	var err error
	settled := false
	defer func() {
		if !settled { // an Open that panicked
			c.seen.broken.Add(1)
		}
	}()
	if c.left%8 == 0 {
		lease, err = c.pool.TryAcquire(context.Background())
	} else {
		lease, err = c.pool.Acquire(context.Background())
	}
	settled = true
	c.seen.note(err)
	if err != nil {
		return
	}
	x := lease.Value()
	if x.late || x.resets < floor {
		c.world.fault("lent when it had been opened too late (%v), or before reset %d (%d)", x.late, floor, x.resets)
	}
	x.pass(thingIdle, thingHeld)
	x.uses++
	x.pass(thingHeld, thingIdle)
	if rand.IntN(50) == 0 {
		c.over[rand.IntN(len(c.over))] = lease
	}
	if !lease.Release() {
		c.world.fault("a lease in force could not be released")
	}
}

// reset begins before it is counted as done, and whatever was opened before it
// began may not be seen by those who come when it is done.
func (c *stressCaller) reset() {
	n := c.world.resets.Add(1)
	defer func() {
		for floor := c.world.floor.Load(); n > floor && !c.world.floor.CompareAndSwap(floor, n); floor = c.world.floor.Load() {
		}
	}()
	c.pool.Reset()
}

// shut closes the pool while it is in use.
func (c *stressCaller) shut() {
	defer c.world.shut.Store(true)
	if rand.IntN(2) == 0 {
		c.pool.Close()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out *resource.ShutdownError
	if err := c.pool.Shutdown(ctx); err != nil && (!errors.As(err, &out) || !errors.Is(err, context.Canceled)) {
		c.world.fault("Shutdown: %v", err)
	}
}

// context returns one of four contexts: it never ends, ends late, is canceled by another
// caller, or has already ended.
func (c *stressCaller) context() (context.Context, context.CancelFunc) {
	n := rand.IntN(16)
	ctx := context.Background()
	if n < 8 {
		ctx = context.WithValue(ctx, stressPatient{}, true)
	}
	if n < 4 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	if n == 15 {
		cancel()
	}
	if n >= 8 {
		select {
		case c.cancels <- cancel:
		default:
		}
	}
	return ctx, cancel
}

// stressCall is one acquire, which is counted however it ends.
type stressCall struct {
	*stressCaller
	ctx     stressContext
	cancel  context.CancelFunc
	late    bool  // the pool had been closed
	floor   int64 // the world's when it began
	settled bool
}

func (c *stressCaller) call() *stressCall {
	c.seen.calls.Add(1)
	ctx, cancel := c.context()
	return &stressCall{
		stressCaller: c, ctx: stressContext{Context: ctx}, cancel: cancel,
		late: c.world.shut.Load(), floor: c.world.floor.Load(),
	}
}

// outcome counts the first outcome of a call: events after a lease do not count.
func (c *stressCall) outcome(err error) {
	if !c.settled {
		c.settled = true
		c.seen.note(err)
		if c.late && !errors.Is(err, resource.ErrClosed) && !errors.Is(err, context.Canceled) {
			c.world.fault("an acquire of a closed pool: %v", err)
		}
	}
}

func (c *stressCall) end() {
	c.cancel()
	if c.ctx.early.Load() {
		c.seen.early.Add(1)
	}
	if !c.settled {
		c.seen.broken.Add(1)
	}
}

type stressGet func(*resource.Pool[*stressThing], context.Context) (resource.Lease[*stressThing], error)

func (c *stressCaller) lease(get stressGet) {
	call := c.call()
	defer call.end()
	lease, err := get(c.pool, &call.ctx)
	call.outcome(err)
	if err != nil {
		return
	}
	x := lease.Value()
	call.use(x)
	c.over[rand.IntN(len(c.over))] = lease
	var ok bool
	switch rand.IntN(16) {
	case 0, 1:
		c.seen.discarded.Add(1)
		ok = lease.Discard()
	case 2:
		c.world.places.Add(-1)
		c.seen.detached.Add(1)
		_, ok = lease.Detach()
		x.pass(thingIdle, detached)
	case 3:
		// If two goroutines give back the same lease, one of them succeeds.
		other := make(chan bool, 1)
		go func() { other <- lease.Release() }()
		mine := lease.Release()
		if ok = mine != <-other; !ok {
			c.world.fault("of two Releases both say that the lease was in force: %v", mine)
		}
		return
	default:
		ok = lease.Release()
	}
	if !ok {
		c.world.fault("a lease in force could not be ended")
	}
}

// hoard takes up to n resources, and gives them all back, so that some are idle.
// With all of them in hand it waits for one more where only WaitTimeout can end
// that.
func (c *stressCaller) hoard(n int) {
	call := c.call()
	defer call.end()
	lease, err := c.pool.TryAcquire(&call.ctx)
	call.outcome(err)
	switch {
	case err == nil:
		defer lease.Release()
		call.use(lease.Value())
		if n > 1 {
			c.hoard(n - 1)
		}
	case c.WaitTimeout > 0:
		c.lease((*resource.Pool[*stressThing]).Acquire)
	}
}

// use holds a resource for a while. It is free before it is given back:
// afterwards it may be another's.
func (c *stressCall) use(x *stressThing) {
	if x.late || x.resets < c.floor {
		c.world.fault("lent when it had been opened too late (%v), or before reset %d (%d)", x.late, c.floor, x.resets)
	}
	x.pass(thingIdle, thingHeld)
	linger()
	x.uses++
	x.pass(thingHeld, thingIdle)
}

func (c *stressCaller) do() {
	call := c.call()
	defer call.end()
	err := c.pool.Do(&call.ctx, func(_ context.Context, x *stressThing) error {
		call.outcome(nil)
		returned := false
		defer func() {
			if !returned {
				c.seen.discarded.Add(1)
			}
		}()
		call.use(x)
		err := c.world.mishap(30, true)
		returned = true
		return err
	})
	call.outcome(err)
}

// poke uses a lease that is over.
func (c *stressCaller) poke() {
	lease := c.over[rand.IntN(len(c.over))]
	if _, ok := lease.ValueOK(); ok {
		c.world.fault("a lease that is over has a value")
	}
	_, detached := lease.Detach()
	if lease.Release() || lease.Discard() || detached {
		c.world.fault("a lease that is over was in force")
	}
}

// look takes a snapshot. It must be of a single moment.
func (c *stressCaller) look() {
	st := c.pool.Stats()
	switch {
	case st.Active != st.Opening+st.Testing+st.Idle+st.Leased+st.Closing,
		c.world.limit > 0 && st.Active > int(c.world.limit),
		c.MaxIdle > 0 && len(c.resize) == 0 && st.Idle > c.MaxIdle,
		c.MaxWaiters > 0 && st.Waiting > c.MaxWaiters,
		st.Waiting > 0 && (st.Idle > 0 || st.Active < st.MaxActive),
		st.PeakActive < st.Active, st.PeakLeased < st.Leased, st.PeakIdle < st.Idle, st.PeakWaiting < st.Waiting:
		c.world.fault("impossible: %+v", st)
	}
}
