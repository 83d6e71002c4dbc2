// Cluster starts a Redis Cluster of six servers, fails over, moves a slot and kills a master while users write, and prints what
// they see.
//
//	go run ./docs/walkthroughs/cluster
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

func main() { walkthrough.MainServers("cluster", run) }

// #region cluster

// newCluster describes the cluster. Name a few nodes: one that answers is enough, and it names the others.
func newCluster(addrs []string) *redis.Cluster {
	return &redis.Cluster{
		StartupNodes: addrs,
		CreatePool: func(addr string) *redis.Pool { // for each node, when it is used for the first time
			return &redis.Pool{MaxIdle: 8, MaxActive: 8, Wait: true}
		},
		DialOptions: []redis.DialOption{
			redis.DialConnectTimeout(time.Second),
			redis.DialReadTimeout(time.Second),
			redis.DialWriteTimeout(time.Second),
		},
	}
}

// #endregion cluster

func run(servers *walkthrough.Servers, out io.Writer) error {
	d, err := deploy(servers)
	if err != nil {
		return err
	}
	cluster := newCluster([]string{d.masters[0].Addr, d.masters[1].Addr})
	defer cluster.Close()
	if err := show(cluster, out); err != nil {
		return err
	}
	slot := redis.Slot("key:0:0")
	owner := slot * shards / redis.HashSlots
	for _, scene := range []struct {
		title string
		play  func() error
	}{
		{"planned: CLUSTER FAILOVER, as for an update of a master", func() error { return failOver(d.replicas[0]) }},
		{"a slot with its keys moves to another master", func() error {
			from := d.masters[owner]
			if owner == 0 {
				from = d.replicas[0] // it has been promoted
			}
			return moveSlot(slot, from, d.masters[1+owner%2])
		}},
		{"crash: kill -9 of a master", func() error {
			d.masters[2].Kill()
			return walkthrough.Await("its replica is the master", func() bool { return isMaster(d.replicas[2]) })
		}},
	} {
		fmt.Fprintln(out, scene.title)
		u := walkthrough.Begin(func(user, n int) error { return write(cluster, fmt.Sprintf("key:%d:%d", user, n%1000)) })
		err := errors.Join(u.GoOn(), scene.play(), u.GoOn())
		u.End()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %v\n", u)
	}
	return nil
}

// #region write

// write is one request of a user, who waits for ten seconds at most.
func write(cluster *redis.Cluster, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := cluster.Do(ctx, "SET", key, "value")
	return err
}

// #endregion write
