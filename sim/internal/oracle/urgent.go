package oracle

import "slices"

// mostUrgent is how many urgent clients may be served in a row while others wait (I18).
const mostUrgent = 4

// urgentOnes returns how many urgent clients wait. They stand before all others in the
// witness's queue.
func urgentOnes(queue []*client) int {
	for i, c := range queue {
		if !c.urgent {
			return i
		}
	}
	return len(queue)
}

// ordinary returns the clients in the queue that are not urgent.
func (w *Witness) ordinary() []*client { return w.queue[urgentOnes(w.queue):] }

// before returns the clients that were in the queue before the present event. While openings
// are held, an acquire first serves the waiters, and then waits itself. Its own answer
// comes before those effects.
func (w *Witness) before() []*client {
	if !asks(w.event.Verb) {
		return w.queue
	}
	return slices.DeleteFunc(slices.Clone(w.queue), func(c *client) bool { return c.name == w.event.What.Client })
}

// first returns the client that is to be served next, of a queue that is not empty.
func (w *Witness) first(queue []*client) *client {
	if n := urgentOnes(queue); n < len(queue) && (n == 0 || w.urgentRun >= mostUrgent) {
		return queue[n]
	}
	return queue[0]
}

// joins puts a client into the queue: behind those of its class, or in front of them if it
// waits again.
func (w *Witness) joins(c *client, again bool) {
	begin, end := 0, urgentOnes(w.queue)
	if !c.urgent {
		begin, end = end, len(w.queue)
	}
	if !again {
		w.queue = slices.Insert(w.queue, end, c)
		return
	}
	if begin < end {
		c.came = w.queue[begin].came
	}
	w.queue = slices.Insert(w.queue, begin, c)
}

// wasServed counts the urgent clients that are served in a row while others wait. The
// client has left the queue.
func (w *Witness) wasServed(c *client) {
	others := w.before()
	w.reach(c.urgent && urgentOnes(others) < len(others), urgentFirst)
	w.reach(!c.urgent && urgentOnes(others) > 0, urgentStands)
	if c.urgent {
		w.urgentRun++
	} else {
		w.urgentRun = 0
	}
}

// classLeft is called when a client has left the queue. If no ordinary client waits,
// there is nothing to count.
func (w *Witness) classLeft() {
	if others := w.before(); urgentOnes(others) == len(others) {
		w.urgentRun = 0
	}
}

// mayWaitNow reports whether the queue of a client's class has room.
func (w *Witness) mayWaitNow(c *client) (n int, ok bool) {
	n = urgentOnes(w.queue)
	if !c.urgent {
		n = len(w.queue) - n
	}
	return n, n < w.pool.MaxWaiters
}
