package redispool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/sentinel"
)

// ErrSentinelClosed is the error of a pool that needs a connection after its Sentinel
// was closed.
var ErrSentinelClosed = errors.New("redispool: the Sentinel is closed")

// Sentinel makes pools follow the master, or the replicas, that Redis Sentinel
// announces.
//
//	s := &redispool.Sentinel{
//		Addrs:      []string{"10.0.0.1:26379", "10.0.0.2:26379", "10.0.0.3:26379"},
//		MasterName: "mymaster",
//	}
//	defer s.Close()
//	pool := s.Master(&redispool.Pool{MaxIdle: 8, MaxActive: 8, Wait: true})
//	defer pool.Close()
//
// From the first dial of a pool on, it watches all sentinels: those of Addrs, and those
// which they name. It subscribes to their events, and asks each of them for the master
// every Interval. When the master is another one, the pools close their idle connections
// to the old one at once, and the others when they are returned. If the sentinels
// disagree, the one that knows of the newest failover is right. If no sentinel can be
// reached any more, the last known master stays.
//
// The fields must not be changed, and a Sentinel must not be copied, after the first use.
// All methods are safe for concurrent use.
type Sentinel struct {
	// Addrs are the addresses of sentinels, as host:port. It is enough if one of them
	// answers, since it names the others. At least one is required.
	Addrs []string

	// MasterName is the name that the sentinels have for the master. It is required.
	MasterName string

	// DialOptions are for the connections to the master and to the replicas: a password,
	// a database, TLS, timeouts. Set a read timeout: without it a caller waits for a
	// server that hangs until its own context ends.
	DialOptions []redis.DialOption

	// SentinelDialOptions are for the connections to the sentinels, which have a user, a
	// password and TLS of their own. Without them these connections are plain.
	SentinelDialOptions []redis.DialOption

	// DialContext connects to the master or to a replica. Nil: redis.DialContext with
	// DialOptions over TCP. Set it to translate an address, for instance from a private
	// network. It is called concurrently.
	DialContext func(ctx context.Context, addr string) (redis.Conn, error)

	// SentinelDialContext connects to a sentinel. Nil: redis.DialContext with
	// SentinelDialOptions over TCP. It should return when ctx ends, because Close waits
	// for it. It is called concurrently.
	SentinelDialContext func(ctx context.Context, addr string) (redis.Conn, error)

	// ReplicaFallback lets a pool for replicas connect to the master while no replica
	// can be used. False: such a dial fails.
	ReplicaFallback bool

	// OnMasterChange is called after the master has changed. It is also called when the
	// master is first known: then from is empty. It is never called concurrently. It must
	// not close the Sentinel or a pool. Nil: nothing is called.
	OnMasterChange func(from, to string)

	// Timeout bounds a dial to a sentinel, each of its answers, and the question for the
	// role of a new connection. A sentinel that does not answer in time counts as failed,
	// and is dialed again. Zero: 1 second.
	Timeout time.Duration

	// Interval is the time between two questions to each sentinel. They show that the
	// sentinel still answers; changes come as events, at once. At least a
	// millisecond. Zero: 1 second.
	Interval time.Duration

	mu       sync.Mutex
	closed   bool
	pinned   bool                   // MasterAddr or ReplicaAddrs was called
	users    map[*follower]struct{} // the open pools that have dialed
	watcher  *sentinel.Watcher      // nil while nothing is watched
	pools    *followed              // those of the watcher
	dropped  runtime.Cleanup        // stops the watcher of a Sentinel that the program has dropped
	nextRead atomic.Uint32          // the replica to begin with: see dialReplica
}

// Master makes p follow the master, and returns p. Dial and DialContext of p must be
// nil, since the Sentinel dials: Master sets DialContext, which a program may then wrap.
// All other fields work as in any pool. p must not have been used before. An invalid
// field of the Sentinel is the error of Get.
//
// Before a new connection is lent, its server has answered ROLE with "master", or HELLO if
// the user may not send ROLE.
func (s *Sentinel) Master(p *Pool) *Pool { return s.lead(p, false) }

// Replicas makes p follow the replicas, as Master does for the master. New connections go
// to the replicas in turn. Replicas that are down, or not connected to their master, are
// avoided. A connection to a replica may read old data.
func (s *Sentinel) Replicas(p *Pool) *Pool { return s.lead(p, true) }

func (s *Sentinel) lead(p *Pool, reads bool) *Pool {
	if p.follower != nil {
		p.follower.misuse = errDialIsSet // it goes on with the first Sentinel, if it is in use
		return p
	}
	f := &follower{s: s, target: target{weak.Make(p), reads}}
	if p.Dial != nil || p.DialContext != nil {
		f.misuse = errDialIsSet
	} else {
		f.misuse = s.validate()
		p.DialContext = f.dial
	}
	p.follower = f
	return p
}

