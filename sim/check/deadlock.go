package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// Deadlock tries every order in which clients can take and give back leases of one pool, if
// each takes a number of them and keeps all until it has the last. It returns the shortest
// way into a deadlock, in which every client that has a lease waits for another one.
// Without a deadlock it returns nothing. It is for small numbers: there are some
// (2·leases)^clients states.
//
// By a formula of HikariCP a pool of clients × (leases − 1) + 1 is the smallest without one.
func Deadlock(clients, leases, size int) (path []string) {
	x := &nesting{clients: clients, leases: leases, size: size}
	known := map[string]bool{}
	for level := [][]int{nil}; len(level) > 0; {
		var next [][]int
		for _, moves := range level {
			n := x.play(moves)
			switch key := n.key(); {
			case n.deadlocked():
				return n.path
			case known[key]:
				continue
			default:
				known[key] = true
			}
			for c := range clients {
				if !n.waits[c] {
					next = append(next, append(slices.Clone(moves), c))
				}
			}
		}
		level = next
	}
	return nil
}

// nesting is a pool, with clients that take several leases at once. A client that does not
// wait has one thing to do next: it takes its next lease, or gives back the last one. So
// a number is a move: that of the client.
type nesting struct {
	clients, leases, size int

	ledger  *ledger.Ledger
	held    [][]ledger.Handle
	waits   []bool
	leaving []bool // it has had all, and gives them back
	waiters []ledger.Waiter
	order   []int // of those that wait
	path    []string
}

// play plays moves from the start.
func (x *nesting) play(moves []int) *nesting {
	n := &nesting{
		clients: x.clients, leases: x.leases, size: x.size, held: make([][]ledger.Handle, x.clients),
		waits: make([]bool, x.clients), leaving: make([]bool, x.clients), waiters: make([]ledger.Waiter, x.clients),
	}
	p := story.Unlimited()
	p.MaxActive = x.size
	n.ledger = ledger.New(p.Config())
	for _, c := range moves {
		n.move(c)
	}
	return n
}

// move has a client do what it does next.
func (n *nesting) move(c int) {
	if n.leaving[c] {
		last := len(n.held[c]) - 1
		h := n.held[c][last]
		n.held[c], n.leaving[c] = n.held[c][:last], last > 0
		n.note(c, "gives back %v", h)
		n.ledger.Release(0, h)
		n.wake()
		return
	}
	n.waiters[c] = ledger.Waiter{Tag: c}
	a := n.ledger.Acquire(0, &n.waiters[c])
	if a.Do == ledger.Open {
		a = n.ledger.Opened(0, a.Handle)
	}
	if n.waits[c] = a.Do == ledger.Wait; n.waits[c] {
		n.order = append(n.order, c)
		n.note(c, "holds %v, and waits", n.held[c])
		return
	}
	n.gets(c, a)
}

// wake has the clients go on that the ledger wakes.
func (n *nesting) wake() {
	w := n.ledger.Take()
	for next := w.NextWake(); next != nil; next = w.NextWake() {
		c := next.Tag.(int)
		n.waits[c] = false
		n.order = slices.DeleteFunc(n.order, func(waiting int) bool { return waiting == c })
		n.gets(c, next.Answer())
	}
}

func (n *nesting) gets(c int, a ledger.Answer) {
	if a.Do != ledger.Granted {
		panic(fmt.Sprintf("check: an acquire without faults was answered %v", a))
	}
	n.held[c] = append(n.held[c], a.Handle)
	n.leaving[c] = len(n.held[c]) == n.leases
	n.note(c, "gets %v", a.Handle)
}

func (n *nesting) note(c int, format string, args ...any) {
	n.path = append(n.path, fmt.Sprintf("%s "+format, append([]any{clientNames(n.clients)[c]}, args...)...))
}

// deadlocked reports whether all places are leased by clients that wait.
func (n *nesting) deadlocked() bool {
	held := 0
	for c := range n.clients {
		if n.waits[c] {
			held += len(n.held[c])
		}
	}
	return held > 0 && held == n.size
}

// key describes a state: the leases of each client, and the order of the waiters.
func (n *nesting) key() string {
	var b strings.Builder
	for c := range n.clients {
		fmt.Fprintf(&b, "%d%t ", len(n.held[c]), n.leaving[c])
	}
	fmt.Fprint(&b, n.order)
	return b.String()
}
