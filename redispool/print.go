package redispool

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/respool/respool/resource"
)

// Package fmt would read the fields of the values below while other goroutines change
// them, and show what concerns nobody. So each of them has its own text, for every verb.

// String returns the pool's counts in one line. So a printed or logged pool shows its
// state, and printing does not race with the pool's users. It is safe for concurrent
// use. redigo has no such method.
func (p *Pool) String() string {
	if p == nil {
		return "redispool.Pool(nil)"
	}
	l := p.live.Load()
	if l == nil {
		return "redispool.Pool{not used yet}"
	}
	if l.err != nil {
		return fmt.Sprintf("redispool.Pool{%v}", l.err)
	}
	st := l.pool.Stats()
	return fmt.Sprintf("redispool.Pool{%d connections%s: %s}", st.Active, ofLimit(st.MaxActive), countsIn(st))
}

func ofLimit(limit int) string {
	if limit <= 0 {
		return ""
	}
	return fmt.Sprintf(" of %d", limit)
}

func countsIn(st resource.Stats) string {
	return fmt.Sprintf("%d idle, %d in use, %d dialing, %d testing, %d closing; %d waiting",
		st.Idle, st.Leased, st.Opening, st.Testing, st.Closing, st.Waiting)
}

// GoString returns [Pool.String].
func (p *Pool) GoString() string { return p.String() }

// Format prints [Pool.String] for every verb.
func (p *Pool) Format(f fmt.State, _ rune) { io.WriteString(f, p.String()) }

// LogValue returns [Pool.ResourceStats], for package log/slog.
func (p *Pool) LogValue() slog.Value {
	if p == nil {
		return slog.AnyValue(nil)
	}
	return slog.AnyValue(p.ResourceStats())
}

// String returns the number of nodes that have been used, and the counts of their pools
// together, in one line. It is safe for concurrent use.
func (c *Cluster) String() string {
	if c == nil {
		return "redispool.Cluster(nil)"
	}
	all := c.ResourceStats()
	var sum resource.Stats
	for _, st := range all {
		sum.Active += st.Active
		sum.Idle += st.Idle
		sum.Leased += st.Leased
		sum.Opening += st.Opening
		sum.Testing += st.Testing
		sum.Closing += st.Closing
		sum.Waiting += st.Waiting
	}
	return fmt.Sprintf("redispool.Cluster{%d nodes, %d connections%s: %s}", len(all), sum.Active, ofLimit(c.MaxActive), countsIn(sum))
}

// Format prints [Cluster.String] for every verb.
func (c *Cluster) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue returns [Cluster.String] as a value, for package log/slog.
func (c *Cluster) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String returns the name and the address of the master in one line. It asks no sentinel.
// It is safe for concurrent use.
func (s *Sentinel) String() string {
	if s == nil {
		return "redispool.Sentinel(nil)"
	}
	s.mu.Lock()
	w, closed := s.watcher, s.closed
	s.mu.Unlock()
	master := "not watched"
	switch {
	case closed:
		master = "closed"
	case w != nil:
		if master = w.Known().Master; master == "" {
			master = "not known"
		}
	}
	return fmt.Sprintf("redispool.Sentinel{master %q: %s}", s.MasterName, master)
}

// Format prints [Sentinel.String] for every verb.
func (s *Sentinel) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue returns [Sentinel.String] as a value, for package log/slog.
func (s *Sentinel) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Format prints the type and whether the connection is closed, for every verb. It does not
// wait for a call that is under way.
func (cc *ClusterConn) Format(f fmt.State, _ rune) {
	closed := false
	if cc != nil && cc.mu.TryLock() {
		closed = cc.closed
		cc.mu.Unlock()
	}
	writeConn(f, "redispool.ClusterConn", closed)
}

func (r *retryConn) Format(f fmt.State, verb rune) { r.cc.Format(f, verb) }

func (c *conn) Format(f fmt.State, _ rune) { writeConn(f, "redispool.Conn", c.use.Load() >= over) }

func (s *sharingConn) Format(f fmt.State, _ rune) { writeConn(f, "redispool.Conn", s.closed.Load()) }

func (e errorConn) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "redispool.Conn{%v}", e.err) }

// Format is for a borrow test that prints its connection.
func (p *probe) Format(f fmt.State, _ rune) {
	writeConn(f, "redispool.Conn", p.state.Load()&probing == 0)
}

func writeConn(w io.Writer, name string, closed bool) {
	state := "open"
	if closed {
		state = "closed"
	}
	fmt.Fprintf(w, "%s{%s}", name, state)
}
