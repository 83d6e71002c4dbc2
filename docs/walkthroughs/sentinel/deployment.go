package main

import (
	"fmt"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

// deployment is a master, a replica and a sentinel. In production there are at least three sentinels, on machines of their own.
type deployment struct{ first, second, sentinel *walkthrough.Server }

func deploy(servers *walkthrough.Servers) (d deployment, err error) {
	if d.first, err = servers.Start(`save ""`); err != nil {
		return d, err
	}
	if d.second, err = servers.Start(`save ""`, fmt.Sprint("replicaof 127.0.0.1 ", d.first.Port), "repl-diskless-sync-delay 0"); err != nil {
		return d, err
	}
	if err = walkthrough.Await("the replica has its data", func() bool { return replicates(d.second) }); err != nil {
		return d, err
	}
	d.sentinel, err = servers.StartSentinel(
		fmt.Sprintf("sentinel monitor mymaster 127.0.0.1 %d 1", d.first.Port), // one sentinel is enough to decide
		"sentinel down-after-milliseconds mymaster 1000",
		"sentinel failover-timeout mymaster 10000")
	if err != nil {
		return d, err
	}
	return d, walkthrough.Await("the sentinel knows the replica", func() bool {
		_, err := do(d.sentinel, "SENTINEL", "CKQUORUM", "mymaster")
		replicas, err2 := redis.Values(do(d.sentinel, "SENTINEL", "REPLICAS", "mymaster"))
		return err == nil && err2 == nil && len(replicas) == 1
	})
}

// failOver makes the replica the master, and returns when the old master is its replica.
func (d deployment) failOver() error {
	err := walkthrough.Await("the sentinel begins the failover", func() bool {
		_, err := do(d.sentinel, "SENTINEL", "FAILOVER", "mymaster")
		return err == nil
	})
	if err != nil {
		return err
	}
	return walkthrough.Await("the old master is a replica", func() bool { return replicates(d.first) })
}

func (d deployment) name(addr string) string {
	if addr == d.first.Addr {
		return "the first server"
	}
	return "the second server"
}

// replicates reports whether a server is a replica that is connected to its master.
func replicates(s *walkthrough.Server) bool {
	role, err := redis.Values(do(s, "ROLE"))
	if err != nil || len(role) < 4 {
		return false
	}
	link, err := redis.String(role[3], nil)
	return err == nil && link == "connected"
}

func do(s *walkthrough.Server, command string, args ...any) (any, error) {
	conn, err := redis.Dial("tcp", s.Addr, redis.DialReadTimeout(time.Second))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Do(command, args...)
}
