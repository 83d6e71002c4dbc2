package redispool_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

func TestSentinelReplicas(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		p := w.Replicas(&redispool.Pool{MaxIdle: 4})
		defer p.Close()
		seen := map[string]int{}
		held := []redis.Conn{}
		for range 4 {
			c := get(t, p)
			addr, _ := redis.String(c.Do("ADDR"))
			seen[addr]++
			held = append(held, c)
		}
		if want := fmt.Sprint(map[string]int{secondServer: 2, thirdServer: 2}); fmt.Sprint(seen) != want {
			t.Errorf("connections to %v, want %v", seen, want)
		}
		put(t, held...)

		w.moved(firstServer, secondServer) // so the second is no replica any more
		counts(t, p, 2, 2)
		w.Change(func() { w.node.Replicas[1].Flags = "s_down,slave" })
		w.Publish(w.node, "+sdown", "slave x 10.0.0.3 6379 @ mymaster 10.0.0.2 6379")
		synctest.Wait()
		counts(t, p, 0, 0)
		w.lends(p, firstServer)
		w.Change(func() { w.node.Replicas = nil })
		w.Publish(w.node, "+sdown", "slave x 10.0.0.1 6379 @ mymaster 10.0.0.2 6379")
		synctest.Wait()
		w.lends(p, firstServer) // better than none
		p.Reset()
		w.refuses(p, `the sentinels know no replica of "mymaster" that is up`)
	})
}

// TestSentinelReplicaInTrouble dials replicas that the sentinels take for good ones.
func TestSentinelReplicaInTrouble(t *testing.T) {
	second, third := secondServer, thirdServer
	for name, c := range map[string]struct {
		change func(w *sentinelWorld)
		want   string // the server, or the errors
	}{
		"one is down":          {func(w *sentinelWorld) { w.servers[second].Down = true }, third},
		"one hangs":            {func(w *sentinelWorld) { w.servers[second].Hangs = true }, third},
		"one is a master":      {func(w *sentinelWorld) { w.servers[third].Role = "master" }, second},
		"one is not connected": {func(w *sentinelWorld) { w.servers[third].Link = "sync" }, second},
		"none is connected, one is down": {func(w *sentinelWorld) {
			w.servers[second].Down, w.servers[third].Link = true, "connect"
		}, third},
		"none can be used": {func(w *sentinelWorld) {
			w.servers[second].Down, w.servers[third].Role = true, "master"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
				w.Change(func() { c.change(w) })
				p := w.Replicas(&redispool.Pool{})
				defer p.Close()
				for range 3 { // begin with each
					if c.want != "" {
						w.lends(p, c.want)
						continue
					}
					w.refuses(p, `no replica of "mymaster" can be used`, second+": dial", third+`: it says that its role is "master"`)
				}
			})
		})
	}
}

func TestSentinelReplicaFallback(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		w.ReplicaFallback = true
		replicas := w.node.Replicas
		w.node.Replicas = nil
		p := w.Replicas(&redispool.Pool{MaxIdle: 1})
		defer p.Close()
		w.lends(p, firstServer)
		w.Change(func() { w.node.Replicas = replicas[:1] })
		w.Publish(w.node, "+slave", "slave x 10.0.0.2 6379 @ mymaster 10.0.0.1 6379")
		synctest.Wait()
		counts(t, p, 0, 0)
		w.lends(p, secondServer)
	})
}
