package ledger

// Waiter is an acquire in the queue. Its owner makes it and hands it to Acquire.
// The owner may use it again once it has its answer.
type Waiter struct {
	// ReturnFast touches no more than the first 56 bytes.
	answer Answer
	queued bool

	// Tag is for the owner: the ledger carries it and never looks at it.
	Tag any

	// Unbounded is for the owner to set before it hands the waiter over: neither a
	// context nor WaitTimeout bounds the wait. It matters only while openings are held.
	Unbounded bool

	// Urgent is for the owner to set before it hands the waiter over: the waiter is of the
	// higher class (I18).
	Urgent bool

	rejoined bool    // it stands in front, and its deadline may be later than those behind it
	next     *Waiter // in the list of waiters to wake
	deadline Instant
	came     Instant // where the time of a wait matters; of one that has rejoined, no later than of those behind it
	ticket   uint32
	arrival  uint64 // order over all ledgers of a Total
}

// Deadline returns the instant at which the wait ends with TimedOut, or Never.
func (w *Waiter) Deadline() Instant { return w.deadline }

// Answer returns what the waiter got. The answer is settled when the waiter is
// woken.
func (w *Waiter) Answer() Answer { return w.answer }

// queue is a ring of waiters of one class, first in, first out (I4). A waiter keeps its ticket,
// and a waiter that leaves makes a hole. So a grant touches only the waiter that it
// is for, and push touches no other waiter.
type queue struct {
	head, tail uint32    // tickets: the next to serve and the next to hand out; they wrap around
	ring       []*Waiter // length zero or a power of two
	n          int32     // how many wait; holes are not counted, but in the ledger's queue urgent ones are
}

func (q *queue) slotOf(ticket uint32) *(*Waiter) { return &q.ring[ticket&uint32(len(q.ring)-1)] }

func (q *queue) push(w *Waiter) {
	q.makeRoom()
	w.ticket, w.queued = q.tail, true
	*q.slotOf(w.ticket) = w
	q.tail++
	q.n++
}

func (q *queue) makeRoom() {
	if q.tail-q.head == uint32(len(q.ring)) {
		q.repack()
	}
}

// pushFront adds a waiter that is served before all others.
func (q *queue) pushFront(w *Waiter) {
	q.makeRoom()
	q.head--
	w.ticket, w.queued = q.head, true
	*q.slotOf(w.ticket) = w
	q.n++
}

// waiters calls yield with each waiter in turn. A waiter may be removed meanwhile.
func (q *queue) waiters(yield func(*Waiter) bool) {
	for t, end := q.head, q.tail; t != end; t++ {
		if w := *q.slotOf(t); w != nil && !yield(w) {
			return
		}
	}
}

// FirstWaiters calls yield with up to n waiters, urgent ones first, in the order of the
// queue. It looks at no more than 16 places of the queue for each of them, because waiters
// that have left leave their places empty for a while.
func (l *Ledger) FirstWaiters(n int, yield func(*Waiter)) {
	looks := 16 * n
	for _, q := range [...]*queue{&l.urgent.queue, &l.queue} {
		for t, end := q.head, q.tail; t != end && n > 0 && looks > 0; t++ {
			looks--
			if w := *q.slotOf(t); w != nil {
				n--
				yield(w)
			}
		}
	}
}

// first returns the waiter next to be served, or nil.
func (q *queue) first() *Waiter {
	if q.head == q.tail {
		return nil
	}
	return *q.slotOf(q.head) // skip keeps holes away from the head
}

// pop takes the first waiter out of the queue, which is not empty.
func (q *queue) pop() *Waiter {
	at := q.slotOf(q.head)
	w := *at
	*at = nil
	w.queued = false
	q.n--
	q.head++
	q.skip()
	return w
}

// remove takes a waiter out of the queue.
func (q *queue) remove(w *Waiter) {
	*q.slotOf(w.ticket) = nil
	w.queued = false
	q.n--
	q.skip()
}

func (q *queue) skip() {
	for q.head != q.tail && *q.slotOf(q.head) == nil {
		q.head++
	}
}

// repack makes room. It removes the holes first: waiters that give up behind one
// that waits long must not make the ring grow. If that is not enough, it doubles
// the ring.
func (q *queue) repack() {
	size := max(16, len(q.ring))
	if int(q.n) > size/2 {
		size *= 2
	}
	ring, n := make([]*Waiter, size), uint32(0)
	for t := q.head; t != q.tail; t++ {
		if w := *q.slotOf(t); w != nil {
			w.ticket = n
			ring[n] = w
			n++
		}
	}
	q.ring, q.head, q.tail = ring, 0, n
}
