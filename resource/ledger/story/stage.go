package story

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/respool/respool/resource/ledger"
)

// Stage is a ledger and its clients, by name.
type Stage struct {
	Ledger *ledger.Ledger
	Now    ledger.Instant

	clients map[string]*client
	slots   map[int]ledger.Handle // the latest handle that was given out
	lane    *lane                 // nil: the lane is empty
}

type client struct {
	Standing
	waiter ledger.Waiter
	handle ledger.Handle

	deadline ledger.Instant // of its wait since it rejoined; zero: it has not
}

// NewStage returns a stage with an empty pool, at the beginning of its time.
func NewStage(p Pool) *Stage {
	l := ledger.New(p.Config())
	l.KeepFacts() // a caller may compare them
	return &Stage{
		Ledger:  l,
		clients: make(map[string]*client),
		slots:   make(map[int]ledger.Handle),
	}
}

// Slot returns a slot that has been seen in an answer or in work, or nil.
func (st *Stage) Slot(id int) *ledger.Slot { return st.slots[id].Slot }

// Play has an event happen, after some time, and returns its effects. It returns an
// error if the contract does not allow the event, or if an invariant is broken
// afterwards.
func (st *Stage) Play(after time.Duration, e Event) (effects []Effect, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	st.Now = st.Now.Add(after)
	switch e.Verb {
	case Next:
		return []Effect{{Kind: Said, Text: st.Ledger.NextDeadline().String()}}, nil
	case State:
		return []Effect{{Kind: Said, Text: st.Ledger.String()}}, nil
	}
	if err := st.admit(e); err != nil {
		return nil, err
	}
	if e.Verb == Enter {
		return st.enter(), st.Ledger.Check()
	}
	a, answered, err := st.do(e)
	if err != nil {
		return nil, err
	}
	if answered {
		effects = append(effects, st.effect(Answered, e.What.Client, a))
		if name := e.What.Client; name != "" && ends(e.Verb) {
			st.client(name).Doing = ledger.Done
		}
	}
	effects = append(effects, st.work()...)
	return effects, st.Ledger.Check()
}

// admit refuses an event that the contract of the lane or of a waiter does not allow,
// which the ledger could not detect. Other mistakes are left to the ledger: it panics, or
// answers that a handle is stale.
func (st *Stage) admit(e Event) error {
	c := new(client)
	if name := e.What.Client; name != "" {
		c = st.client(name)
	}
	if err := st.lane.contract(st.Ledger).Refuse(st.Now, &e, &c.Standing); err != nil || e.What.Client == "" {
		return err
	}
	if !c.Allows(e.Verb) {
		switch {
		case e.Verb == Cancel:
			return fmt.Errorf("%s is not in the queue", e.What.Client)
		case c.Doing == ledger.Wait:
			return fmt.Errorf("%s is in the queue", e.What.Client)
		case c.Doing == ledger.Held:
			return fmt.Errorf("%s was answered held", e.What.Client)
		case e.Verb == Rejoin || e.Verb == Withdraw:
			return fmt.Errorf("%s was not answered held", e.What.Client)
		}
	}
	c.Woken = false
	return nil
}

// do has the event happen. It reports whether the ledger has an answer to it.
func (st *Stage) do(e Event) (a ledger.Answer, answered bool, err error) {
	switch e.Verb {
	case Shut, Reset, Suspect, Resize, Advance, Leave:
		st.doToPool(e)
		return a, false, nil
	case Turn, Acquire, Try, Background, Rejoin, Withdraw, Cancel:
		return st.doForClient(e), true, nil
	}
	h, err := st.handle(e.What)
	if err != nil {
		return a, false, err
	}
	if e.Verb == Retire {
		st.Ledger.Retire(st.Now, h.Slot)
		return a, false, nil
	}
	a, err = st.doToSlot(e, h)
	return a, err == nil, err
}

// doToPool has an event of the whole pool happen.
func (st *Stage) doToPool(e Event) {
	switch l, now := st.Ledger, st.Now; e.Verb {
	case Shut:
		l.Shut(now)
	case Reset:
		l.Reset(now)
	case Suspect:
		l.Suspect()
	case Resize:
		l.Resize(now, e.MaxActive, e.MaxIdle)
	case Advance:
		l.Advance(now)
	case Leave:
		st.leave()
	}
}

