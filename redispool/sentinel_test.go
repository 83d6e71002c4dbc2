package redispool_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/sentineltest"
)

const (
	sentinelAddr = "10.0.1.1:26379"
	firstServer  = "10.0.0.1:6379"
	secondServer = "10.0.0.2:6379"
	thirdServer  = "10.0.0.3:6379"
)

// sentinelWorld is a sentinel with a master and two replicas, in memory, and a Sentinel that knows it.
type sentinelWorld struct {
	*sentineltest.World
	*redispool.Sentinel
	t       *testing.T
	node    *sentineltest.Node
	servers map[string]*sentineltest.Node
}

// inSentinelBubble runs a test in a bubble, and closes the Sentinel. The bubble checks that no goroutine is left.
func inSentinelBubble(t *testing.T, test func(t *testing.T, w *sentinelWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newSentinelWorld(t)
		test(t, w)
		w.Close()
		synctest.Wait()
		if n := w.Open(); n != 0 {
			t.Errorf("%d connections are open at the end", n)
		}
	})
}

func newSentinelWorld(t *testing.T) *sentinelWorld {
	w := &sentinelWorld{World: sentineltest.New(), t: t}
	w.node = w.World.Sentinel(sentinelAddr, firstServer)
	w.node.Replicas = []sentineltest.Replica{{Addr: secondServer, Flags: "slave", Link: "ok"}, {Addr: thirdServer, Flags: "slave", Link: "ok"}}
	w.servers = map[string]*sentineltest.Node{firstServer: w.Server(firstServer, "master")}
	for _, addr := range []string{secondServer, thirdServer} {
		w.servers[addr] = w.Server(addr, "slave")
	}
	w.Sentinel = &redispool.Sentinel{
		Addrs: []string{sentinelAddr}, MasterName: "mymaster", DialContext: w.Dial, SentinelDialContext: w.Dial,
	}
	return w
}

// moves makes another server the master, and sends the event.
func (w *sentinelWorld) moves(from, to string) {
	w.Change(func() {
		w.servers[from].Role, w.servers[from].Link = "slave", "connected"
		w.servers[to].Role = "master"
		w.node.Master = to
		w.node.Epoch++
		w.node.Replicas = nil
		for _, addr := range []string{firstServer, secondServer, thirdServer} {
			if addr != to {
				w.node.Replicas = append(w.node.Replicas, sentineltest.Replica{Addr: addr, Flags: "slave", Link: "ok"})
			}
		}
	})
	w.Publish(w.node, "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379")
}

// moved is moves, and waits until it is known.
func (w *sentinelWorld) moved(from, to string) {
	w.moves(from, to)
	synctest.Wait()
}

// lends checks that a pool gives a connection to the server.
func (w *sentinelWorld) lends(p *redispool.Pool, want string) {
	w.t.Helper()
	put(w.t, w.holds(p, want))
}

func (w *sentinelWorld) holds(p *redispool.Pool, want string) redis.Conn {
	w.t.Helper()
	c := get(w.t, p)
	addr, err := redis.String(c.Do("ADDR"))
	if addr != want || err != nil {
		w.t.Errorf("the connection leads to %q, %v, not to %q", addr, err, want)
	}
	return c
}

// refuses checks the error of a Get.
func (w *sentinelWorld) refuses(p *redispool.Pool, want ...string) {
	w.t.Helper()
	_, err := p.GetContext(w.t.Context())
	for _, text := range want {
		if err == nil || !strings.Contains(err.Error(), text) {
			w.t.Errorf("the error is %v, it does not have %q", err, text)
		}
	}
}

// TestSentinelFollows moves the master while one connection is idle and one is in use.
func TestSentinelFollows(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		var moves []string
		w.OnMasterChange = func(from, to string) { moves = append(moves, from+">"+to) }
		p := w.Master(&redispool.Pool{MaxIdle: 3})
		defer p.Close()
		held := w.holds(p, firstServer)
		w.lends(p, firstServer)
		w.moved(firstServer, secondServer)
		counts(t, p, 1, 0)
		fresh := w.holds(p, secondServer)
		put(t, held)
		counts(t, p, 1, 0)
		put(t, fresh)
		counts(t, p, 1, 1)
		w.Publish(w.node, "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379") // again: fresh connections stay
		synctest.Wait()
		w.lends(p, secondServer)
		if n := w.Dials(secondServer); n != 1 {
			t.Errorf("%d dials of the new master", n)
		}
		if want := []string{">" + firstServer, firstServer + ">" + secondServer}; !slices.Equal(moves, want) {
			t.Errorf("OnMasterChange was called with %q, not %q", moves, want)
		}
		if st := p.ResourceStats().Closed; st.Retired != 2 || st.Total() != 2 {
			t.Errorf("closed: %+v", st)
		}
	})
}