// MasterAddr returns the address of the master. It begins to watch the sentinels, if no
// pool has done so yet, and from then on only Close ends that. If no sentinel knows the
// master, the error says why for each of them. Other errors are [ErrSentinelClosed] after
// Close, and that of ctx. A nil context never ends.
func (s *Sentinel) MasterAddr(ctx context.Context) (string, error) {
	state, _, err := s.ask(ctx)
	return state.Master, err
}

// ReplicaAddrs returns the addresses of the replicas that can be read from. It watches
// as MasterAddr does, and has the same errors. Without replicas the list is empty.
func (s *Sentinel) ReplicaAddrs(ctx context.Context) ([]string, error) {
	state, _, err := s.ask(ctx)
	return state.Replicas, err
}

func (s *Sentinel) ask(ctx context.Context) (sentinel.State, context.Context, error) {
	if err := s.validate(); err != nil {
		return sentinel.State{}, nil, err
	}
	w, err := s.watch(nil)
	if err != nil {
		return sentinel.State{}, nil, err
	}
	return s.await(orBackground(ctx), w)
}

// Close ends the watching. When it returns, the Sentinel has neither goroutines nor
// connections. The pools stay open: close them as well. Their connections stay usable,
// but a pool that has to dial gets ErrSentinelClosed. Close is idempotent; it returns
// nil. When all of its pools are closed, a Sentinel stops watching by itself.
func (s *Sentinel) Close() error {
	s.mu.Lock()
	w := s.watcher
	s.closed = true
	s.mu.Unlock()
	if w != nil {
		w.Close()
	}
	return nil
}

// watch returns the watcher, and starts it at the first use. f is nil if no pool asks.
func (s *Sentinel) watch(f *follower) (*sentinel.Watcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrSentinelClosed
	case f == nil:
		s.pinned = true
	case f.closed:
		return nil, ErrPoolClosed
	default:
		if s.users == nil {
			s.users = map[*follower]struct{}{}
		}
		s.users[f] = struct{}{}
	}
	if s.watcher == nil {
		s.startLocked()
	}
	if f != nil {
		s.pools.add(f.target)
	}
	return s.watcher, nil
}

// startLocked starts a watcher that refers to the Sentinel only weakly, and through it to the
// user's functions, which may be methods of the value that has the Sentinel. So the watcher
// of a Sentinel that the program has dropped, together with its pools, can be stopped.
func (s *Sentinel) startLocked() {
	self := weak.Make(s)
	s.pools = &followed{onChange: func(from, to string) {
		if s := self.Value(); s != nil && s.OnMasterChange != nil {
			s.OnMasterChange(from, to)
		}
	}}
	s.watcher = sentinel.Watch(sentinel.Config{
		Addrs:      slices.Clone(s.Addrs),
		Master:     s.MasterName,
		Dial:       whileItExists(self, (*Sentinel).dialSentinel),
		DialServer: whileItExists(self, (*Sentinel).dialNode),
		Changed:    s.pools.changed,
		Timeout:    orDefault(s.Timeout, defaultSentinelTimeout),
		Interval:   orDefault(s.Interval, defaultSentinelInterval),
	})
	s.dropped = runtime.AddCleanup(s, (*sentinel.Watcher).Stop, s.watcher)
}

// stopLocked forgets the watcher, which the caller must close. It may be nil.
func (s *Sentinel) stopLocked() *sentinel.Watcher {
	w := s.watcher
	s.dropped.Stop() // it would keep the watcher in memory
	s.watcher, s.pools = nil, nil
	return w
}

// left is called when a pool is closed. The last one ends the watching: then the caller must
// close the watcher that left returns.
func (s *Sentinel) left(f *follower) (w *sentinel.Watcher) {
	s.mu.Lock()
	f.closed = true
	delete(s.users, f)
	maps.DeleteFunc(s.users, func(f *follower, _ struct{}) bool { return f.target.pool.Value() == nil }) // dropped unclosed
	if s.watcher != nil {
		s.pools.remove(f.target)
	}
	if len(s.users) == 0 && !s.pinned && !s.closed {
		w = s.stopLocked()
	}
	s.mu.Unlock()
	return w
}

func (s *Sentinel) validate() error {
	switch {
	case len(s.Addrs) == 0:
		return errors.New("redispool: Sentinel.Addrs is empty")
	case s.MasterName == "":
		return errors.New("redispool: Sentinel.MasterName is empty")
	case s.Timeout < 0:
		return fmt.Errorf("redispool: Sentinel.Timeout is %v, must not be negative", s.Timeout)
	case s.Interval < 0:
		return fmt.Errorf("redispool: Sentinel.Interval is %v, must not be negative", s.Interval)
	case s.Interval > 0 && s.Interval < shortestPeriod:
		return fmt.Errorf("redispool: Sentinel.Interval is %v, must be 0 or at least %v", s.Interval, shortestPeriod)
	}
	return nil
}
