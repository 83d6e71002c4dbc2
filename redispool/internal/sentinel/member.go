package sentinel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// member is one sentinel.
type member struct {
	w          *Watcher
	addr       string
	configured bool // and not named by another sentinel
	ctx        context.Context
	cancel     context.CancelFunc
	ask        chan struct{} // has room for one: ask ahead of time

	// The rest is guarded by the watcher's lock.

	id       string
	view     *view     // the last answer
	seen     time.Time // when it came
	err      error     // why it does not answer; nil if it does, or if that is not known yet
	answered bool      // it has answered or failed once
}

// is reports whether the member is the peer. A sentinel that is not reached under the
// member's address may have got another one.
func (m *member) is(p peer) bool {
	return m.addr == p.addr || m.id != "" && m.id == p.id && m.err == nil
}

func (m *member) askSoon() {
	select {
	case m.ask <- struct{}{}:
	default:
	}
}

// run follows the sentinel again and again until the member is dropped.
func (m *member) run() {
	pause := shortestPause
	for {
		begin := time.Now()
		err := m.follow()
		if m.ctx.Err() != nil {
			return
		}
		m.w.failed(m, err)
		if time.Since(begin) > longestPause {
			pause = shortestPause // it has worked for a while
		}
		select {
		case <-m.ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// follow subscribes to the sentinel and asks it until something fails.
func (m *member) follow() error {
	asked, err := m.dial()
	if err != nil {
		return err
	}
	defer asked.Close()
	subscribed, err := m.dial()
	if err != nil {
		return err
	}
	defer subscribed.Close()
	stop := context.AfterFunc(m.ctx, func() {
		asked.Close()
		subscribed.Close()
	})
	defer stop()
	switch err := m.subscribe(subscribed); {
	case isForbidden(err):
		subscribed.Close()
		return m.keepAsking(asked, nil, nil)
	case err != nil:
		return err
	}
	var lost error
	over := make(chan struct{})
	go func() {
		defer close(over)
		lost = m.listen(subscribed)
	}()
	err = m.keepAsking(asked, subscribed, over)
	subscribed.Close()
	<-over
	if err == nil {
		err = lost
	}
	return err
}

func (m *member) dial() (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(m.ctx, m.w.cfg.Timeout)
	defer cancel()
	c, err := m.w.cfg.Dial(ctx, m.addr)
	if err == nil && c == nil {
		err = errors.New("neither a connection nor an error from the dial function")
	}
	return c, err
}

// subscribe sends PING first: where a password is missing, the error says so.
func (m *member) subscribe(c redis.Conn) error {
	if _, err := redis.DoWithTimeout(c, m.w.cfg.Timeout, "PING"); err != nil && !isForbidden(err) {
		return fmt.Errorf("PING: %w", err)
	}
	if err := errors.Join(c.Send("SUBSCRIBE", channels...), c.Flush()); err != nil {
		return fmt.Errorf("SUBSCRIBE: %w", err)
	}
	for range channels {
		if _, err := redis.ReceiveWithTimeout(c, m.w.cfg.Timeout); err != nil {
			return fmt.Errorf("SUBSCRIBE: %w", err)
		}
	}
	return nil
}

// listen reads events and the answers to PING. If neither comes within an interval, the
// sentinel hangs.
func (m *member) listen(c redis.Conn) error {
	for {
		reply, err := redis.ReceiveWithTimeout(c, m.w.cfg.Interval+m.w.cfg.Timeout)
		if isForbidden(err) { // the PING; this is an answer, too
			continue
		}
		if err != nil {
			return err
		}
		parts, err := redis.Strings(reply, nil)
		if err != nil || len(parts) != 3 || parts[0] != "message" {
			continue
		}
		e, ok := parseEvent(parts[1], parts[2])
		switch {
		case !ok:
			m.askSoon() // to be on the safe side
		case e.name == m.w.cfg.Master:
			if parts[1] == promotes {
				m.w.promises(e)
			}
			m.askSoon()
		}
	}
}

// keepAsking asks the sentinel at once, at each event, and at least once in every
// interval. It returns why it cannot go on, or nil if the subscription is over. subscribed is
// nil if the user may not subscribe.
func (m *member) keepAsking(asked, subscribed redis.Conn, over <-chan struct{}) error {
	ticker := time.NewTicker(m.w.cfg.Interval)
	defer ticker.Stop()
	for {
		v, err := m.question(asked)
		if err != nil {
			return err
		}
		m.w.learned(m, v)
		select {
		case <-m.ctx.Done():
			return m.ctx.Err()
		case <-over:
			return nil
		case <-m.ask:
		case <-ticker.C:
			if subscribed == nil {
				break
			}
			if err := errors.Join(subscribed.Send("PING"), subscribed.Flush()); err != nil {
				return err
			}
		}
	}
}

// question asks the sentinel everything in one round trip.
func (m *member) question(c redis.Conn) (*view, error) {
	name := m.w.cfg.Master
	// The epoch comes before the address: an address that changes in between is then
	// taken for older than it is, until the next question.
	r, err := m.roundTrip(c, []any{"MASTER", name}, []any{"GET-MASTER-ADDR-BY-NAME", name},
		[]any{"SLAVES", name}, // REPLICAS only since Redis 5
		[]any{"SENTINELS", name}, []any{"MYID"})
	if err != nil {
		return nil, err
	}
	epoch, master, replicas, peers, id := r[0], r[1], r[2], r[3], r[4]
	switch {
	case master.err != nil:
		return nil, master.err
	case master.value == nil:
		return nil, fmt.Errorf("knows no master with the name %q%s", name, m.others(c))
	}
	v := &view{epoch: parseEpoch(epoch.value), replicas: parseReplicas(replicas.value), peers: parsePeers(peers.value)}
	v.id, _ = redis.String(id.value, id.err)
	v.master, err = parseAddr(master.value)
	return v, err
}

// reply is the reply to one question. An error is the sentinel's own.
type reply struct {
	value any
	err   error
}

// roundTrip sends questions and reads their replies. It returns an error if the
// connection is broken.
func (m *member) roundTrip(c redis.Conn, questions ...[]any) ([]reply, error) {
	for _, args := range questions {
		if err := c.Send("SENTINEL", args...); err != nil {
			return nil, err
		}
	}
	if err := c.Flush(); err != nil {
		return nil, err
	}
	replies := make([]reply, len(questions))
	for i := range replies {
		r := &replies[i]
		r.value, r.err = redis.ReceiveWithTimeout(c, m.w.cfg.Timeout)
		if err := c.Err(); err != nil { // no further reply comes; this one may have come before
			return nil, err
		}
	}
	return replies, nil
}

// others says which masters a sentinel knows, for the error of a wrong name.
func (m *member) others(c redis.Conn) string {
	r, err := m.roundTrip(c, []any{"MASTERS"})
	if err != nil {
		return ""
	}
	var names []string
	for _, fields := range parseInstances(r[0].value) {
		names = append(names, fields["name"])
	}
	if len(names) == 0 {
		return ", nor any other"
	}
	return ", but " + strings.Join(names, ", ")
}
