package slotmap

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Map says which shard serves each slot. It is made from the answers of several nodes, which differ while the cluster
// changes. Of two owners of a slot the one with the higher configuration epoch is right: the nodes agree by the same rule.
// So an answer of a node that has not heard of a failover does not undo the answer of another node. Of answers with equal
// epochs the one that was asked for later counts, and not the one that came later.
//
// All methods are safe for concurrent use.
type Map struct {
	slots [Slots]atomic.Pointer[entry]

	clock atomic.Uint64 // numbers the questions and the MOVED replies, in order

	mu      sync.Mutex // held for changes
	masters []string
	others  []string // replicas
}

// entry is the owner of one or more slots.
type entry struct {
	shard *Shard
	epoch uint64
	asked uint64 // when the question began, by the map's clock

	// byMoved marks an owner that a MOVED has named. Its epoch is that of the former owner, since a MOVED contains none.
	byMoved bool

	// denials counts later answers with a lower epoch. Each question counts once, as a shard's slots have one entry.
	denials int
	denied  uint64 // the last such question
}

// mostDenials is the number of questions after which an owner with a higher epoch is given up. Epochs only grow, unless
// somebody builds the cluster anew.
const mostDenials = 5

// Answer is what one node said.
type Answer struct {
	Asked   uint64 // see Map.Ask
	Ranges  []Range
	Members *Members // nil: not known
}

// Ask returns the number of a question that begins now.
func (m *Map) Ask() uint64 { return m.clock.Add(1) }

// Now returns the number of the last question. A command that is sent now is later than that question, and earlier than
// the next one.
func (m *Map) Now() uint64 { return m.clock.Load() }

// Lists reports whether a node serves slots, or is a replica of one that does.
func (m *Map) Lists(addr string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.masters, addr) || slices.Contains(m.others, addr)
}

// Shard returns the shard that serves a slot. It returns nil if there is none.
func (m *Map) Shard(slot int) *Shard {
	if e := m.slots[slot].Load(); e != nil {
		return e.shard
	}
	return nil
}

// Masters and Replicas return the addresses of the nodes that serve slots. The caller must not change the results.
func (m *Map) Masters() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.masters
}

func (m *Map) Replicas() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.others
}

// Known reports whether any slot has an owner.
func (m *Map) Known() bool { return len(m.Masters()) > 0 }

// Apply takes over what is newer in an answer. It reports whether a slot has another owner, or an owner other replicas.
func (m *Map) Apply(a *Answer) (changed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range a.Ranges {
		e := &entry{shard: r.Shard, epoch: a.epoch(r.Shard.ID), asked: a.Asked}
		for slot := r.First; slot <= r.Last; slot++ {
			current := m.slots[slot].Load()
			if !a.overrules(e, current) {
				continue
			}
			m.slots[slot].Store(e)
			changed = changed || current == nil || !current.shard.equal(e.shard)
		}
	}
	if changed {
		m.listNodes()
	}
	return changed
}

func (a *Answer) epoch(id string) uint64 {
	if a.Members == nil {
		return 0
	}
	return a.Members.Epochs[id]
}

// overrules reports whether an answer's owner takes the place of the current one.
func (a *Answer) overrules(claim, current *entry) bool {
	switch {
	case current == nil, claim.epoch > current.epoch:
		return true
	case claim.asked <= current.asked:
		return false
	case claim.shard.Master == current.shard.Master:
		return claim.epoch == current.epoch // a lower epoch is an older view of the same shard
	case current.byMoved:
	case claim.epoch == current.epoch, a.hasSeen(current):
		return true
	}
	if current.denied != a.Asked {
		current.denied = a.Asked
		current.denials++
	}
	return current.denials >= mostDenials
}

// hasSeen reports whether the node that answered knew the current owner with its epoch, and yet names another one. The
// slot was then given away without a new epoch.
func (a *Answer) hasSeen(current *entry) bool {
	return current.shard.ID != "" && current.epoch > 0 && a.epoch(current.shard.ID) >= current.epoch
}

// Moved notes that a node has named another owner of a slot. sent is the value of Now when the refused command was sent.
// The node's word counts until a question that begins later is answered. If the current owner is known from a question that
// began after the command was sent, it stays: nobody knows which of the two is newer. Moved reports whether the map has
// changed, and whether it should be renewed because it said something else than the node.
func (m *Map) Moved(slot int, addr string, sent uint64) (changed, doubtful bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	current := m.slots[slot].Load()
	switch {
	case current == nil:
	case current.shard.Master == addr:
		return false, false
	case current.asked > sent:
		return false, true
	}
	e := &entry{shard: &Shard{Master: addr}, asked: m.Ask(), byMoved: true}
	if current != nil {
		e.epoch = current.epoch
	}
	m.slots[slot].Store(e)
	m.listNodes()
	return true, true
}

// listNodes lists the nodes of all slots. A replica that serves slots itself is a master.
func (m *Map) listNodes() {
	m.masters, m.others = nil, nil
	seen := map[string]bool{}
	shards := map[*Shard]bool{}
	var last *entry
	for i := range m.slots {
		e := m.slots[i].Load()
		if e == nil || e == last || shards[e.shard] {
			continue
		}
		last = e
		shards[e.shard] = true
		if !seen[e.shard.Master] {
			seen[e.shard.Master] = true
			m.masters = append(m.masters, e.shard.Master)
		}
	}
	for s := range shards {
		for _, addr := range s.Replicas {
			if !seen[addr] {
				seen[addr] = true
				m.others = append(m.others, addr)
			}
		}
	}
}

// equal ignores the order of the replicas, which differs from node to node.
func (s *Shard) equal(o *Shard) bool {
	if s.Master != o.Master || len(s.Replicas) != len(o.Replicas) {
		return false
	}
	for _, addr := range s.Replicas {
		if !slices.Contains(o.Replicas, addr) {
			return false
		}
	}
	return true
}
