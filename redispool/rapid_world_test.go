package redispool_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
)

var (
	errRapidDial   = errors.New("rapid: nobody listens")
	errRapidSick   = errors.New("rapid: failed the test")
	errRapidBroken = errors.New("rapid: connection broken")
)

// rapidFields are the fields of both pools, and how the user's functions in them behave.
type rapidFields struct {
	fields

	NoDial, PlainDial bool // no dial function; Dial instead of DialContext
	Test, TestContext bool
	Sloppy            bool // dialing and testing leave replies behind
	Plain             bool // connections without the optional interfaces
	KeepSession       bool // a field of our pool alone
}

// rapidDial makes a connection, and a function that breaks it.
type rapidDial func() (redis.Conn, func(), error)

// rapidTest is a call of a test function.
type rapidTest struct {
	conn     int
	lastUsed time.Time
	failed   bool
}

// rapidWorld is a pool with everything that it uses. Each of the two pools has its own world, and the worlds share nothing.
type rapidWorld struct {
	rapidFields
	pool pooler
	dial rapidDial

	mu       sync.Mutex
	conns    []*rapidConn
	attempts int          // calls of the dial function
	opening  int          // dials under way
	dialed   map[int]bool // loans that needed a dial, as far as the dial's context shows
	tests    []rapidTest
	asked    int // the connection whose Err was called last
	failDial bool
	holdDial bool
	held     []chan struct{}
}

func newRapidWorld(f rapidFields, dial rapidDial, pool maker) *rapidWorld {
	w := &rapidWorld{rapidFields: f, dial: dial, dialed: map[int]bool{}}
	switch {
	case f.NoDial:
	case f.PlainDial:
		w.Dial = func() (redis.Conn, error) { return w.open(context.Background()) }
	default:
		w.DialContext = w.open
	}
	if f.Test {
		w.TestOnBorrow = func(c redis.Conn, t time.Time) error { return w.test(context.Background(), c, t) }
	}
	if f.TestContext {
		w.TestOnBorrowContext = w.test
	}
	w.pool = pool(w.fields, func(p *redispool.Pool) { p.KeepSession = f.KeepSession })
	return w
}

// loanKey is the key under which a context carries its loan.
type loanKey struct{}

// open is the dial function. While dials are held, it waits until it is released or the caller's context ends. It ends with
// the caller's context in both pools, because only our pool would let a dial go on after its caller has left (R15).
func (w *rapidWorld) open(ctx context.Context) (redis.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l, known := ctx.Value(loanKey{}).(*rapidLoan); known {
		w.dialed[l.i] = true
		ctx = l.ctx
	}
	w.attempts++
	w.opening++
	defer func() { w.opening-- }()
	if w.holdDial {
		gate := make(chan struct{})
		w.held = append(w.held, gate)
		w.mu.Unlock()
		select {
		case <-gate:
		case <-ctx.Done():
		}
		w.mu.Lock()
		w.held = slices.DeleteFunc(w.held, func(g chan struct{}) bool { return g == gate })
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.failDial {
		return nil, errRapidDial
	}
	inner, sever, err := w.dial()
	if err != nil {
		return nil, err
	}
	c := &rapidConn{w: w, n: len(w.conns), born: time.Now(), inner: inner, sever: sever}
	w.conns = append(w.conns, c)
	if w.Sloppy {
		inner.Send("PING")
		c.owed++
	}
	if w.Plain {
		return rapidPlainConn{c}, nil
	}
	return c, nil
}

// release releases the dial that has been held longest.
func (w *rapidWorld) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) > 0 {
		close(w.held[0])
		w.held = w.held[1:]
	}
}

// test is both test functions: a PING, as users write it.
func (w *rapidWorld) test(ctx context.Context, conn redis.Conn, lastUsed time.Time) error {
	err := ctx.Err()
	switch {
	case err != nil:
	case w.Sloppy:
		err = conn.Send("PING")
	default:
		_, err = conn.Do("PING")
	}
	its := bare(conn)
	if p, ok := its.(rapidPlainConn); ok {
		its = p.Conn
	}
	c := its.(*rapidConn)
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.sick {
		err = errRapidSick
	}
	if !c.retired {
		w.tests = append(w.tests, rapidTest{c.n, lastUsed, err != nil})
	}
	return err
}
