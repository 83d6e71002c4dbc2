package redispool

import "time"

// unlistedStay is how long a node's pool stays after the map has stopped naming the
// node, or after a redirection has led to it. A node that changes its role may be missing
// from the answers for about a second, and keeps its pool.
const unlistedStay = 3 * time.Second

// redirectedTo returns the node that a MOVED or an ASK names, or that EachNode comes to. The
// map may not name it: a slot is on its way to a new node, or the node has left the cluster
// since.
func (c *Cluster) redirectedTo(addr string) (*clusterNode, error) {
	if c.slots.Lists(addr) {
		return c.node(addr)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return nil, ErrClusterClosed
	}
	n := c.nodeLocked(addr)
	n.stay = time.Now().Add(unlistedStay)
	c.dropLaterLocked(n.stay)
	return n, nil
}

// dropUnlisted closes the pools of nodes that the map does not name and whose time is
// over. Nothing is sent to such a node, so nobody would notice that it has closed the
// idle connections, and the pool would count connections that no server has.
func (c *Cluster) dropUnlisted() {
	if !c.slots.Known() {
		return
	}
	if gone := c.takeUnlisted(time.Now()); len(gone) > 0 {
		apart(func() { closeNodes(gone) }, always) // refreshes of the map go on
	}
}

// takeUnlisted removes the nodes whose time is over. For the others it has dropUnlisted
// run again when the next one's time is over.
func (c *Cluster) takeUnlisted(now time.Time) (gone []*clusterNode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return nil
	}
	var next time.Time
	for addr, n := range c.nodes {
		wasListed := n.listed
		if n.listed = c.slots.Lists(addr); n.listed {
			continue
		}
		if wasListed {
			n.stay = now.Add(unlistedStay)
		}
		if !now.Before(n.stay) {
			delete(c.nodes, addr)
			gone = append(gone, n)
		} else if next.IsZero() || n.stay.Before(next) {
			next = n.stay
		}
	}
	if !next.IsZero() {
		c.dropLaterLocked(next)
	}
	return gone
}

// dropLaterLocked has dropUnlisted run at an instant, unless it is to run already.
func (c *Cluster) dropLaterLocked(at time.Time) {
	if c.dropping {
		return
	}
	c.dropping = true
	c.drops.Go(func() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			return
		}
		c.mu.Lock()
		c.dropping = false
		c.mu.Unlock()
		c.dropUnlisted()
	})
}
