package resource

import (
	"context"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// Where every borrow is tested, by tests without a gate, an acquirer that takes a
// resource from the lane tests it there. A test that passes needs no lock, unless
// the lane was emptied meanwhile: that may have had a reason not to lend the
// resource. The ledger hears of any other outcome, and goes on as if the resource
// had been tested by its order.

// alwaysTested reports whether there are tests, and all of them are due at every
// borrow.
func alwaysTested[T any](checks []policy.Check[T]) bool {
	for i := range checks {
		if !checks[i].Always() {
			return false
		}
	}
	return len(checks) > 0
}

const allDue = ^uint64(0)

// takeToProve takes an entry that was in the lane a moment ago, if it is idle there,
// to test it.
func (e *entry[T]) takeToProve(now policy.Instant) (word uint64, ok bool) {
	w := e.word.Load()
	word = w&^states | proven
	return word, w&states == free && int64(now) < e.until.Load() && e.word.CompareAndSwap(w, word)
}

// prove tests an entry that was taken from the lane at the instant now.
func (p *Pool[T]) prove(ctx context.Context, e *entry[T], word uint64, now policy.Instant) (Lease[T], error) {
	settled := false
	defer func() {
		if !settled {
			h := p.doubted(e, word)
			p.abandonTest(ctx, p.doneOf(ctx, ledger.Answer{Do: ledger.Test, Handle: h}), h)
		}
	}()
	tested := p.testsBegin(now)
	lastUsed := p.clock.time(policy.Instant(e.returned.Load()))
	verdict := p.checkAll(ctx, e.val, allDue, lastUsed, &tested)
	settled = true
	if verdict == ledger.Passed && p.lasts(e) && p.lane.Load() == e && e.word.CompareAndSwap(word, word|lent) {
		return Lease[T]{e, word | lent}, nil
	}
	h := p.doubted(e, word)
	now = p.lockToLend()
	a := p.ledger.Tested(now, h, verdict)
	p.departTested()
	return p.pursue(ctx, a, tested)
}

// lasts reports whether an entry in the lane is not past its time, after a test
// that may have taken long.
func (p *core[T]) lasts(e *entry[T]) bool {
	return !p.clock.lends || int64(p.clock.read()) < e.until.Load()
}

// doubted has the entry, which an acquirer tests, out of the lane. The ledger
// knows then that it is being tested. An acquirer that remembered the entry may have
// taken it when it had left the lane: that the ledger has not heard of yet.
func (p *core[T]) doubted(e *entry[T], word uint64) ledger.Handle {
	p.lock()
	if e.word.CompareAndSwap(word, word&^states) {
		p.ledger.Used(&e.slot, uses(word))
		p.ledger.Doubt(&e.slot)
	}
	h := e.slot.Current()
	p.delegate(p.unlock())
	return h
}
