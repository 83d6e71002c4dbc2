package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// clustered is a Redis Cluster of three masters, each with a replica.
type clustered struct {
	*fleet
	nodes []*server // as they were started; three of them are masters
}

// nodeTimeout is how long a node does not answer before another one considers it down.
const nodeTimeout = 2 * time.Second

func nodeSettings(int) string {
	return fmt.Sprintf("%scluster-enabled yes\ncluster-node-timeout %d\n", plainSettings, nodeTimeout.Milliseconds())
}

// startClustered returns when the cluster is complete and each replica has its data.
func startClustered(f *fleet) (*clustered, error) {
	c := &clustered{fleet: f}
	for range 6 {
		s, err := f.start(false, nodeSettings)
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, s)
	}
	args := append([]string{"--cluster", "create"}, c.addrs()...)
	if err := c.cli(append(args, "--cluster-replicas", "1", "--cluster-yes")...); err != nil {
		return nil, err
	}
	return c, f.until(30*time.Second, "the cluster is complete", c.complete)
}

func (c *clustered) addrs() (all []string) {
	for _, s := range c.nodes {
		all = append(all, s.addr)
	}
	return all
}

// cli runs redis-cli to its end.
func (c *clustered) cli(args ...string) error {
	cmd := exec.CommandContext(c.ctx, "redis-cli", args...)
	endWithParent(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		said := out.String()
		return fmt.Errorf("redis-cli %s: %w\n%s", strings.Join(args, " "), err, said[max(0, len(said)-1000):])
	}
	return nil
}

// complete reports whether all nodes that run agree on who has which slots, and
// whether each of them is a master that serves or a replica in step.
func (c *clustered) complete() bool {
	views := map[string]bool{}
	for _, s := range c.data() {
		state, err := redis.String(s.do("CLUSTER", "INFO"))
		if err != nil || pairs(strings.ReplaceAll(state, "\r", ""))["cluster_state"] != "ok" {
			return false
		}
		if s.role() != "master" && !s.synced() {
			return false
		}
		owners, err := s.owners()
		if err != nil {
			return false
		}
		views[fmt.Sprint(owners)] = true
	}
	return len(views) == 1
}

// slotRange is slots that one master serves.
type slotRange struct {
	first, last int
	master, id  string // the master's address and its name in the cluster
}

// owners is a node's view of who serves which slots.
func (s *server) owners() ([]slotRange, error) {
	rows, err := redis.Values(s.do("CLUSTER", "SLOTS"))
	if err != nil {
		return nil, err
	}
	var all []slotRange
	for _, row := range rows {
		var r slotRange
		var master []any
		var host string
		var port int
		parts, err := redis.Values(row, nil)
		if err != nil {
			return nil, err
		}
		if _, err := redis.Scan(parts, &r.first, &r.last, &master); err != nil {
			return nil, err
		}
		if _, err := redis.Scan(master, &host, &port, &r.id); err != nil {
			return nil, err
		}
		r.master = host + ":" + strconv.Itoa(port)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b slotRange) int { return a.first - b.first })
	return all, nil
}

// masters returns the masters that serve slots, and the slots of each.
func (c *clustered) masters() (all []*server, slots map[*server][]slotRange, err error) {
	running := c.data()
	if len(running) == 0 {
		return nil, nil, fmt.Errorf("no node of the cluster runs")
	}
	owners, err := running[0].owners()
	if err != nil {
		return nil, nil, err
	}
	slots = map[*server][]slotRange{}
	for _, r := range owners {
		s := c.find(r.master)
		if s == nil {
			return nil, nil, fmt.Errorf("the cluster names a master that does not run: %s", r.master)
		}
		if slots[s] == nil {
			all = append(all, s)
		}
		slots[s] = append(slots[s], r)
	}
	return all, slots, nil
}

// replicaOf returns a replica of a master.
func (c *clustered) replicaOf(master *server) (*server, error) {
	for _, s := range c.data() {
		info, err := s.info("replication")
		if err == nil && info["role"] == "slave" && info["master_port"] == strconv.Itoa(master.port) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s has no replica", master.addr)
}

func (s *server) id() (string, error) { return redis.String(s.do("CLUSTER", "MYID")) }

// reshard moves n slots from one master to another, with redis-cli.
func (c *clustered) reshard(from, to *server, n int) error {
	source, err := from.id()
	if err != nil {
		return err
	}
	target, err := to.id()
	if err != nil {
		return err
	}
	return c.cli("--cluster", "reshard", from.addr, "--cluster-from", source, "--cluster-to", target,
		"--cluster-slots", strconv.Itoa(n), "--cluster-yes")
}

// stored returns the keys that the masters have, once all agree on who they are.
func (c *clustered) stored() (map[string]bool, error) {
	if err := c.until(30*time.Second, "the cluster is complete again", c.complete); err != nil {
		return nil, err
	}
	masters, _, err := c.masters()
	if err != nil {
		return nil, err
	}
	return keySet(masters...)
}
