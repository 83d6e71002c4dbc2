package redispool

import "github.com/respool/respool/redispool/internal/multiplex"

// ShareStats are the numbers of the connections that callers share; see Pool.Share. The
// connections count in the pool's other statistics as well, as connections in use.
type ShareStats struct {
	Connections int    // shared connections in use at this moment
	UnderWay    int    // calls that wait for their replies
	Calls       uint64 // commands that were sent
	Flushes     uint64 // how often commands were sent together
	Left        uint64 // calls whose context or timeout ended before the reply
	Broken      uint64 // connections that broke
	Repeated    uint64 // calls that ShareRepeat had sent once more
}

// ShareStats returns the statistics of the shared connections. Without Share, and before
// the first use of the pool, they are zero. redigo has no such method.
func (p *Pool) ShareStats() ShareStats {
	if l := p.live.Load(); l != nil && l.sharing != nil {
		return l.sharing.stats()
	}
	return ShareStats{}
}

func (s *sharing) stats() ShareStats {
	all := ShareStats{Repeated: s.repeated.Load()}
	s.each(func(m *multiplex.Mux) {
		st := m.Stats()
		all.Connections += st.Connections
		all.UnderWay += st.UnderWay
		all.Calls += st.Calls
		all.Flushes += st.Flushes
		all.Left += st.Left
		all.Broken += st.Broken
	})
	return all
}
