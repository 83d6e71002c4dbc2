package redispool

import (
	"fmt"
	"log/slog"
)

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
	limit := ""
	if st.MaxActive > 0 {
		limit = fmt.Sprintf(" of %d", st.MaxActive)
	}
	return fmt.Sprintf("redispool.Pool{%d connections%s: %d idle, %d in use, %d dialing, %d testing, %d closing; %d waiting}",
		st.Active, limit, st.Idle, st.Leased, st.Opening, st.Testing, st.Closing, st.Waiting)
}

// GoString returns [Pool.String], for the verb %#v.
func (p *Pool) GoString() string { return p.String() }

// LogValue returns [Pool.ResourceStats], for package log/slog.
func (p *Pool) LogValue() slog.Value {
	if p == nil {
		return slog.AnyValue(nil)
	}
	return slog.AnyValue(p.ResourceStats())
}
