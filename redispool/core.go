package redispool

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"sync/atomic"
	"time"
	"weak"

	"github.com/respool/respool/resource"
)

const (
	defaultTestBudget     = 100 * time.Millisecond
	defaultCleanupTimeout = 3 * time.Second
	defaultDialTimeout    = 30 * time.Second // redigo's for a TCP connection
)

// live is a pool in use, with the generic pool that was made from the fields at the
// first use.
type live struct {
	*core
	pool    *resource.Pool[*pooled]
	err     error // the fields are invalid: there is no generic pool
	wait    bool
	explain bool // errors describe the pool

	sharing *sharing // nil without Share
}

// core is what each connection needs to know about its pool: the fields' values at the
// first use. Connections outlive a pool that the program has dropped. So core has only
// a weak pointer to the pool, and no reference to the user's functions: it keeps
// neither in memory.
type core struct {
	pool            weak.Pointer[resource.Pool[*pooled]]
	undoSession     bool
	reclaim         bool // a handle that the program has lost must not be kept in memory
	database        *int
	askInfoEarly    atomic.Bool   // a connection was closed because the pool knew too little about it
	cleanup         time.Duration // zero: no bound
	leakAfter       time.Duration // zero: leaks are not reported
	polls           bool          // callers of shared connections may poll
	tests           bool          // there are borrow tests
	testsAlways     bool          // and they run at every borrow of an idle connection
	testBudget      time.Duration // of a test whose caller has left
	testPace        atomic.Uint32 // a pace
	resetOnReadOnly bool
	demotion        demotion

	// closers counts the commands of borrowers after which the server closes connections:
	// CLIENT KILL, and ACL commands that remove a user. Connections that are idle meanwhile
	// show no error, so each is in doubt until the server has answered on it.
	closers atomic.Uint64

	// While greeted is less than breaks, a connection has broken and the server has not answered
	// since. Its system may still accept connections, which are useless. So if dials are held
	// back while they fail, a new connection must be answered before it is lent.
	holdsDials      bool
	breaks, greeted atomic.Uint64
	leadDial        leadDial

	endMark string // ends the messages of a subscription
}

// get returns the pool in use. The first call makes it.
func (p *Pool) get() *live {
	if l := p.live.Load(); l != nil {
		return l
	}
	return p.firstLive()
}

func (p *Pool) firstLive() *live {
	p.build.Lock()
	defer p.build.Unlock()
	if l := p.live.Load(); l != nil {
		return l
	}
	l := p.newLive()
	p.live.Store(l)
	return l
}

func (p *Pool) newLive() *live {
	ownTest := p.TestOnBorrow != nil || p.TestOnBorrowContext != nil
	k := &core{
		undoSession:     !p.KeepSession,
		reclaim:         p.Reclaim,
		leakAfter:       p.LeakAfter,
		polls:           p.Share > 0 && p.busyPoll() > 0,
		cleanup:         orDefault(p.CleanupTimeout, defaultCleanupTimeout),
		resetOnReadOnly: p.ResetOnReadOnly,
		holdsDials:      p.DialBackoff > 0 && p.follower == nil, // a follower asks each server for its role
		tests:           ownTest || p.TestSuspects,
		testsAlways:     ownTest && p.TestIdleAfter <= 0,
		testBudget:      cmp.Or(orDefault(p.TestBudget, 0), defaultTestBudget),
		endMark:         randomText(),
	}
	if p.Database != nil {
		db := *p.Database
		k.database = &db
	}
	l := &live{core: k, wait: p.Wait, explain: p.ExplainErrors}
	if l.err = p.validate(); l.err != nil {
		return l
	}
	if l.pool, l.err = p.total.newPool(p, p.config(k)); l.err != nil {
		return l
	}
	k.pool = weak.Make(l.pool)
	if l.err == nil && p.Share > 0 {
		l.sharing = newSharing(l, p)
	}
	return l
}

// randomText returns a random text that no client publishes, neither by chance nor on
// purpose.
func randomText() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// reset resets the pool, for a caller that does not wait for closes that take long. A pool
// that the program has dropped needs no reset.
func (k *core) reset() {
	if pool := k.pool.Value(); pool != nil {
		resetApart(pool, pool.Reset)
	}
}
