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

func (st *Stage) do(e Event) (a ledger.Answer, answered bool, err error) {
	l, now := st.Ledger, st.Now
	switch e.Verb {
	case Shut:
		l.Shut(now)
		return a, false, nil
	case Reset:
		l.Reset(now)
		return a, false, nil
	case Suspect:
		l.Suspect()
		return a, false, nil
	case Resize:
		l.Resize(now, e.MaxActive, e.MaxIdle)
		return a, false, nil
	case Advance:
		l.Advance(now)
		return a, false, nil
	case Turn:
		return st.turn(e.What.Client), true, nil
	case Leave:
		st.leave()
		return a, false, nil
	case Acquire:
		c := st.client(e.What.Client)
		c.waiter.Urgent, c.waiter.Unbounded, c.deadline = e.Urgent, e.Unbounded, 0
		return l.Acquire(now, &c.waiter), true, nil
	case Rejoin:
		c := st.client(e.What.Client)
		a = l.Rejoin(now, &c.waiter, c.deadline)
		if a.Do == ledger.Wait {
			c.deadline = c.waiter.Deadline()
		}
		return a, true, nil
	case Withdraw:
		l.Withdraw()
		return a, true, nil
	case Try:
		c := st.client(e.What.Client)
		c.waiter.Urgent, c.waiter.Unbounded, c.deadline = false, false, 0 // for a rejoin
		return l.Acquire(now, nil), true, nil
	case Background:
		c := st.client(e.What.Client)
		c.waiter.Urgent, c.waiter.Unbounded, c.deadline = false, false, 0
		return l.AcquireBackground(now), true, nil
	case Cancel:
		return l.Cancel(now, &st.client(e.What.Client).waiter), true, nil
	}
	h, err := st.handle(e.What)
	if err != nil {
		return a, false, err
	}
	switch e.Verb {
	case Retire:
		l.Retire(now, h.Slot)
		return a, false, nil
	case Release:
		a = l.Release(now, h)
	case Discard:
		a = l.Discard(now, h)
	case Detach:
		a = l.Detach(now, h)
	case Abandon:
		a = l.Abandon(now, h)
	case Opened:
		a = l.Opened(now, h)
	case OpenFailed:
		a = l.OpenFailed(now, h)
	case Tested:
		a = l.Tested(now, h, e.Verdict)
	case Closed:
		a = l.Closed(now, h)
	case CloseTimedOut:
		a = l.CloseTimedOut(now, h)
	default:
		return a, false, fmt.Errorf("unknown event %q", string(e.Verb))
	}
	return a, true, nil
}

// follow notes the answer that the client follows from now on.
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
