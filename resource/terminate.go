package resource

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// TerminatedLease describes a lease that [Pool.Terminate] or [Keyed.Terminate] has ended.
type TerminatedLease struct {
	Key      any    // the key, if the pool is one of a Keyed; else nil
	Resource uint64 // the resource's number in its pool
	// Held is how long the lease was out, and Stack is where it began, as debug.Stack formats
	// it. They are known with Config.LeakAfter or Config.Reclaim; else they are zero and nil.
	Held  time.Duration
	Stack []byte
}

// String returns the number of the resource, and where it was acquired.
func (x TerminatedLease) String() string {
	what := fmt.Sprintf("resource %d", x.Resource)
	if x.Key != nil {
		what += " of key " + keyText(x.Key)
	}
	if len(x.Stack) == 0 {
		return what
	}
	name, rest, _ := bytes.Cut(x.Stack, []byte("\n"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return fmt.Sprintf("%s, for %v, by %s at %s", what, rounded(x.Held), name, bytes.TrimSpace(line))
}

// Terminate is [Pool.Shutdown] by force: when ctx ends, it closes the leased resources while
// their holders still use them, and returns when these closes have returned or timed out.
// Their leases are over then: ValueOK returns false, Value returns the closed resource, and
// Release, Discard and Detach do nothing. The error is a [*ShutdownError] that counts and
// lists the leases. Use it as the last step before the program ends, so that the other end
// sees its connections closed.
//
// A resource that is being opened, tested or cleaned up is not leased, and is closed when
// that is over. Closes run on goroutines of the pool, where a panic ends the program. If no
// lease is in force when ctx ends, Terminate returns what Shutdown returns. It panics if ctx
// is nil.
func (p *Pool[T]) Terminate(ctx context.Context) error {
	err := p.Shutdown(ctx)
	incomplete, ok := err.(*ShutdownError)
	if !ok {
		return err
	}
	var closes sync.WaitGroup
	incomplete.Terminated = p.revokeAll(&closes)
	closes.Wait()
	return incomplete
}

// revokeAll ends all leases of all members of a closed Keyed, and closes their resources.
func (s *shared[T]) revokeAll() (all []TerminatedLease) {
	s.mu.Lock()
	members := slices.Clone(s.members)
	s.mu.Unlock()
	var closes sync.WaitGroup
	for _, m := range members {
		all = append(all, m.core.revokeAll(&closes)...)
	}
	closes.Wait()
	return all
}

// revokeAll ends all leases of a closed pool, and begins to close their resources.
func (p *core[T]) revokeAll(closes *sync.WaitGroup) []TerminatedLease {
	var entries []*entry[T]
	for below := math.MaxInt; below > 0; {
		var batch []ledger.Handle
		below, batch = p.revokeBatch(below)
		for _, h := range batch {
			entries = append(entries, entryOf[T](h.Slot))
			closes.Go(func() { p.close(h) })
		}
	}
	return p.describeTerminated(entries)
}

// revokeBatch goes through the resources from the last to the first, as Inspect does.
func (p *core[T]) revokeBatch(below int) (int, []ledger.Handle) {
	var batch []ledger.Handle
	now := p.lock()
	below = min(below, p.ledger.Levels().Active)
	for range min(below, inspectBatch) {
		below--
		s := p.ledger.LiveSlot(below)
		if p.ledger.State(s) == ledger.Leased {
			if h, ok := p.revokeLocked(now, entryOf[T](s)); ok {
				batch = append(batch, h)
			}
		}
	}
	p.performAsync(p.unlock())
	return below, batch
}

func (p *core[T]) describeTerminated(entries []*entry[T]) []TerminatedLease {
	leases := make([]TerminatedLease, len(entries))
	at := map[*entry[T]]int{}
	for i, e := range entries {
		leases[i].Resource = uint64(e.slot.ID())
		if p.member != nil {
			leases[i].Key = p.member.key
		}
		at[e] = i
	}
	if p.loans != nil {
		now := p.clock.read()
		for _, n := range p.loans.revoke(at) {
			x := &leases[at[n.lease.e]]
			x.Held, x.Stack = now.Sub(n.began), n.stack()
		}
	}
	return leases
}

// revocable reports whether a lease of the entry is in force, and with which word. The
// pool's lock is held, and nothing is in the lane. A lease that is being released is over,
// although the ledger does not know it yet. Its entry then counts equally many begun and
// ended leases.
func (e *entry[T]) revocable() (w word, ok bool) {
	w = e.word.Load()
	switch w.state() {
	case laneLeased:
		return w, true
	case offLane:
		return w, uint32(w.leasesEnded())+1 == uint32(e.slot.Facts().Uses)
	}
	return w, false
}

// revokeLocked ends a lease for its holder, and returns the slot to be closed.
func (p *core[T]) revokeLocked(now policy.Instant, e *entry[T]) (h ledger.Handle, ok bool) {
	w, ok := e.revocable()
	if !ok || !e.word.CompareAndSwap(w, w|revoked) {
		return h, false
	}
	p.reportUsesLocked(Lease[T]{e, w})
	a := p.ledger.Release(now, e.slot.Handle())
	return a.Handle, a.Do == ledger.Close
}
