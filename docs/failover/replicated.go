package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/gomodule/redigo/redis"
)

const masterName = "mymaster"

// replicated is a master with two replicas, and three sentinels that watch them.
type replicated struct {
	*fleet
	master    *server
	sentinels []*server
}

// startReplicated returns when each sentinel knows all others and both replicas.
func startReplicated(f *fleet) (*replicated, error) {
	r := &replicated{fleet: f}
	var err error
	if r.master, err = f.start(false, func(int) string { return plainSettings }); err != nil {
		return nil, err
	}
	var replicas []*server
	for range 2 {
		s, err := f.start(false, func(int) string {
			return fmt.Sprintf("%sreplicaof 127.0.0.1 %d\n", plainSettings, r.master.port)
		})
		if err != nil {
			return nil, err
		}
		replicas = append(replicas, s)
	}
	for _, s := range replicas {
		if err := f.until(20*time.Second, "the replicas are in step", s.synced); err != nil {
			return nil, err
		}
	}
	for range 3 {
		s, err := f.start(true, func(int) string { return sentinelSettings(r.master.port) })
		if err != nil {
			return nil, err
		}
		r.sentinels = append(r.sentinels, s)
	}
	return r, f.until(20*time.Second, "the sentinels know each other and the replicas", r.ready)
}

// plainSettings keeps nothing on disk, and sends a new replica its data at once.
const plainSettings = `save ""
appendonly no
repl-diskless-sync yes
repl-diskless-sync-delay 0
`

// downAfter is how long a server does not answer before a sentinel considers it down.
const downAfter = time.Second

func sentinelSettings(master int) string {
	return fmt.Sprintf(`sentinel monitor %[1]s 127.0.0.1 %[2]d 2
sentinel down-after-milliseconds %[1]s %[3]d
sentinel failover-timeout %[1]s 10000
`, masterName, master, downAfter.Milliseconds())
}

func (r *replicated) ready() bool {
	for _, s := range r.sentinels {
		m, err := redis.StringMap(s.do("SENTINEL", "MASTER", masterName))
		if err != nil || m["num-slaves"] != "2" || m["num-other-sentinels"] != "2" || m["flags"] != "master" {
			return false
		}
		if !r.knowsReplicas(s) {
			return false
		}
	}
	return true
}

// knowsReplicas reports whether a sentinel has seen that both replicas are connected.
func (r *replicated) knowsReplicas(s *server) bool {
	all, err := redis.Values(s.do("SENTINEL", "REPLICAS", masterName))
	if err != nil {
		return false
	}
	return len(all) == 2 && !slices.ContainsFunc(all, func(one any) bool {
		m, err := redis.StringMap(one, nil)
		return err != nil || m["flags"] != "slave" || m["master-link-status"] != "ok"
	})
}

func (r *replicated) addrs() (all []string) {
	for _, s := range r.sentinels {
		all = append(all, s.addr)
	}
	return all
}

// failOver asks a sentinel for a planned failover.
func (r *replicated) failOver() error {
	_, err := r.sentinels[0].do("SENTINEL", "FAILOVER", masterName)
	return err
}

// newMaster waits until the sentinels agree on a master that is not the first one, and that
// knows that it is the master.
func (r *replicated) newMaster() (*server, error) {
	var found *server
	err := r.until(30*time.Second, "all sentinels name the new master", func() bool {
		found = nil
		for _, s := range r.sentinels {
			answer, err := redis.Strings(s.do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName))
			if err != nil || len(answer) != 2 {
				return false
			}
			m := r.find(answer[0] + ":" + answer[1])
			if m == nil || m == r.master || found != nil && m != found {
				return false
			}
			found = m
		}
		return found.role() == "master"
	})
	return found, err
}

// stored returns the keys that the new master has.
func (r *replicated) stored() (map[string]bool, error) {
	m, err := r.newMaster()
	if err != nil {
		return nil, err
	}
	return keySet(m)
}

func keySet(servers ...*server) (map[string]bool, error) {
	all := map[string]bool{}
	for _, s := range servers {
		keys, err := s.keys()
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			all[k] = true
		}
	}
	return all, nil
}
