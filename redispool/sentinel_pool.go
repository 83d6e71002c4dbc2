package redispool

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/sentinel"
)

// follower ties a pool to the Sentinel that dials for it.
type follower struct {
	s      *Sentinel
	target target
	misuse error // the error of Get
	closed bool  // guarded by the Sentinel's lock
}

// dial is the DialContext of the pool.
func (f *follower) dial(ctx context.Context) (redis.Conn, error) {
	w, err := f.s.watch(f)
	if err != nil {
		return nil, err
	}
	c, addr, err := f.s.dial(ctx, w, f.target.reads)
	if err != nil {
		return nil, err
	}
	noteServer(ctx, addr)
	return c, nil
}

// followed are the pools of a watcher.
type followed struct {
	onChange func(from, to string)
	last     string // the master that onChange has got

	mu  sync.Mutex
	all []target
}

// target is a pool whose connections are replaced when the servers change. It keeps
// neither the pool nor the Sentinel in memory.
type target struct {
	pool  weak.Pointer[Pool]
	reads bool
}

func (f *followed) add(t target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.all, t) {
		f.all = append(f.all, t)
	}
}

func (f *followed) remove(t target) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = slices.DeleteFunc(f.all, func(one target) bool { return one == t })
}

// changed is called with each new state, one at a time.
func (f *followed) changed(state sentinel.State) {
	f.mu.Lock()
	f.all = slices.DeleteFunc(f.all, func(t target) bool { return t.pool.Value() == nil })
	all := slices.Clone(f.all)
	f.mu.Unlock()
	for _, t := range all {
		if p := t.pool.Value(); p != nil {
			p.retireServers(func(addr string) bool { return !t.keeps(state, addr) })
		}
	}
	if from := f.last; from != state.Master {
		f.last = state.Master
		f.onChange(from, state.Master)
	}
}

// keeps reports whether the pool keeps its connections to a server. While no replica is
// up, a pool for replicas keeps all it has.
func (t target) keeps(state sentinel.State, addr string) bool {
	if !t.reads {
		return addr == state.Master
	}
	return len(state.Members) == 0 || slices.Contains(state.Members, addr)
}

// retireServers replaces the connections to the servers for which gone is true. It does not
// wait for closes that take long, because other pools follow the same servers.
func (p *Pool) retireServers(gone func(addr string) bool) {
	l := p.live.Load()
	if l == nil || l.pool == nil {
		return
	}
	retire := func() {
		l.pool.Retire(func(pc *pooled) bool { return gone(pc.server) })
		l.refresh()
	}
	if l.pool.Stats().Idle == 0 {
		retire() // nothing is closed
	} else {
		apart(retire, always)
	}
}

// unfollow reports to the Sentinel that the pool is closed. If that ends the watching, it
// waits for the end of the watcher, but not after ctx has ended.
func (p *Pool) unfollow(ctx context.Context) {
	if p.follower == nil {
		return
	}
	if w := p.follower.s.left(p.follower); w != nil {
		o := startErrand(func() (any, error) { w.Close(); return nil, nil })
		if !o.linger() {
			o.await(ctx.Done())
		}
	}
}

// serverKey is the key of a context's value, in which a Sentinel's dial function notes
// the server that it has reached. So the pool learns it even if the program has wrapped
// the function.
type serverKey struct{}

type server struct{ addr atomic.Pointer[string] }

func (s *server) get() string {
	if addr := s.addr.Load(); addr != nil {
		return *addr
	}
	return ""
}

func noteServer(ctx context.Context, addr string) {
	if s, ok := ctx.Value(serverKey{}).(*server); ok {
		s.addr.Store(&addr)
	}
}
