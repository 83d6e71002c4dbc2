package main

import (
	"slices"
	"time"

	"github.com/respool/respool/redispool"
)

func clusterScenarios() []scenario {
	return []scenario{
		{"cluster-kill", "Cluster: kill -9 of a master", hasCluster, clusterKill},
		{"cluster-stop", "Cluster: a master is stopped for 6 s", hasCluster, clusterStop},
		{"cluster-failover", "Cluster: a graceful failover", hasCluster, clusterFailover},
		{"cluster-reshard", "Cluster: slots are moved", hasCluster, clusterReshard},
		{"cluster-nodes", "Cluster: a node is added and removed", hasCluster, clusterNodes},
	}
}

// withCluster has workers call while something happens to a cluster, of which the victim
// is a master. Calls to its slots are also reported separately.
func (t *trial) withCluster(happen func(c *clustered, victim *server) error, after time.Duration) error {
	c, err := startClustered(t.fleet)
	if err != nil {
		return err
	}
	masters, slots, err := c.masters()
	if err != nil {
		return err
	}
	victim := masters[0]
	concerns := func(key string) bool {
		slot := redispool.Slot(key)
		return slices.ContainsFunc(slots[victim], func(r slotRange) bool { return r.first <= slot && slot <= r.last })
	}
	err = t.connect(nil, func(d *dialer) (client, error) { return t.contender.cluster(c.addrs(), workers, d) })
	if err != nil {
		return err
	}
	return t.under(workers, true, func() error { return happen(c, victim) }, after, c.stored, concerns)
}

func clusterKill(t *trial) error {
	return t.withCluster(func(_ *clustered, victim *server) error {
		victim.kill()
		return nil
	}, t.in(6*time.Second, 12*time.Second))
}

func clusterStop(t *trial) error {
	return t.withCluster(func(_ *clustered, victim *server) error {
		return t.hangFor(victim, t.in(4*time.Second, stopped))
	}, t.in(3*time.Second, 6*time.Second))
}

func clusterFailover(t *trial) error {
	return t.withCluster(func(c *clustered, victim *server) error {
		replica, err := c.replicaOf(victim)
		if err != nil {
			return err
		}
		_, err = replica.do("CLUSTER", "FAILOVER")
		return err
	}, t.in(2*time.Second, 5*time.Second))
}

// moved is how many slots are moved.
func (t *trial) moved() int {
	if t.quick {
		return 100
	}
	return 1000
}

func clusterReshard(t *trial) error {
	return t.withCluster(func(c *clustered, victim *server) error {
		masters, _, err := c.masters()
		if err != nil {
			return err
		}
		return c.reshard(victim, masters[1], t.moved())
	}, t.in(time.Second, 2*time.Second))
}

// clusterNodes adds a node, gives it slots, takes them away, and removes the node.
func clusterNodes(t *trial) error {
	return t.withCluster(func(c *clustered, victim *server) error {
		added, err := t.join(c, victim)
		if err != nil {
			return err
		}
		if err := t.sleep(t.in(500*time.Millisecond, 2*time.Second)); err != nil {
			return err
		}
		return t.leave(c, victim, added)
	}, t.in(time.Second, 2*time.Second))
}

func (t *trial) join(c *clustered, victim *server) (*server, error) {
	added, err := c.start(false, nodeSettings)
	if err != nil {
		return nil, err
	}
	if err := c.cli("--cluster", "add-node", added.addr, victim.addr); err != nil {
		return nil, err
	}
	if err := c.until(20*time.Second, "all nodes know the new one", c.complete); err != nil {
		return nil, err
	}
	return added, c.reshard(victim, added, t.moved())
}

func (t *trial) leave(c *clustered, victim, added *server) error {
	id, err := added.id()
	if err != nil {
		return err
	}
	if err := c.reshard(added, victim, t.moved()); err != nil {
		return err
	}
	// A node that has not heard of the move yet would hold the slots for unserved.
	if err := c.until(20*time.Second, "all nodes know whose the slots are", c.complete); err != nil {
		return err
	}
	if err := c.cli("--cluster", "del-node", victim.addr, id); err != nil {
		return err
	}
	if err := t.sleep(t.in(500*time.Millisecond, 2*time.Second)); err != nil {
		return err
	}
	added.kill()
	return nil
}
