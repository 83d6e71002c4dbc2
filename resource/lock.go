package resource

import (
	"sync"
	"sync/atomic"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// An event of the ledger begins with the pool's lock and ends with it. All functions
// that take or give back the lock for an event stand in this file, with two
// exceptions: acquire and giveBack, the two that every cycle without the lane runs. The
// pools of a Keyed share one lock. The code that takes it for several pools is in the files
// whose names begin with keyed.
//
// A function whose name ends in Locked is called with mu held. One whose name ends in
// Unlock is called with mu held and returns without it.

// backoffMutex is a mutex for critical sections of about ten nanoseconds.
//
// sync.Mutex parks a goroutine at once when its processor has others to run, which costs
// far more than such a section. A short pause is enough for an ordinary collision. If the
// lock stays contended, a loser leaves its cache line alone for a while, so that the winner
// runs many cycles at the uncontended cost. BenchmarkReuseParallel shows the difference.
// With one processor, goroutines hardly ever collide.
type backoffMutex struct{ sync.Mutex }

func (m *backoffMutex) Lock() {
	if !m.TryLock() {
		m.lockSlow()
	}
}

func (m *backoffMutex) lockSlow() {
	spins := 50
	for range 4 {
		pause(spins)
		if m.TryLock() {
			return
		}
		spins = 4000
	}
	m.Mutex.Lock()
}

// pause passes some time without touching a cache line that another processor uses.
//
//go:noinline
func pause(spins int) (sum uint32) {
	var own atomic.Uint32 // a load of it cannot be optimized away
	for range spins {
		sum += own.Load()
	}
	return sum
}

// lock begins an event and returns its instant. It reads the clock before it takes
// the lock, to hold the lock for a shorter time.
//
// The ledger must know everything for the event, so lock empties the lane. The two
// common events, in acquire and giveBack, do not, and must not: see lane.go.
func (p *core[T]) lock() policy.Instant { return p.lockAt(p.clock.now()) }

// lockToLend is lock for an event that only lends: its instant matters only where a
// policy may say that a resource must not be lent any more.
func (p *core[T]) lockToLend() policy.Instant { return p.lockAt(p.clock.toLend()) }

func (p *core[T]) lockAt(now policy.Instant) policy.Instant {
	p.mu.Lock()
	now = p.advanceClockLocked(now)
	p.emptyLaneLocked(now)
	return now
}

// advanceClockLocked keeps the ledger's time from running backwards: a goroutine that
// waited for the lock may bring an instant that is earlier than the last event's.
func (p *core[T]) advanceClockLocked(now policy.Instant) policy.Instant {
	if p.member != nil {
		now = p.member.shared.advanceClockLocked(now)
	}
	if now <= p.latestEvent {
		return p.latestEvent
	}
	p.latestEvent = now
	return now
}

// nothingToDoLocked reports whether an event has caused nothing but its answer, so
// that only unlocking is left. It is for events that cannot have drained the pool.
func (p *core[T]) nothingToDoLocked() bool {
	return !p.ledger.Pending() && p.ledger.NextDeadline() >= p.timerAt && p.guard.caught == nil &&
		(p.member == nil || !p.member.shared.total.Touched())
}

// unlock ends an event. It sets the timer if something falls due before the timer
// fires. It returns the event's work, which the caller must do.
func (p *core[T]) unlock() ledger.Work {
	w := p.endEventLocked()
	if p.member == nil {
		p.mu.Unlock()
	} else {
		p.member.shared.unlock()
	}
	return w
}

// endEventLocked is unlock without the unlocking.
func (p *core[T]) endEventLocked() (w ledger.Work) {
	if p.ledger.Pending() {
		w = p.ledger.Take()
	}
	if min(p.ledger.NextDeadline(), p.tickState.next) < p.timerAt {
		p.armLocked()
	}
	if p.drained != nil && p.ledger.Drained() {
		p.drainLocked()
	}
	if p.watch != nil {
		p.deliverLocked()
	}
	if p.guard.caught != nil {
		p.guard.crash()
	}
	return w
}

// unlockDelegating ends an acquire's event. Work for others is left to a new
// goroutine, so that the acquirer is not delayed.
func (p *core[T]) unlockDelegating() {
	if p.nothingToDoLocked() {
		p.mu.Unlock()
	} else {
		p.performAsync(p.unlock())
	}
}

// unlockAfterClose is unlockDelegating after a close, which may have drained the pool. It
// may be one of very many: see BenchmarkClose.
func (p *core[T]) unlockAfterClose() {
	if !p.ledger.Drained() && p.nothingToDoLocked() {
		p.mu.Unlock()
	} else {
		p.performAsync(p.unlock())
	}
}

// unlockAfterTest is unlockDelegating after a test. It waits a moment for the close
// of a resource that failed the test. So a quick close has returned when the
// acquire goes on, as if the acquirer had made it.
func (p *core[T]) unlockAfterTest() {
	if p.nothingToDoLocked() {
		p.mu.Unlock()
		return
	}
	work := p.unlock()
	if !p.wakeAndOpen(&work) {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.closeAll(work, false)
	}()
	p.linger(done)
}