// doForClient has an event happen by which a client asks for a slot, or stops asking.
func (st *Stage) doForClient(e Event) ledger.Answer {
	l, now := st.Ledger, st.Now
	switch e.Verb {
	case Turn:
		return st.turn(e.What.Client)
	case Withdraw:
		l.Withdraw()
		return ledger.Answer{}
	}
	c := st.client(e.What.Client)
	switch e.Verb {
	case Cancel:
		return l.Cancel(now, &c.waiter)
	case Rejoin:
		a := l.Rejoin(now, &c.waiter, c.deadline)
		if a.Do == ledger.Wait {
			c.deadline = c.waiter.Deadline()
		}
		return a
	}
	waits := e.Verb == Acquire // the others may still rejoin, and wait then
	c.waiter.Urgent, c.waiter.Unbounded, c.deadline = waits && e.Urgent, waits && e.Unbounded, 0
	switch e.Verb {
	case Try:
		return l.Acquire(now, nil)
	case Background:
		return l.AcquireBackground(now)
	}
	return l.Acquire(now, &c.waiter)
}

// doToSlot reports to the ledger what became of a slot.
func (st *Stage) doToSlot(e Event, h ledger.Handle) (ledger.Answer, error) {
	l, now := st.Ledger, st.Now
	switch e.Verb {
	case Release:
		return l.Release(now, h), nil
	case Discard:
		return l.Discard(now, h), nil
	case Detach:
		return l.Detach(now, h), nil
	case Abandon:
		return l.Abandon(now, h), nil
	case Opened:
		return l.Opened(now, h), nil
	case OpenFailed:
		return l.OpenFailed(now, h), nil
	case Tested:
		return l.Tested(now, h, e.Verdict), nil
	case Closed:
		return l.Closed(now, h), nil
	case CloseTimedOut:
		return l.CloseTimedOut(now, h), nil
	}
	return ledger.Answer{}, fmt.Errorf("unknown event %q", string(e.Verb))
}

// follow notes the answer on which the client acts next.
func (c *client) follow(do ledger.Action, woken bool) {
	switch c.Woken = woken; do {
	case ledger.Stale:
	case ledger.Refused:
		c.Doing = ledger.Done
	default:
		c.Doing = do
	}
}

func (st *Stage) client(name string) *client {
	c := st.clients[name]
	if c == nil {
		c = new(client)
		c.waiter.Tag = name
		st.clients[name] = c
	}
	return c
}

func (st *Stage) handle(w What) (ledger.Handle, error) {
	h := st.slots[w.Slot]
	if w.Client != "" {
		h = st.client(w.Client).handle
	}
	if h.Slot == nil {
		return h, errors.New("the slot was never given out, or the client was never given one")
	}
	if w.Gen > 0 {
		h.Gen = uint64(w.Gen)
	}
	return h, nil
}

// work takes the ledger's work and returns it as effects: the waiters in the order
// in which they are woken, then the slots to close by number, then the slot to
// open, then the slots to test by number.
func (st *Stage) work() (effects []Effect) {
	w := st.Ledger.Take()
	for waiter := w.NextWake(); waiter != nil; waiter = w.NextWake() {
		effects = append(effects, st.effect(Wakes, waiter.Tag.(string), waiter.Answer()))
	}
	begin := len(effects)
	for h, ok := w.NextClose(); ok; h, ok = w.NextClose() {
		effects = append(effects, st.effect(Closes, "", ledger.Answer{Do: ledger.Close, Handle: h}))
	}
	slices.SortFunc(effects[begin:], func(a, b Effect) int { return a.Slot - b.Slot })
	for h, ok := w.NextOpen(); ok; h, ok = w.NextOpen() {
		effects = append(effects, st.effect(Opens, "", ledger.Answer{Do: ledger.Open, Handle: h}))
	}
	begin = len(effects)
	for h, due, ok := w.NextTest(); ok; h, due, ok = w.NextTest() {
		effects = append(effects, st.effect(Tests, "", ledger.Answer{Handle: h, Due: due}))
	}
	slices.SortFunc(effects[begin:], func(a, b Effect) int { return a.Slot - b.Slot })
	return effects
}

// effect returns an answer as an effect, and notes the handle that the answer gives
// out.
func (st *Stage) effect(kind Kind, who string, a ledger.Answer) Effect {
	e := Effect{Kind: kind, Client: who, Do: a.Do, Why: a.Why, Due: a.Due, Gen: int(a.Handle.Gen)}
	if s := a.Handle.Slot; s != nil {
		e.Slot = s.ID()
		st.slots[e.Slot] = a.Handle
		if who != "" {
			st.client(who).handle = a.Handle
		}
	}
	if who != "" {
		st.client(who).follow(a.Do, kind == Wakes)
	}
	if a.Do == ledger.Close {
		e.Reason = st.Ledger.Why(a.Handle)
	}
	return e
}
