package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

// deployment is a cluster of three masters, and a replica of each.
type deployment struct{ masters, replicas []*walkthrough.Server }

const shards = 3

func deploy(servers *walkthrough.Servers) (d deployment, err error) {
	var all []*walkthrough.Server
	var busPorts []int // on which the nodes talk to each other
	for range 2 * shards {
		bus, err := walkthrough.FreePort()
		if err != nil {
			return d, err
		}
		s, err := servers.Start(`save ""`, "cluster-enabled yes", "cluster-node-timeout 1000", fmt.Sprint("cluster-port ", bus),
			"repl-diskless-sync-delay 0", "repl-ping-replica-period 1")
		if err != nil {
			return d, err
		}
		all, busPorts = append(all, s), append(busPorts, bus)
	}
	d = deployment{all[:shards], all[shards:]}
	for i, s := range all {
		if _, err := do(s, "CLUSTER", "SET-CONFIG-EPOCH", i+1); err != nil {
			return d, err
		}
		for j, other := range all[:i] {
			if _, err := do(s, "CLUSTER", "MEET", "127.0.0.1", other.Port, busPorts[j]); err != nil {
				return d, err
			}
		}
	}
	for i, s := range d.masters {
		if _, err := do(s, "CLUSTER", "ADDSLOTSRANGE", i*redis.HashSlots/shards, (i+1)*redis.HashSlots/shards-1); err != nil {
			return d, err
		}
	}
	for i, s := range d.replicas {
		id, err := redis.String(do(d.masters[i], "CLUSTER", "MYID"))
		if err != nil {
			return d, err
		}
		if err := walkthrough.Await("a replica knows its master", func() bool { return second(do(s, "CLUSTER", "REPLICATE", id)) == nil }); err != nil {
			return d, err
		}
	}
	return d, walkthrough.Await("all nodes serve", func() bool { return !slices.ContainsFunc(all, func(s *walkthrough.Server) bool { return !serves(s) }) })
}

func second(_ any, err error) error { return err }

// serves reports whether a node serves, and knows a replica for all slots.
func serves(s *walkthrough.Server) bool {
	info, err := redis.String(do(s, "CLUSTER", "INFO"))
	if err != nil || !strings.Contains(info, "cluster_state:ok") {
		return false
	}
	slots, err := redis.Values(do(s, "CLUSTER", "SLOTS"))
	if err != nil {
		return false
	}
	for _, r := range slots {
		if r, ok := r.([]any); !ok || len(r) < 4 { // the first slot, the last one, the master and a replica
			return false
		}
	}
	return true
}

// isMaster reports whether a node is a master.
func isMaster(s *walkthrough.Server) bool {
	role, err := redis.Values(do(s, "ROLE"))
	if err != nil || len(role) == 0 {
		return false
	}
	name, err := redis.String(role[0], nil)
	return err == nil && name == "master"
}

// failOver makes a replica the master of its slots.
func failOver(replica *walkthrough.Server) error {
	if _, err := do(replica, "CLUSTER", "FAILOVER"); err != nil {
		return err
	}
	return walkthrough.Await("the replica is the master", func() bool { return isMaster(replica) })
}

// moveSlot moves a slot and its keys from one master to another, as redis-cli --cluster reshard does.
func moveSlot(slot int, from, to *walkthrough.Server) error {
	fromID, err := redis.String(do(from, "CLUSTER", "MYID"))
	if err != nil {
		return err
	}
	toID, err := redis.String(do(to, "CLUSTER", "MYID"))
	if err != nil {
		return err
	}
	if _, err := do(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID); err != nil {
		return err
	}
	if _, err := do(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID); err != nil {
		return err
	}
	for {
		keys, err := redis.Strings(do(from, "CLUSTER", "GETKEYSINSLOT", slot, 10))
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		if _, err := do(from, "MIGRATE", redis.Args{"127.0.0.1", to.Port, "", 0, 5000, "KEYS"}.AddFlat(keys)...); err != nil {
			return err
		}
	}
	if _, err := do(to, "CLUSTER", "SETSLOT", slot, "NODE", toID); err != nil {
		return err
	}
	_, err = do(from, "CLUSTER", "SETSLOT", slot, "NODE", toID)
	return err
}

func do(s *walkthrough.Server, command string, args ...any) (any, error) {
	conn, err := redis.Dial("tcp", s.Addr, redis.DialReadTimeout(10*time.Second))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Do(command, args...)
}
