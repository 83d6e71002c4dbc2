package redispool

import (
	"context"
	"errors"
	"fmt"
	"time"
	"weak"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/sentinel"
)

const (
	defaultSentinelTimeout  = time.Second
	defaultSentinelInterval = time.Second
)

var errDialIsSet = errors.New("redispool: Pool.Dial and Pool.DialContext must be nil in a pool of a Sentinel, which dials itself")

// dialWith dials with the function of the program if there is one, and otherwise with timeouts
// that the options may change. A timeout of zero leaves redigo's.
func dialWith(ctx context.Context, addr string, own func(context.Context, string) (redis.Conn, error), options []redis.DialOption, timeout time.Duration) (redis.Conn, error) {
	if own != nil {
		return own(ctx, addr)
	}
	var all []redis.DialOption
	if timeout > 0 {
		all = append(all, redis.DialConnectTimeout(timeout), redis.DialTLSHandshakeTimeout(timeout),
			redis.DialReadTimeout(timeout), redis.DialWriteTimeout(timeout))
	}
	return redis.DialContext(ctx, "tcp", addr, append(all, options...)...)
}

// dialSentinel dials a sentinel.
func (s *Sentinel) dialSentinel(ctx context.Context, addr string) (redis.Conn, error) {
	return dialWith(ctx, addr, s.SentinelDialContext, s.SentinelDialOptions, orDefault(s.Timeout, defaultSentinelTimeout))
}

// dialNode dials a server.
func (s *Sentinel) dialNode(ctx context.Context, addr string) (redis.Conn, error) {
	return dialWith(ctx, addr, s.DialContext, s.DialOptions, 0)
}

// whileItExists returns a method of a Sentinel that dials, as a function that does not keep the
// Sentinel in memory. It returns when its context ends, also during a TLS handshake of redigo's.
func whileItExists(self weak.Pointer[Sentinel], dial func(*Sentinel, context.Context, string) (redis.Conn, error)) func(context.Context, string) (redis.Conn, error) {
	return func(ctx context.Context, addr string) (redis.Conn, error) {
		if s := self.Value(); s != nil {
			return endable(func(ctx context.Context) (redis.Conn, error) { return dial(s, ctx, addr) })(ctx)
		}
		return nil, ErrSentinelClosed
	}
}

// await waits for the state. The error names each sentinel.
func (s *Sentinel) await(ctx context.Context, w *sentinel.Watcher) (sentinel.State, context.Context, error) {
	state, current, err := w.Await(ctx)
	var failures sentinel.Failures
	switch {
	case errors.Is(err, sentinel.ErrClosed):
		err = ErrSentinelClosed
	case errors.As(err, &failures):
		err = fmt.Errorf("redispool: no sentinel says which server is the master %q: %w", s.MasterName, err)
	}
	return state, current, err
}

// mostMoves is how often one dial starts again because the master has changed meanwhile.
const mostMoves = 4

func (s *Sentinel) dial(ctx context.Context, w *sentinel.Watcher, reads bool) (c redis.Conn, addr string, err error) {
	for range mostMoves {
		state, current, err := s.await(ctx, w)
		if err != nil {
			return nil, "", err
		}
		if reads {
			c, addr, err = s.dialReplica(ctx, state)
			if err == nil || !s.ReplicaFallback || ctx.Err() != nil {
				return c, addr, s.explain(ctx, w, err)
			}
		}
		c, err = s.dialMaster(ctx, current, state.Master)
		switch {
		case current.Err() == nil && err == nil:
			return c, state.Master, nil
		case current.Err() == nil || ctx.Err() != nil:
			return nil, "", s.explain(ctx, w, err)
		case err == nil:
			closeDialed(c) // the master has just changed
		}
	}
	return nil, "", fmt.Errorf("redispool: the master %q has changed %d times during a dial", s.MasterName, mostMoves)
}

// explain asks the sentinels ahead of time after a failure, and adds why none answers.
func (s *Sentinel) explain(ctx context.Context, w *sentinel.Watcher, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	w.Ask()
	if down := w.Err(); down != nil {
		return fmt.Errorf("%w; and no sentinel answers: %w", err, down)
	}
	return err
}

// dialMaster dials the server and checks that it is a master. It gives up when another
// server becomes the master, which ends current.
func (s *Sentinel) dialMaster(ctx, current context.Context, addr string) (redis.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(current, cancel)
	defer stop()
	c, role, _, err := s.dialServer(ctx, addr)
	if err == nil && role != "master" {
		closeDialed(c)
		err = fmt.Errorf("it says that its role is %q", role)
	}
	if err != nil {
		return nil, fmt.Errorf("redispool: master %q at %s: %w", s.MasterName, addr, err)
	}
	return c, nil
}

// dialReplica dials the replicas in turn until one is connected to its master. If none
// is, it takes the first one that answers as a replica.
func (s *Sentinel) dialReplica(ctx context.Context, state sentinel.State) (redis.Conn, string, error) {
	var reserve redis.Conn
	var reserveAddr string
	var errs sentinel.Failures
	n := len(state.Replicas)
	first := int(s.nextRead.Add(1) % uint32(max(n, 1)))
	for i := range n {
		addr := state.Replicas[(first+i)%n]
		c, role, link, err := s.dialServer(ctx, addr)
		switch {
		case err == nil && role == "slave" && link == "connected":
			if reserve != nil {
				closeDialed(reserve)
			}
			return c, addr, nil
		case err == nil && role == "slave" && reserve == nil:
			reserve, reserveAddr = c, addr
			continue
		case err == nil:
			closeDialed(c)
			err = fmt.Errorf("it says that its role is %q", role)
		}
		errs = append(errs, sentinel.Failure{Of: addr, Err: err})
	}
	switch {
	case reserve != nil:
		return reserve, reserveAddr, nil
	case n == 0:
		return nil, "", fmt.Errorf("redispool: the sentinels know no replica of %q that is up", s.MasterName)
	}
	return nil, "", fmt.Errorf("redispool: no replica of %q can be used: %w", s.MasterName, errs)
}

// dialServer dials a server and asks for its role.
func (s *Sentinel) dialServer(ctx context.Context, addr string) (_ redis.Conn, role, link string, _ error) {
	c, err := s.dialNode(ctx, addr)
	if err != nil {
		return nil, "", "", err
	}
	if c == nil {
		return nil, "", "", errors.New("Sentinel.DialContext returned neither a connection nor an error")
	}
	if role, link, err = s.askRole(ctx, c); err != nil {
		closeDialed(c)
		return nil, "", "", fmt.Errorf("ROLE: %w", err)
	}
	return c, role, link, nil
}

// askRole asks a server for its role. If it does not answer in time, askRole closes the
// connection.
func (s *Sentinel) askRole(ctx context.Context, c redis.Conn) (role, link string, err error) {
	timeout := orDefault(s.Timeout, defaultSentinelTimeout)
	inTime, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stop := context.AfterFunc(inTime, func() { c.Close() })
	role, link, err = sentinel.AskRole(func(cmd string) (any, error) { return c.Do(cmd) })
	switch {
	case stop():
		return role, link, err
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	}
	return "", "", fmt.Errorf("no answer within %v", timeout)
}