// TestSentinelWrappedDial wraps the function that Master has set, as a program does that measures dials.
func TestSentinelWrappedDial(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		p := w.Master(&redispool.Pool{MaxIdle: 1})
		defer p.Close()
		dial, dials := p.DialContext, 0
		p.DialContext = func(ctx context.Context) (redis.Conn, error) {
			dials++
			return dial(ctx)
		}
		w.lends(p, firstServer)
		w.node.Replicas = nil
		w.Publish(w.node, "+sdown", "slave x 10.0.0.2 6379 @ mymaster 10.0.0.1 6379")
		synctest.Wait()
		counts(t, p, 1, 1)
		w.moved(firstServer, secondServer)
		counts(t, p, 0, 0)
		w.lends(p, secondServer)
		if dials != 2 {
			t.Errorf("%d dials, want 2", dials)
		}
	})
}

// TestSentinelRole asks for connections to a server that is not what the sentinels say.
func TestSentinelRole(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		p := w.Master(&redispool.Pool{MaxIdle: 1})
		defer p.Close()
		server := w.servers[firstServer]
		for _, c := range []struct {
			change func()
			want   string
		}{
			{func() { server.Role = "slave" }, `its role is "slave"`},
			{func() { server.Fails = "NOPERM no permission" }, "ROLE: NOPERM"},
			{func() { server.Fails, server.Hangs = "", true }, "ROLE: no answer within 1s"},
			{func() { server.Down = true }, "connection refused"},
		} {
			w.Change(c.change)
			asked := w.Asked(w.node)
			w.refuses(p, `redispool: master "mymaster" at 10.0.0.1:6379: `, c.want)
			counts(t, p, 0, 0)
			if c.want != "ROLE: no answer within 1s" {
				synctest.Wait()
				if n := w.Asked(w.node) - asked; n == 0 {
					t.Errorf("%s: the sentinel was not asked again", c.want)
				}
			}
		}
		w.Change(func() { server.Down, server.Hangs, server.Role = false, false, "master" })
		w.lends(p, firstServer)
	})
}

// TestSentinelRoleIsForbidden has servers whose user may not send ROLE. HELLO says the same. If it is forbidden,
// too, the error is that of ROLE.
func TestSentinelRoleIsForbidden(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		p, replicas := w.Master(&redispool.Pool{}), w.Replicas(&redispool.Pool{})
		defer p.Close()
		defer replicas.Close()
		for _, s := range w.servers {
			w.Change(func() { s.Forbids["ROLE"] = true })
		}
		w.lends(p, firstServer)
		for range 2 { // one dial for each: the first one counts as connected
			before := w.Dials(secondServer) + w.Dials(thirdServer)
			put(t, get(t, replicas))
			if n := w.Dials(secondServer) + w.Dials(thirdServer) - before; n != 1 {
				t.Errorf("%d dials for a connection to a replica, want 1", n)
			}
		}
		w.Change(func() { w.servers[firstServer].Role = "slave" })
		w.refuses(p, `its role is "slave"`)
		w.Change(func() { w.servers[firstServer].Role, w.servers[firstServer].Forbids["HELLO"] = "master", true })
		w.refuses(p, "ROLE: NOPERM", "'role' command")
		w.Change(func() { w.servers[firstServer].Forbids["HELLO"] = false })
		w.lends(p, firstServer)
	})
}

// TestSentinelMovesDuringDial moves the master while a dial hangs at the old one. The caller does not wait for its end.
func TestSentinelMovesDuringDial(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		p := w.Master(&redispool.Pool{MaxIdle: 1})
		defer p.Close()
		w.Change(func() { w.servers[firstServer].Hangs = true })
		begin := time.Now()
		go func() {
			time.Sleep(time.Millisecond)
			w.moves(firstServer, secondServer)
		}()
		w.lends(p, secondServer)
		if waited := time.Since(begin); waited != time.Millisecond {
			t.Errorf("the caller has waited for %v", waited)
		}
	})
}

// A master that changes again and again does not keep a caller forever.
func TestSentinelMovesOnAndOn(t *testing.T) {
	inSentinelBubble(t, func(t *testing.T, w *sentinelWorld) {
		at, other := firstServer, secondServer
		w.DialContext = func(ctx context.Context, addr string) (redis.Conn, error) {
			c, err := w.Dial(ctx, addr)
			w.moved(at, other)
			at, other = other, at
			return c, err
		}
		p := w.Master(&redispool.Pool{MaxIdle: 1})
		defer p.Close()
		w.refuses(p, `the master "mymaster" has changed 4 times during a dial`)
	})
}
